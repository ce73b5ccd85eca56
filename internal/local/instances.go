package local

import (
	"fmt"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

// reservations reads the list that describe-instances prints. The instances of a reservation may stand before its owner, and be many:
// they are taken one by one, and get their account at the reservation's end.
func (r *reading) reservations() error {
	return r.each(func() error {
		var owner string
		var found []fleet.Resource
		listed := false
		err := r.members(func(name string) error {
			switch name {
			case "OwnerId":
				return r.decode(&owner)
			case "Instances":
				listed = true
				return r.instances(&found)
			}
			return r.skip()
		})
		if err == nil && !listed {
			err = r.fail(".Instances", "missing (expected a list)")
		}
		if err != nil || len(found) == 0 {
			return err
		}
		return r.own(owner, found)
	})
}

// instances reads the instances of one reservation. They have no account yet.
func (r *reading) instances(found *[]fleet.Resource) error {
	return r.each(func() error {
		i := &r.scratch
		*i = described.LaunchedInstance{Instance: described.Instance{Tags: i.Tags[:0], Interfaces: i.Interfaces[:0], Devices: i.Devices[:0]}} // their memory is used again, nothing in them is
		record := any(&i.Instance)
		if r.into.opts.Launch || r.into.opts.Posture {
			record = i
		}
		if err := r.decode(record); err != nil {
			return err
		}
		resource, err := i.Resource()
		if err == nil {
			resource.Scope.Region, err = r.region(described.ZoneField, resource.Scope.Region)
		}
		if err != nil {
			return r.failIn(err)
		}
		if r.into.opts.Launch {
			resource.Launch = i.Launch()
		}
		if r.into.opts.Posture {
			resource.Posture = i.Posture()
		}
		*found = append(*found, resource)
		return nil
	})
}

// own gives a reservation's instances their account, and with it their ARN.
func (r *reading) own(owner string, found []fleet.Resource) error {
	if _, err := fleet.ParseAccountID(owner); err != nil && owner != "" {
		return r.failIn(described.Unfit("OwnerId", owner, "an account id of twelve digits"))
	}
	account, err := r.account("OwnerId", fleet.AccountID(owner))
	if err != nil {
		return r.failIn(err)
	}
	for i := range found {
		resource := &found[i]
		described.Own(resource, account)
		if err := r.into.add(resource, r.name); err != nil {
			return r.fail(fmt.Sprintf(".Instances[%d]", i), "%w", err)
		}
	}
	return nil
}
