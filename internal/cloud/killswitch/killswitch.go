// Package killswitch reads the hub's kill switch: a parameter in the Parameter Store of Systems Manager, which a person sets in the console or by
// the AWS CLI when everything is to stand still at once.
//
// In goes the parameter's name; out comes the word that it is set to, or why that is not known. The package sets nothing, keeps nothing, and does
// not know what the words mean.
package killswitch

import (
	"context"
	"fmt"

	"offpeak/internal/cloud"
)

// Parameter is a parameter of the hub's account and region.
type Parameter struct {
	access *cloud.Access
	name   string
}

// New returns the parameter of a name.
func New(a *cloud.Access, name string) *Parameter { return &Parameter{a, name} }

// Position implements hub.Switch. It asks each time: who pulls a switch does not wait for a cache.
func (p *Parameter) Position(ctx context.Context) (string, error) {
	var answer struct {
		Parameter struct{ Value string }
	}
	question := struct{ Name string }{p.name}
	if err := p.access.Ask(ctx, "ssm", "AmazonSSM.GetParameter", question, &answer); err != nil {
		return "", fmt.Errorf("ssm:GetParameter %s: %w", p.name, err)
	}
	return answer.Parameter.Value, nil
}
