package recount

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"

	"offpeak/internal/billing"
	"offpeak/internal/billing/query"
	"offpeak/internal/fleet"
)

type (
	costNumber struct {
		month                               int64
		account, service, sku, unit, region int32
	}
	costName struct {
		month                               int64
		account, service, sku, unit, region string
	}
	costSum struct {
		rows                                int64
		quantity, list, contract, effective sum
	}
)

func compareCosts(a, b costName) int {
	return cmp.Or(cmp.Compare(a.month, b.month), cmp.Compare(a.account, b.account), cmp.Compare(a.service, b.service), cmp.Compare(a.sku, b.sku),
		cmp.Compare(a.unit, b.unit), cmp.Compare(a.region, b.region))
}

// Costs implements billing.Engine.
func (e *Engine) Costs(ctx context.Context, p billing.Period) ([]billing.Cost, error) {
	sums, err := grouped(ctx, e, p, costsOf, func(to, from *costSum) {
		to.rows += from.rows
		to.quantity.merge(&from.quantity)
		to.list.merge(&from.list)
		to.contract.merge(&from.contract)
		to.effective.merge(&from.effective)
	})
	if err != nil {
		return nil, err
	}
	var rows []billing.Cost
	for k, v := range inOrderOf(sums, compareCosts) {
		rows = append(rows, billing.Cost{
			Month: instant(k.month), Account: fleet.AccountID(k.account), Service: k.service, SKU: k.sku, Unit: k.unit, Region: fleet.Region(k.region), Rows: v.rows,
			Quantity: v.quantity.decimal(), List: v.list.decimal(), Contract: v.contract.decimal(), Effective: v.effective.decimal(),
		})
	}
	return rows, nil
}

func costsOf(r *reader) grouping[costNumber, costName, costSum] {
	account, service, sku, unit, region := r.words("SubAccountId"), r.words("ServiceName"), r.words("SkuId"), r.words("PricingUnit"), r.words("RegionId")
	quantity, list, contract, effective := r.priced(), r.doubles("ListCost"), r.doubles("ContractedCost"), r.doubles("EffectiveCost")
	var month months
	return grouping[costNumber, costName, costSum]{
		place: func(n costNumber) uint32 { return uint32(n.sku)<<2 ^ uint32(n.account)<<14 ^ uint32(n.unit)<<18 },
		number: func(row int, milli int64) (costNumber, bool) {
			return costNumber{month.of(milli), account.at(row), service.at(row), sku.at(row), unit.at(row), region.at(row)}, true
		},
		name: func(n costNumber) costName {
			return costName{n.month, account.names[n.account], service.names[n.service], sku.names[n.sku], unit.names[n.unit], region.names[n.region]}
		},
		add: func(to *costSum, row int, _ int64) error {
			to.rows++
			var failed error
			if x, ok := quantity.at(row); ok {
				failed = to.quantity.add(x)
			}
			return errors.Join(failed, list.add(&to.list, row), contract.add(&to.contract, row), effective.add(&to.effective, row))
		},
	}
}

type (
	tagNumber struct {
		month            int64
		account, service int32
		values           int32
	}
	tagName struct {
		month                    int64
		account, service, values string // quoted, one after the other
	}
	tagSum struct {
		rows      int64
		values    []string
		effective sum
	}
)

// Tagged implements billing.Engine.
func (e *Engine) Tagged(ctx context.Context, p billing.Period, tags ...[]string) ([]billing.TagCost, error) {
	sums, err := grouped(ctx, e, p, func(r *reader) grouping[tagNumber, tagName, tagSum] { return tagsOf(r, tags) }, func(to, from *tagSum) {
		to.rows += from.rows
		to.effective.merge(&from.effective)
	})
	if err != nil {
		return nil, err
	}
	var rows []billing.TagCost
	for k, v := range sums {
		rows = append(rows, billing.TagCost{
			Month: instant(k.month), Account: fleet.AccountID(k.account), Service: k.service, Values: v.values, Rows: v.rows, Effective: v.effective.decimal(),
		})
	}
	slices.SortFunc(rows, func(a, b billing.TagCost) int {
		return cmp.Or(a.Month.Compare(b.Month), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Service, b.Service), slices.Compare(a.Values, b.Values))
	})
	return rows, nil
}

func tagsOf(r *reader, tags [][]string) grouping[tagNumber, tagName, tagSum] {
	account, service, effective, values := r.words("SubAccountId"), r.words("ServiceCategory"), r.doubles("EffectiveCost"), r.values(tags)
	var month months
	return grouping[tagNumber, tagName, tagSum]{
		place: func(n tagNumber) uint32 { return uint32(n.account) ^ uint32(n.service)<<4 ^ uint32(n.values)<<8 },
		number: func(row int, milli int64) (tagNumber, bool) {
			return tagNumber{month.of(milli), account.at(row), service.at(row), values.at(row)}, true
		},
		name: func(n tagNumber) tagName {
			return tagName{n.month, account.names[n.account], service.names[n.service], values.name(n.values)}
		},
		add: func(to *tagSum, row int, _ int64) error {
			if to.rows++; to.values == nil {
				to.values = values.texts(row)
			}
			return effective.add(&to.effective, row)
		},
	}
}

// values are the values of several tags, each of the first of some keys that a line carries.
type values struct {
	tags  []entries
	place []byte
	known map[string]int32
	all   []string // by number: the numbers of their texts, eight bytes each
}

func (r *reader) values(tags [][]string) *values {
	v := &values{known: map[string]int32{}}
	for _, keys := range tags {
		one := entries{{names: []string{""}}}
		if len(keys) > 0 {
			one = r.entries("Tags", query.Spellings(keys)...)
		}
		v.tags = append(v.tags, one)
	}
	return v
}

// at is the number of a row's values, which means something within one file.
func (v *values) at(row int) int32 {
	v.place = v.place[:0]
	for _, t := range v.tags {
		v.place = binary.BigEndian.AppendUint64(v.place, uint64(t.at(row)))
	}
	number, seen := v.known[string(v.place)]
	if !seen {
		number = int32(len(v.all))
		v.all = append(v.all, string(v.place))
		v.known[v.all[number]] = number
	}
	return number
}

// name is what a number stands for: the values quoted, one after the other.
func (v *values) name(number int32) (name string) {
	for i, t := range v.tags {
		name += strconv.Quote(t.name(int64(binary.BigEndian.Uint64([]byte(v.all[number][8*i:])))))
	}
	return name
}

// texts are a row's values.
func (v *values) texts(row int) []string {
	all := make([]string, len(v.tags))
	for i, t := range v.tags {
		all[i] = t.text(row)
	}
	return all
}
