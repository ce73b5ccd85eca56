package pillars

import (
	"regexp"
	"strings"

	"offpeak/internal/fleet"
)

// family is a type without its size: a series, its generation, and what else it has; r6gd is r, 6 and gd. What follows a hyphen is of single families
// (u-6tb1, mac2-m2, c7i-flex) and no such letter.
var family = regexp.MustCompile(`^([a-z]+)([0-9]+)([a-z]*)(?:-[a-z0-9]+)?$`)

// familyOf is the family of a type of EC2 or of a class of RDS.
func familyOf(name string) string {
	before, _, _ := strings.Cut(strings.TrimPrefix(name, "db."), ".")
	return before
}

// old are families that AWS's documentation lists as previous generation instances (docs.aws.amazon.com/ec2/latest/instancetypes/pg.html), and those that
// went before them. A class of a database counts as the family of EC2 that it is made of.
var old = words("a1 c1 c3 c4 cc1 cc2 cg1 cr1 g2 g3 g3s hi1 hs1 i2 m1 m2 m3 m4 p2 p3 p3dn r3 r4 t1")

// young are current families of few generations, which their number does not tell.
var young = words(`d3 d3en dl1 dl2q f2 g4ad g4dn h1 i3 i3en i4g i4i im4gn inf1 inf2 is4gen p4d p4de t2 t3 t3a t4g trn1 trn1n trn2 vt1 x1 x1e
	x2g x2gd x2idn x2iedn x2iezn z1d`)

func words(text string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		set[word] = true
	}
	return set
}

// previous reports whether a type is of a previous generation.
func previous(name string) fleet.Known {
	of := familyOf(name)
	parts := family.FindStringSubmatch(of)
	switch {
	case old[of]:
		return fleet.Yes
	case parts == nil:
		return fleet.Unknown
	case young[of] || parts[2] >= "5" || len(parts[2]) > 1:
		return fleet.No
	default:
		return fleet.Unknown
	}
}

// isGraviton reports whether a type runs on one of AWS's own processors, which a g after the generation says (Amazon EC2 instance type naming). Neither
// a database without a class of its own (db.serverless) nor a family without a generation tells.
func isGraviton(name string) fleet.Known {
	of := familyOf(name)
	parts := family.FindStringSubmatch(of)
	if parts == nil {
		return fleet.Unknown
	}
	return known(of == "a1" || strings.Contains(parts[3], "g"))
}
