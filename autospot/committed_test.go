package autospot_test

import (
	"slices"
	"strings"
	"testing"

	"offpeak/autospot"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

func TestWhatIsPaidForAnyway(t *testing.T) {
	t.Parallel()
	const doubt = "no bill was told"
	for _, row := range []struct {
		says      string
		resource  fleet.Resource
		committed autospot.Committed
		begin     bool
		moves     bool
		against   string // a code
		why       string
	}{
		{"nothing of a group", webGroup(), autospot.Committed{}, false, true, "", "move to Spot"},
		{"all of a group", webGroup(), autospot.Committed{Units: 12}, false, false, "all-on-demand", "12 are paid for by commitments anyway"},
		{"not known of a group", webGroup(), autospot.Committed{Doubt: doubt}, false, false, "", "it waits until it is known"},
		{"not known of a group that a person begins", webGroup(), autospot.Committed{Doubt: doubt}, true, true, "", "move to Spot"},
		{"nothing of an instance", box(), autospot.Committed{}, false, true, "", "persistent Spot instance"},
		{"an instance", box(), autospot.Committed{Units: 1}, false, false, "committed", "pays for it anyway"},
		{"not known of an instance", box(), autospot.Committed{Doubt: doubt}, false, false, "", "it waits until it is known"},
		{"services are not asked about", apiService(), autospot.Committed{Units: 8, Doubt: doubt}, false, true, "", "of its tasks run on Spot"},
	} {
		p := newPlay(t, row.resource)
		arn := row.resource.ARN
		p.options.Committed = map[fleet.ARN]autospot.Committed{arn: row.committed}
		p.options.Begin = map[fleet.ARN]bool{arn: row.begin}
		made, advices := p.look()
		a := advices[0]
		if (len(made.Actions) == 1) != row.moves || !strings.Contains(a.Why, row.why) {
			t.Errorf("%s: %d acts, %s", row.says, len(made.Actions), a.Why)
		}
		if row.against != "" && (len(a.Against) == 0 || string(a.Against[0].Code) != row.against) {
			t.Errorf("%s: %+v", row.says, a.Against)
		}
		doubted := row.committed.Doubt != "" && row.resource.Kind != fleet.ECSService
		if noted := len(a.Noted) == 1 && a.Noted[0].Code == autospot.CommitmentsUnknown && strings.Contains(a.Noted[0].Says, doubt); noted != doubted {
			t.Errorf("%s: noted %+v", row.says, a.Noted)
		}
		if a.Doubted != (doubted && !row.begin) || a.Doubted && a.Remedy != autospot.TellCommitments {
			t.Errorf("%s: doubted %t, %s", row.says, a.Doubted, a.Remedy)
		}
	}
}

// TestAdviceInDoubtIsGiven: what is only advised may be advised in doubt, which is said beside it.
func TestAdviceInDoubtIsGiven(t *testing.T) {
	t.Parallel()
	p := newPlay(t, webGroup())
	p.options = autospot.Options{Committed: map[fleet.ARN]autospot.Committed{webGroup().ARN: {Doubt: "the bill is old"}}}
	made, advices := p.look()
	if advices[0].Move == nil || len(advices[0].Noted) != 1 || !slices.ContainsFunc(made.Findings, func(f plan.Finding) bool { return f.Code == plan.SpotAdvised }) {
		t.Errorf("%+v, %+v", advices[0].Why, made.Findings)
	}
}
