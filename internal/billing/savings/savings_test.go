package savings_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/money"
	"offpeak/internal/plan"
)

var (
	june     = time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	july     = time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC)
	week     = billing.Period{From: july, To: july.AddDate(0, 0, 7)}
	evening  = time.Date(2026, time.July, 2, 10, 30, 0, 0, time.UTC)
	morning  = time.Date(2026, time.July, 2, 23, 30, 0, 0, time.UTC)
	overnite = 13 * time.Hour
)

func instance(id string) fleet.Resource {
	return fleet.Resource{
		ID: id, ARN: fleet.ARN("arn:aws:ec2:ap-northeast-2:111122223333:instance/" + id), Kind: fleet.EC2Instance,
		Scope: fleet.Scope{Account: dev, Region: seoul}, Created: june.AddDate(0, -1, 0), Tags: fleet.NewTags(fleet.Tag{Key: "Name", Value: "name of " + id}),
	}
}

func group(name string) fleet.Resource {
	r := instance(name)
	r.ARN, r.Kind = fleet.ARN("arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:u:autoScalingGroupName/"+name), fleet.AutoScalingGroup
	return r
}

func service(name string) fleet.Resource {
	r := instance(name)
	r.ARN, r.Kind, r.Parent = fleet.ARN("arn:aws:ecs:ap-northeast-2:111122223333:service/shop/"+name), fleet.ECSService, "shop"
	return r
}

// book is a ledger in the making.
type book []ledger.Entry

func (b *book) add(r fleet.Resource, state ledger.State, at time.Time, act string, want fleet.State) {
	*b = append(*b, ledger.Entry{
		Act: act, Attempt: 1, State: state, At: at, Run: "run-" + act + string(state), Scope: r.Scope, Resource: r.ARN, ID: r.ID, Kind: r.Kind,
		Cause: plan.BySchedule, Environment: "dev", Edge: fleet.Moment{At: at, Want: want}, Before: &r,
	})
}

// night is a stop in an evening and a start in the morning after it.
func (b *book) night(r fleet.Resource, off, on time.Time) {
	b.add(r, ledger.Intent, off, "stop-"+r.ID, fleet.Stopped)
	b.add(r, ledger.Applied, off, "stop-"+r.ID, fleet.Stopped)
	b.add(r, ledger.Intent, on, "start-"+r.ID, fleet.Running)
	b.add(r, ledger.Applied, on, "start-"+r.ID, fleet.Running)
}

