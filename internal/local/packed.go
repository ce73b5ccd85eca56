package local

import (
	"context"
	"fmt"
	"iter"

	"github.com/klauspost/compress/s2"

	"offpeak/internal/objects"
)

// Packed is a store for as long as its process, like objects.Memory, that keeps contents packed: a simulation of a large fleet writes a ledger
// of gigabytes, which is seldom read and packs to a tenth. Use NewPacked.
type Packed struct{ kept *objects.Memory }

// NewPacked returns an empty store.
func NewPacked() Packed { return Packed{objects.NewMemory()} }

// Create implements objects.Store.
func (p Packed) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	return p.kept.Create(ctx, key, packed(data))
}

// Replace implements objects.Store.
func (p Packed) Replace(ctx context.Context, key string, data []byte, version objects.Version) (objects.Version, error) {
	return p.kept.Replace(ctx, key, packed(data), version)
}

// Read implements objects.Store.
func (p Packed) Read(ctx context.Context, key string) ([]byte, objects.Version, error) {
	data, version, err := p.kept.Read(ctx, key)
	if err != nil {
		return nil, "", err
	}
	whole, err := s2.Decode(nil, data)
	if err != nil {
		return nil, "", fmt.Errorf("unpack %s: %w", key, err)
	}
	return whole, version, nil
}

// List implements objects.Store.
func (p Packed) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return p.kept.List(ctx, prefix)
}

// Delete implements objects.Store.
func (p Packed) Delete(ctx context.Context, key string) error { return p.kept.Delete(ctx, key) }

// packed returns the packed content in memory of its own size.
func packed(data []byte) []byte {
	return append([]byte(nil), s2.Encode(nil, data)...)
}
