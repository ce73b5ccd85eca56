package query_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/query"
)

func TestWhatBillsRunning(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		code, usage string
		want        bool
	}{
		{"AmazonEC2", "BoxUsage:m5.large", true},
		{"AmazonEC2", "APN2-BoxUsage:m5.large", true},
		{"AmazonEC2", "APN2-SpotUsage:m5.large", true},
		{"AmazonEC2", "EUW1-DedicatedUsage:c5.large", true},
		{"AmazonEC2", "UnusedBox:m5.large", true},
		{"AmazonEC2", "APN2-EBS:VolumeUsage.gp3", false},
		{"AmazonEC2", "APN2-CPUCredits:t3", false},
		{"ElasticMapReduce", "BoxUsage:m5.xlarge", false},
		{"AmazonRDS", "APN2-InstanceUsage:db.r6g.large", true},
		{"AmazonRDS", "InstanceUsageIOOptimized:db.r6g.large", true},
		{"AmazonRDS", "APN2-Multi-AZUsage:db.m5.large", true},
		{"AmazonRDS", "APN2-RDS:Multi-AZ-GP2-Storage", false},
		{"AmazonRDS", "Aurora:ServerlessV2Usage", true},
		{"AmazonRDS", "Aurora:StorageIOUsage", false},
		{"AmazonDocDB", "APN2-InstanceUsage:db.r5.large", true},
		{"AmazonNeptune", "InstanceUsage:db.r5.large", true},
		{"AmazonElastiCache", "APN2-NodeUsage:cache.t3.micro", false},
		{"AmazonECS", "APN2-Fargate-vCPU-Hours:perCPU", true},
		{"AmazonECS", "APN2-Fargate-ARM-GB-Hours", true},
		{"AmazonECS", "APN2-SpotUsage-Fargate-GB-Hours", true},
		{"AmazonEKS", "USE1-Fargate-GB-Hours", true},
		{"AmazonECS", "Fargate-EphemeralStorage-GB-Hours", false},
		{"AmazonEKS", "APN2-AmazonEKS-Hours:perCluster", false},
		{"AWSLambda", "APN2-Lambda-GB-Second-ARM", true},
		{"AWSLambda", "Lambda-GB-Second", true},
		{"AWSLambda", "APN2-Request", false},
		{"AWSLambda", "Lambda-Edge-GB-Second", false},
	} {
		if got := query.Runs(row.code, row.usage); got != row.want {
			t.Errorf("%s %s: got %t", row.code, row.usage, got)
		}
	}
}

func TestSortsOfLines(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		kind, usage string
		want        billing.Line
	}{
		{"Usage", "BoxUsage:m5.large", billing.OnDemand},
		{"Usage", "APN2-SpotUsage:m5.large", billing.SpotUsage},
		{"DiscountedUsage", "BoxUsage:m5.large", billing.Reserved},
		{"SavingsPlanCoveredUsage", "BoxUsage:m5.large", billing.PlanUsage},
		{"SavingsPlanNegation", "BoxUsage:m5.large", ""},
		{"RIFee", "HeavyUsage:m5.large", ""},
		{"Tax", "", ""},
	} {
		if got, ok := query.LineOf(row.kind, row.usage); got != row.want || ok != (row.want != "") {
			t.Errorf("%s %s: got %s, %t", row.kind, row.usage, got, ok)
		}
	}
	for _, row := range []struct {
		pricing, commitment, meter string
		want                       billing.Line
	}{
		{"Standard", "", "BoxUsage:m5.large", billing.OnDemand},
		{"Dynamic", "", "SpotUsage:m5.large", billing.SpotUsage},
		{"", "", "SpotUsage:m5.large", billing.SpotUsage},
		{"Committed", "Spend", "BoxUsage:m5.large", billing.PlanUsage},
		{"Committed", "Usage", "BoxUsage:m5.large", billing.Reserved},
	} {
		if got := query.FocusLine(row.pricing, row.commitment, row.meter); got != row.want {
			t.Errorf("%s %s %s: got %s", row.pricing, row.commitment, row.meter, got)
		}
	}
	if query.MeterRuns("Analytics", "BoxUsage:m5.xlarge") || !query.MeterRuns("Compute", "BoxUsage:m5.xlarge") {
		t.Error("Elastic MapReduce's fee has EC2's meter, and is not EC2")
	}
}

func TestWhatGoesOnWhileNothingRuns(t *testing.T) {
	t.Parallel()
	for meter, want := range map[string]bool{
		"EBS:VolumeUsage.gp3": true, "APN2-EBS:VolumeP-IOPS.io2": true, "APN2-EBS:VolumeIOUsage": false, "APN2-EBS:SnapshotUsage": true,
		"APN2-PublicIPv4:IdleAddress": true, "PublicIPv4:InUseAddress": true, "ElasticIP:IdleAddress": true, "APN2-RDS:Multi-AZ-GP3-Storage": true, "RDS:StorageUsage": true,
		"RDS:StorageIOUsage": false, "APN2-RDS:GP3-PIOPS": true, "RDS:ChargedBackupUsage": true, "Aurora:StorageUsage": true, "Aurora:StorageIOUsage": false,
		"APN2-BoxUsage:m5.large": false, "DataTransfer-Out-Bytes": false, "": false,
	} {
		if got := query.Stands(meter); got != want {
			t.Errorf("%s: got %t", meter, got)
		}
	}
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ from, to, months, refusal string }{
		{"2026-07-01T00:00:00Z", "2026-10-01T00:00:00Z", "2026-07 2026-08 2026-09", ""},
		{"2026-07-31T23:00:00Z", "2026-08-01T00:00:00Z", "2026-07", ""},
		{"2026-07-01T00:00:00+09:00", "2026-07-02T00:00:00+09:00", "2026-06 2026-07", ""},
		{"2026-07-01T00:00:00Z", "2026-07-01T00:00:00Z", "2026-07", "ends before it begins"},
		{"2026-07-01T00:30:00Z", "2026-07-02T00:00:00Z", "2026-07", "whole hours"},
	} {
		p := billing.Period{From: at(row.from), To: at(row.to)}
		err := query.Check(p)
		if (err == nil) != (row.refusal == "") || err != nil && !strings.Contains(err.Error(), row.refusal) {
			t.Errorf("%s .. %s: got %v, want %q", row.from, row.to, err, row.refusal)
		}
		if err != nil {
			continue
		}
		var months []string
		for _, m := range query.Months(p) {
			months = append(months, m.Format("2006-01"))
		}
		if got := strings.Join(months, " "); got != row.months {
			t.Errorf("%s .. %s: got %s", row.from, row.to, got)
		}
	}
}

