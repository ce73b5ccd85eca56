package moto_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
)

func TestAccountsAreEnteredByTheirRole(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1") // the machine's own configuration does not count
	t.Setenv("AWS_ACCESS_KEY_ID", "somebody")
	server := moto.Start(t)
	if again := moto.Start(t); again != server {
		t.Error("a second server was started")
	}
	access, err := cloud.Open(t.Context(), server.Options())
	if err != nil {
		t.Fatal(err)
	}
	account, _, err := access.Self(t.Context())
	if err != nil || account != moto.Home {
		t.Errorf("the base credentials are of %s, %v; want %s", account, err, moto.Home)
	}
	if access.Region() != moto.Region {
		t.Errorf("the region is %s, want %s", access.Region(), moto.Region)
	}
	client := sts.NewFromConfig(access.Config(fleet.Scope{Account: "111122223333"}))
	if who, err := client.GetCallerIdentity(t.Context(), nil); err != nil || aws.ToString(who.Account) != "111122223333" {
		t.Errorf("entered %v, %v; want 111122223333", who, err)
	}
	restricted := server.Options("111122223333")
	if _, entered := restricted.RoleOf("111122223333"); !entered {
		t.Error("an account that was named is not entered by its role")
	}
	if _, entered := restricted.RoleOf("444455556666"); entered {
		t.Error("an account that was not named is entered by a role")
	}
}
