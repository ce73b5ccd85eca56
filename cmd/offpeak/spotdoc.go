package main

import (
	"math"
	"time"

	"offpeak/autospot"
	"offpeak/autospot/mix"
	"offpeak/autospot/patch"
	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
)

// spotJSON is what offpeak spot -o json prints.
type spotJSON struct {
	Taken   time.Time        `json:"taken"`
	Policy  string           `json:"policy"`
	Mode    autospot.Mode    `json:"mode"`
	Market  []string         `json:"market"` // where each part is from
	Advices []spotAdviceJSON `json:"advices"`
	Totals  spotTotalsJSON   `json:"totals"`

	zone *time.Location
}

type spotTotalsJSON struct {
	Resources int `json:"resources"`
	Movable   int `json:"movable"`
	// Now and After are of what could move, priced: an hour of it as it is, and as it would be.
	Now   money.Rate `json:"usd_per_hour_now"`
	After money.Rate `json:"usd_per_hour_after"`
}

type spotAdviceJSON struct {
	subjectJSON
	Verdict string          `json:"verdict"`
	Why     string          `json:"why"`
	Profile string          `json:"profile,omitempty"`
	Stage   fleet.Stage     `json:"stage,omitempty"`
	Type    string          `json:"type,omitempty"`
	Zones   []string        `json:"zones,omitempty"`
	Gates   []autospot.Gate `json:"gates"`
	Against []spotReason    `json:"against,omitempty"`
	Noted   []spotReason    `json:"noted,omitempty"`
	// Now and After are what an hour costs; null where that is not known.
	Now    *money.Rate `json:"usd_per_hour_now"`
	After  *money.Rate `json:"usd_per_hour_after"`
	Saving string      `json:"saving_percent,omitempty"`
	// Committed is what commitments pay for anyway; left out where nothing is to be said of it.
	Committed *committedJSON `json:"committed,omitempty"`
	Mix       *spotMixJSON   `json:"mix,omitempty"`
	// Placement is how likely AWS calls it that the Spot part is to be had; null where it was not asked.
	Placement *placementJSON    `json:"placement,omitempty"`
	Unfit     []rejectedJSON    `json:"unfit_types,omitempty"`
	Move      *plan.Move        `json:"move,omitempty"`
	Alert     string            `json:"alert,omitempty"`
	Remedy    string            `json:"remedy,omitempty"`
	Patches   map[string]string `json:"patches,omitempty"`

	subject plan.Subject
}

type committedJSON struct {
	Units int    `json:"units"`
	Doubt string `json:"doubt,omitempty"` // why they may be too few
}

type spotReason struct {
	Code pricing.Code `json:"code"`
	Text string       `json:"text"`
}

// placementJSON are placement scores, from 1 to 10, for so many instances in one zone.
type placementJSON struct {
	Capacity int            `json:"capacity_in_one_zone"`
	Types    int            `json:"types"`
	Scores   map[string]int `json:"scores"`
	Why      string         `json:"why,omitempty"` // there are none
	Asked    time.Time      `json:"asked"`

	says string
}

type spotMixJSON struct {
	Size       int            `json:"size"`
	OnDemand   int            `json:"on_demand"`
	Spot       int            `json:"spot"`
	Base       int            `json:"on_demand_base_capacity"`
	Percentage int            `json:"on_demand_percentage_above_base"`
	Binding    mix.Binding    `json:"binding"`
	Says       string         `json:"says"`
	Losses     float64        `json:"losses_a_quarter"`
	Standing   *spotStandJSON `json:"as_members_stand,omitempty"`
	Forecast   forecastJSON   `json:"interruptions_a_quarter"`
	Types      []spotTypeJSON `json:"types"`
	Rejected   []spotTypeJSON `json:"rejected_types"`
	Table      []spotRowJSON  `json:"table"`
	Sizes      []spotRowJSON  `json:"sizes"`
	Assumed    []string       `json:"assumptions"`
}

// spotStandJSON is what the odds of a group on Spot are with its members where they stand.
type spotStandJSON struct {
	Most   int     `json:"most_spot_in_a_zone"`
	Share  int     `json:"even_spot_in_a_zone"`
	Spot   int     `json:"spot"`
	Losses float64 `json:"losses_a_quarter"`
	Meets  bool    `json:"meets"`
}

type forecastJSON struct {
	Expected float64 `json:"expected"`
	Low      int     `json:"low"`
	High     int     `json:"high"`
}

type spotTypeJSON struct {
	Type    string       `json:"type"`
	Mean    *money.Rate  `json:"spot_usd_per_hour,omitempty"`
	P95     *money.Rate  `json:"spot_p95_usd_per_hour,omitempty"`
	Risk    float64      `json:"interruptions_per_instance_hour,omitempty"`
	Own     *ownJSON     `json:"own,omitempty"` // what the organization saw of it itself
	Reasons []spotReason `json:"reasons,omitempty"`
}

type ownJSON struct {
	Interruptions int     `json:"interruptions"`
	Hours         float64 `json:"instance_hours"`
}

type spotRowJSON struct {
	Size int `json:"size"`
	// On and Needed are of a size: when the group has it, and how many of it must be on demand.
	On       []autospot.Occasion `json:"on,omitempty"`
	Needed   *int                `json:"needed,omitempty"`
	OnDemand int                 `json:"on_demand"`
	Spot     int                 `json:"spot"`
	Cost     money.Rate          `json:"usd_per_hour"`
	Losses   float64             `json:"losses_a_quarter"`
	Meets    bool                `json:"meets"`
}

