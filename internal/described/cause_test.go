package described_test

import (
	"strings"
	"testing"
	"time"

	"offpeak/internal/described"
)

// Causes as AWS words them in its documentation and in recorded histories, and what they tell: "" nothing, else since when a group runs or is
// at zero; "?" where the instant is not told.
var causes = []struct{ name, text, want string }{
	{
		"an update from zero",
		"At 2020-10-30T19:35:51Z a user request update of AutoScalingGroup constraints to min: 0, max: 16, desired: 16 changing the desired capacity from 0 to 16.  " +
			"At 2020-10-30T19:36:07Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 0 to 16.",
		"runs 2020-10-30T19:35:51Z",
	},
	{
		"an update to zero",
		"At 2016-06-12T02:55:14Z a user request update of AutoScalingGroup constraints to min: 0, max: 1, desired: 0 changing the desired capacity from 1 to 0.  " +
			"At 2016-06-12T02:55:41Z an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity " +
			"from 1 to 0.  At 2016-06-12T02:55:41Z instance i-59824f1c was selected for termination.",
		"zero 2016-06-12T02:55:14Z",
	},
	{
		"a new group",
		"At 2017-06-13T17:19:15Z a user request created an AutoScalingGroup changing the desired capacity from 0 to 1.  At 2017-06-13T17:19:28Z an instance was " +
			"started in response to a difference between desired and actual capacity, increasing the capacity from 0 to 1.",
		"runs 2017-06-13T17:19:15Z",
	},
	{
		"a desired capacity that a person set",
		"At 2026-11-20T11:15:16Z a user request explicitly set group desired capacity changing the desired capacity from 0 to 2.  At 2026-11-20T11:15:34Z an " +
			"instance was started in response to a difference between desired and actual capacity, increasing the capacity from 0 to 2.",
		"runs 2026-11-20T11:15:16Z",
	},
	{
		"an alarm",
		"At 2024-01-12T16:58:12Z a monitor alarm ScaleIn in state ALARM triggered policy ScaleIn changing the desired capacity from 4 to 0. At 2024-01-12T16:58:21Z " +
			"an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 4 to 0.",
		"zero 2024-01-12T16:58:12Z",
	},
	{
		"a scheduled action",
		"At 2016-02-12T16:01:25Z a scheduled action update of AutoScalingGroup constraints to min: 0, max: 5, desired: 0 changing the desired capacity from 3 to 0. " +
			"At 2016-02-12T16:01:25Z the scheduled action evening executed.",
		"zero 2016-02-12T16:01:25Z",
	},
	{
		"several changes before an instance was started: the last that crosses zero",
		"At 2026-11-20T10:30:00Z a scheduled action update of AutoScalingGroup constraints to min: 0, max: 6, desired: 0 changing the desired capacity from 3 to 0.  " +
			"At 2026-11-20T10:31:00Z a user request explicitly set group desired capacity changing the desired capacity from 0 to 2.  " +
			"At 2026-11-20T10:32:00Z a monitor alarm high in state ALARM triggered policy more changing the desired capacity from 2 to 4.",
		"runs 2026-11-20T10:31:00Z",
	},
	{
		"an old form, with a space in the instant and another verb",
		"At 2009-05-28 10:11:35Z trigger kd.tr.1 breached high threshold value for CPUUtilization, 10.0, adjusting the desired capacity from 0 to 2.",
		"runs 2009-05-28T10:11:35Z",
	},
	{"broken over lines", "At 2026-11-20T10:30:00Z a user request changing\n the desired\n capacity from 0\n to 3.", "runs 2026-11-20T10:30:00Z"},
	{"with a fraction of a second", "At 2026-11-20T10:30:00.250Z a user request changing the desired capacity from 0 to 3.", "runs 2026-11-20T10:30:00.25Z"},
	{"no crossing", "At 2016-05-08T13:55:14Z a monitor alarm A in state ALARM triggered policy P changing the desired capacity from 4 to 3.", ""},
	{"no change", "At 2026-11-20T10:30:00Z a user request changing the desired capacity from 0 to 0.", ""},
	{
		"an instance that was replaced", "At 2015-06-16T14:59:31Z an instance was started in response to a difference between desired and actual capacity, " +
			"increasing the capacity from 0 to 1.", "",
	},
	{
		"a health check", "At 2015-06-16T14:59:01Z an instance was taken out of service in response to a EC2 health check indicating it has been terminated or stopped.", "",
	},
	{"a refresh", "At 2026-11-20T10:30:00Z an instance was started in response to an instance refresh.", ""},
	{"nothing", "", ""},
	{"no instant", "a user request changing the desired capacity from 0 to 3.", "runs ?"},
	{"no such day", "At 2026-02-30T10:30:00Z a user request changing the desired capacity from 0 to 3.", "runs ?"},
	{
		"the sentence's own instant cannot be read: not that of the one before",
		"At 2026-11-20T10:30:00Z a user request changing the desired capacity from 3 to 2.  At 2026-11-20T1031 a user request changing the desired capacity from 2 to 0.",
		"zero ?",
	},
	{"more than a number holds", "At 2026-11-20T10:30:00Z a user request changing the desired capacity from 000 to 99999999999999999999.", "runs 2026-11-20T10:30:00Z"},
}

func crossing(text string) string {
	last, ok := described.LastCrossing(text)
	at, runs := last.At, last.Running
	switch instant := at.Format(time.RFC3339Nano); {
	case !ok:
		return ""
	case at.IsZero():
		return map[bool]string{true: "runs ?", false: "zero ?"}[runs]
	default:
		return map[bool]string{true: "runs ", false: "zero "}[runs] + instant
	}
}

// TestCauses reads what AWS says.
func TestCauses(t *testing.T) {
	t.Parallel()
	for _, c := range causes {
		if got := crossing(c.text); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// FuzzCause: whatever the text, what is read of it stands in it; and a sentence after it that crosses zero decides.
func FuzzCause(f *testing.F) {
	for _, c := range causes {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last, ok := described.LastCrossing(text)
		at := last.At
		if ok && !strings.Contains(text, "capacity") {
			t.Errorf("read %q of a text without a capacity", crossing(text))
		}
		if !ok && !at.IsZero() {
			t.Errorf("nothing was read, at %s", at)
		}
		if year := at.Format("2006"); !at.IsZero() && !strings.Contains(text, year) && at.YearDay() > 1 && at.YearDay() < 365 {
			t.Errorf("the year %s does not stand in %q", year, text)
		}
		after := text + " . At 2026-11-20T10:30:00Z a user request changing the desired capacity from 3 to 0."
		if got := crossing(after); got != "zero 2026-11-20T10:30:00Z" {
			t.Errorf("got %q of %q", got, after)
		}
	})
}
