package words_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/reports"
	"offpeak/reports/words"
)

func texts[S ~string](codes []S) (all []string) {
	for _, c := range codes {
		all = append(all, string(c))
	}
	return all
}

// A code that is said as it stands has no words.
func TestEveryCodeOfTheModelHasWords(t *testing.T) {
	t.Parallel()
	for _, l := range words.Languages() {
		w := words.In(l)
		for _, family := range []struct {
			name  string
			codes []string
			say   func(string) string
		}{
			{"cause", reports.Causes(), w.Cause},
			{"cause of the plan", append(texts(plan.Causes()), string(avoidance.NoStop)), w.Cause},
			{"origin", reports.Origins(), w.Origin},
			{"state", texts(reports.States()), func(c string) string { return w.State(reports.State(c)) }},
			{"meaning of a state", texts(reports.States()), func(c string) string { return w.StateMeans(reports.State(c)) }},
			{"check", texts(reports.CheckStates()), func(c string) string { return w.Check(reports.CheckState(c)) }},
			{"reason of a change", reports.ChangeCodes(), w.ChangeWhy},
			{"change", append(reports.Changes(), plan.Verbs()...), w.Change},
			{"state of an act", reports.ActStates(), w.ActState},
			{"waste", reports.WasteCodes(), w.Waste},
			{"verdict", reports.VerdictCodes(), w.Verdict},
			{"action", reports.ActionCodes(), w.Action},
			{"doer", reports.Doers(), w.Doer},
			{"finding", reports.FindingCodes(), w.Finding},
			{"suggestion", reports.SuggestionKinds(), w.Suggestion},
			{"state of an asset", reports.AssetStates(), w.AssetState},
			{"change of an asset", reports.AssetChanges(), w.AssetChange},
			{"pillar", reports.Pillars(), w.Pillar},
			{"evidence", reports.EvidenceCodes(), w.Evidence},
		} {
			for _, code := range family.codes {
				said := family.say(code)
				same := said == code && l == words.Korean && code != "offpeak"
				if strings.TrimSpace(said) == "" || same || strings.Contains(said, code) && strings.Contains(code, "-") {
					t.Errorf("%s: the %s %q is said as %q", l, family.name, code, said)
				}
			}
		}
		for _, k := range fleet.Kinds() {
			if said := w.Kind(k); said == k.String() || said == "" {
				t.Errorf("%s: the kind %s is said as %q", l, k, said)
			}
		}
	}
}

func TestEveryGapHasWords(t *testing.T) {
	t.Parallel()
	codes := slices.Concat(texts(savings.GapCodes()), texts(export.Codes()), reports.GapCodes())
	for _, code := range codes {
		if !words.GapKnown(code) {
			t.Errorf("the gap %s has no words: add them to gaps.go, in both languages", code)
		}
	}
}

var korean, placeholder = regexp.MustCompile(`[가-힣]`), regexp.MustCompile(`\{\d\}`)

func TestGapsCarryTheirParticulars(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		gap    reports.Gap
		ko, en string
	}{
		{reports.Gap{Code: "open-month", Args: []string{"2026-08, 2026-09"}}, "2026년 8월, 2026년 9월: AWS가", "August 2026, September 2026: AWS has not closed"},
		{reports.Gap{Code: "not-billed-yet", Args: []string{"after", "2026-09-05..07"}}, "2026년 9월 5일 ~ 7일: AWS가 아직 청구하지", "5 to 7 September 2026: not billed yet"},
		{reports.Gap{Code: "no-charges", Args: []string{"2026-06-28..2026-07-02"}}, "2026년 6월 28일 ~ 7월 2일:", "28 June to 2 July 2026:"},
		{reports.Gap{Code: "not-on-bill", Args: []string{"silent", "3", "12000"}}, "12,000개 중 3개", "3 of 12,000"},
		{reports.Gap{Code: "cur-2.0-missing", Args: []string{"exports/focus 2026-07", "111122223333"}}, "지급인 계정 111122223333의", "payer 111122223333 has"},
		{reports.Gap{Code: "no-last-bill", Args: []string{"2026Q2"}}, "2026년 2분기 청구", "The bill of Q2 2026"},
		{reports.Gap{Code: "part-of-quarter", Args: []string{"2026-08-31"}}, "2026년 8월 31일까지만 청구되었으므로", "billed until 31 August 2026 alone"},
		{reports.Gap{Code: "part-of-quarter", Args: []string{"lacking"}}, "청구 데이터 일부를 받지 못해", "A part of the quarter was not delivered"},
		{reports.Gap{Code: "no-usage-data", Args: []string{"first", "2026-07"}}, "2026년 7월: 가동 내역을", "July 2026 has no CUR 2.0"},
		{reports.Gap{Code: "no-exchange-rate", Args: []string{"KRW", "2026-06-30"}}, "KRW 환율이 2026년 6월 30일 기준으로", "rate of KRW is of 30 June 2026"},
		{reports.Gap{Code: "part-of-spot-prices", Args: []string{"111122223333/ap-northeast-2 (2026-09-01)"}}, "111122223333/ap-northeast-2 (2026-09-01): AutoSpot가", "111122223333/ap-northeast-2 (2026-09-01): AutoSpot has"},
		{reports.Gap{Code: "no-price", Args: []string{"{2} %s <b>"}}, "{2} %s <b>: 청구서에", "{2} %s <b>: the bill"},
		{reports.Gap{Code: "of-tomorrow", Says: "something new"}, "something new", "something new"},
		{reports.Gap{Code: "no-enrolment", Says: "without particulars"}, "without particulars", "without particulars"},
	} {
		if got := words.In(words.Korean).Gap(row.gap); !strings.Contains(got, row.ko) {
			t.Errorf("%s: got %q, want %q", row.gap.Code, got, row.ko)
		}
		if got := words.In(words.English).Gap(row.gap); !strings.Contains(got, row.en) {
			t.Errorf("%s: got %q, want %q", row.gap.Code, got, row.en)
		}
	}
}

// Every label says something of its own language, and no place for a value is left over.
func TestLabelsAreWholeInBothLanguages(t *testing.T) {
	t.Parallel()
	ko, en := words.In(words.Korean), words.In(words.English)
	n := 0
	for l := words.Label(0); en.Say(l) != "" || ko.Say(l) != ""; l++ {
		n++
		if ko.Say(l) == "" || en.Say(l) == "" || korean.MatchString(en.Say(l)) || placeholder.MatchString(ko.Say(l)+en.Say(l)) {
			t.Errorf("label %d: %q, %q", l, ko.Say(l), en.Say(l))
		}
	}
	if last := words.NotReplayed; n != int(last)+1 {
		t.Errorf("%d labels have words, and the last one is number %d", n, last)
	}
}

func TestALanguageIsReadStrictly(t *testing.T) {
	t.Parallel()
	for _, l := range words.Languages() {
		if got, err := words.ParseLanguage(string(l)); err != nil || got != l {
			t.Errorf("%s: %s, %v", l, got, err)
		}
	}
	if _, err := words.ParseLanguage("kr"); err == nil || !strings.Contains(err.Error(), "ko or en") {
		t.Errorf("kr: %v", err)
	}
}