func (b book) all() iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		for _, e := range b {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func compute(t *testing.T, b *bill, entries book, change ...func(*savings.Input)) *savings.Savings {
	t.Helper()
	in := savings.Input{Engine: b, Entries: entries.all(), Period: week}
	for _, c := range change {
		c(&in)
	}
	s, err := savings.Compute(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	addUp(t, s)
	return s
}

// addUp checks on every result of a test that causes and months split the headline and leave nothing.
func addUp(t *testing.T, s *savings.Savings) {
	t.Helper()
	var hours avoidance.Hours
	var byCause, byMonth money.USD
	for _, l := range s.ByCause {
		hours, byCause = hours.Add(l.Hours.Avoided), byCause.Add(l.Contract)
	}
	for _, l := range s.ByMonth {
		byMonth = byMonth.Add(l.Contract)
	}
	var ran avoidance.Hours
	for _, h := range s.Ran {
		ran = ran.Add(h.Baseline).Sub(h.Actual)
	}
	if drift := s.Headline.Hours.Drift; ran.Sub(drift).Cmp(s.Headline.Hours.Avoided) != 0 {
		t.Errorf("hour by hour %s h were avoided less %s of drift, the headline has %s", ran, drift, s.Headline.Hours.Avoided)
	}
	for _, m := range s.Spot {
		var net money.USD
		for _, month := range m.Months {
			net = net.Add(month.Net(s.Commitments.Known))
		}
		if !net.Equal(m.Net(s.Commitments.Known)) {
			t.Errorf("%s: months of its move add up to %s USD, the move is %s", m.Resource, net, m.Net(s.Commitments.Known))
		}
	}
	if hours.Cmp(s.Headline.Hours.Avoided) != 0 || !byCause.Equal(s.Headline.Contract) || !byMonth.Equal(s.Headline.Contract) {
		t.Errorf("causes add up to %s h and %s USD, months to %s USD; the headline is %s h and %s USD", hours, byCause, byMonth, s.Headline.Hours.Avoided, s.Headline.Contract)
	}
}

func codes(s *savings.Savings) string {
	var found []string
	for _, g := range s.Gaps {
		found = append(found, string(g.Code))
	}
	return strings.Join(found, " ")
}

// oneNight is an instance that always ran but for one night of ours.
func oneNight() (*bill, book) {
	b, entries := &bill{products: products()}, book{}
	b.billed(june, week.To)
	i := instance("i-1")
	b.ran("i-1", "", "M5", "1", june, evening)
	b.ran("i-1", "", "M5", "1", morning, week.To)
	entries.add(i, ledger.Enrolled, july, "", 0)
	entries.night(i, evening, morning)
	return b, entries
}

func TestANightOfAnInstanceThatAlwaysRuns(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	s := compute(t, b, entries)
	if got := s.Headline.Hours.Avoided; got.Cmp(avoidance.HoursOf(overnite)) != 0 {
		t.Errorf("avoided %s h, want 13", got)
	}
	for name, row := range map[string]struct {
		got  money.USD
		want string
	}{
		"list": {s.Headline.List, "1.534"}, "contracted": {s.Headline.Contract, "1.3806"}, "adjusted": {s.Headline.Adjusted, "1.3806"},
	} {
		if row.got.String() != row.want {
			t.Errorf("%s: got %s, want %s", name, row.got, row.want)
		}
	}
	if !s.Headline.AdjustedKnown || s.Provisional || len(s.Gaps) != 0 {
		t.Errorf("adjusted known %t, provisional %t, gaps %v", s.Headline.AdjustedKnown, s.Provisional, s.Gaps)
	}
	if !s.Headline.Within.Known || s.Headline.Within.Low.Cmp(s.Headline.Within.High) != 0 {
		t.Errorf("nothing varied, and the interval is %+v", s.Headline.Within)
	}
	if s.Confirmed != (savings.Share{Part: 12, Whole: 12}) {
		t.Errorf("confirmed %+v, want the 12 whole hours of the night", s.Confirmed)
	}
	r := s.Resources[0]
	if strings.Join(r.Acts, " ") != "stop-i-1" || len(r.Bill) != 1 || r.Bill[0].SKU != "M5" || r.Baseline == "" || r.Name != "name of i-1" {
		t.Errorf("its evidence is %+v", r)
	}
	if line := s.ByCause; len(line) != 1 || line[0].Name != "schedule" || line[0].Contract.String() != "1.3806" {
		t.Errorf("by cause: %+v", line)
	}
}

// TestAnHourInSeveralRowsIsCountedOnce: commitments that cover a part of an hour cut it into rows that are no whole seconds each.
func TestAnHourInSeveralRowsIsCountedOnce(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	for i := range b.usage {
		if u := b.usage[i]; u.Hour.Equal(evening.Truncate(time.Hour)) {
			first, second := u, u
			first.Quantity, second.Quantity = dec("0.166833333333"), dec("0.166833333333") // 600.6 seconds
			first.Line, second.Line, second.Commitment = billing.Reserved, billing.PlanUsage, "arn:plan"
			b.usage[i].Quantity = u.Quantity.Sub(first.Quantity).Sub(second.Quantity)
			b.usage = append(b.usage, first, second)
			break
		}
	}
	s := compute(t, b, entries)
	if got := s.Headline.Hours.Avoided; got.Cmp(avoidance.HoursOf(overnite)) != 0 {
		t.Errorf("avoided %s h, want %s", got.Rat(), overnite)
	}
}

func TestGroupsOfSeveralTypesAndTasks(t *testing.T) {
	t.Parallel()
	b, entries := &bill{products: products()}, book{}
	b.billed(june, week.To)
	for n, sku := range []string{"M5", "M5", "C6"} {
		b.ran(fmt.Sprintf("i-%d", n), "web", sku, "1", june, evening)
		b.ran(fmt.Sprintf("i-%d", n+3), "web", sku, "1", morning.Add(time.Duration(n)*70*time.Second), week.To) // they boot one after the other
	}
	for _, task := range []string{"a", "b"} { // of half a vCPU and 2 GB
		b.ran("task/"+task, "gateway", "VCPU", "0.5", june, evening)
		b.ran("task/"+task, "gateway", "GB", "2", june, evening)
		b.ran("task/"+task+"2", "gateway", "VCPU", "0.5", morning, week.To)
		b.ran("task/"+task+"2", "gateway", "GB", "2", morning, week.To)
	}
	for _, r := range []fleet.Resource{group("web"), service("gateway")} {
		entries.add(r, ledger.Enrolled, july, "", 0)
		entries.night(r, evening, morning)
	}
	s := compute(t, b, entries)
	late := 140 * time.Second
	seconds := func(d time.Duration) string {
		return dec(fmt.Sprint(int(d.Seconds()))).DivRound(dec("3600"), 12).String()
	}
	m5 := dec(seconds(2*overnite + 70*time.Second)).Mul(dec("0.118"))
	c6 := dec(seconds(overnite + late)).Mul(dec("0.096"))
	tasks := dec("13").Mul(dec("0.04656")).Add(dec("52").Mul(dec("0.00511")))
	if got, want := s.Headline.List.Decimal(), m5.Add(c6).Add(tasks); got.Sub(want).Abs().GreaterThan(dec("0.000000001")) {
		t.Errorf("avoided %s at list prices, want %s: each type and each resource of a task at its own price", got, want)
	}
	want := avoidance.HoursOf(3*overnite + 210*time.Second + 2*overnite)
	if got := s.Headline.Hours.Avoided; got.Cmp(want) != 0 {
		t.Errorf("avoided %s unit-hours, want %s", got, want)
	}
}

// Somebody sets a group of three to one while it is held off, and the opening makes it three again: two of three are not people's from then on.
func TestAnOpeningThatResetsASizeInducesHours(t *testing.T) {
	t.Parallel()
	avoided := func(seen, set int) float64 {
		b, entries := &bill{products: products()}, book{}
		b.billed(june, week.To)
		for n := range 3 {
			b.ran(fmt.Sprintf("i-%d", n), "web", "M5", "1", june, evening)
			b.ran(fmt.Sprintf("i-%d", n+3), "web", "M5", "1", morning, week.To)
		}
		entries.add(group("web"), ledger.Enrolled, july, "", 0)
		entries.night(group("web"), evening, morning)
		entries[len(entries)-1].From, entries[len(entries)-1].To = &fleet.Size{Desired: seen}, &fleet.Size{Desired: set}
		return compute(t, b, entries).Headline.Hours.Avoided.Float()
	}
	plain, reset := avoided(0, 3), avoided(1, 3)
	if plain != 39 || avoided(3, 3) != plain {
		t.Errorf("avoided %.2f h where nobody changed the size, want 39", plain)
	}
	if off, hours := plain-reset, week.To.Sub(morning).Hours(); off < 2*hours || off > 2*hours+48 {
		t.Errorf("avoided %.2f h, where somebody asked for one of three %.2f: %.2f less; want two for each of %.0f hours, and for those about the change", plain, reset, off, hours)
	}
}

func TestHoursThatOurStartsInducedCostMoney(t *testing.T) {
	t.Parallel()
	b, entries := &bill{products: products()}, book{}
	b.billed(june, week.To)
	i := instance("i-1")
	off := func(d time.Time) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }
	for d := june; d.Before(week.To); d = d.AddDate(0, 0, 1) {
		if !off(d) || !d.Before(july) { // people switch it off on weekends; offpeak does not
			b.ran("i-1", "", "M5", "1", d, d.AddDate(0, 0, 1))
		}
	}
	entries.add(i, ledger.Enrolled, july, "", 0)
	entries.add(i, ledger.Intent, july.AddDate(0, 0, 3), "start", fleet.Running)
	entries.add(i, ledger.Applied, july.AddDate(0, 0, 3), "start", fleet.Running)
	s := compute(t, b, entries)
	if got := s.Headline.List.String(); got != "-5.664" { // two days at 0.118
		t.Errorf("got %s, want -5.664", got)
	}
	if got := s.Headline.Hours.Induced; got.Cmp(avoidance.HoursOf(-48*time.Hour)) != 0 {
		t.Errorf("induced %s h, want -48", got)
	}
	if got := s.Headline.Induced.String(); got != "-5.0976" {
		t.Errorf("induced %s USD, want -5.0976: 48 hours at the contracted price", got)
	}
}

func TestCommitmentsTakeTheirPart(t *testing.T) {
	t.Parallel()
	sp := func(b *bill) {
		for h := week.From; h.Before(week.To); h = h.Add(time.Hour) {
			used := dec("0.08")
			if !h.Before(evening) && h.Before(morning.Truncate(time.Hour)) {
				used = dec("0")
			}
			b.plans = append(b.plans, billing.PlanHour{Hour: h, Plan: "arn:plan", Owner: dev, Offering: "ComputeSavingsPlans", Total: dec("0.08"), Used: used})
		}
		// In the hours cut by stop and start the plan covers what it can: 0.07 USD an hour of running.
		for i := range b.plans {
			if h := b.plans[i].Hour; h.Equal(evening.Truncate(time.Hour)) || h.Equal(morning.Truncate(time.Hour)) {
				b.plans[i].Used = dec("0.035")
			} else if b.plans[i].Used.IsPositive() {
				b.plans[i].Used = dec("0.07")
			}
		}
		b.rates = []billing.PlanRate{{Plan: "arn:plan", SKU: "M5", Rate: dec("0.07")}}
	}
	t.Run("a machine that a plan pays for avoids nothing", func(t *testing.T) {
		t.Parallel()
		b, entries := oneNight()
		sp(b)
		s := compute(t, b, entries)
		if !s.Commitments.Known || !s.Headline.Adjusted.IsZero() || s.Headline.Contract.IsZero() {
			t.Errorf("known %t (%s), adjusted %s", s.Commitments.Known, s.Commitments.Why, s.Headline.Adjusted)
		}
		if got := s.Commitments.Wasted.String(); got != "0.91" { // 13 hours at 0.07
			t.Errorf("wasted %s, want 0.91", got)
		}
		if !s.Commitments.ResidualKnown || !s.Commitments.Residual.IsZero() {
			t.Errorf("the replay misses %s of the bill", s.Commitments.Residual)
		}
	})
	t.Run("a plan that ended before tells no rate", func(t *testing.T) {
		t.Parallel()
		b, entries := oneNight()
		sp(b)
		before := week.From.Add(-time.Hour)
		b.plans = append([]billing.PlanHour{{Hour: before, Plan: "arn:ended", Owner: dev, Offering: "ComputeSavingsPlans", Total: dec("1"), Used: dec("1")}}, b.plans...)
		b.rates = append(b.rates, billing.PlanRate{Plan: "arn:ended", SKU: "M5", Rate: dec("0.01")})
		s := compute(t, b, entries)
		if len(s.PlanRates) != 1 || s.PlanRates[0].Plan != "arn:plan" || !s.Headline.AdjustedKnown {
			t.Errorf("known %t (%s), rates %+v", s.Headline.AdjustedKnown, s.Commitments.Why, s.PlanRates)
		}
	})
	t.Run("no rate, no adjusted figure", func(t *testing.T) {
		t.Parallel()
		b, entries := oneNight()
		sp(b)
		b.rates = nil
		s := compute(t, b, entries)
		if s.Headline.AdjustedKnown || !strings.Contains(codes(s), "no-plan-rate") || !s.Headline.Adjusted.IsZero() {
			t.Errorf("known %t, gaps %s", s.Headline.AdjustedKnown, codes(s))
		}
	})
	t.Run("a rate that AWS lists will do", func(t *testing.T) {
		t.Parallel()
		b, entries := oneNight()
		sp(b)
		b.rates = nil
		rate, err := money.ParseRate("0.07")
		if err != nil {
			t.Fatal(err)
		}
		s := compute(t, b, entries, func(in *savings.Input) {
			in.Rates = []billing.PublishedRate{{Plan: "arn:plan", UsageType: "APN2-BoxUsage:m5.large", Operation: "RunInstances", Rate: rate}}
		})
		if !s.Headline.AdjustedKnown || !s.Headline.Adjusted.IsZero() {
			t.Errorf("known %t (%s), adjusted %s", s.Headline.AdjustedKnown, s.Commitments.Why, s.Headline.Adjusted)
		}
	})
	t.Run("a listed rate is found for what is reserved too", func(t *testing.T) {
		t.Parallel()
		b, entries := oneNight()
		sp(b)
		b.rates = nil
		fee := b.products[2]
		fee.UsageType = "APN2-HeavyUsage:m5.large"
		b.products = append(b.products, fee)
		rate, err := money.ParseRate("0.07")
		if err != nil {
			t.Fatal(err)
		}
		s := compute(t, b, entries, func(in *savings.Input) {
			in.Rates = []billing.PublishedRate{{Plan: "arn:plan", UsageType: "APN2-BoxUsage:m5.large", Operation: "RunInstances", Rate: rate}}
		})
		if !s.Headline.AdjustedKnown {
			t.Errorf("not computable: %s", s.Commitments.Why)
		}
	})
	t.Run("a replay that does not explain the bill supports no adjusted figure", func(t *testing.T) {
		t.Parallel()
		b, entries := oneNight()
		sp(b)
		for i := range b.plans {
			b.plans[i].Used = dec("0")
		}
		s := compute(t, b, entries)
		if s.Headline.AdjustedKnown || !strings.Contains(s.Commitments.Why, "0.5") {
			t.Errorf("known %t, %q", s.Headline.AdjustedKnown, s.Commitments.Why)
		}
	})
}

func TestWhatTheBillLacksIsSaid(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		change func(*bill, *book)
		want   string // codes
		says   string
	}{
		{"nothing", func(*bill, *book) {}, "", ""},
		{"it ends early", func(b *bill, _ *book) { b.days, b.charges[1].Invoice = b.days[:len(b.days)-3], "" }, "not-billed-yet open-month", "2026-07-05..07 not billed yet: provisional"},
		{"a closed month is whole, also where nothing was charged at its end", func(b *bill, _ *book) { b.days = b.days[:len(b.days)-3] }, "", ""},
		{"a month has no CUR 2.0", func(b *bill, _ *book) { b.noMonths = []time.Time{june} }, "no-usage-data", "no CUR 2.0 tells what ran in 2026-06"},
		{"CUR 2.0 ends before FOCUS", func(b *bill, _ *book) {
			b.charges[1].Invoice = ""
			b.usage = slices.DeleteFunc(b.usage, func(u billing.Usage) bool { return !u.Hour.Before(week.To.AddDate(0, 0, -2)) })
		}, "not-billed-yet open-month", "CUR 2.0 ends on 2026-07-06 00:00"},
		{"a month is open", func(b *bill, _ *book) { b.charges[1].Invoice = "" }, "open-month", "2026-07: AWS has not closed the month"},
		{"days without any charge", func(b *bill, _ *book) { b.days, b.charges[0].Invoice = slices.Delete(b.days, 10, 12), "" }, "no-charges", "2026-06-11..12: no charge at all"},
		{"usage below zero", func(b *bill, _ *book) { b.days[32].Negative = 4 }, "negative-usage", "4 rows"},
		{"no CUR 2.0", func(b *bill, _ *book) { b.noCUR = true }, "no-commitments", "the commitment-adjusted figure is not computable"},
		{"no price", func(b *bill, _ *book) { b.prices = nil }, "no-price", "APN2-BoxUsage:m5.large"},
		{"a ledger that was copied over itself", func(_ *bill, e *book) { *e = append(*e, (*e)[1:]...) }, "ledger-overlap", "4 ledger entries stand twice"},
		{"an enrolment that was lost", func(_ *bill, e *book) { *e = (*e)[1:] }, "no-enrolment", "i-1: its enrolment is not in the ledger"},
		{"a resource that is not on it", func(_ *bill, e *book) { e.add(instance("i-2"), ledger.Enrolled, july, "", 0) }, "not-on-bill", "1 of 2"},
	} {
		b, entries := oneNight()
		row.change(b, &entries)
		s := compute(t, b, entries)
		if got := codes(s); got != row.want {
			t.Errorf("%s: gaps %q, want %q (%v)", row.name, got, row.want, s.Gaps)
		}
		if row.says != "" && (len(s.Gaps) == 0 || !strings.Contains(s.Gaps[0].Says, row.says)) {
			t.Errorf("%s: said %v, want %q", row.name, s.Gaps, row.says)
		}
		for _, g := range s.Gaps {
			if !slices.Contains(savings.GapCodes(), g.Code) || len(g.Args) == 0 || !strings.Contains(g.Says, g.Args[len(g.Args)-1]) {
				t.Errorf("%s: the words of another language need the particulars of %q, and have %q", row.name, g.Says, g.Args)
			}
		}
	}
}

