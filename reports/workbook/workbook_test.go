package workbook_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"offpeak/reports"
	"offpeak/reports/sample"
	"offpeak/reports/tables"
	"offpeak/reports/words"
	"offpeak/reports/workbook"
)

func write(r *reports.Report, language words.Language) ([]byte, error) {
	return workbook.Write(r, tables.Of(r), language)
}

func open(t *testing.T, resources int, language words.Language) *excelize.File {
	t.Helper()
	data, err := write(sample.Report(resources), language)
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestEachTableHasASheetWithTitlesInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	r := sample.Report(40)
	for _, language := range words.Languages() {
		f := open(t, 40, language)
		sheets := f.GetSheetList()
		all := tables.Of(r)
		if len(sheets) != len(all)+1 {
			t.Fatalf("%s: sheets %q, want a summary and %d tables", language, sheets, len(all))
		}
		for i, table := range all {
			rows, err := f.GetRows(sheets[i+1])
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != len(table.Rows)+1 {
				t.Errorf("%s, %s: %d rows, want %d", language, sheets[i+1], len(rows), len(table.Rows)+1)
			}
			titles := map[string]bool{}
			for n, title := range rows[0] {
				if title == "" || titles[title] {
					t.Errorf("%s, %s: column %d is called %q, which is nothing or is there already", language, sheets[i+1], n+1, title)
				}
				titles[title] = true
			}
		}
	}
}

// A sheet of the Korean workbook once said still-billed, where all else was Korean.
func TestCodesAreWords(t *testing.T) {
	t.Parallel()
	r := sample.Report(40)
	for _, language := range words.Languages() {
		w, f := words.In(language), open(t, 40, language)
		for i, table := range tables.Of(r) {
			rows, err := f.GetRows(f.GetSheetList()[i+1])
			if err != nil {
				t.Fatal(err)
			}
			for n, c := range table.Columns {
				say := map[string]func(string) string{
					"actions code": w.Action, "actions by": w.Doer, "verdicts code": w.Verdict, "well_architected code": w.Evidence, "well_architected pillar": w.Pillar,
					"lines kind": w.KindName, "lines origin": w.Origin, "acts change": w.Change, "acts cause": w.Cause, "acts state": w.ActState, "assets kind": w.KindName, "assets state": w.AssetState, "assets change": w.AssetChange,
				}[table.Name+" "+c.Name]
				for k, row := range table.Rows {
					code, _ := row[n].(string)
					if say != nil && code != "" && (say(code) == code && language == words.Korean || rows[k+1][n] != say(code)) {
						t.Errorf("%s, %s, %s: %q stands for %q, want %q", language, table.Name, c.Name, rows[k+1][n], code, say(code))
					}
				}
			}
		}
	}
}

// What a spreadsheet adds up is the headline to the cent, and the exact column to the last place.
func TestLinesAddUpToTheHeadline(t *testing.T) {
	t.Parallel()
	r := sample.Report(60)
	f := open(t, 60, words.English)
	rows, err := f.GetRows(f.GetSheetList()[1], excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	var numbers, texts decimal.Decimal
	for _, row := range rows[1:] {
		numbers = numbers.Add(decimal.RequireFromString(row[12]))
		texts = texts.Add(decimal.RequireFromString(row[len(row)-1]))
	}
	want := r.Avoided.Total.Adjusted.Decimal()
	if !texts.Equal(want) || !numbers.Round(2).Equal(want.Round(2)) {
		t.Errorf("numbers add up to %s, exact texts to %s, the headline is %s", numbers, texts, want)
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	f := open(t, 40, words.Korean)
	hostile := 0
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range rows {
			for x, text := range row {
				cell, err := excelize.CoordinatesToCellName(x+1, y+1)
				if err != nil {
					t.Fatal(err)
				}
				if formula, err := f.GetCellFormula(sheet, cell); err != nil || formula != "" {
					t.Errorf("%s!%s is the formula %q (%v)", sheet, cell, formula, err)
				}
				if strings.Contains(text, "HYPERLINK") {
					hostile++
				}
			}
		}
	}
	if hostile == 0 {
		t.Error("the hostile names are not there: nothing was tested")
	}
}

func TestTheSameReportIsTheSameWorkbook(t *testing.T) {
	t.Parallel()
	a, err := write(sample.Report(30), words.Korean)
	if err != nil {
		t.Fatal(err)
	}
	b, err := write(sample.Report(30), words.Korean)
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("%d and %d bytes differ (%v)", len(a), len(b), err)
	}
}

func TestAnEmptyQuarterHasAWorkbook(t *testing.T) {
	t.Parallel()
	for _, language := range words.Languages() {
		if f := open(t, 0, language); len(f.GetSheetList()) < 2 {
			t.Errorf("sheets %q", f.GetSheetList())
		}
	}
}

func BenchmarkWorkbookOf50000Lines(b *testing.B) {
	r := sample.Report(50_000)
	r.Acts = nil
	for b.Loop() {
		if _, err := write(r, words.Korean); err != nil {
			b.Fatal(err)
		}
	}
}

// A second currency stands beneath the headline and the bill, and its rate among the sources.
func TestTheSummaryHasTheSecondCurrency(t *testing.T) {
	t.Parallel()
	r := sample.Report(40)
	for _, language := range words.Languages() {
		f, w := open(t, 40, language), words.In(language)
		rows, err := f.GetRows(f.GetSheetList()[0])
		if err != nil {
			t.Fatal(err)
		}
		var cells []string
		for _, row := range rows {
			cells = append(cells, row...)
		}
		all := "\n" + strings.Join(cells, "\n") + "\n"
		for _, want := range []string{w.SecondEstimate(r.Second, r.Avoided.Total.Value()), w.Second(r.Second, r.Bill.Billed), w.ExchangeRate(r.Second), w.Date(r.Sources.SpotPrices)} {
			if want == "" || !strings.Contains(all, "\n"+want+"\n") {
				t.Errorf("%s: no cell says %q", language, want)
			}
		}
	}
}
