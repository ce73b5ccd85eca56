package delivery

import (
	"fmt"
	"time"

	"offpeak/reports"
)

// Days of the month after a quarter, UTC, on which its reports are due: AWS may change a closed month for about two weeks.
const (
	provisionalDay = 3
	finalDay       = 16
)

// QuarterOf is the name of the quarter in which an instant lies, in UTC: 2026Q3.
func QuarterOf(at time.Time) string {
	at = at.UTC()
	return fmt.Sprintf("%04dQ%d", at.Year(), (int(at.Month())+2)/3)
}

// Due is the report that is due at an instant: that of the quarter before, provisional from day 3 and final from day 16 of the new one. False before day 3.
// Whoever is late, because something failed on the day, still sees it due until the quarter ends.
func Due(now time.Time) (quarter string, state reports.State, due bool) {
	now = now.UTC()
	begin := time.Date(now.Year(), (now.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	quarter = QuarterOf(begin.AddDate(0, 0, -1))
	switch {
	case !now.Before(begin.AddDate(0, 0, finalDay-1)):
		return quarter, reports.Final, true
	case !now.Before(begin.AddDate(0, 0, provisionalDay-1)):
		return quarter, reports.Provisional, true
	default:
		return quarter, "", false
	}
}
