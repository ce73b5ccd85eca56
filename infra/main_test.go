package infra_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra"
	"offpeak/infra/config"
)

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// must turns a missing tool into a failure where everything is to be tested.
const must = "OFFPEAK_MUST_INFRA"

func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err == nil {
		return
	}
	if os.Getenv(must) != "" {
		t.Fatalf("%s is not installed, and %s asks for it", tool, must)
	}
	t.Skipf("NOT TESTED: %s is not installed. CDK runs in Node; without it nothing of infra is looked at.", tool)
}

// minimal is what a clone synthesises with an empty context, and full everything that can be said.
const (
	minimal = `{}`
	full    = `{
		"hub_account": "111122223333", "hub_region": "ap-northeast-2", "regions": ["ap-northeast-2", "us-east-1"],
		"organization": "o-ab12cd34ef", "accounts": ["888899990000"], "external_id": "kr-7f3a91", "own_account": true, "autospot": true, "spot_tag": "offpeak:spot",
		"reports": true, "report_from": "finops@example.com", "payers": ["111122223333", "444455556666"], "scan_limit_gb": 100, "budget_usd": 20000, "anomaly_monitor": "new", "well_architected": true,
		"operators": ["arn:aws:iam::111122223333:role/ops", "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_CloudOps_*"],
		"readers": ["arn:aws:iam::111122223333:role/finance/report"],
		"schedule_tags": ["offpeak:schedule"], "custodian_tag": "maid_offhours",
		"protected_tags": {"Environment": ["prod", "prd", "real", "live"], "Tier": ["critical"]},
		"volume_keys": ["arn:aws:kms:ap-northeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
		"mail": ["ops@example.com"], "timezone": "Asia/Seoul", "ledger_lock_days": 365, "log_days": 30,
		"max_concurrency": 10, "reserved_concurrency": 20, "account_concurrency": 1000,
		"stack_sets": {"units": ["ou-ab12-cdef3456"], "read_only_units": ["ou-ab12-0000aaaa"], "delegated": true},
		"tags": {"CostCenter": "platform"}
	}`
	piped = `{
		"hub_account": "111122223333", "pipeline": {
			"connection": "arn:aws:codeconnections:ap-northeast-2:111122223333:connection/1234abcd-12ab-34cd-56ef-1234567890ab",
			"repository": "acme/offpeak", "staging_account": "222233334444"
		}
	}`
	awsKey = `{"encryption": "aws", "paused": true}`
)

func parse(t *testing.T, context string) config.Config {
	t.Helper()
	var values any
	if err := json.Unmarshal([]byte(context), &values); err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse(values)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// programs writes programs that are none but look like ones for arm64.
func programs(t *testing.T) string {
	t.Helper()
	build := t.TempDir()
	for _, f := range infra.AllFunctions() {
		write(t, filepath.Join(build, f.Name, "bootstrap"), elf(183)+f.Name)
	}
	return build
}

func elf(machine byte) string {
	head := make([]byte, 64)
	copy(head, "\x7fELF")
	head[18] = machine
	return string(head)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// synthesised is an app and its templates, by stack.
type synthesised struct {
	app       awscdk.App
	templates map[string]map[string]any
}

// made keeps what was synthesised: each takes a second.
var made = map[string]synthesised{}

func synth(t *testing.T, context string) synthesised {
	t.Helper()
	need(t, "node")
	if s, ok := made[context]; ok {
		return s
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(filepath.Join(os.TempDir(), fmt.Sprintf("offpeak-infra-%d-%d", os.Getpid(), len(made)))), AnalyticsReporting: jsii.Bool(false)})
	t.Cleanup(func() { _ = os.RemoveAll(*app.Outdir()) })
	if err := infra.Build(app, infra.Deployment{Config: parse(t, context), Build: programs(t)}); err != nil {
		t.Fatal(err)
	}
	s := synthesised{app, map[string]map[string]any{}}
	for _, artifact := range *app.Synth(nil).Stacks() {
		s.templates[*artifact.Id()] = normal(t, artifact.Template())
	}
	made[context] = s
	return s
}

// normal is a template as JSON has it.
func normal(t *testing.T, template any) map[string]any {
	t.Helper()
	text, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// at walks into a template.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := v.(map[string]any)
			if !ok || object[step] == nil {
				t.Fatalf("there is no %v in %.300v", path, v)
			}
			v = object[step]
		case int:
			list, ok := v.([]any)
			if !ok || step >= len(list) {
				t.Fatalf("there is no %v in %.300v", path, v)
			}
			v = list[step]
		}
	}
	return v
}

// resources are those of a type, by logical id.
func resources(template map[string]any, kind string) map[string]map[string]any {
	out := map[string]map[string]any{}
	all, _ := template["Resources"].(map[string]any)
	for id, r := range all {
		if r, ok := r.(map[string]any); ok && (kind == "" || r["Type"] == kind) {
			out[id] = r
		}
	}
	return out
}
