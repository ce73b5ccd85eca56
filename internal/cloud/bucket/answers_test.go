package bucket_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/bucket"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/failure"
	"offpeak/internal/objects"
)

// The stand-in is never slow, never undecided and enforces no permission; what S3 answers then is told by its API reference.

// answer is one answer of S3's. A lost one is carried out, but the connection breaks before it arrives.
type answer struct {
	status int
	code   string
	region string
	lost   bool
}

// s3 answers calls in turn. What it is told to carry out it keeps, with the write's name.
type standIn struct {
	mu      sync.Mutex
	answers []answer
	asked   []string
	etag    string
	name    string
	body    string
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	condition := r.Header.Get("If-Match") + r.Header.Get("If-None-Match")
	s.asked = append(s.asked, strings.TrimSpace(r.Method+" "+condition))
	body, _ := io.ReadAll(r.Body)
	if len(s.answers) == 0 {
		http.Error(w, "not expected", http.StatusTeapot)
		return
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	if r.Method == http.MethodPut && a.status == http.StatusOK {
		s.body, s.etag, s.name = string(body), fmt.Sprintf(`"%x"`, len(s.asked)), r.Header.Get("X-Amz-Meta-Offpeak-Write")
	}
	switch {
	case a.lost:
		panic(http.ErrAbortHandler)
	case a.status == http.StatusOK && r.Method == http.MethodGet:
		w.Header().Set("X-Amz-Meta-Offpeak-Write", s.name)
		fallthrough
	case a.status == http.StatusOK:
		w.Header().Set("ETag", s.etag)
		if r.Method == http.MethodGet {
			io.WriteString(w, s.body)
		}
	default:
		w.Header().Set("X-Amz-Bucket-Region", a.region)
		w.WriteHeader(a.status)
		fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>said by a test</Message><RequestId>R1</RequestId></Error>`, a.code)
	}
}

func (s *standIn) open(t *testing.T) *bucket.Store {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	access, err := cloud.Open(t.Context(), (&moto.Server{URL: server.URL}).Options())
	if err != nil {
		t.Fatal(err)
	}
	return bucket.Open(access, "ledger", "", moto.Region)
}

var (
	done      = answer{status: 200}
	lost      = answer{status: 200, lost: true}
	broken    = answer{status: 412, code: "PreconditionFailed"}
	conflict  = answer{status: 409, code: "ConditionalRequestConflict"}
	noKey     = answer{status: 404, code: "NoSuchKey"}
	slow      = answer{status: 503, code: "SlowDown"}
	denied    = answer{status: 403, code: "AccessDenied"}
	elsewhere = answer{status: 301, code: "PermanentRedirect", region: "ap-northeast-2"}
)

func TestAnswersToWrites(t *testing.T) {
	t.Parallel()
	const create, replace = "PUT *", `PUT "e1"`
	tests := []struct {
		name    string
		version objects.Version // empty: it is created
		there   *standIn        // what another has written before
		answers []answer
		asked   []string
		want    error
		class   failure.Class
		pauses  int
	}{
		{name: "created", answers: []answer{done}, asked: []string{create}},
		{name: "there already", there: anothers(), answers: []answer{broken, done}, asked: []string{create, "GET"}, want: objects.ErrExists},
		{
			name: "there already with the same content: another writer's all the same", there: &standIn{etag: `"e9"`, name: "ANOTHER", body: "content"},
			answers: []answer{broken, done}, asked: []string{create, "GET"}, want: objects.ErrExists,
		},
		{name: "there when it was to be created, and gone when it was looked at", answers: []answer{broken, noKey}, asked: []string{create, "GET"}, want: objects.ErrExists},
		{name: "created, but the answer was lost: the repeated try finds its own object", answers: []answer{lost, broken, done}, asked: []string{create, create, "GET"}},
		{name: "replaced, but the answer was lost: the repeated try finds its own object", version: `"e1"`, answers: []answer{lost, broken, done}, asked: []string{replace, replace, "GET"}},
		{name: "changed by another", version: `"e1"`, there: anothers(), answers: []answer{broken, done}, asked: []string{replace, "GET"}, want: objects.ErrChanged},
		{name: "deleted by another", version: `"e1"`, answers: []answer{noKey, noKey}, asked: []string{replace, "GET"}, want: objects.ErrChanged},
		{name: "undecided once, then created", answers: []answer{conflict, done}, asked: []string{create, create}, pauses: 1},
		{name: "undecided once, then there", there: anothers(), answers: []answer{conflict, broken, done}, asked: []string{create, create, "GET"}, want: objects.ErrExists, pauses: 1},
		{name: "undecided, because another deleted it", version: `"e1"`, answers: []answer{conflict, noKey, noKey}, asked: []string{replace, replace, "GET"}, want: objects.ErrChanged, pauses: 1},
		{
			name: "undecided to the end: what is there decides", there: anothers(), answers: []answer{conflict, conflict, conflict, conflict, conflict, done},
			asked: []string{create, create, create, create, create, "GET"}, want: objects.ErrExists, pauses: 4,
		},
		{
			name: "undecided to the end, changed", version: `"e1"`, there: anothers(), answers: []answer{conflict, conflict, conflict, conflict, conflict, done},
			asked: []string{replace, replace, replace, replace, replace, "GET"}, want: objects.ErrChanged, pauses: 4,
		},
		{
			name: "undecided to the end, nothing there: later", answers: []answer{conflict, conflict, conflict, conflict, conflict, noKey},
			asked: []string{create, create, create, create, create, "GET"}, class: failure.InTransition, pauses: 4,
		},
		{
			name: "undecided to the end, still as it was read: later", version: `"e1"`, there: &standIn{etag: `"e1"`}, answers: []answer{conflict, conflict, conflict, conflict, conflict, done},
			asked: []string{replace, replace, replace, replace, replace, "GET"}, class: failure.InTransition, pauses: 4,
		},
		{name: "undecided, then done with the answer lost", answers: []answer{conflict, lost, conflict, broken, done}, asked: []string{create, create, create, create, "GET"}, pauses: 2},
		{name: "refused, and what is there may not be read", answers: []answer{broken, denied}, asked: []string{create, "GET"}, class: failure.Denied},
		{name: "S3 is slow twice", answers: []answer{slow, slow, done}, asked: []string{create, create, create}},
		{name: "S3 stays slow", answers: []answer{slow, slow, slow}, asked: []string{create, create, create}, class: failure.Throttled},
		{name: "denied", answers: []answer{denied}, asked: []string{create}, class: failure.Denied},
		{name: "never answered", answers: []answer{lost, lost, lost}, asked: []string{create, create, create}, class: failure.Unreachable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s3 := test.there
			if s3 == nil {
				s3 = &standIn{}
			}
			s3.answers = test.answers
			store := s3.open(t)
			pauses := store.WithoutPauses()
			var version objects.Version
			var err error
			if test.version == "" {
				version, err = store.Create(t.Context(), "key", []byte("content"))
			} else {
				version, err = store.Replace(t.Context(), "key", []byte("content"), test.version)
			}
			switch {
			case test.want != nil && !errors.Is(err, test.want), test.class != "" && failure.Of(err) != test.class:
				t.Errorf("got %v (%s), want %v %s", err, failure.Of(err), test.want, test.class)
			case test.want == nil && test.class == "" && (err != nil || string(version) != s3.etag || s3.body != "content"):
				t.Errorf("got version %s, %v; want %s", version, err, s3.etag)
			case test.class != "" && (errors.Is(err, objects.ErrExists) || errors.Is(err, objects.ErrChanged)):
				t.Errorf("%v passes for a decision of S3's", err)
			}
			if !slices.Equal(s3.asked, test.asked) {
				t.Errorf("asked %q, want %q", s3.asked, test.asked)
			}
			if pauses() != test.pauses {
				t.Errorf("%d pauses, want %d", pauses(), test.pauses)
			}
		})
	}
}

func anothers() *standIn { return &standIn{etag: `"e9"`, name: "ANOTHER", body: "theirs"} }

func TestAnObjectThatWasNotThereIsNotReplaced(t *testing.T) {
	t.Parallel()
	s3 := &standIn{}
	if _, err := s3.open(t).Replace(t.Context(), "key", nil, ""); !errors.Is(err, objects.ErrChanged) || len(s3.asked) != 0 {
		t.Errorf("got %v after %v: a condition that is empty is none to S3", err, s3.asked)
	}
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		answer answer
		class  failure.Class
		says   string
	}{
		{"the bucket is in another region", elsewhere, failure.Other, "read s3://ledger/key: the bucket is in ap-northeast-2: set that as its region"},
		{"the region is in the signature's error", answer{status: 400, code: "AuthorizationHeaderMalformed", region: "eu-west-1"}, failure.Other, "the bucket is in eu-west-1"},
		{"there is no such bucket", answer{status: 404, code: "NoSuchBucket"}, failure.Gone, "there is no such bucket: check its name"},
		{"a role without s3:ListBucket is denied what is not there", denied, failure.Denied, "s3:ListBucket on the bucket"},
		{"the key of the bucket cannot be used", answer{status: 400, code: "KMS.DisabledException"}, failure.Key, "read s3://ledger/key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for verb, call := range map[string]func(*bucket.Store) error{
				"read":   func(s *bucket.Store) error { _, _, err := s.Read(t.Context(), "key"); return err },
				"create": func(s *bucket.Store) error { _, err := s.Create(t.Context(), "key", nil); return err },
				"delete": func(s *bucket.Store) error { return s.Delete(t.Context(), "key") },
				"list": func(s *bucket.Store) error {
					for _, err := range s.List(t.Context(), "key") {
						return err
					}
					return nil
				},
			} {
				s3 := &standIn{answers: []answer{test.answer}}
				err := call(s3.open(t))
				if err == nil || failure.Of(err) != test.class || !strings.Contains(err.Error(), strings.Replace(test.says, "read", verb, 1)) {
					t.Errorf("%s: got %v (%s), want %s: %s", verb, err, failure.Of(err), test.class, test.says)
				}
				if errors.Is(err, objects.ErrNotFound) {
					t.Errorf("%s: %v passes for an object that is not there", verb, err)
				}
			}
		})
	}
}
