package simulation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// convert replaces an instance by one that is bought in another way and keeps its interface and its data volumes. It is the world's own plain way:
// who died on it goes on where the world stands, which on AWS nobody could look up so easily. Package convert does it by a protocol.
func (w *World) convert(ctx context.Context, j job, move plan.Move) error {
	m := j.machine
	c := w.EC2(j.action.Subject.Scope, j.action.ID)
	if _, err := c.DescribeInstances(ctx, j.action.Subject.ID); err != nil && !errors.Is(err, ErrGone) {
		return err
	}
	switch {
	case m == nil || m.dead() && !m.awaits() && m.heir == nil:
		return ErrGone
	case m.heir != nil || m.dead():
	case m.spec.Lifecycle == move.To.Lifecycle:
		return nil
	case m.spec.Lifecycle != move.From.Lifecycle:
		return m.theirs(move)
	case move.To.Lifecycle == fleet.SpotOneTime || move.From.Lifecycle == fleet.SpotOneTime:
		return fmt.Errorf("%w: a one-time request's instance cannot be stopped", ErrUnfit)
	}
	image := "offpeak-" + j.action.ID
	if m.heir == nil {
		if !m.dead() {
			if err := w.vacate(ctx, c, m, image); err != nil {
				return err
			}
		}
		if err := w.settle(ctx, c, m, move, image); err != nil {
			return err
		}
	}
	return w.furnish(ctx, c, m)
}

// vacate ends an instance: its interface and its data volumes are left, and an image of it.
func (w *World) vacate(ctx context.Context, c EC2, m *machine, image string) error {
	deletes := map[string]bool{}
	var data []string
	for i := range m.spec.Volumes {
		if i > 0 && m.attachedNow(i) {
			deletes[deviceOf(i)] = false
			data = append(data, deviceOf(i))
		}
	}
	if err := c.ModifyInstanceAttribute(ctx, m.spec.ID, deletes); err != nil {
		return err
	}
	if err := c.ModifyNetworkInterfaceAttribute(ctx, m.network, false); err != nil {
		return err
	}
	if err := c.StopInstances(ctx, m.spec.ID); err != nil {
		return err
	}
	err := w.until(func() (bool, error) {
		r, err := c.DescribeInstances(ctx, m.spec.ID)
		return r.Status == "stopped", err
	})
	if err != nil {
		return err
	}
	if _, err := c.CreateImage(ctx, m.spec.ID, image, data...); err != nil && !errors.Is(err, ErrTaken) {
		return err
	}
	err = w.until(func() (bool, error) {
		found, err := c.DescribeImages(ctx, image)
		return len(found) == 1 && found[0].Ready, err
	})
	switch {
	case err != nil:
		return err
	case m.spec.Lifecycle != fleet.OnDemand:
		return c.CancelSpotInstanceRequests(ctx, m.request()) // which terminates it, as it is stopped
	default:
		return c.TerminateInstances(ctx, m.spec.ID)
	}
}

// settle launches the new instance on the interface that was left; on demand where Spot has no place for it.
func (w *World) settle(ctx context.Context, c EC2, m *machine, move plan.Move, image string) error {
	err := w.until(func() (bool, error) {
		holder, err := c.DescribeNetworkInterfaces(ctx, m.network)
		return holder == "", err
	})
	if err != nil {
		return err
	}
	found, err := c.DescribeImages(ctx, image)
	if err != nil || len(found) == 0 {
		return cmp.Or(err, fmt.Errorf("image %s: %w", image, ErrGone))
	}
	order := Order{
		Token: c.act + " " + move.To.Lifecycle.String(), Image: found[0].ID, Type: m.spec.Type, Lifecycle: move.To.Lifecycle, Interface: m.network, Tags: m.tags,
	}
	_, err = c.RunInstances(ctx, order)
	if order.Lifecycle != fleet.OnDemand && (errors.Is(err, ErrCapacity) || errors.Is(err, ErrQuota)) {
		w.remark(c.act, fmt.Sprintf("it is on demand: %v", err))
		order.Token, order.Lifecycle = c.act+" "+fleet.OnDemand.String(), fleet.OnDemand
		_, err = c.RunInstances(ctx, order)
	}
	return err
}

// furnish attaches the data volumes of an instance to the one that took its place.
func (w *World) furnish(ctx context.Context, c EC2, m *machine) error {
	next := m.heir
	err := w.until(func() (bool, error) {
		r, err := c.DescribeInstances(ctx, next.spec.ID)
		return r.Status == "running" || r.Status == "stopped", err
	})
	for i := 1; i < len(m.spec.Volumes) && err == nil; i++ {
		if m.attachedNow(i) {
			err = c.AttachVolume(ctx, m.volumes[i], next.spec.ID)
		}
	}
	return err
}

// looks are how often it is looked whether something has arrived, every fifteen seconds.
const looks = 60

// until waits for something.
func (w *World) until(arrived func() (bool, error)) error {
	for range looks {
		if there, err := arrived(); there || err != nil {
			return err
		}
		w.wait(15 * time.Second)
	}
	return fmt.Errorf("%w: it has not arrived within a quarter of an hour", ErrState)
}
