package scheduler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/scheduler"
	"offpeak/scheduler/calendar"
	"offpeak/scheduler/hours"
	"offpeak/scheduler/wall"
)

// seoul is where these stories play. Korea has no clock changes.
var seoul = zone("Asia/Seoul")

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// at reads "2026-11-20 19:35" in Seoul; an empty text is the zero time.
func at(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", text, seoul)
	if err != nil {
		panic(err)
	}
	return t
}

func windows(text string) wall.Pattern {
	h, err := hours.Parse(text)
	if err != nil {
		panic(err)
	}
	return hours.Windows(h.Windows...)
}

func holidays(entries ...string) []scheduler.NamedCalendar {
	c, err := calendar.ParseCSV("kr", []byte(strings.Join(entries, "\n")))
	if err != nil {
		panic(err)
	}
	return []scheduler.NamedCalendar{{Name: "kr", Calendar: c}}
}

// rules has one environment, dev, in account 111122223333, and the schedule office under changes.
func rules(change func(*scheduler.Schedule)) *scheduler.Rules {
	office := scheduler.Schedule{Name: "office", Zone: seoul, Pattern: windows("mon-fri 08:30-19:30")}
	if change != nil {
		change(&office)
	}
	return &scheduler.Rules{
		Policy:       "test",
		Zone:         seoul,
		Keys:         fleet.KeysWithPrefix(fleet.DefaultPrefix),
		Schedules:    map[string]*scheduler.Compiled{office.Name: scheduler.Compile(office)},
		Environments: []fleet.Environment{{Name: "dev", Accounts: []fleet.AccountID{"111122223333"}}},
	}
}

// sighting is a machine as one sweep sees it, and what the plan should say of it.
type sighting struct {
	at       string
	state    fleet.State
	since    string
	want     string // "stop", "start", an idle or refusal code, or "" for nothing to say
	override string
	schedule string // tag; empty: office
	change   func(*fleet.Resource)
	rules    *scheduler.Rules // from here on
}

// story is a sequence of sightings of one machine.
type story struct {
	name      string
	rules     *scheduler.Rules
	sightings []sighting
	memory    bool
}

const (
	running = fleet.Running
	stopped = fleet.Stopped
)

