package export

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// listing is a folder as a bucket would list it.
func listing(t *testing.T, dir string) (listed []Listed) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(key string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			listed = append(listed, Listed{key, info.ModTime()})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return listed
}

func always(time.Time) bool { return true }

// chosen is what is chosen of a folder, and a folder that has nothing else.
func chosen(t *testing.T, dir string, within func(time.Time) bool) (Choice, string) {
	t.Helper()
	b, to := tree{t, dir}, tree{t, t.TempDir()}
	c, err := Choose(listing(t, dir), within, func(key string) ([]byte, error) { return os.ReadFile(b.path(key)) })
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range c.Named {
		to.put(key, "")
	}
	for _, key := range c.Read {
		data, err := os.ReadFile(b.path(key))
		b.check(err)
		to.put(key, string(data))
		info, err := os.Stat(b.path(key))
		b.check(err)
		b.check(os.Chtimes(to.path(key), time.Time{}, info.ModTime()))
	}
	return c, to.dir
}

// asChosen opens what is chosen of a folder, and compares it with the whole.
func asChosen(t *testing.T, dir string) {
	t.Helper()
	want, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, to := chosen(t, dir, always)
	got, err := Open(to)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range want.Deliveries {
		for i := range d.Files {
			d.Files[i].Path = filepath.Join(to, strings.TrimPrefix(d.Files[i].Path, dir))
		}
	}
	for i := range want.Gaps {
		want.Gaps[i].What = strings.ReplaceAll(want.Gaps[i].What, dir, to)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the whole, and what is chosen of it (-want +got):\n%s", diff)
	}
}

// TestWhatIsChosen: of deliveries that stand side by side the newest whole one; of months those that are asked for.
func TestWhatIsChosen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	older := Export{Bucket: "b", Name: "focus", Execution: "20260802T060000Z-aaaa"}
	newer := Export{Bucket: "b", Name: "focus", Execution: "20260803T060000Z-0000"}
	write(t, dir, older, append(randomRows[Focus](1, 10, july), randomRows[Focus](1, 10, july.AddDate(0, 1, 0))...))
	write(t, dir, newer, randomRows[Focus](2, 20, july))
	b := tree{t, dir}
	b.put("focus/data/BILLING_PERIOD=2026-07/stray.parquet", "x")
	b.put("elsewhere/x.parquet", "x")
	b.put("elsewhere/notes.txt", "x")
	asChosen(t, dir)

	const data, metadata = "focus/data/BILLING_PERIOD=2026-07/", "focus/metadata/BILLING_PERIOD=2026-07/"
	july := func(month time.Time) bool { return month.Equal(july) }
	c, _ := chosen(t, dir, july)
	want := Choice{
		Read: []string{
			data + newer.Execution + "/focus-00001.zstd.parquet", metadata + older.Execution + "/focus-Manifest.json", metadata + newer.Execution + "/focus-Manifest.json",
		},
		Named: []string{"elsewhere/x.parquet", data + "stray.parquet"},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	// Where the newest lacks a file, the one before it is needed too.
	b.remove("focus/data/BILLING_PERIOD=2026-07/" + newer.Execution)
	asChosen(t, dir)
	if c, _ = chosen(t, dir, july); !slices.Contains(c.Read, data+older.Execution+"/focus-00001.zstd.parquet") {
		t.Errorf("%q", c.Read)
	}
}

func TestAManifestThatCannotBeReadEndsTheChoice(t *testing.T) {
	t.Parallel()
	denied := errors.New("denied")
	_, err := Choose([]Listed{{Key: focusManifest}}, always, func(string) ([]byte, error) { return nil, denied })
	if !errors.Is(err, denied) {
		t.Errorf("%v", err)
	}
}
