// Package autospot decides which workloads can move to Spot, how, and how they come back.
//
// In go a snapshot with how things are launched (fleet.Launch), what the market offers (market.Market), what is committed, and the profiles of the
// policy; out come a verdict per group, instance and ECS service with every gate it met, and the move as data. It asks AWS nothing and changes
// nothing. What cannot be known stays where it is: an invalid tag, a missing price or an unknown type is a refusal with a reason.
package autospot

import (
	"strings"

	"offpeak/internal/money"
)

// Mode is how far AutoSpot goes by itself.
type Mode string

// The modes.
const (
	Advise Mode = "advise" // says what it would do
	Ask    Mode = "ask"    // does it when a person applies it
	Act    Mode = "act"    // does it
)

// Profile is how much risk an owner takes, and for how much. The policy names profiles; the tag offpeak:spot names one of them, or says yes to
// the one named default.
type Profile struct {
	Name string
	// Loss and Odds are the availability target: losing more than Loss percent of the instances at once may be expected no more than Odds times a
	// quarter.
	Loss int
	Odds float64
	// MinimumSaving is the percentage off the on-demand price below which nothing moves.
	MinimumSaving int
	// OnDemand is how many instances stay on demand at least.
	OnDemand int
	// Allow and Deny are globs of instance types, such as m5.* or *.metal; Deny beats Allow, and an empty Allow allows all.
	Allow, Deny []string
	// Interruption is what one interruption costs its owner beside overlap and warm-up.
	Interruption money.USD
	// Churn is how many instances may be replaced a day by AutoSpot's own doing.
	Churn int
}

// DefaultName is the name of the profile that the tag's yes means.
const DefaultName = "default"

// DefaultProfile is the one that holds where the policy names none: more than half of the instances at most once in ten quarters, for a fifth
// of the price. It is meant for development and staging: one of two zones may be short of Spot.
func DefaultProfile() Profile {
	return Profile{Name: DefaultName, Loss: 50, Odds: 0.1, MinimumSaving: 20, Churn: 10}
}

// Reserved reports whether a text means itself in the tag, so that no profile can have it for a name.
func Reserved(text string) bool {
	switch strings.ToLower(text) {
	case textYes, textNo, textIgnore:
		return true
	}
	return false
}
