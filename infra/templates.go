package infra

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/config"
)

// The files that Templates names, for accounts that no StackSet reaches.
const (
	RolesFile        = "spoke-roles.json"
	ReadFile         = "spoke-read.json"
	OutsideRolesFile = "spoke-roles-outside.json"
	OutsideReadFile  = "spoke-read-outside.json"
	EventsFile       = "spoke-events.json"
	PayerFile        = "payer.json"
)

// limits are those of a template that is given as text, as a StackSet's is, and of one in a bucket, in bytes.
type limits struct{ text, bucket int }

// ofCloudFormation are CloudFormation's (user guide, quotas).
var ofCloudFormation = limits{text: 51_200, bucket: 1_048_576}

// Templates returns the templates of spokes by the names of their files. Those for accounts outside of the organization are always among them.
func Templates(c config.Config) (map[string][]byte, error) {
	return templatesWithin(c, ofCloudFormation)
}

func templatesWithin(c config.Config, l limits) (map[string][]byte, error) {
	files := map[string]func(awscdk.Stack){
		OutsideRolesFile: rolesOf(c, outside(c)).into,
		OutsideReadFile:  readOf(c, outside(c)).into,
		EventsFile:       eventsOf(c).into,
	}
	if c.Organization != "" {
		files[RolesFile], files[ReadFile] = rolesOf(c, inside(c)).into, readOf(c, inside(c)).into
	}
	if c.Report != nil {
		files[PayerFile] = payer{c}.into
	}
	out := map[string][]byte{}
	for name, into := range files {
		template, err := templateOf(c, into)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if len(template) > l.bucket {
			return nil, fmt.Errorf("%s has %d bytes, CloudFormation takes %d: name fewer schedule tags, protected tags or volume keys", name, len(template), l.bucket)
		}
		out[name] = template
	}
	return out, nil
}

// templateOf returns the template of one stack that stands alone.
func templateOf(c config.Config, into func(awscdk.Stack)) (_ []byte, err error) {
	folder, err := os.MkdirTemp("", "offpeak-synth-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a folder of the machine's own, which it empties
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(folder), AnalyticsReporting: jsii.Bool(false)})
	tag(app, c)
	stack := awscdk.NewStack(app, jsii.String("offpeak"), &awscdk.StackProps{Synthesizer: awscdk.NewBootstraplessSynthesizer(nil)})
	into(stack)
	made := app.Synth(nil).GetStackArtifact(stack.ArtifactId()).Template()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err = encoder.Encode(made)
	return text.Bytes(), err
}

// WriteTemplates writes the templates of spokes into a folder.
func WriteTemplates(c config.Config, folder string) error {
	files, err := Templates(c)
	if err != nil {
		return err
	}
	for name, template := range files {
		if err := os.WriteFile(filepath.Join(folder, name), template, 0o644); err != nil { //nolint:gosec // for everybody to deploy
			return err
		}
	}
	return nil
}
