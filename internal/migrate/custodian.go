package migrate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"offpeak/scheduler/zone"
)

// CloudCustodian makes a policy of Cloud Custodian's policies with offhour and onhour filters: their settings become what tags leave
// open. Several documents with --- between them are read as one, so that policies that stop and policies that start may come from
// several files. name is the file's name for the policy's first line.
//
// The error is of type Invalid where filters are invalid or cannot go together; then there is no policy, and the findings are those that
// are no errors.
func CloudCustodian(name string, data []byte, o Options) (policyYAML []byte, findings []Finding, err error) {
	if o.Timezone != "" {
		if _, err := zone.Load(o.Timezone); err != nil {
			return nil, nil, fmt.Errorf("timezone: %w", err)
		}
	}
	documents, err := parse(data)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	c := &custodianImport{report: &report{}}
	for _, d := range documents {
		if err := c.document(d); err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	if len(c.hours) == 0 && len(c.errors) == 0 {
		return nil, nil, fmt.Errorf("read %s: no policy in it has a filter offhour or onhour for a resource that offpeak schedules", name)
	}
	c.settle()
	return c.finish(name, o)
}

// custodianImport is what the policies together say.
type custodianImport struct {
	*report
	names map[string]bool
	hours []*hourFilter // those that are valid, in the order of the file
}

// side is what a filter is for.
type side string

const (
	offSide side = "offhour"
	onSide  side = "onhour"
)

// custodianPolicy is one policy being read.
type custodianPolicy struct {
	*report
	where  string
	kinds  []string // resources that offpeak schedules
	hours  []*hourFilter
	others []string // other filters
	bad    bool
}

func (p *custodianPolicy) wrong(where, code, format string, arguments ...any) {
	p.bad = true
	p.add(Error, where, code, format, arguments...)
}

func (c *custodianImport) document(d *node) error {
	policies := d.get("policies")
	switch {
	case d.kind == nothingKind:
		return nil
	case d.has("Items", "Item", "Resources"):
		return errors.New("this is a configuration of Instance Scheduler: import it as such")
	case policies == nil || policies.kind != listKind:
		return errors.New("this is no policy file of Cloud Custodian: it has no list of policies")
	}
	for _, key := range d.keys() {
		if key != "policies" && key != "vars" {
			c.add(Warning, wholeConfiguration, "unknown-field", "the key %s is not known, and left out", quoted(key))
		}
	}
	for i, n := range policies.list {
		c.policy(i+1, n)
	}
	return nil
}

// policyFields are the keys of a policy, and what to say of them; nothing of those that are read elsewhere or decide nothing.
var policyFields = []struct {
	key      string
	severity Severity
	what     string
}{
	{"name", "", ""},
	{"resource", "", ""},
	{"filters", "", ""},
	{"actions", "", ""},
	{"description", "", ""},
	{"comment", "", ""},
	{"comments", "", ""},
	{"title", "", ""},
	{"tags", "", ""},
	{"metadata", "", ""},
	{"source", "", ""},
	{"mode", Note, "it says when Cloud Custodian looks; offpeak acts at each edge by itself"},
	{"conditions", Warning, "Cloud Custodian acts only where they hold; offpeak wherever the tag is"},
	{"query", Warning, "it selects resources; offpeak takes all that carry the tag"},
	{"region", Warning, "Cloud Custodian acts in this region only; say regions in the policy"},
	{"start", Warning, "Cloud Custodian acts from then on only; offpeak from the first sweep on"},
	{"end", Warning, "Cloud Custodian acts until then only; offpeak goes on"},
	{"tz", Note, "it is about start and end"},
	{"max-resources", Note, "it is a limit of one run; offpeak has guards of its own"},
	{"max-resources-percent", Note, "it is a limit of one run; offpeak has guards of its own"},
}

// readFields says what is left out of a policy.
func (p *custodianPolicy) readFields(n *node) {
	unread := n.keys()
	for _, f := range policyFields {
		if n.get(f.key) != nil && f.what != "" {
			p.add(f.severity, p.where, "policy-field", "%s is left out: %s", f.key, f.what)
		}
		unread = slices.DeleteFunc(unread, func(key string) bool { return key == f.key })
	}
	for _, key := range unread {
		p.add(Warning, p.where, "unknown-field", "the field %s = %s is not known, and left out", named(key), n.get(key).echo())
	}
}

func (c *custodianImport) policy(number int, n *node) {
	p := &custodianPolicy{report: c.report, where: fmt.Sprintf("policy %d", number)}
	if n.kind != mappingKind {
		c.add(Error, p.where, "invalid-value", "it is %s, and a mapping is expected", n.kind.describe())
		return
	}
	if name := n.get("name"); name != nil && name.scalar() && name.text != "" {
		p.where = "policy " + named(name.text)
		if c.names == nil {
			c.names = map[string]bool{}
		}
		if c.names[name.text] {
			c.add(Error, p.where, "twice", "the name is there twice; keep one")
			return
		}
		c.names[name.text] = true
	}
	if filters := n.get("filters"); filters != nil {
		p.filters(filters, alone)
	}
	if len(p.hours) == 0 {
		if !p.bad {
			c.add(Note, p.where, "other-policy", "it has no filter offhour or onhour, so it is left out")
		}
		return
	}
	if !p.resources(n.get("resource")) || p.bad {
		return
	}
	p.readFields(n)
	p.actions(n.get("actions"))
	if len(p.others) > 0 {
		c.add(Warning, p.where, "other-filters", "its filters %s select resources too; offpeak takes every resource that carries the tag. "+
			"Take the tag off those that are not meant, or keep them out by environments", several(p.others))
	}
	if !p.bad {
		c.hours = append(c.hours, p.hours...)
	}
}

// scheduled are the resources of Cloud Custodian that offpeak schedules, in their order in findings.
var scheduled = []string{"ec2", "asg", "rds", "rds-cluster", "ecs-service"}

// resources reads what a policy is about; false where nothing of it is scheduled.
func (p *custodianPolicy) resources(n *node) bool {
	if n == nil {
		p.wrong(p.where, "resource", "it names no resource")
		return false
	}
	resources, err := n.texts()
	if err != nil || n.kind == textKind && n.text == "" {
		p.wrong(p.where, "resource", "its resource is %s; say one such as ec2", n.echo())
		return false
	}
	var others []string
	for _, resource := range resources {
		kind := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(resource)), "aws.")
		switch {
		case !slices.Contains(scheduled, kind):
			others = append(others, resource)
		case !slices.Contains(p.kinds, kind):
			p.kinds = append(p.kinds, kind)
		}
	}
	if len(others) > 0 {
		p.add(Warning, p.where, "resource", "offpeak does not schedule %s, so for it the policy is left out; let Cloud Custodian go on with it", several(others))
	}
	for _, h := range p.hours {
		h.kinds = p.kinds
	}
	return len(p.kinds) > 0
}

