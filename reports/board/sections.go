package board

import (
	"bytes"
	"fmt"
	"time"

	"github.com/go-pdf/fpdf"

	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/words"
)

// firstPage says it all, in the order in which a finance lead asks.
func (b *board) firstPage() {
	r, w := b.report, b.words
	b.font("", 9)
	b.grey()
	b.CellFormat(wide, 5, b.plain(r.Tenant.Name+" · "+w.Say(words.Payer)+" "+string(r.Tenant.Payer)), "", 1, "L", false, 0, "")
	b.black()
	b.font("B", 18)
	b.CellFormat(wide, 10, b.plain(b.title()), "", 1, "L", false, 0, "")
	b.font("B", 10)
	b.CellFormat(wide, 6, b.plain(w.State(r.State)+" · "+w.Period(r.Period)+" (UTC)"), "", 1, "L", false, 0, "")
	b.note(w.StateMeans(r.State))
	b.headline()
	b.causes()
	b.beside(b.bill, b.checks)
	b.beside(b.waste, b.harm)
	b.decide()
	b.cost()
}

func (b *board) headline() {
	r, w := b.report, b.words
	total := &r.Avoided.Total
	b.heading(w.Say(words.TitleAvoided))
	b.font("B", 24)
	b.CellFormat(wide*0.5, 12, b.plain(w.Avoided(&r.Avoided)), "", 0, "L", false, 0, "")
	b.font("", 9)
	view := w.Say(words.Adjusted)
	if total.Adjusted == nil {
		view = w.Say(words.Contracted) + " · " + w.Say(words.Adjusted) + ": " + w.Say(words.NotComputable)
	}
	if text := w.Range(total.Interval, w.Like(total.Value())); text != "" {
		view += "\n" + w.Say(words.Interval) + " " + text
	}
	if r.Second != nil && !r.Avoided.Unknown {
		view += "\n" + w.SecondEstimate(r.Second, total.Value()) + " · " + w.ExchangeRate(r.Second)
	}
	b.MultiCell(wide*0.5, 4.6, b.plain2(view), "", "L", false)
	b.Ln(2)
}

// plain2 keeps line feeds, which part lines of one cell.
func (b *board) plain2(s string) string {
	var out []byte
	for i, part := range bytes.Split([]byte(s), []byte("\n")) {
		if i > 0 {
			out = append(out, '\n')
		}
		out = append(out, b.plain(string(part))...)
	}
	return string(out)
}

func (b *board) causes() {
	a, w := &b.report.Avoided, b.words
	write := w.Like(a.Total.Value())
	var rows [][]string
	for i := range a.Causes {
		c := &a.Causes[i]
		rows = append(rows, []string{w.Cause(c.Name), w.Int(int64(c.Resources)), write(c.Value()), w.Range(c.Interval, write)})
	}
	if len(rows) > 0 {
		rows = append(rows, []string{w.Say(words.Total), w.Int(int64(a.Total.Resources)), write(a.Total.Value()), ""})
	}
	b.table([]column{{w.Say(words.TitleCauses), 0.46, "L"}, {w.Say(words.Number), 0.12, "R"}, {w.Say(words.USD), 0.16, "R"}, {w.Say(words.Interval), 0.26, "R"}}, rows)
	b.pairs([][2]string{
		{w.Say(words.RanMore), write(a.RanMore)},
		{w.Say(words.TitleUnproven), w.Count(a.Unproven.Resources, words.Resources) + ", " + w.Hours(a.Unproven.Hours)},
	})
}

func (b *board) bill() {
	bill, w := &b.report.Bill, b.words
	b.heading(w.Say(words.TitleBill))
	rows := [][2]string{
		{w.Say(words.Billed), w.USD(bill.Billed)},
		{w.Say(words.Tax), w.USD(bill.Tax)},
		{w.Say(words.Credits), w.USD(bill.Credits)},
		{w.Say(words.Effective), w.USD(bill.Effective)},
	}
	for _, month := range b.report.Unbilled() {
		rows = append(rows, [2]string{w.Month(month), w.Say(words.NoBill)})
	}
	if x := bill.Bridge; x != nil {
		rows = append(rows, [][2]string{
			{w.Say(words.BridgeFrom), w.USD(x.From)},
			{w.Say(words.BridgeGrowth), w.USD(x.Growth)},
			{w.Say(words.BridgePrice), w.USD(x.Price)},
			{w.Say(words.BridgeAvoided), w.USD(money.USD{}.Sub(x.Avoided))},
			{w.Say(words.BridgeUnexplained), w.USD(x.Unexplained)},
			{w.Say(words.BridgeTo), w.USD(x.To)},
		}...)
	}
	b.pairs(rows)
}

