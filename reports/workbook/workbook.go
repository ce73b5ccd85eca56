// Package workbook writes a report as an XLSX workbook: a summary that a finance lead reads, the lines behind it, and the evidence behind those.
//
// In go a report and a language; out come the bytes of the file, the same for the same report. Amounts are numbers, so that they can be added up, and
// beside the lines' amounts stands the exact decimal as text, since a spreadsheet's numbers hold fifteen digits. Text is written as text and is never a
// formula. The package writes no file.
package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"offpeak/reports"
	"offpeak/reports/tables"
	"offpeak/reports/words"
)

// most is how many rows of a table a sheet takes; XLSX allows 1,048,576 with the header. The JSON of a report has all.
const most = 1_000_000

// textLimit is how many characters a cell of XLSX holds, as UTF-16 counts them.
const textLimit = 32_767

// Write returns the workbook. all are the report's tables, as tables.Of lays them out.
func Write(r *reports.Report, all []tables.Table, language words.Language) (_ []byte, err error) {
	b := &book{File: excelize.NewFile(), words: words.In(language), report: r, rows: map[string]*rows{}}
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := b.style(); err != nil {
		return nil, err
	}
	if err := b.summary(); err != nil {
		return nil, fmt.Errorf("workbook, summary: %w", err)
	}
	for i := range all {
		if err := b.table(&all[i]); err != nil {
			return nil, fmt.Errorf("workbook, table %s: %w", all[i].Name, err)
		}
	}
	// The library would write the present; the report's instant is the same for the same report.
	at := r.Issued.UTC().Format(time.RFC3339)
	if err := b.SetDocProps(&excelize.DocProperties{Creator: "offpeak", Created: at, Modified: at, Title: b.title()}); err != nil {
		return nil, err
	}
	b.SetZipWriter(func(w io.Writer) excelize.ZipWriter { return archive(w) })
	var out bytes.Buffer
	if err := b.File.Write(&out); err != nil {
		return nil, err
	}
	return b.steady(out.Bytes())
}

// book is a workbook in the making.
type book struct {
	*excelize.File
	words  words.Words
	report *reports.Report
	// rows are those of the tables, by the name of the sheet's file in the workbook.
	rows   map[string]*rows
	styles struct{ title, head, note, label, amount, number, instant, text int }
}

func (b *book) title() string {
	return b.words.Say(words.Title) + " " + b.words.Quarter(b.report.Quarter) + " · " + words.Plain(b.report.Tenant.Name)
}

// font is one that shows Korean on Windows and macOS, and stands back for Latin.
const font = "Malgun Gothic"

func (b *book) style() error {
	for _, s := range []struct {
		into  *int
		style excelize.Style
	}{
		{&b.styles.title, excelize.Style{Font: &excelize.Font{Family: font, Size: 16, Bold: true}}},
		{&b.styles.head, excelize.Style{
			Font: &excelize.Font{Family: font, Size: 10, Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"1F3A5F"}},
			Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
		}},
		{&b.styles.note, excelize.Style{Font: &excelize.Font{Family: font, Size: 9, Color: "595959"}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
		{&b.styles.label, excelize.Style{Font: &excelize.Font{Family: font, Size: 10, Bold: true}}},
		{&b.styles.amount, excelize.Style{Font: &excelize.Font{Family: font, Size: 10}, CustomNumFmt: new(`#,##0.00;[Red]-#,##0.00`)}},
		{&b.styles.number, excelize.Style{Font: &excelize.Font{Family: font, Size: 10}, CustomNumFmt: new(`#,##0.######`)}},
		{&b.styles.instant, excelize.Style{Font: &excelize.Font{Family: font, Size: 10}, CustomNumFmt: new(`yyyy-mm-dd hh:mm:ss`)}},
		{&b.styles.text, excelize.Style{Font: &excelize.Font{Family: font, Size: 10}}},
	} {
		id, err := b.NewStyle(&s.style)
		if err != nil {
			return err
		}
		*s.into = id
	}
	return nil
}

// number is a decimal as a spreadsheet holds it: fifteen digits, for people who add up. The exact text stands beside it.
func (b *book) number(d decimal.Decimal, style int) excelize.Cell {
	return excelize.Cell{StyleID: style, Value: d.InexactFloat64()}
}

// text is text that stays text.
func (b *book) text(s string, style int) excelize.Cell {
	return excelize.Cell{StyleID: style, Value: textOf(s)}
}

// textOf is text that no spreadsheet takes for a formula, as much of it as a cell holds.
func textOf(s string) string {
	if safe := tables.Harmless(s); safe != s || !ascii(s) {
		s = tables.Harmless(words.Plain(s))
	}
	if len(s) <= textLimit {
		return s
	}
	units := 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > textLimit {
			return s[:i]
		}
	}
	return s
}

// ascii reports whether text has none but ASCII characters; what cannot be seen of them tables.Harmless has found.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// table begins the sheet of a table, with a filter in its header; its rows are written when the workbook is.
func (b *book) table(t *tables.Table) error {
	name := b.words.Say(sheets[t.Name])
	place, err := b.NewSheet(name)
	if err != nil {
		return err
	}
	exact := exactOf(t)
	width := len(t.Columns)
	if exact >= 0 {
		width++
	}
	last, err := excelize.CoordinatesToCellName(width, min(len(t.Rows), most)+1)
	if err != nil {
		return err
	}
	if err := b.AutoFilter(name, "A1:"+last, nil); err != nil {
		return err
	}
	w, err := b.NewStreamWriter(name)
	if err != nil {
		return err
	}
	if err := b.head(w, t, exact); err != nil {
		return err
	}
	if b.rows[fmt.Sprintf("xl/worksheets/sheet%d.xml", place+1)], err = b.rowsOf(t, exact); err != nil {
		return err
	}
	return w.Flush()
}

// head writes the first row of a table, which stays in sight.
func (b *book) head(w *excelize.StreamWriter, t *tables.Table, exact int) error {
	if err := errors.Join(b.widths(w, t, exact), w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})); err != nil {
		return err
	}
	var header []any
	for _, c := range t.Columns {
		header = append(header, b.text(b.words.Say(titleOf(t.Name, c.Name)), b.styles.head))
	}
	if exact >= 0 {
		header = append(header, b.text(b.words.Say(words.Exact), b.styles.head))
	}
	return w.SetRow("A1", header, excelize.RowOpts{Height: 30})
}

// exactOf is the column whose exact decimal stands at the end of each line; -1 where a table has no amount. It is the first.
func exactOf(t *tables.Table) int {
	for i, c := range t.Columns {
		if c.Type == tables.Amount {
			return i
		}
	}
	return -1
}

// widths suits columns to what they hold.
func (b *book) widths(w *excelize.StreamWriter, t *tables.Table, exact int) error {
	var errs []error
	for i, c := range t.Columns {
		width := 14.0
		switch {
		case wide[c.Name]:
			width = 34
		case c.Type == tables.Instant:
			width = 19
		}
		errs = append(errs, w.SetColWidth(i+1, i+1, width))
	}
	if exact >= 0 {
		errs = append(errs, w.SetColWidth(len(t.Columns)+1, len(t.Columns)+1, 34))
	}
	return errors.Join(errs...)
}

// wide are the columns of long text.
var wide = map[string]bool{
	"arn": true, "resource": true, "name": true, "why": true, "command": true, "detail": true, "error": true, "reference": true, "schedule": true, "meter": true, "tag": true, "code": true,
}
