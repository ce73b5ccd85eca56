package fleet_test

import (
	"testing"

	"offpeak/internal/fleet"
)

func TestWhereAResourceBelongs(t *testing.T) {
	t.Parallel()
	const mine, other = fleet.AccountID("111122223333"), fleet.AccountID("444455556666")
	environments := fleet.NewEnvironments([]fleet.Environment{
		{Name: "dev", Accounts: []fleet.AccountID{mine}, Tags: map[string][]string{"Environment": {"dev", "개발"}}},
		{Name: "stg", Tags: map[string][]string{"environment": {"stg"}}},
		{Name: "prod", Tags: map[string][]string{"Environment": {"prod"}, "Tier": {"live"}}, Protected: true},
		{Name: "shared", Accounts: []fleet.AccountID{"777788889999"}, Protected: true},
	})
	for _, row := range []struct {
		says     string
		account  fleet.AccountID
		tags     fleet.Tags
		in, also string
		name     string
	}{
		{"its account", mine, nil, "dev", "", "dev"},
		{"a tag, whatever the case of key and value, and with blanks", other, fleet.Tags{{Key: "ENVIRONMENT", Value: " Dev "}}, "dev", "", "dev"},
		{"a value in another script", other, fleet.Tags{{Key: "Environment", Value: "개발"}}, "dev", "", "dev"},
		{"account and tag agree", mine, fleet.Tags{{Key: "Environment", Value: "dev"}}, "dev", "", "dev"},
		{"account and tag disagree", mine, fleet.Tags{{Key: "Environment", Value: "stg"}}, "dev", "stg", ""},
		{"a protected one goes first", mine, fleet.Tags{{Key: "Tier", Value: "LIVE"}}, "prod", "", "prod"},
		{"two that are protected are one as good as the other", "777788889999", fleet.Tags{{Key: "Environment", Value: "prod"}}, "prod", "", "prod"},
		{"neither account nor tags", other, fleet.Tags{{Key: "Environment", Value: "qa"}, {Key: "Team", Value: "dev"}}, "", "", ""},
	} {
		for range 2 { // what a value means is remembered
			b := environments.Of(&fleet.Resource{Scope: fleet.Scope{Account: row.account}, Tags: row.tags})
			if in, also := nameOf(b.In), nameOf(b.Other); in != row.in || also != row.also || b.Name() != row.name {
				t.Errorf("%s: in %q, also in %q, called %q", row.says, in, also, b.Name())
			}
		}
	}
}

func nameOf(e *fleet.Environment) string {
	if e == nil {
		return ""
	}
	return e.Name
}
