// Package duckdb answers the questions of package billing by SQL, in a DuckDB that is part of the program.
//
// In goes a bill that was opened, out come its rows. The database lives in memory, reads the bill's files and nothing else, writes nothing but what does not fit
// into its memory, and neither loads extensions nor uses the network. It needs cgo: a program that was built without it gets an error that says so, and package
// recount answers the same questions. The texts are those of package query.
package duckdb

import "errors"

// Options bound what the database uses. The zero value is two threads and 400 MB.
type Options struct {
	Threads  int
	MemoryMB int
	// Temp is a folder for what does not fit into memory, created and removed by the engine beneath it; empty is the system's.
	Temp string
}

const (
	defaultThreads  = 2
	defaultMemoryMB = 400
)

// ErrNotBuilt says that the program was built without cgo.
var ErrNotBuilt = errors.New("this program was built without cgo and has no DuckDB, only plain Go (--engine go): build it with CGO_ENABLED=1 and a C compiler")
