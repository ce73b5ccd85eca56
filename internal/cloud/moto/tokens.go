package moto

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// tokens are the instances that were run under client tokens.
type tokens struct {
	mu  sync.Mutex
	ran map[string]string
}

var ranID = regexp.MustCompile(`<instanceId>(i-[0-9a-f]+)</instanceId>`)

// Tokens returns a server that stands before this one and finds instances by the client token that they were run under, which moto answers with an
// error of its own: it asks moto for the instance's id instead. It also tells the device of an instance's root volume, which moto leaves out, and keeps tags of
// an image's snapshots from it, which it cannot take.
func (s *Server) Tokens(t testing.TB) *Server {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	k := &tokens{ran: map[string]string{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // signatures name it
		},
		ModifyResponse: rooted,
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			form = url.Values{} // of another protocol
		}
		if form.Get("Filter.1.Name") == "client-token" {
			body = []byte(k.byID(form).Encode())
		}
		if form.Get("Action") == "CreateImage" {
			body = []byte(withoutTagsOfSnapshots(form).Encode())
		}
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(body))), int64(len(body))
		if form.Get("Action") != "RunInstances" {
			proxy.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, r)
		k.note(form.Get("ClientToken"), answer.Body.String())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(front.Close)
	return &Server{URL: front.URL, tether: s.tether}
}

// byID asks for the instances that were run under the tokens of a filter; for one that there is not where none was.
func (k *tokens) byID(form url.Values) url.Values {
	k.mu.Lock()
	defer k.mu.Unlock()
	known := "i-00000000000000000"
	for name, values := range form {
		if strings.HasPrefix(name, "Filter.1.Value.") {
			if id := k.ran[values[0]]; id != "" {
				known = id
			}
			form.Del(name)
		}
	}
	form.Set("Filter.1.Name", "instance-id")
	form.Set("Filter.1.Value.1", known)
	return form
}

// withoutTagsOfSnapshots leaves the tags of the image, which are told first.
func withoutTagsOfSnapshots(form url.Values) url.Values {
	for name := range form {
		if strings.HasPrefix(name, "TagSpecification.2.") {
			form.Del(name)
		}
	}
	return form
}

func (k *tokens) note(token, answer string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if id := ranID.FindStringSubmatch(answer); id != nil && token != "" {
		k.ran[token] = id[1]
	}
}

// rooted tells which device of an instance is its root.
func rooted(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(body), "<rootDeviceType>ebs</rootDeviceType>", "<rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/sda1</rootDeviceName>")
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Length", strconv.Itoa(len(text)))
	return nil
}
