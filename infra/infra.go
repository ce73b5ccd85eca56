// Package infra is offpeak on AWS as a CDK app: the hub with its functions, and what accounts need that are looked after.
//
// In go a validated configuration and the folder of built programs; out come stacks, and for accounts that are reached by StackSets or by hand plain
// CloudFormation templates. What each role may do stands in permit, and nowhere else. The package deploys nothing and reads no environment.
package infra

import (
	"errors"
	"maps"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/config"
	"offpeak/infra/permit"
)

// The names of the stacks.
const (
	HubStack       = permit.HubStack
	RolesStack     = "offpeak-spoke-roles"
	ReadStack      = "offpeak-spoke-read"
	EventsStack    = "offpeak-spoke-events"
	StackSetsStack = "offpeak-stack-sets"
	PipelineStack  = "offpeak-pipeline"
	PayerStack     = "offpeak-payer"
)

// Deployment is what is deployed, and from where.
type Deployment struct {
	Config config.Config
	// Build is the folder of the built programs, one folder for each function.
	Build string
}

// Build adds the stacks of a deployment to an app. Everything that can be wrong is looked at before the first of them.
func Build(app awscdk.App, d Deployment) error {
	c := d.Config
	if err := d.Check(); err != nil {
		return err
	}
	// Access logs are let in by the bucket's policy: buckets whose owner owns every object know no other way.
	app.Node().SetContext(jsii.String("@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy"), true)
	app.Node().SetContext(jsii.String("@aws-cdk/core:validateAgainstDefaultRules"), true) // what CloudFormation would refuse is an error now
	tag(app, c)
	if err := NewHub(app, HubStack, d); err != nil {
		return err
	}
	spokes := []spokeTemplate{{RolesStack, rolesOf(c, inside(c))}, {ReadStack, readOf(c, inside(c))}}
	for _, t := range spokes {
		t.build(awscdk.NewStack(app, jsii.String(t.name), &awscdk.StackProps{
			Description: jsii.String(t.description()), Synthesizer: awscdk.NewBootstraplessSynthesizer(nil),
		}))
	}
	for _, region := range c.Regions {
		name := EventsStack + "-" + string(region)
		eventsOf(c).into(awscdk.NewStack(app, jsii.String(name), &awscdk.StackProps{
			Description: jsii.String(eventsDescription), Env: &awscdk.Environment{Region: jsii.String(string(region))},
			Synthesizer: awscdk.NewBootstraplessSynthesizer(nil),
		}))
	}
	if c.Report != nil {
		payer{c}.into(awscdk.NewStack(app, jsii.String(PayerStack), &awscdk.StackProps{
			Description: jsii.String(payerDescription), Env: &awscdk.Environment{Region: jsii.String(exportsRegion)}, Synthesizer: awscdk.NewBootstraplessSynthesizer(nil),
		}))
	}
	if c.Spread != nil {
		if err := NewStackSets(app, StackSetsStack, d); err != nil {
			return err
		}
	}
	if c.Pipeline != nil {
		return NewPipeline(app, PipelineStack, d)
	}
	return nil
}

// Check looks at what a deployment needs: programs, and roles that IAM takes.
func (d Deployment) Check() error {
	var errs []error
	for _, f := range functionsOf(d.Config) {
		if _, err := f.Asset(d.Build); err != nil {
			errs = append(errs, err)
		}
	}
	for _, r := range Roles(d.Config) {
		if err := r.Check(); err != nil {
			errs = append(errs, err)
		}
	}
	for _, p := range hubOf(d.Config).Policies(string(d.Config.Region), rules(d.Config)...) {
		if err := p.Check(); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Roles are all roles of a deployment.
func Roles(c config.Config) []permit.Role {
	spoke := inside(c)
	roles := append(hubOf(c).Roles(), spoke.Schedule(), spoke.Read(), permit.Events(string(c.Region)))
	if c.AutoSpot {
		roles = append(roles, spoke.Spot())
	}
	return roles
}

// tag puts the deployment's tags on everything that can have them. The kill switch has none but a constant one, or changing a tag would reset it;
// for the same reason the stack itself has none, which CloudFormation would hand on to it.
func tag(scope constructs.IConstruct, c config.Config) {
	const stack, dashboard, parameter = "aws:cdk:stack", "AWS::CloudWatch::Dashboard", "AWS::SSM::Parameter"
	tags := awscdk.Tags_Of(scope)
	tags.Add(jsii.String(config.CostTag), jsii.String(config.CostTagValue), &awscdk.TagProps{
		ExcludeResourceTypes: texts([]string{dashboard}), // not yet in the specification that cfn-lint has
	})
	for key, value := range c.Tags {
		tags.Add(jsii.String(key), jsii.String(value), &awscdk.TagProps{ExcludeResourceTypes: texts([]string{dashboard, parameter, stack})})
	}
}

// tagsOf are the deployment's tags: the one that tells on the bill what offpeak costs, and those that are asked for.
func tagsOf(c config.Config) map[string]string {
	all := map[string]string{config.CostTag: config.CostTagValue}
	maps.Copy(all, c.Tags)
	return all
}

// hubOf says to permit what the hub is.
func hubOf(c config.Config) permit.Hub {
	h := permit.Hub{Organization: c.Organization, Key: true, Spot: c.AutoSpot}
	if c.Report != nil {
		h.Reports, h.Sender, h.WellArchitected = true, c.Report.From, c.Report.WellArchitected
		for _, payer := range c.Report.Payers {
			h.Payers = append(h.Payers, string(payer))
		}
	}
	for _, id := range c.Accounts {
		h.Accounts = append(h.Accounts, string(id))
	}
	h.Operators, h.Readers = names(c.Operators), names(c.Readers)
	if c.OwnAccount {
		own := inside(c)
		own.VolumeKeys = c.VolumeKeys
		h.Own = &own
	}
	return h
}

// names are the paths and names in ARNs of roles: which account they are of, each hub knows itself.
func names(roles []string) (out []string) {
	for _, role := range roles {
		_, name, _ := strings.Cut(role, ":role/")
		out = append(out, name)
	}
	return out
}

// inside says to permit what an account of the organization is, and outside one that is of none or of another.
func inside(c config.Config) permit.Spoke {
	s := permit.Spoke{
		Tags: c.ScheduleTags, Custodian: c.CustodianTag, Organization: c.Organization,
		Operators: len(c.Operators) > 0, Readers: len(c.Readers) > 0, AutoSpot: c.AutoSpot, SpotTag: c.SpotTag, Reports: c.Report != nil,
	}
	for _, t := range c.Protected {
		s.Protected = append(s.Protected, permit.Tag{Key: t.Key, Values: t.Values})
	}
	return s
}

func outside(c config.Config) permit.Spoke {
	s := inside(c)
	s.Organization = ""
	return s
}

// called makes a template call a thing by a name that does not depend on where it stands in the tree: statements and outputs name it.
func called(c constructs.IConstruct, id string) {
	element, ok := c.Node().DefaultChild().(awscdk.CfnElement)
	if !ok {
		element, ok = c.(awscdk.CfnElement)
	}
	if !ok {
		return // the template then lacks the name, and what refers to it is refused by every test
	}
	element.OverrideLogicalId(jsii.String(id))
}

func texts(values []string) *[]*string {
	list := make([]*string, len(values))
	for i := range values {
		list[i] = jsii.String(values[i])
	}
	return &list
}

// sub is CloudFormation's Fn::Sub.
func sub(text string) *string { return awscdk.Fn_Sub(jsii.String(text), nil) }