func (b *board) checks() {
	c, w := &b.report.Checks, b.words
	b.heading(w.Say(words.TitleChecks))
	residual := w.Check(reports.NotDone)
	if c.Residual != nil {
		residual = w.Percent(*c.Residual)
	}
	b.pairs([][2]string{
		{w.Say(words.CheckInvoice), w.Check(c.Invoice)},
		{w.Say(words.CheckComplete), w.Check(c.Complete)},
		{w.Say(words.CheckConfirmed), w.Share(c.Confirmed)},
		{w.Say(words.CheckResidual), residual},
		{w.Say(words.CheckRecount), w.Check(c.Recount)},
	})
}

func (b *board) waste() {
	r, w := b.report, b.words
	b.heading(w.Say(words.TitleWaste))
	var rows [][2]string
	for _, x := range r.Waste {
		rows = append(rows, [2]string{w.Waste(x.Code), w.USD(x.Amount)})
	}
	var standing money.USD
	for i := range r.Standing {
		standing = standing.Add(r.Standing[i].Amount)
	}
	b.pairs(append(rows, [2]string{w.Say(words.TitleStanding), w.USD(standing)}))
}

func (b *board) harm() {
	h, w := &b.report.Harm, b.words
	b.heading(w.Say(words.TitleHarm))
	interruptions := w.Say(words.NotKnown)
	if h.Interruptions != nil {
		interruptions = w.Int(int64(*h.Interruptions))
	}
	b.pairs([][2]string{
		{w.Say(words.DueAtOpening), w.Int(int64(h.Openings))},
		{w.Say(words.LateOpenings), w.Int(int64(len(h.Late)))},
		{w.Say(words.FailedStarts), w.Int(int64(len(h.Failed)))},
		{w.Say(words.RetriedStarts), w.Int(int64(h.Retried))},
		{w.Say(words.UnseenStarts), w.Int(int64(h.Unseen))},
		{w.Say(words.SpotInterruptions), interruptions},
	})
}

// decided is how many actions the first page names.
const decided = 3

func (b *board) decide() {
	r, w := b.report, b.words
	b.heading(w.Say(words.TitleBefore))
	switch {
	case len(r.Before) == 0 && r.Lacks(reports.GapLastReport):
		b.note(w.Say(words.NotKnown))
	case len(r.Before) == 0:
		b.note(w.Say(words.NothingHere))
	default:
		var rows [][]string
		for i := range r.Before[:min(len(r.Before), decided)] {
			o := &r.Before[i]
			done, brought := w.Say(words.No), ""
			if o.Done {
				done = w.Say(words.Yes)
			}
			if o.Brought != nil {
				brought = w.Estimate(*o.Brought)
			}
			rows = append(rows, []string{w.Proposal(&o.Action) + " · " + w.ActionName(&o.Action), done, brought})
		}
		b.table([]column{{w.Say(words.Action), 0.62, "L"}, {w.Say(words.Done), 0.14, "L"}, {w.Say(words.Brought), 0.24, "R"}}, rows)
	}
	b.heading(w.Say(words.TitleDecide))
	b.actions(r.Actions[:min(len(r.Actions), decided)])
	b.note(w.Say(words.NotInAvoided))
}

func (b *board) actions(actions []reports.Action) {
	w := b.words
	var rows [][]string
	for i := range actions {
		a := &actions[i]
		owner := a.Owner
		if owner == "" {
			owner = w.Say(words.NoOwner)
		}
		month := w.Say(words.NotKnown)
		if a.Month != nil {
			month = w.Estimate(*a.Month)
		}
		rows = append(rows, []string{w.Proposal(a) + " · " + w.ActionName(a), owner, w.Date(a.Due), month})
	}
	b.table([]column{{w.Say(words.Action), 0.52, "L"}, {w.Say(words.Owner), 0.14, "L"}, {w.Say(words.Due), 0.18, "L"}, {w.Say(words.MonthlyValue), 0.16, "R"}}, rows)
}

func (b *board) cost() {
	r, w := b.report, b.words
	b.heading(w.Say(words.TitleCost))
	cost := w.Say(words.NotKnown)
	if r.Cost.Amount != nil {
		cost = w.USD(*r.Cost.Amount)
	}
	b.pairs([][2]string{{w.Say(words.ToolCost), cost}, {w.Say(words.MethodVersion), r.Method}})
	b.note(w.Say(words.AnnexHash) + " " + b.extra.Annex)
}

