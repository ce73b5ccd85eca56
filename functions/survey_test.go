package functions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"offpeak/functions/invoke"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/reporting/survey"
)

// TestAQuarterIsSurveyed goes from the clock's tick into another account by the role that only reads: what there is there, tagged or not, is kept for the report, an
// account that cannot be entered is told, and nothing is looked at twice.
func TestAQuarterIsSurveyed(t *testing.T) {
	t.Parallel()
	s := setReports(t, "210000000310")
	s.push(t, "tenants: {shop: {payer: \"444455556666\"}}\n")
	tagged, untagged := s.launch(t, "office"), s.launch(t, "ignore")
	f := start(t, invoke.Build(t, "offpeak/functions/survey"), s.env...)
	for _, nothing := range []any{map[string]string{"hello": "world"}, written(s.exports, "x-Manifest.json")} {
		if a := f.Call(t, nothing, patience); a.Failed != "" {
			t.Error(a.Failed)
		}
	}
	day := map[string]string{"tick": "2026-10-01T00:20:00Z"}
	for range 2 {
		if a := f.Call(t, day, patience); a.Failed != "" {
			t.Fatalf("%s\n%s", a.Failed, f.Logs())
		}
	}
	if !f.Logged("inventory of 2026Q3: 1 of 1 accounts' regions are kept", 1) {
		t.Error(f.Logs())
	}
	got, err := survey.Book{Store: s.store}.Of(t.Context(), "2026Q3", []fleet.AccountID{s.spoke.Account, "999900001111"})
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v\n%s", got, err, f.Logs())
	}
	seen := map[string]bool{}
	for i := range got[0].Resources {
		r := &got[0].Resources[i]
		seen[r.ID] = r.Posture != nil
	}
	if len(seen) != 2 || !seen[tagged] || !seen[untagged] || len(got[0].Gaps) != 1 || !strings.HasPrefix(got[0].Gaps[0], "999900001111: ") || time.Since(got[0].Taken) > time.Hour {
		t.Errorf("%+v", got[0])
	}
	for e, err := range (ledger.Book{Store: s.store}).Read(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), fleet.Scope{}) {
		t.Errorf("the ledger says %+v, %v", e, err)
	}
}

// TestASurveyOfAHubWithAutoSpot sees how what carries a tag of offpeak's is launched, by which a report says what could move to Spot; of the rest it asks nothing more.
func TestASurveyOfAHubWithAutoSpot(t *testing.T) {
	t.Parallel()
	s := setReports(t, "210000000333")
	s.push(t, "tenants: {shop: {payer: \"444455556666\"}}\n")
	tagged := s.launch(t, "office")
	if _, err := s.ec2.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: aws.String("ami-12c6146b"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceType: ec2types.InstanceTypeM5Large}); err != nil {
		t.Fatal(err)
	}
	f := start(t, invoke.Build(t, "offpeak/functions/survey"), append(s.env, "OFFPEAK_SPOT_QUEUE_URL="+s.queue)...)
	if a := f.Call(t, map[string]string{"tick": "2026-10-01T00:20:00Z"}, patience); a.Failed != "" {
		t.Fatalf("%s\n%s", a.Failed, f.Logs())
	}
	got, err := survey.Book{Store: s.store}.Of(t.Context(), "2026Q3", []fleet.AccountID{s.spoke.Account})
	if err != nil || len(got) != 1 || len(got[0].Resources) != 2 {
		t.Fatalf("%+v, %v\n%s", got, err, f.Logs())
	}
	for i := range got[0].Resources {
		r := &got[0].Resources[i]
		if seen := r.Launch.Saw(fleet.Protection); seen != (r.ID == tagged) || (r.Launch != nil) != (r.ID == tagged) || r.Posture == nil {
			t.Errorf("%s: %+v", r.ID, r.Launch)
		}
	}
}

// TestASurveyWithoutReports says what it lacks.
func TestASurveyWithoutReports(t *testing.T) {
	t.Parallel()
	s := set(t, "210000000311")
	f := start(t, invoke.Build(t, "offpeak/functions/survey"), s.env...)
	if a := f.Call(t, map[string]string{"tick": "2026-10-03T00:20:00Z"}, patience); !strings.Contains(a.Failed, "OFFPEAK_REPORTS_BUCKET") {
		t.Errorf("%+v", a)
	}
}
