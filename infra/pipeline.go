package infra

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// toolchain is the Go by which the pipeline builds and tests: the same each time, whatever CodeBuild's image has by then. firstGo is one that the
// image has; it fetches the toolchain, and compares it with Go's checksum database.
const toolchain, firstGo = "go1.26.8", "1.24"

// NewPipeline adds the stack that deploys the hub from a repository: source, build and tests, a staging hub if there is one, a person's approval,
// the hub. It changes itself when the repository does.
func NewPipeline(scope constructs.Construct, id string, d Deployment) error {
	c := d.Config
	stack := awscdk.NewStack(scope, jsii.String(id), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String(string(c.Hub)), Region: jsii.String(string(c.Region))}, Description: jsii.String("offpeak: deploys the hub from a repository"),
	})
	source := pipelines.CodePipelineSource_Connection(jsii.String(c.Pipeline.Repository), jsii.String(c.Pipeline.Branch), &pipelines.ConnectionSourceOptions{
		ConnectionArn: jsii.String(c.Pipeline.Connection),
	})
	pipeline := pipelines.NewCodePipeline(stack, jsii.String("Pipeline"), &pipelines.CodePipelineProps{
		PipelineName: jsii.String("offpeak"), CrossAccountKeys: jsii.Bool(true), EnableKeyRotation: jsii.Bool(true),
		Synth: pipelines.NewCodeBuildStep(jsii.String("Synth"), &pipelines.CodeBuildStepProps{
			Input: source, Commands: texts([]string{"make test", "make synth"}), PrimaryOutputDirectory: jsii.String("cdk.out"),
			BuildEnvironment: &awscodebuild.BuildEnvironment{
				BuildImage: awscodebuild.LinuxBuildImage_STANDARD_7_0(), ComputeType: awscodebuild.ComputeType_LARGE,
				// A test that is skipped because something is not installed proves nothing.
				EnvironmentVariables: &map[string]*awscodebuild.BuildEnvironmentVariable{
					"OFFPEAK_MUST_INFRA": {Value: "1"}, "OFFPEAK_MUST_MOTO": {Value: "1"}, "GOTOOLCHAIN": {Value: toolchain},
				},
			},
			PartialBuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{"phases": map[string]any{
				"install": map[string]any{"runtime-versions": map[string]any{"golang": firstGo, "nodejs": "22", "python": "3.12"}},
			}}),
		}),
	})
	if c.Pipeline.Staging != "" {
		staging := c
		staging.Hub, staging.Spread, staging.Pipeline = c.Pipeline.Staging, nil, nil
		if err := addStage(stack, pipeline, "Staging", Deployment{staging, d.Build}, nil); err != nil {
			return err
		}
	}
	approval := pipelines.NewManualApprovalStep(jsii.String("Approve"), &pipelines.ManualApprovalStepProps{
		Comment: jsii.String("The change has been tested" + map[bool]string{true: ", and deployed to the staging hub"}[c.Pipeline.Staging != ""] + ". Deploy it to the hub?"),
	})
	if err := addStage(stack, pipeline, "Production", d, &pipelines.AddStageOpts{Pre: &[]pipelines.Step{approval}}); err != nil {
		return err
	}
	pipeline.BuildPipeline()
	return nil
}

// addStage adds the hub, as a stage of its own.
func addStage(scope constructs.Construct, pipeline pipelines.CodePipeline, name string, d Deployment, how *pipelines.AddStageOpts) error {
	stage := awscdk.NewStage(scope, jsii.String(name), &awscdk.StageProps{
		Env: &awscdk.Environment{Account: jsii.String(string(d.Config.Hub)), Region: jsii.String(string(d.Config.Region))},
	})
	tag(stage, d.Config)
	if err := newHub(stage, HubStack, HubStack, d); err != nil {
		return err
	}
	pipeline.AddStage(stage, how)
	return nil
}
