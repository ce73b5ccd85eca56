package simulation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// fitsMove refuses a way that a kind of resource does not go.
func fitsMove(move plan.Move, kind fleet.Kind) error {
	goes := map[fleet.Kind][]plan.Way{
		fleet.AutoScalingGroup: {plan.ByRefresh, plan.ByRollback, plan.ByWriting}, fleet.EC2Instance: {plan.ByConverting}, fleet.ECSService: {plan.ByDeploying},
	}
	if !slices.Contains(goes[kind], move.Way) {
		return fmt.Errorf("%w: %s does not move by %s", ErrUnfit, kind.Noun(), move.Way)
	}
	return nil
}

// move makes one move. What is so already, or is on its way, counts as done; what somebody else has changed since it was looked at is left.
func (w *World) move(ctx context.Context, j job, move plan.Move) error {
	do := w.moveGroup
	switch move.Way {
	case plan.ByConverting:
		do = w.moveInstance
	case plan.ByDeploying:
		do = w.moveService
	default:
	}
	if err := do(ctx, j, move); err != nil {
		return fmt.Errorf("move %s by %s: %w", j.action.Subject.ID, move.Way, err)
	}
	return nil
}

// theirs says that somebody else has changed how a machine buys.
func (m *machine) theirs(move plan.Move) error {
	return fmt.Errorf("%w: somebody else has changed how it buys: it is %s, and neither %s, as planned, nor %s", ErrState,
		plan.Buys(m.purchase()), plan.Buys(move.From), plan.Buys(move.To))
}

// present is what a look just before an act finds.
func (m *machine) present() error {
	if m == nil || m.dead() {
		return ErrGone
	}
	return nil
}

// change makes a call that changes the machine of a job.
func (w *World) change(ctx context.Context, j job, api API, do func() error) error {
	return w.callIn(ctx, j.action.Subject.Scope, api, 0, func() error {
		if err := j.machine.permits(false); err != nil {
			return err
		}
		return do()
	})
}

// moveGroup moves a group. It looks at the group first, and at its refreshes where they matter.
func (w *World) moveGroup(ctx context.Context, j job, move plan.Move) error {
	m, scope := j.machine, j.action.Subject.Scope
	for _, look := range []API{DescribeGroups, DescribeRefreshes} {
		if err := w.callIn(ctx, scope, look, 0, m.present); err != nil {
			return err
		}
	}
	desired, err := m.buyingOf(move.To)
	if err != nil {
		return err
	}
	switch move.Way {
	case plan.ByRefresh:
		return w.startRefresh(ctx, j, move, desired)
	case plan.ByRollback:
		return w.rollBackRefresh(ctx, j, move)
	}
	switch live := m.purchase(); {
	case live.Equal(move.To):
		return nil
	case m.refresh != nil:
		return errRefreshing
	case !live.Equal(move.From):
		return m.theirs(move)
	}
	return w.change(ctx, j, UpdateGroup, func() error {
		m.change(w, author{ByOffpeak, j.action.ID}, func() {
			m.buy(desired)
			m.follow(w)
		})
		return nil
	})
}

var errRefreshing = fmt.Errorf("%w: an instance refresh of the group is under way", ErrState)

// sameBut compares purchases but for CapacityRebalance, which is switched before a refresh begins and is no part of its configuration.
func sameBut(a, b fleet.Purchase) bool {
	a.Rebalance = b.Rebalance
	return a.Equal(b)
}

// startRefresh switches CapacityRebalance, and then begins the refresh. Who dies between the two finds the first one done.
func (w *World) startRefresh(ctx context.Context, j job, move plan.Move, desired *buying) error {
	m, us := j.machine, author{ByOffpeak, j.action.ID}
	live := m.purchase()
	switch {
	case m.refresh != nil && m.refresh.desired != nil && !m.refresh.back && sameBut(m.refresh.desired.purchase(), move.To):
		return nil
	case m.refresh != nil:
		return errRefreshing
	case live.Equal(move.To):
		return nil
	case !sameBut(live, move.From) || live.Rebalance != move.From.Rebalance && live.Rebalance != move.To.Rebalance:
		return m.theirs(move)
	case m.size.Desired == 0:
		return fmt.Errorf("%w: at size 0 there is nobody to refresh; at its next opening there is", ErrState)
	}
	if err := checkRefresh(move); err != nil {
		return err
	}
	if live.Rebalance != move.To.Rebalance {
		if err := w.change(ctx, j, UpdateGroup, func() error {
			m.change(w, us, func() { m.setRebalance(move.To.Rebalance) })
			return nil
		}); err != nil {
			return err
		}
	}
	return w.change(ctx, j, StartRefresh, func() error {
		if m.refresh != nil {
			return errRefreshing
		}
		m.beginRollout(w, us, desired, move.Refresh)
		return nil
	})
}

