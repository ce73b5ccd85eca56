package policy_test

import (
	"testing"

	"offpeak/internal/policy"
)

// TestRolesThatAreNotNamed are offpeak's own; who names one of their own has not deployed offpeak's, and looks by the one that is named.
func TestRolesThatAreNotNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ accounts, role, read string }{
		{``, "offpeak-schedule", "offpeak-read"},
		{`accounts: {list: ["111122223333"]}`, "offpeak-schedule", "offpeak-read"},
		{`accounts: {list: ["111122223333"], read_role: look}`, "offpeak-schedule", "look"},
		{`accounts: {list: ["111122223333"], role: OrganizationAccountAccessRole}`, "OrganizationAccountAccessRole", "OrganizationAccountAccessRole"},
		{`accounts: {list: ["111122223333"], role: act, read_role: look}`, "act", "look"},
	} {
		p, err := policy.Load("offpeak.yaml", []byte("timezone: Asia/Seoul\nenvironments: {dev: {accounts: [\"111122223333\"]}}\n"+test.accounts+"\n"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if p.Accounts.Role != test.role || p.Accounts.ReadRole != test.read {
			t.Errorf("%q: %s, %s", test.accounts, p.Accounts.Role, p.Accounts.ReadRole)
		}
	}
}
