package spend_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/reports"
	"offpeak/reports/spend"
)

// arnOf is the ARN of an instance of the development account.
func arnOf(id string) fleet.ARN {
	return "arn:aws:ec2:ap-northeast-2:111122223333:instance/" + fleet.ARN(id)
}

// instances are running instances of an owner, in the inventory and on the bill.
func instances(b *bill, owner string, names ...string) (all []spend.Resource) {
	for _, id := range names {
		b.ran(id, july, quarter.To, nil)
		all = append(all, resource(func(r *spend.Resource) {
			r.ID, r.ARN, r.OptedIn = id, arnOf(id), true
			r.Tags = fleet.NewTags(fleet.Tag{Key: "env", Value: "dev"}, fleet.Tag{Key: "Owner", Value: owner}, fleet.Tag{Key: "offpeak:schedule", Value: "offce"})
		}))
	}
	return all
}

// typo is a schedule tag that names no schedule, and what it was to be.
func typo(t testing.TB, arn fleet.ARN) spend.Finding {
	t.Helper()
	return spend.Finding{
		ARN: arn, Code: "unknown-schedule", Written: fleet.Tag{Key: "offpeak:schedule", Value: "offce"},
		Mends: []fleet.Tag{{Key: "offpeak:schedule", Value: "office"}}, Hours: workingHours(t, "mon-fri 08:00-20:00"),
	}
}

func only(s *spend.Spend, code string) (all []reports.Action) {
	for _, a := range s.Actions {
		if a.Code == code {
			all = append(all, a)
		}
	}
	return all
}

// A typo in a tag keeps an instance running day and night: 46.82 dollars a month lie outside the hours that it was to have.
func TestAFindingIsWhole(t *testing.T) {
	t.Parallel()
	b := (&bill{}).closed(quarter)
	covered("M5", "APN2-BoxUsage:m5.large")(b)
	in := input(t, b)
	in.Taken, in.Resources = true, instances(b, "kim", worker)
	in.Findings = []spend.Finding{typo(t, workerARN), typo(t, workerARN)} // told twice
	s := of(t, in)
	want := []reports.Action{{
		ID: s.Actions[0].ID, Code: "finding", ARN: workerARN, Name: worker, Account: dev, Owner: "kim", Due: "2026-11-15", Month: s.Actions[0].Month, Resources: 1,
		Detail: "unknown-schedule", Tag: "offpeak:schedule=office",
		Command: `aws ec2 create-tags --region ap-northeast-2 --resources i-0123456789abcdef0 --tags '[{"Key":"offpeak:schedule","Value":"office"}]'`,
	}}
	if diff := cmp.Diff(want, s.Actions); diff != "" || s.Actions[0].Month.Display() != "46.82" {
		t.Errorf("brings %s (-want +got)\n%s", s.Actions[0].Month, diff)
	}
	for _, v := range s.Verdicts {
		if v.ARN == workerARN && (v.Code != "schedule" || shownUSD(v.Month) != "46.82") {
			t.Errorf("its verdict is of the hours that it was to have, 60 of 100.8: %+v", v)
		}
	}
}

// Fifty that are alike are one line, for each owner, kind and tag.
func TestFindingsThatAreAlikeAreOne(t *testing.T) {
	t.Parallel()
	b := (&bill{}).closed(quarter)
	in := input(t, b)
	in.Taken = true
	var ids []string
	for i := range 50 {
		ids = append(ids, fmt.Sprintf("i-%08d", i))
	}
	in.Resources = append(instances(b, "kim", ids[:2]...), instances(b, "lee", ids[2:]...)...)
	for _, id := range ids {
		in.Findings = append(in.Findings, typo(t, arnOf(id)))
	}
	other := typo(t, arnOf(ids[0]))
	other.ARN, other.Mends, other.Hours = "arn:aws:rds:ap-northeast-2:111122223333:db:orders", nil, workingHours(t, "mon-fri 08:00-20:00")
	in.Findings = append(in.Findings, other)
	s := of(t, in)
	got := only(s, "finding")
	if len(got) != 3 || len(s.Actions) != 3 {
		t.Fatalf("got %d proposals: %+v", len(s.Actions), s.Actions)
	}
	lee, kim, orders := got[0], got[1], got[2]
	if lee.Resources != 48 || len(lee.About) != 48 || lee.ARN != "" || lee.Command != "" || lee.Tag != "offpeak:schedule=office" || lee.Name != "offpeak:schedule=offce" || lee.Owner != "lee" {
		t.Errorf("48 alike: %+v", lee)
	}
	if kim.Month.Display() != "93.63" || kim.Command !=
		`aws ec2 create-tags --region ap-northeast-2 --resources i-00000000 i-00000001 --tags '[{"Key":"offpeak:schedule","Value":"office"}]'` {
		t.Errorf("two alike: %+v", kim)
	}
	if orders.Month != nil || orders.ARN != other.ARN || orders.Account != dev || orders.Name != "orders" {
		t.Errorf("what the bill does not show brings nothing that is known: %+v", orders)
	}
	// One of the two is mended: what is left has the id that both had, so that the next report finds it again.
	in.Findings = slices.DeleteFunc(in.Findings, func(f spend.Finding) bool { return f.ARN == arnOf(ids[0]) })
	for _, a := range only(of(t, in), "finding") {
		if a.Owner == "kim" && a.ID != kim.ID {
			t.Errorf("the same finding of fewer has another id: %s, %s", a.ID, kim.ID)
		}
	}
}

