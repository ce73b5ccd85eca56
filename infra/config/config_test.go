package config_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/infra/config"
	"offpeak/internal/fleet"
)

func parse(text string) (config.Config, error) {
	var values any
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return config.Config{}, err
	}
	return config.Parse(values)
}

func TestWhatIsLeftOutHasADefault(t *testing.T) {
	t.Parallel()
	for _, context := range []any{nil, map[string]any{}, `{}`} {
		c, err := config.Parse(context)
		if err != nil {
			t.Fatal(err)
		}
		if c.Region != "ap-northeast-2" || len(c.Regions) != 1 || c.Hub != "" || c.Encryption != config.CustomerKey || c.MaxConcurrency != 5 || c.ReservedConcurrency != 0 ||
			c.LogDays != 90 || c.Zone.String() != "UTC" || c.OverrideTag != "offpeak:override" {
			t.Errorf("%+v", c)
		}
		if diff := cmp.Diff([]string{fleet.DefaultPrefix + "schedule"}, c.ScheduleTags); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWhatIsSaid(t *testing.T) {
	t.Parallel()
	c, err := parse(`{"hub_account": "011122223333", "hub_region": "eu-south-1", "regions": ["eu-south-1", "us-east-1"], "timezone": "Europe/Rome",
		"protected_tags": {"Tier": ["critical"], "Environment": ["prod", "prd"]}, "tags": {"Team": "platform"},
		"organization": "o-ab12cd34ef", "external_id": "x9", "stack_sets": {"units": ["r-ab12"]}}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []config.ProtectedTag{{Key: "Environment", Values: []string{"prod", "prd"}}, {Key: "Tier", Values: []string{"critical"}}}
	if diff := cmp.Diff(want, c.Protected); diff != "" {
		t.Error(diff)
	}
	if c.Hub != "011122223333" || c.Zone.String() != "Europe/Rome" || c.Tags["Team"] != "platform" || c.Spread.Units[0] != "r-ab12" || c.Spread.Delegated {
		t.Errorf("%+v", c)
	}
}

// TestMistakes: each is told with its place, and what to write instead.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, context, want string }{
		{"not an object", `["x"]`, "the context offpeak is a list: it is an object"},
		{"no JSON", `"{"`, "is no JSON object"},
		{"an unknown key", `{"region": ["us-east-1"]}`, "offpeak.region: there is no such key: did you mean regions?"},
		{"an unknown key that is like none", `{"colour": 1}`, "offpeak.colour: there is no such key: take it out"},
		{"an account that lost its zero", `{"hub_account": 11122223333}`, "offpeak.hub_account: is the number 1.1122223333e+10: say it between quotes"},
		{"an account that is too short", `{"hub_account": "1112222"}`, "twelve digits between quotes"},
		{"one region for a list", `{"regions": "us-east-1"}`, `offpeak.regions: is the text "us-east-1": say a list`},
		{"a misspelt region", `{"regions": ["ap-notheast-2"]}`, "did you mean ap-northeast-2?"},
		{"an availability zone", `{"hub_region": "us-east-1a"}`, "us-east-1"},
		{"no region at all", `{"hub_region": "Seoul"}`, "say a region such as ap-northeast-2"},
		{"a region twice", `{"regions": ["us-east-1", "us-east-1"]}`, "stands there twice"},
		{"China beside the others", `{"regions": ["ap-northeast-2", "cn-north-1"]}`, "cn-north-1 is in the partition aws-cn, and the hub in ap-northeast-2 is in aws: roles cannot be entered"},
		{"GovCloud beside the others", `{"hub_region": "us-gov-west-1", "regions": ["us-east-1"]}`, "deploy a hub in each"},
		{"an organization's name", `{"organization": "acme"}`, "the id of an organization, such as o-ab12cd34ef"},
		{"a time zone that is none", `{"timezone": "Seoul"}`, "Asia/Seoul"},
		{"an abbreviation", `{"timezone": "KST"}`, "offpeak.timezone"},
		{"an external id with a space", `{"external_id": "a b"}`, "at least two letters"},
		{"a word for a truth", `{"paused": "yes"}`, "say true or false, without quotes"},
		{"a text for a number", `{"log_days": "90"}`, `is the text "90": say a whole number`},
		{"half a number", `{"max_concurrency": 2.5}`, "say a whole number from 2 to 1000"},
		{"days that CloudWatch does not keep", `{"log_days": 42}`, "CloudWatch keeps logs for none but"},
		{"less reserved than is delivered", `{"max_concurrency": 10, "reserved_concurrency": 5}`, "5 is less than max_concurrency 10"},
		{"reserved from nobody knows what", `{"reserved_concurrency": 20}`, "takes 20 away from the account's other functions: say account_concurrency"},
		{"reserved from a fresh account", `{"reserved_concurrency": 5, "account_concurrency": 10}`, "5 of a quota of 10 leave 5 to the account's other functions, and Lambda wants 100 left"},
		{"one more reserved than there may be", `{"reserved_concurrency": 901, "account_concurrency": 1000}`, "901 of a quota of 1000 leave 99"},
		{"more at once than the account may", `{"max_concurrency": 50, "account_concurrency": 10}`, "50 is more than the account's quota of 10"},
		{"no tag", `{"schedule_tags": []}`, "lists no key"},
		{"a word for AutoSpot", `{"autospot": "yes"}`, "offpeak.autospot: is the text \"yes\": say true or false, without quotes"},
		{"a tag of Spot without AutoSpot", `{"spot_tag": "acme/spot"}`, "acme/spot has no effect without autospot: say autospot: true"},
		{"the usual one, without it", `{"autospot": false, "spot_tag": "offpeak:spot"}`, "has no effect without autospot"},
		{"a pattern for the tag of Spot", `{"autospot": true, "spot_tag": "offpeak:*"}`, "IAM takes * ? and $"},
		{"one tag for schedules and Spot", `{"autospot": true, "spot_tag": "Offpeak:Schedule"}`, "opts in to schedules as offpeak:schedule"},
		{"the same tag twice to IAM", `{"schedule_tags": ["Schedule", "schedule"]}`, "the same to IAM"},
		{"a tag of AWS's", `{"schedule_tags": ["aws:schedule"]}`, "AWS's own"},
		{"a pattern for a tag", `{"schedule_tags": ["team-*"]}`, "IAM takes * ? and $"},
		{"a value in Hangul", `{"protected_tags": {"Environment": ["운영"]}}`, "IAM policies hold Latin letters only"},
		{"a protected tag without values", `{"protected_tags": {"Environment": []}}`, `offpeak.protected_tags.Environment: lists no value`},
		{"one value for a list", `{"protected_tags": {"Environment": "prod"}}`, "offpeak.protected_tags.Environment: is the text \"prod\": say a list"},
		{"a key's alias", `{"volume_keys": ["alias/mine"]}`, "aliases cannot be granted"},
		{"a key of another partition", `{"volume_keys": ["arn:aws-cn:kms:cn-north-1:111122223333:key/1"]}`, "is of the partition aws-cn"},
		{"no address", `{"mail": ["ops"]}`, "an address such as ops@example.com"},
		{"a choice that there is not", `{"encryption": "none"}`, "say customer or aws"},
		{"the hub among the others", `{"hub_account": "111122223333", "accounts": ["111122223333"]}`, "say own_account: true"},
		{"StackSets without an organization", `{"stack_sets": {"units": ["r-ab12"]}}`, "for StackSets say organization"},
		{"StackSets without an external id", `{"organization": "o-ab12cd34ef", "stack_sets": {"units": ["r-ab12"]}}`, "say external_id"},
		{"StackSets that go nowhere", `{"organization": "o-ab12cd34ef", "external_id": "x9", "stack_sets": {}}`, "names neither units nor read_only_units"},
		{"a unit that both acts and does not", `{"organization": "o-ab12cd34ef", "external_id": "x9", "stack_sets": {"units": ["r-ab12"], "read_only_units": ["r-ab12"]}}`, "take it out of one"},
		{"a misspelt key in a section", `{"organization": "o-ab12cd34ef", "external_id": "x9", "stack_sets": {"unit": ["r-ab12"]}}`, "offpeak.stack_sets.unit: there is no such key: did you mean units?"},
		{"people of no account", `{"operators": ["arn:aws:iam::111122223333:role/ops"]}`, "offpeak.operators: are roles of the hub's account: say hub_account"},
		{"people of another account", `{"hub_account": "111122223333", "operators": ["arn:aws:iam::222233334444:role/ops"]}`, "is of the account 222233334444: people come by roles of the hub's, 111122223333"},
		{"people of another partition", `{"hub_account": "111122223333", "readers": ["arn:aws-cn:iam::111122223333:role/ops"]}`, "offpeak.readers: arn:aws-cn:iam::111122223333:role/ops is of the partition aws-cn, the hub's is aws"},
		{"a name for a role", `{"hub_account": "111122223333", "operators": ["ops"]}`, "say the ARN of a role, such as arn:aws:iam::111122223333:role/ops"},
		{"a user", `{"hub_account": "111122223333", "operators": ["arn:aws:iam::111122223333:user/kim"]}`, "people come by roles, and a user, a session or a whole account is none"},
		{"a session", `{"hub_account": "111122223333", "operators": ["arn:aws:sts::111122223333:assumed-role/ops/kim"]}`, "people come by roles, and a user, a session"},
		{"everybody", `{"hub_account": "111122223333", "operators": ["arn:aws:iam::111122223333:root"]}`, "or a whole account is none"},
		{"every role", `{"hub_account": "111122223333", "operators": ["arn:aws:iam::111122223333:role/*"]}`, "a * may stand for nothing but what IAM Identity Center makes up"},
		{"roles that fit", `{"hub_account": "111122223333", "operators": ["arn:aws:iam::111122223333:role/ops-*"]}`, "whoever may make a role that fits would be let in"},
		{"every permission set", `{"hub_account": "111122223333", "operators": ["arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*"]}`, "a * may stand for nothing but"},
		{"every account", `{"hub_account": "111122223333", "operators": ["arn:aws:iam::*:role/ops"]}`, "a * may stand for nothing but"},
		{"offpeak's own role", `{"hub_account": "111122223333", "operators": ["arn:aws:iam::111122223333:role/offpeak-hub-schedule"]}`, "is one of offpeak's own"},
		{"who both acts and looks", `{"hub_account": "111122223333", "operators": ["arn:aws:iam::111122223333:role/ops"], "readers": ["arn:aws:iam::111122223333:role/ops"]}`, "stands in operators too"},
		{"a pipeline from nowhere", `{"pipeline": {}}`, "offpeak.pipeline.connection: is missing"},
		{"a pipeline to nowhere", `{"pipeline": {"connection": "arn:aws:codeconnections:us-east-1:111122223333:connection/1", "repository": "acme/offpeak"}}`, "say hub_account"},
		{"a staging hub in the hub's place", `{"hub_account": "111122223333", "pipeline": {"connection": "arn:aws:codeconnections:us-east-1:111122223333:connection/1", "repository": "acme/offpeak", "staging_account": "111122223333"}}`, "an account of its own"},
		{"reports from nobody", `{"reports": true, "payers": ["111122223333"]}`, "report_from: is missing"},
		{"reports of nothing", `{"reports": true, "report_from": "finops@example.com"}`, "payers: is missing"},
		{"reports from a name", `{"reports": true, "report_from": "FinOps <finops@example.com>", "payers": ["111122223333"]}`, "an address alone"},
		{"reports from a host", `{"reports": true, "report_from": "finops@localhost", "payers": ["111122223333"]}`, "an address alone"},
		{"a payer that is no account", `{"reports": true, "report_from": "finops@example.com", "payers": ["1111"]}`, "twelve digits"},
		{"an identity of no kind", `{"reports": true, "report_from": "finops@example.com", "payers": ["111122223333"], "report_identity": "dns"}`, "say domain or address or existing"},
		{"a monitor by its name", `{"reports": true, "report_from": "finops@example.com", "payers": ["111122223333"], "anomaly_monitor": "Services"}`, "the ARN of a monitor"},
		{"a scan without limit", `{"reports": true, "report_from": "finops@example.com", "payers": ["111122223333"], "scan_limit_gb": 0}`, "a whole number from 1"},
		{"a sender without reports", `{"report_from": "finops@example.com"}`, "is of no use without reports"},
		{"notes of evidence without reports", `{"well_architected": true}`, "is of no use without reports"},
		{"a budget without reports", `{"budget_usd": 100}`, "is of no use without reports"},
		{"reports in a partition without exports", `{"hub_region": "cn-north-1", "regions": ["cn-north-1"], "reports": true, "report_from": "finops@example.com", "payers": ["111122223333"]}`, "of the partition aws"},
		{"a schedule by the tag of costs", `{"schedule_tags": ["application"]}`, "choose another key"},
		{"the tag of costs by hand", `{"tags": {"Application": "x"}}`, "set by offpeak itself"},
		{"a tag for everything that opts it in", `{"tags": {"offpeak:schedule": "stopped"}}`, "would opt offpeak's own things in"},
	} {
		_, err := parse(test.context)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

// TestConcurrencyWithinTheQuota: as much as Lambda allows, and nothing said of the quota where nothing is reserved.
func TestConcurrencyWithinTheQuota(t *testing.T) {
	t.Parallel()
	for _, context := range []string{
		`{"reserved_concurrency": 900, "account_concurrency": 1000}`, `{"max_concurrency": 10, "account_concurrency": 10}`, `{"max_concurrency": 50}`,
	} {
		if _, err := parse(context); err != nil {
			t.Errorf("%s: %v", context, err)
		}
	}
}

// TestReports: what is said of them, and what holds where nothing is.
func TestReports(t *testing.T) {
	t.Parallel()
	const least = `{"reports": true, "report_from": "finops@mail.example.co.kr", "payers": ["111122223333", "444455556666"]`
	c, err := parse(least + `}`)
	want := &config.Report{
		From: "finops@mail.example.co.kr", Identity: config.DomainIdentity, Payers: []fleet.AccountID{"111122223333", "444455556666"}, ScanGB: 200,
		AnomalyMonitor: config.AnomalyNone,
	}
	if diff := cmp.Diff(want, c.Report); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for identity, verified := range map[string]string{"domain": "mail.example.co.kr", "address": "finops@mail.example.co.kr", "existing": ""} {
		c, err := parse(least + `, "report_identity": "` + identity + `"}`)
		if err != nil || c.Report.Verified() != verified {
			t.Errorf("%s: %v", identity, err)
		}
	}
	c, err = parse(least + `, "budget_usd": 20000, "scan_limit_gb": 50, "anomaly_monitor": "arn:aws:ce::111122223333:anomalymonitor/12345678-abcd-ef12-3456-987654321a12"}`)
	if err != nil || c.Report.BudgetUSD != 20000 || c.Report.ScanGB != 50 || !strings.HasPrefix(c.Report.AnomalyMonitor, "arn:") {
		t.Errorf("%+v, %v", c.Report, err)
	}
	if c, err := parse(`{}`); err != nil || c.Report != nil {
		t.Errorf("%+v, %v", c.Report, err)
	}
}

// TestPeople: roles by their ARN, and those of IAM Identity Center by what of it is known.
func TestPeople(t *testing.T) {
	t.Parallel()
	for _, role := range []string{
		"ops", "team/finance/report", "aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_CloudOps_*", "aws-reserved/sso.amazonaws.com/AWSReservedSSO_CloudOps_*",
		"aws-reserved/sso.amazonaws.com/eu-west-2/AWSReservedSSO_CloudOps_????????????????", "aws-reserved/sso.amazonaws.com/eu-west-2/AWSReservedSSO_Cloud_Ops_0123456789abcdef",
	} {
		c, err := parse(`{"hub_account": "111122223333", "operators": ["arn:aws:iam::111122223333:role/` + role + `"]}`)
		if err != nil || len(c.Operators) != 1 {
			t.Errorf("%s: %v, %v", role, c.Operators, err)
		}
	}
}

// TestAllMistakesAtOnce: who mends one does not meet the next only then.
func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := parse(`{"hub_region": "nowhere", "paused": 1, "mail": ["x"], "colour": 1}`)
	if err == nil || len(strings.Split(err.Error(), "\n")) != 4 {
		t.Errorf("%v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"regions": ["us-east-1"], "protected_tags": {"a": ["b"]}, "stack_sets": {"units": ["r-ab12"]}}`)
	f.Add(`{"tags": {"": ""}, "pipeline": null, "log_days": 1e9}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parse(text)
		if err == nil && (c.Zone == nil || len(c.ScheduleTags)+len(c.CustodianTag) == 0 || c.Partition() == "") {
			t.Errorf("%q is taken: %+v", text, c)
		}
	})
}
