package deliveries

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// What was brought lies, for each bucket, in
//
//	objects/<SHA-256 of key and ETag>    what S3 has under the key as long as it says that ETag; with .part what was cut short
//	views/<SHA-256 of all of them>/...   links to those, by their keys: a folder of exports as it was at one time
//	views/<SHA-256 of all of them>.held  which objects these are, written over when the view is used
//
// Nothing else of it is written over, so that one run may count what another has brought. What was not used for long is removed.

// base is the bucket's folder.
func (f *fetch) base() string { return filepath.Join(f.options.Cache, f.place.Bucket) }

// file is where an object lies.
func (f *fetch) file(o object) string {
	sum := sha256.Sum256([]byte(f.place.prefix() + o.key + "\x00" + o.etag))
	return filepath.Join(f.base(), "objects", hex.EncodeToString(sum[:]))
}

// here says whether an object was brought before, and keeps when S3 says that it was written: deliveries follow each other by that.
func (f *fetch) here(o object) bool {
	info, err := os.Stat(f.file(o))
	if err != nil || info.Size() != o.bytes {
		return false
	}
	return info.ModTime().Equal(o.written) || os.Chtimes(f.file(o), time.Time{}, o.written) == nil
}

// lock waits until nobody else brings anything of this bucket.
func (f *fetch) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Join(f.base(), "objects"), 0o700); err != nil {
		return nil, f.noRoom(err)
	}
	type locked struct {
		unlock func()
		err    error
	}
	got := make(chan locked, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(filepath.Join(f.base(), "lock")).Lock()
		got <- locked{unlock, err}
	}()
	select {
	case l := <-got:
		if l.err != nil {
			return nil, f.noRoom(l.err)
		}
		return l.unlock, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// noRoom says what to do where the machine cannot keep what comes.
func (f *fetch) noRoom(err error) error {
	return fmt.Errorf("keep it in %s: %w (make room there, or name another folder)", f.options.Cache, err)
}

// view puts what was brought together by keys. Files that are only named are empty.
func (f *fetch) view(all []object, named []string) (string, error) {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s\x00", f.place.prefix())
	for _, o := range all {
		_, _ = fmt.Fprintf(sum, "%s\x00%s\x00%d\x00", o.key, o.etag, o.written.UnixNano())
	}
	for _, key := range named {
		_, _ = fmt.Fprintf(sum, "%s\x00\x00", key)
	}
	dir := filepath.Join(f.base(), "views", hex.EncodeToString(sum.Sum(nil))[:longestName])
	if _, err := os.Stat(dir); err == nil {
		return dir, f.hold(dir, all)
	}
	part := dir + ".part"
	if err := os.RemoveAll(part); err != nil {
		return "", f.noRoom(err)
	}
	if err := os.MkdirAll(part, 0o700); err != nil {
		return "", f.noRoom(err)
	}
	for _, o := range all {
		if err := put(filepath.Join(part, filepath.FromSlash(o.key)), f.file(o)); err != nil {
			return "", f.noRoom(err)
		}
	}
	for _, key := range named {
		if err := put(filepath.Join(part, filepath.FromSlash(key)), ""); err != nil {
			return "", f.noRoom(err)
		}
	}
	if err := os.Rename(part, dir); err != nil {
		return "", f.noRoom(err)
	}
	return dir, f.hold(dir, all)
}

// held ends the name of the list of what a view holds.
const held = ".held"

// hold notes what a view holds, and that it is used now; and removes what nobody has used for long.
func (f *fetch) hold(dir string, all []object) error {
	var names strings.Builder
	for _, o := range all {
		_, _ = fmt.Fprintln(&names, filepath.Base(f.file(o)))
	}
	now := f.options.Now()
	err := os.WriteFile(dir+held, []byte(names.String()), 0o600)
	if err == nil {
		err = os.Chtimes(dir+held, time.Time{}, now)
	}
	if err == nil {
		err = f.tidy(now.AddDate(0, 0, -unusedDays))
	}
	if err != nil {
		return f.noRoom(err)
	}
	return nil
}

// unusedDays are more than two quarters, so that a month that is closed is there when the next report asks for it.
const unusedDays = 200

// tidy removes views that were last used before an instant, and of what they hold what no other view does.
func (f *fetch) tidy(before time.Time) error {
	lists, err := filepath.Glob(filepath.Join(f.base(), "views", "*"+held))
	if err != nil {
		return err
	}
	unused, used := map[string]bool{}, map[string]bool{}
	var errs []error
	for _, list := range lists {
		info, err := os.Stat(list)
		if err != nil {
			return err
		}
		names, err := os.ReadFile(list)
		if err != nil {
			return err
		}
		of := used
		if info.ModTime().Before(before) {
			of = unused
			errs = append(errs, os.RemoveAll(strings.TrimSuffix(list, held)), os.Remove(list))
		}
		for name := range strings.FieldsSeq(string(names)) {
			of[name] = true
		}
	}
	for name := range unused {
		if used[name] || filepath.Base(name) != name {
			continue
		}
		if err := os.Remove(filepath.Join(f.base(), "objects", name)); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// longestName is of a view's folder.
const longestName = 40

// put links a name to a file; to none: it is empty. Where links cannot be made to files, they are to names.
func put(name, file string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	if file == "" {
		return os.WriteFile(name, nil, 0o600)
	}
	err := os.Link(file, name)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Symlink(file, name)
}
