package workbook

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"offpeak/reports/tables"
)

// rows are the rows of a table on their way to its sheet. They are written here: the library makes several values of every cell, keeps a sheet's text until all are
// there, and takes a file in the system's temporary folder for a long one.
type rows struct {
	*book
	table   *tables.Table
	say     []func(string) string // for columns of codes
	names   []string              // of columns, as A
	exact   int
	written []byte
}

// rowsOf are the rows of a table, exact being the column whose exact decimal stands at the end; below zero there is none.
func (b *book) rowsOf(t *tables.Table, exact int) (*rows, error) {
	r := &rows{book: b, table: t, say: make([]func(string) string, len(t.Columns)), exact: exact}
	for i, c := range t.Columns {
		if say := spoken[c.Name][t.Name]; say != nil {
			r.say[i] = func(code string) string { return say(b.words, code) }
		}
	}
	for i := range len(t.Columns) + 1 {
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return nil, err
		}
		r.names = append(r.names, name)
	}
	return r, nil
}

// chunk is how many bytes are packed at once.
const chunk = 1 << 16

// write writes the rows as XLSX has them, the first one beneath the header.
func (r *rows) write(to io.Writer) error {
	for n, cells := range r.table.Rows[:min(len(r.table.Rows), most)] {
		if err := r.row(n+2, cells); err != nil {
			return fmt.Errorf("row %d, %w", n+1, err)
		}
		if len(r.written) >= chunk {
			if _, err := to.Write(r.written); err != nil {
				return err
			}
			r.written = r.written[:0]
		}
	}
	_, err := to.Write(r.written)
	return err
}

func (r *rows) row(at int, cells []any) error {
	r.written = strconv.AppendInt(append(r.written, `<row r="`...), int64(at), 10)
	r.written = append(r.written, `">`...)
	for i, value := range cells {
		if err := r.cell(i, at, value); err != nil {
			return fmt.Errorf("column %s: %w", r.table.Columns[i].Name, err)
		}
	}
	if r.exact >= 0 {
		if d, known := cells[r.exact].(decimal.Decimal); known {
			r.text(len(cells), at, d.String())
		}
	}
	r.written = append(r.written, `</row>`...)
	return nil
}

// cell writes a value; nothing where there is none.
func (r *rows) cell(column, row int, value any) error {
	switch v := value.(type) {
	case nil:
	case string:
		if say := r.say[column]; say != nil && v != "" {
			v = say(v)
		}
		r.text(column, row, textOf(v))
	case time.Time:
		r.begin(column, row, r.styles.instant, `"><v>`)
		r.written = append(strconv.AppendFloat(r.written, days(v), 'f', -1, 64), `</v></c>`...)
	case int64:
		r.begin(column, row, r.styles.number, `"><v>`)
		r.written = append(strconv.AppendInt(r.written, v, 10), `</v></c>`...)
	case decimal.Decimal:
		double := v.InexactFloat64()
		if math.IsInf(double, 0) { // no cell of numbers holds it, and a workbook with it is taken for damaged
			r.text(column, row, v.String())
			return nil
		}
		style := r.styles.number
		if r.table.Columns[column].Type == tables.Amount {
			style = r.styles.amount
		}
		r.begin(column, row, style, `"><v>`)
		r.written = append(strconv.AppendFloat(r.written, double, 'f', -1, 64), `</v></c>`...)
	default:
		return fmt.Errorf("a %T is no cell", value)
	}
	return nil
}

// begin begins a cell, up to its value.
func (r *rows) begin(column, row, style int, rest string) {
	r.written = append(append(r.written, `<c r="`...), r.names[column]...)
	r.written = append(strconv.AppendInt(r.written, int64(row), 10), `" s="`...)
	r.written = append(strconv.AppendInt(r.written, int64(style), 10), rest...)
}

// text writes text that stays text.
func (r *rows) text(column, row int, s string) {
	rest := `" t="inlineStr"><is><t>`
	if strings.Trim(s, "\t\n\r ") != s {
		rest = `" t="inlineStr"><is><t xml:space="preserve">`
	}
	r.begin(column, row, r.styles.text, rest)
	r.written = append(append(r.written, escaped(s)...), `</t></is></c>`...)
}

// escaped is text as a cell has it.
func escaped(s string) string {
	if !special(s) {
		return s
	}
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // the builder takes all
	s = strings.ReplaceAll(b.String(), "&#xA;", "\n")
	b.Reset()
	for i := range len(s) {
		b.WriteByte(s[i])
		if numbered(s[i:]) { // this underscore is one
			b.WriteString("x005F_")
		}
	}
	return b.String()
}

// special reports whether text holds what cannot stand in XML as it is, or an underscore, by which XLSX writes characters by their number.
func special(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '&' || c == '\'' || c == '<' || c == '>' || c == '_' {
			return true
		}
	}
	return false
}

// numbered reports whether text begins as XLSX writes a character by its number: _x0041_.
func numbered(s string) bool {
	return len(s) > 6 && s[:2] == "_x" && s[6] == '_' && strings.Trim(s[2:6], "0123456789abcdefABCDEF") == ""
}

// epoch is the day 1 of spreadsheets, which count a day too many from March 1900 on.
var epoch = time.Date(1899, time.December, 31, 0, 0, 0, 0, time.UTC)

// days is an instant as spreadsheets have it: days, with the time of the day as their fraction.
func days(t time.Time) float64 {
	const day = 24 * 60 * 60
	since := t.Unix() - epoch.Unix()
	return float64(since/day) + float64(since%day*1e9+int64(t.Nanosecond()))/(day*1e9) + 1
}
