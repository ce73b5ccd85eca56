package recount

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"offpeak/internal/billing"
	"offpeak/internal/billing/query"
	"offpeak/internal/fleet"
)

type (
	patternNumber struct {
		account, region, resource, sku, meter int32
		group, cluster                        int64
		line                                  billing.Line
		tags                                  int32
	}
	patternName struct {
		account, region, resource, group, cluster, sku, meter string
		line                                                  billing.Line
		tags                                                  string
	}
	// patternSums are those of one resource and SKU by hour of the week; nil where it has none.
	patternSums struct {
		tags  []string
		hours [billing.WeekHours]*patternSum
	}
	patternSum struct {
		weeks, rows                   int64
		quantity, contract, effective sum
	}
)

func comparePatterns(a, b patternName) int {
	return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region), cmp.Compare(a.resource, b.resource), cmp.Compare(a.group, b.group),
		cmp.Compare(a.cluster, b.cluster), cmp.Compare(a.sku, b.sku), cmp.Compare(a.meter, b.meter), cmp.Compare(a.line, b.line))
}

func (s *patternSum) merge(from *patternSum) {
	s.weeks |= from.weeks
	s.rows += from.rows
	s.quantity.merge(&from.quantity)
	s.contract.merge(&from.contract)
	s.effective.merge(&from.effective)
}

// Patterns implements billing.Engine.
func (e *Engine) Patterns(ctx context.Context, p billing.Period, tags ...[]string) iter.Seq2[billing.Pattern, error] {
	return func(yield func(billing.Pattern, error) bool) {
		if err := query.CheckWeeks(p); err != nil {
			yield(billing.Pattern{}, err)
			return
		}
		sums, err := grouped(ctx, e, p, func(r *reader) grouping[patternNumber, patternName, patternSums] { return patternsOf(r, p, tags) }, func(to, from *patternSums) {
			for hour, s := range from.hours {
				if s != nil && to.hours[hour] != nil {
					to.hours[hour].merge(s)
				} else if s != nil {
					to.hours[hour] = s
				}
			}
		})
		if err != nil {
			yield(billing.Pattern{}, err)
			return
		}
		inOrder := func(a, b patternName) int {
			return cmp.Or(comparePatterns(a, b), slices.Compare(sums[a].tags, sums[b].tags))
		}
		for k, v := range inOrderOf(sums, inOrder) {
			for hour, s := range v.hours {
				if s != nil && !yield(billing.Pattern{
					Account: fleet.AccountID(k.account), Region: fleet.Region(k.region), Resource: k.resource, Group: k.group, Cluster: k.cluster, SKU: k.sku, Meter: k.meter,
					Line: k.line, Tags: v.tags, Hour: int64(hour), Weeks: s.weeks, Rows: s.rows, Quantity: s.quantity.decimal(), Contract: s.contract.decimal(),
					Effective: s.effective.decimal(),
				}, nil) {
					return
				}
			}
		}
	}
}

func patternsOf(r *reader, p billing.Period, tags [][]string) grouping[patternNumber, patternName, patternSums] {
	account, region, resource, sku, meter := r.words("SubAccountId"), r.words("RegionId"), r.words("ResourceId"), r.words("SkuId"), r.words("SkuMeter")
	category, pricing, commitment := r.words("ServiceCategory"), r.words("PricingCategory"), r.words("CommitmentDiscountCategory")
	group, cluster := r.entries("Tags", query.GroupKeys()...), r.entries("Tags", query.ClusterKeys()...)
	quantity, contract, effective := r.priced(), r.doubles("ContractedCost"), r.doubles("EffectiveCost")
	values := r.values(tags)
	type sort struct{ category, meter, pricing, commitment int32 }
	lines := map[sort]billing.Line{} // empty of what does not run
	lineOf := func(row int) billing.Line {
		s := sort{category.at(row), meter.at(row), pricing.at(row), commitment.at(row)}
		line, known := lines[s]
		if !known {
			if query.MeterRuns(category.text(row), meter.text(row)) {
				line = query.FocusLine(pricing.text(row), commitment.text(row), meter.text(row))
			}
			lines[s] = line
		}
		return line
	}
	monday := billing.WeekOf(p.From).UnixMilli()
	return grouping[patternNumber, patternName, patternSums]{
		place: func(n patternNumber) uint32 {
			return uint32(n.resource)<<3 ^ uint32(n.sku)<<18 ^ uint32(n.group)<<7 ^ uint32(len(n.line))
		},
		number: func(row int, _ int64) (patternNumber, bool) {
			line := lineOf(row)
			if line == "" {
				return patternNumber{}, false
			}
			n := patternNumber{account.at(row), region.at(row), resource.at(row), sku.at(row), meter.at(row), group.at(row), cluster.at(row), line, values.at(row)}
			if n.group != 0 {
				n.resource = 0
			}
			return n, true
		},
		name: func(n patternNumber) patternName {
			return patternName{
				account.names[n.account], region.names[n.region], resource.names[n.resource], group.name(n.group), cluster.name(n.cluster), sku.names[n.sku],
				meter.names[n.meter], n.line, values.name(n.tags),
			}
		},
		add: func(to *patternSums, row int, milli int64) error {
			hour := (milli - monday) / milliOfHour
			if to.tags == nil {
				to.tags = values.texts(row)
			}
			s := to.hours[hour%billing.WeekHours]
			if s == nil {
				s = &patternSum{}
				to.hours[hour%billing.WeekHours] = s
			}
			s.rows++
			var failed error
			if x, ok := quantity.at(row); ok {
				failed = s.quantity.add(x)
				if x > 0 {
					s.weeks |= 1 << (hour / billing.WeekHours)
				}
			}
			return errors.Join(failed, contract.add(&s.contract, row), effective.add(&s.effective, row))
		},
	}
}
