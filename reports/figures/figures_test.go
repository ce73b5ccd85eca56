package figures_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/figures"
)

var (
	july    = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	october = july.AddDate(0, 3, 0)
	issued  = october.AddDate(0, 0, 2)
)

func usd(text string) money.USD { return money.USDOf(decimal.RequireFromString(text)) }

func figure(resources int, amount string) savings.Figure {
	v := usd(amount)
	return savings.Figure{
		Resources: resources, Hours: avoidance.Total{Resources: resources, Avoided: avoidance.HoursOf(90 * time.Minute)}, List: v.Add(v), Contract: v.Add(usd("1")), Adjusted: v, AdjustedKnown: true,
		Within: savings.Range{Low: v.Sub(usd("2")), High: v.Add(usd("3")), Known: true},
	}
}

func resource(id, environment, team, amount string, origin avoidance.Origin) savings.Resource {
	return savings.Resource{
		ARN: fleet.ARN("arn:" + id), ID: id, Kind: fleet.EC2Instance, Scope: fleet.Scope{Account: "222233334444", Region: "ap-northeast-2"}, Environment: environment, Origin: origin,
		Enrolled: july.AddDate(0, 0, -9), Figure: figure(1, amount), Tags: fleet.NewTags(fleet.Tag{Key: "team", Value: team}), Baseline: "b-" + id,
		Causes: []savings.CauseAmount{{Cause: "schedule", Amount: usd(amount)}}, Bill: []savings.Evidence{{Resource: id, SKU: "S", Rows: 3, Quantity: decimal.NewFromInt(3)}},
	}
}

// input is a quarter of a, b and c, of which b was moved to Spot and c is unproven and was moved too.
func input() *figures.Input {
	s := &savings.Savings{
		Period: billing.Period{From: july, To: october}, Measured: billing.Period{From: july, To: october},
		Headline:      figure(2, "30"),
		ByOrigin:      []savings.Line{{Name: "own", Figure: figure(2, "30")}, {Name: "unproven", Figure: savings.Figure{Resources: 1, Hours: avoidance.Total{Resources: 1, Held: avoidance.HoursOf(7 * time.Hour)}}}},
		ByEnvironment: []savings.Line{{Name: "dev", Figure: figure(1, "40")}, {Name: "stg", Figure: figure(1, "-10")}},
		ByAccount:     []savings.Line{{Name: "222233334444", Figure: figure(2, "30")}},
		ByTeam:        []savings.Line{{Name: "pay", Figure: figure(1, "40")}, {Name: "", Figure: figure(1, "-10")}},
		ByKind:        []savings.Line{{Name: "ec2-instance", Figure: figure(2, "30")}},
		ByCause:       []savings.Line{{Name: "schedule", Figure: figure(2, "30")}},
		ByMonth:       []savings.MonthLine{{Month: july, Cause: "schedule", Adjusted: usd("10")}, {Month: july.AddDate(0, 1, 0), Cause: "schedule", Adjusted: usd("20")}},
		Resources:     []savings.Resource{resource("a", "dev", "pay", "40", avoidance.Own), resource("b", "stg", "", "-10", avoidance.Own), resource("c", "lab", "pay", "0", avoidance.Unproven)},
		Commitments:   savings.Commitments{Known: true},
	}
	s.Headline.Induced = usd("-12")
	for _, arn := range []fleet.ARN{"arn:b", "arn:c"} {
		s.Spot = append(s.Spot, savings.Spot{
			Resource: arn, Hours: decimal.NewFromInt(9), Contract: usd("9"), Adjusted: usd("8"), Paid: usd("3"), Overheads: usd("1"),
			Months: []savings.SpotMonth{{Month: july, Contract: usd("9"), Adjusted: usd("8"), Paid: usd("3"), Overheads: usd("1")}},
		})
	}
	return &figures.Input{
		Tenant: reports.Tenant{Name: "retail", Payer: "111122223333", Zone: "Asia/Seoul"}, Quarter: "2026Q3", Issued: issued, Final: true, Savings: s, Tags: figures.Tags{Team: "Team"},
	}
}

func compile(t *testing.T, in *figures.Input, spent ...figures.Spent) *reports.Report {
	t.Helper()
	draft, err := figures.Begin(in)
	if err != nil {
		t.Fatal(err)
	}
	r := draft.Finish(&append(spent, figures.Spent{})[0])
	addUp(t, r)
	return r
}

