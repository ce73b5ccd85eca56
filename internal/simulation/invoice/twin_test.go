package invoice_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
)

// usage of one machine as a replay over a bill knows it: how much of which product in each hour, by its own count.
type lines map[int]map[string]commitments.Usage // by hour and key

// twins are two worlds: one in which everything always runs, and one in which it is stopped now and then.
type twins struct {
	on, stopped *world
	// used are the same hours, counted here and not by the package.
	usedOn, usedStopped lines
}

// kinds are all kinds of machines with what a replay must know of each; the products are those that the payer's commitments are for.
type machine struct {
	spec    simulation.Spec
	product commitments.Product
	parts   []quantityOf
}

// quantityOf is one SKU of a machine: seconds times size / per, at so much a unit.
type quantityOf struct {
	name      string
	size, per int64
	price     string
}

func machines() []machine {
	ec2 := func(kind, platform string, price string) machine {
		factor, _ := commitments.Factor(kind, false)
		family := kind[:2]
		if kind[2] != '.' {
			family = kind[:3]
		}
		return machine{
			instance("i-"+kind+platform[:1], kind, platform),
			commitments.Product{
				Compute: commitments.EC2, Region: seoul, Zone: string(seoul) + "a", Type: kind, Family: family, Factor: factor, Platform: platform,
				Tenancy: commitments.DefaultTenancy,
			},
			[]quantityOf{{kind + platform, 1, 3600, price}},
		}
	}
	database := func(class, engine, platform, price string, multiAZ bool) machine {
		factor, _ := commitments.Factor(class, multiAZ)
		return machine{
			simulation.Spec{Resource: fleet.Resource{ID: fmt.Sprint("db-", engine, multiAZ), Kind: fleet.RDSInstance, Type: class, Product: engine, MultiAZ: multiAZ}},
			commitments.Product{Compute: commitments.Database, Region: seoul, Type: class, Family: class[:6], Factor: factor, Platform: platform, MultiAZ: multiAZ},
			[]quantityOf{{fmt.Sprint(class, engine, multiAZ), 1, 3600, price}},
		}
	}
	return []machine{
		ec2("m5.large", "Linux/UNIX", "0.118"), ec2("m5.large", "Windows", "0.21"), ec2("c6i.large", "Linux/UNIX", "0.096"),
		ec2("c6i.xlarge", "Linux/UNIX", "0.192"), ec2("t3.large", "SUSE Linux", "0.1603"), ec2("r6i.large", "Red Hat Enterprise Linux", "0.247"),
		database("db.m6g.large", "postgres", "postgresql", "0.222", false), database("db.m6g.large", "postgres", "postgresql", "0.444", true),
		database("db.r6g.large", "mysql", "mysql", "0.258", false),
		{
			simulation.Spec{Resource: fleet.Resource{ID: "svc", Kind: fleet.ECSService, Product: "FARGATE"}, Task: simulation.Task{CPU: 256, MiB: 512}},
			commitments.Product{Compute: commitments.Fargate, Region: seoul},
			[]quantityOf{{"cpu", 256, 3600 * 1024, "0.04656"}, {"memory", 512, 3600 * 1024, "0.00511"}},
		},
	}
}

const twinHours = 48

// pair makes twins of a dozen machines of random sorts, in two accounts.
func pair(random *rand.Rand, edp decimal.Decimal) twins {
	t := twins{newWorld(), newWorld(), lines{}, lines{}}
	sorts := machines()
	for i := range 12 {
		m := sorts[random.IntN(len(sorts))]
		m.spec.ID = fmt.Sprintf("%s-%02d", m.spec.ID, i)
		m.spec.Scope.Account = []fleet.AccountID{account, other}[random.IntN(2)]
		end := midnight.Add(twinHours * time.Hour)
		t.on.add(m.spec, simulation.Run{From: midnight, To: end})
		t.usedOn.count(&m, []simulation.Run{{From: midnight, To: end}}, edp)
		var runs []simulation.Run
		at := midnight
		for at.Before(end) {
			// Longer than every minimum, and apart from each other by as much.
			to := at.Add(time.Duration(700+random.IntN(40000)) * time.Second)
			if to.After(end) {
				to = end
			}
			runs = append(runs, simulation.Run{From: at, To: to})
			at = to.Add(time.Duration(700+random.IntN(60000)) * time.Second)
		}
		t.stopped.add(m.spec, runs...)
		t.usedStopped.count(&m, runs, edp)
	}
	return t
}

// count adds a machine's hours.
func (l lines) count(m *machine, runs []simulation.Run, edp decimal.Decimal) {
	for hour := range twinHours {
		from := midnight.Add(time.Duration(hour) * time.Hour)
		var seconds int64
		for _, r := range runs {
			start, stop := r.From, r.To
			if minimum := start.Add(10 * time.Minute); m.spec.Kind == fleet.RDSInstance && stop.Before(minimum) {
				stop = minimum
			}
			if stop.After(from) && start.Before(from.Add(time.Hour)) {
				if m.spec.Product == "SUSE Linux" {
					seconds = 3600
					continue
				}
				seconds += min(stop.Unix(), from.Unix()+3600) - max(start.Unix(), from.Unix())
			}
		}
		for _, q := range m.parts {
			quantity := decimal.NewFromInt(seconds*q.size).DivRound(decimal.NewFromInt(q.per), 12)
			if quantity.IsZero() {
				continue
			}
			rate, err := money.RateOf(number(q.price).Mul(decimal.NewFromInt(100).Sub(edp)).Shift(-2))
			if err != nil {
				panic(err)
			}
			if l[hour] == nil {
				l[hour] = map[string]commitments.Usage{}
			}
			l[hour][m.spec.ID+q.name] = commitments.Usage{
				Key: m.spec.ID, Account: m.spec.Scope.Account, Product: &m.product, SKU: commitments.SKU(q.name), Quantity: quantity, OnDemand: rate,
			}
		}
	}
}

