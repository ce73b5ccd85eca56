package simulation

import (
	"fmt"
	"slices"
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
	r.Tags, r.State, r.Since, r.ByAWS, r.RestartsAt = m.tags, plainStates[m.phase], time.Time{}, false, time.Time{}
	switch r.Kind {
	case fleet.EC2Instance:
		r.Status = instanceWords[m.phase]
		r.Since = time.Unix(m.since, 0).UTC()
		r.ByAWS = m.byAWS && m.phase == isOff
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

func (m *machine) faceOfGroup(r *fleet.Resource) {
	r.Size, r.Members = m.size, nil
	if listed := max(m.members, m.size.Desired); listed > 0 {
		r.Members = []fleet.Members{{Type: m.memberType(), Count: listed}}
	}
	r.Status = fmt.Sprintf("%d of %d in service", min(m.members, m.size.Desired), m.size.Desired)
	switch {
	case m.phase == gone || m.phase == buried:
		r.Status = "Delete in progress"
		r.Traits = append(slices.Clip(r.Traits), fleet.Trait{Kind: fleet.BeingDeleted})
	case m.size.Desired > 0:
		r.State = fleet.Running
	case m.members > 0:
		r.State = fleet.Changing
	default:
		r.State = fleet.Stopped
	}
}

// memberType is what a group launches.
func (m *machine) memberType() string {
	if len(m.spec.Members) > 0 {
		return m.spec.Members[0].Type
	}
	return "m5.large"
}

func (m *machine) faceOfService(r *fleet.Resource) {
	r.Size, r.Status = fleet.Size{Desired: m.size.Desired}, "ACTIVE"
	switch {
	case m.phase == gone || m.phase == buried:
		r.Status = "DRAINING"
		r.Traits = append(slices.Clip(r.Traits), fleet.Trait{Kind: fleet.BeingDeleted})
		return
	case m.size.Desired > 0:
		r.State = fleet.Running
	case m.members > 0:
		r.State = fleet.Changing
	default:
		r.State = fleet.Stopped
	}
	if m.deploying {
		r.Traits = append(slices.Clip(r.Traits), fleet.Trait{Kind: fleet.Deploying})
	}
}
