package infra_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/infra"
)

var update = flag.Bool("update", false, "write the templates anew; review the diff like code")

// hashes are those of assets: they change with every build.
var hashes = regexp.MustCompile(`[0-9a-f]{64}`)

// TestTemplates compares what is synthesised with what was reviewed.
func TestTemplates(t *testing.T) {
	for _, test := range []struct{ file, context, stack string }{
		{"hub-minimal.json", minimal, infra.HubStack},
		{"hub-full.json", full, infra.HubStack},
		{"hub-aws-keys.json", `{"encryption": "aws", "own_account": true}`, infra.HubStack},
		{"spoke-roles.json", full, infra.RolesStack},
		{"spoke-read.json", full, infra.ReadStack},
		{"spoke-events.json", full, infra.EventsStack + "-us-east-1"},
		{"payer.json", full, infra.PayerStack},
		{"stack-sets.json", full, infra.StackSetsStack},
		{"pipeline.json", piped, infra.PipelineStack},
	} {
		t.Run(test.file, func(t *testing.T) {
			template := normal(t, synth(t, test.context).templates[test.stack])
			for _, set := range resources(template, "AWS::CloudFormation::StackSet") {
				set["Properties"].(map[string]any)["TemplateBody"] = "(the template of that name)"
			}
			golden(t, test.file, indented(t, template))
		})
	}
}

// TestFilesForAccountsOutside compares the files that no stack has with what was reviewed.
func TestFilesForAccountsOutside(t *testing.T) {
	need(t, "node")
	files, err := infra.Templates(parse(t, full))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{infra.OutsideRolesFile, infra.OutsideReadFile} {
		golden(t, file, indented(t, parsed(t, files[file])))
	}
}

// TestTheFilesAreTheStacksTemplates: one template, whichever way it goes.
func TestTheFilesAreTheStacksTemplates(t *testing.T) {
	s := synth(t, full)
	files, err := infra.Templates(parse(t, full))
	if err != nil {
		t.Fatal(err)
	}
	for file, stack := range map[string]string{infra.RolesFile: infra.RolesStack, infra.ReadFile: infra.ReadStack, infra.EventsFile: infra.EventsStack + "-us-east-1", infra.PayerFile: infra.PayerStack} {
		var template map[string]any
		if err := json.Unmarshal(files[file], &template); err != nil {
			t.Fatal(err)
		}
		want := normal(t, s.templates[stack])
		delete(want, "Description")
		if diff := cmp.Diff(want, template); diff != "" {
			t.Errorf("%s differs from the stack %s:\n%s", file, stack, diff)
		}
	}
}

func indented(t *testing.T, template any) string {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(template); err != nil {
		t.Fatal(err)
	}
	return hashes.ReplaceAllString(text.String(), "(hash)")
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("..", "testdata", "infra", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // for everybody to read
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(read(t, path), got); diff != "" {
		t.Errorf("%s (-update writes it anew):\n%s", path, diff)
	}
}
