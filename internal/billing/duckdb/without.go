//go:build !cgo

package duckdb

import (
	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
)

// Engine is a billing.Engine that cannot be had without cgo.
type Engine struct{ billing.Engine }

// Open gives ErrNotBuilt.
func Open(*export.Bill, fleet.AccountID, Options) (*Engine, error) { return nil, ErrNotBuilt }

// BuiltIn says whether the program has a DuckDB.
const BuiltIn = false

// Close does nothing.
func (*Engine) Close() error { return nil }
