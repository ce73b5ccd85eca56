package spotmarket_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/cloud/spotmarket"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/market"
	"offpeak/internal/money"
	"offpeak/internal/objects"
)

var _ hub.Market = (*spotmarket.Reader)(nil)

var (
	seoul = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	noon  = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
)

// aws plays the services: it answers by the name of the call, and counts.
type stage struct {
	t      *testing.T
	calls  map[string]int
	asked  []url.Values // of DescribeSpotPriceHistory
	refuse map[string]string
	meters map[string]string // of Fargate
	store  objects.Store
	now    time.Time
	url    string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, calls: map[string]int{}, refuse: map[string]string{}, store: objects.NewMemory(), now: noon, meters: map[string]string{
		"APN2-Fargate-vCPU-Hours:perCPU": "0.04656", "APN2-Fargate-GB-Hours": "0.00511",
		"APN2-Fargate-ARM-vCPU-Hours:perCPU": "0.0373", "APN2-Fargate-ARM-GB-Hours": "0.0041",
		"APN2-Fargate-EphemeralStorage-GB-Hours": "0.0001",
	}}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *stage) serve(w http.ResponseWriter, q *http.Request) {
	if q.URL.Path == "/fargate-spot.json" {
		s.calls["fargate"]++
		if code := s.refuse["fargate"]; code != "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, fargateSpot)
		return
	}
	if q.URL.Path == "/advisor.json" {
		s.calls["advisor"]++
		if code := s.refuse["advisor"]; code != "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, `{"ranges":[{"index":0,"label":"<5%","dots":0,"max":5},{"index":1,"label":"5-10%","dots":1,"max":11}],
"spot_advisor":{"ap-northeast-2":{"Linux":{"m5.large":{"s":68,"r":1},"m6i.large":{"s":60,"r":0}}},"us-east-1":{"Linux":{"m5.large":{"s":60,"r":0}}}}}`)
		return
	}
	body, _ := io.ReadAll(q.Body)
	form, _ := url.ParseQuery(string(body))
	action := form.Get("Action")
	if _, target, ok := strings.Cut(q.Header.Get("X-Amz-Target"), "."); ok {
		action = target
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	}
	s.calls[action]++
	if code := s.refuse[action]; code != "" {
		w.WriteHeader(http.StatusBadRequest)
		if form.Get("Action") == "" {
			_, _ = fmt.Fprintf(w, `{"__type":%q,"message":"refused"}`, code)
			return
		}
		_, _ = fmt.Fprintf(w, `<Response><Errors><Error><Code>%s</Code><Message>You have exceeded your maximum allowed Spot placement configurations.</Message></Error></Errors><RequestID>r</RequestID></Response>`, code)
		return
	}
	_, _ = io.WriteString(w, s.answer(action, form))
}

func (s *stage) answer(action string, form url.Values) string {
	switch action {
	case "DescribeInstanceTypes":
		return list(action, "instanceTypeSet", kind("m5.large", 2, 8192, "x86_64")+kind("m6i.large", 2, 8192, "x86_64")+kind("m5.xlarge", 4, 16384, "x86_64")+
			kind("m5.2xlarge", 8, 32768, "x86_64")+kind("m6g.large", 2, 8192, "arm64")+kind("r5.large", 2, 16384, "x86_64"), "")
	case "DescribeInstanceTypeOfferings":
		return list(action, "instanceTypeOfferingSet", "<item><instanceType>m5.large</instanceType><locationType>availability-zone</locationType><location>ap-northeast-2a</location></item>", "")
	case "DescribeSpotPriceHistory":
		s.asked = append(s.asked, form)
		if form.Get("NextToken") == "" {
			return list(action, "spotPriceHistorySet", price("m5.large", "0.0360", "2026-11-19T08:00:00.000Z")+price("m5.large", "0.0350", "2026-10-20T08:00:00.000Z"), "2")
		}
		return list(action, "spotPriceHistorySet", price("m6i.large", "0.0400", "2026-11-01T08:00:00.000Z")+price("m6i.large", "free", "2026-11-02T08:00:00.000Z"), "")
	case "DescribeInstances":
		if form.Get("Filter.1.Name") != "instance-lifecycle" || form.Get("Filter.2.Value.2") != "running" {
			s.t.Errorf("used vCPUs are counted by %v", form)
		}
		return list(action, "reservationSet", "<item><reservationId>r-1</reservationId><instancesSet>"+machine("m5.xlarge", 0)+machine("m5.large", 0)+machine("m99.large", 3)+machine("g4dn.xlarge", 2)+"</instancesSet></item>", "")
	case "GetSpotPlacementScores":
		if form.Get("SingleAvailabilityZone") != "true" || form.Get("TargetCapacity") != "10" || form.Get("RegionName.1") != "ap-northeast-2" {
			s.t.Errorf("scores are asked for by %v", form)
		}
		return list(action, "spotPlacementScoreSet", "<item><region>ap-northeast-2</region><availabilityZoneId>apne2-az1</availabilityZoneId><score>9</score></item>", "")
	case "ListServiceQuotas":
		return `{"Quotas":[{"QuotaCode":"L-34B43A08","Value":640.0,"QuotaName":"All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests"},{"QuotaCode":"L-3819A6DF","Value":0.0},{"QuotaCode":"L-1216C47A","Value":1920.0}]}`
	case "GetProducts":
		var products []string
		for _, usage := range slices.Sorted(maps.Keys(s.meters)) {
			products = append(products, fmt.Sprintf(`{"product":{"sku":"S","attributes":{"usagetype":%q}},"terms":{"OnDemand":{"t":{"effectiveDate":"2026-01-01T00:00:00Z","priceDimensions":{"d":{"unit":"hours","pricePerUnit":{"USD":%q}}}}}}}`, usage, s.meters[usage]))
		}
		text, _ := json.Marshal(map[string]any{"PriceList": products})
		return string(text)
	}
	s.t.Errorf("nobody should call %s", action)
	return ""
}

// fargateSpot is the file behind AWS's page of Fargate prices, for two regions, of ARM in one alone.
const fargateSpot = `{"prices":[
{"unit":"vCPU-Hours","price":{"USD":"0.01390000"},"attributes":{"aws:region":"ap-northeast-2","aws:fargate:x":"1"}},
{"unit":"GB-Hours","price":{"USD":"0.00160000"},"attributes":{"aws:region":"ap-northeast-2"}},
{"unit":"vCPU-Hours","price":{"USD":"0.01288871"},"attributes":{"aws:region":"us-east-1"}},
{"unit":"GB-Hours","price":{"USD":"0.00141527"},"attributes":{"aws:region":"us-east-1"}},
{"unit":"ARM-vCPU-Hours","price":{"USD":"0.01030969"},"attributes":{"aws:region":"us-east-1"}},
{"unit":"ARM-GB-Hours","price":{"USD":"0.00113349"},"attributes":{"aws:region":"us-east-1"}}]}`

func list(call, name, items, next string) string {
	return fmt.Sprintf(`<%sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><%s>%s</%s><nextToken>%s</nextToken></%sResponse>`, call, name, items, name, next, call)
}

func kind(name string, vcpu, mib int, architecture string) string {
	return fmt.Sprintf(`<item><instanceType>%s</instanceType><supportedUsageClasses><item>on-demand</item><item>spot</item></supportedUsageClasses><bareMetal>false</bareMetal>
<hypervisor>nitro</hypervisor><processorInfo><supportedArchitectures><item>%s</item></supportedArchitectures></processorInfo><vCpuInfo><defaultVCpus>%d</defaultVCpus></vCpuInfo>
<memoryInfo><sizeInMiB>%d</sizeInMiB></memoryInfo></item>`, name, architecture, vcpu, mib)
}

func price(kind, usd, at string) string {
	return fmt.Sprintf(`<item><instanceType>%s</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>%s</spotPrice><timestamp>%s</timestamp><availabilityZone>ap-northeast-2a</availabilityZone><availabilityZoneId>apne2-az1</availabilityZoneId></item>`, kind, usd, at)
}

func machine(kind string, cores int) string {
	return fmt.Sprintf(`<item><instanceId>i-1</instanceId><instanceType>%s</instanceType><cpuOptions><coreCount>%d</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions></item>`, kind, cores)
}

// listed are AWS's on-demand prices.
type listed struct {
	prices fleet.Prices
	err    error
}

func (l listed) Prices(_ context.Context, s *fleet.Snapshot, _ time.Time) (fleet.Prices, error) {
	found := fleet.Prices{}
	for i := range s.Resources {
		key := fleet.PriceKey{Region: s.Resources[i].Scope.Region, Type: s.Resources[i].Type, Product: s.Resources[i].Product}
		if rate, ok := l.prices[key]; ok {
			found[key] = rate
		}
	}
	return found, l.err
}

func rate(text string) money.Rate {
	r, err := money.ParseRate(text)
	if err != nil {
		panic(err)
	}
	return r
}

func key(kind string) fleet.PriceKey {
	return fleet.PriceKey{Region: seoul.Region, Type: kind, Product: "Linux/UNIX"}
}

func (s *stage) open(change ...func(*spotmarket.Options)) *spotmarket.Reader {
	s.t.Helper()
	o := moto.Recorded(s.url, seoul.Region)
	access, err := cloud.Open(s.t.Context(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	options := spotmarket.Options{
		Store: s.store, Keys: fleet.KeysWithPrefix(fleet.DefaultPrefix), Own: fleet.Prices{key("m5.xlarge"): rate("0.2")},
		OnDemand: listed{prices: fleet.Prices{key("m5.large"): rate("0.118"), key("m5.xlarge"): rate("0.236")}},
		Products: pricing.NewFromConfig(access.Config(fleet.Scope{Region: "ap-south-1"}), func(o *pricing.Options) { o.Retryer = aws.NopRetryer{} }),
		Advisor:  s.url + "/advisor.json", FargateSpot: s.url + "/fargate-spot.json", Now: func() time.Time { return s.now },
	}
	for _, c := range change {
		c(&options)
	}
	return spotmarket.New(access, options)
}

func (s *stage) of(r *spotmarket.Reader, seen ...fleet.Resource) *market.Market {
	s.t.Helper()
	m, err := r.Of(s.t.Context(), seoul, &fleet.Snapshot{Taken: s.now, Resources: seen})
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

func group(kind, wish string) fleet.Resource {
	return fleet.Resource{
		ID: "web", Kind: fleet.AutoScalingGroup, Scope: seoul, State: fleet.Running, Size: fleet.Size{Desired: 10}, Product: "Linux/UNIX",
		Tags:   fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: wish}),
		Launch: &fleet.Launch{Zones: []string{"ap-northeast-2a"}, Template: &fleet.Template{ID: "lt-1", Version: "1", Type: kind}},
	}
}

func service() fleet.Resource {
	return fleet.Resource{ID: "web", Kind: fleet.ECSService, Scope: seoul, State: fleet.Running, Launch: &fleet.Launch{}, Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"})}
}

func TestEverythingThatAPlanNeeds(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.open()
	m := s.of(r, group("m5.large", "yes"), service())
	if n := len(m.Catalog.All()); n != 6 {
		t.Errorf("%d types", n)
	}
	if offered, known := m.Offerings.Offers("ap-northeast-2a", "m5.large"); !offered || !known {
		t.Error("m5.large is not offered")
	}
	want := market.History{
		{Zone: "ap-northeast-2a", Type: "m5.large", Product: "Linux/UNIX"}: {
			{At: time.Date(2026, 10, 20, 8, 0, 0, 0, time.UTC), Price: rate("0.0350")}, {At: time.Date(2026, 11, 19, 8, 0, 0, 0, time.UTC), Price: rate("0.0360")},
		},
		{Zone: "ap-northeast-2a", Type: "m6i.large", Product: "Linux/UNIX"}: {{At: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC), Price: rate("0.0400")}},
	}
	if diff := cmp.Diff(m.Spot, want, cmp.Comparer(money.Rate.Equal)); diff != "" {
		t.Errorf("prices (-got +want)\n%s", diff)
	}
	if got := m.OnDemand[key("m5.large")]; !got.Equal(rate("0.118")) {
		t.Errorf("on demand %s", got)
	}
	if got := m.OnDemand[key("m5.xlarge")]; !got.Equal(rate("0.2")) {
		t.Errorf("the policy's price is overruled: %s", got)
	}
	if diff := cmp.Diff(m.Advised, market.Advised{
		{Region: seoul.Region, OS: "Linux", Type: "m5.large"}: {Band: 1, Savings: 68}, {Region: seoul.Region, OS: "Linux", Type: "m6i.large"}: {Band: 0, Savings: 60},
	}); diff != "" {
		t.Errorf("the advisor (-got +want)\n%s", diff)
	}
	if diff := cmp.Diff(m.Quotas, []market.Quota{{Class: "g", Limit: 0, Used: 4}, {Class: "standard", Limit: 640, Used: 4 + 2 + 6}}); diff != "" {
		t.Errorf("quotas (-got +want)\n%s", diff)
	}
	if percent, known := m.FargateDiscount(seoul.Region, "LINUX"); !known || percent != 68 {
		t.Errorf("Fargate Spot saves %d %% (%t): %+v", percent, known, m.Fargate)
	}
	if _, known := m.FargateDiscount(seoul.Region, "LINUX/ARM64"); known {
		t.Error("of ARM there is no Spot price, and none is known")
	}
	said := strings.Join(m.Sources, "\n")
	for _, part := range []string{"6 instance types: DescribeInstanceTypes, 2026-11-20 12:00 UTC", "2 pools: DescribeSpotPriceHistory", "on-demand prices: 1 of the AWS Price List API", "2 types' rates of interruption", "4 prices of Fargate on demand: AWS Price List API, AmazonECS", "2 prices of Fargate on Spot: AWS's page of Fargate prices, 2026-11-20 12:00 UTC"} {
		if !strings.Contains(said, part) {
			t.Errorf("%q is not in\n%s", part, said)
		}
	}
}

// TestWhatCouldStandInIsAskedFor: of one architecture, up to twice as large, with the products and in the zones that are used; a month back.
func TestWhatCouldStandInIsAskedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.of(s.open(), group("m5.large", "yes"), group("m5.2xlarge", "no"))
	first := s.asked[0]
	var kinds []string
	for i := 1; first.Has(fmt.Sprintf("InstanceType.%d", i)); i++ {
		kinds = append(kinds, first.Get(fmt.Sprintf("InstanceType.%d", i)))
	}
	if diff := cmp.Diff(kinds, []string{"m5.large", "m5.xlarge", "m6i.large", "r5.large"}); diff != "" {
		t.Errorf("types (-got +want)\n%s", diff)
	}
	if first.Get("ProductDescription.1") != "Linux/UNIX" || first.Has("ProductDescription.2") || first.Get("Filter.1.Value.1") != "ap-northeast-2a" || first.Get("StartTime") != "2026-10-20T12:00:00Z" || first.Get("MaxResults") != "1000" {
		t.Errorf("%v", first)
	}
}

func TestOnceADay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r, web := s.open(), group("m5.large", "yes")
	s.of(r, web, service())
	all := maps.Clone(s.calls)
	for _, reader := range []*spotmarket.Reader{r, s.open()} { // another process reads the store
		clear(s.calls)
		s.now = s.now.Add(5 * time.Minute)
		m := s.of(reader, web, service())
		if diff := cmp.Diff(s.calls, map[string]int{"DescribeInstances": 1}); diff != "" {
			t.Errorf("asked again (-got +want)\n%s", diff)
		}
		if len(m.Spot) != 2 || len(m.Advised) != 2 || len(m.Fargate) != 1 || len(m.Quotas) != 2 || m.Catalog == nil || len(m.Offerings) != 1 {
			t.Errorf("what was kept is not all: %+v", m)
		}
	}
	clear(s.calls)
	s.now = noon.Add(24*time.Hour - time.Minute) // the next daily run
	s.of(r, web, service())
	delete(all, "advisor") // once a week
	if diff := cmp.Diff(s.calls, all); diff != "" {
		t.Errorf("the next day (-got +want)\n%s", diff)
	}
	clear(s.calls)
	s.of(r, group("m5.2xlarge", "yes"))
	if s.calls["DescribeSpotPriceHistory"] != 2 {
		t.Errorf("types of which nothing is kept are not asked for: %v", s.calls)
	}
	clear(s.calls)
	s.of(s.open(), group("m5.2xlarge", "yes"))
	if s.calls["DescribeSpotPriceHistory"] != 0 {
		t.Errorf("they are not kept: %v", s.calls)
	}
}

func TestNothingIsAskedForNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	unknown, gone := group("m5.large", "yes"), group("m5.large", "yes")
	unknown.Product, gone.State = "", fleet.Gone
	unlaunched := group("m5.large", "yes")
	unlaunched.Launch = nil
	s.of(s.open(), group("m5.large", "no"), group("m5.large", "ignore"), unknown, gone, unlaunched)
	if len(s.calls) != 0 {
		t.Errorf("asked %v", s.calls)
	}
}

// TestAPartThatIsMissing: each is left out and said, and nothing else goes with it, but for what needs the catalogue.
func TestAPartThatIsMissing(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		call, code, says string
		gone             func(*market.Market) bool
	}{
		{"DescribeInstanceTypes", "UnauthorizedOperation", "no instance types: ec2:DescribeInstanceTypes", func(m *market.Market) bool { return m.Catalog == nil && m.Spot == nil && m.Quotas == nil }},
		{"DescribeInstanceTypeOfferings", "UnauthorizedOperation", "no zones: ", func(m *market.Market) bool { return m.Offerings == nil }},
		{"DescribeSpotPriceHistory", "UnauthorizedOperation", "no pools: ec2:DescribeSpotPriceHistory", func(m *market.Market) bool { return m.Spot == nil }},
		{"ListServiceQuotas", "AccessDeniedException", "no quotas: servicequotas:ListServiceQuotas", func(m *market.Market) bool { return m.Quotas == nil }},
		{"DescribeInstances", "UnauthorizedOperation", "no quotas: how much is used", func(m *market.Market) bool { return m.Quotas == nil }},
		{"advisor", "403", "no types' rates of interruption: fetch ", func(m *market.Market) bool { return m.Advised == nil }},
		{"fargate", "403", "no prices of Fargate on Spot: fetch ", func(m *market.Market) bool { return m.Fargate == nil }},
		{"GetProducts", "AccessDeniedException", "no prices of Fargate on demand: ask AWS for the prices of AmazonECS in ap-northeast-2", func(m *market.Market) bool { return m.Fargate == nil }},
	} {
		s := newStage(t)
		s.refuse[row.call] = row.code
		r := s.open()
		for n := range 2 {
			m := s.of(r, group("m5.large", "yes"), service())
			if said := strings.Join(m.Sources, "\n"); !row.gone(m) || !strings.Contains(said, row.says) {
				t.Errorf("%s, look %d: %s", row.call, n, said)
			}
		}
		if row.call != "DescribeInstances" && s.calls[row.call] != 1 {
			t.Errorf("%s was refused and asked %d times within an hour", row.call, s.calls[row.call])
		}
		s.refuse, s.now = map[string]string{}, s.now.Add(2*time.Hour)
		if m := s.of(r, group("m5.large", "yes"), service()); m.Catalog == nil || m.Spot == nil || m.Quotas == nil || m.Advised == nil || m.Fargate == nil || m.Offerings == nil {
			t.Errorf("%s: it answers again, and is not asked: %v", row.call, m.Sources)
		}
	}
}

// TestYesterdaysPricesServe where AWS does not answer today, and their age is said.
func TestYesterdaysPricesServe(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.of(s.open(), group("m5.large", "yes"))
	s.refuse["DescribeSpotPriceHistory"], s.now = "RequestLimitExceeded", noon.Add(24*time.Hour)
	m := s.of(s.open(), group("m5.large", "yes"))
	if said := strings.Join(m.Sources, "\n"); len(m.Spot) != 2 || !strings.Contains(said, "2 pools: DescribeSpotPriceHistory, 31 days, 2026-11-20 12:00 UTC, and none since: ") {
		t.Errorf("%d pools\n%s", len(m.Spot), said)
	}
}

func TestPricesThatAreNotThere(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.open(func(o *spotmarket.Options) { o.OnDemand = listed{err: errors.New("the list is shut")} })
	m := s.of(r, group("m5.large", "yes"))
	if said := strings.Join(m.Sources, "\n"); !strings.Contains(said, "on-demand prices: 0 of the AWS Price List API, and no more: the list is shut") {
		t.Errorf("%s", said)
	}
	if got := m.OnDemand[key("m5.xlarge")]; !got.Equal(rate("0.2")) {
		t.Error("the policy's own price went with the list's")
	}
	bare := s.of(s.open(func(o *spotmarket.Options) { o.OnDemand, o.Products = nil, nil }), service())
	if !strings.Contains(strings.Join(bare.Sources, "\n"), "the price list is not asked") {
		t.Errorf("%v", bare.Sources)
	}
}

// TestWhoTellsThePricesOfFargate: AWS's list on demand, its page on Spot, and the policy before both.
func TestWhoTellsThePricesOfFargate(t *testing.T) {
	t.Parallel()
	own := func(meter, usd string) func(*spotmarket.Options) {
		return func(o *spotmarket.Options) {
			o.Own = fleet.Prices{{Region: seoul.Region, Type: meter}: rate(usd), {Region: "us-east-1", Type: meter}: rate("9")}
		}
	}
	for _, row := range []struct {
		name, arm string
		listed    map[string]string
		change    func(*spotmarket.Options)
		percent   int
		known     bool
	}{
		{"list and page", "", nil, func(*spotmarket.Options) {}, 68, true},
		{"the policy is cheaper on demand", "", nil, own("Fargate-vCPU-Hours:perCPU", "0.02"), 30, true},
		{"the policy knows a Spot price of its own", "", nil, own("SpotUsage-Fargate-GB-Hours", "0.00511"), 0, true},
		{"the list has Spot one day", "", map[string]string{"APN2-SpotUsage-Fargate-vCPU-Hours:perCPU": "0.02328", "APN2-SpotUsage-Fargate-GB-Hours": "0.002555"}, func(*spotmarket.Options) {}, 50, true},
		{"of ARM there is no Spot price here", "/ARM64", nil, func(*spotmarket.Options) {}, 0, false},
	} {
		s := newStage(t)
		maps.Copy(s.meters, row.listed)
		m := s.of(s.open(row.change), service())
		if percent, known := m.FargateDiscount(seoul.Region, "LINUX"+row.arm); percent != row.percent || known != row.known {
			t.Errorf("%s: %d %% (%t), want %d (%t): %+v", row.name, percent, known, row.percent, row.known, m.Fargate)
		}
		if asked := s.calls["fargate"]; asked != 1 && row.listed == nil || asked != 0 && row.listed != nil {
			t.Errorf("%s: the page was asked %d times", row.name, asked)
		}
	}
}

// TestABrokenObjectIsWrittenAnew, as is one of a newer version.
func TestABrokenObjectIsWrittenAnew(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const at = "market/ap-northeast-2/types.json.gz"
	if _, err := s.store.Create(t.Context(), at, []byte("not gzip")); err != nil {
		t.Fatal(err)
	}
	if m := s.of(s.open(), group("m5.large", "yes")); m.Catalog == nil {
		t.Error("nothing was asked")
	}
	clear(s.calls)
	if m := s.of(s.open(), group("m5.large", "yes")); m.Catalog == nil || s.calls["DescribeInstanceTypes"] != 0 {
		t.Errorf("it was not mended: %v", s.calls)
	}
}
