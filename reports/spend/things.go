package spend

import (
	"cmp"
	"context"
	"math/bits"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/reports"
)

// thing is what the bill says of one resource that runs: an instance, a database, a group or a service.
type thing struct {
	thingKey
	kind     fleet.Kind // zero of what no schedule can switch, such as functions and dedicated hosts
	arn      fleet.ARN  // empty where the bill does not tell it
	id, name string
	owner    string
	values   []string // of the environments' tags
	known    *Resource

	environment string
	protected   bool
	spot        bool

	ran []uint64 // a bit for each hour of the period
	// types are quantities by type; the one with the most is the thing's.
	types sum[string]
	skus  sum[string]
	// demand is the effective cost, by hour of the week, of what no commitment covers; off what all of it cost outside working hours.
	demand [weekHours]decimal.Decimal
	off    decimal.Decimal
	// load is what demand costs at on-demand prices as contracted.
	load [weekHours]decimal.Decimal
	// quantity is in hours; covered the part of it that commitments cover. contract is the whole at on-demand prices as contracted.
	quantity, covered, contract decimal.Decimal
}

// thingKey tells things apart as the bill does.
type thingKey struct {
	account        fleet.AccountID
	region         fleet.Region
	resource       string
	group, cluster string
}

func (k thingKey) compare(o thingKey) int {
	return cmp.Or(cmp.Compare(k.account, o.account), cmp.Compare(k.region, o.region), cmp.Compare(k.resource, o.resource), cmp.Compare(k.group, o.group),
		cmp.Compare(k.cluster, o.cluster))
}

// set says that the thing ran in an hour of the period.
func (t *thing) set(hour int) { t.ran[hour/64] |= 1 << (hour % 64) }

// at reports whether it did.
func (t *thing) at(hour int) bool { return t.ran[hour/64]&(1<<(hour%64)) != 0 }

// hours are how many hours it ran, first and last the first and the last of them; -1 if it never ran.
func (t *thing) hours() (n, first, last int) {
	first, last = -1, -1
	for i, word := range t.ran {
		if word == 0 {
			continue
		}
		n += bits.OnesCount64(word)
		if first < 0 {
			first = 64*i + bits.TrailingZeros64(word)
		}
		last = 64*i + 63 - bits.LeadingZeros64(word)
	}
	return n, first, last
}

// accountCost is what an account's compute cost, in all hours of the week and by each.
type accountCost struct {
	all, off decimal.Decimal
}

// readThings reads when everything ran, one stretch of the clocks after the other.
func (m *maker) readThings(ctx context.Context) error {
	things := map[thingKey]*thing{}
	accounts := map[fleet.AccountID]*accountCost{}
	var week [weekHours]decimal.Decimal
	members := m.members()
	tags, environmentTags := m.tagKeys()
	m.rates = rates{}
	for _, s := range m.calendar.stretches() {
		monday := m.calendar.index(billing.WeekOf(s.From))
		for p, err := range m.in.Engine.Patterns(ctx, s.Period, tags...) {
			if err != nil {
				return err
			}
			at := cellOf(int(p.Hour), s.ahead)
			key := thingKey{p.Account, p.Region, p.Resource, p.Group, p.Cluster}
			if cluster := members[p.Resource]; cluster != nil {
				key.resource = string(cluster.ARN)
			}
			t := things[key]
			if t == nil {
				t = &thing{thingKey: key, ran: make([]uint64, len(m.calendar.cells)/64+1), values: make([]string, len(environmentTags))}
				things[key] = t
			}
			t.take(&p, at, monday, len(m.calendar.cells))
			first, rest := at.split(p.Effective)
			off := first.Sub(first.Mul(m.working[at.hour])).Add(rest.Sub(rest.Mul(m.working[at.next()])))
			t.off = t.off.Add(off)
			week[at.hour], week[at.next()] = week[at.hour].Add(first), week[at.next()].Add(rest)
			if accounts[p.Account] == nil {
				accounts[p.Account] = &accountCost{}
			}
			accounts[p.Account].all, accounts[p.Account].off = accounts[p.Account].all.Add(p.Effective), accounts[p.Account].off.Add(off)
			m.rates.take(&p)
		}
	}
	m.Cost = m.weekOf(&week)
	if !slices.ContainsFunc(week[:], func(d decimal.Decimal) bool { return !d.IsZero() }) {
		m.gap(reports.GapHours, "the bill shows no hourly cost of anything that runs: the map of the week is empty")
	}
	m.offHours(accounts)
	for _, t := range things {
		m.identify(t, environmentTags)
		m.things = append(m.things, t)
	}
	slices.SortFunc(m.things, func(a, b *thing) int { return a.compare(b.thingKey) })
	return nil
}

