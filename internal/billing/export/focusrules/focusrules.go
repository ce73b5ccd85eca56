// Package focusrules holds rows of FOCUS 1.2 against the rules of the specification as its working group publishes them for machines
// (the requirements model, version 1.2): which columns there are, their types and formats, when they may and may not be null, what they may say.
// In go the file of rules and rows as package export has them; out comes which rules were held against the rows, which could not be and why, and where rows break
// one. It is for tests of whoever writes FOCUS. It judges no bill that is read: AWS's own export has known gaps.
package focusrules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"

	"offpeak/internal/billing/export"
)

// Rules are the rules of one version of FOCUS.
type Rules struct {
	criteria map[string]bool
	rules    map[string]*rule
}

type rule struct {
	Function              string
	Reference             string
	Type                  string
	ApplicabilityCriteria []string
	ValidationCriteria    struct {
		MustSatisfy string
		Keyword     string
		Requirement node
		Condition   node
	}
}

// node is a check, or several under AND or OR. An empty check is none.
type node struct {
	malformed                                  string // what in the file is not of this form
	CheckFunction                              string
	Items                                      []node
	ModelRuleID                                string `json:"ModelRuleId"`
	ColumnName                                 string
	Value                                      any
	ColumnAName, ColumnBName, ResultColumnName string
	ExpectedType                               any // of TypeDateTime: the check's own name says it
	ExpectedCount                              int
}

// UnmarshalJSON reads a check and remembers, rather than drops, what it does not know: a condition that is lost makes a rule of another sense.
func (n *node) UnmarshalJSON(document []byte) error {
	type plain node // without this method
	strict := json.NewDecoder(bytes.NewReader(document))
	strict.DisallowUnknownFields()
	if err := strict.Decode((*plain)(n)); err != nil {
		*n = node{malformed: err.Error()}
	}
	return nil
}

// fault is what is malformed in a check or beneath it.
func (n node) fault() string {
	for _, item := range n.Items {
		if item.fault() != "" {
			return item.fault()
		}
	}
	return n.malformed
}

// Load reads the file of rules.
func Load(path string) (*Rules, error) {
	document, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load the rules of FOCUS: %w", err)
	}
	var file struct {
		Details               struct{ FOCUSVersion string }
		ApplicabilityCriteria map[string]any
		ModelRules            map[string]*rule
	}
	if err := json.Unmarshal(document, &file); err != nil {
		return nil, fmt.Errorf("load the rules of FOCUS: %s: %w", path, err)
	}
	if len(file.ModelRules) == 0 {
		return nil, fmt.Errorf("load the rules of FOCUS: %s: %w", path, errors.New("there are no ModelRules in it"))
	}
	r := &Rules{criteria: map[string]bool{}, rules: file.ModelRules}
	for c := range file.ApplicabilityCriteria {
		r.criteria[c] = true
	}
	// AWS prices in national currencies only. All else that rules depend on, it supports.
	r.criteria["VIRTUAL_CURRENCY_SUPPORTED"] = false
	return r, nil
}

// Report is what came of holding rows against the rules. Lists are in order of the rules' ids.
type Report struct {
	Rows       int
	Rules      int
	Evaluated  []string    // ids of rules that were held against columns or rows
	Corrected  []Unchecked // those of them whose published check contradicts their sentence: they were held by their sentence
	Gathering  []string    // ids of rules that only gather others, whose conditions were applied to those
	Not        []Unchecked // rules that were not evaluated
	Violations []Violation
}

// Unchecked is a rule that was not evaluated, and why.
type Unchecked struct{ Rule, Why, Sentence string }

// Violation is a rule that rows break.
type Violation struct {
	Rule     string
	Keyword  string // MUST, MUST NOT, SHOULD, SHOULD NOT, RECOMMENDED
	Sentence string // the rule's own
	Rows     int    // how many rows break it; zero if it is about the columns
	First    int    // the first such row, counted from 1
	Example  string // what that row says
	AWS      string // how AWS's own export breaks the rule, if it is known to
	last     int    // the last row that was counted
}

// String is the violation in a line.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s (%d rows, first row %d: %s)", v.Rule, v.Sentence, v.Rows, v.First, v.Example)
}

