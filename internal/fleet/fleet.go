// Package fleet is what there is: accounts and regions, resources of every kind with their state, size, tags and price, the
// snapshot of them at one instant, and the memory that is carried from one plan to the next.
//
// Adapters (AWS, files, the simulation) write a Snapshot; planners read it together with the Memory and return a new Memory.
// All values are plain data. The package decides nothing, reads no clock and calls nobody.
package fleet

import (
	"cmp"
	"fmt"
	"strings"
)

// AccountID is an AWS account's number: twelve digits, zeros in front included.
type AccountID string

// Region is an AWS region's code, such as ap-northeast-2.
type Region string

// ARN is the Amazon Resource Name. It is the key under which memory and ledger know a resource.
type ARN string

// ParseAccountID reads twelve digits.
func ParseAccountID(text string) (AccountID, error) {
	if len(text) != 12 || strings.Trim(text, "0123456789") != "" {
		return "", fmt.Errorf("%.40q is not an account id (twelve digits)", text)
	}
	return AccountID(text), nil
}

// Scope is one account in one region: what one sweep reads, plans and acts on.
type Scope struct {
	Account AccountID `json:"account"`
	Region  Region    `json:"region"`
}

// String writes the scope as account/region.
func (s Scope) String() string { return string(s.Account) + "/" + string(s.Region) }

// Compare orders scopes by account, then region.
func (s Scope) Compare(other Scope) int {
	return cmp.Or(cmp.Compare(s.Account, other.Account), cmp.Compare(s.Region, other.Region))
}

// Partition returns the AWS partition that the region belongs to: aws, aws-cn, aws-us-gov, ...
func (r Region) Partition() string {
	switch {
	case strings.HasPrefix(string(r), "cn-"):
		return "aws-cn"
	case strings.HasPrefix(string(r), "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(string(r), "us-iso-"):
		return "aws-iso"
	case strings.HasPrefix(string(r), "us-isob-"):
		return "aws-iso-b"
	case strings.HasPrefix(string(r), "eu-isoe-"):
		return "aws-iso-e"
	case strings.HasPrefix(string(r), "us-isof-"):
		return "aws-iso-f"
	case strings.HasPrefix(string(r), "eusc-"):
		return "aws-eusc"
	default:
		return "aws"
	}
}
