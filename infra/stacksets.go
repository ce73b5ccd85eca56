package infra

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/config"
	"offpeak/infra/permit"
)

// stackSet is one StackSet: a template, and where it goes.
type stackSet struct {
	id, name, what, file string
	units                []string
	regions              []string
	parameters           map[string]string
}

// NewStackSets adds the stack that spreads roles and rules over the organization, by service-managed StackSets: accounts that join a unit later
// get them by themselves. They skip the management account, which takes the templates by hand.
func NewStackSets(scope constructs.Construct, id string, d Deployment) error {
	return newStackSets(scope, id, d, ofCloudFormation)
}

func newStackSets(scope constructs.Construct, id string, d Deployment, l limits) error {
	c := d.Config
	env := &awscdk.Environment{Region: jsii.String(string(c.Region))}
	if c.Hub != "" {
		env.Account = jsii.String(string(c.Hub))
	}
	stack := awscdk.NewStack(scope, jsii.String(id), &awscdk.StackProps{
		Env: env, Description: jsii.String("offpeak: roles and rules for the accounts of the organization"),
	})
	templates, err := templatesWithin(c, l)
	if err != nil {
		return err
	}
	for _, s := range stackSetsOf(c) {
		var body bytes.Buffer
		if err := json.Compact(&body, templates[s.file]); err != nil {
			return fmt.Errorf("StackSet %s: %w", s.name, err)
		}
		if body.Len() > l.text {
			return fmt.Errorf("the template of the StackSet %s has %d bytes, CloudFormation takes %d in a StackSet: name fewer schedule tags or protected tags, "+
				"or make the StackSet by hand from build/%s in a bucket", s.name, body.Len(), l.text, s.file)
		}
		s.add(stack, c, body.String())
	}
	return nil
}

func stackSetsOf(c config.Config) []stackSet {
	home := []string{string(c.Region)}
	var regions []string
	for _, r := range c.Regions {
		regions = append(regions, string(r))
	}
	enter := map[string]string{permit.ExternalIDParameter: c.ExternalID}
	events := map[string]string{}
	if c.OwnAccount { // it may be one of the units, and has the rules by a stack of its own
		events[skipHubParameter] = "true"
	}
	sets := []stackSet{
		{"Roles", "offpeak-spoke-roles", "the roles by which accounts are looked after", RolesFile, c.Spread.Units, home, enter},
		{"ReadOnly", "offpeak-spoke-read", "the role by which protected accounts are looked at", ReadFile, c.Spread.ReadOnly, home, enter},
		{"Events", "offpeak-spoke-events", "rules that hand events to the hub", EventsFile, c.Spread.Units, regions, events},
	}
	var used []stackSet
	for _, s := range sets {
		if len(s.units) > 0 {
			used = append(used, s)
		}
	}
	return used
}

func (s stackSet) add(stack awscdk.Stack, c config.Config, body string) {
	callAs := "SELF"
	if c.Spread.Delegated {
		callAs = "DELEGATED_ADMIN"
	}
	s.parameters[permit.HubAccountParameter] = string(c.Hub)
	if c.Hub == "" {
		s.parameters[permit.HubAccountParameter] = *stack.Account()
	}
	var parameters []any
	for _, key := range []string{permit.HubAccountParameter, permit.ExternalIDParameter, skipHubParameter} {
		if value, ok := s.parameters[key]; ok {
			parameters = append(parameters, map[string]any{"parameterKey": key, "parameterValue": value})
		}
	}
	set := awscdk.NewCfnStackSet(stack, jsii.String(s.id), &awscdk.CfnStackSetProps{
		StackSetName: jsii.String(s.name), Description: jsii.String("offpeak: " + s.what), PermissionModel: jsii.String("SERVICE_MANAGED"),
		CallAs: jsii.String(callAs), Capabilities: texts([]string{"CAPABILITY_NAMED_IAM"}), TemplateBody: jsii.String(body),
		AutoDeployment:       map[string]any{"enabled": true, "retainStacksOnAccountRemoval": false},
		ManagedExecution:     map[string]any{"Active": true},
		OperationPreferences: map[string]any{"failureTolerancePercentage": 10, "maxConcurrentPercentage": 25, "regionConcurrencyType": "PARALLEL"},
		Parameters:           parameters,
		StackInstancesGroup: []any{map[string]any{
			"deploymentTargets": map[string]any{"organizationalUnitIds": s.units}, "regions": s.regions,
		}},
	})
	called(set, s.id)
}
