package main

import (
	"os"
	"path/filepath"
	"strings"

	"offpeak/internal/billing/export"
)

// openExports opens a bill: a folder with exports, or one CSV file of FOCUS. When the bill is no longer needed done removes what reading it took.
func openExports(name string) (bill *export.Bill, done func(), err error) {
	info, err := os.Stat(name)
	if err != nil || info.IsDir() || !strings.EqualFold(filepath.Ext(name), ".csv") {
		bill, err = export.Open(name)
		return bill, func() {}, err
	}
	scratch, err := os.MkdirTemp("", "offpeak-bill-")
	if err != nil {
		return nil, nil, err
	}
	done = func() { _ = os.RemoveAll(scratch) } // it lies among what the system clears
	if bill, err = export.OpenCSV(name, scratch); err != nil {
		done()
		return nil, nil, err
	}
	return bill, done, nil
}
