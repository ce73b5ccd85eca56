package pricelist_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/cloud/pricelist"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/objects"
)

var sunday = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

func book(t *testing.T, l *list, store objects.Store) *pricelist.Book {
	t.Helper()
	access, err := cloud.Open(t.Context(), (&moto.Server{URL: l.serve(t)}).Options())
	if err != nil {
		t.Fatal(err)
	}
	return &pricelist.Book{Store: store, Client: pricelist.NewClient(access, "ap-northeast-2")}
}

func snapshot(resources ...fleet.Resource) *fleet.Snapshot {
	for i := range resources {
		if resources[i].Scope.Region == "" {
			resources[i].Scope = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
		}
		if resources[i].Lifecycle == (fleet.Resource{}).Lifecycle {
			resources[i].Lifecycle = fleet.OnDemand
		}
	}
	return &fleet.Snapshot{Resources: resources}
}

func TestPricesByProduct(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		kind, product string
		multiAZ       bool
		want          string // empty: unknown
		why           string
	}{
		{name: "Linux, among Outposts, capacity blocks and reservations", kind: "m5.large", product: "Linux/UNIX", want: "0.118"},
		{name: "Windows", kind: "m5.large", product: "Windows", want: "0.21"},
		{name: "Windows with SQL Server", kind: "m5.large", product: "Windows with SQL Server Standard", want: "0.69"},
		{name: "Red Hat", kind: "m5.large", product: "Red Hat Enterprise Linux", want: "0.1468"},
		{name: "SUSE", kind: "m5.large", product: "SUSE Linux", want: "0.1743"},
		{name: "a product that the list does not have for the type", kind: "m5.large", product: "Ubuntu Pro", why: "AWS's list has no such product"},
		{name: "a type that the list does not have", kind: "m99.large", product: "Linux/UNIX", why: "AWS's list has no such product"},
		{name: "a product without an operation", kind: "m5.large", product: "Plan 9", why: `no operation of the price list is known for "Plan 9"`},
		{name: "members that run different things", kind: "m5.large", why: "it is not known what the instances run"},
		{name: "a database in one zone", kind: "db.m6g.large", product: "postgres", want: "0.193"},
		{name: "in two", kind: "db.m6g.large", product: "postgres", multiAZ: true, want: "0.386"},
		{name: "whose size the usage type abbreviates", kind: "db.m5d.8xlarge", product: "oracle-ee", multiAZ: true, want: "8.851"},
		{name: "Aurora with standard storage", kind: "db.r6g.large", product: "aurora-postgresql", want: "0.313"},
		{name: "Aurora in several zones: each instance is one by itself", kind: "db.r6g.large", product: "aurora-postgresql", multiAZ: true, want: "0.313"},
		{name: "a licence of which it is not known whose it is", kind: "db.m5.large", product: "oracle-se2", why: "AWS's list has 2 prices for it, from 0.236 to 0.534: what tells them apart is not known of the resource"},
		{name: "Oracle, and not RDS Custom", kind: "db.m5.large", product: "oracle-ee", want: "0.237"},
		{name: "a container database", kind: "db.m5.large", product: "oracle-ee-cdb", want: "0.237"},
		{name: "SQL Server", kind: "db.m5.large", product: "sqlserver-se", want: "1.027"},
		{name: "DocumentDB", kind: "db.r6g.large", product: "docdb", want: "0.316"},
		{name: "Neptune", kind: "db.r6g.large", product: "neptune", want: "0.396"},
		{name: "Aurora Serverless", kind: "db.serverless", product: "aurora-mysql", why: "a serverless database has no price per hour"},
		{name: "RDS Custom", kind: "db.m5.large", product: "custom-oracle-ee", why: `no engine of the price list is known for "custom-oracle-ee"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := book(t, &list{}, objects.NewMemory())
			s := snapshot(fleet.Resource{Kind: fleet.EC2Instance, Type: test.kind, Product: test.product, MultiAZ: test.multiAZ})
			quotes, err := b.Quotes(t.Context(), s, sunday)
			if err != nil || len(quotes) != 1 {
				t.Fatalf("got %v, %v", quotes, err)
			}
			q := quotes[0]
			if q.Price.Known != (test.want != "") || q.Price.Known && q.Price.Rate.String() != test.want || q.Why != test.why {
				t.Errorf("got %v, because %q; want %q, because %q", q.Price, q.Why, test.want, test.why)
			}
			if q.Price.Known && (!q.Asked.Equal(sunday) || !q.Published.Equal(time.Date(2026, 11, 19, 17, 42, 5, 0, time.UTC)) || q.SKU == "") {
				t.Errorf("its origin is not told: %+v", q)
			}
		})
	}
}

func TestOnlyWhatHasNoPriceIsAskedFor(t *testing.T) {
	t.Parallel()
	known := fleet.Price{Rate: rate(t, "0.1"), Known: true}
	l := &list{}
	s := snapshot(
		fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: "Linux/UNIX"},
		fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: "Linux/UNIX"},
		fleet.Resource{Kind: fleet.EC2Instance, Type: "c5.large", Product: "Linux/UNIX", Price: known},
		fleet.Resource{Kind: fleet.EC2Instance, Type: "r5.large", Product: "Linux/UNIX", Lifecycle: fleet.SpotPersistent},
		fleet.Resource{Kind: fleet.AutoScalingGroup, Product: "Windows", Members: []fleet.Members{{Type: "m5.large", Count: 2}, {Type: "m5a.large", Count: 1}}},
		fleet.Resource{Kind: fleet.RDSCluster, Product: "aurora-postgresql", MultiAZ: true, Members: []fleet.Members{{Type: "db.r6g.large", Count: 2}}},
		fleet.Resource{Kind: fleet.ECSService, Product: "FARGATE"},
		fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: "Linux/UNIX", Scope: fleet.Scope{Account: "111122223333", Region: "cn-north-1"}},
	)
	prices, err := book(t, l, objects.NewMemory()).Prices(t.Context(), s, sunday)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ap-northeast-2 db.r6g.large Aurora PostgreSQL Single-AZ", "ap-northeast-2 m5.large RunInstances Shared Used",
		"ap-northeast-2 m5.large RunInstances:0002 Shared Used", "ap-northeast-2 m5a.large RunInstances:0002 Shared Used",
	}
	if diff := cmp.Diff(want, l.asked); diff != "" {
		t.Error(diff)
	}
	prices.Apply(s)
	var got []string
	for _, r := range s.Resources {
		text := "unknown"
		if r.Price.Known {
			text = r.Price.Rate.String()
		}
		got = append(got, text)
	}
	if diff := cmp.Diff([]string{"0.118", "0.118", "0.1", "unknown", "unknown", "0.626", "unknown", "unknown"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPricesAreKeptForAWeek(t *testing.T) {
	t.Parallel()
	store := objects.NewMemory()
	s := snapshot(
		fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: "Linux/UNIX"},
		fleet.Resource{Kind: fleet.EC2Instance, Type: "m99.large", Product: "Linux/UNIX"}, // not in the list: that is kept too
	)
	for _, step := range []struct {
		name  string
		after time.Duration
		asked int
		files []string
	}{
		{"at first", 0, 2, []string{"prices/ap-northeast-2/2026-11-22.json"}},
		{"an hour later", time.Hour, 0, []string{"prices/ap-northeast-2/2026-11-22.json"}},
		{"on the seventh day", 7 * day, 0, []string{"prices/ap-northeast-2/2026-11-22.json"}},
		{"after it", 7*day + time.Second, 2, []string{"prices/ap-northeast-2/2026-11-22.json", "prices/ap-northeast-2/2026-11-29.json"}},
		{"and from then on", 8 * day, 0, []string{"prices/ap-northeast-2/2026-11-22.json", "prices/ap-northeast-2/2026-11-29.json"}},
	} {
		l := &list{}
		b := book(t, l, store) // another process each time
		for range 2 {
			prices, err := b.Prices(t.Context(), s, sunday.Add(step.after))
			if err != nil || len(prices) != 1 {
				t.Errorf("%s: got %v, %v", step.name, prices, err)
			}
		}
		if len(l.asked) != step.asked {
			t.Errorf("%s: asked %v, want %d questions", step.name, l.asked, step.asked)
		}
		if files := keys(t, store); !slices.Equal(files, step.files) {
			t.Errorf("%s: kept %v, want %v", step.name, files, step.files)
		}
	}
}

func TestAFileOfPrices(t *testing.T) {
	t.Parallel()
	store := objects.NewMemory()
	s := snapshot(fleet.Resource{Kind: fleet.RDSInstance, Type: "db.m6g.large", Product: "postgres", MultiAZ: true}, fleet.Resource{Kind: fleet.RDSInstance, Type: "db.m5.large", Product: "oracle-se2"})
	if _, err := book(t, &list{}, store).Prices(t.Context(), s, sunday); err != nil {
		t.Fatal(err)
	}
	data, _, err := store.Read(t.Context(), "prices/ap-northeast-2/2026-11-22.json")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "format": "offpeak-prices/1",
  "region": "ap-northeast-2",
  "date": "2026-11-22",
  "source": "AWS Price List API, on-demand",
  "prices": [
    {
      "type": "db.m5.large",
      "product": "oracle-se2",
      "why": "AWS's list has 2 prices for it, from 0.236 to 0.534: what tells them apart is not known of the resource",
      "asked": "2026-11-22T09:00:00Z"
    },
    {
      "type": "db.m6g.large",
      "product": "postgres",
      "multi_az": true,
      "usd_per_hour": "0.386",
      "asked": "2026-11-22T09:00:00Z",
      "published": "2026-11-19T17:42:05Z",
      "sku": "PGMULTIM6G000001"
    }
  ]
}
`
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Error(diff)
	}
}

