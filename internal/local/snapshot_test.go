package local_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
)

// saved returns a snapshot's saved form.
func saved(t *testing.T, s fleet.Snapshot) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSavedSnapshotsReadBack(t *testing.T) {
	t.Parallel()
	s := sample(t, "friday")
	prices, err := local.ReadPricesFile(sampleFleet + "/prices.csv")
	if err != nil {
		t.Fatal(err)
	}
	prices.Apply(&s)
	s.Gaps = []string{"one gap"}
	empty := fleet.Snapshot{Taken: friday}
	if got, err := read(local.Options{}, saved(t, empty)); err != nil || !cmp.Equal(got, empty) { // its resources are null
		t.Errorf("a snapshot of nothing: %v %s", err, cmp.Diff(got, empty))
	}
	for name, text := range map[string]string{"compact": saved(t, s), "indented": indented(t, saved(t, s)), "keys in another order": reversed(t, saved(t, s))} {
		got, err := read(local.Options{Taken: friday.Add(time.Hour)}, text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !cmp.Equal(got, s) {
			t.Errorf("%s: what was read differs from what was saved:\n%s", name, cmp.Diff(got, s))
		}
		again, err := fleet.ReadSnapshot(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
		if err != nil || !cmp.Equal(got, again) {
			t.Errorf("%s: fleet reads it otherwise: %v", name, err)
		}
	}
}

func indented(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "\t"); err != nil {
		t.Fatal(err)
	}
	return "\ufeff" + b.String()
}

// reversed puts the resources first and the format last.
func reversed(t *testing.T, text string) string {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, name := range []string{"resources", "gaps", "not_checked", "taken", "format"} {
		parts = append(parts, `"`+name+`":`+string(members[name]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestRefusesBrokenSnapshots(t *testing.T) {
	t.Parallel()
	const head = `{"format": "offpeak-snapshot/1", "taken": "2026-11-20T10:35:00Z", "resources": [`
	const resource = `{"id": "i-1", "arn": "arn:aws:ec2:r:111122223333:instance/i-1", "kind": "ec2-instance", "scope": {"account": "111122223333", "region": "r"}, "state": "running"}`
	for _, row := range []struct{ name, text, want string }{
		{"a newer form", `{"format": "offpeak-snapshot/2"}`, `a.json: $.format: is "offpeak-snapshot/2", which is not a snapshot that this offpeak reads ("offpeak-snapshot/1")`},
		{"memory", `{"format": "offpeak-memory/1", "resources": {}}`, `a.json: $.format: is "offpeak-memory/1", which is not a snapshot that this offpeak reads ("offpeak-snapshot/1")`},
		{"no instant", `{"format": "offpeak-snapshot/1", "resources": []}`, "a.json: $: read snapshot: $.taken is missing (an RFC 3339 instant)"},
		{"no format", `{"resources": []}`, `a.json: $: read snapshot: its format is "", this offpeak reads "offpeak-snapshot/1"`},
		{"something more", `{"format": "offpeak-snapshot/1", "Resources": []}`, "a.json: $.Resources: is not known here (expected one of format, taken, not_checked, gaps, resources)"},
		{"a resource without an id", head + resource + `, {"id": ""}]}`, "a.json: $.resources[1]: read alone: read snapshot: $.resources[0] lacks id, arn or kind"},
		{"a resource that is none", head + `null]}`, "a.json: $.resources[0]: read alone: read snapshot: $.resources[0] lacks id, arn or kind"},
		{"cut off", head + resource, "a.json: $.resources: the text ends here, in line 1, in the middle of things: it was cut off"},
		{
			"other times", head + resource + `]} {"format": "offpeak-snapshot/1", "taken": "2026-11-20T10:36:00Z", "resources": []}`,
			"a.json was taken at 2026-11-20T10:35:00Z and a.json at 2026-11-20T10:36:00Z: a plan is made for one instant, so read one or the other",
		},
		{
			"a listing beside it", head + resource + `]} {"services": []}`,
			"a.json is a saved snapshot of 2026-11-20T10:35:00Z and a.json a listing: a plan is made for one instant, so read one or the other",
		},
		{"a resource twice", head + resource + `,` + strings.Replace(resource, "running", "stopped", 1) + `]}`, "a.json: $.resources[1]: arn:aws:ec2:r:111122223333:instance/i-1 stands in this file twice, and not alike: list it again"},
	} {
		_, err := read(local.Options{Taken: friday}, row.text)
		if err == nil || err.Error() != row.want {
			t.Errorf("%s:\ngot  %v\nwant %s", row.name, err, row.want)
		}
	}
	_, err := read(local.Options{Account: "222233334444"}, head+resource+`]}`)
	if want := "a.json: $.resources[0].scope.account: is of account 111122223333, but 222233334444 was asked for"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestTwoSnapshotsOfOneInstant(t *testing.T) {
	t.Parallel()
	whole := sample(t, "friday")
	half := len(whole.Resources) / 2
	first := fleet.Snapshot{Taken: friday, Resources: whole.Resources[:half+1], NotChecked: whole.NotChecked[:2], Gaps: []string{"b"}}
	second := fleet.Snapshot{Taken: friday, Resources: whole.Resources[half:], NotChecked: whole.NotChecked[1:], Gaps: []string{"a", "b"}}
	got, err := read(local.Options{}, saved(t, first), saved(t, second))
	if err != nil {
		t.Fatal(err)
	}
	whole.Gaps = []string{"a", "b"}
	if diff := cmp.Diff(got, whole); diff != "" {
		t.Error(diff)
	}
}

func TestTheInstantOfListingsMustBeGiven(t *testing.T) {
	t.Parallel()
	_, err := read(local.Options{}, `{"services": []}`)
	if want := "a.json is a listing and does not tell when it was made: give its instant"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	seoul := time.FixedZone("", 9*60*60)
	s, err := read(local.Options{Taken: friday.In(seoul)}, `{"services": []}`)
	if err != nil || !s.Taken.Equal(friday) || s.Taken.Location() != time.UTC {
		t.Errorf("got %v, %v", s.Taken, err)
	}
}

func TestTheSameResourceInTwoFiles(t *testing.T) {
	t.Parallel()
	same := listed(t, "Reservations", `{}`)
	s, err := read(local.Options{Taken: friday}, same, same, same+same)
	if err != nil || len(s.Resources) != 1 {
		t.Errorf("alike: got %d resources, %v", len(s.Resources), err)
	}
	_, err = read(local.Options{Taken: friday}, same, listed(t, "Reservations", `{"State": {"Name": "stopped"}}`))
	want := "b.json: $.Reservations[0].Instances[0]: " + string(one(t, same).ARN) + " stands in a.json too, and not alike: list both at one time, or leave one out"
	if err == nil || err.Error() != want {
		t.Errorf("not alike:\ngot  %v\nwant %s", err, want)
	}
}

func TestGaps(t *testing.T) {
	t.Parallel()
	untagged := listed(t, "services", `{"tags": null}`)
	other := `{"serviceName": "b", "serviceArn": "arn:aws:ecs:ap-northeast-2:111122223333:service/x/b", "tags": null}`
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"with tags", listed(t, "services", `{}`), nil},
		{"an empty list of tags is a list of tags", listed(t, "services", `{"tags": []}`), nil},
		{"without", untagged, []string{`a.json: its services were listed without tags (1); list with "aws ecs describe-services --include TAGS"`}},
		{"ten at a time", untagged + listed(t, "services", other), []string{`a.json: its services were listed without tags (2); list with "aws ecs describe-services --include TAGS"`}},
		{"only one of the answers", listed(t, "services", `{}`) + listed(t, "services", other), []string{`a.json: its services were listed without tags (1); list with "aws ecs describe-services --include TAGS"`}},
		{"DocumentDB's own command", listed(t, "DBClusters", `{"TagList": null}`), []string{`a.json: its database clusters were listed without tags (1); list with "aws rds describe-db-clusters"`}},
		{"untagged instances have no list", listed(t, "Reservations", `{"Tags": null}`), nil},
		{
			"services that ECS did not find", `{"services": [], "failures": [{"arn": "arn:aws:ecs:r:a:service/x/y", "reason": "MISSING"}]}`,
			[]string{"a.json: ECS did not describe arn:aws:ecs:r:a:service/x/y MISSING"},
		},
	} {
		s, err := read(local.Options{Taken: friday}, row.text)
		if err != nil || !slices.Equal(s.Gaps, row.want) {
			t.Errorf("%s: got %q, %v; want %q", row.name, s.Gaps, err, row.want)
		}
	}
}

func TestOrderOfSourcesDoesNotMatter(t *testing.T) {
	t.Parallel()
	names := sampleFiles(t, "friday")
	want := sample(t, "friday")
	slices.Reverse(names)
	got, err := local.ReadInventoryFiles(names, nil, local.Options{Taken: friday})
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v %s", err, cmp.Diff(got, want))
	}
	var all bytes.Buffer
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	got, err = local.ReadInventoryFiles([]string{"-"}, &all, local.Options{Taken: friday})
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("all in one, from standard input: %v %s", err, cmp.Diff(got, want))
	}
}

func sampleFiles(t testing.TB, moment string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(sampleFleet, moment, "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatal("no sample fleet", err)
	}
	return names
}

// sample reads the sample fleet.
func sample(t testing.TB, moment string) fleet.Snapshot {
	t.Helper()
	s, err := local.ReadInventoryFiles(sampleFiles(t, moment), nil, local.Options{Taken: friday})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
