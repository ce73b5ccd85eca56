package migrate

import (
	"errors"
	"fmt"
	"slices"
)

// What stands in the table's attribute type.
const (
	kindSchedule = "schedule"
	kindPeriod   = "period"
	kindConfig   = "config"
)

// scan is a reading of DynamoDB's JSON: a scan, an export, or items one after the other.
type scan struct {
	*report
	records []*record
}

// isItem reports whether a mapping is an item of the configuration table.
func isItem(n *node) bool { return n.has("type") && n.has("name") }

// document reads one JSON document.
func (s *scan) document(n *node) {
	items := []*node{n}
	switch {
	case n.kind == listKind:
		items = n.list
	case n.get("Items") != nil:
		items = n.get("Items").list
		for _, key := range []string{"LastEvaluatedKey", "NextToken"} {
			if rest := n.get(key); rest != nil && rest.kind != nothingKind {
				s.add(Error, "the scan", "incomplete", "it holds %s, so that it ends before the table does; scan without limits", key)
			}
		}
	case n.get("Item") != nil:
		items = []*node{n.get("Item")}
	}
	for i, n := range items {
		s.item(i+1, n)
	}
}

func (s *scan) item(number int, n *node) {
	where := fmt.Sprintf("item %d", number)
	kind, name := attributeText(n.get("type")), attributeText(n.get("name"))
	switch {
	case kind == "" || name == "":
		s.add(Error, where, "invalid-item", "it has no type and name, which every item of the configuration table has")
		return
	case !slices.Contains([]string{kindSchedule, kindPeriod, kindConfig}, kind):
		s.add(Warning, where, "unknown-item", "its type %s is not known, so it is left out", quoted(kind))
		return
	}
	r := &record{kind: kind, name: name, where: kind + " " + named(name)}
	s.records = append(s.records, r)
	for _, m := range n.members {
		if m.key == "type" || m.key == "name" {
			continue
		}
		v, err := attribute(m.value)
		if err != nil {
			r.bad = true
			s.add(Error, r.where, "invalid-value", "%s %s", named(m.key), err)
			continue
		}
		if v.node.kind != nothingKind {
			v.key, v.said = m.key, named(m.key)
			r.fields = append(r.fields, v)
		}
	}
}

// attributeText reads an attribute that is a text, empty where it is none.
func attributeText(n *node) string {
	if n == nil {
		return ""
	}
	v, err := attribute(n)
	if err != nil || !v.node.scalar() {
		return ""
	}
	return v.node.text
}

// attribute takes DynamoDB's type off a value: {"S": "office"}, {"SS": [...]}, {"BOOL": true}. A value without one stands for itself.
func attribute(n *node) (value, error) {
	typed, ok := n.only()
	if !ok {
		return value{node: n}, nil
	}
	switch typed.key {
	case "S", "N", "BOOL":
		if typed.value.scalar() {
			return value{node: typed.value}, nil
		}
	case "NULL":
		return value{node: &node{kind: nothingKind}}, nil
	case "SS", "NS":
		if typed.value.kind == listKind {
			return value{node: typed.value, inSet: true}, nil
		}
	case "L":
		elements := &node{kind: listKind}
		for _, element := range typed.value.list {
			v, err := attribute(element)
			if err != nil {
				return value{}, err
			}
			elements.list = append(elements.list, v.node)
		}
		return value{node: elements}, nil
	case "M", "B", "BS":
		return value{}, fmt.Errorf("is of DynamoDB's type %s, which the configuration table does not use", typed.key)
	}
	return value{}, errors.New("is no value of DynamoDB")
}
