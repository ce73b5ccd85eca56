package functions_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"offpeak/internal/fleet"
)

// call is one call to AWS, as far as it can be told from outside who makes it, where, and what it asks for.
type call struct {
	account         fleet.AccountID // whose role signed it, or is asked for; empty: the hub's own
	region, service string
	body            string // of forms, unescaped
	method, path    string
}

// answered is what AWS says to a call instead of the stand-in; a status of zero lets the stand-in answer.
type answered func(call) (status int, text string)

// trouble stands before the stand-in and answers some calls as AWS does where something is wrong, in AWS's documented forms: the stand-in knows
// neither denied roles, nor expired credentials, nor regions that are not enabled.
type trouble struct {
	*httptest.Server
	mu     sync.Mutex
	answer answered
	keys   map[string]fleet.AccountID // by access key: the account of the role that it was given for
	told   []string                   // what was published
}

var (
	signed  = regexp.MustCompile(`Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request`)
	roleARN = regexp.MustCompile(`arn:aws:iam::(\d{12}):role/`)
	keyID   = regexp.MustCompile(`<AccessKeyId>([^<]+)</AccessKeyId>`)
)

// troubled is a stage whose functions reach AWS through trouble.
func troubled(t *testing.T, account fleet.AccountID) (*stage, *trouble) {
	t.Helper()
	s := set(t, account)
	target, err := url.Parse(s.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	x := &trouble{keys: map[string]fleet.AccountID{}}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		c := x.read(r, string(body))
		x.mu.Lock()
		answer := x.answer
		x.mu.Unlock()
		if answer != nil {
			if status, text := answer(c); status != 0 {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, text)
				return
			}
		}
		seen := httptest.NewRecorder()
		proxy.ServeHTTP(seen, r)
		if m := keyID.FindStringSubmatch(seen.Body.String()); m != nil && strings.Contains(c.body, "Action=AssumeRole") {
			x.mu.Lock()
			x.keys[m[1]] = c.account
			x.mu.Unlock()
		}
		for name, values := range seen.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(seen.Code)
		_, _ = w.Write(seen.Body.Bytes())
	}))
	t.Cleanup(x.Close)
	s.env = append(s.env, "AWS_ENDPOINT_URL="+x.URL)
	return s, x
}

// read tells who calls.
func (x *trouble) read(r *http.Request, body string) call {
	c := call{body: body, method: r.Method, path: r.URL.Path}
	if form, err := url.QueryUnescape(body); err == nil {
		c.body = form
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if m := signed.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		c.account, c.region, c.service = x.keys[m[1]], m[2], m[3]
	}
	if m := roleARN.FindStringSubmatch(c.body); m != nil && strings.Contains(c.body, "Action=AssumeRole") {
		c.account = fleet.AccountID(m[1])
	}
	if c.service == "sns" {
		x.told = append(x.told, c.body)
	}
	return c
}

// begins lets AWS answer so from now on.
func (x *trouble) begins(a answered) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.answer = a
}

// said reports whether something was told to people.
func (x *trouble) said(text string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.Contains(strings.Join(x.told, "\n"), text)
}

// refusesEntry refuses to give an account's role.
func refusesEntry(account fleet.AccountID, code, message string) answered {
	return func(c call) (int, string) {
		if c.account != account || !strings.Contains(c.body, "Action=AssumeRole") {
			return 0, ""
		}
		return http.StatusForbidden, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + message +
			`</Message></Error><RequestId>1</RequestId></ErrorResponse>`
	}
}

// refusesEC2 refuses EC2's calls of an account, all its regions or one.
func refusesEC2(account fleet.AccountID, region, code, message string) answered {
	return func(c call) (int, string) {
		if c.account != account || c.service != "ec2" || region != "" && c.region != region {
			return 0, ""
		}
		return http.StatusForbidden, `<Response><Errors><Error><Code>` + code + `</Code><Message>` + message + `</Message></Error></Errors><RequestID>1</RequestID></Response>`
	}
}

// batch is an event of wakes, one for each scope.
func batch(scopes ...fleet.Scope) events.SQSEvent {
	var event events.SQSEvent
	for _, scope := range scopes {
		event.Records = append(event.Records, events.SQSMessage{
			MessageId: scope.String(), Body: `{"scope":{"account":"` + string(scope.Account) + `","region":"` + string(scope.Region) + `"}}`,
		})
	}
	return event
}
