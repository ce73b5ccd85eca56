package figures

import (
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
)

// Who did what a report proposed.
const (
	byPerson  = "person"
	byOffpeak = "offpeak"
	byNobody  = "nobody"
)

// aftermath is what this quarter shows of what the last report proposed.
type aftermath struct {
	now, last *reports.Report
	resources map[fleet.ARN]*reports.Resource
	moved     map[fleet.ARN]money.USD
	again     map[string]bool
	there     map[fleet.ARN]bool // in the inventory
	unpriced  bool               // nobody told what Spot costs
}

// outcomes tells what became of the actions that the last report proposed, in its order. unpriced says that this report could propose no move to Spot.
func outcomes(r, last *reports.Report, unpriced bool) (all []reports.Outcome) {
	a := &aftermath{
		now: r, last: last, resources: map[fleet.ARN]*reports.Resource{}, moved: map[fleet.ARN]money.USD{}, again: map[string]bool{}, there: map[fleet.ARN]bool{},
		unpriced: unpriced || !r.Assets.Taken,
	}
	for i := range r.Resources {
		a.resources[r.Resources[i].ARN] = &r.Resources[i]
	}
	for i := range r.Spot {
		a.moved[r.Spot[i].Resource] = a.moved[r.Spot[i].Resource].Add(r.Spot[i].Net)
	}
	for i := range r.Actions {
		a.again[r.Actions[i].ID] = true
	}
	for i := range r.Assets.Items {
		a.there[r.Assets.Items[i].ARN] = true
	}
	for i := range last.Actions {
		all = append(all, a.outcome(&last.Actions[i]))
	}
	return all
}

func (m *aftermath) outcome(a *reports.Action) reports.Outcome {
	o := reports.Outcome{Action: *a}
	switch a.Code {
	case "idle-schedule":
		if brought, enrolled := m.enrolled(a.ARN); enrolled {
			o.Done, o.By, o.Brought = true, byPerson, &brought // an owner's tag enrols
			return o
		}
	case "spot":
		if net, moved := m.moved[a.ARN]; moved {
			o.Done, o.By, o.Brought = true, byOffpeak, &net
			return o
		}
		o.Done = !m.again[a.ID] && !m.unpriced
		return o
	case "idle-delete":
		if slices.Contains(m.now.Assets.Went, string(a.ARN)) {
			o.Done, o.By = true, byPerson
			return o
		}
	case "finding":
		m.mended(&o)
		return o
	case "exception-expires":
		m.ended(&o)
		return o
	}
	o.Done = !m.again[a.ID] // what is not proposed again was done, or is not there any more; by whom and what it brought is not known
	return o
}

// enrolled is what a resource avoided since it was enrolled after the last report; false where it was not.
func (m *aftermath) enrolled(arn fleet.ARN) (brought money.USD, ok bool) {
	x, known := m.resources[arn]
	if !known || x.Origin == reports.OriginMoved || x.Enrolled.Before(m.last.Issued) {
		return brought, false
	}
	return x.Value(), true
}

// mended tells what became of a finding. It needs an inventory to be looked for again. Tags and settings are people's; what of it is enrolled since brought what it
// avoided, also where others of it are left.
func (m *aftermath) mended(o *reports.Outcome) {
	if !m.now.Assets.Taken {
		return
	}
	o.Done = !m.again[o.ID]
	about := o.About
	if o.ARN != "" {
		about = []fleet.ARN{o.ARN}
	}
	var brought money.USD
	enrolled, there := 0, 0
	for _, arn := range about {
		if amount, ok := m.enrolled(arn); ok {
			enrolled, brought = enrolled+1, brought.Add(amount)
		}
		if m.there[arn] {
			there++
		}
	}
	if enrolled > 0 {
		o.By, o.Brought = byPerson, &brought
	}
	if o.Done && there > 0 {
		o.By = byPerson
	}
}

// ended tells what became of an exception. Where its schedule acted before the exception was to end, a person took it back; else it ran out, which nobody did. From its
// end on the schedule holds: where it held for the whole quarter, what the resource avoided is what that brought.
func (m *aftermath) ended(o *reports.Outcome) {
	ends, err := time.Parse(time.DateOnly, o.Due)
	if m.again[o.ID] || err != nil || !m.now.Assets.Taken {
		return
	}
	o.Done, o.By = true, byNobody
	if ends.After(m.now.Issued) || m.acted(o.ARN, ends) {
		o.By = byPerson
	}
	if x, known := m.resources[o.ARN]; known && !ends.After(m.now.Period.From) && strings.HasPrefix(strings.ToLower(o.Detail), "running") {
		brought := x.Value()
		o.Brought = &brought
	}
}

// acted says whether a resource's schedule acted between the last report and an instant.
func (m *aftermath) acted(arn fleet.ARN, before time.Time) bool {
	return slices.ContainsFunc(m.now.Acts, func(a reports.Act) bool {
		return a.Resource == arn && a.Cause == "schedule" && a.Asked.After(m.last.Issued) && a.Asked.Before(before)
	})
}
