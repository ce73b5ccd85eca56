package commitments_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

func number(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func usd(text string) money.USD {
	amount, err := money.ParseUSD(text)
	if err != nil {
		panic(err)
	}
	return amount
}

func rate(text string) money.Rate {
	perHour, err := money.ParseRate(text)
	if err != nil {
		panic(err)
	}
	return perHour
}

// linux is a Linux instance type on shared hardware in us-east-1a.
func linux(instanceType string) commitments.Product {
	family, _, _ := strings.Cut(instanceType, ".")
	factor, _ := commitments.Factor(instanceType, false)
	return commitments.Product{
		Compute: commitments.EC2, Region: "us-east-1", Zone: "us-east-1a", Type: instanceType, Family: family, Factor: factor,
		Platform: commitments.LinuxUNIX, Tenancy: commitments.DefaultTenancy,
	}
}

func windows(instanceType string) commitments.Product {
	product := linux(instanceType)
	product.Platform = "Windows"
	return product
}

func in(zone string, product commitments.Product) commitments.Product {
	product.Zone = zone
	return product
}

// abroad is the same product in another region.
func abroad(product commitments.Product) commitments.Product {
	product.Region, product.Zone = "eu-west-1", "eu-west-1a"
	return product
}

func regional(product commitments.Product) commitments.Product { return in("", product) }

func database(class, engine string, multiAZ bool) commitments.Product {
	factor, _ := commitments.Factor(class, multiAZ)
	return commitments.Product{
		Compute: commitments.Database, Region: "us-east-1", Type: class, Family: class[:strings.LastIndex(class, ".")], Factor: factor,
		Platform: engine, MultiAZ: multiAZ,
	}
}

// runs is usage of account/key for so many hours at a price; its SKU tells product and price apart.
func runs(name string, product commitments.Product, hours, price string) commitments.Usage {
	account, key, _ := strings.Cut(name, "/")
	return commitments.Usage{
		Key: key, Account: fleet.AccountID(account), Product: &product, SKU: skuOf(product),
		Quantity: number(hours), OnDemand: rate(price),
	}
}

func skuOf(p commitments.Product) commitments.SKU {
	if p.Type == "" {
		return commitments.SKU([]string{"other", "ec2", "fargate", "lambda", "rds"}[p.Compute])
	}
	return commitments.SKU(fmt.Sprint(p.Region, " ", p.Type, " ", p.Platform, " ", p.MultiAZ))
}

func reserve(name string, count int, product commitments.Product, price string) commitments.Reservation {
	owner, id, _ := strings.Cut(name, "/")
	return commitments.Reservation{ID: commitments.CommitmentID(id), Owner: fleet.AccountID(owner), Product: product, Count: count, Rate: rate(price)}
}

// card is a Savings Plan's rate table.
type card map[commitments.SKU]string

func (c card) rates() map[commitments.SKU]money.Rate {
	rates := map[commitments.SKU]money.Rate{}
	for sku, price := range c {
		rates[sku] = rate(price)
	}
	return rates
}

func computePlan(name, hourly string, prices card) commitments.Plan {
	owner, id, _ := strings.Cut(name, "/")
	return commitments.Plan{
		ID: commitments.CommitmentID(id), Owner: fleet.AccountID(owner), Kind: commitments.ComputePlan, Hourly: usd(hourly), Rates: prices.rates(),
	}
}

func instancePlan(name, family, hourly string, prices card) commitments.Plan {
	plan := computePlan(name, hourly, prices)
	plan.Kind, plan.Region, plan.Family = commitments.EC2InstancePlan, "us-east-1", family
	return plan
}

// story tells a result in lines that a person can check.
func story(result commitments.Result) (told []string) {
	for _, l := range result.Lines {
		sentence := string(l.Usage.Account) + "/" + l.Usage.Key + ":"
		for _, c := range l.Covered {
			sentence += fmt.Sprintf(" %s by %s for %s,", c.Quantity, c.By, c.Cost)
		}
		told = append(told, sentence+fmt.Sprintf(" %s on demand for %s", l.Rest, l.OnDemand))
	}
	for _, u := range result.Commitments {
		told = append(told, fmt.Sprintf("%s: %s of %s used", u.ID, u.Used, u.Hourly))
	}
	return append(told, "total "+result.Total.String())
}

// randomHour is a small hour in which every rule has something to do.
func randomHour(random *rand.Rand) commitments.Hour {
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	account := func() string { return pick("A", "B", "C") }
	product := func() commitments.Product {
		switch random.IntN(8) {
		case 0:
			return windows(pick("m5", "g5") + "." + pick("large", "xlarge"))
		case 1:
			return commitments.Product{Compute: commitments.Fargate, Region: "us-east-1"}
		case 2:
			return database("db.r6g."+pick("large", "xlarge"), pick("mysql", "sqlserver-se"), random.IntN(2) == 0)
		case 3:
			return abroad(linux(pick("m5", "c5") + "." + pick("large", "xlarge")))
		default:
			return in(pick("us-east-1a", "us-east-1b"), linux(pick("m5", "c5", "g5")+"."+pick("large", "xlarge", "3xlarge")))
		}
	}
	prices := map[commitments.SKU]string{}
	var hour commitments.Hour
	for i := range 1 + random.IntN(7) {
		p := product()
		if prices[skuOf(p)] == "" {
			prices[skuOf(p)] = pick("0.1", "0.25", "0.4", "1", "3")
		}
		hour.Usage = append(hour.Usage, runs(fmt.Sprint(account(), "/i-", i), p, pick("0.25", "0.5", "1", "1.7"), prices[skuOf(p)]))
	}
	c := &hour.Commitments
	for i := range random.IntN(4) {
		p := product()
		if p.Type == "" {
			continue
		}
		if p.Compute == commitments.Database || random.IntN(2) == 0 {
			p = regional(p)
		}
		c.Reservations = append(c.Reservations, reserve(fmt.Sprint(account(), "/ri-", i), 1+random.IntN(2), p, pick("0.05", "0.1", "0.7")))
	}
	for i := range random.IntN(4) {
		offered := card{}
		for sku, price := range prices {
			if random.IntN(5) > 0 {
				offered[sku] = number(price).Mul(number(pick("0.3", "0.5", "0.61", "0.7", "1", "1.1"))).String()
			}
		}
		plan := computePlan(fmt.Sprint(account(), "/sp-", i), pick("0.01", "0.1", "0.5", "2"), offered)
		switch random.IntN(5) {
		case 0, 1:
			plan.Kind, plan.Family, plan.Region = commitments.EC2InstancePlan, pick("m5", "c5"), fleet.Region(pick("us-east-1", "us-east-1", "eu-west-1"))
		case 2:
			plan.Kind = commitments.DatabasePlan
		}
		c.Plans = append(c.Plans, plan)
	}
	if random.IntN(3) == 0 {
		c.NotSharing = map[fleet.AccountID]bool{fleet.AccountID(account()): true}
	}
	return hour
}

// reordered is the same hour told in another order.
func reordered(hour commitments.Hour, random *rand.Rand) commitments.Hour {
	again := commitments.Hour{Usage: shuffled(hour.Usage, random), Commitments: commitments.Commitments{
		Reservations: shuffled(hour.Commitments.Reservations, random), Plans: shuffled(hour.Commitments.Plans, random),
		NotSharing: maps.Clone(hour.Commitments.NotSharing),
	}}
	return again
}

func shuffled[T any](list []T, random *rand.Rand) []T {
	again := append([]T(nil), list...)
	random.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
	return again
}
