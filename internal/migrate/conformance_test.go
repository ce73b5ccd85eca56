package migrate_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/internal/migrate"
	"offpeak/internal/policy"
	"offpeak/scheduler"
	"offpeak/scheduler/custodian"
	"offpeak/scheduler/wall"
)

// readCases reads the recorded cases of a peer.
func readCases(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// load returns the policy that an import wrote.
func load(t *testing.T, written []byte) *policy.Policy {
	t.Helper()
	p, err := policy.Load("offpeak.yaml", written, nil)
	if err != nil {
		t.Fatalf("the policy does not load: %v\n%s", err, written)
	}
	return p
}

// set is a DynamoDB set of strings.
func set(members []string) map[string][]string { return map[string][]string{"SS": members} }

// item makes an item of the configuration table of plain values.
func item(kind string, fields map[string]any) map[string]any {
	item := map[string]any{"type": map[string]string{"S": kind}}
	for key, value := range fields {
		switch value := value.(type) {
		case string:
			item[key] = map[string]string{"S": value}
		case bool:
			item[key] = map[string]bool{"BOOL": value}
		case []string:
			item[key] = set(value)
		case []any:
			members := []string{}
			for _, member := range value {
				members = append(members, member.(string))
			}
			item[key] = set(members)
		}
	}
	return item
}

func scanOf(t testing.TB, items ...map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Items": items, "Count": len(items), "ScannedCount": len(items), "ConsumedCapacity": nil})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

type schedulerCase struct {
	ID           string
	Schedule     map[string]any
	Periods      []map[string]any
	At           time.Time
	Expect       string
	InstanceType string `json:"instance_type"`
}

func TestEveryRecordedStateOfInstanceSchedulerIsImported(t *testing.T) {
	t.Parallel()
	var file struct{ Cases []schedulerCase }
	readCases(t, "../../scheduler/periods/testdata/instance-scheduler.json", &file)
	if len(file.Cases) == 0 {
		t.Fatal("no cases in the file")
	}
	for _, c := range file.Cases {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			c.Schedule["name"] = "the schedule"
			items := []map[string]any{item("schedule", c.Schedule)}
			for _, p := range c.Periods {
				items = append(items, item("period", p))
			}
			written, findings, err := migrate.InstanceScheduler("config.json", scanOf(t, items...), migrate.Options{})
			if err != nil {
				t.Fatal(err)
			}
			compiled := load(t, written).Rules.Schedules["the schedule"]
			if got := compiled.State(c.At).String(); got != c.Expect {
				t.Errorf("state = %s, want %s\n%s", got, c.Expect, written)
			}
			typed := strings.Contains(fmt.Sprint(c.Schedule["periods"]), "@") && c.Schedule["override_status"] == nil
			if typed != hasCode(findings, "instance-type") {
				t.Errorf("a finding about instance types: %t, want %t", !typed, typed)
			}
		})
	}
}

func hasCode(findings []migrate.Finding, code string) bool {
	return slices.ContainsFunc(findings, func(f migrate.Finding) bool { return f.Code == code })
}

func TestWhatInstanceSchedulerRefusesIsRefused(t *testing.T) {
	t.Parallel()
	var file struct {
		Validation []struct {
			ID, Kind   string
			Definition map[string]any
			Valid      bool
		}
	}
	readCases(t, "../../scheduler/periods/testdata/instance-scheduler.json", &file)
	if len(file.Validation) == 0 {
		t.Fatal("no cases in the file")
	}
	for _, v := range file.Validation {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			var data []byte
			switch v.Kind {
			case "period":
				data = scanOf(t, item("schedule", map[string]any{"name": "s", "periods": []string{"p"}}), item("period", v.Definition))
			case "schedule":
				v.Definition["name"] = "s"
				data = scanOf(t, item("schedule", v.Definition), item("period", map[string]any{"name": "a", "weekdays": []string{"mon"}}))
			}
			written, _, err := migrate.InstanceScheduler("config.json", data, migrate.Options{})
			if (err == nil) != v.Valid {
				t.Fatalf("error = %v, want valid = %t", err, v.Valid)
			}
			if err == nil {
				load(t, written)
			}
		})
	}
}

type custodianCase struct {
	ID     string
	Filter map[string]any
	TagKey string `json:"tag_key"`
	Tag    *string
	At     time.Time
	Expect struct {
		Match      bool
		ParseError bool `json:"parse_error"`
		OptedOut   bool `json:"opted_out"`
	}
	Ours *struct{ Edge bool }
}

