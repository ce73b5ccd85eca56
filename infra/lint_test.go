package infra_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"offpeak/infra"
)

// TestCloudFormationTakesThem has the templates looked at by cfn-lint, which knows CloudFormation's specification.
func TestCloudFormationTakesThem(t *testing.T) {
	program := filepath.Join("..", ".venv", "bin", "cfn-lint")
	if _, err := os.Stat(program); err != nil {
		program = "cfn-lint"
		need(t, program)
	}
	folder := t.TempDir()
	var ours, pipelines []string
	add := func(name, text string) {
		path := filepath.Join(folder, name)
		write(t, path, text)
		if strings.Contains(name, infra.PipelineStack) {
			pipelines = append(pipelines, path)
		} else {
			ours = append(ours, path)
		}
	}
	for name, context := range map[string]string{"minimal": minimal, "full": full, "aws-key": awsKey, "piped": piped} {
		for stack, template := range synth(t, context).templates {
			add(name+"-"+stack+".json", indented(t, template))
		}
	}
	files, err := infra.Templates(parse(t, full))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		add(name, string(text))
	}
	for _, run := range []struct {
		ignored, paths []string
	}{
		{nil, ours},
		// CDK Pipelines itself joins where cfn-lint would rather substitute, and adds a dependency that a reference implies.
		{[]string{"--ignore-checks", "E3703", "W3005"}, pipelines},
	} {
		out, err := exec.Command(program, slices.Concat(run.ignored, []string{"--"}, run.paths)...).CombinedOutput()
		if err != nil || len(run.paths) == 0 {
			t.Errorf("%d templates: %v\n%s", len(run.paths), err, out)
		}
	}
}
