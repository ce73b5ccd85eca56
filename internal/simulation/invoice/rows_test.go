package invoice_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
)

func TestSKUsAreNamedAsAWSNamesThem(t *testing.T) {
	t.Parallel()
	cluster := simulation.Spec{Resource: fleet.Resource{ID: "c", Kind: fleet.RDSCluster, Type: "db.r6g.large", Product: "docdb"}}
	group := simulation.Spec{Resource: fleet.Resource{ID: "g", Kind: fleet.AutoScalingGroup, Type: "m6i.xlarge", Product: "Linux/UNIX"}}
	for _, test := range []struct {
		name string
		spec simulation.Spec
		want string
	}{
		{"Linux", instance("i-1", "m5.large", "Linux/UNIX"), "AmazonEC2 APN2-BoxUsage:m5.large RunInstances m5.large General purpose Linux 4"},
		{"Windows", instance("i-1", "c6i.xlarge", "Windows"), "AmazonEC2 APN2-BoxUsage:c6i.xlarge RunInstances:0002 c6i.xlarge Compute optimized Windows 8"},
		{"Red Hat", instance("i-1", "r6i.large", "Red Hat Enterprise Linux"), "AmazonEC2 APN2-BoxUsage:r6i.large RunInstances:0010 r6i.large Memory optimized RHEL 4"},
		{"SUSE", instance("i-1", "t3.medium", "SUSE Linux"), "AmazonEC2 APN2-BoxUsage:t3.medium RunInstances:000g t3.medium General purpose SUSE 2"},
		{"a member of a group", group, "AmazonEC2 APN2-BoxUsage:m6i.xlarge RunInstances m6i.xlarge General purpose Linux 8"},
		{"a database cluster", cluster, "AmazonDocDB APN2-InstanceUsage:db.r6g.large CreateDBInstance:DocDB db.r6g.large Memory optimized  4"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.add(test.spec, ran("10:00:00-11:00:00"))
			b := written(t, w, []invoice.Payer{plain()}, invoice.SampleCatalogue(), days(1))[0]
			r, f := &b.cur[0], &b.focus[0]
			got := fmt.Sprint(r.LineItemProductCode, " ", r.LineItemUsageType, " ", r.LineItemOperation, " ", r.ProductInstanceType, " ", r.ProductInstanceFamily, " ",
				r.Product["operating_system"], " ", *r.LineItemNormalizationFactor)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if f.SKUID != r.ProductSKU || f.SKUMeter != r.LineItemUsageType || f.XOperation != r.LineItemOperation || len(f.SKUID) != 16 || !strings.HasPrefix(f.SKUPriceID, f.SKUID+".") {
				t.Errorf("FOCUS says %s %s %s %s, CUR %s %s %s", f.SKUID, f.SKUPriceID, f.SKUMeter, f.XOperation, r.ProductSKU, r.LineItemUsageType, r.LineItemOperation)
			}
		})
	}
}

