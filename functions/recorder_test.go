package functions_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"offpeak/functions/invoke"
	"offpeak/infra/evaluate"
	"offpeak/infra/permit"
	"offpeak/internal/cloud/moto"
)

// caller is who signs a call: a role, and the account in which it is.
type caller struct{ role, account string }

// signers are the roles that programs have, by the key with which they sign: each is given one that is called like itself.
var signers = map[string]caller{
	"dispatch": {permit.DispatchRole, string(moto.Home)}, "schedule": {permit.ScheduleRole, string(moto.Home)},
	"autospot": {permit.AutoSpotRole, string(moto.Home)}, "interruption": {permit.InterruptionRole, string(moto.Home)},
	"report": {permit.ReportRole, string(moto.Home)}, "survey": {permit.SurveyRole, string(moto.Home)},
}

// logbook is what all tests of this binary have seen.
type logbook struct {
	mu      sync.Mutex
	callers map[string]caller          // of sessions, by their access key
	called  map[string]map[string]bool // by role: "statement action", as that statement let it
}

var book = &logbook{callers: maps.Clone(signers), called: map[string]map[string]bool{}}

func (b *logbook) who(key string) (caller, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.callers[key]
	return c, ok
}

func (b *logbook) enters(key string, c caller) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.callers[key] = c
}

func (b *logbook) note(role, statement, action string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.called[role] == nil {
		b.called[role] = map[string]bool{}
	}
	b.called[role][statement+" "+action] = true
}

// recorder stands before the stand-in, and before what a test has put before that, and asks IAM's rules about each call: whether the role that has
// signed it may make it by the reviewed template, on the resource as it is tagged at that instant, and whether a role lets in who assumes it.
type recorder struct {
	*httptest.Server
	law *law
	// enforces says that what IAM refuses is refused, as by AWS, instead of failing the test.
	enforces bool

	mu      sync.Mutex
	refused map[string]bool
}

// start starts a program as invoke.Start does, with a recorder before it.
func start(t testing.TB, program string, env ...string) *invoke.Function {
	t.Helper()
	r := newRecorder(t, env)
	return invoke.Start(t, program, slices.Concat(env, []string{"AWS_ENDPOINT_URL=" + r.URL, "AWS_ACCESS_KEY_ID=" + filepath.Base(filepath.Dir(program))})...)
}

// variable is the last value of an environment variable, which is the one that counts.
func variable(env []string, name string) (value string) {
	for _, v := range env {
		if text, ok := strings.CutPrefix(v, name+"="); ok {
			value = text
		}
	}
	return value
}

// newRecorder records what is asked of the endpoint of an environment.
func newRecorder(t testing.TB, env []string) *recorder {
	t.Helper()
	target, err := url.Parse(variable(env, "AWS_ENDPOINT_URL"))
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{law: lawOf(t, env), refused: map[string]bool{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host // signatures name it
		},
		ModifyResponse: r.answered,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }, // who asked is gone
	}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		body, err := io.ReadAll(in.Body)
		if err != nil {
			return
		}
		in.Body = io.NopCloser(bytes.NewReader(body))
		if allowed := r.ask(in, body); !allowed && r.enforces {
			w.WriteHeader(http.StatusForbidden)
			if in.Header.Get("X-Amz-Target") != "" {
				_, _ = io.WriteString(w, `{"__type":"AccessDeniedException","message":"not authorized"}`)
				return
			}
			_, _ = io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error><Code>AccessDenied</Code></ErrorResponse>`)
			return
		}
		proxy.ServeHTTP(w, in)
	}))
	t.Cleanup(func() {
		r.Close()
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.enforces {
			return
		}
		for i, text := range slices.Sorted(maps.Keys(r.refused)) {
			if i == 10 {
				t.Errorf("and %d more", len(r.refused)-i)
				break
			}
			t.Errorf("IAM would refuse: %s", text)
		}
	})
	return r
}

// ask asks IAM's rules about a call.
func (r *recorder) ask(in *http.Request, body []byte) (allowed bool) {
	c := parse(in, body)
	who, known := book.who(c.key)
	if !known {
		r.refuse("a call is signed by a key that no role was given: %q, %s", c.key, c.action)
		return false
	}
	allowed = true
	for _, request := range r.law.requests(c, who.account) {
		if request.Action == "sts:AssumeRole" {
			allowed = r.entering(c, who, request) && allowed
		}
		allowed = r.decide(who, request) && allowed
	}
	return allowed
}

// decide asks about each resource for itself, so as to know which statement lets it.
func (r *recorder) decide(who caller, request evaluate.Request) (allowed bool) {
	resources := request.Resources
	if len(resources) == 0 {
		resources = []evaluate.Resource{{ARN: "*"}}
	}
	allowed = true
	for _, one := range resources {
		request.Resources = []evaluate.Resource{one}
		got, err := evaluate.Decide(r.law.allowed(who), request)
		if err != nil || !got.Allowed {
			r.refuse("%s of account %s asks %s of %+v (%v): %v", who.role, who.account, request.Action, one, request.Context, err)
			allowed = false
			continue
		}
		book.note(who.role, got.By, request.Action)
	}
	return allowed
}

// entering asks the role that is assumed whether it lets in who assumes it.
func (r *recorder) entering(c signedCall, who caller, request evaluate.Request) bool {
	principal := "arn:aws:iam::" + who.account + ":role/" + who.role
	request.Principal, request.Context = principal, map[string]string{"aws:PrincipalArn": principal, "aws:PrincipalOrgID": organization}
	if id := c.form.Get("ExternalId"); id != "" {
		request.Context["sts:ExternalId"] = id
	}
	trust, err := r.law.trust(roleOf(request.Resources[0].ARN))
	if err != nil {
		r.refuse("%s enters by %s: %v", who.role, request.Resources[0].ARN, err)
		return false
	}
	request.Resources = nil
	got, err := evaluate.Decide(trust, request)
	if err != nil || !got.Allowed {
		r.refuse("%s does not let in %s (%v): %v", c.form.Get("RoleArn"), principal, request.Context, err)
		return false
	}
	return true
}

var arnOfRole = regexp.MustCompile(`^arn:aws:iam::(\d{12}):role/(.+)$`)

func roleOf(arn string) caller {
	if m := arnOfRole.FindStringSubmatch(arn); m != nil {
		return caller{m[2], m[1]}
	}
	return caller{}
}

// answered learns which session a key is of.
func (r *recorder) answered(answer *http.Response) error {
	if answer.Request.Body == nil || !strings.Contains(answer.Request.Header.Get("Authorization"), "/sts/") {
		return nil
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	given, session := keyID.FindSubmatch(body), sessionARN.FindSubmatch(body)
	if given != nil && session != nil {
		book.enters(string(given[1]), caller{string(session[2]), string(session[1])})
	}
	return nil
}

var sessionARN = regexp.MustCompile(`arn:aws:sts::(\d{12}):assumed-role/([^/<]+)/`)

// denied is what was refused.
func (r *recorder) denied() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.refused))
}

func (r *recorder) refuse(format string, values ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused[fmt.Sprintf(format, values...)] = true
}
