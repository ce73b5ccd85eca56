// Command app is offpeak's CDK app: it reads the context "offpeak" of cdk.json, and synthesises the stacks and the templates for accounts.
//
// The CDK command line calls it ("make synth", "make diff", "make deploy"). It needs Node and what "make build" makes; it asks AWS nothing.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra"
	"offpeak/infra/config"
)

// build is where "make build" puts programs, and where templates go.
const build = "build"

func main() {
	if err := synthesise(); err != nil {
		jsii.Close()
		fmt.Fprintf(os.Stderr, "offpeak cannot be synthesised:\n%v\n", err)
		os.Exit(1)
	}
	jsii.Close()
}

func synthesise() error {
	app := awscdk.NewApp(nil)
	c, err := config.Parse(app.Node().TryGetContext(jsii.String(config.Key)))
	if err != nil {
		return err
	}
	if err := infra.Build(app, infra.Deployment{Config: c, Build: build}); err != nil {
		return err
	}
	app.Synth(nil)
	return infra.WriteTemplates(c, build)
}
