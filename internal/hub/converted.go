package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// What is kept of a conversion, and what the new instance inherits.

// inherit takes down what is remembered of the old instance, while it is; false where nothing is new.
func (v *conversion) inherit(memory *fleet.Memory) (more bool) {
	if memory == nil {
		return false
	}
	if m, ok := memory.Spot[v.ARN]; ok && v.Moved == nil {
		v.Moved, more = &m, true
	}
	if m, ok := memory.Resources[v.ARN]; ok && v.Remembered == nil {
		v.Remembered, more = &m, true
	}
	return more
}

// underWay reports whether the two instances are still to be left alone: one of them is being made, or memory does not know yet who took whose place.
func (v *conversion) underWay(memory *fleet.Memory) bool {
	if v.State != completed {
		return true
	}
	if v.New == v.ARN {
		return false // it went back
	}
	if memory == nil {
		return true
	}
	s := memory.Spot[v.New].Succeeds
	return s == nil || s.Old != v.ARN
}

// bequeath gives the new instance what is remembered of the old one. What memory has lost meanwhile stands in the record.
func (v *conversion) bequeath(memory *fleet.Memory, now time.Time) *fleet.Memory {
	next := memory.Clone()
	if _, known := next.Spot[v.ARN]; !known && v.Moved != nil {
		next.Spot[v.ARN] = *v.Moved
	}
	if _, known := next.Resources[v.ARN]; !known && v.Remembered != nil {
		next.Resources[v.ARN] = *v.Remembered
	}
	next = next.Succeed(v.New, fleet.Succession{Old: v.ARN, Interface: v.Record.Interface, Begun: v.Record.Begun, At: now.UTC(), Image: v.Image})
	return &next
}

func present(s *fleet.Snapshot, arn fleet.ARN) bool {
	for i := range s.Resources {
		if s.Resources[i].ARN == arn && s.Resources[i].State != fleet.Gone {
			return true
		}
	}
	return false
}

// read returns what is kept under a key; nil where nothing is.
func (c *Conversions) read(ctx context.Context, key string) (*conversion, error) {
	data, version, err := c.Store.Read(ctx, key)
	if errors.Is(err, objects.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("conversion %s: %w", key, err)
	}
	v := &conversion{version: version}
	if err := json.Unmarshal(data, v); err != nil || v.Format != conversionFormat {
		return nil, &failure.Error{Class: failure.Unreadable, Err: fmt.Errorf("conversion %s cannot be read (format %.40q): %w", key, v.Format, err)}
	}
	return v, nil
}

// write keeps a conversion where nobody else has changed it since it was read.
func (c *Conversions) write(ctx context.Context, v *conversion) error {
	v.Changed = c.Now().UTC()
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if v.version == "" {
		v.version, err = c.Store.Create(ctx, v.key(), data)
	} else {
		v.version, err = c.Store.Replace(ctx, v.key(), data, v.version)
	}
	if err != nil {
		return fmt.Errorf("conversion %s: %w", v.key(), err)
	}
	return nil
}

// close puts a completed conversion aside.
func (c *Conversions) close(ctx context.Context, v *conversion) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	aside := fmt.Sprintf("converted/%s/%s/%s.%s.json", v.Scope.Account, v.Scope.Region, v.Record.Interface, v.Record.Name)
	if _, err := c.Store.Create(ctx, aside, data); err != nil && !errors.Is(err, objects.ErrExists) {
		return fmt.Errorf("conversion %s: %w", v.key(), err)
	}
	return c.Store.Delete(ctx, v.key())
}
