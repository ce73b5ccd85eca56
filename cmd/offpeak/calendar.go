package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/policy"
	"offpeak/scheduler"
	"offpeak/scheduler/calendar"
	"offpeak/scheduler/wall"
)

func newCalendar(c console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "calendar",
		Short: "Show holidays, and add a day on which schedules stay closed",
		Args:  onlySubcommands,
		RunE:  showHelp,
	}
	cmd.AddCommand(newCalendarShow(c), newCalendarAdd(c))
	return cmd
}

// dayJSON is a calendar's day in JSON.
type dayJSON struct {
	Date    string `json:"date"`
	Weekday string `json:"weekday"`
	Name    string `json:"name"`
}

func newCalendarShow(c console) *cobra.Command {
	var policyFile, output string
	cmd := &cobra.Command{
		Use:   "show NAME YEAR",
		Short: "List the days of a calendar of the policy, or of a country (kr, us, jp, de, gb)",
		Example: `  offpeak calendar show kr 2026
  offpeak calendar show --policy offpeak.yaml freeze 2026 -o json`,
		Args: need(2, 2, "name a calendar and a year"),
		RunE: func(cmd *cobra.Command, args []string) error {
			year, err := strconv.Atoi(args[1])
			if err != nil || year < 1970 || year > 2100 {
				return usagef("%q is no year from 1970 to 2100", args[1])
			}
			found, err := findCalendar(policyFile, cmd.Flags().Changed("policy"), args[0])
			if err != nil {
				return err
			}
			return showDays(c, found, args[0], year, output)
		},
	}
	cmd.Flags().StringVar(&policyFile, "policy", defaultPolicy, "policy file; without one, countries can be shown")
	registerForm(cmd, &output)
	return cmd
}

// findCalendar looks in the policy, if there is one, then among the countries.
func findCalendar(policyFile string, asked bool, name string) (calendar.Calendar, error) {
	if _, err := os.Stat(policyFile); asked || err == nil {
		p, err := loadPolicy(policyFile)
		if err != nil {
			return calendar.Calendar{}, err
		}
		for _, named := range p.Calendars {
			if named.Name == name {
				return named.Calendar, nil
			}
		}
	}
	found, err := calendar.Country(strings.ToUpper(name))
	if err != nil {
		return found, usagef("no calendar %q: %w", name, err)
	}
	return found, nil
}

func showDays(c console, found calendar.Calendar, name string, year int, output string) error {
	if from, to, limited := found.Known(); limited && (wall.NewDate(year, time.January, 1) < from || wall.NewDate(year+1, time.January, 1) > to) {
		return usagef("the holidays of %s are known from %s to %s, not for all of %d", name, from, to-1, year)
	}
	days := []dayJSON{}
	for _, d := range found.Days(wall.NewDate(year, time.January, 1), wall.NewDate(year+1, time.January, 1)) {
		days = append(days, dayJSON{d.Date.String(), d.Date.Weekday().String()[:3], d.Name})
	}
	as, err := formOf(output)
	if err != nil {
		return err
	}
	if as == asJSON {
		return writeJSON(c.out, days)
	}
	if len(days) == 0 {
		_, err := fmt.Fprintf(c.out, "%s has no whole days in %d\n", name, year)
		return err
	}
	var rows []row
	for _, d := range days {
		rows = append(rows, row{cells: []string{d.Date, d.Weekday, d.Name}})
	}
	return newStyle(c).writeRows(c.out, 0, rows)
}

func newCalendarAdd(c console) *cobra.Command {
	var policyFile, output string
	cmd := &cobra.Command{
		Use:   "add NAME DATE [WHAT]",
		Short: "Add a day to a calendar of the policy file, keeping its comments, and show which schedules stay down",
		Example: `  offpeak calendar add kr 2026-12-31 "임시공휴일"
  offpeak policy check`,
		Args: need(2, 3, "name a calendar, a date as 2026-12-31, and what is on that day"),
		RunE: func(_ *cobra.Command, args []string) error {
			what := ""
			if len(args) == 3 {
				what = args[2]
			}
			as, err := formOf(output)
			if err != nil {
				return err
			}
			return addDay(c, as, policyFile, args[0], args[1], what)
		},
	}
	cmd.Flags().StringVar(&policyFile, "policy", defaultPolicy, "policy file")
	registerForm(cmd, &output)
	return cmd
}