func spotDocument(taken time.Time, p *policy.Policy, sources []string, advices []autospot.Advice) spotJSON {
	doc := spotJSON{
		Taken: taken.UTC(), Policy: p.Rules.Policy, Mode: p.Spot.Mode, Market: append([]string{}, sources...), Advices: []spotAdviceJSON{}, zone: p.Rules.Zone,
	}
	for i := range advices {
		a := &advices[i]
		doc.Advices = append(doc.Advices, adviceDocument(a))
		doc.Totals.Resources++
		if a.Move != nil && a.Cause == plan.BySpot {
			doc.Totals.Movable++
			doc.Totals.Now, doc.Totals.After = doc.Totals.Now.Add(a.Now), doc.Totals.After.Add(a.After)
		}
	}
	return doc
}

func adviceDocument(a *autospot.Advice) spotAdviceJSON {
	doc := spotAdviceJSON{
		subjectJSON: subjectOf(a.Subject), Verdict: verdictOf(a), Why: a.Why, Stage: a.Stage, Type: a.Type, Zones: a.Zones, Gates: a.Gates,
		Against: reasonsOf(a.Against), Move: a.Move, Alert: a.Alert, Remedy: a.Remedy, subject: a.Subject,
	}
	if a.Wish.Answer == autospot.Yes {
		doc.Profile = a.Wish.Profile.Name
	}
	if !a.Now.IsZero() {
		doc.Now, doc.After, doc.Saving = &a.Now, &a.After, a.Saving().StringFixed(1)
	}
	for _, r := range a.Unfit {
		rejected := rejectedJSON{Type: r.Spec.Type}
		for _, reason := range r.Reasons() {
			rejected.Reasons = append(rejected.Reasons, reasonJSON{reason.Code, reason.Text})
		}
		doc.Unfit = append(doc.Unfit, rejected)
	}
	if a.Mix != nil {
		doc.Mix, doc.Noted = mixDocument(a), reasonsOf(a.Mix.Noted)
	}
	if s := a.Placement; s != nil {
		doc.Placement = &placementJSON{s.Capacity, len(s.Types), s.Zones, s.Why, s.Asked, s.Says()}
	}
	doc.Noted = append(doc.Noted, reasonsOf(a.Noted)...)
	if c := a.Committed; c != (autospot.Committed{}) {
		doc.Committed = &committedJSON{c.Units, c.Doubt}
	}
	if q := a.Quote; q != nil && !q.Mean.IsZero() {
		doc.Mix = &spotMixJSON{Size: 1, Spot: 1, Types: []spotTypeJSON{quoteDocument(q)}, Rejected: []spotTypeJSON{}, Assumed: []string{}}
	}
	if a.Target != nil {
		doc.Patches = map[string]string{}
		for _, language := range patch.Languages() {
			if text := patch.Of(a.Subject.Kind, *a.Target, language); text != "" {
				doc.Patches[string(language)] = text
			}
		}
	}
	return doc
}

func reasonsOf(reasons []pricing.Reason) (list []spotReason) {
	for _, r := range reasons {
		list = append(list, spotReason{r.Code, r.Says})
	}
	return list
}

func quoteDocument(q *pricing.Quote) spotTypeJSON {
	t := spotTypeJSON{Type: q.Type, Risk: q.Risk.PerHour(), Reasons: reasonsOf(q.Reasons)}
	if own := q.Risk.Own; own != (pricing.Experience{}) {
		t.Own = &ownJSON{own.Interruptions, math.Round(100*own.Hours) / 100}
	}
	if !q.Mean.IsZero() {
		t.Mean, t.P95 = &q.Mean, &q.P95
	}
	return t
}

func mixDocument(a *autospot.Advice) *spotMixJSON {
	m := a.Mix
	forecast := m.Forecast(mix.Quarter)
	doc := &spotMixJSON{
		Size: a.Size, OnDemand: m.Chosen.OnDemand, Spot: m.Chosen.Spot, Base: m.Base, Percentage: m.Percentage, Binding: m.Binding, Says: m.Says(),
		Losses: m.Chosen.Losses, Forecast: forecastJSON{forecast.Interruptions, forecast.Low, forecast.High},
		Types: []spotTypeJSON{}, Rejected: []spotTypeJSON{}, Assumed: append(m.Assumptions.Says(), m.ForecastSays()),
	}
	if s := a.Stand; s != nil {
		doc.Standing = &spotStandJSON{s.Most, s.Share, s.Spot, s.Losses, s.Meets}
	}
	for i := range m.Types {
		doc.Types = append(doc.Types, quoteDocument(&m.Types[i].Quote))
	}
	for _, r := range m.Rejected {
		doc.Rejected = append(doc.Rejected, spotTypeJSON{Type: r.Type, Reasons: reasonsOf(r.Reasons)})
	}
	for _, row := range m.Table() {
		doc.Table = append(doc.Table, rowDocument(a.Size, row))
	}
	for _, s := range m.Sizes {
		row := rowDocument(s.Size, s.Row)
		row.Needed = &s.Needed
		for _, o := range a.Sizes {
			if o.Size == s.Size {
				row.On = o.On
			}
		}
		doc.Sizes = append(doc.Sizes, row)
	}
	return doc
}

func rowDocument(size int, r mix.Row) spotRowJSON {
	return spotRowJSON{Size: size, OnDemand: r.OnDemand, Spot: r.Spot, Cost: r.Cost.Total, Losses: r.Losses, Meets: r.Meets && r.Enough}
}
