package market

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// LeastScored is how many types AWS's placement score needs: of fewer it is always low (EC2 API, GetSpotPlacementScores).
const LeastScored = 3

// ScoreAsk is a question for placement scores: so many instances of any of these types, all in one zone.
type ScoreAsk struct {
	Types    []string `json:"types"` // in order, each once
	Capacity int      `json:"capacity"`
}

// Key names a question. AWS counts new ones against a quota.
func (a ScoreAsk) Key() string { return fmt.Sprint(a.Capacity, " ", strings.Join(a.Types, " ")) }

// Score is how likely AWS calls it that Spot is had: from 1, not likely, to 10, highly likely. It promises nothing, and says nothing of interruptions.
type Score struct {
	ScoreAsk
	// Zones are the scores by zone; a zone that is not there was not told. Why says why there is none at all.
	Zones map[string]int `json:"zones,omitempty"`
	Why   string         `json:"why,omitempty"`
	Asked time.Time      `json:"asked"`
}

// ScoreOf returns what is known of a question; nil: it was not asked.
func (m *Market) ScoreOf(ask ScoreAsk) *Score {
	if m == nil {
		return nil
	}
	i := slices.IndexFunc(m.Scores, func(s Score) bool { return s.Key() == ask.Key() })
	if i < 0 {
		return nil
	}
	return &m.Scores[i]
}

// Lowest returns the least score of some zones, and the first zone that has it; false where none of them is known.
func (s *Score) Lowest(zones []string) (zone string, score int, known bool) {
	for _, z := range zones {
		if n, told := s.Zones[z]; told && (!known || n < score) {
			zone, score, known = z, n, true
		}
	}
	return zone, score, known
}

// Says is a score in a sentence.
func (s *Score) Says() string {
	what := fmt.Sprintf("placement scores of 10 for %d instances of %d types in one zone: ", s.Capacity, len(s.Types))
	if len(s.Zones) == 0 {
		return what + "not known, " + s.Why
	}
	var parts []string
	for _, zone := range slices.Sorted(maps.Keys(s.Zones)) {
		parts = append(parts, fmt.Sprintf("%s %d", zone, s.Zones[zone]))
	}
	return what + strings.Join(parts, ", ") + " (GetSpotPlacementScores, " + s.Asked.UTC().Format("2006-01-02 15:04 UTC") + ")"
}
