package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/scheduler"
	"offpeak/scheduler/wall"
)

// ownerFlags are the flags of commands that write an owner's override.
type ownerFlags struct {
	console
	reachFlags
	policyFile string
	yes        bool
	atOnce     bool
	output     string
}

func (f *ownerFlags) register(cmd *cobra.Command) {
	f.reachFlags.register(cmd)
	f.acts = true
	flags := cmd.Flags()
	flags.StringVar(&f.policyFile, "policy", defaultPolicy, "policy file; with a hub, the hub's policy is followed unless this is given")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	registerForm(cmd, &f.output)
	flags.BoolVar(&f.atOnce, "now", false, "with a hub: act at once from here, instead of leaving it to the hub")
}

// owned is a resource whose owner speaks, with what is known of it.
type owned struct {
	rules    *scheduler.Rules
	resource fleet.Resource
	subject  plan.Subject
	schedule *scheduler.Compiled
	taken    time.Time
	memory   fleet.Memory // of this resource alone
	observed time.Time    // until when its account is only watched; zero where it is not
}

// find looks for a resource, and refuses those that offpeak never touches.
func (f *ownerFlags) find(ctx context.Context, s *site, p *policy.Policy, name string) (*owned, error) {
	if p.Rules.Keys.Override == "" {
		return nil, usagef("the policy names no tag for overrides (tags.override)")
	}
	scopes, err := s.scopes(ctx, f.console, p, f.regions)
	if err != nil {
		return nil, err
	}
	scopes = scopesOfName(scopes, name)
	seen, err := s.look(ctx, f.console, p, scopes, false)
	if err != nil {
		return nil, err
	}
	r, err := findResource(seen.Resources, name)
	if err != nil && !slices.ContainsFunc(seen.Resources, func(r fleet.Resource) bool { return answersTo(&r, name) }) {
		// What is not opted in is looked for only to say so, and to propose names.
		if seen, err = s.look(ctx, f.console, p, scopes, true); err != nil {
			return nil, err
		}
		r, err = findResource(seen.Resources, name)
	}
	if err != nil {
		return nil, err
	}
	memory, err := s.memory(ctx, []fleet.Scope{r.Scope})
	if err != nil {
		// It only tells more exactly what comes: a person who works late is not kept from it.
		_, _ = fmt.Fprintf(f.err, "note: what offpeak remembers of %s cannot be read: %v\n", r.Scope, err)
	}
	o, err := own(&p.Rules, r, memory, seen.Taken)
	if err != nil || s.local {
		return o, err
	}
	o.observed, err = observedUntil(ctx, s, p, r.Scope.Account, f.now())
	return o, err
}

// scopesOfName leaves of the scopes the one that an ARN names; all where the name is no ARN.
func scopesOfName(scopes []fleet.Scope, name string) []fleet.Scope {
	parts := strings.SplitN(name, ":", 6)
	if parts[0] != "arn" || len(parts) < 6 {
		return scopes
	}
	named := fleet.Scope{Account: fleet.AccountID(parts[4]), Region: fleet.Region(parts[3])}
	if slices.Contains(scopes, named) {
		return []fleet.Scope{named}
	}
	return scopes
}

func answersTo(r *fleet.Resource, name string) bool {
	return string(r.ARN) == name || r.ID == name || r.Name() == name || r.Parent+"/"+r.ID == name
}

// observedUntil returns until when the hub only watches an account; zero where it acts already.
func observedUntil(ctx context.Context, s *site, p *policy.Policy, id fleet.AccountID, now time.Time) (time.Time, error) {
	since, err := (&hub.Accounts{Store: s.store}).Since(ctx, id, now)
	if until := since.Add(p.Observe); err == nil && p.Observe > 0 && now.Before(until) {
		return until, nil
	}
	return time.Time{}, err
}

