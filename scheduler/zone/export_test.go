package zone

import (
	"fmt"
	"maps"
)

// Windows shows the table of Windows names to the tests.
func Windows() map[string]string { return windows() }

// Advised lists wrong names that the tables of advice answer.
func Advised() []string {
	var wrong []string
	for name := range maps.Keys(abbreviations) {
		wrong = append(wrong, name)
	}
	for name := range maps.Keys(places) {
		wrong = append(wrong, name)
	}
	for minutes := range maps.Keys(offsets) {
		sign, east := "+", minutes
		if minutes < 0 {
			sign, east = "-", -minutes
		}
		wrong = append(wrong, fmt.Sprintf("UTC%s%02d:%02d", sign, east/60, east%60))
	}
	return wrong
}
