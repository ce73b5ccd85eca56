package sample_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

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
