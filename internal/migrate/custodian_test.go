package migrate_test

import (
	"fmt"
	"strings"
	"testing"

	"offpeak/internal/migrate"
	"offpeak/scheduler/custodian"

	"github.com/google/go-cmp/cmp"
)

const offPolicy, onPolicy = `
  - name: stop
    resource: ec2
    filters: [{type: offhour, default_tz: kst, offhour: 20}]
    actions: [stop]`, `
  - name: start
    resource: ec2
    filters: [{type: onhour, default_tz: Asia/Seoul, onhour: 8}]
    actions: [start]`

func policies(texts ...string) []byte { return []byte("policies:" + strings.Join(texts, "")) }

func TestOffAndOnBecomeOne(t *testing.T) {
	t.Parallel()
	const want = "tags:\n  custodian: {key: maid_offhours, default_tz: Asia/Seoul, offhour: 20, onhour: 8, weekends: true}\n"
	for _, row := range []struct{ form, text string }{
		{"both in one file", string(policies(offPolicy, onPolicy))},
		{"the other way round", string(policies(onPolicy, offPolicy))},
		{"two files with --- between them", string(policies(offPolicy)) + "\n---\n" + string(policies(onPolicy))},
		{"an empty document among them", "---\n" + string(policies(offPolicy)) + "\n---\n---\n" + string(policies(onPolicy))},
		{"beneath and", string(policies(strings.ReplaceAll(offPolicy, "[{type: offhour, default_tz: kst, offhour: 20}]", "[and: [{type: offhour, default_tz: kst, offhour: 20}, {type: instance-age, days: 1}]]"), onPolicy))},
		{"beneath or", string(policies(strings.ReplaceAll(offPolicy, "[{type: offhour, default_tz: kst, offhour: 20}]", "[or: [{type: offhour, default_tz: kst, offhour: 20}, {tag:Night: stop}]]"), onPolicy))},
		{"anchors and merge keys", "vars:\n  zone: &zone {default_tz: Asia/Seoul}\n" + string(policies(
			strings.ReplaceAll(offPolicy, "default_tz: kst", "<<: *zone"), strings.ReplaceAll(onPolicy, "default_tz: Asia/Seoul", "<<: [*zone]")))},
		{"one policy for several resources", string(policies(strings.ReplaceAll(offPolicy, "ec2", "[aws.ec2, aws.rds]"), onPolicy))},
		{"policies for several resources", string(policies(offPolicy, onPolicy, strings.NewReplacer("ec2", "rds", "stop\n", "stop-rds\n").Replace(offPolicy)))},
		{"other policies beside them", string(policies(offPolicy, onPolicy, "\n  - {name: tidy, resource: ebs, filters: [{Attachments: []}], actions: [delete]}"))},
		{"JSON", `{"policies": [{"name": "a", "resource": "ec2", "filters": [{"type": "offhour", "default_tz": "kst", "offhour": 20}], "actions": ["stop"]},
			{"name": "b", "resource": "ec2", "filters": [{"type": "onhour", "default_tz": "KST", "onhour": 8}], "actions": ["start"]}]}`},
	} {
		t.Run(row.form, func(t *testing.T) {
			t.Parallel()
			written, _, err := migrate.CloudCustodian("policy.yml", []byte(row.text), migrate.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(string(written), want) {
				t.Errorf("the policy does not end with %q:\n%s", want, written)
			}
			if p := load(t, written); p.Rules.Zone.String() != "Asia/Seoul" {
				t.Errorf("the policy's zone is %s", p.Rules.Zone)
			}
		})
	}
}

func TestWhatDiffersFromCloudCustodianIsTold(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ why, text, code string }{
		{"nothing starts", string(policies(offPolicy)), "only-stops"},
		{"nothing stops", string(policies(onPolicy)), "only-starts"},
		{"databases are stopped and not started", string(policies(strings.ReplaceAll(offPolicy, "ec2", "[ec2, rds]"), onPolicy)), "starts-too"},
		{"databases are started and not stopped", string(policies(strings.ReplaceAll(onPolicy, "ec2", "[ec2, rds]"), offPolicy)), "stops-too"},
		{"the tag is read on other kinds too", string(policies(offPolicy, onPolicy)), "all-kinds"},
		{"a kind that is not scheduled", string(policies(strings.ReplaceAll(offPolicy, "ec2", "[ec2, redshift]"), onPolicy)), "resource"},
		{"no zone", string(policies(strings.ReplaceAll(offPolicy, "default_tz: kst, ", ""))), "default-tz"},
		{"other filters", string(policies(strings.ReplaceAll(offPolicy, "20}]", "20}, {type: value, key: LaunchTime}]"), onPolicy)), "other-filters"},
		{"beneath or", string(policies(strings.ReplaceAll(offPolicy, "[{type: offhour, default_tz: kst, offhour: 20}]", "[or: [{type: offhour, default_tz: kst}, {tag:Night: stop}]]"))), "alternative"},
		{"hibernation", string(policies(strings.ReplaceAll(offPolicy, "[stop]", "[{type: stop, hibernate: true}]"), onPolicy)), "hibernate"},
		{"stop protection", string(policies(strings.ReplaceAll(offPolicy, "[stop]", "[{type: stop, force: true}]"), onPolicy)), "force"},
		{"instance stores", string(policies(strings.ReplaceAll(offPolicy, "[stop]", "[{type: stop, terminate-ephemeral: true}]"), onPolicy)), "terminate-ephemeral"},
		{"an unknown option of stop", string(policies(strings.ReplaceAll(offPolicy, "[stop]", "[{type: stop, softly: true}]"), onPolicy)), "unknown-field"},
		{"other actions", string(policies(strings.ReplaceAll(offPolicy, "[stop]", "[stop, {type: notify, to: [a]}]"), onPolicy)), "other-action"},
		{"no actions", string(policies(strings.ReplaceAll(offPolicy, "\n    actions: [stop]", ""), onPolicy)), "no-action"},
		{"suspended groups", string(policies(strings.NewReplacer("ec2", "asg", "[stop]", "[suspend]").Replace(offPolicy))), "suspend"},
		{"resized groups", string(policies(strings.NewReplacer("ec2", "asg", "[stop]", "[{type: resize, min-size: 0, desired-size: 0, save-options-tag: x}]").Replace(offPolicy))), "resize"},
		{"resized services", string(policies(strings.NewReplacer("ec2", "ecs-service", "[start]", "[{type: resize, restore-options-tag: x}]").Replace(onPolicy))), "resize"},
		{"another policy", string(policies(offPolicy, "\n  - {name: tidy, resource: ebs}")), "other-policy"},
		{"an unknown key", "extra: 1\n" + string(policies(offPolicy)), "unknown-field"},
		{"days that are listed elsewhere", string(policies(strings.ReplaceAll(offPolicy, "20}", "20, skip-days-from: holidays}"))), "skip-days-from"},
		{"a key of a policy that is not known", string(policies(strings.ReplaceAll(offPolicy, "actions:", "season: winter\n    actions:"))), "unknown-field"},
		{"no environments", string(policies(offPolicy, onPolicy)), "environments"},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			written, findings, err := migrate.CloudCustodian("policy.yml", []byte(row.text), migrate.Options{})
			if err != nil {
				t.Fatal(err)
			}
			load(t, written)
			if !hasCode(findings, row.code) {
				t.Errorf("no finding %s in %v", row.code, findings)
			}
		})
	}
}

