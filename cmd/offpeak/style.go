package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

// style is how text is dressed for where it goes: colours and wrapping on a terminal only.
type style struct {
	colour bool
	width  int // columns to wrap at; zero: lines are as long as they are
}

func plainStyle() style { return style{} }

// newStyle looks at where the console writes to. NO_COLOR, and a terminal called dumb, turn colours off.
func newStyle(c console) style {
	file, ok := c.out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return plainStyle()
	}
	s := style{colour: c.getenv("NO_COLOR") == "" && c.getenv("TERM") != "dumb"}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 40 {
		s.width = width
	}
	return s
}

// Colours, as ANSI numbers.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (s style) paint(colour, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// row is one line of a table; the last cell takes what is left of the line and is wrapped under itself.
type row struct {
	cells   []string
	colours []string // of the cells, by index; missing: none
}

// writeRows aligns rows, counting the columns that characters take on the screen: a Korean one takes two.
func (s style) writeRows(w io.Writer, indent int, rows []row) error {
	var widths []int
	for _, r := range rows {
		for i := range r.cells {
			r.cells[i] = printable(r.cells[i])
		}
		for i, cell := range r.cells[:max(len(r.cells)-1, 0)] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], runewidth.StringWidth(cell))
		}
	}
	for _, r := range rows {
		if _, err := io.WriteString(w, s.line(indent, widths, r)+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// printable shows characters that would move the cursor, colour the terminal or turn the direction of writing as their codes: names and
// tags are other people's.
func printable(text string) string {
	if !strings.ContainsFunc(text, unprintable) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if unprintable(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func (s style) line(indent int, widths []int, r row) string {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", indent))
	column := indent
	for i, cell := range r.cells {
		colour := ""
		if i < len(r.colours) {
			colour = r.colours[i]
		}
		if i == len(r.cells)-1 {
			s.last(&b, cell, colour, indent, column)
			break
		}
		if widths[i] == 0 {
			continue // nothing stands in this column
		}
		b.WriteString(s.dress(colour, cell))
		b.WriteString(strings.Repeat(" ", widths[i]-runewidth.StringWidth(cell)+2))
		column += widths[i] + 2
	}
	return strings.TrimRight(b.String(), " ")
}

// last writes the last cell: beside the others, or where that leaves it no room, below them.
func (s style) last(b *strings.Builder, cell, colour string, indent, column int) {
	const least = 50
	if s.width != 0 && s.width-column < least && column+runewidth.StringWidth(cell) > s.width {
		column = indent + 4
		b.WriteString("\n" + strings.Repeat(" ", column))
	}
	for n, part := range s.wrap(cell, column) {
		if n > 0 {
			b.WriteString("\n" + strings.Repeat(" ", column))
		}
		b.WriteString(s.dress(colour, part))
	}
}

func (s style) dress(colour, text string) string {
	if colour == "" {
		return text
	}
	return s.paint(colour, text)
}

// wrap breaks a text into lines that fit right of a column; without a width, or with hardly any room, it is one line.
func (s style) wrap(text string, column int) []string {
	room := s.width - column
	if s.width == 0 || room < 24 {
		return []string{text}
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case runewidth.StringWidth(line)+1+runewidth.StringWidth(word) <= room:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