func TestFOCUSAloneTellsInstancesAndGroups(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	b.ran("arn:aws:ec2:ap-northeast-2:111122223333:instance/i-2", "web", "M5", "1", june, evening)
	b.ran("arn:aws:ec2:ap-northeast-2:111122223333:instance/i-3", "web", "M5", "1", morning, week.To)
	b.ran("task/a", "gateway", "VCPU", "0.5", june, evening)
	b.noCUR = true
	for _, r := range []fleet.Resource{group("web"), service("gateway")} {
		entries.add(r, ledger.Enrolled, july, "", 0)
		entries.night(r, evening, morning)
	}
	s := compute(t, b, entries)
	if got := s.Headline.Hours.Avoided; got.Cmp(avoidance.HoursOf(2*overnite)) != 0 || s.Headline.AdjustedKnown || s.Headline.Contract.String() != "2.7612" {
		t.Errorf("avoided %s h, contracted %s, adjusted known %t; want 26 h of the instance and the group", got, s.Headline.Contract, s.Headline.AdjustedKnown)
	}
	if got := codes(s); got != "no-commitments not-on-bill" {
		t.Errorf("gaps %q", got)
	}
}

// A bill that shows nothing that ran is no bill on which nothing ran: FOCUS without a column of meters is such a one.
func TestWhatNothingTellsIsNotZero(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	b.noCUR, b.usage = true, nil
	if s := compute(t, b, entries); !s.Untold || s.Confirmed.Known() || codes(s) != "no-commitments no-usage-data not-on-bill" {
		t.Errorf("untold %t, confirmed %+v, gaps %v", s.Untold, s.Confirmed, s.Gaps)
	}
	if s := compute(t, b, nil); s.Untold {
		t.Error("nobody acted: that nothing was avoided is known")
	}
	b, entries = oneNight()
	b.usage = nil
	if s := compute(t, b, entries); s.Untold {
		t.Error("CUR 2.0 tells that nothing ran")
	}
}

