package functions_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"offpeak/infra/evaluate"
	"offpeak/internal/cloud/moto"
)

// recorder stands before the stand-in and keeps what a function asks of the hub's own things, as IAM would be asked about it.
type recorder struct {
	*httptest.Server
	mu       sync.Mutex
	requests []evaluate.Request
}

func newRecorder(t testing.TB, behind *moto.Server) *recorder {
	t.Helper()
	target, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(target)
		p.Out.Host = p.In.Host // signatures name it
	}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		body, err := io.ReadAll(in.Body)
		if err != nil {
			return
		}
		in.Body = io.NopCloser(bytes.NewReader(body))
		if request, ok := asIAMSees(in, body); ok {
			r.mu.Lock()
			r.requests = append(r.requests, request)
			r.mu.Unlock()
		}
		proxy.ServeHTTP(w, in)
	}))
	t.Cleanup(r.Close)
	return r
}

// asIAMSees says what a call needs; false for calls into accounts, which other roles make, and for those that need nothing.
func asIAMSees(in *http.Request, body []byte) (evaluate.Request, bool) {
	on := func(action, arn string, context map[string]string) (evaluate.Request, bool) {
		return evaluate.Request{Action: action, Resources: []evaluate.Resource{{ARN: arn}}, Context: context}, true
	}
	form, _ := url.ParseQuery(string(body))
	switch call := nameOf(in, body); {
	case strings.HasPrefix(call, "s3:"):
		name, path, _ := strings.Cut(strings.TrimPrefix(in.URL.Path, "/"), "/")
		if host, _, virtual := strings.Cut(in.Host, ".127.0.0.1"); virtual || strings.Contains(in.Host, ".localhost") { // the bucket stands in the host
			name, path = host, strings.TrimPrefix(in.URL.Path, "/")
		}
		context := map[string]string{}
		if v := in.Header.Get("If-None-Match"); v != "" {
			context["s3:if-none-match"] = v
		}
		if in.URL.Query().Get("list-type") != "" {
			return on("s3:ListBucket", "arn:aws:s3:::"+name, context)
		}
		action := map[string]string{http.MethodGet: "s3:GetObject", http.MethodPut: "s3:PutObject", http.MethodDelete: "s3:DeleteObject"}[in.Method]
		return on(action, "arn:aws:s3:::"+name+"/"+path, context)
	case call == "sqs:SendMessageBatch":
		return on("sqs:SendMessage", "wakes", nil)
	case call == "sns:Publish":
		return on("sns:Publish", form.Get("TopicArn"), nil)
	case call == "sts:AssumeRole":
		return on("sts:AssumeRole", form.Get("RoleArn"), map[string]string{"aws:ResourceOrgID": "o-ab12cd34ef"})
	}
	return evaluate.Request{}, false
}

// permitted puts everything that was asked to the role of the reviewed template. What a template of the organization's would allow, entering
// accounts, is asked of another template: see infra.
func (r *recorder) permitted(t testing.TB, read stack, role string, parts map[string]string) {
	t.Helper()
	values := map[string]any{
		"AWS::Partition": "aws", "AWS::AccountId": string(moto.Home), "AWS::URLSuffix": "amazonaws.com", "Store.Arn": "arn:aws:s3:::" + parts["Store"],
		"Wakes.Arn": "wakes", "Failures.Arn": "failures", "Alerts": parts["Alerts"], "DispatchLog.Arn": "log", "ScheduleLog.Arn": "log",
	}
	policy := read.Resources[role]["Properties"].(map[string]any)["Policies"].([]any)[0].(map[string]any)["PolicyDocument"]
	resolved, err := evaluate.Resolve(policy, values)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, request := range r.requests {
		if !slices.Contains(actions, request.Action) {
			actions = append(actions, request.Action)
		}
		if request.Action == "sts:AssumeRole" {
			continue
		}
		got, err := evaluate.Decide([]map[string]any{resolved.(map[string]any)}, request)
		if err != nil || !got.Allowed {
			t.Errorf("%s asks %s of %s (%v), which its role does not allow: %v", role, request.Action, request.Resources[0].ARN, request.Context, err)
		}
	}
	slices.Sort(actions)
	t.Logf("%s: %d requests, %v", role, len(r.requests), actions)
	if !slices.Contains(actions, "s3:GetObject") || !slices.Contains(actions, "s3:PutObject") || !slices.Contains(actions, "s3:ListBucket") {
		t.Errorf("too little was seen of what %s does: %v", role, actions)
	}
}
