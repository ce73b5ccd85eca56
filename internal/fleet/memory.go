package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"
)

// Memory is what one plan passes on to the next. It is a value: a planner reads one and returns another. The zero value is the
// memory of a fleet that was never seen, not the absence of memory: planners take a *Memory, and nil for none.
type Memory struct {
	Resources map[ARN]Remembered
	Scopes    map[Scope]RememberedScope
	// Spot is what AutoSpot has moved, or was moving. It is apart from Resources: what moves need not be on a schedule.
	Spot map[ARN]Moved
}

// Moment is an edge as memory keeps it: when, and which state it asked for.
type Moment struct {
	At   time.Time `json:"at"`
	Want State     `json:"want"`
}

// IsZero reports whether there is no such edge.
func (m Moment) IsZero() bool { return m.At.IsZero() }

// Equal reports whether two moments are the same edge.
func (m Moment) Equal(other Moment) bool { return m.At.Equal(other.At) && m.Want == other.Want }

// Remembered is what is kept of one resource.
type Remembered struct {
	Enrolled time.Time `json:"enrolled"`
	Schedule string    `json:"schedule"` // hash of the compiled schedule that it followed
	// Environment is the policy's environment that it was last planned in.
	Environment string `json:"environment,omitempty"`
	// Done is the last edge that needs no more action: carried out and seen, left to a person, or older than the enrolment.
	Done Moment `json:"done,omitzero"`
	// Tried is the last edge for which an act was planned, Act the last such act's id, and Attempts how often it was tried.
	Tried    Moment `json:"tried,omitzero"`
	Act      string `json:"act,omitempty"`
	Attempts int    `json:"attempts,omitempty"`
	// Applied says that AWS accepted the last try. What differs from it afterwards is somebody else's doing where a change takes effect at
	// once, as the size of a group does.
	Applied bool `json:"applied,omitempty"`
	// RetryAt is when the last try may be repeated, where AWS refused it for a reason that does not pass by itself; zero: at once.
	RetryAt time.Time `json:"retry_at,omitzero"`
	// StoppedByUs is when a stop of ours was first seen to have worked; zero while running.
	StoppedByUs time.Time `json:"stopped_by_us,omitzero"`
	RestartsAt  time.Time `json:"restarts_at,omitzero"`
	// Original is the size before our stop. It is kept until its restoration has been seen, and never overwritten.
	Original *Size `json:"original,omitempty"`
	// Observed is the state last seen, and ObservedSince the first snapshot that showed it.
	Observed      State     `json:"observed"`
	ObservedSince time.Time `json:"observed_since,omitzero"`
	// Override is the text of the override tag last seen, OverrideSeen the first snapshot that showed it in force, and OverrideEnd
	// its end: as written, or when the tag was taken away before that.
	Override     string    `json:"override,omitempty"`
	OverrideSeen time.Time `json:"override_seen,omitzero"`
	OverrideEnd  time.Time `json:"override_end,omitzero"`
	// Forecast is the next edge as published by the last plan. An act that it announced is no surprise.
	Forecast Moment `json:"forecast,omitzero"`
	// Missed is the first snapshot that did not list it; zero while it is listed. A listing may lag, so that alone says nothing.
	Missed time.Time `json:"missed,omitzero"`
	// Left is when it was found to have left, and Departure how; both zero while it is there and opted in. Everything else is kept
	// meanwhile: what comes back goes on where it was.
	Left      time.Time `json:"left,omitzero"`
	Departure Departure `json:"departure,omitempty"`
}

// Departure is how a resource left those that offpeak looks after.
type Departure string

// The departures.
const (
	Deleted  Departure = "deleted"  // AWS says that it is terminated or being deleted
	Missing  Departure = "missing"  // listings did not show it for an hour
	Released Departure = "released" // it is there, and no longer opted in
)

// Away reports whether the resource has left.
func (r *Remembered) Away() bool { return !r.Left.IsZero() }

// HeldOff reports whether offpeak switched the resource off, or began to, and has not seen it restored.
func (r *Remembered) HeldOff() bool { return !r.StoppedByUs.IsZero() || r.Original != nil }

// Asleep counts what offpeak holds off: what it was seen to have stopped, and what AWS has accepted to stop, until it is seen to run again.
func (m *Memory) Asleep() (n int) {
	for _, r := range m.Resources {
		if !r.Away() && (r.HeldOff() || r.Applied && r.Tried.Want == Stopped) {
			n++
		}
	}
	return n
}

// RememberedScope is what is kept of an account in a region.
type RememberedScope struct {
	// Counts are the acts of past edges, for the guard against surprises; kept for four weeks.
	Counts []EdgeCount `json:"counts,omitempty"`
}

// EdgeCount is how many acts one edge led to.
type EdgeCount struct {
	Moment
	Acts int `json:"acts"`
}

// Clone returns a memory that can be changed without changing m. A nil memory gives an empty one.
func (m *Memory) Clone() Memory {
	var clone Memory
	if m != nil {
		clone = Memory{maps.Clone(m.Resources), maps.Clone(m.Scopes), maps.Clone(m.Spot)}
	}
	if clone.Resources == nil {
		clone.Resources = map[ARN]Remembered{}
	}
	if clone.Scopes == nil {
		clone.Scopes = map[Scope]RememberedScope{}
	}
	if clone.Spot == nil {
		clone.Spot = map[ARN]Moved{}
	}
	return clone
}

// MemoryFormat marks saved memory, and the version of its form.
const MemoryFormat = "offpeak-memory/1"

// savedMemory is the JSON form of a memory.
type savedMemory struct {
	Format    string                     `json:"format"`
	Resources map[ARN]Remembered         `json:"resources"`
	Scopes    map[string]RememberedScope `json:"scopes,omitempty"`
	Spot      map[ARN]Moved              `json:"spot,omitempty"`
}

// ReadMemory reads memory written by MarshalJSON. Memory of a newer version is refused: it would be misread.
func ReadMemory(r io.Reader) (Memory, error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	var saved savedMemory
	if err := decoder.Decode(&saved); err != nil {
		return Memory{}, fmt.Errorf("read memory: %w", err)
	}
	if saved.Format != MemoryFormat {
		return Memory{}, fmt.Errorf("read memory: its format is %.40q, this offpeak reads %q", saved.Format, MemoryFormat)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Memory{}, errors.New("read memory: text follows the memory")
	}
	memory := (*Memory)(nil).Clone()
	maps.Copy(memory.Resources, saved.Resources)
	maps.Copy(memory.Spot, saved.Spot)
	for text, remembered := range saved.Scopes {
		account, region, found := cutScope(text)
		if !found {
			return Memory{}, fmt.Errorf("read memory: %.60q is no account/region", text)
		}
		memory.Scopes[Scope{account, region}] = remembered
	}
	return memory, nil
}

func cutScope(text string) (AccountID, Region, bool) {
	if len(text) < 14 || text[12] != '/' {
		return "", "", false
	}
	account, err := ParseAccountID(text[:12])
	return account, Region(text[13:]), err == nil
}
