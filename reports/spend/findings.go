package spend

import (
	"cmp"
	"slices"
	"strings"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/scheduler/hours"
)

// Finding is something that keeps a resource from being scheduled as its owner wants it, and what mends it.
type Finding struct {
	ARN  fleet.ARN
	Code string // of reports.FindingCodes
	// Written is the tag that is to be mended, as it stands; the zero value where it is no tag.
	Written fleet.Tag
	// Mends are the tags that mend it, Unwanted the keys of those to be taken away instead, Choose what to tag where that is a choice that people have.
	Mends    []fleet.Tag
	Unwanted []string
	Choose   string
	// Hours are those that it is to run in then; without windows they are not known.
	Hours hours.Hours
}

// mostNamed is how many resources one command names: more than that is no line that somebody reads before it is run.
const mostNamed = 20

// alike are resources of one owner with the same finding, which the same tag mends.
type alike struct {
	key     string
	finding *Finding
	owner   string
	account fleet.AccountID
	names   []string
	of      []target
	month   *money.USD
}

// proposeFindings proposes to mend what keeps resources from their schedules. Fifty that are alike are one proposal: those of one owner, account, region and kind that
// the same tag mends.
func (m *maker) proposeFindings() {
	all := map[string]*alike{}
	for _, f := range m.findings() {
		t, name, owner := m.about(f.ARN)
		key := strings.Join([]string{
			f.Code, owner, string(accountOf(f.ARN)), string(t.region), t.kind.String(), f.Written.Key, f.Written.Value, tagsText(f.Mends), strings.Join(f.Unwanted, "\x00"), f.Choose,
		}, "\x00\x00")
		a := all[key]
		if a == nil {
			a = &alike{key: key, finding: f, owner: owner, account: accountOf(f.ARN)}
			all[key] = a
		}
		a.names, a.of = append(a.names, name), append(a.of, t)
		if month := m.mended(f); month != nil {
			sum := *month
			if a.month != nil {
				sum = sum.Add(*a.month)
			}
			a.month = &sum
		}
	}
	for _, a := range all {
		m.Actions = append(m.Actions, m.mending(a))
	}
}

// findings are those to propose something for, in order of their ARNs; what is protected is nobody's to switch.
func (m *maker) findings() (all []*Finding) {
	for i := range m.in.Findings {
		f := &m.in.Findings[i]
		if r := m.known[f.ARN]; r == nil || !m.protects(&r.Resource) {
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b *Finding) int { return cmp.Or(cmp.Compare(a.ARN, b.ARN), cmp.Compare(a.Code, b.Code)) })
	return slices.CompactFunc(all, func(a, b *Finding) bool { return a.ARN == b.ARN && a.Code == b.Code })
}

// about is what is known of the resource of an ARN, by the inventory, else by the bill, else by the ARN itself.
func (m *maker) about(arn fleet.ARN) (t target, name, owner string) {
	t = target{arn: arn, id: lastPart(string(arn))}
	if parts := strings.SplitN(string(arn), ":", 6); len(parts) == 6 {
		t.region = fleet.Region(parts[3])
	}
	if b := m.billed[arn]; b != nil {
		t, name, owner = b.target(), b.name, b.owner
	}
	if r := m.known[arn]; r != nil {
		t, name, owner = target{r.Kind, r.ID, arn, r.Scope.Region}, cmp.Or(r.Name(), name), cmp.Or(m.ownerOf(r.Tags), owner)
	}
	return t, cmp.Or(name, t.id), owner
}

// mended is what a resource costs a month outside the hours that it has once its finding is mended, as far as the bill tells.
func (m *maker) mended(f *Finding) *money.USD {
	t := m.billed[f.ARN]
	if t == nil || len(f.Hours.Windows) == 0 || !m.mayBeSwitched(t) {
		return nil
	}
	return m.outside(t, f.Hours)
}

// outside is what a thing costs a month outside some hours. Where it kept to them until now the bill cannot tell what it will cost.
func (m *maker) outside(t *thing, h hours.Hours) *money.USD {
	open := m.calendar.shareOf(h)
	cost := open.outside(&t.demand)
	if cost.IsZero() && t.onDemand().IsPositive() {
		return nil
	}
	_, life := m.life(t)
	month := m.aMonth(cost, life)
	return &month
}

// mending is the proposal for resources that are alike.
func (m *maker) mending(a *alike) reports.Action {
	f := a.finding
	action := reports.Action{Owner: a.owner, Account: a.account, Name: a.names[0], Month: a.month, Resources: len(a.of), Detail: f.Code, Tag: cmp.Or(f.Choose, tagsText(f.Mends))}
	for _, t := range a.of {
		action.About = append(action.About, t.arn)
	}
	if len(a.of) == 1 {
		action.ARN, action.About = a.of[0].arn, nil
	} else if f.Written.Key != "" {
		action.Name = f.Written.Key + "=" + f.Written.Value
	}
	switch {
	case len(a.of) > mostNamed:
	case len(f.Mends) > 0:
		action.Command = tagsCommand(a.of, f.Mends)
	case len(f.Unwanted) > 0:
		action.Command = untagCommand(a.of, f.Unwanted)
	case f.Code == refusedAgain && len(a.of) == 1:
		action.Command = "offpeak explain " + quoted(string(a.of[0].arn)) + " --live"
	}
	action = m.action(finding, "", action)
	action.ID = idOf(finding, a.key) // in whichever quarter, and of however many
	return action
}

// tagsText writes tags as people write them.
func tagsText(tags []fleet.Tag) string {
	texts := make([]string, len(tags))
	for i, tag := range tags {
		texts[i] = tag.Key + "=" + tag.Value
	}
	return strings.Join(texts, " ")
}
