package workbook

import (
	"errors"
	"fmt"

	"github.com/xuri/excelize/v2"

	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/words"
)

// summary is the first sheet: what the mail says, as numbers.
func (b *book) summary() error {
	name := b.words.Say(words.TitleSummary)
	if err := b.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	w, err := b.NewStreamWriter(name)
	if err != nil {
		return err
	}
	s := &sheet{book: b, stream: w}
	if err := errors.Join(w.SetColWidth(1, 1, 44), w.SetColWidth(2, 5, 18), w.SetColWidth(6, 6, 34)); err != nil {
		return err
	}
	s.row(b.text(b.title(), b.styles.title))
	r := b.report
	s.row(b.text(b.words.State(r.State)+" · "+b.words.Period(r.Period)+" (UTC)", b.styles.note))
	s.row(b.text(b.words.StateMeans(r.State), b.styles.note))
	s.avoided()
	s.bill()
	s.checks()
	s.amounts(words.TitleWaste, len(r.Waste), func(i int) (string, money.USD) { return b.words.Waste(r.Waste[i].Code), r.Waste[i].Amount })
	s.sources()
	return errors.Join(s.failed, w.Flush())
}

// sheet writes rows from the top.
type sheet struct {
	*book
	stream *excelize.StreamWriter
	at     int
	failed error
}

func (s *sheet) row(cells ...any) {
	s.at++
	if s.failed == nil {
		s.failed = s.stream.SetRow("A"+fmt.Sprint(s.at), cells)
	}
}

// head begins a section.
func (s *sheet) head(title words.Label, columns ...words.Label) {
	s.row()
	cells := []any{s.text(s.words.Say(title), s.styles.head)}
	for _, c := range columns {
		cells = append(cells, s.text(s.words.Say(c), s.styles.head))
	}
	s.row(cells...)
}

func (s *sheet) amount(a money.USD) excelize.Cell { return s.number(a.Decimal(), s.styles.amount) }

// optional is an amount, or nothing.
func (s *sheet) optional(a *money.USD) any {
	if a == nil {
		return nil
	}
	return s.amount(*a)
}

// figure is a line of what was avoided: its amount, its interval, hours, and the exact amount as text.
func (s *sheet) figure(name string, f *reports.Figure) {
	var low, high any
	if f.Interval != nil {
		low, high = s.amount(f.Interval.Low), s.amount(f.Interval.High)
	}
	s.row(s.text(name, s.styles.text), s.amount(f.Value()), low, high, s.number(f.Hours, s.styles.number), s.text(f.Value().String(), s.styles.text))
}

// second is an amount in the second currency, beneath the dollars that it stands for.
func (s *sheet) second(amount string) {
	if amount != "" {
		s.row(s.text("", s.styles.text), s.text(amount, s.styles.note))
	}
}

func (s *sheet) avoided() {
	a := &s.report.Avoided
	s.head(words.TitleAvoided, words.USD, words.Low, words.High, words.Hours, words.Exact)
	if a.Unknown {
		s.row(s.text(s.words.Say(words.Total), s.styles.text), s.text(s.words.Avoided(a), s.styles.text))
		return
	}
	s.figure(s.words.Say(words.Total), &a.Total)
	s.second(s.words.SecondEstimate(s.report.Second, a.Total.Value()))
	s.row(s.text(s.words.Say(words.RanMore), s.styles.note), s.amount(a.RanMore))
	for _, view := range []struct {
		title words.Label
		lines []reports.Line
		name  func(string) string
	}{
		{words.TitleCauses, a.Causes, s.words.Cause},
		{words.TitleEnvironments, a.Environments, plain},
		{words.TitleAccounts, a.Accounts, plain},
		{words.TitleTeams, a.Teams, s.team},
		{words.TitleServices, a.Services, s.words.KindName},
		{words.TitleOrigins, a.Origins, s.words.Origin},
	} {
		if len(view.lines) == 0 {
			continue
		}
		s.head(view.title, words.USD, words.Low, words.High, words.Hours, words.Exact)
		for i := range view.lines {
			s.figure(view.name(view.lines[i].Name), &view.lines[i].Figure)
		}
	}
	s.head(words.TitleUnproven, words.Number, words.Hours)
	s.row(s.text(s.words.Origin("unproven"), s.styles.text), int64(a.Unproven.Resources), s.number(a.Unproven.Hours, s.styles.number))
	s.head(words.TitleAnnex, words.USD)
	s.row(s.text(s.words.Say(words.Contracted), s.styles.text), s.amount(a.Total.Contracted))
	s.row(s.text(s.words.Say(words.List), s.styles.text), s.amount(a.Total.List))
}

