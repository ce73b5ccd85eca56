package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// The JSON form of a plan. Its field names are a contract with scripts; the guide and the JSON Schema list them.
type planJSON struct {
	Taken      time.Time     `json:"taken"`
	Policy     string        `json:"policy"`
	Actions    []actionJSON  `json:"actions"`
	Refusals   []refusalJSON `json:"refusals"`
	Idle       []refusalJSON `json:"idle"`
	Forecast   []actionJSON  `json:"forecast,omitzero"` // absent unless asked for
	Findings   []refusalJSON `json:"findings"`
	NotChecked []string      `json:"not_checked"`
	Summary    summaryJSON   `json:"summary"`
}

type subjectJSON struct {
	Resource    string          `json:"resource,omitempty"`
	ARN         fleet.ARN       `json:"arn,omitempty"`
	Kind        *fleet.Kind     `json:"kind,omitempty"`
	Account     fleet.AccountID `json:"account,omitempty"`
	Region      fleet.Region    `json:"region,omitempty"`
	Environment string          `json:"environment,omitempty"`
	Parent      string          `json:"parent,omitempty"`
	Name        string          `json:"name,omitempty"`
}

type actionJSON struct {
	ID string `json:"id"`
	subjectJSON
	Change string       `json:"change"`
	From   *fleet.Size  `json:"from,omitempty"`
	To     *fleet.Size  `json:"to,omitempty"`
	Days   int          `json:"snapshot_days,omitempty"`
	Move   *Move        `json:"move,omitempty"`
	Image  string       `json:"image,omitempty"`
	Cause  Cause        `json:"cause"`
	Why    string       `json:"why"`
	Rule   string       `json:"rule"`
	At     time.Time    `json:"at"`
	Edge   fleet.Moment `json:"edge,omitzero"`
	Zone   string       `json:"zone,omitempty"`
	Price  *money.Rate  `json:"usd_per_hour"`
	Group  string       `json:"group,omitempty"`
	Order  int          `json:"order,omitempty"`
}

type refusalJSON struct {
	subjectJSON
	Code Code   `json:"code"`
	Why  string `json:"why"`
}

type summaryJSON struct {
	Resources     int        `json:"resources"`
	OptedIn       int        `json:"opted_in"`
	Actions       int        `json:"actions"`
	SwitchOff     int        `json:"switch_off"`
	SwitchOn      int        `json:"switch_on"`
	Moves         int        `json:"moves,omitempty"`
	Refused       int        `json:"refused"`
	StopsPerHour  money.Rate `json:"stops_usd_per_hour"`
	StartsPerHour money.Rate `json:"starts_usd_per_hour"`
	Unpriced      int        `json:"unpriced"`
}

// MarshalJSON writes the plan in its contracted form: instants in UTC, money as strings, lists never null.
func (p Plan) MarshalJSON() ([]byte, error) {
	out := planJSON{
		Taken: p.Taken.UTC(), Policy: p.Policy,
		Actions:    actionsToJSON(p.Actions),
		NotChecked: append([]string{}, p.NotChecked...),
		Refusals:   []refusalJSON{}, Idle: []refusalJSON{}, Findings: []refusalJSON{},
		Summary: summaryJSON(p.Totals),
	}
	if p.Forecast != nil {
		out.Forecast = actionsToJSON(p.Forecast)
	}
	for _, r := range p.Refusals {
		out.Refusals = append(out.Refusals, refusalJSON{subjectToJSON(r.Subject), r.Code, r.Why})
	}
	for _, i := range p.Idle {
		out.Idle = append(out.Idle, refusalJSON{subjectToJSON(i.Subject), i.Code, i.Why})
	}
	for _, f := range p.Findings {
		out.Findings = append(out.Findings, refusalJSON{subjectToJSON(f.Subject), f.Code, f.Why})
	}
	return json.Marshal(out)
}

func subjectToJSON(s Subject) subjectJSON {
	out := subjectJSON{
		Resource: s.ID, ARN: s.ARN, Account: s.Scope.Account, Region: s.Scope.Region,
		Environment: s.Environment, Parent: s.Parent, Name: s.Name,
	}
	if s.Kind != 0 {
		out.Kind = &s.Kind
	}
	return out
}

func (s subjectJSON) subject() Subject {
	out := Subject{ID: s.Resource, ARN: s.ARN, Scope: fleet.Scope{Account: s.Account, Region: s.Region}, Parent: s.Parent, Name: s.Name, Environment: s.Environment}
	if s.Kind != nil {
		out.Kind = *s.Kind
	}
	return out
}

