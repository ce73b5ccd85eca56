package permit_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"offpeak/infra/permit"
)

// spoke and hub have everything that a deployment can have.
func spoke() permit.Spoke {
	return permit.Spoke{
		Tags: []string{"offpeak:schedule", "Schedule"}, Custodian: "maid_offhours", Organization: "o-ab12cd34ef",
		Protected: []permit.Tag{{Key: "Environment", Values: []string{"prod", "prd"}}}, Operators: true, Readers: true, AutoSpot: true, Reports: true,
	}
}

func hub() permit.Hub {
	own := permit.Spoke{Tags: []string{"offpeak:schedule"}, VolumeKeys: []string{"arn:aws:kms:ap-northeast-2:111122223333:key/1"}}
	return permit.Hub{
		Organization: "o-ab12cd34ef", Accounts: []string{"888899990000"}, Own: &own, Key: true, Spot: true, Reports: true, WellArchitected: true, Payers: []string{"111122223333", "444455556666"}, Sender: "finops@example.com",
		Operators: []string{"ops", "aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_CloudOps_*"}, Readers: []string{"finance"},
	}
}

func roles() []permit.Role {
	s := spoke()
	return slices.Concat(hub().Roles(), []permit.Role{s.Schedule(), s.Read(), s.Spot(), permit.Events("ap-northeast-2")})
}

