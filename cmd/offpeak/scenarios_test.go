package main

import (
	"flag"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite expected outputs in testdata/scenarios")

// TestMain lets scenarios run this test binary as the offpeak command.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"offpeak": main})
}

// TestScenarios plays the stories of testdata/scenarios through the binary. $ROOT is the repository's top.
func TestScenarios(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "testdata", "scenarios", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no stories: %v", err)
	}
	if underRace {
		t.Log("ONLY A SUBSET: the demo plays a whole quarter, which \"make test\" lets it do without the race detector")
		files = slices.DeleteFunc(files, func(file string) bool { return filepath.Base(file) == "demo.txtar" })
	}
	testscript.Run(t, testscript.Params{
		Files:               files,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", root)
			env.Setenv("FRIDAY", filepath.Join(root, "testdata", "fleet", "friday"))
			env.Setenv("MONDAY", filepath.Join(root, "testdata", "fleet", "monday"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "bend": bend, "mailtext": mailText, "numbers": numbers, "apart": apart,
		},
	})
}

// exits runs a command and checks its exit code: exits 3 offpeak plan ...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = exitCodeOf(err)
	}
	if got != args[0] {
		ts.Fatalf("%v exited with %s, want %s", args[1:], got, args[0])
	}
}

func exitCodeOf(err error) string {
	type coder interface{ ExitCode() int }
	if c, ok := err.(coder); ok {
		return string(rune('0' + c.ExitCode()))
	}
	return err.Error()
}
