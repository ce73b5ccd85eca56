package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"offpeak/internal/fleet"
	"offpeak/internal/spelling"
)

// form is what a text must look like: it returns what is wrong, with what to write instead, or nothing.
type form func(text string) string

func matching(pattern, say string) form {
	compiled := regexp.MustCompile(pattern)
	return func(text string) string {
		if compiled.MatchString(text) {
			return ""
		}
		return "say " + say
	}
}

// The forms are those of AWS's API references.
var (
	account = form(func(text string) string {
		if _, err := fleet.ParseAccountID(text); err != nil {
			return `an account is twelve digits between quotes, such as "111122223333"`
		}
		return ""
	})
	organization = matching(`^o-[a-z0-9]{10,32}$`, "the id of an organization, such as o-ab12cd34ef (AWS console, Organizations, Settings)")
	unit         = matching(`^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$`, "an organizational unit such as ou-ab12-cdef3456, or a root such as r-ab12")
	externalID   = matching(`^[\w+=,.@:/-]{2,1000}$`, "at least two letters, digits and + = , . @ : / -, the same as in the policy file (accounts, external_id)")
	kmsKey       = matching(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+$`, "the ARN of a key, such as arn:aws:kms:ap-northeast-2:111122223333:key/…; aliases cannot be granted")
	mail         = matching(`^[^@\s]+@[^@\s]+\.[^@\s]+$`, "an address such as ops@example.com")
	connection   = matching(`^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[\w-]+$`, "the ARN of a connection (AWS console, Developer Tools, Connections)")
	repository   = matching(`^[\w.-]+/[\w./-]+$`, "owner/name")
	branch       = matching(`^[\w./-]+$`, "a branch such as main")
	person       = form(func(text string) string {
		switch {
		case personForm.MatchString(text):
			return ""
		case strings.Contains(text, ":assumed-role/") || strings.Contains(text, ":user/") || strings.HasSuffix(text, ":root"):
			return "people come by roles, and a user, a session or a whole account is none: say the ARN of the role, as \"aws iam get-role\" tells it"
		case strings.ContainsAny(text, "*?"):
			return "a * may stand for nothing but what IAM Identity Center makes up, the region and the end of a role's name: " + personExample +
				"; other roles are named in full, as whoever may make a role that fits would be let in"
		}
		return "say the ARN of a role, such as arn:aws:iam::111122223333:role/ops, or " + personExample
	})
	personForm = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/` +
		`(aws-reserved/sso\.amazonaws\.com/(\*/|[a-z0-9-]+/)?AWSReservedSSO_[\w+=,.@-]+_(\*|\?{16}|[0-9a-f]{16})|[\w+=,.@/-]+)$`)
	regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
)

const personExample = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_CloudOps_*"

// knownRegions serve to find slips of the pen.
var knownRegions = []string{
	"af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
	"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
	"ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2",
	"eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1",
	"us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2",
}

// region takes a region that is not known where it looks like one and like no known one: AWS opens new ones.
func region(text string) string {
	if slices.Contains(knownRegions, text) {
		return ""
	}
	if near := spelling.Nearest(text, knownRegions); near != "" && len(near) <= len(text)+1 {
		return "did you mean " + near + "?"
	}
	if !regionForm.MatchString(text) {
		return "say a region such as ap-northeast-2"
	}
	return ""
}

func tagKey(text string) string {
	switch {
	case text != strings.TrimSpace(text) || len([]rune(text)) > 128:
		return "a tag's key has at most 128 characters and no space around it"
	case strings.HasPrefix(strings.ToLower(text), "aws:"):
		return "tags that begin with aws: are AWS's own"
	case !latin(text):
		return latinOnly
	case strings.ContainsAny(text, "*?$"):
		return "IAM takes * ? and $ in a tag for patterns"
	}
	return ""
}

// latinOnly: the API of IAM takes policy documents of these characters alone (IAM API reference, CreatePolicy, PolicyDocument).
const latinOnly = "IAM policies hold Latin letters only: leave it out here, where offpeak's own check still heeds it, and protect such accounts whole (stack_sets, read_only_units)"

func latin(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxLatin1 })
}

func tagValue(text string) string {
	switch {
	case !latin(text):
		return latinOnly
	case strings.ContainsAny(text, "*?$"):
		return "IAM takes * ? and $ in a tag for patterns"
	case len(text) > 256:
		return "a tag's value has at most 256 characters"
	}
	return ""
}

func oneOf(choices ...string) form {
	return func(text string) string {
		if slices.Contains(choices, text) {
			return ""
		}
		return "say " + strings.Join(choices, " or ")
	}
}

