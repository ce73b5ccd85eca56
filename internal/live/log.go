package live

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
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
	calls interface{ Throttled() map[string]int } // nil: nobody counts
	said  *int                                    // throttled calls that were told
}

// NewLog returns a log to a writer.
func NewLog(out io.Writer) Log {
	return Log{lines: slog.New(slog.NewJSONHandler(out, nil)), mu: &sync.Mutex{}, out: out, said: new(int)}
}

// Log returns a log to a writer that also tells how often AWS has throttled the hub's calls.
func (h *Hub) Log(out io.Writer) Log {
	l := NewLog(out)
	l.calls = h.Access.Calls()
	return l
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
		l.lines.ErrorContext(ctx, "tick failed", "sent", t.Sent, "class", failure.Of(err), "why", err.Error(), "remedy", failure.Remedy(err))
	case t.Sent > 0:
		l.lines.InfoContext(ctx, "tick", "due", t.Due, "all", t.All, "sent", t.Sent)
	}
	if t.Uncounted != nil {
		l.lines.WarnContext(ctx, "not all that is asleep is counted", "why", t.Uncounted.Error())
	}
	if t.Asleep != nil {
		l.emit(map[string]float64{Asleep: float64(*t.Asleep)}) // none is a number too
	}
	unread := 0.0 // what cannot be entered is never woken, so that no sweep says it
	for _, f := range t.Findings {
		if !f.Closed {
			unread++
		}
	}
	l.metrics(map[string]float64{ScopesUnread: unread})
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
		l.lines.ErrorContext(ctx, "sweep failed", scope, "reason", w.Reason, "class", failure.Of(err), "why", err.Error(), "remedy", failure.Remedy(err))
		l.metrics(map[string]float64{SweepsFailed: 1})
	case r.Unread != nil:
		l.lines.ErrorContext(ctx, "cannot be looked at", scope, "class", failure.Of(r.Unread), "why", r.Unread.Error(), "remedy", failure.Remedy(r.Unread))
		l.metrics(map[string]float64{ScopesUnread: 1})
	case r.Elsewhere:
	case r.Outcome.Quiet:
		l.held(ctx, scope, r.Outcome.Plan)
	default:
		l.acted(ctx, scope, w, r)
		l.held(ctx, scope, r.Outcome.Plan)
	}
}

// acted notes a sweep that did something.
func (l Log) acted(ctx context.Context, scope slog.Attr, w hub.Wake, r hub.Report) {
	o := r.Outcome
	causes, starts, stops := done(o)
	l.lines.InfoContext(ctx, "sweep", scope, "reason", w.Reason, "policy", o.Plan.Policy, "actions", len(o.Plan.Actions), "failed", len(o.Failed),
		"refused", len(o.Plan.Refusals), "left", o.Left, "causes", causes, "wake", stamp(o.Wake), "observed_until", stamp(r.Observed))
	for id, err := range o.Failed {
		l.lines.WarnContext(ctx, "act failed", scope, "act", id, "class", failure.Of(err), "why", err.Error())
	}
	for _, f := range o.Plan.Findings {
		if f.Code == plan.NoPrices {
			l.lines.WarnContext(ctx, "no prices", scope, "why", f.Why)
		}
	}
	l.metrics(map[string]float64{
		Stops: stops, Starts: starts, ActsFailed: failures(o), HoursAvoided: o.Slept.Hours(), Throttled: l.throttledSince(),
	})
}

// held notes acts that are due and are not done until a person has looked, or lets go of a kill switch: at each sweep as long as that is so, so that
// an alarm stays as long, too.
// It is the one thing of which a sweep that changes nothing speaks.
func (l Log) held(ctx context.Context, scope slog.Attr, p plan.Plan) {
	held := map[plan.Code]float64{}
	for _, r := range p.Refusals {
		held[r.Code]++
	}
	surprises, sizes, switched := held[plan.GuardReached], held[plan.SizeUnknown], held[plan.KillSwitch]
	if surprises+sizes+switched == 0 {
		return
	}
	l.lines.WarnContext(ctx, "acts are held", scope, "surprises", surprises, "sizes_unknown", sizes, "kill_switch", switched)
	l.metrics(map[string]float64{SurprisesHeld: surprises, SizesUnknown: sizes})
}

