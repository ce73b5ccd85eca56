package infra

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/permit"
)

// addKillSwitch adds the parameter by which a person holds everything without a deployment.
//
// A deployment must not let go what a person holds. CloudFormation writes a parameter only when its resource changes in the template, but then the
// value with it, whatever changed: also for another tag (aws/aws-cdk#25949). So nothing here depends on the configuration, and whoever changes a
// line of it resets every hub's switch to off at its next upgrade; TestADeploymentLeavesTheKillSwitch holds it still.
func (h *hub) addKillSwitch() {
	called(awsssm.NewCfnParameter(h.stack, jsii.String(killSwitchID), &awsssm.CfnParameterProps{
		Name: jsii.String(permit.KillSwitch), Type: jsii.String("String"), Tier: jsii.String("Standard"), Value: jsii.String("off"),
		AllowedPattern: jsii.String("^(off|no-stops|nothing)$"),
		Description:    jsii.String("Holds everything that offpeak does: off, no-stops (nothing is stopped), nothing (nothing is stopped or started). Asked before each act."),
	}), killSwitchID)
}
