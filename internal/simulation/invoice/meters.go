package invoice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/simulation"
)

// owner is a resource of the world: what its bill rows have in common.
type owner struct {
	arn     fleet.ARN
	account fleet.AccountID
	region  fleet.Region
	name    string
	// aws are the tags that AWS itself sets on members of groups and tasks of services.
	aws fleet.Tags
	// seen are the tags of the hour that is being written, in the two exports' spellings.
	seen             fleet.Tags
	looked           int64  // the hour in which they were looked up
	tagged           uint32 // how often they changed
	machines, beside tagMaps
}

// tagMaps are the tags of rows: with AWS's own, as machines have them, or without.
type tagMaps struct{ focus, cur map[string]string }

// meter counts one SKU of one thing, hour by hour.
type meter struct {
	owner *owner
	id    string // the resource id of its rows
	sku   *sku
	zone  string
	size  int64 // the quantity of one second is size/per of a unit; of monthly SKUs per is the month's length
	per   int64
	spans []span

	place, class int // among all meters, and of its class
	next         int // the first span that is not over
	used         amount
	machine      bool // carries AWS's own tags
	rows         *templates
	// priced is the quantity of which list and contracted are the cost in dollars; of storage alone.
	priced, list, contracted amount
}

// share is the quantity of one second in a month of so many seconds.
func (m *meter) share(month int64) share {
	if m.sku.monthly {
		return share{m.size, month}
	}
	return share{m.size, m.per}
}

// Unpriced is something that ran or was kept and is not on the bill, since the catalogue has no price for it.
type Unpriced struct {
	What      string
	Resources []fleet.ARN
}

// collector makes the meters of one payer.
type collector struct {
	world    World
	shelf    *shelf
	period   billing.Period
	spot     SpotPrices
	meters   map[meterKey]*meter
	unpriced map[string][]fleet.ARN
}

// meterKey is what one row an hour is about.
type meterKey struct {
	id   string
	sku  *sku
	zone string
}

// collect makes the meters of a payer's accounts, sorted by class and id.
func collect(w World, p *Payer, c *Catalogue, prices SpotPrices, period billing.Period) ([]*meter, []Unpriced, error) {
	k := &collector{
		world: w, shelf: &shelf{catalogue: c, skus: map[shelfKey]*sku{}}, period: period, spot: prices,
		meters: map[meterKey]*meter{}, unpriced: map[string][]fleet.ARN{},
	}
	for _, arn := range w.Resources() {
		spec, known := w.Spec(arn)
		if !known {
			return nil, nil, fmt.Errorf("the world lists %s and does not know it", arn)
		}
		if slices.Contains(p.Accounts, spec.Scope.Account) {
			k.resource(&spec)
		}
	}
	meters := make([]*meter, 0, len(k.meters))
	for _, m := range k.meters {
		if m.spans = joined(m.spans); len(m.spans) > 0 {
			meters = append(meters, m)
		}
	}
	slices.SortFunc(meters, func(a, b *meter) int {
		return cmp.Or(cmp.Compare(a.owner.account, b.owner.account), cmp.Compare(a.sku.id, b.sku.id), cmp.Compare(a.zone, b.zone), cmp.Compare(a.id, b.id))
	})
	unpriced := make([]Unpriced, 0, len(k.unpriced))
	for what, arns := range k.unpriced {
		unpriced = append(unpriced, Unpriced{what, slices.Compact(slices.Sorted(slices.Values(arns)))})
	}
	slices.SortFunc(unpriced, func(a, b Unpriced) int { return cmp.Compare(a.What, b.What) })
	return meters, unpriced, nil
}

// resource meters what runs and what is kept of a resource.
func (k *collector) resource(spec *simulation.Spec) {
	o := &owner{arn: spec.ARN, account: spec.Scope.Account, region: spec.Scope.Region, name: spec.Name()}
	switch spec.Kind {
	case fleet.AutoScalingGroup:
		o.aws = fleet.NewTags(fleet.Tag{Key: "aws:autoscaling:groupName", Value: spec.ID})
	case fleet.ECSService:
		o.aws = fleet.NewTags(fleet.Tag{Key: "aws:ecs:serviceName", Value: spec.ID}, fleet.Tag{Key: "aws:ecs:clusterName", Value: spec.Parent})
	default:
	}
	runs := k.world.Runs(spec.ARN)
	byUnit := map[string][]simulation.Run{}
	var units []string
	for _, r := range paid(k.world, runs) {
		if byUnit[r.ID] == nil {
			units = append(units, r.ID)
		}
		byUnit[r.ID] = append(byUnit[r.ID], r)
	}
	for _, id := range units {
		k.unit(o, spec, byUnit[id])
	}
	for _, h := range k.world.Holdings(spec.ARN) {
		k.holding(o, spec, h, runs)
	}
}

