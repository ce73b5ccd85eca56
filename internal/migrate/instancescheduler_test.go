package migrate_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"offpeak/internal/migrate"

	"github.com/google/go-cmp/cmp"
)

// The items of a small configuration, as DynamoDB writes them.
const (
	weekdaysItem = `{"type": {"S": "period"}, "name": {"S": "weekdays"}, "begintime": {"S": "09:00"}, "endtime": {"S": "19:00"}, "weekdays": {"SS": ["mon-fri"]}}`
	eveningItem  = `{"type": {"S": "period"}, "name": {"S": "evening"}, "begintime": {"S": "20:00"}, "endtime": {"S": "22:00"}}`
	officeItem   = `{"type": {"S": "schedule"}, "name": {"S": "office"}, "timezone": {"S": "Asia/Seoul"}, "periods": {"SS": ["weekdays", "evening"]}, "enforced": {"BOOL": true}}`
)

func itemsOf(items ...string) string { return `{"Items": [` + strings.Join(items, ",\n") + `]}` }

func TestEveryFormOfTheTableIsRead(t *testing.T) {
	t.Parallel()
	want, _, err := migrate.InstanceScheduler("config.json", []byte(itemsOf(officeItem, weekdaysItem, eveningItem)), migrate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	units := utf16.Encode([]rune("\ufeff" + itemsOf(officeItem, weekdaysItem, eveningItem)))
	var little, big []byte
	for _, unit := range units {
		little, big = binary.LittleEndian.AppendUint16(little, unit), binary.BigEndian.AppendUint16(big, unit)
	}
	for _, row := range []struct{ form, text string }{
		{"items in another order", itemsOf(eveningItem, officeItem, weekdaysItem)},
		{"with counts", `{"Items": [` + officeItem + `,` + weekdaysItem + `,` + eveningItem + `], "Count": 3, "ScannedCount": 3, "ConsumedCapacity": null}`},
		{"two pages, one after the other", itemsOf(eveningItem, officeItem) + "\n" + itemsOf(weekdaysItem)},
		{"a list of items", "[" + officeItem + "," + weekdaysItem + "," + eveningItem + "]"},
		{"an export to S3", `{"Item":` + officeItem + "}\n" + `{"Item":` + weekdaysItem + "}\n" + `{"Item":` + eveningItem + "}\n"},
		{"an item a line", officeItem + "\n" + weekdaysItem + "\n" + eveningItem},
		{"a mark before it", "\ufeff" + itemsOf(officeItem, weekdaysItem, eveningItem)},
		{"UTF-16, as Windows PowerShell writes", string(little)},
		{"UTF-16 the other way round", string(big)},
		{"sets as lists", strings.ReplaceAll(itemsOf(`{"type": {"S": "schedule"}, "name": {"S": "office"}, "timezone": {"S": "Asia/Seoul"},
			"periods": {"L": [{"S": "evening"}, {"S": "weekdays"}]}, "enforced": {"BOOL": true}}`, weekdaysItem, eveningItem), "\n", "\r\n")},
		{"sets and flags as texts", itemsOf(`{"type": {"S": "schedule"}, "name": {"S": "office"}, "timezone": {"S": "Asia/Seoul"},
			"periods": {"S": "evening,weekdays"}, "enforced": {"S": "True"}}`, weekdaysItem, eveningItem)},
		{"values that are NULL", itemsOf(strings.Replace(officeItem, `"enforced"`, `"override_status": {"NULL": true}, "hibernate": {"NULL": true}, "enforced"`, 1), weekdaysItem, eveningItem)},
		{"values without types", `{"Items": [{"type": "schedule", "name": "office", "timezone": "Asia/Seoul", "periods": ["evening", "weekdays"], "enforced": true},` +
			weekdaysItem + "," + eveningItem + "]}"},
		{"YAML, as the CLI writes it too", `
Count: 3
Items:
- {type: {S: schedule}, name: {S: office}, timezone: {S: Asia/Seoul}, periods: {SS: [weekdays, evening]}, enforced: {BOOL: true}}
- {type: {S: period}, name: {S: weekdays}, begintime: {S: 09:00}, endtime: {S: '19:00'}, weekdays: {SS: [mon-fri]}}
- name:
    S: evening
  type:
    S: period
  begintime: {S: '20:00'}
  endtime: {S: '22:00'}
`},
	} {
		t.Run(row.form, func(t *testing.T) {
			t.Parallel()
			got, _, err := migrate.InstanceScheduler("config.json", []byte(row.text), migrate.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(got), string(want)); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

func schedule(fields string) string {
	return `{"type": {"S": "schedule"}, "name": {"S": "office"}, "periods": {"SS": ["weekdays"]}, ` + fields + `}`
}

func TestWhatCannotBeImportedIsListed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ why, text, want string }{
		{"nothing", "", "read config.json: the file is empty"},
		{"comments", "# nothing\n", "read config.json: the file holds comments only"},
		{"something else", `{"a": 1}`, "read config.json: this is neither a scan of the configuration table (aws dynamodb scan --table-name <stack>-ConfigTable... --output json) nor a CloudFormation template"},
		{"the other peer", `{"policies": []}`, "read config.json: this is a policy of Cloud Custodian: import it as such"},
		{"no schedule", itemsOf(weekdaysItem), "read config.json: there is no schedule in it"},
		{"broken JSON", "{\"Items\": [\n{\"type\": }]}", "read config.json: line 2: invalid character '}'"},
		{"cut JSON", `{"Items": [`, "read config.json: line 1: unexpected EOF"},
		{"not UTF-8", "\xb9\xfa", "read config.json: the file is not UTF-8; save it as such"},
		{"a key twice", `{"Items": [], "Items": []}`, `read config.json: line 1: the key "Items" stands twice in one mapping`},
		{
			"a cut scan", `{"Items": [` + schedule(`"x": {"NULL": true}`) + `,` + weekdaysItem + `], "LastEvaluatedKey": {"name": {"S": "office"}}}`,
			"error: the scan: it holds LastEvaluatedKey, so that it ends before the table does; scan without limits (incomplete)",
		},
		{"an item without a name", itemsOf(`{"type": {"S": "schedule"}}`), "error: item 1: it has no type and name, which every item of the configuration table has (invalid-item)"},
		{"a type that the table does not use", itemsOf(schedule(`"timezone": {"M": {}}`), weekdaysItem), "error: schedule office: timezone is of DynamoDB's type M, which the configuration table does not use (invalid-value)"},
		{"a value that is none", itemsOf(schedule(`"timezone": {"S": {}}`), weekdaysItem), "error: schedule office: timezone is no value of DynamoDB (invalid-value)"},
		{"a list for a text", itemsOf(schedule(`"timezone": {"SS": ["UTC"]}`), weekdaysItem), "error: schedule office: timezone is a list, and a text is expected (invalid-value)"},
		{"a zone in wrong case", itemsOf(schedule(`"timezone": {"S": "asia/seoul"}`), weekdaysItem), `error: schedule office: timezone: unknown time zone "asia/seoul": say Asia/Seoul (timezone)`},
		{"a flag that is none", itemsOf(schedule(`"enforced": {"S": "yes"}`), weekdaysItem), `error: schedule office: enforced is "yes"; it is true or false (invalid-value)`},
		{"an override that is none", itemsOf(schedule(`"override_status": {"S": "paused"}`), weekdaysItem), `error: schedule office: override_status is "paused"; it is running or stopped (override-status)`},
		{"no period", itemsOf(`{"type": {"S": "schedule"}, "name": {"S": "office"}}`), "error: schedule office: it has no period, no override_status and no maintenance window, which Instance Scheduler refuses too; give it a period, or delete it (no-periods)"},
		{"a period that is not there", itemsOf(schedule(`"x": {"NULL": true}`)), "error: schedule office: its period weekdays does not exist (no-period)"},
		{"a period without a name", itemsOf(`{"type": {"S": "schedule"}, "name": {"S": "office"}, "periods": {"SS": ["@m5.large"]}}`), "error: schedule office: periods holds a period without a name (no-period)"},
		{"twice", itemsOf(schedule(`"x": {"NULL": true}`), schedule(`"x": {"NULL": true}`), weekdaysItem), "error: schedule office: it is there twice; keep one (twice)"},
		{
			"all at once", itemsOf(schedule(`"timezone": {"S": "Mars/Olympus"}, "enforced": {"N": "1"}`), `{"type": {"S": "period"}, "name": {"S": "weekdays"}, "begintime": {"S": "25:00"}, "weekdays": {"SS": ["mo"]}}`),
			"error: period weekdays: begintime \"25:00\": not a time; say 9:00 or 09:00, from 00:00 to 23:59 (invalid-period)\n" +
				"error: period weekdays: weekdays \"mo\": \"mo\" is not known; valid are mon to sun",
		},
		{
			"a name that means something else", itemsOf(`{"type": {"S": "schedule"}, "name": {"S": "running"}, "override_status": {"S": "stopped"}}`),
			`error: schedule running: the name "running" is reserved: in a tag it has a meaning of its own; choose another name (policy)`,
		},
		{
			"a name that reads as hours", itemsOf(`{"type": {"S": "schedule"}, "name": {"S": "mon-fri 09:00-17:00"}, "override_status": {"S": "stopped"}}`),
			`error: schedule mon-fri 09:00-17:00: the name "mon-fri 09:00-17:00" reads as hours, which a tag may hold itself; choose another name (policy)`,
		},
		{
			"a name that no service takes", itemsOf(`{"type": {"S": "schedule"}, "name": {"S": "office!"}, "override_status": {"S": "stopped"}}`),
			`error: schedule office!: "office!" is no name; a name begins with a letter`,
		},
		{
			"a default zone that is none", itemsOf(`{"type": {"S": "config"}, "name": {"S": "scheduler"}, "default_timezone": {"S": "KST"}}`, schedule(`"x": {"NULL": true}`), weekdaysItem),
			`error: config scheduler: default_timezone: unknown time zone "KST": say Asia/Seoul; import with a time zone to use another (timezone)`,
		},
		{"a set in a list", itemsOf(`{"type": {"S": "schedule"}, "name": {"S": "office"}, "periods": {"L": [{"SS": ["a"]}]}}`), "error: schedule office: periods: expected a list of texts, found a list in it (invalid-value)"},
		{"a flag that is a list", itemsOf(schedule(`"enforced": {"SS": ["true"]}`), weekdaysItem), "error: schedule office: enforced is a list; it is true or false (invalid-value)"},
		{"a key in YAML that is no text", "? [a]\n: b", "read config.json: line 1: a key is not a text"},
		{"a key twice in YAML", "Items: []\nItems: []", `read config.json: line 2: the key "Items" stands twice in one mapping`},
		{"broken YAML", "a: b: c", "read config.json: "},
		{
			"a tag key that is AWS's", itemsOf(`{"type": {"S": "config"}, "name": {"S": "scheduler"}, "tagname": {"S": "aws:x"}}`, schedule(`"x": {"NULL": true}`), weekdaysItem),
			`error: the tag key aws:x: "aws:x" begins with aws:, and such tags are AWS's own (policy)`,
		},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			written, findings, err := migrate.InstanceScheduler("config.json", []byte(row.text), migrate.Options{})
			if err == nil {
				t.Fatalf("it is imported:\n%s", written)
			}
			if !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("error is\n%v\nwant\n%s", err, row.want)
			}
			if written != nil {
				t.Error("there is a policy beside the error")
			}
			for _, f := range findings {
				if f.Severity == migrate.Error {
					t.Errorf("told twice: %s", f)
				}
			}
		})
	}
}

