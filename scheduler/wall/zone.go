package wall

import "time"

// longestOffset is more than any zone's distance from UTC has ever been.
const longestOffset = 16 * time.Hour

// Instant returns when the zone's wall clock first shows the minute. A minute that the clock skips is reached at the first
// instant after the gap; a minute that is shown twice is reached at its first showing.
func (m Minute) Instant(zone *time.Location) time.Time {
	shown := int64(m) * 60
	at := time.Unix(shown, 0).Add(-longestOffset).In(zone)
	for {
		_, offset := at.Zone()
		begin, end := at.ZoneBounds()
		reached := time.Unix(shown-int64(offset), 0).In(zone)
		switch {
		case !begin.IsZero() && reached.Before(begin):
			return begin
		case end.IsZero() || reached.Before(end):
			return reached
		}
		at = end
	}
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
