package main

import (
	"regexp"
	"strings"

	"offpeak/internal/fleet"
)

// selector is a list of conditions on resources, all of which must hold.
type selector []condition

// condition is key=pattern, key!=pattern, key (present) or !key (absent). In patterns * stands for any text and ? for one character.
type condition struct {
	key     string
	pattern *regexp.Regexp // nil: whether it is there at all
	negated bool
}

// parseSelector reads "Team=pay,env!=prod,!Owner".
func parseSelector(text string) (selector, error) {
	var s selector
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		c := condition{key: part}
		if key, pattern, found := strings.Cut(part, "="); found {
			c = condition{key: strings.TrimSuffix(key, "!"), pattern: wildcard(strings.TrimPrefix(pattern, "=")), negated: strings.HasSuffix(key, "!")}
		} else if rest, found := strings.CutPrefix(part, "!"); found {
			c = condition{negated: true, key: rest}
		}
		c.key = strings.TrimSpace(c.key)
		if c.key == "" {
			return nil, usagef("--selector: %q is no condition (write Team=pay, env!=prod, Owner or !Owner; * stands for anything)", part)
		}
		s = append(s, c)
	}
	return s, nil
}

// wildcard turns a pattern into an expression that matches the whole of a value.
func wildcard(pattern string) *regexp.Regexp {
	quoted := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(strings.TrimSpace(pattern)))
	return regexp.MustCompile(`(?s)^` + quoted + `$`)
}

// filter keeps the resources that meet every condition. Keys are env, account, region, kind, id, name, state and tag keys.
func (s selector) filter(resources []fleet.Resource, environmentOf func(*fleet.Resource) string) []fleet.Resource {
	if len(s) == 0 {
		return resources
	}
	var kept []fleet.Resource
	for i := range resources {
		if s.matches(&resources[i], environmentOf) {
			kept = append(kept, resources[i])
		}
	}
	return kept
}

func (s selector) matches(r *fleet.Resource, environmentOf func(*fleet.Resource) string) bool {
	for _, c := range s {
		value, present := valueOf(r, c.key, environmentOf)
		holds := present
		if c.pattern != nil {
			holds = present && c.pattern.MatchString(value)
		}
		if holds == c.negated {
			return false
		}
	}
	return true
}

func valueOf(r *fleet.Resource, key string, environmentOf func(*fleet.Resource) string) (string, bool) {
	switch key {
	case "env", "environment":
		name := environmentOf(r)
		return name, name != ""
	case "account":
		return string(r.Scope.Account), true
	case "region":
		return string(r.Scope.Region), true
	case "kind":
		return r.Kind.String(), true
	case "id":
		return r.ID, true
	case "name":
		return r.Name(), r.Name() != ""
	case "state":
		return r.State.String(), true
	default:
		return r.Tags.Get(key)
	}
}