// tagKeys are the tags that resources are asked for: the owner's, the name, and those that tell environments.
func (m *maker) tagKeys() (tags [][]string, environments []string) {
	for i := range m.in.Environments {
		for key := range m.in.Environments[i].Tags {
			if !slices.Contains(environments, key) {
				environments = append(environments, key)
			}
		}
	}
	slices.Sort(environments)
	tags = [][]string{m.in.Tags.Owner, {"Name"}}
	for _, key := range environments {
		tags = append(tags, []string{key})
	}
	return tags, environments
}

// members are the clusters of databases that the bill names one by one.
func (m *maker) members() map[string]*Resource {
	all := map[string]*Resource{}
	for i := range m.in.Resources {
		r := &m.in.Resources[i]
		for _, part := range r.Parts {
			all[strings.Join([]string{"arn", r.Scope.Region.Partition(), "rds", string(r.Scope.Region), string(r.Scope.Account), "db", part}, ":")] = r
		}
	}
	return all
}

// take adds a row of the bill. monday is the hour of the period with which the row's weeks begin, below zero where that was before it.
func (t *thing) take(p *billing.Pattern, at cell, monday, hours int) {
	for week := 0; p.Weeks>>week != 0; week++ {
		if hour := monday + week*weekHours + int(p.Hour); p.Weeks&(1<<week) != 0 && hour >= 0 && hour < hours {
			t.set(hour)
		}
	}
	t.owner, t.name = max(t.owner, p.Tags[0]), max(t.name, p.Tags[1])
	for i := range t.values {
		t.values[i] = max(t.values[i], p.Tags[i+2])
	}
	if kind := kindOf(p); kind != 0 {
		t.kind = kind
	}
	t.types.add(typeOf(p.Meter), p.Quantity)
	t.skus.add(p.SKU, p.Quantity)
	t.quantity, t.contract = t.quantity.Add(p.Quantity), t.contract.Add(p.Contract)
	switch p.Line {
	case billing.SpotUsage:
		t.spot = true
	case billing.Reserved, billing.PlanUsage:
		t.covered = t.covered.Add(p.Quantity)
	default:
		first, rest := at.split(p.Effective)
		t.demand[at.hour], t.demand[at.next()] = t.demand[at.hour].Add(first), t.demand[at.next()].Add(rest)
		first, rest = at.split(p.Contract)
		t.load[at.hour], t.load[at.next()] = t.load[at.hour].Add(first), t.load[at.next()].Add(rest)
	}
}

// kindOf is what a row of the bill is about; zero of what no schedule can switch.
func kindOf(p *billing.Pattern) fleet.Kind {
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(p.Meter, part) })
	}
	switch {
	case has("Fargate-"):
		if p.Group != "" && p.Cluster != "" {
			return fleet.ECSService
		}
		return 0
	case has("Lambda-", "HostUsage", "UnusedBox", "UnusedDed"):
		return 0
	case has("InstanceUsage", "Multi-AZ", "Serverless"):
		return fleet.RDSInstance
	case p.Group != "":
		return fleet.AutoScalingGroup
	default:
		return fleet.EC2Instance
	}
}

// typeOf is the instance type in a meter such as APN2-BoxUsage:m5.large, empty where there is none.
func typeOf(meter string) string {
	if _, kind, found := strings.Cut(meter, ":"); found && strings.Contains(kind, ".") {
		return kind
	}
	return ""
}

// familyOf is the type without its size.
func familyOf(kind string) string { return kind[:max(0, strings.LastIndex(kind, "."))] }

// most is the name with the largest amount, empty where there is none.
func most(s *sum[string]) string {
	if names := s.largest(strings.Compare); len(names) > 0 {
		return names[0]
	}
	return ""
}

var instanceID = regexp.MustCompile(`^i-[0-9a-f]{8,32}$`)