// TestUsageThatIsCoveredInPartBecomesSeveralRows: two instances, a reservation for a part of the first, a plan for a part of the rest.
func TestUsageThatIsCoveredInPartBecomesSeveralRows(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.add(instance("i-1", "m5.large", "Linux/UNIX"), ran("00:00:00-01:00:00"))
	w.add(instance("i-2", "m5.large", "Linux/UNIX"), ran("00:30:00-01:00:00"))
	p := plain()
	p.EDP = number("10")
	term := invoice.Term{Start: midnight, Years: 1}
	p.Reservations = []invoice.Reservation{{
		ID: "medium", Owner: account, Region: seoul, Type: "m5.large", Product: "Linux/UNIX", Count: 1, Term: term, Payment: invoice.PartialUpfront, Off: number("50"),
	}}
	p.Plans = []invoice.Plan{{ID: "plan", Owner: account, Kind: commitments.ComputePlan, Hourly: usd("0.0236"), Term: term, Off: number("20")}}
	b := written(t, w, []invoice.Payer{p}, invoice.SampleCatalogue(), billing.Period{From: midnight, To: midnight.Add(2 * time.Hour)})[0]
	var got []string
	for i := range b.focus {
		r := &b.focus[i]
		got = append(got, fmt.Sprintf("%s %s %s%s %s list %.4f contracted %.5f effective %.5f billed %.5f", r.ChargePeriodStart.Format("15"), r.ChargeCategory, r.PricingCategory,
			r.CommitmentDiscountStatus, r.ResourceID[strings.LastIndexAny(r.ResourceID, "/")+1:], r.ListCost, r.ContractedCost, r.EffectiveCost, r.BilledCost))
	}
	slices.Sort(got)
	want := []string{
		"00 Purchase Standard medium list 0.0590 contracted 0.05900 effective 0.00000 billed 0.05900", // the recurring half of two hours
		"00 Purchase Standard medium list 258.4200 contracted 258.42000 effective 0.00000 billed 258.42000",
		"00 Purchase Standard plan list 0.0236 contracted 0.02360 effective 0.00000 billed 0.02360",
		"00 Usage CommittedUsed i-1 list 0.1180 contracted 0.10620 effective 0.05900 billed 0.00000",
		"00 Usage CommittedUsed i-2 list 0.0295 contracted 0.02655 effective 0.02360 billed 0.00000",
		"00 Usage Standard i-2 list 0.0295 contracted 0.02655 effective 0.02655 billed 0.02655",
		"01 Purchase Standard plan list 0.0236 contracted 0.02360 effective 0.00000 billed 0.02360",
		"01 Usage CommittedUnused medium list 0.1180 contracted 0.10620 effective 0.05900 billed 0.00000",
		"01 Usage CommittedUnused plan list 0.0236 contracted 0.02360 effective 0.02360 billed 0.00000",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("FOCUS (-got +want):\n%s", diff)
	}
	got = got[:0]
	for i := range b.cur {
		r := &b.cur[i]
		got = append(got, fmt.Sprintf("%s %s %s %.5f net %.5f", r.LineItemUsageStartDate.Format("15"), r.LineItemLineItemType, r.LineItemResourceID, r.LineItemUnblendedCost, *r.LineItemNetUnblendedCost))
	}
	slices.Sort(got)
	want = []string{
		"00 DiscountedUsage i-1 0.00000 net 0.00000", "00 Fee  258.42000 net 258.42000", "00 RIFee  0.05900 net 0.05900",
		"00 SavingsPlanCoveredUsage i-2 0.02950 net 0.02655", "00 SavingsPlanNegation  -0.02950 net -0.02655",
		"00 SavingsPlanRecurringFee  0.02360 net 0.02360", "00 Usage i-2 0.02950 net 0.02655", "01 SavingsPlanRecurringFee  0.02360 net 0.02360",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("CUR (-got +want):\n%s", diff)
	}
}

func TestTagsAreThoseOfTheHour(t *testing.T) {
	t.Parallel()
	w := newWorld()
	arn := w.add(simulation.Spec{
		Resource: fleet.Resource{ID: "web", Kind: fleet.AutoScalingGroup, Type: "m5.large", Product: "Linux/UNIX"},
	}, simulation.Run{ID: "i-9", From: midnight, To: midnight.Add(3 * time.Hour)})
	w.tags[arn] = func(at time.Time) fleet.Tags {
		return fleet.NewTags(fleet.Tag{Key: "env", Value: map[bool]string{true: "dev", false: "stg"}[at.Before(clock("02:00:00"))]}, fleet.Tag{Key: "팀", Value: "검색"})
	}
	w.holdings[arn] = []simulation.Holding{{ID: "vol-1", What: simulation.BlockStorage, Type: "gp3", GB: 10, From: midnight, To: midnight.Add(time.Hour)}}
	b := written(t, w, []invoice.Payer{plain()}, invoice.SampleCatalogue(), days(1))[0]
	var got []string
	for i := range b.focus {
		got = append(got, fmt.Sprintf("%s%v%v", b.focus[i].ResourceID, b.focus[i].Tags, b.cur[i].ResourceTags))
	}
	want := []string{
		"i-9map[aws:autoscaling:groupName:web env:dev 팀:검색]map[aws_autoscaling_group_name:web user_env:dev user_팀:검색]",
		"vol-1map[env:dev 팀:검색]map[user_env:dev user_팀:검색]",
		"i-9map[aws:autoscaling:groupName:web env:dev 팀:검색]map[aws_autoscaling_group_name:web user_env:dev user_팀:검색]",
		"i-9map[aws:autoscaling:groupName:web env:stg 팀:검색]map[aws_autoscaling_group_name:web user_env:stg user_팀:검색]",
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("tags (-got +want):\n%s", diff)
	}
}

