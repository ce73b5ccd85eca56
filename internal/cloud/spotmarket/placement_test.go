package spotmarket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud/spotmarket"
	"offpeak/internal/hub"
	"offpeak/internal/market"
)

var _ hub.Placement = (*spotmarket.Reader)(nil)

func (s *stage) scores(r *spotmarket.Reader, asks ...market.ScoreAsk) []market.Score {
	s.t.Helper()
	found, err := r.Scores(s.t.Context(), seoul, asks)
	if err != nil || len(found) != len(asks) {
		s.t.Fatalf("%+v, %v", found, err)
	}
	return found
}

func ask(capacity int, types ...string) market.ScoreAsk {
	slices.Sort(types)
	return market.ScoreAsk{Types: types, Capacity: capacity}
}

var three = ask(10, "m5.large", "m6i.large", "r5.large")

// TestAQuestionIsAskedOnceADay, by whichever process, and its answer has the account's names of zones.
func TestAQuestionIsAskedOnceADay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.open()
	s.of(r, group("m5.large", "yes")) // the prices tell which zone is which
	want := market.Score{ScoreAsk: three, Zones: map[string]int{"ap-northeast-2a": 9}, Asked: noon}
	for _, reader := range []*spotmarket.Reader{r, r, s.open()} {
		if diff := cmp.Diff(s.scores(reader, three)[0], want); diff != "" {
			t.Errorf("(-got +want)\n%s", diff)
		}
	}
	if n := s.calls["GetSpotPlacementScores"]; n != 1 {
		t.Errorf("asked %d times", n)
	}
	if other := ask(10, "m5.large", "m6i.large", "m5.xlarge"); s.scores(r, three, other)[1].Zones["ap-northeast-2a"] != 9 || s.calls["GetSpotPlacementScores"] != 2 {
		t.Errorf("another question is asked %d times", s.calls["GetSpotPlacementScores"]-1)
	}
	s.now = noon.Add(24*time.Hour - time.Minute)
	if s.scores(r, three); s.calls["GetSpotPlacementScores"] != 3 {
		t.Error("the next day it is not asked again")
	}
}

func TestScoresByIdsAloneAreNotKnown(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	if got := s.scores(s.open(), three)[0]; len(got.Zones) != 0 || !strings.Contains(got.Says(), "not known, AWS tells 1 by the ids of zones") {
		t.Errorf("%+v: %s", got, got.Says())
	}
}

// TestNoScoreIsAReason: whatever AWS says, there is an answer that says so, and no error.
func TestNoScoreIsAReason(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		code, says    string
		again, others int // calls within the hour for the same question, and for another
	}{
		{"UnauthorizedOperation", "not known, ec2:GetSpotPlacementScores in 111122223333/ap-northeast-2: UnauthorizedOperation", 0, 1},
		{"UnsupportedOperation", "not known, ec2:GetSpotPlacementScores", 0, 1},
		{"InvalidParameterValue", "InvalidParameterValue", 0, 1},
		{"MaxConfigLimitExceeded", "MaxConfigLimitExceeded", 0, 0},
	} {
		s := newStage(t)
		s.refuse["GetSpotPlacementScores"] = row.code
		r := s.open()
		if got := s.scores(r, three)[0]; !strings.Contains(got.Says(), row.says) {
			t.Errorf("%s: %s", row.code, got.Says())
		}
		before := s.calls["GetSpotPlacementScores"]
		if s.scores(r, three); s.calls["GetSpotPlacementScores"]-before != row.again {
			t.Errorf("%s: the same is asked %d times more", row.code, s.calls["GetSpotPlacementScores"]-before)
		}
		before = s.calls["GetSpotPlacementScores"]
		other := s.scores(s.open(), ask(10, "m5.large", "m6i.large", "m5.xlarge"))[0]
		if s.calls["GetSpotPlacementScores"]-before != row.others || other.Why == "" {
			t.Errorf("%s: another is asked %d times: %s", row.code, s.calls["GetSpotPlacementScores"]-before, other.Says())
		}
		if row.others == 0 && !strings.Contains(other.Why, "AWS takes no new questions before 2026-11-21 12:00 UTC") {
			t.Error(other.Why)
		}
		s.refuse, s.now = map[string]string{}, noon.Add(25*time.Hour)
		s.of(r, group("m5.large", "yes"))
		if got := s.scores(r, three)[0]; got.Zones["ap-northeast-2a"] != 9 {
			t.Errorf("%s: a day later AWS answers, and the score is %+v", row.code, got)
		}
	}
}

// TestNoMoreThanTenNewQuestionsADay, so that AWS's quota is left to others of the account too.
func TestNoMoreThanTenNewQuestionsADay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.open()
	var asks []market.ScoreAsk
	for i := range 15 {
		asks = append(asks, ask(10, "m5.large", "m6i.large", fmt.Sprintf("r%d.large", i)))
	}
	got := s.scores(r, asks...)
	if n := s.calls["GetSpotPlacementScores"]; n != 10 || got[9].Asked.IsZero() || got[10].Why != "no more than 10 new questions a day are asked" {
		t.Errorf("asked %d times: %+v", n, got[9:11])
	}
	if s.scores(s.open(), asks...); s.calls["GetSpotPlacementScores"] != 10 {
		t.Error("another process asks the rest")
	}
}