func stories() []story {
	office := rules(nil)
	stopAfter := rules(func(s *scheduler.Schedule) { s.StopAfter = 3 * time.Hour })
	enforced := rules(func(s *scheduler.Schedule) { s.Enforce = true })
	onlyOurs := rules(func(s *scheduler.Schedule) { s.OnlyStoppedByUs = true })
	ready := rules(func(s *scheduler.Schedule) { s.ReadyBy = 5 * time.Minute })
	holiday := rules(func(s *scheduler.Schedule) { s.Closed = holidays("2026-11-23,holiday") })
	until17 := rules(func(s *scheduler.Schedule) { s.Pattern = windows("mon-fri 08:30-17:00") })
	until14 := rules(func(s *scheduler.Schedule) { s.Pattern = windows("mon-fri 08:30-14:00") })
	database := func(r *fleet.Resource) { r.Kind = fleet.RDSInstance }
	return []story{
		// The table of the design, in its order.
		{"first sweep of a new fleet, after closing", office, []sighting{
			{at: "2026-11-20 19:35", state: running, since: "2026-11-16 08:31", want: "enrolled"},
			{at: "2026-11-20 20:00", state: running, since: "2026-11-16 08:31", want: "left-alone"},
			{at: "2026-11-23 08:31", state: running, since: "2026-11-16 08:31"},
			{at: "2026-11-23 19:31", state: running, since: "2026-11-16 08:31", want: "stop"},
		}, true},
		{"first sweep of a new fleet, after closing", office, []sighting{
			{at: "2026-11-20 19:35", state: running, since: "2026-11-16 08:31", want: "stop"},
			{at: "2026-11-20 19:35", state: running, want: "stop"},
		}, false},
		{"Friday 20:00, running since Monday", office, []sighting{
			{at: "2026-11-20 18:00", state: running, since: "2026-11-16 08:31", want: "enrolled"},
			{at: "2026-11-20 20:00", state: running, since: "2026-11-16 08:31", want: "stop"},
		}, true},
		{"Friday 20:00, running since Monday", office, []sighting{
			{at: "2026-11-20 20:00", state: running, since: "2026-11-16 08:31", want: "stop"},
		}, false},
		{"started by hand at 21:00, stop_after 3h", stopAfter, []sighting{
			{at: "2026-11-20 18:00", state: running, since: "2026-11-16 08:31", want: "enrolled"},
			{at: "2026-11-20 19:35", state: running, since: "2026-11-16 08:31", want: "stop"},
			{at: "2026-11-20 19:40", state: stopped, since: "2026-11-20 19:36"},
			{at: "2026-11-20 21:05", state: running, since: "2026-11-20 21:00", want: "left-alone"},
			{at: "2026-11-20 23:59", state: running, since: "2026-11-20 21:00", want: "left-alone"},
			{at: "2026-11-21 00:00", state: running, since: "2026-11-20 21:00", want: "stop"},
			{at: "2026-11-21 00:05", state: stopped, since: "2026-11-21 00:01"},
		}, true},
		{"started by hand at 21:00, stop_after 3h", stopAfter, []sighting{
			{at: "2026-11-20 23:59", state: running, since: "2026-11-20 21:00", want: "left-alone"},
			{at: "2026-11-21 00:00", state: running, since: "2026-11-20 21:00", want: "stop"},
		}, false},
		{"override running until 02:00, set at 18:00", office, []sighting{
			{at: "2026-11-20 17:00", state: running, since: "2026-11-16 08:31", want: "enrolled"},
			{at: "2026-11-20 18:00", state: running, since: "2026-11-16 08:31", override: "running until 2026-11-21 02:00"},
			{at: "2026-11-20 19:35", state: running, since: "2026-11-16 08:31", override: "running until 2026-11-21 02:00"},
			{at: "2026-11-21 02:00", state: running, since: "2026-11-16 08:31", override: "running until 2026-11-21 02:00", want: "stop"},
			{at: "2026-11-21 02:05", state: stopped, since: "2026-11-21 02:01", override: "running until 2026-11-21 02:00"},
		}, true},
		{"override running until 02:00, set at 18:00", office, []sighting{
			{at: "2026-11-20 19:35", state: running, since: "2026-11-16 08:31", override: "running until 2026-11-21 02:00"},
			{at: "2026-11-21 02:00", state: running, since: "2026-11-16 08:31", override: "running until 2026-11-21 02:00", want: "stop"},
		}, false},
		{"holiday Monday, started by hand at 10:00", holiday, []sighting{
			{at: "2026-11-20 18:00", state: running, since: "2026-11-16 08:31", want: "enrolled"},
			{at: "2026-11-20 19:35", state: running, since: "2026-11-16 08:31", want: "stop"},
			{at: "2026-11-20 19:40", state: stopped, since: "2026-11-20 19:36"},
			{at: "2026-11-23 08:31", state: stopped, since: "2026-11-20 19:36"},
			{at: "2026-11-23 12:00", state: running, since: "2026-11-23 10:00", want: "left-alone"},
			{at: "2026-11-23 19:31", state: running, since: "2026-11-23 10:00", want: "stop"},
		}, true},
		{"holiday Monday, started by hand at 10:00", holiday, []sighting{
			{at: "2026-11-23 08:31", state: stopped, since: "2026-11-20 19:36"},
			{at: "2026-11-23 12:00", state: running, since: "2026-11-23 10:00", want: "left-alone"},
			{at: "2026-11-23 19:31", state: running, since: "2026-11-23 10:00", want: "stop"},
		}, false},
		{"policy changed at 15:00 to close at 17:00", office, []sighting{
			{at: "2026-11-20 09:00", state: running, since: "2026-11-16 08:31", want: "enrolled"},
			{at: "2026-11-20 15:05", state: running, since: "2026-11-16 08:31", rules: until17},
			{at: "2026-11-20 17:00", state: running, since: "2026-11-16 08:31", want: "stop"},
		}, true},
		{"policy changed at 15:00 to close at 17:00", until17, []sighting{
			{at: "2026-11-20 15:05", state: running, since: "2026-11-16 08:31"},
			{at: "2026-11-20 17:01", state: running, since: "2026-11-16 08:31", want: "stop"},
		}, false},
		{"policy changed at 15:00 to close at 14:00 acts from its next edge on, never at once", office, []sighting{
			{at: "2026-11-20 09:00", state: running, since: "2026-11-16 08:31", want: "enrolled"},
			{at: "2026-11-20 15:05", state: running, since: "2026-11-16 08:31", rules: until14, want: "enrolled"},
			{at: "2026-11-20 20:00", state: running, since: "2026-11-16 08:31", want: "left-alone"},
			{at: "2026-11-23 14:00", state: running, since: "2026-11-16 08:31", want: "stop"},
		}, true},
		{"RDS restarted by AWS on Sunday week", office, []sighting{
			{at: "2026-11-13 18:00", state: running, want: "enrolled", change: database},
			{at: "2026-11-13 19:35", state: running, want: "stop", change: database},
			{at: "2026-11-13 19:40", state: stopped, change: database},
			{at: "2026-11-16 08:29", state: stopped, change: database, rules: rules(func(s *scheduler.Schedule) {
				s.Closed = holidays("2026-11-16..2026-11-20,closed week")
			})},
			{at: "2026-11-20 19:35", state: stopped, change: database},
			{at: "2026-11-20 19:45", state: fleet.Changing, change: database, want: "in-transition"},
			{at: "2026-11-20 20:10", state: running, change: database, want: "stop"},
		}, true},
		{"RDS found running on Sunday", office, []sighting{
			{at: "2026-11-22 12:00", state: running, change: database, want: "since-unknown"},
		}, false},
		{"start fails for capacity: tried again until it is verified", office, []sighting{
			{at: "2026-11-20 18:00", state: running, since: "2026-11-16 08:31", want: "enrolled"},
			{at: "2026-11-20 19:35", state: running, since: "2026-11-16 08:31", want: "stop"},
			{at: "2026-11-20 19:40", state: stopped, since: "2026-11-20 19:36"},
			{at: "2026-11-23 08:30", state: stopped, since: "2026-11-20 19:36", want: "start"},
			{at: "2026-11-23 08:35", state: stopped, since: "2026-11-23 08:31", change: byAWS, want: "start"},
			{at: "2026-11-23 08:40", state: fleet.Changing, want: "in-transition"},
			{at: "2026-11-23 08:45", state: running, since: "2026-11-23 08:41"},
		}, true},
		{"AWS stops it in office hours: started again", office, []sighting{
			{at: "2026-11-20 08:00", state: stopped, since: "2026-11-19 19:31", want: "enrolled"},
			{at: "2026-11-20 08:31", state: stopped, since: "2026-11-19 19:31", want: "start"},
			{at: "2026-11-20 08:36", state: running, since: "2026-11-20 08:32"},
			{at: "2026-11-20 14:00", state: stopped, since: "2026-11-20 13:50", change: byAWS, want: "start"},
		}, true},
		{"AWS stopped it in office hours", office, []sighting{
			{at: "2026-11-20 14:00", state: stopped, since: "2026-11-20 13:50", change: byAWS, want: "start"},
			{at: "2026-11-20 14:00", state: stopped, since: "2026-11-20 13:50", want: "left-alone"},
		}, false},
		{"start fails for capacity: the next run tries again", office, []sighting{
			{at: "2026-11-23 08:35", state: stopped, since: "2026-11-20 19:36", want: "start"},
		}, false},
		{"enforce, newly seen on Friday at 22:00, running", enforced, []sighting{
			{at: "2026-11-20 22:00", state: running, since: "2026-11-20 21:00", want: "enrolled"},
			{at: "2026-11-20 22:05", state: running, since: "2026-11-20 21:00", want: "stop"},
		}, true},
		{"enforce, newly seen on Friday at 22:00, running", enforced, []sighting{
			{at: "2026-11-20 22:00", state: running, since: "2026-11-20 21:00", want: "stop"},
		}, false},

		// What the table leaves open.
		{"enforce: a person's start after the closing, before the stop was seen to work", enforced, []sighting{
			{at: "2026-11-20 17:00", state: running, since: "2026-11-16 08:31", want: "enrolled"},
			{at: "2026-11-20 19:35", state: running, since: "2026-11-20 19:31", want: "stop"},
		}, true},
		{"stopped by hand in office hours: left until the next opening", office, []sighting{
			{at: "2026-11-19 12:00", state: stopped, since: "2026-11-19 10:00", want: "left-alone"},
			{at: "2026-11-20 08:31", state: stopped, since: "2026-11-19 10:00", want: "start"},
		}, false},
		{"ready by opening: started five minutes before it", ready, []sighting{
			{at: "2026-11-23 08:24", state: stopped, since: "2026-11-20 19:36"},
			{at: "2026-11-23 08:25", state: stopped, since: "2026-11-20 19:36", want: "start"},
		}, false},
		{"ready by opening: stopped by hand at 08:27 is a person's wish", ready, []sighting{
			{at: "2026-11-23 08:29", state: stopped, since: "2026-11-23 08:27", want: "left-alone"},
		}, false},
		{"start_only: what a person stopped stays down", onlyOurs, []sighting{
			{at: "2026-11-20 10:00", state: stopped, since: "2026-11-18 10:00", want: "enrolled"},
			{at: "2026-11-23 08:31", state: stopped, since: "2026-11-18 10:00", want: "not-stopped-by-us"},
		}, true},
		{"start_only: what offpeak stopped is started", onlyOurs, []sighting{
			{at: "2026-11-20 10:00", state: running, since: "2026-11-16 08:31", want: "enrolled"},
			{at: "2026-11-20 19:31", state: running, since: "2026-11-16 08:31", want: "stop"},
			{at: "2026-11-20 19:36", state: stopped, since: "2026-11-20 19:32"},
			{at: "2026-11-23 08:31", state: stopped, since: "2026-11-20 19:32", want: "start"},
		}, true},
		{"start_only without memory: who stopped it is not known", onlyOurs, []sighting{
			{at: "2026-11-23 08:31", state: stopped, since: "2026-11-20 19:32", want: "not-stopped-by-us"},
		}, false},
		{"override stopped, at once, also newly seen", office, []sighting{
			{at: "2026-11-20 10:00", state: running, since: "2026-11-16 08:31", override: "stopped until 2026-12-01", want: "stop"},
			{at: "2026-11-20 10:05", state: stopped, since: "2026-11-20 10:01", override: "stopped until 2026-12-01"},
			{at: "2026-11-23 08:31", state: stopped, since: "2026-11-20 10:01", override: "stopped until 2026-12-01"},
			{at: "2026-12-01 00:00", state: stopped, since: "2026-11-20 10:01", override: "stopped until 2026-12-01"},
			{at: "2026-12-01 08:30", state: stopped, since: "2026-11-20 10:01", override: "stopped until 2026-12-01", want: "start"},
		}, true},
		{"override taken away before its end: the schedule holds again", office, []sighting{
			{at: "2026-11-20 18:00", state: running, since: "2026-11-16 08:31", want: "enrolled"},
			{at: "2026-11-20 20:00", state: running, since: "2026-11-16 08:31", override: "running until 2026-11-21 02:00"},
			{at: "2026-11-20 22:00", state: running, since: "2026-11-16 08:31", want: "stop"},
		}, true},
		{"an override that ended long ago does nothing", office, []sighting{
			{at: "2026-11-20 18:00", state: running, since: "2026-11-16 08:31", override: "running until 2026-11-21 02:00", want: "enrolled"},
			{at: "2026-11-21 02:00", state: running, since: "2026-11-16 08:31", override: "running until 2026-11-21 02:00", want: "stop"},
			{at: "2026-11-21 02:05", state: stopped, since: "2026-11-21 02:01", override: "running until 2026-11-21 02:00"},
			{at: "2026-11-21 03:05", state: running, since: "2026-11-21 03:00", override: "running until 2026-11-21 02:00", want: "left-alone"},
			{at: "2026-11-21 04:00", state: running, since: "2026-11-21 03:00", want: "left-alone"},
		}, true},
		{"a person overrules an override in force", office, []sighting{
			{at: "2026-11-20 18:00", state: running, since: "2026-11-16 08:31", want: "enrolled"},
			{at: "2026-11-20 18:05", state: running, since: "2026-11-16 08:31", override: "stopped until 2026-12-01", want: "stop"},
			{at: "2026-11-20 18:10", state: stopped, since: "2026-11-20 18:06", override: "stopped until 2026-12-01"},
			{at: "2026-11-20 19:10", state: running, since: "2026-11-20 19:00", override: "stopped until 2026-12-01", want: "left-alone"},
		}, true},
		{"tag running: enrolled, then started once", office, []sighting{
			{at: "2026-11-20 22:00", state: stopped, since: "2026-11-20 19:36", schedule: "running", want: "enrolled"},
			{at: "2026-11-20 22:05", state: stopped, since: "2026-11-20 19:36", schedule: "running", want: "start"},
			{at: "2026-11-20 22:10", state: running, since: "2026-11-20 22:06", schedule: "running"},
			{at: "2026-11-21 12:00", state: stopped, since: "2026-11-21 11:00", schedule: "running", want: "left-alone"},
		}, true},
		{"hours in the tag, newly written in the evening: next edge", office, []sighting{
			{at: "2026-11-20 20:00", state: running, since: "2026-11-16 08:31", schedule: "mon-fri 09:00-19:00 Asia/Seoul", want: "enrolled"},
			{at: "2026-11-23 19:00", state: running, since: "2026-11-16 08:31", schedule: "mon-fri 09:00-19:00 Asia/Seoul", want: "stop"},
		}, true},
		{"between states at the edge: wait", office, []sighting{
			{at: "2026-11-20 19:35", state: fleet.Changing, want: "in-transition"},
		}, false},
		{"a database made after closing was made on purpose", office, []sighting{
			{at: "2026-11-20 19:40", state: running, change: func(r *fleet.Resource) {
				r.Kind, r.Created = fleet.RDSInstance, at("2026-11-20 19:36")
			}, want: "left-alone"},
		}, false},
	}
}