// addedJSON is a day that was added to a calendar, and what that means for the schedules that use it.
type addedJSON struct {
	File      string       `json:"file"`
	Calendar  string       `json:"calendar"`
	Date      string       `json:"date"`
	Weekday   string       `json:"weekday"`
	Name      string       `json:"name"`
	Schedules []effectJSON `json:"schedules"`
}

type effectJSON struct {
	Schedule string `json:"schedule"`
	Effect   string `json:"effect"`
}

// addDay changes the policy file and says what follows for its schedules.
func addDay(c console, as form, file, name, date, what string) error {
	day, err := wall.ParseDate(date)
	if err != nil {
		return usageError{err}
	}
	before, err := loadPolicy(file)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	changed, err := policy.AddDay(data, name, day, what)
	if err != nil {
		return usageError{err}
	}
	after, err := policy.Load(file, changed, besidePolicy(file))
	if err != nil {
		return err
	}
	if err := replaceFile(file, changed); err != nil {
		return err
	}
	doc := addedJSON{file, name, date, day.Weekday().String()[:3], what, effects(before, after, name, day)}
	if as == asJSON {
		return writeJSON(c.out, doc)
	}
	_, _ = fmt.Fprintf(c.out, "%s: %s %s is now in %s of %s.\n", date, day.Weekday(), what, name, file)
	for _, e := range doc.Schedules {
		_, _ = fmt.Fprintf(c.out, "  %s %s\n", e.Schedule, e.Effect)
	}
	if len(doc.Schedules) == 0 {
		_, err := fmt.Fprintf(c.out, "  No schedule uses %s: name it under closed: or hold:.\n", name)
		return err
	}
	_, err = fmt.Fprintln(c.out, "It counts from the next plan that reads this file.")
	return err
}

// effects are what the schedules that use a calendar lose on a day.
func effects(before, after *policy.Policy, name string, day wall.Date) []effectJSON {
	all := []effectJSON{}
	for _, schedule := range after.Schedules {
		s := after.Rules.Schedules[schedule]
		if !names(s.Closed, name) && !names(s.Hold, name) {
			continue
		}
		from, to := day.At(0).Instant(s.Zone), (day + 1).At(0).Instant(s.Zone)
		lost := openings(before.Rules.Schedules[schedule], from, to)
		kept := openings(s, from, to)
		text := "does not open on that day anyway"
		switch {
		case names(s.Hold, name):
			text = "is on hold: nothing is started or stopped on that day"
		case len(lost) > len(kept):
			text = "stays down: does not open at " + strings.Join(lost, ", ")
		case len(kept) > 0:
			text = "still opens at " + strings.Join(kept, ", ")
		}
		all = append(all, effectJSON{schedule, text})
	}
	return all
}

func names(calendars []scheduler.NamedCalendar, name string) bool {
	return slices.ContainsFunc(calendars, func(c scheduler.NamedCalendar) bool { return c.Name == name })
}

// openings lists the times of day at which a schedule opens in a stretch of time.
func openings(s *scheduler.Compiled, from, to time.Time) []string {
	var times []string
	for _, e := range s.Edges(from, to) {
		if e.Want == wall.Running {
			times = append(times, e.At.Format("15:04"))
		}
	}
	slices.Sort(times)
	return times
}

// replaceFile writes a file anew beside the old one and then takes its place, with its permissions.
// A link stays, and the file that it leads to is replaced.
func replaceFile(name string, data []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	return errors.Join(
		writeFile(name, func(w io.Writer) error {
			_, err := io.Copy(w, bytes.NewReader(data))
			return err
		}),
		os.Chmod(name, info.Mode().Perm()),
	)
}
