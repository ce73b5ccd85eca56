package savings

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
)

// use is what a subject used of one SKU in one hour, in picounits: 1,000,000,000,000 are one hour of an instance.
type use struct {
	hour     int32 // since computation.Baseline
	sku      int32
	quantity int64
}

// pico is one unit.
const pico = 1_000_000_000_000

// kept is what an account used of one SKU in one hour, all of its resources together: the replay cannot tell them apart.
type kept struct {
	account fleet.AccountID
	sku     int32
}

// hourOfBill is one hour of the measured period.
type hourOfBill struct {
	kept     []keptLine
	reserved map[string]decimal.Decimal // amortised cost by Reserved Instance
}

type keptLine struct {
	kept
	quantity decimal.Decimal
}

// hourly is the bill's running time by hour of the measured period.
type hourly []hourOfBill

// readUsage reads who ran when: the subjects' own hours since the first baseline, and everybody's of the measured period.
func (c *computation) readUsage(ctx context.Context) error {
	c.hours = make(hourly, c.Measured.To.Sub(c.Measured.From)/time.Hour)
	rows := &usageReader{computation: c, find: newFinder(c.subjects), sorts: map[usageName]*usageSort{}, hour: -1}
	for u, err := range c.usage(ctx) {
		if err != nil {
			return err
		}
		rows.take(&u)
	}
	rows.flush()
	return c.shorten()
}

// usageName is all that tells rows of usage apart beside their hour and their amounts.
type usageName struct {
	account                                        fleet.AccountID
	resource, group, cluster, sku, operation, zone string
	line                                           billing.Line
}

// usageSort is what is known of rows of one name. A machine has thousands of them: what their texts tell is found out once.
type usageSort struct {
	usageName
	sku     int32
	subject *subject   // nil: nobody's
	counted *counted   // of the subject
	sum     *keptSum   // nil: Spot, which no commitment covers
	next    *usageSort // the sort of the row that came after the last one of this: most hours have the same rows in the same order
}

// keptSum is what an account used of a SKU in the present hour.
type keptSum struct {
	keptLine
	there bool
}

// usageReader takes in rows of usage, hour by hour.
type usageReader struct {
	*computation
	find  finder
	sorts map[usageName]*usageSort
	last  *usageSort
	sums  map[kept]*keptSum
	hour  int // the number of the hour whose sums are being added up; below zero before the measured period
	used  []*keptSum
}

// take takes in a row.
func (r *usageReader) take(u *billing.Usage) {
	r.lastUse = later(r.lastUse, u.Hour)
	s := r.sortOf(u)
	k := r.skus.all[s.sku]
	k.paid(u)
	if s.subject != nil {
		s.subject.uses = append(s.subject.uses, use{int32(u.Hour.Sub(r.Baseline) / time.Hour), s.sku, picounits(u.Quantity)})
		s.subject.paid(u, s.sku, r.Baseline)
		s.subject.fits(u, k)
	}
	if u.Hour.Before(r.Measured.From) {
		return
	}
	if hour := int(u.Hour.Sub(r.Measured.From) / time.Hour); hour != r.hour {
		r.flush()
		r.hour = hour
	}
	if s.subject != nil {
		r.note(s, u)
	}
	if s.sum != nil {
		r.keep(s.sum, u)
	}
}

// sortOf finds or begins the sort of a row.
func (r *usageReader) sortOf(u *billing.Usage) *usageSort {
	name := usageName{u.Account, u.Resource, u.Group, u.Cluster, u.SKU, u.Operation, u.Zone, u.Line}
	if r.last != nil && r.last.next != nil && r.last.next.usageName == name {
		r.last = r.last.next
		return r.last
	}
	s := r.sorts[name]
	if s == nil {
		s = &usageSort{usageName: name, sku: r.skus.number(u)}
		if s.subject = r.find.of(u, r.regionOf(u)); s.subject != nil && r.Commitments.Why != "" && s.subject.Kind == fleet.ECSService {
			s.subject = nil // FOCUS does not tell what tasks consist of
		}
		if u.Line != billing.SpotUsage {
			s.sum = r.sumOf(kept{u.Account, s.sku})
		}
		r.sorts[name] = s
	}
	if r.last != nil {
		r.last.next = s
	}
	r.last = s
	return s
}

