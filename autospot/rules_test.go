package autospot_test

import (
	"strings"
	"testing"

	"offpeak/autospot"
	"offpeak/internal/fleet"
)

func TestWishes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says    string
		tags    fleet.Tags
		want    autospot.Answer
		profile string
		problem string
		remedy  string
	}{
		{"no tag", nil, autospot.Silent, "default", "", ""},
		{"yes, in any case and with blanks", fleet.Tags{{Key: "offpeak:spot", Value: " YES "}}, autospot.Yes, "default", "", ""},
		{"a profile", fleet.Tags{{Key: "offpeak:spot", Value: "batch"}}, autospot.Yes, "batch", "", ""},
		{"the default by its name", fleet.Tags{{Key: "offpeak:spot", Value: "default"}}, autospot.Yes, "default", "", ""},
		{"a profile in another case is another one", fleet.Tags{{Key: "offpeak:spot", Value: "Batch"}}, autospot.Unclear, "default", `"Batch"`, "did you mean batch?"},
		{"no", fleet.Tags{{Key: "offpeak:spot", Value: "No"}}, autospot.No, "default", "", ""},
		{"ignore", fleet.Tags{{Key: "offpeak:spot", Value: "ignore"}}, autospot.No, "default", "", ""},
		{"nothing", fleet.Tags{{Key: "offpeak:spot", Value: ""}}, autospot.Unclear, "default", "is empty", "say yes, no, batch, default"},
		{"true", fleet.Tags{{Key: "offpeak:spot", Value: "True"}}, autospot.Unclear, "default", `"True"`, "say yes"},
		{"off", fleet.Tags{{Key: "offpeak:spot", Value: "off"}}, autospot.Unclear, "default", `"off"`, "say no"},
		{"something else", fleet.Tags{{Key: "offpeak:spot", Value: "as much as you can"}}, autospot.Unclear, "default", "as much", "say yes, no, batch, default"},
		{"yes and ignore", fleet.Tags{{Key: "offpeak:schedule", Value: "ignore"}, {Key: "offpeak:spot", Value: "yes"}}, autospot.Unclear, "default", "leave it alone", "remove one"},
		{"no and ignore agree", fleet.Tags{{Key: "offpeak:schedule", Value: "ignore"}, {Key: "offpeak:spot", Value: "no"}}, autospot.No, "default", "", ""},
		{"the key in another case", fleet.Tags{{Key: "OffPeak:spot", Value: "yes"}}, autospot.Silent, "default", "OffPeak:spot", "rename"},
	} {
		got := rules().Wish(row.tags)
		if got.Answer != row.want || got.Profile.Name != row.profile || !strings.Contains(got.Problem, row.problem) || !strings.Contains(got.Remedy, row.remedy) || (row.problem == "") != (got.Problem == "") {
			t.Errorf("%s: got %+v", row.says, got)
		}
	}
}

func TestTheZeroRulesMoveNothing(t *testing.T) {
	t.Parallel()
	if w := (&autospot.Rules{}).Wish(fleet.Tags{{Key: "", Value: "yes"}, {Key: "offpeak:spot", Value: "yes"}}); w.Answer != autospot.Silent {
		t.Errorf("got %+v", w)
	}
	if p := (&autospot.Rules{Keys: fleet.KeysWithPrefix("offpeak:")}).Wish(fleet.Tags{{Key: "offpeak:spot", Value: "yes"}}).Profile; p.MinimumSaving != autospot.DefaultProfile().MinimumSaving {
		t.Errorf("yes means %+v where the policy has no profiles", p)
	}
}
