package hours_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"offpeak/scheduler/hours"

	"github.com/google/go-cmp/cmp"
)

// pieces are what texts of hours are made of, right and wrong.
var pieces = strings.Fields(`mon tue wed fri sat sun daily 1st 3rd last day day 1 5 15 31 workday nearest in dec feb jan 2026-12-24 2026-12-28
	09:00 18:00 00:00 24:00 9 18 9am 25:00 - - - .. + , ; ~ to UTC Asia/Seoul KST weekdays 월 9시 /`)

// TestPiecesInAnyOrder reads pieces in random order: what is accepted keeps its meaning when written canonically, and proposals lead
// somewhere.
func TestPiecesInAnyOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var windows, times int
	for range 10000 {
		var text strings.Builder
		for range 1 + random.IntN(9) {
			text.WriteString(pieces[random.IntN(len(pieces))])
			if random.IntN(4) > 0 {
				text.WriteByte(' ')
			}
		}
		windows += readsAgain(t, text.String(), hours.Parse)
		times += readsAgain(t, text.String(), hours.ParseTimes)
	}
	if windows == 0 || times == 0 {
		t.Errorf("only %d windows and %d times accepted", windows, times)
	}
}

// readsAgain checks one text, and returns 1 when it is accepted.
func readsAgain[Value interface{ String() string }](t *testing.T, text string, parse func(string) (Value, error)) int {
	t.Helper()
	parsed, err := parse(text)
	if err != nil {
		checkError(t, text, err)
		followProposals(t, text, func(text string) error {
			_, err := parse(text)
			return err
		})
		return 0
	}
	again, err := parse(parsed.String())
	if diff := cmp.Diff(parsed, again); err != nil || diff != "" || again.String() != parsed.String() {
		t.Fatalf("%q is %q, which reads: %v\n%s", text, parsed, err, diff)
	}
	return 1
}
