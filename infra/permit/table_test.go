package permit_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/infra/permit"
)

var update = flag.Bool("update", false, "write the table in docs/security.md anew")

// TestTheTableOfThePage: docs/security.md says what the code says.
func TestTheTableOfThePage(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- table of infra/permit: begin -->\n", "<!-- table of infra/permit: end -->\n"
	path := filepath.Join("..", "..", "docs", "security.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), begin)
	table, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the table", path)
	}
	example := permit.Hub{
		Organization: "o-ab12cd34ef", Accounts: []string{"888899990000"}, Key: true, Spot: true, Reports: true, WellArchitected: true, Payers: []string{"444455556666"}, Sender: "finops@example.com",
		Operators: []string{"aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_CloudOps_*"}, Readers: []string{"finance"},
	}
	account := permit.Spoke{
		Tags: []string{"offpeak:schedule"}, Organization: "o-ab12cd34ef", Protected: []permit.Tag{{Key: "Environment", Values: []string{"prod", "prd"}}},
		Operators: true, Readers: true, AutoSpot: true, Reports: true,
	}
	want := "\n" + permit.Table(append(example.Roles(), account.Schedule(), account.Read(), account.Spot(), permit.Events("ap-northeast-2"))) +
		"### The hub's own things\n\nWhat their policies say beside it: no access without TLS.\n\n" +
		permit.PolicyTable(example.Policies("ap-northeast-2", "${TagChanges.Arn}", "${DatabaseRestarts.Arn}", "${SpotInterruptions.Arn}", "${FailedLaunches.Arn}", "${DeliveriesCame.Arn}", "${MailsCameBack.Arn}")) + "\n"
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil { //nolint:gosec // for everybody to read
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("%s (-update writes it anew):\n%s", path, diff)
	}
}
