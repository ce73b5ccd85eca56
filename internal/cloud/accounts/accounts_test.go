package accounts_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/accounts"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

const (
	dev   fleet.AccountID = "111122223333"
	stg   fleet.AccountID = "222233334444"
	prod  fleet.AccountID = "333344445555"
	other fleet.AccountID = "999900001111"
)

// find asks an AWS that answers as told.
func (f *fakeAWS) find(t *testing.T, p accounts.Plan) (accounts.Found, error) {
	t.Helper()
	options := (&moto.Server{URL: f.serve(t)}).Options()
	options.RoleOf = p.RoleOf
	access, err := cloud.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return accounts.Find(t.Context(), access, p)
}

func TestAccountsOfTheOrganization(t *testing.T) {
	t.Parallel()
	f := &fakeAWS{organization: organization}
	found, err := f.find(t, accounts.Plan{
		In: []string{"r-ab12"}, Out: []string{"ou-ab12-prod"}, Listed: []fleet.AccountID{other, "444455556666"}, Role: "offpeak-schedule",
		Regions: []fleet.Region{"us-east-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		ID         fleet.AccountID
		Name, Path string
	}
	var got []line
	for _, a := range found.Accounts {
		got = append(got, line{a.ID, a.Name, a.Path})
	}
	want := []line{
		{"100000000000", "management", "Root"},
		{dev, "pay-dev", "Root/Workloads/Dev"},
		{stg, "pay-stg", "Root/Workloads/Dev"}, // on a second page, after an empty one
		{other, "", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := len(found.Findings); n != 3 {
		t.Errorf("%d findings, want 3: %v", n, found.Findings)
	}
	for i, want := range []string{
		"Account 444455556666 (old-dev) in Root/Workloads/Dev is not looked into: AWS Organizations calls it suspended.",
		"Account 555566667777 (older) in Root/Workloads/Dev is not looked into: AWS Organizations calls it pending closure.",
		"Account 666677778888 (oldest) in Root/Workloads/Dev is not looked into: AWS Organizations calls it closed.",
	} {
		if i < len(found.Findings) && (found.Findings[i].Text != want || found.Findings[i].Class != failure.Denied) {
			t.Errorf("got  %q\nwant %q", found.Findings[i].Text, want)
		}
	}
	if found.Partial() {
		t.Error("nothing will be different next time, and yet it is called partial")
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		in, out  []string
		want     []fleet.AccountID
		findings []string
	}{
		{"a unit with those beneath it", []string{"ou-ab12-work"}, nil, []fleet.AccountID{dev, stg, prod}, nil},
		{"one within another is come to once", []string{"ou-ab12-work", "ou-ab12-deve"}, nil, []fleet.AccountID{dev, stg, prod}, nil},
		{"the inner first", []string{"ou-ab12-deve", "ou-ab12-work"}, nil, []fleet.AccountID{dev, stg, prod}, nil},
		{"in and out at once is out", []string{"ou-ab12-deve"}, []string{"ou-ab12-deve"}, nil, nil},
		{"one elsewhere is out without more ado", []string{"ou-ab12-prod"}, []string{"ou-ab12-deve"}, []fleet.AccountID{prod}, nil},
		{"in, but not there", []string{"ou-ab12-none", "ou-ab12-prod"}, nil, []fleet.AccountID{prod}, []string{"Unit ou-ab12-none of the organization cannot be read, so accounts beneath it are not looked into: OrganizationalUnitNotFoundException"}},
		{"out, but not there", []string{"ou-ab12-prod"}, []string{"ou-ab12-none"}, []fleet.AccountID{prod}, []string{"Unit ou-ab12-none of the organization cannot be read, so it is to be left out, and nothing could be"}},
		{"a root that there is not", []string{"r-zz99"}, nil, nil, []string{"the organization has no root r-zz99"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := &fakeAWS{organization: organization}
			found, err := f.find(t, accounts.Plan{In: test.in, Out: test.out, Role: "offpeak", Regions: []fleet.Region{"us-east-1"}})
			if err != nil {
				t.Fatal(err)
			}
			if got := ids(found); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if n := len(found.Findings); n > 3+len(test.findings) {
				t.Errorf("%d findings: a closed account is found twice", n)
			}
			found.Findings = slices.DeleteFunc(found.Findings, func(f accounts.Finding) bool { return f.Account != "" }) // closed ones have a test
			check(t, found, test.findings)
		})
	}
}

func TestAnOrganizationThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for code, class := range map[string]failure.Class{
		"AccessDeniedException": failure.Denied, "AWSOrganizationsNotInUseException": failure.Other, "TooManyRequestsException": failure.Throttled,
	} {
		f := &fakeAWS{organization: organization, fails: map[string]string{"ListAccountsForParent": code}}
		found, err := f.find(t, accounts.Plan{In: []string{"ou-ab12-prod"}, Listed: []fleet.AccountID{dev}, Role: "offpeak"})
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(found); !slices.Equal(got, []fleet.AccountID{dev}) {
			t.Errorf("%s: got %v: a listed account goes on", code, got)
		}
		check(t, found, []string{"Unit ou-ab12-prod of the organization cannot be read, so its accounts are not looked into: " + code})
		if len(found.Findings) == 1 && (found.Findings[0].Class != class || found.Findings[0].Remedy == "" || found.Partial() != class.Passes()) {
			t.Errorf("%s: %v, partial %v", code, found.Findings[0], found.Partial())
		}
	}
}

func TestAnAccountThatCannotBeEnteredHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	for code, remedy := range map[string]string{"AccessDenied": "with the external id of the policy", "Throttling": "tried again next time"} {
		f := &fakeAWS{organization: organization, noRole: map[fleet.AccountID]string{stg: code}}
		plan := accounts.Plan{
			Listed: []fleet.AccountID{stg, dev}, Role: "offpeak-schedule", ExternalID: "s3cret",
			Outside: []accounts.Outside{{other, cloud.Role{ARN: "arn:aws:iam::" + string(other) + ":role/affiliate", ExternalID: "x1"}}},
		}
		found, err := f.find(t, plan)
		if err != nil {
			t.Fatal(err)
		}
		check(t, found, []string{"Account 222233334444 cannot be entered by arn:aws:iam::222233334444:role/offpeak-schedule, so nothing in it is looked into: " + code})
		if x := found.Findings; len(x) == 1 && (!strings.Contains(x[0].Remedy, remedy) || x[0].Account != stg) {
			t.Errorf("%v", x)
		}
		regions := []fleet.Region{"ap-northeast-2", "ca-west-1", "us-east-1"}
		want := []accounts.Account{
			{ID: dev, Role: cloud.Role{ARN: "arn:aws:iam::111122223333:role/offpeak-schedule", ExternalID: "s3cret"}, Regions: regions},
			{ID: other, Role: plan.Outside[0].Role, Outside: true, Regions: regions},
		}
		if diff := cmp.Diff(want, found.Accounts); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[fleet.AccountID]string{dev: "s3cret", other: "x1"}, f.externals()); diff != "" {
			t.Errorf("external ids: %s", diff)
		}
	}
}

func TestRegions(t *testing.T) {
	t.Parallel()
	denied := map[string]string{"ListRegions": "AccessDeniedException"}
	both := map[string]string{"ListRegions": "AccessDeniedException", "DescribeRegions": "UnauthorizedOperation"}
	for _, test := range []struct {
		name     string
		wanted   []fleet.Region
		fails    map[string]string
		want     []fleet.Region
		findings []string
	}{
		{"none said: those that are enabled, on two pages", nil, nil, []fleet.Region{"ap-northeast-2", "ca-west-1", "us-east-1"}, nil},
		{"those that are said, in order, once", []fleet.Region{"us-east-1", "ap-northeast-2", "us-east-1"}, nil, []fleet.Region{"ap-northeast-2", "us-east-1"}, nil},
		{
			"one that is disabled is a finding",
			[]fleet.Region{"us-east-1", "ap-east-1"},
			nil,
			[]fleet.Region{"us-east-1"},
			[]string{"Region ap-east-1 of account 111122223333 is not looked into: it is disabled there."},
		},
		{
			"one that is being enabled is one",
			[]fleet.Region{"me-south-1"},
			nil, nil,
			[]string{"Region me-south-1 of account 111122223333 is not looked into: it is enabling there."},
		},
		{"a role that may ask only EC2", nil, denied, []fleet.Region{"ap-northeast-2", "ca-west-1", "us-east-1"}, nil},
		{
			"a role that may ask only EC2, and a region that is disabled",
			[]fleet.Region{"ap-east-1"},
			denied, nil,
			[]string{"Region ap-east-1 of account 111122223333 is not looked into: it is disabled there."},
		},
		{
			"a role that may ask nobody: those that are said",
			[]fleet.Region{"us-east-1", "eu-west-9"},
			both,
			[]fleet.Region{"eu-west-9", "us-east-1"},
			[]string{"The regions of account 111122223333 cannot be read, so those of the policy are taken as they are: AccessDeniedException"},
		},
		{
			"a role that may ask nobody, and nothing said", nil, both, nil,
			[]string{"The regions of account 111122223333 cannot be read, so nothing in it is looked into: AccessDeniedException"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := &fakeAWS{organization: organization, fails: test.fails}
			found, err := f.find(t, accounts.Plan{Listed: []fleet.AccountID{dev}, Role: "offpeak", Regions: test.wanted})
			if err != nil {
				t.Fatal(err)
			}
			var got []fleet.Region
			for _, s := range found.Scopes() {
				got = append(got, s.Region)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if !slices.Equal(ids(found), []fleet.AccountID{dev}) {
				t.Errorf("an account without regions is left out: %v", found.Accounts)
			}
			check(t, found, test.findings)
		})
	}
}

func TestWhatMakesEveryAnswerWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		plan accounts.Plan
		want string
	}{
		{"an account id that lost its zero", accounts.Plan{Listed: []fleet.AccountID{"11122223333"}}, `"11122223333" is not an account id`},
	} {
		f := &fakeAWS{organization: organization}
		if _, err := f.find(t, test.plan); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

// TestARegionThatThereIsNot is told once, whatever the number of accounts, and the other regions are looked into.
func TestARegionThatThereIsNot(t *testing.T) {
	t.Parallel()
	f := &fakeAWS{organization: organization}
	found, err := f.find(t, accounts.Plan{Listed: []fleet.AccountID{dev, stg}, Role: "offpeak", Regions: []fleet.Region{"us-east-1", "ap-notheast-2"}})
	if err != nil || len(found.Scopes()) != 2 || len(found.Findings) != 1 {
		t.Fatalf("%v: %+v", err, found)
	}
	if f := found.Findings[0]; f.Account != "" || f.Region != "ap-notheast-2" || !strings.Contains(f.Text, "AWS has no region") || !strings.Contains(f.Remedy, "Did you mean ap-northeast-2?") {
		t.Errorf("%+v", f)
	}
}

func TestTheOrderOfThePlanDoesNotMatter(t *testing.T) {
	t.Parallel()
	plan := accounts.Plan{
		Listed: []fleet.AccountID{other, dev, "800000000000"}, In: []string{"ou-ab12-work", "ou-ab12-deve"}, Role: "offpeak",
		Regions: []fleet.Region{"us-east-1", "ap-east-1", "ap-northeast-2"},
	}
	var first accounts.Found
	for i := range 4 {
		f := &fakeAWS{organization: organization, noRole: map[fleet.AccountID]string{stg: "AccessDenied", other: "AccessDenied"}}
		found, err := f.find(t, plan)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = found
		}
		if diff := cmp.Diff(first, found); diff != "" {
			t.Fatal(diff)
		}
		slices.Reverse(plan.Listed)
		slices.Reverse(plan.Regions)
		if i%2 == 1 {
			slices.Reverse(plan.In)
		}
	}
}

func TestRolesOfAccounts(t *testing.T) {
	t.Parallel()
	plan := accounts.Plan{Role: "offpeak", Own: dev, Partition: "aws-cn", Outside: []accounts.Outside{{other, cloud.Role{ARN: "arn:aws-cn:iam::999900001111:role/x"}}}}
	for id, want := range map[fleet.AccountID]string{dev: "", stg: "arn:aws-cn:iam::222233334444:role/offpeak", other: "arn:aws-cn:iam::999900001111:role/x"} {
		if role, entered := plan.RoleOf(id); role.ARN != want || entered != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", id, role.ARN, entered, want)
		}
	}
	plan.Read, plan.ReadRole = []fleet.AccountID{stg, other, dev}, "look"
	for id, want := range map[fleet.AccountID]string{dev: "", stg: "arn:aws-cn:iam::222233334444:role/look", other: "arn:aws-cn:iam::999900001111:role/x"} {
		if role, _ := plan.RoleOf(id); role.ARN != want {
			t.Errorf("%s, in which nothing is changed: got %q, want %q", id, role.ARN, want)
		}
	}
	plan.Read, plan.Looks = nil, true
	plan.Outside = append(plan.Outside,
		accounts.Outside{ID: "999900001112", Role: cloud.Role{ARN: "arn:aws-cn:iam::999900001112:role/team/offpeak", ExternalID: "theirs"}},
		accounts.Outside{ID: "999900001113", Role: cloud.Role{ARN: "arn:aws-cn:iam::999900001113:role/my-offpeak", ExternalID: "theirs"}})
	for id, want := range map[fleet.AccountID]cloud.Role{
		dev: {}, stg: {ARN: "arn:aws-cn:iam::222233334444:role/look"}, other: {ARN: "arn:aws-cn:iam::999900001111:role/x"},
		"999900001112": {ARN: "arn:aws-cn:iam::999900001112:role/team/look", ExternalID: "theirs"},
		"999900001113": {ARN: "arn:aws-cn:iam::999900001113:role/my-offpeak", ExternalID: "theirs"},
	} {
		if role, _ := plan.RoleOf(id); role != want {
			t.Errorf("%s, for who only looks: got %+v, want %+v", id, role, want)
		}
	}
	plan.ReadRole = ""
	if role, _ := plan.RoleOf(stg); role.ARN != "arn:aws-cn:iam::222233334444:role/offpeak" {
		t.Errorf("without a role to look by: %q", role.ARN)
	}
	if _, entered := (accounts.Plan{}).RoleOf(stg); entered {
		t.Error("a plan without a role enters by one")
	}
}