// Binding says whether the rule is a MUST or MUST NOT that AWS itself keeps.
func (v Violation) Binding() bool {
	return v.AWS == "" && (v.Keyword == "MUST" || v.Keyword == "MUST NOT")
}

// deviations are rules that AWS's own export breaks, as the working group's published sample of it shows. Who imitates AWS breaks them too.
func deviations() map[string]string {
	return map[string]string{
		"ServiceName-C-005-C":  "AWS bills EBS volumes under Amazon Elastic Compute Cloud, in the category Storage",
		"ServiceName-C-008-C":  "AWS bills EBS volumes under Amazon Elastic Compute Cloud, in a subcategory of Storage",
		"ConsumedUnit-C-003-O": "AWS writes units as its price list does, such as Hrs",
		"PricingUnit-C-003-O":  "AWS writes units as its price list does, such as Hrs",
	}
}

// Check holds rows, and the names of the columns in which they are written, against every rule that can be held against data.
func (r *Rules) Check(columns []string, rows iter.Seq[*export.Focus]) Report {
	c := r.compile()
	c.present(columns)
	number := 0
	for row := range rows {
		number++
		c.row(number, cellsOf(row))
	}
	return c.report(number)
}

// The reasons for which rules are not evaluated.
const (
	prose         = "it has no check for machines and no hand-written one here: it speaks of what rows do not show"
	permission    = "it permits and demands nothing"
	notApplicable = "it does not apply to AWS"
)

// mistaken are rules whose published check contradicts their sentence or the specification, and how. Those that are also handwritten are held by their sentence.
func mistaken() map[string]string {
	return map[string]string{
		"BilledCost-C-005-C":                   "its check takes every row whose ProviderName differs from its InvoiceIssuerName for a third party's; AWS names itself AWS in one and by its company in the other",
		"CapacityReservationStatus-C-003-C":    "its condition has no CheckFunction",
		"CapacityReservationStatus-C-004-C":    "its condition has no CheckFunction",
		"CommitmentDiscountStatus-C-003-C":     "its check demands the opposite of its sentence",
		"CommitmentDiscountStatus-C-004-C":     "its condition is the opposite of its sentence",
		"CommitmentDiscountStatus-C-005-M":     "its check allows Active, Expired and Pending; the specification allows Used and Unused",
		"PricingCurrencyEffectiveCost-C-004-M": "its check looks at PricingCurrencyListUnitPrice",
		"ResourceType-C-005-C":                 "its condition names its column CheckCondition",
	}
}

// compiled is the rules made ready for rows.
type compiled struct {
	rules     *Rules
	checks    []*check
	byColumn  map[string][]string // presence: ids by column
	evaluated map[string]bool
	gathering map[string]bool
	not       map[string]string
	found     map[string]*Violation
}

// check is one requirement under the conditions of all the rules that gather it.
type check struct {
	rule        string
	reference   string
	requirement node
	conditions  []node
	byHand      func(cells) (bool, string)
	counts      map[string]map[string]bool // of distinct values of one column by another
}

func (k *check) fault() string {
	for _, condition := range k.conditions {
		if fault := condition.fault(); fault != "" {
			return fault
		}
	}
	return k.requirement.fault()
}

func (r *Rules) compile() *compiled {
	c := &compiled{
		rules: r, byColumn: map[string][]string{}, evaluated: map[string]bool{}, gathering: map[string]bool{}, not: map[string]string{},
		found: map[string]*Violation{},
	}
	gathered := map[string]bool{}
	for _, rule := range r.rules {
		for _, id := range rule.ValidationCriteria.Requirement.gathers() {
			gathered[id] = true
		}
	}
	for _, id := range r.ids() {
		if !gathered[id] {
			c.visit(id, nil, true)
		}
	}
	return c
}

