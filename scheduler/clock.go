package scheduler

import (
	"time"

	"offpeak/scheduler/wall"
)

// clock maps ascending wall-clock minutes of one zone to unix seconds. Most of them lie in a stretch of one offset with the last
// one, where no time zone data need be asked: compiling a year of office hours does so four times instead of a thousand.
type clock struct {
	zone       *time.Location
	offset     int64 // seconds east of UTC in the known stretch
	begin, end int64 // the known stretch, [begin, end) in unix seconds
}

// overlap is more than any zone's clock was ever set back or forward at once, apart from crossing the date line.
const overlap = 26 * 3600

func newClock(zone *time.Location) *clock { return &clock{zone: zone} }

// instant agrees with wall.Minute.Instant for every minute.
func (c *clock) instant(m wall.Minute) int64 {
	// Well inside the known stretch no other offset can have shown the minute before.
	if at := int64(m)*60 - c.offset; c.begin+overlap <= at && at < c.end {
		return at
	}
	t := m.Instant(c.zone)
	_, offset := t.Zone()
	begin, end := t.ZoneBounds()
	c.offset, c.begin, c.end = int64(offset), begin.Unix(), end.Unix() // an end that comes too early (see wall.Minute.Instant) does no harm
	if begin.IsZero() {
		c.begin = t.Unix() - overlap
	}
	if end.IsZero() {
		c.end = 1 << 60
	}
	return t.Unix()
}
