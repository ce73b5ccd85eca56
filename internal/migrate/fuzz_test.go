package migrate_test

import (
	"errors"
	"slices"
	"testing"

	"offpeak/internal/migrate"
	"offpeak/internal/policy"
)

// checkImport holds of every import: an error and no policy, or a policy that loads; the same every time; and with what is invalid left
// out, never less than with it refused.
func checkImport(t *testing.T, read func(string, []byte, migrate.Options) ([]byte, []migrate.Finding, error), text, option string, skip bool) {
	t.Helper()
	o := migrate.Options{SkipInvalid: skip, Stack: option, TagKey: option}
	written, findings, err := read(option, []byte(text), o)
	if (err == nil) != (written != nil) {
		t.Fatalf("a policy: %t, error: %v", written != nil, err)
	}
	var invalid migrate.Invalid
	if errors.As(err, &invalid) && slices.ContainsFunc(invalid, func(f migrate.Finding) bool { return f.Where == "the configuration" && f.Code == "policy" }) {
		t.Fatalf("a fault is found only once the policy is written: %v", err)
	}
	if err == nil {
		if _, err := policy.Load("offpeak.yaml", written, nil); err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
	}
	again, findingsAgain, errAgain := read(option, []byte(text), o)
	if string(again) != string(written) || len(findings) != len(findingsAgain) || (err == nil) != (errAgain == nil) {
		t.Fatal("the same again gives something else")
	}
	if err == nil && !skip {
		o.SkipInvalid = true
		lenient, _, err := read(option, []byte(text), o)
		if err != nil || string(lenient) != string(written) {
			t.Fatalf("leaving out what is invalid changes what is valid: %v", err)
		}
	}
}

// Seeds are short: what is slow to import is slow to fuzz.
func FuzzInstanceScheduler(f *testing.F) {
	f.Add(itemsOf(`{"type": {"S": "schedule"}, "name": {"S": "s"}, "periods": {"S": "p@t3.micro"}, "retain_running": {"BOOL": true}}`,
		`{"type": {"S": "period"}, "name": {"S": "p"}, "monthdays": {"SS": ["1/15", "31W", "L"]}, "months": {"S": "nov-feb"}}`,
		`{"type": {"S": "config"}, "name": {"S": "scheduler"}, "tagname": {"S": "Hours"}, "default_timezone": {"S": "US/Pacific"}}`), "", true)
	f.Add(itemsOf(officeItem, weekdaysItem, eveningItem), "prod", true)
	f.Add(`{"Items": [{"type": {"S": "schedule"}, "name": {"S": "x y"}, "override_status": {"S": "stopped"}, "description": {"S": "a: \"b\"\n# c"}}]}`, "", false)
	f.Add(`{"Item":`+officeItem+"}\n"+`{"Item":`+weekdaysItem+"}", "Hours", true)
	f.Add(string(templateOf("Name: !Sub ['${Team}-${Place}', {Place: seoul}]\nPeriods: [&p {BeginTime: '09:00', WeekDays: mon}, {<<: *p, WeekDays: !Ref Days}]")), "s", false)
	f.Fuzz(func(t *testing.T, text, option string, skip bool) {
		checkImport(t, migrate.InstanceScheduler, text, option, skip)
	})
}

func FuzzCloudCustodian(f *testing.F) {
	f.Add(string(policies(offPolicy, onPolicy)), "", true)
	f.Add(string(policies(offPolicy))+"\n---\n"+string(policies(onPolicy)), "", false)
	f.Add("vars: {z: &z {default_tz: et}}\npolicies: [{name: a, resource: [aws.ec2, rds], filters: [{type: offhour, <<: *z, weekends: no, fallback-schedule: 'off=(M-F,19)', opt-out: true}], actions: [{type: stop, hibernate: true}]}]", "", false)
	f.Add("policies: [{name: a, resource: ec2, filters: [{or: [offhour, {not: [onhour]}]}, {type: onhour, skip-days: ['2026-12-25'], tag: \"a b\"}], actions: [resize]}]", "x", true)
	f.Fuzz(func(t *testing.T, text, option string, skip bool) {
		checkImport(t, migrate.CloudCustodian, text, option, skip)
	})
}