func TestWhenAWSDoesNotAnswerOldPricesAreTaken(t *testing.T) {
	t.Parallel()
	for code, class := range map[string]failure.Class{"AccessDeniedException": failure.Denied, "ThrottlingException": failure.Throttled} {
		store := objects.NewMemory()
		one := snapshot(fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: "Linux/UNIX"})
		if _, err := book(t, &list{}, store).Prices(t.Context(), one, sunday); err != nil {
			t.Fatal(err)
		}
		two := snapshot(one.Resources[0], fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: "Windows"})
		later := sunday.Add(30 * day)
		quotes, err := book(t, &list{fails: code}, store).Quotes(t.Context(), two, later)
		if failure.Of(err) != class || !strings.Contains(err.Error(), "prices of ap-northeast-2: ask AWS for the price of ap-northeast-2 m5.large RunInstances") {
			t.Errorf("%s: got %v (%s)", code, err, failure.Of(err))
		}
		if len(quotes) != 2 || quotes[0].Price.Rate.String() != "0.118" || !quotes[0].Asked.Equal(sunday) || !quotes[0].Stale(later) {
			t.Errorf("%s: the old price is not taken, or not with its date: %+v", code, quotes)
		}
		if len(quotes) == 2 && (quotes[1].Price.Known || quotes[1].Why != "AWS could not be asked yet" || quotes[1].Stale(later)) {
			t.Errorf("%s: %+v", code, quotes[1])
		}
	}
}

