package recount

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/fleet"
)

// rowsAtOnce bounds what a stream of usage holds: a bill of more lines is read several times, each time for a part of the hours.
const rowsAtOnce = 1_000_000

// Usage implements billing.Engine.
func (e *Engine) Usage(ctx context.Context, p billing.Period) iter.Seq2[billing.Usage, error] {
	return e.stream(ctx, export.CUR2, p, usageOfCUR)
}

// FocusUsage implements billing.Engine.
func (e *Engine) FocusUsage(ctx context.Context, p billing.Period) iter.Seq2[billing.Usage, error] {
	return e.stream(ctx, export.FOCUS, p, usageOfFocus)
}

func (e *Engine) stream(ctx context.Context, table export.Table, p billing.Period, open func(export.File) *usageFile) iter.Seq2[billing.Usage, error] {
	return func(yield func(billing.Usage, error) bool) {
		files, err := e.files(table, p)
		if err != nil {
			yield(billing.Usage{}, err)
			return
		}
		reading, stop := context.WithCancel(ctx)
		defer stop()
		for part := range e.ahead(reading, files, windows(files, p), open) {
			if part.err != nil {
				yield(billing.Usage{}, part.err)
				return
			}
			for i := range part.rows {
				if !yield(part.rows[i], nil) {
					return
				}
			}
		}
		if err := ctx.Err(); err != nil {
			yield(billing.Usage{}, err)
		}
	}
}

// part is the usage of a window, in order.
type part struct {
	rows []billing.Usage
	err  error
}

// ahead reads windows, as many at once as there are workers, and gives them in their order. A window that nobody has taken yet counts as being
// read, so that no more than these are held.
func (e *Engine) ahead(ctx context.Context, files []dated, windows []billing.Period, open func(export.File) *usageFile) iter.Seq[part] {
	return func(yield func(part) bool) {
		read := make([]chan part, len(windows))
		begin := func(i int) {
			if i >= len(windows) {
				return
			}
			read[i] = make(chan part, 1)
			go func() {
				rows, err := e.usage(ctx, files, windows[i], open)
				read[i] <- part{rows, err}
			}()
		}
		for i := range e.workers {
			begin(i)
		}
		for i := range windows {
			p := <-read[i]
			if !yield(p) || p.err != nil {
				return
			}
			begin(i + e.workers)
		}
	}
}

// windows cuts a period into parts of a billing month or less, so that files of a month are read as seldom as what is held at once allows.
func windows(files []dated, p billing.Period) (cut []billing.Period) {
	for _, month := range query.Months(p) {
		var rows int64
		for _, f := range files {
			if f.month.Equal(month) {
				rows += f.Rows
			}
		}
		from, to := month, month.AddDate(0, 1, 0)
		step := to.Sub(from) / time.Duration(rows/rowsAtOnce+1)
		step = max(step.Truncate(time.Hour), time.Hour)
		for ; from.Before(to); from = from.Add(step) {
			w := billing.Period{From: from, To: from.Add(step)}
			if w.To.After(to) {
				w.To = to
			}
			if w.From.Before(p.From) {
				w.From = p.From
			}
			if w.To.After(p.To) {
				w.To = p.To
			}
			if w.From.Before(w.To) {
				cut = append(cut, w)
			}
		}
	}
	return cut
}

// usage reads the usage of some hours.
func (e *Engine) usage(ctx context.Context, files []dated, p billing.Period, open func(export.File) *usageFile) ([]billing.Usage, error) {
	months := query.Months(p)
	files = slices.Clone(files)
	files = slices.DeleteFunc(files, func(f dated) bool { return !slices.ContainsFunc(months, f.month.Equal) })
	read, err := each(ctx, e.workers, files, func(ctx context.Context, f dated) (map[usageKey]*usageSum, error) {
		return readUsage(ctx, f, spanOf(p), open)
	})
	if err != nil {
		return nil, err
	}
	all := map[usageKey]*usageSum{}
	for i, sums := range read {
		for k, v := range sums {
			merged(all, k, v, func(to, from *usageSum) {
				for j := range to {
					to[j].merge(&from[j])
				}
			})
		}
		read[i] = nil
	}
	return inOrder(all), nil
}

