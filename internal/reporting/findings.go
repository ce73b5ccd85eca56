package reporting

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/internal/spelling"
	"offpeak/reports"
	"offpeak/reports/spend"
	"offpeak/scheduler"
	"offpeak/scheduler/hours"
	"offpeak/scheduler/wall"
)

// watch looks for what people should know of an inventory under a policy: what keeps resources from their schedules, and which exceptions end soon. What the scheduler
// would refuse at the instant of the inventory is asked of the scheduler itself, so that a report says what plans say.
type watch struct {
	policy *policy.Policy
	seen   *fleet.Snapshot // nil: there is no inventory
	issued time.Time
	acts   []*ledger.Entry // of the quarter, in any order

	byARN  map[fleet.ARN]*fleet.Resource
	places *fleet.Environments
}

func newWatch(p *policy.Policy, seen *fleet.Snapshot, issued time.Time, acts []*ledger.Entry) *watch {
	w := &watch{policy: p, seen: seen, issued: issued, acts: acts, byARN: map[fleet.ARN]*fleet.Resource{}, places: fleet.NewEnvironments(p.Rules.Environments)}
	if seen != nil {
		for i := range seen.Resources {
			w.byARN[seen.Resources[i].ARN] = &seen.Resources[i]
		}
	}
	return w
}

// look returns the findings and the exceptions that end within the quarter after the report.
func (w *watch) look() (findings []spend.Finding, exceptions []spend.Exception) {
	if w.seen == nil {
		return nil, nil // what the ledger knows may be gone
	}
	made, _ := scheduler.New(&w.policy.Rules).Plan(w.seen, nil, scheduler.Options{})
	barred := map[fleet.ARN]bool{}
	for i := range made.Refusals {
		refusal := &made.Refusals[i]
		barred[refusal.Subject.ARN] = barred[refusal.Subject.ARN] || refusal.Code == plan.Protected || slices.Contains(reports.FindingCodes(), string(refusal.Code))
		if r := w.byARN[refusal.Subject.ARN]; r != nil && w.told(r, refusal.Code) {
			findings = append(findings, w.finding(r, refusal.Code))
		}
	}
	for i := range made.Findings {
		if r := w.byARN[made.Findings[i].Subject.ARN]; r != nil && made.Findings[i].Code == plan.TagKeyCase {
			findings = append(findings, w.finding(r, plan.TagKeyCase))
		}
	}
	for i := range w.seen.Resources {
		if r := &w.seen.Resources[i]; !barred[r.ARN] && w.policy.Rules.Keys.OptsIn(r.Tags) {
			if e, ok := w.exception(r); ok {
				exceptions = append(exceptions, e)
			}
		}
	}
	return append(findings, w.refusedAgain(findings)...), exceptions
}

// told says whether a refusal is one that a report names. The tags of a group that it gives its instances are no mistake where the group has a schedule itself, nor
// those of a cluster.
func (w *watch) told(r *fleet.Resource, code plan.Code) bool {
	of := map[plan.Code]fleet.TraitKind{plan.GroupMember: fleet.GroupMember, plan.ClusterMember: fleet.ClusterMember}
	if trait, member := of[code]; member {
		t, _ := r.Trait(trait)
		for i := range w.seen.Resources {
			if p := &w.seen.Resources[i]; p.ID == t.Detail && p.Scope == r.Scope && (p.Kind == fleet.AutoScalingGroup || p.Kind == fleet.RDSCluster) && w.policy.Rules.Keys.OptsIn(p.Tags) {
				return false
			}
		}
	}
	return slices.Contains(reports.FindingCodes(), string(code))
}

// finding is a refusal or a finding of the plan, with what mends it.
func (w *watch) finding(r *fleet.Resource, code plan.Code) spend.Finding {
	f := spend.Finding{ARN: r.ARN, Code: string(code)}
	tag, others := w.scheduleTags(r)
	switch code {
	case plan.UnknownSchedule:
		w.mend(&f, r, tag, cmp.Or(spelling.Nearest(tag.Value, w.policy.Schedules), w.usual(r)))
	case plan.NoSchedule:
		w.mend(&f, r, tag, w.usual(r))
	case plan.InvalidTag:
		if wrong, is := w.unreadable(r); is {
			w.mend(&f, r, wrong, "")
			f.Hours = w.hoursOf(tag.Value, r)
		} else {
			w.mend(&f, r, tag, w.usual(r))
		}
	case plan.ConflictingTags:
		w.agree(&f, r, append([]fleet.Tag{tag}, others...))
	case plan.TagKeyCase:
		w.rename(&f, r)
	case plan.EnvironmentUnknown:
		f.Choose = w.choice()
	case plan.EnvironmentAmbiguous:
	default: // it can never be scheduled: the tag is to go
		f.Written = tag
		for _, t := range append([]fleet.Tag{tag}, others...) {
			if t.Key != "" {
				f.Unwanted = append(f.Unwanted, t.Key)
			}
		}
	}
	return f
}

