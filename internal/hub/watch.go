package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/internal/plan"
)

// Readiness tells of running EC2 instances which are not usable yet, and why: status checks that have not passed. Instances that are not named
// in the answer are usable.
type Readiness interface {
	NotReady(ctx context.Context, scope fleet.Scope, instances []string) (map[string]string, error)
}

// How long what was started may take until people can use it, and how long it is watched for that; then a stop that does not happen.
const (
	watchEvery = 5 * time.Minute
	watchFor   = 3 * time.Hour
	stopLate   = time.Hour
)

// Deadline is how long after its opening a resource of a kind may become usable before somebody is told (design of the verification: EC2
// with status checks, groups with their instances in service, databases available, services steady).
func Deadline(k fleet.Kind) time.Duration {
	switch k {
	case fleet.EC2Instance:
		return 15 * time.Minute
	case fleet.RDSInstance, fleet.RDSCluster:
		return time.Hour
	default:
		return 20 * time.Minute
	}
}

// Watch looks at what was started until people can use it, and at what was stopped until it is; what comes too late, and what a person must
// put right, is said once for each cause and resource.
type Watch struct {
	Readiness Readiness // nil: running is taken for usable
	Alerts    Alerts
	Said      Said
}

// After looks at a scope as a sweep has seen it and planned it. failed are the acts of the sweep that failed, by act id. It returns when to look
// again for its sake; zero where there is nothing to wait for.
func (w *Watch) After(ctx context.Context, scope fleet.Scope, seen *fleet.Snapshot, memory *fleet.Memory, failed map[string]error) (time.Time, error) {
	waiting, err := w.notReady(ctx, scope, seen, memory)
	if err != nil {
		return time.Time{}, err
	}
	var again time.Time
	var alerts []Alert
	for i := range seen.Resources {
		r := &seen.Resources[i]
		m, known := memory.Resources[r.ARN]
		if !known || m.Act == "" {
			continue
		}
		alert, open := watched(r, m, seen.Taken, waiting[r.ID], failed[m.Act])
		if open {
			again = seen.Taken.Add(watchEvery)
		}
		if alert != nil {
			alerts = append(alerts, *alert)
		}
	}
	return again, w.Tell(ctx, alerts, seen.Taken)
}

// notReady asks about running instances that were started lately.
func (w *Watch) notReady(ctx context.Context, scope fleet.Scope, seen *fleet.Snapshot, memory *fleet.Memory) (map[string]string, error) {
	var ids []string
	for i := range seen.Resources {
		r := &seen.Resources[i]
		m := memory.Resources[r.ARN]
		if r.Kind == fleet.EC2Instance && r.State == fleet.Running && m.Tried.Want == fleet.Running && lately(m.Tried, seen.Taken) {
			ids = append(ids, r.ID)
		}
	}
	if w.Readiness == nil || len(ids) == 0 {
		return nil, nil
	}
	return w.Readiness.NotReady(ctx, scope, ids)
}

func lately(edge fleet.Moment, now time.Time) bool {
	return !edge.IsZero() && now.Sub(edge.At) < watchFor
}

// watched says of one resource what is to be told, if anything, and whether it is to be looked at again.
func watched(r *fleet.Resource, m fleet.Remembered, now time.Time, waits string, failed error) (*Alert, bool) {
	age := now.Sub(m.Tried.At)
	if class := failure.Of(failed); failed != nil && !class.Passes() && class != failure.Gone && class != failure.Other {
		return refused(r, m, class, failed), m.Tried.Want == fleet.Running
	}
	if !lately(m.Tried, now) {
		return nil, false
	}
	if !m.RetryAt.IsZero() {
		return nil, false // why has been told; memory says when it is tried again
	}
	switch {
	case m.Tried.Want == fleet.Stopped:
		if r.State == fleet.Running && m.Done.At.Before(m.Tried.At) && age >= stopLate {
			return late(r, m, "was to be stopped at %s and still runs", "it is charged as long as it runs", failed), false
		}
		return nil, false
	case r.State == fleet.Running && waits == "":
		if trait, ok := r.Trait(fleet.NotInService); ok {
			waits = trait.Detail
		} else {
			return nil, false // usable
		}
	case waits == "":
		waits = "it is " + r.State.String()
		if r.Status != "" {
			waits = "AWS says that it is " + r.Status
		}
	}
	if age >= Deadline(r.Kind) {
		return late(r, m, "opened at %s and cannot be used yet", waits, failed), true
	}
	return nil, true
}

