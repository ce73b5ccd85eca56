package migrate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// row gives a field a value that is not the peer's standard one, and says what becomes of it: a text that stands in the policy because of
// it, or the code of the finding that tells what does not.
type row struct{ field, value, inPolicy, finding string }

// checkRows imports each field by itself and looks for what is to become of it; the tables of fields name nothing that has no row.
func checkRows(t *testing.T, known []string, rows []row, imported func(r row) ([]byte, []Finding, error)) {
	t.Helper()
	for _, field := range known {
		if !slices.ContainsFunc(rows, func(r row) bool { return r.field == field }) {
			t.Errorf("the field %s has no row", field)
		}
	}
	for _, r := range rows {
		t.Run(r.field+" "+r.value, func(t *testing.T) {
			t.Parallel()
			written, findings, err := imported(r)
			if err != nil {
				t.Fatal(err)
			}
			if (r.inPolicy == "") == (r.finding == "") {
				t.Fatal("a field is honoured or reported, one of the two")
			}
			if !strings.Contains(string(written), r.inPolicy) {
				t.Errorf("the policy has no %q:\n%s", r.inPolicy, written)
			}
			if r.finding != "" && !slices.ContainsFunc(findings, func(f Finding) bool { return f.Code == r.finding }) {
				t.Errorf("no finding %s in:\n%v", r.finding, findings)
			}
		})
	}
}

func keysOf[T any](fields []field[T]) []string {
	var keys []string
	for _, f := range fields {
		keys = append(keys, f.key)
	}
	return keys
}

func TestEveryFieldOfAScheduleIsHonouredOrReported(t *testing.T) {
	t.Parallel()
	checkRows(t, keysOf(scheduleFields), []row{
		{"description", `{"S": "Office hours"}`, "description: Office hours", ""},
		{"timezone", `{"S": "Asia/Seoul"}`, "    timezone: Asia/Seoul", ""},
		{"override_status", `{"S": "Running"}`, "always: running", ""},
		{"periods", `{"SS": ["p"]}`, `- {name: p, begintime: "09:00"`, ""},
		{"enforced", `{"BOOL": true}`, "enforce: true", ""},
		{"hibernate", `{"BOOL": true}`, "hibernate: true", ""},
		{"retain_running", `{"BOOL": true}`, "", "retain-running"},
		{"stop_new_instances", `{"BOOL": false}`, "", "stop-new-instances"},
		{"stop_new_instances", `{"BOOL": true}`, "", "stop-new-instances"},
		{"use_maintenance_window", `{"BOOL": true}`, "", "use-maintenance-window"},
		{"ssm_maintenance_window", `{"SS": ["patching"]}`, "", "ssm-maintenance-window"},
		{"metrics", `{"S": "on"}`, "", "metrics"},
		{"use_metrics", `{"BOOL": true}`, "", "metrics"},
		{"configured_in_stack", `{"S": "arn:aws:cloudformation:..."}`, "", "configured-in-stack"},
		{"overwrite", `{"BOOL": true}`, "", "unknown-field"},
		{"a new one", `{"M": {}}`, "", "unknown-field"},
	}, func(r row) ([]byte, []Finding, error) {
		periods := `"periods": {"SS": ["p"]}, `
		if r.field == "periods" {
			periods = ""
		}
		if r.field == "a new one" {
			r.value = `{"S": "x"}`
		}
		return InstanceScheduler("config.json", fmt.Appendf(nil, `{"Items": [
			{"type": {"S": "schedule"}, "name": {"S": "s"}, %s%q: %s},
			{"type": {"S": "period"}, "name": {"S": "p"}, "begintime": {"S": "09:00"}}]}`, periods, r.field, r.value), Options{})
	})
}

