package moto

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// Priced returns a server that stands before this one and has a price list, which moto answers with an error of its own: everything costs as many
// USD an hour. asked counts the questions.
func (s *Server) Priced(t testing.TB, usd string) (front *Server, asked func() int) {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int64
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // signatures name it
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "AWSPriceListService.GetProducts" {
			proxy.ServeHTTP(w, r)
			return
		}
		n.Add(1)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if err := answerPrice(w, r.Body, usd); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return &Server{URL: server.URL, tether: s.tether}, func() int { return int(n.Load()) }
}

// answerPrice answers a question with the one product that has the attributes that it asks for.
func answerPrice(w io.Writer, question io.Reader, usd string) error {
	var in struct {
		Filters []struct{ Field, Value string }
	}
	if err := json.NewDecoder(question).Decode(&in); err != nil {
		return err
	}
	attributes := map[string]string{"locationType": "AWS Region", "usagetype": "BoxUsage:any"}
	for _, f := range in.Filters {
		attributes[f.Field] = f.Value
	}
	type object map[string]any
	product, err := json.Marshal(object{
		"product": object{"attributes": attributes, "sku": "PRICED"}, "publicationDate": "2026-11-01T00:00:00Z",
		"terms": object{"OnDemand": object{"PRICED.1": object{
			"priceDimensions": object{"PRICED.1.1": object{"unit": "Hrs", "beginRange": "0", "endRange": "Inf", "pricePerUnit": object{"USD": usd}}},
			"effectiveDate":   "2026-11-01T00:00:00Z",
		}}},
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(object{"FormatVersion": "aws_v1", "PriceList": []string{string(product)}})
}
