package moto

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// answers are those that moto does not have, in AWS's documented form: it answers DescribeInstanceRefreshes with an error of its own.
var answers = map[string]string{
	"Action=DescribeInstanceRefreshes": `<DescribeInstanceRefreshesResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">` +
		`<DescribeInstanceRefreshesResult><InstanceRefreshes/></DescribeInstanceRefreshesResult>` +
		`<ResponseMetadata><RequestId>mended</RequestId></ResponseMetadata></DescribeInstanceRefreshesResponse>`,
}

// Mended returns a server that stands before this one and answers what it cannot: nothing refreshes its instances, and the deployments of
// services, which go on for ever in moto, are done.
func (s *Server) Mended(t testing.TB) *Server {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // signatures name it
		},
		ModifyResponse: deployed,
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for call, answer := range answers {
			if bytes.Contains(body, []byte(call)) {
				w.Header().Set("Content-Type", "text/xml")
				_, _ = io.WriteString(w, answer)
				return
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return &Server{URL: front.URL, tether: s.tether}
}

// deployed ends the deployments in an answer of ECS.
func deployed(r *http.Response) error {
	if !strings.Contains(r.Request.Header.Get("X-Amz-Target"), "ContainerService") {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	body = bytes.ReplaceAll(body, []byte(`"rolloutState": "IN_PROGRESS"`), []byte(`"rolloutState": "COMPLETED"`))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}
