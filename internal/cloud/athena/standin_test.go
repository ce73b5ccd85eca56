package athena_test

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // S3's ETag
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/athena"
	"offpeak/internal/cloud/moto"
)

// stored is an object of the stand-in's S3.
type stored struct {
	body     string
	modified time.Time
}

func (o stored) etag() string { return fmt.Sprintf(`"%x"`, md5.Sum([]byte(o.body))) } //nolint:gosec // S3's ETag

// said is one answer of Athena's.
type said struct {
	status int
	body   string
}

// standIn is an S3 that keeps objects, and an Athena that answers as it was recorded to: what moto has no way to be told. Each call of Athena's has
// answers of its own, the last one for good.
type standIn struct {
	mu      sync.Mutex
	objects map[string]stored // by bucket/key
	beside  func()            // what somebody else does before the next copy
	answers map[string][]said
	asked   map[string][]map[string]any // bodies by call
	signed  map[string]bool             // method, bucket and the region for which a call was signed
}

func newStandIn() *standIn {
	return &standIn{objects: map[string]stored{}, answers: map[string][]said{"GetWorkGroup": {ok(workgroup)}}, asked: map[string][]map[string]any{}, signed: map[string]bool{}}
}

// RoundTrip implements http.RoundTripper.
func (s *standIn) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	if call, isAthena := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonAthena."); isAthena {
		return s.athena(r, call, body), nil
	}
	return s.s3(r, string(body)), nil
}

func (s *standIn) athena(r *http.Request, call string, body []byte) *http.Response {
	var asked map[string]any
	_ = json.Unmarshal(body, &asked)
	s.asked[call] = append(s.asked[call], asked)
	answers := s.answers[call]
	if len(answers) == 0 {
		return response(r, http.StatusBadRequest, nil, `{"__type":"InvalidRequestException","message":"not expected"}`)
	}
	if len(answers) > 1 {
		s.answers[call] = answers[1:]
	}
	return response(r, answers[0].status, http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, answers[0].body)
}

func (s *standIn) s3(r *http.Request, body string) *http.Response {
	at := strings.TrimPrefix(r.URL.Path, "/")
	bucket, _, _ := strings.Cut(at, "/")
	s.signed[r.Method+" "+bucket+" "+strings.Split(r.Header.Get("Authorization"), "/")[2]] = true
	if r.Method == http.MethodGet && r.URL.Query().Get("list-type") != "" {
		return response(r, http.StatusOK, nil, s.list(at, r.URL.Query().Get("prefix")))
	}
	o, there := s.objects[at]
	switch {
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		if s.beside != nil {
			s.beside()
		}
		from, _ := url.PathUnescape(r.Header.Get("X-Amz-Copy-Source"))
		source := s.objects[from]
		if source.etag() != r.Header.Get("X-Amz-Copy-Source-If-Match") {
			return refusal(r, http.StatusPreconditionFailed, "PreconditionFailed")
		}
		s.objects[at] = source
		return response(r, http.StatusOK, nil, "<CopyObjectResult><ETag>"+source.etag()+"</ETag></CopyObjectResult>")
	case r.Method == http.MethodPut && there && r.Header.Get("If-None-Match") == "*":
		return refusal(r, http.StatusPreconditionFailed, "PreconditionFailed")
	case r.Method == http.MethodPut:
		s.objects[at] = stored{body, day(1)}
		return response(r, http.StatusOK, nil, "")
	case !there:
		return refusal(r, http.StatusNotFound, "NoSuchKey")
	}
	header := http.Header{"Etag": {o.etag()}, "Last-Modified": {o.modified.Format(http.TimeFormat)}, "Content-Length": {fmt.Sprint(len(o.body))}}
	if r.Method == http.MethodHead {
		answer := response(r, http.StatusOK, header, "")
		answer.ContentLength = int64(len(o.body))
		return answer
	}
	return response(r, http.StatusOK, header, o.body)
}

func (s *standIn) list(bucket, prefix string) string {
	type content struct{ Key string }
	var listed struct {
		XMLName     xml.Name `xml:"ListBucketResult"`
		IsTruncated bool
		Contents    []content
	}
	for at := range s.objects {
		if key, ok := strings.CutPrefix(at, strings.TrimSuffix(bucket, "/")+"/"); ok && strings.HasPrefix(key, prefix) {
			listed.Contents = append(listed.Contents, content{key})
		}
	}
	slices.SortFunc(listed.Contents, func(a, b content) int { return strings.Compare(a.Key, b.Key) })
	document, _ := xml.Marshal(listed)
	return string(document)
}

func response(r *http.Request, status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: r, ContentLength: int64(len(body))}
}

func refusal(r *http.Request, status int, code string) *http.Response {
	return response(r, status, nil, "<Error><Code>"+code+"</Code><Message>said by a test</Message></Error>")
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

// pauses notes how long an engine waited.
type pauses struct {
	all []time.Duration
	// then is done at the first pause.
	then func()
}

func (p *pauses) sleep(ctx context.Context, d time.Duration) error {
	p.all = append(p.all, d)
	if p.then != nil {
		p.then()
	}
	return ctx.Err()
}

// engine opens Athena over what is published beneath s3://bill/payer/.
func (s *standIn) engine(t *testing.T, p *pauses) *athena.Engine {
	t.Helper()
	access := s.access(t)
	e, err := athena.Open(t.Context(), access, athena.OpenBill(access, athena.Place{Bucket: "bill", Prefix: "payer"}), athena.Options{
		Workgroup: "reports", Database: "offpeak", FOCUS: "focus", CUR: "cur", Run: "2026-Q3", Sleep: p.sleep,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// publish notes a version as Publish does, without files.
func (s *standIn) publish(table, month, delivered, sum string) {
	folder := map[string]string{"FOCUS_1_2_AWS": "focus", "COST_AND_USAGE_REPORT": "cur"}[table]
	at, err := time.Parse("20060102T150405Z", delivered)
	if err != nil {
		panic(err)
	}
	s.objects["bill/payer/published/"+folder+"/"+month+"/"+delivered+"-"+sum+".json"] = stored{
		fmt.Sprintf(`{"table":%q,"month":"%s-01T00:00:00Z","sha256":%q,"delivered":%q,"manifest":"s3://exports/m"}`, table, month, sum, at.Format(time.RFC3339)), day(1),
	}
}

const workgroup = `{"WorkGroup":{"Name":"reports","State":"ENABLED","Configuration":{"BytesScannedCutoffPerQuery":1000000000,"EnforceWorkGroupConfiguration":true,
	"EngineVersion":{"EffectiveEngineVersion":"Athena engine version 3"}}}}`

func ok(body string) said { return said{http.StatusOK, body} }

func refused(code string) said {
	return said{http.StatusBadRequest, fmt.Sprintf(`{"__type":%q,"message":"said by a test"}`, code)}
}

func day(n int) time.Time { return time.Date(2026, 8, n, 6, 0, 0, 0, time.UTC) }
