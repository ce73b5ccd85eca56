package page

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/words"
)

// sheet is what one language's templates are given.
type sheet struct {
	Report   *reports.Report
	Language words.Language
	Annex    string
	Hidden   bool

	known map[fleet.ARN]bool // filled by Known
}

func (s *sheet) words() words.Words { return words.In(s.Language) }

// Title is the document's title.
func (s *sheet) Title() string { return title(s.Report, s.words()) }

func title(r *reports.Report, w words.Words) string {
	return visible(r.Tenant.Name) + " · " + w.Quarter(r.Quarter) + " · " + say(w, "title")
}

// Skip is the text of the link that leads past the controls.
func (s *sheet) Skip() string { return say(s.words(), "skip") }

// Total is the headline.
func (s *sheet) Total() *reports.Figure { return &s.Report.Avoided.Total }

// Moved is what of the total rests on no baseline: moves to Spot, less what they cost beside.
func (s *sheet) Moved() money.USD {
	left := s.Total().Value()
	for i := range s.Report.Avoided.Origins {
		left = left.Sub(s.Report.Avoided.Origins[i].Value())
	}
	return left
}

// billedMonth is a month of the bill, or one that the bill lacks.
type billedMonth struct {
	reports.BillMonth
	Missing bool
}

// BilledMonths are those of the quarter in order, those among them of which there is no bill.
func (s *sheet) BilledMonths() (months []billedMonth) {
	for _, m := range s.Report.Bill.Months {
		months = append(months, billedMonth{BillMonth: m})
	}
	for _, m := range s.Report.Unbilled() {
		months = append(months, billedMonth{BillMonth: reports.BillMonth{Month: m}, Missing: true})
	}
	slices.SortStableFunc(months, func(a, b billedMonth) int { return cmp.Compare(a.Month, b.Month) })
	return months
}

// PartMeasured says that the bill shows less than the quarter.
func (s *sheet) PartMeasured() bool {
	p, m := s.Report.Period, s.Report.Measured
	return !p.From.Equal(m.From) || !p.To.Equal(m.To)
}

// Issued is when the report was made.
func (s *sheet) Issued() string { return s.words().Instant(s.Report.Issued, time.UTC) }

// StandingTotal is what went on being charged while resources were held off.
func (s *sheet) StandingTotal() (sum money.USD) {
	for _, x := range s.Report.Standing {
		sum = sum.Add(x.Amount)
	}
	return sum
}

// Top are the first few of what went on being charged.
func (s *sheet) Top(n int) []reports.Standing {
	return s.Report.Standing[:min(n, len(s.Report.Standing))]
}

// Decide are the first few actions.
func (s *sheet) Decide(n int) []reports.Action {
	return s.Report.Actions[:min(n, len(s.Report.Actions))]
}

// FirstBefore are the first few actions of the last quarter, DoneBefore how many of all were done.
func (s *sheet) FirstBefore(n int) []reports.Outcome {
	return s.Report.Before[:min(n, len(s.Report.Before))]
}

// DoneBefore counts the actions of the last quarter that were done.
func (s *sheet) DoneBefore() (n int) {
	for i := range s.Report.Before {
		if s.Report.Before[i].Done {
			n++
		}
	}
	return n
}

// Contents are the keys of the sections beneath the first screen, which are their ids as well.
func (s *sheet) Contents() []string {
	return []string{"split", "resources", "usage", "trend", "billing", "verdicts", "actions", "spot", "felt", "assets", "pillars", "annex"}
}

// manyNames is how many names a list in the page holds; the machine-readable annex has all.
const manyNames = 200

// Some are the first resources of a list, SomeIDs those of a list of ids.
func (s *sheet) Some(all []fleet.ARN) []fleet.ARN { return all[:min(manyNames, len(all))] }

// SomeIDs are the first ids of a list.
func (s *sheet) SomeIDs(all []string) []string { return all[:min(manyNames, len(all))] }

// More counts what Some leaves out of a list of so many.
func (s *sheet) More(all int) int { return max(0, all-manyNames) }

