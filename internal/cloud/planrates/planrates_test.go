package planrates_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/cloud/planrates"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// plansAPI speaks as Savings Plans does: plans and rates in two pages each. The stand-in for AWS does not have the service.
type plansAPI struct {
	mu     sync.Mutex
	asked  []string
	denied string
}

func (p *plansAPI) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var in struct {
		ID      string   `json:"savingsPlanId"`
		States  []string `json:"states"`
		Next    string   `json:"nextToken"`
		Filters []struct {
			Name   string   `json:"name"`
			Values []string `json:"values"`
		} `json:"filters"`
	}
	_ = json.NewDecoder(q.Body).Decode(&in)
	p.asked = append(p.asked, strings.TrimSpace(fmt.Sprintf("%s %s %v %s", q.URL.Path, in.ID, in.Filters, in.Next)))
	w.Header().Set("Content-Type", "application/json")
	if q.URL.Path == p.denied {
		w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"message": "no"}`))
		return
	}
	plan := func(id, end string) map[string]any {
		return map[string]any{"savingsPlanId": id, "end": end, "state": "active"}
	}
	rate := func(usage, rate, currency string) map[string]any {
		return map[string]any{"rate": rate, "currency": currency, "usageType": usage, "operation": "RunInstances", "unit": "Hrs", "serviceCode": "AmazonEC2"}
	}
	answer := map[string]any{}
	switch {
	case q.URL.Path == "/DescribeSavingsPlans" && in.Next == "":
		answer["savingsPlans"], answer["nextToken"] = []any{plan("old", "2026-06-30T23:59:59.000Z"), plan("ends-in-it", "2026-08-01T00:00:00.000Z")}, "two"
	case q.URL.Path == "/DescribeSavingsPlans":
		answer["savingsPlans"] = []any{plan("long", "2028-08-01T00:00:00.000Z"), plan("of-no-end", "")}
	case in.Next == "":
		answer["savingsPlanId"], answer["nextToken"] = in.ID, "two"
		answer["searchResults"] = []any{rate("APN2-BoxUsage:m5.large", "0.0718", "USD"), rate("CNN1-BoxUsage:m5.large", "0.5", "CNY")}
	default:
		answer["searchResults"] = []any{rate("APN2-BoxUsage:m5.xlarge", "0.1436", "USD")}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func TestRatesOfAnAccount(t *testing.T) {
	t.Parallel()
	api := &plansAPI{}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	access, err := cloud.Open(t.Context(), moto.Recorded(server.URL, "ap-northeast-2"))
	if err != nil {
		t.Fatal(err)
	}
	since := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	rates, err := planrates.Of(t.Context(), access, "", []fleet.Region{"ap-northeast-2", "us-east-1"}, since)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rates {
		got = append(got, fmt.Sprint(r.Plan, " ", r.UsageType, " ", r.Operation, " ", r.Rate))
	}
	var want []string
	for _, plan := range []string{"ends-in-it", "long", "of-no-end"} {
		want = append(want, plan+" APN2-BoxUsage:m5.large RunInstances 0.0718", plan+" APN2-BoxUsage:m5.xlarge RunInstances 0.1436")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(api.asked) != 2+3*2 || !strings.Contains(api.asked[2], "ends-in-it [{region [ap-northeast-2 us-east-1]}]") {
		t.Errorf("asked %q", api.asked)
	}
	for _, call := range []string{"/DescribeSavingsPlans", "/DescribeSavingsPlanRates"} {
		api.denied = call
		if rates, err := planrates.Of(t.Context(), access, "", nil, since); failure.Of(err) != failure.Denied || rates != nil || !strings.Contains(err.Error(), "savingsplans:"+call[1:]) {
			t.Errorf("%s: %v, %v", call, rates, err)
		}
	}
}
