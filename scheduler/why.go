package scheduler

import (
	"fmt"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/scheduler/wall"
)

// Clock is how instants are written in sentences: weekday, date, minute and the zone's short name, in the schedule's zone.
const Clock = "Mon 2006-01-02 15:04 MST"

// endOf returns the instant at which an override ends.
func endOf(o fleet.Override, zone *time.Location) time.Time {
	if !o.Floating {
		return o.Until
	}
	return wall.At(o.Until, time.UTC).Instant(zone)
}

// clock writes an instant for people.
func (c *candidate) clock(second int64) string {
	return time.Unix(second, 0).In(c.schedule.Zone).Format(Clock)
}

// scheduleName names the schedule in a sentence.
func (c *candidate) scheduleName() string {
	switch {
	case c.schedule.Constantly():
		return "its tag"
	case c.schedule.inTag:
		return "its tag's " + c.schedule.Name
	default:
		return c.schedule.Name
	}
}

// rule says what asked for an act.
func (c *candidate) rule(e edge) string {
	if e.rule == "" || c.schedule.inTag || e.rule == c.schedule.Name {
		return firstOf(e.rule, c.schedule.Name)
	}
	return c.schedule.Name + ": " + e.rule
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// why says in one sentence what made an act due.
func (c *candidate) why(now time.Time) string {
	e := c.decision.edge
	cause, since := c.because(e), c.sinceText()
	if c.decision.edge.cause == plan.ByStopAfter {
		since = ""
	}
	if e.cause == plan.BySchedule && e.due < e.at && now.Unix() < e.at {
		cause += fmt.Sprintf(" (started %s earlier to be ready)", age(time.Duration(e.at-e.due)*time.Second))
	}
	return cause + since
}

// because names the cause of an act.
func (c *candidate) because(e edge) string {
	verb := "opens"
	if e.want == fleet.Stopped {
		verb = "closes"
	}
	if e.at <= c.now && e.want == fleet.Stopped {
		verb = "closed"
	}
	if e.at <= c.now && e.want == fleet.Running {
		verb = "opened"
	}
	if e.held {
		return fmt.Sprintf("a hold ends %s and %s wants %s", c.clock(e.at), c.scheduleName(), e.want)
	}
	switch e.cause {
	case plan.ByOverride:
		if e.rule == overrideRule {
			return fmt.Sprintf("its owner's override asks for %s until %s", e.want, c.clock(c.overrideEnd))
		}
		return fmt.Sprintf("its owner's override ends %s and %s wants %s", c.clock(e.at), c.scheduleName(), e.want)
	case plan.ByStopAfter:
		return fmt.Sprintf("started by a person while %s is closed, and stopped %s later (stop_after)", c.scheduleName(), age(c.schedule.StopAfter))
	case plan.ByEnforce:
		return fmt.Sprintf("%s wants %s and enforces it", c.scheduleName(), e.want)
	case plan.ByTag:
		return fmt.Sprintf("its tag says %s", e.want)
	case plan.ByRetry:
		return fmt.Sprintf("%s %s %s and it did not happen yet (attempt %d)", c.scheduleName(), verb, c.clock(e.at), c.remembered.Attempts+1)
	case plan.ByRestart:
		return fmt.Sprintf("AWS %s it and %s wants %s", map[bool]string{true: "stopped", false: "started"}[c.resource.State == fleet.Stopped], c.scheduleName(), e.want)
	default:
		return fmt.Sprintf("%s %s %s", c.scheduleName(), verb, c.clock(e.at))
	}
}

// sinceText says since when the resource is as it is.
func (c *candidate) sinceText() string {
	r := c.resource
	switch {
	case r.Kind.Sized():
		return ""
	case r.Since.IsZero():
		return fmt.Sprintf("; %s, AWS does not tell since when", r.State)
	default:
		return fmt.Sprintf("; %s since %s", r.State, c.clock(r.Since.Unix()))
	}
}

// mention puts a resource that is not acted on into the plan: as a refusal where an act was due, else as idle.
func (r *run) mention(c *candidate) {
	d := c.decision
	switch d.verdict {
	case wait:
		r.refuse(c, plan.InTransition, fmt.Sprintf("it is %s; the next run looks again", firstOf(c.resource.Status, "between states")))
	case retryLater:
		r.refuse(c, plan.RetryLater, fmt.Sprintf("AWS refused it, for a reason that somebody has to put right; tried again %s", c.clock(d.until)))
	case sinceUnknown:
		r.refuse(c, plan.SinceUnknown, fmt.Sprintf("%s and AWS does not tell since when it is %s: a person may have changed it since",
			c.because(d.edge), c.resource.State))
	case notOurs:
		r.refuse(c, plan.NotStoppedByUs, fmt.Sprintf("%s starts only what offpeak stopped, and it is not known to have stopped this", c.scheduleName()))
	case left:
		r.idle(c, plan.LeftAlone, c.leftText())
	case observed:
		r.idle(c, plan.Observed, fmt.Sprintf("its account is new and only watched until %s; %s", c.clock(r.options.ObservedUntil.Unix()), c.nextText()))
	case enrolled:
		r.idle(c, plan.Enrolled, "acts from its next edge on; "+c.nextText())
	case nothingWanted, noEdge:
		r.idleIfAsked(c, plan.NothingWanted, fmt.Sprintf("%s wants nothing now; %s", c.scheduleName(), c.nextText()))
	case asWanted:
		if c.overridden() {
			r.idleIfAsked(c, plan.AsWanted, fmt.Sprintf("%s as its owner's override asks until %s", c.resource.State, c.clock(c.overrideEnd)))
			break
		}
		r.idleIfAsked(c, plan.AsWanted, fmt.Sprintf("%s as %s wants; %s", c.resource.State, c.scheduleName(), c.nextText()))
	}
	switch {
	case c.overridden():
		r.find(c, plan.OverrideEnds, fmt.Sprintf("its override %q ends %s", c.overrideTag, c.clock(c.overrideEnd)))
	case c.overrideEnd != 0:
		r.find(c, plan.OverrideExpired, fmt.Sprintf("its override %q ended %s; the tag can be removed", c.overrideTag, c.clock(c.overrideEnd)))
	}
}

func (r *run) idle(c *candidate, code plan.Code, why string) {
	r.plan.Idle = append(r.plan.Idle, plan.Idle{Subject: c.subject(), Code: code, Why: why})
}

func (r *run) idleIfAsked(c *candidate, code plan.Code, why string) {
	if r.options.Idle || r.options.Forecast > 0 {
		r.idle(c, code, why)
	}
}

// leftText says that a person's change stands, and how long.
func (c *candidate) leftText() string {
	text := "changed by a person after the last edge"
	switch since := unix(c.resource.Since); {
	case since != 0 && since >= c.decision.edge.due:
		text = fmt.Sprintf("%s by a person since %s", c.resource.State, c.clock(since))
	case !c.remembered.ObservedSince.After(c.remembered.Enrolled):
		text = fmt.Sprintf("%s when it was enrolled", c.resource.State)
	}
	if c.decision.until != 0 {
		return fmt.Sprintf("%s; left until %s (stop_after %s)", text, c.clock(c.decision.until), age(c.schedule.StopAfter))
	}
	return text + "; left until its next edge: " + strings.TrimPrefix(c.nextText(), "next: ")
}

// nextEdge is the edge that comes next for this resource: the end of its override, or its schedule's.
func (c *candidate) nextEdge() edge {
	if c.overridden() {
		at := time.Unix(c.overrideEnd, 0)
		return edge{at: c.overrideEnd, due: c.overrideEnd, want: wanted(c.schedule.State(at)), cause: plan.ByOverride}
	}
	if c.schedule.Constantly() {
		return edge{}
	}
	return c.view.next
}

// nextText says what the next edge does.
func (c *candidate) nextText() string {
	e := c.nextEdge()
	switch {
	case c.schedule.Constantly() && e.at == 0:
		return "always " + c.schedule.Constant.String()
	case e.at == 0:
		return "no further edge"
	case e.want == fleet.Stopped:
		return "next: stop " + c.clock(e.due)
	case e.want == fleet.Running:
		return "next: start " + c.clock(e.due)
	default:
		return "next: left alone from " + c.clock(e.due)
	}
}

// remarks adds what an owner should know about an act.
func (r *run) remarks(d pending) {
	off := plan.SwitchesOff(d.action.Change)
	if t, ok := d.resource.Trait(fleet.PublicAddress); ok && off {
		r.find(d.candidate, plan.AddressChanges, fmt.Sprintf("its automatic public address %s changes; keep_address refuses such stops, an Elastic IP stays", t.Detail))
	}
	if t, ok := d.resource.Trait(fleet.InstanceStoreData); ok && off {
		r.find(d.candidate, plan.LocalDiskWiped, fmt.Sprintf("the local disks of %s are wiped, as instance_store: allow permits", t.Detail))
	}
	if off && d.schedule.Hibernate && d.resource.Kind == fleet.EC2Instance && !hibernates(d.resource) {
		r.find(d.candidate, plan.HibernationOff, "it was not launched with hibernation configured, so it is stopped without its memory")
	}
}

// gaps adds what the source left out, and what planning without memory means.
func (r *run) gaps() {
	for _, gap := range r.snapshot.Gaps {
		r.plan.Findings = append(r.plan.Findings, plan.Finding{Code: plan.ListingGap, Why: gap})
	}
	if r.memory == nil {
		why := "planned without memory: only times tell a person's change from an old state, and the guard against surprises is off"
		r.plan.Findings = append(r.plan.Findings, plan.Finding{Code: plan.NoMemory, Why: why})
	}
}

// age writes a duration without trailing zeros: 3h, 90m as 1h30m, 5m.
func age(d time.Duration) string {
	if d > time.Hour {
		d = d.Round(time.Minute)
	}
	text := d.Round(time.Second).String()
	for _, zero := range []string{"0s", "0m"} {
		if trimmed := strings.TrimSuffix(text, zero); trimmed != text && trimmed != "" && strings.ContainsAny(trimmed[len(trimmed)-1:], "hm") {
			text = trimmed
		}
	}
	return text
}