// Moto tells no regions of an account, so this one goes by those of EC2.
func TestAnOrganizationOfTheStandIn(t *testing.T) {
	t.Parallel()
	server := moto.Start(t)
	plan := accounts.Plan{Role: "offpeak-schedule", Regions: []fleet.Region{"eu-central-1", "ap-northeast-2"}}
	options := server.Options()
	options.RoleOf = plan.RoleOf
	access, err := cloud.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	client := organizations.NewFromConfig(access.Config(fleet.Scope{}))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = client.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{})
	must(err)
	roots, err := client.ListRoots(t.Context(), nil)
	must(err)
	root := roots.Roots[0].Id
	workloads, err := client.CreateOrganizationalUnit(t.Context(), &organizations.CreateOrganizationalUnitInput{ParentId: root, Name: aws.String("Workloads")})
	must(err)
	var want []fleet.AccountID
	for _, name := range []string{"kept-1", "kept-2", "closed"} {
		created, err := client.CreateAccount(t.Context(), &organizations.CreateAccountInput{AccountName: &name, Email: aws.String(name + "@example.com")})
		must(err)
		id := created.CreateAccountStatus.AccountId
		_, err = client.MoveAccount(t.Context(), &organizations.MoveAccountInput{AccountId: id, SourceParentId: root, DestinationParentId: workloads.OrganizationalUnit.Id})
		must(err)
		if name == "closed" {
			_, err = client.CloseAccount(t.Context(), &organizations.CloseAccountInput{AccountId: id})
			must(err)
			continue
		}
		want = append(want, fleet.AccountID(aws.ToString(id)))
	}
	slices.Sort(want)
	plan.In = []string{aws.ToString(workloads.OrganizationalUnit.Id)}
	found, err := accounts.Find(t.Context(), access, plan)
	must(err)
	if got := ids(found); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, a := range found.Accounts {
		if a.Path != "Workloads" || !slices.Equal(a.Regions, []fleet.Region{"ap-northeast-2", "eu-central-1"}) {
			t.Errorf("got %+v", a)
		}
	}
	if len(found.Findings) != 1 || !strings.Contains(found.Findings[0].Text, "(closed) in Workloads is not looked into") {
		t.Errorf("findings: %+v", found.Findings)
	}
}

func ids(f accounts.Found) []fleet.AccountID {
	var ids []fleet.AccountID
	for _, a := range f.Accounts {
		ids = append(ids, a.ID)
	}
	return ids
}

func check(t *testing.T, f accounts.Found, want []string) {
	t.Helper()
	if len(f.Findings) != len(want) {
		t.Errorf("%d findings, want %d: %+v", len(f.Findings), len(want), f.Findings)
		return
	}
	for i, w := range want {
		if !strings.Contains(f.Findings[i].Text, w) || f.Findings[i].Remedy == "" {
			t.Errorf("got  %q\nwant %q", f.Findings[i].Text, w)
		}
	}
}
