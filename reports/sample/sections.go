package sample

import (
	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
)

func usd(text string) money.USD { return money.USDOf(dec(text)) }

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func rate(text string) money.Rate {
	r, err := money.ParseRate(text)
	if err != nil {
		panic(err)
	}
	return r
}

func pointer[T any](value T) *T { return &value }

func bill() reports.Bill {
	return reports.Bill{
		Billed: usd("18204.16"), Effective: usd("17890.02"), Tax: usd("1654.92"), Credits: usd("-120"),
		Months: []reports.BillMonth{
			{Month: "2026-07", Billed: usd("6204.16"), Effective: usd("6101.01"), Invoices: []string{"2026070001"}},
			{Month: "2026-08", Billed: usd("6100"), Effective: usd("5989.01"), Invoices: []string{"2026080001"}},
			{Month: "2026-09", Billed: usd("5900"), Effective: usd("5800"), NoInvoice: usd("5900")},
		},
		Services: []reports.Amount{{Name: "Amazon Elastic Compute Cloud", Amount: usd("11020.11")}, {Name: "Amazon Relational Database Service", Amount: usd("5204.40")}, {Name: "Amazon Simple Storage Service", Amount: usd("1665.51")}},
		Bridge:   &reports.Bridge{From: usd("19650.40"), To: usd("17890.02"), Avoided: usd("2410.38"), Growth: usd("702.75"), Price: usd("-61.44"), Unexplained: usd("8.69")},
	}
}

func checks() reports.Checks {
	return reports.Checks{
		Invoice: reports.NotDone, Confirmed: reports.Share{Part: 30870, Whole: 30960}, Residual: pointer(dec("0.0004")), Recount: reports.Held, Complete: reports.Held,
	}
}

func commitments() reports.Commitments {
	return reports.Commitments{
		Known: true, Used: usd("2101.40"), Unused: usd("96.20"), Wasted: usd("38.11"),
		Suggested: &reports.Suggestion{Kind: "savings-plan", Hourly: rate("0.05"), Less: true, Month: usd("36.50")},
	}
}

func harm() reports.Harm {
	return reports.Harm{
		Openings: 2604, Retried: 4, Unseen: 3, Interruptions: pointer(2),
		Late:   []reports.Late{{ARN: arn(4), ID: "i-00000000000000005", Act: "act-00004-1", Due: "2026-07-12T23:30:00Z", Delay: 412}},
		Failed: []reports.FailedStart{{ARN: arn(5), ID: "i-00000000000000006", Act: "act-00005-3", Due: "2026-07-26T23:30:00Z", Error: "InsufficientInstanceCapacity"}},
	}
}

func actions(r *reports.Report) {
	r.Actions = []reports.Action{
		{
			ID: "a-41", Code: "idle-schedule", ARN: arn(40), Name: Hostile[0], Account: "222233334444", Owner: "pay", Due: "2026-11-15", Month: pointer(usd("212.40")), Resources: 1,
			Schedule: "mon-fri 08:00-20:00", Command: "aws ec2 create-tags --resources i-00000000000000029 --tags Key=offpeak:schedule,Value='mon-fri 08:00-20:00'", Tag: "offpeak:schedule=mon-fri 08:00-20:00",
		},
		{ID: "a-42", Code: "spot", ARN: arn(3), Name: "결제-배치 서버", Account: "222233334444", Owner: "결제", Due: "2026-11-15", Month: pointer(usd("88.10")), Resources: 1, Command: "offpeak spot apply --name web"},
		{ID: "a-43", Code: "untagged", Name: "Team", Account: "222233334444", Due: "2026-11-30", Month: pointer(usd("0")), Resources: 31, Detail: "1204.40"},
		{
			ID: "a-44", Code: "exception-expires", ARN: arn(7), Name: "batch-007", Account: "222233334444", Owner: "search", Due: "2026-10-31", Month: pointer(usd("19.90")), Resources: 1, Detail: "running until 2026-10-31 18:00",
			Command: "offpeak override " + string(arn(7)) + " --clear", Tag: "offpeak:override=running until 2026-11-30T18:00:00+09:00",
		},
		{
			ID: "a-45", Code: "finding", Name: "offpeak:schedule=" + Hostile[0], Account: "222233334444", Owner: "pay", Due: "2026-11-15", Resources: 2, Detail: "unknown-schedule", About: []fleet.ARN{arn(20), arn(21)},
			Tag: "offpeak:schedule=office", Command: `aws ec2 create-tags --region ap-northeast-2 --resources i-00000000000000015 i-00000000000000016 --tags '[{"Key":"offpeak:schedule","Value":"office"}]'`,
		},
	}
	r.Before = []reports.Outcome{
		{Action: reports.Action{ID: "a-12", Code: "idle-schedule", ARN: arn(8), Name: "batch-008", Account: "222233334444", Owner: "pay", Due: "2026-08-15", Month: pointer(usd("102")), Resources: 1}, Done: true, By: "person", Brought: pointer(usd("291.17"))},
		{Action: reports.Action{ID: "a-13", Code: "idle-delete", ARN: arn(9), Name: "batch-009", Account: "222233334444", Due: "2026-08-15", Month: pointer(usd("44.10")), Resources: 1}},
	}
}

