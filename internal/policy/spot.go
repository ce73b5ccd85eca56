package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"offpeak/autospot"
	"offpeak/internal/money"
)

// spotDraft is the section spot in the making.
type spotDraft struct {
	draft *draft
}

var spotFields = fields[spotDraft]{
	{"mode", func(s *spotDraft, v value) {
		mode, _ := v.oneOf(string(autospot.Advise), string(autospot.Ask), string(autospot.Act))
		s.draft.Spot.Mode = autospot.Mode(mode)
	}},
	{"commitments", func(s *spotDraft, v value) {
		word, _ := v.oneOf(fromBill, noCommitments)
		s.draft.Spot.Uncommitted = word == noCommitments
	}},
	{"keep_images", func(s *spotDraft, v value) { s.draft.Spot.KeepImages = v.count(1, mostImageDays) }},
	{"profiles", (*spotDraft).readProfiles},
}

// profileFields are in the order of what matters most to an owner.
var profileFields = fields[autospot.Profile]{
	{"loss", func(p *autospot.Profile, v value) { p.Loss, _ = v.percent() }},
	{"odds", func(p *autospot.Profile, v value) { p.Odds = v.odds() }},
	{"minimum_saving", func(p *autospot.Profile, v value) {
		n, ok := v.percent()
		if ok && n == 100 {
			v.wrong("100% is out of range", "from 1% to 99%: Spot is never free")
		}
		p.MinimumSaving = n
	}},
	{"on_demand", func(p *autospot.Profile, v value) { p.OnDemand = v.count(0, mostInstances) }},
	{"allow", func(p *autospot.Profile, v value) { p.Allow = v.typeGlobs() }},
	{"deny", func(p *autospot.Profile, v value) {
		p.Deny = v.typeGlobs()
		if slices.Contains(p.Deny, "*") {
			v.warn("denies every type, so that nothing moves", "")
		}
	}},
	{"interruption_cost", func(p *autospot.Profile, v value) { p.Interruption = v.dollars() }},
	{"churn", func(p *autospot.Profile, v value) { p.Churn = v.count(1, mostInstances) }},
}

// What spot.commitments may say.
const (
	fromBill      = "bill"
	noCommitments = "none"
)

const (
	// mostProfiles is more than people keep apart.
	mostProfiles = 100
	// mostImageDays is longer than anybody goes back to a root volume of then.
	mostImageDays = 365
	// mostInstances is more than any one group has.
	mostInstances = 10_000
)

func (d *draft) readSpot(v value) { spotFields.read(&spotDraft{draft: d}, v) }

// readProfiles reads the profile named default first: what others do not say is as there.
func (s *spotDraft) readProfiles(v value) {
	members := v.members()
	if len(members) > mostProfiles {
		v.wrong(fmt.Sprintf("there are %d profiles, more than %d", len(members), mostProfiles), "")
		return
	}
	slices.SortStableFunc(members, func(a, b member) int { return fromDefault(a.key) - fromDefault(b.key) })
	profiles, folded := s.draft.Spot.Profiles, map[string]string{}
	for _, m := range members {
		if autospot.Reserved(m.key) {
			m.name.wrong(fmt.Sprintf("a profile cannot be called %s: in an owner's tag that says something else", m.key), "choose another name")
			continue
		}
		p := profiles[autospot.DefaultName]
		p.Name, p.Allow, p.Deny = m.key, slices.Clone(p.Allow), slices.Clone(p.Deny)
		named := m.checkName()
		profileFields.read(&p, m.value)
		if m.holdsNothing() && m.key != autospot.DefaultName {
			m.warn("says nothing, so that it is the profile "+autospot.DefaultName+" by another name", "")
		}
		if other, twice := folded[strings.ToLower(m.key)]; twice {
			m.name.warn(fmt.Sprintf("differs from %s in upper and lower case only, which counts in tags", other), "")
		}
		folded[strings.ToLower(m.key)] = m.key
		if named {
			profiles[m.key] = p
		}
	}
}

func fromDefault(name string) int {
	if name == autospot.DefaultName {
		return 0
	}
	return 1
}

// finishSpot gives AutoSpot what it shares with the scheduler.
func (d *draft) finishSpot() {
	s, r := &d.Spot, &d.Rules
	s.Policy, s.Keys, s.Environments = r.Policy, r.Keys, r.Environments
	s.KeepAddress, s.AllowInstanceStore = r.KeepAddress, r.AllowInstanceStore
}

var oddsForm = regexp.MustCompile(`^\d{1,3}(\.\d{1,6})?$`)

// odds reads how often a quarter something may be expected: above 0, to 100. It is no money, so a number may stand without quotes.
func (v value) odds() float64 {
	text, ok := v.text()
	if !ok {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case !oddsForm.MatchString(text) || err != nil:
		say := "how often a quarter, such as 0.1 for once in ten quarters"
		if number, percent := strings.CutSuffix(text, "%"); percent {
			say = "write the share as a number: 0.1, not " + clip(number) + "%"
		}
		v.wrong(fmt.Sprintf("%q is no number of times a quarter", clip(text)), say)
	case n == 0 || n > 100:
		v.wrong(clip(text)+" is out of range", "above 0, at most 100 times a quarter; 0.1 is once in ten quarters")
	default:
		return n
	}
	return 0
}

// count reads a whole number.
func (v value) count(low, high int) int {
	text, ok := v.text()
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(text)
	switch {
	case !isDigits(text):
		v.wrong(fmt.Sprintf("%q is no whole number", clip(text)), fmt.Sprintf("from %d to %d", low, high))
	case err != nil || n < low || n > high:
		v.wrong(clip(text)+" is out of range", fmt.Sprintf("from %d to %d", low, high))
	default:
		return n
	}
	return 0
}

// dollars reads an amount that is not below zero.
func (v value) dollars() money.USD {
	text, err := v.quotedNumber()
	if err != nil {
		return money.USD{}
	}
	amount, err := money.ParseUSD(text)
	if err != nil || !dollarsForm.MatchString(text) {
		v.wrong(fmt.Sprintf("%q is no amount", clip(text)), `dollars such as "0.50"`)
		return money.USD{}
	}
	return amount
}

var dollarsForm = regexp.MustCompile(`^\d{1,9}(\.\d{1,9})?$`)

var (
	globForm = regexp.MustCompile(`^[a-z*?][a-z0-9.*?-]*$`)
	wholeOne = regexp.MustCompile(`^[a-z?][a-z0-9?-]*\.[a-z0-9?-]+$`)
)

// typeGlobs reads globs of instance types: * stands for any text, ? for one character.
func (v value) typeGlobs() []string {
	var globs []string
	v.each(longestText, func(element value, text string) {
		switch {
		case !globForm.MatchString(text):
			say := "write types as AWS does, with * for any text: m5.*, *.metal"
			if lower := strings.ToLower(text); globForm.MatchString(lower) {
				say = "write " + lower
			}
			element.wrong(fmt.Sprintf("%q matches no instance type", clip(text)), say)
		case !strings.Contains(text, "*") && !wholeOne.MatchString(text):
			element.wrong(fmt.Sprintf("%q matches no instance type", clip(text)), "write "+clip(strings.Trim(text, "."))+".* for all sizes")
		default:
			globs = append(globs, text)
		}
	})
	return globs
}
