package infra_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/infra"
	"offpeak/infra/config"
	"offpeak/infra/evaluate"
	"offpeak/infra/permit"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/landing"
	"offpeak/internal/billing/query"
	"offpeak/reports/occasion"
)

// TestReportsAreAskedFor: without "reports" a hub has none of it.
func TestReportsAreAskedFor(t *testing.T) {
	for name, template := range synth(t, minimal).templates {
		if text := indented(t, template); name == infra.PayerStack || strings.Contains(text, "ses:Send") || strings.Contains(text, "AWS::Athena") || strings.Contains(text, permit.ReportRole) {
			t.Errorf("%s has something of reports", name)
		}
	}
}

// TestWhatCallsTheFunctionOfReports gives its own parser what the clock and the rules will send.
func TestWhatCallsTheFunctionOfReports(t *testing.T) {
	template := synth(t, full).templates[infra.HubStack]
	tick := at(t, template, "Resources", "ReportTick", "Properties")
	input := strings.ReplaceAll(at(t, tick, "Target", "Input").(string), "<aws.scheduler.scheduled-time>", "2026-10-03T01:00:00Z")
	if o, err := occasion.Parse([]byte(input)); err != nil || o.Tick.IsZero() || at(t, tick, "ScheduleExpressionTimezone") != "UTC" {
		t.Errorf("%q: %v", input, err)
	}
	for rule, words := range map[string][]string{
		"DeliveriesCame": {"aws.s3", "Object Created", "map[Ref:Exports]", "*/metadata/BILLING_PERIOD=*-Manifest.json"},
		"MailsCameBack":  {"aws.ses", "Email Bounced", "Email Complaint Received", "Email Rejected", "Email Rendering Failed", "ses:configuration-set:[" + permit.ReportMails + "]"},
	} {
		r := at(t, template, "Resources", rule, "Properties").(map[string]any)
		for _, word := range words {
			if text := fmt.Sprint(r["EventPattern"]); !strings.Contains(text, word) {
				t.Errorf("%s: %s lacks %s", rule, text, word)
			}
		}
		if r["EventBusName"] != nil || fmt.Sprint(at(t, r, "Targets", 0, "Arn")) != "map[Fn::GetAtt:[Report Arn]]" {
			t.Errorf("%s: S3 and SES tell the account's own bus: %v", rule, r)
		}
	}
	if at(t, template, "Resources", "Exports", "Properties", "NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled") != true {
		t.Error("S3 tells nobody of deliveries")
	}
	told := at(t, template, "Resources", "MailsBack", "Properties", "EventDestination")
	if got := fmt.Sprint(at(t, told, "MatchingEventTypes")); got != "[BOUNCE COMPLAINT REJECT RENDERING_FAILURE]" || at(t, told, "Enabled") != true {
		t.Errorf("SES tells of %s", got)
	}
}

// TestTheSender: SES verifies what is asked for, and prints what DNS has to say.
func TestTheSender(t *testing.T) {
	for identity, want := range map[string]string{"domain": "example.com", "address": "finops@example.com", "existing": ""} {
		context := `{"reports": true, "report_from": "finops@example.com", "payers": ["444455556666"], "report_identity": "` + identity + `"}`
		template := synth(t, context).templates[infra.HubStack]
		got := ""
		for _, r := range resources(template, "AWS::SES::EmailIdentity") {
			got = at(t, r, "Properties", "EmailIdentity").(string)
		}
		outputs := template["Outputs"].(map[string]any)
		if _, records := outputs["DkimRecord3"]; got != want || records != (identity == "domain") {
			t.Errorf("%s: SES verifies %q, want %q; records are printed: %t", identity, got, want, records)
		}
	}
	if from := at(t, synth(t, full).templates[infra.HubStack], "Resources", "Report", "Properties", "Environment", "Variables", "OFFPEAK_REPORT_FROM"); from != "finops@example.com" {
		t.Errorf("mails are from %v", from)
	}
}

// TestTheWorkgroup limits what a query scans, and where it writes.
func TestTheWorkgroup(t *testing.T) {
	for context, sse := range map[string]string{full: "SSE_KMS", strings.Replace(full, `"own_account": true`, `"encryption": "aws"`, 1): "SSE_S3"} {
		c := at(t, synth(t, context).templates[infra.HubStack], "Resources", "Workgroup", "Properties", "WorkGroupConfiguration")
		if at(t, c, "BytesScannedCutoffPerQuery") != 100e9 || at(t, c, "EnforceWorkGroupConfiguration") != true ||
			at(t, c, "ResultConfiguration", "EncryptionConfiguration", "EncryptionOption") != sse || fmt.Sprint(at(t, c, "ResultConfiguration", "OutputLocation")) != "map[Fn::Sub:s3://${Bill}/results/]" {
			t.Errorf("%v", c)
		}
	}
}

// TestTheTablesAreThoseThatAreAsked compares the catalogue with what package query declares in SQL, of each payer, and the ledger's with its files.
func TestTheTablesAreThoseThatAreAsked(t *testing.T) {
	template := synth(t, full).templates[infra.HubStack]
	if at(t, template, "Resources", "Catalogue", "Properties", "DatabaseInput", "Name") != permit.Catalogue || permit.Catalogue != landing.Database || permit.ReportWorkgroup != landing.Workgroup {
		t.Error("the database or the workgroup is called otherwise")
	}
	unescaped := func(v any) string { // as CloudFormation fills it in
		if object, ok := v.(map[string]any); ok {
			v = strings.ReplaceAll(strings.ReplaceAll(object["Fn::Sub"].(string), "${Bill}", "bill"), "${!", "${")
		}
		return v.(string)
	}
	for _, payer := range parse(t, full).Report.Payers {
		for table, columns := range map[landing.Table][]query.Column{landing.FOCUS: query.FocusColumns(), landing.CUR: query.CURColumns()} {
			want := query.Declaration{Database: landing.Database, Table: table.Of(payer), Location: table.Location("bill", payer), Columns: columns}.SQL()
			in := at(t, template, "Resources", strings.ToUpper(string(table))+string(payer), "Properties", "TableInput")
			var lines, partitions, properties []string
			for _, c := range at(t, in, "StorageDescriptor", "Columns").([]any) {
				lines = append(lines, fmt.Sprintf("  `%s` %s", at(t, c, "Name"), at(t, c, "Type")))
			}
			for _, c := range at(t, in, "PartitionKeys").([]any) {
				partitions = append(partitions, fmt.Sprintf("`%s` %s", at(t, c, "Name"), at(t, c, "Type")))
			}
			for _, name := range []string{"projection.enabled", "projection.v.type", "projection.billing_period.type", "storage.location.template"} {
				properties = append(properties, fmt.Sprintf("  '%s' = '%s'", name, unescaped(at(t, in, "Parameters", name))))
			}
			got := fmt.Sprintf("CREATE EXTERNAL TABLE IF NOT EXISTS `%s`.`%s` (\n%s\n)\nPARTITIONED BY (%s)\nSTORED AS PARQUET\nLOCATION '%s'\nTBLPROPERTIES (\n%s\n)", landing.Database, at(t, in, "Name"),
				strings.Join(lines, ",\n"), strings.Join(partitions, ", "), unescaped(at(t, in, "StorageDescriptor", "Location")), strings.Join(properties, ",\n"))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-SQL +catalogue):\n%s", diff)
			}
		}
	}
	var want, got []string
	for _, m := range regexp.MustCompile("(?m)^\t\\w+ +\\*?(string|int32|int64) +`parquet:\"(\\w+)([^`]*)\"`").FindAllStringSubmatch(read(t, "../internal/ledger/compact/columns.go"), -1) {
		kind := map[string]string{"string": "string", "int32": "int", "int64": "bigint"}[m[1]]
		if strings.Contains(m[3], "timestamp") {
			kind = "timestamp"
		}
		want = append(want, m[2]+" "+kind)
	}
	for _, c := range at(t, template, "Resources", "LedgerTable", "Properties", "TableInput", "StorageDescriptor", "Columns").([]any) {
		got = append(got, fmt.Sprint(at(t, c, "Name"), " ", at(t, c, "Type")))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 30 {
		t.Errorf("the ledger's (-files +catalogue):\n%s", diff)
	}
}

// TestTheExports: both tables, hourly, with each column that is read, to where the hub looks for them.
func TestTheExports(t *testing.T) {
	template := synth(t, full).templates[infra.PayerStack]
	for id, e := range map[string]struct {
		table  landing.Table
		source export.Table
	}{"FOCUSExport": {landing.FOCUS, export.FOCUS}, "CURExport": {landing.CUR, export.CUR2}} {
		p := at(t, template, "Resources", id, "Properties", "Export")
		statement := at(t, p, "DataQuery", "QueryStatement").(string)
		if want := "SELECT " + strings.Join(e.source.Columns(), ", ") + " FROM " + string(e.source); statement != want || strings.Contains(statement, "*") {
			t.Errorf("%s asks %s", id, statement)
		}
		if at(t, p, "DataQuery", "TableConfigurations", string(e.source), "TIME_GRANULARITY") != "HOURLY" {
			t.Errorf("%s is not hourly", id)
		}
		to := at(t, p, "DestinationConfigurations", "S3Destination")
		key := "444455556666/" + at(t, p, "Name").(string) + "/metadata/BILLING_PERIOD=2026-07/" + at(t, p, "Name").(string) + "-Manifest.json"
		if m, ok := landing.ManifestOf(key); !ok || m.Table != e.table || fmt.Sprint(at(t, to, "S3Prefix")) != "map[Ref:AWS::AccountId]" {
			t.Errorf("%s goes to %v, and its manifests are read as %+v", id, to, m)
		}
		if fmt.Sprint(at(t, to, "S3BucketOwner")) != "map[Ref:HubAccount]" || at(t, to, "S3OutputConfigurations", "Format") != "PARQUET" {
			t.Errorf("%s goes to %v", id, to)
		}
	}
	if at(t, template, "Resources", "CURExport", "Properties", "Export", "DataQuery", "TableConfigurations", "COST_AND_USAGE_REPORT", "INCLUDE_RESOURCES") != "TRUE" {
		t.Error("CUR tells of no resources")
	}
}

// TestWhatPayersGetBeside: a budget and a watch for anomalies where they are asked for, and a monitor only where there is none.
func TestWhatPayersGetBeside(t *testing.T) {
	const least = `{"reports": true, "report_from": "finops@example.com", "payers": ["444455556666"]`
	for more, want := range map[string]string{
		"": "", `, "budget_usd": 5`: "Budget", `, "anomaly_monitor": "new"`: "Anomalies Monitor",
		`, "anomaly_monitor": "arn:aws:ce::444455556666:anomalymonitor/12345678-abcd-ef12-3456-987654321a12"`: "Anomalies",
	} {
		template := synth(t, least+more+"}").templates[infra.PayerStack]
		var made []string
		for id := range resources(template, "") {
			if !strings.HasSuffix(id, "Export") {
				made = append(made, id)
			}
		}
		slices.Sort(made)
		if got := strings.Join(made, " "); got != want {
			t.Errorf("%s: %s, want %s", more, got, want)
		}
		if _, asks := template["Parameters"].(map[string]any)["TellAddress"]; asks != (want != "") {
			t.Errorf("%s: it asks whom to tell: %t", more, asks)
		}
	}
}

// TestTheTagOfCosts: the policy's default is the tag that the stacks set.
func TestTheTagOfCosts(t *testing.T) {
	if text := read(t, "../internal/policy/report.go"); !strings.Contains(text, `DefaultCostTag = "`+config.CostTag+`"`) || !strings.Contains(text, `CostTagValue   = "`+config.CostTagValue+`"`) {
		t.Errorf("the policy looks for another tag than %s = %s", config.CostTag, config.CostTagValue)
	}
}

