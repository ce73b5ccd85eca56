//go:build cgo

package duckdb

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/billing/recount"
)

// BenchmarkQuarter10M asks all questions about FOCUS of a quarter of OFFPEAK_BENCH_ROWS rows (10000032 are 92 days of 4,529 lines an hour): how long each takes,
// and how many times as long as DuckDB needs to read the same columns without grouping or converting anything.
func BenchmarkQuarter10M(b *testing.B) {
	rows, err := strconv.Atoi(os.Getenv("OFFPEAK_BENCH_ROWS"))
	if err != nil {
		b.Skip("set OFFPEAK_BENCH_ROWS, for example to 10000032")
	}
	dir := b.TempDir()
	if err := newQuarter(max(1, rows/quarterHours)).write(dir); err != nil {
		b.Fatal(err)
	}
	bill, err := export.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	p := billing.Period{From: quarterStart, To: quarterStart.Add(quarterHours * time.Hour)}
	e, err := Open(bill, "111111111111", Options{Temp: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	b.Run("DuckDB", func(b *testing.B) { measured(b, e, p, func(text string) { bare(b, e, text) }) })
	b.Run("recount", func(b *testing.B) {
		forgetPeak()
		begin := processorTime()
		for b.Loop() {
			one := recount.Open(bill, "111111111111", 2) // it would remember its answers
			for _, ask := range questions(one, p) {
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric((processorTime()-begin).Seconds()/float64(b.N), "processor-s/all")
		b.ReportMetric(peakMB(), "MB-peak")
		b.ReportMetric(float64(max(1, rows/quarterHours)*quarterHours*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// questions are those about FOCUS, in the order of query.Texts.
func questions(e billing.Engine, p billing.Period) []func() error {
	ctx := context.Background()
	return []func() error{
		func() error { _, err := e.Accounts(ctx, p); return err },
		func() error { _, err := e.Days(ctx, p); return err },
		func() error { _, err := e.Charges(ctx, p); return err },
		func() error { _, err := e.Hours(ctx, p); return err },
		func() error { _, err := e.Standing(ctx, p); return err },
		func() error { _, err := e.Prices(ctx, p); return err },
		func() error { _, err := e.Costs(ctx, p); return err },
		func() error { _, err := e.Tagged(ctx, p, []string{"team"}, []string{"Application"}); return err },
		func() error {
			for _, err := range e.Patterns(ctx, p, []string{"team"}) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// measured times each question and, right after it, the bare scan of its columns, so that both meet the same machine.
func measured(b *testing.B, e *Engine, p billing.Period, bare func(text string)) {
	texts := e.dialect.Texts(p)
	took, scanned, worked := map[string]time.Duration{}, map[string]time.Duration{}, map[string]time.Duration{}
	forgetPeak()
	for b.Loop() {
		for i, ask := range questions(e, p) {
			name := texts[i].Name
			begin, work := time.Now(), processorTime()
			if err := ask(); err != nil {
				b.Fatal(err)
			}
			took[name] += time.Since(begin)
			worked[name] += processorTime() - work
			begin = time.Now()
			bare(texts[i].SQL)
			scanned[name] += time.Since(begin)
		}
	}
	var all, scans, work time.Duration
	n := time.Duration(b.N)
	for i := range questions(e, p) {
		name := texts[i].Name
		b.Logf("%-9s %6.2f s (%.2f s of processors), %4.1f x the bare scan's %.2f s", name, (took[name] / n).Seconds(), (worked[name] / n).Seconds(),
			took[name].Seconds()/scanned[name].Seconds(), (scanned[name] / n).Seconds())
		all, scans, work = all+took[name]/n, scans+scanned[name]/n, work+worked[name]/n
	}
	b.ReportMetric(all.Seconds(), "s/all")
	b.ReportMetric(work.Seconds(), "processor-s/all")
	b.ReportMetric(all.Seconds()/scans.Seconds(), "x-bare-scan")
	b.ReportMetric(peakMB(), "MB-peak")
}

// bare reads the columns that a text reads.
func bare(b *testing.B, e *Engine, text string) {
	var reads []string
	for _, c := range query.FocusColumns() {
		if !regexp.MustCompile(`\b` + c.Name + `\b`).MatchString(text) {
			continue
		}
		reads = append(reads, fmt.Sprintf(map[string]string{query.Text: "SUM(strlen(%s))", query.Double: "SUM(%s)", query.Moment: "MAX(%s)", query.Map: "SUM(cardinality(%s))"}[c.Type], c.Name))
	}
	rows, err := e.db.Query("SELECT " + strings.Join(reads, ", ") + " FROM focus")
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		continue
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
}

// processorTime is what this process has used of all processors, on Linux; elsewhere zero.
func processorTime() time.Duration {
	stat, _ := os.ReadFile("/proc/self/stat")
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel's clock ticks a hundred times a second
}

// forgetPeak begins the measure of memory anew, after what it took to write the bill; where it cannot, that is counted in.
func forgetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// peakMB is the most memory that the process has had, on Linux; elsewhere zero.
func peakMB() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kB float64
	fmt.Sscan(rest, &kB)
	return kB / 1024
}