func byAWS(r *fleet.Resource) { r.ByAWS = true }

func TestSituations(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		t.Run(fmt.Sprintf("%s, memory %t", s.name, s.memory), func(t *testing.T) {
			t.Parallel()
			var memory *fleet.Memory
			if s.memory {
				memory = &fleet.Memory{}
			}
			current := s.rules
			for _, seen := range s.sightings {
				if seen.rules != nil {
					current = seen.rules
				}
				snapshot := seen.snapshot()
				made, next := scheduler.New(current).Plan(snapshot, memory, scheduler.Options{})
				if got := saying(made); got != seen.want {
					t.Errorf("%s: got %q, want %q\n%+v", seen.at, got, seen.want, made)
				}
				memory = next
			}
		})
	}
}

func (s sighting) snapshot() *fleet.Snapshot {
	schedule := s.schedule
	if schedule == "" {
		schedule = "office"
	}
	tags := []fleet.Tag{{Key: "offpeak:schedule", Value: schedule}}
	if s.override != "" {
		tags = append(tags, fleet.Tag{Key: "offpeak:override", Value: s.override})
	}
	r := fleet.Resource{
		ID: "i-0a1", ARN: "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0a1", Kind: fleet.EC2Instance,
		Scope: fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"},
		State: s.state, Since: at(s.since), Tags: fleet.NewTags(tags...),
	}
	if s.change != nil {
		s.change(&r)
	}
	return &fleet.Snapshot{Taken: at(s.at), Resources: []fleet.Resource{r}}
}

// saying boils a plan for one machine down to one word.
func saying(p plan.Plan) string {
	var words []string
	for _, a := range p.Actions {
		words = append(words, a.Change.Verb())
	}
	for _, r := range p.Refusals {
		words = append(words, string(r.Code))
	}
	for _, i := range p.Idle {
		words = append(words, string(i.Code))
	}
	return strings.Join(words, " ")
}
