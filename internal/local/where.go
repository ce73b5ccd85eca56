package local

import (
	"cmp"
	"fmt"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

// place holds the scope that a resource's ARN told against what was asked for.
func (r *reading) place(field string, resource *fleet.Resource) (err error) {
	if resource.Scope.Account, err = r.account(field, resource.Scope.Account); err != nil {
		return err
	}
	resource.Scope.Region, err = r.region(field, resource.Scope.Region)
	return err
}

// account holds the account that a record tells, if it does, against the one that was asked for, if one was.
func (r *reading) account(field string, told fleet.AccountID) (fleet.AccountID, error) {
	asked := r.into.opts.Account
	switch {
	case told == "" && asked == "":
		return "", described.Missing(field, "an account id; it can also be given with the command")
	case told != "" && asked != "" && told != asked:
		return "", &described.FieldError{Field: field, Text: fmt.Sprintf("is of account %s, but %s was asked for", told, asked)}
	}
	return cmp.Or(told, asked), nil
}

// region does the same for a region.
func (r *reading) region(field string, told fleet.Region) (fleet.Region, error) {
	asked := r.into.opts.Region
	switch {
	case told == "" && asked == "":
		return "", described.Missing(field, "a zone such as ap-northeast-2a; the region can also be given with the command")
	case told != "" && asked != "" && told != asked:
		return "", &described.FieldError{Field: field, Text: fmt.Sprintf("is in region %s, but %s was asked for", told, asked)}
	}
	return cmp.Or(told, asked), nil
}
