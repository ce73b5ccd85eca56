package infra

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/config"
	"offpeak/infra/permit"
)

// spokeTemplate is a template for an account that is looked after. One template serves a CDK stack, a StackSet and whoever deploys by hand; what
// differs between accounts is a parameter.
type spokeTemplate struct {
	name  string
	roles spokeRoles
}

// spokeRoles are the roles of an account.
type spokeRoles struct {
	config   config.Config
	spoke    permit.Spoke
	readOnly bool
}

func rolesOf(c config.Config, s permit.Spoke) spokeRoles { return spokeRoles{c, s, false} }
func readOf(c config.Config, s permit.Spoke) spokeRoles  { return spokeRoles{c, s, true} }

func (t spokeTemplate) description() string {
	if t.roles.readOnly {
		return "offpeak: the role by which a protected account is looked at, and nothing else"
	}
	return "offpeak: the roles by which an account is looked after"
}

func (t spokeTemplate) build(stack awscdk.Stack) { t.roles.into(stack) }

// into adds the roles to a stack. A protected account gets the one that only reads.
func (r spokeRoles) into(stack awscdk.Stack) {
	hubAccount(stack, r.config)
	awscdk.NewCfnParameter(stack, jsii.String(permit.ExternalIDParameter), &awscdk.CfnParameterProps{
		Type: jsii.String("String"), Description: jsii.String("What offpeak says when it enters: the same as in its policy file (accounts, external_id)"),
		Default: optional(r.config.ExternalID), MinLength: jsii.Number(2), MaxLength: jsii.Number(1224), AllowedPattern: jsii.String(`[\w+=,.@:/-]+`),
	})
	addRole(stack, "Read", r.spoke.Read())
	if r.readOnly {
		return
	}
	role := r.spoke.Schedule()
	starting := role.Statements[len(role.Statements)-1:]
	role.Statements = role.Statements[:len(role.Statements)-1]
	schedule := addRole(stack, "Schedule", role)
	r.volumeKeys(stack, schedule, starting)
	if r.config.AutoSpot {
		addRole(stack, "Spot", r.spoke.Spot())
	}
}

// volumeKeys adds the permission to use customer keys of volumes, if any are named: a statement without a resource is none.
func (r spokeRoles) volumeKeys(stack awscdk.Stack, role awsiam.CfnRole, starting []permit.Statement) {
	keys := awscdk.NewCfnParameter(stack, jsii.String(permit.VolumeKeysParameter), &awscdk.CfnParameterProps{
		Type:        jsii.String("CommaDelimitedList"),
		Description: jsii.String("ARNs of the customer KMS keys of volumes whose instances are started, with commas between; empty: none"),
		Default:     jsii.String(strings.Join(r.config.VolumeKeys, ",")),
	})
	named := awscdk.NewCfnCondition(stack, jsii.String("HasVolumeKeys"), &awscdk.CfnConditionProps{
		Expression: awscdk.Fn_ConditionNot(awscdk.Fn_ConditionEquals(awscdk.Fn_Join(jsii.String(""), keys.ValueAsList()), jsii.String(""))),
	})
	policy := awsiam.NewCfnRolePolicy(stack, jsii.String("VolumeKeys"), &awsiam.CfnRolePolicyProps{
		PolicyName: jsii.String("volume-keys"), RoleName: role.Ref(), PolicyDocument: permit.Document(starting),
	})
	called(policy, "VolumeKeys")
	policy.CfnOptions().SetCondition(named)
}

func hubAccount(stack awscdk.Stack, c config.Config) {
	awscdk.NewCfnParameter(stack, jsii.String(permit.HubAccountParameter), &awscdk.CfnParameterProps{
		Type: jsii.String("String"), Description: jsii.String("The account of offpeak's hub"),
		Default: optional(string(c.Hub)), AllowedPattern: jsii.String(`\d{12}`),
	})
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return jsii.String(text)
}

const eventsDescription = "offpeak: hands changes of the configured tags, and restarts of databases, to the hub"

// spokeEvents are the rules of one region of an account.
type spokeEvents struct{ config config.Config }

func eventsOf(c config.Config) spokeEvents { return spokeEvents{c} }

// skipHubParameter is how a StackSet leaves out the hub's account, which may be one of its units and then has a stack of its own with the same role.
const skipHubParameter = "SkipHub"

// into adds the rules to a stack.
func (e spokeEvents) into(stack awscdk.Stack) {
	hubAccount(stack, e.config)
	skip := awscdk.NewCfnParameter(stack, jsii.String(skipHubParameter), &awscdk.CfnParameterProps{
		Type: jsii.String("String"), Default: jsii.String("false"), AllowedValues: texts([]string{"true", "false"}),
		Description: jsii.String("Whether to make nothing in the hub's own account: for StackSets, where that account has a stack of its own"),
	})
	wanted := awscdk.NewCfnCondition(stack, jsii.String("Wanted"), &awscdk.CfnConditionProps{
		Expression: awscdk.Fn_ConditionNot(awscdk.Fn_ConditionAnd(
			awscdk.Fn_ConditionEquals(skip.ValueAsString(), jsii.String("true")),
			awscdk.Fn_ConditionEquals(awscdk.Aws_ACCOUNT_ID(), awscdk.Fn_Ref(jsii.String(permit.HubAccountParameter))),
		)),
	})
	// A stack has at least one thing in it. This one is none, and costs nothing.
	called(awscdk.NewCfnWaitConditionHandle(stack, jsii.String("Nothing"), nil), "Nothing")
	description := permit.Events(string(e.config.Region))
	role := addRole(stack, "EventsRole", description)
	role.CfnOptions().SetCondition(wanted)
	for _, p := range patterns(e.config) {
		rule := awsevents.NewCfnRule(stack, jsii.String(p.id), &awsevents.CfnRuleProps{
			Description: jsii.String(p.what), EventPattern: p.pattern, State: jsii.String("ENABLED"),
			Targets: []any{map[string]any{"id": "hub", "arn": sub(description.Statements[0].Resources[0]), "roleArn": role.AttrArn()}},
		})
		called(rule, p.id)
		rule.CfnOptions().SetCondition(wanted)
	}
}
