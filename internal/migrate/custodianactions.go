package migrate

import (
	"slices"
	"strings"
)

// sameActions are the actions of which the state that they lead to is what offpeak leads to as well.
var sameActions = map[side][]string{offSide: {"stop", "suspend", "resize"}, onSide: {"start", "resume", "resize"}}

// actions reads what a policy does, and says where offpeak does something else.
func (p *custodianPolicy) actions(n *node) {
	var done []*node
	if n != nil && n.kind == listKind {
		done = n.list
	}
	if n != nil && n.kind != listKind && n.kind != nothingKind {
		p.wrong(p.where, "invalid-value", "actions are %s, and a list is expected", n.kind.describe())
		return
	}
	if len(done) == 0 {
		p.add(Warning, p.where, "no-action", "it has no actions, so that Cloud Custodian only reports; offpeak stops and starts")
	}
	for _, action := range done {
		name := action.text
		if t := action.get("type"); t != nil {
			name = t.text
		}
		p.action(name, action)
	}
}

func (p *custodianPolicy) action(name string, n *node) {
	sides := p.sides()
	same := slices.ContainsFunc(sides, func(s side) bool { return slices.Contains(sameActions[s], name) })
	other := slices.Contains(sameActions[offSide], name) || slices.Contains(sameActions[onSide], name)
	switch {
	case !same && other:
		p.wrong(p.where, "opposite-action", "it has the action %s at an %s, and offpeak stops at an offhour and starts at an onhour; write its hours under schedules", name, sides[0])
	case !same:
		p.add(Warning, p.where, "other-action", "offpeak does not do the action %s; it stops and starts, and tells of it in its own notices", quoted(name))
	case name == "stop":
		p.stop(n)
	case name == "suspend", name == "resume":
		p.add(Warning, p.where, "suspend", "Cloud Custodian suspends an Auto Scaling group's processes and stops its instances; offpeak sets its sizes to 0 and back, "+
			"so that instances are made anew. Resume suspended groups before offpeak takes over")
	case name == "resize":
		p.resize(n)
	}
}

// sides are those of the policy's filters.
func (p *custodianPolicy) sides() []side {
	var sides []side
	for _, h := range p.hours {
		if !slices.Contains(sides, h.side) {
			sides = append(sides, h.side)
		}
	}
	return sides
}

// stopOptions are what the action stop can have beside its type, and what to say where it is on.
var stopOptions = []struct{ key, code, what string }{
	{"hibernate", "hibernate", "Cloud Custodian hibernates instances; offpeak only on a schedule that says hibernate: true. " +
		"Write these hours under schedules, say hibernate: true, and name the schedule in the tag"},
	{"force", "force", "Cloud Custodian takes stop protection off; offpeak refuses to stop what is protected"},
	{"terminate-ephemeral", "terminate-ephemeral", "Cloud Custodian terminates instances that cannot be stopped; offpeak never terminates one"},
}

func (p *custodianPolicy) stop(n *node) {
	for _, m := range n.members {
		i := slices.IndexFunc(stopOptions, func(o struct{ key, code, what string }) bool { return o.key == m.key })
		on, ok := m.value.flag()
		switch {
		case m.key == "type", i >= 0 && ok && !on:
		case i < 0:
			p.add(Warning, p.where, "unknown-field", "the field %s = %s of the action stop is not known, and left out", named(m.key), m.value.echo())
		default:
			p.add(Warning, p.where, stopOptions[i].code, "%s", stopOptions[i].what)
		}
	}
}

func (p *custodianPolicy) resize(n *node) {
	var options []string
	for _, m := range n.members {
		if m.key != "type" {
			options = append(options, m.key+" = "+m.value.echo())
		}
	}
	text := "Cloud Custodian changes sizes as it is told"
	if len(options) > 0 {
		text += " (" + strings.Join(options[:min(len(options), longestOptions)], ", ") + ")"
	}
	p.add(Warning, p.where, "resize", "%s; offpeak sets them to 0, and back to what it found, which it keeps in its own records. "+
		"Bring groups and services back to size before offpeak takes over, since it does not know what they were", text)
}

// longestOptions is how many options of an action are told.
const longestOptions = 8
