package words

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"offpeak/reports"
)

// Day writes the day of an instant on the clocks of its own location: 2026년 7월 1일, 1 July 2026.
func (w Words) Day(t time.Time) string {
	if w.language == Korean {
		return t.Format("2006년 1월 2일")
	}
	return t.Format("2 January 2006")
}

func parseDay(date string) (time.Time, error) { return time.Parse(time.DateOnly, date) }

// Date writes a date of the model, such as 2026-07-01. What is no date is left as it is, but for what Plain takes out.
func (w Words) Date(date string) string {
	t, err := parseDay(date)
	if err != nil {
		return Plain(date)
	}
	return w.Day(t)
}

// Month writes a month of the model, such as 2026-07: 2026년 7월, July 2026.
func (w Words) Month(month string) string {
	t, err := time.Parse("2006-01", month)
	switch {
	case err != nil:
		return Plain(month)
	case w.language == Korean:
		return t.Format("2006년 1월")
	default:
		return t.Format("January 2006")
	}
}

// ShortMonth writes a month without its year, for axes: 7월, Jul.
func (w Words) ShortMonth(month string) string {
	t, err := time.Parse("2006-01", month)
	switch {
	case err != nil:
		return Plain(month)
	case w.language == Korean:
		return t.Format("1월")
	default:
		return t.Format("Jan")
	}
}

// Quarter writes the name of a quarter: 2026년 3분기, Q3 2026.
func (w Words) Quarter(name string) string {
	year, quarter, ok := strings.Cut(name, "Q")
	if !ok {
		return Plain(name)
	}
	return w.fill(text{"{1}년 {2}분기", "Q{2} {1}"}, Plain(year), Plain(quarter))
}

// Period writes the days of a half-open period, in UTC, its last one included: 1 July to 30 September 2026.
func (w Words) Period(p reports.Period) string {
	first, last := p.From.UTC(), p.To.UTC().Add(-time.Nanosecond)
	if last.Before(first) {
		return w.Day(first)
	}
	return w.days(first, last)
}

// days leaves out of the one day what the other says as well.
func (w Words) days(first, last time.Time) string {
	from, to := w.Day(first), w.Day(last)
	sameYear := first.Year() == last.Year()
	switch {
	case from == to:
		return to
	case w.language == Korean && sameYear && first.Month() == last.Month():
		to = last.Format("2일")
	case w.language == Korean && sameYear:
		to = last.Format("1월 2일")
	case w.language != Korean && sameYear && first.Month() == last.Month():
		from = first.Format("2")
	case w.language != Korean && sameYear:
		from = first.Format("2 January")
	}
	return w.fill(text{"{1} ~ {2}", "{1} to {2}"}, from, to)
}

// Instant writes an instant to the minute on the clocks of a zone, and names the zone: 2026년 7월 13일 08:30 (Asia/Seoul).
func (w Words) Instant(t time.Time, zone *time.Location) string {
	local := t.In(zone)
	return w.fill(text{"{1} {2} ({3})", "{1}, {2} ({3})"}, w.Day(local), local.Format("15:04"), zone.String())
}

// InstantText is Instant for an instant of the model that is text by RFC 3339.
func (w Words) InstantText(instant string, zone *time.Location) string {
	t, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		return Plain(instant)
	}
	return w.Instant(t, zone)
}

// Weekday writes the short name of a day of the week; 0 is Monday, as in reports.Week.
func (w Words) Weekday(day int) string {
	all := []text{{"월", "Mon"}, {"화", "Tue"}, {"수", "Wed"}, {"목", "Thu"}, {"금", "Fri"}, {"토", "Sat"}, {"일", "Sun"}}
	if day < 0 || day >= len(all) {
		return ""
	}
	return w.pick(all[day])
}

// Clock writes a full hour for an axis: 9시, 09:00.
func (w Words) Clock(hour int) string {
	if w.language == Korean {
		return strconv.Itoa(hour) + "시"
	}
	return fmt.Sprintf("%02d:00", hour)
}

var weekday = regexp.MustCompile(`\b(mon|tue|wed|thu|fri|sat|sun)\b`)

// WorkingHours writes a schedule's hours, such as mon-fri 08:30-19:30: 월-금 08:30-19:30, Mon-Fri 08:30-19:30.
func (w Words) WorkingHours(schedule string) string {
	return weekday.ReplaceAllStringFunc(Plain(schedule), func(name string) string {
		for day, known := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
			if known == name {
				return w.Weekday(day)
			}
		}
		return name
	})
}

// Delay writes a time that something took, from seconds: 6분 52초, 6 min 52 s.
func (w Words) Delay(seconds int64) string {
	minutes, rest := seconds/60, seconds%60
	hours := minutes / 60
	minutes %= 60
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	switch {
	case hours > 0:
		return w.fill(text{"{1}시간 {2}분", "{1} h {2} min"}, n(hours), n(minutes))
	case minutes > 0 && rest > 0:
		return w.fill(text{"{1}분 {2}초", "{1} min {2} s"}, n(minutes), n(rest))
	case minutes > 0:
		return w.fill(text{"{1}분", "{1} min"}, n(minutes))
	default:
		return w.fill(text{"{1}초", "{1} s"}, n(rest))
	}
}