func TestAStoreThatFailsHoldsUpNoPrice(t *testing.T) {
	t.Parallel()
	s := snapshot(fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: "Linux/UNIX"})
	broken := objects.NewMemory()
	if _, err := broken.Create(t.Context(), "prices/ap-northeast-2/2026-11-20.json", []byte(`{"format": "offpeak-prices/9"}`)); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		store objects.Store
		says  string
	}{
		"it may not be written":    {unwritable{objects.NewMemory()}, "write the price book: no writing"},
		"a newer offpeak wrote it": {broken, `this offpeak reads "offpeak-prices/1": delete it`},
	} {
		l := &list{}
		b := book(t, l, test.store)
		for range 2 {
			prices, err := b.Prices(t.Context(), s, sunday)
			if len(prices) != 1 {
				t.Errorf("%s: got %v, %v", name, prices, err)
			}
			if len(l.asked) == 1 && err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if len(l.asked) != 1 {
			t.Errorf("%s: asked %v: what one process was told it need not ask again", name, l.asked)
		}
	}
}

func TestTwoProcessesWriteOneFile(t *testing.T) {
	t.Parallel()
	store := objects.NewMemory()
	linux := snapshot(fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: "Linux/UNIX"})
	windows := snapshot(fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: "Windows"})
	// The first has read an empty store, and the other writes before it does.
	first := book(t, &list{}, meanwhile{store, func() {
		if _, err := book(t, &list{}, store).Prices(t.Context(), windows, sunday); err != nil {
			t.Error(err)
		}
	}})
	if _, err := first.Prices(t.Context(), linux, sunday); err != nil {
		t.Fatal(err)
	}
	l := &list{}
	both := snapshot(linux.Resources[0], windows.Resources[0])
	prices, err := book(t, l, store).Prices(t.Context(), both, sunday.Add(time.Hour))
	if err != nil || len(prices) != 2 || len(l.asked) != 0 {
		t.Errorf("got %v, %v after asking %v", prices, err, l.asked)
	}
}

func TestWhatIsKeptOlderDoesNotReplaceWhatIsKnown(t *testing.T) {
	t.Parallel()
	store := objects.NewMemory()
	linux := snapshot(fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: "Linux/UNIX"})
	if _, err := book(t, &list{}, store).Prices(t.Context(), linux, sunday); err != nil {
		t.Fatal(err)
	}
	l := &list{}
	b := book(t, l, unwritable{store})
	later := sunday.Add(8 * day)
	both := snapshot(linux.Resources[0], fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: "Windows"})
	for n, s := range []*fleet.Snapshot{linux, both} { // the second makes it look into the store again
		if prices, err := b.Prices(t.Context(), s, later); len(prices) != n+1 || err == nil {
			t.Errorf("got %v, %v", prices, err)
		}
	}
	want := []string{"ap-northeast-2 m5.large RunInstances Shared Used", "ap-northeast-2 m5.large RunInstances:0002 Shared Used"}
	if diff := cmp.Diff(want, l.asked); diff != "" {
		t.Error(diff)
	}
}

