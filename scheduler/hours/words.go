package hours

import (
	"fmt"
	"time"
)

const (
	notUnderstood = "not a word of the grammar"
	writeTimes    = "times are written 09:00"
)

// weekdayNames and monthNames are the canonical words, by time.Weekday and time.Month.
var (
	weekdayNames = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	monthNames   = [13]string{1: "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	koreanDays   = [7]string{"일", "월", "화", "수", "목", "금", "토"}
)

// vocabulary holds the words of the grammar in lower case.
var vocabulary = func() map[string]token {
	words := map[string]token{
		"daily": {kind: daily}, "매일": {kind: daily}, "day": {kind: day}, "last": {kind: last},
		"workday": {kind: workday}, "nearest": {kind: nearest}, "in": {kind: in},
		"noon": {kind: loose, n: 12 * 60, what: writeTimes}, "midnight": {kind: loose, n: 0, what: writeTimes},
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		for _, name := range []string{weekdayNames[d], lowerFull(d.String()), koreanDays[d], koreanDays[d] + "요일"} {
			words[name] = token{kind: weekday, n: int(d)}
		}
	}
	for m := time.January; m <= time.December; m++ {
		words[monthNames[m]] = token{kind: month, n: int(m)}
		words[lowerFull(m.String())] = token{kind: month, n: int(m)}
	}
	return words
}()

// misused holds words that people write, and what the grammar has for them.
var misused = map[string]string{
	"weekdays": "mon-fri", "weekday": "mon-fri", "workdays": "mon-fri", "평일": "mon-fri",
	"weekend": "sat-sun", "weekends": "sat-sun", "주말": "sat-sun",
	"everyday": "daily", "always": "daily 00:00-24:00", "월수금": "mon+wed+fri", "화목": "tue+thu",
	"to": "-", "until": "-", "till": "-", "through": "-", "thru": "-", "and": "+", "or": "+", "days": "day",
	"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th",
	"mo": "mon", "tu": "tue", "we": "wed", "th": "thu", "fr": "fri", "sa": "sat", "su": "sun",
	"tues": "tue", "weds": "wed", "thur": "thu", "thurs": "thu", "sept": "sep",
}

// lowerFull lowers the ASCII capital that English names begin with.
func lowerFull(name string) string { return string(name[0]|0x20) + name[1:] }

func ordinalText(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, suffix)
}

func clockText(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }
