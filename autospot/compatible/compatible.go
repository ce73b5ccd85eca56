// Package compatible decides which instance types may run what another one runs: which of EC2's types can stand in for a base type when Spot
// capacity is bought.
//
// In go the base, the catalogue of types, and what its group needs of them; out come the accepted types, and the rejected with every reason each. Types
// are judged by their specifications alone: the same architecture and drivers, the same devices, up to twice the size, no less of network and
// volumes than a share of the base's. A fact that is not known is a reason against a type, and never guessed. Prices, and which of the accepted to take,
// are for others.
package compatible

import "offpeak/internal/market"

// DefaultShare is the percentage of the base's network and EBS baselines that a type must have, where a group asks for no other.
const DefaultShare = 80

// Needs are what a group needs of its types beyond what its base type is. The zero value is a group that uses nothing but what every type has.
type Needs struct {
	// Zones are those in use: a type must be offered in every one of them by Offerings. None: where types are offered is not looked at.
	Zones     []string
	Offerings market.Offerings
	// Store says that disks of the instance store are in use.
	Store bool
	// Interfaces is how many network interfaces an instance has; zero is one.
	Interfaces int
	// Share is the percentage of the base's network and EBS baselines that is enough; zero is DefaultShare.
	Share int
	// Allow and Deny are globs of types, such as m5.* or *.metal. Deny beats Allow, and an empty Allow allows all.
	Allow, Deny []string
}

// Result is how every type of a catalogue was judged. Both lists are in the order of names.
type Result struct {
	Base     *market.Spec
	Needs    Needs // as they were judged by, with what was left out filled in
	Accepted []Accepted
	Rejected []Rejection
}

// Accepted is a type that can stand in for the base, or the base itself.
type Accepted struct{ Spec *market.Spec }

// Rejection is a type that cannot, and why.
type Rejection struct {
	Spec *market.Spec

	base    *market.Spec
	needs   *Needs
	unfit   ruleSet
	unknown ruleSet
}

// Compatible judges every type of a catalogue. A base accepts itself if it can be had and is allowed, whatever is known of it. The base need not be in the
// catalogue; it must not be nil.
func Compatible(base *market.Spec, catalog *market.Catalog, needs Needs) Result {
	if needs.Share == 0 {
		needs.Share = DefaultShare
	}
	specs := catalog.All()
	r := Result{Base: base, Needs: needs}
	j := judge{base: base, needs: &needs, zones: make([]zone, len(needs.Zones))}
	for i, name := range needs.Zones {
		types, known := needs.Offerings[name]
		j.zones[i] = zone{types, known}
	}
	r.Rejected = make([]Rejection, 0, len(specs))
	for i := range specs {
		unfit, unknown := j.judge(&specs[i])
		if unfit|unknown == 0 {
			r.Accepted = append(r.Accepted, Accepted{&specs[i]})
			continue
		}
		r.Rejected = append(r.Rejected, Rejection{&specs[i], base, j.needs, unfit, unknown})
	}
	return r
}

// Has reports whether a code is among the reasons.
func (r Rejection) Has(code Code) bool {
	if code == Unknown {
		return r.unknown != 0
	}
	for i := range rules {
		if rules[i].code == code {
			return r.unfit&(1<<i) != 0
		}
	}
	return false
}

// Reason is one thing that keeps a type out.
type Reason struct {
	Code Code
	Text string // a sentence with both values: "8 GiB of memory, m5.xlarge has 16"
}

// Reasons says everything that keeps the type out, always in the same order: what it is not, then what is not known of it. The sentences are made when
// they are asked for: most rejections are never read.
func (r Rejection) Reasons() []Reason {
	var all []Reason
	for i := range rules {
		if r.unfit&(1<<i) != 0 {
			all = append(all, Reason{rules[i].code, rules[i].say(r.base, r.Spec, r.needs)})
		}
	}
	for i := range rules {
		if r.unknown&(1<<i) != 0 {
			all = append(all, Reason{Unknown, r.whatIsUnknown(i)})
		}
	}
	return all
}

// whatIsUnknown says which fact a rule lacks, and of whom.
func (r Rejection) whatIsUnknown(rule int) string {
	if !rules[rule].compares {
		return sayUnknownZones(r.needs)
	}
	of := r.base.Type + " or of " + r.Spec.Type
	switch b, c := r.lacks(rule, r.base), r.lacks(rule, r.Spec); {
	case b && c:
		of = r.base.Type + " and of " + r.Spec.Type
	case b:
		of = r.base.Type
	case c:
		of = r.Spec.Type
	}
	return "not known of " + of + ": " + rules[rule].fact
}

// lacks reports whether a fact of a type is not known: compared with itself, the rule could not tell either.
func (r Rejection) lacks(rule int, s *market.Spec) bool {
	return rules[rule].check(&judge{base: s, needs: r.needs}, s) == notKnown
}

// judge compares types with one base.
type judge struct {
	base  *market.Spec
	needs *Needs
	zones []zone
}

// zone is what is offered in one zone in use.
type zone struct {
	types map[string]bool
	known bool
}

// judge applies every rule, whatever the others say. The base is not compared with itself: facts of it that are not known keep it out of nothing that
// it runs already.
func (j *judge) judge(c *market.Spec) (unfit, unknown ruleSet) {
	itself := c.Type == j.base.Type
	for i := range rules {
		if itself && rules[i].compares {
			continue
		}
		switch rules[i].check(j, c) {
		case fits:
		case differs:
			unfit |= 1 << i
		case notKnown:
			unknown |= 1 << i
		}
	}
	return unfit, unknown
}