// addUp checks what every report promises: each view of what was avoided splits the total and leaves nothing.
func addUp(t *testing.T, r *reports.Report) {
	t.Helper()
	for name, lines := range map[string][]reports.Line{
		"causes": r.Avoided.Causes, "environments": r.Avoided.Environments, "accounts": r.Avoided.Accounts, "teams": r.Avoided.Teams, "services": r.Avoided.Services,
	} {
		var sum money.USD
		for i := range lines {
			sum = sum.Add(lines[i].Value())
		}
		if want := r.Avoided.Total.Value(); !sum.Equal(want) {
			t.Errorf("%s add up to %s, the total is %s", name, sum, want)
		}
	}
	for i := range r.Resources {
		x, sum := &r.Resources[i], money.USD{}
		for _, part := range x.Causes {
			sum = sum.Add(part.Amount)
		}
		want := x.Value()
		if x.Spot != nil {
			want = want.Add(*x.Spot)
		}
		if !sum.Equal(want) {
			t.Errorf("%s: causes add up to %s, it avoided %s", x.ID, sum, want)
		}
	}
	var months money.USD
	for _, m := range r.Avoided.Months {
		months = months.Add(m.Amount)
	}
	if !months.Equal(r.Avoided.Total.Value()) {
		t.Errorf("months add up to %s, the total is %s", months, r.Avoided.Total.Value())
	}
}

func TestSchedulesAndMovesMakeTheTotal(t *testing.T) {
	t.Parallel()
	r := compile(t, input())
	if got := r.Avoided.Total; got.Adjusted.String() != "38" || got.Interval.Low.String() != "36" || got.Interval.High.String() != "41" || got.Resources != 3 {
		t.Errorf("total %s of %d resources within %v; want 30 of schedules and twice 4 of moves, which shift the interval and do not widen it", got.Adjusted, got.Resources, got.Interval)
	}
	var names []string
	for _, l := range r.Avoided.Causes {
		names = append(names, l.Name+" "+l.Value().String())
	}
	if got := strings.Join(names, ", "); got != "schedule 30, spot 10, overheads -2" {
		t.Errorf("causes: %s", got)
	}
	if len(r.Avoided.Origins) != 1 || r.Avoided.Unproven.Resources != 1 || r.Avoided.Unproven.Hours.String() != "7" {
		t.Errorf("origins %+v, unproven %+v", r.Avoided.Origins, r.Avoided.Unproven)
	}
	if diff := cmp.Diff(r.Avoided.Negative, []fleet.ARN{"arn:b"}); diff != "" || r.Avoided.RanMore.String() != "-12" {
		t.Errorf("negative %s, ran more %s", diff, r.Avoided.RanMore)
	}
	if got := r.Avoided.Environments[1]; got.Name != "lab" || got.Value().String() != "4" {
		t.Errorf("an environment of which only a move is known: %+v", got)
	}
	if r.State != reports.Final || r.Checks.Recount != reports.NotDone {
		t.Errorf("state %s, recount %s", r.State, r.Checks.Recount)
	}
}

// TestWhatWasMovedWithoutAScheduleIsInTheTotal: the savings have no figure of its own for it, and its move is in the causes, so all views and its evidence have it too.
func TestWhatWasMovedWithoutAScheduleIsInTheTotal(t *testing.T) {
	t.Parallel()
	in := input()
	in.Savings.Spot = append(in.Savings.Spot, savings.Spot{
		Resource: "arn:d", Hours: decimal.NewFromInt(9), Contract: usd("12"), Adjusted: usd("11"), Paid: usd("4"),
		Months: []savings.SpotMonth{{Month: july, Contract: usd("12"), Adjusted: usd("11"), Paid: usd("4")}},
	})
	in.Moved = map[fleet.ARN]figures.Moved{"arn:d": {
		Resource: fleet.Resource{
			ARN: "arn:d", ID: "d", Kind: fleet.ECSService, Scope: fleet.Scope{Account: "555566667777", Region: "ap-northeast-2"},
			Tags: fleet.NewTags(fleet.Tag{Key: "Name", Value: "web"}, fleet.Tag{Key: "team", Value: "pay"}),
		}, Environment: "dev", Since: july,
	}}
	in.Entries = []*ledger.Entry{{Act: "m1", State: ledger.Intent, At: july, Resource: "arn:d", Kind: fleet.ECSService, Change: "move", Cause: "spot"}}
	r := compile(t, in)
	if got := r.Avoided.Total; got.Adjusted.String() != "45" || got.Interval.Low.String() != "43" || got.Resources != 4 {
		t.Errorf("total %s of %d resources within %v; want the 38 of the others and 7 of this move", got.Adjusted, got.Resources, got.Interval)
	}
	i := slices.IndexFunc(r.Resources, func(x reports.Resource) bool { return x.ARN == "arn:d" })
	if i < 0 {
		t.Fatal("it is no resource of the report")
	}
	x := r.Resources[i]
	got := strings.Join([]string{x.ID, x.Name, x.Kind.String(), string(x.Account), x.Environment, x.Team, x.Origin, x.Value().String(), x.Spot.String()}, " ")
	if got != "d web ecs-service 555566667777 dev pay moved 0 7" {
		t.Errorf("it is told as %s", got)
	}
	if len(r.Acts) != 1 || r.Avoided.Unproven.Resources != 1 || len(r.Avoided.Origins) != 1 {
		t.Errorf("acts %+v, unproven %+v, origins %+v; want its move among the acts, and no baseline of it told", r.Acts, r.Avoided.Unproven, r.Avoided.Origins)
	}
}

