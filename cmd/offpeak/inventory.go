package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/internal/policy"
)

func newInventory(c console) *cobra.Command {
	in, reach := inputs{console: c, posture: true}, reachFlags{posture: true}
	var save, output string
	var live bool
	cmd := &cobra.Command{
		Use:   "inventory [FILE...]",
		Short: "Count what an inventory holds by account, region, environment and kind; save it as a snapshot",
		Example: `  offpeak inventory --inventory instances.json databases.json --save snapshot.json
  offpeak plan --inventory snapshot.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := formOf(output); err != nil {
				return err
			}
			p, err := in.policyIfAny(cmd)
			if err != nil {
				return err
			}
			prices, err := in.prices(p)
			if err != nil {
				return err
			}
			snapshot, s, err := in.everything(p, &reach, live, args, prices)
			if err != nil {
				return err
			}
			if save != "" {
				if err := local.WriteSnapshot(save, snapshot); err != nil {
					return err
				}
				_, _ = fmt.Fprintf(c.err, "saved %s in %s\n", counted(len(snapshot.Resources), "resource"), save)
			}
			return s.wholly(showInventory(c, snapshot, p, output))
		},
	}
	in.registerInventory(cmd)
	reach.register(cmd)
	f := cmd.Flags()
	f.BoolVar(&live, "live", false, "ask AWS what there is, tagged or not, instead of reading files; nothing is changed")
	f.StringVar(&in.policyFile, "policy", defaultPolicy, "policy file, for environments and tag keys; without one, the standard tag keys count")
	f.StringVar(&in.pricesFile, "prices", "", "prices per hour, CSV or JSON; they are saved with the snapshot")
	f.StringVar(&in.at, "at", "", "instant at which the files were made, as 2026-11-20T19:35:00+09:00 (default now)")
	f.StringVar(&save, "save", "", "write the snapshot to this file")
	registerForm(cmd, &output)
	return cmd
}

// everything reads the inventory from files, or asks AWS for all there is.
func (in *inputs) everything(p *policy.Policy, reach *reachFlags, live bool, args []string, prices fleet.Prices) (fleet.Snapshot, *site, error) {
	if !live {
		seen, err := in.snapshot(args, prices)
		return seen, nil, err
	}
	if in.region != "" {
		reach.regions = []string{in.region}
	}
	ctx, stop := interruptible()
	defer stop()
	s, err := reach.open(ctx, in.console)
	if err != nil {
		return fleet.Snapshot{}, nil, err
	}
	var scopes []fleet.Scope
	if s.local || p == nil {
		scopes, err = s.ownScopes(ctx, in.console, p, reach.regions)
	} else {
		scopes, err = s.scopes(ctx, in.console, p, reach.regions)
	}
	if err != nil {
		return fleet.Snapshot{}, nil, err
	}
	seen, err := s.look(ctx, in.console, p, scopes, true)
	prices.Apply(&seen)
	return seen, s, err
}

// policyIfAny reads the policy; when none was named and none is there, there is none.
func (in *inputs) policyIfAny(cmd *cobra.Command) (*policy.Policy, error) {
	if _, err := os.Stat(in.policyFile); errors.Is(err, os.ErrNotExist) && !cmd.Flags().Changed("policy") {
		return nil, nil
	}
	return loadPolicy(in.policyFile)
}

// countJSON is a line of an inventory.
type countJSON struct {
	Account     fleet.AccountID `json:"account"`
	Region      fleet.Region    `json:"region"`
	Environment string          `json:"environment"`
	Kind        fleet.Kind      `json:"kind"`
	Resources   int             `json:"resources"`
	Running     int             `json:"running"`
	Stopped     int             `json:"stopped"`
	OptedIn     int             `json:"opted_in"`
	NotTagged   int             `json:"not_tagged"`
}

// showInventory counts resources.
func showInventory(c console, s fleet.Snapshot, p *policy.Policy, output string) error {
	lines := countInventory(s, p)
	if output == "json" {
		return writeJSON(c.out, lines)
	}
	rows := []row{{cells: []string{"ACCOUNT", "REGION", "ENVIRONMENT", "KIND", "ALL", "RUNNING", "STOPPED", "OPTED IN", "NOT TAGGED"}}}
	for _, l := range lines {
		environment := cmp.Or(l.Environment, "-")
		rows = append(rows, row{cells: []string{
			string(l.Account), string(l.Region), environment, l.Kind.String(), fmt.Sprint(l.Resources),
			fmt.Sprint(l.Running), fmt.Sprint(l.Stopped), fmt.Sprint(l.OptedIn), fmt.Sprint(l.NotTagged),
		}})
	}
	if err := newStyle(c).writeRows(c.out, 0, rows); err != nil {
		return err
	}
	for _, gap := range s.Gaps {
		_, _ = fmt.Fprintln(c.err, "note: "+gap)
	}
	_, err := fmt.Fprintf(c.out, "\n%s, taken %s.\n", counted(len(s.Resources), "resource"), s.Taken.Format(clockFull))
	return err
}

func countInventory(s fleet.Snapshot, p *policy.Policy) []countJSON {
	keys := fleet.KeysWithPrefix(fleet.DefaultPrefix)
	environmentOf := func(*fleet.Resource) string { return "" }
	if p != nil {
		keys, environmentOf = p.Rules.Keys, p.Rules.EnvironmentOf()
	}
	counts := map[countJSON]*countJSON{}
	for i := range s.Resources {
		r := &s.Resources[i]
		key := countJSON{Account: r.Scope.Account, Region: r.Scope.Region, Environment: environmentOf(r), Kind: r.Kind}
		line, ok := counts[key]
		if !ok {
			fresh := key
			line = &fresh
			counts[key] = line
		}
		line.Resources++
		switch r.State {
		case fleet.Running:
			line.Running++
		case fleet.Stopped:
			line.Stopped++
		}
		if keys.OptsIn(r.Tags) {
			line.OptedIn++
		} else {
			line.NotTagged++
		}
	}
	lines := make([]countJSON, 0, len(counts))
	for _, line := range counts {
		lines = append(lines, *line)
	}
	slices.SortFunc(lines, func(a, b countJSON) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region),
			cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Kind, b.Kind))
	})
	return lines
}
