package delivery_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/reports"
	"offpeak/reports/delivery"
)

func TestAMailIsKnownByItsTags(t *testing.T) {
	t.Parallel()
	for _, id := range []delivery.ID{
		{Payer: "111122223333", Quarter: "2026Q3", State: reports.Provisional},
		{Payer: "111122223333", Quarter: "2026Q4", State: reports.Final},
		{Payer: "111122223333", Quarter: "2026Q1", State: reports.Restated, Revision: 12},
	} {
		got, ok := delivery.IDOf(id.Tags())
		if diff := cmp.Diff(id, got); diff != "" || !ok {
			t.Errorf("%v (-want +got):\n%s", ok, diff)
		}
	}
	for name, tags := range map[string]map[string]string{
		"none":                {},
		"of another program":  {"campaign": "spring"},
		"no account":          {"offpeak-payer": "../x", "offpeak-quarter": "2026Q3", "offpeak-state": "final"},
		"no quarter":          {"offpeak-payer": "111122223333", "offpeak-quarter": "2026Q5", "offpeak-state": "final"},
		"no state":            {"offpeak-payer": "111122223333", "offpeak-quarter": "2026Q3", "offpeak-state": "lost"},
		"restated, not which": {"offpeak-payer": "111122223333", "offpeak-quarter": "2026Q3", "offpeak-state": "restated"},
		"restated never":      {"offpeak-payer": "111122223333", "offpeak-quarter": "2026Q3", "offpeak-state": "restated-00"},
	} {
		if id, ok := delivery.IDOf(tags); ok {
			t.Errorf("%s: %+v", name, id)
		}
	}
}
