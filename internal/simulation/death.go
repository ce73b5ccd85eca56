package simulation

import (
	"context"
	"iter"

	"offpeak/internal/objects"
	"offpeak/internal/pace"
)

// death is when the process that calls will be killed.
type death struct {
	armed bool
	left  int  // calls until then
	late  bool // the last call is carried out, but not answered
}

// KillAfter kills the calling process after so many calls to AWS or to a store made by Mortal: that call and every later one answer
// ErrKilled until Revive. With late, the call at which it dies is still carried out.
func (w *World) KillAfter(calls int, late bool) { w.death = death{true, calls, late} }

// Revive starts a new process where one was to be killed. It knows nothing of what the one before has called, and takes every bucket of tokens
// for full.
func (w *World) Revive() {
	if w.death.armed {
		w.death, w.pacer = death{}, &pace.Pacer{}
	}
}

// spend counts a call. late says that the call is to be carried out although the process dies with it.
func (w *World) spend() (late bool, err error) {
	switch {
	case !w.death.armed:
		return false, nil
	case w.death.left > 0:
		w.death.left--
		return false, nil
	default:
		late = w.death.late
		w.death.late = false
		return late, ErrKilled
	}
}

// Mortal returns a store that a killed process can no longer reach.
func (w *World) Mortal(store objects.Store) objects.Store { return mortal{store, w} }

type mortal struct {
	objects.Store
	world *World
}

// Create implements objects.Store.
func (m mortal) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	return m.write(func() (objects.Version, error) { return m.Store.Create(ctx, key, data) })
}

// Replace implements objects.Store.
func (m mortal) Replace(ctx context.Context, key string, data []byte, version objects.Version) (objects.Version, error) {
	return m.write(func() (objects.Version, error) { return m.Store.Replace(ctx, key, data, version) })
}

// Delete implements objects.Store.
func (m mortal) Delete(ctx context.Context, key string) error {
	_, err := m.write(func() (objects.Version, error) { return "", m.Store.Delete(ctx, key) })
	return err
}

// Read implements objects.Store.
func (m mortal) Read(ctx context.Context, key string) ([]byte, objects.Version, error) {
	if _, err := m.world.spend(); err != nil {
		return nil, "", err
	}
	return m.Store.Read(ctx, key)
}

// List implements objects.Store.
func (m mortal) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	if _, err := m.world.spend(); err != nil {
		return func(yield func(string, error) bool) { yield("", err) }
	}
	return m.Store.List(ctx, prefix)
}

func (m mortal) write(do func() (objects.Version, error)) (objects.Version, error) {
	late, err := m.world.spend()
	if err != nil {
		if late {
			_, _ = do() // nobody is left to hear of it
		}
		return "", err
	}
	return do()
}
