package mail

import (
	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/words"
)

// page is what the mail says, in its order, before it is HTML or plain text: both are written from this one value, so that they cannot differ.
type page struct {
	Language words.Language
	Title    string
	Tenant   string // and its quarter
	State    string
	Facts    []string // of the head: period, state
	Headline headline
	Sections []section
	Pictures []Picture
	Charts   string
	Footer   []string
}

// headline is the figure that the mail is about.
type headline struct {
	Name   string
	Value  string
	Second string
	Lines  []string
	Loss   bool // below zero
}

// section is a title with rows under it.
type section struct {
	Title string
	Lead  string
	Rows  []row
	Notes []string
	// Strong marks the section that asks for something.
	Strong bool
}

// row is a name with its figure. Beside stands under the name, smaller.
type row struct {
	Name, Value, Beside string
	Total               bool
}

// pageOf puts together what the mail says. Sections that have nothing to say say so where a reader would look for them.
func pageOf(r *reports.Report, e *Envelope, w words.Words, leftOut bool) *page {
	p := &page{
		Language: w.Language(), Title: w.Say(words.Title), State: w.State(r.State), Charts: w.Say(words.TitleCharts),
		Tenant: w.TenantQuarter(named(r.Tenant.Name, string(r.Tenant.Payer)), r.Quarter),
		Facts:  []string{w.Say(words.Period) + ": " + w.Period(r.Period) + " (UTC)", w.StateMeans(r.State)},
	}
	if r.Measured != r.Period {
		p.Facts = append(p.Facts, w.Say(words.Measured)+": "+w.Period(r.Measured)+" (UTC)")
	}
	p.Headline = headlineOf(r, w)
	p.Sections = append(p.Sections, change(r, w)...)
	p.Sections = append(p.Sections, causes(r, w), unproven(r, w), bill(r, w))
	p.Sections = append(p.Sections, bridge(r, w)...)
	p.Sections = append(p.Sections, checks(r, w), waste(r, w), standing(r, w), harm(r, w), before(r, w), decide(r, w), facts(r, e, w))
	p.Sections = append(p.Sections, gaps(r, w)...)
	p.Footer = footer(r, e, w, leftOut)
	return p
}

func headlineOf(r *reports.Report, w words.Words) headline {
	f := &r.Avoided.Total
	h := headline{Name: w.Say(words.TitleAvoided), Value: w.Avoided(&r.Avoided), Second: w.SecondEstimate(r.Second, f.Value())}
	if r.Avoided.Unknown {
		h.Second = ""
	}
	h.Loss = f.Value().Decimal().IsNegative()
	if f.Resources > 0 {
		h.Lines = []string{w.IntervalOf(f, w.Like(f.Value())), w.Basis(f)}
	}
	h.Lines = append(h.Lines, w.Headline(f))
	return h
}

// change is there where a report of the same quarter was sent before.
func change(r *reports.Report, w words.Words) []section {
	c := r.Change
	if c == nil {
		return nil
	}
	s, write := section{Title: w.Say(words.TitleChange), Lead: w.Restated(c)}, w.Like(c.To)
	for _, l := range c.Lines {
		s.Rows = append(s.Rows, row{Name: w.ChangeWhy(l.Code), Value: w.Signed(l.Amount, write), Beside: words.Isolated(words.Shortened(l.Detail, longest))})
	}
	return []section{s}
}

func causes(r *reports.Report, w words.Words) section {
	total := r.Avoided.Total.Value()
	s, write := section{Title: w.Say(words.TitleCauses)}, w.Like(total)
	for i := range r.Avoided.Causes {
		l := &r.Avoided.Causes[i]
		s.Rows = append(s.Rows, row{Name: w.Cause(l.Name), Value: write(l.Value()), Beside: w.HoursLess(l.Hours)})
	}
	s.Rows = append(s.Rows, row{Name: w.Say(words.Total), Value: write(total), Total: true})
	if r.Avoided.Unknown {
		s.Rows[len(s.Rows)-1].Value = w.Avoided(&r.Avoided)
	}
	if more := r.Avoided.RanMore; !more.IsZero() {
		s.Notes = append(s.Notes, w.Say(words.RanMore)+": "+write(more))
	}
	if n := w.Negative(len(r.Avoided.Negative)); n != "" {
		s.Notes = append(s.Notes, n)
	}
	return s
}

// unproven stands apart: it is in no total, and no total has it in.
func unproven(r *reports.Report, w words.Words) section {
	u := &r.Avoided.Unproven
	s := section{Title: w.Say(words.TitleUnproven), Lead: w.Unproven(u)}
	if u.Resources > 0 {
		s.Rows = []row{{Name: w.Say(words.Contracted), Value: w.Estimate(u.Contracted)}}
	}
	return s
}

func bill(r *reports.Report, w words.Words) section {
	b := &r.Bill
	s := section{Title: w.Say(words.TitleBill), Rows: []row{
		{Name: w.Say(words.Billed), Value: w.USD(b.Billed), Beside: w.Second(r.Second, b.Billed)},
		{Name: w.Say(words.Tax), Value: w.USD(b.Tax), Beside: w.Say(words.InBilled)},
		{Name: w.Say(words.Credits), Value: w.USD(b.Credits), Beside: w.Say(words.InBilled)},
		{Name: w.Say(words.Effective), Value: w.USD(b.Effective), Beside: w.Say(words.EffectiveMeans)},
	}}
	for _, month := range r.Unbilled() {
		s.Rows = append(s.Rows, row{Name: w.Month(month), Value: w.Say(words.NoBill)})
	}
	return s
}

// bridge is left out where there is none, which a gap says.
func bridge(r *reports.Report, w words.Words) []section {
	if r.Bill.Bridge == nil {
		return nil
	}
	return []section{{Title: w.Say(words.TitleBridge), Rows: bridgeRows(r.Bill.Bridge, w)}}
}

// bridgeRows lead from one quarter's cost to the next one's. More avoided makes the bill smaller, so its sign is turned.
func bridgeRows(b *reports.Bridge, w words.Words) []row {
	write := w.Like(b.From.Add(b.To))
	change := func(name words.Label, a money.USD) row { return row{Name: w.Say(name), Value: w.Signed(a, write)} }
	return []row{
		{Name: w.Say(words.BridgeFrom), Value: write(b.From), Total: true},
		change(words.BridgeGrowth, b.Growth),
		change(words.BridgePrice, b.Price),
		change(words.BridgeAvoided, money.USD{}.Sub(b.Avoided)),
		change(words.BridgeUnexplained, b.Unexplained),
		{Name: w.Say(words.BridgeTo), Value: write(b.To), Total: true},
	}
}

func checks(r *reports.Report, w words.Words) section {
	c := &r.Checks
	open := money.USD{}
	for _, m := range r.Bill.Months {
		open = open.Add(m.NoInvoice)
	}
	residual := w.Say(words.NotReplayed)
	if c.Residual != nil {
		residual = w.Percent(*c.Residual)
	}
	return section{Title: w.Say(words.TitleChecks), Rows: []row{
		{Name: w.Say(words.CheckInvoice), Value: w.Check(c.Invoice), Beside: w.NotInvoiced(open)},
		{Name: w.Say(words.CheckConfirmed), Value: w.Share(c.Confirmed), Beside: w.ConfirmedHours(c.Confirmed)},
		{Name: w.Say(words.CheckResidual), Value: residual},
		{Name: w.Say(words.CheckRecount), Value: w.Check(c.Recount)},
		{Name: w.Say(words.CheckComplete), Value: w.Check(c.Complete)},
	}}
}