func TestEveryFieldOfAPeriodIsHonouredOrReported(t *testing.T) {
	t.Parallel()
	checkRows(t, keysOf(periodFields), []row{
		{"description", `{"S": "In the morning"}`, "description: In the morning", ""},
		{"begintime", `{"S": "9:00"}`, `begintime: "9:00"`, ""},
		{"endtime", `{"S": "17:00"}`, `endtime: "17:00"`, ""},
		{"weekdays", `{"SS": ["sat", "mon", "wed-thu"]}`, "weekdays: [mon, wed-thu, sat]", ""},
		{"monthdays", `{"SS": ["15W", "2", "10"]}`, `monthdays: ["2", "10", 15W]`, ""},
		{"months", `{"S": "feb,jan"}`, "months: [feb, jan]", ""},
		{"configured_in_stack", `{"S": "arn:aws:cloudformation:..."}`, "", "configured-in-stack"},
		{"instancetype", `{"S": "m5.large"}`, "", "unknown-field"},
	}, func(r row) ([]byte, []Finding, error) {
		more := `"begintime": {"S": "08:00"}, `
		if r.field == "begintime" {
			more = ""
		}
		return InstanceScheduler("config.json", fmt.Appendf(nil, `{"Items": [
			{"type": {"S": "schedule"}, "name": {"S": "s"}, "periods": {"SS": ["p"]}},
			{"type": {"S": "period"}, "name": {"S": "p"}, %s%q: %s}]}`, more, r.field, r.value), Options{})
	})
}

func TestEverySettingIsHonouredOrReported(t *testing.T) {
	t.Parallel()
	checkRows(t, keysOf(configFields), []row{
		{"default_timezone", `{"S": "Europe/Rome"}`, "\ntimezone: Europe/Rome", ""},
		{"tagname", `{"S": "OpeningHours"}`, "OpeningHours]", ""},
		{"regions", `{"SS": ["eu-west-1"]}`, "", "regions"},
		{"remote_account_ids", `{"SS": ["111122223333"]}`, "", "accounts"},
		{"cross_account_roles", `{"SS": ["arn:aws:iam::111122223333:role/x"]}`, "", "accounts"},
		{"organization_id", `{"S": "o-abcdefghij"}`, "", "organization"},
		{"schedule_lambda_account", `{"BOOL": true}`, "", "hub-account"},
		{"scheduled_services", `{"SS": ["ec2"]}`, "", "services"},
		{"schedule_clusters", `{"BOOL": false}`, "", "services"},
		{"create_rds_snapshot", `{"BOOL": true}`, "", "snapshot"},
		{"started_tags", `{"S": "a=b"}`, "", "tags-written"},
		{"stopped_tags", `{"S": "a=b"}`, "", "tags-written"},
		{"enable_ssm_maintenance_windows", `{"BOOL": true}`, "", "ssm-maintenance-window"},
		{"use_metrics", `{"BOOL": true}`, "", "setting"},
		{"trace", `{"BOOL": true}`, "", "setting"},
		{"namespace", `{"S": "prod"}`, "", "setting"},
		{"aws_partition", `{"S": "aws"}`, "", "setting"},
		{"scheduler_role_name", `{"S": "Scheduler-Role"}`, "", "setting"},
		{"use_aws_organizations", `{"BOOL": true}`, "", "setting"},
		{"memory_size", `{"N": "128"}`, "", "unknown-field"},
	}, func(r row) ([]byte, []Finding, error) {
		return InstanceScheduler("config.json", fmt.Appendf(nil, `{"Items": [{"type": {"S": "config"}, "name": {"S": "scheduler"}, %q: %s},
			{"type": {"S": "schedule"}, "name": {"S": "s"}, "override_status": {"S": "stopped"}}]}`, r.field, r.value), Options{})
	})
}

