package reporting

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/money"
	"offpeak/reports"
)

// monthHours are those of a month as prices of a month are told.
const monthHours = 730

// suggest says by how much Savings Plans would better be smaller, by the hours of the quarter in which offpeak ran. Where the bill has no CUR 2.0, or shows no rate
// beside a price, nothing is suggested.
func (m *maker) suggest(ctx context.Context) error {
	if !m.savings.Commitments.Known {
		return nil
	}
	hours, err := m.engine.PlanHours(ctx, m.savings.Measured)
	if errors.Is(err, billing.ErrNoExport) {
		return nil
	}
	if err != nil {
		return err
	}
	ratio, err := m.planRatio(ctx)
	if err != nil {
		return err
	}
	unused := map[time.Time]decimal.Decimal{}
	for i := range hours {
		at := hours[i].Hour.UTC()
		unused[at] = unused[at].Add(hours[i].Total.Sub(hours[i].Used))
	}
	less, saves, ok := commitments.Less(slices.Collect(maps.Values(unused)), ratio)
	if !ok {
		return nil
	}
	factor := m.draft.Report.Tenant.Factor
	rate, err := money.RateOf(less.Mul(factor))
	if err != nil {
		return err
	}
	s := &reports.Suggestion{Kind: "savings-plan", Hourly: rate, Less: true, Month: money.USDOf(saves.Mul(factor).Mul(decimal.NewFromInt(monthHours)).Round(billing.Places))}
	m.draft.Report.Commitments.Suggested, m.spent.Suggests = s, s
	return nil
}

// planRatio is what plans charge of the on-demand price where they charge the least: so the least is suggested.
func (m *maker) planRatio(ctx context.Context) (least decimal.Decimal, err error) {
	prices, err := m.engine.Prices(ctx, m.savings.Measured)
	if err != nil {
		return least, err
	}
	bySKU := map[string]decimal.Decimal{}
	for i := range prices {
		bySKU[prices[i].SKU] = prices[i].Contract // in order of months: the last counts
	}
	rates := m.savings.PlanRates
	for i := range rates {
		if price := bySKU[rates[i].SKU]; price.IsPositive() && rates[i].Rate.IsPositive() {
			if ratio := rates[i].Rate.DivRound(price, billing.Places); least.IsZero() || ratio.LessThan(least) {
				least = ratio
			}
		}
	}
	return least, nil
}
