package focusrules

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"offpeak/internal/billing/export"
)

// cell is what one row says in one column.
type cell struct {
	null   bool
	text   string
	number float64
	at     time.Time
	pairs  map[string]string
	kind   reflect.Type
}

// cells are a row by column.
type cells map[string]cell

var (
	numberType = reflect.TypeFor[float64]()
	textType   = reflect.TypeFor[string]()
	timeType   = reflect.TypeFor[time.Time]()
)

// cellsOf reads a row as it will be read from its file: an empty text in a column that may be null is null.
func cellsOf(row *export.Focus) cells {
	value := reflect.ValueOf(row).Elem()
	all := make(cells, value.NumField())
	for i := range value.NumField() {
		name, options, _ := strings.Cut(value.Type().Field(i).Tag.Get("parquet"), ",")
		nullable := strings.HasPrefix(options, "optional")
		c := cell{kind: value.Field(i).Type()}
		switch field := value.Field(i).Interface().(type) {
		case string:
			c.text, c.null = field, nullable && field == ""
		case float64:
			c.number = field
		case *float64:
			c.kind, c.null = numberType, field == nil
			if field != nil {
				c.number = *field
			}
		case time.Time:
			c.at = field
		case map[string]string:
			c.pairs, c.null = field, field == nil
		case map[string]float64:
			c.null = field == nil
		}
		all[name] = c
	}
	return all
}

func (c cell) String() string {
	switch {
	case c.null:
		return "null"
	case c.kind == numberType:
		return fmt.Sprint(c.number)
	case c.pairs != nil:
		return fmt.Sprint(c.pairs)
	case c.kind == timeType:
		return c.at.Format(time.RFC3339)
	default:
		return c.text
	}
}

// is compares a cell with a value of the rules: null, a text or a number.
func (c cell) is(value any) bool {
	switch v := value.(type) {
	case nil:
		return c.null
	case string:
		return !c.null && c.text == v
	case float64:
		return !c.null && c.kind == numberType && c.number == v
	default:
		return false
	}
}

// conforms holds a cell that is not null against a check of the rules by its name; known is false if there is no such check here.
//
// A double passes for a decimal, and a map for a serialised object: that is how AWS delivers them.
func conforms(format string, c cell) (ok, known bool) {
	switch format {
	case "TypeDecimal":
		return c.kind == numberType, true
	case "FormatNumeric", "CheckDecimalValue":
		return c.kind == numberType && !math.IsNaN(c.number) && !math.IsInf(c.number, 0), true
	case "TypeString":
		return c.kind == textType, true
	case "FormatString":
		return utf8.ValidString(c.text) && strings.TrimSpace(c.text) != "", true
	case "TypeDateTime":
		return c.kind == timeType, true
	case "FormatDateTime":
		return !c.at.IsZero() && c.at.Equal(c.at.Truncate(time.Millisecond)), true
	case "FormatCurrency", "CheckNationalCurrency":
		return isCurrency(c.text), true
	case "FormatKeyValue":
		return isKeyValue(c), true
	case "FormatUnit":
		return isUnit(c.text), true
	default:
		return false, false
	}
}

// isCurrency says whether a text has the form of ISO 4217's alphabetic codes. Which codes are in use is not asked.
func isCurrency(code string) bool {
	return len(code) == 3 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func isKeyValue(c cell) bool {
	for key, value := range c.pairs {
		if key == "" || !utf8.ValidString(key) || !utf8.ValidString(value) {
			return false
		}
	}
	return c.pairs != nil
}

// isUnit says whether a text has the form of a unit: units, units-time, units/time, with whole numbers before the units or the time. The names of units are free in
// FOCUS save for sizes of data and spans of time, whose full names are wrong.
func isUnit(unit string) bool {
	for part := range strings.FieldsFuncSeq(unit, func(r rune) bool { return r == '-' || r == '/' }) {
		words := strings.Fields(part)
		if len(words) > 1 && strings.Trim(words[0], "0123456789") == "" {
			words = words[1:]
		}
		for _, word := range words {
			first, _ := utf8.DecodeRuneInString(word)
			if strings.ToUpper(string(first)) != string(first) && !isBits(word) || slices.Contains([]string{"Hrs", "Hr", "Mo", "Gigabytes", "Terabytes"}, word) {
				return false
			}
		}
		if len(words) == 0 {
			return false
		}
	}
	return unit != ""
}

func isBits(word string) bool { return word == "b" || word == "vCPU" || word == "vCPUs" }