func TestThePriceFactorIsInEveryAmountOnce(t *testing.T) {
	t.Parallel()
	plain, dearer := input(), input()
	dearer.Tenant.Factor = decimal.RequireFromString("1.05")
	spent := figures.Spent{Bill: reports.Bill{Billed: usd("105")}}
	for _, in := range []*figures.Input{plain, dearer} {
		in.Savings.Commitments.Unused = usd("20")
		in.Savings.Standing = []savings.Standing{{ARN: "arn:a", Cost: usd("4")}}
		in.Savings.Resources[0].Bill[0].Contract = rate(t, "0.1")
		in.Earlier = []*reports.Report{{Quarter: "2026Q2", Bill: reports.Bill{Billed: usd("80")}, Actions: []reports.Action{{ID: "x", Month: new(usd("10"))}}}}
		in.Earlier[0].Tenant.Payer = in.Tenant.Payer
	}
	a, b := compile(t, plain, spent), compile(t, dearer, spent)
	for _, c := range []struct{ what, got, want string }{
		{"avoided", b.Avoided.Total.Adjusted.String(), "39.9"},
		{"avoided, lower end", b.Avoided.Total.Interval.Low.String(), "37.8"},
		{"of it ran more", b.Avoided.RanMore.String(), "-12.6"},
		{"a move", b.Spot[0].Net.String(), "4.2"},
		{"commitments unused", b.Commitments.Unused.String(), "21"},
		{"still billed", b.Standing[0].Amount.String(), "4.2"},
		{"a price of the bill", b.Resources[0].Rows[0].Contracted.String(), "0.105"},
		{"the bill, which has it already", b.Bill.Billed.String(), "105"},
		{"this quarter in the trend", b.Trend[1].Billed.String(), "105"},
		{"an earlier quarter, which has it already", b.Trend[0].Billed.String(), "80"},
		{"an earlier action", b.Before[0].Month.String(), "10"},
		{"hours", b.Avoided.Total.Hours.String(), a.Avoided.Total.Hours.String()},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.what, c.got, c.want)
		}
	}
}

func rate(t *testing.T, text string) money.Rate {
	t.Helper()
	r, err := money.ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheWeekIsToldOnTheClocksOfTheZone(t *testing.T) {
	t.Parallel()
	in := input()
	in.Zone = time.FixedZone("nine hours ahead", 9*3600)
	monday := time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC)
	for week := range 2 { // Monday 09:00 there
		in.Savings.Ran = append(in.Savings.Ran, savings.HourRan{
			Hour: monday.AddDate(0, 0, 7*week), Baseline: avoidance.HoursOf(3 * time.Hour), Actual: avoidance.HoursOf(time.Duration(week) * time.Hour),
		})
	}
	u := compile(t, in).Usage
	if u.Before[0][9].String() != "3" || u.After[0][9].String() != "0.5" || !u.Before[0][0].IsZero() {
		t.Errorf("before %s, after %s, at midnight %s; want means of 3 and 0.5, and none", u.Before[0][9], u.After[0][9], u.Before[0][0])
	}
}

