package tables_test

import (
	"bytes"
	"encoding/csv"
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/shopspring/decimal"

	"offpeak/reports/sample"
	"offpeak/reports/tables"
)

func TestEveryRowHasACellForEachColumn(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, table := range tables.Of(sample.Report(40)) {
		if names[table.Name] || len(table.Rows) == 0 {
			t.Errorf("%s: %d rows, seen before: %v", table.Name, len(table.Rows), names[table.Name])
		}
		names[table.Name] = true
		for n, row := range table.Rows {
			if len(row) != len(table.Columns) {
				t.Fatalf("%s, row %d: %d cells for %d columns", table.Name, n, len(row), len(table.Columns))
			}
		}
	}
}

// A reader of the CSV comes to the headline by adding up.
func TestLinesOfTheCSVAddUpToTheHeadline(t *testing.T) {
	t.Parallel()
	r := sample.Report(40)
	table := tables.Lines(r)
	data, err := table.CSV()
	if err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(string(data), "\ufeff")
	if !ok {
		t.Error("no byte order mark: Excel would show Korean as noise")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var sum decimal.Decimal
	for _, row := range rows[1:] {
		sum = sum.Add(decimal.RequireFromString(row[column["avoided_usd"]]))
	}
	if !sum.Equal(r.Avoided.Total.Adjusted.Decimal()) {
		t.Errorf("lines add up to %s, the headline is %s", sum, r.Avoided.Total.Adjusted)
	}
}

// What went is known by its ARN alone, and in the inventory of the quarter's end no more.
func TestAssetsTellWhatCameAndWent(t *testing.T) {
	t.Parallel()
	r := sample.Report(3)
	r.Assets.Came = []string{string(r.Assets.Items[1].ARN)}
	r.Assets.Went = []string{"arn:aws:ecs:eu-west-1:111122223333:service/dev/api", "arn:aws:s3:::logs", "old"}
	told := func() (rows [][]any) {
		table := tables.Assets(r)
		for _, row := range table.Rows {
			var some []any
			for i, c := range table.Columns {
				switch c.Name {
				case "kind", "account", "region", "state", "change":
					some = append(some, row[i])
				}
			}
			rows = append(rows, some)
		}
		return rows
	}
	is := func(change any) []any {
		return []any{"ec2-instance", "222233334444", "ap-northeast-2", "running", change}
	}
	want := [][]any{
		is(nil),
		is("came"),
		is(nil),
		{"ecs-service", "111122223333", "eu-west-1", nil, "went"},
		{nil, nil, nil, nil, "went"},
		{nil, nil, nil, nil, "went"},
	}
	if diff := cmp.Diff(told(), want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	r.Assets.Came, r.Assets.Went = nil, nil
	if diff := cmp.Diff(told(), [][]any{is(nil), is(nil), is(nil)}); diff != "" {
		t.Errorf("without an inventory of the quarter before nobody knows (-got +want)\n%s", diff)
	}
}

func TestNoTextIsAFormula(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, want string }{
		{"web-1", "web-1"},
		{"", ""},
		{"=1+1", "'=1+1"},
		{"+cmd", "'+cmd"},
		{"-2+3", "'-2+3"},
		{"@SUM(1)", "'@SUM(1)"},
		{"\t=1", "'\t=1"},
		{"  =1", "'  =1"},
		{"\u202e=1", "'\u202e=1"},
		{"＝1+1", "'＝1+1"},
		{"a=b", "a=b"},
		{"결제-배치", "결제-배치"},
		{"nul\x00l", "null"},
		{"\xff\xfe", "\ufffd"},
	} {
		if got := tables.Harmless(row.text); got != row.want {
			t.Errorf("%q becomes %q, want %q", row.text, got, row.want)
		}
	}
}

func FuzzHarmless(f *testing.F) {
	for _, s := range sample.Hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := tables.Harmless(text)
		if !utf8.ValidString(got) || strings.ContainsRune(got, 0) {
			t.Errorf("%q becomes %q, which is no text", text, got)
		}
		if first := strings.TrimLeft(got, " "); first != "" && strings.ContainsAny(first[:1], "=+-@\t\r\n") {
			t.Errorf("%q becomes %q, which begins like a formula", text, got)
		}
	})
}

func TestParquetHoldsWhatTheCSVDoes(t *testing.T) {
	t.Parallel()
	for _, table := range tables.Of(sample.Report(40)) {
		data, err := table.Parquet()
		if err != nil {
			t.Fatal(err)
		}
		file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		if file.NumRows() != int64(len(table.Rows)) {
			t.Errorf("%s: %d rows, want %d", table.Name, file.NumRows(), len(table.Rows))
		}
		for _, c := range table.Columns {
			leaf, ok := file.Schema().Lookup(c.Name)
			if !ok {
				t.Fatalf("%s: no column %s", table.Name, c.Name)
			}
			if c.Type != tables.Amount {
				continue
			}
			if got, want := sumOf(t, file, leaf.ColumnIndex), sumOfCells(&table, c.Name); !got.Equal(want) {
				t.Errorf("%s.%s adds up to %s, want %s", table.Name, c.Name, got, want)
			}
		}
	}
}

func sumOf(t *testing.T, file *parquet.File, column int) (sum decimal.Decimal) {
	t.Helper()
	for _, group := range file.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, 64)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				if v := row[column]; !v.IsNull() {
					unscaled := new(big.Int).SetBytes(v.ByteArray())
					if v.ByteArray()[0]&0x80 != 0 {
						unscaled.Sub(unscaled, new(big.Int).Lsh(big.NewInt(1), 128))
					}
					sum = sum.Add(decimal.NewFromBigInt(unscaled, -12))
				}
			}
			if err != nil {
				break
			}
		}
		_ = rows.Close()
	}
	return sum
}

func sumOfCells(table *tables.Table, name string) (sum decimal.Decimal) {
	for _, row := range table.Rows {
		for i, c := range table.Columns {
			if d, ok := row[i].(decimal.Decimal); ok && c.Name == name {
				sum = sum.Add(d.Round(12))
			}
		}
	}
	return sum
}

func TestANumberThatDoesNotFitIsAnError(t *testing.T) {
	t.Parallel()
	table := tables.Table{Name: "x", Columns: []tables.Column{{Name: "usd", Type: tables.Amount}}, Rows: [][]any{{decimal.New(1, 30)}}}
	if _, err := table.Parquet(); err == nil || !strings.Contains(err.Error(), "column usd") {
		t.Errorf("got %v, want an error that names the column", err)
	}
}
