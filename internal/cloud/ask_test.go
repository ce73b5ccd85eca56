package cloud_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"offpeak/internal/failure"
)

// TestAsk: one call of the JSON protocol, signed, tried again where that may help, and with errors that have a class.
func TestAsk(t *testing.T) {
	t.Parallel()
	type said struct {
		status int
		text   string
	}
	value := said{200, `{"Parameter":{"Name":"/offpeak/kill-switch","Type":"String","Value":"no-stops","Version":3}}`}
	for _, row := range []struct {
		name    string
		answers []said // the last one again and again
		class   failure.Class
		tries   int
	}{
		{"answered", []said{value}, "", 1},
		{"throttled once", []said{{400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`}, value}, "", 2},
		{"a fault of AWS's, once", []said{{500, `{"__type":"InternalServerError"}`}, value}, "", 2},
		{"a fault of something between", []said{{502, `<html>Bad Gateway</html>`}, {502, ``}, value}, "", 3},
		{"throttled for good", []said{{400, `{"__type":"ThrottlingException"}`}}, failure.Throttled, 3},
		{"a fault for good", []said{{500, `{"__type":"InternalServerError"}`}}, failure.Unreachable, 3},
		{"it is not there", []said{{400, `{"__type":"com.amazonaws.ssm#ParameterNotFound"}`}}, failure.Gone, 1},
		{"it is denied", []said{{400, `{"__type":"AccessDeniedException","Message":"User: x is not authorized to perform: ssm:GetParameter"}`}}, failure.Denied, 1},
		{"credentials that have run out", []said{{400, `{"__type":"ExpiredTokenException","message":"expired"}`}}, failure.Denied, 1},
		{"the key of another kind of parameter", []said{{400, `{"__type":"AccessDeniedException","message":"not authorized to perform: kms:Decrypt"}`}}, failure.Key, 1},
		{"no JSON", []said{{200, `hello`}}, failure.Other, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(_ string, n int) (int, string) {
				a := row.answers[min(n, len(row.answers))-1]
				return a.status, a.text
			})
			access := open(t, s.URL, &clock{}, nil)
			var answer struct{ Parameter struct{ Value string } }
			err := access.Ask(t.Context(), "ssm", "AmazonSSM.GetParameter", map[string]string{"Name": "/offpeak/kill-switch"}, &answer)
			if failure.Of(err) != row.class || err == nil && answer.Parameter.Value != "no-stops" {
				t.Errorf("%+v, %s: %v", answer, failure.Of(err), err)
			}
			if len(s.asked) != row.tries || access.Calls().Attempts()["ssm:GetParameter"] != row.tries || s.asked[0] != `{"Name":"/offpeak/kill-switch"}` {
				t.Errorf("asked %q, counted %v", s.asked, access.Calls().Attempts())
			}
		})
	}
}

// TestAskIsSigned: for the service and the region, at the time of the clock.
func TestAskIsSigned(t *testing.T) {
	t.Parallel()
	var header http.Header
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(s.Close)
	access := open(t, s.URL, &clock{now: time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC)}, nil)
	if err := access.Ask(t.Context(), "ssm", "AmazonSSM.GetParameter", struct{}{}, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	if a := header.Get("Authorization"); !strings.Contains(a, "/20261120/ap-northeast-2/ssm/aws4_request") || !strings.Contains(a, "x-amz-target") || header.Get("X-Amz-Target") != "AmazonSSM.GetParameter" {
		t.Errorf("%v", header)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := access.Ask(stopped, "ssm", "AmazonSSM.GetParameter", struct{}{}, &struct{}{}); failure.Of(err) != failure.Unreachable {
		t.Errorf("an interrupt: %v", err)
	}
}
