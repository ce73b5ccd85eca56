package coverage_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/coverage"
	"offpeak/internal/fleet"
)

const (
	payer   fleet.AccountID = "999999999999"
	account fleet.AccountID = "222233334444"
	seoul   fleet.Region    = "ap-northeast-2"
	webARN  fleet.ARN       = "arn:aws:autoscaling:ap-northeast-2:222233334444:autoScalingGroup:1:autoScalingGroupName/web"
)

// now is five in the morning; the bill ends with the hour before last midnight, and begins eight days earlier.
var (
	now  = time.Date(2026, time.November, 20, 5, 10, 0, 0, time.UTC)
	ends = time.Date(2026, time.November, 20, 0, 0, 0, 0, time.UTC)
)

func number(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// bill is one in memory, of which a test says what stands in it.
type bill struct {
	billing.Engine
	products []billing.Product
	usage    []billing.Usage
	plans    []billing.PlanHour
	leases   []billing.Reservation
	rates    []billing.PlanRate
	err      error
}

func (b *bill) Name() string { return "a bill of a test" }

func (b *bill) Products(context.Context, billing.Period) ([]billing.Product, error) {
	return b.products, b.err
}

func (b *bill) Usage(_ context.Context, p billing.Period) iter.Seq2[billing.Usage, error] {
	return func(yield func(billing.Usage, error) bool) {
		for _, u := range b.usage {
			if !u.Hour.Before(p.From) && u.Hour.Before(p.To) && !yield(u, nil) {
				return
			}
		}
	}
}

func (b *bill) PlanHours(context.Context, billing.Period) ([]billing.PlanHour, error) {
	return b.plans, nil
}

func (b *bill) Reservations(context.Context, billing.Period) ([]billing.Reservation, error) {
	return b.leases, nil
}

func (b *bill) PlanRates(context.Context, billing.Period) ([]billing.PlanRate, error) {
	return b.rates, nil
}

// newBill is one of m5.large, m5.xlarge and c5.large with Linux, and of m5.large with Windows.
func newBill() *bill {
	b := &bill{}
	for _, p := range []struct{ sku, kind, operation, factor string }{
		{"M5L", "m5.large", "RunInstances", "4"},
		{"M5X", "m5.xlarge", "RunInstances", "8"},
		{"C5L", "c5.large", "RunInstances", "4"},
		{"WIN", "m5.large", "RunInstances:0002", "4"},
		{"SPOT", "m5.large", "RunInstances:SV001", "4"},
	} {
		family, _, _ := strings.Cut(p.kind, ".")
		b.products = append(b.products, billing.Product{
			SKU: p.sku, Operation: p.operation, Code: "AmazonEC2", UsageType: "APN2-BoxUsage:" + p.kind, Region: seoul, Type: p.kind, Family: family,
			System: "Linux", Tenancy: "Shared", Unit: "Hrs", Factor: number(p.factor),
		})
	}
	return b
}

// each calls for every hour of the eight days before the end, the latest first.
func each(do func(hour time.Time, back int)) {
	for back := 1; back <= 8*24; back++ {
		do(ends.Add(-time.Duration(back)*time.Hour), back)
	}
}

// ran bills instances of the group for some hours: how many of them, and what covered them.
func (b *bill) ran(instances string, line billing.Line, commitment string, in func(back int) bool) {
	each(func(hour time.Time, back int) {
		if in != nil && !in(back) {
			return
		}
		u := billing.Usage{
			Hour: hour, Account: account, Resource: fmt.Sprintf("i-%s", line), Group: "web", SKU: "M5L", Operation: "RunInstances", Zone: "ap-northeast-2a",
			Line: line, Commitment: commitment, Quantity: number(instances), List: number(instances).Mul(number("0.118")),
		}
		if line == billing.SpotUsage {
			u.SKU, u.Operation = "SPOT", "RunInstances:SV001"
		}
		b.usage = append(b.usage, u)
	})
}

// somebody bills another resource of the account.
func (b *bill) somebody(sku, instances string, line billing.Line, commitment string) {
	each(func(hour time.Time, _ int) {
		b.usage = append(b.usage, billing.Usage{
			Hour: hour, Account: account, Resource: "i-else", SKU: sku, Operation: "RunInstances",
			Zone: "ap-northeast-2a", Line: line, Commitment: commitment, Quantity: number(instances), List: number(instances).Mul(number("0.118")),
		})
	})
}

// plan commits dollars an hour, some of which are used.
func (b *bill) plan(id, offering, family, total, used string) {
	each(func(hour time.Time, _ int) {
		b.plans = append(b.plans, billing.PlanHour{Hour: hour, Plan: id, Owner: payer, Offering: offering, Region: seoul, Family: family, Total: number(total), Used: number(used)})
	})
}

// lease reserves instances of a SKU.
func (b *bill) lease(id, sku, count, zone string) {
	operation := "RunInstances"
	if sku == "WIN" {
		operation = "RunInstances:0002"
	}
	b.leases = append(b.leases, billing.Reservation{
		Month: time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC), Lease: id, Owner: payer, SKU: sku, Operation: operation, Zone: zone, Count: number(count),
		Start: time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC),
	})
}