func TestNoFigureAtAll(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		change func(*bill, *savings.Input)
		want   error
	}{
		{"two currencies", func(b *bill, _ *savings.Input) { b.days[3].Currency = "KRW" }, savings.ErrCurrency},
		{"another currency", func(b *bill, _ *savings.Input) {
			for i := range b.days {
				b.days[i].Currency = "KRW"
			}
		}, savings.ErrCurrency},
		{"an empty bill", func(b *bill, _ *savings.Input) { b.days = nil }, savings.ErrNoBill},
		{"a bill of another time", func(b *bill, _ *savings.Input) { b.days = b.days[:20] }, savings.ErrNoBill},
		{"an empty period", func(_ *bill, in *savings.Input) { in.Period.To = in.Period.From }, savings.ErrPeriod},
		{"half an hour", func(_ *bill, in *savings.Input) { in.Period.To = in.Period.To.Add(30 * time.Minute) }, savings.ErrPeriod},
	} {
		b, entries := oneNight()
		in := savings.Input{Engine: b, Entries: entries.all(), Period: week}
		row.change(b, &in)
		if s, err := savings.Compute(t.Context(), in); !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, %v", row.name, s, err)
		}
	}
}

func TestNothingIsClaimedAfterAResourceLeft(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	gone := morning.AddDate(0, 0, 1)
	b.usage = slices.DeleteFunc(b.usage, func(u billing.Usage) bool { return !u.Hour.Before(gone.Truncate(time.Hour)) })
	for _, state := range []ledger.State{ledger.Gone, ledger.Released} {
		left := slices.Clone(entries)
		left.add(instance("i-1"), state, gone.Truncate(time.Hour), "", 0)
		s := compute(t, b, left)
		if got := s.Headline.Hours.Avoided; got.Cmp(avoidance.HoursOf(overnite)) != 0 {
			t.Errorf("%s: avoided %s h, want the 13 of its one night", state, got)
		}
	}
}