func (r *usageReader) sumOf(k kept) *keptSum {
	sum := r.sums[k]
	if sum == nil {
		if sum = (&keptSum{keptLine: keptLine{kept: k}}); r.sums == nil {
			r.sums = map[kept]*keptSum{}
		}
		r.sums[k] = sum
	}
	return sum
}

// note takes note of a row of the measured period, which is a subject's.
func (r *usageReader) note(s *usageSort, u *billing.Usage) {
	if s.counted == nil {
		s.counted = s.subject.countedOf(evidence{u.Resource, u.SKU, u.Operation})
	}
	s.counted.rows++
	s.counted.quantity = s.counted.quantity.Add(u.Quantity)
}

// keep adds a row to the present hour of the measured period.
func (r *usageReader) keep(sum *keptSum, u *billing.Usage) {
	if sum.there {
		sum.quantity = sum.quantity.Add(u.Quantity)
	} else {
		sum.there, sum.quantity = true, u.Quantity
		r.used = append(r.used, sum)
	}
	if u.Line == billing.Reserved {
		hour := &r.hours[r.hour]
		if hour.reserved == nil {
			hour.reserved = map[string]decimal.Decimal{}
		}
		hour.reserved[u.Commitment] = hour.reserved[u.Commitment].Add(u.Effective)
	}
}

// flush ends the present hour.
func (r *usageReader) flush() {
	if r.hour < 0 {
		return
	}
	slices.SortFunc(r.used, func(a, b *keptSum) int { return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.sku, b.sku)) })
	lines := make([]keptLine, len(r.used))
	for i, sum := range r.used {
		lines[i] = sum.keptLine
		sum.there, sum.quantity = false, decimal.Decimal{}
	}
	r.hours[r.hour].kept, r.used = lines, r.used[:0]
}

// picounits are an amount of usage as a whole number of 10^-12, as which bills tell it.
func picounits(quantity decimal.Decimal) int64 {
	if quantity.Exponent() == -billing.Places {
		return quantity.CoefficientInt64()
	}
	return quantity.Shift(billing.Places).IntPart()
}

// lag is how far CUR 2.0 may lie behind FOCUS, in a month that is not closed, before the time between is taken for not delivered.
const lag = 6 * time.Hour

// shorten ends the measured time where CUR 2.0 ends, in a month that is not closed: AWS refreshes the two exports apart. (Where nothing ran any
// more that claims too little.)
func (c *computation) shorten() error {
	end := c.lastUse.Add(time.Hour)
	if c.Commitments.Why != "" || c.lastUse.IsZero() {
		c.untold()
		return nil // FOCUS alone lies behind nothing; where nothing ever ran nothing is claimed
	}
	if c.closed[monthOf(c.Measured.To.Add(-time.Hour))] || !end.Add(lag).Before(c.Measured.To) {
		return nil
	}
	if !c.Measured.From.Before(end) {
		return fmt.Errorf("%w: nothing ran in it by CUR 2.0, whose last row is of %s", ErrNoBill, c.lastUse.UTC().Format(time.DateTime))
	}
	c.gapOf(NotBilledYet, "cur", "CUR 2.0 ends on %s, before FOCUS does; nothing is claimed after it", end.UTC().Format("2006-01-02 15:04"))
	c.Measured.To, c.Provisional = end, true
	c.hours = c.hours[:end.Sub(c.Measured.From)/time.Hour]
	return nil
}

// untold says that the bill does not tell what ran, as FOCUS does not without a column of meters: then zero is no answer to what was avoided.
func (c *computation) untold() {
	if c.Untold = c.Commitments.Why != "" && c.lastUse.IsZero() && len(c.subjects) > 0; c.Untold {
		c.gapOf(NoUsage, "all", "the bill shows nothing that ran, neither by CUR 2.0 nor by the meters of FOCUS: what was avoided is not known")
	}
}

// usage is the engine's; where there is no CUR 2.0, that of FOCUS, which says nothing of commitments, and of tasks not what they consist of.
func (c *computation) usage(ctx context.Context) iter.Seq2[billing.Usage, error] {
	if c.Commitments.Why == "" {
		return c.in.Engine.Usage(ctx, c.reach)
	}
	return c.in.Engine.FocusUsage(ctx, c.reach)
}