func TestWhatCloudCustodianNeverDoesIsNotDone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]custodian.Side{
		string(policies(onPolicy)):            custodian.OnlyStarts,
		string(policies(offPolicy)):           custodian.OnlyStops,
		string(policies(offPolicy, onPolicy)): custodian.Both,
	} {
		written, _, err := migrate.CloudCustodian("policy.yml", []byte(text), migrate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := load(t, written).Rules.Custodian.Only; got != want {
			t.Errorf("only = %q, want %q", got, want)
		}
	}
}

func TestDaysOff(t *testing.T) {
	t.Parallel()
	days := `, skip-days: ["2026-12-25", "2026-01-01", "2026-12-25"]}]`
	for _, row := range []struct {
		why  string
		text []byte
		want []string
	}{
		{"of starting: a calendar", policies(offPolicy, strings.ReplaceAll(onPolicy, "}]", days)), []string{"2026-01-01", "2026-12-25"}},
		{"of stopping alone: told, and nothing else", policies(strings.ReplaceAll(offPolicy, "}]", days), onPolicy), nil},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			written, findings, err := migrate.CloudCustodian("policy.yml", row.text, migrate.Options{Timezone: "Europe/Rome"})
			if err != nil {
				t.Fatal(err)
			}
			p := load(t, written)
			var got []string
			for _, c := range p.Rules.Inline.Closed {
				for _, day := range c.Calendar.Days(0, 40_000) {
					got = append(got, day.Date.String())
				}
			}
			if diff := cmp.Diff(got, row.want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
			if !hasCode(findings, "skip-days") {
				t.Error("nothing says what becomes of them")
			}
			if p.Rules.Zone.String() != "Europe/Rome" || p.Rules.Custodian.Zone != "Asia/Seoul" {
				t.Errorf("zones = %s, %s; the user's is that of the policy, the filters' that of the tags", p.Rules.Zone, p.Rules.Custodian.Zone)
			}
		})
	}
}

