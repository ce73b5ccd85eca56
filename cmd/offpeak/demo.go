package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"offpeak/autospot"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
	"offpeak/internal/twin"
	"offpeak/scheduler"
)

// The demo's organisation.
const (
	demoResources = 300
	demoSister    = 24 // resources of an affiliate, which another payer pays for
	demoSeed      = 2026
	demoHistory   = 28 * 24 * time.Hour
)

const demoOutro = `
Try it on your own fleet; offpeak reads what the AWS CLI prints and changes nothing:

  aws ec2 describe-instances                       > instances.json
  aws autoscaling describe-auto-scaling-groups     > groups.json
  aws rds describe-db-instances                    > databases.json
  aws rds describe-db-clusters                     > clusters.json
  bin/offpeak init                                   # writes offpeak.yaml: put your accounts and tags into it
  bin/offpeak plan --inventory instances.json groups.json databases.json clusters.json --for 7d
  bin/offpeak simulate --quarter %s --inventory instances.json groups.json databases.json clusters.json
`

func newDemo(c console) *cobra.Command {
	quarterName, output, out := "", "", ""
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play last quarter on a simulated organisation: what is stopped, what it avoids, and whether the figure is true",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if quarterName == "" {
				quarterName = lastQuarter(c.now())
			}
			as, err := formOf(output)
			if err != nil {
				return err
			}
			return demo(c, quarterName, out, as)
		},
	}
	cmd.Flags().StringVar(&quarterName, "quarter", "", "the quarter to play, as 2026Q3 (default the last one)")
	cmd.Flags().StringVar(&out, "out", "", "write the quarterly report into this folder, which must be new or empty, with the ledger, the bill and the listings that it is made of")
	registerForm(cmd, &output)
	return cmd
}

// lastQuarter is the quarter of the year before the one of an instant, in UTC.
func lastQuarter(now time.Time) string {
	first := time.Date(now.UTC().Year(), now.UTC().Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, -3, 0)
	return fmt.Sprintf("%04dQ%d", first.Year(), (int(first.Month())+2)/3)
}