// agreed draws a payer with commitments of every kind, and the same ones as a replay knows them.
func agreed(random *rand.Rand) (invoice.Payer, commitments.Commitments) {
	p := plain()
	p.EDP, p.Tax, p.Credits = decimal.NewFromInt(int64(random.IntN(12))), decimal.NewFromInt(10), usd("1")
	c := commitments.Commitments{NotSharing: map[fleet.AccountID]bool{}}
	if random.IntN(4) == 0 {
		p.NotSharing = append(p.NotSharing, other)
		c.NotSharing[other] = true
	}
	term := invoice.Term{Start: midnight.AddDate(0, -3, 0), Years: 1}
	owner := func() fleet.AccountID { return []fleet.AccountID{account, other}[random.IntN(2)] }
	for i, m := range machines() {
		if m.product.Compute == commitments.Fargate || random.IntN(3) == 0 {
			continue
		}
		r := invoice.Reservation{
			ID: fmt.Sprint("r", i), Owner: owner(), Region: seoul, Type: m.product.Type, Product: m.spec.Product, MultiAZ: m.spec.MultiAZ,
			Count: 1 + random.IntN(3), Term: term, Payment: invoice.Payment(random.IntN(3)), Off: decimal.NewFromInt(int64(30 + random.IntN(15))),
		}
		if m.product.Compute == commitments.EC2 && random.IntN(3) == 0 {
			r.Zone = string(seoul) + "a"
		}
		p.Reservations = append(p.Reservations, r)
		product := m.product
		product.Zone = r.Zone
		c.Reservations = append(c.Reservations, commitments.Reservation{ID: commitments.CommitmentID(r.ID), Owner: r.Owner, Product: product, Count: r.Count})
	}
	for kind := commitments.EC2InstancePlan; kind <= commitments.DatabasePlan; kind++ {
		plan := invoice.Plan{
			ID: fmt.Sprint("plan", kind), Owner: owner(), Kind: kind, Hourly: usd(fmt.Sprintf("0.%02d", 5+random.IntN(50))), Term: term,
			Payment: invoice.Payment(random.IntN(3)), Off: decimal.NewFromInt(int64(20 + random.IntN(20))),
		}
		replayed := commitments.Plan{
			ID: commitments.CommitmentID(plan.ID), Owner: plan.Owner, Kind: kind, Hourly: plan.Hourly, Rates: map[commitments.SKU]money.Rate{},
		}
		if kind == commitments.EC2InstancePlan {
			plan.Region, plan.Family = seoul, "c6i"
			replayed.Region, replayed.Family = seoul, "c6i"
		}
		for _, m := range machines() {
			for _, q := range m.parts {
				rate, err := money.RateOf(number(q.price).Mul(decimal.NewFromInt(100).Sub(plan.Off)).Shift(-2).Round(8))
				if err != nil {
					panic(err)
				}
				replayed.Rates[commitments.SKU(q.name)] = rate
			}
		}
		p.Plans = append(p.Plans, plan)
		c.Plans = append(c.Plans, replayed)
	}
	return p, c
}

func TestTwinBillsDifferByWhatTheReplayCallsAvoided(t *testing.T) {
	t.Parallel()
	seeds, adjusted := uint64(50), decimal.Zero
	if os.Getenv("OFFPEAK_SOAK") != "" {
		seeds = 1000
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 1))
		payer, replayed := agreed(random)
		worlds := pair(random, payer.EDP)
		var usage [2]decimal.Decimal
		var bills [2]invoice.Totals
		for i, w := range []*world{worlds.on, worlds.stopped} {
			var err error
			bills[i], err = invoice.Total(t.Context(), w, []invoice.Payer{payer}, invoice.SampleCatalogue(), billing.Period{From: midnight, To: midnight.Add(twinHours * time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			if len(bills[i].Payers[0].Unpriced) > 0 {
				t.Fatalf("seed %d: %v has no price", seed, bills[i].Payers[0].Unpriced)
			}
			usage[i] = bills[i].Usage().Decimal()
		}
		sum := decimal.Zero
		for hour := range twinHours {
			avoided := worlds.avoided(hour, replayed)
			gone := bills[0].Payers[0].Hours[hour].Usage().Sub(bills[1].Payers[0].Hours[hour].Usage())
			near(t, fmt.Sprintf("seed %d, hour %d", seed, hour), gone.Decimal(), avoided)
			sum = sum.Add(avoided)
		}
		near(t, fmt.Sprintf("seed %d", seed), usage[0].Sub(usage[1]), sum)
		tax := bills[0].Tax.Sub(bills[1].Tax).Decimal()
		near(t, fmt.Sprintf("seed %d: tax", seed), tax, sum.Shift(-1))
		adjusted = adjusted.Add(sum)
	}
	if !adjusted.IsPositive() {
		t.Errorf("nothing was avoided: %s", adjusted)
	}
}

// avoided replays an hour with and without what was not used.
func (w *twins) avoided(hour int, c commitments.Commitments) decimal.Decimal {
	var kept, avoided []commitments.Usage
	for key, on := range w.usedOn[hour] {
		left := w.usedStopped[hour][key]
		if left.Quantity.IsPositive() {
			kept = append(kept, left)
		}
		if on.Quantity = on.Quantity.Sub(left.Quantity); !on.Quantity.IsZero() {
			avoided = append(avoided, on)
		}
	}
	return commitments.Avoid(kept, avoided, c).Adjusted.Decimal()
}