func TestWhatLeftBeforeTheLedgerBeginsIsNotCounted(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	stranger := instance("i-9")
	entries = append(entries, ledger.Entry{State: ledger.Gone, At: july, Scope: stranger.Scope, Resource: stranger.ARN, ID: "i-9"})
	if s := compute(t, b, entries); len(s.Resources) != 1 || len(s.Gaps) != 0 {
		t.Errorf("%d resources, gaps %v", len(s.Resources), s.Gaps)
	}
}

func TestWhatIsBilledWhileStopped(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	r := instance("i-1")
	r.Attached = []string{"vol-1"}
	for i := range entries {
		entries[i].Before = &r
	}
	for d := week.From; d.Before(week.To); d = d.AddDate(0, 0, 1) {
		for _, resource := range []string{"arn:aws:ec2:ap-northeast-2:111122223333:volume/vol-1", "arn:aws:ec2:ap-northeast-2:111122223333:volume/vol-2"} {
			b.standing = append(b.standing, billing.Standing{Day: d, Account: dev, Resource: resource, Meter: "EBS:VolumeUsage.gp3", Hours: 24, Cost: dec("0.24")})
		}
	}
	s := compute(t, b, entries)
	if len(s.Standing) != 1 || s.Standing[0].Hours != 12 || s.Standing[0].Cost.String() != "0.12" || s.Standing[0].ARN != r.ARN {
		t.Errorf("got %+v, want the 12 whole hours of vol-1 at a cent", s.Standing)
	}
}

