package fleet

import (
	"slices"
	"time"
)

// Purchase is how something buys its capacity: what AutoSpot changes, and gives back. Which fields count depends on the kind.
type Purchase struct {
	// Lifecycle is of an instance.
	Lifecycle Lifecycle `json:"lifecycle,omitzero"`
	// Template, Mix and Rebalance are of an Auto Scaling group; Mix is nil where it buys one type on demand.
	Template  *Template `json:"template,omitempty"`
	Mix       *Mix      `json:"mix,omitempty"`
	Rebalance bool      `json:"rebalance,omitempty"`
	// Providers are of an ECS service; empty: its launch type.
	Providers []Provider `json:"providers,omitempty"`
}

// Equal reports whether two purchases buy the same. Of a template it looks at what is bought with it: the same template at another version is
// another purchase, and what it is called is not.
func (p Purchase) Equal(other Purchase) bool {
	return p.Lifecycle == other.Lifecycle && p.Rebalance == other.Rebalance && sameTemplate(p.Template, other.Template) && sameMix(p.Mix, other.Mix) &&
		slices.Equal(p.Providers, other.Providers)
}

func sameTemplate(a, b *Template) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.ID == b.ID && a.Version == b.Version
}

func sameMix(a, b *Mix) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Base == b.Base && a.AboveBase == b.AboveBase && a.Strategy == b.Strategy && slices.Equal(a.Types, b.Types) &&
		a.Weighted == b.Weighted && a.ByRequired == b.ByRequired && a.MaxPrice == b.MaxPrice
}

// Purchase is how the resource buys its capacity now.
func (r *Resource) Purchase() Purchase {
	switch l := r.Launch; {
	case r.Kind == EC2Instance || l == nil:
		return Purchase{Lifecycle: r.Lifecycle}
	case r.Kind == ECSService:
		return Purchase{Providers: l.Providers}
	default:
		return Purchase{Template: l.Template, Mix: l.Mix, Rebalance: l.Rebalance}
	}
}

// Moved is what is remembered of something that AutoSpot moves, or has moved.
type Moved struct {
	// Act is the id of the last act that was planned, At when, Attempts how often it was tried, Applied whether AWS accepted it, and RetryAt when
	// it may be tried again; zero: at once.
	Act      string    `json:"act,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Attempts int       `json:"attempts,omitempty"`
	Applied  bool      `json:"applied,omitempty"`
	RetryAt  time.Time `json:"retry_at,omitzero"`
	// Stage is how far it has come.
	Stage Stage `json:"stage,omitempty"`
	// Before is how it bought before its first move, which a rollback gives back. It is kept until that has been seen.
	Before *Purchase `json:"before,omitempty"`
	// Written is what was asked for last. What is found otherwise is somebody else's doing, and is left.
	Written *Purchase `json:"written,omitempty"`
	// Since is when it was first seen as written.
	Since time.Time `json:"since,omitzero"`
	// Profile is the name of the profile that it was moved under.
	Profile string  `json:"profile,omitempty"`
	Balance Balance `json:"balance,omitzero"`
	// Succeeds is whose place it took by a conversion; nil: it was there first.
	Succeeds *Succession `json:"succeeds,omitempty"`
	// Images are those that conversions have made, of it and of those before it, and that are still kept; the oldest first.
	Images []Image `json:"images,omitempty"`
}

// Stage is how far a move has come.
type Stage string

// The stages.
const (
	Moving   Stage = "moving"    // asked for, and not seen done
	OnSpot   Stage = "on-spot"   // seen as written
	Leaving  Stage = "leaving"   // a rollback was asked for
	GivenUp  Stage = "given-up"  // AWS rolled the refresh back, or somebody cancelled it; a person decides
	Disowned Stage = "disowned"  // somebody else wrote something else; theirs is left
	Returned Stage = "on-demand" // a rollback was seen done
)

// Balance is what is kept between two looks at a moved group (package autospot/balance).
type Balance struct {
	// Decided is the OnDemandBaseCapacity that was decided; what the group has beyond it is for want of Spot.
	Decided int `json:"decided,omitempty"`
	// ShortSince is when the group was first seen short; zero while it is not.
	ShortSince time.Time `json:"short_since,omitzero"`
	// CrowdedSince is when a zone was first seen to hold more Spot instances than the group's odds allow; zero while none does. CrowdedTold says that
	// a person was told.
	CrowdedSince time.Time `json:"crowded_since,omitzero"`
	CrowdedTold  bool      `json:"crowded_told,omitempty"`
	// ReturnAt is when the next instance may return to Spot, and Wait how long the one after it waits.
	ReturnAt time.Time     `json:"return_at,omitzero"`
	Wait     time.Duration `json:"wait,omitempty"`
	// TriedAt is when the last instance was returned, while it is not known whether Spot has a place for it.
	TriedAt time.Time `json:"tried_at,omitzero"`
	// Replaced is how many instances were replaced on Day (UTC), by our doing or by rebalancing.
	Day      string `json:"day,omitempty"`
	Replaced int    `json:"replaced,omitempty"`
	// Paused says that rebalancing was switched off by us: for the rest of the day, or for good where Distrusted.
	Paused     bool `json:"paused,omitempty"`
	Distrusted bool `json:"distrusted,omitempty"`
	// Followed and Idle judge the recommendations to rebalance: how many were followed by an interruption, and how many by nothing for a day.
	Followed int `json:"followed,omitempty"`
	Idle     int `json:"idle,omitempty"`
	// Seen are the events of the last two days, so that each counts once.
	Seen []SeenEvent `json:"seen,omitempty"`
}

// Interruption is one of a Spot instance of a moved group, by its id, and when AWS warned of it.
type Interruption struct {
	Instance string    `json:"instance"`
	At       time.Time `json:"at"`
}

// Interrupted is the word of Balance.Seen for an interruption.
const Interrupted = "interrupted"

// SeenEvent is an event of a moved group that was counted.
type SeenEvent struct {
	What     string    `json:"what"` // Interrupted, recommended, launch-failed
	Instance string    `json:"instance"`
	At       time.Time `json:"at"`
	// Judged says of a recommendation that it was found right or wrong.
	Judged bool `json:"judged,omitempty"`
}
