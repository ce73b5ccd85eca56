package commitments_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/commitments"
)

func TestReplayMustExplainTheBill(t *testing.T) {
	t.Parallel()
	type hour struct {
		replayed []commitments.Use
		billed   []commitments.Billed
	}
	use := func(id commitments.CommitmentID, used, unused string) commitments.Use {
		return commitments.Use{ID: id, Used: usd(used), Unused: usd(unused), Hourly: usd(used).Add(usd(unused))}
	}
	bill := func(id commitments.CommitmentID, used, unused string) commitments.Billed {
		return commitments.Billed{ID: id, Used: usd(used), Unused: usd(unused)}
	}
	one := func(u commitments.Use, b commitments.Billed) []hour {
		return []hour{{[]commitments.Use{u}, []commitments.Billed{b}}}
	}
	for _, row := range []struct {
		name     string
		hours    []hour
		residual string
		known    bool
		claim    string
	}{
		{"no hour", nil, "0", false, "no adjusted claim: no billed hour was replayed"},
		{"an hour without commitments", []hour{{}}, "0", true, ""},
		{"the same", one(use("sp", "0.75", "0.25"), bill("sp", "0.75", "0.25")), "0", true, ""},
		{"half a percent is still explained", one(use("sp", "0.755", "0.245"), bill("sp", "0.75", "0.25")), "0.005", true, ""},
		{
			"more is not", one(use("sp", "0.756", "0.244"), bill("sp", "0.75", "0.25")), "0.006", true,
			"no adjusted claim: the replay misses the bill's commitments by 0.60 %, more than 0.5 %",
		},
		{
			"hours do not cancel out",
			append(one(use("sp", "1", "0"), bill("sp", "0", "1")), one(use("sp", "0", "1"), bill("sp", "1", "0"))...), "1", true,
			"no adjusted claim: the replay misses the bill's commitments by 100.00 %, more than 0.5 %",
		},
		{
			"nor do commitments", []hour{{
				[]commitments.Use{use("a", "1", "0"), use("b", "0", "1")}, []commitments.Billed{bill("a", "0", "1"), bill("b", "1", "0")},
			}}, "1", true, "no adjusted claim: the replay misses the bill's commitments by 100.00 %, more than 0.5 %",
		},
		{
			"a commitment that only the bill knows",
			[]hour{{nil, []commitments.Billed{bill("sp", "0.4", "0")}}},
			"1", true,
			"no adjusted claim: the replay misses the bill's commitments by 100.00 %, more than 0.5 %",
		},
		{
			"one that only the replay knows",
			[]hour{{[]commitments.Use{use("sp", "1", "0")}, nil}},
			"0", false,
			"no adjusted claim: commitments were replayed of which the bill says nothing",
		},
	} {
		var r commitments.Reconciliation
		for _, h := range row.hours {
			r.Add(h.replayed, h.billed)
		}
		residual, known := r.Residual()
		if residual.String() != row.residual || known != row.known {
			t.Errorf("%s: got %s, %v, want %s, %v", row.name, residual, known, row.residual, row.known)
		}
		claim := ""
		if err := r.Claim(); err != nil {
			claim = err.Error()
		}
		if claim != row.claim {
			t.Errorf("%s: got %q, want %q", row.name, claim, row.claim)
		}
	}
}

func TestDifferencesAreNamed(t *testing.T) {
	t.Parallel()
	var r commitments.Reconciliation
	for range 2 {
		r.Add([]commitments.Use{{ID: "b", Used: usd("0.5"), Unused: usd("0.5")}, {ID: "a", Used: usd("1")}},
			[]commitments.Billed{{ID: "a", Used: usd("0.9"), Unused: usd("0.2")}, {ID: "b", Used: usd("0.5"), Unused: usd("0.5")}})
	}
	want := []commitments.Difference{{ID: "a", Apart: usd("0.4"), Of: usd("2.2")}, {ID: "b", Apart: usd("0"), Of: usd("2")}}
	if diff := cmp.Diff(want, r.Differences()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
