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

// The texts are printed in the annex of reports, so people read them.
func TestTexts(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]query.Dialect{"duckdb": query.DuckDB(), "athena": query.Athena("billing.focus", "billing.cur")} {
		files := map[string]string{}
		if definitions := d.Definitions(); definitions != nil {
			files["definitions"] = strings.Join(definitions, ";\n\n")
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
