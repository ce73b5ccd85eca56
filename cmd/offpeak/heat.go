package main

import (
	"fmt"
	"io"
	"strings"

	"offpeak/internal/twin"
)

// shades go from nothing to as much as in the fullest hour.
var shades = []rune(" ░▒▓█")

// heat draws what ran in each hour of the week, before and after side by side, on one scale.
func heat(w io.Writer, s style, before, after twin.Week) error {
	most := int64(1)
	for day := range before {
		for hour := range before[day] {
			most = max(most, before[day][hour], after[day][hour])
		}
	}
	const hours = "0     6     12    18    "
	if _, err := fmt.Fprintf(w, "  %s\n", s.paint(dim, fmt.Sprintf("     %-26s  %s", "without offpeak", "with offpeak"))); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "  %s\n", s.paint(dim, fmt.Sprintf("     %-26s  %s", hours, hours))); err != nil {
		return err
	}
	for day, name := range []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"} {
		if _, err := fmt.Fprintf(w, "  %s |%s|   |%s|\n", name, shaded(before[day], most), shaded(after[day], most)); err != nil {
			return err
		}
	}
	return nil
}

func shaded(hours [24]int64, most int64) string {
	var b strings.Builder
	for _, seconds := range hours {
		// Whatever ran shows: only nothing is blank.
		level := (seconds*int64(len(shades)-1) + most - 1) / most
		b.WriteRune(shades[level])
	}
	return b.String()
}
