package custodian_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/scheduler/custodian"
	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
)

// peerFilter is an offhour or onhour filter; what its JSON leaves out keeps the value it has before.
type peerFilter struct {
	Type         string
	Zone         string `json:"default_tz"`
	OffHour      int
	OnHour       int
	Weekends     bool
	WeekendsOnly bool           `json:"weekends-only"`
	SkipDays     []string       `json:"skip-days"`
	SkipDaysFrom map[string]any `json:"skip-days-from"`
}

func (f *peerFilter) UnmarshalJSON(text []byte) error {
	type plain peerFilter
	d := custodian.StandardDefaults()
	p := plain{Zone: d.Zone, OffHour: d.OffHour, OnHour: d.OnHour, Weekends: d.Weekends, WeekendsOnly: d.WeekendsOnly}
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	*f = peerFilter(p)
	return nil
}

func (f *peerFilter) defaults() custodian.Defaults {
	from, _ := f.SkipDaysFrom["url"].(string)
	return custodian.Defaults{
		Zone: f.Zone, OffHour: f.OffHour, OnHour: f.OnHour, Weekends: f.Weekends, WeekendsOnly: f.WeekendsOnly,
		SkipDays: f.SkipDays, SkipDaysFrom: from,
	}
}

type peerMatch struct {
	ID     string
	Filter peerFilter
	Tag    *string
	At     time.Time
	Expect struct {
		Match      bool
		ParseError bool `json:"parse_error"`
		OptedOut   bool `json:"opted_out"`
	}
	Ours *struct{ Edge bool }
}

type peerParse struct {
	ID, Tag     string
	DefaultZone string `json:"default_tz"`
	Expect      *struct {
		Off, On []struct {
			Days []int
			Hour int
		}
		Zone string `json:"tz"`
	}
}

type peerPolicy struct {
	ID     string
	Filter peerFilter
	Expect struct{ Valid bool }
}

type conformance struct {
	Matches          []peerMatch
	Parse            []peerParse
	PolicyValidation []peerPolicy `json:"policy_validation"`
}

func readConformance(t *testing.T) conformance {
	t.Helper()
	text, err := os.ReadFile("testdata/cloud-custodian.json")
	if err != nil {
		t.Fatal(err)
	}
	var file conformance
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Matches) == 0 || len(file.Parse) == 0 || len(file.PolicyValidation) == 0 {
		t.Fatal("no cases in the file")
	}
	return file
}

func TestEdgesOfCloudCustodian(t *testing.T) {
	t.Parallel()
	for _, c := range readConformance(t).Matches {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			if c.Tag == nil {
				if c.Expect.Match && (c.Ours == nil || c.Ours.Edge) {
					t.Error("a resource without a tag is expected to match; ours is opt-in only")
				}
				return
			}
			d := c.Filter.defaults()
			tag, err := custodian.Parse(*c.Tag, d)
			if (err != nil) != c.Expect.ParseError {
				t.Fatalf("error = %v, want error = %t", err, c.Expect.ParseError)
			}
			if tag.OptedOut != c.Expect.OptedOut {
				t.Errorf("opted out = %t, want %t", tag.OptedOut, c.Expect.OptedOut)
			}
			if err == nil && !tag.OptedOut {
				checkHour(t, tag, d, c)
			}
		})
	}
}

// checkHour compares the edges in the local hour of a case with what is expected of it. The hour is that of the wall clock; where ours
// differs on purpose, because that clock skips or repeats it, it is the one that passes.
func checkHour(t *testing.T, tag custodian.Tag, d custodian.Defaults, c peerMatch) {
	t.Helper()
	zone, err := custodian.LoadZone(tag.Zone)
	if err != nil {
		t.Fatal(err)
	}
	state := wall.Stopped
	if c.Filter.Type == "onhour" {
		state = wall.Running
	}
	now := wall.At(c.At, zone)
	hour, past := now.Clock()
	begin := now.Date().At(hour * 60)
	edges := edgesAround(tag.Pattern(), now.Date(), state, zone, d.Closed())

	var want []time.Time
	inHour := func(edge wall.Minute) bool { return begin <= edge && edge < begin+60 }
	if c.Expect.Match {
		want = []time.Time{begin.Instant(zone)}
	}
	if c.Ours != nil {
		from := c.At.Truncate(time.Minute).Add(-time.Duration(past) * time.Minute)
		inHour = func(edge wall.Minute) bool {
			at := edge.Instant(zone)
			return !at.Before(from) && at.Before(from.Add(time.Hour))
		}
		want = nil
		if c.Ours.Edge {
			want = []time.Time{from}
		}
	}
	var got []time.Time
	for _, edge := range edges {
		if inHour(edge) {
			got = append(got, edge.Instant(zone))
		}
	}
	if !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("%v edges in the hour of %s: %v, want %v", state, c.At, got, want)
	}
}

// edgesAround returns the edges on some days that ask for a state and take place.
func edgesAround(p wall.Pattern, day wall.Date, state wall.State, zone *time.Location, closed func(wall.Minute) bool) []wall.Minute {
	var edges []wall.Minute
	for _, s := range p.Draw(day-2, day+3, closed).Stretches {
		if s.State == state && s.From.Instant(zone).Before(s.To.Instant(zone)) {
			edges = append(edges, s.From)
		}
	}
	return edges
}

func TestTagsOfCloudCustodian(t *testing.T) {
	t.Parallel()
	for _, c := range readConformance(t).Parse {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			d := custodian.StandardDefaults()
			d.Zone = c.DefaultZone
			tag, err := custodian.Parse(c.Tag, d)
			if c.Expect == nil {
				// Where the peer's parser has no result, a tag without key=value means the defaults all the same.
				if err == nil && strings.Contains(c.Tag, "=") {
					t.Errorf("%q is valid, want an error", c.Tag)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := map[string][]custodian.Time{}
			if tag.OwnOff {
				got["off"] = tag.Off
			}
			if tag.OwnOn {
				got["on"] = tag.On
			}
			want := map[string][]custodian.Time{}
			for _, at := range c.Expect.Off {
				want["off"] = append(want["off"], custodian.Time{Days: mondayFirst(at.Days), Hour: at.Hour})
			}
			for _, at := range c.Expect.On {
				want["on"] = append(want["on"], custodian.Time{Days: mondayFirst(at.Days), Hour: at.Hour})
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
			zone, err := custodian.LoadZone(c.Expect.Zone)
			if err != nil {
				t.Fatal(err)
			}
			if tag.Zone != zone.String() {
				t.Errorf("zone = %s, want %s", tag.Zone, zone)
			}
		})
	}
}

// mondayFirst turns the peer's numbers of days, 0 for Monday, into a set.
func mondayFirst(numbers []int) custodian.Weekdays {
	var days custodian.Weekdays
	for _, n := range numbers {
		days[(n+1)%7] = true
	}
	return days
}

func TestSettingsOfCloudCustodian(t *testing.T) {
	t.Parallel()
	for _, c := range readConformance(t).PolicyValidation {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			if err := c.Filter.defaults().Validate(); (err == nil) != c.Expect.Valid {
				t.Errorf("error = %v, want valid = %t", err, c.Expect.Valid)
			}
		})
	}
}
