package infra

import (
	"github.com/aws/constructs-go/constructs/v10"

	"offpeak/infra/config"
)

// StackSetsWithin is NewStackSets under other limits than CloudFormation's: today's templates are far below these.
func StackSetsWithin(scope constructs.Construct, id string, d Deployment, text int) error {
	return newStackSets(scope, id, d, limits{text, ofCloudFormation.bucket})
}

// TemplatesWithin is Templates under another limit than CloudFormation's.
func TemplatesWithin(c config.Config, bucket int) error {
	_, err := templatesWithin(c, limits{ofCloudFormation.text, bucket})
	return err
}