func TestWhatPeopleFelt(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC)
	entry := func(resource, act string, state ledger.State, after time.Duration, opening time.Time) *ledger.Entry {
		return &ledger.Entry{Act: act, State: state, At: opening.Add(after), Resource: fleet.ARN("arn:" + resource), Edge: fleet.Moment{At: opening, Want: fleet.Running}, Change: "start", Attempt: 1, Error: map[ledger.State]string{ledger.Failed: "no capacity"}[state]}
	}
	in := input()
	day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	in.Entries = []*ledger.Entry{
		entry("a", "in time", ledger.Applied, -6*time.Minute, day(0)), entry("a", "in time", ledger.Verified, 4*time.Minute, day(0)),
		entry("a", "late", ledger.Applied, 0, day(1)), entry("a", "late", ledger.Verified, 12*time.Minute, day(1)),
		entry("a", "try", ledger.Failed, 0, day(2)), entry("a", "again", ledger.Applied, time.Minute, day(2)), entry("a", "again", ledger.Verified, 5*time.Minute, day(2)),
		entry("b", "fails", ledger.Failed, 0, day(0)),
		entry("b", "vanishes", ledger.Applied, 0, day(1)),
		entry("stranger", "s", ledger.Failed, 0, day(1)),
		entry("a", "before", ledger.Failed, 0, july.AddDate(0, 0, -3)),
	}
	in.Interruptions = map[fleet.ARN]int{"arn:b": 2, "arn:c": 1, "arn:a": 7}
	r := compile(t, in)
	want := reports.Harm{
		Openings: 5, Retried: 1, Unseen: 1, Interruptions: new(3),
		Late:   []reports.Late{{ARN: "arn:a", ID: "a", Act: "late", Due: "2026-07-07T00:00:00Z", Delay: 720}},
		Failed: []reports.FailedStart{{ARN: "arn:b", ID: "b", Act: "fails", Due: "2026-07-06T00:00:00Z", Error: "no capacity"}},
	}
	if diff := cmp.Diff(r.Harm, want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	if len(r.Acts) != 6 {
		t.Errorf("%d acts, want the six of the tenant's resources in the quarter", len(r.Acts))
	}
}

// TestForecastsAndWhatCame: a forecast is of the hours on Spot; what nobody counted or forecast is not known, and no zero.
func TestForecastsAndWhatCame(t *testing.T) {
	t.Parallel()
	in := input()
	in.Savings.Spot = []savings.Spot{{Resource: "arn:b", Hours: decimal.NewFromInt(1000)}, {Resource: "arn:b", Hours: decimal.NewFromInt(500)}, {Resource: "arn:c", Hours: decimal.NewFromInt(2000)}}
	tell := func() (lines []string, harm *int) {
		r := compile(t, in)
		for _, m := range r.Spot {
			line := string(m.Resource)
			if m.Forecast != nil {
				line += " expects " + m.Forecast.String()
			}
			if m.Observed != nil {
				line += fmt.Sprintf(", %d came", *m.Observed)
			}
			lines = append(lines, line)
		}
		for _, g := range r.Gaps {
			if g.Code == reports.GapForecast {
				lines = append(lines, "silent: "+strings.Join(g.Args, " "))
			}
		}
		return lines, r.Harm.Interruptions
	}
	lines, harm := tell()
	if diff := cmp.Diff([]string{"arn:b", "arn:b", "arn:c", "silent: 3"}, lines); diff != "" || harm != nil {
		t.Errorf("%v, (-want +got)\n%s", harm, diff)
	}
	in.Forecasts = map[fleet.ARN]decimal.Decimal{"arn:b": decimal.RequireFromString("0.000070263")}
	in.Interruptions = map[fleet.ARN]int{"arn:b": 2}
	lines, harm = tell()
	if diff := cmp.Diff([]string{"arn:b expects 0.07, 0 came", "arn:b expects 0.04, 2 came", "arn:c", "silent: 1"}, lines); diff != "" || harm == nil || *harm != 2 {
		t.Errorf("%v, (-want +got)\n%s", harm, diff)
	}
}

func TestTheTrendHasFourQuartersAndTheLastWordOfEach(t *testing.T) {
	t.Parallel()
	in := input()
	for _, q := range []struct {
		name  string
		state reports.State
		day   int
	}{{"2026Q2", reports.Final, 20}, {"2026Q2", reports.Provisional, 3}, {"2025Q3", reports.Final, 0}, {"2025Q4", reports.Final, 0}, {"2026Q1", reports.Restated, 0}, {"2026Q4", reports.Final, 0}} {
		in.Earlier = append(in.Earlier, &reports.Report{Quarter: q.name, State: q.state, Issued: july.AddDate(0, 0, q.day), Tenant: reports.Tenant{Payer: "111122223333"}})
	}
	var got []string
	for _, q := range compile(t, in).Trend {
		got = append(got, q.Name+" "+string(q.State))
	}
	if text := strings.Join(got, ", "); text != "2025Q4 final, 2026Q1 restated, 2026Q2 final, 2026Q3 final" {
		t.Error(text)
	}
}

