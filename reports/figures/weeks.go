package figures

import (
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing/avoidance"
	"offpeak/reports"
)

// weeks are the mean resource-hours of each hour of the week by the baselines, and those that ran. Where clocks change, an hour of the week occurs once more or once
// less: a mean is over those that were.
func (in *Input) weeks() (before, after reports.Week) {
	zone := in.Zone
	if zone == nil {
		zone = time.UTC
	}
	var baseline, actual [7][24]avoidance.Hours
	var count [7][24]int64
	for _, h := range in.Savings.Ran {
		local := h.Hour.In(zone)
		day, hour := (int(local.Weekday())+6)%7, local.Hour()
		baseline[day][hour] = baseline[day][hour].Add(h.Baseline)
		actual[day][hour] = actual[day][hour].Add(h.Actual)
		count[day][hour]++
	}
	for day := range count {
		for hour, n := range count[day] {
			if n > 0 {
				before[day][hour] = hours(baseline[day][hour]).DivRound(decimal.NewFromInt(n), sixPlaces)
				after[day][hour] = hours(actual[day][hour]).DivRound(decimal.NewFromInt(n), sixPlaces)
			}
		}
	}
	return before, after
}
