package recount

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
)

// series is what tells usage apart beside its hour. A machine is billed for many hours under the same texts: they are looked at once.
type series struct {
	account, resource, group, cluster, sku, operation, zone string
	line                                                    billing.Line
	commitment                                              string

	last *usageRow // in its file, nil at first
	rank int32     // among the series of all files; of equal ones the same
}

// seriesKey holds the numbers of the texts; they mean something within one file.
type seriesKey struct {
	account, resource, sku, operation, zone int32
	group, cluster, commitment              int64
	line                                    billing.Line
}

func (k seriesKey) place() uint32 {
	return uint32(k.resource)<<4 ^ uint32(k.sku)<<19 ^ uint32(k.commitment)<<1 ^ uint32(k.zone)<<25 ^ uint32(len(k.line))
}

// compare orders series as billing.Usage is ordered within an hour.
func (s *series) compare(o *series) int {
	return cmp.Or(strings.Compare(s.account, o.account), strings.Compare(s.resource, o.resource), strings.Compare(s.group, o.group), strings.Compare(s.cluster, o.cluster),
		strings.Compare(s.sku, o.sku), strings.Compare(s.operation, o.operation), strings.Compare(s.zone, o.zone), cmp.Compare(s.line, o.line),
		strings.Compare(s.commitment, o.commitment))
}

// usageRow is one hour of a series. Where a file goes back and forth in time an hour may have several.
type usageRow struct {
	series *series
	hour   int32 // since 1970
	sums   usageSum
}

// usageSum are quantity, list, net and effective cost.
type usageSum [4]sum

// usageSums is the usage of one file.
type usageSums struct {
	*table[seriesKey, series]
	blocks [][]usageRow
	rows   int
}

// rowsPerBlock is how many rows lie together; they never move, since their series point to them.
const rowsPerBlock = 1024

func readUsage(ctx context.Context, f dated, s span, open func(export.File) *usageFile) (_ *usageSums, err error) {
	u := open(f.File)
	defer func() { err = errors.Join(err, u.reader.Close()) }()
	sums := &usageSums{table: newTable[seriesKey, series](seriesKey.place)}
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
			to := sums.row(sums.of(u, row, line), int32(floor(milli, milliOfHour)/milliOfHour))
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

// of finds or begins the series of a line.
func (t *usageSums) of(u *usageFile, row int, line billing.Line) *series {
	key := seriesKey{
		u.account.at(row), u.resource.at(row), u.sku.at(row), u.operation.at(row), u.zone.at(row), u.group.at(row), u.cluster.at(row), u.commitment.at(row), line,
	}
	s, fresh := t.at(key)
	if fresh {
		*s = series{
			account: u.account.names[key.account], resource: u.resource.names[key.resource], group: u.group.name(key.group), cluster: u.cluster.name(key.cluster),
			sku: u.sku.names[key.sku], operation: u.operation.names[key.operation], zone: u.zone.names[key.zone], line: line,
			commitment: u.commitment.name(key.commitment),
		}
	}
	return s
}

// row is where an hour of a series is summed.
func (t *usageSums) row(s *series, hour int32) *usageSum {
	if s.last == nil || s.last.hour != hour {
		if t.rows%rowsPerBlock == 0 {
			t.blocks = append(t.blocks, make([]usageRow, rowsPerBlock))
		}
		s.last = &t.blocks[len(t.blocks)-1][t.rows%rowsPerBlock]
		s.last.series, s.last.hour = s, hour
		t.rows++
	}
	return &s.last.sums
}

// ordered are rows by hour and series; those of one hour and series stand together.
type ordered struct {
	all    []*usageRow
	series int // how many ranks there are
}

// inOrder brings the rows of several files into one order: series are compared by their texts, rows by numbers alone.
func inOrder(files []*usageSums) ordered {
	var all []*series
	var rows []*usageRow
	first, last := int32(0), int32(-1)
	for _, f := range files {
		for _, s := range f.all {
			all = append(all, s)
		}
		for i := range f.rows {
			row := &f.blocks[i/rowsPerBlock][i%rowsPerBlock]
			if len(rows) == 0 {
				first, last = row.hour, row.hour
			}
			first, last = min(first, row.hour), max(last, row.hour)
			rows = append(rows, row)
		}
	}
	slices.SortFunc(all, (*series).compare)
	ranks := 0
	for i, s := range all {
		if i > 0 && all[i-1].compare(s) != 0 {
			ranks++
		}
		s.rank = int32(ranks)
	}
	rows = counted(rows, ranks+1, func(r *usageRow) int32 { return r.series.rank })
	return ordered{counted(rows, int(last-first)+1, func(r *usageRow) int32 { return r.hour - first }), ranks + 1}
}

// counted sorts rows by a number below most; rows of the same number stay in their order.
func counted(rows []*usageRow, most int, number func(*usageRow) int32) []*usageRow {
	ends := make([]int32, most+1)
	for _, r := range rows {
		ends[number(r)+1]++
	}
	for i := range most {
		ends[i+1] += ends[i]
	}
	sorted := make([]*usageRow, len(rows))
	for _, r := range rows {
		at := &ends[number(r)]
		sorted[*at] = r
		*at++
	}
	return sorted
}

// figures are the sums of a row and their decimals. Most hours of a series come to the same: their decimals are made once.
type figures struct {
	sums  usageSum
	exact [4]decimal.Decimal
	known bool
}

func (f *figures) of(sums *usageSum) *[4]decimal.Decimal {
	for i := range sums {
		if !f.known || sums[i].more != nil || sums[i] != f.sums[i] {
			f.exact[i], f.sums[i] = sums[i].decimal(), sums[i]
		}
	}
	f.known = true
	return &f.exact
}

// rows yields the usage.
func (o ordered) rows() iter.Seq[billing.Usage] {
	return func(yield func(billing.Usage) bool) {
		known := make([]figures, o.series)
		for i := 0; i < len(o.all); {
			r := o.all[i]
			for i++; i < len(o.all) && o.all[i].hour == r.hour && o.all[i].series.rank == r.series.rank; i++ {
				for j := range r.sums {
					r.sums[j].merge(&o.all[i].sums[j])
				}
			}
			s, exact := r.series, known[r.series.rank].of(&r.sums)
			if !yield(billing.Usage{
				Hour: instant(int64(r.hour) * milliOfHour), Account: fleet.AccountID(s.account), Resource: s.resource, Group: s.group, Cluster: s.cluster, SKU: s.sku,
				Operation: s.operation, Zone: s.zone, Line: s.line, Commitment: s.commitment,
				Quantity: exact[0], List: exact[1], Net: exact[2], Effective: exact[3],
			}) {
				return
			}
		}
	}
}