// inOrder makes rows of sums. Rows are large: their places are sorted, and each is made once, where it belongs.
func inOrder(all map[usageKey]*usageSum) []billing.Usage {
	keys := make([]usageKey, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	places := make([]int32, len(keys))
	for i := range places {
		places[i] = int32(i)
	}
	slices.SortFunc(places, func(a, b int32) int { return keys[a].compare(&keys[b]) })
	rows := make([]billing.Usage, len(keys))
	for i, place := range places {
		k := &keys[place]
		v := all[*k]
		rows[i] = billing.Usage{
			Hour: instant(k.hour), Account: fleet.AccountID(k.account), Resource: k.resource, Group: k.group, Cluster: k.cluster, SKU: k.sku, Operation: k.operation,
			Zone: k.zone, Line: k.line, Commitment: k.commitment,
			Quantity: v[0].decimal(), List: v[1].decimal(), Net: v[2].decimal(), Effective: v[3].decimal(),
		}
	}
	return rows
}

// compare orders keys as billing.Usage is ordered.
func (k *usageKey) compare(o *usageKey) int {
	if k.hour != o.hour {
		return cmp.Compare(k.hour, o.hour)
	}
	return cmp.Or(strings.Compare(k.account, o.account), strings.Compare(k.resource, o.resource), strings.Compare(k.group, o.group), strings.Compare(k.cluster, o.cluster),
		strings.Compare(k.sku, o.sku), strings.Compare(k.operation, o.operation), strings.Compare(k.zone, o.zone), cmp.Compare(k.line, o.line),
		strings.Compare(k.commitment, o.commitment))
}

// usageKey is what tells usage apart.
type usageKey struct {
	hour                                                    int64
	account, resource, group, cluster, sku, operation, zone string
	line                                                    billing.Line
	commitment                                              string
}

// usageSum are quantity, list, net and effective cost.
type usageSum [4]sum

// usageFile reads usage from a file of either table.
type usageFile struct {
	reader                                  *reader
	start                                   times
	line                                    func(row int) billing.Line // empty if the row bills no running
	account, resource, sku, operation, zone *words
	group, cluster                          entries
	commitment                              func(row int) string
	// amount gives a row's four amounts, false where one is null.
	amounts func(row int, line billing.Line) [4]amount
}

type amount struct {
	value float64
	there bool
}

func amountOf(value float64, there bool) amount { return amount{value, there} }

func readUsage(ctx context.Context, f dated, s span, open func(export.File) *usageFile) (_ map[usageKey]*usageSum, err error) {
	u := open(f.File)
	defer func() { err = errors.Join(err, u.reader.Close()) }()
	sums := map[usageKey]*usageSum{}
	for u.reader.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for row := range u.reader.Rows() {
			milli, null := u.start.at(row)
			if !s.has(milli, null) {
				continue
			}
			line := u.line(row)
			if line == "" {
				continue
			}
			key := usageKey{
				floor(milli, milliOfHour), u.account.text(row), u.resource.text(row), u.group.text(row), u.cluster.text(row), u.sku.text(row), u.operation.text(row),
				u.zone.text(row), line, u.commitment(row),
			}
			to := sums[key]
			if to == nil {
				to = &usageSum{}
				sums[key] = to
			}
			for i, a := range u.amounts(row, line) {
				if !a.there {
					continue
				}
				if err := to[i].add(a.value); err != nil {
					return nil, fmt.Errorf("%s: %w", f.Path, err)
				}
			}
		}
	}
	return sums, u.reader.Err()
}

func usageOfCUR(f export.File) *usageFile {
	r := newReader(f, query.CURColumns())
	is := r.classes()
	lease, plan := r.words("reservation_reservation_a_r_n"), r.words("savings_plan_savings_plan_a_r_n")
	quantity, list, unblended := r.doubles("line_item_usage_amount"), r.doubles("pricing_public_on_demand_cost"), r.doubles("line_item_unblended_cost")
	net, ofLease := r.doubles("line_item_net_unblended_cost"), r.doubles("reservation_effective_cost")
	ofPlan := r.doubles("savings_plan_savings_plan_effective_cost")
	return &usageFile{
		reader: r, start: r.times("line_item_usage_start_date"), account: r.words("line_item_usage_account_id"), resource: r.words("line_item_resource_id"),
		sku: r.words("product_sku"), operation: r.words("line_item_operation"), zone: r.words("line_item_availability_zone"),
		group: r.entries("resource_tags", query.GroupKeys()...), cluster: r.entries("resource_tags", query.ClusterKeys()...),
		line: func(row int) billing.Line {
			if c := is.of(row); c.runs {
				return c.line
			}
			return ""
		},
		commitment: func(row int) string {
			if arn := lease.text(row); arn != "" {
				return arn
			}
			return plan.text(row)
		},
		amounts: func(row int, line billing.Line) [4]amount {
			a := [4]amount{amountOf(quantity.at(row)), amountOf(list.at(row)), amountOf(net.at(row))}
			if line == billing.SpotUsage {
				a[1] = amountOf(unblended.at(row))
			}
			if !a[2].there {
				a[2] = amountOf(unblended.at(row))
			}
			switch line {
			case billing.Reserved:
				a[3] = amountOf(ofLease.at(row))
			case billing.PlanUsage:
				a[3] = amountOf(ofPlan.at(row))
			default:
				a[3] = a[2]
			}
			return a
		},
	}
}

func usageOfFocus(f export.File) *usageFile {
	r := newReader(f, query.FocusColumns())
	category, class, status, service := r.words("ChargeCategory"), r.words("ChargeClass"), r.words("CommitmentDiscountStatus"), r.words("ServiceCategory")
	meter, pricing, commitment := r.words("SkuMeter"), r.words("PricingCategory"), r.words("CommitmentDiscountCategory")
	priced, consumed := r.doubles("PricingQuantity"), r.doubles("ConsumedQuantity")
	list, contracted, billed, effective := r.doubles("ListCost"), r.doubles("ContractedCost"), r.doubles("BilledCost"), r.doubles("EffectiveCost")
	return &usageFile{
		reader: r, start: r.times("ChargePeriodStart"), account: r.words("SubAccountId"), resource: r.words("ResourceId"), sku: r.words("SkuId"),
		operation: &words{names: []string{""}}, zone: r.words("AvailabilityZone"),
		group: r.entries("Tags", query.GroupKeys()...), cluster: r.entries("Tags", query.ClusterKeys()...),
		line: func(row int) billing.Line {
			if category.text(row) != "Usage" || class.at(row) != 0 || status.text(row) == "Unused" || !query.MeterRuns(service.text(row), meter.text(row)) {
				return ""
			}
			return query.FocusLine(pricing.text(row), commitment.text(row), meter.text(row))
		},
		commitment: r.words("CommitmentDiscountId").text,
		amounts: func(row int, line billing.Line) [4]amount {
			a := [4]amount{amountOf(priced.at(row)), amountOf(list.at(row)), amountOf(billed.at(row)), amountOf(effective.at(row))}
			if !a[0].there {
				a[0] = amountOf(consumed.at(row))
			}
			if line == billing.SpotUsage {
				a[1] = amountOf(contracted.at(row))
			}
			return a
		},
	}
}