// pictures print the charts, two to a page.
func (b *board) pictures() {
	for i, p := range b.extra.Pictures {
		name := fmt.Sprintf("chart-%d", i)
		png, err := wider(p.PNG, i)
		if err != nil {
			b.SetError(fmt.Errorf("chart %q: %w", p.Title, err))
			return
		}
		info := b.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(png))
		if b.Err() {
			return
		}
		across := wide * 0.86
		high := across * info.Height() / info.Width()
		if _, page := b.GetPageSize(); b.GetY()+high+6 > page-bottom {
			b.AddPage()
		}
		b.Ln(3)
		b.ImageOptions(name, margin, b.GetY(), across, 0, true, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	}
}

// details are the tables behind the first page.
func (b *board) details() {
	a, w := &b.report.Avoided, b.words
	b.AddPage()
	for _, view := range []struct {
		title words.Label
		lines []reports.Line
		name  func(string) string
	}{
		{words.TitleEnvironments, a.Environments, b.or(words.NoEnvironment)},
		{words.TitleAccounts, a.Accounts, b.or(words.NoName)},
		{words.TitleTeams, a.Teams, b.or(words.Untagged)},
		{words.TitleServices, a.Services, w.KindName},
	} {
		if len(view.lines) == 0 {
			continue
		}
		b.heading(w.Say(view.title))
		write := w.Like(a.Total.Value())
		var rows [][]string
		for i := range view.lines[:min(len(view.lines), shown)] {
			l := &view.lines[i]
			rows = append(rows, []string{view.name(l.Name), w.Int(int64(l.Resources)), w.Hours(l.Hours), write(l.Value()), w.Range(l.Interval, write)})
		}
		b.table([]column{{"", 0.36, "L"}, {w.Say(words.Number), 0.1, "R"}, {w.Say(words.HoursAvoided), 0.18, "R"}, {w.Say(words.USD), 0.14, "R"}, {w.Say(words.Interval), 0.22, "R"}}, rows)
	}
	b.resources()
	if len(b.report.Actions) > 0 {
		b.heading(w.Say(words.TitleActions))
		b.actions(b.report.Actions[:min(len(b.report.Actions), shown)])
	}
}

// or names what has no name.
func (b *board) or(instead words.Label) func(string) string {
	return func(name string) string {
		if name == "" {
			return b.words.Say(instead)
		}
		return name
	}
}

func (b *board) resources() {
	r, w := b.report, b.words
	if len(r.Resources) == 0 {
		return
	}
	b.heading(w.Say(words.TitleResources))
	write := w.Like(r.Avoided.Total.Value())
	var rows [][]string
	for i := range r.Resources[:min(len(r.Resources), shown)] {
		x := &r.Resources[i]
		amount := x.Value()
		if x.Spot != nil { // in the total, and in the order of these rows
			amount = amount.Add(*x.Spot)
		}
		rows = append(rows, []string{x.ID, x.Name, x.Team, x.Environment, write(amount), w.Share(x.Confirmed)})
	}
	b.table([]column{
		{w.Say(words.ID), 0.24, "L"},
		{w.Say(words.Name), 0.24, "L"},
		{w.Say(words.Team), 0.14, "L"},
		{w.Say(words.Environment), 0.12, "L"},
		{w.Say(words.USD), 0.13, "R"},
		{w.Say(words.Confirmed), 0.13, "R"},
	}, rows)
}

// annex says what the figures rest on.
func (b *board) annex() {
	r, w := b.report, b.words
	b.heading(w.Say(words.TitleAnnex))
	b.pairs([][2]string{
		{w.Say(words.Contracted), w.Estimate(r.Avoided.Total.Contracted)},
		{w.Say(words.List), w.Estimate(r.Avoided.Total.List)},
		{w.Say(words.Engine), r.Sources.Engine},
		{w.Say(words.LedgerEntries), w.Int(int64(r.Sources.Entries))},
		{w.Say(words.Issued), w.Instant(r.Issued, time.UTC)},
	})
	b.note(w.Say(words.ViewsNotAdded) + " " + w.Say(words.IntervalMeans) + " " + w.Say(words.InUTC) + " " + w.Say(words.Rounded))
	b.note(w.Say(words.LedgerHash) + " " + r.Sources.Ledger)
	b.note(w.Say(words.Baselines) + " " + r.Sources.Baselines)
	if day := r.Sources.SpotPrices; day != "" {
		b.note(w.Say(words.SpotPricesAsked) + " " + w.Date(day))
	}
	for _, m := range r.Sources.Manifests {
		b.note(m.Export + " " + m.Month + " " + m.SHA256)
	}
	if len(r.Gaps) > 0 {
		b.heading(w.Say(words.TitleGaps))
		for _, g := range r.Gaps {
			b.note("· " + w.Gap(g))
		}
	}
}
