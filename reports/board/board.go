// Package board writes a report as a PDF for the board: A4, a first page that says it all, then what it rests on, with page numbers.
//
// In go a report, a language, pictures of its charts and the hash of the annex; out come the bytes of the file, the same for the same input. Text is set in
// the embedded font, so that Korean prints wherever the file goes; what the font lacks is shown as an empty box. The package writes no file and draws no chart.
package board

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"offpeak/reports"
	"offpeak/reports/font"
	"offpeak/reports/words"
)

// Picture is a chart, with what it shows in words.
type Picture struct {
	Title string
	PNG   []byte
}

// Extra is what goes into the PDF beside the report.
type Extra struct {
	Pictures []Picture
	// Annex is the SHA-256 of the report's JSON, by which its figures can be looked up.
	Annex string
}

// Measures of the page, in millimetres.
const (
	margin   = 16.0
	pageWide = 210.0
	wide     = pageWide - 2*margin
	bottom   = 18.0
	line     = 5.2
)

// shown is how many lines of a long table are printed; the workbook has all.
const shown = 25

// Write returns the PDF.
func Write(r *reports.Report, language words.Language, extra Extra) ([]byte, error) {
	known, err := sfnt.Parse(font.Regular)
	if err != nil {
		return nil, fmt.Errorf("font of the PDF: %w", err)
	}
	b := &board{
		Fpdf: fpdf.New("P", "mm", "A4", ""), report: r, words: words.In(language), extra: extra,
		glyphs: glyphs{font: known, prints: map[rune]rune{}, first: map[sfnt.GlyphIndex]rune{}}, width: wide,
	}
	b.setUp()
	b.firstPage()
	b.pictures()
	b.details()
	b.annex()
	var out bytes.Buffer
	if err := b.Output(&out); err != nil {
		return nil, fmt.Errorf("PDF: %w", err)
	}
	return out.Bytes(), nil
}

// board is a PDF in the making. The library keeps the first error and reports it at the end.
type board struct {
	*fpdf.Fpdf
	report *reports.Report
	words  words.Words
	extra  Extra
	glyphs glyphs
	// width is that of what is being written: of the page, or of a column.
	width float64
}

func (b *board) setUp() {
	r := b.report
	b.AddUTF8FontFromBytes(font.Family, "", withoutControls(font.Regular))
	b.AddUTF8FontFromBytes(font.Family, "B", withoutControls(font.Bold))
	b.SetMargins(margin, margin, margin)
	b.SetAutoPageBreak(true, bottom)
	b.SetCatalogSort(true)
	b.SetCreationDate(r.Issued.UTC())
	b.SetModificationDate(r.Issued.UTC())
	b.SetTitle(b.title(), true)
	b.SetAuthor("offpeak", true)
	b.SetLang(string(b.words.Language()))
	b.AliasNbPages("{pages}")
	b.SetFooterFunc(func() {
		b.SetY(-12)
		b.font("", 8)
		b.grey()
		b.CellFormat(wide/2, 5, b.plain(b.words.Quarter(r.Quarter)+" · "+r.Tenant.Name+" · "+b.words.State(r.State)), "", 0, "L", false, 0, "")
		b.CellFormat(wide/2, 5, fmt.Sprintf("%d / {pages}", b.PageNo()), "", 0, "R", false, 0, "")
		b.black()
	})
	b.AddPage()
}

func (b *board) title() string {
	return b.words.Say(words.Title) + " " + b.words.Quarter(b.report.Quarter)
}

func (b *board) font(style string, size float64) { b.SetFont(font.Family, style, size) }

func (b *board) grey()  { b.SetTextColor(90, 90, 90) }
func (b *board) black() { b.SetTextColor(20, 20, 20) }

// plain is text as the font can set it: without control characters and turns of direction, and with a box for what it has no glyph of.
func (b *board) plain(s string) string { return b.glyphs.only(words.Plain(s)) }

// glyphs knows which characters the font has. Of characters that share a glyph one is printed for all: the library would choose one by the order of a map,
// and the same report would not be the same file.
type glyphs struct {
	font   *sfnt.Font
	buffer sfnt.Buffer
	prints map[rune]rune
	first  map[sfnt.GlyphIndex]rune
}

// box stands for a character that the font lacks.
const box = '□'

