package coverage_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/coverage"
)

func someFacts() coverage.Facts {
	return coverage.Facts{
		Payer: payer, From: ends.AddDate(0, 0, -7), To: ends, Written: now, Source: "a bill of a test", Gaps: []string{"a file is torn"},
		Groups: []coverage.Group{{ARN: webARN, Units: 3, Covered: 2, Hours: 168}, {ARN: webARN + "-2", Doubt: "the bill shows no hour of it"}},
	}
}

func TestFactsAreKept(t *testing.T) {
	t.Parallel()
	want := someFacts()
	data, err := json.Marshal(&want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := coverage.Parse(data)
	if diff := cmp.Diff(got, want); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	if g, ok := got.Of(webARN); !ok || g.Units != 3 {
		t.Errorf("%+v, %v", g, ok)
	}
	if _, ok := got.Of("arn:aws:nobody"); ok {
		t.Error("nobody is known")
	}
	for days, stale := range map[int]bool{0: false, 14: false, 15: true} {
		if got.Stale(ends.AddDate(0, 0, days)) != stale {
			t.Errorf("after %d days: stale is not %t", days, stale)
		}
	}
	for _, row := range []struct{ says, old, new, want string }{
		{"another format", "offpeak-committed/1", "offpeak-committed/2", "the format is"},
		{"a member that nobody knows", `"hours":168`, `"hours":168,"days":7`, "unknown field"},
		{"no payer", `"payer":"999999999999"`, `"payer":"9"`, "payer"},
		{"a month of days", `"from":"2026-11-13`, `"from":"2026-10-13`, "is not one to 7 days"},
		{"no days", `"to":"2026-11-20`, `"to":"2026-11-13`, "is not one to 7 days"},
		{"a group that is none", string(webARN) + `-2`, "web", "is no ARN"},
		{"a group twice", string(webARN) + `-2`, string(webARN), "stands twice"},
		{"more covered than counted", `"covered":2`, `"covered":4`, "cannot be"},
		{"units below zero", `"units":3,"covered":2`, `"units":-3,"covered":-4`, "cannot be"},
		{"more hours than there are", `"hours":168`, `"hours":169`, "cannot be"},
		{"text behind", `"groups"`, `"groups"`, ""},
	} {
		text := strings.Replace(string(data), row.old, row.new, 1)
		if row.want == "" {
			text, row.want = text+"{}", "text follows"
		}
		if _, err := coverage.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", row.says, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	facts := someFacts()
	data, err := json.Marshal(&facts)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := coverage.Parse(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(&got)
		if err != nil {
			t.Skip(err) // years that no JSON holds
		}
		same, err := coverage.Parse(again)
		if diff := cmp.Diff(same, got, cmp.Comparer(time.Time.Equal)); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}
