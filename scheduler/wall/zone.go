package wall

import "time"

// longestOffset is more seconds than any zone's distance from UTC has ever been.
const longestOffset = 16 * 3600

// Instant returns when the zone's wall clock first shows the minute. A minute that the clock skips is reached at the first
// instant after the gap; a minute that is shown twice is reached at its first showing.
//
// It looks at offsets alone. time.Time.ZoneBounds would be the shorter way, but where a zone goes on by a rule, in slim zone data from today
// on, it ends each leap year a day early, and a walk along its bounds never leaves 31 December.
func (m Minute) Instant(zone *time.Location) time.Time {
	shown := int64(m) * 60
	at, end := shown-longestOffset, shown+longestOffset
	begin, offset := at, offsetAt(at, zone)
	for {
		change := nextChange(at, end, offset, zone)
		switch reached := shown - offset; {
		case reached < begin:
			return time.Unix(begin, 0).In(zone)
		case reached < change || change >= end:
			return time.Unix(reached, 0).In(zone)
		}
		at, begin, offset = change, change, offsetAt(change, zone)
	}
}

// nextChange returns the first second after at at which the zone's offset is another, and end when there is none before it.
func nextChange(at, end, offset int64, zone *time.Location) int64 {
	const step = 3600 // no zone changes twice within an hour
	for ; at < end; at += step {
		if offsetAt(at+step, zone) == offset {
			continue
		}
		same, other := at, at+step
		for other-same > 1 {
			if middle := (same + other) / 2; offsetAt(middle, zone) == offset {
				same = middle
			} else {
				other = middle
			}
		}
		return other
	}
	return end
}

// offsetAt returns the seconds east of UTC at a unix second.
func offsetAt(second int64, zone *time.Location) int64 {
	_, offset := time.Unix(second, 0).In(zone).Zone()
	return int64(offset)
}

// At returns the minute that the zone's wall clock shows at an instant.
func At(t time.Time, zone *time.Location) Minute {
	_, offset := t.In(zone).Zone()
	seconds := t.Unix() + int64(offset)
	m := seconds / 60
	if seconds%60 < 0 {
		m--
	}
	return Minute(m)
}