func web() coverage.Subject {
	return coverage.Subject{
		ARN: webARN, Kind: fleet.AutoScalingGroup, Scope: fleet.Scope{Account: account, Region: seoul}, ID: "web", Type: "m5.large", Product: "Linux/UNIX",
		Zones: []string{"ap-northeast-2a", "ap-northeast-2b"},
	}
}

func TestWhatCommitmentsPayFor(t *testing.T) {
	t.Parallel()
	const ri, sp = "arn:aws:ec2:ap-northeast-2:999999999999:reserved-instances/r", "arn:aws:savingsplans::999999999999:savingsplan/s"
	day := func(back int) bool { return back%24 < 11 } // eleven of 24 hours
	for _, row := range []struct {
		says           string
		bill           func(*bill)
		subject        func(*coverage.Subject)
		units, covered int
		hours          int
		doubt          string
	}{
		{"nothing covers it", func(b *bill) { b.ran("4", billing.OnDemand, "", nil) }, nil, 0, 0, 168, ""},
		{"a Reserved Instance covers two of four", func(b *bill) {
			b.lease(ri, "M5L", "2", "")
			b.ran("2", billing.OnDemand, "", nil)
			b.ran("2", billing.Reserved, ri, nil)
		}, nil, 2, 2, 168, ""},
		{"a Savings Plan covers all, by day alone: the night does not count, for it did not run", func(b *bill) { b.ran("4", billing.PlanUsage, sp, day) }, nil, 4, 4, 77, ""},
		{"covered in less than half of the hours in which it ran", func(b *bill) {
			b.ran("4", billing.OnDemand, "", func(back int) bool { return !day(back) })
			b.ran("4", billing.PlanUsage, sp, day)
		}, nil, 0, 0, 168, ""},
		{"half an instance counts as one, less as none", func(b *bill) { b.ran("2.5", billing.PlanUsage, sp, nil) }, nil, 3, 3, 168, ""},
		{"a size-flexible Reserved Instance lies idle: two xlarge are four large", func(b *bill) {
			b.lease(ri, "M5X", "2", "")
			b.ran("6", billing.SpotUsage, "", nil)
		}, nil, 4, 0, 168, ""},
		{"what somebody else uses of it is not idle", func(b *bill) {
			b.lease(ri, "M5X", "2", "")
			b.ran("6", billing.SpotUsage, "", nil)
			b.somebody("M5X", "1.5", billing.Reserved, ri)
		}, nil, 1, 0, 168, ""},
		{"another family's is no use", func(b *bill) { b.lease(ri, "C5L", "9", ""); b.ran("6", billing.OnDemand, "", nil) }, nil, 0, 0, 168, ""},
		{"another platform's neither", func(b *bill) {
			b.lease(ri, "WIN", "9", "")
			b.ran("6", billing.OnDemand, "", nil)
		}, nil, 0, 0, 168, ""},
		{"a zonal one in one of its zones, of its very type", func(b *bill) { b.lease(ri, "M5L", "3", "ap-northeast-2b"); b.ran("6", billing.OnDemand, "", nil) }, nil, 3, 0, 168, ""},
		{"a zonal one elsewhere", func(b *bill) { b.lease(ri, "M5L", "3", "ap-northeast-2c"); b.ran("6", billing.OnDemand, "", nil) }, nil, 0, 0, 168, ""},
		{"a zonal one of another size", func(b *bill) { b.lease(ri, "M5X", "3", "ap-northeast-2a"); b.ran("6", billing.OnDemand, "", nil) }, nil, 0, 0, 168, ""},
		{"one that has ended", func(b *bill) {
			b.lease(ri, "M5L", "3", "")
			b.leases[0].End = ends.AddDate(0, 0, -9)
			b.ran("6", billing.OnDemand, "", nil)
		}, nil, 0, 0, 168, ""},
		{"an idle Compute Savings Plan at the rate that the bill shows", func(b *bill) {
			b.plan(sp, "ComputeSavingsPlans", "", "1", "0.76")
			b.rates = append(b.rates, billing.PlanRate{Plan: sp, SKU: "M5L", Rate: number("0.08")})
			b.ran("6", billing.OnDemand, "", nil)
		}, nil, 3, 0, 168, ""},
		// 0.24 / (0.118 * 0.34) = 5.98
		{"without a rate at the deepest discount there is", func(b *bill) {
			b.plan(sp, "ComputeSavingsPlans", "", "1", "0.76")
			b.ran("6", billing.OnDemand, "", nil)
		}, nil, 6, 0, 168, ""},
		{"an EC2 Instance Savings Plan of another family", func(b *bill) {
			b.plan(sp, "EC2InstanceSavingsPlans", "c5", "9", "0")
			b.ran("6", billing.OnDemand, "", nil)
		}, nil, 0, 0, 168, ""},
		// 0.118 / (0.118 * 0.28) = 3.57
		{"and of its own", func(b *bill) {
			b.plan(sp, "EC2InstanceSavingsPlans", "m5", "0.118", "0")
			b.ran("6", billing.OnDemand, "", nil)
		}, nil, 4, 0, 168, ""},
		{"one for databases", func(b *bill) { b.plan(sp, "DatabaseSavingsPlans", "", "9", "0"); b.ran("6", billing.OnDemand, "", nil) }, nil, 0, 0, 168, ""},
		{"covered and idle add up", func(b *bill) {
			b.lease(ri, "M5L", "3", "")
			b.ran("2", billing.Reserved, ri, nil)
			b.ran("4", billing.SpotUsage, "", nil)
		}, nil, 3, 2, 168, ""},
		{"an idle plan of which no price is known", func(b *bill) {
			b.plan(sp, "ComputeSavingsPlans", "", "1", "0")
			b.ran("6", billing.SpotUsage, "", nil)
		}, nil, 0, 0, 168, "does not tell what m5.large costs under it"},
		{"it did not run", func(b *bill) { b.somebody("M5L", "4", billing.PlanUsage, sp) }, nil, 0, 0, 0, "shows no hour of it from 2026-11-13 to 2026-11-20"},
		{
			"a group that the bill does not name is found by its members", func(b *bill) { b.somebody("M5L", "4", billing.PlanUsage, sp) },
			func(s *coverage.Subject) { s.Members = []string{"i-else"} }, 4, 4, 168, "activate the cost allocation tag",
		},
		{
			"an instance needs no tag", func(b *bill) { b.somebody("M5L", "1", billing.PlanUsage, sp) },
			func(s *coverage.Subject) { s.Kind, s.ID = fleet.EC2Instance, "i-else" }, 1, 1, 168, "",
		},
		{
			"a group of the same name in another account", func(b *bill) { b.ran("4", billing.PlanUsage, sp, nil) },
			func(s *coverage.Subject) { s.Scope.Account = "111122223333" }, 0, 0, 0, "shows no hour",
		},
		{"its type is not known", func(b *bill) { b.ran("4", billing.PlanUsage, sp, nil) }, func(s *coverage.Subject) { s.Type = "" }, 4, 4, 168, "its instance type"},
	} {
		b, s := newBill(), web()
		row.bill(b)
		if row.subject != nil {
			row.subject(&s)
		}
		f, err := coverage.Compute(t.Context(), b, payer, []coverage.Subject{s}, now)
		if err != nil {
			t.Errorf("%s: %v", row.says, err)
			continue
		}
		g := f.Groups[0]
		if g.Units != row.units || g.Covered != row.covered || g.Hours != row.hours || (g.Doubt == "") != (row.doubt == "") || !strings.Contains(g.Doubt, row.doubt) {
			t.Errorf("%s: %+v, want %d units, %d covered, %d hours, doubt %q", row.says, g, row.units, row.covered, row.hours, row.doubt)
		}
	}
}