// done counts the acts that AWS accepted, also by their cause.
func done(o optimizer.Outcome) (causes map[plan.Cause]int, starts, stops float64) {
	causes = map[plan.Cause]int{}
	for _, a := range o.Plan.Actions[:min(o.Tried, len(o.Plan.Actions))] {
		if _, failed := o.Failed[a.ID]; failed {
			continue
		}
		causes[a.Cause]++
		if !plan.Switches(a.Change) {
			continue
		}
		if plan.SwitchesOff(a.Change) {
			stops++
		} else {
			starts++
		}
	}
	return causes, starts, stops
}

// failures counts the acts that failed. One of what is on its way elsewhere, such as a cluster whose snapshot is being taken, is only late: the next
// sweep tries it, and an alarm about it would be about nothing.
func failures(o optimizer.Outcome) (n float64) {
	for _, err := range o.Failed {
		if failure.Of(err) != failure.InTransition {
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

// The metrics, without dimensions: one for each account would cost more than what it tells. CloudWatch charges for each name, so that there are ten
// and no more. What has many values, such as causes and classes of failures, stands in the lines of the log; what AWS measures itself (invocations,
// errors, durations, the age of the queue, messages of the topic) is not measured again.
const (
	Stops         = "Stops"
	Starts        = "Starts"
	ActsFailed    = "ActsFailed"
	HoursAvoided  = "HoursAvoided"
	Throttled     = "Throttled"
	Asleep        = "Asleep"
	SurprisesHeld = "SurprisesHeld"
	SizesUnknown  = "SizesUnknown"
	SweepsFailed  = "SweepsFailed"
	ScopesUnread  = "ScopesUnread"
)

// Metric is one metric, and what its number is of.
type Metric struct{ Name, Says string }

// Metrics lists every metric in the order of the guide. No other is written.
func Metrics() []Metric {
	return []Metric{
		{Asleep, "what offpeak holds off in all accounts, counted once an hour"},
		{HoursAvoided, "of what was started: the hours since offpeak's stop of it was seen"},
		{Stops, "stops, hibernations and shrinkings that AWS accepted"},
		{Starts, "starts and enlargements that AWS accepted"},
		{ActsFailed, "acts that failed, other than of what is in transition and is tried again"},
		{Throttled, "calls that AWS throttled, also those that were repeated with success"},
		{SurprisesHeld, "acts that the guard holds until a person has looked"},
		{SizesUnknown, "groups and services at zero of whose size before nothing is known"},
		{SweepsFailed, "sweeps that failed and are made again"},
		{ScopesUnread, "accounts, or regions of them, that could not be looked at until somebody puts that right, by each sweep that tried and by the hourly look"},
	}
}

// namespace is that of the metrics.
const namespace = "offpeak"

// throttledSince returns how many calls were throttled since it was asked the last time.
func (l Log) throttledSince() float64 {
	if l.calls == nil {
		return 0
	}
	all := 0
	for _, n := range l.calls.Throttled() {
		all += n
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh := all - *l.said
	*l.said = all
	return float64(fresh)
}

// metrics emits what is not zero.
func (l Log) metrics(values map[string]float64) {
	maps.DeleteFunc(values, func(_ string, v float64) bool { return v == 0 })
	if len(values) > 0 {
		l.emit(values)
	}
}

// emit writes one line of CloudWatch's embedded metric format (Amazon CloudWatch user guide, specification of the format).
func (l Log) emit(values map[string]float64) {
	type metric struct {
		Name string `json:"Name"`
		Unit string `json:"Unit"`
	}
	var names []metric
	line := map[string]any{}
	for _, m := range Metrics() {
		value, ok := values[m.Name]
		if !ok {
			continue
		}
		unit := "Count"
		if m.Name == HoursAvoided {
			unit = "None" // CloudWatch has no hours
		}
		names = append(names, metric{m.Name, unit})
		line[m.Name] = value
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
