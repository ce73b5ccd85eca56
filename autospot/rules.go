package autospot

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"offpeak/internal/fleet"
	"offpeak/internal/spelling"
)

// Rules are what a policy says about Spot, ready for use. The zero value moves nothing: it knows no key to opt in by.
type Rules struct {
	// Policy names the policy and its version; plans carry it.
	Policy       string
	Keys         fleet.TagKeys
	Environments []fleet.Environment
	Mode         Mode
	// Profiles are by name. The one named default is always there.
	Profiles map[string]Profile

	// KeepImages is for how many days the image of a conversion is kept; zero: DefaultKeepImages.
	KeepImages int

	Uncommitted        bool // no commitments are to be reckoned with: there are none, or they are not to count
	KeepAddress        bool // refuse conversions that would change an automatic public address
	AllowInstanceStore bool // convert instances although that wipes their local disks
}

// Words that mean themselves in the tag.
const (
	textYes    = "yes"
	textNo     = "no"
	textIgnore = "ignore"
)

// Answer is what an owner says of moving a resource to Spot.
type Answer uint8

// The answers.
const (
	Silent  Answer = iota // has no tag
	No                    // says no
	Yes                   // says yes, or names a profile
	Unclear               // says something that cannot be understood, which is a no and a finding
)

// Wish is what the tags of a resource say about Spot.
type Wish struct {
	Answer Answer
	// Profile is the one that was asked for; the default one where none was.
	Profile Profile
	// Problem says what is wrong with the tags, and Remedy what to write instead. They are empty unless the answer is unclear, or silent with a tag
	// whose key is nearly right.
	Problem, Remedy string
}

// Wish reads the tags of a resource. What cannot be understood is never a yes.
func (r *Rules) Wish(tags fleet.Tags) Wish {
	w := Wish{Profile: r.profile(DefaultName)}
	if r.Keys.Spot == "" {
		return w
	}
	text, ok := tags.Get(r.Keys.Spot)
	if !ok {
		if _, asWritten, near := tags.GetFold(r.Keys.Spot); near {
			w.Problem = fmt.Sprintf("its tag key %s is not %s (upper and lower case count), so it is not opted in", asWritten, r.Keys.Spot)
			w.Remedy = "rename the tag " + asWritten + " to " + r.Keys.Spot
		}
		return w
	}
	text = strings.TrimSpace(text)
	switch strings.ToLower(text) {
	case textNo, textIgnore:
		w.Answer = No
		return w
	case textYes:
		w.Answer = Yes
	default:
		p, known := r.Profiles[text]
		if !known && text != DefaultName {
			w.Answer, w.Problem, w.Remedy = Unclear, r.misread(text), r.sayInstead(text)
			return w
		}
		w.Answer = Yes
		if known {
			w.Profile = p
		}
	}
	if key, ignored := r.ignored(tags); ignored {
		w.Answer = Unclear
		w.Problem = fmt.Sprintf("the tag %s asks for Spot and %s to leave it alone", r.Keys.Spot, key)
		w.Remedy = fmt.Sprintf("remove one of %s and %s", r.Keys.Spot, key)
	}
	return w
}

// profile returns a profile of the policy, and the built-in one where it names none by that name.
func (r *Rules) profile(name string) Profile {
	if p, ok := r.Profiles[name]; ok {
		return p
	}
	return DefaultProfile()
}

func (r *Rules) misread(text string) string {
	if text == "" {
		return fmt.Sprintf("its tag %s is empty", r.Keys.Spot)
	}
	return fmt.Sprintf("the policy has no Spot profile %.80q", text)
}

// sayInstead proposes the nearest word that means something.
func (r *Rules) sayInstead(text string) string {
	names := slices.Sorted(maps.Keys(r.Profiles))
	all := "say " + strings.Join(append([]string{textYes, textNo}, names...), ", ")
	switch strings.ToLower(text) {
	case "":
		return all
	case "true", "on", "y", "1", "spot", "enabled":
		return "say " + textYes
	case "false", "off", "n", "0", "none", "disabled":
		return "say " + textNo
	}
	if near := spelling.Nearest(text, append(names, textYes, textNo)); near != "" {
		return "did you mean " + near + "?"
	}
	return all
}

// ignored returns the schedule key by which the owner asks to be left alone. AWS itself denies acts on what carries it.
func (r *Rules) ignored(tags fleet.Tags) (key string, ok bool) {
	for _, key := range r.Keys.Schedule {
		if text, ok := tags.Get(key); ok && strings.EqualFold(strings.TrimSpace(text), fleet.TextIgnore) {
			return key, true
		}
	}
	return "", false
}
