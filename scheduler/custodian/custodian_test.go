package custodian_test

import (
	"strings"
	"testing"
	"time"

	"offpeak/scheduler/custodian"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const standard = "off=(M-F,19);on=(M-F,7)"

var parseCases = []struct {
	text string
	want string // the pattern, and the zone where it is not New York
}{
	{"", standard},
	{"on", standard},
	{"ON", standard},
	{"yes", standard},
	{"19", standard},
	{" ", standard},
	{";;", standard},
	{"Offhours", standard},
	{`"on"`, standard},
	{"'on'", standard},
	{"on;", standard},
	{"off", "off"},
	{"OFF", "off"},
	{`"off"`, "off"},
	{`'"off"'`, "off"},
	{"off;", standard},    // as for the peer, off stands alone or not at all
	{`"'off'"`, standard}, // single quotation marks are taken off first
	{"tz=Asia/Seoul", standard + " Asia/Seoul"},
	{"Offhours tz=PT", standard + " America/Los_Angeles"},
	{"tz=", standard},
	{"tz=et;tz=kst", standard + " Asia/Seoul"},

	{"off=(M-F,19);on=(M-F,7)", standard},
	{"OFF=(m-f,19);ON=(M-f,7);TZ=KST", standard + " Asia/Seoul"},
	{"off=(M-F,19);on=(M-F,7);", standard},
	{";off=(M-F,19);;on=(M-F,7)", standard},
	{"'off=(M-F,19);on=(M-F,7)'", standard},
	{"off=M-F,19;on=[M-F,7]", standard},
	{"off=(M-F,19;on=M-F,7)", standard},
	{"off=[(M-F,21),(U,18)];on=[(M-F,6),(U,10)];tz=pt", "off=[(U,18),(M-F,21)];on=[(M-F,6),(U,10)] America/Los_Angeles"},
	{"off=(M,19),(W,19),(F,9);on=(M-F,007)", "off=[(F,9),(M,19),(W,19)];on=(M-F,7)"},
	{"off=(F-M,0);on=(U-S,23)", "off=(F-M,0);on=(M-U,23)"},
	{"off=(M--F,19);on=(x-M-F,7)", standard},
	{"off=(M-F,5);off=(S,19)", "off=(S,19);on=(M-F,7)"},
	{"off=(M-F,20)", "off=(M-F,20);on=(M-F,7)"},
	{"on=(M-F,8)", "off=(M-F,19);on=(M-F,8)"},
	{"off=(M-F,19); on=(M-F,8)", "off=(M-F,19)"}, // the blank hides the second key, as from the peer
	{" off=(M-F,20)", "on=(M-F,7)"},
	{"off==(M-F,20)", standard}, // not key=value for the peer either

	{"offu3du28M-Fu2c18u29u3btzu3dAustraliau2fSydney", "off=(M-F,18);on=(M-F,7) Australia/Sydney"},
	{"off=u5bu28Mu2dFu2c18u29u2cu28Su2c13u29u5d", "off=[(S,13),(M-F,18)];on=(M-F,7)"},
	{"OFFU3DU28M-FU2C18U29", "off=(M-F,18);on=(M-F,7)"},
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range parseCases {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			tag, err := custodian.Parse(test.text, custodian.StandardDefaults())
			if err != nil {
				t.Fatal(err)
			}
			got := tag.Pattern().String()
			if tag.Zone != "America/New_York" && !tag.OptedOut {
				got += " " + tag.Zone
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if tag.OptedOut != (test.want == "off") {
				t.Errorf("opted out = %t", tag.OptedOut)
			}
		})
	}
}

