package pillars

import (
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/reports"
)

// unreported counts what opted in as not known, where there is no report, and says whether that is so.
func (w *workloads) unreported(t *tally) bool {
	if w.Report != nil {
		return false
	}
	for _, r := range w.enrolled {
		t.count(r.ARN, fleet.Unknown)
	}
	return true
}

// failedActs looks at the resources that were acted on. One act that failed is enough; one whose end was not seen leaves it open.
func failedActs(w *workloads, t *tally) {
	if w.unreported(t) {
		return
	}
	failed := map[fleet.ARN]fleet.Known{}
	for i := range w.Report.Acts {
		a := &w.Report.Acts[i]
		is, seen := failed[a.Resource]
		switch {
		case a.State == "failed":
			is = fleet.Yes
		case a.State == "verified" && !seen:
			is = fleet.No
		case a.State != "verified" && is != fleet.Yes:
			is = fleet.Unknown
		}
		failed[a.Resource] = is
	}
	for _, arn := range slices.Sorted(maps.Keys(failed)) {
		t.count(arn, failed[arn])
	}
}

// offHours looks at the accounts in which something opted in.
func offHours(w *workloads, t *tally) {
	accounts := map[fleet.AccountID]fleet.Known{}
	for _, r := range w.enrolled {
		accounts[r.Scope.Account] = fleet.Unknown
	}
	outside, all := decimal.Zero, decimal.Zero
	if w.Report != nil {
		for i := range w.Report.Resources {
			accounts[w.Report.Resources[i].Account] = fleet.Unknown
		}
		for _, o := range w.Report.Usage.OffHours {
			if _, ours := accounts[o.Account]; ours {
				accounts[o.Account] = known(o.Amount.Decimal().IsPositive())
				outside, all = outside.Add(o.Amount.Decimal()), all.Add(o.All.Decimal())
			}
		}
	}
	for _, is := range accounts {
		t.countNameless(is)
	}
	t.share(outside, all)
}

// idle counts what the bill charges for and nothing uses.
func idle(w *workloads, t *tally) {
	if w.Report != nil {
		for _, x := range w.Report.Waste {
			if x.Code == "idle-address" || x.Code == "unattached-volume" {
				for range x.Count {
					t.countNameless(fleet.Yes)
				}
			}
		}
	}
	if w.Report == nil || w.Report.Checks.Complete != reports.Held {
		t.countNameless(fleet.Unknown)
	}
}

func commitments(w *workloads, t *tally) {
	if w.Report == nil || !w.Report.Commitments.Known {
		t.countNameless(fleet.Unknown)
		return
	}
	used, unused := w.Report.Commitments.Used.Decimal(), w.Report.Commitments.Unused.Decimal()
	if all := used.Add(unused); all.IsPositive() { // else there are none
		t.countNameless(known(unused.IsPositive()))
		t.share(used, all)
	}
}

// idleHours looks at what opted in, and at what the report tells of beside it, as of what is gone by now.
func idleHours(w *workloads, t *tally) {
	if w.unreported(t) {
		return
	}
	hours, avoided := decimal.Zero, map[fleet.ARN]fleet.Known{}
	for _, r := range w.enrolled {
		avoided[r.ARN] = fleet.Unknown
	}
	for i := range w.Report.Resources {
		r := &w.Report.Resources[i]
		if r.Origin == reports.OriginMoved {
			continue
		}
		if r.Origin == "unproven" {
			avoided[r.ARN] = fleet.Unknown
			continue
		}
		avoided[r.ARN] = known(r.Hours.IsPositive())
		hours = hours.Add(r.Hours)
	}
	for _, arn := range slices.Sorted(maps.Keys(avoided)) {
		t.count(arn, avoided[arn])
	}
	t.value, t.unit = &hours, reports.UnitHours
}
