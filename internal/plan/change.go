package plan

import (
	"fmt"

	"offpeak/internal/fleet"
)

// Change is one way to change a resource. The set is closed: Stop, Hibernate, Start, Scale.
type Change interface {
	change()
	// Verb is the change's stable name: stop, hibernate, start, scale.
	Verb() string
}

// Stop stops an instance, a database or a cluster.
type Stop struct{}

// Hibernate stops an EC2 instance with its memory kept on disk.
type Hibernate struct{}

// Start starts an instance, a database or a cluster.
type Start struct{}

// Scale sets the size of a group or a service: to zero and back.
type Scale struct{ From, To fleet.Size }

func (Stop) change()      {}
func (Hibernate) change() {}
func (Start) change()     {}
func (Scale) change()     {}

// Verb returns stop.
func (Stop) Verb() string { return "stop" }

// Verb returns hibernate.
func (Hibernate) Verb() string { return "hibernate" }

// Verb returns start.
func (Start) Verb() string { return "start" }

// Verb returns scale.
func (Scale) Verb() string { return "scale" }

// Verbs lists the names of all changes.
func Verbs() []string { return []string{"stop", "hibernate", "start", "scale"} }

// SwitchesOff reports whether a change ends running.
func SwitchesOff(c Change) bool {
	switch c := c.(type) {
	case Stop, Hibernate:
		return true
	case Start:
		return false
	case Scale:
		return c.To.Desired == 0
	default:
		panic(fmt.Sprintf("plan: unknown change %T", c))
	}
}

// Describe writes a change for people: "stop", "scale 2/6/3 to 0/0/0".
func Describe(c Change) string {
	if s, ok := c.(Scale); ok {
		return fmt.Sprintf("scale %s to %s", s.From, s.To)
	}
	return c.Verb()
}
