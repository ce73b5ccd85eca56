package scheduler

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"offpeak/internal/plan"
	"offpeak/scheduler/calendar"
	"offpeak/scheduler/wall"
)

// DefaultLead is how long before an opening a resource is started when it is to be ready by then and no boot times are known.
const DefaultLead = 5 * time.Minute

// Schedule says when resources run. It is compiled once and asked often.
type Schedule struct {
	// Name is the policy's name for it, or the normalised text of a tag that holds hours.
	Name string
	Zone *time.Location
	// Pattern draws the hours. It is nil for a schedule that is always running or always stopped: then Constant holds.
	Pattern  wall.Pattern
	Constant wall.State

	// Closed calendars remove openings, Hold calendars forbid any act while their events last.
	Closed []NamedCalendar
	Hold   []NamedCalendar

	// StopAfter stops what a person started while it is closed, so long after that start; zero leaves it until the next closing.
	StopAfter time.Duration
	// Enforce undoes changes that people make between edges.
	Enforce bool
	// OnlyStoppedByUs starts at an opening only what offpeak stopped.
	OnlyStoppedByUs bool
	// ReadyBy starts so long before an opening that the resource is usable at it; zero starts at the opening.
	ReadyBy time.Duration
	// Hibernate keeps the memory of EC2 instances that were launched for it.
	Hibernate bool
	// SnapshotDays asks for a snapshot of databases before they are stopped, and is for how many days it is kept; zero: none is taken.
	SnapshotDays int
}

// NamedCalendar is a calendar under the policy's name for it.
type NamedCalendar struct {
	Name string
	calendar.Calendar
}

// hash names everything that decides when and how the schedule acts.
func (s Schedule) hash() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s|%s|", s.Zone, s.Constant)
	if s.Pattern != nil {
		text.WriteString(s.Pattern.String())
	}
	for _, c := range s.Closed {
		fmt.Fprintf(&text, "|closed %s", c.Hash())
	}
	for _, c := range s.Hold {
		fmt.Fprintf(&text, "|hold %s", c.Hash())
	}
	fmt.Fprintf(&text, "|%s|%t|%t|%s|%t", s.StopAfter, s.Enforce, s.OnlyStoppedByUs, s.ReadyBy, s.Hibernate)
	if s.SnapshotDays > 0 { // a schedule without has the hash that it always had
		fmt.Fprintf(&text, "|snapshot %d", s.SnapshotDays)
	}
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:6])
}

// closed tells whether a calendar keeps the schedule from opening at a time.
func (s Schedule) closed(opening wall.Minute) bool {
	_, closed := s.closedBy(opening)
	return closed
}

// closedBy returns the event that keeps the schedule from opening, as "추석 (kr)".
func (s Schedule) closedBy(opening wall.Minute) (string, bool) {
	for _, c := range s.Closed {
		if name, closed := c.Calendar.Closed(opening, s.Zone); closed {
			return fmt.Sprintf("%s (%s)", name, c.Name), true
		}
	}
	return "", false
}

// Describe says in one line what the schedule is.
func (s Schedule) Describe() string {
	parts := []string{s.Name}
	if s.Pattern != nil {
		if text := s.Pattern.String(); text != s.Name {
			parts = append(parts, text)
		}
		parts = append(parts, s.Zone.String())
	} else if s.Constant.String() != s.Name {
		parts = append(parts, "always "+s.Constant.String())
	}
	for _, c := range s.Closed {
		parts = append(parts, "closed on "+c.Name)
	}
	for _, c := range s.Hold {
		parts = append(parts, "on hold during "+c.Name)
	}
	if s.ReadyBy > 0 {
		parts = append(parts, "started "+age(s.ReadyBy)+" before it opens")
	}
	if s.StopAfter > 0 {
		parts = append(parts, "what a person starts while it is closed is stopped after "+age(s.StopAfter))
	}
	for _, option := range []struct {
		set  bool
		text string
	}{
		{s.Enforce, "enforced"},
		{s.OnlyStoppedByUs, "starts only what offpeak stopped"},
		{s.Hibernate, "hibernates"},
		{s.SnapshotDays > 0, "databases are stopped " + plan.Stop{SnapshotDays: s.SnapshotDays}.Snapshot()},
	} {
		if option.set {
			parts = append(parts, option.text)
		}
	}
	return strings.Join(parts, "; ")
}
