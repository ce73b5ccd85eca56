//go:build cgo

package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/fleet"
)

// BuiltIn says whether the program has a DuckDB.
const BuiltIn = true

// Engine is a billing.Engine over the exports of one payer.
type Engine struct {
	db      *sql.DB
	dialect query.Dialect
	version string
	temp    string
	has     map[export.Table]bool
	months  billing.Months
	rows    map[export.Table]int64
}

// Open readies the deliveries of one payer. Close the engine when it is no longer needed.
func Open(bill *export.Bill, payer fleet.AccountID, o Options) (*Engine, error) {
	e := &Engine{months: monthsOf(bill, payer), dialect: query.DuckDB(), has: map[export.Table]bool{}, rows: map[export.Table]int64{}}
	err := e.open(o)
	if err == nil {
		err = e.prepare(bill, payer)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open DuckDB over the bill of %s: %w", payer, err), e.Close())
	}
	return e, nil
}

// open starts the database with its bounds.
func (e *Engine) open(o Options) (err error) {
	if o.Threads <= 0 {
		o.Threads = defaultThreads
	}
	if o.MemoryMB <= 0 {
		o.MemoryMB = defaultMemoryMB
	}
	if e.temp, err = os.MkdirTemp(o.Temp, "offpeak-duckdb-"); err != nil {
		return err
	}
	settings := []string{
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		fmt.Sprintf("SET threads = %d", o.Threads),
		fmt.Sprintf("SET memory_limit = '%dMB'", o.MemoryMB),
		"SET temp_directory = " + literal(e.temp),
		"SET TimeZone = 'UTC'",
		// Rows that are not ordered by the text come in any order; keeping the file's would cost memory.
		"SET preserve_insertion_order = false",
	}
	connector, err := duckdb.NewConnector("", func(execer driver.ExecerContext) error {
		for _, s := range settings {
			if _, err := execer.ExecContext(context.Background(), s, nil); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	e.db = sql.OpenDB(connector)
	e.db.SetMaxOpenConns(1)
	return e.db.QueryRow("SELECT version()").Scan(&e.version)
}

// prepare defines the macros and the views, and then shuts everything but the bill's files away.
func (e *Engine) prepare(bill *export.Bill, payer fleet.AccountID) error {
	statements := e.dialect.Definitions()
	var paths []string
	for _, view := range []struct {
		name    string
		table   export.Table
		columns []query.Column
	}{{"focus", export.FOCUS, query.FocusColumns()}, {"cur", export.CUR2, query.CURColumns()}} {
		text, files, err := e.view(bill, payer, view.table, view.columns)
		if err != nil {
			return err
		}
		if text == "" {
			continue
		}
		e.has[view.table] = true
		paths = append(paths, files...)
		statements = append(statements, "CREATE VIEW "+view.name+" AS\n"+text)
	}
	if err := e.run(statements); err != nil {
		return err
	}
	return e.shut(paths)
}

// shut leaves the database nothing but the files that it was opened for.
func (e *Engine) shut(paths []string) error {
	return e.run([]string{"SET allowed_paths = " + list(paths), "SET enable_external_access = false", "SET lock_configuration = true"})
}

func (e *Engine) run(statements []string) error {
	for _, s := range statements {
		if _, err := e.db.Exec(s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// Months implements billing.Engine.
func (e *Engine) Months() billing.Months { return e.months }

func monthsOf(bill *export.Bill, payer fleet.AccountID) (m billing.Months) {
	for _, d := range bill.Deliveries {
		switch {
		case d.Payer != payer:
		case d.Table == export.FOCUS:
			m.FOCUS = append(m.FOCUS, d.Month)
		case d.Table == export.CUR2:
			m.CUR = append(m.CUR, d.Month)
		}
	}
	return m
}

// view is the union of a table's deliveries, each with its partition; empty if there are none.
func (e *Engine) view(bill *export.Bill, payer fleet.AccountID, table export.Table, columns []query.Column) (text string, paths []string, err error) {
	var parts []string
	for _, d := range bill.Deliveries {
		if d.Table != table || d.Payer != payer {
			continue
		}
		e.rows[table] += d.Rows
		var files []string
		for _, f := range d.Files {
			files = append(files, f.Path)
		}
		source := "read_parquet(" + list(files) + ", union_by_name = true, hive_partitioning = false)"
		present, err := e.types(source)
		if err != nil {
			return "", nil, err
		}
		parts = append(parts, selected(d.Month.Format("2006-01"), source, columns, present))
		paths = append(paths, files...)
	}
	return strings.Join(parts, "\nUNION ALL\n"), paths, nil
}

// types are the types of a relation's columns, by name in small letters.
func (e *Engine) types(source string) (map[string]string, error) {
	rows, err := e.db.Query("SELECT lower(column_name), column_type FROM (DESCRIBE SELECT * FROM " + source + ")")
	if err != nil {
		return nil, err
	}
	types := map[string]string{}
	for rows.Next() && err == nil {
		var name, kind string
		err = rows.Scan(&name, &kind)
		types[name] = kind
	}
	return types, errors.Join(err, rows.Err(), rows.Close())
}

// selected reads the columns that the texts know: timestamps in UTC whatever they are stored as, and null for what is not there.
func selected(month, source string, columns []query.Column, present map[string]string) string {
	parts := []string{literal(month) + " AS billing_period"}
	for _, c := range columns {
		kind := present[strings.ToLower(c.Name)]
		switch {
		case c.Type == query.Moment && strings.HasPrefix(kind, query.Moment):
			// A cast of a timestamp with zone asks a calendar for each row; this is the same at a fiftieth of the cost.
			parts = append(parts, fmt.Sprintf("make_timestamp(epoch_us(%s)) AS %s", c.Name, c.Name))
		case kind == c.Type:
			parts = append(parts, c.Name)
		case kind == "" && present[strings.ToLower(query.InsteadOf(c.Name))] == c.Type:
			parts = append(parts, query.InsteadOf(c.Name)+" AS "+c.Name)
		default:
			parts = append(parts, fmt.Sprintf("CAST(NULL AS %s) AS %s", c.Type, c.Name))
		}
	}
	return "SELECT\n  " + strings.Join(parts, ",\n  ") + "\nFROM " + source
}

// Name is DuckDB with its version.
func (e *Engine) Name() string { return "DuckDB " + e.version }

// Close ends the database and removes what it wrote.
func (e *Engine) Close() error {
	var err error
	if e.db != nil {
		err = e.db.Close()
	}
	if e.temp != "" {
		err = errors.Join(err, os.RemoveAll(e.temp))
	}
	return err
}

// check refuses what cannot be asked.
func (e *Engine) check(table export.Table, p billing.Period) error {
	if err := query.Check(p); err != nil {
		return err
	}
	if !e.has[table] {
		return fmt.Errorf("%w: %s; set it up in AWS Data Exports, hourly and with resources", billing.ErrNoExport, table)
	}
	return nil
}

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = literal(t)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
