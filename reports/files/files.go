// Package files writes a report in all its forms.
//
// In go a report and the languages of its readers; out come the files with their names: JSON with its schema, CSV and Parquet, the page with both
// languages within, and a PDF, a workbook and a mail's message for each language. They are the same for the same report. The hash of the
// JSON stands in what people read, so these wait for it; the others are made meanwhile. The package writes nothing to disk.
package files

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
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
	// Envelope is that of the messages, whose language, annex, charts and attachments are set here; nil: no message is written.
	Envelope *mail.Envelope
}

// Write writes all files, in order of their names.
func Write(ctx context.Context, r *reports.Report, o *Options) ([]delivery.File, error) {
	if len(o.Languages) == 0 {
		return nil, fmt.Errorf("files of %s: no language is named", r.Quarter)
	}
	s := &set{report: r, options: o, files: make(chan delivery.File)}
	s.annex = sync.OnceValues(s.hashed)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return s.write(ctx) })
	var all []delivery.File
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
	// annex is the report's JSON, written when it is first asked for.
	annex func() (annex, error)
	files chan delivery.File
}

// annex is the report's JSON with its hash.
type annex struct {
	data []byte
	hash string
}

// hashed writes the JSON as MarshalIndent of encoding/json does, which needs twice the time.
func (s *set) hashed() (annex, error) {
	data, err := json.Marshal(s.report, jsonv1.DefaultOptionsV1(), jsontext.WithIndent(" "))
	if err != nil {
		return annex{}, fmt.Errorf("%s: %w", delivery.ReportFile, err)
	}
	return annex{data, delivery.HashOf(data)}, nil
}

// write makes all files and closes the channel.
func (s *set) write(ctx context.Context) error {
	defer close(s.files)
	work, ctx := errgroup.WithContext(ctx)
	give := func(name string, write func() ([]byte, error)) {
		work.Go(func() error { return s.give(ctx, name, write) })
	}
	give(delivery.ReportFile, func() ([]byte, error) {
		a, err := s.annex()
		return a.data, err
	})
	give(SchemaFile, schema.Schema)
	give(PageFile, func() ([]byte, error) {
		a, err := s.annex()
		if err != nil {
			return nil, err
		}
		return page.HTML(s.report, page.Options{Language: s.options.Languages[0], Annex: a.hash})
	})
	all := tables.Of(s.report)
	for _, l := range s.options.Languages {
		work.Go(func() error { return s.language(ctx, l, all) })
	}
	for _, t := range all {
		give(t.Name+".csv", t.CSV)
		give(t.Name+".parquet", t.Parquet)
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
func (s *set) language(ctx context.Context, l words.Language, all []tables.Table) error {
	var pdf, xlsx []byte
	var charts chart.Pictures
	work, both := errgroup.WithContext(ctx)
	work.Go(func() error {
		return s.give(both, Board(l), func() (_ []byte, err error) {
			if charts, err = chart.Draw(s.report, words.In(l)); err == nil {
				pdf, err = s.board(l, &charts)
			}
			return pdf, err
		})
	})
	work.Go(func() error {
		return s.give(both, Workbook(l), func() (_ []byte, err error) {
			xlsx, err = workbook.Write(s.report, all, l)
			return xlsx, err
		})
	})
	if err := work.Wait(); err != nil || s.options.Envelope == nil {
		return err
	}
	a, err := s.annex()
	if err != nil {
		return err
	}
	own := *s.options.Envelope
	own.Charts = &charts
	return s.give(ctx, Message(l), func() ([]byte, error) { return Mail(s.report, l, &own, a.hash, pdf, xlsx) })
}

// board makes the PDF with the charts that there are.
func (s *set) board(l words.Language, charts *chart.Pictures) ([]byte, error) {
	a, err := s.annex()
	if err != nil {
		return nil, err
	}
	w := words.In(l)
	extra := board.Extra{Annex: a.hash}
	for _, c := range []struct {
		title words.Label
		png   []byte
	}{
		{words.TitleMonths, charts.Months}, {words.TitleBridge, charts.Bridge}, {words.TitleUsage, charts.Week}, {words.TitleTeams, charts.Teams},
	} {
		if len(c.png) > 0 {
			extra.Pictures = append(extra.Pictures, board.Picture{Title: w.Say(c.title), PNG: c.png})
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
