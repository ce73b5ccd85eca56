package infra_test

import (
	"os"
	"os/exec"
	"path/filepath"
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
	var paths []string
	add := func(name, text string) {
		path := filepath.Join(folder, name)
		write(t, path, text)
		paths = append(paths, path)
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
	// W3005: CDK itself adds a dependency that a reference implies. E3703: CDK itself joins where cfn-lint would rather substitute.
	out, err := exec.Command(program, append([]string{"--ignore-checks", "W3005", "E3703", "--"}, paths...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
