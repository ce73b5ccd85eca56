package athena_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/cloud"
	"offpeak/internal/cloud/athena"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
)

// TestAgainstMoto asks an Athena that others wrote: the calls are those that Athena has, and the answers are read in the form in which it gives them. What moto
// answers was given to it before.
func TestAgainstMoto(t *testing.T) {
	t.Parallel()
	server := moto.Start(t)
	o := server.Options(moto.Home)
	o.Region = "eu-west-3" // whose canned answers no other test takes
	access, err := cloud.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	config := access.Config(fleet.Scope{})
	client := s3.NewFromConfig(config, quiet)
	for _, bucket := range []string{"moto-exports", "moto-bill"} {
		in := &s3.CreateBucketInput{Bucket: aws.String(bucket)}
		in.CreateBucketConfiguration = location(config.Region)
		if _, err := client.CreateBucket(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	manifest, objects := delivered(t)
	for key, content := range objects {
		if key != manifest {
			put(t, client, "moto-exports", key, content)
		}
	}
	put(t, client, "moto-exports", manifest, objects[manifest])
	bill := athena.OpenBill(access, athena.Place{Bucket: "moto-bill"})
	if _, err := bill.Publish(t.Context(), export.FOCUS, "s3://moto-exports/"+manifest); err != nil {
		t.Fatal(err)
	}
	_, err = sdk.NewFromConfig(config).CreateWorkGroup(t.Context(), &sdk.CreateWorkGroupInput{Name: aws.String("reports"), Configuration: &types.WorkGroupConfiguration{
		BytesScannedCutoffPerQuery: aws.Int64(1 << 40), EnforceWorkGroupConfiguration: aws.Bool(true),
		ResultConfiguration: &types.ResultConfiguration{OutputLocation: aws.String("s3://moto-bill/results/")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	canned := `{"account_id":"123456789012","region":"eu-west-3","results":[{"rows":[` +
		`{"Data":[{"VarCharValue":"day"},{"VarCharValue":"payer"},{"VarCharValue":"currency"},{"VarCharValue":"lines"},{"VarCharValue":"hours"},{"VarCharValue":"negative"},{"VarCharValue":"zero"},{"VarCharValue":"billed"}]},` +
		`{"Data":[{"VarCharValue":"2026-07-01 00:00:00.000"},{"VarCharValue":"111111111111"},{"VarCharValue":"USD"},{"VarCharValue":"3"},{"VarCharValue":"1"},{"VarCharValue":"0"},{"VarCharValue":"0"},{"VarCharValue":"3.000000000001"}]}],` +
		`"column_info":[{"Name":"day","Type":"timestamp"},{"Name":"payer","Type":"varchar"},{"Name":"currency","Type":"varchar"},{"Name":"lines","Type":"bigint"},{"Name":"hours","Type":"bigint"},{"Name":"negative","Type":"bigint"},{"Name":"zero","Type":"bigint"},{"Name":"billed","Type":"decimal"}]}]}`
	answer, err := http.Post(server.URL+"/moto-api/static/athena/query-results", "application/json", strings.NewReader(canned)) //nolint:noctx // a test's
	if err != nil || answer.StatusCode != http.StatusCreated {
		t.Fatal(answer, err)
	}
	_ = answer.Body.Close()
	e, err := athena.Open(t.Context(), access, bill, athena.Options{Workgroup: "reports", Database: "offpeak", FOCUS: "focus", CUR: "cur", Sleep: (&pauses{}).sleep})
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Days(t.Context(), p)
	want := []billing.Day{{Day: july, Payer: "111111111111", Currency: "USD", Rows: 3, Hours: 1, Billed: decimal.RequireFromString("3.000000000001")}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if cost := e.Cost(); cost.Queries != 1 || cost.Billed != 10_000_000 {
		t.Errorf("it cost %s", cost)
	}
}

// location is where a bucket is made.
func location(region string) *s3types.CreateBucketConfiguration {
	return &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)}
}
