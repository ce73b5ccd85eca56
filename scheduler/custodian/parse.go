package custodian

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"offpeak/scheduler/zone"
)

// lastHour is the greatest hour that a tag can name.
const lastHour = 23

// Tag is what the value of a tag means, defaults applied.
type Tag struct {
	// OptedOut is the value off: nothing is stopped or started. All else is empty then.
	OptedOut bool
	// Off and On are the hours at which to stop and to start. They are the tag's own where OwnOff and OwnOn say so, else the policy's:
	// a tag that only says when to stop is started at the default hour.
	Off, On       []Time
	OwnOff, OwnOn bool
	// Zone is the canonical IANA name of the zone in which the hours are meant.
	Zone  string
	notes []Lint
}

// Time is an hour on some days of the week.
type Time struct {
	Days Weekdays
	Hour int
}

// Weekdays is a set of days by time.Weekday.
type Weekdays [7]bool

// escapes are the characters that some services forbid in tags, as the peer lets one write them.
var escapes = strings.NewReplacer(
	"u28", "(", "u29", ")", "u5b", "[", "u5d", "]", "u2c", ",", "u3b", ";", "u3d", "=", "u2f", "/", "u2d", "-")

// normalize undoes case, escapes and quotation marks.
func normalize(text string) string {
	return strings.Trim(strings.Trim(escapes.Replace(strings.ToLower(text)), "'"), `"`)
}

// The keys of a tag.
const (
	keyOff  = "off"
	keyOn   = "on"
	keyZone = "tz"
)

// Is reports whether a text has the form of a tag of the peer (off=, on= or tz= in it, escaped or not), so that it cannot be a
// schedule's name nor hours. The words on, off and yes, which are tags too, say nothing about whose they are.
func Is(text string) bool {
	for _, piece := range strings.FieldsFunc(normalize(text), separates) {
		switch key, _, ok := strings.Cut(piece, "="); {
		case !ok:
		case key == keyOff, key == keyOn, key == keyZone:
			return true
		}
	}
	return false
}

// separates reports what may stand between the pieces of a tag where only their keys matter.
func separates(r rune) bool { return r == ' ' || r == ';' }

// Parse reads the value of a tag. Text without any key=value, the empty text among it, means the defaults; off alone opts out. What
// the peer refuses for stopping or for starting is an error here for both: half a tag is not acted upon.
func Parse(text string, d Defaults) (Tag, error) {
	value := normalize(text)
	if value == keyOff {
		return Tag{OptedOut: true}, nil
	}
	pieces := strings.FieldsFunc(value, func(r rune) bool { return r == ';' })
	given, err := keys(pieces)
	if err != nil {
		return Tag{}, fmt.Errorf("tag %.80q: %w", text, err)
	}
	_, ownOff := given[keyOff]
	_, ownOn := given[keyOn]
	tag := Tag{Off: d.off(), On: d.on(), OwnOff: ownOff, OwnOn: ownOn}
	zoneName := given[keyZone]
	if ownOff || ownOn {
		own, err := times(pieces)
		if err != nil {
			return Tag{}, fmt.Errorf("tag %.80q: %w", text, err)
		}
		zoneName = own.zone
		if ownOff {
			tag.Off = own.hours[keyOff]
		}
		if ownOn {
			tag.On = own.hours[keyOn]
		}
	}
	if zoneName == "" {
		zoneName = d.Zone
	}
	location, err := LoadZone(zoneName)
	if err != nil {
		return Tag{}, fmt.Errorf("tag %.80q: tz: %w", text, err)
	}
	tag.Zone = location.String()
	tag.notes = notes(value, given, tag)
	switch d.Only {
	case OnlyStops:
		tag.On, tag.OwnOn = nil, false
	case OnlyStarts:
		tag.Off, tag.OwnOff = nil, false
	}
	return tag, nil
}

