package deliveries_test

import (
	"context"
	"crypto/md5" //nolint:gosec // S3's ETag
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"offpeak/internal/billing/export"
	"offpeak/internal/cloud"
	"offpeak/internal/cloud/deliveries"
	"offpeak/internal/cloud/moto"
)

// stored is an object of the stand-in.
type stored struct {
	body    string
	written time.Time
}

func (o stored) etag() string { return fmt.Sprintf(`"%x"`, md5.Sum([]byte(o.body))) } //nolint:gosec // S3's ETag

// standIn is an S3 that cuts answers off, changes objects under their reader's hands and refuses: what no other stand-in does.
type standIn struct {
	mu      sync.Mutex
	objects map[string]stored // by key
	gets    []string          // keys, with what was asked of them
	// cut, if set, is told of a GET and says after how many bytes its answer ends; below zero: it comes whole.
	cut func(key string, got int) int
	// broken changes what comes of a key, encrypted is what S3 says of how objects are.
	broken    string
	encrypted string
	// before is done before each answer.
	before func(r *http.Request)
	// refuses, if set, answers with this code and text; of another region, if set.
	status        int
	refuses, says string
	region        string
}

// RoundTrip implements http.RoundTripper.
func (s *standIn) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.before != nil {
		s.before(r)
	}
	if s.region != "" && !strings.Contains(r.Header.Get("Authorization"), "/"+s.region+"/s3/") {
		a := answer(r, http.StatusMovedPermanently, "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>")
		a.Header.Set("X-Amz-Bucket-Region", s.region)
		return a, nil
	}
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	isList := r.URL.Query().Get("list-type") != ""
	if s.refuses != "" && (isList || s.status == http.StatusForbidden) {
		return answer(r, s.status, "<Error><Code>"+s.refuses+"</Code><Message>"+s.says+"</Message></Error>"), nil
	}
	if isList {
		return answer(r, http.StatusOK, s.list(r.URL.Query().Get("prefix"))), nil
	}
	return s.get(r, key), nil
}

func (s *standIn) get(r *http.Request, key string) *http.Response {
	s.gets = append(s.gets, strings.TrimSpace(key+" "+r.Header.Get("Range")))
	o, there := s.objects[key]
	switch {
	case !there:
		return answer(r, http.StatusNotFound, "<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>")
	case r.Header.Get("If-Match") != o.etag():
		return answer(r, http.StatusPreconditionFailed, "<Error><Code>PreconditionFailed</Code><Message>changed</Message></Error>")
	}
	from, status, body := 0, http.StatusOK, o.body
	if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); n == 1 {
		status, body = http.StatusPartialContent, body[from:]
	}
	if strings.Contains(key, s.broken) && s.broken != "" {
		body = strings.Repeat("x", len(body))
	}
	a := answer(r, status, body)
	a.Header.Set("Etag", o.etag())
	if s.encrypted != "" {
		a.Header.Set("X-Amz-Server-Side-Encryption", s.encrypted)
	}
	if s.cut != nil {
		if after := s.cut(key, len(s.gets)); after >= 0 {
			a.Body = io.NopCloser(io.MultiReader(strings.NewReader(body[:min(after, len(body))]), ends{}))
		}
	}
	return a
}

// ends is a connection that is lost.
type ends struct{}

func (ends) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (s *standIn) list(prefix string) string {
	type content struct {
		Key, ETag    string
		Size         int
		LastModified string
	}
	var listed struct {
		XMLName     xml.Name `xml:"ListBucketResult"`
		IsTruncated bool
		Contents    []content
	}
	for key, o := range s.objects {
		if strings.HasPrefix(key, prefix) {
			listed.Contents = append(listed.Contents, content{key, o.etag(), len(o.body), o.written.UTC().Format(time.RFC3339)})
		}
	}
	slices.SortFunc(listed.Contents, func(a, b content) int { return strings.Compare(a.Key, b.Key) })
	document, _ := xml.Marshal(listed)
	return string(document)
}

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r, ContentLength: int64(len(body))}
}

// access reaches the stand-in.
func (s *standIn) access(t *testing.T) *cloud.Access {
	t.Helper()
	o := moto.Recorded("http://127.0.0.1:1", moto.Region)
	adjust := o.Adjust
	o.Adjust = func(c *aws.Config) {
		adjust(c)
		c.HTTPClient = &http.Client{Transport: s}
	}
	o.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	access, err := cloud.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return access
}

var (
	july   = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	august = july.AddDate(0, 1, 0)
	// delivered is when AWS has written a delivery, and now some days later.
	delivered = time.Date(2026, 9, 3, 6, 0, 0, 0, time.UTC)
	now       = delivered.AddDate(0, 0, 5)
)

// bill is a payer's July and August beneath exports/, two files a month, and the folder that it was made in.
func bill(t *testing.T) (*standIn, string) {
	t.Helper()
	dir := t.TempDir()
	w, err := export.Create[export.Focus](dir, export.Export{Bucket: "b", Prefix: "p", Name: "focus", RowsPerFile: 30})
	for _, month := range []time.Time{july, august} {
		rows := make([]export.Focus, 50)
		for i := range rows {
			at := month.Add(time.Duration(i) * time.Hour)
			rows[i] = export.Focus{
				BillingAccountID: "111111111111", BillingPeriodStart: month, ChargePeriodStart: at, ChargePeriodEnd: at.Add(time.Hour), BillingCurrency: "USD", ChargeCategory: "Usage",
			}
		}
		if err == nil {
			err = w.Write(rows)
		}
	}
	if err == nil {
		err = w.Close()
	}
	s := &standIn{objects: map[string]stored{}}
	if err == nil {
		err = fs.WalkDir(os.DirFS(dir), ".", func(key string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := os.ReadFile(filepath.Join(dir, key))
			s.objects["exports/"+key] = stored{string(data), delivered}
			return errors.Join(err, os.Chtimes(filepath.Join(dir, key), time.Time{}, delivered))
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

var place = deliveries.Place{Bucket: "bills", Prefix: "exports"}

// options bring July and August, and wait for nothing.
func options(cache string) deliveries.Options {
	return deliveries.Options{
		Cache: cache, From: july, To: august.AddDate(0, 1, 0), Now: func() time.Time { return now },
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}
