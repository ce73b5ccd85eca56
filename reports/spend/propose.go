package spend

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
)

// The codes of proposals that this package makes, and what Detail says of where a schedule is from.
const (
	idleSchedule    = "idle-schedule"
	tighterSchedule = "tighter-schedule"
	idleDelete      = "idle-delete"
	stillBilled     = "still-billed"

	finding          = "finding"
	exceptionExpires = "exception-expires"
	spot             = "spot"

	// refusedAgain is the code of the finding that AWS refused an act again and again.
	refusedAgain = "retry-later"

	fromPattern     = "pattern"      // the resource's own hours
	fromEnvironment = "environment:" // the usual schedule of the environment that follows: the resource always ran, which shows nothing of what is needed
)

// propose finds what people can do about what runs, what is kept, and commitments.
func (m *maker) propose() {
	for _, t := range m.things {
		m.proposeSchedule(t)
	}
	m.proposeDeletes()
	m.proposeStanding()
	m.proposeFindings()
	m.proposeExceptions()
	m.proposeHolds()
	m.proposeSpot()
	if s := m.in.Commitments.Suggested; s != nil && dollars(s.Month) {
		m.Actions = append(m.Actions, m.action("commitment", s.Kind, reports.Action{
			Name: s.Kind, Month: &s.Month, Detail: map[bool]string{true: "-", false: "+"}[s.Less] + s.Hourly.String(),
		}))
	}
}

// mayBeSwitched says whether a schedule can be proposed for a thing: it belongs to one environment that is not protected, is there still, is no Spot, and nothing
// that is known of it keeps offpeak from switching it. Where the inventory was not taken, the bill cannot tell a database from a member of a cluster.
func (m *maker) mayBeSwitched(t *thing) bool {
	if t.kind == 0 || t.environment == "" || t.protected || t.spot {
		return false
	}
	if t.known == nil && (m.in.Taken || t.kind == fleet.RDSInstance) || t.known == nil && t.kind != fleet.AutoScalingGroup && t.arn == "" {
		return false
	}
	if t.known != nil {
		for _, kind := range []fleet.TraitKind{
			fleet.GroupMember, fleet.ClusterMember, fleet.Managed, fleet.CannotStop, fleet.InstanceStoreRoot, fleet.StopProtection, fleet.BeingDeleted, fleet.ScalesItself,
			fleet.DaemonService, fleet.ReadReplica, fleet.ReplicaSource,
		} {
			if _, has := t.known.Trait(kind); has {
				return false
			}
		}
	}
	return m.there(t)
}

// there says that a thing ran in the last week, or is in the inventory, and was seen for long enough.
func (m *maker) there(t *thing) bool {
	_, _, last := t.hours()
	_, life := m.life(t)
	return last >= 0 && life >= weeksToLearn*weekHours && (t.known != nil || last >= len(m.calendar.cells)-weekHours)
}

// scheduleFor is the schedule that suits a thing and where that is from; false where nothing can be said. What always runs shows no pattern; then it is what its
// environment usually has. What has a schedule that a wrong tag or an exception keeps from it has that one.
func (m *maker) scheduleFor(t *thing) (s Schedule, from string, ok bool) {
	if h, kept := m.wanted[t.arn]; kept {
		return Schedule{Hours: h}, "", len(h.Windows) > 0
	}
	if !m.optedIn[t.arn] {
		habit := m.habitOf(t)
		if s, ok := habit.schedule(); ok {
			return s, fromPattern, true
		}
		if !habit.always() {
			return Schedule{}, "", false // now and then: no schedule suits it
		}
	}
	s, ok = m.in.Usual[t.environment]
	return s, fromEnvironment + t.environment, ok && len(s.Hours.Windows) > 0
}

// proposeSchedule proposes a schedule for what has none, and a tighter one for what was opted in and still runs a quarter longer than its environment usually does.
// What commitments cover is no gain. What a wrong tag or an exception keeps from its schedule is proposed as that.
func (m *maker) proposeSchedule(t *thing) {
	if _, kept := m.wanted[t.arn]; kept || !m.mayBeSwitched(t) {
		return
	}
	s, from, ok := m.scheduleFor(t)
	if !ok {
		return
	}
	code, open := idleSchedule, m.calendar.shareOf(s.Hours)
	_, life := m.life(t)
	if m.optedIn[t.arn] {
		code = tighterSchedule
		if n, _, _ := t.hours(); aWeek(n, life).LessThan(open.hours().Mul(decimal.New(125, -2))) {
			return
		}
	}
	month := m.aMonth(open.outside(&t.demand), life)
	if !dollars(month) {
		return
	}
	m.best(m.action(code, strings.Join([]string{string(t.account), string(t.region), t.cluster, t.id}, "/"), reports.Action{
		ARN: t.arn, Name: cmp.Or(t.name, t.id), Account: t.account, Owner: t.owner, Month: &month, Resources: 1, Schedule: s.Text, Detail: from,
		Tag: m.in.Tags.Schedule + "=" + s.Text, Command: tagCommand(t, m.in.Tags.Schedule, s.Text),
	}))
}

// aWeek is so many hours of a life by week.
func aWeek(n, life int) decimal.Decimal {
	return decimal.NewFromInt(int64(n*weekHours)).DivRound(decimal.NewFromInt(int64(max(1, life))), 2)
}

