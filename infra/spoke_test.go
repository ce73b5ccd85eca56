package infra_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra"
)

func parsed(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var template map[string]any
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	return template
}

// TestTheStackSets: accounts get roles once, rules in each region, protected ones a role that reads; all by service-managed StackSets.
func TestTheStackSets(t *testing.T) {
	s := synth(t, full)
	sets := resources(s.templates[infra.StackSetsStack], "AWS::CloudFormation::StackSet")
	for _, test := range []struct{ id, unit, regions, stack string }{
		{"Roles", "ou-ab12-cdef3456", "[ap-northeast-2]", infra.RolesStack},
		{"ReadOnly", "ou-ab12-0000aaaa", "[ap-northeast-2]", infra.ReadStack},
		{"Events", "ou-ab12-cdef3456", "[ap-northeast-2 us-east-1]", infra.EventsStack + "-us-east-1"},
	} {
		p := at(t, sets[test.id], "Properties")
		group := at(t, p, "StackInstancesGroup", 0)
		if got := fmt.Sprint(at(t, group, "Regions")); got != test.regions {
			t.Errorf("%s goes to %s", test.id, got)
		}
		if got := fmt.Sprint(at(t, group, "DeploymentTargets", "OrganizationalUnitIds", 0)); got != test.unit {
			t.Errorf("%s goes to %s", test.id, got)
		}
		if at(t, p, "PermissionModel") != "SERVICE_MANAGED" || at(t, p, "CallAs") != "DELEGATED_ADMIN" || at(t, p, "AutoDeployment", "Enabled") != true {
			t.Errorf("%s: %v", test.id, p)
		}
		body := parsed(t, []byte(at(t, p, "TemplateBody").(string)))
		if got, want := len(resources(body, "")), len(resources(s.templates[test.stack], "")); got != want || got == 0 {
			t.Errorf("%s has %d resources, the stack %d", test.id, got, want)
		}
	}
}

// TestWhatIsTooLarge: limits are said before CloudFormation or IAM say them, halfway through.
func TestWhatIsTooLarge(t *testing.T) {
	need(t, "node")
	var values, keys []string
	for i := range 60 {
		keys = append(keys, fmt.Sprintf(`"team-%d:schedule"`, i))
		values = append(values, fmt.Sprintf(`"production-%d"`, i))
	}
	values = values[:12]
	for _, test := range []struct{ name, context, want string }{
		{"some keys, which go into policies beside the role", `{"schedule_tags": [` + strings.Join(keys[:12], ",") + `]}`, ""},
		{"many keys", `{"schedule_tags": [` + strings.Join(keys, ",") + `]}`, "more than IAM takes in a role and 10 policies beside it: name fewer schedule tags"},
		{"many values", `{"protected_tags": {"Environment": [` + strings.Join(values, ",") + `]}}`, ""},
	} {
		app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir())})
		err := infra.Build(app, infra.Deployment{Config: parse(t, test.context), Build: programs(t)})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

// TestTemplatesOverTheLimits: what CloudFormation would refuse halfway through is said before, with what to do.
func TestTemplatesOverTheLimits(t *testing.T) {
	need(t, "node")
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir())})
	d := infra.Deployment{Config: parse(t, full), Build: programs(t)}
	for limit, want := range map[int]string{
		51_200: "", 1000: "CloudFormation takes 1000 in a StackSet: name fewer schedule tags or protected tags, or make the StackSet by hand from build/",
	} {
		err := infra.StackSetsWithin(app, fmt.Sprint("sets-", limit), d, limit)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("text of %d bytes: %v, want %q", limit, err, want)
		}
	}
	for limit, want := range map[int]string{1_048_576: "", 1000: "CloudFormation takes 1000: name fewer schedule tags"} {
		err := infra.TemplatesWithin(d.Config, limit)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("a bucket's %d bytes: %v, want %q", limit, err, want)
		}
	}
}

// TestTheHubsAccountInAUnit: it has the rules by a stack of its own where it is looked after, and a StackSet that reaches it too makes none a second
// time: their role has one name.
func TestTheHubsAccountInAUnit(t *testing.T) {
	s := synth(t, full)
	parameters := func(own bool) map[string]any {
		context := full
		if !own {
			context = strings.Replace(full, `"own_account": true,`, "", 1)
		}
		out := map[string]any{}
		for _, p := range at(t, synth(t, context).templates[infra.StackSetsStack], "Resources", "Events", "Properties", "Parameters").([]any) {
			out[at(t, p, "ParameterKey").(string)] = at(t, p, "ParameterValue")
		}
		return out
	}
	if own, others := parameters(true), parameters(false); own["SkipHub"] != "true" || others["SkipHub"] != nil {
		t.Errorf("the StackSet says %v where the hub's account is looked after, %v where it is not", own, others)
	}
	template := s.templates[infra.EventsStack+"-us-east-1"]
	for id, r := range resources(template, "") {
		if conditional := r["Condition"] == "Wanted"; conditional == (id == "Nothing") {
			t.Errorf("%s: %v", id, r["Condition"])
		}
	}
	for _, test := range []struct {
		what, skip, account string
		wanted              bool
	}{
		{"by hand, in the hub's account", "false", "111122223333", true},
		{"by hand, elsewhere", "false", "222233334444", true},
		{"by the StackSet, in the hub's account", "true", "111122223333", false},
		{"by the StackSet, elsewhere", "true", "222233334444", true},
	} {
		values := map[string]string{"SkipHub": test.skip, "HubAccount": "111122223333", "AWS::AccountId": test.account}
		if got := holds(t, at(t, template, "Conditions", "Wanted"), values); got != test.wanted {
			t.Errorf("%s: the rules are made: %t", test.what, got)
		}
	}
}

// holds evaluates a condition of CloudFormation's.
func holds(t *testing.T, condition any, values map[string]string) bool {
	t.Helper()
	value := func(v any) string {
		if ref, ok := v.(map[string]any); ok {
			return values[ref["Ref"].(string)]
		}
		return v.(string)
	}
	for function, v := range condition.(map[string]any) {
		of := v.([]any)
		switch function {
		case "Fn::Not":
			return !holds(t, of[0], values)
		case "Fn::And":
			return holds(t, of[0], values) && holds(t, of[1], values)
		case "Fn::Equals":
			return value(of[0]) == value(of[1])
		}
		t.Fatalf("what is %s?", function)
	}
	return false
}

// TestOnlyConfiguredTagsWake: an account's other tags change all the time, and are nobody's business.
func TestOnlyConfiguredTagsWake(t *testing.T) {
	for _, stack := range []string{infra.EventsStack + "-us-east-1", infra.HubStack} {
		pattern := at(t, synth(t, full).templates[stack], "Resources", "TagChanges", "Properties", "EventPattern")
		if got := fmt.Sprint(at(t, pattern, "detail", "changed-tag-keys")); got != "[offpeak:schedule offpeak:override map[equals-ignore-case:maid_offhours]]" {
			t.Errorf("%s: %s", stack, got)
		}
	}
}
