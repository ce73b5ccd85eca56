package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"offpeak/internal/policy"
	"offpeak/scheduler"
	"offpeak/scheduler/wall"
)

// scheduleCase is one line of a file of schedule tests.
type scheduleCase struct {
	Schedule   string `yaml:"schedule"`
	Tag        string `yaml:"tag"`
	Key        string `yaml:"key"`
	At         string `yaml:"at"`
	Expect     string `yaml:"expect"`
	ExpectNext string `yaml:"expect_next"`
	Name       string `yaml:"name"`
	line       int
}

func newScheduleTest(c console) *cobra.Command {
	var policyFile, output string
	cmd := &cobra.Command{
		Use:   "test FILE...",
		Short: "Run tests of schedules: what each should want at an instant",
		Long: `Runs tests of schedules from YAML or JSON files: a list of
  {schedule: NAME | tag: TEXT, at: RFC3339, expect: running|stopped|any, expect_next: RFC3339, key: KEY, name: TEXT}
in which expect_next (the instant of the next edge), key (the tag's, where its values have a meaning of their own, as those of Cloud
Custodian do) and name are optional. Prints each failure, then a count; exits with 1
when a test failed.`,
		Example: `  offpeak schedule test --policy offpeak.yaml schedule-tests.yaml`,
		Args:    need(1, -1, "name a file of tests"),
		RunE: func(_ *cobra.Command, args []string) error {
			as, err := formOf(output)
			if err != nil {
				return err
			}
			p, err := loadPolicy(policyFile)
			if err != nil {
				return err
			}
			doc, err := runTests(c, p, args)
			if err != nil {
				return err
			}
			if as == asJSON {
				return errors.Join(writeJSON(c.out, doc), failedIf(doc.Failed > 0))
			}
			for _, f := range doc.Failures {
				_, _ = fmt.Fprintf(c.out, "%s:%d: %s\n", f.File, f.Line, f.What)
			}
			_, _ = fmt.Fprintf(c.out, "%d passed, %d failed\n", doc.Passed, doc.Failed)
			return failedIf(doc.Failed > 0)
		},
	}
	cmd.Flags().StringVar(&policyFile, "policy", defaultPolicy, "policy file")
	registerForm(cmd, &output)
	return cmd
}

// testsJSON is what came of tests.
type testsJSON struct {
	Passed   int              `json:"passed"`
	Failed   int              `json:"failed"`
	Failures []testFailedJSON `json:"failures"`
}

type testFailedJSON struct {
	File string `json:"file"`
	Line int    `json:"line"`
	What string `json:"what"`
}

// runTests runs the tests of files under a policy.
func runTests(c console, p *policy.Policy, files []string) (testsJSON, error) {
	doc := testsJSON{Failures: []testFailedJSON{}}
	for _, file := range files {
		cases, err := readCases(c, file)
		if err != nil {
			return doc, err
		}
		t := tester{policy: p, tags: map[[2]string]tagged{}}
		for _, one := range cases {
			what := t.run(one)
			if what == "" {
				doc.Passed++
				continue
			}
			if one.Name != "" {
				what = one.Name + ": " + what
			}
			doc.Failed++
			doc.Failures = append(doc.Failures, testFailedJSON{file, one.line, what})
		}
	}
	return doc, nil
}

// readCases reads a file of tests; every mistake in it is an error, because a test that is not run is none.
func readCases(c console, file string) ([]scheduleCase, error) {
	data, err := readNamed(c, file)
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, usagef("%s: %w", file, err)
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.SequenceNode {
		return nil, usagef("%s: a list of tests is expected, each as {schedule: NAME, at: 2026-11-20T19:35:00+09:00, expect: stopped}", file)
	}
	cases := make([]scheduleCase, 0, len(document.Content[0].Content))
	var mistakes []error
	for _, node := range document.Content[0].Content {
		one, err := readCase(node)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s:%d: %w", file, node.Line, err))
			continue
		}
		cases = append(cases, one)
	}
	if len(mistakes) > 0 {
		return nil, usageError{errors.Join(mistakes...)}
	}
	if len(cases) == 0 {
		return nil, usagef("%s: it has no tests", file)
	}
	return cases, nil
}

