package workbook

import (
	"offpeak/reports"
	"offpeak/reports/words"
)

// sheets are the titles of the tables' sheets. XLSX allows 31 characters.
var sheets = map[string]words.Label{
	"lines": words.TitleResources, "actions": words.TitleActions, "still_billed": words.SheetStanding, "spot": words.TitleSpot, "verdicts": words.SheetVerdicts,
	"assets": words.TitleAssets, "well_architected": words.SheetPillars, "acts": words.TitleActs, "bill": words.TitleBillRows,
}

// spoken are the columns of codes, by column and table, and the words for them: people filter by words. The codes themselves stand in the CSV files.
var spoken = map[string]map[string]func(words.Words, string) string{
	"code":   {"actions": words.Words.Action, "verdicts": words.Words.Verdict, "well_architected": words.Words.Evidence},
	"by":     {"actions": words.Words.Doer},
	"name":   {"actions": proposal},
	"kind":   {"lines": words.Words.KindName, "assets": words.Words.KindName},
	"origin": {"lines": words.Words.Origin},
	"change": {"acts": words.Words.Change, "assets": words.Words.AssetChange},
	"cause":  {"acts": words.Words.Cause},
	"state":  {"acts": words.Words.ActState, "assets": words.Words.AssetState},
	"pillar": {"well_architected": words.Words.Pillar},
	"unit":   {"well_architected": words.Words.Unit},
}

// proposal is what a proposal is about. A commitment has no name but its kind.
func proposal(w words.Words, name string) string { return w.ActionName(&reports.Action{Name: name}) }

// titleOf is the title of a table's column.
func titleOf(table, column string) words.Label {
	if table == "assets" && column == "change" { // that of acts is what was done
		return words.AssetChange
	}
	return columns[column]
}

// columns are the titles of the tables' columns.
var columns = map[string]words.Label{
	"arn": words.ARN, "id": words.ID, "name": words.Name, "kind": words.Kind, "account": words.Account, "region": words.Region, "environment": words.Environment,
	"team": words.Team, "origin": words.Origin, "enrolled": words.Enrolled, "left": words.Left, "hours": words.Hours, "avoided_usd": words.Avoided,
	"interval_low_usd": words.Low, "interval_high_usd": words.High, "spot_usd": words.TitleSpot, "list_usd": words.List, "contracted_usd": words.Contracted,
	"confirmed_hours": words.Confirmed, "held_hours": words.HeldHours, "acts": words.TitleActs, "baseline_sha256": words.BaselineHash,
	"resource": words.Resource, "change": words.Change, "cause": words.Cause, "why": words.Reason, "state": words.State, "edge": words.Edge, "asked": words.Asked,
	"ended": words.Ended, "attempts": words.Attempts, "error": words.Error, "run": words.Run,
	"sku": words.SKU, "rows": words.RowCount, "quantity": words.Quantity, "list_usd_per_unit": words.UnitList, "contracted_usd_per_unit": words.UnitContracted,
	"proposed": words.Quarter, "code": words.What, "owner": words.Owner, "due": words.Due, "usd_a_month": words.MonthlyValue, "resources": words.Number,
	"schedule": words.Schedule, "command": words.Command, "tag": words.Tag, "detail": words.Detail, "done": words.Done, "by": words.DoneBy, "brought_usd": words.Brought,
	"meter": words.Meter, "usd": words.USD,
	"original_usd": words.Original, "paid_usd": words.Paid, "overheads_usd": words.Overheads, "net_usd": words.Net, "forecast_interruptions": words.Forecast,
	"observed_interruptions": words.Observed,
	"type":                   words.Type, "platform": words.Platform, "zones": words.Zones, "hours_a_week": words.HoursAWeek, "break_even_hours_a_week": words.BreakEven, "members": words.Members, "about": words.TitleResources, "created": words.Created,
	"pillar": words.Pillar, "question": words.Question, "looked": words.Looked, "found": words.Found, "unknown": words.Unknown, "value": words.Value, "unit": words.Unit,
	"reference": words.Reference,
}
