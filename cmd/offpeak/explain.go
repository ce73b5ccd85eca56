package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/spelling"
	"offpeak/scheduler"
)

func newExplain(c console) *cobra.Command {
	in := inputs{console: c}
	var reach reachFlags
	var output string
	var live bool
	cmd := &cobra.Command{
		Use:   "explain RESOURCE [FILE...]",
		Short: "Explain one resource: its tags as read, schedule, state, edges, and the decision with its reason",
		Long: `Explains what offpeak makes of one resource: its tags as read, its environment and schedule, the last and the next edge, and what
would be done now and why. RESOURCE is an id, a name or an ARN.`,
		Example: `  offpeak explain i-0a1b2c3d4e5f60718 --policy offpeak.yaml --inventory instances.json`,
		Args:    need(1, -1, "name a resource by its id, its name or its ARN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := formOf(output); err != nil {
				return err
			}
			seen, err := in.sight(cmd, &reach, live, args[1:])
			if err != nil {
				return err
			}
			return explain(in, args[0], seen, output)
		},
	}
	in.register(cmd)
	reach.register(cmd)
	cmd.Flags().BoolVar(&live, "live", false, "ask AWS what there is, instead of reading files; nothing is changed")
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table (prose) or json")
	return cmd
}

func explain(in inputs, name string, seen sight, output string) error {
	r, err := findResource(seen.snapshot.Resources, name)
	if err != nil {
		return err
	}
	planner := scheduler.New(&seen.policy.Rules)
	e := planner.Explain(r, seen.snapshot.Taken)
	made, _, err := seen.plan(scheduler.Options{Now: seen.now, Idle: true, Forecast: 14 * 24 * time.Hour})
	if err != nil {
		return err
	}
	if output == "json" {
		return writeJSON(in.out, explanationJSON(r, e, made))
	}
	w := &lines{w: in.out, style: newStyle(in.console)}
	describeResource(w, r, e, seen.policy.Rules.Zone)
	describeSchedule(w, e, seen.snapshot.Taken)
	describeDecision(w, r, made)
	return w.err
}

// findResource finds a resource by id, ARN or name; a name that several carry is an error that lists them.
func findResource(resources []fleet.Resource, name string) (*fleet.Resource, error) {
	var found []*fleet.Resource
	for i := range resources {
		r := &resources[i]
		if string(r.ARN) == name {
			return r, nil
		}
		if r.ID == name || r.Name() == name || r.Parent+"/"+r.ID == name {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		text := fmt.Sprintf("the inventory has no resource %q", name)
		if near := nearestResource(resources, name); near != "" {
			text += fmt.Sprintf(" (did you mean %s?)", near)
		}
		return nil, usagef("%s", text)
	default:
		var arns []string
		for _, r := range found {
			arns = append(arns, "  "+string(r.ARN))
		}
		return nil, usagef("%q is the name of %d resources; give the ARN of one:\n%s", name, len(found), strings.Join(arns, "\n"))
	}
}

func nearestResource(resources []fleet.Resource, name string) string {
	names := make([]string, 0, 2*len(resources))
	for i := range resources {
		names = append(names, resources[i].ID, resources[i].Name())
	}
	return spelling.Nearest(name, names)
}

// lines writes lines and keeps the first error.
type lines struct {
	w     io.Writer
	style style
	err   error
}

func (l *lines) say(format string, args ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, format+"\n", args...)
	}
}

func describeResource(w *lines, r *fleet.Resource, e scheduler.Explanation, zone *time.Location) {
	where := "no environment of the policy"
	if e.Environment != "" {
		where = "environment " + e.Environment
	}
	w.say("%s", w.style.paint(bold, label(plan.SubjectOf(r, ""))))
	w.say("  %s in account %s, %s, %s.", r.Kind.Noun(), r.Scope.Account, r.Scope.Region, where)
	state := "It is " + r.State.String()
	if r.Status != "" && r.Status != r.State.String() {
		state += " (" + r.Status + ")"
	}
	switch r.Kind {
	case fleet.ECSService:
		state += ", " + counted(r.Size.Desired, "task")
	case fleet.AutoScalingGroup:
		state += fmt.Sprintf(", min/max/desired %s", r.Size)
	}
	if !r.Since.IsZero() {
		if e.Schedule != nil {
			zone = e.Schedule.Zone
		}
		state += " since " + r.Since.In(zone).Format(clockFull)
	}
	w.say("  %s.", state)
	if r.Price.Known {
		w.say("  It costs %s USD an hour while it runs.", r.Price.Rate)
	}
	for _, t := range r.Traits {
		w.say("  Known of it: %s", strings.TrimSpace(string(t.Kind)+" "+t.Detail))
	}
	for _, t := range e.OwnerTags {
		w.say("  Tag %s = %q", t.Key, t.Value)
	}
}

