package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
)

// instanceWords and databaseWords are the phases in AWS's words.
var (
	instanceWords = [...]string{"stopped", "pending", "running", "stopping", "terminated", "terminated"}
	databaseWords = [...]string{"stopped", "starting", "available", "stopping", "deleting", "deleting"}
	plainStates   = [...]fleet.State{fleet.Stopped, fleet.Changing, fleet.Running, fleet.Changing, fleet.Gone, fleet.Gone}
)

// face is the resource as a description without lag shows it.
func (m *machine) face() fleet.Resource {
	r := m.spec.Resource
	r.Launch = nil
	if m.place.world.Launches {
		r.Launch = m.launches()
	}
	r.Tags, r.State, r.Since, r.ByAWS, r.RestartsAt = m.tags, plainStates[m.phase], time.Time{}, false, time.Time{}
	switch r.Kind {
	case fleet.EC2Instance:
		r.Status = instanceWords[m.phase]
		r.Since = time.Unix(m.since, 0).UTC()
		r.ByAWS = m.byAWS && (m.phase == isOff || m.phase == stopping)
		m.faceOfInstance(&r)
		if r.Launch != nil && !m.dead() {
			r.Traits = append(slices.Clip(r.Traits), m.protections()...)
		}
	case fleet.AutoScalingGroup:
		m.faceOfGroup(&r)
	case fleet.ECSService:
		m.faceOfService(&r)
	default:
		r.Status = databaseWords[m.phase]
		if m.restarts != 0 {
			r.RestartsAt = time.Unix(m.restarts, 0).UTC()
		}
	}
	return r
}

// attach finds out what belongs to the machine for good: the instances of a cluster; volumes and the interface of an instance.
func (m *machine) attach(seed uint64) {
	switch m.spec.Kind {
	case fleet.RDSCluster:
		m.spec.Members = m.listed()
		for _, u := range m.units {
			m.spec.Parts = append(m.spec.Parts, nameIn(u.id))
		}
		slices.Sort(m.spec.Parts)
		return
	case fleet.EC2Instance:
	default:
		return
	}
	if m.network == "" {
		m.network = interfaceID(seed, m.units[0])
	}
	m.volumes, m.attached, m.reached = nil, nil, nil
	for i := range m.spec.Volumes {
		m.volumes = append(m.volumes, m.volumeID(seed, m.units[0], i))
	}
	m.attached = slices.Sorted(slices.Values(m.volumes))
	reached := slices.Sorted(slices.Values(append(slices.Clone(m.volumes), m.network)))
	switch {
	case len(m.spec.Addresses) > 0:
		m.attached, m.reached = reached, reached
	case m.spec.PublicAddress:
		m.reached = reached
	}
}

// nameIn is the database's name in its ARN.
func nameIn(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

func (m *machine) faceOfInstance(r *fleet.Resource) {
	switch {
	case m.dead():
	case m.phase == on && m.spec.PublicAddress && len(m.spec.Addresses) == 0:
		r.Attached = m.reached
		r.Traits = append(slices.Clip(r.Traits), fleet.Trait{Kind: fleet.PublicAddress, Detail: m.address()})
	default:
		r.Attached = m.attached
	}
}

// address is the automatic public address of an instance, another one after each start.
func (m *machine) address() string {
	return publicIP(number(uint64(m.life), string(m.spec.ARN), "address", 0))
}

func (m *machine) faceOfGroup(r *fleet.Resource) {
	r.Size, r.Members, r.Product = m.size, m.listed(), ""
	if len(m.units) > 0 {
		r.Product = m.spec.product() // AWS tells it of instances alone
	}
	r.Status = fmt.Sprintf("%d of %d in service", m.serving(), m.size.Desired)
	switch {
	case m.dead():
		r.Status = "Delete in progress"
		r.Traits = append(slices.Clip(r.Traits), fleet.Trait{Kind: fleet.BeingDeleted})
	case m.size.Desired > 0:
		r.State = fleet.Running
	case len(r.Members) > 0:
		r.State = fleet.Changing
	default:
		r.State = fleet.Stopped
	}
	if serving := m.serving(); serving < m.size.Desired && !m.dead() {
		r.Traits = append(slices.Clip(r.Traits), fleet.Trait{Kind: fleet.NotInService, Detail: fmt.Sprintf("%d of %d", serving, m.size.Desired)})
	}
	for _, t := range []struct {
		holds bool
		kind  fleet.TraitKind
	}{
		{len(m.spec.Scaling.Actions) > 0, fleet.ScheduledActions},
		{m.spec.Scaling.Warm > 0, fleet.WarmPool},
		{m.refresh != nil, fleet.RefreshInProgress},
	} {
		if t.holds && !m.dead() {
			r.Traits = append(slices.Clip(r.Traits), fleet.Trait{Kind: t.kind})
		}
	}
}

// listed counts the members by type, in the order of the types' names.
func (m *machine) listed() []fleet.Members {
	var members []fleet.Members
	for _, u := range m.units {
		if u.condition > leaving {
			continue // in the warm pool
		}
		i, found := slices.BinarySearchFunc(members, u.kind, func(m fleet.Members, kind string) int { return cmp.Compare(m.Type, kind) })
		if !found {
			members = slices.Insert(members, i, fleet.Members{Type: u.kind})
		}
		members[i].Count++
	}
	return members
}

func (m *machine) faceOfService(r *fleet.Resource) {
	r.Size, r.Status = fleet.Size{Desired: m.size.Desired}, "ACTIVE"
	if providers := m.providers(); len(providers) > 0 {
		names := make([]string, len(providers))
		for i, p := range providers {
			names[i] = p.Name
		}
		r.Product = strings.Join(names, "+")
	}
	switch {
	case m.dead():
		r.Status = "DRAINING"
		r.Traits = append(slices.Clip(r.Traits), fleet.Trait{Kind: fleet.BeingDeleted})
		return
	case m.size.Desired > 0:
		r.State = fleet.Running
	case len(m.units) > 0:
		r.State = fleet.Changing
	default:
		r.State = fleet.Stopped
	}
	if serving := m.serving(); serving < m.size.Desired && len(m.providers()) > 0 {
		r.Traits = append(slices.Clip(r.Traits), fleet.Trait{Kind: fleet.NotInService, Detail: fmt.Sprintf("%d of %d", serving, m.size.Desired)})
	}
	if m.deploying || m.refresh != nil {
		r.Traits = append(slices.Clip(r.Traits), fleet.Trait{Kind: fleet.Deploying})
	}
}
