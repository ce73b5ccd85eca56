package plan

import (
	"fmt"

	"offpeak/internal/fleet"
)

// Change is one way to change a resource. The set is closed: Stop, Hibernate, Start, Scale, Move, Deregister.
type Change interface {
	change()
	// Verb is the change's stable name: stop, hibernate, start, scale, move, deregister.
	Verb() string
}

// Stop stops an instance, a database or a cluster.
type Stop struct {
	// SnapshotDays asks for a snapshot of a database before it is stopped, and is for how many days it is kept; zero: none is taken.
	SnapshotDays int
}

// Hibernate stops an EC2 instance with its memory kept on disk.
type Hibernate struct{}

// Start starts an instance, a database or a cluster.
type Start struct{}

// Scale sets the size of a group or a service: to zero and back.
type Scale struct{ From, To fleet.Size }

// Deregister removes an image, with its snapshots, that a conversion of the instance has made.
type Deregister struct{ Image string }

func (Stop) change()       {}
func (Hibernate) change()  {}
func (Start) change()      {}
func (Scale) change()      {}
func (Deregister) change() {}

// Verb returns stop.
func (Stop) Verb() string { return "stop" }

// Verb returns hibernate.
func (Hibernate) Verb() string { return "hibernate" }

// Verb returns start.
func (Start) Verb() string { return "start" }

// Verb returns scale.
func (Scale) Verb() string { return "scale" }

// Verb returns deregister.
func (Deregister) Verb() string { return "deregister" }

// Verbs lists the names of all changes.
func Verbs() []string { return []string{"stop", "hibernate", "start", "scale", "move", "deregister"} }

// Switches reports whether a change ends or begins running: all do but a move and the removal of an image.
func Switches(c Change) bool {
	switch c.(type) {
	case Move, Deregister:
		return false
	default:
		return true
	}
}

// SwitchesOff reports whether a change ends running. What does not may begin it, or do neither (Switches).
func SwitchesOff(c Change) bool {
	switch c := c.(type) {
	case Stop, Hibernate:
		return true
	case Start, Move, Deregister:
		return false
	case Scale:
		return c.To.Desired == 0
	default:
		panic(fmt.Sprintf("plan: unknown change %T", c))
	}
}

// Describe writes a change for people: "stop", "scale 2/6/3 to 0/0/0". Changes that differ read differently: an act's id is made of it.
func Describe(c Change) string {
	switch c := c.(type) {
	case Move:
		return c.String()
	case Deregister:
		return c.Verb() + " " + c.Image
	case Scale:
		return fmt.Sprintf("scale %s to %s", c.From, c.To)
	case Stop:
		if text := c.Snapshot(); text != "" {
			return c.Verb() + " " + text
		}
	}
	return c.Verb()
}

// Snapshot says of a stop that a snapshot is taken before it, and how long it is kept; empty where none is.
func (s Stop) Snapshot() string {
	switch s.SnapshotDays {
	case 0:
		return ""
	case 1:
		return "with a snapshot kept 1 day"
	default:
		return fmt.Sprintf("with a snapshot kept %d days", s.SnapshotDays)
	}
}
