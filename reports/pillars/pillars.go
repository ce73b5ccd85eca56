// Package pillars says what an inventory and a quarter's figures show about questions of the AWS Well-Architected Framework.
//
// In go snapshots, the keys of tags and the quarter's report; out comes a reports.Evidence for each check, over the workloads that opted in. It is
// evidence for a person who answers the question, and never a review that was passed: a check knows what AWS's listings tell, and not why a thing is
// as it is. What is not known is counted as unknown and never as if nothing had been found. The package asks nobody anything and judges no answer.
package pillars

import (
	"path"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/reports"
)

// Input is what is looked at.
type Input struct {
	// Snapshots are those of all scopes, of any age, best with fleet.Posture; of a resource that is in several the latest counts. Without any, what
	// they would tell is not known of any resource of the report.
	Snapshots []fleet.Snapshot
	// Accounts are the tenant's; others are left out. None means all.
	Accounts []fleet.AccountID
	// Keys are the tags that opt a resource in, to a schedule or to Spot. Without any of schedules the standard ones count.
	Keys fleet.TagKeys
	// OwnerTags and RunbookTags are keys of which one is enough, CostTags keys that are all to be there; case is ignored, and so is an empty value. Where
	// no key is named it is not known who has one.
	OwnerTags, RunbookTags, CostTags []string
	// Report is the quarter's report, put together but for this; nil where there is none.
	Report *reports.Report
}

// guide is where AWS explains best practices. The last part of an address is also the id of the practice in the AWS Well-Architected Tool.
const guide = "https://docs.aws.amazon.com/wellarchitected/latest/framework/"

// check is one thing that is looked at, and the best practice of the framework that it bears on.
type check struct {
	code, pillar, practice, page string
	look                         func(*workloads, *tally)
	// figure says that it is told by the report, whatever the inventory.
	figure bool
}

// The pillars, in the words of reports.Pillars.
const (
	operations     = "operational-excellence"
	security       = "security"
	reliability    = "reliability"
	performance    = "performance"
	cost           = "cost-optimization"
	sustainability = "sustainability"
)

// checks are all, in the order of reports.EvidenceCodes. The ids of best practices and their pages are as AWS's documentation of the
// framework lists them.
func checks() []check {
	return []check{
		{"ops-owner", operations, "OPS02-BP01", "ops_ops_model_def_resource_owners", owner, false},
		{"ops-failed-acts", operations, "OPS10-BP01", "ops_event_response_event_incident_problem_process", failedActs, true},
		{"ops-runbook", operations, "OPS07-BP03", "ops_ready_to_support_use_runbooks", runbook, false},
		{"sec-imdsv2", security, "SEC06-BP02", "sec_protect_compute_hardened_images", imdsv2, false},
		{"sec-public-address", security, "SEC05-BP01", "sec_network_protection_create_layers", publicAddress, false},
		{"sec-unencrypted-volume", security, "SEC08-BP02", "sec_protect_data_rest_encrypt", unencrypted, false},
		{"rel-spot-diversity", reliability, "REL10-BP01", "rel_fault_isolation_multiaz_region_system", spotDiversity, false},
		{"rel-backups", reliability, "REL09-BP03", "rel_backing_up_data_automated_backups_data", backups, false},
		{"rel-single-zone", reliability, "REL10-BP01", "rel_fault_isolation_multiaz_region_system", singleZone, false},
		{"perf-previous-generation", performance, "PERF02-BP01", "perf_compute_hardware_select_best_compute_options", previousGeneration, false},
		{"perf-gp2", performance, "PERF03-BP02", "perf_data_evaluate_configuration_options_data_store", gp2, false},
		{"cost-tags", cost, "COST03-BP02", "cost_monitor_usage_org_information", costTags, false},
		{"cost-off-hours", cost, "COST09-BP03", "cost_manage_demand_resources_dynamic", offHours, true},
		{"cost-idle", cost, "COST04-BP03", "cost_decomissioning_resources_decommission", idle, true},
		{"cost-commitments", cost, "COST07-BP01", "cost_pricing_model_analysis", commitments, true},
		{"sus-idle-hours", sustainability, "SUS02-BP01", "sus_sus_user_a2", idleHours, true},
		{"sus-graviton", sustainability, "SUS05-BP02", "sus_sus_hardware_a3", graviton, false},
	}
}