// TestWhatTheFunctionOfReportsMayDo asks IAM's rules: its own, and where a bucket has its say, both.
func TestWhatTheFunctionOfReportsMayDo(t *testing.T) {
	template := synth(t, full).templates[infra.HubStack]
	arn := func(arn string) []evaluate.Resource { return []evaluate.Resource{{ARN: arn}} }
	in := func(bucket, key string) []evaluate.Resource { return arn("arn:aws:s3:::" + bucket + "/" + key) }
	fresh, read := map[string]string{"s3:if-none-match": "*"}, map[string]string{"s3:if-match": "x"}
	from := func(address string) map[string]string { return map[string]string{"ses:FromAddress": address} }
	const report = "reports/payer=444455556666/quarter=2026Q3/state=final/"
	ses := func(rest string) []evaluate.Resource {
		return arn("arn:aws:ses:ap-northeast-2:" + hubAccount + ":" + rest)
	}
	glue := func(rest string) []evaluate.Resource {
		return arn("arn:aws:glue:ap-northeast-2:" + hubAccount + ":" + rest)
	}
	athena := func(group string) []evaluate.Resource {
		return arn("arn:aws:athena:ap-northeast-2:" + hubAccount + ":workgroup/" + group)
	}
	for _, test := range []struct {
		name, action string
		on           []evaluate.Resource
		context      map[string]string
		may          bool
	}{
		{"read the ledger", "s3:GetObject", in("store", "ledger/x"), nil, true},
		{"write an entry", "s3:PutObject", in("store", "ledger/x"), fresh, false},
		{"push a policy", "s3:PutObject", in("store", "policy/current.json"), fresh, false},
		{"freeze baselines", "s3:PutObject", in("store", "baselines/444455556666.json"), fresh, true},
		{"note what was said", "s3:PutObject", in("store", "said/x"), fresh, true},
		{"keep a report", "s3:PutObject", in("reports", report+"v=0123456789ab/report.json"), fresh, true},
		{"write over a report", "s3:PutObject", in("reports", report+"v=0123456789ab/report.json"), nil, false},
		{"write over a report that it has read", "s3:PutObject", in("reports", report+"v=0123456789ab/report.json"), read, false},
		{"keep a manifest", "s3:PutObject", in("reports", report+"manifest.json"), fresh, true},
		{"replace a manifest", "s3:PutObject", in("reports", report+"manifest.json"), read, false},
		{"mark a mail", "s3:PutObject", in("reports", report+"sent/0123456789abcdef.json"), fresh, true},
		{"mark a mail again", "s3:PutObject", in("reports", report+"sent/0123456789abcdef.json"), read, true},
		{"mark a mail whatever is there", "s3:PutObject", in("reports", report+"sent/0123456789abcdef.json"), nil, false},
		{"delete a report", "s3:DeleteObject", in("reports", report+"manifest.json"), nil, false},
		{"read a delivery", "s3:GetObject", in("exports", "444455556666/offpeak-cur/data/x"), nil, true},
		{"change a delivery", "s3:PutObject", in("exports", "444455556666/offpeak-cur/data/x"), fresh, false},
		{"publish a delivery", "s3:PutObject", in("bill", "bill/444455556666/cur/v=1/x"), nil, true},
		{"delete what is published", "s3:DeleteObject", in("bill", "bill/444455556666/cur/v=1/x"), nil, false},
		{"let Athena write an answer", "s3:PutObject", in("bill", "results/x.csv"), nil, true},
		{"ask in its workgroup", "athena:StartQueryExecution", athena(permit.ReportWorkgroup), nil, true},
		{"ask in one without a limit", "athena:StartQueryExecution", athena("primary"), nil, false},
		{"look at a table", "glue:GetTable", glue("table/offpeak/cur_444455556666"), nil, true},
		{"look at somebody else's", "glue:GetTable", glue("table/payroll/salaries"), nil, false},
		{"mail from its address", "ses:SendRawEmail", ses("identity/example.com"), from("finops@example.com"), true},
		{"mail by its set", "ses:SendEmail", ses("configuration-set/" + permit.ReportMails), from("finops@example.com"), true},
		{"mail from another address of the domain", "ses:SendRawEmail", ses("identity/example.com"), from("ceo@example.com"), false},
		{"mail by another set", "ses:SendRawEmail", ses("configuration-set/marketing"), from("finops@example.com"), false},
		{"tell people", "sns:Publish", arn("arn:aws:sns:ap-northeast-2:111122223333:alerts"), nil, true},
		{"enter an account", "sts:AssumeRole", arn("arn:aws:iam::" + spokeAccount + ":role/" + permit.SpokeRole), map[string]string{"aws:ResourceOrgID": org}, false},
		{"wake the scheduler", "sqs:SendMessage", arn("arn:aws:sqs:ap-northeast-2:111122223333:wakes"), nil, false},
		{"set the kill switch", "ssm:PutParameter", arn("arn:aws:ssm:ap-northeast-2:111122223333:parameter" + permit.KillSwitch), nil, false},
		{"use the key by way of S3", "kms:Decrypt", arn("arn:aws:kms:ap-northeast-2:111122223333:key/1"), map[string]string{"kms:ViaService": "s3.ap-northeast-2.amazonaws.com"}, true},
		{"use the key by itself", "kms:Decrypt", arn("arn:aws:kms:ap-northeast-2:111122223333:key/1"), nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, allowed := policies(t, template, "ReportRole", hubAccount)
			got, err := evaluate.Decide(allowed, evaluate.Request{Action: test.action, Resources: test.on, Context: test.context})
			if err != nil || got.Allowed != test.may {
				t.Errorf("%+v, want %v: %v", got, test.may, err)
			}
		})
	}
	for name, may := range map[string]bool{"report": true, "survey": true, "interruption": false} {
		_, allowed := policies(t, template, "TickRole", hubAccount)
		if got, err := evaluate.Decide(allowed, evaluate.Request{Action: "lambda:InvokeFunction", Resources: arn("arn:aws:lambda:…:" + name)}); err != nil || got.Allowed != may {
			t.Errorf("the clock calls %s: %+v, %v", name, got, err)
		}
	}
}

