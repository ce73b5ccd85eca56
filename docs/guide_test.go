// Package docs_test keeps the guide true: it runs what the guide shows, and compares what the guide says with what the product has.
//
// In a block of kind console, lines that begin with "$ " are commands, which go on after a backslash with "> ", and the lines after them
// are what the command prints; … stands for anything. A block of kind yaml may be a file that the commands after it read (file=name), or
// a piece of a policy (policy), which has to be valid. Each page has a folder of its own with a copy of testdata. With -update, what the
// commands print is written anew, with as much left out as before.
package docs_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"offpeak/internal/plan"
	"offpeak/internal/policy"
)

var update = flag.Bool("update", false, "write what the commands of the guide print into the guide")

// block is a fenced block of a page. begin is the index of its first line in the page, end that of the fence behind it.
type block struct {
	kind, note string
	begin, end int
}

var fence = regexp.MustCompile("^```([a-z]+) ?(.*)$")

func blocksOf(t *testing.T, lines []string) []block {
	t.Helper()
	var blocks []block
	for i := 0; i < len(lines); i++ {
		m := fence.FindStringSubmatch(lines[i])
		if m == nil {
			if strings.HasPrefix(lines[i], "```") {
				t.Fatalf("line %d: a block begins without saying what it is", i+1)
			}
			continue
		}
		end := slices.Index(lines[i:], "```") + i
		if end < i {
			t.Fatalf("line %d: a block is not closed", i+1)
		}
		blocks = append(blocks, block{m[1], m[2], i + 1, end})
		i = end
	}
	return blocks
}

// step is one command and what it should print: the lines [from, to) of the page.
type step struct {
	command  string
	from, to int
}

