package query_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing"
	"offpeak/internal/billing/query"
)

var update = flag.Bool("update", false, "rewrite the expected files")

var quarter = billing.Period{From: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)}

// athena is the dialect over a quarter of which each month was delivered.
func athena() query.Dialect {
	versions := func(table string) query.Delivered {
		return query.Delivered{Table: "billing." + table, Versions: map[string]string{"2026-07": table + "-july", "2026-08": table + "-august", "2026-09": table + "-september"}}
	}
	return query.Athena(versions("focus"), versions("cur"))
}

// The texts are printed in the annex of reports, so people read them.
func TestTexts(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]query.Dialect{"duckdb": query.DuckDB(), "athena": athena()} {
		files := map[string]string{}
		if definitions := d.Definitions(); definitions != nil {
			files["definitions"] = strings.Join(definitions, ";\n\n")
		}
		if name == "athena" {
			files["declare-focus"] = query.Declaration{Database: "billing", Table: "focus", Location: "s3://bill/payer/focus/", Columns: query.FocusColumns()}.SQL()
			files["declare-cur"] = query.Declaration{Database: "billing", Table: "cur", Location: "s3://bill/payer/cur", Columns: query.CURColumns()}.SQL()
		}
		for _, text := range d.Texts(quarter) {
			files[text.Name] = text.SQL
		}
		for question, got := range files {
			path := filepath.Join("testdata", name, question+".sql")
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(string(want), got+"\n"); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		}
	}
}

func TestEachTextSaysWhatItsFigureIs(t *testing.T) {
	t.Parallel()
	for _, text := range query.DuckDB().Texts(quarter) {
		first, rest, _ := strings.Cut(text.SQL, "\n")
		if !strings.HasPrefix(first, "-- ") || !strings.HasSuffix(first, ".") {
			t.Errorf("%s begins with %q", text.Name, first)
		}
		if !strings.Contains(rest, "billing_period BETWEEN '2026-07' AND '2026-09'") {
			t.Errorf("%s is not restricted to the partitions of the quarter", text.Name)
		}
		if at := strings.LastIndex(rest, "\nORDER BY "); at < 0 || strings.Contains(rest[at+1:], "\n") {
			t.Errorf("%s does not end in its order", text.Name)
		}
	}
}

// Each month of a period is read from its own version and from no other; one that was not delivered is not read.
func TestAthenaReadsOneVersionOfEachMonth(t *testing.T) {
	t.Parallel()
	d := query.Athena(query.Delivered{Table: "billing.focus", Versions: map[string]string{"2026-06": "a", "2026-07": "b", "2026-09": "d"}}, query.Delivered{Table: "billing.cur"})
	for _, text := range d.Texts(quarter) {
		reads := strings.Count(text.SQL, "WHERE v = '")
		switch {
		case strings.Contains(text.SQL, "billing.cur"):
			if reads != 1 || !strings.Contains(text.SQL, "FROM billing.cur WHERE v = 'none' AND billing_period = '2026-07'") {
				t.Errorf("%s reads something of what was never delivered:\n%s", text.Name, text.SQL)
			}
		case reads != 2 || strings.Count(text.SQL, "billing.focus") != 2 || strings.Contains(text.SQL, "BETWEEN"),
			!strings.Contains(text.SQL, "v = 'b' AND billing_period = '2026-07'"), !strings.Contains(text.SQL, "v = 'd' AND billing_period = '2026-09'"):
			t.Errorf("%s does not read July's and September's version alone:\n%s", text.Name, text.SQL)
		}
	}
}