func TestInvalidTags(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"=", "unknown key"},
		{"pz=est", `unknown key "pz"`},
		{"off=(M-F,19);pz=est", `unknown key "pz"`},
		{"off =(M-F,19)", `unknown key ""`},
		{"off=", "say (M-F,19)"},
		{"off=();on=()", "say (M-F,19)"},
		{"off=[];on=[]", "say (M-F,19)"},
		{"off=19", "say (M-F,19)"},
		{"off=(M-F)", "say (M-F,19)"},
		{"off=[(M-F,19),(S)]", "say (M-F,19)"},
		{"off=(M-F,19,20)", "not an hour"},
		{"off=(M-F,19)(S,20)", "not an hour"},
		{"off=(M-F, 19)", "not an hour"},
		{"off=(M-F,19:30)", "not an hour"},
		{"off=(M-F,-1)", "not an hour"},
		{"off=(M-F,²)", "not an hour"},
		{"off=(M-F,24)", "hours run from 0 to 23"},
		{"off=(M-F,99999999999999999999)", "hours run from 0 to 23"},
		{"off=(M-W-F,19)", "days are M T W H F S U"},
		{"off=(Mon-Fri,19)", "days are M T W H F S U"},
		{"off=(M - F,19)", "days are M T W H F S U"},
		{"off=(,19)", "days are M T W H F S U"},
		{"off=(M-,19)", "days are M T W H F S U"},
		{"off=(X,19)", "days are M T W H F S U"},
		{"off=(M-F,19) tz=et", "is not key=value"},
		{"off=(M-F,19);", ""},
		{"off=(M-F,19);on", "is not key=value"},
		{"off=(M-F,19); tz=et", "say (M-F,19)"},
		{"off=(M-F,19);on=(M-F,25)", "hours run from 0 to 23"},
		{"on=(M-F,25)", "hours run from 0 to 23"},
		{"off=(M-F,25);off=(M-F,19)", "hours run from 0 to 23"},
		{"tz=zz", "tz: unknown time zone"},
		{"tz=local", "tz: unknown time zone"},
		{"tz=utc+9", "tz: unknown time zone"},
		{"off=(M-F,19);tz=et ", "tz: unknown time zone"},
		{"off=(M-F,19);tz=../etc/passwd", "tz: unknown time zone"},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			_, err := custodian.Parse(test.text, custodian.StandardDefaults())
			switch {
			case test.want == "" && err != nil:
				t.Fatal(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error = %v, want %s in it", err, test.want)
			}
		})
	}
}

func TestTagsSayWhatIsTheirOwn(t *testing.T) {
	t.Parallel()
	workdays := custodian.Weekdays{time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true, time.Friday: true}
	got, err := custodian.Parse("off=(S,1);tz=it", custodian.StandardDefaults())
	if err != nil {
		t.Fatal(err)
	}
	want := custodian.Tag{
		Off: []custodian.Time{{Days: custodian.Weekdays{time.Saturday: true}, Hour: 1}}, OwnOff: true,
		On: []custodian.Time{{Days: workdays, Hour: 7}}, Zone: "Asia/Kolkata",
	}
	if diff := cmp.Diff(got, want, cmpopts.IgnoreUnexported(custodian.Tag{})); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	standard := custodian.StandardDefaults()
	change := func(f func(*custodian.Defaults)) custodian.Defaults {
		d := standard
		f(&d)
		return d
	}
	for _, test := range []struct {
		name     string
		defaults custodian.Defaults
		tag      string
		want     string
	}{
		{"hours of the policy", change(func(d *custodian.Defaults) { d.OffHour, d.OnHour = 0, 23 }), "", "off=(M-F,0);on=(M-F,23)"},
		{
			"no weekends: every day", change(func(d *custodian.Defaults) { d.Weekends = false }), "on",
			"off=(M-U,19);on=(M-U,7)",
		},
		{
			"weekends only: off on Friday, on on Monday", change(func(d *custodian.Defaults) { d.WeekendsOnly = true }), "on",
			"off=(F,19);on=(M,7)",
		},
		{
			"weekends only beats no weekends", change(func(d *custodian.Defaults) { d.WeekendsOnly, d.Weekends = true, false }), "on",
			"off=(F,19);on=(M,7)",
		},
		{
			"what a tag says itself they do not change", change(func(d *custodian.Defaults) { d.WeekendsOnly = true }), "off=(M-F,18)",
			"off=(M-F,18);on=(M,7)",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tag, err := custodian.Parse(test.tag, test.defaults)
			if err != nil {
				t.Fatal(err)
			}
			if got := tag.Pattern().String(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := custodian.StandardDefaults().Validate(); err != nil {
		t.Error(err)
	}
	err := custodian.Defaults{Zone: "Mars", OffHour: 24, OnHour: -1, SkipDays: []string{"2026-02-30"}, SkipDaysFrom: "s3://days"}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	want := []string{
		"default_tz: unknown time zone", "offhour 24: hours run", "onhour -1: hours run", "skip-days and skip-days-from",
		"skip-days: \"2026-02-30\"",
	}
	if len(lines) != len(want) {
		t.Fatalf("error = %q, want %d lines", err, len(want))
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("line %d = %s, want %s", i, lines[i], want[i])
		}
	}
}

func TestIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"off=(M-F,19)":                        true,
		"ON=(M-F,7)":                          true,
		"tz=pt":                               true,
		`"off=(M-F,19)"`:                      true,
		"Offhours tz=PT":                      true,
		"offu3du28M-Fu2c18u29":                true,
		"off=(M-W-F,19);pz=x":                 true, // wrong, and still nothing else
		"off=a=b":                             true,
		"":                                    false,
		"on":                                  false,
		"off":                                 false,
		"yes":                                 false,
		"office":                              false,
		"onu3x":                               false,
		"pz=est":                              false,
		"seoul-office":                        false,
		"mon-fri 09:00-19:00 Asia/Seoul":      false,
		"tue+thu 22:00-06:00":                 false,
		"running until 2026-11-23 02:00":      false,
		"begin=9;offhours=2":                  false,
		"mon-fri 08:00-19:00;sat 10:00-14:00": false,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if got := custodian.Is(text); got != want {
				t.Errorf("Is(%q) = %t, want %t", text, got, want)
			}
		})
	}
}

