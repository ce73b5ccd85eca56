package athena_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/export"
	"offpeak/internal/cloud"
	"offpeak/internal/cloud/athena"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
)

// delivered writes an export of July in three files, whose names are as awkward as names may be, and returns its content by key.
func delivered(t *testing.T) (manifest string, objects map[string]string) {
	t.Helper()
	dir := t.TempDir()
	w, err := export.Create[export.Focus](dir, export.Export{Bucket: "elsewhere", Prefix: "old/place", Name: "o'brien's 내보내기+1", RowsPerFile: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		row := export.Focus{BillingAccountID: "111111111111", BillingPeriodStart: july, BillingPeriodEnd: july.AddDate(0, 1, 0), ChargePeriodStart: july, BilledCost: float64(i)}
		if err := w.Write([]export.Focus{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	objects = map[string]string{}
	err = filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		key := "copied/here" + strings.TrimPrefix(filepath.ToSlash(name), filepath.ToSlash(dir)+"/old/place")
		objects[key] = string(content)
		if strings.HasSuffix(key, "-Manifest.json") {
			manifest = key
		}
		return err
	})
	if err != nil || len(objects) != 4 {
		t.Fatalf("%d objects, %v", len(objects), err)
	}
	return manifest, objects
}

func TestPublishAgainstMoto(t *testing.T) {
	t.Parallel()
	server := moto.Start(t)
	access, err := cloud.Open(t.Context(), server.Options(moto.Home))
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(access.Config(fleet.Scope{}), quiet)
	const from, to = "athena-exports", "athena-bill"
	for _, bucket := range []string{from, to} {
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
			t.Fatal(err)
		}
	}
	manifest, objects := delivered(t)
	objects[path.Dir(strings.Replace(manifest, "/metadata/", "/data/", 1))+"/left-behind.parquet"] = "of an earlier delivery"
	for key, content := range objects {
		if key != manifest {
			put(t, client, from, key, content)
		}
	}
	put(t, client, from, manifest, objects[manifest])

	bill := athena.OpenBill(access, athena.Place{Bucket: to, Prefix: "/payer/"})
	v, err := bill.Publish(t.Context(), export.FOCUS, "s3://"+from+"/"+manifest)
	if err != nil {
		t.Fatal(err)
	}
	m, err := export.ParseManifest([]byte(objects[manifest]))
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Files) != 3 || v.Month != july || len(v.SHA256) != 64 || bill.Location(export.FOCUS) != "s3://athena-bill/payer/focus/" {
		t.Errorf("got %+v at %s", v, bill.Location(export.FOCUS))
	}
	for i, f := range v.Files {
		if want := fmt.Sprintf("payer/focus/v=%s/BILLING_PERIOD=2026-07/%05d.parquet", v.SHA256, i+1); f.Key != want {
			t.Errorf("copied to %s, want %s", f.Key, want)
		}
		source := strings.TrimPrefix(f.From, "s3://"+from+"/")
		if path.Base(source) != path.Base(m.DataFiles[i].Key()) || get(t, client, to, f.Key) != objects[source] || f.Bytes != int64(len(objects[source])) {
			t.Errorf("%s is no copy of what the manifest lists as %s", f.Key, m.DataFiles[i])
		}
	}
	if n := len(keys(t, client, to, "payer/focus/")); n != 3 {
		t.Errorf("%d files were copied, and the manifest lists 3", n)
	}
	again, err := bill.Publish(t.Context(), export.FOCUS, "s3://"+from+"/"+manifest)
	if diff := cmp.Diff(v, again); diff != "" || err != nil || access.Calls().Attempts()["s3:CopyObject"] != 3 {
		t.Errorf("published again: %v, %d copies (-first +again):\n%s", err, access.Calls().Attempts()["s3:CopyObject"], diff)
	}
	published, err := bill.Published(t.Context())
	if diff := cmp.Diff([]athena.Version{v}, published); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func put(t *testing.T, client *s3.Client, bucket, key, content string) {
	t.Helper()
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader([]byte(content))}); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, client *s3.Client, bucket, key string) string {
	t.Helper()
	got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Error(err)
		return ""
	}
	defer got.Body.Close()
	var content bytes.Buffer
	if _, err := content.ReadFrom(got.Body); err != nil {
		t.Error(err)
	}
	return content.String()
}

func keys(t *testing.T, client *s3.Client, bucket, prefix string) (found []string) {
	t.Helper()
	listed, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range listed.Contents {
		found = append(found, aws.ToString(o.Key))
	}
	return found
}

