// Package objects is the one port behind which offpeak keeps what it knows: a place for small objects that are created once, replaced only
// if nobody else did, read, listed and deleted.
//
// Ledger, memory and wake index are built on it, so an adapter (folders now, S3 on AWS) implements five methods and passes one contract
// suite. The semantics are those that S3 offers: conditional writes, keys in order, read after write. Nothing here does I/O.
package objects

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
)

// Version identifies the content that was read or written. It is opaque; the zero value is the version of an object that is not there.
type Version string

// Store keeps objects by key. It is safe for concurrent use by several processes. Data that was written or read is not changed afterwards by
// anybody, so that a store may keep it.
type Store interface {
	// Create writes an object whole, if there is none under the key; otherwise ErrExists, and nothing is changed.
	Create(ctx context.Context, key string, data []byte) (Version, error)
	// Replace writes an object whole, if it still has the version; otherwise ErrChanged, and nothing is changed.
	Replace(ctx context.Context, key string, data []byte, version Version) (Version, error)
	// Read returns an object; ErrNotFound when there is none.
	Read(ctx context.Context, key string) ([]byte, Version, error)
	// List returns the keys with a prefix, in the order of their bytes, each as it is found.
	List(ctx context.Context, prefix string) iter.Seq2[string, error]
	// Delete removes an object; one that is not there is no error.
	Delete(ctx context.Context, key string) error
}

// What a store answers. Callers ask with errors.Is.
var (
	ErrExists   = errors.New("the object is there already")
	ErrChanged  = errors.New("the object was changed by another writer")
	ErrNotFound = errors.New("there is no such object")
)

// longestKey is S3's limit in bytes (Amazon S3 user guide, object key names).
const longestKey = 1024

// CheckKey refuses keys that not every store can keep: empty ones, ones that are too long, and ones that climb out of a folder. Stores call
// it first.
func CheckKey(key string) error {
	switch {
	case key == "":
		return errors.New("an object needs a key")
	case len(key) > longestKey:
		return fmt.Errorf("the key %.60q... is longer than %d bytes", key, longestKey)
	}
	for _, part := range strings.Split(key, "/") {
		if part == "" || part == "." || part == ".." || strings.ContainsAny(part, "\\\x00\n") || strings.HasPrefix(part, ".") {
			return fmt.Errorf("the key %.120q has a part that no store keeps (%q)", key, part)
		}
	}
	return nil
}