// Known says that the table of resources has one, so that a name can lead there.
func (s *sheet) Known(arn fleet.ARN) bool {
	if s.known == nil {
		s.known = make(map[fleet.ARN]bool, len(s.Report.Resources))
		for i := range s.Report.Resources {
			s.known[s.Report.Resources[i].ARN] = true
		}
	}
	return s.known[arn]
}

// Method is the method in sentences.
func (s *sheet) Method() (lines []string) {
	for _, key := range []string{"method-avoided", "method-interval", "method-adjusted", "method-unproven", "method-rounding", "method-utc"} {
		lines = append(lines, say(s.words(), key))
	}
	return lines
}

// split is one view of the headline. Filter is the column of the table of resources by which a line can be followed; empty where none has it.
type split struct {
	Title, Key, Filter string
	Lines              []reports.Line
	Say                func(string) string
}

// nameOr says a name, or the word that stands where there is none.
func nameOr(w words.Words, none string) func(string) string {
	return func(name string) string {
		if name == "" {
			return say(w, none)
		}
		return visible(name)
	}
}

// Splits are the views of the headline beside that by cause.
func (s *sheet) Splits() []split {
	a, w := &s.Report.Avoided, s.words()
	services := split{"by-service", "service", "kind", a.Services, func(name string) string { return visible(w.KindName(name)) }}
	for i := range a.Services {
		var kind fleet.Kind
		if kind.UnmarshalText([]byte(a.Services[i].Name)) != nil {
			services.Filter = ""
		}
	}
	all := []split{
		{"by-environment", "environment", "environment", a.Environments, nameOr(w, "no-environment")},
		{"by-account", "account", "account", a.Accounts, nameOr(w, "none")},
		{"by-team", "team", "team", a.Teams, nameOr(w, "untagged")},
		services,
		{"by-origin", "origin", "origin", a.Origins, w.Origin},
	}
	return slices.DeleteFunc(all, func(s split) bool { return len(s.Lines) == 0 })
}

// whyNot says in the page's language why the figure is not adjusted for commitments: the gap that has words for it, and where there is none nothing.
func (s *sheet) whyNot() string {
	for _, g := range s.Report.Gaps {
		if g.Code == "no-commitments" || g.Code == "no-plan-rate" {
			return visible(s.words().Gap(g))
		}
	}
	return ""
}

// whyNoBridge says in the page's language why there is no bridge from the last quarter: the gap that tells it.
func (s *sheet) whyNoBridge() string {
	for _, g := range s.Report.Gaps {
		if g.Code == reports.GapLastBill || g.Code == reports.GapPart || g.Code == reports.GapLastAvoided {
			return visible(s.words().Gap(g))
		}
	}
	return say(s.words(), "no-bridge")
}

// counted is one view of the inventory. Filter is the column of its table; Rest is how many the list leaves out.
type counted struct {
	Key, Filter string
	Counts      []reports.Count
	Rest        int
	Say         func(string) string
}

// Counted are the views of the inventory, each with its first few lines: the table has all.
func (s *sheet) Counted() (views []counted) {
	const few = 12
	a, w := &s.Report.Assets, s.words()
	for _, view := range []counted{
		{"column.kind", "kind", a.Kinds, 0, func(name string) string { return visible(w.KindName(name)) }},
		{"environment", "environment", a.Environments, 0, nameOr(w, "no-environment")},
		{"owner", "owner", a.Owners, 0, nameOr(w, "no-owner")},
	} {
		if n := len(view.Counts); n > few {
			view.Counts, view.Rest = view.Counts[:few], n-few
		}
		if len(view.Counts) > 0 {
			views = append(views, view)
		}
	}
	return views
}

// bridgeLine is one line of the bridge; whole ones are a quarter's cost, the others a step.
type bridgeLine struct {
	Name   string
	Amount money.USD
	Whole  bool
}

func bridgeLines(b *reports.Bridge, w words.Words) []bridgeLine {
	return []bridgeLine{
		{say(w, "bridge-from"), b.From, true},
		{say(w, "bridge-growth"), b.Growth, false},
		{say(w, "bridge-price"), b.Price, false},
		{say(w, "bridge-avoided"), money.USD{}.Sub(b.Avoided), false},
		{say(w, "bridge-unexplained"), b.Unexplained, false},
		{say(w, "bridge-to"), b.To, true},
	}
}

