package policy

import (
	"fmt"
	"slices"
	"strings"

	"offpeak/internal/fleet"
	"offpeak/scheduler/hours"
)

// mostEnvironments is what the planner can tell apart.
const mostEnvironments = 64

// environmentDraft is an environment in the making, with the places of its claims on resources.
type environmentDraft struct {
	fleet.Environment
	draft  *draft
	claims []claim
	tagged map[string]bool // what claims by tags say
}

// claim says that resources with an account, or with a value of a tag, belong to an environment.
type claim struct {
	what string // the same for claims on the same resources
	says string
	at   value
}

var environmentFields = fields[environmentDraft]{
	{"accounts", (*environmentDraft).readAccounts},
	{"tags", (*environmentDraft).readTags},
	{"protected", func(e *environmentDraft, v value) { e.Protected, _ = v.boolean() }},
	{"schedule", (*environmentDraft).readDefault},
}

func (d *draft) readEnvironments(v value) {
	var drafts []*environmentDraft
	for _, m := range v.members() {
		e := &environmentDraft{draft: d, tagged: map[string]bool{}}
		e.Name = m.key
		named := m.checkName()
		before := v.problems.count()
		found := environmentFields.read(e, m.value)
		if v.problems.count() == before && found["accounts"].holdsNothing() && found["tags"].holdsNothing() {
			m.name.wrong("has neither accounts nor tags, so that nothing belongs to it", `say accounts: ["111122223333"] or tags: {Environment: [dev]}`)
		}
		if e.Protected && e.Default != "" {
			found["schedule"].warn("a protected environment is never scheduled, so its default schedule is not used", "")
		}
		if named {
			drafts = append(drafts, e)
			d.Rules.Environments = append(d.Rules.Environments, e.Environment)
		}
	}
	switch {
	case v.holdsNothing():
		v.wrong("there is no environment", "a resource that belongs to none is never touched; name at least one")
	case len(drafts) > mostEnvironments:
		v.wrong(fmt.Sprintf("there are %d environments, more than %d", len(drafts), mostEnvironments), "")
	}
	compareClaims(drafts)
}

func (e *environmentDraft) readAccounts(v value) {
	seen := map[fleet.AccountID]bool{}
	for _, element := range v.list() {
		id, ok := element.account()
		switch {
		case !ok:
		case seen[id]:
			element.warn(fmt.Sprintf("the account %s stands in the list twice", id), "")
		default:
			seen[id] = true
			e.Accounts = append(e.Accounts, id)
			e.claims = append(e.claims, claim{"account " + string(id), "the account " + string(id), element})
		}
	}
}

func (e *environmentDraft) readTags(v value) {
	e.Tags = map[string][]string{}
	for _, m := range v.members() {
		if !m.name.tagKey(m.key) {
			continue
		}
		if m.holdsNothing() {
			m.wrong("lists no values", "say [dev, development]")
			continue
		}
		m.each(longestTagValue, func(element value, text string) {
			e.Tags[m.key] = append(e.Tags[m.key], text)
			what := fmt.Sprintf("tag %q %q", strings.ToLower(m.key), strings.ToLower(text))
			if e.tagged[what] {
				element.warn(fmt.Sprintf("%s: %s is listed already; upper and lower case do not count here", m.key, text), "")
				return
			}
			e.tagged[what] = true
			e.claims = append(e.claims, claim{what, fmt.Sprintf("the tag %s: %s", m.key, text), element})
		})
	}
}

// tagKey checks the key of a tag as AWS does.
func (v value) tagKey(key string) bool {
	switch {
	case strings.TrimSpace(key) != key || key == "":
		v.wrong(fmt.Sprintf("%q is no tag key", clip(key)), "")
	case len([]rune(key)) > longestTagKey:
		v.wrong(fmt.Sprintf("a tag key has at most %d characters", longestTagKey), "")
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		v.wrong(fmt.Sprintf("%q begins with aws:, and such tags are AWS's own", clip(key)), "")
	default:
		return true
	}
	return false
}

// readDefault reads the name of the default schedule.
func (e *environmentDraft) readDefault(v value) {
	name, ok := v.textUpTo(longestTagValue)
	switch {
	case !ok:
	case slices.Contains(e.draft.scheduleNames, name):
		e.Default = name
	case reserved(name) || isHours(name):
		v.wrong(fmt.Sprintf("%q is no name of a schedule", clip(name)), "give such hours a name under schedules, and name it here")
	default:
		v.unknown(fmt.Sprintf("the policy has no schedule %q", clip(name)), name, e.draft.scheduleNames)
	}
}

func isHours(text string) bool {
	if !hours.Looks(text) { // which is quick, and true for all that parses
		return false
	}
	_, err := hours.Parse(text)
	return err == nil
}

// compareClaims finds resources that two environments claim. Of two that are not protected neither would ever act.
func compareClaims(drafts []*environmentDraft) {
	type claimed struct {
		*environmentDraft
		claim
	}
	first := map[string]claimed{} // by what, of unprotected environments
	protected := map[string]string{}
	for _, e := range drafts {
		for _, c := range e.claims {
			if e.Protected {
				protected[c.what] = e.Name
			}
		}
	}
	for _, e := range drafts {
		if e.Protected {
			continue
		}
		for _, c := range e.claims {
			other, twice := first[c.what]
			if twice {
				c.at.wrong(fmt.Sprintf("%s belongs to environment %s too (line %d), so that neither can act on it", c.says, other.Name, other.at.node.Line),
					"take it out of one, or protect one")
				continue
			}
			first[c.what] = claimed{e, c}
			if name := protected[c.what]; name != "" {
				c.at.warn(fmt.Sprintf("%s belongs to the protected environment %s too, which goes first", c.says, name), "")
			}
		}
	}
}