// mend proposes another value for a tag; an empty one only where that says nothing is wanted.
func (w *watch) mend(f *spend.Finding, r *fleet.Resource, tag fleet.Tag, value string) {
	f.Written = tag
	if slices.Contains(w.policy.Rules.Keys.Schedule, tag.Key) {
		if value == "" {
			return
		}
		f.Hours = w.hoursOf(value, r)
	}
	if tag.Key != "" {
		f.Mends = []fleet.Tag{{Key: tag.Key, Value: value}}
	}
}

// agree proposes that all schedule tags say what the first says that can be read.
func (w *watch) agree(f *spend.Finding, r *fleet.Resource, tags []fleet.Tag) {
	f.Written = tags[0]
	for _, t := range tags {
		if _, err := w.policy.Rules.ReadTag(t.Key, t.Value); err != nil && strings.TrimSpace(t.Value) != "" {
			continue
		}
		for _, other := range tags {
			f.Mends = append(f.Mends, fleet.Tag{Key: other.Key, Value: t.Value})
		}
		f.Hours = w.hoursOf(t.Value, r)
		return
	}
}

// rename proposes the key as the policy has it.
func (w *watch) rename(f *spend.Finding, r *fleet.Resource) {
	for _, key := range w.policy.Rules.Keys.Schedule {
		if value, asWritten, ok := r.Tags.GetFold(key); ok {
			f.Written, f.Mends, f.Hours = fleet.Tag{Key: asWritten, Value: value}, []fleet.Tag{{Key: key, Value: value}}, w.hoursOf(value, r)
			return
		}
	}
}

// scheduleTags are the tags by which a resource is opted in: the first that cannot be read, else the first, and the others.
func (w *watch) scheduleTags(r *fleet.Resource) (tag fleet.Tag, others []fleet.Tag) {
	keys := w.policy.Rules.Keys
	for _, key := range keys.Schedule {
		if value, ok := r.Tags.Get(key); ok {
			others = append(others, fleet.Tag{Key: key, Value: value})
		}
	}
	if keys.Custodian != "" && len(others) == 0 {
		if value, key, ok := r.Tags.GetFold(keys.Custodian); ok {
			others = append(others, fleet.Tag{Key: key, Value: value})
		}
	}
	if len(others) == 0 {
		return tag, nil
	}
	first := max(0, slices.IndexFunc(others, func(t fleet.Tag) bool {
		_, err := w.policy.Rules.ReadTag(t.Key, t.Value)
		return err != nil && strings.TrimSpace(t.Value) != ""
	}))
	return others[first], slices.Delete(slices.Clone(others), first, first+1)
}

// unreadable is the tag beside the schedule that cannot be read; false where it is the schedule's.
func (w *watch) unreadable(r *fleet.Resource) (fleet.Tag, bool) {
	keys := w.policy.Rules.Keys
	for _, t := range []struct {
		key  string
		read func(string) error
	}{
		{keys.Override, func(text string) error { _, err := fleet.ParseOverride(text); return err }},
		{keys.Order, func(text string) error { _, err := fleet.ParseOrder(text); return err }},
		{keys.Snapshot, func(text string) error { _, err := fleet.ParseSnapshot(text); return err }},
	} {
		if text, ok := r.Tags.Get(t.key); ok && t.key != "" && strings.TrimSpace(text) != "" && t.read(text) != nil {
			return fleet.Tag{Key: t.key, Value: text}, true
		}
	}
	return fleet.Tag{}, false
}

// usual is the schedule that resources beside one usually have: that of its environment, else the one that is the tenant's working hours. Empty where there is none.
func (w *watch) usual(r *fleet.Resource) string {
	if in := w.places.Of(r).In; in != nil && in.Default != "" {
		return in.Default
	}
	return w.policy.Report.WorkingHours
}

// hoursOf are the hours that the text of a schedule tag means; without windows where they are no opening hours.
func (w *watch) hoursOf(text string, r *fleet.Resource) hours.Hours {
	text = strings.TrimSpace(text)
	if in := w.places.Of(r).In; text == "" && in != nil {
		text = in.Default
	}
	if open, ok := w.policy.Opening(text); ok {
		return open
	}
	if _, named := w.policy.Rules.Schedules[text]; named {
		return hours.Hours{}
	}
	open, err := hours.Parse(text)
	if err != nil {
		return hours.Hours{}
	}
	return open
}

