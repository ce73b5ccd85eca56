package reports

// The codes of a report. Package words has words for each in every language, and its test walks these lists: a code that is added here and not
// there fails it.

// Causes of what was avoided, beside those of the plan.
const (
	CauseNone      = "none"      // no stop of ours explains it
	CauseOverheads = "overheads" // what moving to Spot cost; below zero
)

// Causes lists what lines of Avoided.Causes and acts are named by: the plan's causes, and the two above.
func Causes() []string {
	return []string{
		"schedule", "override", "stop-after", "enforce", "tag", "retry", "aws-restart", "by-hand", "spot", "no-spot", "spot-again", "churn",
		CauseNone, CauseOverheads,
	}
}

// OriginMoved is the origin of what was moved to Spot and has no schedule: its move is measured, and needs no baseline.
const OriginMoved = "moved"

// Origins lists whose history a baseline is.
func Origins() []string { return []string{"own", "cohort", "unproven", OriginMoved} }

// States lists the states of a report.
func States() []State { return []State{Provisional, Final, Restated} }

// CheckStates lists how checks come out.
func CheckStates() []CheckState { return []CheckState{Held, Failed, NotDone} }

// ChangeCodes lists the reasons for which a report differs from the one before it.
func ChangeCodes() []string {
	return []string{"bill", "ledger", "resources", "prices", "commitments", "method"}
}

// Changes lists what an act does, ActStates how it stands.
func Changes() []string { return []string{"stop", "hibernate", "start", "scale", "move"} }

// ActStates lists how acts stand.
func ActStates() []string { return []string{"intent", "applied", "verified", "failed"} }

// WasteCodes lists the sorts of waste.
func WasteCodes() []string {
	return []string{"unused-commitment", "wasted-commitment", "off-hours", "idle-address", "unattached-volume"}
}

// VerdictCodes lists what suits a resource.
func VerdictCodes() []string { return []string{"schedule", "commit", "always-on", "delete"} }

// ActionCodes lists the sorts of actions.
func ActionCodes() []string {
	return []string{"idle-delete", "idle-schedule", "tighter-schedule", "spot", "commitment", "untagged", "still-billed", "finding", "exception-expires"}
}

// FindingCodes lists what keeps a resource from its schedule: refusals and findings of plans that somebody can put right. Package plan says what each means.
func FindingCodes() []string {
	return []string{
		"unknown-schedule", "no-schedule", "invalid-tag", "conflicting-tags", "tag-key-case", "environment-unknown", "environment-ambiguous",
		"group-member", "cluster-member", "managed", "own-scheduled-actions", "warm-pool", "instance-store", "address-to-keep", "spot-one-time", "cannot-stop",
		"read-replica", "replica-source", "daemon-service", "external-deployment", "retry-later",
	}
}

// Doers lists who did an action of the last quarter.
func Doers() []string { return []string{"offpeak", "person", "nobody"} }

// SuggestionKinds lists the commitments of which a change is suggested.
func SuggestionKinds() []string { return []string{"savings-plan", "reserved-instances"} }

// AssetStates lists what resources do.
func AssetStates() []string { return []string{"unknown", "running", "stopped", "changing", "gone"} }

// What an asset did since the inventory of the last quarter.
const (
	AssetCame = "came"
	AssetWent = "went"
)

// AssetChanges lists what assets did.
func AssetChanges() []string { return []string{AssetCame, AssetWent} }

// Pillars lists those of the AWS Well-Architected Framework.
func Pillars() []string {
	return []string{"operational-excellence", "security", "reliability", "performance", "cost-optimization", "sustainability"}
}

// The units of Evidence.
const (
	UnitPercent = "percent"
	UnitHours   = "resource-hours"
)

// EvidenceCodes lists the checks of which Evidence tells.
func EvidenceCodes() []string {
	return []string{
		"ops-owner", "ops-failed-acts", "ops-runbook",
		"sec-imdsv2", "sec-public-address", "sec-unencrypted-volume",
		"rel-spot-diversity", "rel-backups", "rel-single-zone",
		"perf-previous-generation", "perf-gp2",
		"cost-tags", "cost-off-hours", "cost-idle", "cost-commitments",
		"sus-idle-hours", "sus-graviton",
	}
}

// Gaps that a report finds itself, beside those of the figures and of the bill's files. Args are given behind each.
const (
	GapLastBill        = "no-last-bill"             // the bill of the quarter before is not there, so there is no bridge: the quarter
	GapPart            = "part-of-quarter"          // a part of the quarter is billed, which is not compared with a whole one: the last day
	GapLedgerEmpty     = "no-ledger-entries"        // the ledger has no entry until the quarter's end
	GapLastAvoided     = "no-last-avoided"          // what was avoided in the two quarters is not known, so there is no bridge
	GapMonth           = "month-not-delivered"      // no export of some months was delivered: the months
	GapOwnerTag        = "no-owner-tag"             // nothing on the bill carries an owner's tag: the keys
	GapLastReport      = "no-last-report"           // no report of a quarter before: the quarter
	GapInventory       = "no-inventory"             // no inventory was given
	GapInventoryDay    = "inventory-of-another-day" // it was not taken at the quarter's end: the day
	GapPartOfInventory = "part-of-inventory"        // accounts or regions were not looked at, or not wholly: which
	GapLastInventory   = "no-last-inventory"        // none of the quarter before: what came and went is not known
	GapToolCost        = "no-tool-cost"             // nothing on the bill carries offpeak's tag: the tag
	GapRecount         = "not-recounted"            // no second engine has recounted the figures
	GapMethod          = "other-method"             // a report of another method is shown and not compared: the quarter, its method
	GapForecast        = "no-forecast"              // no forecast of interruptions was kept of a move: how many moves
	GapZone            = "no-zone"                  // the hours of the week are told in UTC
	GapRate            = "no-exchange-rate"         // the rate of the second currency is not of the quarter's end: its code, the rate's day
	GapHours           = "no-hours"                 // the bill has no hourly cost: the map of the week is empty
	GapWorking         = "no-working-hours"         // no schedule says which hours are working hours
	GapOwners          = "no-owners"                // resources without an owner: how many, of how many
	GapSpotPrices      = "no-spot-prices"           // nobody told what Spot costs: candidates for it are not said
	GapUnpriced        = "part-of-spot-prices"      // what Spot costs was not asked lately in accounts' regions: which, and when last
)

// GapCodes lists the gaps that a report finds itself.
func GapCodes() []string {
	return []string{
		GapLastBill, GapPart, GapLedgerEmpty, GapLastAvoided, GapMonth, GapOwnerTag, GapLastReport, GapInventory, GapInventoryDay, GapPartOfInventory, GapLastInventory, GapToolCost, GapRecount, GapMethod, GapForecast, GapZone, GapRate, GapHours, GapWorking, GapOwners,
		GapSpotPrices, GapUnpriced,
	}
}
