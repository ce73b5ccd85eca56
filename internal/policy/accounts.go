package policy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"offpeak/internal/fleet"
)

// Accounts are the accounts to look after, and how they are entered. Where a policy has no such section, they are those that its environments
// name.
type Accounts struct {
	// Listed are accounts by their id.
	Listed []fleet.AccountID
	// In and Out are organizational units (ou-...) or roots (r-...) of AWS Organizations: accounts beneath In are looked after, those
	// beneath Out are not.
	In, Out []string
	// Outside are accounts of other organizations, each with a role of its own.
	Outside []OutsideAccount
	// Role is the name of the role by which every other account is entered, ReadRole that of the one for accounts of protected environments
	// alone, in which nothing is ever changed, and ExternalID what they ask for; empty: nothing.
	Role, ReadRole string
	ExternalID     string
}

// OutsideAccount is an account that is entered by a role of its own.
type OutsideAccount struct {
	ID         fleet.AccountID
	Role       string // ARN
	ExternalID string
}

// The roles that offpeak's stack makes in an account; in a protected one the second alone.
const (
	defaultRole     = "offpeak-schedule"
	defaultReadRole = "offpeak-read"
)

var accountsFields = fields[draft]{
	{"role", func(d *draft, v value) {
		d.Accounts.Role = v.matching(roleName, "is no name of a role", "the name alone, such as offpeak-schedule")
	}},
	{"read_role", func(d *draft, v value) {
		d.Accounts.ReadRole = v.matching(roleName, "is no name of a role", "the name alone, such as offpeak-read")
	}},
	{"external_id", func(d *draft, v value) { d.Accounts.ExternalID = v.externalID() }},
	{"list", func(d *draft, v value) { d.Accounts.Listed = v.accountList() }},
	{"organization", func(d *draft, v value) { organizationFields.read(d, v) }},
	{"outside", (*draft).readOutside},
}

var organizationFields = fields[draft]{
	{"in", func(d *draft, v value) { d.Accounts.In = v.units() }},
	{"out", func(d *draft, v value) { d.Accounts.Out = v.units() }},
}

var outsideFields = fields[OutsideAccount]{
	{"account", func(o *OutsideAccount, v value) { o.ID, _ = v.account() }},
	{"role", func(o *OutsideAccount, v value) {
		o.Role = v.matching(roleARN, "is no ARN of a role", "arn:aws:iam::111122223333:role/offpeak-schedule")
	}},
	{"external_id", func(o *OutsideAccount, v value) { o.ExternalID = v.externalID() }},
}

// The forms are those of AWS's API references (IAM, STS and Organizations).
var (
	roleName   = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	roleARN    = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}$`)
	externalID = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`)
	unitID     = regexp.MustCompile(`^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$`)
)

func (d *draft) readAccounts(v value) {
	before := v.problems.count()
	found := accountsFields.read(d, v)
	a := &d.Accounts
	if v.problems.count() == before && len(a.Listed)+len(a.In)+len(a.Outside) == 0 {
		v.wrong("names no account", `say list: ["111122223333"], organization: {in: [ou-...]} or outside`)
	}
	for _, o := range a.Outside {
		if slices.Contains(a.Listed, o.ID) {
			found["outside"].wrong(fmt.Sprintf("the account %s stands in the list too", o.ID), "take it out of one")
		}
	}
}

func (d *draft) readOutside(v value) {
	seen := map[fleet.AccountID]bool{}
	for _, element := range v.list() {
		var o OutsideAccount
		before := v.problems.count()
		found := outsideFields.read(&o, element)
		for _, key := range []string{"account", "role"} {
			if found[key].node == nil && v.problems.count() == before {
				element.missing(key, map[string]string{"account": `account: "777788889999"`, "role": "role: arn:aws:iam::777788889999:role/offpeak-schedule"}[key])
			}
		}
		switch {
		case v.problems.count() != before:
		case seen[o.ID]:
			element.wrong(fmt.Sprintf("the account %s stands here twice", o.ID), "")
		case !strings.Contains(o.Role, "::"+string(o.ID)+":"):
			found["role"].wrong(fmt.Sprintf("the role is of another account than %s", o.ID), "")
		default:
			if o.ExternalID == "" {
				element.warn(fmt.Sprintf("the account %s is entered without an external id, so that its role cannot tell offpeak from others in the hub's account", o.ID), "")
			}
			d.Accounts.Outside = append(d.Accounts.Outside, o)
		}
		seen[o.ID] = true
	}
}

// finishAccounts takes the accounts of the environments where the policy does not say which ones.
func (d *draft) finishAccounts() {
	a := &d.Accounts
	if a.ReadRole == "" {
		a.ReadRole = cmp.Or(a.Role, defaultReadRole) // who names a role of their own has not deployed offpeak's
	}
	a.Role = cmp.Or(a.Role, defaultRole)
	if len(a.Listed)+len(a.In)+len(a.Outside) > 0 {
		return
	}
	for _, e := range d.Rules.Environments {
		for _, id := range e.Accounts {
			if !slices.Contains(a.Listed, id) {
				a.Listed = append(a.Listed, id)
			}
		}
	}
}

func (v value) accountList() (ids []fleet.AccountID) {
	for _, element := range v.list() {
		id, ok := element.account()
		switch {
		case !ok:
		case slices.Contains(ids, id):
			element.warn(fmt.Sprintf("the account %s stands in the list twice", id), "")
		default:
			ids = append(ids, id)
		}
	}
	return ids
}

func (v value) units() (units []string) {
	v.each(longestText, func(element value, text string) {
		if !unitID.MatchString(text) {
			element.wrong(fmt.Sprintf("%q is no organizational unit", clip(text)), "an id such as ou-ab12-cdef3456, or r-ab12 for the whole organization")
			return
		}
		units = append(units, text)
	})
	return units
}

func (v value) externalID() string {
	return v.matching(externalID, "is no external id", "at least two letters, digits and + = , . @ : / -")
}

// matching reads a text of a form; empty where it has another.
func (v value) matching(form *regexp.Regexp, what, say string) string {
	text, ok := v.text()
	if !ok {
		return ""
	}
	if !form.MatchString(text) {
		v.wrong(fmt.Sprintf("%q %s", clip(text), what), say)
		return ""
	}
	return text
}
