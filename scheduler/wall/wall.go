// Package wall is the local wall clock as a line of minutes, and what schedules draw on it.
//
// People write schedules for the clock on their wall; AWS lives by instants. Every vocabulary that offpeak reads (hours, periods
// of Instance Scheduler, tags of Cloud Custodian) draws Stretches on this line, and Minute.Instant alone says when each boundary
// happens: once, at the first showing in a repeated hour, at the first instant after the gap in a skipped one.
// The package knows no resources and no calendars.
package wall

// State is what a schedule wants at a time.
type State uint8

// The states. Any means that the schedule wants nothing: what runs is left running, what is stopped is left stopped.
const (
	Any State = iota
	Running
	Stopped
)

// String returns any, running or stopped.
func (s State) String() string {
	switch s {
	case Running:
		return "running"
	case Stopped:
		return "stopped"
	default:
		return "any"
	}
}

// Stretch is a half-open piece of the wall clock on which one state is wanted, and the rule that wants it.
type Stretch struct {
	From, To Minute
	State    State
	Rule     string // as the user wrote it, normalised: "mon-fri 08:30-19:30", or a period's name
}

// Mark is a boundary that is to be carried out although the schedule wants the same before it: the end of a window whose opening a calendar
// removed, which stops what a person started that day; a second stop or start of a day.
type Mark struct {
	At    Minute
	State State // wanted before it and after it
	Rule  string
}

// NotOpened follows the rule of a mark at the end of a window that was not opened.
const NotOpened = " (not opened)"

// Drawing is what a pattern wants on some dates: stretches in order, touching, without overlap, covering every minute of them,
// and the marks among them.
type Drawing struct {
	Stretches []Stretch
	Marks     []Mark
}

// Pattern draws what a schedule wants. Implementations are values: drawing twice gives the same.
type Pattern interface {
	// Draw covers the dates in [from, to). A window whose opening closed reports is left out, and leaves a Mark at its end;
	// closed may be nil.
	Draw(from, to Date, closed func(opening Minute) bool) Drawing
	// String is the pattern in its own vocabulary, normalised; equal patterns have equal strings.
	String() string
}