func (r *Rules) ids() []string {
	var ids []string
	for id := range r.rules {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// gathers are the rules that a check refers to.
func (n node) gathers() []string {
	if n.CheckFunction == "CheckModelRule" {
		return []string{n.ModelRuleID}
	}
	var ids []string
	for _, item := range n.Items {
		ids = append(ids, item.gathers()...)
	}
	return ids
}

// visit takes a rule, and those that it gathers, under the conditions of those that gather it.
func (c *compiled) visit(id string, conditions []node, applies bool) {
	rule := c.rules.rules[id]
	if rule == nil {
		c.not[id] = "the file of rules refers to it and has it not"
		return
	}
	v := &rule.ValidationCriteria
	for _, criterion := range rule.ApplicabilityCriteria {
		applies = applies && c.rules.criteria[criterion]
	}
	if v.Condition.CheckFunction != "" || v.Condition.malformed != "" {
		conditions = append(slices.Clone(conditions), v.Condition)
	}
	requirement := v.Requirement
	ids := requirement.gathers()
	switch {
	case requirement.CheckFunction == "AND" && len(ids) > 0:
		c.gathering[id] = true
		for _, part := range ids {
			c.visit(part, conditions, applies)
		}
		return
	case len(ids) > 0: // alternatives: they stand or fall together
		for _, part := range ids {
			c.not[part] = "it is one alternative of " + id + ", which was evaluated"
		}
		requirement = c.inline(requirement)
	}
	c.leaf(&check{rule: id, reference: rule.Reference, requirement: requirement, conditions: conditions, counts: map[string]map[string]bool{}}, v.Keyword, applies)
}

// inline puts alternatives' own checks in the place of references to them.
func (c *compiled) inline(n node) node {
	if n.CheckFunction == "CheckModelRule" {
		return c.rules.rules[n.ModelRuleID].ValidationCriteria.Requirement
	}
	items := slices.Clone(n.Items)
	for i := range items {
		items[i] = c.inline(items[i])
	}
	n.Items = items
	return n
}

// leaf takes a rule that is to be evaluated itself, or says why it cannot.
func (c *compiled) leaf(k *check, keyword string, applies bool) {
	id, requirement := k.rule, k.requirement
	hand, byHand := handwritten()[id]
	why, wrong := mistaken()[id]
	switch {
	case keyword == "MAY":
		c.not[id] = permission
	case !applies:
		c.not[id] = notApplicable
	case requirement.CheckFunction == "ColumnPresent":
		c.evaluated[id] = true
		c.byColumn[requirement.ColumnName] = append(c.byColumn[requirement.ColumnName], id)
	case columnRule(id) != nil:
		c.evaluated[id] = true
	case byHand:
		c.evaluated[id] = true
		k.byHand = hand
		if wrong {
			k.conditions = nil // they are part of what is mistaken
		}
		c.checks = append(c.checks, k)
	case wrong:
		c.not[id] = why
	case k.fault() != "":
		c.not[id] = "its check is malformed: " + k.fault()
	case requirement.CheckFunction == "":
		c.not[id] = prose
	case !requirement.known():
		c.not[id] = "its check " + requirement.CheckFunction + " is not known here"
	default:
		c.evaluated[id] = true
		c.checks = append(c.checks, k)
	}
}

func (c *compiled) report(rows int) Report {
	report := Report{Rows: rows, Rules: len(c.rules.rules)}
	for _, id := range c.rules.ids() {
		why, not := c.not[id]
		switch {
		case c.evaluated[id]:
			report.Evaluated = append(report.Evaluated, id)
			if how, wrong := mistaken()[id]; wrong {
				report.Corrected = append(report.Corrected, Unchecked{id, how, c.rules.rules[id].ValidationCriteria.MustSatisfy})
			}
		case c.gathering[id]:
			report.Gathering = append(report.Gathering, id)
		case not:
			report.Not = append(report.Not, Unchecked{id, why, c.rules.rules[id].ValidationCriteria.MustSatisfy})
		}
		if v := c.found[id]; v != nil {
			report.Violations = append(report.Violations, *v)
		}
	}
	return report
}

// violated records that a row breaks a rule; row 0 stands for the columns.
func (c *compiled) violated(id string, row int, example string) {
	v := c.found[id]
	if v == nil {
		rule := c.rules.rules[id]
		v = &Violation{Rule: id, Keyword: rule.ValidationCriteria.Keyword, Sentence: rule.ValidationCriteria.MustSatisfy, First: row, Example: example, AWS: deviations()[id]}
		c.found[id] = v
	}
	if row > v.last { // a rule that several gather is evaluated under the conditions of each
		v.Rows++
		v.last = row
	}
}
