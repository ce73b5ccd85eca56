package focusrules

import (
	"fmt"
	"math"
	"strings"
)

// known says whether a check can be evaluated here.
func (n node) known() bool {
	for _, item := range n.Items {
		if !item.known() {
			return false
		}
	}
	switch n.CheckFunction {
	case "AND", "OR":
		return len(n.Items) > 0
	case "CheckValue", "CheckNotValue", "CheckSameValue", "CheckNotSameValue", "CheckDistinctCount", "CheckGreaterOrEqualThanValue", "ColumnByColumnEqualsColumnValue":
		return true
	default:
		_, known := conforms(n.CheckFunction, cell{})
		return known
	}
}

// asksNull says whether a requirement is about being null. Any other one is asked only of values that are there: whether they may be absent is another rule's.
func (n node) asksNull() bool {
	for _, item := range n.Items {
		if item.asksNull() {
			return true
		}
	}
	return (n.CheckFunction == "CheckValue" || n.CheckFunction == "CheckNotValue") && n.Value == nil
}

// row holds one row against every check.
func (c *compiled) row(number int, row cells) {
	for _, k := range c.checks {
		if !k.applies(row) {
			continue
		}
		if k.byHand != nil {
			if ok, example := k.byHand(row); !ok {
				c.violated(k.rule, number, example)
			}
			continue
		}
		if row[k.reference].null && !k.requirement.asksNull() {
			continue
		}
		if !k.holds(k.requirement, row) {
			c.violated(k.rule, number, k.example(row))
		}
	}
}

func (k *check) applies(row cells) bool {
	for _, condition := range k.conditions {
		if !k.holds(condition, row) {
			return false
		}
	}
	return true
}

// example is what a row says in the columns that a rule is about.
func (k *check) example(row cells) string {
	seen := map[string]bool{}
	var says []string
	for _, n := range append([]node{k.requirement, {ColumnName: k.reference}}, k.conditions...) {
		for _, column := range n.columns() {
			if !seen[column] {
				seen[column] = true
				says = append(says, fmt.Sprintf("%s=%s", column, row[column]))
			}
		}
	}
	return strings.Join(says, " ")
}

func (n node) columns() []string {
	var names []string
	for _, name := range []string{n.ColumnName, n.ColumnAName, n.ColumnBName, n.ResultColumnName} {
		if name != "" {
			names = append(names, name)
		}
	}
	for _, item := range n.Items {
		names = append(names, item.columns()...)
	}
	return names
}

func (k *check) holds(n node, row cells) bool {
	a, b := row[n.ColumnAName], row[n.ColumnBName]
	switch n.CheckFunction {
	case "AND":
		for _, item := range n.Items {
			if !k.holds(item, row) {
				return false
			}
		}
		return true
	case "OR":
		for _, item := range n.Items {
			if k.holds(item, row) {
				return true
			}
		}
		return false
	case "CheckValue":
		return row[n.ColumnName].is(n.Value)
	case "CheckNotValue":
		return !row[n.ColumnName].is(n.Value)
	case "CheckSameValue":
		return a.String() == b.String()
	case "CheckNotSameValue":
		return a.String() != b.String()
	case "CheckDistinctCount":
		return k.distinct(a, b, n.ExpectedCount)
	case "CheckGreaterOrEqualThanValue":
		least, _ := n.Value.(float64)
		c := row[n.ColumnName]
		return c.null || c.number >= least
	case "ColumnByColumnEqualsColumnValue":
		result := row[n.ResultColumnName]
		return a.null || b.null || result.null || equal(a.number*b.number, result.number)
	default:
		c := row[n.ColumnName]
		ok, _ := conforms(n.CheckFunction, c)
		return c.null || ok
	}
}

// distinct says whether the values of b that have come with this a are as few as they should be.
func (k *check) distinct(a, b cell, most int) bool {
	if a.null || b.null {
		return true
	}
	with := k.counts[a.String()]
	if with == nil {
		with = map[string]bool{}
		k.counts[a.String()] = with
	}
	with[b.String()] = true
	return len(with) <= most
}

// equal compares doubles that were computed in different orders.
func equal(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

// present holds the columns against the rules about columns.
func (c *compiled) present(columns []string) {
	there := map[string]bool{}
	for _, name := range columns {
		there[name] = true
	}
	for name, ids := range c.byColumn {
		for _, id := range ids {
			if !there[name] {
				c.violated(id, 0, "there is no column "+name)
			}
		}
	}
	for id := range c.evaluated {
		if f := columnRule(id); f != nil {
			if wrong := f(columns); wrong != "" {
				c.violated(id, 0, wrong)
			}
		}
	}
}

// columnRule is a hand-written check of the columns' names and order, nil if the rule has none.
func columnRule(id string) func([]string) string {
	each := func(wrong func(name string) bool) func([]string) string {
		return func(columns []string) string {
			for _, name := range columns {
				if wrong(name) {
					return "column " + name
				}
			}
			return ""
		}
	}
	bare := func(name string) string { return strings.TrimPrefix(name, "x_") }
	switch id {
	case "ColumnHandling-A-001-M": // Pascal case
		return each(func(name string) bool { return bare(name) == "" || bare(name)[0] < 'A' || bare(name)[0] > 'Z' })
	case "ColumnHandling-A-003-M": // alphanumeric
		return each(func(name string) bool {
			return strings.ContainsFunc(bare(name), func(r rune) bool { return r > 'z' || strings.ContainsRune(" _-./:", r) })
		})
	case "ColumnHandling-A-005-O": // no longer than 50 characters
		return each(func(name string) bool { return len(name) > 50 })
	case "ColumnHandling-A-010-M": // custom columns begin with x_
		return each(func(name string) bool { return !strings.HasPrefix(name, "x_") && !isFocus(name) })
	case "ColumnHandling-A-012-O", "ColumnHandling-A-013-O": // custom columns come last
		return func(columns []string) string {
			custom := ""
			for _, name := range columns {
				if !strings.HasPrefix(name, "x_") && custom != "" {
					return "column " + custom + " stands before " + name
				}
				if strings.HasPrefix(name, "x_") {
					custom = name
				}
			}
			return ""
		}
	default:
		return nil
	}
}