func TestAMonthThatIsOpenHasNoInvoice(t *testing.T) {
	t.Parallel()
	w := newWorld()
	end := midnight.AddDate(0, 1, 2)
	w.add(instance("i-1", "m5.large", "Linux/UNIX"), simulation.Run{From: end.AddDate(0, 0, -3), To: end})
	b := written(t, w, []invoice.Payer{plain()}, invoice.SampleCatalogue(), billing.Period{From: end.AddDate(0, 0, -3), To: end})[0]
	invoices := map[string]bool{}
	for i := range b.focus {
		r := &b.focus[i]
		invoices[fmt.Sprint(r.BillingPeriodStart.Format("01"), r.InvoiceID != "", b.cur[i].BillInvoiceID == r.InvoiceID)] = true
	}
	if diff := cmp.Diff(invoices, map[string]bool{"07true true": true, "08false true": true}); diff != "" {
		t.Errorf("month, whether it has an invoice, the same in both exports (-got +want):\n%s", diff)
	}
}

func TestWhatHasNoPriceIsReportedAndNotBilled(t *testing.T) {
	t.Parallel()
	w := newWorld()
	known := w.add(instance("i-1", "m5.large", "Linux/UNIX"), ran("00:00:00-01:00:00"))
	w.add(instance("i-2", "x9.huge", "Linux/UNIX"), ran("00:00:00-01:00:00"))
	w.add(instance("i-3", "m5.large", "Linux/UNIX"), simulation.Run{Spot: true, From: midnight, To: clock("01:00:00")})
	w.holdings[known] = []simulation.Holding{{ID: "vol-1", What: simulation.BlockStorage, Type: "gp3", GB: 10, From: midnight, To: midnight.Add(time.Hour)}}
	rate, err := money.ParseRate("0.2")
	if err != nil {
		t.Fatal(err)
	}
	own := invoice.FromPrices(fleet.Prices{{Region: seoul, Type: "m5.large"}: rate}, "our price list")
	total, err := invoice.Total(t.Context(), w, []invoice.Payer{plain()}, own, days(1))
	if err != nil {
		t.Fatal(err)
	}
	if got := total.Total().String(); got != "0.2" {
		t.Errorf("the bill is %s, not that of the one instance with a price", got)
	}
	want := []invoice.Unpriced{
		{What: "instance m5.large Linux/UNIX as Spot in ap-northeast-2", Resources: []fleet.ARN{"arn:test:i-3"}},
		{What: "instance x9.huge Linux/UNIX in ap-northeast-2", Resources: []fleet.ARN{"arn:test:i-2"}},
		{What: "volume gp3 in ap-northeast-2", Resources: []fleet.ARN{known}},
	}
	if diff := cmp.Diff(total.Payers[0].Unpriced, want); diff != "" {
		t.Errorf("without a price (-got +want):\n%s", diff)
	}
}

