package bucket

import (
	"context"
	"time"
)

// WithoutPauses makes the store's tries follow each other at once, and counts the pauses left out.
func (s *Store) WithoutPauses() (count func() int) {
	n := 0
	s.pause = func(ctx context.Context, _ time.Duration) error { n++; return ctx.Err() }
	return func() int { return n }
}
