package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"offpeak/internal/objects"
	"offpeak/internal/policy"
)

// Where policies are kept. Current is what was pushed last; InForce is the last one that could be read, kept apart so that a push that is
// broken, or an object that was deleted, stops nothing.
const (
	CurrentPolicy = "policy/current.json"
	policyInForce = "policy/in-force.json"
	bundleFormat  = "offpeak-policy/1"
)

// Bundle is a policy with the calendar files that it names: what was pushed together takes effect together.
type Bundle struct {
	Format string            `json:"format"`
	Name   string            `json:"name"` // of the policy's file
	Text   string            `json:"text"`
	Files  map[string]string `json:"files,omitempty"` // by path, as the policy writes it
	Pushed time.Time         `json:"pushed"`
}

// NewBundle packs a policy, after reading it once: what cannot be read is not pushed.
func NewBundle(name string, text []byte, files policy.FileReader, now time.Time) (Bundle, *policy.Policy, error) {
	b := Bundle{Format: bundleFormat, Name: name, Text: string(text), Files: map[string]string{}, Pushed: now.UTC()}
	p, err := policy.Load(name, text, func(path string) ([]byte, error) {
		data, err := files(path)
		if err == nil {
			b.Files[path] = string(data)
		}
		return data, err
	})
	return b, p, err
}

// Policy reads the bundle's policy.
func (b Bundle) Policy() (*policy.Policy, error) {
	return policy.Load(b.Name, []byte(b.Text), func(path string) ([]byte, error) {
		text, ok := b.Files[path]
		if !ok {
			return nil, fmt.Errorf("%s was not pushed with the policy; push both again with \"offpeak policy push\"", path)
		}
		return []byte(text), nil
	})
}

// same reports whether two bundles say the same, whenever they were pushed.
func (b Bundle) same(other Bundle) bool {
	return b.Name == other.Name && b.Text == other.Text && maps.Equal(b.Files, other.Files)
}

// Policies are the policies of the hub. The zero value with a store is ready; it is safe for concurrent use.
type Policies struct {
	Store objects.Store

	mu   sync.Mutex
	last inForce
}

// inForce is the policy that was read last.
type inForce struct {
	version objects.Version
	policy  *policy.Policy
	doubt   error
}

// Push makes a bundle the current policy. It returns the one before, nil where there was none that could be read.
func (p *Policies) Push(ctx context.Context, b Bundle) (*Bundle, error) {
	data, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return nil, err
	}
	const tries = 3 // two people may push at once
	for range tries {
		var before *Bundle
		old, version, err := p.Store.Read(ctx, CurrentPolicy)
		switch {
		case errors.Is(err, objects.ErrNotFound):
			_, err = p.Store.Create(ctx, CurrentPolicy, data)
		case err == nil:
			if b, bad := parseBundle(old); bad == nil {
				before = &b
			}
			_, err = p.Store.Replace(ctx, CurrentPolicy, data, version)
		}
		switch {
		case err == nil:
			return before, nil
		case !errors.Is(err, objects.ErrExists) && !errors.Is(err, objects.ErrChanged):
			return nil, fmt.Errorf("push policy: %w", err)
		}
	}
	return nil, errors.New("push policy: somebody else pushes one at the same time; look at it, then push again")
}

// Current returns the bundle that was pushed last.
func (p *Policies) Current(ctx context.Context) (Bundle, error) {
	data, _, err := p.Store.Read(ctx, CurrentPolicy)
	if errors.Is(err, objects.ErrNotFound) {
		return Bundle{}, errNoPolicy
	}
	if err != nil {
		return Bundle{}, fmt.Errorf("read policy: %w", err)
	}
	return parseBundle(data)
}

// InForce returns the policy that holds: the current one if it can be read, else the last one that could. doubt says why it is not the
// current one; it is nil otherwise. The version names the current object, whether it can be read or not.
func (p *Policies) InForce(ctx context.Context) (held *policy.Policy, version objects.Version, doubt, err error) {
	data, version, err := p.Store.Read(ctx, CurrentPolicy)
	missing := errors.Is(err, objects.ErrNotFound)
	if err != nil && !missing {
		return nil, "", nil, fmt.Errorf("read policy: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last.policy != nil && p.last.version == version {
		return p.last.policy, version, p.last.doubt, nil
	}
	held, doubt, err = p.choose(ctx, data, missing)
	if err != nil {
		return nil, version, doubt, err
	}
	p.last = inForce{version, held, doubt}
	return held, version, doubt, nil
}

// choose reads the current policy and keeps it as the one in force, or falls back to the one that is.
func (p *Policies) choose(ctx context.Context, data []byte, missing bool) (held *policy.Policy, doubt, err error) {
	switch {
	case missing:
		doubt = errors.New("the policy was deleted")
	default:
		b, bad := parseBundle(data)
		if bad == nil {
			held, bad = b.Policy()
		}
		if bad == nil {
			return held, nil, p.keep(ctx, b, data)
		}
		doubt = bad
	}
	kept, _, err := p.Store.Read(ctx, policyInForce)
	if errors.Is(err, objects.ErrNotFound) {
		if missing {
			return nil, nil, errNoPolicy
		}
		return nil, nil, fmt.Errorf("the policy cannot be read, and none before it is known: %w", doubt)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read policy: %w", err)
	}
	b, err := parseBundle(kept)
	if err == nil {
		held, err = b.Policy()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("neither the policy nor the one before it can be read: %w", errors.Join(doubt, err))
	}
	return held, doubt, nil
}

// keep makes a policy that could be read the one in force, if it is not already.
func (p *Policies) keep(ctx context.Context, b Bundle, data []byte) error {
	old, version, err := p.Store.Read(ctx, policyInForce)
	switch {
	case errors.Is(err, objects.ErrNotFound):
		_, err = p.Store.Create(ctx, policyInForce, data)
	case err == nil:
		before, bad := parseBundle(old)
		if bad == nil && before.same(b) {
			return nil
		}
		_, err = p.Store.Replace(ctx, policyInForce, data, version)
	}
	if errors.Is(err, objects.ErrExists) || errors.Is(err, objects.ErrChanged) {
		return nil // another process keeps the same one
	}
	if err != nil {
		return fmt.Errorf("keep policy: %w", err)
	}
	return nil
}

func parseBundle(data []byte) (Bundle, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var b Bundle
	if err := decoder.Decode(&b); err != nil {
		return Bundle{}, fmt.Errorf("read policy: %s is none that \"offpeak policy push\" wrote: %w", CurrentPolicy, err)
	}
	if b.Format != bundleFormat {
		return Bundle{}, fmt.Errorf("read policy: its format is %.40q, this offpeak reads %q", b.Format, bundleFormat)
	}
	return b, nil
}
