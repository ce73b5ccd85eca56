package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"offpeak"
	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/internal/money"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/scheduler"
)

// The moments of the demo, on the clocks of Seoul. At noon the fleet is seen for the first time; enrolled then, it acts from its next
// edges on.
const (
	demoNoon   = "2026-11-20T12:00:00+09:00"
	demoFriday = "2026-11-20T19:35:00+09:00"
	demoMonday = "2026-11-23T08:31:00+09:00"
)

const demoIntro = `offpeak, on a sample organisation: three accounts (dev, stg, prod), as the AWS CLI lists them. No AWS account is used.
Owners opted in by tags such as offpeak:schedule = seoul-office; the policy is testdata/policy/offpeak.yaml.
`

const demoOutro = `
Try it on your own fleet; offpeak reads what the AWS CLI prints and changes nothing:

  aws ec2 describe-instances                       > instances.json
  aws autoscaling describe-auto-scaling-groups     > groups.json
  aws rds describe-db-instances                    > databases.json
  aws rds describe-db-clusters                     > clusters.json
  bin/offpeak init                                   # writes offpeak.yaml: put your accounts and tags into it
  bin/offpeak plan --inventory instances.json groups.json databases.json clusters.json --for 7d
`

func newDemo(c console) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show on a sample organisation what is stopped on a Friday evening and started on a Monday morning",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return demo(c) },
	}
}

// demo plays a weekend of the sample fleet.
func demo(c console) error {
	p, err := samplePolicy()
	if err != nil {
		return err
	}
	friday, err := sampleSnapshot(p, "friday", instant(demoFriday))
	if err != nil {
		return err
	}
	monday, err := sampleSnapshot(p, "monday", instant(demoMonday))
	if err != nil {
		return err
	}
	s := newStyle(c)
	_, _ = fmt.Fprintf(c.out, "%s\n%s\n", demoIntro, s.paint(bold, "1. A schedule: seoul-office, as the policy says it"))
	if err := drawWeek(c.out, s, p.Rules.Schedules["seoul-office"], instant(demoFriday)); err != nil {
		return err
	}

	planner := scheduler.New(&p.Rules)
	noon := *friday
	noon.Taken = instant(demoNoon)
	_, memory := planner.Plan(&noon, &fleet.Memory{}, scheduler.Options{})

	_, _ = fmt.Fprintf(c.out, "\n%s\n", s.paint(bold, "2. Friday evening: what is stopped, what is not, and why"))
	evening, next := planner.Plan(friday, memory, scheduler.Options{Forecast: 7 * 24 * time.Hour})
	shown := evening
	shown.Forecast, shown.Idle = nil, notOf(evening.Idle, plan.AsWanted, plan.NothingWanted)
	if err := renderPlan(c.out, shown, p.Rules.Zone, s); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(c.out, "\n%s\n", weekendText(evening))

	_, _ = fmt.Fprintf(c.out, "\n%s\n", s.paint(bold, "3. Monday morning: everything is started again, in order"))
	memory = playEvening(planner, friday, evening, next)
	morning, _ := planner.Plan(monday, memory, scheduler.Options{})
	known := len(morning.Refusals)
	morning.Refusals = newRefusals(evening.Refusals, morning.Refusals)
	morning.Findings, morning.NotChecked = nil, nil
	if err := renderPlan(c.out, morning, p.Rules.Zone, s); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%d refusals stand as on Friday and are not shown again.\n%s", known-len(morning.Refusals), demoOutro)
	return err
}

