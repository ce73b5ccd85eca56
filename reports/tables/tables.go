// Package tables lays a report out as tables, for people's workbooks and for machines: CSV and Parquet.
//
// In goes a report; out come its tables, each with the same columns in every form, and their bytes. Columns bear the names of the report's JSON. Text
// that a spreadsheet would take for a formula is written so that it stays text. The package writes no file.
package tables

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
)

// Type is what the cells of a column hold.
type Type uint8

// The types. Cells of Text are strings, of Instant time.Time, of Count int64, of Amount (US dollars) and Number decimal.Decimal. Any may be nil: not known, or none.
const (
	Text Type = iota
	Instant
	Count
	Amount
	Number
)

// Column is one column of a table.
type Column struct {
	Name string
	Type Type
}

// Table is one table. Every row has a cell for each column.
type Table struct {
	Name    string
	Columns []Column
	Rows    [][]any
}

// Of returns all tables of a report, those that people read first.
func Of(r *reports.Report) []Table {
	return []Table{Lines(r), Actions(r), Standing(r), Spot(r), Verdicts(r), Assets(r), WellArchitected(r), Acts(r), BillRows(r)}
}

// Lines is a line for each resource.
func Lines(r *reports.Report) Table {
	t := Table{Name: "lines", Columns: []Column{
		{"arn", Text},
		{"id", Text},
		{"name", Text},
		{"kind", Text},
		{"account", Text},
		{"region", Text},
		{"environment", Text},
		{"team", Text},
		{"origin", Text},
		{"enrolled", Instant},
		{"left", Instant},
		{"hours", Number},
		{"avoided_usd", Amount},
		{"interval_low_usd", Amount},
		{"interval_high_usd", Amount},
		{"spot_usd", Amount},
		{"list_usd", Amount},
		{"contracted_usd", Amount},
		{"confirmed_hours", Count},
		{"held_hours", Count},
		{"acts", Count},
		{"baseline_sha256", Text},
	}}
	for i := range r.Resources {
		x := &r.Resources[i]
		var low, high any
		if x.Interval != nil {
			low, high = x.Interval.Low.Decimal(), x.Interval.High.Decimal()
		}
		t.Rows = append(t.Rows, []any{
			string(x.ARN), x.ID, x.Name, x.Kind.String(), string(x.Account), string(x.Region), x.Environment, x.Team, x.Origin,
			instant(x.Enrolled), instant(x.Left), x.Hours, x.Value().Decimal(), low, high, optional(x.Spot),
			x.List.Decimal(), x.Contracted.Decimal(), x.Confirmed.Part, x.Confirmed.Whole, int64(len(x.Acts)), x.Baseline,
		})
	}
	return t
}

// Acts is a line for each act of the ledger.
func Acts(r *reports.Report) Table {
	t := Table{Name: "acts", Columns: []Column{
		{"id", Text},
		{"resource", Text},
		{"change", Text},
		{"cause", Text},
		{"why", Text},
		{"state", Text},
		{"edge", Instant},
		{"asked", Instant},
		{"ended", Instant},
		{"attempts", Count},
		{"error", Text},
		{"run", Text},
	}}
	for i := range r.Acts {
		a := &r.Acts[i]
		var edge any
		if a.Edge != nil {
			edge = *a.Edge
		}
		t.Rows = append(t.Rows, []any{a.ID, string(a.Resource), a.Change, a.Cause, a.Why, a.State, edge, instant(a.Asked), instant(a.Ended), int64(a.Attempts), a.Error, a.Run})
	}
	return t
}

// BillRows is a line for each resource and SKU of the bill.
func BillRows(r *reports.Report) Table {
	t := Table{Name: "bill", Columns: []Column{
		{"arn", Text}, {"resource", Text}, {"sku", Text}, {"rows", Count}, {"quantity", Number}, {"list_usd_per_unit", Amount}, {"contracted_usd_per_unit", Amount},
	}}
	for i := range r.Resources {
		for _, b := range r.Resources[i].Rows {
			t.Rows = append(t.Rows, []any{string(r.Resources[i].ARN), b.Resource, b.SKU, b.Rows, b.Quantity, b.List.Decimal(), b.Contracted.Decimal()})
		}
	}
	return t
}