func TestAMonthWithoutUsageIsNotClaimed(t *testing.T) {
	t.Parallel()
	for _, noCUR := range []bool{false, true} {
		b, entries := oneNight()
		b.noCUR, b.noMonths = noCUR, []time.Time{july}
		in := savings.Input{Engine: b, Entries: entries.all(), Period: week}
		if s, err := savings.Compute(t.Context(), in); !errors.Is(err, savings.ErrNoBill) || !strings.Contains(err.Error(), "tells what ran in 2026-07") {
			t.Errorf("without CUR 2.0 %t: got %+v, %v", noCUR, s, err)
		}
		b.noMonths = []time.Time{june}
		if s := compute(t, b, entries); !s.Headline.List.IsZero() || s.ByOrigin[0].Name != string(avoidance.Unproven) {
			t.Errorf("without CUR 2.0 %t: without June's hours there is no baseline: %+v", noCUR, s.ByOrigin)
		}
	}
}

func TestWhoWasOffAtEnrolmentIsNotNew(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	for n := range 3 { // peers that always run
		peer := instance(fmt.Sprintf("i-peer-%d", n))
		b.ran(peer.ID, "", "M5", "1", june, week.To)
		entries.add(peer, ledger.Enrolled, july, "", 0)
	}
	r := instance("i-off")
	r.State, r.Created = fleet.Stopped, time.Time{}
	entries.add(r, ledger.Enrolled, july, "", 0)
	s := compute(t, b, entries)
	for _, got := range s.Resources {
		if got.ID == "i-off" && (got.Origin != avoidance.Own || !got.Hours.Avoided.IsZero()) {
			t.Errorf("it was off before and is off: %s claims %s h", got.Origin, got.Hours.Avoided)
		}
	}
}

