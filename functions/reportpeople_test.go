package functions_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"offpeak/infra/permit"
	"offpeak/internal/billing/landing"
	"offpeak/internal/billing/query"
	"offpeak/internal/fleet"
)

// upload puts the files beneath a folder into a bucket.
func (s *reportStage) upload(t *testing.T, bucket, prefix, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		key := prefix + filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))
		_, err = s.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(string(data))})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPeopleAndReportsByTheirRoles: who reads writes a report from the hub's ledger and from what AWS delivers, verifies it, and asks Athena, which has a
// workgroup to be asked in; only who operates freezes baselines.
func TestPeopleAndReportsByTheirRoles(t *testing.T) {
	t.Parallel()
	s := setReports(t, "210000000306")
	s.clerk.instead = func(call string, _ url.Values) string {
		if call != "athena:GetTableMetadata" { // which the stand-in lacks
			return ""
		}
		return fmt.Sprintf(`{"TableMetadata":{"Name":"focus","Parameters":{"storage.location.template":%q}}}`,
			landing.FOCUS.Location(s.bill, sampled)+query.Folder("${v}", "${billing_period}"))
	}
	const region = "eu-west-3"
	s.workgroup(t, region)
	s.env = append(s.env, "AWS_REGION="+region)
	reader := s.person(t, permit.ReaderRole)
	if err := os.WriteFile(filepath.Join(reader.folder, "sample.yaml"), []byte(samplePolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, code := reader.types(t, "simulate", "--policy", "sample.yaml", "--sample", "6", "--from", "2026-07-06", "--to", "2026-07-13", "--out", "simulated"); code != 0 {
		t.Fatal(said)
	}
	hub := "offpeak-210000000306"
	s.upload(t, hub, "ledger/", filepath.Join(reader.folder, "simulated", "ledger"))
	s.upload(t, s.exports, "", filepath.Join(reader.folder, "simulated", "bill"))
	for key, table := range map[string]string{"focus": "FOCUS_1_2_AWS", "cur": "COST_AND_USAGE_REPORT"} {
		note := fmt.Sprintf(`{"table":%q,"month":"2026-07-01T00:00:00Z","sha256":"aaaa","delivered":"2026-08-01T06:00:00Z","manifest":"s3://x/y"}`, table)
		at := landing.Published(sampled) + "/published/" + key + "/2026-07/20260801T060000Z-aaaa.json"
		if _, err := s.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &s.bill, Key: &at, Body: strings.NewReader(note)}); err != nil {
			t.Fatal(err)
		}
	}
	ledger, delivered, published := "s3://"+hub, "s3://"+s.exports, "athena:"+landing.Database+"."+landing.FOCUS.Of(sampled)
	operator := s.person(t, permit.OperatorRole)
	for _, row := range []struct {
		who   *person
		words []string
		code  int
		says  string
	}{
		{reader, []string{"report", "--quarter", "2026Q3", "--ledger", ledger, "--bill", delivered, "--out", "reports", "--lang", "en"}, 0, "bill: brought 8 files"},
		{reader, []string{"report", "verify", "reports/900000000001-2026Q3-provisional", "--ledger", ledger, "--bill", delivered}, 0, "The same: "},
		{reader, []string{"savings", "--quarter", "2026Q3", "--ledger", ledger, "--bill", published}, 1, "the bill has no row in the period"},
		{reader, []string{"savings", "--quarter", "2026Q3", "--ledger", ledger, "--bill", published, "--workgroup", "primary"}, 1, "denied"},
		{reader, []string{"savings", "--quarter", "2026Q3", "--ledger", ledger, "--bill", delivered, "--freeze"}, 1, "denied"},
		{operator, []string{"savings", "--quarter", "2026Q3", "--ledger", ledger, "--bill", delivered, "--freeze"}, 0, "bill: brought 8 files"},
		{operator, []string{"savings", "--quarter", "2026Q3", "--ledger", ledger, "--bill", published}, 1, "the bill has no row in the period"},
	} {
		if said, code := row.who.types(t, row.words...); code != row.code || !strings.Contains(said, row.says) {
			t.Errorf("%v: %d\n%s", row.words, code, said)
		}
	}
	for _, text := range reader.denied() {
		if !strings.Contains(text, "/baselines/") && !strings.Contains(text, "workgroup/primary") {
			t.Errorf("a reader is refused %s", text)
		}
	}
	if denied := operator.denied(); len(denied) > 0 {
		t.Errorf("an operator is refused:\n%s", strings.Join(denied, "\n"))
	}
	data, _, err := s.store.Read(t.Context(), "baselines/900000000001.json")
	if err != nil || !json.Valid(data) {
		t.Errorf("what an operator freezes: %v", err)
	}
}

// sampled is the payer of the sample organisation.
const sampled = fleet.AccountID("900000000001")

const samplePolicy = `timezone: Asia/Seoul
environments: {stg: {accounts: ["222222222222"]}, dev: {accounts: ["111111111111"]}}
calendars: {kr: {country: KR}}
schedules:
  office: {open: ["mon-fri 08:30-19:30"], closed: [kr], stop_after: 3h, ready_by: true}
  weekdays-late: {open: ["mon-fri 10:00-23:00"], closed: [kr], ready_by: true}
`