func TestWhatIsNotPublished(t *testing.T) {
	t.Parallel()
	manifest, objects := delivered(t)
	data := ""
	for key := range objects {
		if key != manifest {
			data = max(data, key)
		}
	}
	at := func(key string) string { return "exports/" + key }
	for _, row := range []struct {
		name   string
		change func(*standIn)
		table  export.Table
		says   string
		anew   bool
	}{
		{"a file that is newer than the manifest", func(s *standIn) { s.objects[at(data)] = stored{"x", day(3)} }, export.FOCUS, "written after the manifest", true},
		{
			"a file that changes while it is copied", func(s *standIn) {
				s.beside = func() { s.objects[at(data)] = stored{"of the next delivery", day(3)} }
			}, export.FOCUS, "", true,
		},
		{
			"a manifest that changes meanwhile", func(s *standIn) {
				s.beside = func() { s.objects[at(manifest)] = stored{objects[manifest], day(3)} }
			}, export.FOCUS, "", true,
		},
		{"a file that is not there", func(s *standIn) { delete(s.objects, at(data)) }, export.FOCUS, "which the manifest lists", false},
		{"another table", func(*standIn) {}, export.CUR2, "is not COST_AND_USAGE_REPORT", false},
		{
			"no Parquet", func(s *standIn) {
				s.objects[at(manifest)] = stored{strings.ReplaceAll(objects[manifest], ".parquet", ".csv.gz"), day(2)}
			}, export.FOCUS, "file format to Parquet", false,
		},
		{
			"files of another month", func(s *standIn) {
				s.objects[at(manifest)] = stored{strings.ReplaceAll(objects[manifest], "BILLING_PERIOD=2026-07", "BILLING_PERIOD=2026-06"), day(2)}
			}, export.FOCUS, "no data file of 2026-07", false,
		},
		{"no manifest", func(s *standIn) { s.objects[at(manifest)] = stored{"{}", day(2)} }, export.FOCUS, "is not a manifest", false},
		{"nothing", func(s *standIn) { delete(s.objects, at(manifest)) }, export.FOCUS, "read s3://exports/", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newStandIn()
			for key, content := range objects {
				s.objects[at(key)] = stored{content, day(1)}
			}
			s.objects[at(manifest)] = stored{objects[manifest], day(2)}
			row.change(s)
			bill := athena.OpenBill(s.access(t), athena.Place{Bucket: "bill"})
			_, err := bill.Publish(t.Context(), row.table, "s3://"+at(manifest))
			if err == nil || !strings.Contains(err.Error(), row.says) || errors.Is(err, athena.ErrDeliveredAnew) != row.anew {
				t.Errorf("got %v, want %s; delivered anew: %t", err, row.says, row.anew)
			}
			if published, err := bill.Published(t.Context()); len(published) > 0 || err != nil {
				t.Errorf("it is published all the same: %v, %v", published, err)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	bill := athena.OpenBill(newStandIn().access(t), athena.Place{Bucket: "bill"})
	for _, address := range []string{"exports/x", "s3://exports", "s3://exports/", "s3:///x", "s3://exports/a/../b", "s3://exports//x", "https://exports/x"} {
		if _, err := bill.Publish(t.Context(), export.FOCUS, address); err == nil || !strings.Contains(err.Error(), "is not the address of an object") {
			t.Errorf("%s: got %v", address, err)
		}
	}
	if _, err := bill.Publish(t.Context(), export.FOCUS, "s3://exports/somewhere/else.json"); err == nil {
		t.Error("a manifest that is not there was published")
	}
}

func TestTwoPublishAtOnce(t *testing.T) {
	t.Parallel()
	manifest, objects := delivered(t)
	s := newStandIn()
	for key, content := range objects {
		s.objects["exports/"+key] = stored{content, day(1)}
	}
	s.objects["exports/"+manifest] = stored{objects[manifest], day(2)}
	bill := athena.OpenBill(s.access(t), athena.Place{Bucket: "bill"})
	errs := make(chan error, 2)
	for range cap(errs) {
		go func() {
			_, err := bill.Publish(t.Context(), export.FOCUS, "s3://exports/"+manifest)
			errs <- err
		}()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Error(err)
	}
	published, err := bill.Published(t.Context())
	if err != nil || len(published) != 1 || !slices.ContainsFunc(published[0].Files, func(c athena.Copy) bool { return strings.HasSuffix(c.Key, "00003.parquet") }) {
		t.Errorf("got %v, %v", published, err)
	}
}

// quiet keeps the SDK from saying that moto sends no checksums.
func quiet(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true }

// AWS often delivers in another region than the one in which a bill is counted: each bucket is asked in its own.
func TestEachBucketIsAskedInItsRegion(t *testing.T) {
	t.Parallel()
	manifest, objects := delivered(t)
	s := newStandIn()
	for key, content := range objects {
		s.objects["exports/"+key] = stored{content, day(1)}
	}
	bill := athena.OpenBill(s.access(t), athena.Place{Bucket: "bill", Region: "ap-northeast-2", Exports: "us-west-2"})
	if _, err := bill.Publish(t.Context(), export.FOCUS, "s3://exports/"+manifest); err != nil {
		t.Fatal(err)
	}
	if _, err := bill.Published(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"GET exports us-west-2": true, "HEAD exports us-west-2": true, "PUT bill ap-northeast-2": true, "GET bill ap-northeast-2": true}
	if diff := cmp.Diff(want, s.signed); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