func TestWhatCannotBeImportedOfCloudCustodianIsListed(t *testing.T) {
	t.Parallel()
	off := func(fields string) string {
		return "\n  - {name: a, resource: ec2, filters: [{type: offhour, default_tz: kst, " + fields + "}], actions: [stop]}"
	}
	for _, row := range []struct{ why, text, want string }{
		{"nothing", " ", "read policy.yml: the file is empty"},
		{"the other peer", `{"Items": []}`, "read policy.yml: this is a configuration of Instance Scheduler: import it as such"},
		{"no policies", "resources: []", "read policy.yml: this is no policy file of Cloud Custodian: it has no list of policies"},
		{"no hours", string(policies("\n  - {name: a, resource: ec2}")), "read policy.yml: no policy in it has a filter offhour or onhour for a resource that offpeak schedules"},
		{"nothing that is scheduled", string(policies(strings.ReplaceAll(offPolicy, "ec2", "azure.vm"))), "read policy.yml: no policy in it has a filter offhour or onhour for a resource that offpeak schedules"},
		{"a policy that is none", "policies: [a]", "error: policy 1: it is a text, and a mapping is expected (invalid-value)"},
		{"twice", string(policies(offPolicy, offPolicy)), "error: policy stop: the name is there twice; keep one (twice)"},
		{"no resource", "policies: [{name: a, filters: [offhour]}]", "error: policy a: it names no resource (resource)"},
		{"a resource that is none", "policies: [{name: a, resource: {}, filters: [offhour]}]", "error: policy a: its resource is a mapping; say one such as ec2 (resource)"},
		{"filters that are no list", "policies: [{name: a, resource: ec2, filters: {type: offhour}}]", "error: policy a: filters are a mapping, and a list is expected (invalid-value)"},
		{"actions that are no list", "policies: [{name: a, resource: ec2, filters: [offhour], actions: stop}]", "error: policy a: actions are a text, and a list is expected (invalid-value)"},
		{"beneath not", "policies: [{name: a, resource: ec2, filters: [{not: [offhour]}], actions: [stop]}]", "error: policy a, filter offhour: it stands beneath not, so that Cloud Custodian acts in every other hour"},
		{"a start at the offhour", string(policies(strings.ReplaceAll(offPolicy, "[stop]", "[start]"))), "error: policy stop: it has the action start at an offhour, and offpeak stops at an offhour and starts at an onhour"},
		{"an unknown zone", string(policies(strings.ReplaceAll(offPolicy, "kst", "zmta"))), `error: policy stop, filter offhour: default_tz: unknown time zone "zmta"`},
		{"an hour that is none", string(policies(off("offhour: 25"))), "error: policy a, filter offhour: offhour 25: hours run from 0 to 23 (invalid-value)"},
		{"an hour in quotes", string(policies(off("offhour: '20'"))), `error: policy a, filter offhour: offhour is "20"; it is a whole number from 0 to 23, without quotes and without a 0 before it (invalid-value)`},
		{"an hour that YAML reads as octal", string(policies(off("offhour: 010"))), `error: policy a, filter offhour: offhour is "010"; it is a whole number`},
		{"a flag in quotes", string(policies(off("weekends: 'false'"))), `error: policy a, filter offhour: weekends is "false"; it is true or false, without quotes (invalid-value)`},
		{"no text", string(policies(off("tag: [a]"))), "error: policy a, filter offhour: tag is a list, and a text is expected (invalid-value)"},
		{"a date that does not exist", string(policies(off("skip-days: ['2026-02-30']"))), "error: policy a, filter offhour: skip-days: "},
		{"a date with a name", string(policies(off("skip-days: ['2026-12-25 Christmas']"))), "error: policy a, filter offhour: skip-days: "},
		{"a date that no calendar reaches", string(policies(off("skip-days: ['6026-12-25']"))), "error: policy a, filter offhour: skip-days: 6026-12-25 lies outside 1900-01-01..2199-12-31"},
		{"a list in skip-days", string(policies(off("skip-days: [['2026-12-25']]"))), "error: policy a, filter offhour: skip-days: expected a list of texts, found a list in it"},
		{"skip-days that are no list", string(policies(off("skip-days: '2026-02-28'"))), `error: policy a, filter offhour: skip-days are "2026-02-28"; they are a list of dates (invalid-value)`},
		{"two lists of days", string(policies(off("skip-days: ['2026-02-28'], skip-days-from: {url: x}"))), "error: policy a, filter offhour: skip-days and skip-days-from exclude each other (invalid-value)"},
		{"a fallback that does not parse", string(policies(off("fallback-schedule: 'off=(M-F)'"))), `error: policy a, filter offhour: fallback-schedule: tag "off=(M-F)": off=(m-f): days and hour belong together`},
		{"a tag that is AWS's", string(policies(off("tag: 'aws:x'"))), `error: policy a, filter offhour: "aws:x" begins with aws:, and such tags are AWS's own (policy)`},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			written, findings, err := migrate.CloudCustodian("policy.yml", []byte(row.text), migrate.Options{})
			if err == nil {
				t.Fatalf("it is imported:\n%s", written)
			}
			if !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("error is\n%v\nwant\n%s", err, row.want)
			}
			for _, f := range findings {
				if f.Severity == migrate.Error {
					t.Errorf("told twice: %s", f)
				}
			}
		})
	}
}