// playEvening carries out the evening's plan and those of the sweeps that follow every five minutes, until one finds nothing to do: members
// of a group are stopped one after the other, and the deployment that was under way has ended.
func playEvening(planner *scheduler.Planner, seen *fleet.Snapshot, made plan.Plan, memory *fleet.Memory) *fleet.Memory {
	for range 20 {
		seen = plan.Carry(seen, made, seen.Taken.Add(5*time.Minute))
		for i := range seen.Resources {
			r := &seen.Resources[i]
			r.Traits = slices.DeleteFunc(slices.Clone(r.Traits), func(t fleet.Trait) bool { return t.Kind == fleet.Deploying })
		}
		made, memory = planner.Plan(seen, memory, scheduler.Options{})
		if len(made.Actions) == 0 {
			break
		}
	}
	return memory
}

// newRefusals returns the refusals that were not there before.
func newRefusals(before, now []plan.Refusal) []plan.Refusal {
	var fresh []plan.Refusal
	for _, r := range now {
		same := func(b plan.Refusal) bool { return b.Subject.ARN == r.Subject.ARN && b.Code == r.Code && b.Why == r.Why }
		if !slices.ContainsFunc(before, same) {
			fresh = append(fresh, r)
		}
	}
	return fresh
}

func samplePolicy() (*policy.Policy, error) {
	data, err := offpeak.Sample.ReadFile("testdata/policy/offpeak.yaml")
	if err != nil {
		return nil, err
	}
	return policy.Load("testdata/policy/offpeak.yaml", data, func(name string) ([]byte, error) {
		return offpeak.Sample.ReadFile(path.Join("testdata/policy", name))
	})
}

// sampleSnapshot reads the sample fleet as seen at one of its moments.
func sampleSnapshot(p *policy.Policy, moment string, at time.Time) (*fleet.Snapshot, error) {
	files, err := fs.Glob(offpeak.Sample, "testdata/fleet/"+moment+"/*.json")
	if err != nil {
		return nil, err
	}
	var sources []local.Source
	for _, name := range files {
		data, err := offpeak.Sample.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, local.Source{Name: name, Reader: bytes.NewReader(data)})
	}
	snapshot, err := local.ReadInventory(sources, local.Options{Taken: at})
	if err != nil {
		return nil, err
	}
	prices, err := samplePrices(p)
	if err != nil {
		return nil, err
	}
	prices.Apply(&snapshot)
	return &snapshot, nil
}

func samplePrices(p *policy.Policy) (fleet.Prices, error) {
	data, err := offpeak.Sample.ReadFile("testdata/fleet/prices.csv")
	if err != nil {
		return nil, err
	}
	prices := maps.Clone(p.Prices)
	more, err := local.ReadPrices("testdata/fleet/prices.csv", bytes.NewReader(data))
	if prices == nil {
		return more, err
	}
	maps.Copy(prices, more)
	return prices, err
}

// weekendText says what the evening's stops end until the same resources are started again, at the sample's list prices.
func weekendText(p plan.Plan) string {
	starts := map[fleet.ARN]time.Time{}
	for _, a := range p.Forecast {
		if _, known := starts[a.Subject.ARN]; !known && !plan.SwitchesOff(a.Change) {
			starts[a.Subject.ARN] = a.At
		}
	}
	var rest time.Duration
	var ended money.USD
	resources := 0
	for _, a := range p.Actions {
		start, known := starts[a.Subject.ARN]
		if !known || !plan.SwitchesOff(a.Change) || !a.Price.Known {
			continue
		}
		resources++
		rest += start.Sub(a.At)
		ended = ended.Add(a.Price.Rate.For(start.Sub(a.At)))
	}
	return fmt.Sprintf("%d priced resources then rest for %.0f resource-hours until they are started again: %s USD at the list prices of\n"+
		"testdata/fleet/prices.csv. Disks and addresses are charged on, and reserved capacity would be paid all the same.",
		resources, rest.Hours(), ended.Display())
}

func notOf(idle []plan.Idle, codes ...plan.Code) []plan.Idle {
	return slices.DeleteFunc(slices.Clone(idle), func(i plan.Idle) bool { return slices.Contains(codes, i.Code) })
}

func instant(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err) // a constant of this file
	}
	return t
}
