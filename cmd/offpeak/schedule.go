package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/policy"
	"offpeak/internal/spelling"
	"offpeak/scheduler"
	"offpeak/scheduler/calendar"
	"offpeak/scheduler/hours"
	"offpeak/scheduler/wall"
	"offpeak/scheduler/zone"
)

// scheduleFlags say which schedule is asked about.
type scheduleFlags struct {
	console
	policyFile string
	hours      string
	output     string
}

func newSchedule(c console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "Ask schedules what they want and when, draw a week, run tests of them",
		Args:  onlySubcommands,
		RunE:  showHelp,
	}
	cmd.AddCommand(newScheduleState(c), newScheduleNext(c), newScheduleShow(c), newScheduleTest(c))
	return cmd
}

func (f *scheduleFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.policyFile, "policy", defaultPolicy, "policy file")
	cmd.Flags().StringVar(&f.hours, "hours", "", "hours instead of a schedule's name, as 'mon-fri 09:00-19:00 Asia/Seoul'")
	registerForm(cmd, &f.output)
}

// schedule returns the schedule that name or --hours asks for, and the arguments that are left.
func (f *scheduleFlags) schedule(args []string) (*scheduler.Compiled, []string, error) {
	if _, err := formOf(f.output); err != nil {
		return nil, nil, err
	}
	if f.hours != "" {
		s, err := inlineSchedule(f.hours)
		return s, args, err
	}
	name, rest, err := splitName(args)
	if err != nil {
		return nil, nil, err
	}
	p, err := loadPolicy(f.policyFile)
	if err != nil {
		return nil, nil, err
	}
	s, err := namedSchedule(p, name)
	return s, rest, err
}

// splitName finds the one argument that is not an instant: the schedule's name.
func splitName(args []string) (name string, rest []string, err error) {
	for _, arg := range args {
		if _, notInstant := parseInstant(arg, time.UTC); notInstant == nil {
			rest = append(rest, arg)
			continue
		}
		if name != "" {
			return "", nil, usagef("one schedule at a time: %q and %q are both no instants", name, arg)
		}
		name = arg
	}
	if name == "" {
		return "", nil, usagef("name a schedule of the policy, or give --hours 'mon-fri 09:00-19:00 Asia/Seoul'")
	}
	return name, rest, nil
}

func namedSchedule(p *policy.Policy, name string) (*scheduler.Compiled, error) {
	if s, ok := p.Rules.Schedules[name]; ok {
		return s, nil
	}
	if name == fleet.TextRunning || name == fleet.TextStopped {
		return p.Rules.ReadTag("", name) // known without being declared
	}
	if near := spelling.Nearest(name, p.Schedules); near != "" {
		return nil, usagef("the policy has no schedule %q (did you mean %s?)", name, near)
	}
	return nil, usagef("the policy has no schedule %q (it has %s)", name, strings.Join(p.Schedules, ", "))
}

// inlineSchedule compiles hours given on the command line.
func inlineSchedule(text string) (*scheduler.Compiled, error) {
	parsed, err := hours.Parse(text)
	if err != nil {
		return nil, usagef("--hours: %w", err)
	}
	if parsed.Zone == "" {
		return nil, usagef("--hours: %q names no time zone; end it with one, as Asia/Seoul", text)
	}
	where, err := zone.Load(parsed.Zone)
	if err != nil {
		return nil, usagef("--hours: %w", err)
	}
	pattern := hours.Windows(parsed.Windows...)
	return scheduler.Compile(scheduler.Schedule{Name: pattern.String(), Zone: where, Pattern: pattern}), nil
}

// edgeJSON is an edge in JSON.
type edgeJSON struct {
	At    time.Time `json:"at"`
	Local string    `json:"local"`
	Want  string    `json:"want"`
	Rule  string    `json:"rule"`
}

// stateJSON is what a schedule says at an instant, in JSON.
type stateJSON struct {
	At    time.Time `json:"at"`
	Local string    `json:"local"`
	State string    `json:"state"`
	Rule  string    `json:"rule"`
	Next  *edgeJSON `json:"next"`
}

func toEdgeJSON(e scheduler.Edge) edgeJSON {
	return edgeJSON{e.At.UTC(), e.At.Format(clockFull), e.Want.String(), e.Rule}
}

