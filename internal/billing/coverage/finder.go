package coverage

import (
	"strings"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
)

// finder finds the subject that a row of usage is about.
type finder struct {
	groups    map[groupName]int
	instances map[instanceName]int
	members   map[instanceName]int
}

type groupName struct {
	scope fleet.Scope
	name  string
}

type instanceName struct {
	account fleet.AccountID
	id      string
}

func finderOf(subjects []Subject) finder {
	f := finder{groups: map[groupName]int{}, instances: map[instanceName]int{}, members: map[instanceName]int{}}
	for i := range subjects {
		s := &subjects[i]
		if s.Kind == fleet.EC2Instance {
			f.instances[instanceName{s.Scope.Account, s.ID}] = i
			continue
		}
		f.groups[groupName{s.Scope, s.ID}] = i
		for _, m := range s.Members {
			f.members[instanceName{s.Scope.Account, m}] = i
		}
	}
	return f
}

// of returns the subject's place. named says that the bill names its group, so that all of its instances are found.
func (f finder) of(u *billing.Usage, region fleet.Region) (i int, named, found bool) {
	if u.Group != "" && u.Cluster == "" {
		i, found = f.groups[groupName{fleet.Scope{Account: u.Account, Region: region}, u.Group}]
		return i, true, found
	}
	_, id, isARN := strings.Cut(u.Resource, ":instance/")
	if !isARN {
		id = u.Resource
	}
	if i, found = f.instances[instanceName{u.Account, id}]; found {
		return i, false, true
	}
	i, found = f.members[instanceName{u.Account, id}]
	return i, false, found
}
