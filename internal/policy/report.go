package policy

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Report is what the policy says of quarterly reports, for all tenants.
type Report struct {
	// TeamTag is the key of the tag that names a resource's team, OwnerTags those that name whose it is, the first that it has counts. Case is ignored.
	TeamTag   string
	OwnerTags []string
	// CostTag is the key of the cost allocation tag that offpeak's own resources carry on the bill.
	CostTag string
	// WorkingHours is the schedule whose opening hours are working hours; empty: nothing says when people work.
	WorkingHours string
	// Currency stands beside US dollars; nil: none does.
	Currency *Currency
}

// Currency is a second currency by one declared rate.
type Currency struct {
	Code   string // ISO 4217
	PerUSD Factor // units of it for one dollar
	Source string
	Date   string // 2006-01-02
}

// Recipient is who gets a tenant's report.
type Recipient struct {
	Address  string
	Language string
}

// What holds where a policy says nothing of reports.
const (
	defaultTeamTag = "Team"
	// DefaultCostTag and CostTagValue are carried by everything that the stacks make.
	DefaultCostTag = "Application"
	CostTagValue   = "offpeak"
)

func defaultReport() Report {
	return Report{TeamTag: defaultTeamTag, OwnerTags: []string{"Owner", defaultTeamTag}, CostTag: DefaultCostTag}
}

var reportFields = fields[draft]{
	{"team_tag", func(d *draft, v value) { d.Report.TeamTag = v.tagKeyText() }},
	{"owner_tags", (*draft).readOwnerTags},
	{"cost_tag", func(d *draft, v value) { d.Report.CostTag = v.tagKeyText() }},
	{"working_hours", (*draft).readWorkingHours},
	{"currency", (*draft).readCurrency},
}

func (d *draft) readReport(v value) { reportFields.read(d, v) }

func (d *draft) readOwnerTags(v value) {
	d.Report.OwnerTags = nil
	v.each(longestTagKey, func(element value, key string) {
		if element.tagKey(key) {
			d.Report.OwnerTags = append(d.Report.OwnerTags, key)
		}
	})
	if v.holdsNothing() {
		v.wrong("lists no keys", "say [Owner, Team]")
	}
}

// readWorkingHours takes the name of a schedule that opens and closes.
func (d *draft) readWorkingHours(v value) {
	name, ok := v.text()
	if !ok {
		return
	}
	s, known := d.Rules.Schedules[name]
	switch {
	case !known:
		v.unknown(fmt.Sprintf("there is no schedule %q", clip(name)), name, d.Schedules)
	case s.Constantly() || len(d.opening[name]) == 0:
		v.wrong(fmt.Sprintf("the schedule %s has no opening windows, so it tells no working hours", name), "name one that says open")
	default:
		d.Report.WorkingHours = name
	}
}

var (
	currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)
	rateForm     = regexp.MustCompile(`^\d{1,9}(\.\d{1,12})?$`)
)

var currencyFields = fields[Currency]{
	{"code", func(c *Currency, v value) {
		c.Code = v.matching(currencyCode, "is no code of a currency", "its three capital letters by ISO 4217, such as KRW")
		if c.Code == "USD" {
			v.wrong("reports are in US dollars anyway", "name another currency, or leave the section out")
		}
	}},
	{"per_usd", func(c *Currency, v value) {
		text, err := v.quotedNumber()
		switch {
		case err != nil:
		case !rateForm.MatchString(text) || strings.Trim(text, "0.") == "":
			v.wrong(fmt.Sprintf("%q is no rate", clip(text)), `a decimal above zero such as "1384.50"`)
		default:
			c.PerUSD = Factor(text)
		}
	}},
	{"source", func(c *Currency, v value) { c.Source, _ = v.text() }},
	{"date", func(c *Currency, v value) {
		text, ok := v.text()
		if _, err := time.Parse(time.DateOnly, text); ok && err != nil {
			v.wrong(fmt.Sprintf("%q is no date", clip(text)), "write it as 2026-09-30, the day of the rate")
			return
		}
		c.Date = text
	}},
}

// readCurrency reads all four or none: a rate without source and date is worth nothing to its reader.
func (d *draft) readCurrency(v value) {
	c := &Currency{}
	before := v.problems.count()
	found := currencyFields.read(c, v)
	for _, needed := range []struct{ key, example string }{
		{"code", "code: KRW"}, {"per_usd", `per_usd: "1384.50"`}, {"source", "source: Seoul Money Brokerage"}, {"date", "date: 2026-09-30"},
	} {
		if _, ok := found[needed.key]; !ok && v.problems.count() == before {
			v.missing(needed.key, needed.example)
			return
		}
	}
	if v.problems.count() == before {
		d.Report.Currency = c
	}
}
