package words

import (
	"regexp"
	"slices"
	"strconv"
	"testing"
	"unicode"
)

var places = regexp.MustCompile(`\{\d\}`)

// Both languages of an entry say something, each in its own letters, with the same values in it.
func TestEntriesAreWhole(t *testing.T) {
	t.Parallel()
	tables := map[string]map[string]text{
		"causes": causeTexts, "origins": originTexts, "states": stateTexts, "meanings of states": stateMeanings, "checks": checkTexts, "changes": changeTexts, "acts": actTexts,
		"states of acts": actStateTexts, "waste": wasteTexts, "verdicts": verdictTexts, "actions": actionTexts, "doers": doerTexts, "suggestions": suggestionTexts,
		"assets": assetTexts, "changes of assets": assetChangeTexts, "kinds": kindTexts, "pillars": pillarTexts, "evidence": evidenceTexts, "gaps": gapTexts,
		"labels": {}, "nouns": {},
	}
	for i, l := range labelTexts {
		tables["labels"][strconv.Itoa(i)] = l
	}
	for i, n := range nounTexts {
		tables["nouns"][strconv.Itoa(i)+" one"], tables["nouns"][strconv.Itoa(i)+" many"] = n.one, n.many
	}
	for name, table := range tables {
		for key, entry := range table {
			ko, en := places.FindAllString(entry.ko, -1), places.FindAllString(entry.en, -1)
			slices.Sort(ko)
			slices.Sort(en)
			if entry.ko == "" || entry.en == "" || !slices.Equal(ko, en) || hangul(entry.en) {
				t.Errorf("%s, %s: %q, %q", name, key, entry.ko, entry.en)
			}
			if name == "gaps" && !hangul(entry.ko) {
				t.Errorf("the gap %s is not said in Korean: %q", key, entry.ko)
			}
		}
	}
}

func hangul(s string) bool {
	return slices.ContainsFunc([]rune(s), func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
}