// passing are refusals that may be gone at the next look: an override is written all the same, and takes effect when they are.
var passing = map[plan.Code]bool{
	plan.OnHold: true, plan.StackUpdating: true, plan.StopProtection: true, plan.ProtectedMembers: true, plan.StandbyMembers: true,
	plan.RefreshInProgress: true, plan.Deploying: true, plan.SizeUnknown: true, plan.SinceUnknown: true, plan.InTransition: true,
	plan.WaitingForOrder: true, plan.NotStoppedByUs: true, plan.GuardReached: true, plan.StaleSnapshot: true, plan.KillSwitch: true, plan.Superseded: true,
}

// own reads a resource for its owner. One that offpeak never touches is an error: an override on it would say something that does not happen.
func own(rules *scheduler.Rules, r *fleet.Resource, memory *fleet.Memory, taken time.Time) (*owned, error) {
	if group, member := r.Trait(fleet.GroupMember); member {
		return nil, usagef("%s belongs to the Auto Scaling group %s, which would replace it; name the group %s instead", r.ID, group.Detail, group.Detail)
	}
	if cluster, member := r.Trait(fleet.ClusterMember); member {
		return nil, usagef("%s is a member of the database cluster %s; name the cluster %s instead", r.ID, cluster.Detail, cluster.Detail)
	}
	o := &owned{rules: rules, resource: *r, taken: taken, memory: (*fleet.Memory)(nil).Clone()}
	if memory != nil {
		if known, ok := memory.Resources[r.ARN]; ok {
			o.memory.Resources[r.ARN] = known
		}
	}
	// An override that cannot be read does not matter: it is about to be replaced.
	bare := o.with("").resource
	made, _ := scheduler.New(rules).Plan(&fleet.Snapshot{Taken: taken, Resources: []fleet.Resource{bare}}, &o.memory, scheduler.Options{})
	for _, x := range made.Refusals {
		if !passing[x.Code] {
			return nil, usagef("%s is never touched by offpeak (%s): %s", r.ID, x.Code, x.Why)
		}
	}
	e := scheduler.New(rules).Explain(&bare, taken)
	if e.Schedule == nil {
		return nil, usagef("%s cannot be overridden: %s", r.ID, e.Problem)
	}
	o.schedule, o.subject = e.Schedule, plan.SubjectOf(r, e.Environment)
	return o, nil
}

// before is the text of the override that it has now, empty for none.
func (o *owned) before() string {
	text, _ := o.resource.Tags.Get(o.rules.Keys.Override)
	return strings.TrimSpace(text)
}

// with is the resource with another override. An empty one is none.
func (o *owned) with(value string) *owned {
	next := *o
	next.resource.Tags = withTag(o.resource.Tags, o.rules.Keys.Override, value)
	return &next
}

func withTag(tags fleet.Tags, key, value string) fleet.Tags {
	return fleet.NewTags(append(slices.Clone(tags), fleet.Tag{Key: key, Value: value})...)
}

// ahead plans the resource alone, as it is remembered.
func (o *owned) ahead(until time.Time) plan.Plan {
	const further = 8 * 24 * time.Hour // an act after the end of the override shows what follows it
	only := fleet.Snapshot{Taken: o.taken, Resources: []fleet.Resource{o.resource}}
	options := scheduler.Options{Now: o.taken, Idle: true, Forecast: max(until.Sub(o.taken), 0) + further, ObservedUntil: o.observed}
	made, _ := scheduler.New(o.rules).Plan(&only, &o.memory, options)
	return made
}

// inForce returns the override that holds at an instant, and its end.
func (o *owned) inForce(at time.Time) (want fleet.State, end time.Time, ok bool) {
	now, err := fleet.ParseOverride(o.before())
	if err != nil {
		return fleet.StateUnknown, time.Time{}, false
	}
	end = endOf(now, o.schedule.Zone)
	return now.Want, end, at.Before(end)
}

// endOf returns the instant at which an override ends, read in a schedule's zone.
func endOf(o fleet.Override, zone *time.Location) time.Time {
	if !o.Floating {
		return o.Until.In(zone)
	}
	return wall.At(o.Until, time.UTC).Instant(zone).In(zone)
}

