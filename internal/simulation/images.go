package simulation

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"offpeak/internal/fleet"
)

// image is an AMI that was made of an instance, with a snapshot of each of its volumes.
type image struct {
	Image
	scope       fleet.Scope
	of          *machine
	spec        Spec
	made, ready int64
	ended       int64
}

// Image is what DescribeImages shows.
type Image struct {
	ID, Name string
	Source   string // the instance that it was made of
	Ready    bool   // available, and not pending any more
}

// CreateImage makes an image of an instance and its volumes but for those of some devices, which takes minutes.
func (c EC2) CreateImage(ctx context.Context, id, name string, noDevices ...string) (string, error) {
	w, made := c.world, ""
	err := c.call(ctx, CreateImage, id, func(m *machine) error {
		for _, other := range w.shelf {
			if other.Name == name && other.scope == c.scope && other.ended == 0 {
				return fmt.Errorf("%w: %s", ErrTaken, name)
			}
		}
		made = fmt.Sprintf("ami-0%016x", number(w.seed, string(m.spec.ARN), "image "+name, len(w.shelf)))
		if w.shelf == nil {
			w.shelf = map[string]*image{}
		}
		spec := m.spec
		spec.Volumes, spec.Tags = nil, m.tags
		for i, v := range m.spec.Volumes {
			if m.attachedNow(i) && !slices.Contains(noDevices, deviceOf(i)) {
				spec.Volumes = append(spec.Volumes, v)
			}
		}
		w.shelf[made] = &image{Image{ID: made, Name: name, Source: id}, c.scope, m, spec, w.now, w.now + between(m.luck(w), 60, 300), 0}
		return nil
	})
	return made, err
}

// DescribeImages returns the images of a name; there is one at the most.
func (c EC2) DescribeImages(ctx context.Context, name string) ([]Image, error) {
	var found []Image
	err := c.world.callIn(ctx, c.scope, DescribeImages, 0, func() error {
		for _, i := range c.world.shelf {
			if i.Name == name && i.scope == c.scope && i.ended == 0 {
				i.Ready = c.world.now >= i.ready
				found = append(found, i.Image)
			}
		}
		return nil
	})
	return found, err
}

// DeregisterImage deletes an image and its snapshots.
func (c EC2) DeregisterImage(ctx context.Context, id string) error {
	return c.world.callIn(ctx, c.scope, DeregisterImage, 0, func() error {
		i := c.world.shelf[id]
		if i == nil || i.scope != c.scope || i.ended != 0 {
			return fmt.Errorf("%s %s: %w", DeregisterImage, id, ErrGone)
		}
		i.ended = c.world.now
		return nil
	})
}

// snapshots are the holdings of images that were made of a machine. A snapshot counts as large as its volume, though AWS charges for written
// blocks alone.
func (m *machine) snapshots(w *World, add func(h Holding, from, to int64)) {
	for _, i := range w.shelf {
		if i.of != m {
			continue
		}
		end := w.now
		if i.ended != 0 {
			end = i.ended
		}
		for n, v := range i.spec.Volumes {
			id := fmt.Sprintf("snap-0%016x", number(w.seed, i.ID, "snapshot", n))
			add(Holding{ID: id, What: SnapshotStorage, Type: "snapshot", GB: v.GB, Zone: m.spec.AvailabilityZones[0]}, i.made, end)
		}
	}
}

// Order is what RunInstances is asked for: one instance of an image.
type Order struct {
	// Token makes the order one that is carried out once, however often it is sent.
	Token     string
	Image     string
	Type      string
	Lifecycle fleet.Lifecycle
	// Interface is a free interface that becomes the instance's first; empty: it gets a new one.
	Interface string
	// NoDevices are devices of the image that are left out. Of all others volumes are made.
	NoDevices []string
	Tags      fleet.Tags
}

