package deliveries_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/export"
	"offpeak/internal/cloud/deliveries"
	"offpeak/internal/failure"
)

// opened is a folder of exports, with files by their keys alone.
func opened(t *testing.T, dir string) *export.Bill {
	t.Helper()
	b, err := export.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range b.Deliveries {
		for i := range d.Files {
			d.Files[i].Path = ""
		}
	}
	return b
}

// TestABillIsBroughtOnce: what comes is what is there, and does not come again; of two that want it at once one brings it.
func TestABillIsBroughtOnce(t *testing.T) {
	t.Parallel()
	s, dir := bill(t)
	s.objects["exports/p/focus/data/BILLING_PERIOD=2026-07/stray.parquet"] = stored{"x", delivered}
	s.objects["exports/../escape.parquet"] = stored{"x", delivered}
	s.objects["exports/p/focus/readme.txt"] = stored{"x", delivered}
	s.objects["elsewhere/data/BILLING_PERIOD=2026-07/x.parquet"] = stored{"x", delivered}
	if err := os.WriteFile(filepath.Join(dir, "p/focus/data/BILLING_PERIOD=2026-07/stray.parquet"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(t.TempDir(), "bills")
	var group sync.WaitGroup
	made := make([]deliveries.Copy, 2)
	for i := range made {
		group.Go(func() {
			var err error
			if made[i], err = deliveries.Fetch(t.Context(), s.access(t), place, options(cache)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if made[0].Dir != made[1].Dir || made[0].Fetched.Files+made[1].Fetched.Files != 6 || made[0].Kept.Files+made[1].Kept.Files != 6 {
		t.Errorf("%+v", made)
	}
	if diff := cmp.Diff(opened(t, dir), opened(t, made[0].Dir)); diff != "" {
		t.Errorf("(-there +here):\n%s", diff)
	}
	asked := slices.Clone(s.gets)
	slices.Sort(asked)
	if len(asked) != 6 || len(slices.Compact(asked)) != 6 || strings.Contains(strings.Join(asked, " "), "stray") {
		t.Errorf("S3 was asked for %q", s.gets)
	}
	private(t, cache)

	o := options(cache)
	o.To = august
	small, err := deliveries.Fetch(t.Context(), s.access(t), place, o)
	if err != nil || small.Fetched.Files != 0 || small.Kept.Files != 3 || len(opened(t, small.Dir).Deliveries) != 1 {
		t.Errorf("July alone: %+v, %v", small, err)
	}
}

// private sees that nobody else may read what was brought.
func private(t *testing.T, cache string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(cache, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 && entry.Name() != "lock" {
			t.Errorf("%s is %s", path, info.Mode())
		}
		files++
		return err
	})
	if err != nil || files < 10 {
		t.Error(files, err)
	}
}

// TestWhatWasCutShortGoesOn: within a run, and in the next one after one that was killed.
func TestWhatWasCutShortGoesOn(t *testing.T) {
	t.Parallel()
	const first = "exports/p/focus/data/BILLING_PERIOD=2026-07/focus-00001.zstd.parquet"
	s, dir := bill(t)
	cache, cuts := t.TempDir(), 0
	s.cut = func(key string, _ int) int {
		if key == first && cuts < 2 {
			cuts++
			return 1000
		}
		return -1
	}
	var told []int64
	o := options(cache)
	o.Progress = func(done, of int64) { told = append(told, done, of) }
	made, err := deliveries.Fetch(t.Context(), s.access(t), place, o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(s.gets, first+" bytes=1000-") || !slices.Contains(s.gets, first+" bytes=2000-") {
		t.Errorf("S3 was asked for %q", s.gets)
	}
	if n := len(told); n < 2 || told[n-1] != told[n-2] {
		t.Errorf("in the end %v of the bytes are here", told[max(0, n-2):])
	}
	if diff := cmp.Diff(opened(t, dir), opened(t, made.Dir)); diff != "" {
		t.Errorf("(-there +here):\n%s", diff)
	}

	// A run is killed in the middle of a file.
	cache = t.TempDir()
	ctx, kill := context.WithCancel(t.Context())
	s.cut = func(key string, _ int) int {
		if key != first {
			return -1
		}
		kill()
		return 3000
	}
	if _, err := deliveries.Fetch(ctx, s.access(t), place, options(cache)); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that was killed: %v", err)
	}
	s.cut, s.gets = nil, nil
	made, err = deliveries.Fetch(t.Context(), s.access(t), place, options(cache))
	if err != nil || !slices.Contains(s.gets, first+" bytes=3000-") || made.Resumed != 3000 {
		t.Errorf("the next one: %+v, %v, S3 was asked for %q", made, err, s.gets)
	}
	if diff := cmp.Diff(opened(t, dir), opened(t, made.Dir)); diff != "" {
		t.Errorf("(-there +here):\n%s", diff)
	}
}

// TestADeliveryThatIsBeingReplaced is not brought: neither where it shows before, nor while it is read, nor afterwards.
func TestADeliveryThatIsBeingReplaced(t *testing.T) {
	t.Parallel()
	const data = "exports/p/focus/data/BILLING_PERIOD=2026-07/focus-00001.zstd.parquet"
	change := func(s *standIn, at time.Time) {
		s.objects[data] = stored{strings.Repeat("n", len(s.objects[data].body)), at}
	}
	for name, test := range map[string]struct {
		bend func(s *standIn)
		anew bool
	}{
		"a file was written after the manifest, an hour ago": {bend: func(s *standIn) { change(s, now.Add(-time.Hour)) }, anew: true},
		"a file was copied after the manifest, long ago":     {bend: func(s *standIn) { s.objects[data] = stored{s.objects[data].body, delivered.Add(time.Minute)} }},
		"a file is written while it is read": {anew: true, bend: func(s *standIn) {
			s.before = func(r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "focus-00001.zstd.parquet") {
					change(s, now)
				}
			}
		}},
		"a file is gone when it is read": {anew: true, bend: func(s *standIn) {
			s.before = func(r *http.Request) {
				if strings.HasSuffix(r.URL.Path, ".parquet") {
					delete(s.objects, data)
				}
			}
		}},
		"a file is written when all were read": {anew: true, bend: func(s *standIn) {
			s.before = func(r *http.Request) {
				if len(s.gets) == 6 && r.URL.Query().Get("list-type") != "" {
					change(s, now)
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := bill(t)
			test.bend(s)
			_, err := deliveries.Fetch(t.Context(), s.access(t), place, options(t.TempDir()))
			if errors.Is(err, deliveries.ErrDeliveredAnew) != test.anew || !test.anew && err != nil {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestWhatIsNotWhatS3HasIsNotTaken: content is compared with the ETag where that is its MD5.
func TestWhatIsNotWhatS3HasIsNotTaken(t *testing.T) {
	t.Parallel()
	s, _ := bill(t)
	s.broken = "focus-00002"
	cache := t.TempDir()
	_, err := deliveries.Fetch(t.Context(), s.access(t), place, options(cache))
	if err == nil || !strings.Contains(err.Error(), "its MD5 is not the ETag") || !strings.Contains(err.Error(), "focus-00002") {
		t.Errorf("%v", err)
	}
	s.encrypted = "aws:kms"
	if _, err := deliveries.Fetch(t.Context(), s.access(t), place, options(cache)); err != nil {
		t.Errorf("of a key of KMS nothing can be said: %v", err)
	}
}

// TestErrorsSayWhatToDo lists what S3 refuses by.
func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, code, text string
		status           int
		class            failure.Class
		says             string
	}{
		{"there is no such bucket", "NoSuchBucket", "The specified bucket does not exist", http.StatusNotFound, failure.Gone, "s3://bills/exports/: list it: there is no such bucket"},
		{"it may not be listed", "AccessDenied", "Access Denied", http.StatusForbidden, failure.Denied, "it takes s3:ListBucket on the bucket and s3:GetObject"},
		{
			"its key may not be used", "AccessDenied", "User: x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:…", http.StatusForbidden, failure.Key,
			"it takes kms:Decrypt with the key",
		},
		{"credentials have run out", "ExpiredToken", "The provided token has expired.", http.StatusForbidden, failure.Denied, "ExpiredToken"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, _ := bill(t)
			s.status, s.refuses, s.says = test.status, test.code, test.text
			_, err := deliveries.Fetch(t.Context(), s.access(t), place, options(t.TempDir()))
			if failure.Of(err) != test.class || failure.Remedy(err) == "" || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v", failure.Of(err), err)
			}
		})
	}
	s, _ := bill(t)
	if _, err := deliveries.Fetch(t.Context(), s.access(t), place, options("/dev/null/bills")); err == nil || !strings.Contains(err.Error(), "name another folder") {
		t.Errorf("a folder that cannot be: %v", err)
	}
}

// TestABucketOfAnotherRegion is found where S3 says that it is, unless somebody has said where it has to be.
func TestABucketOfAnotherRegion(t *testing.T) {
	t.Parallel()
	s, _ := bill(t)
	s.region = "eu-west-1"
	if _, err := deliveries.Fetch(t.Context(), s.access(t), place, options(t.TempDir())); err != nil {
		t.Error(err)
	}
	named := place
	named.Region = "us-west-2"
	if _, err := deliveries.Fetch(t.Context(), s.access(t), named, options(t.TempDir())); err == nil || !strings.Contains(err.Error(), "the bucket is in eu-west-1") {
		t.Errorf("%v", err)
	}
}

// TestWhatNobodyUsesGoes: a view that was not used for two quarters is removed, with what no other view holds; what is used stays, and need not come again.
func TestWhatNobodyUsesGoes(t *testing.T) {
	t.Parallel()
	const august = "exports/p/focus/data/BILLING_PERIOD=2026-08/focus-00001.zstd.parquet"
	s, dir := bill(t)
	cache, at := t.TempDir(), now
	o := options(cache)
	o.Now = func() time.Time { return at }
	count := func() int {
		found, err := filepath.Glob(filepath.Join(cache, "bills", "objects", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	first, err := deliveries.Fetch(t.Context(), s.access(t), place, o)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(s.objects[august].body)
	s.objects[august] = stored{string(append(body[:len(body):len(body)], ' ')), delivered} // AWS delivers it anew
	second, err := deliveries.Fetch(t.Context(), s.access(t), place, o)
	if err != nil || second.Dir == first.Dir || second.Fetched.Files != 1 || count() != 7 {
		t.Fatalf("delivered anew: %+v, %v, %d objects", second, err, count())
	}
	at = at.AddDate(0, 0, 150)
	if again, err := deliveries.Fetch(t.Context(), s.access(t), place, o); err != nil || again.Dir != second.Dir || count() != 7 {
		t.Errorf("half a year later: %+v, %v, %d objects", again, err, count())
	}
	at = at.AddDate(0, 0, 100)
	last, err := deliveries.Fetch(t.Context(), s.access(t), place, o)
	if err != nil || last.Dir != second.Dir || last.Fetched.Files != 0 || count() != 6 {
		t.Errorf("the other has been unused for %d days: %+v, %v, %d objects", 250, last, err, count())
	}
	if _, err := os.Stat(first.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its folder: %v", err)
	}
	if got, want := len(opened(t, last.Dir).Deliveries), len(opened(t, dir).Deliveries); got != want-1 { // the month with a torn file is told of
		t.Errorf("%d deliveries of %d", got, want)
	}
}