// checkRefresh refuses what AWS does: bounds that are none, and an automatic rollback where there is nothing fixed to return to (Amazon EC2 Auto
// Scaling User Guide, undo changes with a rollback).
func checkRefresh(move plan.Move) error {
	r := move.Refresh
	switch {
	case r == nil:
		return fmt.Errorf("%w: a refresh needs its preferences", ErrUnfit)
	case r.MinHealthy < 0 || r.MinHealthy > 100 || r.MaxHealthy < 100 || r.MaxHealthy > 200 || r.MaxHealthy-r.MinHealthy > 100:
		return fmt.Errorf("%w: from %d to %d %% healthy are no bounds of a refresh", ErrUnfit, r.MinHealthy, r.MaxHealthy)
	case !slices.IsSorted(r.Checkpoints) || len(r.Checkpoints) > 0 && (r.Checkpoints[0] < 1 || r.Checkpoints[len(r.Checkpoints)-1] > 100):
		return fmt.Errorf("%w: checkpoints %v", ErrUnfit, r.Checkpoints)
	}
	for _, p := range []fleet.Purchase{move.From, move.To} {
		if t := p.Template; t == nil || strings.HasPrefix(t.Version, "$") || strings.HasPrefix(t.Image, "resolve:ssm:") {
			return fmt.Errorf("%w: no automatic rollback without a launch template with a version's number and an AMI's id", ErrUnfit)
		}
	}
	return nil
}

// rollBackRefresh rolls a refresh back that is under way, and switches CapacityRebalance back. The move may be planned from what the refresh leads to,
// or from what the group says of itself meanwhile.
func (w *World) rollBackRefresh(ctx context.Context, j job, move plan.Move) error {
	m, us := j.machine, author{ByOffpeak, j.action.ID}
	r, live := m.refresh, m.purchase()
	switch {
	case !sameBut(live, move.To):
		return m.theirs(move)
	case r == nil && live.Equal(move.To):
		return nil
	case r != nil && (r.desired == nil || !sameBut(r.desired.purchase(), move.From) && !sameBut(live, move.From)):
		return fmt.Errorf("%w: the refresh under way is not the one that is to be rolled back", ErrState)
	}
	if r != nil && !r.back {
		if err := w.change(ctx, j, RollbackRefresh, func() error {
			if m.refresh == nil {
				return fmt.Errorf("%w: no refresh is under way any more", ErrState)
			}
			if !m.refresh.back {
				m.change(w, us, func() {
					m.rollBack(w)
					m.follow(w)
				})
			}
			return nil
		}); err != nil {
			return err
		}
	}
	if m.rebalances() == move.To.Rebalance {
		return nil
	}
	return w.change(ctx, j, UpdateGroup, func() error {
		m.change(w, us, func() { m.setRebalance(move.To.Rebalance) })
		return nil
	})
}

// moveService changes the capacity providers of a service by a new deployment.
func (w *World) moveService(ctx context.Context, j job, move plan.Move) error {
	m := j.machine
	if err := w.callIn(ctx, j.action.Subject.Scope, DescribeServices, 0, m.present); err != nil {
		return err
	}
	for _, p := range move.To.Providers {
		if p.Weight < 0 || p.Base < 0 || p.Weight+p.Base == 0 && len(move.To.Providers) == 1 {
			return fmt.Errorf("%w: provider %s has base %d and weight %d", ErrUnfit, p.Name, p.Base, p.Weight)
		}
	}
	switch live := m.purchase(); {
	case live.Equal(move.To):
		return nil
	case m.refresh != nil || m.deploying:
		return fmt.Errorf("%w: a deployment of the service is under way", ErrState)
	case !live.Equal(move.From):
		return m.theirs(move)
	}
	return w.change(ctx, j, UpdateService, func() error {
		m.beginDeployment(w, author{ByOffpeak, j.action.ID}, &buying{providers: move.To.Providers})
		return nil
	})
}

// moveInstance replaces an instance by one that is bought in another way.
func (w *World) moveInstance(ctx context.Context, j job, move plan.Move) error {
	if w.Convert != nil {
		return w.Convert(ctx, j.action)
	}
	return w.convert(ctx, j, move)
}

// Notes implements the optimizer's Noter.
func (w *World) Notes(act string) []string {
	notes := w.notes[act]
	delete(w.notes, act)
	return notes
}

func (w *World) remark(act, text string) {
	if w.notes == nil {
		w.notes = map[string][]string{}
	}
	w.notes[act] = append(w.notes[act], text)
}