func readCase(node *yaml.Node) (scheduleCase, error) {
	one := scheduleCase{line: node.Line}
	if node.Kind != yaml.MappingNode {
		return one, errors.New("a test is a mapping with schedule or tag, at and expect")
	}
	fields := map[string]*string{
		"schedule": &one.Schedule, "tag": &one.Tag, "key": &one.Key, "at": &one.At, "expect": &one.Expect, "expect_next": &one.ExpectNext, "name": &one.Name,
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i].Value, node.Content[i+1]
		field, ok := fields[key]
		if !ok {
			return one, fmt.Errorf("unknown key %q (a test has schedule or tag, key, at, expect, expect_next, name)", key)
		}
		if *field != "" {
			return one, fmt.Errorf("%s stands twice", key)
		}
		if value.Kind != yaml.ScalarNode {
			return one, fmt.Errorf("%s is a text", key)
		}
		*field = value.Value
	}
	switch {
	case one.At == "":
		return one, errors.New("at is missing (an instant as 2026-11-20T19:35:00+09:00)")
	case one.Expect == "" && one.ExpectNext == "":
		return one, errors.New("expect is missing (running, stopped or any)")
	case one.Expect != "" && one.Expect != wall.Running.String() && one.Expect != wall.Stopped.String() && one.Expect != wall.Any.String():
		return one, fmt.Errorf("expect is running, stopped or any, not %q", one.Expect)
	case (one.Schedule == "") == (one.Tag == "" && one.Key == ""):
		return one, errors.New("a test names either a schedule or a tag")
	default:
		return one, nil
	}
}

// tester runs tests; it reads each tag text once.
type tester struct {
	policy *policy.Policy
	tags   map[[2]string]tagged // by key and text
}

type tagged struct {
	schedule *scheduler.Compiled
	err      error
}

// run returns what is wrong, empty when the test passes.
func (t *tester) run(one scheduleCase) string {
	s, what, err := t.find(one)
	if err != nil {
		return err.Error()
	}
	at, err := parseInstant(one.At, s.Zone)
	if err != nil {
		return "at: " + err.Error()
	}
	r := s.Read(at)
	local := at.In(s.Zone).Format(clockFull)
	if one.Expect != "" && r.State.String() != one.Expect {
		return fmt.Sprintf("%s at %s (%s) is %s, expected %s%s", what, one.At, local, r.State, one.Expect, because(r.Rule))
	}
	if one.ExpectNext == "" {
		return ""
	}
	want, err := parseInstant(one.ExpectNext, s.Zone)
	switch {
	case err != nil:
		return "expect_next: " + err.Error()
	case r.Next.At.IsZero():
		return fmt.Sprintf("%s has no edge after %s, expected one at %s", what, one.At, one.ExpectNext)
	case !r.Next.At.Equal(want):
		return fmt.Sprintf("%s after %s changes next at %s (%s), expected %s", what, one.At, r.Next.At.UTC().Format(time.RFC3339), r.Next.At.Format(clockFull), one.ExpectNext)
	default:
		return ""
	}
}

func because(rule string) string {
	if rule == "" {
		return ""
	}
	return " (by " + rule + ")"
}

func (t *tester) find(one scheduleCase) (*scheduler.Compiled, string, error) {
	if one.Schedule != "" {
		s, err := namedSchedule(t.policy, one.Schedule)
		return s, one.Schedule, err
	}
	tag := [2]string{one.Key, one.Tag}
	known, ok := t.tags[tag]
	if !ok {
		known.schedule, known.err = t.policy.Rules.ReadTag(one.Key, one.Tag)
		t.tags[tag] = known
	}
	return known.schedule, fmt.Sprintf("tag %q", one.Tag), known.err
}

// readNamed reads a file, or standard input for -. Files of more than 64 MB are refused.
func readNamed(c console, file string) ([]byte, error) {
	const limit = 64 << 20
	in := c.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("%s: more than 64 MB; that is no such file", file)
	}
	return data, err
}
