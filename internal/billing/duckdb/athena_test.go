//go:build cgo && e2e

package duckdb_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/recount"
	"offpeak/internal/cloud"
	"offpeak/internal/cloud/athena"
	"offpeak/internal/cloud/athena/trino"
	"offpeak/internal/fleet"
)

const (
	exports   = "exports" // the bucket to which AWS delivers
	published = "published"
	database  = "offpeak"
	workgroup = "reports"
)

// account is an AWS in which Athena answers.
type account struct {
	access *cloud.Access
	s3     *s3.Client
}

func newAccount(t *testing.T) account {
	t.Helper()
	server := trino.Start(t)
	access, err := cloud.Open(t.Context(), server.Options())
	if err != nil {
		t.Fatal(err)
	}
	config := access.Config(fleet.Scope{})
	a := account{access, s3.NewFromConfig(config)}
	for _, bucket := range []string{exports, published} {
		if _, err := a.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = sdk.NewFromConfig(config).CreateWorkGroup(t.Context(), &sdk.CreateWorkGroupInput{
		Name: aws.String(workgroup),
		Configuration: &types.WorkGroupConfiguration{
			BytesScannedCutoffPerQuery: aws.Int64(1 << 30), EnforceWorkGroupConfiguration: aws.Bool(true),
			ResultConfiguration: &types.ResultConfiguration{OutputLocation: aws.String("s3://" + published + "/results/")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Database(t, database)
	return a
}

// deliver uploads a bill as AWS does, data first, under a prefix, with what an earlier delivery left behind; and publishes it.
func (a account) deliver(t *testing.T, bill *export.Bill, prefix string) *athena.Bill {
	t.Helper()
	put := func(key, file string) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(exports), Key: &key, Body: bytes.NewReader(content)}); err != nil {
			t.Fatal(err)
		}
	}
	place := athena.OpenBill(a.access, athena.Place{Bucket: published, Prefix: prefix})
	for _, d := range bill.Deliveries {
		for _, f := range d.Files {
			put(prefix+"/"+f.Key, f.Path)
		}
		first := d.Files[0]
		put(prefix+"/"+path.Dir(first.Key)+"/left-behind.snappy.parquet", first.Path) // no manifest lists it
		dir := strings.TrimSuffix(first.Path, filepath.FromSlash(first.Key))
		manifest := prefix + "/" + d.Manifest
		put(manifest, filepath.Join(dir, filepath.FromSlash(d.Manifest)))
		if _, err := place.Publish(t.Context(), d.Table, "s3://"+exports+"/"+manifest); err != nil {
			t.Fatal(err)
		}
	}
	return place
}

// engine opens Athena over what is published, in tables of its own.
func (a account) engine(t *testing.T, place *athena.Bill, suffix string) *athena.Engine {
	t.Helper()
	e, err := athena.Open(t.Context(), a.access, place, athena.Options{
		Workgroup: workgroup, Database: database, FOCUS: "focus_" + suffix, CUR: "cur_" + suffix,
		Sleep: func(context.Context, time.Duration) error { // Trino is nearer than Athena
			time.Sleep(20 * time.Millisecond)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Declare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestAthenaAgrees asks Athena's engine, over Trino, and both others every question about the same files, and compares every value of every row.
func TestAthenaAgrees(t *testing.T) {
	a := newAccount(t)
	compared, rows := 0, 0
	for seed, sort := range map[uint64]struct {
		lines   int
		periods map[string]billing.Period
	}{
		0: {1000, map[string]billing.Period{
			"both months":                both,
			"within days of one month":   {From: july.Add(31 * time.Hour), To: july.Add(205 * time.Hour)},
			"from one month to the next": {From: august.Add(-40 * time.Hour), To: august.Add(40 * time.Hour)},
			"a month not delivered":      {From: august.AddDate(0, 1, 0), To: august.AddDate(0, 2, 0)},
			"delivered and not":          {From: august, To: august.AddDate(0, 2, 0)},
		}},
		// In a bill of two lines single ones decide: nulls alone, sums of nothing.
		2: {1, map[string]billing.Period{"both months": both}},
	} {
		bill := randomBill(t, seed, sort.lines)
		suffix := fmt.Sprint(seed)
		e := a.engine(t, a.deliver(t, bill, "payer-"+suffix), suffix)
		reference := engine(t, bill)
		for name, p := range sort.periods {
			t.Run(fmt.Sprintf("seed %d, %s", seed, name), func(t *testing.T) {
				got, duck, plain := answers(t, e, p), answers(t, reference, p), answers(t, recount.Open(bill, payer, 2), p)
				for question, want := range duck {
					compared++
					rows += count(want)
					if diff := cmp.Diff(want, got[question]); diff != "" {
						t.Errorf("%s: DuckDB (-) and Athena (+) differ:\n%.3000s", question, diff)
					}
					if diff := cmp.Diff(plain[question], got[question]); diff != "" {
						t.Errorf("%s: the recount (-) and Athena (+) differ:\n%.3000s", question, diff)
					}
				}
			})
		}
		t.Logf("seed %d: %s: %s", seed, e.Name(), e.Cost())
	}
	t.Logf("%d answers of %d rows compared", compared, rows)
	if compared != 6*17 || rows < 5000 {
		t.Errorf("%d answers with %d rows are too few to tell anything", compared, rows)
	}
}

// count is how many rows an answer has.
func count(rows any) int {
	switch rows := rows.(type) {
	case []fleet.AccountID:
		return len(rows)
	case []billing.Day:
		return len(rows)
	case []billing.Charge:
		return len(rows)
	case []billing.HourCost:
		return len(rows)
	case []billing.Standing:
		return len(rows)
	case []billing.Price:
		return len(rows)
	case []billing.Usage:
		return len(rows)
	case []billing.Product:
		return len(rows)
	case []billing.PlanHour:
		return len(rows)
	case []billing.Reservation:
		return len(rows)
	case []billing.Cost:
		return len(rows)
	case []billing.TagCost:
		return len(rows)
	case []billing.Pattern:
		return len(rows)
	case []billing.PlanRate:
		return len(rows)
	default:
		return 0
	}
}
