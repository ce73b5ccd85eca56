// Package spelling finds what a person probably meant who mistyped a name.
//
// In go the text and the names there are; out comes the nearest, or nothing when none is near. Errors and refusals propose it, nothing
// is ever done with it: a guess is for people.
package spelling

import (
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest returns the name that is most like a text, case aside, and empty when more than a third of the text would have to change. Of
// names equally near, the first in the alphabet is taken, so that the order in which they come does not matter.
func Nearest(text string, names []string) string {
	folded := strings.ToLower(text)
	best, distance := "", max(2, len([]rune(text))/3)+1
	for _, name := range slices.Sorted(slices.Values(names)) {
		if name == "" {
			continue
		}
		if d := levenshtein.ComputeDistance(folded, strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	return best
}
