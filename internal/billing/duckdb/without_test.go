//go:build !cgo

package duckdb_test

import (
	"errors"
	"testing"

	"offpeak/internal/billing/duckdb"
	"offpeak/internal/billing/export"
)

func TestWithoutCgo(t *testing.T) {
	t.Parallel()
	if _, err := duckdb.Open(&export.Bill{}, "111111111111", duckdb.Options{}); !errors.Is(err, duckdb.ErrNotBuilt) {
		t.Errorf("got %v", err)
	}
}
