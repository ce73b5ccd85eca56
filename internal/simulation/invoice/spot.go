package invoice

import (
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/simulation"
)

// marketplace is implemented by a world that has a Spot market.
type marketplace interface{ Market() *simulation.Market }

// spotPrices are those of the world's market, and where it has none those of the catalogue; nil where there are neither. An hour costs what it
// cost when it began ("Spot Instance pricing history", EC2 User Guide: prices change gradually, and each hour is billed at one price).
func spotPrices(w World, c *Catalogue) SpotPrices {
	m, has := w.(marketplace)
	if !has {
		return c.Spot
	}
	return func(region fleet.Region, zone, instanceType, product string, at time.Time) (money.Rate, bool) {
		rate, known := m.Market().PriceAt(simulation.Pool{Zone: zone, Type: instanceType, Product: product}, at)
		if !known && c.Spot != nil {
			return c.Spot(region, zone, instanceType, product, at)
		}
		return rate, known
	}
}

// paid leaves out the Spot runs that AWS ended within their first hour: they are free ("Billing for interrupted Spot Instances", EC2 User Guide).
func paid(w World, runs []simulation.Run) []simulation.Run {
	m, has := w.(marketplace)
	if !has || !slices.ContainsFunc(runs, func(r simulation.Run) bool { return r.Spot }) {
		return runs
	}
	return slices.DeleteFunc(slices.Clone(runs), func(r simulation.Run) bool { return r.Spot && r.Type != "" && reclaimed(m.Market(), r) })
}

// reclaimed reports whether AWS took an instance back within the hour in which it started.
func reclaimed(m *simulation.Market, r simulation.Run) bool {
	if r.To.Sub(r.From) >= time.Hour {
		return false
	}
	pool := simulation.Pool{Zone: r.Zone, Type: r.Type, Product: r.Product}
	const announced = 24 * time.Hour // a signal may be felt long before its end
	for _, s := range m.Signals(pool, r.From.Add(-announced), r.To.Add(time.Second)) {
		if s.End.Equal(r.To) && m.Takes(pool, s, r.ID) {
			return true
		}
	}
	return false
}
