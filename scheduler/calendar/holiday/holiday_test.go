package holiday

import (
	"testing"
	"time"

	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
)

// What a year holds is tested in package calendar, against other sources. Here are the tables and rules that no year from First to
// Last shows by itself.

func TestTablesAreComplete(t *testing.T) {
	t.Parallel()
	if got, want := len(koreanLunar), Last-First+1; got != want {
		t.Fatalf("%d lunar years, want %d", got, want)
	}
	for i, l := range koreanLunar {
		for _, d := range []wall.Date{l.seollal, l.buddha, l.chuseok} {
			if year, _, _ := d.Civil(); year != First+i {
				t.Errorf("%s stands in the row of %d", d, First+i)
			}
		}
	}
	for _, d := range koreanDeclared {
		if d.Date < koreanLunar[0].seollal {
			t.Errorf("%s: %s", d.Name, d.Date)
		}
	}
	for year, ends := range presidentialTerms {
		if y, _, _ := ends.Civil(); y != year {
			t.Errorf("the term of %d ends %s", year, ends)
		}
	}
}

func TestDaysAreInOrder(t *testing.T) {
	t.Parallel()
	for _, code := range Codes() {
		days, err := All(code)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[int]bool{}
		for i, d := range days {
			year, _, _ := d.Date.Civil()
			seen[year] = true
			if d.Name == "" || i > 0 && (d.Date < days[i-1].Date || d == days[i-1]) {
				t.Errorf("%s: %s %q", code, d.Date, d.Name)
			}
		}
		for year := First; year <= Last; year++ {
			if !seen[year] {
				t.Errorf("%s: nothing in %d", code, year)
			}
		}
	}
}

func TestDaysLostInKorea(t *testing.T) {
	t.Parallel()
	sunday := wall.NewDate(2039, time.October, 2)
	for _, row := range []struct {
		why      string
		holidays []statutory
		want     []string
	}{
		{"a weekday alone loses nothing", []statutory{{sunday + 1, "a", "a", onWeekend}}, nil},
		{"Sunday", []statutory{{sunday, "a", "a", onSunday}}, []string{"a"}},
		{"Saturday", []statutory{{sunday - 1, "a", "a", onWeekend}}, []string{"a"}},
		{"Saturday of a feast", []statutory{{sunday - 1, "a", "a", onSunday}}, nil},
		{"Sunday of what is never replaced", []statutory{{sunday, "a", "a", never}}, nil},
		{"two on a weekday lose one", []statutory{{sunday + 1, "a", "a", onWeekend}, {sunday + 1, "b", "b", onSunday}}, []string{"b"}},
		{"which what is never replaced does not name", []statutory{{sunday + 1, "a", "a", onWeekend}, {sunday + 1, "b", "b", never}}, []string{"a"}},
		{"two that are never replaced lose nothing", []statutory{{sunday + 1, "a", "a", never}, {sunday + 1, "b", "b", never}}, nil},
		{"two on a Sunday lose two", []statutory{{sunday, "a", "a", onWeekend}, {sunday, "b", "b", onSunday}}, []string{"a", "b"}},
		{"Chuseok of 2039: its Sunday, and the Monday that it shares", []statutory{
			{sunday - 1, "추석 전날", "추석", onSunday},
			{sunday, "추석", "추석", onSunday},
			{sunday + 1, "개천절", "개천절", onWeekend},
			{sunday + 1, "추석 다음 날", "추석", onSunday},
		}, []string{"추석", "추석 다음 날"}},
	} {
		var got []string
		for _, h := range koreanLost(row.holidays) {
			got = append(got, h.name)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.why, diff)
		}
	}
}

func TestElectionDay(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		why, from, holiday, want string
	}{
		{"the first Wednesday", "2028-04-09", "2028-04-20", "2028-04-12"},
		{"a Wednesday itself", "2036-04-09", "2036-05-01", "2036-04-09"},
		{"the day is a holiday", "2018-05-31", "2018-06-06", "2018-06-13"},
		{"its eve is one", "2022-02-28", "2022-03-01", "2022-03-09"},
		{"its morrow is one", "2030-05-31", "2030-06-06", "2030-06-12"},
		{"two days on is far enough", "2028-04-09", "2028-04-14", "2028-04-12"},
	} {
		if got := electionDay(date(row.from), map[wall.Date]bool{date(row.holiday): true}); got != date(row.want) {
			t.Errorf("%s: got %s, want %s", row.why, got, row.want)
		}
	}
}