// functions are what the templates call.
func (s *sheet) functions() template.FuncMap {
	w, r := s.words(), s.Report
	return template.FuncMap{
		"t": func(key string) string { return say(w, key) }, "fill": func(key string, values ...string) string { return filled(w, key, values...) },
		"id": func(name string) string { return string(w.Language()) + "-" + name }, "v": func(text any) string { return visible(textOf(text)) },
		"whyNot": s.whyNot, "whyNoBridge": s.whyNoBridge,
		"avoided": func() string { return w.Avoided(&r.Avoided) },
		"usd":     func(a any) string { return w.USD(amountOf(a)) }, "est": func(a any) string { return w.Estimate(amountOf(a)) }, "signed": func(a money.USD) string { return plus(a) + w.USD(a) },
		"like":   func(a any, total money.USD) string { return w.Like(total)(amountOf(a)) },
		"range_": func(x *reports.Range, total money.USD) string { return w.Range(x, w.Like(total)) },
		"below":  func(a money.USD) bool { return a.Decimal().IsNegative() }, "second": func(a money.USD) string { return w.Second(r.Second, a) }, "secondEst": func(a money.USD) string { return w.SecondEstimate(r.Second, a) },
		"rate": w.ExchangeRate, "unitRate": w.Rate, "int": func(n int) string { return w.Int(int64(n)) }, "int64": w.Int, "hours": w.Hours, "share": w.Share, "bytes": w.Bytes,
		"number":  func(d any, places int32) string { return w.Number(decimalOf(d), places) },
		"percent": func(d *decimal.Decimal) string { return w.Percent(*d) }, "delay": w.Delay,
		"period": w.Period, "quarter": w.Quarter, "date": w.Date, "month": w.Month, "workingHours": w.WorkingHours,
		"state": w.State, "stateMeans": w.StateMeans, "cause": w.Cause, "check": w.Check, "changeWhy": w.ChangeWhy, "waste": w.Waste, "wasteCount": w.WasteCount,
		"action": func(a reports.Action) string { return w.Proposal(&a) }, "suggestion": w.Suggestion, "pillar": w.Pillar, "evidence": w.Evidence, "evidenceValue": func(e reports.Evidence) string { return w.EvidenceValue(&e) }, "gap": w.Gap,
		"actionName": func(a reports.Action) string { return w.ActionName(&a) }, "called": words.Called,
		"countResources": func(n int) string { return w.Count(n, words.Resources) },
		"bridgeLines":    func(b *reports.Bridge) []bridgeLine { return bridgeLines(b, w) },
		"bridge":         func(b *reports.Bridge) template.HTML { return bridgeChart(b, w) },
		"months":         func() template.HTML { return monthsChart(r, w) }, "trend": func() template.HTML { return trendChart(r, w) },
		"heat": func(scale, caption string, week reports.Week) template.HTML {
			return heat(w, caption, week, heatScale(&r.Usage, scale == "cost"))
		},
		"table": func(id, section string) template.HTML {
			return template.HTML(`<div data-table="` + id + `" data-section="` + section + `"><p class="note">` + template.HTMLEscapeString(say(w, "needs-script")) + `</p></div>`) // fixed words
		},
	}
}

func plus(a money.USD) string {
	if a.Decimal().IsPositive() {
		return "+"
	}
	return ""
}

func textOf(value any) string {
	switch x := value.(type) {
	case fleet.ARN:
		return string(x)
	case string:
		return x
	default:
		return ""
	}
}

func amountOf(value any) money.USD {
	if p, ok := value.(*money.USD); ok {
		return *p
	}
	a, _ := value.(money.USD)
	return a
}

func decimalOf(value any) decimal.Decimal {
	if p, ok := value.(*decimal.Decimal); ok {
		return *p
	}
	d, _ := value.(decimal.Decimal)
	return d
}

// filled puts values into the places {0}, {1} ... of a word.
func filled(w words.Words, key string, values ...string) string {
	var pairs []string
	for i, value := range values {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(say(w, key))
}