// Of looks at everything. Each check is there, in the order of reports.EvidenceCodes, also where there was nothing to look at. Looked is always the sum
// of what was found, what is in order, and what is not known.
//
// What each check cannot know:
//   - ops-owner, ops-runbook, cost-tags: whether the value of a tag is right, or its link leads anywhere.
//   - ops-failed-acts: what failed beside offpeak's own acts. One whose outcome was never seen is unknown.
//   - sec-imdsv2: whether anything still asks for metadata without a token; groups of which no instance was listed are unknown.
//   - sec-public-address: what security groups and routes let in.
//   - sec-unencrypted-volume, perf-gp2: volumes that are attached to nothing; why one is as it is.
//   - rel-spot-diversity: how deep the pools of the types are. Where AWS picks types by their attributes, how many there are; where the launch template
//     itself asks for Spot, groups that run nothing. Services on Fargate Spot choose no types.
//   - rel-backups, rel-single-zone: backups by other means, and whether a development database needs either. Read replicas are left out of backups.
//   - perf-previous-generation: AWS's list changes, and DescribeInstanceTypes has another one by region; families that are on no side are unknown.
//   - cost-off-hours counts accounts, by the hourly bill of all their compute, and not resources; Value is the share of its cost in percent.
//   - cost-idle counts what the bill charges in all accounts; who made it is not known. A bill that is not whole is one unknown more.
//   - cost-commitments is one figure: Value is the used share in percent; found says that some of it was not used.
//   - sus-idle-hours: Value is resource-hours, and no energy or carbon. Resources without a baseline are unknown.
//   - sus-graviton: Value is the share in percent of instances; whether the others could be Graviton is not known.
func Of(in *Input) []reports.Evidence {
	w := newWorkloads(in)
	all := make([]reports.Evidence, 0, len(checks()))
	for _, c := range checks() {
		t := tally{found: []fleet.ARN{}}
		if len(in.Snapshots) > 0 || c.figure {
			c.look(w, &t)
		} else {
			t.looked, t.unknown = w.reported(), w.reported()
		}
		slices.Sort(t.found)
		all = append(all, reports.Evidence{
			Code: c.code, Pillar: c.pillar, Question: c.practice, Reference: guide + c.page + ".html",
			Looked: t.looked, Found: len(t.found) + t.nameless, Unknown: t.unknown, Resources: slices.Clip(t.found), Value: t.value, Unit: t.unit,
		})
	}
	return all
}

// Choice is the id of the best practice in the AWS Well-Architected Tool that evidence bears on.
func Choice(e *reports.Evidence) string { return strings.TrimSuffix(path.Base(e.Reference), ".html") }

// tally counts what is looked at.
type tally struct {
	looked, unknown int
	found           []fleet.ARN
	nameless        int // found, and no resources
	value           *decimal.Decimal
	unit            string
}

// count takes in one resource that a check is about, is not, or may be.
func (t *tally) count(arn fleet.ARN, is fleet.Known) {
	t.looked++
	switch is {
	case fleet.Yes:
		t.found = append(t.found, arn)
	case fleet.Unknown:
		t.unknown++
	}
}

// countNameless is count for what is no resource.
func (t *tally) countNameless(is fleet.Known) {
	t.count("", is)
	if is == fleet.Yes {
		t.found, t.nameless = t.found[:len(t.found)-1], t.nameless+1
	}
}

// share sets the value to a part of a whole in percent; without a whole there is none.
func (t *tally) share(part, whole decimal.Decimal) {
	if whole.IsPositive() {
		percent := part.Mul(decimal.NewFromInt(100)).DivRound(whole, 2)
		t.value, t.unit = &percent, reports.UnitPercent
	}
}

// shareOf is share for counts.
func (t *tally) shareOf(part, whole int) {
	t.share(decimal.NewFromInt(int64(part)), decimal.NewFromInt(int64(whole)))
}

// not turns a fact around.
func not(k fleet.Known) fleet.Known {
	switch k {
	case fleet.Yes:
		return fleet.No
	case fleet.No:
		return fleet.Yes
	default:
		return fleet.Unknown
	}
}

func known(is bool) fleet.Known { return fleet.KnownOf(&is) }
