package page

import "offpeak/reports/words"

// say returns a word of the page: its own, or the catalogue's.
func say(w words.Words, key string) string {
	if text, ok := w.Page(key); ok {
		return text
	}
	if label, ok := labels[key]; ok {
		return w.Say(label)
	}
	return key
}

// labels are the catalogue's words under the keys by which templates and script ask for them.
var labels = map[string]words.Label{
	"title": words.Title, "avoided": words.TitleAvoided, "causes": words.TitleCauses, "unproven": words.TitleUnproven, "ran-more": words.RanMore, "bill": words.TitleBill,
	"bridge": words.TitleBridge, "checks": words.TitleChecks, "commitments": words.TitleCommitments, "waste": words.TitleWaste, "standing": words.TitleStanding,
	"harm": words.TitleHarm, "before": words.TitleBefore, "decide": words.TitleDecide, "actions": words.TitleActions, "method": words.TitleMethod,
	"trend": words.TitleTrend, "usage": words.TitleUsage, "off-hours": words.TitleOffHours, "verdicts": words.TitleVerdicts, "spot": words.TitleSpot,
	"assets": words.TitleAssets, "pillars": words.TitlePillars, "resources-title": words.TitleResources, "gaps": words.TitleGaps, "sources": words.TitleSources,
	"change": words.TitleChange, "contents": words.TitleContents, "annex": words.TitleAnnex, "negative": words.TitleNegative, "by-month": words.TitleMonths,
	"by-environment": words.TitleEnvironments, "by-account": words.TitleAccounts, "by-team": words.TitleTeams, "by-service": words.TitleServices,
	"by-origin": words.TitleOrigins, "by-cause": words.TitleCauses, "acts": words.TitleActs, "bill-rows": words.TitleBillRows,

	"adjusted": words.Adjusted, "contracted": words.Contracted, "list": words.List, "adjusted-view": words.Adjusted, "contracted-view": words.Contracted,
	"list-view": words.List, "interval": words.Interval, "total": words.Total, "amount": words.Amount, "hours": words.HoursAvoided, "billed": words.Billed,
	"effective": words.Effective, "tax": words.Tax, "credits": words.Credits, "invoices": words.Invoices, "no-invoice": words.NoInvoice,
	"bridge-from": words.BridgeFrom, "bridge-to": words.BridgeTo, "bridge-growth": words.BridgeGrowth, "bridge-price": words.BridgePrice,
	"bridge-avoided": words.BridgeAvoided, "bridge-unexplained": words.BridgeUnexplained, "used": words.Used, "unused": words.Unused, "wasted": words.Wasted,
	"suggested": words.Suggested, "usd-a-month": words.MonthlyValue, "not-in-avoided": words.NotInAvoided, "brought": words.Brought, "tool-cost": words.ToolCost,
	"done-yes": words.IsDone, "not-done": words.NotDone, "axis-cut": words.AxisCut, "in-billed": words.InBilled, "effective-means": words.EffectiveMeans,
	"not-replayed": words.NotReplayed,

	"check-invoice": words.CheckInvoice, "check-confirmed": words.CheckConfirmed, "check-residual": words.CheckResidual, "check-recount": words.CheckRecount,
	"check-complete": words.CheckComplete,

	"payer": words.Payer, "quarter": words.Quarter, "period": words.Period, "measured": words.Measured, "state": words.State, "issued": words.Issued,
	"method-version": words.MethodVersion, "factor": words.PriceFactor, "resources": words.TitleResources, "environment": words.Environment, "account": words.Account,
	"team": words.Team, "owner": words.Owner, "service": words.Service, "cause": words.Cause, "origin": words.Origin, "month": words.Month, "item": words.Item,
	"due": words.Due, "action": words.Action, "sku": words.SKU, "bill-count": words.RowCount, "quantity": words.Quantity, "list-rate": words.UnitList,
	"contracted-rate": words.UnitContracted, "baseline": words.BaselineHash, "left": words.Left, "confirmed": words.Confirmed, "pillar": words.Pillar,
	"question": words.Question, "looked": words.Looked, "found": words.Found, "unknown": words.Unknown, "reference": words.Reference, "value": words.Value,
	"working-hours": words.WorkingHours, "outside": words.OffHours, "all-hours": words.AllHours, "openings": words.DueAtOpening, "late": words.LateOpenings,
	"failed-starts": words.FailedStarts, "retried": words.RetriedStarts, "unseen": words.UnseenStarts, "interruptions": words.SpotInterruptions, "tagged": words.Tagged, "opted-in": words.OptedIn,
	"came": words.Came, "went": words.Went, "engine": words.Engine, "export": words.Export, "manifests": words.Manifests, "ledger-hash": words.LedgerHash, "spot-prices-asked": words.SpotPricesAsked, "not-counted": words.NotCounted, "no-bill": words.NoBill, "part-of-quarter": words.PartOfQuarter,
	"questions-hash": words.QuestionsHash, "scanned": words.Scanned, "query-cost": words.QueryCost, "baselines": words.Baselines, "policy": words.Policy,
	"annex-hash": words.AnnexHash, "replaces": words.Replaces,

	"none": words.None, "untagged": words.Untagged, "no-environment": words.NoEnvironment, "no-owner": words.NoOwner, "yes": words.Yes, "no": words.No,
	"not-computable": words.NotComputable, "not-known": words.NotKnown, "nothing": words.NothingHere, "views-note": words.ViewsNotAdded,
	"evidence-only": words.EvidenceOnly, "none-team": words.Untagged, "none-environment": words.NoEnvironment, "none-owner": words.NoOwner,

	"column.name": words.Name, "column.id": words.ID, "column.team": words.Team, "column.environment": words.Environment, "column.account": words.Account,
	"column.region": words.Region, "column.zones": words.Zones, "column.platform": words.Platform, "column.kind": words.Kind, "column.origin": words.Origin, "column.cause": words.Cause, "column.causes": words.Cause,
	"column.hours": words.HoursAvoided, "column.amount": words.Amount, "column.interval": words.Interval, "column.enrolled": words.Enrolled,
	"column.code": words.Action, "column.owner": words.Owner, "column.due": words.Due, "column.month": words.MonthlyValue, "column.detail": words.Detail, "column.about": words.TitleResources,
	"column.done": words.Done, "column.by": words.DoneBy, "column.brought": words.Brought, "column.verdict": words.Verdict, "column.type": words.Type,
	"column.weekly": words.HoursAWeek, "column.even": words.BreakEven, "column.members": words.Members, "column.original": words.Original, "column.paid": words.Paid,
	"column.overheads": words.Overheads, "column.forecast": words.Forecast, "column.observed": words.Observed, "column.running": words.Hours,
	"column.resource": words.Resource, "column.meter": words.Meter, "column.error": words.Error, "column.act": words.Act, "column.edge": words.Edge,
	"column.state": words.State, "column.schedule": words.Schedule, "column.created": words.Created,

	"act-asked": words.Asked, "act-change": words.Change, "act-why": words.Reason, "act-state": words.State, "act-edge": words.Edge, "act-ended": words.Ended,
	"act-attempts": words.Attempts, "act-error": words.Error, "act-id": words.Act, "act-run": words.Run,
}