// unit meters one machine. Its type may change from run to run.
func (k *collector) unit(o *owner, spec *simulation.Spec, runs []simulation.Run) {
	for len(runs) > 0 {
		first, same := runs[0], 1
		for same < len(runs) && runs[same].Type == first.Type && runs[same].Product == first.Product && runs[same].Zone == first.Zone {
			same++
		}
		spans := granularityOf(spec.Kind, first.Product).charged(runs[:same])
		runs = runs[same:]
		// The instances of a cluster are billed one by one, in whatever zones they are.
		multiAZ := first.MultiAZ && spec.Kind == fleet.RDSInstance
		key := shelfKey{region: o.region, kind: first.Type, product: first.Product, multiAZ: multiAZ, asSpot: first.Spot}
		switch spec.Kind {
		case fleet.RDSInstance, fleet.RDSCluster:
			key.what = aDatabase
			k.add(o, key, first.ID, databaseZone(first, multiAZ), 1, hour, spans)
		case fleet.ECSService:
			if !strings.HasPrefix(first.Product, "FARGATE") {
				continue // tasks on instances cost nothing beside them
			}
			key.kind, key.product = "", ""
			key.asSpot = first.Spot || first.Product == "FARGATE_SPOT"
			const cpuUnits, mebibytes = 1024, 1024
			key.what = fargateCPU
			k.add(o, key, first.ID, "", int64(spec.Task.CPU), hour*cpuUnits, spans)
			key.what = fargateGB
			k.add(o, key, first.ID, "", int64(spec.Task.MiB), hour*mebibytes, spans)
		default:
			key.what = anInstance
			k.add(o, key, first.ID, first.Zone, 1, hour, spans)
		}
	}
}

// databaseZone is the zone of a database's row: one in two zones is in none.
func databaseZone(r simulation.Run, multiAZ bool) string {
	if multiAZ {
		return ""
	}
	return r.Zone
}

// holding meters a volume, a database's storage or an address.
func (k *collector) holding(o *owner, spec *simulation.Spec, h simulation.Holding, runs []simulation.Run) {
	spans := []span{{h.From.Unix(), h.To.Unix()}}
	key := shelfKey{region: o.region, kind: h.Type}
	arn := func(what string) string {
		return fmt.Sprintf("arn:%s:ec2:%s:%s:%s/%s", o.region.Partition(), o.region, o.account, what, h.ID)
	}
	switch h.What {
	case simulation.BlockStorage:
		key.what = aVolume
		k.add(o, key, h.ID, h.Zone, int64(h.GB), 0, spans)
	case simulation.SnapshotStorage:
		key.what = snapshots
		k.add(o, key, h.ID, "", int64(h.GB), 0, spans)
	case simulation.DatabaseStorage:
		key.what, key.product, key.multiAZ = dbStorage, spec.Product, spec.MultiAZ && spec.Kind == fleet.RDSInstance
		k.add(o, key, h.ID, "", int64(h.GB), 0, spans)
	case simulation.PassingAddress:
		key.what, key.kind = inUseAddress, ""
		k.add(o, key, arn("network-interface"), "", 1, hour, spans)
	case simulation.ElasticAddress:
		// An address counts as in use while its instance runs ("Amazon VPC Pricing", public IPv4 addresses); both cost the same.
		ran := granularity{}.charged(runs)
		key.what, key.kind = inUseAddress, ""
		k.add(o, key, arn("elastic-ip"), "", 1, hour, common(spans, ran))
		key.what = idleAddress
		k.add(o, key, arn("elastic-ip"), "", 1, hour, without(spans, ran))
	default:
		key.what = string(h.What)
		k.missing(key, o)
	}
}

func (k *collector) missing(key shelfKey, o *owner) {
	k.unpriced[key.name()] = append(k.unpriced[key.name()], o.arn)
}

// add meters spans of a SKU; those outside the period are left out.
func (k *collector) add(o *owner, key shelfKey, id, zone string, size, per int64, spans []span) {
	spans = common(spans, []span{{k.period.From.Unix(), k.period.To.Unix()}})
	if len(spans) == 0 {
		return
	}
	s := k.shelf.of(key)
	if s == nil || size <= 0 || s.varies() && !k.hasSpotPrice(key, zone, spans[0].from) {
		k.missing(key, o)
		return
	}
	at := meterKey{id, s, zone}
	m := k.meters[at]
	if m == nil {
		m = &meter{owner: o, id: id, sku: s, zone: zone, size: size, per: per, machine: s.part == running || s.part == spot}
		k.meters[at] = m
	}
	m.spans = append(m.spans, spans...)
}

// hasSpotPrice reports whether a Spot price is known when an instance first runs; from then on there always is one.
func (k *collector) hasSpotPrice(key shelfKey, zone string, from int64) bool {
	if k.spot == nil {
		return false
	}
	_, known := k.spot(key.region, zone, key.kind, key.product, time.Unix(from/hour*hour, 0))
	return known
}

// monthOf is the billing month of an instant, monthAfter the one that follows.
func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func monthAfter(t time.Time) time.Time { return monthOf(t).AddDate(0, 1, 0) }
