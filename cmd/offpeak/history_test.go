package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/local"
)

var hexadecimal = regexp.MustCompile(`[0-9a-f]{16}|@[0-9a-f]{12}`)

// weekend is Friday's dormitory after Monday's opening.
func weekend(t *testing.T) *dormitory {
	t.Helper()
	d := friday(t)
	d.sweep(t, devHome, "2026-11-23 08:31", "2026-11-23 08:40")
	return d
}

func historyOf(t *testing.T, d *dormitory, name, since string) (text, notes string, err error) {
	t.Helper()
	c, out, errs := terminal(d.now)
	span, err := parseSpan(since)
	if err != nil {
		t.Fatal(err)
	}
	zone := dormitoryRules(t).Rules.Zone
	q := historyQuery{name: name, from: d.now.Add(-span), to: d.now.Add(time.Minute), zone: zone, output: "table"}
	err = showHistory(t.Context(), c, d.site(), q)
	return hexadecimal.ReplaceAllString(out.String(), "#"), errs.String(), err
}

func TestHistoryOfAGroup(t *testing.T) {
	t.Parallel()
	const want = `web
  Auto Scaling group in account 111122223333, ap-northeast-2, environment dev.
  From the ledger in s3://hub since Sat 2026-10-24 08:40 KST.

  Fri 2026-11-20 12:00 KST  policy                offpeak.yaml# from here on
  Fri 2026-11-20 12:00 KST  enrolled              first seen opted in
  Fri 2026-11-20 19:35 KST  asked     scale  #  2/6/3 to 0/0/0: office closed Fri 2026-11-20 19:30 KST [office: mon-fri 08:30-19:30]
  Fri 2026-11-20 19:35 KST  accepted  scale  #  AWS accepted it
  Fri 2026-11-20 19:40 KST  worked    scale  #  seen to have worked 5m0s after it was asked
  Mon 2026-11-23 08:31 KST  asked     scale  #  0/0/0 to 2/6/3: office opened Mon 2026-11-23 08:30 KST [office: mon-fri 08:30-19:30]
  Mon 2026-11-23 08:31 KST  accepted  scale  #  AWS accepted it
  Mon 2026-11-23 08:40 KST  worked    scale  #  seen to have worked 9m0s after it was asked

7 lines: 1 stop and 1 start seen to have worked, 0 failures.
`
	got, notes, err := historyOf(t, weekend(t), "web", "30d")
	got = regexp.MustCompile(`# {2,}`).ReplaceAllString(got, "#  ")
	want1 := regexp.MustCompile(` {4,}`).ReplaceAllString(want, "   ")
	if diff := cmp.Diff(want1, regexp.MustCompile(` {4,}`).ReplaceAllString(got, "   ")); diff != "" || err != nil || notes != "" {
		t.Errorf("%v %s\n%s", err, notes, diff)
	}
}