func TestARestatementExplainsItsDifference(t *testing.T) {
	t.Parallel()
	before := compile(t, input())
	in := input()
	in.Replaces, in.ReplacesSHA256 = before, "abc"
	in.Savings.Resources[0].Figure = figure(1, "37")
	in.Savings.Resources[0].Hours.Avoided = avoidance.HoursOf(time.Hour)
	in.Savings.Resources[1].Acts = []string{"came late"}
	in.Savings.Resources[1].Figure = figure(1, "-9")
	for _, f := range []*savings.Figure{&in.Savings.Headline, &in.Savings.ByAccount[0].Figure, &in.Savings.ByKind[0].Figure, &in.Savings.ByCause[0].Figure} {
		*f = figure(2, "28")
	}
	in.Savings.ByEnvironment[0].Figure, in.Savings.ByEnvironment[1].Figure = figure(1, "37"), figure(1, "-9")
	in.Savings.ByTeam[0].Figure, in.Savings.ByTeam[1].Figure = figure(1, "37"), figure(1, "-9")
	in.Savings.ByMonth[1].Adjusted = usd("18")
	r := compile(t, in)
	if r.State != reports.Restated {
		t.Errorf("state %s", r.State)
	}
	want := &reports.Change{
		Was: reports.Final, Issued: before.Issued, Replaces: "abc", From: usd("38"), To: usd("36"),
		Lines: []reports.ChangeWhy{{Code: "ledger", Amount: usd("1")}, {Code: "bill", Amount: usd("-3")}},
	}
	if diff := cmp.Diff(r.Change, want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

// A program that divides otherwise in places that no bill has makes no other report: nobody is mailed a restatement by nothing.
func TestWhatIsLessThanABillTellsIsNoChange(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		less  string
		lines int
	}{{"0", 0}, {"0.00000000000000001", 0}, {"-0.0000000000001", 0}, {"0.000000000001", 1}, {"3", 1}} {
		before, in := compile(t, input()), input()
		was := before.Avoided.Total.Value().Sub(usd(row.less))
		before.Avoided.Total.Adjusted = &was
		in.Replaces, in.ReplacesSHA256 = before, "abc"
		if got := compile(t, in).Change.Lines; len(got) != row.lines {
			t.Errorf("%s more: %+v", row.less, got)
		}
	}
}

func TestAnotherTenantsReportIsNeverTaken(t *testing.T) {
	t.Parallel()
	in := input()
	in.Earlier = []*reports.Report{{Quarter: "2026Q2", Tenant: reports.Tenant{Payer: "999999999999"}}}
	if _, err := figures.Begin(in); !errors.Is(err, figures.ErrTenant) {
		t.Errorf("got %v", err)
	}
	in.Earlier, in.Replaces = nil, &reports.Report{Quarter: "2026Q2", Tenant: in.Tenant}
	if _, err := figures.Begin(in); !errors.Is(err, figures.ErrTenant) {
		t.Errorf("a report of another quarter to replace: %v", err)
	}
	if _, err := figures.Begin(&figures.Input{}); !errors.Is(err, figures.ErrSavings) {
		t.Errorf("no figures: %v", err)
	}
}

func TestAProvisionalBillMakesAProvisionalReport(t *testing.T) {
	t.Parallel()
	in := input()
	in.Savings.Provisional = true
	if r := compile(t, in); r.State != reports.Provisional {
		t.Errorf("state %s", r.State)
	}
}

func TestAReportIsTheSameWhateverTheOrderOfEntries(t *testing.T) {
	t.Parallel()
	text := func(turned bool) string {
		in := input()
		for n := range 20 {
			e := ledger.Entry{Act: "x", State: ledger.Applied, At: july.Add(time.Duration(n) * time.Hour), Resource: "arn:a", Edge: fleet.Moment{At: july.Add(time.Duration(n) * time.Hour), Want: fleet.Running}}
			in.Entries = append(in.Entries, &e)
		}
		if turned {
			for i, j := 0, len(in.Entries)-1; i < j; i, j = i+1, j-1 {
				in.Entries[i], in.Entries[j] = in.Entries[j], in.Entries[i]
			}
		}
		data, err := json.Marshal(compile(t, in))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if text(false) != text(true) {
		t.Error("the order of entries changes the report")
	}
}