// demo lets the sample organisation live a quarter twice and tells what came of it.
func demo(c console, quarterName, out string, as form) error {
	r := &rehearsal{settle: settled, engine: engineGo, seed: demoSeed, history: demoHistory, faults: twin.LightFaults, catalogue: invoice.SampleCatalogue()}
	var err error
	if r.period, err = quarter(quarterName); err != nil {
		return err
	}
	if r.policy, err = embeddedPolicy("organisation.yaml"); err != nil {
		return err
	}
	r.specs = since(append(simulation.Sample(demoResources, demoSeed), simulation.Sister(demoSister, demoResources, demoSeed)...), r.period.From.Add(-r.history-r.settle))
	r.payers = invoice.SamplePayers(r.specs, demoSeed)
	var written []demoReport
	if out != "" {
		if err := emptyFolder(out); err != nil {
			return err
		}
		r.folder, r.besides = out, func(ctx context.Context, a *twin.Audit, store objects.Store, bill string) (err error) {
			written, err = demoReports(ctx, r, a, store, quarterName, out, bill)
			return err
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	audit, err := r.run(ctx, c)
	if err != nil {
		return err
	}
	if as == asJSON {
		return writeJSON(c.out, documentOfSimulation(r, audit, 0))
	}
	s := newStyle(c)
	_, _ = fmt.Fprintf(c.out, "%s\n", s.fold(fmt.Sprintf("offpeak, on a simulated organisation: %d resources in four accounts (dev, stg, prod, shared) and %d of an affiliate that pays for itself, "+
		"with people who leave machines on, stop them and forget them; Reserved Instances, Savings Plans and Spot. %s was lived twice, with offpeak and without, by the same "+
		"people and with the same failures. No AWS account is used.", demoResources, demoSister, quarterName), 0))
	for _, step := range []func() error{
		func() error { return demoPlan(ctx, c.out, r, audit.Lives, s) },
		func() error { return demoAvoided(c.out, r, audit, s) },
		func() error { return renderTruth(c.out, audit, s) },
		func() error { return renderDemoReports(c.out, written, out, s) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(c.out, demoOutro, quarterName)
	return err
}

// demoShown is how many acts of an evening are shown.
const demoShown = 6

// demoPlan shows what would be done on the evening after the quarter: the plan that the optimizer would make then.
func demoPlan(ctx context.Context, w io.Writer, r *rehearsal, l *twin.Lives, s style) error {
	zone := r.policy.Rules.Zone
	var coming []plan.Action
	var refused []plan.Refusal
	planner := scheduler.New(&r.policy.Rules)
	for _, scope := range l.With.Scopes() {
		seen, err := l.With.Snapshot(ctx, scope)
		if err != nil {
			return err
		}
		state, err := optimizer.States{Store: l.Store}.Load(ctx, scope)
		if err != nil {
			return err
		}
		seen.Resources = slices.Clone(seen.Resources)
		r.catalogue.Compute.Apply(&seen)
		made, _ := planner.Plan(&seen, &state.Memory, scheduler.Options{Now: seen.Taken, Forecast: 24 * time.Hour})
		coming, refused = append(coming, made.Forecast...), append(refused, made.Refusals...)
	}
	slices.SortStableFunc(coming, func(a, b plan.Action) int { return a.At.Compare(b.At) })
	title := fmt.Sprintf("1. The plan: what happens until %s, if nobody interferes", l.To.Add(24*time.Hour).In(zone).Format(clockFull))
	_, _ = fmt.Fprintf(w, "\n%s\n", s.paint(bold, title))
	shown, counts := map[string]int{}, map[string]int{}
	var rows []row
	for _, a := range coming {
		verb := "start"
		if plan.SwitchesOff(a.Change) {
			verb = "stop"
		}
		counts[verb]++
		if kind := verb + a.Subject.Kind.String(); shown[kind] == 0 && len(rows) < demoShown {
			shown[kind]++
			cells := actionRow(a)
			rows = append(rows, row{
				cells: append([]string{a.At.In(zone).Format("Mon 15:04")}, cells.cells[0], cells.cells[1], a.Subject.Environment, cells.cells[3], cells.cells[4]), colours: append([]string{""}, cells.colours...),
			})
		}
	}
	if err := s.writeRows(w, 2, rows); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "%s\n", s.fold(fmt.Sprintf("%d stops and %d starts in all; %s.", counts["stop"], counts["start"], refusalsText(refused)), 2)); err != nil {
		return err
	}
	return demoSpot(ctx, w, r, l, s)
}

// demoSpot shows what AutoSpot says of what asks for Spot: some of each verdict.
func demoSpot(ctx context.Context, w io.Writer, r *rehearsal, l *twin.Lives, s style) error {
	offers := invoice.SampleOffers(r.catalogue, l.Begin)
	var rows []row
	shown, counts := map[string]int{}, map[string]int{}
	for _, scope := range l.With.Scopes() {
		seen, err := l.With.Snapshot(ctx, scope)
		if err != nil {
			return err
		}
		state, err := optimizer.States{Store: l.Store}.Load(ctx, scope)
		if err != nil {
			return err
		}
		_, advices, _ := autospot.New(&r.policy.Spot).Plan(&seen, offers, &state.Memory, autospot.Options{})
		for i := range advices {
			a := adviceDocument(&advices[i])
			counts[a.Verdict]++
			if key := a.Verdict + a.subject.Kind.String(); shown[key] == 0 && len(rows) < demoShown {
				shown[key]++
				rows = append(rows, adviceRow(&a))
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "\n  %s\n", s.paint(dim, "AutoSpot, on what asks for Spot (offpeak spot)")); err != nil {
		return err
	}
	if err := s.writeRows(w, 2, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%s\n", s.fold("In all: "+countsText(counts)+".", 2))
	return err
}

// refusalsText counts refusals by their code.
func refusalsText(refused []plan.Refusal) string {
	if len(refused) == 0 {
		return "nothing is refused"
	}
	counts := map[string]int{}
	for _, r := range refused {
		counts[string(r.Code)]++
	}
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[code], code))
	}
	return fmt.Sprintf("%d refused (%s)", len(refused), strings.Join(parts, ", "))
}

// demoAvoided shows what the quarter's acts avoided.
func demoAvoided(w io.Writer, r *rehearsal, a *twin.Audit, s style) error {
	zone := r.policy.Rules.Zone
	l := a.Lives
	_, _ = fmt.Fprintf(w, "\n%s\n\n", s.paint(bold, "2. What that avoided in the quarter"))
	f := a.Claims[0] // the organisation's; its affiliate's is a line
	if err := renderHeadline(w, f, s); err != nil {
		return err
	}
	short := *f
	short.ByAccount, short.ByKind = nil, nil
	if err := renderLines(w, &short, s); err != nil {
		return err
	}
	if err := renderMoved(w, f, s); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(w, "\n  %s\n", s.paint(dim, "hours of running of the "+counted(len(l.Managed), "resource")+" under offpeak, on the clocks of "+zone.String()))
	if err := heat(w, s, twin.WeekOf(l.Without, l.Managed, l.From, l.To, zone), twin.WeekOf(l.With, l.Managed, l.From, l.To, zone)); err != nil {
		return err
	}
	if err := renderChecks(w, f, s); err != nil {
		return err
	}
	for i, other := range a.Claims[1:] {
		_, _ = fmt.Fprintf(w, "\n%s\n", s.fold(fmt.Sprintf("That is payer %s. The affiliate's, %s, avoided %s USD (95 %%: %s to %s) with %s; the two are added up nowhere but in the check that follows.",
			r.payers[0].ID, r.payers[i+1].ID, usd(other.Headline.Value()), usd(other.Headline.Within.Low), usd(other.Headline.Within.High), counted(other.Headline.Resources, "resource")), 0))
	}
	return nil
}
