package sample_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/sample"
)

// What is written must be what is read: nothing of a report is lost in its JSON.
func TestAReportComesBackFromItsJSON(t *testing.T) {
	t.Parallel()
	want := sample.Report(60)
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got reports.Report
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&got, want); diff != "" {
		t.Errorf("(-read +written)\n%s", diff)
	}
}

// Every view of what was avoided splits the same amount: the causes, and what the resources say of each.
func TestTheSampleAddsUp(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 60} {
		r := sample.Report(n)
		var causes, parts, values money.USD
		for i := range r.Avoided.Causes {
			causes = causes.Add(r.Avoided.Causes[i].Value())
		}
		for i := range r.Resources {
			values = values.Add(r.Resources[i].Value())
			for _, part := range r.Resources[i].Causes {
				parts = parts.Add(part.Amount)
			}
		}
		for name, got := range map[string]money.USD{"causes": causes, "causes of resources": parts, "resources": values} {
			if want := r.Avoided.Total.Value(); !got.Equal(want) {
				t.Errorf("%d resources: the %s add up to %s, the headline is %s", n, name, got, want)
			}
		}
	}
}
