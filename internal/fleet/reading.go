package fleet

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Reserved schedule texts, which mean themselves under every schedule key.
const (
	TextRunning = "running"
	TextStopped = "stopped"
	TextIgnore  = "ignore"
)

// Override is a state with an end that an owner set by tag: "running until 2026-11-23 02:00".
type Override struct {
	Want State // Running or Stopped
	// Until is when the override ends, exclusive. When Floating, only its date and clock count, read in the schedule's zone.
	Until    time.Time
	Floating bool
}

// overrideLayouts are the ways to write an end; those without an offset float.
var overrideLayouts = []struct {
	layout   string
	floating bool
}{
	{time.DateOnly, true},
	{"2006-01-02 15:04", true},
	{"2006-01-02T15:04", true},
	{"2006-01-02 15:04:05", true},
	{"2006-01-02T15:04:05", true},
	{time.RFC3339, false},
	{"2006-01-02T15:04Z07:00", false},
	{"2006-01-02 15:04Z07:00", false},
	{"2006-01-02 15:04 Z07:00", false},
}

// ParseOverride reads an override tag. A date without a time means its midnight, so that "until 2026-12-01" ends as that day begins.
func ParseOverride(text string) (Override, error) {
	words := strings.Fields(text)
	var o Override
	if len(words) > 0 {
		switch strings.ToLower(words[0]) {
		case TextRunning:
			o.Want = Running
		case TextStopped:
			o.Want = Stopped
		}
	}
	if o.Want == StateUnknown {
		return o, fmt.Errorf("%.80q: an override begins with running or stopped (say \"running until 2026-11-23 02:00\")", text)
	}
	if len(words) < 3 || !strings.EqualFold(words[1], "until") {
		return o, fmt.Errorf("%.80q: an override needs an end (say \"%s until 2026-11-23 02:00\")", text, o.Want)
	}
	end := strings.Join(words[2:], " ")
	for _, form := range overrideLayouts {
		if until, err := time.Parse(form.layout, end); err == nil {
			o.Until, o.Floating = until.Truncate(time.Second), form.floating
			return o, nil
		}
	}
	if zoned, ok := parseZoned(end); ok {
		o.Until = zoned
		return o, nil
	}
	return o, fmt.Errorf("%.80q: %.40q is no end of an override (write 2026-11-23 02:00, or 2026-11-23)", text, end)
}

// parseZoned reads "2026-11-23 02:00 Asia/Seoul".
func parseZoned(end string) (time.Time, bool) {
	cut := strings.LastIndex(end, " ")
	if cut < 0 || !strings.Contains(end[cut:], "/") && end[cut:] != " UTC" {
		return time.Time{}, false
	}
	name := end[cut+1:]
	if strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") {
		return time.Time{}, false // copies of the zones in some systems' data, one of them with leap seconds
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.Time{}, false
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, end[:cut], zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// ParseOrder reads an order tag: a whole number from 1 to 99.
func ParseOrder(text string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 1 || n > 99 {
		return 0, fmt.Errorf("%.40q is no order (a whole number from 1 to 99; 1 starts first)", text)
	}
	return n, nil
}

// MostSnapshotDays is the longest that a snapshot can be asked to be kept.
const MostSnapshotDays = 365

// ParseSnapshot reads a snapshot tag: for how many days the snapshot of a database is kept that is taken before each stop, as 7 or 7d, or none.
func ParseSnapshot(text string) (days int, err error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "none" {
		return 0, nil
	}
	days, err = strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || days < 1 || days > MostSnapshotDays {
		return 0, fmt.Errorf("%.80q is no time to keep snapshots for (say 7d for seven days, up to %dd, or none)", text, MostSnapshotDays)
	}
	return days, nil
}
