package tables

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// bom tells spreadsheets that the file is UTF-8; without it Excel shows Korean as noise.
const bom = "\ufeff"

// CSV writes the table with a header, by RFC 4180, in UTF-8 with a byte order mark. Amounts and numbers are exact, instants RFC 3339 in UTC, what is not
// known empty.
func (t *Table) CSV() ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(bom)
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	header := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		header[i] = c.Name
	}
	if err := w.Write(header); err != nil {
		return nil, err
	}
	cells := make([]string, len(t.Columns))
	for n, row := range t.Rows {
		for i, cell := range row {
			text, err := cellText(cell)
			if err != nil {
				return nil, fmt.Errorf("table %s, row %d, column %s: %w", t.Name, n+1, t.Columns[i].Name, err)
			}
			cells[i] = text
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

func cellText(cell any) (string, error) {
	switch v := cell.(type) {
	case nil:
		return "", nil
	case string:
		return Harmless(v), nil
	case time.Time:
		return v.Format(time.RFC3339), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case decimal.Decimal:
		return exact(v), nil
	default:
		return "", fmt.Errorf("a %T is no cell", cell)
	}
}

// dangerous begin what a spreadsheet takes for a formula: those that OWASP lists for CSV injection, and the full-width forms that East Asian editions of
// Excel take for them.
const dangerous = "=+-@\t\r\n＝＋－＠"

// Harmless returns text that a spreadsheet does not take for a formula: an apostrophe goes before what begins like one, also behind blanks. Characters that a
// text file cannot hold go.
func Harmless(text string) string {
	if harmless(text) {
		return text
	}
	text = strings.Map(func(r rune) rune {
		if r == 0 || r == '\ufffe' || r == '\uffff' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	bare := strings.TrimLeft(text, " \u00a0\u3000\ufeff\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
	if first, rest := firstRune(bare), text; first != 0 && strings.ContainsRune(dangerous, first) {
		return "'" + rest
	}
	return text
}

// harmless reports whether text is nothing but what can be seen of ASCII and begins with a letter or a digit, as nearly all does.
func harmless(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || i == 0 && !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') {
			return false
		}
	}
	return true
}

func firstRune(text string) rune {
	for _, r := range text {
		return r
	}
	return 0
}