func TestFiltersThatDisagree(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ setting, mine, others string }{
		{"tag", "tag: Downtime", "tag: Uptime"},
		{"default_tz", "default_tz: et", "default_tz: America/Denver"},
		{"offhour", "offhour: 19", "offhour: 20"},
		{"weekends and weekends-only", "weekends: true", "weekends: false"},
		{"weekends and weekends-only", "weekends-only: true", "weekends: true"},
	} {
		t.Run(row.setting+" "+row.mine, func(t *testing.T) {
			t.Parallel()
			data := fmt.Appendf(nil, `
policies:
  - {name: a, resource: ec2, filters: [{type: offhour, %s}], actions: [stop]}
  - {name: b, resource: rds, filters: [{type: offhour, %s}], actions: [stop]}
`, row.mine, row.others)
			_, _, err := migrate.CloudCustodian("policy.yml", data, migrate.Options{})
			if want := "error: policy b, filter offhour: " + row.setting + ": "; err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error = %v, want %q...", err, want)
			}
			written, findings, err := migrate.CloudCustodian("policy.yml", data, migrate.Options{SkipInvalid: true})
			if err != nil {
				t.Fatal(err)
			}
			load(t, written)
			if !hasCode(findings, "disagreement") || findings[0].Severity != migrate.Error {
				t.Errorf("nothing says that policy b is left out: %v", findings)
			}
		})
	}
	agree := []byte(`
policies:
  - {name: a, resource: ec2, filters: [{type: offhour, tag: Downtime, default_tz: et, offhour: 20}], actions: [stop]}
  - {name: b, resource: ec2, filters: [{type: onhour, tag: downtime, default_tz: America/New_York, onhour: 6, skip-days: ["2026-12-25"]}], actions: [start]}
`)
	if _, _, err := migrate.CloudCustodian("policy.yml", agree, migrate.Options{}); err != nil {
		t.Errorf("settings of the other side, and the same in other words, are no disagreement: %v", err)
	}
}