var zoneCases = map[string]string{
	"pdt":                            "America/Los_Angeles",
	"pst":                            "America/Los_Angeles",
	"pt":                             "America/Los_Angeles",
	"ast":                            "America/Phoenix",
	"at":                             "America/Phoenix",
	"est":                            "America/New_York",
	"edt":                            "America/New_York",
	"et":                             "America/New_York",
	"cst":                            "America/Chicago",
	"cdt":                            "America/Chicago",
	"ct":                             "America/Chicago",
	"mst":                            "America/Denver",
	"mdt":                            "America/Denver",
	"mt":                             "America/Denver",
	"gmt":                            "Etc/GMT",
	"gt":                             "Etc/GMT",
	"bst":                            "Europe/London",
	"ist":                            "Europe/Dublin",
	"cet":                            "Europe/Berlin",
	"it":                             "Asia/Kolkata",
	"jst":                            "Asia/Tokyo",
	"kst":                            "Asia/Seoul",
	"sgt":                            "Asia/Singapore",
	"aet":                            "Australia/Sydney",
	"brt":                            "America/Sao_Paulo",
	"nzst":                           "Pacific/Auckland",
	"utc":                            "Etc/UTC",
	"ET":                             "America/New_York",
	"Asia/Seoul":                     "Asia/Seoul",
	"asia/seoul":                     "Asia/Seoul",
	"ASIA/SEOUL":                     "Asia/Seoul",
	"america/port_of_spain":          "America/Port_of_Spain",
	"america/argentina/buenos_aires": "America/Argentina/Buenos_Aires",
	"australia/lord_howe":            "Australia/Lord_Howe",
	"africa/dar_es_salaam":           "Africa/Dar_es_Salaam",
	"america/port-au-prince":         "America/Port-au-Prince",
	"antarctica/mcmurdo":             "Antarctica/McMurdo",
	"us/eastern":                     "US/Eastern",
	"eet":                            "EET",
	"est5edt":                        "EST5EDT",
	"etc/gmt+9":                      "Etc/GMT+9",
	"europe/isle_of_man":             "Europe/Isle_of_Man",
	"gb":                             "GB",
	"rok":                            "ROK",
	"w-su":                           "W-SU",
	"zulu":                           "Zulu",
}

func TestLoadZone(t *testing.T) {
	t.Parallel()
	for alias, want := range zoneCases {
		t.Run(alias, func(t *testing.T) {
			t.Parallel()
			location, err := custodian.LoadZone(alias)
			if err != nil {
				t.Fatal(err)
			}
			if got := location.String(); got != want {
				t.Errorf("zone = %s, want %s", got, want)
			}
		})
	}
	for _, alias := range []string{"", "local", "evt", "zmta", "seoul", "utc+9", "gmt+25", "posix/asia/seoul", "asia/seoul ", "../utc"} {
		if location, err := custodian.LoadZone(alias); err == nil {
			t.Errorf("%q is %s, want an error", alias, location)
		}
	}
}

func TestLints(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]custodian.Code{
		"":                         nil,
		"on":                       nil,
		"off":                      nil,
		"tz=pt":                    nil,
		"off=(M-F,19);on=(M-F,7)":  nil,
		"off;":                     {custodian.DefaultsApply},
		"19":                       {custodian.DefaultsApply},
		"off=(M-F,20)":             {custodian.DefaultStart},
		"on=(M-F,8)":               {custodian.DefaultStop},
		"off=(M-F,19); on=(M-F,7)": {custodian.UnreadKey},
		"off=(M-F,7)":              {custodian.DefaultStart, custodian.SameHour},
		"off=(S,7);on=(S-U,7)":     {custodian.SameHour},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			tag, err := custodian.Parse(text, custodian.StandardDefaults())
			if err != nil {
				t.Fatal(err)
			}
			var got []custodian.Code
			for _, l := range tag.Lints() {
				got = append(got, l.Code)
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

func TestOnlyOneSide(t *testing.T) {
	t.Parallel()
	d := custodian.StandardDefaults()
	for side, want := range map[custodian.Side]string{
		custodian.Both:       "off=(M-F,20);on=(M-F,7)",
		custodian.OnlyStops:  "off=(M-F,20)",
		custodian.OnlyStarts: "on=(M-F,7)",
	} {
		d.Only = side
		tag, err := custodian.Parse("off=(m-f,20);tz=asia/seoul", d)
		if err != nil {
			t.Fatal(err)
		}
		if got := tag.Pattern().String(); got != want {
			t.Errorf("%q: got %s, want %s", side, got, want)
		}
	}
}
