package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/scheduler"
	"offpeak/scheduler/wall"
)

func newExtend(c console) *cobra.Command {
	f := ownerFlags{console: c}
	cmd := &cobra.Command{
		Use:   "extend RESOURCE SPAN",
		Short: "Keep a resource running for longer: SPAN from its closing, or from now where it is closed",
		Long: `Keeps a resource running for a span, as 2h or 90m, counted from its next closing, or from now where it is closed already; what is stopped is started.

The override is written into the resource's own tag (offpeak:override, or the policy's key) with your own credentials, which must be allowed to tag it. At its end
the schedule holds again. RESOURCE is an id, a name or an ARN.`,
		Example: `  offpeak extend i-0a1b2c3d4e5f60718 2h
  offpeak extend dev-shop-web 90m --yes --hub s3://offpeak-123456789012`,
		Args: need(2, 2, "name a resource and how long, as 2h"),
		RunE: func(cmd *cobra.Command, args []string) error {
			span, err := parseSpan(args[1])
			if err != nil || span == 0 {
				return usagef("%q is no span of time to extend by (write 2h, 90m or 1d)", args[1])
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
			return f.extend(ctx, s, p, args[0], span)
		},
	}
	f.register(cmd)
	return cmd
}

func (f *ownerFlags) extend(ctx context.Context, s *site, p *policy.Policy, name string, span time.Duration) error {
	o, err := f.find(ctx, s, p, name)
	if err != nil {
		return err
	}
	now := f.now()
	from, why, err := o.runsUntil(now)
	if err != nil {
		return err
	}
	value, ends := overrideText(fleet.Running, from.Add(span), o.schedule.Zone)
	return f.give(ctx, s, p, o, order{want: fleet.Running, value: value, ends: ends, why: fmt.Sprintf("%s after %s", spanText(span), why)})
}

// runsUntil returns until when a resource runs as things stand, now where nothing keeps it running, and what ends it.
func (o *owned) runsUntil(now time.Time) (from time.Time, why string, err error) {
	from, why = now, "now"
	want, end, overridden := o.inForce(now)
	switch {
	case overridden && want == fleet.Running:
		from, why = end, fmt.Sprintf("the override that it has ends %s", end.Format(clockFull))
	case !overridden && o.resource.State == fleet.Running:
		if at, ok := o.stopAfter(now); ok {
			return at, fmt.Sprintf("it would be stopped %s by stop_after", at.In(o.schedule.Zone).Format(clockFull)), nil
		}
	}
	closes, open := closing(o.schedule, from)
	switch {
	case !open:
		return from, why, nil
	case !closes.IsZero():
		return closes, fmt.Sprintf("it closes %s", closes.In(o.schedule.Zone).Format(clockFull)), nil
	case overridden && want == fleet.Stopped:
		return from, why, nil
	default:
		return from, "", usagef("%s never closes by its schedule (%s): there is nothing to extend", o.resource.ID, o.schedule.Describe())
	}
}

// stopAfter returns when a resource that a person started while it is closed is stopped by stop_after; false where nobody did.
func (o *owned) stopAfter(now time.Time) (time.Time, bool) {
	if o.schedule.State(now) != wall.Stopped || o.schedule.StopAfter == 0 {
		return time.Time{}, false
	}
	for _, a := range o.ahead(now).Forecast {
		if a.Cause == plan.ByStopAfter {
			return a.At, a.At.After(now)
		}
	}
	return time.Time{}, false
}

// closing returns when a schedule stops what runs at an instant. open says that it lets it run; closes is then zero where it never stops it.
func closing(s *scheduler.Compiled, at time.Time) (closes time.Time, open bool) {
	state := s.State(at)
	if state == wall.Stopped || s.Constantly() {
		return time.Time{}, state == wall.Running
	}
	open = state == wall.Running
	const mostEdges = 100 // of a schedule that opens again and again and never closes
	for range mostEdges {
		e, ok := s.Next(at)
		switch {
		case !ok:
			return time.Time{}, open
		case e.Want == wall.Stopped:
			return e.At, true
		case e.Want == wall.Running && !open:
			return time.Time{}, false // it opens before it closes
		}
		at = e.At
	}
	return time.Time{}, open
}

// spanText writes a span as it is read: 7d, 2h, 1h30m.
func spanText(d time.Duration) string {
	const day = 24 * time.Hour
	if d > day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