// TestSpotIsFreeInItsFirstHourWhenAWSTakesItBack looks for an interruption, and lets instances run into it.
func TestSpotIsFreeInItsFirstHourWhenAWSTakesItBack(t *testing.T) {
	t.Parallel()
	from := midnight
	w := newWorld()
	market := simulation.NewMarket(1, from, invoice.SampleCatalogue().Compute)
	pool := simulation.Pool{Zone: string(seoul) + "a", Type: "m5.large", Product: "Linux/UNIX"}
	market.SetTerms(pool, simulation.Terms{Share: 300, Interruptions: 900, Shortage: time.Hour})
	var end time.Time
	var taken []string // instances that the first interruption concerns
	for _, s := range market.Signals(pool, from, from.AddDate(0, 0, 25)) {
		for i := 0; !s.End.IsZero() && end.IsZero() && i < 1000; i++ {
			if id := fmt.Sprintf("i-%d", i); market.Takes(pool, s, id) {
				taken = append(taken, id)
			}
		}
		if len(taken) > 2 && end.IsZero() {
			end = s.End
		}
	}
	if end.IsZero() {
		t.Fatal("nothing was interrupted in 25 days")
	}
	spot := func(id string, from, to time.Time) {
		w.add(instance(id, "m5.large", "Linux/UNIX"), simulation.Run{Spot: true, From: from, To: to})
	}
	spot(taken[0], end.Add(-30*time.Minute), end)
	spot(taken[1], end.Add(-61*time.Minute), end)
	spot(taken[2], end.Add(-30*time.Minute), end.Add(-time.Minute))
	b := written(t, exchange{w, market}, []invoice.Payer{plain()}, invoice.SampleCatalogue(), billing.Period{From: from, To: from.AddDate(0, 0, 26)})[0]
	billed := map[string]bool{}
	for i := range b.cur {
		r := &b.cur[i]
		billed[r.LineItemResourceID] = true
		price, _ := market.PriceAt(pool, r.LineItemUsageStartDate)
		if got := exact(t, r.LineItemUnblendedCost); !got.Equal(price.Decimal().Mul(exact(t, *r.LineItemUsageAmount)).Round(billing.Places)) {
			t.Errorf("%s costs %s at %s an hour", r.LineItemResourceID, got, price)
		}
		if f := &b.focus[i]; f.PricingCategory != "Dynamic" || f.ListUnitPrice != nil || !strings.Contains(r.LineItemUsageType, "SpotUsage") || *r.PricingPublicOnDemandCost != 0 {
			t.Errorf("%s is not billed as Spot: %s %s", r.LineItemResourceID, f.PricingCategory, r.LineItemUsageType)
		}
	}
	if diff := cmp.Diff(billed, map[string]bool{taken[1]: true, taken[2]: true}); diff != "" {
		t.Errorf("billed (-got +want):\n%s", diff)
	}
}

// exchange is a world with a Spot market.
type exchange struct {
	*world
	market *simulation.Market
}

func (e exchange) Market() *simulation.Market { return e.market }

