package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"offpeak/internal/policy"
)

// places are policies with a hole for one key of a mapping, by the mapping's name in Keys.
var places = map[string]string{
	"":             "timezone: Asia/Seoul\nenvironments: {dev: {tags: {Environment: dev}}}\n%s\n",
	"environment":  "timezone: Asia/Seoul\nenvironments: {dev: {%s}}\nschedules: {office: {open: daily 09:00-18:00}}\n",
	"calendar":     minimal + "calendars: {kr: {%s}}\n",
	"schedule":     minimal + "calendars: {kr: {add: 2026-12-31}}\nschedules: {office: {%s}}\n",
	"period":       minimal + "schedules: {office: {periods: [{%s}]}}\n",
	"tags":         minimal + "calendars: {kr: {add: 2026-12-31}}\ntags: {%s}\n",
	"custodian":    minimal + "tags: {custodian: {%s}}\n",
	"guards":       minimal + "guards: {%s}\n",
	"spot":         minimal + "spot: {%s}\n",
	"profile":      minimal + "spot: {profiles: {batch: {%s}}}\n",
	"report":       minimal + "schedules: {office: {open: daily 09:00-18:00}, always: {always: stopped}}\nreport: {%s}\n",
	"currency":     minimal + "report: {currency: {%s}}\n",
	"recipient":    minimal + "tenants: {retail: {payer: '111122223333', recipients: [{%s}]}}\n",
	"tenant":       minimal + "tenants: {retail: {%s}}\n",
	"price":        minimal + "prices: [{%s}]\n",
	"where":        minimal + "accounts: {%s}\n",
	"organization": minimal + "accounts: {organization: {%s}}\n",
	"outside":      minimal + "accounts: {outside: [{%s}]}\n",
}

// companions make a mapping whole when its key alone does not.
var companions = map[string]string{
	"environment": "tags: {Environment: dev}", "calendar": "country: KR", "schedule": "open: daily 09:00-18:00", "period": "endtime: '18:00'",
	"recipient": "address: finance@example.com", "currency": `code: KRW, per_usd: "1384.50", source: bank, date: 2026-09-30`,
	"tenant": `payer: "111122223333"`, "price": `region: ap-northeast-2, type: m5.large, usd_per_hour: "0.1"`,
	"where": `list: "111122223333"`, "organization": "in: r-ab12",
	"outside": `account: "111122223333", role: "arn:aws:iam::111122223333:role/x"`,
}

var anyValues = []string{
	"", "~", "null", "true", "false", "True", "yes", "on", "0", "7", "09", "-1", "1.5", "1e3", ".inf", "0x1f", "0o7", "012345678901", `"012345678901"`,
	`"111122223333"`, "[]", "{}", "[~]", "['']", "''", "' '", "x", "'x'", "[x]", "[1]", "[true]", "[1.5, x]", "{a: b}", "[{a: b}]", "[[x]]", "{a: ~}", "{dev: {tags: {T: x}}}",
	"09:00", "9:00", "'24:00'", "daily 09:00-18:00", "[daily 09:00-18:00]", "daily 21:00", "mon-fri", "[mon, 1]", "jan", "15W", "10m", "7d", "1d2h", "0s", "20%", "'20 %'", "101%",
	"Asia/Seoul", "KST", "kst", "KR", "kr", "[kr]", "2026-12-31", "[2026-12-31 임시공휴일]", "['2026-12-31', 2027-01-01..2027-01-03]", "refuse", "allow", "running", "no-stops", "stops", "office",
	"stopped-by-us", "ap-northeast-2", "[ap-northeast-2]", "m5.large", "'0.1'", "'1.05'", "finance@example.com", "[finance@example.com]", "ko", "[ko, en]", "s3://bill", "한국어",
	"calendars/plant.csv", "calendars/release-freeze.ics", "aws:x", "'offpeak:'", "[{begintime: '09:00'}]", "{country: KR}", "{key: Off}", "{a: {country: KR}}", "{a: {payer: '111122223333'}}",
	"{a: {always: stopped}}", "{a: {open: daily 09:00-18:00, hold: ~}}", "[{region: us-east-1, type: m5.large, usd_per_hour: '1'}]", "{Team: [1, true, ~]}", "{Team: [1, true]}", "\"a\\nb\"",
	"{list: ['111122223333']}", "{in: [ou-ab12-cdef3456]}", "[r-ab12]", "advise", "bill", "m5.*", "[m5.*, '*.metal', c?.large]", "M5.*", "[m5]", "'*'", "'0.50'", "'1e3'", "100", "100%", "0.1", ".1", "-0.1", "10001", "{batch: {loss: 50%}}", "{Yes: {loss: 50%}}",
	`{code: KRW, per_usd: "1384.50", source: bank, date: 2026-09-30}`, "{address: a@example.com, language: en}",
	"ou-ab12-cdef3456", "arn:aws:iam::111122223333:role/x", "[{account: '111122223333', role: 'arn:aws:iam::111122223333:role/x'}]",
}

// TestAnyValueAnywhere puts all kinds of values at every key: what Load accepts, editors accept too, and what it refuses it explains.
func TestAnyValueAnywhere(t *testing.T) {
	t.Parallel()
	files, schema := sampleFiles(t), compileSchema(t)
	accepted := map[string]int{}
	for mapping, keys := range policy.Keys() {
		for _, key := range keys {
			for _, v := range anyValues {
				for _, companion := range slices.Compact([]string{"", companions[mapping]}) {
					pair := fmt.Sprintf("%s: %s", key, v)
					if companion != "" {
						pair = companion + ", " + pair
					}
					text := []byte(fmt.Sprintf(places[mapping], pair))
					p, err := policy.Load("offpeak.yaml", text, files)
					if err != nil {
						checkProblems(t, text, err)
						continue
					}
					checkPolicy(t, p)
					accepted[mapping+"."+key]++
					if err := validate(t, schema, text); err != nil {
						t.Errorf("Load accepts what the schema refuses:\n%s%v", text, err)
					}
				}
			}
		}
	}
	for mapping, keys := range policy.Keys() {
		for _, key := range keys {
			if accepted[mapping+"."+key] == 0 && !strings.Contains(companions[mapping], key+":") && key != "timezone" && key != "environments" {
				t.Errorf("no value was accepted at %s.%s", mapping, key)
			}
		}
	}
}
