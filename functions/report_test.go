package functions_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	athenatypes "github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"offpeak/functions/invoke"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/landing"
	"offpeak/internal/cloud/bucket"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
	"offpeak/reports"
	"offpeak/reports/delivery"
)

const payer = fleet.AccountID("444455556666")

// reportStage is a stage with the buckets of reports.
type reportStage struct {
	*stage
	s3      *s3.Client
	clerk   *clerk
	exports string
	bill    string
	shelf   *bucket.Store
}

func setReports(t *testing.T, spoke fleet.AccountID) *reportStage {
	t.Helper()
	return reportsAt(t, set(t, spoke))
}

// reportsAt gives a stage the buckets of reports.
func reportsAt(t *testing.T, at *stage) *reportStage {
	t.Helper()
	spoke := at.spoke.Account
	s := &reportStage{stage: at, exports: "exports-" + string(spoke), bill: "bill-" + string(spoke)}
	s.push(t, "")
	s.s3 = s3.NewFromConfig(s.access.Config(fleet.Scope{}), func(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true })
	for _, name := range []string{s.exports, s.bill, "reports-" + string(spoke)} {
		if _, err := s.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
	}
	s.shelf = bucket.Open(s.access, "reports-"+string(spoke), "", moto.Region)
	s.clerk = newClerk(t, s.server)
	s.env = append(s.env, "OFFPEAK_EXPORTS_BUCKET="+s.exports, "OFFPEAK_BILL_BUCKET="+s.bill, "OFFPEAK_REPORTS_BUCKET=reports-"+string(spoke),
		"OFFPEAK_WORKGROUP=offpeak-reports", "OFFPEAK_REPORT_FROM=finops@example.com", "OFFPEAK_CONFIGURATION_SET=offpeak-reports", "AWS_ENDPOINT_URL="+s.clerk.URL)
	return s
}

// workgroup makes that of reports in a region; all tests of one have the same.
func (s *reportStage) workgroup(t *testing.T, region fleet.Region) {
	t.Helper()
	name := landing.Workgroup
	_, err := athena.NewFromConfig(s.access.Config(fleet.Scope{Region: region})).CreateWorkGroup(t.Context(), &athena.CreateWorkGroupInput{Name: &name, Configuration: &athenatypes.WorkGroupConfiguration{
		BytesScannedCutoffPerQuery: aws.Int64(100_000_000), EnforceWorkGroupConfiguration: aws.Bool(true),
		ResultConfiguration: &athenatypes.ResultConfiguration{OutputLocation: aws.String("s3://" + s.bill + "/results/")},
	}})
	if err != nil && !strings.Contains(err.Error(), "already") {
		t.Fatal(err)
	}
}

// deliver has a month of a table delivered as AWS delivers it, and returns the key of its manifest.
func (s *reportStage) deliver(t *testing.T) (manifest string) {
	t.Helper()
	dir := t.TempDir()
	july := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	w, err := export.Create[export.Focus](dir, export.Export{Bucket: s.exports, Prefix: landing.Delivered(payer), Name: landing.FOCUS.Export()})
	if err == nil {
		err = w.Write([]export.Focus{{BillingAccountID: string(payer), BillingPeriodStart: july, ChargePeriodStart: july, ChargePeriodEnd: july.Add(time.Hour), BillingCurrency: "USD", ChargeCategory: "Usage"}})
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		key := filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))
		if strings.HasSuffix(key, "-Manifest.json") {
			manifest = key
		}
		_, err = s.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &s.exports, Key: &key, Body: strings.NewReader(string(data))})
		return err
	})
	if err != nil || manifest == "" {
		t.Fatalf("%q, %v", manifest, err)
	}
	return manifest
}

func written(bucket, key string) map[string]any {
	return map[string]any{"source": "aws.s3", "detail-type": "Object Created", "detail": map[string]any{"bucket": map[string]any{"name": bucket}, "object": map[string]any{"key": key}}}
}

func (s *reportStage) published(t *testing.T) (keys []string) {
	t.Helper()
	out, err := s.s3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &s.bill})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out.Contents {
		key := aws.ToString(o.Key)
		if i := strings.Index(key, "v="); i >= 0 {
			key = key[:i] + "v=…" + key[i+2+64:]
		} else {
			key = key[:strings.LastIndex(key, "/")+1] + "…"
		}
		keys = append(keys, key)
	}
	return keys
}