// TestWhatTheSurveyMayDo asks IAM's rules: it enters accounts by the role that reads and by no other, and writes nothing but what it saw.
func TestWhatTheSurveyMayDo(t *testing.T) {
	template := synth(t, full).templates[infra.HubStack]
	arn := func(name string) []evaluate.Resource { return []evaluate.Resource{{ARN: name}} }
	in := map[string]string{"aws:ResourceOrgID": org}
	const report = "arn:aws:s3:::reports/reports/payer=444455556666/quarter=2026Q3/state=final/"
	for _, test := range []struct {
		name, action string
		on           []evaluate.Resource
		context      map[string]string
		may          bool
	}{
		{"enter an account to read", "sts:AssumeRole", arn("arn:aws:iam::" + spokeAccount + ":role/" + permit.ReadRole), in, true},
		{"enter an account to act", "sts:AssumeRole", arn("arn:aws:iam::" + spokeAccount + ":role/" + permit.SpokeRole), in, false},
		{"keep what it saw", "s3:PutObject", arn("arn:aws:s3:::store/survey/quarter=2026Q3/account=1/region=x.json"), nil, true},
		{"write an entry", "s3:PutObject", arn("arn:aws:s3:::store/ledger/x"), nil, false},
		{"read the ledger", "s3:GetObject", arn("arn:aws:s3:::store/ledger/x"), nil, false},
		{"see that a report is final", "s3:GetObject", arn(report + "manifest.json"), nil, true},
		{"read the evidence of a report", "s3:GetObject", arn(report + "v=0123456789ab/report.json"), nil, true},
		{"read a report's other files", "s3:GetObject", arn(report + "v=0123456789ab/report.xlsx"), nil, false},
		{"find a workload", "wellarchitected:ListWorkloads", arn("*"), nil, true},
		{"write notes", "wellarchitected:UpdateAnswer", arn("arn:aws:wellarchitected:ap-northeast-2:111122223333:workload/0123456789abcdef0123456789abcdef"), nil, true},
		{"write notes of another account's workload", "wellarchitected:UpdateAnswer", arn("arn:aws:wellarchitected:ap-northeast-2:999900001111:workload/0123456789abcdef0123456789abcdef"), nil, false},
		{"remove a workload", "wellarchitected:DeleteWorkload", arn("arn:aws:wellarchitected:ap-northeast-2:111122223333:workload/0123456789abcdef0123456789abcdef"), nil, false},
		{"write a report", "s3:PutObject", arn(report + "manifest.json"), map[string]string{"s3:if-none-match": "*"}, false},
		{"read a bill", "s3:GetObject", arn("arn:aws:s3:::bill/bill/x"), nil, false},
		{"mail", "ses:SendEmail", arn("arn:aws:ses:ap-northeast-2:111122223333:identity/example.com"), map[string]string{"ses:FromAddress": "finops@example.com"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, allowed := policies(t, template, "SurveyRole", hubAccount)
			got, err := evaluate.Decide(allowed, evaluate.Request{Action: test.action, Resources: test.on, Context: test.context})
			if err != nil || got.Allowed != test.may {
				t.Errorf("%+v, want %v: %v", got, test.may, err)
			}
		})
	}
	tick := at(t, template, "Resources", "SurveyTick", "Properties")
	if survey, report := at(t, tick, "ScheduleExpression"), at(t, template, "Resources", "ReportTick", "Properties", "ScheduleExpression"); survey != "cron(20 0 * * ? *)" || report != "cron(0 1 * * ? *)" {
		t.Errorf("the survey at %s, reports at %s: what is seen is to be in the report of the same day", survey, report)
	}
}

