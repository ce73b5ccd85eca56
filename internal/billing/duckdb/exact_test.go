//go:build cgo

package duckdb

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/query"
)

// macros opens an empty database with the macros of the dialect.
func macros(t *testing.T) *Engine {
	t.Helper()
	e := &Engine{dialect: query.DuckDB()}
	if err := e.open(Options{Temp: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	for _, s := range e.dialect.Definitions() {
		if _, err := e.db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// values is a relation of one column x.
func values(doubles []float64) string {
	texts := make([]string, len(doubles))
	for i, x := range doubles {
		texts[i] = "(" + strconv.FormatFloat(x, 'e', -1, 64) + "::DOUBLE)"
	}
	return "(VALUES " + strings.Join(texts, ", ") + ") AS v(x)"
}

// The rule is billing.FromDouble's for every double below 2^53 in size: above, doubles have no fraction, and from 2^63 on DuckDB refuses them.
func TestExactIsFromDouble(t *testing.T) {
	t.Parallel()
	e := macros(t)
	r := rand.New(rand.NewPCG(5, 12))
	doubles := []float64{
		0, 5e-13, -5e-13, math.Nextafter(5e-13, 1), math.Nextafter(5e-13, 0), 0.5, -0.5, 1.5, 2.5, 0.1234567890125, 1e-300, math.Ldexp(1, -41), math.Ldexp(-1, -42),
		math.SmallestNonzeroFloat64, 1<<53 - 1, -(1<<53 - 1), 1<<52 + 0.5, 123456789.0123456789, 999999999.9999999,
	}
	for range 20_000 {
		x := 0.0
		switch r.IntN(7) {
		case 0:
			x = r.Float64()
		case 1:
			x = r.Float64() * 1e9
		case 2:
			x = (float64(r.IntN(2_000_000_000)) + 0.5) / 1e12 * float64(1+r.IntN(1000))
		case 3:
			x = math.Ldexp(float64(2*r.IntN(1<<20)+1), -13)
		case 4:
			x = math.Ldexp(r.Float64(), r.IntN(143)-90)
		case 5:
			x = float64(r.IntN(1_000_000)) + 0.5
		default:
			x = math.Nextafter((float64(r.IntN(2_000_000_000))+0.5)/1e12, float64(r.IntN(2)))
		}
		if r.IntN(2) == 0 {
			x = -x
		}
		doubles = append(doubles, x)
	}
	total := decimal.Zero
	for at := 0; at < len(doubles); at += 3000 {
		rows, err := e.db.Query("SELECT x, exact(x) FROM " + values(doubles[at:min(at+3000, len(doubles))]))
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var x float64
			var got decimal.Decimal
			if err := rows.Scan(&x, exact{&got}); err != nil {
				t.Fatal(err)
			}
			want, err := billing.FromDouble(x)
			if err != nil || !got.Equal(want) {
				t.Fatalf("%v: got %s, want %s, %v", x, got, want, err)
			}
			total = total.Add(want)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.db.Exec("CREATE TABLE amounts (x DOUBLE)"); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(doubles); at += 3000 {
		if _, err := e.db.Exec("INSERT INTO amounts SELECT x FROM " + values(doubles[at:min(at+3000, len(doubles))])); err != nil {
			t.Fatal(err)
		}
	}
	var sum decimal.Decimal
	if err := e.db.QueryRow("SELECT exact_sum(x) FROM amounts").Scan(exact{&sum}); err != nil || !sum.Equal(total) {
		t.Errorf("the sum is %s, want %s, %v", sum, total, err)
	}
}

func TestWhatDoesNotFitIsAnError(t *testing.T) {
	t.Parallel()
	e := macros(t)
	for _, expression := range []string{
		"SELECT exact('nan'::DOUBLE)", "SELECT exact('inf'::DOUBLE)", "SELECT exact(1e19)", "SELECT exact_sum(x) FROM (VALUES (1e19::DOUBLE)) AS v(x)",
		"SELECT CAST(9e25::DECIMAL(38, 0) + 9e25::DECIMAL(38, 0) AS DECIMAL(38, 12))",
	} {
		var d decimal.Decimal
		if err := e.db.QueryRow(expression).Scan(exact{&d}); err == nil {
			t.Errorf("%s gave %s", expression, d)
		}
	}
	var d decimal.Decimal
	if err := e.db.QueryRow("SELECT exact_sum(x) FROM (SELECT NULL::DOUBLE AS x)").Scan(exact{&d}); err != nil || !d.IsZero() {
		t.Errorf("the sum of nothing is %s, %v", d, err)
	}
}

func TestTheDatabaseIsShut(t *testing.T) {
	t.Parallel()
	e := macros(t)
	if err := e.shut(nil); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT 1) TO '" + t.TempDir() + "/out.csv'", "INSTALL httpfs", "LOAD httpfs", "SET threads = 8",
		"SELECT * FROM read_parquet('https://example.com/x.parquet')", "ATTACH '" + t.TempDir() + "/x.db'",
	} {
		if _, err := e.db.Exec(statement); err == nil {
			t.Errorf("%s was done", statement)
		}
	}
}
