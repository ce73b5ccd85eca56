package hours_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"offpeak/scheduler/hours"

	"github.com/google/go-cmp/cmp"
)

// pieces are what texts of hours are made of, right and wrong.
var pieces = strings.Fields(`mon tue wed fri sat sun daily 1st 3rd last day day 1 5 15 31 workday nearest in dec feb jan 2026-12-24 2026-12-28
	09:00 18:00 00:00 24:00 9 18 9am 25:00 - - - .. + , ; ~ to UTC Asia/Seoul KST weekdays 월 9시 /`)

// TestSlips changes pieces of right texts: what is still accepted keeps its meaning when written canonically, and proposals lead
// somewhere.
func TestSlips(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var windows, times int
	for range 2500 {
		text := strings.Fields(accepted[random.IntN(len(accepted))].text)
		for range 1 + random.IntN(3) {
			at, piece := random.IntN(len(text)), pieces[random.IntN(len(pieces))]
			switch random.IntN(3) {
			case 0:
				text[at] = piece
			case 1:
				text = slices.Insert(text, at, piece)
			default:
				text = append(slices.Delete(text, at, at+1), piece)
			}
		}
		windows += readsAgain(t, strings.Join(text, " "), hours.Parse)
		times += readsAgain(t, strings.Join(text, " "), hours.ParseTimes)
	}
	if windows < 50 || times < 10 {
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
