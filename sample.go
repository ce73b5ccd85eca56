// Package offpeak embeds the sample organisation that the demo plays: three accounts as the AWS CLI lists them, on a Friday evening and
// on the Monday morning after it, a policy, and prices. The product itself is in the folders below.
package offpeak

import "embed"

// Sample holds the files of testdata/fleet and testdata/policy by their paths from here.
//
//go:embed testdata/fleet/friday testdata/fleet/monday testdata/fleet/prices.csv testdata/policy/offpeak.yaml testdata/policy/organisation.yaml
var Sample embed.FS
