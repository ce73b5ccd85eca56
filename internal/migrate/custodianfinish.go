package migrate

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"offpeak/scheduler/custodian"
)

// skipCalendar is the name of the calendar of skip-days.
const skipCalendar = "skip-days"

// settle finds out whether the filters agree, and whether everything that is stopped is started too.
func (c *custodianImport) settle() {
	for _, s := range mustAgree {
		var first *hourFilter
		c.hours = slices.DeleteFunc(c.hours, func(h *hourFilter) bool {
			if s.only != "" && s.only != h.side {
				return false
			}
			if first == nil {
				first = h
			}
			mine, others := s.of(h), s.of(first)
			if mine == others {
				return false
			}
			c.add(Error, h.where, "disagreement", "%s: %s, and in %s: %s. offpeak has one set of defaults for all off-hours tags; make them equal, "+
				"or write these hours under schedules and tag with the schedule's name", s.name, quoted(mine), first.where, quoted(others))
			return true
		})
	}
	c.settleSides()
}

// settleSides compares what is stopped with what is started, kind by kind.
func (c *custodianImport) settleSides() {
	var starts, stops, missing []string
	for _, kind := range scheduled {
		off, on := c.handles(offSide, kind), c.handles(onSide, kind)
		switch {
		case off && !on:
			starts = append(starts, kind)
		case on && !off:
			stops = append(stops, kind)
		case !off && !on:
			missing = append(missing, kind)
		}
	}
	const both = "If the other half is in another file, import both in one, with a line --- between them"
	if len(starts) > 0 && c.only() == custodian.OnlyStops {
		c.add(Warning, wholeConfiguration, "only-stops", "no policy starts anything, and neither does offpeak: tags.custodian.only: stops is written. %s", both)
	} else if len(starts) > 0 {
		c.add(Warning, wholeConfiguration, "starts-too", "no policy starts %s; offpeak starts at %d:00 what carries the tag and says no on= of its own. %s; "+
			"if nothing is to be started, take tags.custodian out, write a schedule with stop: alone, and tag with its name", several(starts), c.defaults().OnHour, both)
	}
	switch {
	case len(stops) > 0 && c.only() == custodian.OnlyStarts:
		c.add(Warning, wholeConfiguration, "only-starts", "no policy stops anything, and neither does offpeak: tags.custodian.only: starts is written. %s", both)
	case len(stops) > 0:
		c.add(Warning, wholeConfiguration, "stops-too", "no policy stops %s; offpeak stops at %d:00 what carries the tag and says no off= of its own. %s", several(stops), c.defaults().OffHour, both)
	}
	if len(missing) > 0 {
		c.add(Warning, wholeConfiguration, "all-kinds", "no policy is about %s; offpeak schedules these too where they carry the tag. Take it off those that are not meant", several(missing))
	}
}

// handles reports whether a side of a kind of resource is looked after.
func (c *custodianImport) handles(s side, kind string) bool {
	return slices.ContainsFunc(c.hours, func(h *hourFilter) bool { return h.side == s && slices.Contains(h.kinds, kind) })
}

// only is the one side that the filters are on.
func (c *custodianImport) only() custodian.Side {
	on := func(s side) bool {
		return slices.ContainsFunc(c.hours, func(h *hourFilter) bool { return h.side == s })
	}
	switch {
	case !on(onSide):
		return custodian.OnlyStops
	case !on(offSide):
		return custodian.OnlyStarts
	default:
		return custodian.Both
	}
}

// defaults unites the filters, which agree.
func (c *custodianImport) defaults() custodian.Defaults {
	d := custodian.StandardDefaults()
	for _, h := range c.hours {
		d.Zone, d.Weekends, d.WeekendsOnly = h.zone(), h.defaults.Weekends, h.defaults.WeekendsOnly
		if h.side == offSide {
			d.OffHour = h.defaults.OffHour
		} else {
			d.OnHour, d.SkipDays = h.defaults.OnHour, h.skipDays
		}
	}
	return d
}

// finish writes the policy, unless something is invalid.
func (c *custodianImport) finish(name string, o Options) ([]byte, []Finding, error) {
	c.noteEnvironments("Cloud Custodian")
	var sections []section
	if len(c.hours) > 0 {
		sections = c.sections(o)
	}
	return c.deliver(header("Cloud Custodian", "cloud-custodian", name), sections, len(c.hours) == 0, o)
}

// sections are those of the policy.
func (c *custodianImport) sections(o Options) []section {
	d := c.defaults()
	timezone := d.Zone
	if o.Timezone != "" {
		timezone = o.Timezone
	}
	flags := []any{"weekends", plain("false")}
	if d.Weekends {
		flags[1] = plain("true")
	}
	if d.WeekendsOnly {
		flags = append(flags, "weekends_only", plain("true"))
	}
	defaults := fields(
		"key", prose(c.hours[0].key), "default_tz", prose(d.Zone),
		"offhour", hourNode(d.OffHour), "onhour", hourNode(d.OnHour),
	)
	if only := c.only(); only != custodian.Both {
		flags = append(flags, "only", plain(string(only)))
	}
	defaults.Content = append(defaults.Content, fields(flags...).Content...)
	all := []section{
		{"The wall clock of schedules that name no time zone of their own.", "timezone", prose(timezone)},
		environments(),
		{"On these days nothing starts.", "calendars", nil},
		{"Resources are scheduled as they are tagged; this is what their tags leave open.", "tags", fields("custodian", flow(defaults))},
	}
	if len(d.SkipDays) > 0 {
		days := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, day := range d.SkipDays {
			days.Content = append(days.Content, inQuotes(day))
		}
		all[2].value = fields(skipCalendar, flow(fields("add", days)))
		all[3].value.Content = append(all[3].value.Content, fields("closed", words(skipCalendar)).Content...)
	}
	return all
}

func hourNode(hour int) *yaml.Node { return plain(strconv.Itoa(hour)) }
