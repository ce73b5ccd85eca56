package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/words"
)

// renderReport says what a report says at its top, and where its files are.
func renderReport(w io.Writer, r *reports.Report, folder string, fresh bool, all []delivery.File, s style) error {
	in := words.In(words.English)
	total := r.Avoided.Total.Value()
	view := "commitment-adjusted"
	switch {
	case r.Avoided.Unknown:
		view = "the bill does not tell what ran"
	case r.Avoided.Total.Adjusted == nil:
		view = "at contracted prices; the commitment-adjusted figure is not computable"
	}
	rows := []row{
		{cells: []string{"avoided", in.Avoided(&r.Avoided), view}},
		{cells: []string{"95 %", in.Range(r.Avoided.Total.Interval, in.Like(total)), ""}},
		{cells: []string{"billed", in.USD(r.Bill.Billed), "effective " + in.USD(r.Bill.Effective)}},
		{cells: []string{"confirmed", in.Share(r.Checks.Confirmed), "of the hours in which resources were held off, by the bill"}},
		{cells: []string{"recount", in.Check(r.Checks.Recount), ""}},
		{cells: []string{"to decide", in.Int(int64(len(r.Actions))), "proposals; none of what they would bring is in the figures above"}},
	}
	if _, err := fmt.Fprintf(w, "%s\n", s.paint(bold, fmt.Sprintf("%s, %s, %s", words.Plain(r.Tenant.Name), in.Quarter(r.Quarter), in.State(r.State)))); err != nil {
		return err
	}
	if err := s.writeRows(w, 2, rows); err != nil {
		return err
	}
	if len(r.Gaps) > 0 {
		_, _ = fmt.Fprintf(w, "  %s\n", s.paint(yellow, fmt.Sprintf("it lacks %s; the report says what", counted(len(r.Gaps), "thing"))))
	}
	if !fresh {
		_, err := fmt.Fprintf(w, "  A report that says the same lies there already: %s\n", folder)
		return err
	}
	var people []string
	for _, f := range all {
		switch filepath.Ext(f.Name) {
		case ".html", ".pdf", ".xlsx", ".eml":
			people = append(people, f.Name)
		}
	}
	_, err := fmt.Fprintf(w, "  %s: %s, and %s with %s\n", folder, strings.Join(people, ", "), counted(len(all)-len(people), "file")+" of data", manifestName)
	return err
}
