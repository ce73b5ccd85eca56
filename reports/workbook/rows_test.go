package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"offpeak/reports/sample"
	"offpeak/reports/tables"
	"offpeak/reports/words"
)

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// cases has what cells may hold: each type at its bounds, and texts that XML, XLSX or a spreadsheet would take for something else.
func cases() tables.Table {
	t := tables.Table{Name: "bill", Columns: []tables.Column{
		{Name: "resource", Type: tables.Text},
		{Name: "edge", Type: tables.Instant},
		{Name: "rows", Type: tables.Count},
		{Name: "list_usd_per_unit", Type: tables.Amount},
		{Name: "quantity", Type: tables.Number},
	}}
	at := time.Date(2026, 7, 1, 19, 30, 0, 0, time.UTC)
	for i, text := range append([]string{
		"", "a", " a ", "b ", "a & b", `<t a="1">'x'</t>`, "_x0041_", "_x005F_", "_x005F_x0041_", "_x00g1_", "a_b__x004_", "_x0041", "line\nbreak", "\ttab", "tab\t", "break\n", "a\rb", "bell\a and \x1b[31mred", "nul\x00 bell\a", "\xff", "긴이름\U0001F680",
		"=1+1", "+1", "-1", "@x", " \u00a0=1", "＝1", "\u202e=1", "a\ufffeb\uffff", "\xed\xa0\x80 half a pair", "form\x0c, delete\x7f, next\u0085", "]]>", "&amp;", "_x000", "긴_x0041_",
		strings.Repeat("x", 40_000), strings.Repeat("\U0001F680", 20_000),
	}, sample.Hostile...) {
		t.Rows = append(t.Rows, []any{
			text, at.AddDate(0, 0, i).Add(time.Duration(i) * (time.Hour + time.Second + time.Millisecond)), int64(i) - 3, dec("0.1").Mul(dec(fmt.Sprint(i - 4))), dec("1").DivRound(dec(fmt.Sprint(i+3)), 20),
		})
	}
	return tables.Table{Name: t.Name, Columns: t.Columns, Rows: append(
		t.Rows,
		[]any{nil, nil, nil, nil, nil},
		[]any{"x", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), int64(1)<<62 + 1, dec("123456789012345678.987654321"), dec("-0.000000000000000000000000000012")},
		[]any{"x", time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), int64(0), dec("0"), dec("1e30")},
		[]any{"x", nil, nil, dec("1e308"), dec("-1e400")},
	)}
}

// markup is the XML of a table's sheet.
func markup(t *testing.T, b *book) string {
	t.Helper()
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	data, err := b.steady(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	in, err := z.Open("xl/worksheets/sheet2.xml")
	if err != nil {
		t.Fatal(err)
	}
	xml, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(xml), "</row>", "</row>\n")
}

// begun is a book with a table.
func begun(t *testing.T, table *tables.Table) *book {
	t.Helper()
	b := &book{File: excelize.NewFile(), words: words.In(words.English), report: sample.Report(0), rows: map[string]*rows{}}
	t.Cleanup(func() { _ = b.Close() })
	if err := b.style(); err != nil {
		t.Fatal(err)
	}
	if err := b.table(table); err != nil {
		t.Fatal(err)
	}
	return b
}

// A reader that takes a sheet row by row believes what the sheet says of its reach.
func TestNoSheetSaysThatItEndsAtItsFirstCell(t *testing.T) {
	t.Parallel()
	r := sample.Report(12)
	data, err := Write(r, tables.Of(r), words.English)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	sheets := 0
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, sheetFolder) {
			continue
		}
		sheets++
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		xml, err := io.ReadAll(in)
		if err != nil || bytes.Contains(xml, []byte("<dimension")) {
			t.Errorf("%s says how far it reaches, %v", f.Name, err)
		}
	}
	if sheets < 5 {
		t.Errorf("%d sheets", sheets)
	}
}

func TestRowsAreAsTheLibraryWritesThem(t *testing.T) {
	t.Parallel()
	table := cases()
	got := markup(t, begun(t, &table))

	empty := table
	empty.Rows = make([][]any, len(table.Rows)) // for a filter over as many
	b := begun(t, &empty)
	clear(b.rows)
	name := b.words.Say(sheets[table.Name])
	w, err := b.NewStreamWriter(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.head(w, &table, exactOf(&table)); err != nil {
		t.Fatal(err)
	}
	for n, row := range table.Rows {
		styles := []int{b.styles.text, b.styles.instant, b.styles.number, b.styles.amount, b.styles.number, b.styles.text}
		var cells []any
		for i, value := range append(row, row[3]) {
			switch v := value.(type) {
			case nil:
				cells = append(cells, nil)
				continue
			case string:
				value = textOf(v)
			case decimal.Decimal:
				if value = v.InexactFloat64(); i == 5 || math.IsInf(v.InexactFloat64(), 0) {
					value, styles[i] = v.String(), b.styles.text
				}
			}
			cells = append(cells, excelize.Cell{StyleID: styles[i], Value: value})
		}
		if err := w.SetRow(fmt.Sprintf("A%d", n+2), cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if want := markup(t, b); got != want {
		t.Errorf("sheet (-library +ours):\n%s", cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
	}
	if err := xml.Unmarshal([]byte(got), new(struct{ XMLName xml.Name })); err != nil {
		t.Errorf("the sheet is no XML: %v", err)
	}
}

// XLSX writes characters by their number: a name that looks like that is no such character. The library loses what is no character at all.
func TestNamesThatLookLikeCharactersStayNames(t *testing.T) {
	t.Parallel()
	table := cases()
	names := []string{"_x0041_", "_x0041_x0042_", "_xD800_", "a_x000a_b", "_x005F_x0041_", "_x", "_"}
	table.Rows = nil
	for _, name := range names {
		table.Rows = append(table.Rows, []any{name, nil, nil, nil, nil})
	}
	xml := markup(t, begun(t, &table))
	for i, want := range []string{"_x005F_x0041_", "_x005F_x0041_x005F_x0042_", "_x005F_xD800_", "a_x005F_x000a_b", "_x005F_x005F_x005F_x0041_", "_x", "_"} {
		if !strings.Contains(xml, "<t>"+want+"</t>") {
			t.Errorf("%s is not written as %s", names[i], want)
		}
	}
}

func TestATableThatFindsNoSheetIsAnError(t *testing.T) {
	t.Parallel()
	table := cases()
	b := begun(t, &table)
	b.rows["xl/worksheets/sheet7.xml"] = b.rows["xl/worksheets/sheet2.xml"]
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	if _, err := b.steady(out.Bytes()); err == nil || !strings.Contains(err.Error(), "1 of 2 tables") {
		t.Errorf("%v", err)
	}
}

func TestACellOfAnotherTypeIsAnError(t *testing.T) {
	t.Parallel()
	table := cases()
	table.Rows = append(table.Rows, []any{"x", nil, nil, true, nil})
	b := begun(t, &table)
	if err := b.rows["xl/worksheets/sheet2.xml"].write(io.Discard); err == nil || !strings.Contains(err.Error(), "column list_usd_per_unit: a bool is no cell") {
		t.Errorf("%v", err)
	}
}
