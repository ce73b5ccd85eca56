// Package sample makes up a report for the tests of what writes reports: two teams, four environments, every section filled, Korean and hostile
// names, and amounts that add up. It is made of nothing but its own numbers; no program uses it.
package sample

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
)

// Hostile are names that must come out as text wherever they are written.
var Hostile = []string{
	`<script>alert("1")</script>`, `=HYPERLINK("http://example.com","x")`, "+cmd|' /C calc'!A0", "@SUM(1+1)", "-2+3", "\u202eevil\u202c", "𠮷野家🦀", "결제-배치 서버", `"quoted", comma`, "tab\there",
}

// begun is when the sample's quarter begins.
var begun = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// Report is a whole report with so many resources.
func Report(resources int) *reports.Report {
	to := begun.AddDate(0, 3, 0)
	r := &reports.Report{
		Format: reports.Format, Method: reports.Method, Quarter: "2026Q3", State: reports.Provisional, Issued: to.AddDate(0, 0, 2).Add(30 * time.Minute),
		Tenant: reports.Tenant{
			Name: "retail", Payer: "111122223333", Accounts: []fleet.AccountID{"111122223333", "222233334444"}, Zone: "Asia/Seoul", Factor: decimal.NewFromInt(1),
		},
		Period: reports.Period{From: begun, To: to}, Measured: reports.Period{From: begun, To: to},
		Second: &reports.Currency{Code: "KRW", Rate: decimal.RequireFromString("1384.50"), Source: "Seoul Money Brokerage", Date: "2026-09-30"},
	}
	r.Gaps = []reports.Gap{{Code: "open-month", Says: "AWS has not closed 2026-09 yet: its figures may change", Args: []string{"2026-09"}}}
	for i := range resources {
		add(r, i)
	}
	r.Avoided = avoided(r)
	r.Bill, r.Checks, r.Commitments = bill(), checks(), commitments()
	r.Waste = []reports.Waste{{Code: "off-hours", Amount: usd("412.33"), Count: 7}, {Code: "unused-commitment", Amount: usd("96.20"), Count: 2}, {Code: "idle-address", Amount: usd("10.80"), Count: 3}}
	r.Standing = []reports.Standing{{ARN: arn(0), Resource: "vol-0a1b2c3d4e5f60000", Meter: "EBS:VolumeUsage.gp3", Hours: 1290, Amount: usd("31.07")}, {ARN: arn(1), Resource: "eipalloc-01", Meter: "PublicIPv4:IdleAddress", Hours: 1290, Amount: usd("6.45")}}
	r.Harm = harm()
	actions(r)
	r.Cost = reports.ToolCost{Amount: pointer(usd("7.41")), Tag: "offpeak:app"}
	r.Trend = trend(r)
	r.Usage = usage()
	r.Spot = []reports.SpotMove{{Resource: arn(3), Hours: dec("1480"), Original: usd("284.16"), Paid: usd("101.90"), Overheads: usd("6.02"), Net: usd("176.24"), Forecast: pointer(dec("1.7")), Observed: pointer(2)}}
	r.Assets = assets(r)
	r.Pillars = []reports.Evidence{
		{Code: "sec-imdsv2", Pillar: "security", Question: "SEC06-BP02", Looked: 40, Found: 3, Reference: "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_protect_compute_hardened_images.html", Resources: []fleet.ARN{arn(0), arn(1), arn(2)}},
		{Code: "cost-tags", Pillar: "cost-optimization", Question: "COST03-BP02", Looked: 40, Found: 4, Value: pointer(dec("90.0")), Unit: reports.UnitPercent, Resources: []fleet.ARN{arn(1)}, Unknown: 2},
	}
	r.Verdicts = verdicts(r)
	r.Sources = reports.Sources{
		Engine: "DuckDB v1.5.5", Ledger: strings.Repeat("3f", 32), Entries: 9180, Questions: strings.Repeat("a1", 32), Baselines: strings.Repeat("77", 32), Policy: "offpeak.yaml 4be1", SpotPrices: "2026-10-15",
		Manifests: []reports.Manifest{
			{Export: "FOCUS 1.2", Month: "2026-07", Payer: "111122223333", SHA256: strings.Repeat("0c", 32), Files: 2, Rows: 221904},
			{Export: "CUR 2.0", Month: "2026-07", Payer: "111122223333", SHA256: strings.Repeat("9e", 32), Files: 2, Rows: 240112},
		},
	}
	return r
}

var environments, teams = []string{"dev", "stg", "shared", "dev"}, []string{"pay", "결제", "", "search"}

func arn(i int) fleet.ARN {
	return fleet.ARN(fmt.Sprintf("arn:aws:ec2:ap-northeast-2:222233334444:instance/i-%017x", i+1))
}

