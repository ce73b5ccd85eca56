// Package files writes a report in all its forms.
//
// In go a report and the languages of its readers; out come the files with their names: JSON with its schema, CSV and Parquet, the page with both
// languages within, and a PDF, a workbook and a mail's message for each language. They are the same for the same report. The JSON is written first: its
// hash stands in all the others. The package writes nothing to disk.
package files

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"offpeak/reports"
	"offpeak/reports/board"
	"offpeak/reports/chart"
	"offpeak/reports/delivery"
	"offpeak/reports/mail"
	"offpeak/reports/page"
	"offpeak/reports/schema"
	"offpeak/reports/tables"
	"offpeak/reports/words"
	"offpeak/reports/workbook"
)

// Names of files that are the same for every report.
const (
	PageFile   = "report.html"
	SchemaFile = "report.schema.json"
)

// Board names the PDF of a language.
func Board(l words.Language) string { return "report." + string(l) + ".pdf" }

// Workbook names the workbook of a language.
func Workbook(l words.Language) string { return "report." + string(l) + ".xlsx" }

// Message names the mail of a language.
func Message(l words.Language) string { return "report." + string(l) + ".eml" }

// Options are what a report does not say of its files.
type Options struct {
	// Languages are those of the readers; the page begins with the first. At least one.
	Languages []words.Language
	// Envelope is that of the messages, whose language, annex and attachments are set here; nil: no message is written.
	Envelope *mail.Envelope
}

// Write writes all files, in order of their names.
func Write(ctx context.Context, r *reports.Report, o *Options) ([]delivery.File, error) {
	if len(o.Languages) == 0 {
		return nil, fmt.Errorf("files of %s: no language is named", r.Quarter)
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", delivery.ReportFile, err)
	}
	s := &set{report: r, options: o, annex: delivery.HashOf(data), files: make(chan delivery.File)}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return s.write(ctx) })
	all := []delivery.File{{Name: delivery.ReportFile, Data: data}}
	for f := range s.files {
		all = append(all, f)
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b delivery.File) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// set is the files of a report in the making, each language and each form beside the others.
type set struct {
	report  *reports.Report
	options *Options
	annex   string
	files   chan delivery.File
}

// write makes all files and closes the channel.
func (s *set) write(ctx context.Context) error {
	defer close(s.files)
	work, ctx := errgroup.WithContext(ctx)
	give := func(name string, write func() ([]byte, error)) {
		work.Go(func() error { return s.give(ctx, name, write) })
	}
	give(SchemaFile, schema.Schema)
	give(PageFile, func() ([]byte, error) {
		return page.HTML(s.report, page.Options{Language: s.options.Languages[0], Annex: s.annex})
	})
	for _, t := range tables.Of(s.report) {
		give(t.Name+".csv", t.CSV)
		give(t.Name+".parquet", t.Parquet)
	}
	for _, l := range s.options.Languages {
		work.Go(func() error { return s.language(ctx, l) })
	}
	return work.Wait()
}

// give makes a file and hands it over.
func (s *set) give(ctx context.Context, name string, write func() ([]byte, error)) error {
	data, err := write()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	select {
	case s.files <- delivery.File{Name: name, Data: data}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// language makes the files of one language: the message takes the others as attachments.
func (s *set) language(ctx context.Context, l words.Language) error {
	var pdf, xlsx []byte
	work, both := errgroup.WithContext(ctx)
	work.Go(func() (err error) {
		if pdf, err = s.board(l); err == nil {
			err = s.give(both, Board(l), func() ([]byte, error) { return pdf, nil })
		}
		return err
	})
	work.Go(func() (err error) {
		if xlsx, err = workbook.Write(s.report, l); err == nil {
			err = s.give(both, Workbook(l), func() ([]byte, error) { return xlsx, nil })
		}
		return err
	})
	if err := work.Wait(); err != nil || s.options.Envelope == nil {
		return err
	}
	m, err := Mail(s.report, l, s.options.Envelope, s.annex, pdf, xlsx)
	if err != nil {
		return err
	}
	return s.give(ctx, Message(l), func() ([]byte, error) { return m, nil })
}

// board makes the PDF with the charts that there are.
func (s *set) board(l words.Language) ([]byte, error) {
	w := words.In(l)
	extra := board.Extra{Annex: s.annex}
	for _, c := range []struct {
		title words.Label
		draw  func(*reports.Report, words.Words) ([]byte, error)
	}{
		{words.TitleMonths, chart.Months}, {words.TitleBridge, chart.Bridge}, {words.TitleUsage, chart.Week}, {words.TitleTeams, chart.Teams},
	} {
		png, err := c.draw(s.report, w)
		if err != nil {
			return nil, fmt.Errorf("chart %q: %w", w.Say(c.title), err)
		}
		if len(png) > 0 {
			extra.Pictures = append(extra.Pictures, board.Picture{Title: w.Say(c.title), PNG: png})
		}
	}
	return board.Write(s.report, l, extra)
}

// Mail writes the message of one language with the PDF and the workbook. annex is the SHA-256 of the report's JSON.
func Mail(r *reports.Report, l words.Language, e *mail.Envelope, annex string, pdf, xlsx []byte) ([]byte, error) {
	own := *e
	own.Language, own.Annex = l, annex
	name := fmt.Sprintf("offpeak-%s-%s-%s.", r.Quarter, r.Tenant.Payer, l)
	own.Attachments = []mail.Attachment{
		{Name: name + "pdf", Type: "application/pdf", Data: pdf},
		{Name: name + "xlsx", Type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Data: xlsx},
	}
	m, err := mail.Write(r, &own)
	if err != nil {
		return nil, err
	}
	return m.MIME, nil
}
