package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
)

// notInJSON are the commands whose output is no document of their own, and why.
var notInJSON = map[string]string{
	"offpeak policy schema":         "it is a JSON Schema already",
	"offpeak completion bash":       "it is a shell's",
	"offpeak completion zsh":        "it is a shell's",
	"offpeak completion fish":       "it is a shell's",
	"offpeak completion powershell": "it is a shell's",
}

// TestEveryCommandSpeaksJSON: whoever adds a command gives it -o.
func TestEveryCommandSpeaksJSON(t *testing.T) {
	t.Parallel()
	c, _, _ := terminal(inSeoul("2026-11-20 12:00"))
	root := newRoot(c)
	root.InitDefaultCompletionCmd()
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if cmd.HasSubCommands() {
			return
		}
		flag := cmd.Flags().Lookup("output")
		if _, excused := notInJSON[cmd.CommandPath()]; excused == (flag != nil) {
			t.Errorf("%s: -o is there: %t", cmd.CommandPath(), flag != nil)
		}
		if flag != nil && (flag.Shorthand != "o" || !strings.Contains(flag.Usage, "json")) {
			t.Errorf("%s: %+v", cmd.CommandPath(), flag)
		}
	}
	walk(root)
}

// TestWhatIsPrintedInJSON is read again, of the commands that need no AWS account; testdata/live has the others.
func TestWhatIsPrintedInJSON(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	policy := writeInto(t, folder, "offpeak.yaml", "timezone: Asia/Seoul\nenvironments: {dev: {accounts: [\"111122223333\"]}}\ncalendars: {ours: {add: [\"2026-12-31 closing\"]}}\n"+
		"schedules: {office: {open: [\"mon-fri 08:30-19:30\"], closed: [ours]}}\n")
	broken := writeInto(t, folder, "broken.yaml", "timezone: Asia/Seul\nenvironmens: {}\n")
	tests := writeInto(t, folder, "tests.yaml", "- {schedule: office, at: 2026-11-20T12:00:00+09:00, expect: running}\n- {schedule: office, at: 2026-11-20T12:00:00+09:00, expect: stopped, name: wrong}\n")
	custodian := writeInto(t, folder, "custodian.yml", "policies:\n  - name: off\n    resource: ec2\n    filters: [{type: offhour, default_tz: asia/seoul, offhour: 19}]\n    actions: [stop]\n")
	for _, row := range []struct {
		args []string
		code int
		want string // a part of the document
	}{
		{[]string{"version"}, exitDone, `"go": "go1`},
		{[]string{"init", "--policy", filepath.Join(folder, "new.yaml")}, exitDone, `"file": "`},
		{[]string{"policy", "check", policy}, exitDone, `"valid": true`},
		{[]string{"policy", "check", broken}, exitUsage, `"path": "environmens"`},
		{[]string{"schedule", "show", "office", "--policy", policy, "--week", "2026-12-31"}, exitDone, `"closing"`},
		{[]string{"schedule", "state", "office", "--policy", policy}, exitDone, `"state": "running"`},
		{[]string{"schedule", "next", "office", "--policy", policy}, exitDone, `"want": "stopped"`},
		{[]string{"schedule", "test", "--policy", policy, tests}, exitFailed, `"passed": 1`},
		{[]string{"calendar", "show", "kr", "2026"}, exitDone, `"date": "2026-01-01"`},
		{[]string{"calendar", "add", "ours", "2026-12-24", "--policy", policy}, exitDone, `"effect": "stays down`},
		{[]string{"import", "cloud-custodian", custodian}, exitDone, `"policy": "`},
	} {
		c, out, errs := terminal(inSeoul("2026-11-20 12:00"))
		code := run(append(row.args, "-o", "json"), c)
		if code != row.code || !json.Valid(out.Bytes()) || !strings.Contains(out.String(), row.want) {
			t.Errorf("%v: exit %d, want %d and %s\n%s%s", row.args, code, row.code, row.want, out, errs)
		}
		if got := run(append(row.args, "-o", "yaml"), c); got != exitUsage || !strings.Contains(errs.String(), "--output is table or json") {
			t.Errorf("%v -o yaml: exit %d, %s", row.args, got, errs)
		}
	}
}

// TestWhatAnOwnerWritesInJSON: the document alone stands on standard output.
func TestWhatAnOwnerWritesInJSON(t *testing.T) {
	t.Parallel()
	c, out, errs := terminal(inSeoul("2026-11-20 21:00"))
	f := ownerFlags{console: c, yes: true, output: "json"}
	d := newDormitory(bed(devHome, fleet.EC2Instance, "i-1", office))
	d.now = inSeoul("2026-11-20 21:00")
	p := dormitoryRules(t)
	o, err := f.find(t.Context(), d.site(), p, "i-1")
	if err != nil {
		t.Fatal(err)
	}
	err = f.give(t.Context(), writable{d}.site(), p, o, order{want: fleet.Running, value: "running until 2026-11-20 23:00", ends: inSeoul("2026-11-20 23:00"), why: "2h from now"})
	var doc orderJSON
	if bad := json.Unmarshal(out.Bytes(), &doc); err != nil || bad != nil || !doc.Written || doc.Resource != "i-1" || doc.Value == "" || !doc.Ends.Equal(inSeoul("2026-11-20 23:00")) {
		t.Errorf("%v %v: %s", err, bad, out)
	}
	if !bytes.Contains(errs.Bytes(), []byte("Wrote offpeak:override")) {
		t.Errorf("people are told on standard error: %s", errs)
	}
}

// TestAnEmptyPlanFile says what it is and how to make one.
func TestAnEmptyPlanFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, text := range []string{"", " \n", "{", "[]"} {
		want := "make one with \"offpeak plan --live -o json --out plan.json\""
		if text == "" {
			want = "is empty; " + want
		}
		c, _, errs := terminal(inSeoul("2026-11-20 12:00"))
		file := writeInto(t, folder, "plan.json", text)
		if code := run([]string{"apply", file, "--yes"}, c); code != exitFailed || !strings.Contains(errs.String(), want) {
			t.Errorf("%q: exit %d, %s", text, code, errs)
		}
	}
	if err := os.Remove(filepath.Join(folder, "plan.json")); err != nil {
		t.Fatal(err)
	}
}

// writable is a dormitory that lets tags be written.
type writable struct{ *dormitory }

func (w writable) site() *site { return &site{reach: w, store: w.store, place: "s3://hub"} }

func (writable) SetTag(context.Context, *fleet.Resource, string, string) error { return nil }
