// Package zone turns the name of a time zone into its rules, and a wrong name into advice.
//
// It accepts the names of the IANA time zone database, links such as US/Eastern included, spelled exactly, and nothing else: not the
// zone of the machine, no abbreviation, no fixed offset, for those mean different hours on different machines or in different months.
// The rules come with the program (time/tzdata) wherever the system has none. It does not guess: a wrong name is an error that
// proposes the right one.
package zone

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // Lambda's base image and Windows have no zone files
)

// ErrUnknown is what errors.Is finds in the error of Load for a name that is not in the IANA list.
var ErrUnknown = errors.New("unknown time zone")

// longestEcho is how much of a wrong name, in bytes, an error repeats and the search for proposals looks at.
const longestEcho = 64

// namesText is the list of tzdata 2025c as Go embeds it, without Factory, which is a placeholder and no zone.
//
//go:embed names.txt
var namesText string

// windowsText maps Windows names to IANA ones, one "Korea Standard Time = Asia/Seoul" a line: the rows for territory 001 of the
// Unicode CLDR's windowsZones table, as PyPI tzlocal 5.4.5 carries them.
//
//go:embed windows.txt
var windowsText string

var names = sync.OnceValue(func() []string { return strings.Fields(namesText) })

var windows = sync.OnceValue(func() map[string]string {
	table := map[string]string{}
	for line := range strings.Lines(windowsText) {
		if name, iana, ok := strings.Cut(strings.TrimSpace(line), " = "); ok {
			table[name] = iana
		}
	}
	return table
})

// loaded keeps what Load has read, by name; it cannot outgrow the list.
var loaded sync.Map

// Load returns the zone of an exact IANA name. Any other name, "Local" and the empty one included, is an error that wraps ErrUnknown
// and says what to write instead.
func Load(name string) (*time.Location, error) {
	if kept, ok := loaded.Load(name); ok {
		return kept.(*time.Location), nil
	}
	if _, known := slices.BinarySearch(names(), name); !known {
		return nil, unknown(name)
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("load time zone %s: %w", name, err)
	}
	kept, _ := loaded.LoadOrStore(name, location)
	return kept.(*time.Location), nil
}

// Names returns every name that Load accepts, sorted. The caller owns the slice.
func Names() []string { return slices.Clone(names()) }

// FromWindows returns the IANA name of the zone that Windows and Outlook call so, "Korea Standard Time" for instance.
func FromWindows(name string) (iana string, ok bool) {
	iana, ok = windows()[name]
	return iana, ok
}

func unknown(name string) error {
	echo := name
	if len(echo) > longestEcho {
		echo = strings.ToValidUTF8(echo[:longestEcho], "") + "..."
	}
	return fmt.Errorf("%w %q: %s", ErrUnknown, echo, advice(name))
}
