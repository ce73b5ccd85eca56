package page

import (
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/words"
)

// actions is the table of what is proposed. What it would bring has no sum: it is expected, and some proposals exclude each other.
func actions(r *reports.Report) table {
	all, n := r.Actions, len(r.Actions)
	t := table{Rows: n, Of: of(r, n, func(i int) fleet.ARN { return all[i].ARN }), Acts: make([][][2]string, n)}
	t.Columns = []column{
		texts("name", n, func(i int) string { return either(words.In(words.English).ActionName(&all[i]), string(all[i].ARN)) }).searched(),
		texts("id", n, func(i int) string { return all[i].ID }).searched().hidden(),
		codes("code", "action", n, func(i int) string { return all[i].Code }).filtered(),
		terms("account", n, func(i int) string { return string(all[i].Account) }).filtered().searched(),
		terms("owner", n, func(i int) string { return all[i].Owner }).filtered().searched(),
		terms("due", n, func(i int) string { return all[i].Due }),
		counts("count", n, func(i int) int64 { return int64(all[i].Resources) }),
		amounts("month", n, func(i int) *money.USD { return all[i].Month }),
		terms("suggested", n, func(i int) string { return all[i].Schedule }),
		codes("detail", "finding", n, func(i int) string { return all[i].Detail }).searched(),
		texts("about", n, func(i int) string { return joined(all[i].About) }).searched().hidden(),
	}
	for i := range all {
		t.Acts[i] = [][2]string{}
		if all[i].Command != "" {
			t.Acts[i] = append(t.Acts[i], [2]string{"command", visible(all[i].Command)})
		}
		if all[i].Tag != "" {
			t.Acts[i] = append(t.Acts[i], [2]string{"tag", visible(all[i].Tag)})
		}
	}
	return t
}

// joined writes ARNs one after the other.
func joined(arns []fleet.ARN) string {
	texts := make([]string, len(arns))
	for i, arn := range arns {
		texts[i] = string(arn)
	}
	return strings.Join(texts, " ")
}

// outcomes is the table of what became of the last quarter's proposals.
func outcomes(r *reports.Report) table {
	all, n := r.Before, len(r.Before)
	done := terms("done", n, func(i int) string {
		if all[i].Done {
			return "yes"
		}
		return ""
	}).filtered()
	done.Type = "yes"
	return table{Rows: n, Of: of(r, n, func(i int) fleet.ARN { return all[i].ARN }), Columns: []column{
		texts("name", n, func(i int) string { return either(all[i].Name, string(all[i].ARN)) }).searched(),
		texts("id", n, func(i int) string { return all[i].ID }).searched().hidden(),
		codes("code", "action", n, func(i int) string { return all[i].Code }).filtered(),
		terms("account", n, func(i int) string { return string(all[i].Account) }).filtered().searched(),
		terms("owner", n, func(i int) string { return all[i].Owner }).filtered().searched(),
		terms("due", n, func(i int) string { return all[i].Due }),
		amounts("month", n, func(i int) *money.USD { return all[i].Month }),
		done,
		codes("by", "doer", n, func(i int) string { return all[i].By }),
		amounts("brought", n, func(i int) *money.USD { return all[i].Brought }),
	}}
}

// verdicts is the table of what suits each resource.
func verdicts(r *reports.Report) table {
	all, n := r.Verdicts, len(r.Verdicts)
	return table{Rows: n, Of: of(r, n, func(i int) fleet.ARN { return all[i].ARN }), Columns: []column{
		texts("id", n, func(i int) string { return all[i].ID }).searched(),
		terms("account", n, func(i int) string { return string(all[i].Account) }).filtered().searched(),
		codes("kind", "kind", n, func(i int) string { return all[i].Kind.String() }).filtered(),
		terms("type", n, func(i int) string { return all[i].Type }).searched(),
		codes("verdict", "verdict", n, func(i int) string { return all[i].Code }).filtered(),
		decimals("weekly", "dec", n, func(i int) *decimal.Decimal { return &all[i].Hours }).showing(1),
		decimals("even", "dec", n, func(i int) *decimal.Decimal { return all[i].BreakEven }).showing(1),
		decimals("members", "dec", n, func(i int) *decimal.Decimal { return all[i].Members }).showing(1),
		amounts("month", n, func(i int) *money.USD { return all[i].Month }),
	}}
}

// spot is the table of moves to Spot.
func spot(r *reports.Report) table {
	all, n := r.Spot, len(r.Spot)
	return table{Rows: n, Of: of(r, n, func(i int) fleet.ARN { return all[i].Resource }), Columns: []column{
		texts("resource", n, func(i int) string { return string(all[i].Resource) }).searched(),
		decimals("running", "dec", n, func(i int) *decimal.Decimal { return &all[i].Hours }).showing(1),
		amounts("original", n, func(i int) *money.USD { return &all[i].Original }),
		amounts("paid", n, func(i int) *money.USD { return &all[i].Paid }),
		amounts("overheads", n, func(i int) *money.USD { return &all[i].Overheads }),
		amounts("spot-net", n, func(i int) *money.USD { return &all[i].Net }),
		decimals("forecast", "dec", n, func(i int) *decimal.Decimal { return all[i].Forecast }).showing(1),
		decimals("observed", "dec", n, func(i int) *decimal.Decimal {
			if all[i].Observed == nil {
				return nil
			}
			d := decimal.NewFromInt(int64(*all[i].Observed))
			return &d
		}).showing(0),
	}}
}

// standing is the table of what went on being charged while resources were held off.
func standing(r *reports.Report) table {
	all, n := r.Standing, len(r.Standing)
	return table{Rows: n, Of: of(r, n, func(i int) fleet.ARN { return all[i].ARN }), Columns: []column{
		texts("resource", n, func(i int) string { return all[i].Resource }).searched(),
		terms("meter", n, func(i int) string { return all[i].Meter }).filtered().searched(),
		counts("running", n, func(i int) int64 { return all[i].Hours }),
		amounts("amount", n, func(i int) *money.USD { return &all[i].Amount }),
	}}
}

// late is the table of openings at which a resource was not ready.
func late(r *reports.Report) table {
	all, n := r.Harm.Late, len(r.Harm.Late)
	due := terms("edge", n, func(i int) string { return all[i].Due })
	due.Type = "time"
	return table{Rows: n, Of: of(r, n, func(i int) fleet.ARN { return all[i].ARN }), Columns: []column{
		texts("id", n, func(i int) string { return all[i].ID }).searched(), due,
		counts("delay", n, func(i int) int64 { return (all[i].Delay + 30) / 60 }),
		texts("act", n, func(i int) string { return all[i].Act }).searched(),
	}}
}

// failed is the table of starts that failed.
func failed(r *reports.Report) table {
	all, n := r.Harm.Failed, len(r.Harm.Failed)
	due := terms("edge", n, func(i int) string { return all[i].Due })
	due.Type = "time"
	return table{Rows: n, Of: of(r, n, func(i int) fleet.ARN { return all[i].ARN }), Columns: []column{
		texts("id", n, func(i int) string { return all[i].ID }).searched(), due,
		terms("error", n, func(i int) string { return all[i].Error }).filtered().searched(),
		texts("act", n, func(i int) string { return all[i].Act }).searched(),
	}}
}
