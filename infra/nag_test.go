package infra_test

import (
	"encoding/json"
	"maps"
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
		if len(report.Lines) == 0 && !strings.Contains(path, infra.StackSetsStack) && !strings.Contains(path, infra.PayerStack) { // no rule looks at StackSets, whose stacks are looked at, nor at exports and budgets
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
	{"AwsSolutions-IAM5", `^offpeak-hub/(Dispatch|Schedule|Autospot|Interruption|Survey|Report|Tick|Operator|Reader)Role(More\d)?$`, "every * in a policy stands in the table of infra/permit with its reason; a test there refuses one without, and no action has any"},
	{"AwsSolutions-IAM5", `^offpeak-spoke-(roles|read)/(Read|Schedule|Spot)(More\d)?$`, "the same"},
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

// weighed is what we think of each finding of NIST 800-53 R5, whose rules are for organizations to weigh.
var weighed = []struct{ rule, where, reason string }{
	{"IAMNoInlinePolicy", `Role|^offpeak-spoke-(read|roles)/`, "each role is used by one thing, and its policy stands in it: nothing else can be given the policy, and nobody can widen it from elsewhere"},
	{"CloudWatchAlarmAction", `^offpeak-hub/`, "only of a hub that is paused: its alarms are silent, as the clock stands still; otherwise each tells the topic"},
	{"CloudWatchLogGroupEncrypted", `^offpeak-hub/(Dispatch|Schedule|Autospot|Interruption|Survey|Report)Log/`, "only where AWS's own keys were asked for (encryption: aws); CloudWatch Logs encrypts all the same"},
	{"LambdaConcurrency", `^offpeak-hub/Dispatch/`, "the clock calls it once in five minutes; the queue holds the worker back by MaximumConcurrency"},
	{"LambdaConcurrency", `^offpeak-hub/Schedule/`, "MaximumConcurrency of the queue limits it without taking anything away from the account's other functions; reserved_concurrency reserves where that is wanted"},
	{"LambdaConcurrency", `^offpeak-hub/Autospot/`, "as the worker: MaximumConcurrency of its queue limits it"},
	{"LambdaConcurrency", `^offpeak-hub/(Survey|Report)/`, "they are called once a day and by some deliveries; two at once keep one inventory, make one report and send one mail, and a fresh account has ten to reserve from in all"},
	{"LambdaConcurrency", `^offpeak-hub/Interruption/`, "it takes a moment for each event, and an interruption that waits is heard of too late"},
	{"LambdaDLQ", `^offpeak-hub/(Autospot|Interruption|Survey|Report)/`, "what they could not answer goes to the queue failures-of-offpeak, by a destination for failures, and wakes to DeadSpotWakes"},
	{"LambdaDLQ", `^offpeak-hub/Dispatch/`, "what it could not answer goes to the queue failures-of-offpeak, by a destination for failures, which also says why"},
	{"LambdaDLQ", `^offpeak-hub/Schedule/`, "it is called by a queue, which sets aside in DeadWakes what is not answered in three tries"},
	{"LambdaInsideVPC", `^offpeak-hub/(Dispatch|Schedule|Autospot|Interruption|Survey|Report)/`, "it speaks to AWS's APIs alone, over TLS, and listens to nobody: a network of its own would add a NAT gateway that costs ten times the hub, and guard nothing"},
	{"S3BucketLoggingEnabled", `^offpeak-pipeline/`, "CDK Pipelines' own bucket, for artefacts of builds, which can be built again"},
	{"S3BucketReplicationEnabled", `^offpeak-hub/AccessLogs/`, "who read the bucket is kept for log_days and is not needed to go on; CloudTrail knows it too where data events are on"},
	{"S3BucketReplicationEnabled", `^offpeak-hub/(Exports|Bill)/`, "AWS delivers bills anew where they are lost (Data Exports, backfill by AWS Support), and published copies are made of them"},
	{"S3BucketReplicationEnabled", `^offpeak-hub/Reports/`, "versioned, and denied to whoever deletes or writes over; recipients have them by mail, and each is made anew from ledger and bill to the byte"},
	{"S3BucketReplicationEnabled", `^offpeak-hub/LedgerArchive/`, "it is the copy, which nobody can change or remove before its time"},
	{"S3BucketReplicationEnabled", `^offpeak-hub/Store/`, "only without ledger_lock_days, by which the ledger is copied; all else is versioned, and made anew out of ledger and accounts if it is lost"},
	{"S3BucketReplicationEnabled", `^offpeak-pipeline/`, "artefacts of builds, which can be built again"},
	{"S3BucketVersioningEnabled", `^offpeak-hub/AccessLogs/`, "S3 writes each of these logs once, under a name of its own"},
	{"S3BucketVersioningEnabled", `^offpeak-pipeline/`, "artefacts of builds, each under a name of its own"},
	{"S3DefaultEncryptionKMS", `^offpeak-hub/AccessLogs/`, "the service that delivers these logs takes S3's own keys; a customer key would need a grant to it"},
	{"S3DefaultEncryptionKMS", `^offpeak-hub/Exports/`, "AWS Data Exports document no way to a customer key; what is published of it is under the hub's"},
	{"S3DefaultEncryptionKMS", `^offpeak-hub/Store/`, "only where AWS's own keys were asked for (encryption: aws); S3 encrypts all the same"},
}

// TestNIST reports on NIST 800-53 R5, with a word on each finding. The report is compared so that a change is seen.
func TestNIST(t *testing.T) {
	found := map[[2]string][]string{} // the contexts in which there is a finding, by rule and place
	for _, c := range []struct{ name, context string }{{"minimal", minimal}, {"full", full}, {"aws-key", awsKey}, {"piped", piped}} {
		for _, f := range nag(t, c.context, func(p *cdknag.NagPackProps) awscdk.IAspect { return cdknag.NewNIST80053R5Checks(p) }) {
			at := [2]string{strings.TrimPrefix(f.Rule, "NIST.800.53.R5-"), f.Resource}
			if !slices.Contains(found[at], c.name) {
				found[at] = append(found[at], c.name)
			}
		}
	}
	var report strings.Builder
	report.WriteString("What cdk-nag's NIST 800-53 R5 pack finds in the contexts minimal, full, aws-key and piped, and what we think of it.\n")
	used, reason := map[int]bool{}, ""
	for _, at := range slices.SortedFunc(maps.Keys(found), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		i := slices.IndexFunc(weighed, func(w struct{ rule, where, reason string }) bool {
			return w.rule == at[0] && regexp.MustCompile(w.where).MatchString(at[1])
		})
		if i < 0 {
			t.Errorf("%s at %s, in %v: nobody has said what to think of it", at[0], at[1], found[at])
			continue
		}
		used[i] = true
		if text := at[0] + ": " + weighed[i].reason + "\n"; text != reason {
			reason = text
			report.WriteString("\n" + text)
		}
		report.WriteString("  " + at[1] + " (" + strings.Join(found[at], ", ") + ")\n")
	}
	for i, w := range weighed {
		if !used[i] {
			t.Errorf("%s at %s is not found any more: take it out", w.rule, w.where)
		}
	}
	golden(t, "nist-800-53-r5.txt", report.String())
}