func TestPatternsHaveRoomForTheirWeeks(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ from, to, refusal string }{
		{"2026-07-01T00:00:00Z", "2026-10-01T00:00:00Z", ""},
		{"2026-06-29T00:00:00Z", "2027-09-06T00:00:00Z", ""}, // 62 weeks
		{"2026-06-29T00:00:00Z", "2027-09-06T01:00:00Z", "62 weeks at most"},
		{"2026-07-05T23:00:00Z", "2027-09-06T01:00:00Z", "62 weeks at most"}, // its first week has one hour
		{"2026-07-01T00:00:00Z", "2026-07-01T00:30:00Z", "whole hours"},
	} {
		err := query.CheckWeeks(billing.Period{From: at(row.from), To: at(row.to)})
		if (err == nil) != (row.refusal == "") || err != nil && !strings.Contains(err.Error(), row.refusal) {
			t.Errorf("%s .. %s: got %v, want %q", row.from, row.to, err, row.refusal)
		}
	}
}

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// A partial upfront lease of three m5.large: 60 dollars of the fee fall on July, 30 are paid for it, and 3 times 744 hours are reserved.
func lease() query.Lease {
	return query.Lease{
		Month: at("2026-07-01T00:00:00Z"), Lease: "arn:ri/1", Owner: "222222222222", SKU: "SKU1", Operation: "RunInstances", Start: "2026-01-15T00:00:00Z",
		End: "2027-01-14T23:59:59.000Z", Reservations: "3", Units: "4", Reserved: "2232", Amount: dec("2232"), Recurring: dec("30"), Upfront: dec("81.6"),
		Unused: dec("12"), InUnits: 1, UnusedUnits: dec("48"),
	}
}

func TestReservationOf(t *testing.T) {
	t.Parallel()
	want := billing.Reservation{
		Month: at("2026-07-01T00:00:00Z"), Lease: "arn:ri/1", Owner: "222222222222", SKU: "SKU1", Operation: "RunInstances", Start: at("2026-01-15T00:00:00Z"),
		End: at("2027-01-14T23:59:59Z"), Count: dec("3"), Units: dec("4"), Hourly: dec("0.05"), Unused: dec("48"),
	}
	for _, row := range []struct {
		name   string
		change func(*query.Lease)
		want   func(*billing.Reservation)
	}{
		{"an hour is the month's fees over its hours", func(*query.Lease) {}, func(*billing.Reservation) {}},
		{"the line's amount says how many hours, where nothing else does", func(l *query.Lease) { l.Reserved = "" }, func(*billing.Reservation) {}},
		{"a rigid lease has no units, and hours unused", func(l *query.Lease) { l.Units = "" }, func(r *billing.Reservation) { r.Units, r.Unused = dec("0"), dec("12") }},
		{"no line says units", func(l *query.Lease) { l.InUnits, l.UnusedUnits = 0, dec("0") }, func(r *billing.Reservation) { r.Unused = dec("12") }},
		{"no times", func(l *query.Lease) { l.Start, l.End = "", "" }, func(r *billing.Reservation) { r.Start, r.End = time.Time{}, time.Time{} }},
	} {
		l, want := lease(), want
		row.change(&l)
		row.want(&want)
		got, err := query.ReservationOf(&l)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", row.name, err, diff)
		}
	}
	for refusal, change := range map[string]func(*query.Lease){
		"hours reserved":                               func(l *query.Lease) { l.Reserved, l.Amount = "0", dec("0") },
		`"soon" is not a time`:                         func(l *query.Lease) { l.Start = "soon" },
		`"three" is not a number`:                      func(l *query.Lease) { l.Reservations = "three" },
		"reservation_normalized_units_per_reservation": func(l *query.Lease) { l.Units = "1e9999" },
	} {
		l := lease()
		change(&l)
		if _, err := query.ReservationOf(&l); err == nil || !strings.Contains(err.Error(), refusal) || !strings.Contains(err.Error(), "arn:ri/1") {
			t.Errorf("want %s, got %v", refusal, err)
		}
	}
}

func FuzzReservationOf(f *testing.F) {
	f.Add("2026-01-15T00:00:00Z", "3", "0.5", "744")
	f.Add("2026-01-15 00:00:00", "", "1e3", " 7 ")
	f.Fuzz(func(t *testing.T, start, count, units, reserved string) {
		l := lease()
		l.Start, l.Reservations, l.Units, l.Reserved = start, count, units, reserved
		r, err := query.ReservationOf(&l)
		if err == nil && (r.Hourly.Sign() < 0 || start != "" && r.Start.IsZero() && !strings.HasPrefix(start, "0001")) {
			t.Errorf("%q %q %q %q became %+v", start, count, units, reserved, r)
		}
	})
}
