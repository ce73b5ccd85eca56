package hours_test

import (
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"

	"offpeak/scheduler/hours"
	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
)

// everywhere is what the tags of every AWS service take.
var everywhere = regexp.MustCompile(`^[A-Za-z0-9 +\-=._:/@]*$`)

func FuzzParse(f *testing.F) {
	for _, row := range accepted {
		f.Add(row.text)
	}
	for _, row := range rejected {
		f.Add(row.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hours.Looks(text)
		parsed, err := hours.Parse(text)
		if err != nil {
			checkError(t, text, err)
			followProposals(t, text, func(text string) error {
				_, err := hours.Parse(text)
				return err
			})
			return
		}
		again, err := hours.Parse(parsed.String())
		if diff := cmp.Diff(parsed, again); err != nil || diff != "" {
			t.Fatalf("%q is %q, which reads: %v\n%s", text, parsed, err, diff)
		}
		if again.String() != parsed.String() || !everywhere.MatchString(parsed.String()) {
			t.Fatalf("%q is %q, then %q", text, parsed, again)
		}
		for _, w := range parsed.Windows {
			w.Lints()
		}
		checkDrawing(t, hours.Windows(parsed.Windows...))
	})
}

func FuzzParseTimes(f *testing.F) {
	for _, text := range []string{
		"daily 21:00", "mon-fri 21:00", "last fri 18:00,22:00", "tue-sat 00:00", "mon-fri 21:00, sat 18:00 Asia/Seoul", "매일 9:00",
		"21", "mon-fri", "mon-fri 9pm", "mon-fri 09:00-18:00", "fri 18:00 - mon 08:00", "mon-fri 24:00", "1-5 21:00", "daily 21:00 22:00",
	} {
		f.Add(text)
	}
	for _, row := range rejected {
		f.Add(row.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := hours.ParseTimes(text)
		if err != nil {
			checkError(t, text, err)
			followProposals(t, text, func(text string) error {
				_, err := hours.ParseTimes(text)
				return err
			})
			return
		}
		again, err := hours.ParseTimes(parsed.String())
		if diff := cmp.Diff(parsed, again); err != nil || diff != "" {
			t.Fatalf("%q is %q, which reads: %v\n%s", text, parsed, err, diff)
		}
		for _, e := range parsed.Times {
			e.Lints()
		}
		pattern, err := hours.Edges(nil, parsed.Times)
		if err != nil {
			t.Fatalf("stop edges of %q: %v", text, err)
		}
		checkDrawing(t, pattern)
		if pattern, err = hours.Edges(parsed.Times[:1], parsed.Times[1:]); err == nil {
			checkDrawing(t, pattern)
		}
	})
}

// checkError checks that an error can be shown and points into the text.
func checkError(t *testing.T, text string, err error) {
	t.Helper()
	var e *hours.Error
	if !errors.As(err, &e) || e.What == "" || e.Say == e.Text && e.Text != "" {
		t.Fatalf("%q: %v", text, err)
	}
	if len(text) <= 4096 && text[e.Offset:e.Offset+len(e.Text)] != e.Text {
		t.Fatalf("%q: the error is about %q at %d", text, e.Text, e.Offset)
	}
}

// checkDrawing draws 60 days at once and in two parts, which must give the same, with and without closed days.
func checkDrawing(t *testing.T, pattern wall.Pattern) {
	t.Helper()
	from := wall.NewDate(2026, time.November, 20)
	for _, closed := range []func(wall.Minute) bool{nil, func(opening wall.Minute) bool { return opening.Date()%3 == 0 }} {
		whole := pattern.Draw(from, from+60, closed)
		checkTiling(t, whole, from, from+60)
		first, second := pattern.Draw(from, from+23, closed), pattern.Draw(from+23, from+60, closed)
		got, want := joined(first, second), joined(whole)
		if !slices.Equal(got.Stretches, want.Stretches) || !slices.Equal(got.Marks, want.Marks) {
			t.Fatalf("%s: in parts -, whole +:\n%s", pattern, cmp.Diff(got, want))
		}
	}
}

// joined puts drawings together that touch, and stretches that say the same.
func joined(drawings ...wall.Drawing) wall.Drawing {
	var all wall.Drawing
	for _, d := range drawings {
		for _, s := range d.Stretches {
			if n := len(all.Stretches); n > 0 && all.Stretches[n-1].State == s.State && all.Stretches[n-1].Rule == s.Rule {
				all.Stretches[n-1].To = s.To
				continue
			}
			all.Stretches = append(all.Stretches, s)
		}
		all.Marks = append(all.Marks, d.Marks...)
	}
	return all
}
