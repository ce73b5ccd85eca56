package functions_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"offpeak/functions/invoke"
	"offpeak/internal/billing/recount"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
)

// bureau is a hub that makes reports of the books of a quarter: its ledger and its policy are there, Athena answers, and SES takes mails.
type bureau struct {
	*reportStage
	books   *books
	front   *front
	analyst *analyst
	postman *postman
	news    *newsdesk
	policy  string // the one in force
}

// openBureau opens one whose recipients are those that are listed as the policy lists them.
func openBureau(t *testing.T, spoke fleet.AccountID, recipients string) *bureau {
	t.Helper()
	b := &bureau{books: quarterOf(t), postman: &postman{}, news: &newsdesk{}, analyst: &analyst{payer: quarterPayer, dir: t.TempDir(), engines: map[string]*recount.Engine{}, queries: map[string]*answeredQuery{}}}
	at := set(t, spoke)
	b.front = newFront(t, at.server, b.analyst, b.news, b.postman)
	b.postman.front = b.front
	at.server = &moto.Server{URL: b.front.URL}
	b.reportStage = reportsAt(t, at)
	b.analyst.s3, b.analyst.bucket, b.analyst.known = b.s3, b.bill, deliveries(t, b.books.bill, b.books.later)
	b.workgroup(t, "")
	if _, err := sesv2.NewFromConfig(b.access.Config(fleet.Scope{})).CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String("finops@example.com")}); err != nil {
		t.Fatal(err)
	}
	b.recipients(t, recipients)
	for key, data := range b.books.ledger {
		if _, err := b.store.Create(t.Context(), key, data); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

const asWritten = "recipients: [finance@example.com, {address: platform@example.com, language: en}]"

// recipients pushes the organisation's policy with other recipients.
func (b *bureau) recipients(t *testing.T, list string) {
	t.Helper()
	if !strings.Contains(b.books.policy, asWritten) {
		t.Fatal("the organisation's policy lists other recipients")
	}
	b.policy = strings.Replace(b.books.policy, asWritten, "recipients: ["+list+"]", 1)
	pushText(t, b.stage, b.policy)
}

// delivers has AWS deliver exports of months, data first, and returns the keys of the manifests.
func (b *bureau) delivers(t *testing.T, folder string, months ...string) (manifests []string) {
	t.Helper()
	put := func(key string, data []byte) {
		if _, err := b.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b.exports, Key: &key, Body: strings.NewReader(string(data))}); err != nil {
			t.Fatal(err)
		}
	}
	last := map[string][]byte{}
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.ContainsFunc(months, func(m string) bool { return strings.Contains(path, "BILLING_PERIOD="+m+"/") }) {
			return err
		}
		data, err := os.ReadFile(path)
		key := filepath.ToSlash(strings.TrimPrefix(path, folder+string(filepath.Separator)))
		if strings.HasSuffix(key, "-Manifest.json") {
			last[key] = data
			manifests = append(manifests, key)
			return err
		}
		put(key, data)
		return err
	})
	if err != nil || len(manifests) == 0 {
		t.Fatal(len(manifests), err)
	}
	for key, data := range last {
		put(key, data)
	}
	return manifests
}

// function starts the function of reports.
func (b *bureau) function(t *testing.T) *invoke.Function {
	t.Helper()
	return start(t, invoke.Build(t, "offpeak/functions/report"), b.env...)
}

// tells has AWS tell the function of manifests.
func (b *bureau) tells(t *testing.T, f *invoke.Function, manifests []string) {
	t.Helper()
	for _, key := range manifests {
		if a := f.Call(t, written(b.exports, key), patience); a.Failed != "" {
			t.Fatalf("%s\n%s", a.Failed, f.Logs())
		}
	}
}

// day is the clock's tick of a day; it returns what failed.
func (b *bureau) day(t *testing.T, f *invoke.Function, date string) invoke.Answer {
	t.Helper()
	return f.Call(t, map[string]string{"tick": date + "T01:00:00Z"}, 15*time.Minute) // as long as AWS lets it run
}

// kept are the keys of the shelf.
func (b *bureau) kept(t *testing.T) (keys []string) {
	t.Helper()
	for key, err := range b.shelf.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}

func (b *bureau) object(t *testing.T, key string, into any) []byte {
	t.Helper()
	data, _, err := b.shelf.Read(t.Context(), key)
	if err == nil && into != nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(key, err)
	}
	return data
}