// add makes the resource number i, with its acts.
func add(r *reports.Report, i int) {
	amount := decimal.New(int64(i%97)*131+907, -2)
	if i%23 == 22 {
		amount = decimal.New(-412, -2)
	}
	name := fmt.Sprintf("batch-%03d", i)
	if i < len(Hostile) {
		name = Hostile[i]
	}
	x := reports.Resource{
		ARN: arn(i), ID: fmt.Sprintf("i-%017x", i+1), Name: name, Kind: fleet.EC2Instance, Account: "222233334444", Region: "ap-northeast-2",
		Environment: environments[i%4], Team: teams[i%4], Origin: []string{"own", "own", "cohort"}[i%3], Enrolled: begun.AddDate(0, -2, i%28),
		Rows:      []reports.BillRows{{Resource: string(arn(i)), SKU: "7RJRZ8P2VKWYEPQ5", Rows: int64(700 + i%50), Quantity: dec("702.25"), List: rate("0.118"), Contracted: rate("0.112")}},
		Confirmed: reports.Share{Part: int64(1290 - i%3), Whole: 1290}, Baseline: fmt.Sprintf("%064x", i+1),
	}
	adjusted := money.USDOf(amount)
	x.Figure = reports.Figure{
		Resources: 1, Hours: amount.Div(decimal.RequireFromString("0.1")).Round(6), List: money.USDOf(amount.Mul(dec("1.25"))), Contracted: money.USDOf(amount.Mul(dec("1.1"))), Adjusted: &adjusted,
		Interval: &reports.Range{Low: money.USDOf(amount.Sub(dec("2.5"))), High: money.USDOf(amount.Add(dec("2.5")))},
	}
	x.Causes = []reports.Amount{{Name: "schedule", Amount: adjusted}}
	if i < 2 {
		own := usd("-20.60")
		x.Causes = []reports.Amount{{Name: "schedule", Amount: adjusted.Sub(own)}, {Name: "overheads", Amount: own}}
	}
	for k := range 4 {
		at := begun.AddDate(0, 0, 7*k+i%5).Add(10*time.Hour + 30*time.Minute)
		change, hour := "stop", at
		if k%2 == 1 {
			change, hour = "start", at.Add(13*time.Hour)
		}
		edge := hour
		a := reports.Act{
			ID: fmt.Sprintf("act-%05d-%d", i, k), Resource: x.ARN, Change: change, Cause: "schedule", Why: "seoul-office closes at 19:30", State: "verified", Edge: &edge, Asked: hour.Add(20 * time.Second), Ended: hour.Add(80 * time.Second), Attempts: 1,
			Run: fmt.Sprintf("run-%d", k),
		}
		r.Acts, x.Acts = append(r.Acts, a), append(x.Acts, a.ID)
	}
	r.Resources = append(r.Resources, x)
}

// sum adds up the resources that keep says yes to.
func sum(r *reports.Report, keep func(*reports.Resource) bool) (f reports.Figure) {
	adjusted := money.USD{}
	for i := range r.Resources {
		x := &r.Resources[i]
		if keep(x) {
			f.Resources++
			f.Hours, f.List, f.Contracted, adjusted = f.Hours.Add(x.Hours), f.List.Add(x.List), f.Contracted.Add(x.Contracted), adjusted.Add(*x.Adjusted)
		}
	}
	spread := decimal.NewFromInt(int64(f.Resources)).Mul(dec("0.9"))
	f.Adjusted, f.Interval = &adjusted, &reports.Range{Low: money.USDOf(adjusted.Decimal().Sub(spread)), High: money.USDOf(adjusted.Decimal().Add(spread))}
	return f
}

// byCause adds up what the resources say of one cause.
func byCause(r *reports.Report, cause string) (sum money.USD) {
	for i := range r.Resources {
		for _, part := range r.Resources[i].Causes {
			if part.Name == cause {
				sum = sum.Add(part.Amount)
			}
		}
	}
	return sum
}

func lines(r *reports.Report, names []string, of func(*reports.Resource) string) (all []reports.Line) {
	seen := map[string]bool{}
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			all = append(all, reports.Line{Name: name, Figure: sum(r, func(x *reports.Resource) bool { return of(x) == name })})
		}
	}
	return all
}

func avoided(r *reports.Report) (a reports.Avoided) {
	a.Total = sum(r, func(*reports.Resource) bool { return true })
	a.Causes = []reports.Line{{Name: "schedule", Figure: a.Total}, {Name: "overheads", Figure: reports.Figure{Resources: min(2, len(r.Resources))}}}
	for i := range a.Causes {
		a.Causes[i].Adjusted = pointer(byCause(r, a.Causes[i].Name))
	}
	a.RanMore = usd("-38.04")
	a.Origins = lines(r, []string{"own", "cohort"}, func(x *reports.Resource) string { return x.Origin })
	a.Unproven = reports.Figure{Resources: 3, Hours: dec("960"), Contracted: usd("107.52")}
	a.Environments = lines(r, environments, func(x *reports.Resource) string { return x.Environment })
	a.Accounts = lines(r, []string{"222233334444"}, func(x *reports.Resource) string { return string(x.Account) })
	a.Teams = lines(r, teams, func(x *reports.Resource) string { return x.Team })
	a.Services = []reports.Line{{Name: "ec2-instance", Figure: a.Total}}
	for i := range r.Resources {
		if r.Resources[i].Adjusted.Decimal().IsNegative() {
			a.Negative = append(a.Negative, r.Resources[i].ARN)
		}
	}
	third := a.Total.Adjusted.Decimal().DivRound(decimal.NewFromInt(3), 12)
	rest := a.Total.Adjusted.Decimal().Sub(third).Sub(third)
	for i, part := range []decimal.Decimal{third, third, rest} {
		month := begun.AddDate(0, i, 0).Format("2006-01")
		a.Months = append(a.Months, reports.MonthLine{Month: month, Cause: "schedule", Amount: money.USDOf(part.Add(dec("13")))}, reports.MonthLine{Month: month, Cause: "overheads", Amount: money.USDOf(dec("-13"))})
	}
	return a
}
