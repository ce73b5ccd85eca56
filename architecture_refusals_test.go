package offpeak_test

import (
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

// The rules are tested too: a rule that never refuses is no rule. Each row is a module of one file; want is part of a complaint,
// or empty where the architecture has nothing against it.
func TestWhatTheArchitectureRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, file, text, want string }{
		{"an arrow the table allows", "internal/plan/x.go", `import "offpeak/internal/fleet"`, ""},
		{"an arrow against the flow", "internal/fleet/x.go", `import "offpeak/internal/plan"`, "internal/fleet may not see internal/plan"},
		{"an arrow the row does not name", "scheduler/hours/x.go", `import "offpeak/internal/money"`, "scheduler/hours may not see internal/money"},
		{"a pattern covers what is beneath", "scheduler/x.go", `import "offpeak/scheduler/hours"`, ""},
		{"a program sees everything above it", "cmd/offpeak/x.go", `import "offpeak/internal/local"`, ""},
		{"the top folder is a package like any other", "internal/fleet/x.go", `import "offpeak"`, "internal/fleet may not see ."},
		{"a folder without a row is seen by nobody", "cmd/offpeak/x.go", `import "offpeak/internal/utils"`, "cmd/offpeak may not see internal/utils"},
		{"a package without a row", "internal/utils/x.go", "", "internal/utils has no row in the table"},

		{"a module the row allows", "internal/money/x.go", `import "github.com/shopspring/decimal"`, ""},
		{"a package beneath an allowed module", "scheduler/zone/x.go", `import "github.com/agnivade/levenshtein/fast"`, ""},
		{"a module of another row", "internal/plan/x.go", `import "github.com/shopspring/decimal"`, "Modules allowed here: none"},
		{"a module that only begins alike", "internal/money/x.go", `import "github.com/shopspring/decimals"`, "may not use github.com/shopspring/decimals"},

		{"a pure package opens files", "internal/fleet/x.go", `import "os"`, "may not import os: take the content"},
		{"a pure package runs commands", "internal/fleet/x.go", `import "os/exec"`, "may not import os/exec"},
		{"a pure package calls out", "internal/fleet/x.go", `import "net/http"`, "may not import net/http"},
		{"a pure package may know an address", "internal/fleet/x.go", `import "net/netip"`, ""},
		{"a pure package logs", "scheduler/x.go", `import "log/slog"`, "mains log, once"},
		{"a pure package throws dice", "scheduler/x.go", `import "math/rand/v2"`, "planning again must give the same"},
		{"a pure package asks the clock", "scheduler/x.go", "import \"time\"\n\nvar x = time.Now()", "may not use time.Now"},
		{"a pure package keeps the clock for later", "scheduler/x.go", "import \"time\"\n\nvar x = time.Now", "may not use time.Now"},
		{"the clock by another name", "scheduler/x.go", "import c \"time\"\n\nvar x = c.Since", "may not use time.Since"},
		{"a pure package asks where it runs", "scheduler/x.go", "import \"time\"\n\nvar x = time.Local", "may not use time.Local"},
		{"a pure package prints", "scheduler/x.go", "import \"fmt\"\n\nvar x = fmt.Println", "may not use fmt.Println"},
		{"a pure package may put words together", "scheduler/x.go", "import \"fmt\"\n\nvar x = fmt.Sprint", ""},
		{"a duration is no clock", "scheduler/x.go", "import \"time\"\n\nvar x = time.Hour", ""},
		{"another Now is no clock", "scheduler/x.go", "var x = time.Now\n\nvar time struct{ Now int }", ""},
		{"an adapter opens files", "internal/local/x.go", "import (\n\t\"os\"\n\t\"time\"\n)\n\nvar _, x = os.Args, time.Now", ""},

		{"an adapter knows another", "internal/local/x.go", `import "offpeak/internal/simulation"`, "the adapter internal/local knows internal/simulation"},
		{"an adapter knows a planner", "internal/local/x.go", `import "offpeak/scheduler/hours"`, "the adapter internal/local knows scheduler/hours"},
		{"an edge of the world away from home", "cmd/offpeak/x.go", `import "github.com/aws/aws-sdk-go-v2/service/ec2"`, "belongs to internal/cloud alone"},

		{"a float beside money", "internal/money/x.go", "func x(f float64) {}", "float64: money is made from strings"},
		{"a float by the back door", "internal/money/x.go", "var x = d.InexactFloat64()", "InexactFloat64: money"},
		{"a float written down", "internal/money/x.go", "var x = 0.1", "the float 0.1: money"},
		{"an integer beside money", "internal/money/x.go", "var x = 16", ""},

		{"init runs by itself", "internal/plan/x.go", "func init() {}", "func init runs without being asked"},
		{"a method may be called init", "internal/plan/x.go", "func (x) init() {}", ""},
		{"a file of 500 lines", "internal/plan/x.go", strings.Repeat("\n", 497), ""},
		{"a file of 501 lines", "internal/plan/x.go", strings.Repeat("\n", 498), "has 501 lines"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			name := path.Base(path.Dir(row.file))
			refusedAs(t, row.want, row.file, "// Package "+name+" is here.\npackage "+name+"\n"+row.text+"\n")
		})
	}
}

func TestWhatTheArchitectureRefusesOfWholeFiles(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, file, text, want string }{
		{"a package without a comment", "internal/plan/x.go", "package plan\n", "internal/plan has no package comment"},
		{"a comment on something else", "internal/plan/x.go", "// Plans are here.\npackage plan\n", "internal/plan has no package comment"},
		{"a program's comment may begin as it likes", "cmd/offpeak/x.go", "// Offpeak sleeps at night.\npackage main\n", ""},
		{
			"generated files are their generator's affair", "internal/plan/x.go",
			"// Code generated by x. DO NOT EDIT.\n\n// Package plan is here.\npackage plan\n\nfunc init() {}\n" + strings.Repeat("\n", 600), "",
		},
		{"tests import what they like", "internal/plan/x_test.go", "package plan\n\nimport \"os\"\n", ""},
		{"a program beside the package is no part of it", "internal/plan/x.go", "//go:build ignore\n\npackage main\n\nimport \"os\"\n", ""},
		{"a build constraint hides nothing", "internal/plan/x.go", "//go:build linux\n\n// Package plan is here.\npackage plan\n\nimport \"os\"\n", "may not import os"},
		{"testdata is no package", "internal/plan/testdata/x.go", "package x\n", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			refusedAs(t, row.want, row.file, row.text)
		})
	}
}

// refusedAs checks a module of one file.
func refusedAs(t *testing.T, want, file, text string) {
	t.Helper()
	var got []string
	for _, f := range readModule(t, fstest.MapFS{file: {Data: []byte(text)}}) {
		for _, rule := range rules {
			got = append(got, rule.check(f)...)
		}
	}
	all := strings.Join(got, "\n")
	if want == "" && all != "" || !strings.Contains(all, want) {
		t.Errorf("got %q, want %q in it", all, want)
	}
}
