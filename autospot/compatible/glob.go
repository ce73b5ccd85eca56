package compatible

import (
	"fmt"
	"regexp"
)

var globForm = regexp.MustCompile(`^[a-z0-9.*?-]+$`)

// CheckGlob says what is wrong with a glob of types, as a person may type one.
func CheckGlob(glob string) error {
	if !globForm.MatchString(glob) {
		return fmt.Errorf("%.60q is no pattern of instance types (write m5.large, m5.* or *.metal*; * stands for any text, ? for one character)", glob)
	}
	return nil
}

// matched returns the first glob that matches a type; empty for none.
func matched(globs []string, instanceType string) string {
	for _, glob := range globs {
		if matches(glob, instanceType) {
			return glob
		}
	}
	return ""
}

// matches compares from left to right; where the rest after a * does not fit, the * takes one character more.
func matches(glob, text string) bool {
	g, i := 0, 0
	star, taken := -1, 0
	for i < len(text) {
		switch {
		case g < len(glob) && glob[g] == '*':
			star, taken = g, i
			g++
		case g < len(glob) && (glob[g] == '?' || glob[g] == text[i]):
			g++
			i++
		case star >= 0:
			taken++
			g, i = star+1, taken
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == '*' {
		g++
	}
	return g == len(glob)
}