func TestWhichDaysAreJudged(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says, last, first, from, to string // hours with rows
	}{
		{"the bill ends with a day", "2026-11-19T23", "2026-11-01T00", "2026-11-13", "2026-11-20"},
		{"it ends within a day, which does not count", "2026-11-19T22", "2026-11-01T00", "2026-11-12", "2026-11-19"},
		{"it is behind by five days", "2026-11-14T23", "2026-11-01T00", "2026-11-08", "2026-11-15"},
		{"it is behind by ten days: what was not read is not judged", "2026-11-09T23", "2026-11-01T00", "2026-11-07", "2026-11-10"},
		{"it is behind by two weeks", "2026-11-05T23", "2026-11-01T00", "", ""},
		{"it has no rows at all", "2026-10-01T00", "2026-10-01T00", "", ""},
	} {
		b := newBill()
		for hour := at(t, row.first); !hour.After(at(t, row.last)); hour = hour.Add(time.Hour) {
			b.usage = append(b.usage, billing.Usage{Hour: hour, Account: account, Resource: "i-1", Group: "web", SKU: "M5L", Operation: "RunInstances", Line: billing.OnDemand, Quantity: number("1")})
		}
		f, err := coverage.Compute(t.Context(), b, payer, []coverage.Subject{web()}, now)
		if row.from == "" {
			if !errors.Is(err, coverage.ErrOld) {
				t.Errorf("%s: %+v, %v", row.says, f, err)
			}
			continue
		}
		if err != nil || f.From.Format(time.DateOnly) != row.from || f.To.Format(time.DateOnly) != row.to || f.Groups[0].Hours != int(f.To.Sub(f.From)/time.Hour) {
			t.Errorf("%s: %+v, %v", row.says, f, err)
		}
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	parsed, err := time.Parse("2006-01-02T15", text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestABillWithoutCommitments(t *testing.T) {
	t.Parallel()
	b := newBill()
	b.err = billing.ErrNoExport
	if _, err := coverage.Compute(t.Context(), b, payer, nil, now); !errors.Is(err, billing.ErrNoExport) || !strings.Contains(err.Error(), string(payer)) {
		t.Error(err)
	}
}

// TestTheOrderOfTheBillDoesNotMatter, nor that of those who ask.
func TestTheOrderOfTheBillDoesNotMatter(t *testing.T) {
	t.Parallel()
	b, other := newBill(), web()
	other.ARN, other.ID = webARN+"-2", "web-2"
	b.lease("ri", "M5X", "3", "")
	b.plan("sp", "ComputeSavingsPlans", "", "1", "0.9")
	b.ran("2", billing.Reserved, "ri", nil)
	b.ran("3.2", billing.OnDemand, "", nil)
	want, err := coverage.Compute(t.Context(), b, payer, []coverage.Subject{web(), other}, now)
	if err != nil {
		t.Fatal(err)
	}
	for i, j := 0, len(b.usage)-1; i < j; i, j = i+1, j-1 {
		b.usage[i], b.usage[j] = b.usage[j], b.usage[i]
	}
	got, err := coverage.Compute(t.Context(), b, payer, []coverage.Subject{other, web()}, now)
	if diff := cmp.Diff(got, want); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestSubjectsOfASnapshot(t *testing.T) {
	t.Parallel()
	r := fleet.Resource{
		ID: "web", ARN: webARN, Kind: fleet.AutoScalingGroup, Product: "Linux/UNIX",
		Launch: &fleet.Launch{Zones: []string{"ap-northeast-2a"}, Template: &fleet.Template{Type: "m5.xlarge"}, Mix: &fleet.Mix{Types: []string{"m5.large", "m6i.large"}}, Members: []fleet.Member{{ID: "i-1"}}},
	}
	s, ok := coverage.SubjectOf(&r)
	if want := (coverage.Subject{ARN: webARN, Kind: fleet.AutoScalingGroup, ID: "web", Members: []string{"i-1"}, Type: "m5.large", Product: "Linux/UNIX", Zones: []string{"ap-northeast-2a"}}); !ok || !cmp.Equal(s, want) {
		t.Errorf("%+v", s)
	}
	for _, kind := range []fleet.Kind{fleet.ECSService, fleet.RDSInstance} {
		if _, ok := coverage.SubjectOf(&fleet.Resource{Kind: kind}); ok {
			t.Errorf("%s is asked about", kind)
		}
	}
	if _, ok := coverage.SubjectOf(&fleet.Resource{Kind: fleet.EC2Instance, State: fleet.Gone}); ok {
		t.Error("what is gone is asked about")
	}
	if _, ok := coverage.SubjectOf(&fleet.Resource{Kind: fleet.EC2Instance, Traits: []fleet.Trait{{Kind: fleet.GroupMember, Detail: "web"}}}); ok {
		t.Error("a member would take its group's hours")
	}
}
