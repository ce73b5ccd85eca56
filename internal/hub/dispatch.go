package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
)

// reconcileFor is how long after the full hour a tick looks at everybody.
const reconcileFor = 5 * time.Minute

// Dispatcher finds out who is to be looked at. All fields but Spot must be set.
type Dispatcher struct {
	States    optimizer.States
	Policies  *Policies
	Accounts  *Accounts
	Directory Directory
	Queue     Queue
	// Spot is the queue of AutoSpot's wakes; nil where there is no AutoSpot.
	Spot  Queue
	Watch *Watch
	Now   func() time.Time
}

// Tally is what a tick did.
type Tally struct {
	Due, All, Sent int
	Findings       []Finding
	// Doubt says why the policy in force is not the current one.
	Doubt error `json:"-"` // it is logged: an error has no form in JSON
	// Asleep is what offpeak holds off everywhere, counted once an hour; nil at other ticks. Uncounted says where it could not be.
	Asleep    *int
	Uncounted error
}

// Tick sends a wake for every scope that is due, once an hour and after a push of the policy for all of them. at is the instant for which
// the tick was planned. Sending twice does no harm: a wake says only where to look.
func (d *Dispatcher) Tick(ctx context.Context, at time.Time) (Tally, error) {
	var tally Tally
	wakes := map[fleet.Scope]Reason{}
	due, err := d.States.Due(ctx, d.Now())
	if err != nil {
		return tally, err // the reconcile of the next hour finds who was due
	}
	for _, scope := range due {
		wakes[scope] = Due
	}
	tally.Due = len(due)
	held, version, doubt, err := d.Policies.InForce(ctx)
	if err != nil {
		return tally, err
	}
	tally.Doubt = doubt
	reason, everybody, err := d.everybody(ctx, at, version)
	if err != nil {
		return tally, err
	}
	var scopes []fleet.Scope
	if everybody {
		var findings []Finding
		scopes, findings, err = d.Directory.Scopes(ctx, held)
		if err != nil {
			return tally, errors.Join(err, d.send(ctx, wakes, &tally)) // who is due is due all the same
		}
		if err := d.Accounts.Meet(ctx, scopes, d.Now()); err != nil {
			return tally, err
		}
		tally.All, tally.Findings = len(scopes), findings
		for _, scope := range scopes {
			if _, ok := wakes[scope]; !ok {
				wakes[scope] = reason
			}
		}
	}
	if err := d.send(ctx, wakes, &tally); err != nil {
		return tally, err
	}
	if err := d.Watch.Tell(ctx, d.alerts(tally), d.Now()); err != nil {
		return tally, err
	}
	if reason == Reconcile {
		d.countAsleep(ctx, scopes, &tally)
	}
	if reason == NewPolicy {
		if err := d.wakeAutoSpot(ctx, scopes); err != nil {
			return tally, err
		}
		return tally, d.dispatched(ctx, version)
	}
	return tally, nil
}

// countAsleep adds up what is asleep. Sweeps that find nothing to do say nothing, and are most of them, so that no sum of what sweeps say tells what
// is asleep at a time; a dispatcher that reads one small object of each scope once an hour can.
func (d *Dispatcher) countAsleep(ctx context.Context, scopes []fleet.Scope, tally *Tally) {
	n, err := d.States.Asleep(ctx, scopes)
	tally.Asleep, tally.Uncounted = &n, err
}

// alerts are what a tick has found out of order: each is told once a day until it is put right.
func (d *Dispatcher) alerts(t Tally) []Alert {
	day := d.Now().UTC().Format(time.DateOnly)
	var alerts []Alert
	if t.Doubt != nil {
		alerts = append(alerts, Alert{
			Key: "policy|" + day, Class: failure.Other, What: "an older policy is in force",
			Why: t.Doubt.Error(), Remedy: "mend the policy, check it with \"offpeak policy check\", and push it again",
		})
	}
	for _, f := range t.Findings {
		where := string(f.Account)
		if f.Region != "" {
			where = strings.TrimPrefix(where+"/"+string(f.Region), "/")
		}
		alerts = append(alerts, Alert{
			Key: fmt.Sprintf("finding|%s|%s|%s", where, f.Class, day), Scope: fleet.Scope{Account: f.Account, Region: f.Region}, Class: f.Class,
			What: where + " cannot be looked at", Why: f.Text, Remedy: f.Remedy,
		})
	}
	return alerts
}

func (d *Dispatcher) send(ctx context.Context, reasons map[fleet.Scope]Reason, tally *Tally) error {
	now := d.Now().UTC()
	wakes := make([]Wake, 0, len(reasons))
	for scope, reason := range reasons {
		wakes = append(wakes, Wake{Scope: scope, Reason: reason, Sent: now})
	}
	slices.SortFunc(wakes, func(a, b Wake) int { return a.Scope.Compare(b.Scope) })
	if len(wakes) == 0 {
		return nil
	}
	tally.Sent = len(wakes)
	return d.Queue.Send(ctx, together(wakes))
}

// mostTogether is how many scopes are looked at in one go. Each may hold as much as a worker's memory has room for, so that it is no more than this.
const mostTogether = 4

// together joins the regions of an account that are looked at because everybody is. They mostly find nothing to do. Who is due has the whole time of
// an invocation for itself.
func together(wakes []Wake) (joined []Wake) {
	for _, w := range wakes {
		if last := len(joined) - 1; last >= 0 && w.Reason != Due && w.Reason == joined[last].Reason && w.Scope.Account == joined[last].Scope.Account &&
			1+len(joined[last].Beside) < mostTogether {
			joined[last].Beside = append(joined[last].Beside, w.Scope.Region)
			continue
		}
		joined = append(joined, w)
	}
	return joined
}

// everybody reports whether all scopes are to be looked at, and why.
func (d *Dispatcher) everybody(ctx context.Context, at time.Time, version objects.Version) (Reason, bool, error) {
	data, _, err := d.States.Store.Read(ctx, dispatchedKey)
	if err != nil && !errors.Is(err, objects.ErrNotFound) {
		return "", false, fmt.Errorf("dispatch: %w", err)
	}
	var last dispatched
	if err == nil {
		if err := json.Unmarshal(data, &last); err != nil {
			last = dispatched{} // it can be lost: everybody is looked at once more
		}
	}
	switch {
	case last.Policy != string(version):
		return NewPolicy, true, nil
	case at.Sub(at.Truncate(time.Hour)) < reconcileFor:
		return Reconcile, true, nil
	}
	return "", false, nil
}

// dispatchedKey is where the dispatcher notes for which policy it has woken everybody.
const dispatchedKey = "policy/dispatched.json"

type dispatched struct {
	Policy string `json:"policy"` // version of the object
}

func (d *Dispatcher) dispatched(ctx context.Context, version objects.Version) error {
	data, err := json.Marshal(dispatched{string(version)})
	if err != nil {
		return err
	}
	_, old, err := d.States.Store.Read(ctx, dispatchedKey)
	switch {
	case errors.Is(err, objects.ErrNotFound):
		_, err = d.States.Store.Create(ctx, dispatchedKey, data)
	case err == nil:
		_, err = d.States.Store.Replace(ctx, dispatchedKey, data, old)
	}
	if errors.Is(err, objects.ErrExists) || errors.Is(err, objects.ErrChanged) {
		return nil // another tick noted it
	}
	return err
}
