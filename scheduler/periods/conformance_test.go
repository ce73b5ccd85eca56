package periods_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"offpeak/scheduler/periods"
	"offpeak/scheduler/wall"
)

type peerSchedule struct {
	Timezone       string
	Periods        []string
	OverrideStatus string `json:"override_status"`
}

type peerCase struct {
	ID           string
	Schedule     peerSchedule
	Periods      []periods.Definition
	At           time.Time
	Expect       string
	InstanceType string `json:"instance_type"`
}

type peerValidation struct {
	ID, Kind   string
	Definition json.RawMessage
	Valid      bool
}

func readConformance(t *testing.T) (cases []peerCase, validation []peerValidation) {
	t.Helper()
	text, err := os.ReadFile("testdata/instance-scheduler.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases      []peerCase
		Validation []peerValidation
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) == 0 || len(file.Validation) == 0 {
		t.Fatal("no cases in the file")
	}
	return file.Cases, file.Validation
}

func TestStatesOfInstanceScheduler(t *testing.T) {
	t.Parallel()
	cases, _ := readConformance(t)
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			state, instanceType := evaluate(t, c)
			if state != c.Expect {
				t.Errorf("state = %s, want %s", state, c.Expect)
			}
			if c.InstanceType != "" && instanceType != c.InstanceType {
				t.Errorf("instance type = %s, want %s", instanceType, c.InstanceType)
			}
		})
	}
}

// evaluate returns what the schedule of a case wants at its instant, and the type of the period that decides.
func evaluate(t *testing.T, c peerCase) (state, instanceType string) {
	t.Helper()
	if c.Schedule.OverrideStatus != "" {
		return strings.ToLower(c.Schedule.OverrideStatus), ""
	}
	zone, err := time.LoadLocation(c.Schedule.Timezone) // the empty name is UTC
	if err != nil {
		t.Fatal(err)
	}
	definitions := map[string]periods.Definition{}
	for _, d := range c.Periods {
		definitions[d.Name] = d
	}
	types := map[string]string{}
	var list []periods.Period
	for _, id := range c.Schedule.Periods {
		name, kind, _ := strings.Cut(id, "@")
		p, err := periods.Parse(definitions[name])
		if err != nil {
			t.Fatal(err)
		}
		types[name] = kind
		list = append(list, p)
	}
	s := stretchAt(t, periods.Pattern(list...), c.At, zone)
	return s.State.String(), types[s.Rule]
}

// stretchAt draws the days around an instant and returns the stretch that holds at it.
func stretchAt(t *testing.T, pattern wall.Pattern, at time.Time, zone *time.Location) wall.Stretch {
	t.Helper()
	today := wall.At(at, zone).Date()
	for _, s := range pattern.Draw(today-2, today+3, nil).Stretches {
		if !s.From.Instant(zone).After(at) && at.Before(s.To.Instant(zone)) {
			return s
		}
	}
	t.Fatalf("no stretch at %s", at)
	return wall.Stretch{}
}

func TestDefinitionsOfInstanceScheduler(t *testing.T) {
	t.Parallel()
	_, validation := readConformance(t)
	for _, v := range validation {
		if v.Kind != "period" {
			continue // schedules are not known here
		}
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			var d periods.Definition
			if err := json.Unmarshal(v.Definition, &d); err != nil {
				t.Fatal(err)
			}
			_, err := periods.Parse(d)
			if v.Valid != (err == nil) {
				t.Errorf("%s: error = %v, want valid = %t", v.Definition, err, v.Valid)
			}
		})
	}
}
