package page

import (
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/money"
)

// table is one table as the script reads it: by column, so that 50,000 rows are a few long strings and lists of small numbers.
type table struct {
	Rows    int      `json:"rows"`
	Columns []column `json:"columns"`
	// Causes hold the amount by each cause, where a table can be split by it.
	Causes []column `json:"causes,omitempty"`
	// Prefix and the column id make a resource's ARN, by Prefixes; below zero it is a whole ARN of Prefixes.
	Prefixes []string `json:"prefixes,omitempty"`
	Prefix   []int    `json:"prefix,omitempty"`
	// Each is how many resources one parcel of evidence holds.
	Each int `json:"each,omitempty"`
	// Of is the row of the table of resources that a row is about; -1 where it has none.
	Of []int `json:"of,omitempty"`
	// Acts are commands and tags to copy, each with what it is.
	Acts [][][2]string `json:"acts,omitempty"`
}

// column is one column: a dictionary and places in it, a list of texts, or decimals in one string with blanks between them, "" for none.
type column struct {
	Key      string   `json:"k"`
	Type     string   `json:"t"`           // text, code, codes, usd, dec, yes, time, range
	Group    string   `json:"g,omitempty"` // of codes
	Dict     []string `json:"d,omitempty"`
	At       []int    `json:"i,omitempty"`
	Text     []string `json:"x,omitempty"`
	Decimals *string  `json:"n,omitempty"`
	Places   int32    `json:"p,omitempty"` // that the decimals have at most
	Show     *int32   `json:"o,omitempty"` // places that are shown, 2 where nothing is said
	Filter   bool     `json:"f,omitempty"`
	Search   bool     `json:"q,omitempty"`
	Hidden   bool     `json:"h,omitempty"`
}

// The ways to say more of a column.
func (c column) filtered() column { c.Filter = true; return c }
func (c column) searched() column { c.Search = true; return c }
func (c column) hidden() column   { c.Hidden = true; return c }
func (c column) showing(places int32) column {
	c.Show = &places
	return c
}

// texts is a column of texts that hardly repeat.
func texts(key string, n int, at func(int) string) column {
	c := column{Key: key, Type: "text", Text: make([]string, n)}
	for i := range n {
		c.Text[i] = visible(at(i))
	}
	return c
}

// terms is a column of texts that repeat.
func terms(key string, n int, at func(int) string) column {
	c := column{Key: key, Type: "text", At: make([]int, n)}
	places := map[string]int{}
	for i := range n {
		text := visible(at(i))
		place, ok := places[text]
		if !ok {
			place = len(c.Dict)
			places[text], c.Dict = place, append(c.Dict, text)
		}
		c.At[i] = place
	}
	return c
}

// codes is a column of codes, which have words.
func codes(key, group string, n int, at func(int) string) column {
	c := terms(key, n, at)
	c.Type, c.Group = "code", group
	return c
}

// decimals is a column of numbers; nil is none.
func decimals(key, kind string, n int, at func(int) *decimal.Decimal) column {
	c := column{Key: key, Type: kind}
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		if d := at(i); d != nil {
			c.Places = max(c.Places, -d.Exponent())
			b.WriteString(d.String())
		}
	}
	text := b.String()
	c.Decimals = &text
	return c
}

// amounts is a column of dollars; nil is none.
func amounts(key string, n int, at func(int) *money.USD) column {
	return decimals(key, "usd", n, func(i int) *decimal.Decimal {
		a := at(i)
		if a == nil {
			return nil
		}
		d := a.Decimal()
		return &d
	})
}

// counts is a column of whole numbers.
func counts(key string, n int, at func(int) int64) column {
	return decimals(key, "dec", n, func(i int) *decimal.Decimal {
		d := decimal.NewFromInt(at(i))
		return &d
	})
}
