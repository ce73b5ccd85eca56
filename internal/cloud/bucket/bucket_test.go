package bucket_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/bucket"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer/contract"
)

// stand is an AWS in which tests make buckets of their own.
type stand struct {
	access *cloud.Access
	client *s3.Client
}

func newStand(t *testing.T) *stand {
	t.Helper()
	access, err := cloud.Open(t.Context(), moto.Start(t).Options())
	if err != nil {
		t.Fatal(err)
	}
	return &stand{access, s3.NewFromConfig(access.Config(fleet.Scope{}))}
}

func (s *stand) bucket(t *testing.T) string {
	t.Helper()
	name := "ledger-" + strings.ToLower(rand.Text())
	if _, err := s.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestABucketIsAStore(t *testing.T) {
	t.Parallel()
	stand := newStand(t)
	for name, prefix := range map[string]string{"whole": "", "under a prefix": "teams/pay/"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract.Objects(t, func(t *testing.T) objects.Store {
				return bucket.Open(stand.access, stand.bucket(t), prefix, moto.Region)
			})
		})
	}
}

func TestPrefixesAreApart(t *testing.T) {
	t.Parallel()
	stand := newStand(t)
	name := stand.bucket(t)
	prod, test := bucket.Open(stand.access, name, "prod", moto.Region), bucket.Open(stand.access, name, "/test/", moto.Region)
	whole := bucket.Open(stand.access, name, "", moto.Region)
	for _, s := range []*bucket.Store{prod, test} {
		if _, err := s.Create(t.Context(), "state/a", nil); err != nil {
			t.Fatal(err)
		}
	}
	for s, want := range map[*bucket.Store][]string{prod: {"state/a"}, test: {"state/a"}, whole: {"prod/state/a", "test/state/a"}} {
		if got := list(t, s, ""); !slices.Equal(got, want) {
			t.Errorf("listed %v, want %v", got, want)
		}
	}
	if err := prod.Delete(t.Context(), "state/a"); err != nil {
		t.Fatal(err)
	}
	if got := list(t, whole, ""); !slices.Equal(got, []string{"test/state/a"}) {
		t.Errorf("after deleting prod's: %v", got)
	}
}

func TestKeysWithCharactersThatURLsAndXMLEscape(t *testing.T) {
	t.Parallel()
	stand := newStand(t)
	s := bucket.Open(stand.access, stand.bucket(t), "", moto.Region)
	keys := []string{"a b", "a%2Fb", "a+b", "a<&>b", "date=2026-11-20T09:00:00Z", "정책.yaml", "a\tb"}
	slices.Sort(keys)
	for _, key := range keys {
		if _, err := s.Create(t.Context(), key, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, s, ""); !slices.Equal(got, keys) {
		t.Errorf("listed %q, want %q", got, keys)
	}
	for _, key := range keys {
		if data, _, err := s.Read(t.Context(), key); err != nil || string(data) != key {
			t.Errorf("%q: read %q, %v", key, data, err)
		}
	}
}

func TestWhatAPersonPutThereIsLeftOut(t *testing.T) {
	t.Parallel()
	stand := newStand(t)
	name := stand.bucket(t)
	for _, key := range []string{"state/", "state/x", "state//y"} { // the console makes a folder by an object whose key ends in a slash
		if _, err := stand.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &name, Key: aws.String(key)}); err != nil {
			t.Fatal(err)
		}
	}
	s := bucket.Open(stand.access, name, "", moto.Region)
	if got := list(t, s, ""); !slices.Equal(got, []string{"state/x"}) {
		t.Errorf("listed %v", got)
	}
	_, version, err := s.Read(t.Context(), "state/x") // written by the console, so without the name of a write
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Replace(t.Context(), "state/x", []byte("ours"), version); err != nil {
		t.Error(err)
	}
}

// Moto's pages hold a thousand keys; two short ones are told here as S3's API reference has them.
func TestKeysAreListedPageByPage(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		q := r.URL.Query()
		if q.Get("list-type") != "2" || q.Get("prefix") != "p/k/" || q.Get("encoding-type") != "url" {
			t.Errorf("asked %s", r.URL)
		}
		page := `<KeyCount>2</KeyCount><IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>
			<Contents><Key>p/k/a+b</Key><Size>0</Size></Contents><Contents><Key>p/k/a%3Dc</Key><Size>0</Size></Contents>`
		if q.Get("continuation-token") == "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=" {
			page = `<KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>p/k/b</Key><Size>3</Size></Contents>`
		}
		fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>
			<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>ledger</Name><Prefix>p/k/</Prefix><EncodingType>url</EncodingType>%s</ListBucketResult>`, page)
	}))
	defer server.Close()
	access, err := cloud.Open(t.Context(), (&moto.Server{URL: server.URL}).Options())
	if err != nil {
		t.Fatal(err)
	}
	s := bucket.Open(access, "ledger", "p", moto.Region)
	for key := range s.List(t.Context(), "k/") {
		if key != "k/a b" || asked != 1 {
			t.Errorf("%q came after %d pages", key, asked)
		}
		break
	}
	if got := list(t, s, "k/"); !slices.Equal(got, []string{"k/a b", "k/a=c", "k/b"}) || asked != 3 {
		t.Errorf("listed %q with %d pages", got, asked-1)
	}
}

func list(t *testing.T, s objects.Store, prefix string) []string {
	t.Helper()
	var keys []string
	for key, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}