// around is what stands around a filter.
type around uint8

const (
	alone       around = iota // with others that must all hold
	alternative               // beneath or
	negated                   // beneath not
)

// filters reads a list of filters.
func (p *custodianPolicy) filters(n *node, place around) {
	if n.kind != listKind {
		p.wrong(p.where, "invalid-value", "filters are %s, and a list is expected", n.kind.describe())
		return
	}
	for _, filter := range n.list {
		p.filter(filter, place)
	}
}

func (p *custodianPolicy) filter(n *node, place around) {
	if m, ok := n.only(); ok && m.value.kind == listKind {
		switch m.key {
		case "and":
			p.filters(m.value, place)
			return
		case "or":
			if place == alone && len(m.value.list) > 1 {
				place = alternative
			}
			p.filters(m.value, place)
			return
		case "not":
			p.filters(m.value, negated)
			return
		}
	}
	kind := n.text
	if n.kind == mappingKind {
		kind = ""
		if t := n.get("type"); t != nil {
			kind = t.text
		}
	}
	switch s := side(kind); {
	case s == offSide, s == onSide:
		p.hour(s, n, place)
	case n.kind == mappingKind && kind == "" && len(n.members) > 0:
		p.others = append(p.others, n.members[0].key)
	case n.get("key") != nil && n.get("key").scalar():
		p.others = append(p.others, kind+" "+n.get("key").text)
	default:
		p.others = append(p.others, kind)
	}
}

// hour reads an offhour or onhour filter at its place among the others.
func (p *custodianPolicy) hour(s side, n *node, place around) {
	where := p.where + ", filter " + string(s)
	switch place {
	case negated:
		p.wrong(where, "negated", "it stands beneath not, so that Cloud Custodian acts in every other hour, which offpeak cannot; "+
			"write its hours under schedules")
		return
	case alternative:
		p.add(Warning, where, "alternative", "it stands beneath or, so that Cloud Custodian acts on what another filter selects too; offpeak only on what carries the tag")
	}
	h := readHours(p.report, where, s, n)
	if h.bad {
		p.bad = true
		return
	}
	p.hours = append(p.hours, h)
}