// check is what must hold between values.
func (c Config) check(p *problems) {
	for _, r := range c.Regions {
		if r.Partition() != c.Partition() {
			p.add("regions", fmt.Sprintf("%s is in the partition %s, and the hub in %s is in %s: roles cannot be entered from one into another; deploy a hub in each",
				r, r.Partition(), c.Region, c.Partition()))
		}
	}
	for _, key := range c.VolumeKeys {
		if partition := strings.Split(key, ":")[1]; partition != c.Partition() {
			p.add("volume_keys", fmt.Sprintf("%s is of the partition %s, the hub's is %s", key, partition, c.Partition()))
		}
	}
	c.checkPeople(p)
	if c.Report != nil && c.Partition() != "aws" {
		p.add("reports", "bills are exported by us-east-1, which is of the partition aws: deploy the hub of reports there")
	}
	keys := map[string]string{}
	for _, key := range append(slices.Clone(c.ScheduleTags), c.CustodianTag) {
		folded := strings.ToLower(key)
		if other, twice := keys[folded]; twice && key != "" {
			p.add("schedule_tags", fmt.Sprintf("%s and %s are the same to IAM, which does not heed case: name one", other, key))
		}
		keys[folded] = key
	}
	if other, twice := keys[strings.ToLower(c.SpotTag)]; twice && c.AutoSpot {
		p.add("spot_tag", fmt.Sprintf("%s opts in to schedules as %s: whoever asked to be stopped at night would have asked for Spot too; choose another key", c.SpotTag, other))
	}
	if _, opts := keys[strings.ToLower(CostTag)]; opts {
		p.add("schedule_tags", CostTag+" is what offpeak's own things carry, so that the bill tells their cost: choose another key")
	}
	for key := range c.Tags {
		if strings.EqualFold(key, CostTag) {
			p.add("tags", key+" is set by offpeak itself: take it out")
		}
		if _, opts := keys[strings.ToLower(key)]; opts {
			p.add("tags", key+" would opt offpeak's own things in: choose another key")
		}
	}
	if len(c.ScheduleTags) == 0 && c.CustodianTag == "" {
		p.add("schedule_tags", `lists no key: nothing could ever be acted on; say ["offpeak:schedule"]`)
	}
	if slices.Contains(c.Accounts, c.Hub) && c.Hub != "" {
		p.add("accounts", fmt.Sprintf("%s is the hub's own account, which is not entered by a role: say own_account: true", c.Hub))
	}
	c.checkConcurrency(p)
	if !slices.Contains(logRetentions, c.LogDays) {
		p.add("log_days", fmt.Sprintf("CloudWatch keeps logs for none but %v days", logRetentions))
	}
	if c.Pipeline != nil && c.Hub == "" {
		p.add("pipeline", "a pipeline must know where the hub is: say hub_account")
	}
	if c.Pipeline != nil && c.Pipeline.Staging == c.Hub && c.Hub != "" {
		p.add("pipeline", "staging_account is the hub's own: names in an account are taken once; give the staging hub an account of its own")
	}
	c.checkSpread(p)
}

// checkPeople: they come by roles of the hub's account, and by one of the two ways.
func (c Config) checkPeople(p *problems) {
	for _, named := range []struct {
		key   string
		roles []string
	}{{"operators", c.Operators}, {"readers", c.Readers}} {
		if len(named.roles) > 0 && c.Hub == "" {
			p.add(named.key, "are roles of the hub's account: say hub_account")
			continue
		}
		for _, role := range named.roles {
			parts := strings.SplitN(role, ":", 6)
			switch {
			case parts[1] != c.Partition():
				p.add(named.key, fmt.Sprintf("%s is of the partition %s, the hub's is %s", role, parts[1], c.Partition()))
			case parts[4] != string(c.Hub):
				p.add(named.key, fmt.Sprintf("%s is of the account %s: people come by roles of the hub's, %s", role, parts[4], c.Hub))
			case strings.HasPrefix(parts[5], "role/offpeak-"):
				p.add(named.key, role+" is one of offpeak's own: name the role by which people come")
			case named.key == "readers" && slices.Contains(c.Operators, role):
				p.add(named.key, role+" stands in operators too, who may look as well: take it out of one")
			}
		}
	}
}

// leftUnreserved is what Lambda must leave to an account's other functions (Lambda developer guide, reserved concurrency).
const leftUnreserved = 100

// checkConcurrency compares what is asked for with the quota of the account, which only its owner can know at synth.
func (c Config) checkConcurrency(p *problems) {
	quota := `aws lambda get-account-settings --query AccountLimit.ConcurrentExecutions`
	switch reserved := c.ReservedConcurrency; {
	case reserved > 0 && reserved < c.MaxConcurrency:
		p.add("reserved_concurrency", fmt.Sprintf("%d is less than max_concurrency %d: what the queue delivers beyond it would be throttled; raise one or lower the other",
			reserved, c.MaxConcurrency))
	case reserved > 0 && c.AccountConcurrency == 0:
		p.add("reserved_concurrency", fmt.Sprintf("takes %d away from the account's other functions: say account_concurrency, the account's quota (%s), of which %d must be left",
			reserved, quota, leftUnreserved))
	case reserved > 0 && reserved+leftUnreserved > c.AccountConcurrency:
		p.add("reserved_concurrency", fmt.Sprintf("%d of a quota of %d leave %d to the account's other functions, and Lambda wants %d left: lower it, or ask AWS for a higher quota (Service Quotas, Lambda)",
			reserved, c.AccountConcurrency, c.AccountConcurrency-reserved, leftUnreserved))
	}
	if c.AccountConcurrency > 0 && c.MaxConcurrency > c.AccountConcurrency {
		p.add("max_concurrency", fmt.Sprintf("%d is more than the account's quota of %d: lower it, or ask AWS for a higher quota (Service Quotas, Lambda)", c.MaxConcurrency, c.AccountConcurrency))
	}
}

func (c Config) checkSpread(p *problems) {
	if c.Spread == nil {
		return
	}
	switch {
	case c.Organization == "":
		p.add("stack_sets", "accounts of no organization get roles by the templates in build/; for StackSets say organization")
	case c.ExternalID == "":
		p.add("stack_sets", "StackSets give every account the same roles: say external_id")
	case len(c.Spread.Units)+len(c.Spread.ReadOnly) == 0:
		p.add("stack_sets", `names neither units nor read_only_units: say units: ["ou-ab12-cdef3456"]`)
	}
	for _, u := range c.Spread.ReadOnly {
		if slices.Contains(c.Spread.Units, u) {
			p.add("stack_sets", u+" stands in units and in read_only_units: take it out of one")
		}
	}
}

// logRetentions are those that CloudWatch Logs takes (API reference, PutRetentionPolicy).
var logRetentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