func TestWhatCannotBeBilledIsRefused(t *testing.T) {
	t.Parallel()
	term := invoice.Term{Start: midnight, Years: 1}
	for _, test := range []struct {
		name   string
		change func(p *invoice.Payer, period *billing.Period)
		want   string
	}{
		{"half an hour", func(_ *invoice.Payer, p *billing.Period) { p.To = p.To.Add(-30 * time.Minute) }, "whole hours"},
		{"a period that ends first", func(_ *invoice.Payer, p *billing.Period) { p.To = p.From }, "whole hours"},
		{"nobody's account", func(p *invoice.Payer, _ *billing.Period) { p.Accounts = []fleet.AccountID{other} }, "nobody pays for account 111111111111"},
		{"an account twice", func(p *invoice.Payer, _ *billing.Period) { p.Accounts = append(p.Accounts, other) }, "account 222222222222 is paid for by"},
		{"no payer", func(p *invoice.Payer, _ *billing.Period) { p.ID = "" }, "an id must be there"},
		{"everything for nothing", func(p *invoice.Payer, _ *billing.Period) { p.EDP = number("100") }, "EDP must be from 0 to below 100"},
		{"a commitment of a stranger", func(p *invoice.Payer, _ *billing.Period) {
			p.Plans = []invoice.Plan{{ID: "x", Owner: "333333333333", Kind: commitments.ComputePlan, Term: term}}
		}, "its owner 333333333333 is none of the payer's accounts"},
		{"a term of two years", func(p *invoice.Payer, _ *billing.Period) {
			p.Plans = []invoice.Plan{{ID: "x", Owner: account, Kind: commitments.ComputePlan, Term: invoice.Term{Start: midnight, Years: 2}}}
		}, "a term is of 1 or 3 years"},
		{"a rate below nothing", func(p *invoice.Payer, _ *billing.Period) {
			p.Plans = []invoice.Plan{{
				ID: "x", Owner: account, Kind: commitments.ComputePlan, Term: term, OffBy: map[string]decimal.Decimal{"SKU": number("100")},
			}}
		}, "100 percent off list"},
		{"no way to pay", func(p *invoice.Payer, _ *billing.Period) {
			p.Plans = []invoice.Plan{{ID: "x", Owner: account, Kind: commitments.ComputePlan, Term: term, Payment: 3}}
		}, "payment 3 is none of three"},
		{"a plan of no kind", func(p *invoice.Payer, _ *billing.Period) {
			p.Plans = []invoice.Plan{{ID: "x", Owner: account, Term: term}}
		}, "kind 0"},
		{"nothing reserved", func(p *invoice.Payer, _ *billing.Period) {
			p.Reservations = []invoice.Reservation{{ID: "x", Owner: account, Region: seoul, Type: "m5.large", Product: "Linux/UNIX", Term: term}}
		}, "reserves 0 instances"},
		{"reserved without a price", func(p *invoice.Payer, _ *billing.Period) {
			p.Reservations = []invoice.Reservation{{ID: "x", Owner: account, Region: seoul, Type: "x9.huge", Product: "Linux/UNIX", Count: 1, Term: term}}
		}, "reservation x is of x9.huge for Linux/UNIX in ap-northeast-2, which has no price"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.add(instance("i-1", "m5.large", "Linux/UNIX"), ran("00:00:00-01:00:00"))
			p, period := plain(), days(1)
			test.change(&p, &period)
			_, err := invoice.Total(t.Context(), w, []invoice.Payer{p}, invoice.SampleCatalogue(), period)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, it should say %q", err, test.want)
			}
			if _, other := invoice.Write(t.Context(), w, []invoice.Payer{p}, invoice.SampleCatalogue(), period, t.TempDir()); other == nil {
				t.Error("Write took it")
			}
			if strings.Contains(test.want, "whole hours") && !errors.Is(err, invoice.ErrPeriod) {
				t.Errorf("%v is not ErrPeriod", err)
			}
		})
	}
}

func TestABillThatWasBrokenOffHasNoManifest(t *testing.T) {
	t.Parallel()
	w := newWorld()
	ctx, cancel := context.WithCancel(t.Context())
	arn := w.add(instance("i-1", "m5.large", "Linux/UNIX"), simulation.Run{From: midnight, To: midnight.AddDate(0, 2, 0)})
	w.tags[arn] = func(at time.Time) fleet.Tags {
		if at.Month() == time.August {
			cancel()
		}
		return nil
	}
	dir := t.TempDir()
	_, err := invoice.Write(ctx, w, []invoice.Payer{plain()}, invoice.SampleCatalogue(), billing.Period{From: midnight, To: midnight.AddDate(0, 2, 0)}, dir)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if manifests := filesIn(t, dir, "-Manifest.json"); len(manifests) > 0 {
		t.Errorf("there are manifests: %v", manifests)
	}
}

func TestTheSamplesPayersAreTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	specs := simulation.Sample(300, 1)
	a, b := invoice.SamplePayers(specs, 1), invoice.SamplePayers(specs, 1)
	if diff := cmp.Diff(fmt.Sprint(a), fmt.Sprint(b)); diff != "" {
		t.Error(diff)
	}
	if len(a) != 1 || len(a[0].Plans) != 3 || len(a[0].Reservations) < 10 || !a[0].EDP.IsPositive() {
		t.Errorf("the sample's payer has %d plans, %d reservations, %s percent off", len(a[0].Plans), len(a[0].Reservations), a[0].EDP)
	}
	catalogue := invoice.SampleCatalogue()
	for i := range specs {
		if r := &specs[i].Resource; r.Type != "" && !catalogue.Compute.Of(&fleet.Resource{Scope: r.Scope, Type: r.Type, Product: r.Product, MultiAZ: r.MultiAZ}).Known {
			t.Errorf("%s %s %v in %s has no price", r.Type, r.Product, r.MultiAZ, r.Scope.Region)
		}
	}
}

var _ invoice.World = (*simulation.World)(nil)