func TestAFrozenBaselineStays(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	first := compute(t, b, entries)
	b.usage = slices.DeleteFunc(b.usage, func(u billing.Usage) bool { return u.Hour.Before(july) }) // the bill of June is gone
	b.days = slices.DeleteFunc(b.days, func(d billing.Day) bool { return d.Day.Before(july) })
	again := compute(t, b, entries, func(in *savings.Input) { in.Book = first.Book })
	if !again.Headline.List.Equal(first.Headline.List) || again.Resources[0].Baseline != first.Resources[0].Baseline {
		t.Errorf("with its frozen baseline %s, before %s", again.Headline.List, first.Headline.List)
	}
	without := compute(t, b, entries)
	if len(without.ByOrigin) != 1 || without.ByOrigin[0].Name != string(avoidance.Unproven) || !without.Headline.List.IsZero() {
		t.Errorf("without it: %+v", without.ByOrigin)
	}
}

func TestTheOrderOfTheLedgerDoesNotMatter(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	turned := slices.Clone(entries)
	slices.Reverse(turned)
	if a, z := compute(t, b, entries), compute(t, b, turned); !a.Headline.Adjusted.Equal(z.Headline.Adjusted) || a.Confirmed != z.Confirmed {
		t.Errorf("%s and %s", a.Headline.Adjusted, z.Headline.Adjusted)
	}
}

// A bill counts vCPU-hours of tasks: what they ran on Spot is told in hours of tasks, as of instances in hours of instances.
func TestHoursOnSpotAreThoseOfTasks(t *testing.T) {
	t.Parallel()
	b, entries := &bill{products: products()}, book{}
	b.billed(june, week.To)
	for _, part := range []struct{ sku, quantity string }{{"VCPU", "0.5"}, {"GB", "2"}} {
		b.ran("task/a", "gateway", part.sku, part.quantity, june, week.From)
		b.ran("task/b", "gateway", part.sku, part.quantity, week.From, week.To)
	}
	for i := range b.usage {
		if u := &b.usage[i]; !u.Hour.Before(week.From) {
			u.Line, u.Net = billing.SpotUsage, dec("0.01")
		}
	}
	entries.add(service("gateway"), ledger.Enrolled, july, "", 0)
	s := compute(t, b, entries, func(in *savings.Input) {
		in.Moves = []savings.Move{{Resource: service("gateway").ARN, From: week.From}}
	})
	if len(s.Spot) != 1 || !s.Spot[0].Hours.Equal(dec("168")) {
		t.Errorf("%+v, want the 168 hours of one task of half a vCPU", s.Spot)
	}
}