func TestWhatMendsAFinding(t *testing.T) {
	t.Parallel()
	scope := fleet.Scope{Account: dev, Region: seoul}
	of1 := func(kind fleet.Kind, arn fleet.ARN, id string) spend.Resource {
		return spend.Resource{Resource: fleet.Resource{ID: id, ARN: arn, Kind: kind, Scope: scope, Tags: fleet.NewTags(fleet.Tag{Key: "env", Value: "dev"})}}
	}
	group := of1(fleet.AutoScalingGroup, "arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:1:autoScalingGroupName/web's", "web's")
	database := of1(fleet.RDSInstance, "arn:aws:rds:ap-northeast-2:111122223333:db:orders", "orders")
	service := of1(fleet.ECSService, "arn:aws:ecs:ap-northeast-2:111122223333:service/shop/api", "api")
	instance := of1(fleet.EC2Instance, arnOf("i-00000001"), "i-00000001")
	protected := of1(fleet.EC2Instance, arnOf("i-00000002"), "i-00000002")
	protected.Tags = fleet.NewTags(fleet.Tag{Key: "env", Value: "prod"})
	const key = "offpeak:schedule"
	for _, row := range []struct {
		name     string
		resource spend.Resource
		change   func(*spend.Finding)
		want     string // tag and command
	}{
		{
			"a group", group, nil,
			`offpeak:schedule=office: aws autoscaling create-or-update-tags --region ap-northeast-2 --tags '[{"Key":"offpeak:schedule","PropagateAtLaunch":false,"ResourceId":"web'\''s","ResourceType":"auto-scaling-group","Value":"office"}]'`,
		},
		{
			"a database", database, nil,
			`offpeak:schedule=office: aws rds add-tags-to-resource --region ap-northeast-2 --resource-name arn:aws:rds:ap-northeast-2:111122223333:db:orders --tags '[{"Key":"offpeak:schedule","Value":"office"}]'`,
		},
		{
			"two keys that disagree", service, func(f *spend.Finding) { f.Mends = []fleet.Tag{{Key: key, Value: "a"}, {Key: "Schedule", Value: "a"}} },
			`offpeak:schedule=a Schedule=a: aws ecs tag-resource --region ap-northeast-2 --resource-arn arn:aws:ecs:ap-northeast-2:111122223333:service/shop/api --tags '[{"key":"offpeak:schedule","value":"a"},{"key":"Schedule","value":"a"}]'`,
		},
		{
			"a tag to take away from an instance", instance, func(f *spend.Finding) { f.Mends, f.Unwanted = nil, []string{key} },
			`: aws ec2 delete-tags --region ap-northeast-2 --resources i-00000001 --tags '[{"Key":"offpeak:schedule"}]'`,
		},
		{
			"from a group", group, func(f *spend.Finding) { f.Mends, f.Unwanted = nil, []string{key} },
			`: aws autoscaling delete-tags --region ap-northeast-2 --tags '[{"Key":"offpeak:schedule","ResourceId":"web'\''s","ResourceType":"auto-scaling-group"}]'`,
		},
		{
			"from a database", database, func(f *spend.Finding) { f.Mends, f.Unwanted = nil, []string{"--query"} },
			`: aws rds remove-tags-from-resource --region ap-northeast-2 --resource-name arn:aws:rds:ap-northeast-2:111122223333:db:orders --tag-keys '["--query"]'`,
		},
		{
			"from a service", service, func(f *spend.Finding) { f.Mends, f.Unwanted = nil, []string{key} },
			`: aws ecs untag-resource --region ap-northeast-2 --resource-arn arn:aws:ecs:ap-northeast-2:111122223333:service/shop/api --tag-keys '["offpeak:schedule"]'`,
		},
		{"a choice that people have", instance, func(f *spend.Finding) { f.Mends, f.Choose = nil, "env=dev|stg" }, "env=dev|stg: "},
		{
			"AWS refuses it again and again", instance, func(f *spend.Finding) { f.Code, f.Mends, f.Written = "retry-later", nil, fleet.Tag{} },
			": offpeak explain " + string(arnOf("i-00000001")) + " --live",
		},
		{"a protected one is nobody's to switch", protected, nil, ""},
	} {
		in := input(t, (&bill{}).closed(quarter))
		in.Taken, in.Resources = true, []spend.Resource{row.resource}
		f := typo(t, row.resource.ARN)
		if row.change != nil {
			row.change(&f)
		}
		in.Findings = []spend.Finding{f}
		got := ""
		for _, a := range only(of(t, in), "finding") {
			got += a.Tag + ": " + a.Command
		}
		if got != row.want {
			t.Errorf("%s: got\n%s, want\n%s", row.name, got, row.want)
		}
	}
}