func TestWhatIsInvalidIsLeftOutOnDemand(t *testing.T) {
	t.Parallel()
	data := []byte(itemsOf(officeItem, weekdaysItem, eveningItem,
		`{"type": {"S": "period"}, "name": {"S": "broken"}, "begintime": {"S": "24:00"}}`,
		`{"type": {"S": "schedule"}, "name": {"S": "needs-it"}, "periods": {"SS": ["broken", "weekdays"]}}`,
		`{"type": {"S": "schedule"}, "name": {"S": "nowhere"}, "timezone": {"S": "KST"}, "periods": {"SS": ["weekdays"]}}`))
	_, _, err := migrate.InstanceScheduler("config.json", data, migrate.Options{})
	var invalid migrate.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("error = %v, want one of type Invalid", err)
	}
	written, findings, err := migrate.InstanceScheduler("config.json", data, migrate.Options{SkipInvalid: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := load(t, written).Schedules; !cmp.Equal(got, []string{"office"}) {
		t.Errorf("schedules = %v, want office alone", got)
	}
	for i := range invalid {
		invalid[i].What = "left out: " + invalid[i].What
	}
	if diff := cmp.Diff(findings[:len(invalid)], []migrate.Finding(invalid)); diff != "" {
		t.Errorf("the errors do not come first (-got +want)\n%s", diff)
	}
	for _, where := range []string{"period broken", "schedule needs-it", "schedule nowhere"} {
		found := false
		for _, f := range findings {
			found = found || f.Severity == migrate.Error && f.Where == where
		}
		if !found {
			t.Errorf("nothing says that %s is left out", where)
		}
	}

	onlyBad := []byte(itemsOf(`{"type": {"S": "schedule"}, "name": {"S": "x"}}`))
	if written, _, err := migrate.InstanceScheduler("config.json", onlyBad, migrate.Options{SkipInvalid: true}); err == nil || written != nil {
		t.Errorf("a policy of nothing: error = %v\n%s", err, written)
	}
}

func TestSchedulesThatOffpeakKnowsByItself(t *testing.T) {
	t.Parallel()
	data := []byte(itemsOf(
		`{"type": {"S": "schedule"}, "name": {"S": "running"}, "override_status": {"S": "running"}, "enforced": {"BOOL": true}}`,
		`{"type": {"S": "schedule"}, "name": {"S": "stopped"}, "override_status": {"S": "stopped"}, "hibernate": {"BOOL": true}}`))
	written, findings, err := migrate.InstanceScheduler("config.json", data, migrate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := load(t, written)
	if len(p.Schedules) != 0 {
		t.Errorf("schedules = %v, want none", p.Schedules)
	}
	for _, code := range []string{"built-in", "enforced", "hibernate"} {
		if !hasCode(findings, code) {
			t.Errorf("no finding %s", code)
		}
	}
}

func TestTheDefaultTimeZone(t *testing.T) {
	t.Parallel()
	const setting = `{"type": {"S": "config"}, "name": {"S": "scheduler"}, "default_timezone": {"S": "US/Pacific"}, "tagname": {"S": "Hours"}}`
	plain := schedule(`"timezone": {"S": ""}`)
	for _, row := range []struct {
		why   string
		items []string
		o     migrate.Options
		zone  string
		told  bool
	}{
		{"unknown: UTC, and said so", []string{plain, weekdaysItem}, migrate.Options{}, "UTC", true},
		{"the configuration's", []string{setting, plain, weekdaysItem}, migrate.Options{}, "US/Pacific", false},
		{"the user's goes first", []string{setting, plain, weekdaysItem}, migrate.Options{Timezone: "Asia/Seoul"}, "Asia/Seoul", false},
		{"nobody needs it", []string{officeItem, weekdaysItem, eveningItem}, migrate.Options{}, "UTC", false},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			written, findings, err := migrate.InstanceScheduler("config.json", []byte(itemsOf(row.items...)), row.o)
			if err != nil {
				t.Fatal(err)
			}
			if got := load(t, written).Rules.Zone.String(); got != row.zone {
				t.Errorf("zone = %s, want %s", got, row.zone)
			}
			if hasCode(findings, "timezone") != row.told {
				t.Errorf("a finding about it: %t, want %t", !row.told, row.told)
			}
		})
	}
	if _, _, err := migrate.InstanceScheduler("config.json", []byte(itemsOf(plain, weekdaysItem)), migrate.Options{Timezone: "KST"}); err == nil {
		t.Error("a wrong zone of the user is accepted")
	}
}

func TestTheTagKey(t *testing.T) {
	t.Parallel()
	setting := `{"type": {"S": "config"}, "name": {"S": "scheduler"}, "tagname": {"S": %q}}`
	for _, row := range []struct {
		why, inTable string
		o            migrate.Options
		want         []string
		assumed      bool
	}{
		{"unknown: the standard one, and said so", "", migrate.Options{}, []string{"offpeak:schedule", "Schedule"}, true},
		{"the configuration's", "Hours", migrate.Options{}, []string{"offpeak:schedule", "Hours"}, false},
		{"the user's goes first", "Hours", migrate.Options{TagKey: "When"}, []string{"offpeak:schedule", "When"}, false},
		{"offpeak's own", "offpeak:schedule", migrate.Options{}, []string{"offpeak:schedule"}, false},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			written, findings, err := migrate.InstanceScheduler("c.json", []byte(itemsOf(fmt.Sprintf(setting, row.inTable), officeItem, weekdaysItem, eveningItem)), row.o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(load(t, written).Rules.Keys.Schedule, row.want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
			if hasCode(findings, "tag-key") != row.assumed {
				t.Errorf("a finding about it: %t, want %t", !row.assumed, row.assumed)
			}
		})
	}
}