// TestTheToolIsAskedFor: without "well_architected" the survey reaches no workload and reads no report.
func TestTheToolIsAskedFor(t *testing.T) {
	template := synth(t, strings.Replace(full, `"well_architected": true,`, "", 1)).templates[infra.HubStack]
	if text := indented(t, template); strings.Contains(text, "wellarchitected:") || strings.Contains(text, "report.json") || !strings.Contains(text, permit.SurveyRole) {
		t.Error("the survey reaches the Tool, or is not there")
	}
}

// TestReportsStay: whatever a role may do, an administrator's too, no report goes and none is written over.
func TestReportsStay(t *testing.T) {
	template := synth(t, full).templates[infra.HubStack]
	everything := map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Action": []any{"s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"}, "Resource": "*"}}}
	const report = "arn:aws:s3:::reports/reports/payer=444455556666/quarter=2026Q3/state=final/"
	for _, test := range []struct {
		name, action, on, header string
		may                      bool
	}{
		{"a file, where nothing was", "s3:PutObject", report + "v=0123456789ab/report.json", "s3:if-none-match", true},
		{"a file, over one", "s3:PutObject", report + "v=0123456789ab/report.json", "", false},
		{"a file, over one that was read", "s3:PutObject", report + "v=0123456789ab/report.json", "s3:if-match", false},
		{"a manifest, over one that was read", "s3:PutObject", report + "manifest.json", "s3:if-match", false},
		{"a receipt, after the last", "s3:PutObject", report + "sent/1.json", "s3:if-match", true},
		{"a receipt, whatever was there", "s3:PutObject", report + "sent/1.json", "", false},
		{"a deletion", "s3:DeleteObject", report + "manifest.json", "", false},
		{"the deletion of a version", "s3:DeleteObjectVersion", report + "manifest.json", "", false},
	} {
		context := map[string]string{"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
		if test.header != "" {
			context[test.header] = "x"
		}
		got, err := evaluate.Decide(append(policyOf(t, template, "Reports"), everything), evaluate.Request{
			Principal: "arn:aws:iam::" + hubAccount + ":role/admin", Action: test.action, Resources: []evaluate.Resource{{ARN: test.on}}, Context: context,
		})
		if err != nil || got.Allowed != test.may {
			t.Errorf("%s: %+v, want %v: %v", test.name, got, test.may, err)
		}
	}
}