func TestPricesThatNobodyAsksForAreForgotten(t *testing.T) {
	t.Parallel()
	store := objects.NewMemory()
	for _, step := range []struct {
		product string
		at      time.Time
	}{{"Windows", sunday}, {"SUSE Linux", sunday.Add(10 * day)}, {"Linux/UNIX", sunday.Add(91 * day)}} {
		s := snapshot(fleet.Resource{Kind: fleet.EC2Instance, Type: "m5.large", Product: step.product})
		if _, err := book(t, &list{}, store).Prices(t.Context(), s, step.at); err != nil {
			t.Fatal(err)
		}
	}
	data, _, err := store.Read(t.Context(), "prices/ap-northeast-2/2027-02-21.json")
	if err != nil || strings.Contains(string(data), `"Windows"`) || !strings.Contains(string(data), "SUSE Linux") {
		t.Errorf("after 91 days there is %s, %v", data, err)
	}
}

func TestTermsInForce(t *testing.T) {
	t.Parallel()
	item := `{"product":{"attributes":{"regionCode":"ap-northeast-2","instanceType":"x9.large","operation":"RunInstances","tenancy":"Shared","capacitystatus":"Used",
		"locationType":"AWS Region","usagetype":"APN2-BoxUsage:x9.large"},"sku":"X"},"serviceCode":"AmazonEC2","terms":{"OnDemand":{
		"X.1":{"priceDimensions":{"X.1.1":{"unit":"Hrs","pricePerUnit":{"USD":"0.3000000000"}}},"effectiveDate":"2026-01-01T00:00:00Z"},
		"X.2":{"priceDimensions":{"X.2.1":{"unit":"Hrs","pricePerUnit":{"USD":"0.2500000000"}}},"effectiveDate":"2026-11-01T00:00:00Z"},
		"X.3":{"priceDimensions":{"X.3.1":{"unit":"Hrs","pricePerUnit":{"USD":"0.2000000000"}}},"effectiveDate":"2026-12-01T00:00:00Z"}}},"publicationDate":"2026-11-19T17:42:05Z"}`
	s := snapshot(fleet.Resource{Kind: fleet.EC2Instance, Type: "x9.large", Product: "Linux/UNIX"})
	for name, test := range map[string]struct{ old, new, want string }{
		"the latest that has begun": {"", "", "0.25"},
		"in another currency":       {`"USD"`, `"CNY"`, ""},
		"by another unit":           {`"Hrs"`, `"vCPU-Months"`, ""},
	} {
		l := &list{extra: []string{strings.ReplaceAll(item, test.old, test.new)}}
		if test.old == "" {
			l.extra = []string{item}
		}
		prices, err := book(t, l, objects.NewMemory()).Prices(t.Context(), s, sunday)
		got := ""
		for r := range maps.Values(prices) {
			got = r.String()
		}
		if err != nil || got != test.want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, test.want)
		}
	}
}

func TestTheAPIIsAskedNearby(t *testing.T) {
	t.Parallel()
	access, err := cloud.Open(t.Context(), (&moto.Server{}).Options())
	if err != nil {
		t.Fatal(err)
	}
	for home, want := range map[fleet.Region]string{"ap-northeast-2": "ap-south-1", "eu-west-1": "eu-central-1", "us-west-2": "us-east-1", "sa-east-1": "us-east-1", "": "us-east-1"} {
		if got := pricelist.NewClient(access, home).Options().Region; got != want {
			t.Errorf("%s: asks %s, want %s", home, got, want)
		}
	}
}

func keys(t *testing.T, s objects.Store) []string {
	t.Helper()
	var all []string
	for key, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, key)
	}
	return all
}

func rate(t *testing.T, text string) money.Rate {
	t.Helper()
	r, err := money.ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// unwritable is a store that may only be read.
type unwritable struct{ objects.Store }

func (unwritable) Create(context.Context, string, []byte) (objects.Version, error) {
	return "", errors.New("no writing")
}

// meanwhile does something before the first creation.
type meanwhile struct {
	objects.Store
	first func()
}

func (m meanwhile) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	m.first()
	return m.Store.Create(ctx, key, data)
}
