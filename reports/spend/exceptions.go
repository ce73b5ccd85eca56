package spend

import (
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/scheduler/hours"
)

// Exception is an owner's override that is in force when the report is made, and ends within the quarter after it.
type Exception struct {
	ARN  fleet.ARN
	Want fleet.State // Running or Stopped
	// Key is the tag's, Text what it says, Until when it ends.
	Key, Text string
	Until     time.Time
	// Hours are those of the schedule that holds again then; without windows they are not known.
	Hours hours.Hours
}

// Hold is an event of a hold calendar that lasts when the report is made, and ends within the quarter after it: until then schedules do nothing.
type Hold struct {
	Calendar, Name string // the policy's name of the calendar, and what the event is called
	Until          time.Time
	// Held are the resources whose schedules it holds.
	Held []fleet.ARN
}

// proposeHolds points at holds before they end, for each owner and account. What they cost is on no bill: nobody knows what would have been stopped. The command holds
// for a day more, where the hold ends with a day.
func (m *maker) proposeHolds() {
	for i := range m.in.Holds {
		h := &m.in.Holds[i]
		type whose struct {
			account fleet.AccountID
			owner   string
		}
		of := map[whose][]fleet.ARN{}
		for _, arn := range h.Held {
			if r := m.known[arn]; r == nil || !m.protects(&r.Resource) {
				_, _, owner := m.about(arn)
				of[whose{accountOf(arn), owner}] = append(of[whose{accountOf(arn), owner}], arn)
			}
		}
		ends := h.Until.In(m.in.Zone)
		for w, arns := range of {
			slices.Sort(arns)
			a := m.action(exceptionExpires, "", reports.Action{
				Name: h.Name, Account: w.account, Owner: w.owner, Resources: len(arns), About: arns, Detail: h.Calendar + " until " + ends.Format("2006-01-02 15:04"),
			})
			if ends.Equal(time.Date(ends.Year(), ends.Month(), ends.Day(), 0, 0, 0, 0, ends.Location())) {
				a.Command = "offpeak calendar add -- " + quoted(h.Calendar) + " " + ends.Format(time.DateOnly) + " " + quoted(h.Name)
			}
			a.ID = idOf(exceptionExpires, strings.Join([]string{h.Calendar, h.Name, h.Until.UTC().Format(time.RFC3339), string(w.account), w.owner}, "\x00"))
			a.Due = ends.Format(time.DateOnly)
			m.Actions = append(m.Actions, a)
		}
	}
}

// proposeExceptions points at exceptions before they end. One that keeps a resource running costs what it runs outside its schedule's hours, and can be ended; one that
// keeps it stopped spares what it would cost again, and can be extended. Both by as much as the quarter's bill shows, and no figure where it shows nothing.
func (m *maker) proposeExceptions() {
	for i := range m.in.Exceptions {
		e := &m.in.Exceptions[i]
		if r := m.known[e.ARN]; r != nil && m.protects(&r.Resource) {
			continue
		}
		_, name, owner := m.about(e.ARN)
		further := e.Until.In(m.in.Zone).AddDate(0, 1, 0).Format(time.RFC3339)
		a := reports.Action{
			ARN: e.ARN, Name: name, Account: accountOf(e.ARN), Owner: owner, Resources: 1, Detail: e.Text, Month: m.excepted(e),
			Tag: e.Key + "=" + e.Want.String() + " until " + further,
		}
		override := "offpeak override " + quoted(string(e.ARN))
		if a.Command = override + " --clear"; e.Want == fleet.Stopped {
			a.Command = override + " stopped --until " + quoted(further)
		}
		a = m.action(exceptionExpires, "", a)
		a.ID = idOf(exceptionExpires, string(e.ARN)+"\x00"+e.Until.UTC().Format(time.RFC3339)) // the next one is another
		a.Due = e.Until.In(m.in.Zone).Format(time.DateOnly)
		m.best(a)
	}
}

// excepted is what a month of an exception costs, or spares.
func (m *maker) excepted(e *Exception) *money.USD {
	t := m.billed[e.ARN]
	if t == nil {
		return nil
	}
	_, life := m.life(t)
	if life < weeksToLearn*weekHours {
		return nil
	}
	switch {
	case e.Want == fleet.Stopped:
		month := m.aMonth(t.onDemand(), life)
		return &month
	case len(e.Hours.Windows) == 0:
		return nil
	default:
		return m.outside(t, e.Hours)
	}
}
