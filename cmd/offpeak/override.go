package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
)

// overrideFlags are the flags of override.
type overrideFlags struct {
	ownerFlags
	until string
	lasts string
	clear bool
}

func newOverride(c console) *cobra.Command {
	f := overrideFlags{ownerFlags: ownerFlags{console: c}}
	cmd := &cobra.Command{
		Use:   "override RESOURCE (running | stopped) (--until T | --for SPAN)",
		Short: "Have a resource running or stopped until an instant, whatever its schedule says",
		Long: `Has a resource running or stopped until an instant, whatever its schedule and its holidays say. At the end the schedule holds again.

The override is written into the resource's own tag (offpeak:override, or the policy's key) with your own credentials, which must be allowed to tag it. A
protected environment, a hold and the kill switch stay above it. RESOURCE is an id, a name or an ARN.`,
		Example: `  offpeak override i-0a1b2c3d4e5f60718 stopped --until 2026-12-01
  offpeak override stg-orders running --until '2026-12-01 09:00'
  offpeak override stg-orders running --for 3h
  offpeak override stg-orders --clear`,
		Args: need(1, 2, "name a resource, and running or stopped"),
		RunE: func(cmd *cobra.Command, args []string) error {
			want, err := f.wanted(args[1:])
			if err != nil {
				return err
			}
			if _, err := formOf(f.output); err != nil {
				return err
			}
			ctx, stop := interruptible()
			defer stop()
			s, p, err := f.ready(ctx, f.console, cmd, f.policyFile)
			if err != nil {
				return err
			}
			return f.override(ctx, s, p, args[0], want)
		},
	}
	f.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.until, "until", "", "end: 2026-12-01 (as that day begins) or '2026-12-01 09:00' on the schedule's clock, or 2026-12-01T09:00:00+09:00")
	flags.StringVar(&f.lasts, "for", "", "end so long from now, as 3h, 90m or 7d")
	flags.BoolVar(&f.clear, "clear", false, "take back the override: its tag is left there, empty")
	return cmd
}

// wanted reads what is asked for; StateUnknown where an override is taken back.
func (f *overrideFlags) wanted(words []string) (fleet.State, error) {
	ends := 0
	for _, text := range []string{f.until, f.lasts} {
		if text != "" {
			ends++
		}
	}
	switch {
	case f.clear && (len(words) > 0 || ends > 0):
		return fleet.StateUnknown, usagef("--clear takes the override back: it goes with no state and no end")
	case f.clear:
		return fleet.StateUnknown, nil
	case len(words) == 0:
		return fleet.StateUnknown, usagef("say running or stopped, or --clear to take an override back")
	case ends != 1:
		return fleet.StateUnknown, usagef("an override needs one end: --until T or --for SPAN")
	}
	switch words[0] {
	case fleet.TextRunning:
		return fleet.Running, nil
	case fleet.TextStopped:
		return fleet.Stopped, nil
	default:
		return fleet.StateUnknown, usagef("%q is no state to override with: running or stopped", words[0])
	}
}

func (f *overrideFlags) override(ctx context.Context, s *site, p *policy.Policy, name string, want fleet.State) error {
	o, err := f.find(ctx, s, p, name)
	if err != nil {
		return err
	}
	if want == fleet.StateUnknown {
		return f.takeBack(ctx, s, p, o)
	}
	now := f.now()
	end, why, err := f.end(now, o.schedule.Zone)
	if err != nil {
		return err
	}
	value, ends := overrideText(want, end, o.schedule.Zone)
	return f.give(ctx, s, p, o, order{want: want, value: value, ends: ends, why: why})
}

// takeBack empties the tag. A tag cannot be removed by writing it, and an empty one says nothing.
func (f *overrideFlags) takeBack(ctx context.Context, s *site, p *policy.Policy, o *owned) error {
	if o.before() == "" {
		tells := f.apart(form(f.output))
		_, err := fmt.Fprintf(tells.out, "%s has no override; nothing was written.\n", label(o.subject))
		if form(f.output) == asJSON {
			return writeJSON(f.out, orderDocument(o, order{why: "it has no override"}, plan.Plan{}))
		}
		return err
	}
	why := "An empty override is none: the tag stays there without effect, and the schedule holds from now on."
	return f.give(ctx, s, p, o, order{why: why})
}

// end reads --until, on the wall clock of the schedule's zone, or --for.
func (f *overrideFlags) end(now time.Time, zone *time.Location) (end time.Time, why string, err error) {
	if f.lasts != "" {
		span, err := parseSpan(f.lasts)
		if err != nil || span == 0 {
			return end, "", usagef("--for: %q is no span of time (write 3h, 90m or 7d)", f.lasts)
		}
		return now.Add(span), spanText(span) + " from now", nil
	}
	read, err := fleet.ParseOverride(fleet.TextRunning + " until " + f.until)
	if err != nil {
		return end, "", usagef("--until: %.60q is no end (write 2026-12-01, '2026-12-01 09:00' on the clock of %s, or 2026-12-01T09:00:00+09:00)", f.until, zone)
	}
	end = endOf(read, zone)
	if !end.After(now) {
		return end, "", usagef("--until: %s is over; it is %s now", end.Format(clockFull), now.In(zone).Format(clockFull))
	}
	return end, "on the clock of " + zone.String(), nil
}
