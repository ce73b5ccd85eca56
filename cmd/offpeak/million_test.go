package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// largeLedger simulates a week of an organisation and has so many more machines of its kinds in the ledger that it holds at least so many entries.
func largeLedger(b testing.TB, entries int) (ledger, bill string) {
	b.Helper()
	small, large := filepath.Join(b.TempDir(), "small"), filepath.Join(b.TempDir(), "large")
	if code, err := quietly("simulate", "--policy", "../../testdata/policy/organisation.yaml", "--sample", "12", "--from", "2026-07-06", "--to", "2026-07-13", "--out", small); code != 0 {
		b.Fatal(err)
	}
	var files []string
	lines := 0
	err := filepath.WalkDir(filepath.Join(small, "ledger"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".jsonl" {
			return err
		}
		data, err := os.ReadFile(name)
		files, lines = append(files, name), lines+bytes.Count(data, []byte("\n"))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	id, act := regexp.MustCompile(`\bi-00000000`), regexp.MustCompile(`"act":"[0-9a-f]{8}`)
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		many := bytes.Clone(data)
		for k := 1; k <= entries/lines; k++ {
			more := id.ReplaceAll(data, fmt.Appendf(nil, "i-%08x", k))
			many = append(many, act.ReplaceAll(more, fmt.Appendf(nil, `"act":"%08x`, k))...)
		}
		within, err := filepath.Rel(small, name)
		if err == nil {
			err = os.MkdirAll(filepath.Join(large, filepath.Dir(within)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(large, within), many, 0o600)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	return large, filepath.Join(small, "bill")
}

func quietly(args ...string) (int, string) {
	var out, err bytes.Buffer
	code := run(args, console{
		in: strings.NewReader(""), out: &out, err: &err, now: func() time.Time { return time.Date(2026, 11, 20, 10, 35, 0, 0, time.UTC) }, getenv: func(string) string { return "" },
	})
	return code, err.String()
}

// allocated is how many bytes a report of a ledger allocates in all.
func allocated(t testing.TB, entries int) uint64 {
	t.Helper()
	ledger, bill := largeLedger(t, entries)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	code, err := quietly("report", "--policy", "../../testdata/policy/organisation.yaml", "--quarter", "2026Q3", "--ledger", ledger, "--bill", bill, "--out", t.TempDir(), "--lang", "en", "--engine", engineGo)
	if code != 0 {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestAReportGrowsAsItsLedger holds that a ledger of five times the entries asks for at most five times as much: what is quadratic shows itself. It is not parallel, for it counts what the whole process allocates.
func TestAReportGrowsAsItsLedger(t *testing.T) {
	const few, many = 5_000, 25_000
	small, large := allocated(t, few), allocated(t, many)
	if perEntry := (large - small) / (many - few); perEntry > 45_000 || large > 5*small {
		t.Errorf("%d entries allocate %d MB, %d allocate %d MB: %d bytes for each more", few, small>>20, many, large>>20, perEntry)
	}
}

// BenchmarkReportOfALargeLedger makes a report of OFFPEAK_BENCH_ROWS entries, a million in make bench, and says how much memory the process had at most.
func BenchmarkReportOfALargeLedger(b *testing.B) {
	entries, err := strconv.Atoi(os.Getenv("OFFPEAK_BENCH_ROWS"))
	if err != nil {
		entries = 50_000
	}
	ledger, bill := largeLedger(b, entries)
	for b.Loop() {
		code, err := quietly("report", "--policy", "../../testdata/policy/organisation.yaml", "--quarter", "2026Q3", "--ledger", ledger, "--bill", bill, "--out", b.TempDir(), "--lang", "en")
		if code != 0 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(entries)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	if peak := regexp.MustCompile(`VmHWM:\s+(\d+)`).FindSubmatch(status()); peak != nil {
		if kilobytes, err := strconv.Atoi(string(peak[1])); err == nil {
			b.ReportMetric(float64(kilobytes)/1024, "MB-peak")
		}
	}
}

// status is what Linux says of this process; nothing elsewhere.
func status() []byte {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil
	}
	return data
}
