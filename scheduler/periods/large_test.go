package periods_test

import (
	"fmt"
	"testing"
	"time"

	"offpeak/scheduler/periods"
)

// TestLintsOfALargeSchedule looks at a hundred periods that touch each other all day long, as a hostile or generated configuration may hold.
func TestLintsOfALargeSchedule(t *testing.T) {
	t.Parallel()
	var list []periods.Period
	for i := range 100 {
		d := periods.Definition{Name: fmt.Sprintf("p%d", i), Weekdays: []string{"mon-sun"}}
		switch {
		case i == 99:
			d.BeginTime, d.EndTime = "00:00", "23:59"
		case i%3 == 2:
			d.BeginTime = "09:00"
		default:
			d.BeginTime, d.EndTime = fmt.Sprintf("%02d:%02d", i/6, i%6*10), fmt.Sprintf("%02d:%02d", i/6, i%6*10+9)
		}
		p, err := periods.Parse(d)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	began := time.Now()
	periods.Lints(list)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}
