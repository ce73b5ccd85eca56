package live

import (
	"context"
	"errors"
	"log/slog"

	"offpeak/internal/failure"
	"offpeak/internal/hub"
	"offpeak/internal/plan"
)

// Spot notes what came of a look of AutoSpot's.
func (l Log) Spot(ctx context.Context, w hub.Wake, r hub.SpotReport, err error) {
	scope := slog.String("scope", w.Scope.String())
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		l.lines.ErrorContext(ctx, "AutoSpot's look failed", scope, "reason", w.Reason, "class", failure.Of(err), "why", err.Error(), "remedy", failure.Remedy(err))
		l.metrics(map[string]float64{SweepsFailed: 1})
		return
	case err != nil || r.Elsewhere:
		return
	case r.Unread != nil:
		l.lines.ErrorContext(ctx, "cannot be looked at by AutoSpot", scope, "class", failure.Of(r.Unread), "why", r.Unread.Error(), "remedy", failure.Remedy(r.Unread))
		return
	case len(r.Advices) == 0:
		return // nobody there has asked for Spot
	}
	ready := 0
	for i := range r.Advices {
		if r.Advices[i].Move != nil {
			ready++
		}
	}
	o := r.Outcome
	l.lines.InfoContext(ctx, "AutoSpot", scope, "reason", w.Reason, "policy", o.Plan.Policy, "mode", r.Mode, "asked", len(r.Advices), "ready", ready,
		"moved", len(o.Plan.Actions)-len(o.Failed), "failed", len(o.Failed), "wake", stamp(r.Again))
	if r.Unlearned != nil {
		l.lines.WarnContext(ctx, "own interruptions are not kept", scope, "class", failure.Of(r.Unlearned), "why", r.Unlearned.Error(), "remedy", failure.Remedy(r.Unlearned))
	}
	for _, a := range o.Plan.Actions {
		if move, ok := a.Change.(plan.Move); ok {
			l.lines.InfoContext(ctx, "move", scope, "act", a.ID, "resource", a.Subject.ARN, "way", move.Way, "cause", a.Cause, "why", a.Why)
		}
		if d, ok := a.Change.(plan.Deregister); ok {
			l.lines.InfoContext(ctx, "image", scope, "act", a.ID, "resource", a.Subject.ARN, "image", d.Image, "why", a.Why)
		}
		if why := o.Failed[a.ID]; why != nil {
			l.lines.WarnContext(ctx, "move failed", scope, "act", a.ID, "class", failure.Of(why), "why", why.Error())
		}
	}
}

// SpotTick notes the day's tick of AutoSpot, and passes its error on.
func (l Log) SpotTick(ctx context.Context, sent int, err error) error {
	if err != nil {
		l.lines.ErrorContext(ctx, "AutoSpot's tick failed", "class", failure.Of(err), "why", err.Error(), "remedy", failure.Remedy(err))
		return err
	}
	l.lines.InfoContext(ctx, "AutoSpot's tick", "sent", sent)
	return nil
}

// Heard notes a notice that was heeded, and passes its error on. Most are of instances that AutoSpot has nothing to do with: of them nothing is said.
func (l Log) Heard(ctx context.Context, r hub.Reaction, err error) error {
	n := r.Notice
	switch {
	case err != nil:
		l.lines.ErrorContext(ctx, "a notice was not taken in", "scope", n.Scope.String(), "what", n.What, "instance", n.Instance, "class", failure.Of(err), "why", err.Error())
	case r.Asked:
		l.lines.InfoContext(ctx, "notice", "scope", n.Scope.String(), "what", n.What, "group", n.Group, "instance", n.Instance, "class", n.Class)
	}
	return err
}