// overrideText writes an override as the owner's tag has it, on the wall clock of a zone, and the instant at which it ends: the next full
// minute. Where the clock shows that minute twice, or not at all, the instant is written with its offset. All characters are ones that every service takes.
func overrideText(want fleet.State, end time.Time, zone *time.Location) (text string, ends time.Time) {
	ends = end.In(zone)
	if part := ends.Truncate(time.Minute); part.Before(ends) {
		ends = part.Add(time.Minute)
	}
	text = want.String() + " until " + ends.Format("2006-01-02 15:04")
	if read, err := fleet.ParseOverride(text); err != nil || !endOf(read, zone).Equal(ends) {
		text = want.String() + " until " + ends.Format(time.RFC3339)
	}
	return text, ends
}

// order is an override to be written, and how it is told.
type order struct {
	want  fleet.State
	value string
	ends  time.Time // zero: it clears the override
	why   string    // of the end
}

// orderJSON is an override that was written, and what comes of it.
type orderJSON struct {
	subjectJSON
	Tag      string    `json:"tag"`
	Value    string    `json:"value"`
	Replaces string    `json:"replaces,omitempty"`
	Ends     time.Time `json:"ends,omitzero"`
	Why      string    `json:"why"`
	Written  bool      `json:"written"`
	Now      []actJSON `json:"now"`
	NotNow   []string  `json:"not_now"`
	Then     []actJSON `json:"then"`
	// Came is what was done at once; null where it is left to the hub, or nothing is due.
	Came *workJSON `json:"came"`
}

func orderDocument(o *owned, given order, made plan.Plan) orderJSON {
	doc := orderJSON{
		subjectJSON: subjectOf(o.subject), Tag: o.rules.Keys.Override, Value: given.value, Ends: given.ends.UTC(), Why: given.why,
		Now: []actJSON{}, NotNow: []string{}, Then: []actJSON{},
	}
	if given.ends.IsZero() {
		doc.Ends = time.Time{}
	}
	if before := o.before(); before != given.value {
		doc.Replaces = before
	}
	for _, a := range made.Actions {
		doc.Now = append(doc.Now, actJSON{subjectJSON: doc.subjectJSON, Act: a.ID, Change: plan.Describe(a.Change), Came: "planned", Why: a.Why})
	}
	for _, x := range made.Refusals {
		doc.NotNow = append(doc.NotNow, fmt.Sprintf("%s: %s", x.Code, x.Why))
	}
	for i, a := range made.Forecast {
		if i < 2 {
			doc.Then = append(doc.Then, actJSON{subjectJSON: doc.subjectJSON, Act: a.ID, Change: plan.Describe(a.Change), Came: "planned", Why: a.Why})
		}
	}
	return doc
}

// give shows what an override will do, asks, writes it, and has it acted on.
func (f *ownerFlags) give(ctx context.Context, s *site, p *policy.Policy, o *owned, given order) error {
	as := form(f.output)
	tells := f.apart(as)
	next := o.with(given.value)
	made := next.ahead(given.ends)
	doc := orderDocument(o, given, made)
	w := &lines{w: tells.out, style: newStyle(tells)}
	tellOrder(w, o, given, made)
	if w.err != nil {
		return w.err
	}
	if err := tells.confirm(f.yes, "Write the tag?"); err != nil {
		return err
	}
	key := o.rules.Keys.Override
	if err := s.SetTag(ctx, &o.resource, key, given.value); err != nil {
		return err
	}
	doc.Written = true
	w.say("Wrote %s = %q.", key, given.value)
	var failed error
	switch due := len(made.Actions) > 0; {
	case due && (s.local || f.atOnce):
		done := newHandiwork(f.console, as)
		failed = f.act(ctx, s, p, next, w, &done)
		if _, tried := errors.AsType[exit](failed); failed != nil && !tried {
			return failed
		}
		doc.Came = &done.doc
	case due:
		w.say("The hub sees it and acts within five minutes; --now acts from here.")
	}
	if s.local && !given.ends.IsZero() && failed == nil {
		w.say("Nothing runs by itself without a hub: what is due as it ends is done by the next plan that is applied.")
	}
	if as == asJSON && w.err == nil {
		w.err = writeJSON(f.out, doc)
	}
	return errors.Join(w.err, failed)
}