func plain(name string) string { return name }

func (s *sheet) team(name string) string {
	if name == "" {
		return s.words.Say(words.Untagged)
	}
	return name
}

func (s *sheet) bill() {
	bill := &s.report.Bill
	s.head(words.TitleBill, words.Billed, words.Effective, words.NoInvoice)
	for _, m := range bill.Months {
		s.row(s.text(s.words.Month(m.Month), s.styles.text), s.amount(m.Billed), s.amount(m.Effective), s.amount(m.NoInvoice))
	}
	for _, month := range s.report.Unbilled() {
		s.row(s.text(s.words.Month(month), s.styles.text), s.text(s.words.Say(words.NoBill), s.styles.note))
	}
	s.row(s.text(s.words.Say(words.Total), s.styles.label), s.amount(bill.Billed), s.amount(bill.Effective))
	s.second(s.words.Second(s.report.Second, bill.Billed))
	if b := bill.Bridge; b != nil {
		s.head(words.TitleBridge, words.USD)
		for _, line := range []struct {
			label  words.Label
			amount money.USD
		}{
			{words.BridgeFrom, b.From},
			{words.BridgeGrowth, b.Growth},
			{words.BridgePrice, b.Price},
			{words.BridgeAvoided, money.USD{}.Sub(b.Avoided)},
			{words.BridgeUnexplained, b.Unexplained},
			{words.BridgeTo, b.To},
		} {
			s.row(s.text(s.words.Say(line.label), s.styles.text), s.amount(line.amount))
		}
	}
}

func (s *sheet) checks() {
	c := &s.report.Checks
	s.head(words.TitleChecks, words.Result)
	residual := s.words.Check(reports.NotDone)
	if c.Residual != nil {
		residual = s.words.Percent(*c.Residual)
	}
	for _, line := range []struct {
		label words.Label
		text  string
	}{
		{words.CheckInvoice, s.words.Check(c.Invoice)},
		{words.CheckConfirmed, s.words.Share(c.Confirmed)},
		{words.CheckResidual, residual},
		{words.CheckRecount, s.words.Check(c.Recount)},
		{words.CheckComplete, s.words.Check(c.Complete)},
	} {
		s.row(s.text(s.words.Say(line.label), s.styles.text), s.text(line.text, s.styles.text))
	}
	s.head(words.TitleCost, words.USD)
	s.row(s.text(s.words.Say(words.ToolCost), s.styles.text), s.optional(s.report.Cost.Amount))
	for i, g := range s.report.Gaps {
		if i == 0 {
			s.head(words.TitleGaps)
		}
		s.row(s.text(s.words.Gap(g), s.styles.text))
	}
}

// amounts is a section of names and amounts.
func (s *sheet) amounts(title words.Label, n int, of func(int) (string, money.USD)) {
	if n == 0 {
		return
	}
	s.head(title, words.USD)
	for i := range n {
		name, amount := of(i)
		s.row(s.text(name, s.styles.text), s.amount(amount))
	}
}

func (s *sheet) sources() {
	r := s.report
	s.head(words.TitleSources)
	for _, line := range []struct {
		label words.Label
		text  string
	}{
		{words.Engine, r.Sources.Engine}, {words.MethodVersion, r.Method}, {words.LedgerHash, r.Sources.Ledger}, {words.Baselines, r.Sources.Baselines}, {words.Policy, r.Sources.Policy},
	} {
		s.row(s.text(s.words.Say(line.label), s.styles.text), s.text(line.text, s.styles.text))
	}
	if day := r.Sources.SpotPrices; day != "" {
		s.row(s.text(s.words.Say(words.SpotPricesAsked), s.styles.text), s.text(s.words.Date(day), s.styles.text))
	}
	if rate := s.words.ExchangeRate(r.Second); rate != "" {
		s.row(s.text(s.words.Say(words.Rate), s.styles.text), s.text(rate, s.styles.text))
	}
	for _, m := range r.Sources.Manifests {
		s.row(s.text(m.Export+" "+m.Month, s.styles.text), s.text(m.SHA256, s.styles.text))
	}
}
