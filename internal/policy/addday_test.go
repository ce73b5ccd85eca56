package policy_test

import (
	"errors"
	"strings"
	"testing"

	"offpeak/internal/policy"
	"offpeak/scheduler/wall"
)

var newYearsEve = wall.NewDate(2026, 12, 31)

// addTests are calendars before and after the day 2026-12-31 임시공휴일 is added to kr.
var addTests = []struct{ name, before, after string }{
	{
		"empty list",
		"calendars:\n  kr: {country: KR, add: [], remove: []}\n",
		"calendars:\n  kr: {country: KR, add: [\"2026-12-31 임시공휴일\"], remove: []}\n",
	},
	{
		"list on one line",
		"calendars:\n  kr: {country: KR, add: [\"2026-06-03 선거\"]} # 대한민국\n",
		"calendars:\n  kr: {country: KR, add: [\"2026-06-03 선거\", \"2026-12-31 임시공휴일\"]} # 대한민국\n",
	},
	{
		"single quotes, blanks and a trailing comma",
		"calendars:\n  kr:\n    add: [ '2026-06-03 선거', ] # a\n    country: KR\n",
		"calendars:\n  kr:\n    add: [ '2026-06-03 선거', '2026-12-31 임시공휴일', ] # a\n    country: KR\n",
	},
	{
		"list over several lines",
		"calendars:\n  kr:\n    add: [\n      \"2026-06-03 선거\", # vote ]\n      \"2026-10-02 징검다리\" # bridge\n    ]\n",
		"calendars:\n  kr:\n    add: [\n      \"2026-06-03 선거\", # vote ]\n      \"2026-10-02 징검다리\", # bridge\n      \"2026-12-31 임시공휴일\"\n    ]\n",
	},
	{
		"list over several lines with a trailing comma",
		"calendars:\n  kr:\n    add: [\n      \"2026-06-03 선거\", # vote\n    ]\n",
		"calendars:\n  kr:\n    add: [\n      \"2026-06-03 선거\", # vote\n      \"2026-12-31 임시공휴일\",\n    ]\n",
	},
	{
		"list that closes on the line of its last value",
		"calendars:\n  kr:\n    add: [2026-06-03 x,\n          2026-10-02 y]\n",
		"calendars:\n  kr:\n    add: [2026-06-03 x,\n          2026-10-02 y, \"2026-12-31 임시공휴일\"]\n",
	},
	{
		"list over several lines whose last value has two",
		"calendars:\n  kr:\n    add: [\n      2026-06-03\n      선거 # vote\n    ]\n",
		"calendars:\n  kr:\n    add: [\n      2026-06-03\n      선거, # vote\n      \"2026-12-31 임시공휴일\"\n    ]\n",
	},
	{
		"block list with comments",
		"calendars:\n  kr:\n    country: KR\n    add:\n      # ours\n      - \"2026-06-03 선거\" # vote\n      # the next line is the last\n      - 2026-10-02 bridge # day\n    # what we work on\n    remove: []\n",
		"calendars:\n  kr:\n    country: KR\n    add:\n      # ours\n      - \"2026-06-03 선거\" # vote\n      # the next line is the last\n      - 2026-10-02 bridge # day\n      - \"2026-12-31 임시공휴일\"\n    # what we work on\n    remove: []\n",
	},
	{
		"block list that is not indented, at the end of a file without a last line break",
		"calendars:\n  kr:\n    country: KR\n    add:\n    -   '2026-06-03'",
		"calendars:\n  kr:\n    country: KR\n    add:\n    -   '2026-06-03'\n    -   '2026-12-31 임시공휴일'",
	},
	{
		"block list whose last item has two lines",
		"calendars:\n  kr:\n    add:\n      - \"2026-06-03\n        선거\"\n    country: KR\n",
		"calendars:\n  kr:\n    add:\n      - \"2026-06-03\n        선거\"\n      - \"2026-12-31 임시공휴일\"\n    country: KR\n",
	},
	{
		"no list, block",
		"calendars:\n  # 대한민국\n  kr:\n    # the public ones\n    country: KR # with substitutes\n\n  us: {country: US}\n",
		"calendars:\n  # 대한민국\n  kr:\n    # the public ones\n    country: KR # with substitutes\n    add: [\"2026-12-31 임시공휴일\"]\n\n  us: {country: US}\n",
	},
	{
		"no list, block, behind other lists",
		"calendars:\n  kr:\n    remove:\n      - \"2026-07-17\"\n    country: KR\ntimezone: x\n",
		"calendars:\n  kr:\n    remove:\n      - \"2026-07-17\"\n    country: KR\n    add: [\"2026-12-31 임시공휴일\"]\ntimezone: x\n",
	},
	{
		"no list, block, nothing but a list",
		"calendars:\n  kr:\n    remove:\n      - \"2026-07-17\"\n",
		"calendars:\n  kr:\n    add: [\"2026-12-31 임시공휴일\"]\n    remove:\n      - \"2026-07-17\"\n",
	},
	{
		"no list, flow",
		"calendars: {us: {country: US}, kr: {country: KR}}\n",
		"calendars: {us: {country: US}, kr: {country: KR, add: [\"2026-12-31 임시공휴일\"]}}\n",
	},
	{
		"no list, flow over lines, with brackets in quotes and comments",
		"calendars:\n  kr: {\n    country: 'KR', # }\n    remove: [\"2026-07-17 }\"] # ]\n  }\n",
		"calendars:\n  kr: {\n    country: 'KR', # }\n    remove: [\"2026-07-17 }\"], add: [\"2026-12-31 임시공휴일\"] # ]\n  }\n",
	},
	{
		"no list, flow with a trailing comma",
		"calendars: {kr: {country: KR,}}\n",
		"calendars: {kr: {country: KR, add: [\"2026-12-31 임시공휴일\"]}}\n",
	},
	{
		"key without a value",
		"calendars:\n  kr:\n    country: KR\n    add:   # none yet\n    remove: []\n",
		"calendars:\n  kr:\n    country: KR\n    add: [\"2026-12-31 임시공휴일\"]   # none yet\n    remove: []\n",
	},
	{
		"key without a value, flow",
		"calendars: {kr: {\"add\" : , country: KR}}\n",
		"calendars: {kr: {\"add\" : [\"2026-12-31 임시공휴일\"] , country: KR}}\n",
	},
	{
		"null",
		"calendars:\n  kr:\n    country: KR\n    add: ~ # none yet\n",
		"calendars:\n  kr:\n    country: KR\n    add: [\"2026-12-31 임시공휴일\"] # none yet\n",
	},
	{
		"single value",
		"calendars:\n  kr: {country: KR, add: '2026-06-03 선거'}\n",
		"calendars:\n  kr: {country: KR, add: ['2026-06-03 선거', '2026-12-31 임시공휴일']}\n",
	},
	{
		"single value, plain",
		"calendars:\n  kr:\n    country: KR\n    add: 2026-06-03 선거 # vote\n",
		"calendars:\n  kr:\n    country: KR\n    add: [2026-06-03 선거, \"2026-12-31 임시공휴일\"] # vote\n",
	},
	{
		"the same day in another calendar, and a broken policy around",
		"calendars:\n  us: {add: [\"2026-12-31 x\"]}\n  kr: {add: [\"2026-12-30 x\"]}\nschedules: [1, 2]\nfoo: bar\n",
		"calendars:\n  us: {add: [\"2026-12-31 x\"]}\n  kr: {add: [\"2026-12-30 x\", \"2026-12-31 임시공휴일\"]}\nschedules: [1, 2]\nfoo: bar\n",
	},
}

