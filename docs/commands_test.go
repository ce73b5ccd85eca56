package docs_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	commandLine = regexp.MustCompile(`(?m)^  ([a-z-]+) +[A-Z]`)
	flagName    = regexp.MustCompile(`--[a-z-]+`)
)

// everythingIsSaid asks the program for its commands, which the index of the guide names, and for the flags of those that have many.
func everythingIsSaid(t *testing.T, program string) {
	t.Helper()
	index := strings.Join(readLines(t, "guide/README.md"), "\n")
	for _, command := range commands(t, program) {
		if !strings.Contains(index, "`"+command+"`") {
			t.Errorf("guide/README.md does not name the command %s", command)
		}
		_, json, _ := strings.Cut(index, "## In JSON")
		words := strings.Fields(command)[1:]
		if strings.Contains(help(t, program, words...), "--output") && !strings.Contains(json, "`"+command+"`") {
			t.Errorf("guide/README.md does not say what %s -o json holds", command)
		}
	}
	for _, row := range []struct {
		page    string
		command []string
	}{
		{"guide/plan.md", []string{"plan"}},
		{"guide/inventory.md", []string{"inventory"}},
		{"guide/schedules.md", []string{"schedule", "next"}},
		{"guide/simulate.md", []string{"simulate"}},
		{"guide/savings.md", []string{"savings"}},
		{"guide/report.md", []string{"report"}},
		{"guide/report.md", []string{"report", "verify"}},
		{"guide/report.md", []string{"report", "send"}},
		{"guide/moving-from-instance-scheduler.md", []string{"import", "instance-scheduler"}},
		{"guide/live.md", []string{"apply"}},
		{"guide/live.md", []string{"restore"}},
		{"guide/overrides.md", []string{"extend"}},
		{"guide/overrides.md", []string{"override"}},
		{"guide/overrides.md", []string{"policy", "push"}},
		{"guide/status.md", []string{"status"}},
		{"guide/status.md", []string{"history"}},
		{"guide/status.md", []string{"doctor"}},
		{"guide/spot.md", []string{"spot"}},
		{"guide/spot.md", []string{"spot", "apply"}},
		{"guide/spot.md", []string{"spot", "rollback"}},
		{"guide/spot.md", []string{"spot", "types"}},
	} {
		text := strings.Join(readLines(t, row.page), "\n")
		_, flags, _ := strings.Cut(help(t, program, row.command...), "\nFlags:\n")
		for _, name := range flagName.FindAllString(flags, -1) {
			if name != "--help" && !strings.Contains(text, name) {
				t.Errorf("%s does not say what %s of offpeak %s is", row.page, name, strings.Join(row.command, " "))
			}
		}
	}
}

// commands lists the program's commands, those beneath others with both words.
func commands(t *testing.T, program string, above ...string) []string {
	t.Helper()
	text := help(t, program, above...)
	if !strings.Contains(text, "Available Commands:") {
		return []string{"offpeak " + strings.Join(above, " ")}
	}
	var names []string
	_, list, _ := strings.Cut(text, "Available Commands:")
	list, _, _ = strings.Cut(list, "\n\n")
	for _, m := range commandLine.FindAllStringSubmatch(list, -1) {
		if m[1] != "help" && m[1] != "completion" {
			names = append(names, commands(t, program, append(slices.Clone(above), m[1])...)...)
		}
	}
	return names
}

func help(t *testing.T, program string, command ...string) string {
	t.Helper()
	out, err := exec.Command(program, append(slices.Clone(command), "--help")...).Output()
	if err != nil {
		t.Fatalf("offpeak %s --help: %v", strings.Join(command, " "), err)
	}
	return string(out)
}
