package infra_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"offpeak/infra"
)

// finding is what cdk-nag found: a rule and where.
type finding struct {
	Rule     string `json:"ruleId"`
	Resource string `json:"resourceId"`
	Result   string `json:"compliance"`
	Info     string `json:"ruleInfo"`
}

// nag runs a pack of cdk-nag over everything and returns what does not comply.
func nag(t *testing.T, context string, pack func(*cdknag.NagPackProps) awscdk.IAspect) []finding {
	t.Helper()
	need(t, "node")
	folder := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(folder), AnalyticsReporting: jsii.Bool(false)})
	if err := infra.Build(app, infra.Deployment{Config: parse(t, context), Build: programs(t)}); err != nil {
		t.Fatal(err)
	}
	awscdk.Aspects_Of(app).Add(pack(&cdknag.NagPackProps{
		Reports: jsii.Bool(true), ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}), nil)
	app.Synth(nil)
	reports, err := filepath.Glob(filepath.Join(folder, "*NagReport.json"))
	if err != nil || len(reports) == 0 {
		t.Fatalf("cdk-nag wrote no report: %v", err)
	}
	var found []finding
	for _, path := range reports {
		var report struct{ Lines []finding }
		if err := json.Unmarshal([]byte(read(t, path)), &report); err != nil {
			t.Fatal(err)
		}
		if len(report.Lines) == 0 && !strings.Contains(path, infra.StackSetsStack) { // no rule looks at StackSets; what they hold is looked at as stacks
			t.Errorf("%s is empty: nothing was looked at", filepath.Base(path))
		}
		for _, f := range report.Lines {
			if f.Result != "Compliant" {
				found = append(found, f)
			}
		}
	}
	return found
}

// accepted are findings that stay, each with its reason. Nothing is suppressed in the stacks themselves: whoever runs cdk-nag sees them all.
var accepted = []struct{ rule, where, reason string }{
	{"AwsSolutions-IAM5", `^offpeak-hub/(Dispatch|Schedule|Tick)Role$`, "every * in a policy stands in the table of infra/permit with its reason; a test there refuses one without, and no action has any"},
	{"AwsSolutions-IAM5", `^offpeak-spoke-(roles|read)/(Read|Schedule)$`, "the same"},
	{"AwsSolutions-IAM5", `^offpeak-hub/Store/ReplicationRole/`, "CDK's own role for copying the ledger into its archive: actions on objects of the two buckets"},
	{"AwsSolutions-SQS3", `^offpeak-hub/Failures/`, "it is where failed ticks and events are put aside; cdk-nag knows only queues that a queue redrives to"},
	{"AwsSolutions-IAM5", `^offpeak-pipeline/Pipeline/`, "CDK Pipelines' own roles: they reach artefacts, logs and reports of their projects by patterns"},
	{"AwsSolutions-S1", `^offpeak-pipeline/Pipeline/Pipeline/ArtifactsBucket/`, "CDK Pipelines' own bucket, for artefacts of builds; nothing of offpeak's is kept in it"},
}

// TestSolutions runs AWS's own rules over all stacks.
func TestSolutions(t *testing.T) {
	for _, context := range []string{minimal, full, awsKey, piped} {
		for _, f := range nag(t, context, func(p *cdknag.NagPackProps) awscdk.IAspect { return cdknag.NewAwsSolutionsChecks(p) }) {
			rule, _, _ := strings.Cut(f.Rule, "[")
			if !isAccepted(rule, f.Resource) {
				t.Errorf("%s: %s: %s (%s)", f.Resource, f.Rule, f.Info, f.Result)
			}
		}
	}
}

func isAccepted(rule, where string) bool {
	for _, a := range accepted {
		if a.rule == rule && regexp.MustCompile(a.where).MatchString(where) {
			return true
		}
	}
	return false
}

// TestNIST reports on NIST 800-53 R5. Its rules are for organizations to weigh; the report is compared so that a change is seen.
func TestNIST(t *testing.T) {
	var lines []string
	for _, f := range nag(t, full, func(p *cdknag.NagPackProps) awscdk.IAspect { return cdknag.NewNIST80053R5Checks(p) }) {
		lines = append(lines, f.Rule+"  "+f.Resource)
	}
	slices.Sort(lines)
	golden(t, "nist-800-53-r5.txt", strings.Join(slices.Compact(lines), "\n")+"\n")
}
