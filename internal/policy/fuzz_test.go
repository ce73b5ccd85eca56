package policy_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"offpeak/internal/policy"
	"offpeak/scheduler/wall"
)

// sampleFiles gives the two calendar files of the samples, and nothing else.
func sampleFiles(t testing.TB) policy.FileReader {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range []string{"calendars/release-freeze.ics", "calendars/plant.csv"} {
		data, err := os.ReadFile(filepath.Join(samples, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	return func(path string) ([]byte, error) {
		if data, ok := files[path]; ok {
			return data, nil
		}
		return nil, fs.ErrNotExist
	}
}

// seeds are all policies of the tests.
func seeds(f *testing.F) [][]byte {
	f.Helper()
	list := [][]byte{policy.Template(), []byte(minimal)}
	for _, name := range []string{"offpeak.yaml", "full.yaml"} {
		data, err := os.ReadFile(filepath.Join(samples, name))
		if err != nil {
			f.Fatal(err)
		}
		list = append(list, data)
	}
	archives, err := filepath.Glob(filepath.Join(samples, "broken", "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range archives {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "\n-- ")[1:] {
			if name, data, _ := strings.Cut(part, " --\n"); strings.HasSuffix(name, ".yaml") {
				list = append(list, []byte(data+"\n"))
			}
		}
	}
	return list
}

// FuzzLoad looks for texts that Load does not survive, that it reads differently twice, or that it accepts and its schema does not.
func FuzzLoad(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	files, schema := sampleFiles(f), compileSchema(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policy.Load("offpeak.yaml", data, files)
		_, again := policy.Load("offpeak.yaml", data, files)
		if says(p, err) != says(p, again) {
			t.Fatalf("two answers:\n%v\n%v", err, again)
		}
		if err != nil {
			checkProblems(t, data, err)
			return
		}
		checkPolicy(t, p)
		if err := validate(t, schema, data); err != nil {
			t.Errorf("Load accepts what the schema refuses: %v", err)
		}
	})
}

func checkProblems(t *testing.T, data []byte, err error) {
	var problems policy.Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("no Problems: %v", err)
	}
	lines := bytes.Count(data, []byte("\n")) + 1
	if !slices.IsSortedFunc(problems[:min(len(problems), 200)], func(a, b policy.Problem) int {
		return (a.Line-b.Line)*1_000_000 + a.Column - b.Column
	}) {
		t.Errorf("not sorted: %v", err)
	}
	for _, p := range problems {
		if p.What == "" || p.Line > lines || (p.Line > 0) != (p.Column > 0) || strings.Contains(p.Error(), "\n") {
			t.Errorf("a problem that says nothing or nowhere: %#v", p)
		}
	}
}

func checkPolicy(t *testing.T, p *policy.Policy) {
	if p.Rules.Zone == nil || len(p.Rules.Environments) == 0 || len(p.Schedules) != len(p.Rules.Schedules) || p.Rules.StaleAfter <= 0 {
		t.Errorf("half a policy: %+v", p)
	}
	for _, e := range p.Rules.Environments {
		if _, ok := p.Rules.Schedules[e.Default]; e.Default != "" && !ok {
			t.Errorf("environment %s has the default %q, which is no schedule", e.Name, e.Default)
		}
		if len(e.Accounts) == 0 && len(e.Tags) == 0 {
			t.Errorf("environment %s claims nothing", e.Name)
		}
	}
	for _, name := range p.Schedules {
		if s := p.Rules.Schedules[name]; s == nil || s.Zone == nil || s.Pattern == nil && s.Constant == wall.Any {
			t.Errorf("schedule %q is not whole", name)
		}
	}
}

// FuzzAddDay looks for texts that AddDay breaks: a comment lost, a valid policy that is none any more, a day that is not there.
func FuzzAddDay(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed, "kr", 0, "임시공휴일")
	}
	for _, tt := range addTests {
		f.Add([]byte(tt.before), "kr", 0, "it's \"a\" day")
		f.Add([]byte(strings.ReplaceAll(tt.before, "\n", "\r\n")), "kr", 1, "")
	}
	files := sampleFiles(f)
	f.Fuzz(func(t *testing.T, data []byte, calendar string, days int, name string) {
		date := newYearsEve + wall.Date(days%1000)
		text, err := policy.AddDay(data, calendar, date, name)
		if err != nil {
			return
		}
		if _, err := policy.AddDay(text, calendar, date, name); !errors.Is(err, policy.ErrHasDay) {
			t.Errorf("the day is not there: %v", err)
		}
		if diff := cmp.Diff(comments(t, data), comments(t, text)); diff != "" {
			t.Errorf("comments changed: %s", diff)
		}
		if _, err := policy.Load("offpeak.yaml", data, files); err != nil {
			return
		}
		p, err := policy.Load("offpeak.yaml", text, files)
		if err != nil {
			t.Fatalf("the policy is valid no more: %v\n%s", err, text)
		}
		for _, c := range p.Calendars {
			if _, closed := c.Closed(date.At(0), p.Rules.Zone); c.Name == calendar && !closed {
				t.Errorf("%s is not closed on %s", calendar, date)
			}
		}
	})
}

// comments returns the lines of all comments, sorted.
func comments(t *testing.T, data []byte) []string {
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		t.Fatal(err)
	}
	var lines []string
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		for _, text := range []string{n.HeadComment, n.LineComment, n.FootComment} {
			if text != "" {
				lines = append(lines, strings.Split(text, "\n")...)
			}
		}
		for _, child := range n.Content {
			walk(child)
		}
	}
	walk(&n)
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.TrimSpace(line) == "" })
	slices.Sort(lines)
	return lines
}
