package migrate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"offpeak/internal/migrate"
)

// bomb is a YAML text of nine anchors, each of which stands for nine of the one before.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	return b.String() + "policies: *a9\n"
}

func TestHostileFilesEndInAnError(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 60_000)
	for _, row := range []struct{ why, text string }{
		{"aliases that multiply", bomb()},
		{"an alias of itself", "policies: &a [*a]"},
		{"a merge of itself", "policies: &a\n  <<: *a\n"},
		{"brackets in YAML", "a: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000)},
		{"more brackets in YAML", "a: " + strings.Repeat("[", 200_000)},
		{"lists in lists", "a:\n" + strings.Repeat("- ", 9000) + "x"},
		{"brackets in JSON", `{"a": ` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}"},
		{"not under filters", "policies: [{name: a, resource: ec2, filters: " + strings.Repeat("[{not: ", 5000) + "[]" + strings.Repeat("}]", 5000) + "}]"},
		{"many values in YAML", "a:\n" + strings.Repeat("- x\n", 800_000)},
		{"many values in JSON", `{"Items": [` + strings.Repeat("[],", 600_000) + "[]]}"},
		{"more than is read", `{"Items": "` + strings.Repeat("x", 9<<20) + `"}`},
		{"substitutions that multiply", "Parameters: {P: {Default: " + long + "}}\nResources: {A: {Type: Custom::ServiceInstanceSchedule, Properties: {Name: !Sub '" +
			strings.Repeat("${P}", 10_000) + "'}}}"},
		{"joins that multiply", "Parameters: {P: {Default: " + long + "}}\nResources: {A: {Type: Custom::ServiceInstanceSchedule, Properties: {Name: !Join ['', [" +
			strings.Repeat("!Ref P, ", 10_000) + "x]]}}}"},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			if _, _, err := migrate.InstanceScheduler("x", []byte(row.text), migrate.Options{}); err == nil {
				t.Error("Instance Scheduler: no error")
			} else if len(err.Error()) > 2000 {
				t.Errorf("Instance Scheduler: an error of %d bytes", len(err.Error()))
			}
			if _, _, err := migrate.CloudCustodian("x", []byte(row.text), migrate.Options{}); err == nil {
				t.Error("Cloud Custodian: no error")
			} else if len(err.Error()) > 2000 {
				t.Errorf("Cloud Custodian: an error of %d bytes", len(err.Error()))
			}
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("it takes %s", took)
			}
		})
	}
}

// A name, a description and a key of a tag can hold anything that JSON can.
func TestStrangeTextsDoNoHarm(t *testing.T) {
	t.Parallel()
	for _, strange := range []string{
		"a: b", "# no comment", "*alias", "&anchor", "!tag", "- x", "{", "]", "on", "null", "2026-12-24", "1e3", "'", `"`, "\\", "a\nb: c", "\x01",
		"\u2028", "\u0085", "\ufeff", "\U0001f600", "  blanks  ", "운영 시간", "%d%s", "<<", "~", "=", "? a", "|", ">", "a #b", "a:", "a\tb",
	} {
		description := itemsOf(fmt.Sprintf(`{"type": {"S": "schedule"}, "name": {"S": "office"}, "override_status": {"S": "stopped"}, "description": {"S": %s}}`, quote(strange)))
		written, _, err := migrate.InstanceScheduler("config.json", []byte(description), migrate.Options{})
		if err != nil {
			t.Errorf("description %q: %v", strange, err)
			continue
		}
		want := strings.TrimSpace(strings.NewReplacer("\x01", "", "\u0085", "").Replace(strange))
		if got := load(t, written).Description("office"); got != want {
			t.Errorf("description = %q, want %q", got, want)
		}

		named := itemsOf(fmt.Sprintf(`{"type": {"S": "schedule"}, "name": {"S": %[1]s}, "periods": {"SS": [%[1]s]}}`, quote(strange)),
			fmt.Sprintf(`{"type": {"S": "period"}, "name": {"S": %s}, "begintime": {"S": "09:00"}}`, quote(strange)))
		written, _, err = migrate.InstanceScheduler(strange, []byte(named), migrate.Options{})
		switch {
		case err != nil && strings.Contains(err.Error(), "the configuration"):
			t.Errorf("name %q: the fault is not found where it is: %v", strange, err)
		case err == nil:
			if got := load(t, written).Schedules; len(got) != 1 || got[0] != strange {
				t.Errorf("schedules = %q, want %q", got, strange)
			}
		}
	}
}

func quote(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(fmt.Sprintf("%+q", text), `\x01`, `\u0001`), `\U0001f600`, `\ud83d\ude00`)
}
