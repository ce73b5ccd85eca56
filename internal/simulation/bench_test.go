package simulation_test

import (
	"testing"

	"offpeak/internal/simulation"
)

// BenchmarkAQuarter plays 1,000 resources with their people for 92 days.
func BenchmarkAQuarter(b *testing.B) {
	benchmark(b, nothing, 92)
}

// BenchmarkThreeDaysOptimized plays the same organisation for three working days with the real optimizer, scheduler and ledger.
func BenchmarkThreeDaysOptimized(b *testing.B) {
	benchmark(b, nil, 3)
}

// benchmark plays so many days with a sweep; nil is the real one.
func benchmark(b *testing.B, sweep simulation.Sweep, days int) {
	from := at("2026-09-01 00:00")
	b.ReportAllocs()
	for b.Loop() {
		w := build(b, 1, from, simulation.Faults{}, simulation.Sample(1000, 1))
		with := sweep
		if with == nil {
			with = sweeper(w, newMemoryStore())
		}
		tally := run(b, w, with, from, from.AddDate(0, 0, days), simulation.Options{})
		b.ReportMetric(float64(w.Events()), "events")
		b.ReportMetric(float64(tally.Sweeps), "sweeps")
	}
}
