package market

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// tableLimit is the most bytes that a file in CSV may have: the specifications of all instance types have a quarter of a megabyte, the offerings of
// all regions some four.
const tableLimit = 16 << 20

// line is one line of a file in CSV. What is wrong with a cell is kept, the first of it, until the line was read.
type line struct {
	columns map[string]int
	cells   []string
	err     error
}

// readTable takes every line of a file in CSV whose first line names the columns, in any order and among others.
func readTable(name string, text io.Reader, needed []string, take func(*line) error) error {
	lines := csv.NewReader(&window{source: text, limit: tableLimit})
	lines.ReuseRecord = true
	header, err := lines.Read()
	if err != nil {
		return explainTable(name, err)
	}
	l := line{columns: make(map[string]int, len(header))}
	for i, column := range header {
		column = strings.TrimSpace(column)
		if _, twice := l.columns[column]; twice {
			return fmt.Errorf("%s: line 1: the column %.60q stands twice", name, column)
		}
		l.columns[column] = i
	}
	for _, column := range needed {
		if _, ok := l.columns[column]; !ok {
			return fmt.Errorf("%s: line 1: the column %q is missing (columns that are needed: %s, separated by commas)", name, column, strings.Join(needed, ", "))
		}
	}
	for {
		if l.cells, err = lines.Read(); err != nil {
			return explainTable(name, err)
		}
		err := take(&l)
		if l.err != nil {
			err = l.err
		}
		number, _ := lines.FieldPos(0)
		if f, ok := errors.AsType[*FieldError](err); ok {
			return fmt.Errorf("%s: line %d, %s: %w", name, number, f.Field, err)
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", name, number, err)
		}
	}
}

// explainTable says why a line could not be read; the end of the file is no error.
func explainTable(name string, err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.Is(err, errTooLong):
		return fmt.Errorf("%s: is longer than %d MB, which no such file is", name, tableLimit>>20)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// text reads a cell. What it returns does not share the line's memory.
func (l *line) text(column string) string {
	return strings.Clone(strings.TrimSpace(l.cells[l.columns[column]]))
}

// required reads a cell that must not be empty.
func (l *line) required(column, expected string) string {
	text := l.text(column)
	if text == "" {
		l.fail(missing(column, expected))
	}
	return text
}

// mostOfAnything bounds counts and sizes, so that sums of them cannot run over.
const mostOfAnything = 1 << 40

// number reads a whole number; an empty cell is zero, which means that it is not told.
func (l *line) number(column string) int {
	text := l.text(column)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > mostOfAnything {
		l.fail(unfit(column, text, "a whole number such as 8192"))
		return 0
	}
	return n
}

// gigabits reads a bandwidth in Gbit/s, as megabits; an empty cell is zero.
func (l *line) gigabits(column string) int {
	text := l.text(column)
	if text == "" {
		return 0
	}
	f, err := strconv.ParseFloat(text, 64)
	mbps, ok := megabits(f)
	if err != nil || !ok {
		l.fail(unfit(column, text, "gigabits per second such as 0.75"))
		return 0
	}
	return mbps
}

// flag reads true or false.
func (l *line) flag(column string) bool {
	text := l.text(column)
	switch strings.ToLower(text) {
	case "true":
		return true
	case "false":
		return false
	}
	l.fail(unfit(column, text, "true or false"))
	return false
}

// list reads words with | between them, and puts them in order.
func (l *line) list(column string) []string {
	text := l.text(column)
	if text == "" {
		return nil
	}
	words := strings.Split(text, "|")
	slices.Sort(words)
	return slices.Compact(words)
}

func (l *line) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}