func TestAMoveToSpotIsWorthItsOriginalLessWhatItCost(t *testing.T) {
	t.Parallel()
	moved := func() (*bill, book) {
		b, entries := &bill{products: products()}, book{}
		b.billed(june, week.To)
		b.ran("i-1", "web", "M5", "1", june, week.From)
		b.ran("i-2", "web", "C6", "1", week.From, week.To) // it landed on another type
		for i := range b.usage {
			if u := &b.usage[i]; u.SKU == "C6" {
				u.Line, u.Net = billing.SpotUsage, dec("0.03")
			}
		}
		entries.add(group("web"), ledger.Enrolled, july, "", 0)
		return b, entries
	}
	move := func(in *savings.Input) {
		in.Moves = []savings.Move{{
			Resource: group("web").ARN, SKU: "M5", Operation: "RunInstances", From: week.From,
			Overheads: []savings.Overhead{{At: week.From, What: "old and new side by side", Cost: money.USDOf(dec("0.5")), Act: "move-1"}},
		}}
	}
	t.Run("without commitments", func(t *testing.T) {
		t.Parallel()
		b, entries := moved()
		s := compute(t, b, entries, move)
		// 168 hours of an m5.large at 0.1062 contracted, less 0.03 an hour, less 0.50 of overhead
		if got := s.Spot[0].Net(true).String(); got != "12.3016" {
			t.Errorf("got %s, want 12.3016 (%+v)", got, s.Spot[0])
		}
		if !s.Headline.Adjusted.IsZero() {
			t.Errorf("the schedule claims %s of it", s.Headline.Adjusted)
		}
	})
	// bought adds the entries of a move of the group that AWS accepted at an instant.
	bought := func(entries *book, act string, at time.Time, to fleet.Purchase) {
		r := group("web")
		for _, state := range []ledger.State{ledger.Intent, ledger.Applied} {
			e := ledger.Entry{Act: act, Attempt: 1, State: state, At: at, Run: act, Scope: r.Scope, Resource: r.ARN, ID: r.ID, Kind: r.Kind, Change: "move"}
			if state == ledger.Intent {
				e.Before, e.Move = &r, &plan.Move{To: to, Way: plan.ByWriting}
			}
			*entries = append(*entries, e)
		}
	}
	onSpot := fleet.Purchase{Mix: &fleet.Mix{Strategy: "price-capacity-optimized", Types: []string{"m5.large", "c6i.large"}}}
	t.Run("as the ledger tells of it", func(t *testing.T) {
		t.Parallel()
		b, entries := moved()
		bought(&entries, "to", week.From, onSpot)
		s := compute(t, b, entries)
		if len(s.Spot) != 1 || s.Spot[0].Net(true).String() != "12.8016" || !s.Headline.Adjusted.IsZero() {
			t.Errorf("got %+v, headline %s", s.Spot, s.Headline.Adjusted)
		}
	})
	t.Run("half of the week, and back", func(t *testing.T) {
		t.Parallel()
		b, entries := moved()
		bought(&entries, "to", week.From, onSpot)
		bought(&entries, "more", week.From.Add(24*time.Hour), onSpot)
		bought(&entries, "back", week.From.Add(84*time.Hour), fleet.Purchase{})
		if s := compute(t, b, entries); len(s.Spot) != 1 || s.Spot[0].Net(true).String() != "6.4008" {
			t.Errorf("got %+v", s.Spot)
		}
	})
	t.Run("of what is on no schedule, which claims nothing", func(t *testing.T) {
		t.Parallel()
		b, _ := moved()
		var entries book
		bought(&entries, "to", week.From, onSpot)
		s := compute(t, b, entries)
		if len(s.Spot) != 1 || s.Spot[0].Net(true).String() != "12.8016" || len(s.Resources) != 0 {
			t.Errorf("got %+v, claims %+v", s.Spot, s.Resources)
		}
	})
	t.Run("one that AWS refused is none", func(t *testing.T) {
		t.Parallel()
		b, entries := moved()
		bought(&entries, "to", week.From, onSpot)
		entries[len(entries)-1].State = ledger.Failed
		if s := compute(t, b, entries); len(s.Spot) != 0 {
			t.Errorf("got %+v", s.Spot)
		}
	})
	t.Run("what a plan paid for already is a loss", func(t *testing.T) {
		t.Parallel()
		b, entries := moved()
		for h := week.From; h.Before(week.To); h = h.Add(time.Hour) {
			b.plans = append(b.plans, billing.PlanHour{Hour: h, Plan: "arn:plan", Owner: dev, Offering: "ComputeSavingsPlans", Total: dec("0.07"), Used: dec("0")})
		}
		b.rates = []billing.PlanRate{{Plan: "arn:plan", SKU: "M5", Rate: dec("0.07")}}
		s := compute(t, b, entries, move)
		if got := s.Spot[0].Net(true).String(); got != "-5.54" { // 168 x -0.03 - 0.50
			t.Errorf("got %s, want -5.54 (%+v, %v)", got, s.Spot[0], s.Gaps)
		}
	})
}
