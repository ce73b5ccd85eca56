package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/spelling"
)

// answer is what an account says of its regions.
type answer struct {
	entered  bool
	regions  []fleet.Region // to look into, in order
	known    []fleet.Region // all that it told of, disabled ones too
	findings []Finding
}

// asker asks accounts for their regions.
type asker struct {
	access *cloud.Access
	plan   Plan
	home   fleet.Region // where calls are made that are for all regions
}

func newAsker(a *cloud.Access, p Plan) asker {
	home := a.Region()
	if home == "" && len(p.Regions) > 0 {
		home = p.Regions[0]
	}
	return asker{a, p, home}
}

func (k asker) ask(ctx context.Context, a Account) answer {
	config := k.access.Config(fleet.Scope{Account: a.ID, Region: k.home})
	if _, err := config.Credentials.Retrieve(ctx); err != nil { // this is what assumes the role
		return answer{findings: []Finding{k.notEntered(a, err)}}
	}
	states, err := listed(ctx, account.NewFromConfig(config))
	if err != nil {
		first := err
		if states, err = described(ctx, ec2.NewFromConfig(config)); err != nil {
			return k.unchecked(a, errors.Join(first, err))
		}
	}
	return k.chosen(a, states)
}

// states are an account's regions: those that are enabled, and for the others what AWS calls them.
type states map[fleet.Region]string

// enabled stands in states for a region that can be used.
const enabled = ""

// listed asks the account itself.
func listed(ctx context.Context, client *account.Client) (states, error) {
	found := states{}
	pages := account.NewListRegionsPaginator(client, &account.ListRegionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Regions {
			state := enabled
			if r.RegionOptStatus != types.RegionOptStatusEnabled && r.RegionOptStatus != types.RegionOptStatusEnabledByDefault {
				state = strings.ToLower(string(r.RegionOptStatus))
			}
			found[fleet.Region(aws.ToString(r.RegionName))] = state
		}
	}
	return found, nil
}

// described asks EC2, for roles that may not ask the account.
func described(ctx context.Context, client *ec2.Client) (states, error) {
	described, err := client.DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	found := states{}
	for _, r := range described.Regions {
		state := enabled
		if aws.ToString(r.OptInStatus) == "not-opted-in" {
			state = "disabled"
		}
		found[fleet.Region(aws.ToString(r.RegionName))] = state
	}
	return found, nil
}

// chosen takes the regions that are to be looked into and are enabled.
func (k asker) chosen(a Account, all states) answer {
	out := answer{entered: true}
	for region := range all {
		out.known = append(out.known, region)
	}
	wanted := k.plan.Regions
	if len(wanted) == 0 {
		for region, state := range all {
			if state == enabled {
				out.regions = append(out.regions, region)
			}
		}
	}
	for _, region := range wanted {
		state, told := all[region]
		if told && state == enabled {
			out.regions = append(out.regions, region)
			continue
		}
		if !told {
			state = "unknown"
		}
		out.findings = append(out.findings, Finding{
			Account: a.ID, Region: region, Class: failure.Denied,
			Text:   fmt.Sprintf("Region %s of %s is not looked into: it is %s there.", region, a.named(), state),
			Remedy: "Enable the region in the account (AWS console, Account, AWS Regions), or take it out of the policy's regions.",
		})
	}
	slices.Sort(out.regions)
	out.regions = slices.Compact(out.regions)
	return out
}

// unchecked is the answer of an account that is entered but does not tell its regions: those of the plan are taken as they are.
func (k asker) unchecked(a Account, err error) answer {
	out := answer{entered: true, regions: slices.Compact(slices.Sorted(slices.Values(k.plan.Regions)))}
	consequence := "those of the policy are taken as they are"
	if len(out.regions) == 0 {
		consequence = "nothing in it is looked into"
	}
	out.findings = []Finding{{
		Account: a.ID, Class: failure.Of(cloud.Classify(err)),
		Text:   fmt.Sprintf("The regions of %s cannot be read, so %s: %s.", a.named(), consequence, said(err)),
		Remedy: "Allow its role account:ListRegions, or ec2:DescribeRegions.",
	}}
	return out
}

// notEntered is the finding of an account whose role cannot be assumed.
func (k asker) notEntered(a Account, err error) Finding {
	class := failure.Of(cloud.Classify(err))
	f := Finding{
		Account: a.ID, Class: class,
		Text:   fmt.Sprintf("%s cannot be entered by %s, so nothing in it is looked into: %s.", capital(a.named()), a.Role.ARN, said(err)),
		Remedy: "It is tried again next time.",
	}
	if class.Passes() {
		return f
	}
	asks := "without an external id"
	if a.Role.ExternalID != "" {
		asks = "with the external id of the policy"
	}
	f.Remedy = fmt.Sprintf("Deploy offpeak's roles in the account: this one has to be there, trust the hub's role, and be assumed %s; "+
		"no policy of the organization may deny sts:AssumeRole. Or take the account out of the policy.", asks)
	return f
}

// checkNames says once of a region that AWS does not have that there is none, instead of for each account. Where no account told any, nothing
// is known.
func checkNames(found []Finding, wanted []fleet.Region, known map[fleet.Region]bool) []Finding {
	if len(known) == 0 {
		return found
	}
	var names []string
	for region := range known {
		names = append(names, string(region))
	}
	slices.Sort(names)
	for _, region := range wanted {
		if known[region] {
			continue
		}
		found = slices.DeleteFunc(found, func(f Finding) bool { return f.Region == region })
		remedy := "Take it out of the policy's regions, or correct it there."
		if near := spelling.Nearest(string(region), names); near != "" {
			remedy = "Did you mean " + near + "? Correct it where it is named: in the policy's regions, or in --region."
		}
		found = append(found, Finding{Region: region, Class: failure.Other, Text: fmt.Sprintf("AWS has no region %q, so it is not looked into.", region), Remedy: remedy})
	}
	return found
}

// said is what AWS said, without the SDK's words around it.
func said(err error) string {
	var texts []string
	for _, e := range split(err) {
		if api, ok := errors.AsType[smithy.APIError](e); ok {
			texts = append(texts, strings.TrimSuffix(api.ErrorCode()+": "+api.ErrorMessage(), "."))
			continue
		}
		texts = append(texts, e.Error())
	}
	return strings.Join(slices.Compact(texts), "; ")
}

func split(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
