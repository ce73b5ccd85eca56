package custodian

import (
	"fmt"
	"slices"
)

// Code says what kind of thing a lint is about.
type Code string

// The codes.
const (
	DefaultsApply Code = "defaults-apply" // the text says nothing that is read
	DefaultStart  Code = "default-start"  // off= alone starts too
	DefaultStop   Code = "default-stop"   // on= alone stops too
	UnreadKey     Code = "unread-key"     // a blank before off= or on=
	SameHour      Code = "same-hour"      // an hour stops and starts
)

// Lint is something in a tag that is valid and yet surprising.
type Lint struct {
	Code Code
	Text string // a sentence
}

// Lints returns what is surprising about the tag.
func (t Tag) Lints() []Lint { return t.notes }

func notes(value string, given map[string]string, t Tag) []Lint {
	var list []Lint
	add := func(code Code, format string, arguments ...any) {
		list = append(list, Lint{code, fmt.Sprintf(format, arguments...)})
	}
	if len(given) == 0 && value != "" && value != keyOn {
		add(DefaultsApply, "%.40q says nothing that is read, so the defaults apply: off=%s;on=%s", value, describe(t.Off), describe(t.On))
	}
	switch {
	case t.OwnOff && !t.OwnOn:
		add(DefaultStart, "only off= is given, so it starts at the default: on=%s", describe(t.On))
	case t.OwnOn && !t.OwnOff:
		add(DefaultStop, "only on= is given, so it stops at the default: off=%s", describe(t.Off))
	}
	if len(t.Off) == 0 {
		add(UnreadKey, "a blank before off= hides it, as in Cloud Custodian: nothing is stopped")
	}
	if len(t.On) == 0 {
		add(UnreadKey, "a blank before on= hides it, as in Cloud Custodian: nothing is started")
	}
	for _, off := range t.Off {
		if slices.ContainsFunc(t.On, off.meets) {
			add(SameHour, "it is to stop and to start at %d:00 on the same days: it stops", off.Hour)
		}
	}
	return list
}

// meets reports whether two times fall together on some day.
func (t Time) meets(other Time) bool {
	for day, set := range t.Days {
		if set && other.Days[day] && t.Hour == other.Hour {
			return true
		}
	}
	return false
}