// choice is what a resource without an environment may be tagged with, of which people choose: env=dev|stg.
func (w *watch) choice() string {
	values := map[string][]string{}
	var keys []string
	for _, e := range w.policy.Rules.Environments {
		for key, known := range e.Tags {
			if len(known) > 0 {
				keys, values[key] = append(keys, key), append(values[key], known[0])
			}
		}
	}
	slices.Sort(keys)
	if len(keys) == 0 {
		return ""
	}
	return keys[0] + "=" + strings.Join(values[keys[0]], "|")
}

// again is from how many failed tries on in a quarter AWS is taken to refuse an act again and again.
const again = 3

// refusedAgain finds the resources of which the last act of the quarter failed for a reason that somebody has to put right, after several that failed. What has a
// finding already has its reason there.
func (w *watch) refusedAgain(known []spend.Finding) (found []spend.Finding) {
	type history struct {
		failed int
		last   *ledger.Entry
	}
	of := map[fleet.ARN]*history{}
	for _, e := range w.acts {
		if !e.Switches() {
			continue
		}
		h := of[e.Resource]
		if h == nil {
			h = &history{}
			of[e.Resource] = h
		}
		if e.State == ledger.Failed {
			h.failed++
		}
		if e.State != ledger.Intent && (h.last == nil || !e.At.Before(h.last.At)) {
			h.last = e
		}
	}
	for arn, h := range of {
		r := w.byARN[arn]
		passes := h.last == nil || h.last.State != ledger.Failed || h.last.Class.Passes() || h.last.Class == failure.Gone
		if r == nil || passes || h.failed < again || slices.ContainsFunc(known, func(f spend.Finding) bool { return f.ARN == arn }) {
			continue
		}
		tag, _ := w.scheduleTags(r)
		found = append(found, spend.Finding{ARN: arn, Code: string(plan.RetryLater), Hours: w.hoursOf(tag.Value, r)})
	}
	return found
}

// holds are the events of hold calendars that last as the report is made and end within the quarter after it, with the resources whose schedules they hold.
func (w *watch) holds() (all []spend.Hold) {
	if w.seen == nil {
		return nil
	}
	for i := range w.seen.Resources {
		r := &w.seen.Resources[i]
		where := w.places.Of(r)
		if _, _, misplaced := plan.Misplaced(r, where); misplaced || !w.policy.Rules.Keys.OptsIn(r.Tags) {
			continue
		}
		tag, _ := w.scheduleTags(r)
		s, err := w.policy.Rules.ReadTag(tag.Key, cmp.Or(strings.TrimSpace(tag.Value), where.In.Default))
		if err != nil {
			continue
		}
		span, held := s.HeldBy(w.issued)
		if !held || !w.soon(span.To) {
			continue
		}
		hold := spend.Hold{Calendar: holding(s, w.issued), Name: span.Name, Until: span.To, Held: []fleet.ARN{r.ARN}}
		same := slices.IndexFunc(all, func(h spend.Hold) bool {
			return h.Calendar == hold.Calendar && h.Name == hold.Name && h.Until.Equal(hold.Until)
		})
		if same < 0 {
			all = append(all, hold)
		} else {
			all[same].Held = append(all[same].Held, r.ARN)
		}
	}
	return all
}

// holding is the name of the first of a schedule's hold calendars with an event at an instant.
func holding(s *scheduler.Compiled, at time.Time) string {
	for _, h := range s.Hold {
		if len(h.Spans(at, at.Add(time.Second), s.Zone)) > 0 {
			return h.Name
		}
	}
	return ""
}

// soon says that an instant is within the quarter after the report.
func (w *watch) soon(at time.Time) bool {
	return at.After(w.issued) && !at.After(w.issued.AddDate(0, 3, 0))
}

// exception is the override in force on a resource, if it ends within the quarter after the report.
func (w *watch) exception(r *fleet.Resource) (e spend.Exception, ok bool) {
	key := w.policy.Rules.Keys.Override
	text, _ := r.Tags.Get(key)
	o, err := fleet.ParseOverride(text)
	if err != nil {
		return e, false
	}
	tag, _ := w.scheduleTags(r)
	until := o.Until
	if o.Floating {
		zone := w.policy.Rules.Zone
		if s, err := w.policy.Rules.ReadTag(tag.Key, tag.Value); err == nil {
			zone = s.Zone
		}
		until = wall.At(o.Until, time.UTC).Instant(zone)
	}
	if !w.soon(until) {
		return e, false
	}
	return spend.Exception{ARN: r.ARN, Want: o.Want, Key: key, Text: text, Until: until, Hours: w.hoursOf(tag.Value, r)}, true
}