func newScheduleState(c console) *cobra.Command {
	flags := scheduleFlags{console: c}
	var instants []string
	cmd := &cobra.Command{
		Use:   "state [NAME] --at T [T...]",
		Short: "What a schedule wants at instants: a line for each",
		Example: `  offpeak schedule state --policy offpeak.yaml seoul-office --at 2026-11-20T19:29:59+09:00 2026-11-20T19:30:00+09:00
  offpeak schedule state --hours 'fri 18:00 - mon 08:00 Asia/Seoul' --at 2026-11-21T03:00:00Z`,
		RunE: func(_ *cobra.Command, args []string) error {
			s, rest, err := flags.schedule(args)
			if err != nil {
				return err
			}
			return flags.states(s, append(instants, rest...))
		},
	}
	flags.register(cmd)
	cmd.Flags().StringArrayVar(&instants, "at", nil, "instant, as 2026-11-20T19:35:00+09:00, or 2026-11-20 19:35 on the schedule's clock (repeatable; default now)")
	return cmd
}

// states prints what a schedule wants at instants.
func (f *scheduleFlags) states(s *scheduler.Compiled, instants []string) error {
	if len(instants) == 0 {
		instants = []string{f.now().Format(time.RFC3339)}
	}
	answers := make([]stateJSON, 0, len(instants))
	for _, text := range instants {
		at, err := parseInstant(text, s.Zone)
		if err != nil {
			return usagef("--at: %w", err)
		}
		r := s.Read(at)
		answer := stateJSON{At: at.UTC(), Local: at.In(s.Zone).Format(clockFull), State: r.State.String(), Rule: r.Rule}
		if !r.Next.At.IsZero() {
			next := toEdgeJSON(r.Next)
			answer.Next = &next
		}
		answers = append(answers, answer)
	}
	if f.output == "json" {
		return writeJSON(f.out, answers)
	}
	var rows []row
	for _, a := range answers {
		next := "no next edge"
		if a.Next != nil {
			next = fmt.Sprintf("next: %s %s", a.Next.Want, a.Next.Local)
		}
		rows = append(rows, row{cells: []string{a.At.Format(time.RFC3339), a.Local, a.State, a.Rule, next}})
	}
	return newStyle(f.console).writeRows(f.out, 0, rows)
}