// regionOf is where a row was used: by its SKU, else by its zone or its resource's ARN.
func (c *computation) regionOf(u *billing.Usage) fleet.Region {
	if raw, known := c.skus.raw[[2]string{u.SKU, u.Operation}]; known {
		return raw.Region
	}
	if parts := strings.SplitN(u.Resource, ":", 6); len(parts) == 6 {
		return fleet.Region(parts[3])
	}
	return fleet.Region(strings.TrimRight(u.Zone, "abcdefghijklmnopqrstuvwxyz"))
}

// finder finds whose usage a row bills.
type finder struct {
	byID  map[accountName]*subject // instances by id, groups by region and name, services by cluster and name
	byARN map[string]*subject      // databases, and the databases of clusters
}

type accountName struct {
	account fleet.AccountID
	region  fleet.Region // of groups
	parent  string       // the cluster of a service
	name    string
}

func newFinder(subjects []*subject) finder {
	f := finder{byID: map[accountName]*subject{}, byARN: map[string]*subject{}}
	for _, s := range subjects {
		switch s.Kind {
		case fleet.EC2Instance:
			f.byID[accountName{account: s.Scope.Account, name: s.ID}] = s
			for _, id := range s.names {
				f.byID[accountName{account: s.Scope.Account, name: id}] = s
			}
		case fleet.AutoScalingGroup:
			f.byID[accountName{s.Scope.Account, s.Scope.Region, "", s.ID}] = s
		case fleet.ECSService:
			f.byID[accountName{s.Scope.Account, s.Scope.Region, s.Parent, s.ID}] = s
		case fleet.RDSCluster:
			for _, part := range s.Parts {
				f.byARN[databaseARN(s, part)] = s
			}
		default:
			f.byARN[string(s.ARN)] = s
		}
	}
	return f
}

func databaseARN(s *subject, name string) string {
	return strings.Join([]string{"arn", s.Scope.Region.Partition(), "rds", string(s.Scope.Region), string(s.Scope.Account), "db", name}, ":")
}

// of returns the subject that a row is about, nil for anybody else's. A member of a group counts for its group.
func (f finder) of(u *billing.Usage, region fleet.Region) *subject {
	if u.Group != "" {
		return f.byID[accountName{u.Account, region, u.Cluster, u.Group}]
	}
	if s := f.byARN[u.Resource]; s != nil {
		return s
	}
	_, id, isARN := strings.Cut(u.Resource, ":instance/")
	if !isARN {
		id = u.Resource
	}
	return f.byID[accountName{account: u.Account, name: id}]
}

// taskSizes are the vCPU of a Fargate task, in quarters ("Amazon ECS task definition parameters for Fargate", task size).
func taskSizes() []int64 { return []int64{1, 2, 4, 8, 16, 32, 64} }

// fits takes note of the smallest task size that a service's rows fit in: a bill counts vCPU-hours and does not say how many tasks they were.
func (s *subject) fits(u *billing.Usage, k *sku) {
	if k.product.Compute != commitments.Fargate || !isProcessor(k) {
		return
	}
	for _, quarters := range taskSizes() {
		if size := quarters * pico / 4; picounits(u.Quantity) <= size {
			s.task = max(s.task, size)
			return
		}
	}
}

// isProcessor tells a task's vCPU-hours from its GB-hours.
func isProcessor(k *sku) bool { return strings.Contains(k.usageType, "vCPU-Hours") }

// paid takes note of what was paid for Spot.
func (s *subject) paid(u *billing.Usage, n int32, baseline time.Time) {
	if u.Line != billing.SpotUsage {
		return
	}
	if s.spot == nil {
		s.spot = map[int32][]spotUse{}
	}
	hour := int32(u.Hour.Sub(baseline) / time.Hour)
	for i := range s.spot[hour] {
		if sum := &s.spot[hour][i]; sum.sku == n {
			sum.quantity, sum.paid = sum.quantity.Add(u.Quantity), sum.paid.Add(u.Net)
			return
		}
	}
	s.spot[hour] = append(s.spot[hour], spotUse{n, u.Quantity, u.Net})
}
