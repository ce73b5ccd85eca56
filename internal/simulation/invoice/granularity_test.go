package invoice_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
)

// told are the quantities of a bill by hour and usage type.
func told(tb testing.TB, rows []export.CUR) (lines []string) {
	for i := range rows {
		r := &rows[i]
		quantity := exact(tb, *r.LineItemUsageAmount)
		if got := quantity.InexactFloat64(); got != *r.LineItemUsageAmount {
			tb.Errorf("the double %v of %s is not that of %s", *r.LineItemUsageAmount, r.LineItemUsageType, quantity)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s", r.LineItemUsageStartDate.Format("15"), strings.TrimPrefix(r.LineItemUsageType, "APN2-"), quantity))
	}
	slices.Sort(lines)
	return lines
}

func TestTimeIsChargedByTheTable(t *testing.T) {
	t.Parallel()
	database := simulation.Spec{Resource: fleet.Resource{ID: "db", Kind: fleet.RDSInstance, Type: "db.m6g.large", Product: "postgres"}}
	twoZones := database
	twoZones.MultiAZ = true
	task := simulation.Spec{
		Resource: fleet.Resource{ID: "svc", Kind: fleet.ECSService, Product: "FARGATE"}, Task: simulation.Task{CPU: 512, MiB: 3072},
	}
	for _, test := range []struct {
		name string
		spec simulation.Spec
		runs []string
		want []string
	}{
		{"Linux is billed by the second", instance("i-1", "m5.large", "Linux/UNIX"), []string{"10:00:00-10:30:07"}, []string{"10 BoxUsage:m5.large 0.501944444444"}},
		{"a second is rounded once, at the twelfth place", instance("i-1", "m5.large", "Linux/UNIX"), []string{"10:00:00-10:01:01"}, []string{"10 BoxUsage:m5.large 0.016944444444"}},
		{"two thirds are rounded up", instance("i-1", "m5.large", "Linux/UNIX"), []string{"10:00:00-10:40:00"}, []string{"10 BoxUsage:m5.large 0.666666666667"}},
		{"Linux costs a minute at the least", instance("i-1", "m5.large", "Linux/UNIX"), []string{"10:00:00-10:00:05"}, []string{"10 BoxUsage:m5.large 0.016666666667"}},
		{"and each start its minute", instance("i-1", "m5.large", "Linux/UNIX"), []string{"10:00:00-10:00:05", "10:20:00-10:20:30"}, []string{"10 BoxUsage:m5.large 0.033333333333"}},
		{"what two minimums have in common is charged once", instance("i-1", "m5.large", "Linux/UNIX"), []string{"10:00:00-10:00:05", "10:00:20-11:00:00"}, []string{"10 BoxUsage:m5.large 1"}},
		{"a minimum goes on into the next hour", instance("i-1", "m5.large", "Linux/UNIX"), []string{"10:59:30-10:59:40"}, []string{"10 BoxUsage:m5.large 0.008333333333", "11 BoxUsage:m5.large 0.008333333333"}},
		{"Windows is billed by the second", instance("i-1", "m5.large", "Windows"), []string{"10:00:00-10:00:01"}, []string{"10 BoxUsage:m5.large 0.016666666667"}},
		{"Red Hat is billed by the second", instance("i-1", "m5.large", "Red Hat Enterprise Linux"), []string{"10:00:00-10:15:00"}, []string{"10 BoxUsage:m5.large 0.25"}},
		{"SUSE by clock hours begun", instance("i-1", "m5.large", "SUSE Linux"), []string{"10:59:59-11:00:01"}, []string{"10 BoxUsage:m5.large 1", "11 BoxUsage:m5.large 1"}},
		{"an hour begun twice is one", instance("i-1", "m5.large", "SUSE Linux"), []string{"10:05:00-10:06:00", "10:30:00-10:31:00"}, []string{"10 BoxUsage:m5.large 1"}},
		{"a database costs ten minutes at the least", database, []string{"10:00:00-10:04:00"}, []string{"10 InstanceUsage:db.m6g.large 0.166666666667"}},
		{"a database in two zones has a SKU of its own", twoZones, []string{"10:00:00-11:00:00"}, []string{"10 Multi-AZUsage:db.m6g.large 1"}},
		{
			"a task's processors and memory are billed apart", task,
			[]string{"10:00:00-10:30:00"},
			[]string{"10 Fargate-GB-Hours 1.5", "10 Fargate-vCPU-Hours:perCPU 0.25"},
		},
		{
			"a task costs a minute at the least", task,
			[]string{"10:00:00-10:00:02"},
			[]string{"10 Fargate-GB-Hours 0.05", "10 Fargate-vCPU-Hours:perCPU 0.008333333333"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			var runs []simulation.Run
			for _, text := range test.runs {
				runs = append(runs, ran(text))
			}
			w.add(test.spec, runs...)
			b := written(t, w, []invoice.Payer{plain()}, invoice.SampleCatalogue(), days(1))
			if diff := cmp.Diff(told(t, b[0].cur), test.want); diff != "" {
				t.Errorf("quantities (-got +want):\n%s", diff)
			}
		})
	}
}

func TestStorageAndAddressesGoOnWhileStopped(t *testing.T) {
	t.Parallel()
	w := newWorld()
	arn := w.add(instance("i-1", "m5.large", "Linux/UNIX"), ran("01:30:00-02:00:00"))
	end := midnight.Add(4 * time.Hour)
	w.holdings[arn] = []simulation.Holding{
		{Resource: arn, ID: "vol-1", What: simulation.BlockStorage, Type: "gp3", GB: 100, Zone: "ap-northeast-2a", From: midnight, To: end},
		{Resource: arn, ID: "eipalloc-1", What: simulation.ElasticAddress, From: midnight, To: end},
		{Resource: arn, ID: "eni-1", What: simulation.PassingAddress, From: clock("01:30:00"), To: clock("02:00:00")},
	}
	b := written(t, w, []invoice.Payer{plain()}, invoice.SampleCatalogue(), days(1))[0]
	volume := decimal.NewFromInt(100).DivRound(decimal.NewFromInt(31*24), 12).String()
	want := []string{
		"00 EBS:VolumeUsage.gp3 " + volume, "00 PublicIPv4:IdleAddress 1",
		"01 BoxUsage:m5.large 0.5", "01 EBS:VolumeUsage.gp3 " + volume, "01 PublicIPv4:IdleAddress 0.5", "01 PublicIPv4:InUseAddress 0.5",
		"01 PublicIPv4:InUseAddress 0.5", "02 EBS:VolumeUsage.gp3 " + volume, "02 PublicIPv4:IdleAddress 1",
		"03 EBS:VolumeUsage.gp3 " + volume, "03 PublicIPv4:IdleAddress 1",
	}
	if diff := cmp.Diff(told(t, b.cur), want); diff != "" {
		t.Errorf("quantities (-got +want):\n%s", diff)
	}
}

func TestEveryQuantityIsTheDoubleOfADecimal(t *testing.T) {
	t.Parallel()
	// Any second of an hour, in every month's length, comes back from its double as it was rounded.
	for _, gigabytes := range []int{1, 30, 333, 16384} {
		for month := time.January; month <= time.April; month++ {
			w := newWorld()
			from := time.Date(2026, month, 1, 0, 0, 0, 0, time.UTC)
			var runs []simulation.Run
			for hour := range 24 {
				start := from.Add(time.Duration(hour)*time.Hour + time.Duration(hour*7)*time.Second)
				runs = append(runs, simulation.Run{From: start, To: start.Add(time.Duration(61+hour*127) * time.Second)})
			}
			arn := w.add(instance("i-1", "m5.large", "Linux/UNIX"), runs...)
			w.holdings[arn] = []simulation.Holding{{ID: "vol-1", What: simulation.BlockStorage, Type: "gp3", GB: gigabytes, From: from.Add(11 * time.Minute), To: from.AddDate(0, 0, 1)}}
			period := days(1)
			period.From, period.To = from, from.AddDate(0, 0, 1)
			told(t, written(t, w, []invoice.Payer{plain()}, invoice.SampleCatalogue(), period)[0].cur)
		}
	}
}