// TestADeliveryIsPublished: the manifest's event has the files copied that it lists, once, and no others.
func TestADeliveryIsPublished(t *testing.T) {
	t.Parallel()
	s := setReports(t, "210000000301")
	manifest := s.deliver(t)
	f := start(t, invoke.Build(t, "offpeak/functions/report"), s.env...)
	for _, nothing := range []map[string]any{
		written(s.exports, strings.Replace(manifest, "metadata", "data", 1)), written("elsewhere", manifest), written(s.exports, "999900001111/cur/x-Manifest.json"),
		{"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification", "detail": map[string]any{}},
		{"hello": "world"},
	} {
		if a := f.Call(t, nothing, patience); a.Failed != "" || len(s.published(t)) > 0 {
			t.Errorf("%v: %s", nothing, a.Failed)
		}
	}
	want := []string{"bill/444455556666/focus/v=…/BILLING_PERIOD=2026-07/00001.parquet", "bill/444455556666/published/focus/2026-07/…"}
	for range 2 { // AWS tells of an object at least once
		if a := f.Call(t, written(s.exports, manifest), patience); a.Failed != "" {
			t.Fatalf("%s\n%s", a.Failed, f.Logs())
		}
		if diff := cmp.Diff(want, s.published(t)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
	if !f.Logged("published s3://"+s.exports+"/"+manifest, 2) {
		t.Error(f.Logs())
	}
	folder, _, _ := strings.Cut(want[0], "v=")
	if !strings.HasPrefix(landing.FOCUS.Location(s.bill, payer), "s3://"+s.bill+"/"+folder) {
		t.Errorf("the catalogue looks at %s", landing.FOCUS.Location(s.bill, payer))
	}
}

type taken struct{}

func (taken) Send(context.Context, string, []byte) (string, error) { return "0100", nil }

// TestAMailThatComesBackIsToldOfOnce: the receipt is marked, and one message goes to the topic, however often SES tells.
func TestAMailThatComesBackIsToldOfOnce(t *testing.T) {
	t.Parallel()
	s := setReports(t, "210000000302")
	id := delivery.ID{Payer: payer, Quarter: "2026Q3", State: reports.Final}
	post := delivery.Post{Shelf: delivery.Shelf{Store: s.shelf}, Mailer: taken{}, Now: time.Now}
	if _, err := post.Send(t.Context(), id, []delivery.Recipient{{Address: "kim@example.co.kr"}}, func(delivery.Recipient) ([]byte, error) { return []byte("x"), nil }); err != nil {
		t.Fatal(err)
	}
	tags := map[string][]string{"ses:configuration-set": {"offpeak-reports"}}
	for name, value := range id.Tags() {
		tags[name] = []string{value}
	}
	event := map[string]any{"source": "aws.ses", "detail-type": "Email Bounced", "detail": map[string]any{
		"mail":   map[string]any{"messageId": "0100", "destination": []string{"kim@example.co.kr"}, "tags": tags},
		"bounce": map[string]any{"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": []map[string]any{{"emailAddress": "kim@example.co.kr", "diagnosticCode": "smtp; 550 5.1.1"}}},
	}}
	f := start(t, invoke.Build(t, "offpeak/functions/report"), s.env...)
	for range 3 {
		if a := f.Call(t, event, patience); a.Failed != "" {
			t.Fatalf("%s\n%s", a.Failed, f.Logs())
		}
	}
	s.clerk.mu.Lock()
	told := s.clerk.calls["sns:Publish"]
	s.clerk.mu.Unlock()
	if told != 1 {
		t.Errorf("people were told %d times\n%s", told, f.Logs())
	}
	var marks []string
	for key, err := range s.shelf.List(t.Context(), "reports/") {
		if err != nil {
			t.Fatal(err)
		}
		data, _, err := s.shelf.Read(t.Context(), key)
		var r delivery.Receipt
		if err != nil || json.Unmarshal(data, &r) != nil {
			t.Fatal(key, err)
		}
		marks = append(marks, string(r.Mark)+": "+r.Says)
	}
	if !slices.Equal(marks, []string{"bounced: it came back (Permanent, General): smtp; 550 5.1.1"}) {
		t.Errorf("%q", marks)
	}
}

// TestADayOnWhichAReportIsDue goes from the clock's tick to the bill in Athena, of which the stand-in answers every question by nothing: what is missing, and where, is said
// for each tenant. Before the third day nothing is asked.
func TestADayOnWhichAReportIsDue(t *testing.T) {
	t.Parallel()
	s := setReports(t, "210000000304")
	s.push(t, "tenants: {shop: {payer: \"444455556666\", recipients: [kim@example.co.kr]}}\n")
	s.workgroup(t, "")
	f := start(t, invoke.Build(t, "offpeak/functions/report"), s.env...)
	if a := f.Call(t, map[string]string{"tick": "2026-10-02T01:00:00Z"}, patience); a.Failed != "" {
		t.Error(a.Failed)
	}
	s.deliver(t) // a month that no event told of: FOCUS alone
	a := f.Call(t, map[string]string{"tick": "2026-10-03T01:00:00Z"}, patience)
	for _, part := range []string{"report of 2026Q3 for shop", "payer 444455556666", "the bill has no row in the period"} {
		if !strings.Contains(a.Failed, part) {
			t.Errorf("%s lacks %s\n%s", a.Failed, part, f.Logs())
		}
	}
	if published := s.published(t); len(published) != 2 {
		t.Errorf("what was delivered without an event was not caught up with: %q", published)
	}
}

// TestAHubWithoutReports says what it lacks.
func TestAHubWithoutReports(t *testing.T) {
	t.Parallel()
	s := set(t, "210000000303")
	f := start(t, invoke.Build(t, "offpeak/functions/report"), s.env...)
	if a := f.Call(t, map[string]string{"tick": "2026-10-03T01:00:00Z"}, patience); !strings.Contains(a.Failed, "OFFPEAK_REPORTS_BUCKET") || !strings.Contains(a.Failed, `"reports": true`) {
		t.Errorf("%+v", a)
	}
}
