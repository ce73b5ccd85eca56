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
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table or json")
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
	switch output {
	case "json":
		return writeJSON(c.out, days)
	case "table":
	default:
		return usagef("--output is table or json, not %q", output)
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
	var policyFile string
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
			return addDay(c, policyFile, args[0], args[1], what)
		},
	}
	cmd.Flags().StringVar(&policyFile, "policy", defaultPolicy, "policy file")
	return cmd
}

// addDay changes the policy file and says what follows for its schedules.
func addDay(c console, file, name, date, what string) error {
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
	_, _ = fmt.Fprintf(c.out, "%s: %s %s is now in %s of %s.\n", date, day.Weekday(), what, name, file)
	return reportClosed(c.out, before, after, name, day)
}

// reportClosed lists what the schedules that use the calendar lose on a day.
func reportClosed(w io.Writer, before, after *policy.Policy, name string, day wall.Date) error {
	used := 0
	for _, schedule := range after.Schedules {
		s := after.Rules.Schedules[schedule]
		if !names(s.Closed, name) && !names(s.Hold, name) {
			continue
		}
		used++
		from, to := day.At(0).Instant(s.Zone), (day + 1).At(0).Instant(s.Zone)
		lost := openings(before.Rules.Schedules[schedule], from, to)
		kept := openings(s, from, to)
		if names(s.Hold, name) {
			if _, err := fmt.Fprintf(w, "  %s is on hold: nothing is started or stopped on that day\n", schedule); err != nil {
				return err
			}
			continue
		}
		text := "does not open on that day anyway"
		if len(lost) > len(kept) {
			text = "stays down: does not open at " + strings.Join(lost, ", ")
		} else if len(kept) > 0 {
			text = "still opens at " + strings.Join(kept, ", ")
		}
		if _, err := fmt.Fprintf(w, "  %s %s\n", schedule, text); err != nil {
			return err
		}
	}
	if used == 0 {
		_, err := fmt.Fprintf(w, "  No schedule uses %s: name it under closed: or hold:.\n", name)
		return err
	}
	_, err := fmt.Fprintln(w, "It counts from the next plan that reads this file.")
	return err
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
