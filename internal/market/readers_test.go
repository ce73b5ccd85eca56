package market_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/market"
	"offpeak/internal/money"
)

func TestReadOfferings(t *testing.T) {
	t.Parallel()
	want := market.Offerings{"us-east-1a": {"m5.large": true, "c5.large": true}, "us-east-1b": {"m5.large": true}}
	for _, text := range []string{
		"region,az,type\nus-east-1,us-east-1a,m5.large\nus-east-1,us-east-1b,m5.large\nus-east-1,us-east-1a,c5.large\n",
		"type,az\nm5.large,us-east-1a\nc5.large,us-east-1a\nm5.large,us-east-1b\nm5.large,us-east-1b\n",
		`{"InstanceTypeOfferings":[{"InstanceType":"m5.large","LocationType":"availability-zone","Location":"us-east-1a"},
		{"InstanceType":"c5.large","LocationType":"availability-zone","Location":"us-east-1a"}]}
		{"InstanceTypeOfferings":[{"InstanceType":"m5.large","LocationType":"availability-zone","Location":"us-east-1b"}]}`,
	} {
		got, err := market.ReadOfferings("f", strings.NewReader(text))
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if offered, known := want.Offers("us-east-1b", "c5.large"); offered || !known {
		t.Error("c5.large is not offered in us-east-1b, which is known")
	}
	if _, known := want.Offers("us-east-1c", "c5.large"); known {
		t.Error("nothing is known of us-east-1c")
	}
	for _, row := range []struct{ text, want string }{
		{"", "is empty"},
		{"region,type\n", `line 1: the column "az" is missing`},
		{"az,type\n", "holds no offering"},
		{"az,type\nus-east-1a,\n", "line 2, type: missing"},
		{"az,type\n,m5.large\n", "line 2, az: missing"},
		{"az,type\nus east,m5.large\n", `line 2, az: is "us east"`},
		{
			`{"InstanceTypeOfferings":[{"InstanceType":"m5.large","LocationType":"region","Location":"us-east-1"}]}`,
			`f: $.InstanceTypeOfferings[0].LocationType: is "region" (expected availability-zone; list again with --location-type availability-zone)`,
		},
		{`{"InstanceTypeOfferings":[{"LocationType":"region"}]}`, "$.InstanceTypeOfferings[0].InstanceType: missing"},
		{`{"InstanceTypeOfferings":[{"InstanceType":"m5.large"}]}`, "$.InstanceTypeOfferings[0].Location: missing"},
		{`{"InstanceTypes":[]}`, "holds no InstanceTypeOfferings"},
	} {
		if _, err := market.ReadOfferings("f", strings.NewReader(row.text)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: got %v, want %s", row.text, err, row.want)
		}
	}
}

func TestReadOfferingsOfTwoRegions(t *testing.T) {
	t.Parallel()
	const file = "ec2/instance_type_offerings_az.csv"
	o, err := market.ReadOfferings(file, bytes.NewReader(data(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, types := range o {
		total += len(types)
	}
	if offered, known := o.Offers("ap-northeast-2a", "m5.large"); total != 8031 || !offered || !known {
		t.Errorf("%d offerings in %v", total, slices.Sorted(maps.Keys(o)))
	}
}

// spoken is one change of price, as AWS lists it.
func spoken(zone, product, price, at string) string {
	return fmt.Sprintf(`{"AvailabilityZone":%q,"InstanceType":"m5.large","ProductDescription":%q,"SpotPrice":%q,"Timestamp":%q}`, zone, product, price, at)
}

func TestReadHistory(t *testing.T) {
	t.Parallel()
	h, err := market.ReadHistory("f", strings.NewReader(`{"SpotPriceHistory":[`+strings.Join([]string{
		spoken("us-east-1a", "Linux/UNIX", "0.0350", "2026-11-20T10:00:00+00:00"),
		spoken("us-east-1a", "Linux/UNIX (Amazon VPC)", "0.035000", "2026-11-20T10:00:00+00:00"), // the same, by another name
		spoken("us-east-1a", "Linux/UNIX", "0.0340", "2026-11-20T08:00:00Z"),
		spoken("us-east-1a", "Linux/UNIX", "0.0341", "2026-11-20T17:00:00+09:00"), // the same instant, dearer
		spoken("us-east-1b", "Red Hat Enterprise Linux (Amazon VPC)", "0.06", "2026-11-20T10:00:00.000Z"),
	}, ",")+`],"NextToken":""}`))
	if err != nil {
		t.Fatal(err)
	}
	at := func(hour int) time.Time { return time.Date(2026, 11, 20, hour, 0, 0, 0, time.UTC) }
	want := market.History{
		{Zone: "us-east-1a", Type: "m5.large", Product: "Linux/UNIX"}:               {{At: at(8), Price: rate(t, "0.0341")}, {At: at(10), Price: rate(t, "0.035")}},
		{Zone: "us-east-1b", Type: "m5.large", Product: "Red Hat Enterprise Linux"}: {{At: at(10), Price: rate(t, "0.06")}},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error(diff)
	}
	for _, row := range []struct{ text, want string }{
		{"", "is empty"},
		{"a,b\n", `is no JSON object; the JSON of "aws ec2 describe-spot-price-history" was expected`},
		{`{"SpotPriceHistory":[` + spoken("", "Linux/UNIX", "1", "2026-11-20T10:00:00Z") + `]}`, "f: $.SpotPriceHistory[0].AvailabilityZone: missing"},
		{`{"SpotPriceHistory":[` + spoken("a", "", "1", "2026-11-20T10:00:00Z") + `]}`, "ProductDescription: missing"},
		{`{"SpotPriceHistory":[{"AvailabilityZone":"a"}]}`, "InstanceType: missing"},
		{`{"SpotPriceHistory":[` + spoken("a", "Linux/UNIX", "1", "yesterday") + `]}`, `Timestamp: is "yesterday" (expected an instant such as`},
		{`{"SpotPriceHistory":[` + spoken("a", "Linux/UNIX", "-1", "2026-11-20T10:00:00Z") + `]}`, "SpotPrice: \"-1\": a price cannot be negative"},
		{`{"SpotPriceHistory":[` + spoken("a", "Linux/UNIX", "0.000", "2026-11-20T10:00:00Z") + `]}`, "SpotPrice: is \"0.000\" (expected a price such as 0.0347: nothing is given away)"},
		{`{"SpotPriceHistory":[` + spoken("a", "Linux/UNIX", "1e3", "2026-11-20T10:00:00Z") + `]}`, "SpotPrice: \"1e3\" is not an amount"},
		{`{"SpotPriceHistory":[{"SpotPrice":0.0347}]}`, "f: $.SpotPriceHistory[0].SpotPrice: is a number (expected text)"},
		{`{"SpotPriceHistory":[],"NextToken":"more"}`, "the listing was cut here"},
		{`{"prices":[]}`, "holds no SpotPriceHistory"},
	} {
		if _, err := market.ReadHistory("f", strings.NewReader(row.text)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: got %v, want %s", row.text, err, row.want)
		}
	}
}

func rate(t testing.TB, text string) money.Rate {
	t.Helper()
	r, err := money.ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReadHistoryOfAMonth writes thirty days of real prices as AWS lists them, and reads what was written.
func TestReadHistoryOfAMonth(t *testing.T) {
	t.Parallel()
	lines, err := csv.NewReader(bytes.NewReader(data(t, "spot/history_m5.large_us-east-1_2021.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var records []string
	for _, l := range lines[1:] { // az,type,product,usd_per_hour,timestamp
		records = append(records, spoken(l[0], l[2], l[3], l[4]))
	}
	h, err := market.ReadHistory("f", strings.NewReader(`{"SpotPriceHistory":[`+strings.Join(append(records, records...), ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for pool, points := range h {
		total += len(points)
		if !slices.IsSortedFunc(points, func(a, b market.Point) int { return a.At.Compare(b.At) }) {
			t.Errorf("%v is not in order", pool)
		}
	}
	if total != len(records) {
		t.Errorf("%d points of %d", total, len(records))
	}
	last := lines[1]
	pool := h[market.Pool{Zone: last[0], Type: last[1], Product: last[2]}]
	if got := pool[len(pool)-1].Price; !got.Equal(rate(t, last[3])) {
		t.Errorf("the newest price is %s, want %s", got, last[3])
	}
}

const bands = `"ranges":[{"index":7,"label":"<5%","dots":0,"max":5},{"index":1,"max":11},{"index":2,"max":16},{"index":3,"max":22},{"index":4,"max":100}]`

func TestReadAdvised(t *testing.T) {
	t.Parallel()
	got, err := market.ReadAdvised("f", strings.NewReader(`{"global_rate":"<10%",`+bands+`,"instance_types":{"m5.large":{"emr":true,"cores":2,"ram_gb":8.0}},"spot_advisor":{
"us-east-1":{"Linux":{"m5.large":{"s":60,"r":7},"c5.large":{"s":0,"r":4,"new":[]}},"Windows":{}},"eu-west-1":{"Windows":{"m5.large":{"r":2,"s":100}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := market.Advised{
		{Region: "us-east-1", OS: "Linux", Type: "m5.large"}:   {Band: 0, Savings: 60},
		{Region: "us-east-1", OS: "Linux", Type: "c5.large"}:   {Band: 4, Savings: 0},
		{Region: "eu-west-1", OS: "Windows", Type: "m5.large"}: {Band: 2, Savings: 100},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, row := range []struct{ text, want string }{
		{"", "is empty"},
		{"x", "is no JSON object; spot-advisor-data.json, as AWS publishes it was expected"},
		{"{}", "$.ranges: is missing"},
		{"{" + bands + "}", "tells of no type"},
		{`{"ranges":[{"index":1}]}`, "$.ranges[0]: lacks index or max"},
		{"{" + bands + `,"spot_advisor":{"us-east-1":{"Linux":{"m5.large":{"s":60}}}}}`, `f: $.spot_advisor["us-east-1"]["Linux"]["m5.large"]: lacks r`},
		{"{" + bands + `,"spot_advisor":{"us-east-1":{"Linux":{"m5.large":{"s":60,"r":5}}}}}`, "is in range 5 with savings of 60 %, which cannot be"},
		{"{" + bands + `,"spot_advisor":{"us-east-1":{"Linux":{"m5.large":{"s":101,"r":1}}}}}`, "savings of 101 %"},
		{"{" + bands + `,"spot_advisor":{"us-east-1":{"Linux":[]}}}`, `is a list (expected an object)`},
		{"{" + bands + `,"spot_advisor":`, "the text ends here"},
	} {
		if _, err := market.ReadAdvised("f", strings.NewReader(row.text)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: got %v, want %s", row.text, err, row.want)
		}
	}
}

func TestReadAdvisedOfFourRegions(t *testing.T) {
	t.Parallel()
	const file = "spot/spot-advisor-data.json"
	a, err := market.ReadAdvised(file, bytes.NewReader(data(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	if want := (market.Odds{Band: 4, Savings: 58}); len(a) != 500+392+791+575+894+605+893+605 || a[market.AdvisedKey{Region: "us-east-1", OS: "Linux", Type: "m6i.2xlarge"}] != want {
		t.Errorf("%d types, %+v", len(a), a[market.AdvisedKey{Region: "us-east-1", OS: "Linux", Type: "m6i.2xlarge"}])
	}
}