func (g *glyphs) only(s string) string {
	return strings.Map(func(r rune) rune {
		printed, asked := g.prints[r]
		if !asked {
			printed = g.of(r)
			g.prints[r] = printed
		}
		return printed
	}, s)
}

// of is the character that is printed for another.
func (g *glyphs) of(r rune) rune {
	index, err := g.font.GlyphIndex(&g.buffer, r)
	if err != nil || index == 0 || utf8.RuneLen(r) == utf8.UTFMax || !g.drawn(index) && !unicode.IsSpace(r) { // the library sets no character beyond the basic plane
		if r == box {
			return '?'
		}
		return g.of(box)
	}
	if first, known := g.first[index]; known {
		return first
	}
	g.first[index] = r
	return r
}

// drawn reports whether a glyph has an outline: the font has empty ones for Chinese characters.
func (g *glyphs) drawn(index sfnt.GlyphIndex) bool {
	outline, err := g.font.LoadGlyph(&g.buffer, index, fixed.I(12), nil)
	return err == nil && len(outline) > 0
}

// fit cuts text to a width in the present font.
func (b *board) fit(s string, width float64) string {
	s = b.plain(s)
	if b.GetStringWidth(s) <= width {
		return s
	}
	letters := []rune(s)
	for len(letters) > 0 && b.GetStringWidth(string(letters)+b.plain("…")) > width {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + b.plain("…")
}

// column is a column of a table: its title, its part of the width, and where its text stands.
type column struct {
	title string
	part  float64
	align string
}

// heading begins a section, with the next lines on the same page.
func (b *board) heading(text string) {
	if _, high := b.GetPageSize(); b.GetY() > high-bottom-4*line {
		b.AddPage()
	}
	b.Ln(2.5)
	b.font("B", 11)
	b.SetTextColor(31, 58, 95)
	b.CellFormat(b.width, 6, b.plain(text), "B", 1, "L", false, 0, "")
	b.black()
	b.Ln(1)
}

// gutter is between two columns.
const gutter = 8.0

// beside prints two parts of a page beside each other.
func (b *board) beside(left, right func()) {
	top := b.GetY()
	b.width = (wide - gutter) / 2
	b.SetRightMargin(pageWide - margin - b.width)
	left()
	down := b.GetY()
	b.SetY(top)
	b.SetLeftMargin(margin + b.width + gutter)
	b.SetRightMargin(margin)
	b.SetX(margin + b.width + gutter)
	right()
	b.width = wide
	b.SetLeftMargin(margin)
	b.SetXY(margin, max(down, b.GetY()))
}

// table prints rows beneath titles, which are repeated on each page.
func (b *board) table(columns []column, rows [][]string) {
	head := func() {
		b.font("B", 8)
		b.SetFillColor(236, 240, 245)
		for _, c := range columns {
			b.CellFormat(wide*c.part, line, b.fit(c.title, wide*c.part-2), "", 0, c.align, true, 0, "")
		}
		b.Ln(line)
		b.font("", 8.5)
	}
	head()
	if len(rows) == 0 {
		b.CellFormat(wide, line, b.plain(b.words.Say(words.NothingHere)), "", 1, "L", false, 0, "")
	}
	_, high := b.GetPageSize()
	for _, row := range rows {
		if b.GetY()+line > high-bottom {
			b.AddPage()
			head()
		}
		for i, c := range columns {
			b.CellFormat(wide*c.part, line, b.fit(row[i], wide*c.part-2), "", 0, c.align, false, 0, "")
		}
		b.Ln(line)
	}
}

// pairs prints names with what is said of them.
func (b *board) pairs(rows [][2]string) {
	b.font("", 9)
	for _, row := range rows {
		right := min(b.width*0.34, max(b.width*0.16, b.GetStringWidth(b.plain(row[1]))+3)) // what the value does not need is the name's
		b.CellFormat(b.width-right, line, b.fit(row[0], b.width-right-2), "", 0, "L", false, 0, "")
		b.CellFormat(right, line, b.fit(row[1], right-2), "", 1, "R", false, 0, "")
	}
}

// note prints small text, folded.
func (b *board) note(text string) {
	b.font("", 8)
	b.grey()
	b.MultiCell(wide, 4.2, b.plain(text), "", "L", false)
	b.black()
}