// keys collects the values by key wherever a piece, cut at blanks too, is key=value. It refuses unknown keys.
func keys(pieces []string) (map[string]string, error) {
	given := map[string]string{}
	for _, piece := range pieces {
		for part := range strings.SplitSeq(piece, " ") {
			key, value, ok := strings.Cut(part, "=")
			if !ok || strings.Contains(value, "=") {
				continue
			}
			if key != keyOff && key != keyOn && key != keyZone {
				return nil, fmt.Errorf("unknown key %.20q (off, on and tz are known; no blank stands before =)", key)
			}
			given[key] = value
		}
	}
	return given, nil
}

// own is what a tag says itself. Keys are kept with the blanks before them, as the peer keeps them: it looks at off and on alone.
type own struct {
	hours map[string][]Time
	zone  string
}

// times reads the pieces of a tag of which every one has to be key=value. The last of equal keys counts.
func times(pieces []string) (own, error) {
	o := own{hours: map[string][]Time{}}
	for _, piece := range pieces {
		key, value, ok := strings.Cut(piece, "=")
		if !ok || strings.Contains(value, "=") {
			return own{}, fmt.Errorf("%.40q is not key=value (semicolons, not blanks, stand between)", piece)
		}
		if key == keyZone {
			o.zone = value
			continue
		}
		hours, err := parseTimes(value)
		if err != nil {
			return own{}, fmt.Errorf("%s=%.40s: %w", key, value, err)
		}
		o.hours[key] = hours
	}
	return o, nil
}

// parseTimes reads [(m-f,21),(u,18)]. Brackets and parentheses may be missing; only ",(" parts two times.
func parseTimes(text string) ([]Time, error) {
	var list []Time
	text = strings.NewReplacer("[", "", "]", "").Replace(text)
	for entry := range strings.SplitSeq(text, ",(") {
		days, hour, ok := strings.Cut(strings.NewReplacer("(", "", ")", "").Replace(entry), ",")
		if !ok {
			return nil, errors.New("days and hour belong together: say (M-F,19)")
		}
		if hour == "" || strings.Trim(hour, "0123456789") != "" {
			return nil, fmt.Errorf("%.20q is not an hour: say 0 to %d, without blanks", hour, lastHour)
		}
		n, err := strconv.Atoi(hour)
		if err != nil || n > lastHour {
			return nil, fmt.Errorf("hour %.20s: hours run from 0 to %d", hour, lastHour)
		}
		set, err := parseDays(days)
		if err != nil {
			return nil, err
		}
		list = append(list, Time{set, n})
	}
	return list, nil
}

var dayLetters = map[string]time.Weekday{
	"m": time.Monday, "t": time.Tuesday, "w": time.Wednesday, "h": time.Thursday, "f": time.Friday, "s": time.Saturday, "u": time.Sunday,
}

// parseDays reads m or m-f. Like the peer it passes over what is not a day between the hyphens, so that m--f is m-f.
func parseDays(text string) (Weekdays, error) {
	if day, ok := dayLetters[text]; ok {
		return dayRange(day, day), nil
	}
	var ends []time.Weekday
	for letter := range strings.SplitSeq(text, "-") {
		if day, ok := dayLetters[letter]; ok {
			ends = append(ends, day)
		}
	}
	if len(ends) != 2 {
		return Weekdays{}, fmt.Errorf("%.20q is not a day or a range: days are M T W H F S U, say M-F", text)
	}
	return dayRange(ends[0], ends[1]), nil
}

// dayRange is the days from one to another, over the end of the week if need be.
func dayRange(first, last time.Weekday) Weekdays {
	var days Weekdays
	for day := first; ; day = (day + 1) % 7 {
		days[day] = true
		if day == last {
			return days
		}
	}
}

// lowerNames finds the IANA names by their small letters.
var lowerNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for _, name := range zone.Names() {
		names[strings.ToLower(name)] = name
	}
	return names
})
