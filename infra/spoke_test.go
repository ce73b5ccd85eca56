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
	for i := range 12 {
		keys = append(keys, fmt.Sprintf(`"team-%d:schedule"`, i))
		values = append(values, fmt.Sprintf(`"production-%d"`, i))
	}
	for _, test := range []struct{ name, context, want string }{
		{"many keys", `{"schedule_tags": [` + strings.Join(keys, ",") + `]}`, "IAM takes 10240: name fewer schedule tags"},
		{"many values", `{"protected_tags": {"Environment": [` + strings.Join(values, ",") + `]}}`, ""},
	} {
		app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir())})
		err := infra.Build(app, infra.Deployment{Config: parse(t, test.context), Build: programs(t)})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
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
