package savings_test

import (
	"strings"
	"testing"

	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
)

// TestOfOthersNothingIsSaid: a ledger is of several payers. What is wrong with one's part of it is said to that one alone, by the account in a key or of a resource.
func TestOfOthersNothingIsSaid(t *testing.T) {
	t.Parallel()
	b, entries := oneNight()
	stranger := instance("i-stranger")
	stranger.ARN, stranger.Scope.Account = "arn:aws:ec2:ap-northeast-2:999988887777:instance/i-stranger", "999988887777"
	entries.night(stranger, evening, morning) // of which no enrolment is recorded
	with := func(accounts ...fleet.AccountID) string {
		s := compute(t, b, entries, func(in *savings.Input) {
			in.Accounts = accounts
			in.Entries = func(yield func(ledger.Entry, error) bool) {
				for _, key := range []string{
					"ledger/date=2026-07-02/account=" + string(dev) + "/region=ap-northeast-2/103000Z-a-1.jsonl",
					"ledger/date=2026-07-02/account=999988887777/region=ap-northeast-2/103000Z-b-1.jsonl",
					"ledger/compacted/month=2026-06/account=999988887777/region=ap-northeast-2/part.parquet",
					"ledger/who-knows.jsonl",
				} {
					if !yield(ledger.Entry{}, &ledger.Damage{Key: key, What: "torn"}) {
						return
					}
				}
				entries.all()(yield)
			}
		})
		var said []string
		for _, g := range s.Gaps {
			if g.Code == savings.LedgerDamage || g.Code == savings.NoEnrolment {
				said = append(said, g.Says)
			}
		}
		return strings.Join(said, "\n")
	}
	own := with(dev)
	if strings.Contains(own, "9999") || strings.Contains(own, "stranger") || strings.Count(own, "torn") != 2 {
		t.Errorf("the payer of %s is told:\n%s", dev, own)
	}
	if all := with(); strings.Count(all, "torn") != 4 || !strings.Contains(all, "i-stranger: its enrolment is not in the ledger") {
		t.Errorf("where no accounts are given, everything is told:\n%s", all)
	}
}