// best keeps the proposal that brings the most of those for one resource; of equal ones the first by its code.
func (m *maker) best(a reports.Action) {
	if a.ARN == "" {
		m.Actions = append(m.Actions, a)
		return
	}
	if old, there := m.proposed[a.ARN]; there {
		if c := compareMonths(&old, &a); c > 0 || c == 0 && old.Code <= a.Code {
			return
		}
	}
	m.proposed[a.ARN] = a
}

// compareMonths compares what actions bring a month; what is not known is less than nothing.
func compareMonths(a, b *reports.Action) int {
	switch {
	case a.Month != nil && b.Month != nil:
		return a.Month.Cmp(*b.Month)
	case a.Month != nil:
		return 1
	case b.Month != nil:
		return -1
	default:
		return 0
	}
}

// proposeDeletes proposes to delete what was never used: addresses that nothing used, and what the inventory shows as stopped and the bill never as running.
func (m *maker) proposeDeletes() {
	for _, a := range m.idleAddresses() {
		if m.attached[a.id] != "" || m.protects(&fleet.Resource{Scope: fleet.Scope{Account: a.account, Region: a.region}}) || !a.still || a.hours < weeksToLearn*weekHours {
			continue
		}
		month := m.aMonth(a.cost, a.hours)
		m.best(m.action(idleDelete, "", reports.Action{
			ARN: fleet.ARN(a.resource), Name: a.id, Account: a.account, Month: &month, Resources: 1, Detail: a.meter, Command: releaseCommand(a.id, a.region),
		}))
	}
	for i := range m.in.Resources {
		if r := &m.in.Resources[i]; m.neverUsed(r) {
			kept := m.kept[r.ARN]
			if kept == nil {
				continue
			}
			month := m.aMonth(kept.cost, len(m.calendar.cells))
			if !dollars(month) {
				continue
			}
			m.best(m.action(idleDelete, "", reports.Action{
				ARN: r.ARN, Name: cmp.Or(r.Name(), r.ID), Account: r.Scope.Account, Owner: m.ownerOf(r.Tags), Month: &month, Resources: 1, Detail: strings.Join(kept.ids, " "),
				Command: deleteCommand(&r.Resource),
			}))
		}
	}
}

// neverUsed says that a resource of the inventory was stopped for all of what is measured: it was there before, is stopped, and the bill never shows it run. What
// is opted in may be held off, and what is protected is left alone.
func (m *maker) neverUsed(r *Resource) bool {
	if r.State != fleet.Stopped || r.OptedIn || m.optedIn[r.ARN] || r.Created.IsZero() || r.Created.After(m.in.Measured.From) || r.Kind.Sized() {
		return false
	}
	if len(m.calendar.cells) < weeksToLearn*weekHours || m.protects(&r.Resource) {
		return false
	}
	return !m.ran[r.ARN]
}

// lastPart is what stands behind the last colon or slash.
func lastPart(resource string) string { return resource[strings.LastIndexAny(resource, ":/")+1:] }

// proposeStanding points at what went on being charged while resources were held off. How much of it can be spared is for people to say: a volume is needed, its
// size or its provisioned performance may not be.
func (m *maker) proposeStanding() {
	var cost sum[fleet.ARN]
	of, most := map[fleet.ARN][]string{}, map[fleet.ARN]*reports.Standing{}
	for i := range m.in.Standing {
		s := &m.in.Standing[i]
		cost.add(s.ARN, s.Amount.Decimal())
		of[s.ARN] = append(of[s.ARN], s.Resource)
		if most[s.ARN] == nil || most[s.ARN].Amount.Cmp(s.Amount) < 0 {
			most[s.ARN] = s
		}
	}
	for _, arn := range cost.order {
		month := money.USDOf(cost.of[arn].Mul(decimal.NewFromInt(monthHours)).DivRound(decimal.NewFromInt(int64(len(m.calendar.cells))), places))
		if !dollars(month) {
			continue
		}
		a := reports.Action{
			ARN: arn, Name: lastPart(string(arn)), Account: accountOf(arn), Month: &month, Detail: most[arn].Meter,
			Resources: len(slices.Compact(slices.Sorted(slices.Values(of[arn])))),
		}
		if r := m.known[arn]; r != nil {
			a.Name, a.Owner = cmp.Or(r.Name(), r.ID), m.ownerOf(r.Tags)
		}
		m.best(m.action(stillBilled, "", a))
	}
}

// accountOf is the account in an ARN.
func accountOf(arn fleet.ARN) fleet.AccountID {
	_, at := fleet.KindOf(arn)
	return at.Account
}

// action completes an action. Its id is the same in each quarter in which the same is proposed for the same resource; about names what has no ARN.
func (m *maker) action(code, about string, a reports.Action) reports.Action {
	a.Code, a.Due = code, m.in.Due
	a.ID = idOf(code, cmp.Or(string(a.ARN), about))
	return a
}

func idOf(code, about string) string {
	hash := sha256.Sum256([]byte(code + "\x00" + about))
	return "a-" + hex.EncodeToString(hash[:6])
}

// rank puts the actions in order: by what they bring a month, the most first.
func (m *maker) rank() {
	for _, a := range m.proposed {
		m.Actions = append(m.Actions, a)
	}
	slices.SortFunc(m.Actions, func(a, b reports.Action) int {
		return cmp.Or(compareMonths(&b, &a), cmp.Compare(a.Code, b.Code), cmp.Compare(a.ARN, b.ARN), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
}

// protects says whether a resource belongs to a protected environment.
func (m *maker) protects(r *fleet.Resource) bool {
	in := m.belongs.Of(r).In
	return in != nil && in.Protected
}
