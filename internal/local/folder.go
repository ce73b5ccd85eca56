package local

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"

	"offpeak/internal/objects"
)

// Folder is an objects.Store on a folder of files, one an object. Several processes may use it at once: objects appear whole, and writers
// take turns by a lock file. A crash leaves at most a file that begins with ".new-", which nobody reads.
type Folder struct{ root string }

// NewFolder returns a store on a folder, which is made as soon as something is written. What is there already must be a folder.
func NewFolder(root string) (*Folder, error) {
	info, err := os.Stat(root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("folder of objects: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("folder of objects: %s is no folder", root)
	}
	return &Folder{root}, nil
}

// Create implements objects.Store.
func (f *Folder) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	return f.write(ctx, key, data, func(_ objects.Version, there bool) error {
		if there {
			return objects.ErrExists
		}
		return nil
	})
}

// Replace implements objects.Store.
func (f *Folder) Replace(ctx context.Context, key string, data []byte, version objects.Version) (objects.Version, error) {
	return f.write(ctx, key, data, func(present objects.Version, there bool) error {
		if !there || present != version {
			return objects.ErrChanged
		}
		return nil
	})
}

// write puts an object in place under the lock, if permit says so about the one that is there.
func (f *Folder) write(ctx context.Context, key string, data []byte, permit func(objects.Version, bool) error) (objects.Version, error) {
	path, err := f.path(ctx, key)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(f.root, 0o750); err != nil {
		return "", fmt.Errorf("make folder of objects: %w", err)
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(f.root, ".lock")).Lock()
	if err != nil {
		return "", fmt.Errorf("lock %s: %w", f.root, err)
	}
	defer unlock()
	present, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("write %s: %w", key, err)
	}
	if err := permit(versionOf(present), err == nil); err != nil {
		return "", fmt.Errorf("write %s: %w", key, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return "", fmt.Errorf("write %s: %w", key, err)
	}
	if err := putWhole(path, data); err != nil {
		return "", fmt.Errorf("write %s: %w", key, err)
	}
	return versionOf(data), nil
}

// putWhole writes a file beside its place and then moves it there, so that no reader sees half of it.
func putWhole(path string, data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return os.Rename(temp.Name(), path)
}

// Read implements objects.Store.
func (f *Folder) Read(ctx context.Context, key string) ([]byte, objects.Version, error) {
	path, err := f.path(ctx, key)
	if err != nil {
		return nil, "", err
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("read %s: %w", key, objects.ErrNotFound)
	}
	if err != nil {
		return nil, "", fmt.Errorf("read %s: %w", key, err)
	}
	return data, versionOf(data), nil
}

// List implements objects.Store.
func (f *Folder) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		_, err := f.list(ctx, "", prefix, yield)
		if err != nil {
			yield("", fmt.Errorf("list %s: %w", prefix, err))
		}
	}
}

// list walks one folder in the order of keys; more is false when the caller has seen enough.
func (f *Folder) list(ctx context.Context, folder, prefix string, yield func(string, error) bool) (more bool, err error) {
	entries, err := os.ReadDir(filepath.Join(f.root, filepath.FromSlash(folder)))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for _, entry := range inKeyOrder(entries) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		key := folder + entry.Name()
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if entry.IsDir() {
			key += "/"
			if !strings.HasPrefix(key, prefix) && !strings.HasPrefix(prefix, key) {
				continue
			}
			if more, err := f.list(ctx, key, prefix, yield); err != nil || !more {
				return false, err
			}
			continue
		}
		if strings.HasPrefix(key, prefix) && !yield(key, nil) {
			return false, nil
		}
	}
	return true, nil
}

// Delete implements objects.Store.
func (f *Folder) Delete(ctx context.Context, key string) error {
	path, err := f.path(ctx, key)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	return nil
}

func (f *Folder) path(ctx context.Context, key string) (string, error) {
	if err := errors.Join(ctx.Err(), objects.CheckKey(key)); err != nil {
		return "", err
	}
	return filepath.Join(f.root, filepath.FromSlash(key)), nil
}

// versionOf is the content's hash, as S3's entity tag is.
func versionOf(data []byte) objects.Version {
	sum := sha256.Sum256(data)
	return objects.Version(hex.EncodeToString(sum[:16]))
}

// inKeyOrder sorts a folder's entries as their keys sort, in which a folder's name ends with a slash.
func inKeyOrder(entries []fs.DirEntry) []fs.DirEntry {
	name := func(e fs.DirEntry) string {
		if e.IsDir() {
			return e.Name() + "/"
		}
		return e.Name()
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(name(a), name(b)) })
	return entries
}
