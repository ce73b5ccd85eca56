// Package coverage finds in a bill how many instances of a group Reserved Instances and Savings Plans pay for anyway, whatever it buys.
//
// In go a billing engine over a payer's CUR 2.0 and the groups and instances that are asked about; out come Facts: for each how many of its instances, over which
// days, and what is doubtful about it. Compute tells the rule. In doubt a commitment counts for the group: what covered it, and what lay idle and
// would have fitted it. Facts have a form to be kept in, by which those who read no bill know them. It opens no file and moves nothing.
package coverage

import (
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
)

// Subject is what is asked about: an Auto Scaling group or an instance.
type Subject struct {
	ARN   fleet.ARN
	Kind  fleet.Kind
	Scope fleet.Scope
	ID    string // the group's name, or the instance's id
	// Members are the instances of a group, for bills that do not name groups.
	Members []string
	// Type and Product are what runs on demand: m5.large, and what it is billed as (Linux/UNIX). Idle commitments are held against them.
	Type, Product string
	Zones         []string
}

// SubjectOf makes a subject of a resource of a snapshot that was taken with how things are launched; false for what no commitment on instances is about, and for
// members of groups, whose hours are their group's.
func SubjectOf(r *fleet.Resource) (Subject, bool) {
	if _, member := r.Trait(fleet.GroupMember); member {
		return Subject{}, false
	}
	if r.Kind != fleet.AutoScalingGroup && r.Kind != fleet.EC2Instance || r.State == fleet.Gone {
		return Subject{}, false
	}
	s := Subject{ARN: r.ARN, Kind: r.Kind, Scope: r.Scope, ID: r.ID, Type: r.Type, Product: r.Product}
	if l := r.Launch; l != nil {
		s.Zones = slices.Clone(l.Zones)
		for _, m := range l.Members {
			s.Members = append(s.Members, m.ID)
		}
		if l.Template != nil && l.Template.Type != "" {
			s.Type = l.Template.Type
		}
		if l.Mix != nil && len(l.Mix.Types) > 0 {
			s.Type = l.Mix.Types[0] // on-demand instances are launched as the first
		}
	}
	return s, true
}

// Facts are what a bill told.
type Facts struct {
	Payer fleet.AccountID
	// From and To are the whole days of UTC that were judged, half-open; the bill had rows until To at least.
	From, To time.Time
	// Written is when they were found, and Source what counted the bill.
	Written time.Time
	Source  string
	// Gaps are what of the bill could not be used; none: it was whole.
	Gaps []string
	// Groups are in the order of their ARNs.
	Groups []Group
}

// Group is what is known of one group or instance.
type Group struct {
	ARN fleet.ARN
	// Units are the instances that commitments pay for anyway in at least half of the hours in which it ran; Covered those of them that were covered.
	// The others are idle commitments that would have fitted.
	Units, Covered int
	// Hours is in how many hours it ran.
	Hours int
	// Doubt says why Units may be too few; empty: they are what the bill says.
	Doubt string
}

// Days is how many whole days are judged, and StaleAfter how old the last of them may be.
const (
	Days       = 7
	StaleAfter = 14 * 24 * time.Hour
)

// Stale reports whether facts are too old to go by.
func (f *Facts) Stale(now time.Time) bool { return now.Sub(f.To) > StaleAfter }

// Of returns what is known of a group.
func (f *Facts) Of(arn fleet.ARN) (Group, bool) {
	i, found := slices.BinarySearchFunc(f.Groups, arn, func(g Group, arn fleet.ARN) int { return strings.Compare(string(g.ARN), string(arn)) })
	if !found {
		return Group{}, false
	}
	return f.Groups[i], true
}

// Prefix is where facts are kept in a hub's store, an object for each payer, and Key that of one.
const Prefix = "facts/committed/"

// Key is where the facts of a payer are kept.
func Key(payer fleet.AccountID) string { return Prefix + string(payer) + ".json" }
