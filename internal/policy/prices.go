package policy

import (
	"fmt"
	"regexp"
	"slices"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// priceDraft is a price in the making.
type priceDraft struct {
	fleet.PriceKey
	rate money.Rate
}

var priceFields = fields[priceDraft]{
	{"region", func(p *priceDraft, v value) { p.Region, _ = v.region() }},
	{"type", (*priceDraft).readType},
	{"product", func(p *priceDraft, v value) { p.Product, _ = v.text() }},
	{"multi_az", func(p *priceDraft, v value) { p.MultiAZ, _ = v.boolean() }},
	{"usd_per_hour", (*priceDraft).readRate},
}

// typeForm are types of instances and databases, and the meters of Fargate as bills name them.
var typeForm = regexp.MustCompile(`^([a-z0-9-]+(\.[a-z0-9-]+)+|(SpotUsage-)?Fargate-(ARM-)?(vCPU-Hours:perCPU|GB-Hours))$`)

func (p *priceDraft) readType(v value) {
	text, ok := v.text()
	switch {
	case ok && !typeForm.MatchString(text):
		v.wrong(fmt.Sprintf("%q is no type of an instance or a database", clip(text)), "write it as AWS does, such as m5.large or db.r6g.large")
	case ok:
		p.Type = text
	}
}

func (p *priceDraft) readRate(v value) {
	text, err := v.quotedNumber()
	if err != nil {
		return
	}
	if p.rate, err = money.ParseRate(text); err != nil {
		v.wrong(fmt.Sprintf("%q is no price", clip(text)), `dollars per hour such as "0.0416"`)
	}
}

func (d *draft) readPrices(v value) {
	if v.kind() != "a list" && !v.empty() {
		v.wrong("expected a list of prices, found "+v.kind(), `say [{region: ap-northeast-2, type: m5.large, usd_per_hour: "0.118"}]`)
		return
	}
	lines := map[fleet.PriceKey]int{}
	for _, element := range v.list() {
		var p priceDraft
		before := v.problems.count()
		found := priceFields.read(&p, element)
		if element.kind() != "a mapping" && !element.empty() {
			continue // which has been said
		}
		for _, required := range []struct{ key, example string }{
			{"region", "region: ap-northeast-2"}, {"type", "type: m5.large"}, {"usd_per_hour", `usd_per_hour: "0.118"`},
		} {
			if _, ok := found[required.key]; !ok {
				element.missing(required.key, required.example)
			}
		}
		switch line, twice := lines[p.PriceKey]; {
		case v.problems.count() > before:
		case twice:
			element.wrong(fmt.Sprintf("line %d gives a price for the same already", line), "")
		default:
			lines[p.PriceKey] = element.node.Line
			d.Prices[p.PriceKey] = p.rate
		}
	}
}

var regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)

// knownRegions serve to find slips of the pen; a region that is not among them is taken all the same.
var knownRegions = []string{
	"af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
	"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
	"ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2",
	"eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1",
	"us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2",
}

func (v value) region() (fleet.Region, bool) {
	text, ok := v.text()
	if !ok {
		return "", false
	}
	known := slices.Contains(knownRegions, text)
	near := v.nearest(text, knownRegions)
	if slices.Contains(knownRegions, text[:len(text)-1]) {
		near = text[:len(text)-1] // an availability zone
	}
	say := "such as ap-northeast-2"
	if near != "" {
		say = "did you mean " + near + "?"
	}
	switch {
	case !regionForm.MatchString(text):
		v.wrong(fmt.Sprintf("%q is no region", clip(text)), say)
		return "", false
	case !known:
		v.warn(fmt.Sprintf("offpeak does not know a region %q", clip(text)), say)
	}
	return fleet.Region(text), true
}

// mostRegions is more than AWS has.
const mostRegions = 100

func (d *draft) readRegions(v value) {
	elements := v.list()
	if len(elements) > mostRegions {
		v.wrong(fmt.Sprintf("lists %d regions, more than %d", len(elements), mostRegions), "")
		elements = nil
	}
	for _, element := range elements {
		region, ok := element.region()
		switch {
		case !ok:
		case slices.Contains(d.Regions, region):
			element.warn(fmt.Sprintf("%q stands in the list twice", region), "")
		default:
			d.Regions = append(d.Regions, region)
		}
	}
	if v.holdsNothing() {
		v.wrong("lists no region", "remove the key to look into every region that an account has enabled")
	}
}