// TestEveryRoleIsAllowedToBe holds the rules of the table: no action with a *, none that writes a tag, no * for a resource without a reason, and
// nothing allowed because a tag is not something.
func TestEveryRoleIsAllowedToBe(t *testing.T) {
	t.Parallel()
	for _, r := range roles() {
		if err := r.Check(); err != nil {
			t.Error(err)
		}
		seen := map[string]bool{}
		for _, s := range r.Statements {
			if !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(s.Sid) || seen[s.Sid] {
				t.Errorf("%s: IAM takes letters and digits for a Sid, each once: %q", r.Name, s.Sid)
			}
			seen[s.Sid] = true
			if s.Why == "" || len(s.Resources) == 0 {
				t.Errorf("%s, %s: what for, and on what?", r.Name, s.Sid)
			}
		}
		for _, s := range r.Trust {
			if len(s.Principals) == 0 || s.Principals["*"] != nil || len(s.Conditions) == 0 && !slices.Equal(s.Principals["Service"], []string{"lambda.amazonaws.com"}) {
				t.Errorf("%s trusts whoever comes: %+v", r.Name, s)
			}
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	good := permit.Statement{Sid: "A", Effect: permit.Allow, Actions: []string{"ec2:StopInstances"}, Resources: []string{"arn:aws:ec2:*:*:instance/*"}, Why: "w"}
	for _, test := range []struct {
		name   string
		change func(*permit.Statement)
		want   string
	}{
		{"as it should be", func(*permit.Statement) {}, ""},
		{"many actions by one name", func(s *permit.Statement) { s.Actions = []string{"ec2:Stop*"} }, "none but many"},
		{"all actions", func(s *permit.Statement) { s.Actions = []string{"*"} }, "none but many"},
		{"tags of instances", func(s *permit.Statement) { s.Actions = []string{"ec2:CreateTags"} }, "writes tags"},
		{"tags of what is launched", func(s *permit.Statement) {
			s.Actions, s.Conditions = []string{"ec2:CreateTags"}, []permit.Condition{{Operator: "StringEquals", Key: "ec2:CreateAction", Values: []string{"RunInstances"}}}
		}, ""},
		{"tags of what is launched, or of anything else", func(s *permit.Statement) {
			s.Actions, s.Conditions = []string{"ec2:CreateTags"}, []permit.Condition{{Operator: "StringEquals", Key: "ec2:CreateAction", Values: []string{"RunInstances", "CreateVolume"}}}
		}, "writes tags"},
		{"tags of images that are made", func(s *permit.Statement) {
			s.Actions, s.Conditions = []string{"ec2:CreateTags"}, []permit.Condition{{Operator: "StringEquals", Key: "ec2:CreateAction", Values: []string{"CreateImage"}}}
		}, ""},
		{"tags by another call at launches", func(s *permit.Statement) {
			s.Actions, s.Conditions = []string{"ec2:DeleteTags"}, []permit.Condition{{Operator: "StringEquals", Key: "ec2:CreateAction", Values: []string{"RunInstances"}}}
		}, "writes tags"},
		{"tags of groups", func(s *permit.Statement) { s.Actions = []string{"autoscaling:CreateOrUpdateTags"} }, "writes tags"},
		{"tags of databases", func(s *permit.Statement) { s.Actions = []string{"rds:AddTagsToResource"} }, "writes tags"},
		{"tags of services", func(s *permit.Statement) { s.Actions = []string{"ecs:TagResource"} }, "writes tags"},
		{"tags by the index", func(s *permit.Statement) { s.Actions = []string{"tag:TagResources"} }, "writes tags"},
		{"taking tags away", func(s *permit.Statement) { s.Actions = []string{"ecs:UntagResource"} }, "writes tags"},
		{"what is not production", func(s *permit.Statement) {
			s.Conditions = []permit.Condition{{Operator: "StringNotEquals", Key: "aws:ResourceTag/Environment", Values: []string{"prod"}}}
		}, "lets through whatever lacks"},
		{"anything, without a reason", func(s *permit.Statement) { s.Resources = []string{"*"} }, "why nothing narrower"},
		{"a reason without anything", func(s *permit.Statement) { s.Anywhere = "because" }, "why nothing narrower"},
		{"too much", func(s *permit.Statement) {
			for range 400 {
				s.Resources = append(s.Resources, "arn:aws:ec2:*:*:instance/i-0123456789")
			}
		}, "IAM takes 6144 in a policy"},
	} {
		s := good
		s.Resources = slices.Clone(good.Resources)
		test.change(&s)
		err := permit.Role{Name: "r", Statements: []permit.Statement{s}}.Check()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

// TestThePoliciesOfTheHubsThings keep to the same rules, and let nobody in who is not known.
func TestThePoliciesOfTheHubsThings(t *testing.T) {
	t.Parallel()
	all := hub().Policies("ap-northeast-2", "${TagChanges.Arn}", "${DatabaseRestarts.Arn}")
	if len(all) != 6 {
		t.Fatalf("%d policies", len(all))
	}
	everything := 0
	for _, p := range all {
		if err := p.Check(); err != nil {
			t.Error(err)
		}
		for _, s := range p.Statements {
			if s.Why == "" || s.Sid == "" || s.Effect == permit.Deny && s.Principals["*"] == nil {
				t.Errorf("%s: what for? %+v", p.Name, s)
			}
			if s.Everything != "" {
				everything++
			}
		}
	}
	if everything != 1 {
		t.Errorf("%d statements allow everything: the key's administrators are the only ones", everything)
	}
	good := permit.AlarmsPublish()
	for _, test := range []struct {
		name   string
		change func(*permit.Statement)
		want   string
	}{
		{"as it should be", func(*permit.Statement) {}, ""},
		{"nobody", func(s *permit.Statement) { s.Principals = nil }, "says whom it lets in"},
		{"everybody", func(s *permit.Statement) { s.Principals = map[string][]string{"*": {"*"}} }, "everybody is let in"},
		{"a service, whoever it acts for", func(s *permit.Statement) { s.Conditions = nil }, "acts for every account of AWS's"},
		{"everything, without a reason", func(s *permit.Statement) { s.Actions = []string{"sns:*"} }, "none but many"},
		{"writing tags", func(s *permit.Statement) { s.Actions = []string{"sns:TagResource"} }, "writes tags"},
		{"anywhere, without a reason", func(s *permit.Statement) { s.Resources = []string{"*"} }, "why nothing narrower"},
	} {
		s := good
		test.change(&s)
		err := permit.Policy{Name: "the topic", Statements: []permit.Statement{s}}.Check()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}
