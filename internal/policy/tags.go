package policy

import (
	"fmt"
	"strconv"
	"strings"

	"offpeak/internal/fleet"
	"offpeak/scheduler/custodian"
)

// tagsDraft is the section tags in the making.
type tagsDraft struct {
	draft     *draft
	prefix    string
	schedule  []string
	override  string
	spot      string
	group     string
	order     string
	snapshot  string
	custodian string
}

var tagsFields = fields[tagsDraft]{
	{"prefix", (*tagsDraft).readPrefix},
	{"schedule", func(t *tagsDraft, v value) {
		v.each(longestTagKey, func(element value, key string) {
			if element.tagKey(key) {
				t.schedule = append(t.schedule, key)
			}
		})
		if v.holdsNothing() {
			v.wrong("lists no keys", "say [offpeak:schedule, Schedule]")
		}
	}},
	{"override", func(t *tagsDraft, v value) { t.override = v.tagKeyText() }},
	{"spot", func(t *tagsDraft, v value) { t.spot = v.tagKeyText() }},
	{"group", func(t *tagsDraft, v value) { t.group = v.tagKeyText() }},
	{"order", func(t *tagsDraft, v value) { t.order = v.tagKeyText() }},
	{"snapshot", func(t *tagsDraft, v value) { t.snapshot = v.tagKeyText() }},
	{"custodian", (*tagsDraft).readCustodian},
	{"closed", func(t *tagsDraft, v value) { t.draft.Rules.Inline.Closed = t.draft.namedCalendars(v) }},
	{"hold", func(t *tagsDraft, v value) { t.draft.Rules.Inline.Hold = t.draft.namedCalendars(v) }},
}

func (v value) tagKeyText() string {
	key, ok := v.textUpTo(longestTagKey)
	if !ok || !v.tagKey(key) {
		return ""
	}
	return key
}

func (t *tagsDraft) readPrefix(v value) { t.prefix = v.tagKeyText() }

func (d *draft) readTags(v value) {
	t := &tagsDraft{draft: d}
	tagsFields.read(t, v)
	d.finishTags(t, v)
}

// finishTags sets the keys: the standard ones under the prefix, unless others were given.
func (d *draft) finishTags(t *tagsDraft, v value) {
	if t.prefix == "" {
		t.prefix = fleet.DefaultPrefix
	}
	keys := fleet.KeysWithPrefix(t.prefix)
	if len(t.schedule) > 0 {
		keys.Schedule = t.schedule
	}
	for _, own := range []struct{ key, into *string }{
		{&t.override, &keys.Override}, {&t.spot, &keys.Spot}, {&t.group, &keys.Group}, {&t.order, &keys.Order}, {&t.snapshot, &keys.Snapshot},
	} {
		if *own.key != "" {
			*own.into = *own.key
		}
	}
	keys.Custodian = t.custodian
	d.Rules.Keys = keys
	if t.custodian == "" {
		d.Rules.Custodian = d.standardCustodian()
	}
	meanings := map[string]string{}
	for _, use := range append(uses("schedule", keys.Schedule...), uses("custodian.key", keys.Custodian)...) {
		v.distinct(meanings, use)
	}
	for _, use := range [][2]string{
		{"override", keys.Override}, {"spot", keys.Spot}, {"group", keys.Group}, {"order", keys.Order}, {"snapshot", keys.Snapshot},
	} {
		v.distinct(meanings, use)
	}
}

func uses(meaning string, keys ...string) [][2]string {
	var list [][2]string
	for _, key := range keys {
		if key != "" {
			list = append(list, [2]string{meaning, key})
		}
	}
	return list
}

// distinct reports a key that has two meanings. Upper and lower case do not count: the custodian's key is found in any.
func (v value) distinct(meanings map[string]string, use [2]string) {
	folded := strings.ToLower(use[1])
	if other, twice := meanings[folded]; twice && (other != use[0] || use[0] != "schedule") {
		v.wrong(fmt.Sprintf("the key %s is used for both %s and %s", use[1], other, use[0]), "choose two keys")
	}
	meanings[folded] = use[0]
}

// standardCustodian are Cloud Custodian's own defaults, in the policy's zone.
func (d *draft) standardCustodian() custodian.Defaults {
	defaults := custodian.StandardDefaults()
	defaults.Zone = d.zone.String()
	return defaults
}

// custodianDraft is what a policy says of Cloud Custodian's tags.
type custodianDraft struct {
	custodian.Defaults
	key string
}

var custodianFields = fields[custodianDraft]{
	{"key", func(c *custodianDraft, v value) { c.key = v.tagKeyText() }},
	{"default_tz", func(c *custodianDraft, v value) {
		if name, ok := v.text(); ok {
			if _, err := custodian.LoadZone(name); err != nil {
				v.wrongly(err)
			}
			c.Zone = name
		}
	}},
	{"offhour", func(c *custodianDraft, v value) { c.OffHour = v.hour() }},
	{"onhour", func(c *custodianDraft, v value) { c.OnHour = v.hour() }},
	{"weekends", func(c *custodianDraft, v value) { c.Weekends, _ = v.boolean() }},
	{"weekends_only", func(c *custodianDraft, v value) { c.WeekendsOnly, _ = v.boolean() }},
	{"only", func(c *custodianDraft, v value) {
		side, _ := v.oneOf(string(custodian.OnlyStops), string(custodian.OnlyStarts))
		c.Only = custodian.Side(side)
	}},
}

func (t *tagsDraft) readCustodian(v value) {
	if v.holdsNothing() { // most likely its keys are commented out: no reason to opt a fleet in
		v.wrong("is empty", "say key: "+custodian.Key+", or remove the key")
		return
	}
	c := &custodianDraft{Defaults: t.draft.standardCustodian(), key: custodian.Key}
	custodianFields.read(c, v)
	t.custodian, t.draft.Rules.Custodian = c.key, c.Defaults
}

// hour reads a whole hour of the day.
func (v value) hour() int {
	text, ok := v.text()
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || !isDigits(text) || n > 23 {
		v.wrong(fmt.Sprintf("%q is no hour", clip(text)), "a whole number from 0 to 23")
		return 0
	}
	return n
}
