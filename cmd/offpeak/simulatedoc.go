package main

import (
	"time"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/money"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
	"offpeak/internal/twin"
)

// simulationDocument is the JSON form of a simulation.
type simulationDocument struct {
	Format    string                 `json:"format"`
	Period    periodJSON             `json:"period"`
	Seed      uint64                 `json:"seed"`
	Faults    twin.Faults            `json:"faults"`
	Policy    string                 `json:"policy"`
	Resources int                    `json:"resources"`
	Managed   int                    `json:"managed"`
	LeftOut   int                    `json:"left_out"`
	With      breakdownJSON          `json:"with"`
	Without   breakdownJSON          `json:"without"`
	Truth     truthJSON              `json:"truth"`
	Week      weekJSON               `json:"week"`
	Openings  openingsJSON           `json:"openings"`
	Failures  map[string]int         `json:"failed_acts"`
	Sweeps    sweepsJSON             `json:"sweeps"`
	Calls     map[simulation.API]int `json:"calls"`
	Unpriced  []string               `json:"unpriced"`
	Savings   []savingsDocument      `json:"savings"`
}

type breakdownJSON struct {
	OnDemand    money.USD `json:"on_demand_usd"`
	Commitments money.USD `json:"commitments_usd"`
	Unused      money.USD `json:"unused_usd"`
	Spot        money.USD `json:"spot_usd"`
	Storage     money.USD `json:"storage_usd"`
	Addresses   money.USD `json:"addresses_usd"`
	Credits     money.USD `json:"credits_usd"`
	Tax         money.USD `json:"tax_usd"`
	Total       money.USD `json:"total_usd"`
}

// truthJSON is what is claimed beside what the two worlds differ by.
type truthJSON struct {
	ClaimedHours avoidance.Hours `json:"claimed_hours"`
	TrueHours    avoidance.Hours `json:"true_hours"`
	ClaimedUSD   *money.USD      `json:"claimed_usd"`
	TrueUSD      money.USD       `json:"true_usd"`
}

// weekJSON are unit-seconds by hour of the week, Monday from 00:00 first, on the policy's clock.
type weekJSON struct {
	Zone    string    `json:"zone"`
	Without twin.Week `json:"without"`
	With    twin.Week `json:"with"`
}

type openingsJSON struct {
	All    int    `json:"all"`
	Late   int    `json:"late"`
	Never  int    `json:"never"`
	Latest string `json:"latest"`
}

type sweepsJSON struct {
	All        int `json:"all"`
	Failed     int `json:"failed"`
	Killed     int `json:"killed"`
	Lost       int `json:"wakes_lost"`
	Duplicated int `json:"wakes_twice"`
	Delayed    int `json:"wakes_late"`
}

// documentOfSimulation makes the JSON form.
func documentOfSimulation(r *rehearsal, a *twin.Audit, left int) simulationDocument {
	l := a.Lives
	late, never, longest := lateness(l.Openings)
	hours, trueHours := a.Hours()
	dollars, trueDollars, known := a.Dollars()
	zone := r.policy.Rules.Zone
	d := simulationDocument{
		Format: "offpeak-simulation/1", Period: periodOf(r.period), Seed: r.seed, Faults: r.faults, Policy: r.policy.Rules.Policy,
		Resources: len(r.specs), Managed: len(l.Managed), LeftOut: left, With: breakdownOf(a.With.Breakdown), Without: breakdownOf(a.Without.Breakdown),
		Truth: truthJSON{ClaimedHours: hours, TrueHours: trueHours, TrueUSD: trueDollars},
		Week: weekJSON{
			zone.String(), twin.WeekOf(l.Without, l.Managed, l.From, l.To, zone), twin.WeekOf(l.With, l.Managed, l.From, l.To, zone),
		},
		Openings: openingsJSON{len(l.Openings), late, never, longest.Truncate(time.Second).String()}, Failures: l.Failures,
		Sweeps: sweepsJSON{l.Tally.Sweeps, l.Tally.Failed, l.Tally.Crashed, l.Tally.Dropped, l.Tally.Duplicated, l.Tally.Delayed},
		Calls:  l.With.Calls(),
	}
	if known {
		d.Truth.ClaimedUSD = &dollars
	}
	for i, claim := range a.Claims {
		p := a.Written.Payers[i]
		d.Savings = append(d.Savings, documentOf(p.Payer, claim, deliveriesOf(a.Bill, p.Payer)))
		for _, u := range p.Unpriced {
			d.Unpriced = append(d.Unpriced, u.What)
		}
	}
	return d
}

func breakdownOf(b invoice.Breakdown) breakdownJSON {
	return breakdownJSON{b.OnDemand, b.Commitments, b.Unused, b.Spot, b.Storage, b.Addresses, b.Credits, b.Tax, b.Total()}
}
