package custodian_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"offpeak/scheduler/custodian"
	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
)

// monday is 1 June 2026.
var monday = wall.NewDate(2026, time.June, 1)

// write prints a drawing with the weekday before each time.
func write(d wall.Drawing) string {
	at := func(m wall.Minute) string {
		hour, minute := m.Clock()
		return fmt.Sprintf("%.3s %02d:%02d", m.Date().Weekday(), hour, minute)
	}
	var lines []string
	for _, s := range d.Stretches {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", at(s.From), s.State, s.Rule)))
	}
	for _, m := range d.Marks {
		lines = append(lines, fmt.Sprintf("mark %s %s", at(m.At), m.Rule))
	}
	return strings.Join(lines, "\n")
}

func TestDraw(t *testing.T) {
	t.Parallel()
	onMonday := func(m wall.Minute) bool { return m.Date() == monday }
	for _, test := range []struct {
		name     string
		tag      string
		from, to wall.Date
		closed   func(wall.Minute) bool
		want     string
	}{
		{"opted out wants nothing", "off", monday, monday + 2, nil, "Mon 00:00 any"},
		{"no dates", "on", monday, monday, nil, ""},
		{"dates the wrong way round", "on", monday, monday - 2, nil, ""},
		{"each edge lasts until the next or midnight", "off=(M-F,19);on=(M-F,7)", monday + 3, monday + 6, nil, strings.Join([]string{
			"Thu 00:00 any", "Thu 07:00 running on=(M-F,7)", "Thu 19:00 stopped off=(M-F,19)",
			"Fri 00:00 any", "Fri 07:00 running on=(M-F,7)", "Fri 19:00 stopped off=(M-F,19)",
			"Sat 00:00 any",
		}, "\n")},
		{
			"stopping before starting", "off=(M,2);on=(M,6)", monday, monday + 2, nil,
			"Mon 00:00 any\nMon 02:00 stopped off=(M,2)\nMon 06:00 running on=(M,6)\nTue 00:00 any",
		},
		{
			"an hour that stops and starts stops", "off=(M,7);on=(M-F,7)", monday, monday + 2, nil,
			"Mon 00:00 any\nMon 07:00 stopped off=(M,7)\nTue 00:00 any\nTue 07:00 running on=(M-F,7)",
		},
		{
			"of times that coincide the first gives the rule", "off=[(M,9),(M-F,9)];on=(U,1)", monday, monday + 1, nil,
			"Mon 00:00 any\nMon 09:00 stopped off=(M,9)",
		},
		{
			"a second stop has a mark", "off=[(M,19),(M,22)];on=(U,1)", monday, monday + 1, nil,
			"Mon 00:00 any\nMon 19:00 stopped off=(M,19)\nMon 22:00 stopped off=(M,22)\nmark Mon 22:00 off=(M,22)",
		},
		{
			"a stop at midnight after a day that stopped has a mark", "off=[(M,19),(T,0)];on=(U,1)", monday, monday + 2, nil,
			"Mon 00:00 any\nMon 19:00 stopped off=(M,19)\nTue 00:00 stopped off=(T,0)\nmark Tue 00:00 off=(T,0)",
		},
		{
			"also where the drawing begins there", "off=[(M,19),(T,0)];on=(U,1)", monday + 1, monday + 2, nil,
			"Tue 00:00 stopped off=(T,0)\nmark Tue 00:00 off=(T,0)",
		},
		{
			"a second start starts again what a person stopped", "off=(U,1);on=[(M,7),(M,9),(T,0)]", monday, monday + 2, nil,
			"Mon 00:00 any\nMon 07:00 running on=(M,7)\nMon 09:00 running on=(M,9)\nTue 00:00 running on=(T,0)\nmark Mon 09:00 on=(M,9)\nmark Tue 00:00 on=(T,0)",
		},

		{
			"closed: no start, the stop stays", "off=(M-F,19);on=(M-F,7)", monday, monday + 1, onMonday,
			"Mon 00:00 any\nMon 19:00 stopped off=(M-F,19)",
		},
		{
			"closed: a stop lasts over the start that is left out", "off=(M,2);on=(M,6)", monday, monday + 1, onMonday,
			"Mon 00:00 any\nMon 02:00 stopped off=(M,2)",
		},
		{
			"closed: two stops that a start parted", "off=[(M,2),(M,19)];on=(M,6)", monday, monday + 1, onMonday,
			"Mon 00:00 any\nMon 02:00 stopped off=(M,2)\nMon 19:00 stopped off=(M,19)\nmark Mon 19:00 off=(M,19)",
		},
		{
			"closed: a stop alone asks for no opening", "off=(M-F,19);on=(H,7)", monday, monday + 1, func(wall.Minute) bool { panic("asked") },
			"Mon 00:00 any\nMon 19:00 stopped off=(M-F,19)",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tag, err := custodian.Parse(test.tag, custodian.StandardDefaults())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(write(tag.Pattern().Draw(test.from, test.to, test.closed)), test.want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

func TestSkipDaysCloseTheirLocalDate(t *testing.T) {
	t.Parallel()
	d := custodian.StandardDefaults()
	d.SkipDays = []string{"2026-06-01"}
	tag, err := custodian.Parse("tz=kst", d)
	if err != nil {
		t.Fatal(err)
	}
	got := write(tag.Pattern().Draw(monday, monday+2, d.Closed()))
	want := "Mon 00:00 any\nMon 19:00 stopped off=(M-F,19)\nTue 00:00 any\nTue 07:00 running on=(M-F,7)\nTue 19:00 stopped off=(M-F,19)"
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

// tiles checks that stretches cover [from, to) without gap or overlap.
func tiles(t testing.TB, stretches []wall.Stretch, from, to wall.Date) {
	t.Helper()
	at := from.At(0)
	for _, s := range stretches {
		if s.From != at || s.To <= s.From {
			t.Fatalf("stretch from %s to %s, want one from %s", s.From, s.To, at)
		}
		at = s.To
	}
	if at != to.At(0) {
		t.Fatalf("drawing ends at %s, want %s", at, to.At(0))
	}
}

func FuzzTag(f *testing.F) {
	for _, text := range []string{
		"", "on", "off", "yes", "19", "=", "tz=", "tz=Asia/Seoul", "off=(M-F,19);on=(M-F,7);tz=pt", "off=[(M-F,21),(U,18)];on=[(M-F,6),(U,10)]",
		"off=(F-M,0)", "off=m-f,19", "off=[m-f,19]", "off=(M-F,19", "off=(M-F,007)", "off=(M-F,24)", "off=(M-F,19); on=(M-F,7)", "off=(M-W-F,19)",
		"off=(M-F,19) tz=et", "off=(M-F,5);off=(S,1)", "offu3du28M-Fu2c18u29u3btzu3dAustraliau2fSydney", `"'off'"`, "off==(m,1)", "on=(m--f,1)",
		"off=(M-U,7);on=(M-U,7)", "off=\xff", "tz=america/argentina/buenos_aires", "off=(İ,1)",
	} {
		f.Add(text, uint8(19), uint8(7), false, int16(0), uint8(9))
	}
	f.Fuzz(func(t *testing.T, text string, off, on uint8, only bool, start int16, length uint8) {
		d := custodian.Defaults{Zone: "kst", OffHour: int(off % 24), OnHour: int(on % 24), WeekendsOnly: only, Weekends: off > on}
		tag, err := custodian.Parse(text, d)
		custodian.Is(text)
		if err != nil {
			return
		}
		pattern := tag.Pattern()
		from := monday + wall.Date(start)
		to := from + wall.Date(length)
		tiles(t, pattern.Draw(from, to, nil).Stretches, from, to)
		closed := pattern.Draw(from, to, func(m wall.Minute) bool { return m.Date()%2 == 0 })
		tiles(t, closed.Stretches, from, to)
		for _, m := range closed.Marks {
			if date := m.At.Date(); date < from || to <= date {
				t.Errorf("%s has a mark at %s, outside of %s to %s", pattern, m.At, from, to)
			}
		}
		// A tag that says both sides says the same of itself.
		if tag.OptedOut || len(tag.Off) == 0 || len(tag.On) == 0 {
			return
		}
		again, err := custodian.Parse(pattern.String()+";tz="+tag.Zone, custodian.Defaults{})
		if err != nil {
			t.Fatalf("%q became %s: %v", text, pattern, err)
		}
		if got := again.Pattern().String(); got != pattern.String() || again.Zone != tag.Zone {
			t.Errorf("%q became %s %s, and that %s %s", text, pattern, tag.Zone, got, again.Zone)
		}
	})
}