// RunInstances launches an instance and returns its id. A Spot instance for which there is no capacity or no quota is not launched.
func (c EC2) RunInstances(ctx context.Context, o Order) (id string, err error) {
	w := c.world
	err = w.callIn(ctx, c.scope, RunInstances, 1, func() error {
		if known, sent := w.tokens[o.Token]; sent && o.Token != "" {
			id = known
			return nil
		}
		i := w.shelf[o.Image]
		switch {
		case i == nil || i.scope != c.scope || i.ended != 0:
			return fmt.Errorf("image %s: %w", o.Image, ErrGone)
		case w.now < i.ready:
			return fmt.Errorf("image %s: %w", o.Image, ErrState)
		case i.spec.Denied:
			return ErrDenied
		}
		id, err = w.run(c, o, i)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("%s of %s: %w", RunInstances, o.Image, err)
	}
	return id, nil
}

// run launches what was ordered, if it can be had.
func (w *World) run(c EC2, o Order, i *image) (string, error) {
	var before *machine
	if o.Interface != "" {
		before = w.holderOfInterface(c.scope, o.Interface)
		if holder, err := holderOf(w, before, before != nil && before.keepsInterface()); err != nil || holder != "" {
			return "", fmt.Errorf("interface %s: %w", o.Interface, cmp.Or(err, ErrState))
		}
	}
	s := i.spec
	s.ID = fmt.Sprintf("i-0%016x", number(w.seed, string(i.spec.ARN), "run", len(w.order)))
	s.ARN, s.Type, s.Lifecycle, s.Tags = instanceARN(c.scope, s.ID), o.Type, o.Lifecycle, o.Tags
	s.Locked, s.State, s.Status, s.Since, s.ByAWS, s.Created = false, fleet.Stopped, "", w.Now(), false, w.Now()
	s.Addresses, s.Volumes = nil, nil
	for n, v := range i.spec.Volumes {
		if slices.Contains(o.NoDevices, deviceOf(n)) {
			continue
		}
		v.ID = fmt.Sprintf("vol-0%016x", number(w.seed, string(s.ARN), "volume", n))
		s.Volumes = append(s.Volumes, v)
	}
	launch := fleet.Launch{}
	if s.Launch != nil {
		launch = *s.Launch
	}
	launch.Image, launch.Targets = o.Image, nil
	s.Launch = &launch
	if before != nil {
		s.Addresses, s.AvailabilityZones = before.spec.Addresses, before.spec.AvailabilityZones
	}
	if err := w.canRun(&s, i.of); err != nil {
		return "", err
	}
	m := w.add(s)
	if before != nil {
		m.network, before.heir = o.Interface, m
		before.holds().networkTaken = w.now
		m.holds().network = true
		m.attach(w.seed)
	}
	if w.tokens == nil {
		w.tokens = map[string]string{}
	}
	if o.Token != "" {
		w.tokens[o.Token] = s.ID
	}
	m.launchNow(w, c.us())
	return s.ID, nil
}

// canRun says whether AWS has a place for an instance; like are the draws of the one that it is made of.
func (w *World) canRun(s *Spec, like *machine) error {
	if s.Lifecycle == fleet.OnDemand {
		if w.faults.Capacity.falls(like.luck(w)) {
			return ErrCapacity
		}
		return nil
	}
	pool := Pool{s.AvailabilityZones[0], s.Type, s.product()}
	switch {
	case !w.market.ShortUntil(pool, w.Now()).IsZero():
		return fmt.Errorf("%w: there is no Spot capacity available that matches your request", ErrCapacity)
	case !w.spotQuotaLeft(s.Scope, s.Type, nil):
		return ErrQuota
	default:
		return nil
	}
}

// reopen lets a persistent Spot request that was not cancelled launch another instance in the place of one that was terminated: with a new
// interface and new volumes, without its tags, and nobody who knows of it.
func (m *machine) reopen(w *World) {
	if m.kept.cancelled {
		return
	}
	s := m.spec
	if until := w.market.ShortUntil(Pool{s.AvailabilityZones[0], s.Type, s.product()}, w.Now()); !until.IsZero() {
		w.at(until.Unix()+60, m, reopened, m.life)
		return
	}
	m.kept.cancelled = true // the request is the new one's
	s.ID = fmt.Sprintf("i-0%016x", number(w.seed, string(s.ARN), "reopened", len(w.order)))
	s.ARN, s.State, s.Tags, s.Addresses, s.Habits, s.Created, s.Since = instanceARN(s.Scope, s.ID), fleet.Stopped, nil, nil, nil, w.Now(), w.Now()
	s.Volumes = slices.Clone(s.Volumes)
	for n := range s.Volumes {
		s.Volumes[n].ID = fmt.Sprintf("vol-0%016x", number(w.seed, string(s.ARN), "volume", n))
	}
	w.add(s).launchNow(w, author{by: ByAWS})
}

// launchNow begins the life of an instance that has come into the world just now: nobody has seen it stopped.
func (m *machine) launchNow(w *World, who author) {
	m.start(w, who, false)
	m.seen, m.unseen, m.unseenFrom = nil, true, w.now
}
