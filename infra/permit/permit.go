// Package permit is the one table of what offpeak may do on AWS: each statement with its actions, resources, conditions and why it is needed.
//
// In go the names of a deployment (tag keys, protected tags, keys of volumes); out come the statements of each role, as a policy document for a
// template and as a table for people. Both are made of the same rows, so that neither can say what the other does not. The package knows no CDK,
// asks AWS nothing, and grants no action that writes a tag, but for those that a launch gives to what it launches.
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
	OperatorRole = "offpeak-hub-operator" // of people who carry out plans, put back and push the policy
	ReaderRole   = "offpeak-hub-reader"   // of people who look
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
	// Why says what for. Anywhere says why the resource is "*", where it is, and Everything why an action is.
	Why, Anywhere, Everything string
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

// Policy is the policy of a thing of the hub's: who else may use it.
type Policy struct {
	Name       string
	Statements []Statement
}

// Check refuses a policy as Role.Check does, and one that lets whoever comes in.
func (p Policy) Check() error {
	for _, s := range p.Statements {
		err := s.check()
		if err == nil {
			err = s.admits()
		}
		if err != nil {
			return fmt.Errorf("policy of %s, statement %s: %w", p.Name, s.Sid, err)
		}
	}
	return nil
}

// admits refuses principals that anybody can be: * without an organization, and a service that acts for every account's things.
func (s Statement) admits() error {
	asks := func(keys ...string) bool {
		return slices.ContainsFunc(s.Conditions, func(c Condition) bool { return slices.Contains(keys, c.Key) })
	}
	switch {
	case len(s.Principals) == 0:
		return fmt.Errorf("a policy of a thing says whom it lets in")
	case s.Effect == Deny:
		return nil
	case s.Principals["*"] != nil && !asks("aws:PrincipalOrgID"):
		return fmt.Errorf("everybody is let in: name accounts, or the organization by aws:PrincipalOrgID")
	case s.Principals["Service"] != nil && !asks("aws:SourceAccount", "aws:SourceArn", "kms:EncryptionContext:aws:logs:arn"):
		return fmt.Errorf("the service %s acts for every account of AWS's: ask by aws:SourceAccount or aws:SourceArn for whom", s.Principals["Service"][0])
	}
	return nil
}

// Limits of IAM (IAM user guide, quotas), in characters without white space.
const (
	InlineLimit  = 10_240 // of all inline policies of a role
	ManagedLimit = 6_144  // of a managed policy
	TrustLimit   = 2_048  // of a role's trust policy
)

// inlineRoom leaves room for the keys of volumes, which are named as an account's stack is deployed. A role takes mostManaged managed policies.
const (
	inlineRoom  = InlineLimit - 1_000
	mostManaged = 10
)

// Split is what stands in a role itself, and what has to stand in managed policies beside it: IAM takes no more in one place.
func (r Role) Split() (inline []Statement, beside [][]Statement) {
	rest := r.Statements
	take := func(limit int) []Statement {
		n := 0
		for n < len(rest) && Size(rest[:n+1]) <= limit {
			n++
		}
		taken := rest[:n]
		rest = rest[n:]
		return taken
	}
	inline = take(inlineRoom)
	for len(rest) > 0 {
		part := take(ManagedLimit)
		if len(part) == 0 { // one that fits nowhere, which Check tells
			part, rest = rest[:1], rest[1:]
		}
		beside = append(beside, part)
	}
	return inline, beside
}

// Check refuses a role that says more, or more vaguely, than the rules of this table allow, or that IAM would refuse.
func (r Role) Check() error {
	for _, s := range r.Statements {
		if err := s.check(); err != nil {
			return fmt.Errorf("role %s, statement %s: %w", r.Name, s.Sid, err)
		}
	}
	const fewer = "name fewer schedule tags, protected tags or volume keys"
	_, beside := r.Split()
	for _, part := range beside {
		if n := Size(part); n > ManagedLimit {
			return fmt.Errorf("the statement %s of role %s has %d characters, IAM takes %d in a policy: %s", part[0].Sid, r.Name, n, ManagedLimit, fewer)
		}
	}
	if len(beside) > mostManaged {
		return fmt.Errorf("the policies of role %s have %d characters, which is more than IAM takes in a role and %d policies beside it: %s",
			r.Name, Size(r.Statements), mostManaged, fewer)
	}
	if n := Size(r.Trust); n > TrustLimit {
		return fmt.Errorf("the trust policy of role %s has %d characters, IAM takes %d: name fewer roles of people", r.Name, n, TrustLimit)
	}
	return nil
}

func (s Statement) check() error {
	for _, action := range s.Actions {
		switch name := action[strings.Index(action, ":")+1:]; {
		case strings.Contains(action, "*") && s.Everything != "":
		case strings.Contains(action, "*"):
			return fmt.Errorf("the action %s is none but many: name them", action)
		case s.Effect == Allow && writesTags(name) && !(action == createTags && slices.ContainsFunc(s.Conditions, isAtCreation)):
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

// createTags is also asked for by EC2 where a launch says which tags its instance is to carry.
const createTags = "ec2:CreateTags"

// atLaunch lets tags be written by a launch, on what it launches, and by nothing else; atImaging by the making of an image (EC2 user guide, grant
// permission to tag resources during creation).
var (
	atLaunch  = is("ec2:CreateAction", "RunInstances")
	atImaging = is("ec2:CreateAction", "CreateImage")
)

func isAtCreation(c Condition) bool {
	return c.Operator == atLaunch.Operator && c.Key == atLaunch.Key && (slices.Equal(c.Values, atLaunch.Values) || slices.Equal(c.Values, atImaging.Values))
}

func writesTags(name string) bool {
	return strings.HasPrefix(name, "Tag") || strings.HasPrefix(name, "Untag") || strings.Contains(name, "Tags") && !strings.HasPrefix(name, "Describe") ||
		strings.Contains(name, "TagResource")
}

// has is a condition that a key is there, and lacks that it is not.
func has(key string) Condition { return Condition{"Null", key, []string{"false"}} }

func is(key string, values ...string) Condition { return Condition{"StringEquals", key, values} }