func describeSchedule(w *lines, e scheduler.Explanation, at time.Time) {
	w.say("%s", w.style.paint(bold, "Schedule"))
	if e.Schedule == nil {
		w.say("  None: %s.", e.Problem)
		return
	}
	w.say("  %s", e.Schedule.Describe())
	if e.ClosedBy != "" {
		w.say("  Today it does not open: %s.", e.ClosedBy)
	}
	w.say("  At %s it wants %s.", at.In(e.Schedule.Zone).Format(clockFull), e.Reading.State)
	if !e.Reading.Last.At.IsZero() {
		w.say("  Last edge: %s at %s (%s).", e.Reading.Last.Want, e.Reading.Last.At.Format(clockFull), e.Reading.Last.Rule)
	}
	if !e.Reading.Next.At.IsZero() {
		w.say("  Next edge: %s at %s (%s).", e.Reading.Next.Want, e.Reading.Next.At.Format(clockFull), e.Reading.Next.Rule)
	}
}

func describeDecision(w *lines, r *fleet.Resource, p plan.Plan) {
	w.say("%s", w.style.paint(bold, "Decision"))
	said := false
	for _, a := range p.Actions {
		if a.Subject.ARN == r.ARN {
			w.say("  %s: %s.", plan.Describe(a.Change), a.Why)
			said = true
		}
	}
	for _, x := range p.Refusals {
		if x.Subject.ARN == r.ARN {
			w.say("  Refused, %s: %s.", x.Code, x.Why)
			said = true
		}
	}
	for _, i := range p.Idle {
		if i.Subject.ARN == r.ARN {
			w.say("  Nothing now, %s: %s.", i.Code, i.Why)
			said = true
		}
	}
	if !said {
		w.say("  Nothing: it is not opted in, or gone.")
	}
	for _, f := range p.Findings {
		if f.Subject.ARN == r.ARN {
			w.say("  To know, %s: %s.", f.Code, f.Why)
		}
	}
	shown := 0
	for _, a := range p.Forecast {
		if a.Subject.ARN == r.ARN && shown < 3 {
			w.say("  Then: %s %s, %s.", plan.Describe(a.Change), a.At.In(zoneOf(a.Zone)).Format(clockFull), a.Why)
			shown++
		}
	}
}

// explanation is the JSON form of an explanation.
type explanation struct {
	Resource    string         `json:"resource"`
	ARN         fleet.ARN      `json:"arn"`
	Environment string         `json:"environment"`
	Tags        fleet.Tags     `json:"tags"`
	Schedule    string         `json:"schedule"`
	Problem     string         `json:"problem,omitempty"`
	State       fleet.State    `json:"state"`
	Wanted      string         `json:"wanted"`
	Last        *edgeJSON      `json:"last"`
	Next        *edgeJSON      `json:"next"`
	Decision    []decisionJSON `json:"decision"`
}

type decisionJSON struct {
	What string `json:"what"` // a change, or a code of a refusal or of doing nothing
	Why  string `json:"why"`
}

func explanationJSON(r *fleet.Resource, e scheduler.Explanation, p plan.Plan) explanation {
	out := explanation{Resource: r.ID, ARN: r.ARN, Environment: e.Environment, Tags: e.OwnerTags, Problem: e.Problem, State: r.State, Decision: []decisionJSON{}}
	if e.Schedule != nil {
		out.Schedule, out.Wanted = e.Schedule.Describe(), e.Reading.State.String()
	}
	if !e.Reading.Last.At.IsZero() {
		last := toEdgeJSON(e.Reading.Last)
		out.Last = &last
	}
	if !e.Reading.Next.At.IsZero() {
		next := toEdgeJSON(e.Reading.Next)
		out.Next = &next
	}
	for _, a := range p.Actions {
		if a.Subject.ARN == r.ARN {
			out.Decision = append(out.Decision, decisionJSON{a.Change.Verb(), a.Why})
		}
	}
	for _, x := range p.Refusals {
		if x.Subject.ARN == r.ARN {
			out.Decision = append(out.Decision, decisionJSON{string(x.Code), x.Why})
		}
	}
	for _, i := range p.Idle {
		if i.Subject.ARN == r.ARN {
			out.Decision = append(out.Decision, decisionJSON{string(i.Code), i.Why})
		}
	}
	return out
}
