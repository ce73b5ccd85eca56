package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"offpeak/internal/objects"
	"offpeak/internal/reporting"
	"offpeak/internal/twin"
	"offpeak/reports/delivery"
	"offpeak/reports/files"
	"offpeak/reports/mail"
	"offpeak/reports/words"
)

// demoReport is a report that the demo has written.
type demoReport struct {
	folder string
	files  []delivery.File
}

// finalOn is how many days after a quarter its final report is made.
const finalOn = 15

// demoReports writes the quarterly report of each payer of the sample organisation from its ledger, its bill and what is there at the quarter's end.
func demoReports(ctx context.Context, r *rehearsal, a *twin.Audit, store objects.Store, quarterName, out, bill string) (all []demoReport, err error) {
	rates, err := readRates([]string{filepath.Join(bill, "*", "savings-plan-rates-*.json")})
	if err != nil {
		return nil, err
	}
	run := &reportRun{books: &books{store: store, bill: a.Bill, rates: rates, engine: countedBy(a.Bill, r.engine)}, policy: r.policy}
	for _, scope := range a.Lives.With.Scopes() {
		seen, err := a.Lives.With.Snapshot(ctx, scope)
		if err != nil {
			return nil, err
		}
		run.inventory = append(run.inventory, seen)
	}
	shelf := reportFolder(filepath.Join(out, "reports"))
	for i := range r.payers {
		in := &reporting.Input{
			Policy: r.policy, Quarter: strings.Replace(quarterName, "-", "", 1), Issued: r.period.To.AddDate(0, 0, finalOn), Final: true, Snapshots: run.inventory,
		}
		made, err := run.report(ctx, r.payers[i].ID, in, false)
		if err != nil {
			return nil, err
		}
		written, err := filesOf(ctx, made, &files.Options{
			Languages: words.Languages(), Envelope: &mail.Envelope{From: "offpeak@example.com", To: recipientsOf(r.policy, r.payers[i].ID), Place: string(shelf)},
		})
		if err != nil {
			return nil, err
		}
		manifest := delivery.ManifestOf(made.Report, written)
		folder, _, err := shelf.put(made.Report, &manifest, written)
		if err != nil {
			return nil, err
		}
		all = append(all, demoReport{folder, written})
	}
	return all, nil
}

// renderDemoReports says where the reports are, and how each is counted again.
func renderDemoReports(w io.Writer, all []demoReport, out string, s style) error {
	if len(all) == 0 {
		_, err := fmt.Fprintf(w, "\n%s\n", s.fold("With --out DIR the demo also writes the quarterly report: the mail, the page, the PDF and the workbook, in Korean and English.", 0))
		return err
	}
	_, _ = fmt.Fprintf(w, "\n%s\n", s.paint(bold, "3. The quarterly report, as finance gets it"))
	for i, r := range all {
		if i > 0 {
			// The same files again would tell nobody more.
			_, err := fmt.Fprintf(w, "  The affiliate has reports of its own, in which nothing of the other stands: %s\n", r.folder)
			return err
		}
		var rows []row
		for _, f := range r.files {
			if what := demoFiles[filepath.Ext(f.Name)]; what != "" {
				rows = append(rows, row{cells: []string{filepath.Join(r.folder, f.Name), what}})
			}
		}
		if err := s.writeRows(w, 2, rows); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, "  and %d files of data. Counted again from ledger and bill, every figure compared:\n  bin/offpeak report verify %s --policy %s --ledger %s --bill %s --plan-rates '%s'\n",
			len(r.files)-len(rows), r.folder, filepath.Join("testdata", "policy", "organisation.yaml"), out, filepath.Join(out, billFolder), filepath.Join(out, billFolder, "*", "savings-plan-rates-*.json"))
		if err != nil {
			return err
		}
	}
	return nil
}

// demoFiles are the forms that people read.
var demoFiles = map[string]string{
	".html": "the page: every dollar down to acts and rows of the bill", ".eml": "the mail", ".pdf": "for the board", ".xlsx": "for those who recalculate",
}
