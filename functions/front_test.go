package functions_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"offpeak/internal/cloud/moto"
)

// front stands before the stand-in for those of AWS's services that it does not have, or cannot be told to fail: it answers what one of them answers, and passes everything else on.
type front struct {
	*httptest.Server
	services []service
	proxy    http.Handler

	mu sync.Mutex
	// sees, if set, is told of each call that was passed on, when it was answered.
	sees func(r *http.Request, status int)
}

// service answers a call; false leaves it to others.
type service interface {
	answer(w http.ResponseWriter, r *http.Request, body []byte) bool
}

func newFront(t testing.TB, behind *moto.Server, services ...service) *front {
	t.Helper()
	target, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{services: services, proxy: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // signatures name it
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Context().Err() != nil {
			return // who asked is gone
		}
		for _, s := range f.services {
			if s.answer(w, r, body) {
				return
			}
		}
		answer := f.pass(r, body)
		f.mu.Lock()
		sees := f.sees
		f.mu.Unlock()
		if sees != nil {
			sees(r, answer.Code)
		}
		give(w, answer)
	}))
	t.Cleanup(f.Close)
	return f
}

// pass asks the stand-in, which does what it is asked also where who asked is gone by then.
func (f *front) pass(r *http.Request, body []byte) *httptest.ResponseRecorder {
	r = r.WithContext(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	f.proxy.ServeHTTP(answer, r)
	return answer
}

// watch has calls that were passed on told of; nil: no more.
func (f *front) watch(sees func(r *http.Request, status int)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sees = sees
}

func give(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// signedFor is the service for which a call is signed.
func signedFor(r *http.Request) string {
	if m := signature.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		return m[3]
	}
	return ""
}

// writes tells whether a call writes an object whose key ends so.
func writes(r *http.Request, suffix string) bool {
	return r.Method == http.MethodPut && signedFor(r) == "s3" && strings.HasSuffix(r.URL.Path, suffix)
}
