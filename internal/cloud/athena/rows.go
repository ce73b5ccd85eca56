package athena

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/cloud"
)

// field reads one value of a row from Athena's text.
type field func(text string) error

// word reads text of any kind.
func word[S ~string](into *S) field {
	return func(text string) error { *into = S(text); return nil }
}

// exact reads a decimal without loss.
func exact(into *decimal.Decimal) field {
	return func(text string) (err error) {
		*into, err = decimal.NewFromString(text)
		return err
	}
}

// instant reads a timestamp, which has no zone and means UTC.
func instant(into *time.Time) field {
	return func(text string) (err error) {
		*into, err = time.ParseInLocation("2006-01-02 15:04:05", text, time.UTC) // a fraction may follow
		return err
	}
}

// count reads a whole number.
func count(into *int64) field {
	return func(text string) (err error) {
		*into, err = strconv.ParseInt(text, 10, 64)
		return err
	}
}

// truth reads a boolean.
func truth(into *bool) field {
	return func(text string) (err error) {
		*into, err = strconv.ParseBool(text)
		return err
	}
}

// ask runs a text and gives its rows as they come, a page at a time.
func ask[T any](ctx context.Context, e *Engine, table export.Table, p billing.Period, text func(billing.Period) string, fields func(*T) []field) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := e.check(table, p); err != nil {
			yield(none, err)
			return
		}
		if !e.delivered(table, p) {
			return // as in every engine; and a query that reads nothing costs as much as one that reads ten megabytes
		}
		statement := text(p)
		id, err := e.run(ctx, statement)
		if err != nil {
			yield(none, err)
			return
		}
		for values, err := range e.results(ctx, id) {
			var row T
			if err == nil {
				err = fill(fields(&row), values)
			}
			if err != nil {
				yield(none, e.failed(ctx, statement, err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// all collects rows.
func all[T any](rows iter.Seq2[T, error]) ([]T, error) {
	var list []T
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, nil
}

// values are a row's, by column.
type values struct {
	names []string
	data  []types.Datum
}

// fill fills a row's fields. No text of package query gives null.
func fill(fields []field, v values) error {
	if len(v.data) != len(fields) {
		return fmt.Errorf("a row has %d values, and the question %d", len(v.data), len(fields))
	}
	for i, into := range fields {
		text := v.data[i].VarCharValue
		if text == nil {
			return fmt.Errorf("column %s is null", v.name(i))
		}
		if err := into(*text); err != nil {
			return fmt.Errorf("column %s: %.60q: %w", v.name(i), *text, err)
		}
	}
	return nil
}

func (v values) name(i int) string {
	if i < len(v.names) {
		return v.names[i]
	}
	return strconv.Itoa(i + 1)
}

// results are the rows of a query. The first row of the first page repeats the columns' names, in Athena's answers to SELECT.
func (e *Engine) results(ctx context.Context, id string) iter.Seq2[values, error] {
	return func(yield func(values, error) bool) {
		pages := athena.NewGetQueryResultsPaginator(e.client, &athena.GetQueryResultsInput{QueryExecutionId: &id})
		for first := true; pages.HasMorePages(); first = false {
			page, err := pages.NextPage(ctx)
			switch {
			case err != nil:
				yield(values{}, fmt.Errorf("read the rows of query %s: %w", id, cloud.Classify(err)))
				return
			case page.ResultSet == nil:
				yield(values{}, fmt.Errorf("read the rows of query %s: AWS says nothing of them", id))
				return
			}
			names := columns(page.ResultSet.ResultSetMetadata)
			rows := page.ResultSet.Rows
			if first && len(rows) > 0 && isHeader(rows[0].Data, names) {
				rows = rows[1:]
			}
			for _, row := range rows {
				if !yield(values{names, row.Data}, nil) {
					return
				}
			}
		}
	}
}

func columns(m *types.ResultSetMetadata) (names []string) {
	if m == nil {
		return nil
	}
	for _, c := range m.ColumnInfo {
		names = append(names, aws.ToString(c.Name))
	}
	return names
}

func isHeader(row []types.Datum, names []string) bool {
	return slices.EqualFunc(row, names, func(d types.Datum, name string) bool { return aws.ToString(d.VarCharValue) == name })
}
