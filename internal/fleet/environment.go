package fleet

import (
	"math/bits"
	"slices"
	"strings"
)

// Environment is a named part of the fleet.
type Environment struct {
	Name      string
	Accounts  []AccountID
	Tags      map[string][]string // key to values; both are compared without case
	Protected bool
	Default   string // name of the schedule of opted-in resources that name none; empty: they are refused
}

// Belonging is what environments say of a resource. The zero value is none.
type Belonging struct {
	// In is the environment; nil where there is none. Other is a second one, where neither is protected: it is not known then which one counts.
	In, Other *Environment
}

// Name returns the environment's name, empty where there is none or more than one.
func (b Belonging) Name() string {
	if b.In == nil || b.Other != nil {
		return ""
	}
	return b.In.Name
}

// Environments find the environment of a resource. They remember what each tag value means, so that asking again costs a map look-up; they are
// not for use by several goroutines at once.
type Environments struct {
	list      []Environment
	byAccount map[AccountID]uint64 // bit i: environment i
	tagKeys   []string
	byTag     []map[string]uint64 // for each of tagKeys: value as written to environments
	protected uint64
}

// NewEnvironments returns a finder for up to 64 environments, which is what a policy may have.
func NewEnvironments(list []Environment) *Environments {
	e := &Environments{list: list, byAccount: map[AccountID]uint64{}}
	for i, environment := range list {
		if environment.Protected {
			e.protected |= 1 << i
		}
		for _, account := range environment.Accounts {
			e.byAccount[account] |= 1 << i
		}
		for key := range environment.Tags {
			if !containsFold(e.tagKeys, key) {
				e.tagKeys = append(e.tagKeys, key)
				e.byTag = append(e.byTag, map[string]uint64{})
			}
		}
	}
	return e
}

// Of returns where a resource belongs: protected environments first; of the others exactly one must match.
func (e *Environments) Of(r *Resource) Belonging {
	matches := e.byAccount[r.Scope.Account]
	for _, tag := range r.Tags {
		for k, key := range e.tagKeys {
			if len(tag.Key) == len(key) && strings.EqualFold(tag.Key, key) {
				matches |= e.meaning(k, tag.Value)
			}
		}
	}
	if matches&e.protected != 0 {
		return Belonging{In: e.lowest(matches & e.protected)}
	}
	if matches == 0 {
		return Belonging{}
	}
	return Belonging{In: e.lowest(matches), Other: e.lowest(matches & (matches - 1))}
}

func (e *Environments) meaning(k int, value string) uint64 {
	if matches, ok := e.byTag[k][value]; ok {
		return matches
	}
	var matches uint64
	for i, environment := range e.list {
		for key, values := range environment.Tags {
			if strings.EqualFold(key, e.tagKeys[k]) && containsFold(values, strings.TrimSpace(value)) {
				matches |= 1 << i
			}
		}
	}
	e.byTag[k][value] = matches
	return matches
}

// lowest is the first environment among some; nil of none.
func (e *Environments) lowest(matches uint64) *Environment {
	if matches == 0 {
		return nil
	}
	return &e.list[bits.TrailingZeros64(matches)]
}

func containsFold(list []string, text string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, text) })
}
