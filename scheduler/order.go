package scheduler

import (
	"fmt"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// deadline is how long a kind may take to be up or down before others of its group stop waiting for it.
func deadline(k fleet.Kind) time.Duration {
	switch k {
	case fleet.RDSInstance, fleet.RDSCluster:
		return time.Hour
	case fleet.AutoScalingGroup, fleet.ECSService:
		return 20 * time.Minute
	default:
		return 15 * time.Minute
	}
}

// groupKey is a group of resources that start in order. Groups do not reach over accounts or regions.
type groupKey struct {
	scope fleet.Scope
	name  string
}

// inOrder holds back starts whose group has an earlier member that is not running yet, and stops whose group has a later member that
// is not stopped yet. When that member is past its deadline it is not waited for any longer.
func (r *run) inOrder(due []pending) []pending {
	ahead := map[groupKey][]*candidate{}
	for i := range r.candidates {
		c := &r.candidates[i]
		if c.order != 0 && c.group == "" {
			r.find(c, plan.OrderWithout, "it has an order but no group, so there is nobody to wait for")
		}
		if c.group != "" && (c.decision.verdict == act || c.decision.verdict == wait) {
			key := groupKey{c.resource.Scope, c.group}
			ahead[key] = append(ahead[key], c)
		}
	}
	if len(ahead) == 0 {
		return due
	}
	refused := map[fleet.ARN]bool{}
	for _, refusal := range r.plan.Refusals {
		refused[refusal.Subject.ARN] = refusal.Code != plan.InTransition
	}
	var ready []pending
	for _, d := range due {
		first, late := r.ahead(d.candidate, ahead[groupKey{d.resource.Scope, d.group}], refused)
		if first != nil {
			why := fmt.Sprintf("group %s: %s (order %d) comes first, at the latest until %s", d.group, first.resource.ID, first.order, d.clock(first.latest()))
			r.refuse(d.candidate, plan.WaitingForOrder, why)
			d.waits = first.latest()
			continue
		}
		if late != nil {
			why := fmt.Sprintf("%s of group %s is late; not waited for any longer", late.resource.ID, d.group)
			r.find(d.candidate, plan.OrderOverdue, why)
		}
		ready = append(ready, d)
	}
	return ready
}

// latest is until when others of the group wait for a member.
func (c *candidate) latest() int64 {
	return c.decision.edge.due + int64(deadline(c.resource.Kind)/time.Second)
}

// ahead returns the first member of the group that has to be done before c and is in time, and the first that is late; nil for none.
func (r *run) ahead(c *candidate, members []*candidate, refused map[fleet.ARN]bool) (first, late *candidate) {
	off := c.decision.edge.want == fleet.Stopped
	earlier := func(a, b *candidate) bool {
		if a.order != b.order {
			return a.order < b.order != off
		}
		return a.resource.Compare(b.resource) < 0
	}
	for _, other := range members {
		if other.order == c.order || !earlier(other, c) || other.decision.edge.want != c.decision.edge.want || refused[other.resource.ARN] {
			continue
		}
		found := &first
		if r.now >= other.latest() {
			found = &late
		}
		if *found == nil || earlier(other, *found) {
			*found = other
		}
	}
	return first, late
}

// startQueues returns how long the account's quota makes starts wait where very many are to be ready at an opening: EC2 starts a
// thousand instances at once and then two a second (Amazon EC2 API throttling).
func (p *Planner) startQueues(s *fleet.Snapshot) map[fleet.Scope]time.Duration {
	const burst, perSecond = 1000, 2
	instances := map[fleet.Scope]int{}
	for i := range s.Resources {
		if s.Resources[i].Kind == fleet.EC2Instance && s.Resources[i].State == fleet.Stopped {
			instances[s.Resources[i].Scope]++
		}
	}
	for scope, n := range instances {
		if n <= burst {
			delete(instances, scope)
		}
	}
	if len(instances) == 0 {
		return nil
	}
	starts := map[fleet.Scope]int{}
	for i := range s.Resources {
		r := &s.Resources[i]
		if instances[r.Scope] == 0 || r.Kind != fleet.EC2Instance || r.State != fleet.Stopped {
			continue
		}
		if m := p.texts.of(r.Tags); m != nil && m.schedule != nil && m.schedule.ReadyBy > 0 {
			starts[r.Scope]++
		}
	}
	queues := map[fleet.Scope]time.Duration{}
	for scope, n := range starts {
		if n > burst {
			queues[scope] = time.Duration((n-burst)/perSecond) * time.Second
		}
	}
	return queues
}

// view returns what the schedule of a text says at the snapshot's instant.
func (r *run) view(m *meaning, res *fleet.Resource) *view {
	lead := m.schedule.ReadyBy
	if queue := r.queue(res); queue > 0 && lead > 0 {
		if m.queued == nil || m.queue != queue {
			v := viewOf(m.schedule, r.snapshot.Taken, lead+queue)
			m.queued, m.queue = &v, queue
		}
		return m.queued
	}
	if !m.viewed {
		m.view, m.viewed = viewOf(m.schedule, r.snapshot.Taken, lead), true
	}
	return &m.view
}

// forgetViews makes the next plan read the schedules anew.
func (p *Planner) forgetViews() {
	for _, m := range p.texts.plain {
		m.viewed, m.queued = false, nil
	}
	for _, m := range p.texts.custodian {
		m.viewed, m.queued = false, nil
	}
}

// SpotLead is how much earlier than others a persistent Spot instance is started that is to be ready at an opening: where Spot has no capacity, there is
// time to make it an on-demand instance.
const SpotLead = 10 * time.Minute

// queue is how much earlier than its schedule says a resource is started to be ready: for as long as the quota makes its start wait, and of Spot for
// what may go wrong.
func (p *Planner) queue(r *fleet.Resource) time.Duration {
	if r.Kind != fleet.EC2Instance {
		return 0
	}
	return p.queues[r.Scope] + spotLead(r)
}

func spotLead(r *fleet.Resource) time.Duration {
	if r.Lifecycle == fleet.SpotPersistent {
		return SpotLead
	}
	return 0
}
