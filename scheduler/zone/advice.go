package zone

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"
)

// mostProposals is how many names one error offers when several fit.
const mostProposals = 3

const sayIANA = "say an IANA name such as Asia/Seoul"

// advice says in one clause what to write instead of a name that is not in the list.
func advice(name string) string {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return sayIANA
	case strings.EqualFold(name, "Local"):
		return "the machine's own zone differs from machine to machine; " + sayIANA
	case len(name) > longestEcho:
		return sayIANA
	}
	if rest, ok := cutTree(name); ok {
		if _, known := slices.BinarySearch(names(), rest); known {
			return "say " + rest
		}
		name = rest
	}
	if minutes, ok := offset(name); ok {
		return offsetAdvice(minutes)
	}
	for _, propose := range []func(string) []string{byCase, byWindows, byAbbreviation, byPlace, byCity} {
		if found := propose(name); len(found) > 0 {
			return "say " + join(found)
		}
	}
	if found := byDistance(name); len(found) > 0 {
		return "did you mean " + join(found) + "?"
	}
	return sayIANA
}

// cutTree removes the folder that systems put before names whose rules count leap seconds, or do not.
func cutTree(name string) (string, bool) {
	for _, tree := range []string{"posix/", "right/"} {
		if rest, ok := strings.CutPrefix(name, tree); ok {
			return rest, true
		}
	}
	return name, false
}

func join(found []string) string {
	return strings.Join(found[:min(len(found), mostProposals)], " or ")
}

var blanks = strings.NewReplacer(" ", "", "_", "", "-", "")

// fold makes spellings comparable that differ in case, blanks, hyphens and underscores.
func fold(name string) string {
	return blanks.Replace(strings.ToLower(name))
}

// spelling is a name of the list with what proposals compare: the whole and its last part, folded.
type spelling struct{ name, whole, city string }

// spellings leaves out the names that are offsets in disguise, Etc/GMT+9 for nine hours west: a sign or a digit away from them is no slip.
var spellings = sync.OnceValue(func() []spelling {
	var list []spelling
	for _, n := range names() {
		if strings.HasPrefix(n, "Etc/") || strings.HasPrefix(n, "GMT") {
			continue
		}
		s := spelling{name: n, whole: fold(n)}
		if slash := strings.LastIndex(n, "/"); slash >= 0 {
			s.city = fold(n[slash+1:])
		}
		list = append(list, s)
	}
	return list
})

func byCase(name string) []string {
	for _, n := range names() {
		if strings.EqualFold(n, name) {
			return []string{n}
		}
	}
	folded := fold(name)
	for _, s := range spellings() {
		if s.whole == folded {
			return []string{s.name}
		}
	}
	return nil
}

func byWindows(name string) []string {
	for w, iana := range windows() {
		if strings.EqualFold(w, name) {
			return []string{iana}
		}
	}
	return nil
}

// posixSuffix is what follows the abbreviation in a POSIX TZ string such as KST-9.
var posixSuffix = regexp.MustCompile(`^([A-Za-z]{2,5})[+-]?[0-9]{1,2}(:[0-9]{2})?$`)

func byAbbreviation(name string) []string {
	if found := abbreviations[strings.ToUpper(name)]; found != nil {
		return found
	}
	if m := posixSuffix.FindStringSubmatch(name); m != nil {
		return abbreviations[strings.ToUpper(m[1])]
	}
	return nil
}

func byPlace(name string) []string {
	if iana, ok := places[fold(name)]; ok {
		return []string{iana}
	}
	return nil
}

// byCity finds zones whose last part is the name, or the name's last part: Seoul, Korea/Seoul.
func byCity(name string) []string {
	city := fold(name[strings.LastIndex(name, "/")+1:])
	if city == "" {
		return nil
	}
	var found []string
	for _, s := range spellings() {
		if s.city == city {
			found = append(found, s.name)
		}
	}
	return found
}

var offsetForm = regexp.MustCompile(`^(?i:UTC|GMT|Z)? ?([+-])([0-9]{1,2})(?::?([0-9]{2}))?$`)

// offset reads UTC+9, GMT+09:00, +0900 and the like as minutes east of Greenwich.
func offset(name string) (minutes int, ok bool) {
	m := offsetForm.FindStringSubmatch(strings.ReplaceAll(name, "−", "-"))
	if m == nil {
		return 0, false
	}
	hours, _ := strconv.Atoi(m[2])
	minutes = hours * 60
	if m[3] != "" {
		rest, _ := strconv.Atoi(m[3])
		minutes += rest
	}
	if m[1] == "-" {
		minutes = -minutes
	}
	return minutes, true
}

func offsetAdvice(minutes int) string {
	const why = "an offset does not know when clocks change"
	if minutes == 0 {
		return "say UTC"
	}
	if iana, ok := offsets[minutes]; ok {
		return fmt.Sprintf("%s; say a named zone such as %s", why, iana)
	}
	return why + "; " + sayIANA
}

// byDistance finds the names, or the cities, that are a slip or two away.
func byDistance(name string) []string {
	folded := fold(name)
	best := slips(folded)
	var found []string
	for _, s := range spellings() {
		distance := levenshtein.ComputeDistance(folded, s.whole)
		if s.city != "" && !strings.Contains(name, "/") {
			distance = min(distance, levenshtein.ComputeDistance(folded, s.city))
		}
		switch {
		case distance < best:
			best, found = distance, []string{s.name}
		case distance == best:
			found = append(found, s.name)
		}
	}
	return found
}

// slips is how many wrong letters still look like a slip of the pen in a name of that length.
func slips(name string) int {
	switch length := len([]rune(name)); {
	case length < 4:
		return 0
	case length < 7:
		return 1
	default:
		return 2
	}
}