func TestAddDay(t *testing.T) {
	t.Parallel()
	forms := []struct {
		name string
		of   func(string) string
	}{
		{"as it stands", func(s string) string { return s }},
		{"lines of Windows", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
		{"byte order mark", func(s string) string { return "\ufeff" + s }},
		{"comment before", func(s string) string { return "# 정책\n\n" + s }},
	}
	for _, tt := range addTests {
		for _, form := range forms {
			got, err := policy.AddDay([]byte(form.of(tt.before)), "kr", newYearsEve, "임시공휴일")
			if err != nil {
				t.Errorf("%s, %s: %v", tt.name, form.name, err)
			} else if want := form.of(tt.after); string(got) != want {
				t.Errorf("%s, %s: got\n%s\nwant\n%s", tt.name, form.name, got, want)
			}
		}
	}
}

func TestAddDayTwice(t *testing.T) {
	t.Parallel()
	for _, tt := range addTests {
		_, err := policy.AddDay([]byte(tt.after), "kr", newYearsEve, "other name")
		if !errors.Is(err, policy.ErrHasDay) {
			t.Errorf("%s: got %v, want ErrHasDay", tt.name, err)
		}
	}
}

func TestAddDayRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, calendar, day, want string }{
		{
			"a country that is not declared", "timezone: x\n", "kr", "x",
			"the policy has no calendar kr: declare it first, under calendars, as kr: {country: KR}, and name it in closed: [kr] of the schedules that it closes",
		},
		{"a slip", "calendars: {korea: {country: KR}}\n", "corea", "x", `the policy has no calendar "corea" (did you mean korea?)`},
		{"an unknown one", "calendars: {korea: {country: KR}}\n", "plant", "x", `the policy has no calendar "plant": declare it first, under calendars`},
		{"an empty calendar", "calendars:\n  kr:\n", "kr", "x", "calendar kr (line 2) says nothing yet: give it a country, a file or an add list first"},
		{"no calendar", "calendars:\n  kr: KR\n", "kr", "x", "calendar kr (line 2) says nothing yet: give it a country, a file or an add list first"},
		{
			"a range that holds it", "calendars:\n  kr:\n    add: [\"2026-12-30..2027-01-02 closing\"]\n", "kr", "x",
			`the calendar lists that day already: kr has "2026-12-30..2027-01-02 closing" (line 3)`,
		},
		{
			"a day that it removes", "calendars: {kr: {country: KR, remove: [\"2026-12-31\"]}}\n", "kr", "x",
			`calendar kr removes "2026-12-31" (line 1): take it out there`,
		},
		{"a name with a line break", "calendars: {kr: {country: KR}}\n", "kr", "a\nb", "the day's name holds characters that a name does not have"},
		{"a name with an invisible one", "calendars: {kr: {country: KR}}\n", "kr", "a\u2028b", "the day's name holds characters that a name does not have"},
		{"a name that is not UTF-8", "calendars: {kr: {country: KR}}\n", "kr", "\xb0\xb3", "the day's name holds characters that a name does not have"},
		{"a name that is too long", "calendars: {kr: {country: KR}}\n", "kr", strings.Repeat("가", 201), "the day's name is longer than 200 characters"},
		{"a calendar twice", "calendars:\n  kr: {country: KR}\n  kr: {country: KR}\n", "kr", "x", "calendar kr stands in the policy twice: check it with offpeak policy check"},
		{"a list", "- kr\n", "kr", "x", "this is no policy: check it with offpeak policy check"},
		{"no YAML", "a: b: c\n", "kr", "x", `1:1: a colon where YAML expects none (check the indentation; quote a text that holds ": ")`},
		{
			"an add that is a mapping", "calendars: {kr: {add: {a: b}}}\n", "kr", "x",
			`calendar kr is written in a way that cannot be edited here: add "2026-12-31 x" to its add list by hand (line 1)`,
		},
		{
			"keys with question marks", "calendars:\n  kr:\n    ? remove\n    : []\n", "kr", "x",
			`calendar kr is written in a way that cannot be edited here: add "2026-12-31 x" to its add list by hand (line 3)`,
		},
	} {
		got, err := policy.AddDay([]byte(tt.text), tt.calendar, newYearsEve, tt.day)
		if err == nil {
			t.Errorf("%s: got %q, want an error", tt.name, got)
		} else if err.Error() != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, err, tt.want)
		}
	}
}

// Names are written so that they read back, whatever is in them.
func TestAddDayKeepsNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{`a "quoted" day`, "it's a day", `back\slash`, "colon: and # sign", "[brackets]", "", "  blanks  ", "%"} {
		for _, before := range []string{"calendars: {kr: {country: KR}}\n", "calendars:\n  kr:\n    add: ['2026-01-02']\n"} {
			text, err := policy.AddDay([]byte(before), "kr", newYearsEve, name)
			if err != nil {
				t.Errorf("%q: %v", name, err)
				continue
			}
			if _, err := policy.AddDay(text, "kr", newYearsEve, name); !errors.Is(err, policy.ErrHasDay) {
				t.Errorf("%q: is not found again in %s", name, text)
			}
		}
	}
}

func TestAddDayToTheSamples(t *testing.T) {
	t.Parallel()
	text, err := policy.AddDay(policy.Template(), "kr", newYearsEve, "임시공휴일")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load("offpeak.yaml", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !closedOn(t, p.Rules.Schedules["office"], "2026-12-31") {
		t.Error("the day does not close the office")
	}
}
