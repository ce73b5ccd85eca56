package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const smallPolicy = "timezone: Asia/Seoul\nenvironments: {dev: {accounts: [\"111122223333\"]}}\n"

// endless repeats a text.
type endless string

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e[i%len(e)]
	}
	return len(p), nil
}

// TestAGigabyteOfGarbage pipes garbage into plan: each kind ends in an error, soon, and no plan comes out.
func TestAGigabyteOfGarbage(t *testing.T) {
	t.Parallel()
	policy := filepath.Join(t.TempDir(), "offpeak.yaml")
	if err := os.WriteFile(policy, []byte(smallPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, garbage := range map[string]io.Reader{
		"zeros":                     endless("\x00"),
		"letters":                   endless("offpeak "),
		"white space":               endless(" "),
		"opening brackets":          endless("["),
		"opening braces":            endless("{"),
		"an object without end":     io.MultiReader(strings.NewReader(`{"Reservations": [{"OwnerId": "`), endless("1")),
		"a list nested without end": io.MultiReader(strings.NewReader(`{"Reservations": `), endless("[")),
	} {
		var stdout, stderr bytes.Buffer
		code := run([]string{"plan", "--policy", policy, "--inventory", "-"}, console{
			in: io.LimitReader(garbage, 1<<30), out: &stdout, err: &stderr, now: time.Now, getenv: func(string) string { return "" },
		})
		if code != exitFailed || stdout.Len() != 0 || !strings.Contains(stderr.String(), "standard input") {
			t.Errorf("%s: exit %d, printed %.200q, said %.200q", name, code, stdout.String(), stderr.String())
		}
	}
}

// TestOneBrokenRecordInFiftyMegabytes reads a large inventory whose last record lacks its state: the error names it, and no plan is made of
// the others.
func TestOneBrokenRecordInFiftyMegabytes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	policy, inventory := filepath.Join(folder, "offpeak.yaml"), filepath.Join(folder, "big.json")
	if err := os.WriteFile(policy, []byte(smallPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.WriteString(`{"Reservations": [{"OwnerId": "111122223333", "Instances": [`)
	padding := strings.Repeat("x", 2000)
	n := 0
	for ; b.Len() < 50<<20; n++ {
		fmt.Fprintf(&b, `{"InstanceId": "i-%d", "InstanceType": "t3.micro", "LaunchTime": "2026-11-16T00:00:00+00:00",
			"Placement": {"AvailabilityZone": "ap-northeast-2a"}, "State": {"Code": 16, "Name": "running"},
			"Tags": [{"Key": "offpeak:schedule", "Value": "mon-fri 09:00-18:00"}, {"Key": "note", "Value": "%s"}]},`, n, padding)
	}
	b.WriteString(`{"InstanceId": "i-broken", "LaunchTime": "2026-11-16T00:00:00+00:00"}]}]}`)
	if err := os.WriteFile(inventory, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, err := in(t, "plan", "--policy", policy, "--inventory", inventory)
	if code != exitFailed || out != "" {
		t.Errorf("exit %d, printed %.200q", code, out)
	}
	if want := fmt.Sprintf("$.Reservations[0].Instances[%d]", n); !strings.Contains(err, "big.json") || !strings.Contains(err, want) {
		t.Errorf("%q names neither the file nor %s", err, want)
	}
}

// TestColoursAreForTerminals checks that what goes to a pipe or a file is plain text.
func TestColoursAreForTerminals(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/fleet/friday/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sample fleet: %v", err)
	}
	args := append([]string{"plan", "--policy", "../../testdata/policy/offpeak.yaml"}, files...)
	if code, out, text := in(t, args...); code != 0 || !strings.Contains(out, "stop") || strings.Contains(out, "\x1b[") {
		t.Errorf("exit %d, with escape sequences: %t; %s", code, strings.Contains(out, "\x1b["), text)
	}
	coloured := style{colour: true, width: 60}
	var b bytes.Buffer
	rows := []row{{cells: []string{"stop", "주문-api", strings.Repeat("word ", 30)}, colours: []string{red}}}
	if err := coloured.writeRows(&b, 2, rows); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\x1b[31mstop\x1b[0m") {
		t.Errorf("no colour on a terminal: %q", b.String())
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if len([]rune(strings.ReplaceAll(strings.ReplaceAll(line, "\x1b[31m", ""), "\x1b[0m", ""))) > 60 {
			t.Errorf("longer than the terminal: %q", line)
		}
	}
}

// TestHostileNamesStayInTheirCell prints a name that would colour the terminal, break the line and turn the direction of writing.
func TestHostileNamesStayInTheirCell(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	rows := []row{{cells: []string{"refused", "\x1b[31mevil\n\u202e주문", "why"}}}
	if err := plainStyle().writeRows(&b, 0, rows); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "refused  \\u001b[31mevil\\u000a\\u202e주문  why\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