// refused is the alert of an act that somebody must make possible.
func refused(r *fleet.Resource, m fleet.Remembered, class failure.Class, err error) *Alert {
	verb := "stopped"
	if m.Tried.Want == fleet.Running {
		verb = "started"
	}
	return &Alert{
		Key: key(r, m, string(class)), Scope: r.Scope, Resource: r.ARN, Class: class,
		What: fmt.Sprintf("%s %s cannot be %s", r.Kind.Noun(), named(r), verb), Why: err.Error(), Remedy: remedy(class),
	}
}

func late(r *fleet.Resource, m fleet.Remembered, what, why string, failed error) *Alert {
	class, do := failure.Other, "look at it in the AWS console; \"offpeak history "+r.ID+"\" tells what was done"
	if failed != nil {
		class, why = failure.Of(failed), failed.Error()
		do = remedy(class)
	}
	return &Alert{
		Key: key(r, m, "late"), Scope: r.Scope, Resource: r.ARN, Class: class,
		What: fmt.Sprintf("%s %s "+what, r.Kind.Noun(), named(r), m.Tried.At.UTC().Format("2006-01-02 15:04 UTC")), Why: why, Remedy: do,
	}
}

// key is the same for the same cause, resource and edge.
func key(r *fleet.Resource, m fleet.Remembered, cause string) string {
	return fmt.Sprintf("%s|%s|%s|%d", r.ARN, cause, m.Tried.Want, m.Tried.At.Unix())
}

func named(r *fleet.Resource) string {
	if name := r.Name(); name != "" {
		return fmt.Sprintf("%s (%q)", r.ID, name)
	}
	return r.ID
}

// remedy is what to do about a failure.
func remedy(c failure.Class) string {
	switch c {
	case failure.Denied:
		return "\"offpeak doctor\" shows which permission is missing; deploy the current role, or set the tag to ignore"
	case failure.Protected:
		return "take its stop or scale-in protection away, or set its tag to ignore"
	case failure.Quota:
		return "ask AWS for a higher quota (Service Quotas console); offpeak goes on trying"
	case failure.Key:
		return "allow offpeak's role to use the key: kms:CreateGrant with kms:GrantIsForAWSResource"
	case failure.InvalidState:
		return "bring it into a state in which AWS allows the change, or set its tag to ignore"
	case failure.Capacity:
		return "offpeak goes on trying; name compatible types in the tag offpeak:types, or start it by hand in another zone"
	default:
		return "offpeak goes on trying until the next edge; \"offpeak explain\" tells more"
	}
}

// Tell says alerts that were not said before.
func (w *Watch) Tell(ctx context.Context, alerts []Alert, now time.Time) error {
	var fresh []Alert
	var errs []error
	for _, a := range alerts {
		first, err := w.Said.First(ctx, a.Key, now)
		if err != nil {
			errs = append(errs, err)
		}
		if first || err != nil { // rather twice than never
			fresh = append(fresh, a)
		}
	}
	if len(fresh) > 0 {
		if err := w.Alerts.Say(ctx, fresh); err != nil {
			errs = append(errs, err)
			for _, a := range fresh {
				errs = append(errs, w.Said.Forget(ctx, a.Key))
			}
		}
	}
	return errors.Join(errs...)
}

// Said remembers what was said, by one small object each. The zero value with a store is ready.
type Said struct{ Store objects.Store }

func saidKey(key string) string { return "said/" + plan.Hash(key) }

// First reports whether a thing is said for the first time, and notes that it is.
func (s Said) First(ctx context.Context, key string, now time.Time) (bool, error) {
	_, err := s.Store.Create(ctx, saidKey(key), []byte(now.UTC().Format(time.RFC3339)+" "+key+"\n"))
	if errors.Is(err, objects.ErrExists) {
		return false, nil
	}
	return err == nil, err
}

// Forget takes a note back: it could not be said.
func (s Said) Forget(ctx context.Context, key string) error { return s.Store.Delete(ctx, saidKey(key)) }
