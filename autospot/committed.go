package autospot

import (
	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
)

// Committed is what Reserved Instances and Savings Plans pay for of a group or an instance anyway: so many of it cost nothing more on demand.
type Committed struct {
	Units int
	// Doubt says why Units may be too few; empty: they are known.
	Doubt string
}

// Codes of what commitments come to.
const (
	// PaidFor says that a commitment pays for an instance whether it is used or not.
	PaidFor pricing.Code = "committed"
	// CommitmentsUnknown says that what commitments pay for is not known for sure.
	CommitmentsUnknown pricing.Code = "commitments-unknown"
)

// TellCommitments is what can be done about commitments that are not known.
const TellCommitments = "tell what commitments pay for (offpeak spot --live --bill DIR --publish), or say in the policy that there are none (spot: {commitments: none})"

// commit takes note of what commitments pay for. Of a service they are not asked: what covers Fargate is not bound to it.
func (r *run) commit(a *Advice) {
	if a.Subject.Kind == fleet.ECSService {
		return
	}
	a.Committed = r.options.Committed[a.Subject.ARN]
	if a.Committed.Doubt != "" {
		a.Noted = append(a.Noted, pricing.Reason{
			Code: CommitmentsUnknown, Says: "what Reserved Instances and Savings Plans pay for of it is not known for sure, so that too few may stay on demand and the saving be overstated: " + a.Committed.Doubt,
		})
	}
}

// doubted reports whether a move that AutoSpot would make by itself has to wait until it is known what commitments pay for. A person who begins it has been
// told.
func (r *run) doubted(a *Advice) bool {
	return a.Committed.Doubt != "" && r.does(a.Subject.ARN) && !r.options.Begin[a.Subject.ARN]
}
