package policy

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"offpeak/internal/fleet"
)

// Tenant is a billing family: a payer account, its accounts, and who reads its report. The optimizer and the reports read it.
type Tenant struct {
	Name     string
	Payer    fleet.AccountID
	Accounts []fleet.AccountID // beside the payer's own
	// Bill is where its bill is exported to, as written; empty where it says nothing.
	Bill       string
	Recipients []Recipient
	Languages  []string // ko, en; at least one
	// PriceFactor is a decimal above zero by which its prices are multiplied.
	PriceFactor Factor
	// WellArchitected is the name of the tenant's workload in the AWS Well-Architected Tool of the hub's account, in which evidence is noted; empty: none is.
	WellArchitected string
}

// Factor is a plain decimal above zero, such as 1.05, as it was written.
type Factor string

// The languages of reports; a tenant that names none reads the first.
var languages = []string{"ko", "en"}

// tenantDraft is a tenant in the making.
type tenantDraft struct {
	Tenant
	draft *draft
}

var tenantFields = fields[tenantDraft]{
	{"payer", func(t *tenantDraft, v value) {
		if id, ok := v.account(); ok && t.claim(v, id) {
			t.Payer = id
		}
	}},
	{"accounts", func(t *tenantDraft, v value) {
		for _, element := range v.list() {
			id, ok := element.account()
			switch {
			case !ok:
			case id == t.Payer:
				element.warn("the payer belongs to its tenant without being listed", "")
			case t.draft.tenantOf[id] == t.Name:
				element.warn(fmt.Sprintf("the account %s stands in the list twice", id), "")
			case t.claim(element, id):
				t.Accounts = append(t.Accounts, id)
			}
		}
	}},
	{"bill", func(t *tenantDraft, v value) { t.Bill, _ = v.text() }},
	{"languages", func(t *tenantDraft, v value) {
		t.Languages = nil
		v.each(longestText, func(element value, _ string) {
			if language, ok := element.oneOf(languages...); ok {
				t.Languages = append(t.Languages, language)
			}
		})
		if v.holdsNothing() {
			v.wrong("lists no language", "say [ko], [en] or [ko, en]")
		}
		if len(t.Languages) == 0 { // what is wrong has been said
			t.Languages = slices.Clone(languages[:1])
		}
	}},
	{"recipients", (*tenantDraft).readRecipients},
	{"price_factor", (*tenantDraft).readFactor},
	{"well_architected", (*tenantDraft).readWorkload},
}

// recipientFields are those of a recipient that says more than an address.
var recipientFields = fields[Recipient]{
	{"address", func(r *Recipient, v value) { r.Address = v.address() }},
	{"language", func(r *Recipient, v value) { r.Language, _ = v.oneOf(languages...) }},
}

// readRecipients reads addresses, and mappings of an address and a language; who says none reads the tenant's first.
func (t *tenantDraft) readRecipients(v value) {
	seen := map[string]bool{}
	for _, element := range v.list() {
		r := Recipient{Language: t.Languages[0]}
		before := v.problems.count()
		if element.kind() == "a mapping" {
			if found := recipientFields.read(&r, element); found["address"].node == nil && v.problems.count() == before {
				element.missing("address", "address: finance@example.com")
			}
		} else {
			r.Address = element.address()
		}
		name := strings.ToLower(r.Address)
		switch {
		case v.problems.count() != before:
		case seen[name]:
			element.warn(fmt.Sprintf("%q stands in the list twice", clip(r.Address)), "")
		default:
			seen[name] = true
			t.Recipients = append(t.Recipients, r)
		}
	}
}

// address reads a mail address without a name.
func (v value) address() string {
	text, ok := v.text()
	if !ok {
		return ""
	}
	if address, err := mail.ParseAddress(text); err != nil || address.Address != text {
		v.wrong(fmt.Sprintf("%q is no mail address", clip(text)), "write it as finance@example.com")
		return ""
	}
	return text
}

func (d *draft) readTenants(v value) {
	for _, m := range v.members() {
		t := &tenantDraft{Tenant: Tenant{Name: m.key, Languages: slices.Clone(languages[:1]), PriceFactor: "1"}, draft: d}
		m.checkName()
		if found := tenantFields.read(t, m.value); found["payer"].node == nil && (m.empty() || m.kind() == "a mapping") {
			m.missing("payer", `payer: "111122223333", the account that pays the bill`)
		}
		d.Tenants = append(d.Tenants, t.Tenant)
	}
}

// claim takes an account for the tenant; an account of two tenants would be paid twice.
func (t *tenantDraft) claim(v value, id fleet.AccountID) bool {
	if other, taken := t.draft.tenantOf[id]; taken {
		v.wrong(fmt.Sprintf("the account %s belongs to tenant %s already", id, other), "an account has one tenant")
		return false
	}
	t.draft.tenantOf[id] = t.Name
	return true
}

// Bounds of the name of a workload (AWS Well-Architected Tool API, CreateWorkload).
const leastWorkload, mostWorkload = 3, 100

// readWorkload takes the name of a workload. Two tenants cannot share one: each would write over the other's evidence.
func (t *tenantDraft) readWorkload(v value) {
	name, ok := v.text()
	if !ok {
		return
	}
	if n := utf8.RuneCountInString(name); n < leastWorkload || n > mostWorkload {
		v.wrong(fmt.Sprintf("a workload's name has %d to %d characters", leastWorkload, mostWorkload), "")
		return
	}
	for i := range t.draft.Tenants {
		if other := &t.draft.Tenants[i]; sameWorkload(other.WellArchitected, name) {
			v.wrong(fmt.Sprintf("the workload %q is tenant %s's already", clip(name), other.Name), "each tenant has one of its own")
			return
		}
	}
	t.WellArchitected = name
}

// sameWorkload compares names as AWS does: by neither spaces nor capitals.
func sameWorkload(a, b string) bool {
	plain := func(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), "")) }
	return plain(a) == plain(b)
}

var factorForm = regexp.MustCompile(`^\d{1,6}(\.\d{1,12})?$`)

func (t *tenantDraft) readFactor(v value) {
	text, err := v.quotedNumber()
	switch {
	case err != nil:
	case !factorForm.MatchString(text) || strings.Trim(text, "0.") == "":
		v.wrong(fmt.Sprintf("%q is no factor", clip(text)), `a decimal above zero such as "1.05"`)
	default:
		t.PriceFactor = Factor(text)
	}
}