// Actions is a line for each thing to do, then one for each of the last quarter's with what became of it.
func Actions(r *reports.Report) Table {
	t := Table{Name: "actions", Columns: []Column{
		{"id", Text},
		{"proposed", Text},
		{"code", Text},
		{"arn", Text},
		{"name", Text},
		{"account", Text},
		{"owner", Text},
		{"due", Text},
		{"usd_a_month", Amount},
		{"resources", Count},
		{"schedule", Text},
		{"command", Text},
		{"tag", Text},
		{"detail", Text},
		{"done", Text},
		{"by", Text},
		{"brought_usd", Amount},
		{"about", Text},
	}}
	row := func(a *reports.Action, proposed string) []any {
		return []any{a.ID, proposed, a.Code, string(a.ARN), a.Name, string(a.Account), a.Owner, a.Due, optional(a.Month), int64(a.Resources), a.Schedule, a.Command, a.Tag, a.Detail}
	}
	for i := range r.Actions {
		t.Rows = append(t.Rows, append(row(&r.Actions[i], r.Quarter), nil, nil, nil, joined(r.Actions[i].About)))
	}
	for i := range r.Before {
		o := &r.Before[i]
		done := "no"
		if o.Done {
			done = "yes"
		}
		t.Rows = append(t.Rows, append(row(&o.Action, "before "+r.Quarter), done, o.By, optional(o.Brought), joined(o.About)))
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

// Standing is a line for each thing that is charged while its resource is stopped.
func Standing(r *reports.Report) Table {
	t := Table{Name: "still_billed", Columns: []Column{{"arn", Text}, {"resource", Text}, {"meter", Text}, {"hours", Count}, {"usd", Amount}}}
	for i := range r.Standing {
		s := &r.Standing[i]
		t.Rows = append(t.Rows, []any{string(s.ARN), s.Resource, s.Meter, s.Hours, s.Amount.Decimal()})
	}
	return t
}

// Spot is a line for each move to Spot.
func Spot(r *reports.Report) Table {
	t := Table{Name: "spot", Columns: []Column{
		{"resource", Text},
		{"hours", Number},
		{"original_usd", Amount},
		{"paid_usd", Amount},
		{"overheads_usd", Amount},
		{"net_usd", Amount},
		{"forecast_interruptions", Number},
		{"observed_interruptions", Count},
	}}
	for i := range r.Spot {
		m := &r.Spot[i]
		var forecast, observed any
		if m.Forecast != nil {
			forecast = *m.Forecast
		}
		if m.Observed != nil {
			observed = int64(*m.Observed)
		}
		t.Rows = append(t.Rows, []any{string(m.Resource), m.Hours, m.Original.Decimal(), m.Paid.Decimal(), m.Overheads.Decimal(), m.Net.Decimal(), forecast, observed})
	}
	return t
}

// Verdicts is a line for each resource with a verdict.
func Verdicts(r *reports.Report) Table {
	t := Table{Name: "verdicts", Columns: []Column{
		{"arn", Text},
		{"id", Text},
		{"account", Text},
		{"type", Text},
		{"code", Text},
		{"hours_a_week", Number},
		{"break_even_hours_a_week", Number},
		{"usd_a_month", Amount},
		{"kind", Text},
		{"members", Number},
	}}
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		var even, members any
		if v.BreakEven != nil {
			even = *v.BreakEven
		}
		if v.Members != nil {
			members = *v.Members
		}
		t.Rows = append(t.Rows, []any{string(v.ARN), v.ID, string(v.Account), v.Type, v.Code, v.Hours, even, optional(v.Month), kindOf(v.Kind), members})
	}
	return t
}

// Assets is a line for each resource of the inventory, then one for each that went, of which no more is known than its ARN tells.
func Assets(r *reports.Report) Table {
	t := Table{Name: "assets", Columns: []Column{
		{"arn", Text},
		{"id", Text},
		{"name", Text},
		{"kind", Text},
		{"account", Text},
		{"region", Text},
		{"zones", Text},
		{"type", Text},
		{"platform", Text},
		{"state", Text},
		{"environment", Text},
		{"owner", Text},
		{"schedule", Text},
		{"created", Text},
		{"change", Text},
	}}
	came := make(map[string]bool, len(r.Assets.Came))
	for _, arn := range r.Assets.Came {
		came[arn] = true
	}
	for i := range r.Assets.Items {
		a := &r.Assets.Items[i]
		var change any
		if came[string(a.ARN)] {
			change = reports.AssetCame
		}
		t.Rows = append(t.Rows, []any{
			string(a.ARN), a.ID, a.Name, a.Kind.String(), string(a.Account), string(a.Region), strings.Join(a.Zones, " "), a.Type, a.Platform,
			a.State, a.Environment, a.Owner, a.Schedule, a.Created, change,
		})
	}
	for _, arn := range r.Assets.Went {
		kind, at := fleet.KindOf(fleet.ARN(arn))
		t.Rows = append(t.Rows, []any{
			arn, nil, nil, known(kindOf(kind)), known(string(at.Account)), known(string(at.Region)), nil, nil, nil,
			nil, nil, nil, nil, nil, reports.AssetWent,
		})
	}
	return t
}

// WellArchitected is a line for each resource that a check found, and one without a resource for a check that found none.
func WellArchitected(r *reports.Report) Table {
	t := Table{Name: "well_architected", Columns: []Column{
		{"code", Text}, {"pillar", Text}, {"question", Text}, {"looked", Count}, {"found", Count}, {"unknown", Count}, {"value", Number}, {"unit", Text}, {"reference", Text}, {"resource", Text},
	}}
	for i := range r.Pillars {
		e := &r.Pillars[i]
		var value, unit any
		if e.Value != nil {
			value, unit = *e.Value, e.Unit
		}
		row := func(resource any) []any {
			return []any{e.Code, e.Pillar, e.Question, int64(e.Looked), int64(e.Found), int64(e.Unknown), value, unit, e.Reference, resource}
		}
		if len(e.Resources) == 0 {
			t.Rows = append(t.Rows, row(nil))
		}
		for _, arn := range e.Resources {
			t.Rows = append(t.Rows, row(string(arn)))
		}
	}
	return t
}

// kindOf names a kind; empty where it is not known.
func kindOf(k fleet.Kind) string {
	if k == 0 {
		return ""
	}
	return k.String()
}

// known is text, or nil where there is none.
func known(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func optional(amount *money.USD) any {
	if amount == nil {
		return nil
	}
	return amount.Decimal()
}

func instant(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC()
}

// exact is a decimal in plain notation.
func exact(d decimal.Decimal) string { return d.String() }
