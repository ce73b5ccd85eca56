// Package query holds one SQL text for each question that package billing asks of a bill, in the dialects of DuckDB and of Athena.
//
// In goes a period, out comes a text that reads the relations focus and cur and can be printed beside the figure that it gave. Here also stands what every
// engine must decide alike: which line items bill running, which meters go on while nothing runs, which months a period touches, and what an hour of a
// reservation costs. The package runs nothing and reads no file.
package query

import (
	"fmt"
	"strings"
)

// Dialect is the SQL of one engine: the few expressions in which they differ.
type Dialect struct {
	focus, cur relation
	inline     bool   // the engine has no macros: a definition is written out wherever it is used
	hours, bit string // how many hours of the day are among a set of bits, and the bit of an instant's hour
	weeks, of  string // the same of weeks, and the bit of a number
	value      string // what a map has under a key, null if it has not
}

// DuckDB is the dialect of the embedded engine. Its texts read the views focus and cur, and use the macros of Definitions. Both have timestamps without
// zone, in UTC, and a column billing_period as Athena's partitions have it (2026-07).
func DuckDB() Dialect {
	return Dialect{
		focus: relation{name: "focus"}, cur: relation{name: "cur"},
		hours: "bit_count(bit_or(%s))", bit: "1 << hour(%s)",
		weeks: "bit_or(%s)", of: "CAST(1 AS BIGINT) << %s",
		value: "%s['%s']",
	}
}

// Athena is the dialect of Athena's engine version 3 (Trino), over tables as Declaration declares them. Of each month one version is read, none of another.
func Athena(focus, cur Delivered) Dialect {
	return Dialect{
		focus: relation{focus.Table, true, focus.Versions}, cur: relation{cur.Table, true, cur.Versions}, inline: true,
		hours: "bit_count(bitwise_or_agg(%s), 64)", bit: "bitwise_left_shift(1, CAST(hour(%s) AS INTEGER))",
		weeks: "bitwise_or_agg(%s)", of: "bitwise_left_shift(CAST(1 AS BIGINT), CAST(%s AS INTEGER))",
		value: "element_at(%s, '%s')",
	}
}

// macro is an expression that is used often: DuckDB is told of it once, Athena gets it written out.
type macro struct{ name, note, body string }

// macros turn a double x into a decimal of twelve places: its exact binary value, rounded half away from zero, as billing.FromDouble has it.
//
// Parting x into a whole number and a rest is exact. The rest is multiplied by 10^12, one rounding of doubles, which is monotone: the nearest whole number of the
// product is wrong only if the product seems to lie just between two of them. There the exact product decides: the rest is a whole number of 2^-93, parted at 2^-46
// without loss, and 10^12 is 5^12 times 2^12. It holds for |x| < 2^53; above, doubles have no rest; from 2^63 on the cast is an error, as it is for what is no number.
//
// A macro may use those above it.
func macros() []macro {
	return []macro{
		{"trillionths", "the rest of x beside its nearest whole number, in trillionths, as a double", "(x - CAST(x AS BIGINT)) * 1e12"},
		{"high", "the rest in units of 2^-46: its whole part is exact", "(x - CAST(x AS BIGINT)) * 70368744177664"},
		{
			"excess", "by how much the exact rest exceeds trillionths, in units of 2^-93 * 5^-12: only its sign is used",
			"(CAST(CAST(high(x) AS BIGINT) AS DECIMAL(38, 0)) * 244140625 - CAST(CAST(2 * trillionths(x) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328" +
				" + CAST(CAST((high(x) - CAST(high(x) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625",
		},
		{
			"rest", "trillionths as a whole number, half away from zero",
			"CASE WHEN abs(trillionths(x) - CAST(trillionths(x) AS BIGINT)) <> 0.5 THEN CAST(trillionths(x) AS BIGINT)" +
				" WHEN excess(x) > 0 OR (excess(x) = 0 AND x > 0) THEN CAST(trillionths(x) + 0.5 AS BIGINT)" +
				" ELSE CAST(trillionths(x) - 0.5 AS BIGINT) END",
		},
		{
			"exact", "x as a decimal of twelve places",
			"CAST(CAST(x AS BIGINT) AS DECIMAL(38, 12)) + CAST(rest(x) AS DECIMAL(38, 0)) * 0.000000000001",
		},
		{
			"exact_sum", "the sum of x as decimals of twelve places, zero if there is none",
			"COALESCE(CAST(SUM(CAST(x AS BIGINT)) AS DECIMAL(38, 12)) + CAST(SUM(rest(x)) AS DECIMAL(38, 0)) * 0.000000000001, 0)",
		},
	}
}

