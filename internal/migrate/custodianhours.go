package migrate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"offpeak/scheduler/calendar"
	"offpeak/scheduler/custodian"
)

// hourFilter is an offhour or onhour filter understood.
type hourFilter struct {
	*report
	where    string
	side     side
	key      string // of the tag; the peer compares it without case
	kinds    []string
	defaults custodian.Defaults
	skipDays []string // sorted
	bad      bool

	said string // the field being read
}

// hourFields are all fields of the two filters beside type, in the order in which they are read.
var hourFields = []struct {
	key  string
	read func(*hourFilter, *node)
}{
	{"tag", func(h *hourFilter, n *node) { h.key = h.text(n) }},
	{"default_tz", func(h *hourFilter, n *node) { h.defaults.Zone = h.text(n) }},
	{"offhour", func(h *hourFilter, n *node) { h.hour(n, offSide, &h.defaults.OffHour) }},
	{"onhour", func(h *hourFilter, n *node) { h.hour(n, onSide, &h.defaults.OnHour) }},
	{"weekends", func(h *hourFilter, n *node) { h.defaults.Weekends = h.flag(n) }},
	{"weekends-only", func(h *hourFilter, n *node) { h.defaults.WeekendsOnly = h.flag(n) }},
	{"opt-out", (*hourFilter).optOut},
	{"skip-days", (*hourFilter).skip},
	{"skip-days-from", (*hourFilter).skipFrom},
	{"fallback-schedule", (*hourFilter).fallback},
	{"fallback_schedule", (*hourFilter).fallback},
	{"state-filter", func(h *hourFilter, n *node) { h.flag(n) }}, // acts on what is in the other state only, as offpeak does anyway
}

// readHours understands a filter. Faults are reported, and make it bad.
func readHours(r *report, where string, s side, n *node) *hourFilter {
	h := &hourFilter{report: r, where: where, side: s, key: custodian.Key, defaults: custodian.StandardDefaults()}
	unread := n.keys()
	for _, f := range hourFields {
		if value := n.get(f.key); value != nil {
			h.said = f.key
			f.read(h, value)
		}
		unread = slices.DeleteFunc(unread, func(key string) bool { return key == f.key || key == "type" })
	}
	for _, key := range unread {
		h.add(Warning, h.where, "unknown-field", "the field %s = %s is not known, and left out", named(key), n.get(key).echo())
	}
	if n.get("default_tz") == nil {
		h.add(Note, h.where, "default-tz", "it has no default_tz, so that Cloud Custodian takes New York's time; the policy says so too")
	}
	if h.bad {
		return h
	}
	if problems := try(section{"", "tags", fields("custodian", fields("key", prose(h.key)))}); len(problems) > 0 {
		h.bad = true
		h.refuse(h.where, problems)
	}
	if err := h.defaults.Validate(); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			h.wrong("%.300s", line)
		}
	}
	return h
}

func (h *hourFilter) wrong(format string, arguments ...any) {
	h.bad = true
	h.add(Error, h.where, "invalid-value", format, arguments...)
}

func (h *hourFilter) text(n *node) string {
	if n.kind != textKind && n.kind != numberKind || n.text == "" {
		h.wrong("%s is %s, and a text is expected", h.said, n.echo())
		return ""
	}
	return n.text
}

// flag reads true and false in all the spellings of YAML 1.1, which Cloud Custodian reads.
func (h *hourFilter) flag(n *node) bool {
	if n.plain && (n.kind == booleanKind || n.kind == textKind) {
		switch strings.ToLower(n.text) {
		case "true", "yes", "on", "y":
			return true
		case "false", "no", "off", "n":
			return false
		}
	}
	h.wrong("%s is %s; it is true or false, without quotes", h.said, n.echo())
	return false
}