var hostile = []string{
	"it's", `"quoted"`, "$(touch x)", "`id`", "a;b", "-n", "--query", "*", "new\nline", "<script>alert(1)</script>", "\u202eevil", "a\\b", "!x", "&&", "|", "=x", "결제", `\'`,
}

// Whatever owners wrote into tags, a shell runs one aws command with the words that were meant.
func TestHostileTagsStayInTheirWords(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		in := input(t, (&bill{}).closed(quarter))
		in.Taken, in.Resources = true, []spend.Resource{resource(func(r *spend.Resource) {
			r.Tags = fleet.NewTags(fleet.Tag{Key: "env", Value: "dev"}, fleet.Tag{Key: "Name", Value: text}, fleet.Tag{Key: "Owner", Value: text})
		})}
		f := typo(t, workerARN)
		f.Written.Value, f.Mends = text, []fleet.Tag{{Key: text, Value: text}}
		in.Findings = []spend.Finding{f}
		in.Exceptions = []spend.Exception{{ARN: workerARN + "/x'; touch y", Want: fleet.Running, Key: text, Text: text, Until: quarter.To.AddDate(0, 1, 0)}}
		for _, a := range of(t, in).Actions {
			out, err := exec.CommandContext(t.Context(), "sh", "-c", `aws() { printf '%s\n' "$#"; }; offpeak() { printf '%s\n' "$#"; }; `+a.Command).Output()
			words := map[string]string{"finding": "8\n", "exception-expires": "3\n"}[a.Code]
			if err != nil || string(out) != words {
				t.Errorf("%q: %s: a shell has %q words, %v", text, a.Command, out, err)
			}
		}
	}
}

// The order in which findings and exceptions come changes nothing; none brings more than the bill shows of what it is about; and none of them is in what is wasted.
func TestFindingsInAnyOrder(t *testing.T) {
	t.Parallel()
	b := (&bill{}).closed(quarter)
	in := input(t, b)
	in.Taken = true
	for i := range 12 {
		one := instances(b, []string{"kim", "lee"}[i%2], fmt.Sprintf("i-%08d", i))
		in.Resources = append(in.Resources, one...)
		switch i % 3 {
		case 0:
			in.Findings = append(in.Findings, typo(t, one[0].ARN))
		case 1:
			in.Exceptions = append(in.Exceptions, lasting(t, one[0].ARN, nil))
		default:
			in.OffersKnown, in.Offers = true, append(in.Offers, spend.Offer{ARN: one[0].ARN, Now: rate(t, "0.1"), Spot: rate(t, "0.03")})
		}
	}
	first := of(t, in)
	for _, a := range first.Actions {
		most := dec("73").Mul(dec(fmt.Sprint(a.Resources)))
		if a.Month == nil || a.Month.Decimal().GreaterThan(most) || a.Month.Decimal().IsNegative() {
			t.Errorf("%s %s brings %v, and costs %s", a.Code, a.Name, a.Month, most)
		}
	}
	codes := map[string]int{}
	for _, a := range first.Actions {
		codes[a.Code]++
	}
	if diff := cmp.Diff(map[string]int{"finding": 2, "exception-expires": 4, "spot": 4}, codes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 6 {
		r.Shuffle(len(in.Findings), func(i, j int) { in.Findings[i], in.Findings[j] = in.Findings[j], in.Findings[i] })
		r.Shuffle(len(in.Exceptions), func(i, j int) { in.Exceptions[i], in.Exceptions[j] = in.Exceptions[j], in.Exceptions[i] })
		r.Shuffle(len(in.Offers), func(i, j int) { in.Offers[i], in.Offers[j] = in.Offers[j], in.Offers[i] })
		if diff := cmp.Diff(first, of(t, in)); diff != "" {
			t.Fatalf("in another order (-was +is)\n%s", diff)
		}
	}
	without := in
	without.Findings, without.Exceptions, without.Offers = nil, nil, nil
	if diff := cmp.Diff(of(t, without).Waste, first.Waste); diff != "" {
		t.Errorf("proposals change what is wasted (-without +with)\n%s", diff)
	}
	for _, code := range reports.FindingCodes() {
		if strings.TrimSpace(code) != code || code == "" {
			t.Errorf("%q is no code", code)
		}
	}
}