func trend(r *reports.Report) []reports.Quarter {
	return []reports.Quarter{
		{Name: "2025Q4", State: reports.Final, Billed: usd("20110"), Method: reports.Method},
		{Name: "2026Q1", State: reports.Final, Avoided: pointer(usd("812.50")), Interval: &reports.Range{Low: usd("760"), High: usd("865")}, Billed: usd("20400"), Method: reports.Method},
		{Name: "2026Q2", State: reports.Restated, Avoided: pointer(usd("1002.11")), Interval: &reports.Range{Low: usd("951"), High: usd("1050")}, Billed: usd("19990"), Method: reports.Method},
		{Name: r.Quarter, State: r.State, Avoided: r.Avoided.Total.Adjusted, Interval: r.Avoided.Total.Interval, Billed: r.Bill.Billed, Method: reports.Method},
	}
}

func usage() (u reports.Usage) {
	u.Working = "mon-fri 08:30-19:30"
	for day := range 7 {
		for hour := range 24 {
			open := day < 5 && hour >= 8 && hour < 20
			before, after := dec("31.5"), dec("2.25")
			if open {
				before, after = dec("38"), dec("37.5")
			}
			u.Before[day][hour], u.After[day][hour], u.Cost[day][hour] = before, after, after.Mul(dec("1.35"))
		}
	}
	u.OffHours = []reports.OffHours{{Account: "222233334444", Amount: usd("402.10"), All: usd("6110.90")}, {Account: "111122223333", Amount: usd("10.23"), All: usd("104")}}
	return u
}

func assets(r *reports.Report) reports.Assets {
	a := reports.Assets{Taken: true, Came: []string{}, Went: []string{"arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0dead"}}
	if len(r.Resources) > 3 {
		a.Came = append(a.Came, string(r.Resources[3].ARN))
	}
	for i := range r.Resources {
		x := &r.Resources[i]
		a.Items = append(a.Items, reports.Asset{
			ARN: x.ARN, ID: x.ID, Name: x.Name, Kind: x.Kind, Account: x.Account, Region: x.Region, Type: "m6i.large", Platform: "Linux/UNIX", Zones: []string{"ap-northeast-2a"}, State: "running", Environment: x.Environment, Owner: x.Team, Schedule: "seoul-office", Created: "2026-03-01",
		})
	}
	n := len(a.Items)
	a.Kinds, a.Environments, a.Owners = []reports.Count{{Name: "ec2-instance", Count: n}}, []reports.Count{{Name: "dev", Count: n / 2}, {Name: "stg", Count: n - n/2}}, []reports.Count{{Name: "pay", Count: n}}
	a.Tagged, a.OptedIn = reports.Share{Part: int64(n - n/4), Whole: int64(n)}, reports.Share{Part: int64(n), Whole: int64(n)}
	return a
}

func verdicts(r *reports.Report) (all []reports.Verdict) {
	for i, code := range []string{"schedule", "commit", "always-on", "delete"} {
		if i < len(r.Resources) {
			x := &r.Resources[i]
			all = append(all, reports.Verdict{ARN: x.ARN, ID: x.ID, Kind: x.Kind, Account: fleet.AccountID(x.Account), Type: "m6i.large", Code: code, Hours: dec("55"), BreakEven: pointer(dec("104.2")), Month: pointer(usd("21.40"))})
			if x.Kind == fleet.AutoScalingGroup {
				all[len(all)-1].Members = pointer(dec("2.4"))
			}
		}
	}
	return all
}