func TestHistoryFindsByIDNameAndARN(t *testing.T) {
	t.Parallel()
	d := weekend(t)
	for _, name := range []string{"i-3", "dev-lazy", string(d.resource("i-3").ARN)} {
		got, _, err := historyOf(t, d, name, "30d")
		if err != nil || !strings.Contains(got, "failed") || !strings.Contains(got, "no answer for i-3") || !strings.Contains(got, "##2") || strings.Contains(got, "office opened") {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

// TestHistoryOfAnInstanceThatWasReplaced tells both lives of it, by either id.
func TestHistoryOfAnInstanceThatWasReplaced(t *testing.T) {
	t.Parallel()
	d := weekend(t)
	old := d.resource("i-3")
	heir := *old
	heir.ID, heir.ARN = "i-33", fleet.ARN(strings.Replace(string(old.ARN), "i-3", "i-33", 1))
	run := ledger.Run{ID: "r", Fence: 99, Scope: old.Scope, At: d.now.Add(-time.Minute)}
	entries := []ledger.Entry{ledger.SuccessionOf(&heir, fleet.Succession{Old: old.ARN, Interface: "eni-1", At: run.At}, fleet.Remembered{}, run)}
	if err := (ledger.Book{Store: d.store}).Append(t.Context(), run, entries); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"i-3", "i-33", string(heir.ARN), "dev-lazy"} {
		got, _, err := historyOf(t, d, name, "30d")
		if err != nil || !strings.Contains(got, "no answer for i-3") || !strings.Contains(got, "it has taken the place of i-3, with its network interface eni-1") || !strings.Contains(got, "first seen opted in") {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

func TestHistoryWhoseNameIsToldLate(t *testing.T) {
	t.Parallel()
	d := weekend(t)
	// The window begins between an act and the sight of its success: the first line carries no name.
	got, _, err := historyOf(t, d, "dev-api", "2d13h2m")
	if err != nil || !strings.Contains(got, "4 lines: 1 stop and 1 start seen to have worked") {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestWhatAQuickSweepSawStandsAfterWhatItSaw(t *testing.T) {
	t.Parallel()
	at := func(offset time.Duration) time.Time {
		return time.Date(2026, 11, 20, 10, 30, 1, 0, time.UTC).Add(offset)
	}
	story := storyOf([]ledger.Entry{
		{State: ledger.Verified, Act: "a", At: at(0), Fence: 3},
		{State: ledger.Applied, Act: "a", At: at(700 * time.Millisecond), Fence: 2},
		{State: ledger.Intent, Act: "a", At: at(-time.Second), Fence: 2},
	})
	var got []ledger.State
	for _, e := range story.Events {
		got = append(got, e.State)
	}
	if diff := cmp.Diff([]ledger.State{ledger.Intent, ledger.Applied, ledger.Verified}, got); diff != "" {
		t.Error(diff)
	}
}

func TestHistoryErrorsHelpOn(t *testing.T) {
	t.Parallel()
	twins := newDormitory(bed(devHome, fleet.EC2Instance, "i-1", office, "Name=api"), bed(devHome, fleet.EC2Instance, "i-2", office, "Name=api"))
	twins.sweep(t, devHome, "2026-11-20 12:00")
	for _, row := range []struct {
		d     *dormitory
		name  string
		since string
		want  string
	}{
		{friday(t), "dev-apo", "30d", "did you mean dev-api"},
		{friday(t), "dev-api", "1m", "has no entry since"},
		{newDormitory(), "i-1", "30d", "--since 90d"},
		{twins, "api", "30d", "is the name of 2 resources"},
		{friday(t), "arn:aws:ec2:eu-west-1:999999999999:instance/i-1", "30d", "has no entry"},
	} {
		_, _, err := historyOf(t, row.d, row.name, row.since)
		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}

func TestHistoryTellsWhatWasDoneBeyondWhatWasAsked(t *testing.T) {
	t.Parallel()
	act := ledger.Entry{
		Act: "1", Attempt: 1, State: ledger.Applied, At: inSeoul("2026-11-20 08:30"), Scope: devHome, Resource: "arn:a", ID: "i-1", Kind: fleet.EC2Instance,
		Change: "start", Notes: []string{"started as m5a.large"},
	}
	var b strings.Builder
	if err := renderStory(&b, storyOf([]ledger.Entry{act}), time.UTC, plainStyle()); err != nil || !strings.Contains(b.String(), "AWS accepted it; started as m5a.large") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestHistoryOfADamagedLedger(t *testing.T) {
	t.Parallel()
	d := friday(t)
	// The outcomes of 19:35 are lost: what was asked is not known to have come to anything.
	for key, err := range d.store.List(t.Context(), "ledger/") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(key, "/103500Z-") && strings.HasSuffix(key, "2-outcome.jsonl") {
			if err := d.store.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			if _, err := d.store.Create(t.Context(), key, []byte(`{"act":"1","state":"appl`)); err != nil {
				t.Fatal(err)
			}
		}
		if strings.HasSuffix(key, "3-verified.jsonl") {
			if err := d.store.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, notes, err := historyOf(t, d, "i-1", "30d")
	if err != nil || !strings.Contains(notes, "note: the ledger is damaged: ledger/date=2026-11-20/") || !strings.Contains(got, "the run was cut short") || !strings.Contains(got, "1 act cut short") {
		t.Errorf("%v %s\n%s", err, notes, got)
	}
}

// TestHistoryNeedsNoAWSForAFolder plays the command itself, where no credentials are.
func TestHistoryNeedsNoAWSForAFolder(t *testing.T) {
	t.Parallel()
	d := friday(t)
	folder := filepath.Join(t.TempDir(), "hub")
	store, err := local.NewFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	for key, err := range d.store.List(t.Context(), "ledger/") {
		data, _, bad := d.store.Read(t.Context(), key)
		_, worse := store.Create(t.Context(), key, data)
		if err := errors.Join(err, bad, worse); err != nil {
			t.Fatal(err)
		}
	}
	c, out, errs := terminal(d.now)
	cmd := newHistory(c)
	cmd.SetArgs([]string{"dev-api", "--hub", folder, "--zone", "Asia/Seoul", "-o", "json"})
	if err := cmd.Execute(); err != nil {
		t.Fatalf("%v %s", err, errs)
	}
	var doc storyJSON
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Resource != "i-1" || len(doc.Events) != 4 || doc.Totals.Stops != 1 || doc.Events[3].Took != 300 || doc.Events[3].Change != "stop" {
		t.Errorf("got %+v", doc)
	}
	cmd = newHistory(c)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs([]string{"dev-api", "--hub", filepath.Join(folder, "none")})
	if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), "there is no ledger in") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "none")); err == nil {
		t.Error("reading made a folder")
	}
}