func actionsToJSON(actions []Action) []actionJSON {
	out := make([]actionJSON, 0, len(actions))
	for _, a := range actions {
		j := actionJSON{
			ID: a.ID, subjectJSON: subjectToJSON(a.Subject), Change: a.Change.Verb(), Cause: a.Cause, Why: a.Why, Rule: a.Rule,
			At: a.At.UTC(), Edge: fleet.Moment{At: a.Edge.At.UTC(), Want: a.Edge.Want}, Zone: a.Zone, Group: a.Group, Order: a.Order,
		}
		switch c := a.Change.(type) {
		case Scale:
			j.From, j.To = &c.From, &c.To
		case Stop:
			j.Days = c.SnapshotDays
		case Move:
			j.Move = &c
		case Deregister:
			j.Image = c.Image
		}
		if a.Price.Known {
			j.Price = &a.Price.Rate
		}
		out = append(out, j)
	}
	return out
}

// Read reads a plan written by MarshalJSON and refuses what is not one.
func Read(r io.Reader) (Plan, error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	var in planJSON
	if err := decoder.Decode(&in); err != nil {
		return Plan{}, fmt.Errorf("read plan: %w", err)
	}
	if in.Taken.IsZero() {
		return Plan{}, errors.New("read plan: taken is missing (an RFC 3339 instant)")
	}
	p := Plan{Taken: in.Taken, Policy: in.Policy, NotChecked: in.NotChecked, Totals: Totals(in.Summary)}
	var err error
	if p.Actions, err = actionsFromJSON(in.Actions); err != nil {
		return Plan{}, fmt.Errorf("read plan: actions%w", err)
	}
	if p.Forecast, err = actionsFromJSON(in.Forecast); err != nil {
		return Plan{}, fmt.Errorf("read plan: forecast%w", err)
	}
	if in.Forecast != nil && p.Forecast == nil {
		p.Forecast = []Action{}
	}
	for _, j := range in.Refusals {
		p.Refusals = append(p.Refusals, Refusal{j.subject(), j.Code, j.Why})
	}
	for _, j := range in.Idle {
		p.Idle = append(p.Idle, Idle{j.subject(), j.Code, j.Why})
	}
	for _, j := range in.Findings {
		p.Findings = append(p.Findings, Finding{j.subject(), j.Code, j.Why})
	}
	return p, nil
}

func actionsFromJSON(in []actionJSON) ([]Action, error) {
	var actions []Action
	for i, j := range in {
		change, err := changeFromJSON(j)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		if j.ID == "" || j.ARN == "" || j.Kind == nil {
			return nil, fmt.Errorf("[%d]: id, arn or kind is missing", i)
		}
		a := Action{
			ID: j.ID, Subject: j.subject(), Change: change, Cause: j.Cause, Why: j.Why, Rule: j.Rule,
			At: j.At, Edge: j.Edge, Zone: j.Zone, Group: j.Group, Order: j.Order,
		}
		if j.Price != nil {
			a.Price = fleet.Price{Rate: *j.Price, Known: true}
		}
		actions = append(actions, a)
	}
	return actions, nil
}

func changeFromJSON(j actionJSON) (Change, error) {
	if j.Days < 0 || j.Days > fleet.MostSnapshotDays || j.Days > 0 && j.Change != (Stop{}).Verb() {
		return nil, fmt.Errorf("snapshot_days %d does not go with %.40q (1 to %d, of a stop)", j.Days, j.Change, fleet.MostSnapshotDays)
	}
	if j.Move != nil && j.Change != (Move{}).Verb() {
		return nil, fmt.Errorf("move does not go with %.40q", j.Change)
	}
	if (j.Image != "") != (j.Change == Deregister{}.Verb()) {
		return nil, fmt.Errorf("image %.40q does not go with %.40q, or is missing", j.Image, j.Change)
	}
	switch j.Change {
	case Deregister{}.Verb():
		return Deregister{j.Image}, nil
	case Move{}.Verb():
		if err := j.Move.Check(); err != nil {
			return nil, err
		}
		return *j.Move, nil
	case Stop{}.Verb():
		return Stop{j.Days}, nil
	case Hibernate{}.Verb():
		return Hibernate{}, nil
	case Start{}.Verb():
		return Start{}, nil
	case Scale{}.Verb():
		if j.From == nil || j.To == nil {
			return nil, errors.New("scale needs from and to")
		}
		return Scale{*j.From, *j.To}, nil
	default:
		return nil, fmt.Errorf("%.40q is no change (stop, hibernate, start, scale, move, deregister)", j.Change)
	}
}
