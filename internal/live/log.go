package live

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/hub"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
)

// Log writes what the functions do: lines of JSON, and metrics in CloudWatch's embedded metric format, which costs no call. A sweep that did
// nothing writes nothing.
type Log struct {
	lines *slog.Logger
	mu    *sync.Mutex
	out   io.Writer
}

// NewLog returns a log to a writer.
func NewLog(out io.Writer) Log {
	return Log{slog.New(slog.NewJSONHandler(out, nil)), &sync.Mutex{}, out}
}

// Refused notes an input that is dropped.
func (l Log) Refused(ctx context.Context, err error) {
	l.lines.WarnContext(ctx, "input dropped", "why", err.Error())
}

// Event notes an event. The error is passed on, unless it only says that nobody named the account.
func (l Log) Event(ctx context.Context, s hub.Signal, err error) error {
	if hub.IsStranger(err) {
		l.lines.WarnContext(ctx, "event ignored", "scope", s.Scope.String(), "event", s.What, "why", err.Error())
		return nil
	}
	return err
}

// Tick notes a tick that did something, and passes its error on.
func (l Log) Tick(ctx context.Context, t hub.Tally, err error) error {
	if t.Doubt != nil {
		l.lines.ErrorContext(ctx, "an older policy is in force", "why", t.Doubt.Error())
	}
	for _, f := range t.Findings {
		l.lines.WarnContext(ctx, "cannot be looked at", "account", f.Account, "region", f.Region, "class", f.Class, "why", f.Text, "remedy", f.Remedy)
	}
	switch {
	case err != nil:
		l.lines.ErrorContext(ctx, "tick failed", "sent", t.Sent, "why", err.Error())
	case t.Sent > 0:
		l.lines.InfoContext(ctx, "tick", "due", t.Due, "all", t.All, "sent", t.Sent)
	}
	return err
}

// Look notes what came of a wake.
func (l Log) Look(ctx context.Context, w hub.Wake, r hub.Report, err error) {
	scope := slog.String("scope", w.Scope.String())
	if r.Doubt != nil {
		l.lines.ErrorContext(ctx, "an older policy is in force", scope, "why", r.Doubt.Error())
	}
	if r.Outcome.Unwatched != nil {
		l.lines.ErrorContext(ctx, "people may not have been told", scope, "why", r.Outcome.Unwatched.Error())
	}
	for _, d := range r.Outcome.Damages {
		l.lines.ErrorContext(ctx, "the ledger is damaged", scope, "why", d.Error())
	}
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		l.lines.ErrorContext(ctx, "sweep failed", scope, "reason", w.Reason, "class", failure.Of(err), "why", err.Error())
		l.metrics(map[string]float64{"SweepsFailed": 1})
	case r.Unread != nil:
		l.lines.ErrorContext(ctx, "cannot be looked at", scope, "why", r.Unread.Error())
		l.metrics(map[string]float64{"ScopesUnread": 1})
	case r.Elsewhere, r.Outcome.Quiet:
	default:
		l.acted(ctx, scope, w, r)
	}
}

// acted notes a sweep that did something.
func (l Log) acted(ctx context.Context, scope slog.Attr, w hub.Wake, r hub.Report) {
	o := r.Outcome
	l.lines.InfoContext(ctx, "sweep", scope, "reason", w.Reason, "policy", o.Plan.Policy, "actions", len(o.Plan.Actions), "failed", len(o.Failed),
		"refused", len(o.Plan.Refusals), "left", o.Left, "wake", stamp(o.Wake), "observed_until", stamp(r.Observed))
	for id, err := range o.Failed {
		l.lines.WarnContext(ctx, "act failed", scope, "act", id, "class", failure.Of(err), "why", err.Error())
	}
	starts, stops := count(o)
	l.metrics(map[string]float64{
		"Stops": stops, "Starts": starts, "ActsFailed": float64(len(o.Failed)), "Throttled": float64(throttled(o)),
	})
}

func count(o optimizer.Outcome) (starts, stops float64) {
	for _, a := range o.Plan.Actions {
		if _, failed := o.Failed[a.ID]; failed {
			continue
		}
		if plan.SwitchesOff(a.Change) {
			stops++
		} else {
			starts++
		}
	}
	return starts, stops
}

func throttled(o optimizer.Outcome) (n int) {
	for _, err := range o.Failed {
		if failure.Of(err) == failure.Throttled {
			n++
		}
	}
	return n
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// namespace is that of offpeak's metrics.
const namespace = "offpeak"

// metrics writes one line of CloudWatch's embedded metric format (Amazon CloudWatch user guide, specification of the format), without
// dimensions: a metric for each account would cost more than what it tells.
func (l Log) metrics(values map[string]float64) {
	type metric struct {
		Name string `json:"Name"`
		Unit string `json:"Unit"`
	}
	var names []metric
	line := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if values[name] != 0 {
			names = append(names, metric{name, "Count"})
			line[name] = values[name]
		}
	}
	if len(names) == 0 {
		return
	}
	line["_aws"] = map[string]any{
		"Timestamp":         time.Now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{"Namespace": namespace, "Dimensions": [][]string{{}}, "Metrics": names}},
	}
	data, err := json.Marshal(line)
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.out.Write(append(data, '\n'))
}
