package policy_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/policy"
)

var update = flag.Bool("update", false, "rewrite what Load says in testdata/policy/broken")

const samples = "../../testdata/policy"

// beside returns a reader of the files in a folder.
func beside(folder string) policy.FileReader {
	return func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(folder, path)) }
}

// TestWhatLoadSays compares the problems, or else the warnings, of small policies with the lines that stand beside them.
func TestWhatLoadSays(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob(filepath.Join(samples, "broken", "*.txtar"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			said := sayAll(t, string(text))
			switch {
			case said == string(text):
			case *update:
				if err := os.WriteFile(file, []byte(said), 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				t.Error(cmp.Diff(strings.Split(string(text), "\n"), strings.Split(said, "\n")))
			}
		})
	}
}

// sayAll returns an archive in txtar form in which every NAME.says is what Load says of NAME.yaml.
func sayAll(t *testing.T, archive string) string {
	parts := strings.Split(archive, "\n-- ")
	files := map[string]string{}
	for _, part := range parts[1:] {
		name, data, ok := strings.Cut(part, " --\n")
		if !ok {
			t.Fatalf("no name in %q", part)
		}
		files[name] = data + "\n"
	}
	read := func(path string) ([]byte, error) {
		if data, ok := files[path]; ok {
			return []byte(data), nil
		}
		return nil, fs.ErrNotExist
	}
	said := parts[0]
	for _, part := range parts[1:] {
		name, data, _ := strings.Cut(part, " --\n")
		if policyName, ok := strings.CutSuffix(name, ".says"); ok {
			data = strings.TrimSuffix(says(policy.Load("offpeak.yaml", []byte(files[policyName+".yaml"]), read)), "\n")
		}
		said += "\n-- " + name + " --\n" + data
	}
	return strings.TrimSuffix(said, "\n") + "\n"
}

// says writes what there is to say of a policy, a line each.
func says(p *policy.Policy, err error) string {
	if err != nil {
		return err.Error() + "\n"
	}
	var b strings.Builder
	for _, w := range p.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

func TestSamplesAreValid(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"offpeak.yaml", "full.yaml"} {
		data, err := os.ReadFile(filepath.Join(samples, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := says(policy.Load(name, data, beside(samples))); got != "nothing\n" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := says(policy.Load("template.yaml", policy.Template(), nil)); got != "nothing\n" {
		t.Errorf("template: %s", got)
	}
}

func TestProblemsAreErrors(t *testing.T) {
	t.Parallel()
	_, err := policy.Load("offpeak.yaml", []byte("timezone: KST\n"), nil)
	var problem policy.Problem
	if !errors.As(err, &problem) || problem.File != "offpeak.yaml" || problem.Path != "environments" {
		t.Errorf("got %+v, want the problem of environments", problem)
	}
	var problems policy.Problems
	if !errors.As(err, &problems) || len(problems) != 2 {
		t.Errorf("got %d problems, want 2", len(problems))
	}
}