func TestEveryPropertyOfATemplateIsHonouredOrReported(t *testing.T) {
	t.Parallel()
	properties := []string{"Name", "NoStackPrefix"}
	for _, f := range scheduleFields {
		if f.property != "" {
			properties = append(properties, f.property)
		}
	}
	checkRows(t, properties, []row{
		{"Name", "office", "\n  office:\n", ""},
		{"NoStackPrefix", "'False'", "", "stack-prefix"},
		{"NoStackPrefix", "'True'", "\n  Sample:\n", ""},
		{"Description", "Office hours", "description: Office hours", ""},
		{"Timezone", "Asia/Seoul", "    timezone: Asia/Seoul", ""},
		{"OverrideStatus", "running", "always: running", ""},
		{"Periods", "[{WeekDays: mon-fri, BeginTime: '10:00'}]", `- {name: Sample-period-0001, begintime: "10:00", weekdays: [mon-fri]}`, ""},
		{"Periods", "[{Description: In the morning, BeginTime: '10:00'}]", "description: In the morning", ""},
		{"Periods", "[{EndTime: '17:00', MonthDays: '1-3', Months: 3}]", `endtime: "17:00", monthdays: [1-3], months: ["3"]}`, ""},
		{"Periods", "[{EndTime: '17:00', InstanceType: t3.micro}]", "", "instance-type"},
		{"Periods", "[{EndTime: '17:00', Weather: fine}]", "", "unknown-field"},
		{"Enforced", "'True'", "enforce: true", ""},
		{"Hibernate", "'true'", "hibernate: true", ""},
		{"RetainRunning", "'True'", "", "retain-running"},
		{"StopNewInstances", "'False'", "", "stop-new-instances"},
		{"UseMaintenanceWindow", "'True'", "", "use-maintenance-window"},
		{"SsmMaintenanceWindow", "patching", "", "ssm-maintenance-window"},
		{"Metrics", "Enabled", "", "metrics"},
		{"Override", "running", "", "unknown-field"},
	}, func(r row) ([]byte, []Finding, error) {
		periods := "Periods: [{BeginTime: '09:00'}]"
		if r.field == "Periods" {
			periods = "NoStackPrefix: 'True'"
		}
		return InstanceScheduler("template.yaml", fmt.Appendf(nil, `
Resources:
  Sample:
    Type: Custom::ServiceInstanceSchedule
    Properties:
      ServiceToken: !Ref Token
      %s
      %s: %s
`, periods, r.field, r.value), Options{})
	})
}

func TestEveryFieldOfAFilterIsHonouredOrReported(t *testing.T) {
	t.Parallel()
	var known []string
	for _, f := range hourFields {
		known = append(known, f.key)
	}
	checkRows(t, known, []row{
		{"tag", "Downtime", "key: Downtime", ""},
		{"default_tz", "kst", "default_tz: Asia/Seoul", ""},
		{"offhour", "20", "offhour: 20", ""},
		{"onhour", "8", "", "unread-hour"},
		{"weekends", "no", "weekends: false", ""},
		{"weekends-only", "true", "weekends_only: true", ""},
		{"opt-out", "true", "", "opt-out"},
		{"skip-days", "['2026-12-25']", "", "skip-days"},
		{"skip-days-from", "{url: 's3://days/2026.csv', format: csv}", "", "skip-days-from"},
		{"fallback-schedule", "'off=(M-F,19)'", "", "fallback-schedule"},
		{"fallback_schedule", "'off=(M-F,19)'", "", "fallback-schedule"},
		{"state-filter", "false", "offhour: 19", ""}, // makes no difference
		{"a new one", "1", "", "unknown-field"},
	}, func(r row) ([]byte, []Finding, error) {
		return CloudCustodian("policy.yml", fmt.Appendf(nil, `
policies:
  - name: off
    resource: ec2
    filters: [{type: offhour, %s: %s}]
    actions: [stop]
`, r.field, r.value), Options{})
	})
}

func TestEveryFieldOfACustodianPolicyIsKnown(t *testing.T) {
	t.Parallel()
	for _, f := range policyFields {
		if slices.Contains([]string{"name", "resource", "filters", "actions"}, f.key) {
			continue
		}
		written, findings, err := CloudCustodian("policy.yml", fmt.Appendf(nil, `
policies:
  - {name: off, resource: ec2, filters: [offhour], actions: [stop], %s: {x: y}}
`, f.key), Options{})
		if err != nil || written == nil {
			t.Fatal(err)
		}
		reported := slices.ContainsFunc(findings, func(found Finding) bool { return found.Code == "policy-field" })
		if reported != (f.what != "") || slices.ContainsFunc(findings, func(found Finding) bool { return found.Code == "unknown-field" }) {
			t.Errorf("%s: %v", f.key, findings)
		}
	}
}
