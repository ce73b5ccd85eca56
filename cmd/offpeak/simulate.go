package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"offpeak"
	"offpeak/internal/fleet"
	"offpeak/internal/policy"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
	"offpeak/internal/twin"
)

// simulateFlags are the flags of simulate.
type simulateFlags struct {
	inputs
	periodFlags
	sample  int
	seed    uint64
	faults  string
	history string
	out     string
	output  string
	noBill  bool
}

func newSimulate(c console) *cobra.Command {
	f := &simulateFlags{inputs: inputs{console: c}}
	cmd := &cobra.Command{
		Use:   "simulate (--inventory FILE... | --sample N) (--quarter Q | --from DAY --to DAY)",
		Short: "Let a fleet live a period twice, with offpeak and without, and compare",
		Long: `Let a fleet live a period twice, with offpeak and without it, and compare: cost, hours, late openings, calls to AWS, and whether the savings
figure that is computed from ledger and bill agrees with the difference of the two.

The fleet is your own (--inventory: what the AWS CLI printed; everything that runs is taken to run always) or a sample organisation with people who
leave machines on, stop them, start them at night and forget them (--sample). Nothing on AWS is read or changed. The same seed gives the same
result on any machine.`,
		Example: `  offpeak simulate --sample 300 --quarter 2026Q3
  offpeak simulate --policy offpeak.yaml --inventory instances.json --from 2026-07-01 --to 2026-10-01 --out simulated`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return f.run(args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.policyFile, "policy", "", "policy file (default offpeak.yaml; with --sample the sample organisation's own)")
	f.registerInventory(cmd)
	flags.StringVar(&f.pricesFile, "prices", "", "prices per hour, CSV or JSON, beside those of the policy and built-in list prices; for --inventory")
	flags.IntVar(&f.sample, "sample", 0, "simulate a sample organisation of so many resources")
	f.periodFlags.register(cmd)
	flags.StringVar(&f.history, "history", "28d", "how long the fleet lives without offpeak before the period, which gives baselines")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of everything that is drawn")
	flags.StringVar(&f.faults, "faults", string(twin.NoFaults), "what goes wrong: none, light or heavy")
	flags.StringVar(&f.out, "out", "", "write ledger, memory, bill and listings into this folder, which must be new or empty")
	flags.BoolVar(&f.noBill, "no-bill", false, "leave out the bill and all dollars: hours and operation alone, for very large fleets")
	registerForm(cmd, &f.output)
	return cmd
}

func (f *simulateFlags) run(args []string) error {
	if _, err := formOf(f.output); err != nil {
		return err
	}
	r, left, err := f.rehearsal(args)
	if err != nil {
		return err
	}
	if err := makeFolder(f.out); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	audit, err := r.run(ctx, f.console)
	if err != nil {
		return err
	}
	doc := documentOfSimulation(r, audit, left)
	if f.out != "" {
		if err := writeDocument(f.out, "simulation.json", doc); err != nil {
			return err
		}
	}
	if f.output == "json" {
		return writeJSON(f.console.out, doc)
	}
	return renderSimulation(f.console.out, r, audit, left, newStyle(f.console))
}

// rehearsal makes one of the flags; left is how many resources of the inventory cannot be simulated.
func (f *simulateFlags) rehearsal(args []string) (r *rehearsal, left int, err error) {
	r = &rehearsal{seed: f.seed, folder: f.out, unbilled: f.noBill, catalogue: invoice.SampleCatalogue()}
	if r.period, err = f.period(); err != nil {
		return nil, 0, err
	}
	if r.faults, err = twin.ParseFaults(f.faults); err != nil {
		return nil, 0, usagef("--faults: %w", err)
	}
	if r.history, err = parseSpan(f.history); err != nil {
		return nil, 0, usagef("--history: %w", err)
	}
	r.history = r.history.Truncate(time.Hour)
	if err := emptyFolder(f.out); err != nil {
		return nil, 0, err
	}
	hasInventory := len(f.inventory)+len(args) > 0
	switch {
	case f.sample < 0 || f.sample > 1_000_000:
		return nil, 0, usagef("--sample takes 1 to 1000000 resources")
	case f.sample > 0 && hasInventory:
		return nil, 0, usagef("--sample and --inventory exclude each other")
	case f.sample > 0 && f.pricesFile != "":
		return nil, 0, usagef("--prices goes with --inventory: a sample organisation has prices and commitments of its own; leave --prices away")
	case f.sample > 0:
		return r, 0, f.organisation(r)
	case hasInventory:
		left, err = f.ownFleet(r, args)
		return r, left, err
	default:
		return nil, 0, usagef("no fleet: name what the AWS CLI printed with --inventory, or simulate a sample organisation with --sample 300")
	}
}

// organisation is the sample organisation.
func (f *simulateFlags) organisation(r *rehearsal) (err error) {
	if f.policyFile == "" {
		r.policy, err = embeddedPolicy("organisation.yaml")
	} else {
		r.policy, err = loadPolicy(f.policyFile)
	}
	r.settle = settled
	if f.noBill {
		r.settle = settledUnbilled
	}
	r.specs = since(simulation.Sample(f.sample, f.seed), r.period.From.Add(-r.history-r.settle))
	r.payers = invoice.SamplePayers(r.specs, f.seed)
	return err
}

// ownFleet is the user's fleet, billed to one payer without commitments.
func (f *simulateFlags) ownFleet(r *rehearsal, args []string) (left int, err error) {
	if f.policyFile == "" {
		f.policyFile = defaultPolicy
	}
	if r.policy, err = loadPolicy(f.policyFile); err != nil {
		return 0, err
	}
	prices, err := f.prices(r.policy)
	if err != nil {
		return 0, err
	}
	begin := r.period.From.Add(-r.history)
	f.at = begin.Format(time.RFC3339)
	snapshot, err := f.snapshot(args, prices)
	if err != nil {
		return 0, err
	}
	maps.Copy(r.catalogue.Compute, prices)
	r.specs, left = specsOf(&snapshot, begin, r.policy.Rules.Zone)
	if len(r.specs) == 0 {
		return left, usagef("nothing in the inventory can be simulated")
	}
	r.payers = payersOf(r.policy, r.specs)
	return left, nil
}

// payersOf gives each tenant of the policy a bill of its own, and one more to the accounts that belong to none.
func payersOf(p *policy.Policy, specs []simulation.Spec) []invoice.Payer {
	var order []fleet.AccountID
	for i := range specs {
		order = append(order, specs[i].Scope.Account)
	}
	payer := map[fleet.AccountID]fleet.AccountID{}
	for _, t := range p.Tenants {
		for _, a := range append([]fleet.AccountID{t.Payer}, t.Accounts...) {
			payer[a] = t.Payer
		}
	}
	var payers []invoice.Payer
	at, placed := map[fleet.AccountID]int{}, map[fleet.AccountID]bool{}
	for _, account := range order {
		if placed[account] {
			continue
		}
		placed[account] = true
		who, known := payer[account]
		if !known {
			who = order[0]
		}
		n, there := at[who]
		if !there {
			n = len(payers)
			at[who] = n
			payers = append(payers, invoice.Payer{ID: who, Name: string(who)})
		}
		payers[n].Accounts = append(payers[n].Accounts, account)
	}
	return payers
}

// embeddedPolicy is a policy of the sample files.
func embeddedPolicy(name string) (*policy.Policy, error) {
	file := path.Join("testdata/policy", name)
	data, err := offpeak.Sample.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return policy.Load(file, data, func(beside string) ([]byte, error) {
		return offpeak.Sample.ReadFile(path.Join("testdata/policy", beside))
	})
}

// emptyFolder refuses a folder in which something would be mixed with what a simulation writes.
func emptyFolder(name string) error {
	if name == "" {
		return nil
	}
	entries, err := os.ReadDir(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return usagef("--out: %w", err)
	case len(entries) > 0:
		return usagef("--out: %s is not empty; name a new folder", name)
	default:
		return nil
	}
}

// makeFolder makes the folder, so that one that cannot be written to is known before anything is simulated.
func makeFolder(name string) error {
	if name == "" {
		return nil
	}
	if err := os.MkdirAll(name, 0o750); err != nil {
		return usagef("--out: %w", err)
	}
	return nil
}

func writeDocument(folder, name string, document any) error {
	file, err := os.Create(path.Join(folder, name))
	if err != nil {
		return err
	}
	if err := errors.Join(writeJSON(file, document), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
