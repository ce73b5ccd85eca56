package commitments_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/commitments"
	"offpeak/internal/money"
)

// The rows below are from the examples of the FOCUS specification (commitment discounts, and their flexibility), by the FinOps
// Open Cost and Usage Specification project, licensed CC BY 4.0 (creativecommons.org/licenses/by/4.0); shortened to the columns
// that a replay says something of: CommitmentDiscountStatus, CommitmentDiscountQuantity and EffectiveCost of the Usage rows, of
// which an empty status is on demand.
//
// The specification's sizes are 1, 2, 3 and 4 units for small to xlarge, and its hours are committed to a VM or to dollars. The
// prices on demand and of the plan that the dollar examples leave open are ours.

type focusRow struct{ Status, Quantity, Effective string }

type focusScenario struct {
	file    string
	usage   []commitments.Usage
	c       commitments.Commitments
	rows    []focusRow
	differs string // what the file has otherwise than the replay, and why
}

func vm(size, factor string) commitments.Product {
	product := regional(linux("vm." + size))
	product.Factor = number(factor)
	return product
}

// rigidVM is committed to without flexibility.
func rigidVM(size string) commitments.Product {
	product := regional(windows("vm." + size))
	return product
}

func focusScenarios() []focusScenario {
	type usages = []commitments.Usage
	reserved := func(product commitments.Product, price string) commitments.Commitments {
		return commitments.Commitments{Reservations: []commitments.Reservation{reserve("A/my-commitment-discount-id", 1, product, price)}}
	}
	dollar := func(price string) commitments.Commitments {
		return commitments.Commitments{Plans: []commitments.Plan{
			computePlan("A/my-commitment-discount-id", "1.00", card{skuOf(vm("any", "1")): price}),
		}}
	}
	one := func(hours, price string) usages {
		return usages{runs("A/my-resource-id", vm("any", "1"), hours, price)}
	}
	const flexibility, scenarios = "commitment_discount_flexibility__", "commitment_discount_scenarios__commitment_discount_usage_scenario_"
	return []focusScenario{
		{scenarios + "1.csv", one("1", "2"), dollar("1"), []focusRow{{"Used", "1.00", "1.00"}}, ""},
		{scenarios + "2.csv", nil, dollar("1"), []focusRow{{"Unused", "1.00", "1.00"}}, ""},
		{scenarios + "3.csv", one("1", "2"), dollar("0.75"), []focusRow{{"Used", "0.75", "0.75"}, {"Unused", "0.25", "0.25"}}, ""},
		{scenarios + "4.csv", one("1", "2.5"), dollar("1.25"), []focusRow{{"Used", "1.00", "1.00"}, {"", "", "0.50"}}, ""},
		{
			flexibility + "one_hundred_percent_utilization_without_commitment_discount_flexibility.csv",
			usages{runs("A/my-large-vm-id", rigidVM("large"), "1", "3.00")},
			reserved(rigidVM("large"), "1.50"),
			[]focusRow{{"Used", "1.00", "1.50"}},
			"",
		},
		{
			flexibility + "zero_percent_utilization_without_commitment_discount_flexibility.csv",
			usages{runs("A/my-medium-vm-id", rigidVM("medium"), "1", "2.00")},
			reserved(rigidVM("large"), "1.50"),
			[]focusRow{{"Unused", "1.00", "1.50"}, {"", "", "2.00"}},
			"",
		},
		{
			flexibility + "one_hundred_percent_utilization_with_commitment_discount_flexibility_with_2_resources.csv",
			usages{runs("A/my-medium-vm-id", vm("medium", "2"), "1", "2.00"), runs("A/my-other-medium-vm-id", vm("medium", "2"), "1", "2.00")},
			reserved(vm("xlarge", "4"), "2.00"),
			[]focusRow{{"Used", "2.00", "1.00"}, {"Used", "2.00", "1.00"}},
			"",
		},
		{
			flexibility + "one_hundred_percent_utilization_with_commitment_discount_flexibility_with_1_resource.csv",
			usages{runs("A/my-large-vm-id", vm("large", "3"), "1", "3.00")},
			reserved(vm("small", "1"), "0.50"),
			[]focusRow{{"Used", "1.00", "0.50"}, {"", "", "2.00"}},
			"the file prices 0.75 hours on demand (2.25) beside 0.333 hours covered; two thirds of an hour are left (2.00)",
		},
	}
}

