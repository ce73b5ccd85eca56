package migrate_test

import (
	"fmt"
	"strings"
	"testing"

	"offpeak/internal/migrate"

	"github.com/google/go-cmp/cmp"
)

// templateOf writes a template with one schedule.
func templateOf(properties string) []byte {
	return fmt.Appendf(nil, `
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Zone: {Type: String, Default: Asia/Seoul}
  Team: {Type: String, Default: pay}
  Days: {Type: CommaDelimitedList, Default: "mon, wed"}
  Unknown: {Type: String}
Resources:
  Sample:
    Type: Custom::ServiceInstanceSchedule
    Properties:
      NoStackPrefix: "True"
      %s
`, strings.ReplaceAll(strings.TrimSpace(properties), "\n", "\n      "))
}

func TestWhatATemplateWorksOutByItself(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ why, properties, name, want string }{
		{"no name: that of the resource", "Periods: [{BeginTime: '09:00'}]", "Sample", ""},
		{"a parameter with a default", "Timezone: !Ref Zone\nPeriods: [{BeginTime: '09:00'}]", "Sample", "timezone: Asia/Seoul"},
		{"the long form", "Timezone: {Ref: Zone}\nPeriods: [{BeginTime: '09:00'}]", "Sample", "timezone: Asia/Seoul"},
		{"a list parameter", "Periods: [{WeekDays: !Ref Days}]", "Sample", "weekdays: [mon, wed]"},
		{"a substitution", "Name: !Sub '${Team}-office'\nPeriods: [{BeginTime: '09:00'}]", "pay-office", ""},
		{"a substitution with values of its own", "Name: !Sub ['${Team}-${Place}', {Place: seoul}]\nPeriods: [{BeginTime: '09:00'}]", "pay-seoul", ""},
		{"a literal in a substitution", "Description: !Sub 'for ${!Team}'\nPeriods: [{BeginTime: '09:00'}]", "Sample", "for ${Team}"},
		{"a join", "Name: !Join ['-', [!Ref Team, office]]\nPeriods: [{BeginTime: '09:00'}]", "pay-office", ""},
		{"the stack's name, which the user gave", "Name: !Sub '${AWS::StackName}-x'\nPeriods: [{BeginTime: '09:00'}]", "prod-x", ""},
		{"no value", "Timezone: !Ref AWS::NoValue\nPeriods: [{BeginTime: '09:00'}]", "Sample", ""},
		{"an anchor", "Periods: [&p {BeginTime: '09:00', WeekDays: mon}, {<<: *p, WeekDays: tue}]", "Sample", `name: Sample-period-0002, begintime: "09:00", weekdays: [tue]`},
		{"a description that is not known is left out", "Description: !ImportValue x\nPeriods: [{BeginTime: '09:00'}]", "Sample", ""},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			written, _, err := migrate.InstanceScheduler("template.yaml", templateOf(row.properties), migrate.Options{Stack: "prod"})
			if err != nil {
				t.Fatal(err)
			}
			if got := load(t, written).Schedules; !cmp.Equal(got, []string{row.name}) {
				t.Errorf("schedules = %v, want %s", got, row.name)
			}
			if !strings.Contains(string(written), row.want) {
				t.Errorf("no %q in\n%s", row.want, written)
			}
		})
	}
}

