package simulation_test

import (
	"context"
	"iter"
	"strings"

	"offpeak/internal/objects"
)

// place names what a key is of.
func place(key string) string {
	folder, _, _ := strings.Cut(key, "/")
	if folder != "ledger" {
		return folder
	}
	parts := strings.Split(strings.TrimSuffix(key, ".jsonl"), "-")
	return "ledger " + parts[len(parts)-1]
}

// Create implements objects.Store.
func (w *worker) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	w.step()
	w.note(key, data)
	version, err := w.store.Create(ctx, key, data)
	w.died("create "+place(key), err)
	return version, err
}

// Replace implements objects.Store.
func (w *worker) Replace(ctx context.Context, key string, data []byte, version objects.Version) (objects.Version, error) {
	w.step()
	w.note(key, data)
	version, err := w.store.Replace(ctx, key, data, version)
	w.died("replace "+place(key), err)
	return version, err
}

// note takes note of the fence under which the worker believes to hold the scope.
func (w *worker) note(key string, data []byte) {
	if strings.HasPrefix(key, "state/") {
		w.fence = fenceOf(data)
	}
}

// Read implements objects.Store.
func (w *worker) Read(ctx context.Context, key string) ([]byte, objects.Version, error) {
	w.step()
	data, version, err := w.store.Read(ctx, key)
	w.died("read "+strings.Fields(place(key))[0], err)
	return data, version, err
}

// List implements objects.Store.
func (w *worker) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	w.step()
	return func(yield func(string, error) bool) {
		for key, err := range w.store.List(ctx, prefix) {
			w.died("list "+strings.Fields(place(prefix))[0], err)
			if !yield(key, err) {
				return
			}
		}
	}
}

// Delete implements objects.Store.
func (w *worker) Delete(ctx context.Context, key string) error {
	w.step()
	err := w.store.Delete(ctx, key)
	w.died("delete "+place(key), err)
	return err
}
