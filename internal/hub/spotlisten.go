package hub

import (
	"context"
	"errors"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
)

// Reaction is what came of a notice.
type Reaction struct {
	Notice Notice
	// Ignored says why nothing was done: nobody named the account, nothing was moved in the scope, or it was told before.
	Ignored string
	// Asked says that the scope is looked at now.
	Asked bool
}

// Groups tells which Auto Scaling group an instance belongs to; empty: none, or it is gone.
type Groups interface {
	GroupOf(ctx context.Context, scope fleet.Scope, instance string) (string, error)
}

// Listener takes notices in. All fields must be set. It waits for nothing: what takes longer is left to the worker that it wakes.
type Listener struct {
	Store    objects.Store
	Accounts *Accounts
	Groups   Groups
	// Queue is the one that the SpotWorker answers.
	Queue Queue
	// Classify says what the message of a failed launch comes to.
	Classify func(message string) failure.Class
	Now      func() time.Time
}

// Hear takes a notice in. Of instances that AutoSpot has not moved it asks AWS nothing and keeps nothing.
func (l *Listener) Hear(ctx context.Context, n Notice) (Reaction, error) {
	r := Reaction{Notice: n}
	known, err := l.Accounts.Known(ctx, n.Scope.Account)
	if err != nil {
		return r, err
	}
	if !known {
		r.Ignored = "nobody named its account"
		return r, nil
	}
	state, err := (optimizer.States{Store: l.Store}).Load(ctx, n.Scope)
	if err != nil && !errors.Is(err, objects.ErrNotFound) {
		return r, err
	}
	groups, instances := movedThings(&state.Memory)
	switch {
	case instances[n.Instance] && n.What != Interrupted:
		r.Ignored = "nothing takes the place of an instance that stands alone before AWS takes it"
		return r, nil
	case instances[n.Instance]:
	case len(groups) == 0:
		r.Ignored = "AutoSpot has moved no group there, nor this instance"
		return r, nil
	case n.Group == "":
		if n.Group, err = l.Groups.GroupOf(ctx, n.Scope, n.Instance); err != nil {
			return r, err
		}
	}
	if !groups[n.Group] && !instances[n.Instance] {
		r.Ignored = "AutoSpot has not moved its group"
		return r, nil
	}
	if n.What == LaunchFailed {
		n.Class = l.Classify(n.Message)
	}
	r.Notice = n
	first, err := (Notices{l.Store}).Keep(ctx, n)
	if err != nil {
		return r, err
	}
	if !first {
		r.Ignored = "it was told before"
		return r, nil
	}
	r.Asked = true
	return r, l.Queue.Send(ctx, []Wake{{Scope: n.Scope, Reason: Event, Sent: l.Now().UTC()}})
}

// movedThings are the names of the groups that AutoSpot has moved, and the ids of the instances.
func movedThings(memory *fleet.Memory) (groups, instances map[string]bool) {
	groups, instances = map[string]bool{}, map[string]bool{}
	for arn, m := range memory.Spot {
		if m.Stage == fleet.Returned {
			continue
		}
		if name, ok := fleet.GroupName(arn); ok {
			groups[name] = true
		}
		if id, _, ok := fleet.InstanceOf(arn); ok {
			instances[id] = true
		}
	}
	return groups, instances
}
