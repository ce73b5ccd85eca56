package optimizer

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// readsAtOnce is how many heads are read side by side.
const readsAtOnce = 16

// Asleep adds up what offpeak holds off in scopes, by one small read for each. A scope without a state has nothing asleep; with an error comes what the
// others have.
func (s States) Asleep(ctx context.Context, scopes []fleet.Scope) (total int, _ error) {
	var mu sync.Mutex
	var errs []error
	var all sync.WaitGroup
	free := make(chan struct{}, readsAtOnce)
	for _, scope := range scopes {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			state, err := s.readHead(ctx, scope)
			mu.Lock()
			defer mu.Unlock()
			if err != nil && !errors.Is(err, objects.ErrNotFound) {
				errs = append(errs, fmt.Errorf("count what is asleep in %s: %w", scope, err))
				return
			}
			total += state.head.Asleep
		})
	}
	all.Wait()
	return total, errors.Join(errs...)
}
