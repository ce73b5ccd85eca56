package figures

import (
	"cmp"
	"fmt"
	"slices"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
)

// quarters is how many quarters the trend shows.
const quarters = 4

// look fills what a report says about those before it.
func (in *Input) look(r *reports.Report, spent *Spent) {
	earlier := in.lastIssued()
	for _, e := range earlier {
		r.Trend = append(r.Trend, quarterOf(e))
	}
	r.Trend = append(r.Trend, quarterOf(r))
	if n := len(r.Trend); n > quarters {
		r.Trend = r.Trend[n-quarters:]
	}
	if n := len(earlier); n > 0 && earlier[n-1].Quarter == quarterBefore(r.Quarter) {
		r.Before = outcomes(r, earlier[n-1], slices.ContainsFunc(spent.Gaps, func(g reports.Gap) bool {
			return g.Code == reports.GapSpotPrices || g.Code == reports.GapUnpriced
		}))
	}
	if in.Replaces != nil {
		r.Change = changeOf(in.Replaces, r, in.ReplacesSHA256)
	}
}

// lastIssued are the reports of the quarters before, each quarter's last one, oldest first. Names of quarters sort as they follow each other.
func (in *Input) lastIssued() (last []*reports.Report) {
	byQuarter := map[string]*reports.Report{}
	for _, e := range in.Earlier {
		if known := byQuarter[e.Quarter]; e.Quarter < in.Quarter && (known == nil || known.Issued.Before(e.Issued)) {
			byQuarter[e.Quarter] = e
		}
	}
	for _, e := range byQuarter {
		last = append(last, e)
	}
	slices.SortFunc(last, func(a, b *reports.Report) int { return cmp.Compare(a.Quarter, b.Quarter) })
	return last
}

// quarterBefore is the name of the quarter before another: 2025Q4 before 2026Q1. What is no name of a quarter has none before it.
func quarterBefore(quarter string) string {
	var year, number int
	if n, err := fmt.Sscanf(quarter, "%4dQ%1d", &year, &number); n != 2 || err != nil {
		return ""
	}
	if number == 1 {
		year, number = year-1, quarters+1
	}
	return fmt.Sprintf("%04dQ%d", year, number-1)
}

func quarterOf(r *reports.Report) reports.Quarter {
	return reports.Quarter{
		Name: r.Quarter, State: r.State, Avoided: r.Avoided.Total.Adjusted, Interval: r.Avoided.Total.Interval, Billed: r.Bill.Billed, Part: r.Part(), Method: r.Method,
	}
}

// changeOf explains what is different from the report before of the same quarter. The lines add up to the difference.
func changeOf(was, now *reports.Report, hash string) *reports.Change {
	c := &reports.Change{Was: was.State, Issued: was.Issued, Replaces: hash, From: was.Avoided.Total.Value(), To: now.Avoided.Total.Value()}
	left := c.To.Sub(c.From)
	add := func(code string, amount money.USD, detail string) {
		if !amount.IsZero() {
			c.Lines = append(c.Lines, reports.ChangeWhy{Code: code, Amount: amount, Detail: detail})
			left = left.Sub(amount)
		}
	}
	if was.Method != now.Method {
		add("method", left, was.Method+" to "+now.Method)
		return c
	}
	before := map[fleet.ARN]*reports.Resource{}
	for i := range was.Resources {
		before[was.Resources[i].ARN] = &was.Resources[i]
	}
	sums := map[string]money.USD{}
	for i := range now.Resources {
		x := &now.Resources[i]
		old := before[x.ARN]
		delete(before, x.ARN)
		code, difference := "resources", counted(x)
		if old != nil {
			code, difference = whyChanged(old, x), counted(x).Sub(counted(old))
		}
		sums[code] = sums[code].Add(difference)
	}
	for _, old := range before {
		sums["resources"] = sums["resources"].Sub(counted(old))
	}
	for _, code := range []string{"resources", "ledger", "bill", "prices"} {
		add(code, sums[code], "")
	}
	add("commitments", left, "") // what no resource explains: commitments are replayed for all of them together
	if !slices.ContainsFunc(c.Lines, func(l reports.ChangeWhy) bool { return !l.Amount.Decimal().Round(billing.Places).IsZero() }) {
		c.Lines = nil // a bill tells no more places: another program divided otherwise in the last ones, and nobody is to be told of that
	}
	return c
}

// counted is what a resource adds to the total.
func counted(r *reports.Resource) money.USD {
	amount := money.USD{}
	if !unproven(r) {
		amount = r.Value()
	}
	if r.Spot != nil {
		amount = amount.Add(*r.Spot)
	}
	return amount
}

// whyChanged is why a resource's amount is another one now.
func whyChanged(was, now *reports.Resource) string {
	switch {
	case was.Origin != now.Origin || was.Baseline != now.Baseline:
		return "resources"
	case !slices.Equal(was.Acts, now.Acts):
		return "ledger"
	case !was.Hours.Equal(now.Hours) || !was.Contracted.Equal(now.Contracted) && sameRates(was, now):
		return "bill"
	case !sameRates(was, now):
		return "prices"
	default:
		return "commitments"
	}
}

func sameRates(was, now *reports.Resource) bool {
	return slices.EqualFunc(was.Rows, now.Rows, func(a, b reports.BillRows) bool {
		return a.SKU == b.SKU && a.Contracted.Equal(b.Contracted) && a.List.Equal(b.List)
	})
}