func newScheduleNext(c console) *cobra.Command {
	flags := scheduleFlags{console: c}
	var from string
	var count int
	cmd := &cobra.Command{
		Use:     "next [NAME] --from T -n N",
		Short:   "The next edges of a schedule after an instant",
		Example: `  offpeak schedule next --policy offpeak.yaml seoul-office --from 2026-11-20T12:00:00+09:00 -n 5`,
		RunE: func(_ *cobra.Command, args []string) error {
			s, rest, err := flags.schedule(args)
			if err != nil {
				return err
			}
			if from == "" && len(rest) == 1 {
				from, rest = rest[0], nil
			}
			if len(rest) > 0 {
				return usagef("%q is one instant too many", rest[0])
			}
			return flags.nextEdges(s, from, count)
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&from, "from", "", "instant after which to look (default now)")
	cmd.Flags().IntVarP(&count, "count", "n", 10, "how many edges")
	return cmd
}

// nextEdges prints edges after an instant.
func (f *scheduleFlags) nextEdges(s *scheduler.Compiled, from string, count int) error {
	if count < 1 || count > 10000 {
		return usagef("-n is a number from 1 to 10000, not %d", count)
	}
	at := f.now()
	if from != "" {
		var err error
		if at, err = parseInstant(from, s.Zone); err != nil {
			return usagef("--from: %w", err)
		}
	}
	edges := make([]edgeJSON, 0, count)
	for len(edges) < count {
		next, ok := s.Next(at)
		if !ok {
			break
		}
		edges = append(edges, toEdgeJSON(next))
		at = next.At
	}
	if f.output == "json" {
		return writeJSON(f.out, edges)
	}
	if len(edges) == 0 {
		_, err := fmt.Fprintln(f.out, "no further edge")
		return err
	}
	var rows []row
	for _, e := range edges {
		rows = append(rows, row{cells: []string{e.At.Format(time.RFC3339), e.Local, e.Want, e.Rule}})
	}
	return newStyle(f.console).writeRows(f.out, 0, rows)
}

func newScheduleShow(c console) *cobra.Command {
	flags := scheduleFlags{console: c}
	var week string
	cmd := &cobra.Command{
		Use:     "show [NAME]",
		Short:   "Draw a week of a schedule, a row a day",
		Example: `  offpeak schedule show --policy offpeak.yaml seoul-office --week 2026-12-24`,
		RunE: func(_ *cobra.Command, args []string) error {
			s, rest, err := flags.schedule(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return usagef("%q is no schedule; choose the week with --week", rest[0])
			}
			at := flags.now()
			if week != "" {
				if at, err = parseInstant(week, s.Zone); err != nil {
					return usagef("--week: %w", err)
				}
			}
			if flags.output == string(asJSON) {
				return writeJSON(flags.out, weekOf(s, at))
			}
			return drawWeek(flags.out, newStyle(flags.console), s, at)
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&week, "week", "", "a day of the week to draw, as 2026-12-24 (default this week)")
	return cmd
}

// mondayOf returns the first day of the week that contains an instant.
func mondayOf(c *scheduler.Compiled, at time.Time) wall.Date {
	today := wall.At(at, c.Zone).Date()
	return today - wall.Date((int(today.Weekday())+6)%7)
}

// scheduleWeekJSON is a week of a schedule.
type scheduleWeekJSON struct {
	Schedule string            `json:"schedule"`
	Zone     string            `json:"zone"`
	Week     string            `json:"week"` // its Monday
	Days     []scheduleDayJSON `json:"days"`
}

// scheduleDayJSON is a day: what the schedule wants as it begins, what changes in it, and which holidays keep it from opening.
type scheduleDayJSON struct {
	Date    string     `json:"date"`
	Weekday string     `json:"weekday"`
	Begins  string     `json:"begins"`
	Edges   []edgeJSON `json:"edges"`
	Closed  []string   `json:"closed"`
}

func weekOf(c *scheduler.Compiled, at time.Time) scheduleWeekJSON {
	monday := mondayOf(c, at)
	doc := scheduleWeekJSON{Schedule: c.Name, Zone: c.Zone.String(), Week: monday.String()}
	for day := monday; day < monday+7; day++ {
		from, to := day.At(0).Instant(c.Zone), (day + 1).At(0).Instant(c.Zone)
		line := scheduleDayJSON{Date: day.String(), Weekday: day.Weekday().String()[:3], Begins: c.State(from).String(), Edges: []edgeJSON{}, Closed: []string{}}
		for _, e := range c.Edges(from, to) {
			line.Edges = append(line.Edges, toEdgeJSON(e))
		}
		for _, named := range c.Closed {
			for _, event := range named.Days(day, day+1) {
				line.Closed = append(line.Closed, nameOf(event))
			}
		}
		doc.Days = append(doc.Days, line)
	}
	return doc
}

// drawWeek draws the week, Monday to Sunday, that contains an instant: a row a day, a character half an hour of the local clock, and
// behind each row the holiday that keeps the schedule from opening.
func drawWeek(w io.Writer, s style, c *scheduler.Compiled, at time.Time) error {
	monday := mondayOf(c, at)
	head := fmt.Sprintf("%s (%s), week of %s", c.Name, c.Zone, monday)
	hoursLine := "               "
	for hour := 0; hour < 24; hour += 3 {
		hoursLine += fmt.Sprintf("%-6s", fmt.Sprintf("%02d", hour))
	}
	if _, err := fmt.Fprintf(w, "%s\n%s\n", s.paint(bold, head), strings.TrimRight(hoursLine, " ")); err != nil {
		return err
	}
	for day := monday; day < monday+7; day++ {
		line := fmt.Sprintf("%s %s %s", day.Weekday().String()[:3], day, dayBlocks(s, c, day))
		if note := closedNote(c, day); note != "" {
			line += "  " + note
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, s.paint(dim, "               █ running   · stopped   ░ left as it is   ▒ both within the half hour"))
	return err
}

// dayBlocks draws one day.
func dayBlocks(s style, c *scheduler.Compiled, day wall.Date) string {
	var b strings.Builder
	for half := range 48 {
		from, to := day.At(half*30).Instant(c.Zone), day.At(half*30+30).Instant(c.Zone)
		state := c.State(from)
		mixed := false
		for _, e := range c.Edges(from.Add(time.Second), to) {
			mixed = mixed || e.Want != state
		}
		switch {
		case !from.Before(to):
			b.WriteString(" ") // the clock skips this half hour
		case mixed:
			b.WriteString(s.paint(green, "▒"))
		case state == wall.Running:
			b.WriteString(s.paint(green, "█"))
		case state == wall.Stopped:
			b.WriteString("·")
		default:
			b.WriteString(s.paint(dim, "░"))
		}
	}
	return b.String()
}

// closedNote names the calendar events of a day.
func closedNote(c *scheduler.Compiled, day wall.Date) string {
	var notes []string
	for _, named := range c.Closed {
		for _, event := range named.Days(day, day+1) {
			notes = append(notes, fmt.Sprintf("closed: %s (%s)", nameOf(event), named.Name))
		}
	}
	return strings.Join(notes, ", ")
}

func nameOf(d calendar.Day) string {
	if d.Name == "" {
		return d.Date.String()
	}
	return d.Name
}