// tellOrder says what will be written and what comes of it.
func tellOrder(w *lines, o *owned, given order, made plan.Plan) {
	where := "no environment"
	if o.subject.Environment != "" {
		where = "environment " + o.subject.Environment
	}
	w.say("%s", w.style.paint(bold, label(o.subject)))
	w.say("  %s in account %s, %s, %s. It is %s.", o.resource.Kind.Noun(), o.resource.Scope.Account, o.resource.Scope.Region, where, o.resource.State)
	w.say("  Tag %s = %q", o.rules.Keys.Override, given.value)
	if before := o.before(); before != "" && before != given.value {
		w.say("  It replaces %q, which is over with that.", before)
	}
	if given.ends.IsZero() {
		w.say("  %s", given.why)
	} else {
		w.say("  It ends %s, %s.", given.ends.Format(clockFull), given.why)
	}
	for _, a := range made.Actions {
		w.say("  Now: %s, %s.", plan.Describe(a.Change), a.Why)
	}
	for _, x := range made.Refusals {
		w.say("  Not now, %s: %s.", x.Code, x.Why)
	}
	for _, i := range made.Idle {
		if !given.ends.IsZero() && o.resource.State == given.want {
			i.Why = fmt.Sprintf("it is %s already", given.want)
		}
		w.say("  Now: nothing, %s.", i.Why)
	}
	for i, a := range made.Forecast {
		if i < 2 {
			w.say("  Then: %s %s, %s.", plan.Describe(a.Change), a.At.In(zoneOf(a.Zone)).Format(clockFull), a.Why)
		}
	}
}

// act lets the ordinary planner act on the one resource, between intent and outcome in the ledger.
func (f *ownerFlags) act(ctx context.Context, s *site, p *policy.Policy, o *owned, w *lines, done *handiwork) error {
	o.observed = time.Time{} // a person asks for it
	planner := &onlyOwned{owned: o}
	sweeper := handOptimizer(f.console, s, p, planner)
	sweeper.Actuator = s.Acts(p, false)
	out, err := sweeper.Sweep(ctx, o.resource.Scope)
	var held *optimizer.HeldError
	if errors.As(err, &held) {
		w.say("Somebody else looks after %s at this moment, and acts on the tag or leaves it to the next look.", o.resource.Scope)
		return w.err
	}
	if err := done.tell(out, err); err != nil {
		return err
	}
	done.doc.Done, done.doc.Failed, done.doc.Written = done.did, done.failed, s.place
	for _, x := range out.Plan.Refusals {
		w.say("  left    %s: %s", x.Code, x.Why)
	}
	if planner.gone {
		w.say("  left    it is not there any more")
	}
	if w.err == nil && done.failed > 0 {
		return exit(exitFailed)
	}
	return w.err
}

// onlyOwned is the ordinary planner, of whose plan only what concerns one resource is carried out and remembered. The resource is seen with the
// tag that was just written: listings may lag behind.
type onlyOwned struct {
	owned *owned
	gone  bool // the resource was not listed
}

// Plan implements optimizer.Planner.
func (p *onlyOwned) Plan(_ context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	o := p.owned
	seen := *s
	seen.Resources = slices.Clone(s.Resources)
	key := o.rules.Keys.Override
	value, _ := o.resource.Tags.Get(key)
	p.gone = true
	for i := range seen.Resources {
		if r := &seen.Resources[i]; r.ARN == o.resource.ARN {
			r.Tags, p.gone = withTag(r.Tags, key, value), false
		}
	}
	made, after := scheduler.New(o.rules).Plan(&seen, memory, scheduler.Options{Now: now})
	made.Actions = slices.DeleteFunc(made.Actions, func(a plan.Action) bool { return a.Subject.ARN != o.resource.ARN })
	made.Refusals = slices.DeleteFunc(made.Refusals, func(r plan.Refusal) bool { return r.Subject.ARN != o.resource.ARN })
	next := memory.Clone()
	if after != nil {
		if m, ok := after.Resources[o.resource.ARN]; ok {
			next.Resources[o.resource.ARN] = m
		}
	}
	made.Sort()
	made.Count()
	return made, &next, nil
}