// continued reports whether the command goes on in a line, as one that ends with a backslash does.
func (s step) continued(line int) bool { return s.to == line && strings.HasSuffix(s.command, `\`) }

func stepsOf(lines []string, b block) []step {
	var steps []step
	for i := b.begin; i < b.end; i++ {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "$ "):
			steps = append(steps, step{line[2:], i + 1, i + 1})
		case len(steps) > 0 && steps[len(steps)-1].continued(i) && strings.HasPrefix(line, "> "):
			last := &steps[len(steps)-1]
			last.command, last.from, last.to = last.command+"\n"+line[2:], i+1, i+1
		case len(steps) > 0:
			steps[len(steps)-1].to = i + 1
		}
	}
	return steps
}

const anything = "…"

// shows reports whether a text is what a page shows of it.
func shows(shown []string, printed string) bool {
	var b strings.Builder
	b.WriteString("(?s)^")
	for i, line := range shown {
		end := `\n`
		if i == len(shown)-1 {
			end = `\n?`
		}
		if line == anything {
			b.WriteString(`(.*\n)??`)
			if i == len(shown)-1 {
				b.WriteString(`.*`)
			}
			continue
		}
		pieces := strings.Split(line, anything)
		for j := range pieces {
			pieces[j] = regexp.QuoteMeta(pieces[j])
		}
		b.WriteString(strings.Join(pieces, `[^\n]*`) + end)
	}
	return regexp.MustCompile(b.String() + "$").MatchString(printed)
}

// left out whatever a page shows: what changes with every word of the policy, and the long list of what files do not tell.
var leftOut = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`([a-z]+\.yaml)@[0-9a-f]{12}`), "$1@" + anything},
	{regexp.MustCompile(`(?m)^( *not-checked .{60,}?applied: ).*$`), "$1" + anything},
	{regexp.MustCompile(`(?m)[ \t]+$`), ""},
}

// abridge returns what a page should show of a text, with as many lines left out as it did before.
func abridge(shown []string, printed string) []string {
	for _, out := range leftOut {
		printed = out.from.ReplaceAllString(printed, out.to)
	}
	lines := strings.Split(strings.TrimRight(printed, "\n"), "\n")
	at := slices.Index(shown, anything)
	tail := len(shown) - at - 1
	switch {
	case at < 0, len(lines) <= at+tail:
		return lines
	case slices.Contains(shown[at+1:], anything):
		return shown // which piece of it was meant cannot be told
	}
	return slices.Concat(lines[:at], []string{anything}, lines[len(lines)-tail:])
}

// pages are the files with blocks to run, from this folder.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("guide/*.md")
	if err != nil || len(found) < 5 {
		t.Fatalf("the guide is not here: %v, %v", found, err)
	}
	return append(found, "../README.md", "../README.ko.md")
}

func readLines(t *testing.T, page string) []string {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(data), "\n")
}

func TestWhatTheGuideShowsIsWhatItPrints(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("the guide is written for a shell, and there is none")
	}
	program := filepath.Join(t.TempDir(), "offpeak")
	if out, err := exec.Command("go", "build", "-o", program, "../cmd/offpeak").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	t.Run("every command and flag has a place in the guide", func(t *testing.T) { everythingIsSaid(t, program) })
	// A group of its own, so that the program is not removed before the pages are through.
	t.Run("pages", func(t *testing.T) {
		for _, page := range pages(t) {
			t.Run(filepath.Base(page), func(t *testing.T) {
				t.Parallel()
				lines := readLines(t, page)
				r := runner{page: page, folder: newFolder(t, program), shell: shell}
				changed := r.run(t, lines)
				if *update && !slices.Equal(lines, changed) {
					if err := os.WriteFile(page, []byte(strings.Join(changed, "\n")), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	})
}

// newFolder is a folder as a reader of the guide has it: the sample data, and the program under bin.
func newFolder(t *testing.T, program string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, "testdata"), os.DirFS("../testdata")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(folder, "bin", "offpeak")); err != nil {
		t.Fatal(err)
	}
	return folder
}

type runner struct{ page, folder, shell string }

// run goes through a page from top to bottom, and returns it with what was printed.
func (r runner) run(t *testing.T, lines []string) []string {
	t.Helper()
	changed, copied := []string{}, 0
	for _, b := range blocksOf(t, lines) {
		text := strings.Join(lines[b.begin:b.end], "\n") + "\n"
		name, isFile := strings.CutPrefix(b.note, "file=")
		switch {
		case isFile:
			r.write(t, name, text)
		case b.kind == "yaml" && b.note == "policy":
			r.checkPolicy(t, b, text)
		case b.kind == "console":
			for _, s := range stepsOf(lines, b) {
				changed = append(changed, lines[copied:s.from]...)
				changed = append(changed, r.step(t, s, lines[s.from:s.to])...)
				copied = s.to
			}
		}
	}
	return append(changed, lines[copied:]...)
}

func (r runner) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.folder, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// step runs a command, and returns what to show of what it prints. A command that fails has to show how.
func (r runner) step(t *testing.T, s step, shown []string) []string {
	t.Helper()
	c := exec.Command(r.shell, "-c", s.command)
	c.Dir = r.folder
	c.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C.UTF-8")
	out, err := c.CombinedOutput()
	printed := string(out)
	switch {
	case len(shown) == 0 && err != nil:
		t.Errorf("%s:%d: %s\n%v\n%s", r.page, s.from, s.command, err, printed)
	case len(shown) == 0 || shows(shown, printed):
	case *update && !slices.Equal(abridge(shown, printed), shown):
		return abridge(shown, printed)
	default:
		t.Errorf("%s:%d: %s\nprints\n%s\nshown is\n%s\n(make golden writes it anew)", r.page, s.from, s.command, printed, strings.Join(shown, "\n"))
	}
	return shown
}

var topZone = regexp.MustCompile(`(?m)^timezone:`)

// checkPolicy reads a piece of a policy, with what it takes to be one.
func (r runner) checkPolicy(t *testing.T, b block, text string) {
	t.Helper()
	if !topZone.MatchString(text) {
		text = "timezone: Asia/Seoul\n" + text
	}
	if !strings.Contains(text, "environments:") {
		text += "environments: {dev: {tags: {Environment: [dev]}}}\n"
	}
	files := func(name string) ([]byte, error) {
		return os.ReadFile(filepath.Join(r.folder, "testdata", "policy", name))
	}
	if _, err := policy.Load(fmt.Sprintf("%s, the block at line %d", r.page, b.begin), []byte(text), files); err != nil {
		t.Error(err)
	}
}

func TestTheGrammarIsThatOfTheProduct(t *testing.T) {
	t.Parallel()
	lines := readLines(t, "guide/schedules.md")
	source := strings.ReplaceAll(strings.Join(readLines(t, "../scheduler/hours/doc.go"), "\n"), "//\t", "")
	source = strings.ReplaceAll(source, "\n//\n", "\n\n")
	same := func(b block) bool {
		return b.kind == "grammar" && strings.Contains(source, strings.Join(lines[b.begin:b.end], "\n"))
	}
	if !slices.ContainsFunc(blocksOf(t, lines), same) {
		t.Error("the grammar in guide/schedules.md is not that of the comment in scheduler/hours/doc.go: copy it")
	}
}

func TestEveryCodeIsExplained(t *testing.T) {
	t.Parallel()
	text := strings.Join(readLines(t, "guide/plan.md"), "\n")
	for _, m := range plan.Meanings() {
		if row := regexp.MustCompile("(?m)^\\| `" + string(m.Code) + "`( \\*)? \\| " + regexp.QuoteMeta(m.Says) + " \\|$"); !row.MatchString(text) {
			t.Errorf("guide/plan.md lacks the row | `%s` | %s |", m.Code, m.Says)
		}
	}
	words := plan.Verbs()
	for _, c := range plan.Causes() {
		words = append(words, string(c))
	}
	for _, word := range words {
		if !strings.Contains(text, "\n| `"+word+"` | ") {
			t.Errorf("guide/plan.md has no row for %s", word)
		}
	}
}

func TestEveryFieldIsExplained(t *testing.T) {
	t.Parallel()
	schema, err := os.ReadFile("../cmd/offpeak/plan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, contract := range []struct {
		schema []byte
		pages  []string
	}{
		{schema, []string{"guide/plan.md"}},
		{policy.Schema(), []string{"guide/policy.md", "guide/schedules.md", "guide/calendars.md"}},
	} {
		var text string
		for _, page := range contract.pages {
			text += strings.Join(readLines(t, page), "\n")
		}
		var document any
		if err := json.Unmarshal(contract.schema, &document); err != nil {
			t.Fatal(err)
		}
		for name := range propertiesOf(document) {
			if !strings.Contains(text, "`"+name+"`") && !strings.Contains(text, name+":") {
				t.Errorf("%v: nothing on %s", contract.pages, name)
			}
		}
	}
}

// propertiesOf returns the names of all properties of a JSON Schema.
func propertiesOf(schema any) map[string]bool {
	names := map[string]bool{}
	switch schema := schema.(type) {
	case map[string]any:
		for key, value := range schema {
			if properties, ok := value.(map[string]any); ok && key == "properties" {
				for name := range properties {
					names[name] = true
				}
			}
			for name := range propertiesOf(value) {
				names[name] = true
			}
		}
	case []any:
		for _, value := range schema {
			for name := range propertiesOf(value) {
				names[name] = true
			}
		}
	}
	return names
}
