package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/internal/plan"
	"offpeak/scheduler"
)

//go:embed plan.schema.json
var planSchema []byte

// planFlags are the flags of plan beyond its inputs.
type planFlags struct {
	inputs
	reachFlags
	live      bool
	forecast  string
	output    string
	out       string
	memoryOut string
	exitCode  bool
	pastGuard bool
	schema    bool
}

func newPlan(c console) *cobra.Command {
	flags := planFlags{inputs: inputs{console: c}}
	cmd := &cobra.Command{
		Use:   "plan [FILE...]",
		Short: "Show what would be stopped and started, and why; changes nothing",
		Long: `Shows what offpeak would stop and start at an instant, and why, and what it would not touch, and why not.

The inventory is what the AWS CLI prints: aws ec2 describe-instances, aws autoscaling describe-auto-scaling-groups,
aws rds describe-db-instances, aws rds describe-db-clusters, aws ecs describe-services --include TAGS; or a snapshot
that "offpeak inventory --save" wrote. Several files make one fleet.`,
		Example: `  offpeak plan --policy offpeak.yaml --inventory instances.json databases.json
  aws ec2 describe-instances | offpeak plan --inventory -
  offpeak plan --inventory instances.json --for 7d -l Team=pay,env=dev
  offpeak plan --inventory instances.json -o json --exit-code`,
		RunE: flags.run,
	}
	flags.inputs.register(cmd)
	flags.reachFlags.register(cmd)
	f := cmd.Flags()
	f.BoolVar(&flags.live, "live", false, "ask AWS what there is, instead of reading files; nothing is changed")
	f.StringVar(&flags.forecast, "for", "", "also list every act of the coming days, as 7d, and every opted-in resource that nothing will be done with")
	registerForm(cmd, &flags.output)
	f.StringVar(&flags.out, "out", "", "write to this file instead of standard output")
	f.StringVar(&flags.memoryOut, "memory-out", "", "write the memory for the next plan to this file, as if the plan were applied")
	f.BoolVar(&flags.pastGuard, "past-guard", false, "plan what the guard against surprises holds, too: once it has been looked at, \"offpeak apply\" carries it out")
	f.BoolVar(&flags.exitCode, "exit-code", false, "exit with 3 when there is something to do")
	f.BoolVar(&flags.schema, "schema", false, "print the JSON Schema of the output and do nothing else")
	return cmd
}

func (f *planFlags) run(cmd *cobra.Command, args []string) error {
	if f.schema {
		_, err := f.console.out.Write(planSchema)
		return err
	}
	if _, err := formOf(f.output); err != nil {
		return err
	}
	if f.memoryOut != "" && f.memoryFile == "" {
		return usagef("--memory-out needs --memory: name the memory to start from (a file that does not exist yet is fine)")
	}
	made, memory, seen, err := f.plan(cmd, args)
	if err != nil {
		return err
	}
	if err := f.write(made, seen.policy.Rules.Zone); err != nil {
		return err
	}
	if f.memoryOut != "" {
		if err := local.WriteMemory(f.memoryOut, *memory); err != nil {
			return err
		}
	}
	if err := seen.site.wholly(nil); err != nil {
		return err
	}
	if f.exitCode && len(made.Actions) > 0 {
		return exit(exitToDo)
	}
	return nil
}

// plan reads everything and makes the plan.
func (f *planFlags) plan(cmd *cobra.Command, args []string) (made plan.Plan, next *fleet.Memory, seen sight, err error) {
	options := scheduler.Options{PastGuard: f.pastGuard}
	if f.forecast != "" {
		span, err := parseSpan(f.forecast)
		if err != nil || span == 0 {
			return made, nil, seen, usagef("--for: %w", errors.Join(err, onlyIf(span == 0 && err == nil, "say how far ahead, as 7d")))
		}
		options.Forecast = span
	}
	if seen, err = f.sight(cmd, args); err != nil {
		return made, nil, seen, err
	}
	options.Now = seen.now
	if made, next, err = seen.plan(options); err != nil {
		return made, nil, seen, err
	}
	made.Findings = append(made.Findings, seen.findings...)
	made.Sort()
	return made, next, seen, nil
}

// sight reads everything from files, or asks AWS.
func (f *planFlags) sight(cmd *cobra.Command, args []string) (sight, error) {
	return f.inputs.sight(cmd, &f.reachFlags, f.live, args)
}

// sight reads everything from files, or asks AWS.
func (in *inputs) sight(cmd *cobra.Command, reach *reachFlags, live bool, args []string) (sight, error) {
	if !live {
		return in.see(args)
	}
	if len(in.inventory)+len(args) > 0 || in.at != "" || in.memoryFile != "" {
		return sight{}, usagef("--live asks AWS about now: it does not go with files, --at or --memory")
	}
	if in.region != "" {
		reach.regions = []string{in.region}
	}
	ctx, stop := interruptible()
	defer stop()
	return reach.seeLive(ctx, cmd, in)
}

func onlyIf(condition bool, text string) error {
	if condition {
		return errors.New(text)
	}
	return nil
}

// write prints the plan in the wanted form to the wanted place.
func (f *planFlags) write(p plan.Plan, zone *time.Location) error {
	if f.out == "" {
		return f.render(p, zone, f.console.out, newStyle(f.console))
	}
	return writeFile(f.out, func(w io.Writer) error { return f.render(p, zone, w, plainStyle()) })
}

func (f *planFlags) render(p plan.Plan, zone *time.Location, w io.Writer, s style) error {
	if f.output == "json" {
		return writeJSON(w, p)
	}
	return renderPlan(w, p, zone, s)
}

// writeFile writes a file whole or not at all.
func writeFile(name string, write func(io.Writer) error) error {
	temp, err := os.CreateTemp(filepath.Dir(name), ".offpeak-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	if err := errors.Join(write(temp), temp.Chmod(0o644), temp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Rename(temp.Name(), name)
}

func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// zoneOf returns the zone of an action for showing its times.
func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}