func TestWhatATemplateDoesNotSay(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ why, properties, want string }{
		{
			"a parameter without a default", "Timezone: !Ref Unknown\nPeriods: [{BeginTime: '09:00'}]",
			`error: schedule Sample: Timezone refers to "Unknown", which the template does not say; write its value into the template, or import a scan of the configuration table (unresolved)`,
		},
		{
			"another resource", "Timezone: !GetAtt A.B\nPeriods: [{BeginTime: '09:00'}]",
			"error: schedule Sample: Timezone depends on Fn::GetAtt, which is known only where the stack is deployed; write its value into the template, or import a scan of the configuration table (unresolved)",
		},
		{"a condition", "Periods: [!If [A, {BeginTime: '09:00'}, {BeginTime: '10:00'}]]", "error: schedule Sample: Periods depends on Fn::If, which"},
		{"a condition in a period", "Periods: [{BeginTime: !If [A, '09:00', '10:00']}]", "error: schedule Sample, period Sample-period-0001: BeginTime depends on Fn::If, which"},
		{"a substitution of the unknown", "Name: !Sub '${AWS::Region}-x'\nPeriods: [{BeginTime: '09:00'}]", `error: resource Sample: Name refers to "AWS::Region", which the template does not say;`},
		{"a substitution of a list", "Name: !Sub '${Days}-x'\nPeriods: [{BeginTime: '09:00'}]", `error: resource Sample: Name puts "Days", which is a list, into a text;`},
		{"a substitution that is none", "Name: !Sub {a: b, c: d}\nPeriods: [{BeginTime: '09:00'}]", "error: resource Sample: Name holds a Fn::Sub that is no text;"},
		{"a join that is none", "Name: !Join [a]\nPeriods: [{BeginTime: '09:00'}]", "error: resource Sample: Name holds a Fn::Join that is not [separator, [texts]];"},
		{"a flag that is none", "Enforced: 'yes'\nPeriods: [{BeginTime: '09:00'}]", `error: schedule Sample: Enforced is "yes"; it is true or false (invalid-value)`},
		{"periods that are no list", "Periods: office", "error: schedule Sample: Periods is a text, and a list is expected (invalid-value)"},
		{"a period that is no mapping", "Periods: [office]", "error: schedule Sample, period Sample-period-0001: it is a text, and a mapping is expected (invalid-value)"},
		{"a period over midnight", "Periods: [{BeginTime: '22:00', EndTime: '06:00'}]", `error: schedule Sample, period Sample-period-0001: endtime "06:00": lies before begintime 22:00`},
		{"no periods", "Description: x", "error: schedule Sample: it has no period, no override_status and no maintenance window"},
		{"resources by a transform", "Periods: [{BeginTime: '09:00'}]\n\n  'Fn::ForEach::X': []", "error: resource Fn::ForEach::X: \"Fn::ForEach::X\" writes resources only when the stack is deployed;"},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			data := templateOf(row.properties)
			if strings.Contains(row.properties, "ForEach") {
				data = []byte(strings.Replace(string(data), "        'Fn::ForEach", "  'Fn::ForEach", 1))
			}
			_, _, err := migrate.InstanceScheduler("template.yaml", data, migrate.Options{})
			if err == nil || !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("error is\n%v\nwant\n%s", err, row.want)
			}
		})
	}
}

func TestTheStackStandsBeforeNames(t *testing.T) {
	t.Parallel()
	data := []byte(`{"Resources": {"Sample": {"Type": "Custom::ServiceInstanceSchedule", "Condition": "Here", "Properties": {"Name": "office", "Periods": [{"BeginTime": "09:00"}]}},
		"Bucket": {"Type": "AWS::S3::Bucket"}}}`)
	for _, row := range []struct {
		stack, want string
		told        bool
	}{{"", "office", true}, {"prod", "prod-office", false}} {
		written, findings, err := migrate.InstanceScheduler("template.json", data, migrate.Options{Stack: row.stack})
		if err != nil {
			t.Fatal(err)
		}
		if got := load(t, written).Schedules; !cmp.Equal(got, []string{row.want}) {
			t.Errorf("schedules = %v, want %s", got, row.want)
		}
		if hasCode(findings, "stack-prefix") != row.told {
			t.Errorf("a finding about the stack's name: %t, want %t", !row.told, row.told)
		}
		for _, code := range []string{"condition", "other-resources"} {
			if !hasCode(findings, code) {
				t.Errorf("no finding %s", code)
			}
		}
	}
}
