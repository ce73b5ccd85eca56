package tables

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/shopspring/decimal"
)

// Decimals of Parquet are DECIMAL(38,12): rounded half away from zero at the twelfth place, as wide as Athena and DuckDB read. The JSON of a report
// has them exact.
const (
	precision = 38
	scale     = 12
	width     = 16
)

// Parquet writes the table, compressed with Snappy. Every column is optional; amounts and numbers are DECIMAL(38,12), instants timestamps in milliseconds of
// UTC.
func (t *Table) Parquet() ([]byte, error) {
	group := parquet.Group{}
	for _, c := range t.Columns {
		group[c.Name] = parquet.Optional(parquet.Compressed(nodeOf(c.Type), &parquet.Snappy))
	}
	schema := parquet.NewSchema(t.Name, group)
	// Columns of a group are in the order of their names, whatever that of the table.
	order := make([]int, len(t.Columns))
	for at, column := range schema.Columns() {
		order[at] = slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == column[0] })
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[any](&out, schema, parquet.CreatedBy("offpeak", "1", "report"))
	rows := make([]parquet.Row, 0, len(t.Rows))
	for n, cells := range t.Rows {
		row := make(parquet.Row, len(order))
		for at, i := range order {
			value, err := valueOf(cells[i])
			if err != nil {
				return nil, fmt.Errorf("table %s, row %d, column %s: %w", t.Name, n+1, t.Columns[i].Name, err)
			}
			defined := 1
			if value.IsNull() {
				defined = 0
			}
			row[at] = value.Level(0, defined, at)
		}
		rows = append(rows, row)
	}
	if _, err := w.WriteRows(rows); err != nil {
		return nil, fmt.Errorf("table %s: %w", t.Name, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("table %s: %w", t.Name, err)
	}
	return out.Bytes(), nil
}

func nodeOf(t Type) parquet.Node {
	switch t {
	case Instant:
		return parquet.Timestamp(parquet.Millisecond)
	case Count:
		return parquet.Int(64)
	case Amount, Number:
		return parquet.Decimal(scale, precision, parquet.FixedLenByteArrayType(width))
	default:
		return parquet.String()
	}
}

func valueOf(cell any) (parquet.Value, error) {
	switch v := cell.(type) {
	case nil:
		return parquet.NullValue(), nil
	case string:
		return parquet.ByteArrayValue([]byte(v)), nil
	case time.Time:
		return parquet.Int64Value(v.UnixMilli()), nil
	case int64:
		return parquet.Int64Value(v), nil
	case decimal.Decimal:
		return decimalValue(v)
	default:
		return parquet.Value{}, fmt.Errorf("a %T is no cell", cell)
	}
}

// decimalValue is the number's unscaled value, big-endian in two's complement.
func decimalValue(d decimal.Decimal) (parquet.Value, error) {
	unscaled := d.Round(scale).Shift(scale).BigInt()
	if len(new(big.Int).Abs(unscaled).Text(10)) > precision {
		return parquet.Value{}, fmt.Errorf("%s has more than %d digits", d, precision)
	}
	if unscaled.Sign() < 0 {
		unscaled.Add(unscaled, new(big.Int).Lsh(big.NewInt(1), 8*width))
	}
	return parquet.FixedLenByteArrayValue(unscaled.FillBytes(make([]byte, width))), nil
}