// hour reads the hour of one side. Cloud Custodian does not look at that of the other.
func (h *hourFilter) hour(n *node, of side, into *int) {
	if of != h.side {
		h.add(Warning, h.where, "unread-hour", "%s = %s is not read by Cloud Custodian in a filter of type %s, and not here; it belongs to %s", h.said, n.echo(), h.side, of)
		return
	}
	hour, err := strconv.Atoi(n.text)
	if n.kind != numberKind || err != nil || len(n.text) > 1 && n.text[0] == '0' {
		h.wrong("%s is %s; it is a whole number from 0 to 23, without quotes and without a 0 before it", h.said, n.echo())
		return
	}
	*into = hour
}

func (h *hourFilter) optOut(n *node) {
	if h.flag(n) {
		h.add(Warning, h.where, "opt-out", "Cloud Custodian acts on resources without the tag %s too; offpeak never touches what its owner has not tagged. "+
			"Tag what is to be scheduled with %s = on", quoted(h.key), h.key)
	}
}

func (h *hourFilter) skip(n *node) {
	if n.kind != listKind {
		h.wrong("skip-days are %s; they are a list of dates", n.echo())
		return
	}
	days, err := n.texts()
	if err != nil {
		h.wrong("skip-days: %s", err)
		return
	}
	for _, day := range days {
		if _, err := calendar.ParseEntry(day); err != nil {
			h.wrong("skip-days: %s", err)
		}
	}
	h.defaults.SkipDays = days
	h.skipDays = slices.Compact(slices.Sorted(slices.Values(days)))
	switch {
	case len(days) == 0:
	case h.side == offSide:
		h.add(Warning, h.where, "skip-days", "on its skip-days Cloud Custodian does not stop; offpeak stops on every day, since days off keep things from starting, never from stopping")
	default:
		h.add(Note, h.where, "skip-days", "its skip-days are the calendar %s, on the days of which nothing starts", skipCalendar)
	}
}

func (h *hourFilter) skipFrom(n *node) {
	h.defaults.SkipDaysFrom = "a list elsewhere"
	url := n.get("url")
	if url == nil {
		url = n
	}
	h.add(Warning, h.where, "skip-days-from", "its days are listed at %s, which offpeak does not read. Save the list beside the policy, "+
		"say calendars: {%s: {csv: days.csv}} and name it in tags.closed", url.echo(), skipCalendar)
}

func (h *hourFilter) fallback(n *node) {
	schedule := h.text(n)
	if h.bad {
		return
	}
	if _, err := custodian.Parse(schedule, custodian.StandardDefaults()); err != nil {
		h.wrong("%s: %.300s", h.said, err)
		return
	}
	h.add(Warning, h.where, "fallback-schedule", "Cloud Custodian schedules resources without the tag %s by %s; offpeak never touches what its owner has not tagged. "+
		"Tag what is to be scheduled with %s = %s", quoted(h.key), quoted(schedule), h.key, quoted(schedule))
}

// setting is something on which the filters must agree, since a policy has one set of defaults.
type setting struct {
	name string
	of   func(*hourFilter) string
	only side // empty: both
}

var mustAgree = []setting{
	{"tag", func(h *hourFilter) string { return strings.ToLower(h.key) }, ""},
	{"default_tz", func(h *hourFilter) string { return h.zone() }, ""},
	{"offhour", func(h *hourFilter) string { return strconv.Itoa(h.defaults.OffHour) }, offSide},
	{"onhour", func(h *hourFilter) string { return strconv.Itoa(h.defaults.OnHour) }, onSide},
	{"weekends and weekends-only", func(h *hourFilter) string { return h.weekends() }, ""},
	{"skip-days", func(h *hourFilter) string { return fmt.Sprint(h.skipDays) }, onSide},
}

// zone is the IANA name of the zone.
func (h *hourFilter) zone() string {
	location, err := custodian.LoadZone(h.defaults.Zone)
	if err != nil {
		return h.defaults.Zone // which has been reported
	}
	return location.String()
}

func (h *hourFilter) weekends() string {
	switch {
	case h.defaults.WeekendsOnly:
		return "weekends-only"
	case h.defaults.Weekends:
		return "monday to friday"
	default:
		return "all days"
	}
}
