package spend_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports/spend"
	"offpeak/scheduler/hours"
)

const (
	payer fleet.AccountID = "999999999999"
	dev   fleet.AccountID = "111122223333"
	prod  fleet.AccountID = "444455556666"
	seoul fleet.Region    = "ap-northeast-2"
)

var (
	july    = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	quarter = billing.Period{From: july, To: july.AddDate(0, 3, 0)}
	before  = billing.Period{From: july.AddDate(0, -3, 0), To: july}
)

// bill is a small bill in memory, of which a test says what stands in it. What is asked of the quarter before is in was.
type bill struct {
	billing.Engine // what nobody asks here
	months         []time.Time
	days           []billing.Day
	charges        []billing.Charge
	costs          []billing.Cost
	standing       []billing.Standing
	tagged         []billing.TagCost
	runs           []run
	asked          []billing.Period // for patterns
}

// run is something that ran.
type run struct {
	from, to time.Time
	billing.Pattern
	tags map[string]string
}

func (b *bill) Name() string           { return "a bill of a test" }
func (b *bill) Months() billing.Months { return billing.Months{FOCUS: b.months} }

func (b *bill) Accounts(context.Context, billing.Period) ([]fleet.AccountID, error) { return nil, nil }

func (b *bill) Days(_ context.Context, p billing.Period) (found []billing.Day, _ error) {
	for _, d := range b.days {
		if !d.Day.Before(p.From) && d.Day.Before(p.To) {
			found = append(found, d)
		}
	}
	return found, nil
}

func (b *bill) Charges(_ context.Context, p billing.Period) (found []billing.Charge, _ error) {
	for _, c := range b.charges {
		if !c.Month.Before(p.From) && c.Month.Before(p.To) {
			found = append(found, c)
		}
	}
	return found, nil
}

func (b *bill) Costs(_ context.Context, p billing.Period) (found []billing.Cost, _ error) {
	for _, c := range b.costs {
		if !c.Month.Before(p.From) && c.Month.Before(p.To) {
			found = append(found, c)
		}
	}
	return found, nil
}

func (b *bill) Standing(context.Context, billing.Period) ([]billing.Standing, error) {
	return b.standing, nil
}

func (b *bill) Tagged(_ context.Context, _ billing.Period, tags ...[]string) ([]billing.TagCost, error) {
	for _, c := range b.tagged {
		if len(c.Values) != len(tags) {
			return nil, fmt.Errorf("%d tags were asked for, the test has %d", len(tags), len(c.Values))
		}
	}
	return b.tagged, nil
}

// Patterns are those of the runs, an hour at a time.
func (b *bill) Patterns(_ context.Context, p billing.Period, tags ...[]string) iter.Seq2[billing.Pattern, error] {
	b.asked = append(b.asked, p)
	return func(yield func(billing.Pattern, error) bool) {
		monday := billing.WeekOf(p.From)
		for _, r := range b.runs {
			for at := r.from; at.Before(r.to); at = at.Add(time.Hour) {
				if at.Before(p.From) || !at.Before(p.To) {
					continue
				}
				row := r.Pattern
				since := int64(at.Sub(monday) / time.Hour)
				row.Hour, row.Weeks, row.Rows = since%billing.WeekHours, 1<<(since/billing.WeekHours), 1
				for _, keys := range tags {
					value := ""
					for _, key := range keys {
						if value == "" {
							value = r.tags[key]
						}
					}
					row.Tags = append(row.Tags, value)
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

func pointer[T any](value T) *T { return &value }

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }
func usd(text string) money.USD       { return money.USDOf(dec(text)) }

// closed makes whole months of a bill in US dollars.
func (b *bill) closed(p billing.Period) *bill {
	for d := p.From; d.Before(p.To); d = d.AddDate(0, 0, 1) {
		b.days = append(b.days, billing.Day{Day: d, Payer: payer, Currency: "USD", Rows: 1, Hours: 24})
	}
	for m := p.From; m.Before(p.To); m = m.AddDate(0, 1, 0) {
		b.months = append(b.months, m)
	}
	return b
}

// ran adds hours of an m5.large in the development account, at 0.1 dollars.
func (b *bill) ran(resource string, from, to time.Time, change func(*run)) *bill {
	r := run{from: from, to: to, Pattern: billing.Pattern{
		Account: dev, Region: seoul, Resource: resource, SKU: "M5", Meter: "APN2-BoxUsage:m5.large", Line: billing.OnDemand,
		Quantity: dec("1"), Contract: dec("0.1"), Effective: dec("0.1"),
	}, tags: map[string]string{"env": "dev", "Team": "pay"}}
	if change != nil {
		change(&r)
	}
	b.runs = append(b.runs, r)
	return b
}

// office runs something from Monday to Friday at some hours on Seoul's clocks, but for days on which skip says so.
func (b *bill) office(resource string, open, shut int, change func(*run), skip func(day int, at time.Time) bool) *bill {
	for i, day := 0, july.Add(-9*time.Hour); day.Before(quarter.To); i, day = i+1, day.AddDate(0, 0, 1) {
		local := day.Add(9 * time.Hour)
		if local.Weekday() == time.Saturday || local.Weekday() == time.Sunday || skip != nil && skip(i, local) {
			continue
		}
		b.ran(resource, day.Add(time.Duration(open)*time.Hour), day.Add(time.Duration(shut)*time.Hour), change)
	}
	return b
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func workingHours(t testing.TB, text string) hours.Hours {
	t.Helper()
	h, err := hours.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// input asks a bill of the third quarter in Seoul.
func input(t testing.TB, b *bill) spend.Input {
	t.Helper()
	zero := usd("0")
	return spend.Input{
		Engine: b, Period: quarter, Before: before, Zone: zone(t, "Asia/Seoul"), Working: workingHours(t, "mon-fri 08:30-19:30"), Due: "2026-11-15",
		Tags: spend.Tags{Owner: []string{"Owner", "Team"}, Schedule: "offpeak:schedule", Tool: "Application", ToolValue: "offpeak"},
		Environments: []fleet.Environment{
			{Name: "dev", Tags: map[string][]string{"env": {"dev"}}},
			{Name: "stg", Tags: map[string][]string{"env": {"stg"}}},
			{Name: "prod", Accounts: []fleet.AccountID{prod}, Tags: map[string][]string{"env": {"prod"}}, Protected: true},
		},
		Usual:   map[string]spend.Schedule{"dev": {Text: "office", Hours: workingHours(t, "mon-fri 08:00-20:00")}},
		Avoided: &zero, AvoidedBefore: &zero,
	}
}

func of(t testing.TB, in spend.Input) *spend.Spend {
	t.Helper()
	s, err := spend.Of(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// gaps are the codes of the gaps.
func gaps(s *spend.Spend) (codes []string) {
	for _, g := range s.Gaps {
		codes = append(codes, g.Code)
	}
	slices.Sort(codes)
	return codes
}
