package invoice_test

import (
	"testing"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
)

// lived is a sample organisation after some days of its people's habits.
func lived(tb testing.TB, resources, days int, seed uint64) (*simulation.World, []simulation.Spec, billing.Period) {
	tb.Helper()
	from := time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC)
	w := simulation.New(seed, from, simulation.Faults{})
	specs := simulation.Sample(resources, seed)
	for _, s := range specs {
		if err := w.Add(s); err != nil {
			tb.Fatal(err)
		}
	}
	to := from.AddDate(0, 0, days)
	w.Advance(to)
	return w, specs, billing.Period{From: from, To: to}
}

func BenchmarkTotal300x120(b *testing.B) {
	w, specs, period := lived(b, 300, 120, 1)
	payers, prices := invoice.SamplePayers(specs, 1), invoice.SampleCatalogue()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := invoice.Total(b.Context(), w, payers, prices, period); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite300x120(b *testing.B) {
	w, specs, period := lived(b, 300, 120, 1)
	payers, prices := invoice.SamplePayers(specs, 1), invoice.SampleCatalogue()
	b.ReportAllocs()
	var rows int64
	for b.Loop() {
		s, err := invoice.Write(b.Context(), w, payers, prices, period, b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		rows = s.Payers[0].FocusRows + s.Payers[0].CURRows
	}
	b.ReportMetric(float64(rows), "rows")
}
