package infra_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"offpeak/infra"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestTheFunctionsAreThoseOfTheFolders: each program has a function, and each function a program.
func TestTheFunctionsAreThoseOfTheFolders(t *testing.T) {
	mains, err := filepath.Glob("../functions/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	var functions []string
	for _, path := range mains {
		folders = append(folders, filepath.Base(filepath.Dir(path)))
	}
	for _, f := range infra.AllFunctions() {
		functions = append(functions, f.Name)
	}
	slices.Sort(functions)
	if !slices.Equal(folders, functions) {
		t.Errorf("functions has %v, the table %v", folders, functions)
	}
}

// TestTheMakefileBuildsThem: what "make build" makes is what is deployed, also where nothing has been built yet.
func TestTheMakefileBuildsThem(t *testing.T) {
	list := regexp.MustCompile(`(?m)^\tfor f in ([a-z ]+); do CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build .* -o \$\(BUILD\)/\$\$f/bootstrap \./functions/\$\$f `)
	makefile := strings.ReplaceAll(read(t, "../Makefile"), "\\\n", "")
	m := list.FindStringSubmatch(makefile)
	if m == nil {
		t.Fatal("the Makefile builds no functions any more; where are they built?")
	}
	var functions []string
	for _, f := range infra.AllFunctions() {
		functions = append(functions, f.Name)
	}
	built := strings.Fields(m[1])
	slices.Sort(built)
	slices.Sort(functions)
	if !slices.Equal(built, functions) {
		t.Errorf("the Makefile builds %v, the table has %v", built, functions)
	}
}

// TestTheVariablesAreThoseThatTheFunctionsRead compares with the constants of internal/live, which cannot be imported: it links the AWS SDK.
func TestTheVariablesAreThoseThatTheFunctionsRead(t *testing.T) {
	var known []string
	for _, file := range []string{"live.go", "autospot.go", "reports.go"} {
		for _, m := range regexp.MustCompile(`Variable += "(OFFPEAK_\w+)"`).FindAllStringSubmatch(read(t, filepath.Join("..", "internal", "live", file)), -1) {
			known = append(known, m[1])
		}
	}
	slices.Sort(known)
	if len(known) != 12 {
		t.Fatalf("internal/live names the variables %v; where are the others?", known)
	}
	// The hub's bucket is offpeak's alone, and so nobody has a prefix. The scheduler has no part in Spot, nor has AutoSpot in the scheduler's queue.
	unread := map[string][]string{
		"dispatch": {"OFFPEAK_KILL_SWITCH", "OFFPEAK_SPOT_QUEUE_URL"}, // it does nothing that a kill switch could hold
		"schedule": {"OFFPEAK_SPOT_QUEUE_URL"}, "autospot": {"OFFPEAK_QUEUE_URL"},
		"report":       {"OFFPEAK_KILL_SWITCH", "OFFPEAK_QUEUE_URL", "OFFPEAK_SPOT_QUEUE_URL"},                      // it looks at what was done, and stops and starts nothing
		"survey":       {"OFFPEAK_KILL_SWITCH", "OFFPEAK_QUEUE_URL", "OFFPEAK_SPOT_QUEUE_URL", "OFFPEAK_TOPIC_ARN"}, // what it could not look at stands in the report
		"interruption": {"OFFPEAK_KILL_SWITCH", "OFFPEAK_QUEUE_URL", "OFFPEAK_TOPIC_ARN"},                           // it tells AutoSpot, and AutoSpot people
	}
	ofReports := []string{"OFFPEAK_REPORTS_BUCKET", "OFFPEAK_BILL_BUCKET", "OFFPEAK_EXPORTS_BUCKET", "OFFPEAK_WORKGROUP", "OFFPEAK_REPORT_FROM", "OFFPEAK_CONFIGURATION_SET"}
	for _, f := range infra.AllFunctions() {
		reads := slices.DeleteFunc(slices.Clone(known), func(name string) bool {
			return name == "OFFPEAK_PREFIX" || slices.Contains(unread[f.Name], name) || f.Name != "report" && slices.Contains(ofReports, name) && (f.Name != "survey" || name != "OFFPEAK_REPORTS_BUCKET")
		})
		var set []string
		for _, v := range f.Variables {
			set = append(set, v.Name)
		}
		slices.Sort(set)
		if !slices.Equal(set, reads) {
			t.Errorf("%s is given %v, and reads %v", f.Name, set, reads)
		}
	}
}

// TestTheMetricsAreThoseThatTheFunctionsWrite: an alarm on a metric that nobody writes never rings.
func TestTheMetricsAreThoseThatTheFunctionsWrite(t *testing.T) {
	_, written, found := strings.Cut(read(t, "../internal/live/log.go"), "// The metrics")
	written, _, closed := strings.Cut(written, "\n)\n")
	if !found || !closed {
		t.Fatal("internal/live names no metrics any more; where are they?")
	}
	var shown []string
	for _, file := range []string{"alarms.go", "dashboard.go"} {
		for _, m := range regexp.MustCompile(`own\("(\w+)"|MetricName: jsii.String\("(\w+)"\)`).FindAllStringSubmatch(read(t, file), -1) {
			shown = append(shown, m[1]+m[2])
		}
	}
	for _, name := range shown {
		if !strings.Contains(written, `"`+name+`"`) {
			t.Errorf("the metric %s is shown, and nobody writes it", name)
		}
	}
	for _, m := range regexp.MustCompile(`= +"(\w+)"`).FindAllStringSubmatch(written, -1) {
		if !slices.Contains(shown, m[1]) {
			t.Errorf("the metric %s is written, and nothing shows it", m[1])
		}
	}
}

func TestProgramsThatAreNotThere(t *testing.T) {
	for _, test := range []struct{ what, program, want string }{
		{"nothing was built", "", `run "make build" first`},
		{"built for this machine instead", elf(62), "no program for Linux on arm64"},
		{"a script", "#!/bin/sh\necho hello, world\n", "no program for Linux on arm64"},
		{"built", elf(183), ""},
	} {
		t.Run(test.what, func(t *testing.T) {
			build := t.TempDir()
			if test.program != "" {
				for _, f := range infra.Functions() {
					write(t, filepath.Join(build, f.Name, "bootstrap"), test.program)
				}
			}
			err := infra.Deployment{Config: parse(t, minimal), Build: build}.Check()
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// TestWhatWasBuiltFits looks at real programs, where there are some.
func TestWhatWasBuiltFits(t *testing.T) {
	for _, f := range infra.Functions() {
		path := filepath.Join("..", "build", f.Name, "bootstrap")
		if _, err := os.Stat(path); err != nil {
			t.Skipf("NOT TESTED: %s is not there; \"make build\" makes it", path)
		}
		if _, err := f.Asset(filepath.Join("..", "build")); err != nil {
			t.Error(err)
		}
	}
}
