package scheduler

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/spelling"
	"offpeak/scheduler/custodian"
	"offpeak/scheduler/hours"
	"offpeak/scheduler/wall"
	"offpeak/scheduler/zone"
)

// meaning is what the text of a schedule tag says: a schedule, that the owner wants to be left alone, the environment's default, or
// nothing that can be understood.
type meaning struct {
	schedule *Compiled
	ignore   bool
	fallback bool // empty text: the environment's default schedule
	code     plan.Code
	why      string

	// What the schedule says at the instant being planned, shared by all resources with this text.
	view   view
	viewed bool
	// queued is the same for those whose start waits so long for the account's quota; nil where nobody's was read yet.
	queued *view
	queue  time.Duration
}

// texts reads schedule tags. Each text is read once.
type texts struct {
	rules     *Rules
	plain     map[string]*meaning
	custodian map[string]*meaning
}

func newTexts(rules *Rules) *texts {
	return &texts{rules: rules, plain: map[string]*meaning{}, custodian: map[string]*meaning{}}
}

// of returns what all schedule tags of a resource together mean; nil when it has none and so is not opted in.
func (t *texts) of(tags fleet.Tags) *meaning {
	var first *meaning
	var firstKey, firstText string
	for _, key := range t.rules.Keys.Schedule {
		text, ok := tags.Get(key)
		if !ok {
			continue
		}
		m := t.read(text)
		switch {
		case first == nil:
			first, firstKey, firstText = m, key, text
		case !agree(first, m):
			return conflict(firstKey, firstText, key, text)
		}
	}
	if t.rules.Keys.Custodian == "" {
		return first
	}
	if text, key, ok := tags.GetFold(t.rules.Keys.Custodian); ok {
		m := t.readCustodian(text)
		if first != nil && !agree(first, m) {
			return conflict(firstKey, firstText, key, text)
		}
		if first == nil {
			first = m
		}
	}
	return first
}

// agree reports whether two tags ask for the same.
func agree(a, b *meaning) bool {
	if a == b {
		return true
	}
	if a.code != "" || b.code != "" || a.ignore != b.ignore || a.fallback != b.fallback {
		return false
	}
	return a.schedule == b.schedule || a.schedule != nil && b.schedule != nil && a.schedule.Hash == b.schedule.Hash
}

func conflict(keyA, textA, keyB, textB string) *meaning {
	return &meaning{
		code: plan.ConflictingTags,
		why:  fmt.Sprintf("the tags %s=%q and %s=%q ask for different schedules; remove one", keyA, textA, keyB, textB),
	}
}

func (t *texts) read(text string) *meaning {
	if m, ok := t.plain[text]; ok {
		return m
	}
	m := t.understand(strings.TrimSpace(text))
	t.plain[text] = m
	return m
}

func (t *texts) understand(text string) *meaning {
	switch strings.ToLower(text) {
	case "":
		return &meaning{fallback: true}
	case fleet.TextIgnore:
		return &meaning{ignore: true}
	case fleet.TextRunning:
		return &meaning{schedule: t.constant(wall.Running)}
	case fleet.TextStopped:
		return &meaning{schedule: t.constant(wall.Stopped)}
	}
	if s, ok := t.rules.Schedules[text]; ok {
		return &meaning{schedule: s}
	}
	if custodian.Is(text) {
		return t.understandCustodian(text)
	}
	parsed, err := hours.Parse(text)
	if err == nil {
		return t.inline(parsed)
	}
	if hours.Looks(text) {
		return &meaning{code: plan.InvalidTag, why: fmt.Sprintf("its schedule tag cannot be read: %s", err)}
	}
	why := fmt.Sprintf("the policy has no schedule %.80q", text)
	if name := spelling.Nearest(text, slices.Collect(maps.Keys(t.rules.Schedules))); name != "" {
		why += fmt.Sprintf(" (did you mean %s?)", name)
	}
	return &meaning{code: plan.UnknownSchedule, why: why}
}

func (t *texts) readCustodian(text string) *meaning {
	if m, ok := t.custodian[text]; ok {
		return m
	}
	m := t.understandCustodian(text)
	t.custodian[text] = m
	return m
}

func (t *texts) understandCustodian(text string) *meaning {
	tag, err := custodian.Parse(text, t.rules.Custodian)
	switch {
	case err != nil:
		return &meaning{code: plan.InvalidTag, why: fmt.Sprintf("its off-hours tag cannot be read: %s", err)}
	case tag.OptedOut:
		return &meaning{ignore: true}
	}
	where, err := custodian.LoadZone(tag.Zone)
	if err != nil {
		return &meaning{code: plan.InvalidTag, why: fmt.Sprintf("its off-hours tag cannot be read: %s", err)}
	}
	return &meaning{schedule: t.compile(tag.Pattern(), where)}
}

// inline makes a schedule of hours written in a tag.
func (t *texts) inline(h hours.Hours) *meaning {
	where := t.rules.Zone
	if h.Zone != "" {
		var err error
		if where, err = zone.Load(h.Zone); err != nil {
			return &meaning{code: plan.InvalidTag, why: fmt.Sprintf("its schedule tag cannot be read: %s", err)}
		}
	}
	return &meaning{schedule: t.compile(hours.Windows(h.Windows...), where)}
}

func (t *texts) compile(pattern wall.Pattern, where *time.Location) *Compiled {
	return Compile(Schedule{
		Name: pattern.String(), Zone: where, Pattern: pattern,
		Closed: t.rules.Inline.Closed, Hold: t.rules.Inline.Hold,
	})
}

func (t *texts) constant(state wall.State) *Compiled {
	return Compile(Schedule{Name: state.String(), Zone: t.rules.Zone, Constant: state, Hold: t.rules.Inline.Hold})
}

// custodianWord reports whether a text is one of the words by which Cloud Custodian's users ask for the defaults.
func custodianWord(text string) bool {
	word := strings.ToLower(strings.Trim(text, " '\""))
	return word == "on" || word == "yes"
}

// ReadTag returns the schedule that the text of a schedule tag asks for, as plans read it: a schedule's name, hours, running or stopped,
// or Cloud Custodian's off-hours. key is the tag's key; empty, any schedule key is meant. It is for trying texts out; texts that ask for no
// schedule, such as ignore, are errors here.
func (r *Rules) ReadTag(key, text string) (*Compiled, error) {
	t := newTexts(r)
	m := t.read(text)
	custodians := r.Keys.Custodian != "" && strings.EqualFold(key, r.Keys.Custodian)
	switch {
	case key != "" && !custodians && !slices.Contains(r.Keys.Schedule, key):
		known := strings.TrimSpace(strings.Join(r.Keys.Schedule, ", ") + " " + r.Keys.Custodian)
		return nil, fmt.Errorf("%q is no schedule key of the policy (it has %s)", key, known)
	case custodians, key == "" && r.Keys.Custodian != "" && m.code == plan.UnknownSchedule && custodianWord(text):
		m = t.readCustodian(text)
	}
	switch {
	case m.code != "":
		return nil, errors.New(m.why)
	case m.ignore:
		return nil, fmt.Errorf("%q asks offpeak to leave the resource alone", text)
	case m.schedule == nil:
		return nil, errors.New("an empty tag means the environment's default schedule; name a schedule instead")
	default:
		return m.schedule, nil
	}
}
