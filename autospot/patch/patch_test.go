package patch_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/autospot/patch"
	"offpeak/internal/fleet"
)

var update = flag.Bool("update", false, "write the expected texts")

// TestPatches compares every text with the one that was read over.
func TestPatches(t *testing.T) {
	t.Parallel()
	template := &fleet.Template{ID: "lt-0a1b2c3d4e5f60718", Version: "7", Number: 7}
	for name, row := range map[string]struct {
		kind     fleet.Kind
		purchase fleet.Purchase
	}{
		"group": {fleet.AutoScalingGroup, fleet.Purchase{
			Template: template, Rebalance: true,
			Mix: &fleet.Mix{Base: 2, AboveBase: 25, Strategy: "price-capacity-optimized", Types: []string{"m5.large", "m5a.large", "m6i.large"}},
		}},
		"group-back": {fleet.AutoScalingGroup, fleet.Purchase{Template: template}},
		"service": {fleet.ECSService, fleet.Purchase{Providers: []fleet.Provider{
			{Name: "FARGATE_SPOT", Weight: 3, Spot: true}, {Name: "FARGATE", Base: 1, Weight: 1},
		}}},
		"instance": {fleet.EC2Instance, fleet.Purchase{Lifecycle: fleet.SpotPersistent}},
	} {
		var b strings.Builder
		for _, language := range patch.Languages() {
			b.WriteString("== " + string(language) + "\n" + patch.Of(row.kind, row.purchase, language))
		}
		file := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b.String(), string(want)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNothingToPatch(t *testing.T) {
	t.Parallel()
	for _, language := range patch.Languages() {
		for _, row := range []struct {
			kind     fleet.Kind
			purchase fleet.Purchase
		}{
			{fleet.RDSInstance, fleet.Purchase{}}, {fleet.ECSService, fleet.Purchase{}}, {fleet.EC2Instance, fleet.Purchase{}},
		} {
			if text := patch.Of(row.kind, row.purchase, language); text != "" {
				t.Errorf("%s in %s: %s", row.kind, language, text)
			}
		}
	}
}
