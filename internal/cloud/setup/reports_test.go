package setup_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/cloud/setup"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
)

// reportsAPI speaks as CloudFormation, SES, Athena and S3 do of a hub with reports. The stand-in for AWS keeps no suppression list and no limits of workgroups.
type reportsAPI struct {
	mu         sync.Mutex
	outputs    map[string]string // nil: there is no stack
	identities map[string]bool   // by name: whether verified
	account    string
	limit      int64
	enforced   bool
	manifests  map[string]string // by key: when it was written
	suppressed map[string]string // by address: why
	denied     string            // a service that refuses
}

func (a *reportsAPI) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body, _ := io.ReadAll(q.Body)
	form, _ := url.ParseQuery(string(body))
	service := strings.Split(q.Header.Get("Authorization"), "/")[3]
	w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
	if service == a.denied {
		w.WriteHeader(http.StatusForbidden)
		text := map[string]string{
			"cloudformation": `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`,
			"s3":             `<Error><Code>AccessDenied</Code><Message>no</Message></Error>`,
		}[service]
		fmt.Fprint(w, cmp.Or(text, `{"__type": "AccessDeniedException", "message": "no"}`))
		return
	}
	switch {
	case form.Get("Action") == "DescribeStacks" && form.Get("StackName") == "offpeak-hub":
		a.stack(w)
	case strings.HasPrefix(q.URL.Path, "/v2/email/"):
		a.mail(w, strings.TrimPrefix(q.URL.Path, "/v2/email/"))
	case q.Header.Get("X-Amz-Target") == "AmazonAthena.GetWorkGroup" && strings.Contains(string(body), "offpeak-reports"):
		write(w, map[string]any{"WorkGroup": map[string]any{"Name": "offpeak-reports", "Configuration": map[string]any{"EnforceWorkGroupConfiguration": a.enforced, "BytesScannedCutoffPerQuery": a.limit}}})
	case service == "s3":
		fmt.Fprint(w, `<ListBucketResult><IsTruncated>false</IsTruncated>`)
		for key, at := range a.manifests {
			if strings.HasPrefix(key, q.URL.Query().Get("prefix")) {
				fmt.Fprintf(w, `<Contents><Key>%s</Key><LastModified>%s</LastModified></Contents>`, key, at)
			}
		}
		fmt.Fprint(w, `</ListBucketResult>`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func write(w http.ResponseWriter, v any) {
	w.Header().Del("X-Amzn-Errortype")
	_ = json.NewEncoder(w).Encode(v)
}

func (a *reportsAPI) stack(w http.ResponseWriter) {
	if a.outputs == nil {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id offpeak-hub does not exist</Message></Error></ErrorResponse>`)
		return
	}
	fmt.Fprint(w, `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>offpeak-hub</StackName><Outputs>`)
	for key, value := range a.outputs {
		fmt.Fprintf(w, `<member><OutputKey>%s</OutputKey><OutputValue>%s</OutputValue></member>`, key, value)
	}
	fmt.Fprint(w, `</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`)
}

func (a *reportsAPI) mail(w http.ResponseWriter, path string) {
	what, name, _ := strings.Cut(path, "/")
	switch what {
	case "account":
		w.Header().Del("X-Amzn-Errortype")
		fmt.Fprint(w, a.account)
		return
	case "identities":
		if verified, known := a.identities[name]; known {
			write(w, map[string]any{"VerifiedForSendingStatus": verified})
			return
		}
	case "suppression":
		address := strings.TrimPrefix(name, "addresses/")
		if why, there := a.suppressed[address]; there {
			write(w, map[string]any{"SuppressedDestination": map[string]any{"EmailAddress": address, "Reason": why, "LastUpdateTime": 1790000000}})
			return
		}
	}
	w.Header().Set("X-Amzn-Errortype", "NotFoundException")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprint(w, `{"message": "none"}`)
}

// TestWhatReportsAreMadeWith: each fact, and that one which may not be asked for keeps no other from being told.
func TestWhatReportsAreMadeWith(t *testing.T) {
	t.Parallel()
	const payer = fleet.AccountID("444455556666")
	healthy := func() *reportsAPI {
		return &reportsAPI{
			outputs:    map[string]string{"Bucket": "hub", "ExportsBucket": "exports", "ReportsBucket": "reports", "ReportSender": "finops@example.com"},
			identities: map[string]bool{"example.com": true}, account: `{"ProductionAccessEnabled": true, "SendingEnabled": true}`, limit: 200_000_000_000, enforced: true,
			manifests: map[string]string{
				"444455556666/offpeak-focus/metadata/BILLING_PERIOD=2026-10/offpeak-focus-Manifest.json": "2026-11-20T01:00:00.000Z",
				"444455556666/offpeak-focus/metadata/BILLING_PERIOD=2026-11/offpeak-focus-Manifest.json": "2026-11-22T01:00:00.000Z",
				"444455556666/offpeak-focus/metadata/BILLING_PERIOD=2026-11/something-else.json":         "2026-11-23T01:00:00.000Z",
				"444455556666/offpeak-focus/data/BILLING_PERIOD=2026-11/x.parquet":                       "2026-11-23T01:00:00.000Z",
			},
		}
	}
	whole := hub.ReportParts{
		There: true, Sender: "finops@example.com", Identity: "example.com", Verified: true, Production: true, Sending: true, Workgroup: "offpeak-reports", ScanLimit: 200_000_000_000,
		Deliveries: []hub.Delivery{{Payer: payer, Export: "offpeak-focus", Last: time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)}, {Payer: payer, Export: "offpeak-cur"}},
	}
	for _, row := range []struct {
		name   string
		change func(*reportsAPI)
		want   func(*hub.ReportParts)
		denied func(hub.ReportParts) error
	}{
		{"a hub with reports", func(*reportsAPI) {}, func(*hub.ReportParts) {}, nil},
		{"no stack of this name", func(a *reportsAPI) { a.outputs = nil }, func(p *hub.ReportParts) { *p = hub.ReportParts{} }, nil},
		{"a hub without reports", func(a *reportsAPI) { a.outputs = map[string]string{"Bucket": "hub"} }, func(p *hub.ReportParts) { *p = hub.ReportParts{} }, nil},
		{"another hub", func(a *reportsAPI) { a.outputs["Bucket"] = "theirs" }, func(p *hub.ReportParts) { *p = hub.ReportParts{} }, nil},
		{"the address itself is verified", func(a *reportsAPI) { a.identities = map[string]bool{"finops@example.com": true, "example.com": false} }, func(p *hub.ReportParts) { p.Identity = "finops@example.com" }, nil},
		{"the address is not, its domain is", func(a *reportsAPI) { a.identities["finops@example.com"] = false }, func(*hub.ReportParts) {}, nil},
		{"neither is known", func(a *reportsAPI) { a.identities = nil }, func(p *hub.ReportParts) { p.Identity, p.Verified = "", false }, nil},
		{"the sandbox", func(a *reportsAPI) { a.account = `{"ProductionAccessEnabled": false, "SendingEnabled": true}` }, func(p *hub.ReportParts) { p.Production = false }, nil},
		{"a limit that a query may lift", func(a *reportsAPI) { a.enforced = false }, func(p *hub.ReportParts) { p.ScanLimit = 0 }, nil},
		{"a recipient that bounced", func(a *reportsAPI) {
			a.suppressed = map[string]string{"lee@example.com": "BOUNCE", "stranger@example.com": "COMPLAINT"}
		}, func(p *hub.ReportParts) {
			p.Suppressed = []hub.Suppressed{{Address: "lee@example.com", Reason: "bounce", Since: time.Unix(1790000000, 0).UTC()}}
		}, nil},
		{"who may not ask for the stack", func(a *reportsAPI) { a.denied = "cloudformation" }, func(p *hub.ReportParts) { *p = hub.ReportParts{} }, func(p hub.ReportParts) error { return p.StackErr }},
		{"who may not list deliveries", func(a *reportsAPI) { a.denied = "s3" }, func(p *hub.ReportParts) { p.Deliveries = nil }, func(p hub.ReportParts) error { return p.DeliveryErr }},
		{"who may not look at the workgroup", func(a *reportsAPI) { a.denied = "athena" }, func(p *hub.ReportParts) { p.ScanLimit = 0 }, func(p hub.ReportParts) error { return p.WorkgroupErr }},
		{"who may not ask SES", func(a *reportsAPI) { a.denied = "ses" }, func(p *hub.ReportParts) {
			p.Identity, p.Verified, p.Production, p.Sending = "finops@example.com", false, false, false
		}, func(p hub.ReportParts) error { return p.IdentityErr }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			api := healthy()
			row.change(api)
			server := httptest.NewServer(api)
			t.Cleanup(server.Close)
			access, err := cloud.Open(t.Context(), moto.Recorded(server.URL, "ap-northeast-2"))
			if err != nil {
				t.Fatal(err)
			}
			got := setup.Reports(t.Context(), access, "hub", []fleet.AccountID{payer}, []string{"kim@example.com", "lee@example.com"})
			want := whole
			row.want(&want)
			if row.denied != nil {
				if failure.Of(row.denied(got)) != failure.Denied {
					t.Errorf("%+v", got)
				}
				got.StackErr, got.DeliveryErr, got.WorkgroupErr, got.IdentityErr, got.AccountErr, got.SuppressErr = nil, nil, nil, nil, nil, nil
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