// Definitions are the statements that come before the texts of the dialect; none where it has no macros.
func (d Dialect) Definitions() []string {
	if d.inline {
		return nil
	}
	var statements []string
	for _, m := range macros() {
		statements = append(statements, fmt.Sprintf("-- %s\nCREATE MACRO %s(x) AS\n  %s", m.note, m.name, broken(m.body)))
	}
	return statements
}

// exact is a double column as a decimal; sum its sum.
func (d Dialect) exact(column string) string { return d.call("exact", column) }
func (d Dialect) sum(column string) string   { return d.call("exact_sum", column) }

func (d Dialect) call(name, column string) string {
	if !d.inline {
		return name + "(" + column + ")"
	}
	// Whole numbers of 64 bits are summed in 64 bits by Trino, which would stop at nine million trillionths: they are widened first.
	body := strings.NewReplacer("SUM(CAST(x AS BIGINT))", "SUM(CAST(CAST(x AS BIGINT) AS DECIMAL(38, 0)))", "SUM(rest(x))", "SUM(CAST(rest(x) AS DECIMAL(38, 0)))").Replace(bodyOf(name))
	all := macros()
	for i := len(all) - 1; i >= 0; i-- {
		body = strings.ReplaceAll(body, all[i].name+"(x)", "("+all[i].body+")")
	}
	body = strings.NewReplacer("(x ", "("+column+" ", "(x)", "("+column+")", "AND x ", "AND "+column+" ").Replace(body)
	return broken(body)
}

func bodyOf(name string) string {
	for _, m := range macros() {
		if m.name == name {
			return m.body
		}
	}
	return name + "(x)"
}

// broken breaks a long expression into lines, one for each case and term.
func broken(body string) string {
	return strings.NewReplacer(
		" WHEN ", "\n    WHEN ", " ELSE CAST", "\n    ELSE CAST", " END", "\n    END", " + CAST(SUM", "\n    + CAST(SUM", " THEN CAST", "\n      THEN CAST",
		" * 140737488355328 + ", " * 140737488355328\n      + ", " OR (", "\n      OR (", " - CAST(CAST(2", "\n      - CAST(CAST(2",
	).Replace(body)
}

// hoursOf is how many different hours of the day the rows have; of those for which a condition holds, if there is one.
func (d Dialect) hoursOf(instant, condition string) string {
	bit := fmt.Sprintf(d.bit, instant)
	if condition != "" {
		bit = "CASE WHEN " + condition + " THEN " + bit + " ELSE 0 END"
	}
	return fmt.Sprintf(d.hours, bit)
}

// text is a column of text, empty where it is null.
func text(column string) string { return "COALESCE(" + column + ", '')" }

// entry is what a column of maps has under the first of the keys that is there and not empty.
func (d Dialect) entry(column string, keys ...string) string {
	var values []string
	for _, k := range keys {
		values = append(values, fmt.Sprintf("NULLIF("+d.value+", '')", column, strings.ReplaceAll(k, "'", "''")))
	}
	switch len(values) {
	case 0:
		return "''"
	case 1:
		return "COALESCE(" + fmt.Sprintf(d.value, column, strings.ReplaceAll(keys[0], "'", "''")) + ", '')"
	}
	return "COALESCE(\n      " + strings.Join(values, ",\n      ") + ",\n      ''\n    )"
}
