package policy

import (
	"fmt"
	"regexp"
	"time"

	"offpeak/autospot"
	"offpeak/internal/fleet"
	"offpeak/scheduler"
	"offpeak/scheduler/hours"
	"offpeak/scheduler/zone"
)

// draft is a policy in the making, and what its sections need to know of each other.
type draft struct {
	*Policy
	files FileReader
	zone  *time.Location // the policy's; UTC where it is missing or wrong, which has been reported then

	calendars     map[string]*calendarDraft // by name; those that cannot be read too, so that their names are known
	calendarNames []string
	scheduleNames []string // those that cannot be read too
	tenantOf      map[fleet.AccountID]string

	windows, pairs int // read so far, see mostWindows and mostPairs
}

func newDraft(files FileReader) *draft {
	d := &draft{
		Policy: &Policy{
			Observe: defaultObserve, Guards: Guards{MaxFailures: defaultMaxFailures},
			Report: defaultReport(), Prices: fleet.Prices{}, descriptions: map[string]string{}, opening: map[string][]hours.Window{},
		},
		files: files, zone: time.UTC,
		calendars: map[string]*calendarDraft{}, tenantOf: map[fleet.AccountID]string{},
	}
	d.Rules.StaleAfter = defaultStaleAfter
	d.Rules.Schedules = map[string]*scheduler.Compiled{}
	d.Spot = autospot.Rules{Mode: autospot.Advise, Profiles: map[string]autospot.Profile{autospot.DefaultName: autospot.DefaultProfile()}}
	return d
}

// policyFields are the sections, in the order in which they need each other.
var policyFields = fields[draft]{
	{"timezone", (*draft).readTimezone},
	{"calendars", (*draft).readCalendars},
	{"schedules", (*draft).readSchedules},
	{"environments", (*draft).readEnvironments},
	{"tags", (*draft).readTags},
	{"guards", func(d *draft, v value) { guardFields.read(d, v) }},
	{"keep_address", func(d *draft, v value) { d.Rules.KeepAddress, _ = v.boolean() }},
	{"instance_store", func(d *draft, v value) {
		choice, _ := v.oneOf("refuse", "allow")
		d.Rules.AllowInstanceStore = choice == "allow"
	}},
	{"kill_switch", (*draft).readKillSwitch},
	{"spot", (*draft).readSpot},
	{"observe", func(d *draft, v value) { d.Observe = v.duration(0, 365*day) }},
	{"accounts", (*draft).readAccounts},
	{"regions", (*draft).readRegions},
	{"tenants", (*draft).readTenants},
	{"report", (*draft).readReport},
	{"prices", (*draft).readPrices},
}

var guardFields = fields[draft]{
	{"stale_after", func(d *draft, v value) { d.Rules.StaleAfter = v.duration(time.Minute, day) }},
	{"max_failures", func(d *draft, v value) { d.Guards.MaxFailures, _ = v.percent() }},
}

// read reads the whole policy.
func (d *draft) read(root value) {
	found := policyFields.read(d, root)
	if root.kind() != "a mapping" && !root.empty() {
		return // which has been said
	}
	if _, ok := found["timezone"]; !ok {
		root.missing("timezone", "timezone: Asia/Seoul")
	}
	if _, ok := found["environments"]; !ok {
		root.missing("environments", `environments: {dev: {accounts: ["111122223333"]}}`)
	}
	if _, ok := found["tags"]; !ok {
		d.finishTags(&tagsDraft{draft: d}, root)
	}
	d.finishAccounts()
	d.finishSpot()
	d.unusedCalendars()
}

// missing reports that a mapping lacks a required key.
func (v value) missing(key, example string) {
	at := v
	at.path = join(v.path, key)
	at.wrong("is missing", "say "+example)
}

func (d *draft) readTimezone(v value) {
	if where, ok := v.timezone(); ok {
		d.zone = where
	}
	d.Rules.Zone = d.zone
}

func (v value) timezone() (*time.Location, bool) {
	name, ok := v.text()
	if !ok {
		return nil, false
	}
	where, err := zone.Load(name)
	if err != nil {
		v.wrongly(err)
		return nil, false
	}
	return where, true
}

func (d *draft) readKillSwitch(v value) {
	switch v.node.Value {
	case "off", "none", "false", "no":
		v.wrong("there is no such kill switch", "remove the key to let offpeak act")
		return
	}
	choice, _ := v.oneOf(string(scheduler.KillStops), string(scheduler.KillEverything))
	d.Rules.KillSwitch = scheduler.KillSwitch(choice)
}

// checkName checks a key that its user chose.
func (m member) checkName() bool {
	switch {
	case len([]rune(m.key)) > longestTagValue:
		m.name.wrong(fmt.Sprintf("the name is longer than %d characters", longestTagValue), "")
	case !nameForm.MatchString(m.key):
		m.name.wrong(fmt.Sprintf("%q is no name", clip(m.key)), "a name begins with a letter, a digit or _, and may go on with blanks and . _ - / @ : + = too")
	default:
		return true
	}
	return false
}

// nameForm allows what the tags of every service can carry, letters of all scripts included.
var nameForm = regexp.MustCompile(`^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N} ._/@:+=-]*[\p{L}\p{M}\p{N}._/@:+=-])?$`)
