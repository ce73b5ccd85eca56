package mix_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"offpeak/autospot/mix"
	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

func BenchmarkChoose(b *testing.B) {
	q := ask(b, func(q *mix.Question) {
		q.Size, q.Sizes, q.Min, q.Max, q.Quotes = 40, []int{10}, 0, 100, quotes(b, 100, "0.03", 2)
	})
	b.ReportAllocs()
	for b.Loop() {
		mix.Choose(q)
	}
}

// A thousand groups of three zones, each with a hundred types that fit, of 1,263 whose prices changed 270 times in ninety days in each zone.
func BenchmarkThousandGroups(b *testing.B) {
	from := time.Date(2026, 8, 22, 0, 0, 0, 0, time.UTC)
	w := pricing.Window{From: from, To: from.Add(90 * 24 * time.Hour)}
	zones := []string{"a", "b", "c"}
	m := &market.Market{Spot: market.History{}, Advised: market.Advised{}, OnDemand: fleet.Prices{}}
	names := make([]string, 1263)
	for i := range names {
		names[i] = fmt.Sprintf("m%d.x%d", i/20, i%20)
		m.Advised[market.AdvisedKey{Region: "us-east-1", OS: "Linux", Type: names[i]}] = market.Odds{Band: i % 5}
		for z, zone := range zones {
			points := make([]market.Point, 270)
			for k := range points {
				points[k] = market.Point{At: from.Add(time.Duration(8*k-1) * time.Hour), Price: usd(b, fmt.Sprintf("0.0%03d", 300+i%300+(k*7+z*13)%40))}
			}
			m.Spot[market.Pool{Zone: zone, Type: names[i], Product: "Linux/UNIX"}] = points
		}
	}
	q := ask(b, nil)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var answers []mix.Answer
	b.ReportAllocs()
	for b.Loop() {
		book := pricing.NewBook(m, "us-east-1", w, nil)
		answers = make([]mix.Answer, 0, 1000)
		for g := range 1000 {
			q := q
			q.Quotes = make([]pricing.Quote, 0, 100)
			for i := range 100 {
				q.Quotes = append(q.Quotes, book.Quote(pricing.Ask{Type: names[(g*7+i*11)%len(names)], Product: "Linux/UNIX", Zones: zones, OnDemand: q.OnDemand, MinimumSaving: 20}))
			}
			q.Size, q.Sizes, q.Min, q.Max = 3+g%40, []int{1 + g%5}, 1, 60
			answers = append(answers, mix.Choose(q))
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-kept")
	runtime.KeepAlive(answers)
	runtime.KeepAlive(m)
}
