package migrate

import (
	"fmt"
	"slices"
	"strings"
)

// resourceType is how CloudFormation templates write schedules of Instance Scheduler.
const resourceType = "Custom::ServiceInstanceSchedule"

// template is a reading of a CloudFormation template.
type template struct {
	*report
	stack   string
	resolve resolver
	records []*record
	others  int // resources that are no schedules
}

func (t *template) document(n *node) {
	t.resolve = newResolver(n.get("Parameters"), t.stack)
	for _, resource := range n.get("Resources").members {
		where := "resource " + named(resource.key)
		switch {
		case strings.HasPrefix(resource.key, "Fn::"):
			t.add(Error, where, "unresolved", "%s writes resources only when the stack is deployed; "+
				"import a scan of the configuration table instead", quoted(resource.key))
		case resource.value.get("Type") == nil || resource.value.get("Type").text != resourceType:
			t.others++
		default:
			if resource.value.get("Condition") != nil {
				t.add(Warning, where, "condition", "the stack has this schedule only on condition %s; it is taken in any case", resource.value.get("Condition").echo())
			}
			t.schedule(resource.key, resource.value.get("Properties"))
		}
	}
}

// schedule reads one resource into a record of its own and one for each of its periods.
func (t *template) schedule(logicalID string, properties *node) {
	r := &record{kind: kindSchedule, where: "resource " + named(logicalID)}
	t.records = append(t.records, r)
	r.name = t.name(r, logicalID, properties)
	r.where = "schedule " + named(r.name)
	if properties == nil {
		return
	}
	for _, m := range properties.members {
		switch m.key {
		case "ServiceToken", "Timeout", "Name", "NoStackPrefix":
			continue // the first two do nothing for the peer either
		case "Periods":
			t.periods(r, m.value)
			continue
		}
		if v, ok := t.property(r, m, keyOf(scheduleFields, m.key)); ok {
			r.fields = append(r.fields, v)
		}
	}
}

// name is what resources are tagged with.
func (t *template) name(r *record, logicalID string, properties *node) string {
	name := logicalID
	if n := properties.get("Name"); n != nil {
		if v, ok := t.property(r, member{"Name", n}, ""); ok && v.node.scalar() {
			name = v.node.text
		}
	}
	prefixed := true
	if n := properties.get("NoStackPrefix"); n != nil {
		if v, ok := t.property(r, member{"NoStackPrefix", n}, ""); ok {
			prefixed = strings.EqualFold(v.node.text, "false")
		}
	}
	switch {
	case !prefixed:
		return name
	case t.stack != "":
		return t.stack + "-" + name
	}
	t.add(Warning, "schedule "+named(name), "stack-prefix", "resources are tagged with the name of the stack before it, as <stack>-%s, because NoStackPrefix is not True; "+
		"the name is kept without it: import with the stack's name, or import a scan of the configuration table", named(name))
	return name
}

// periods makes a record of each period of a schedule, named as the peer names them.
func (t *template) periods(r *record, n *node) {
	v, ok := t.property(r, member{"Periods", n}, "periods")
	if !ok {
		return
	}
	if v.node.kind != listKind {
		r.bad = true
		t.add(Error, r.where, "invalid-value", "Periods is %s, and a list is expected", v.node.kind.describe())
		return
	}
	uses := &node{kind: listKind}
	for i, element := range v.node.list {
		p := &record{kind: kindPeriod, name: fmt.Sprintf("%s-period-%04d", r.name, i+1)}
		p.where = r.where + ", period " + named(p.name)
		t.records = append(t.records, p)
		if element.kind != mappingKind {
			p.bad = true
			t.add(Error, p.where, "invalid-value", "it is %s, and a mapping is expected", element.kind.describe())
			continue
		}
		use := p.name
		for _, m := range element.members {
			v, ok := t.property(p, m, keyOf(periodFields, m.key))
			switch {
			case !ok:
			case m.key == "InstanceType" && v.node.scalar():
				use += "@" + v.node.text
			default:
				p.fields = append(p.fields, v)
			}
		}
		uses.list = append(uses.list, &node{kind: textKind, text: use})
	}
	r.fields = append(r.fields, value{key: "periods", said: "Periods", node: uses})
}

// keyOf returns the name in the table of a property, or the property where the table has none for it.
func keyOf[T any](known []field[T], property string) string {
	if i := slices.IndexFunc(known, func(f field[T]) bool { return f.property == property }); i >= 0 && property != "" {
		return known[i].key
	}
	return property
}

// property resolves the value of a property; false where there is none, or it cannot be known, which is reported.
func (t *template) property(r *record, m member, key string) (value, bool) {
	n, why := t.resolve.value(m.value)
	for _, parameter := range t.resolve.taken() {
		t.add(Warning, r.where, "parameter", "%s takes the default %s of the parameter %s; a deployed stack may have another",
			m.key, t.resolve.defaults[parameter].echo(), named(parameter))
	}
	switch {
	case why != "" && (m.key == "Description" || m.key == "Metrics"):
		t.add(Warning, r.where, "unresolved", "%s %s; it is left out", m.key, why)
		return value{}, false
	case why != "":
		r.bad = true
		t.add(Error, r.where, "unresolved", "%s %s; write its value into the template, or import a scan of the configuration table", named(m.key), why)
		return value{}, false
	case n.kind == nothingKind:
		return value{}, false
	}
	return value{key: key, said: named(m.key), node: n}, true
}
