// Package permit is the one table of what offpeak may do on AWS: each statement with its actions, resources, conditions and why it is needed.
//
// In go the names of a deployment (tag keys, protected tags, keys of volumes); out come the statements of each role, as a policy document for a
// template and as a table for people. Both are made of the same rows, so that neither can say what the other does not. The package knows no CDK,
// asks AWS nothing, and grants no action that writes a tag.
package permit

import (
	"fmt"
	"slices"
	"strings"
)

// Version is that of IAM's policy language.
const Version = "2012-10-17"

// The names of roles are fixed: who trusts one names it before it exists.
const (
	DispatchRole = "offpeak-hub-dispatch" // of the function that finds out who is due
	ScheduleRole = "offpeak-hub-schedule" // of the function that looks and acts
	TickRole     = "offpeak-hub-tick"     // of the clock
	SpokeRole    = "offpeak-schedule"     // in an account that is looked after
	ReadRole     = "offpeak-read"         // in an account that is only looked at
	EventsRole   = "offpeak-events"       // of the rules that pass events on
)

// Effect is what a statement does.
type Effect string

// The effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Statement is one statement of a policy. Resources, principals and values may hold ${Name} of a parameter, and CloudFormation's own such as
// ${AWS::Partition}.
type Statement struct {
	Sid        string
	Effect     Effect
	Principals map[string][]string // of trust and resource policies: AWS or Service
	Actions    []string
	Resources  []string // none in trust policies
	Conditions []Condition
	// Why says what for. Anywhere says why the resource is "*", where it is.
	Why, Anywhere string
}

// Condition is one line of a condition block: all lines must hold, of a line's values one.
type Condition struct {
	Operator, Key string
	Values        []string
}

// Role is a role and all that it may do.
type Role struct {
	Name string
	// Where says in which accounts it is, and For what uses it.
	Where, For string
	Trust      []Statement
	Statements []Statement
}

// Limits of IAM (IAM user guide, quotas), in characters without white space.
const (
	InlineLimit = 10_240 // of all inline policies of a role
	TrustLimit  = 2_048  // of a role's trust policy
)

// Check refuses a role that says more, or more vaguely, than the rules of this table allow, or that IAM would refuse.
func (r Role) Check() error {
	for _, s := range r.Statements {
		if err := s.check(); err != nil {
			return fmt.Errorf("role %s, statement %s: %w", r.Name, s.Sid, err)
		}
	}
	if n := Size(r.Statements); n > InlineLimit {
		return fmt.Errorf("the policy of role %s has %d characters, IAM takes %d: name fewer schedule tags, protected tags or volume keys", r.Name, n, InlineLimit)
	}
	if n := Size(r.Trust); n > TrustLimit {
		return fmt.Errorf("the trust policy of role %s has %d characters, IAM takes %d", r.Name, n, TrustLimit)
	}
	return nil
}

func (s Statement) check() error {
	for _, action := range s.Actions {
		switch name := action[strings.Index(action, ":")+1:]; {
		case strings.Contains(action, "*"):
			return fmt.Errorf("the action %s is none but many: name them", action)
		case s.Effect == Allow && writesTags(name):
			return fmt.Errorf("the action %s writes tags, which are their owners'", action)
		}
	}
	if s.Effect == Allow {
		for _, c := range s.Conditions {
			if strings.Contains(c.Operator, "Not") && c.Operator != "Null" {
				return fmt.Errorf("%s lets through whatever lacks %s: deny what must not be instead", c.Operator, c.Key)
			}
		}
	}
	if slices.Contains(s.Resources, "*") != (s.Anywhere != "") {
		return fmt.Errorf("a resource * is there if and only if it is said why nothing narrower will do")
	}
	return nil
}

func writesTags(name string) bool {
	return strings.HasPrefix(name, "Tag") || strings.HasPrefix(name, "Untag") || strings.Contains(name, "Tags") && !strings.HasPrefix(name, "Describe") ||
		strings.Contains(name, "TagResource")
}

// has is a condition that a key is there, and lacks that it is not.
func has(key string) Condition { return Condition{"Null", key, []string{"false"}} }

func is(key string, values ...string) Condition { return Condition{"StringEquals", key, values} }