func TestFOCUSScenarios(t *testing.T) {
	t.Parallel()
	for _, s := range focusScenarios() {
		result := commitments.Bill(commitments.Hour{Usage: s.usage, Commitments: s.c})
		var used, unused, onDemand []money.USD
		for _, l := range result.Lines {
			for _, c := range l.Covered {
				used = append(used, c.Cost)
			}
			if !l.OnDemand.IsZero() {
				onDemand = append(onDemand, l.OnDemand)
			}
		}
		if u := result.Commitments[0].Unused; !u.IsZero() {
			unused = append(unused, u)
		}
		want := map[string][]money.USD{}
		for _, row := range s.rows {
			want[row.Status] = append(want[row.Status], usd(row.Effective))
		}
		if diff := cmp.Diff(want, clean(map[string][]money.USD{"Used": used, "Unused": unused, "": onDemand})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.file, diff)
		}
	}
}

func clean(rows map[string][]money.USD) map[string][]money.USD {
	for status, amounts := range rows {
		if amounts == nil {
			delete(rows, status)
		}
	}
	return rows
}

// The rows above are what the files say, where they are there.
func TestFOCUSScenariosAreCopiedRight(t *testing.T) {
	t.Parallel()
	const folder = "../../../../shared/data/focus/scenarios"
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("SKIPPED: the copied FOCUS rows are not compared with their source: %v", err)
	}
	for _, s := range focusScenarios() {
		if diff := cmp.Diff(s.rows, usageRows(t, filepath.Join(folder, s.file))); diff != "" && s.differs == "" {
			t.Errorf("%s (-ours +file):\n%s", s.file, diff)
		} else if diff == "" && s.differs != "" {
			t.Errorf("%s is as the replay by now: drop the note that %s", s.file, s.differs)
		}
	}
}

func usageRows(t *testing.T, path string) (rows []focusRow) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range records[0] {
		column[name] = i
	}
	for _, record := range records[1:] {
		cell := func(name string) string {
			if text := record[column[name]]; text != "null" {
				return text
			}
			return ""
		}
		if cell("ChargeCategory") == "Usage" {
			rows = append(rows, focusRow{cell("CommitmentDiscountStatus"), cell("CommitmentDiscountQuantity"), cell("EffectiveCost")})
		}
	}
	return rows
}

// The purchase examples of the same source: a year paid at once, by the hour, and half and half, all cost one dollar an hour.
// A purchase row has no effective cost; the hour has, used or not.
func TestFOCUSPurchasesCostTheSameByTheHour(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, upfront, hourly string }{
		{"purchase scenario 1: One-Time 8760.00", "8760.00", "0"},
		{"purchase scenario 2: Recurring 1.00", "0", "1.00"},
		{"purchase scenario 3: One-Time 4380.00 and Recurring 0.50", "4380.00", "0.50"},
	} {
		price := number(row.upfront).Div(number("8760")).Add(number(row.hourly)).String()
		got := commitments.Bill(commitments.Hour{Commitments: commitments.Commitments{
			Reservations: []commitments.Reservation{reserve("A/ri", 1, regional(linux("m5.large")), price)},
		}})
		if want := usd("1.00"); !got.Total.Equal(want) || !got.Commitments[0].Unused.Equal(want) {
			t.Errorf("%s: got %s, unused %s, want %s", row.name, got.Total, got.Commitments[0].Unused, want)
		}
	}
}
