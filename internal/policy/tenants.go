package policy

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"offpeak/internal/fleet"
)

// Tenant is a billing family: a payer account, its accounts, and who reads its report. The optimizer and the reports read it.
type Tenant struct {
	Name     string
	Payer    fleet.AccountID
	Accounts []fleet.AccountID // beside the payer's own
	// Bill is where its bill is exported to, as written; empty where it says nothing.
	Bill       string
	Recipients []string // mail addresses
	Languages  []string // ko, en; at least one
	// PriceFactor is a decimal above zero by which its prices are multiplied.
	PriceFactor Factor
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
	{"recipients", func(t *tenantDraft, v value) {
		v.each(longestText, func(element value, text string) {
			if address, err := mail.ParseAddress(text); err != nil || address.Address != text {
				element.wrong(fmt.Sprintf("%q is no mail address", clip(text)), "write it as finance@example.com")
				return
			}
			t.Recipients = append(t.Recipients, text)
		})
	}},
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
	}},
	{"price_factor", (*tenantDraft).readFactor},
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