// identify names a thing as the inventory does, and finds where it belongs.
func (m *maker) identify(t *thing, environmentTags []string) {
	arn := func(service, resource string) fleet.ARN {
		return fleet.ARN(strings.Join([]string{"arn", t.region.Partition(), service, string(t.region), string(t.account), resource}, ":"))
	}
	switch t.kind {
	case fleet.EC2Instance:
		t.id = t.resource[strings.LastIndex(t.resource, "/")+1:]
		if instanceID.MatchString(t.id) && t.region != "" {
			t.arn = arn("ec2", "instance/"+t.id)
		}
	case fleet.RDSInstance:
		if strings.HasPrefix(t.resource, "arn:") {
			t.arn, t.id = fleet.ARN(t.resource), t.resource[strings.LastIndex(t.resource, ":")+1:]
		}
	case fleet.ECSService:
		t.id = t.group
		if t.region != "" {
			t.arn = arn("ecs", "service/"+t.cluster+"/"+t.group)
		}
	case fleet.AutoScalingGroup:
		t.id, t.arn = t.group, m.groups[groupName{fleet.Scope{Account: t.account, Region: t.region}, t.group}]
	default:
		t.id = t.resource
	}
	var tags []fleet.Tag
	for i, key := range environmentTags {
		if t.values[i] != "" {
			tags = append(tags, fleet.Tag{Key: key, Value: t.values[i]})
		}
	}
	found := &fleet.Resource{Scope: fleet.Scope{Account: t.account, Region: t.region}, Tags: fleet.NewTags(tags...)}
	if t.known = m.known[t.arn]; t.known != nil {
		found = &t.known.Resource
		t.kind, t.id, t.name = found.Kind, found.ID, cmp.Or(found.Name(), t.name)
		t.owner = cmp.Or(m.ownerOf(found.Tags), t.owner)
	}
	m.ran[t.arn] = true
	if t.arn != "" {
		m.billed[t.arn] = t
	}
	belonging := m.belongs.Of(found)
	t.environment, t.protected = belonging.Name(), belonging.In != nil && belonging.In.Protected
}

// ownerOf is the owner by a resource's own tags.
func (m *maker) ownerOf(tags fleet.Tags) string {
	for _, key := range m.in.Tags.Owner {
		if value, _ := tags.Get(key); value != "" {
			return value
		}
	}
	return ""
}

// offHours lists what compute cost outside working hours, by account.
func (m *maker) offHours(accounts map[fleet.AccountID]*accountCost) {
	var off sum[fleet.AccountID]
	for id, c := range accounts {
		off.add(id, c.off)
	}
	for _, id := range off.largest(cmp.Compare[fleet.AccountID]) {
		m.OffHours = append(m.OffHours, reports.OffHours{Account: id, Amount: m.usd(off.of[id]), All: m.usd(accounts[id].all)})
	}
}

// readStanding reads what is charged whether or not anything runs. It asks for the period, as readBill does: an engine that reads the files reads them once.
func (m *maker) readStanding(ctx context.Context) error {
	rows, err := m.in.Engine.Standing(ctx, m.in.Period)
	if err != nil {
		return err
	}
	for i := range rows {
		if day := rows[i].Day; day.AddDate(0, 0, 1).After(m.in.Measured.From) && day.Before(m.in.Measured.To) {
			m.standing = append(m.standing, rows[i])
		}
	}
	for i := range m.standing {
		s := &m.standing[i]
		id := lastPart(s.Resource)
		owner := cmp.Or(m.attached[id], m.attached[s.Resource], fleet.ARN(s.Resource))
		if m.kept[owner] == nil {
			m.kept[owner] = &kept{}
		}
		k := m.kept[owner]
		if k.cost = k.cost.Add(s.Cost); !slices.Contains(k.ids, id) {
			k.ids = append(k.ids, id)
			slices.Sort(k.ids)
		}
	}
	return nil
}

// kept is what of a resource is charged whether or not it runs, and the ids of what that is.
type kept struct {
	cost decimal.Decimal
	ids  []string
}

// life is since when a thing is there, in hours of the period, and how long it has been: since it was made where the inventory tells, else since it first ran.
func (m *maker) life(t *thing) (from, hours int) {
	_, from, _ = t.hours()
	if t.known != nil && !t.known.Created.IsZero() {
		from = max(0, min(from, m.calendar.index(t.known.Created.Add(time.Hour))))
	}
	return from, len(m.calendar.cells) - from
}