// custodianPolicies writes policies with the given filters, one each.
func custodianPolicies(t testing.TB, filters ...map[string]any) []byte {
	t.Helper()
	var policies []map[string]any
	for i, f := range filters {
		action := map[string]string{"offhour": "stop", "onhour": "start"}[f["type"].(string)]
		policies = append(policies, map[string]any{
			"name": fmt.Sprintf("p%d", i), "resource": "ec2", "filters": []any{f}, "actions": []string{action},
		})
	}
	text, err := json.Marshal(map[string]any{"policies": policies})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// counterpart is the filter of the other side with the same settings.
func counterpart(filter map[string]any) map[string]any {
	other := map[string]any{}
	for key, value := range filter {
		if key != "offhour" && key != "onhour" {
			other[key] = value
		}
	}
	other["type"] = "onhour"
	if filter["type"] == "onhour" {
		other["type"] = "offhour"
	}
	return other
}

func TestEveryRecordedMatchOfCloudCustodianIsImported(t *testing.T) {
	t.Parallel()
	var file struct{ Matches []custodianCase }
	readCases(t, "../../scheduler/custodian/testdata/cloud-custodian.json", &file)
	if len(file.Matches) == 0 {
		t.Fatal("no cases in the file")
	}
	for _, c := range file.Matches {
		for form, filters := range map[string][]map[string]any{
			"alone": {c.Filter},
			"pair":  {c.Filter, counterpart(c.Filter)},
		} {
			t.Run(c.ID+" "+form, func(t *testing.T) {
				t.Parallel()
				written, findings, err := migrate.CloudCustodian("policy.yml", custodianPolicies(t, filters...), migrate.Options{})
				if err != nil {
					t.Fatal(err)
				}
				p := load(t, written)
				if !strings.EqualFold(p.Rules.Keys.Custodian, c.TagKey) {
					t.Errorf("the tag key is %q, want %q", p.Rules.Keys.Custodian, c.TagKey)
				}
				if c.Tag == nil {
					if c.Expect.Match && !hasCode(findings, "opt-out") && !hasCode(findings, "fallback-schedule") {
						t.Error("no finding says that untagged resources are left alone")
					}
					return
				}
				checkTag(t, p, c)
			})
		}
	}
}

// checkTag compares the edges that a tag has under a policy with what is expected of the hour of a case.
func checkTag(t *testing.T, p *policy.Policy, c custodianCase) {
	t.Helper()
	tag, err := custodian.Parse(*c.Tag, p.Rules.Custodian)
	if (err != nil) != c.Expect.ParseError || tag.OptedOut != c.Expect.OptedOut {
		t.Fatalf("error = %v, opted out = %t, want %+v", err, tag.OptedOut, c.Expect)
	}
	if err != nil || tag.OptedOut {
		return
	}
	zone, err := custodian.LoadZone(tag.Zone)
	if err != nil {
		t.Fatal(err)
	}
	closed := func(opening wall.Minute) bool {
		return slices.ContainsFunc(p.Rules.Inline.Closed, func(c scheduler.NamedCalendar) bool {
			_, closed := c.Calendar.Closed(opening, zone)
			return closed
		})
	}
	if custodian.Is(*c.Tag) {
		read, err := p.Rules.ReadTag(p.Rules.Keys.Custodian, *c.Tag)
		if err != nil {
			t.Fatal(err)
		}
		compiled := scheduler.Compile(scheduler.Schedule{Zone: zone, Pattern: tag.Pattern(), Closed: p.Rules.Inline.Closed})
		if read.Hash != compiled.Hash {
			t.Error("the rules read the tag in another way")
		}
	}
	checkHour(t, c, tag.Pattern(), zone, closed)
}

// checkHour compares edges by the wall clock; where ours differs on purpose, because that clock skips or repeats the hour, by the hour
// that passes.
func checkHour(t *testing.T, c custodianCase, pattern wall.Pattern, zone *time.Location, closed func(wall.Minute) bool) {
	t.Helper()
	state := wall.Stopped
	if c.Filter["type"] == "onhour" {
		state = wall.Running
	}
	now := wall.At(c.At, zone)
	hour, past := now.Clock()
	begin := now.Date().At(hour * 60)
	in := func(edge wall.Minute) bool { return begin <= edge && edge < begin+60 }
	var want []time.Time
	if c.Expect.Match {
		want = []time.Time{begin.Instant(zone)}
	}
	if c.Ours != nil {
		from := c.At.Truncate(time.Minute).Add(-time.Duration(past) * time.Minute)
		in = func(edge wall.Minute) bool {
			at := edge.Instant(zone)
			return !at.Before(from) && at.Before(from.Add(time.Hour))
		}
		want = nil
		if c.Ours.Edge {
			want = []time.Time{from}
		}
	}
	var got []time.Time
	for _, s := range pattern.Draw(now.Date()-2, now.Date()+3, closed).Stretches {
		if s.State == state && s.From.Instant(zone).Before(s.To.Instant(zone)) && in(s.From) {
			got = append(got, s.From.Instant(zone))
		}
	}
	if !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("%v edges in the hour of %s: %v, want %v", state, c.At, got, want)
	}
}

func TestWhatCloudCustodianRefusesIsRefused(t *testing.T) {
	t.Parallel()
	var file struct {
		Validation []struct {
			ID     string
			Filter map[string]any
			Expect struct{ Valid bool }
		} `json:"policy_validation"`
	}
	readCases(t, "../../scheduler/custodian/testdata/cloud-custodian.json", &file)
	if len(file.Validation) == 0 {
		t.Fatal("no cases in the file")
	}
	for _, v := range file.Validation {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			written, _, err := migrate.CloudCustodian("policy.yml", custodianPolicies(t, v.Filter), migrate.Options{})
			if (err == nil) != v.Expect.Valid {
				t.Fatalf("error = %v, want valid = %t", err, v.Expect.Valid)
			}
			if err == nil {
				load(t, written)
			}
		})
	}
}
