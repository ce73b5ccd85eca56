package spend

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
)

// address is a public address that was paid for and never used.
type address struct {
	resource, id, meter string
	account             fleet.AccountID
	region              fleet.Region
	cost                decimal.Decimal
	hours               int
	still               bool // on the last days of what is measured
}

// idleAddresses are those that only ever were idle, in the order of their resources. One that was in use for an hour is somebody's.
func (m *maker) idleAddresses() []*address {
	all, used := map[string]*address{}, map[string]bool{}
	last := m.in.Measured.To.Add(-48 * time.Hour)
	for i := range m.standing {
		s := &m.standing[i]
		switch {
		case strings.Contains(s.Meter, "InUseAddress"):
			used[s.Resource] = true
			continue
		case !strings.Contains(s.Meter, "IdleAddress"):
			continue
		}
		a := all[s.Resource]
		if a == nil {
			a = &address{resource: s.Resource, id: lastPart(s.Resource), meter: s.Meter, account: s.Account}
			if parts := strings.SplitN(s.Resource, ":", 6); len(parts) == 6 {
				a.region = fleet.Region(parts[3])
			}
			all[s.Resource] = a
		}
		a.cost, a.hours, a.still = a.cost.Add(s.Cost), a.hours+int(s.Hours), a.still || !s.Day.Before(last)
	}
	var idle []*address
	for resource, a := range all {
		if !used[resource] {
			idle = append(idle, a)
		}
	}
	slices.SortFunc(idle, func(a, b *address) int { return cmp.Compare(a.resource, b.resource) })
	return idle
}

// waste lists what money bought nothing for. What ran outside working hours is wasted where it belongs to one environment that is not protected and is not opted in.
// That a volume is attached to nothing is not on a bill: this package never says so.
func (m *maker) waste() {
	add := func(code string, amount money.USD, count int) {
		if amount.Decimal().IsPositive() {
			m.Waste = append(m.Waste, reports.Waste{Code: code, Amount: amount, Count: count})
		}
	}
	off, running := decimal.Zero, 0
	for _, t := range m.things {
		if t.environment != "" && !t.protected && !m.optedIn[t.arn] && t.off.IsPositive() && t.kind != 0 {
			off, running = off.Add(t.off), running+1
		}
	}
	add("off-hours", m.usd(off), running)
	idle, addresses := decimal.Zero, 0
	for _, a := range m.idleAddresses() {
		idle, addresses = idle.Add(a.cost), addresses+1
	}
	add("idle-address", m.usd(idle), addresses)
	unused, wasted := m.unused(), money.USD{}
	if m.in.Commitments.Known {
		unused, wasted = m.in.Commitments.Unused.Sub(m.in.Commitments.Wasted), m.in.Commitments.Wasted
	}
	add("unused-commitment", unused, m.in.CommitmentsUnused)
	add("wasted-commitment", wasted, m.in.CommitmentsUnused)
	slices.SortStableFunc(m.Waste, func(a, b reports.Waste) int { return cmp.Or(b.Amount.Cmp(a.Amount), cmp.Compare(a.Code, b.Code)) })
}

// unused is what of commitments FOCUS shows as not used.
func (m *maker) unused() money.USD {
	all := decimal.Zero
	for i := range m.charges {
		if c := &m.charges[i]; c.Category == "Usage" && c.Discount == "Unused" {
			all = all.Add(c.Effective)
		}
	}
	return m.usd(all)
}
