package compact

import (
	"github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"offpeak/internal/ledger"
)

// linesOf reads the lines of an object as ledger.Decode does, in a quarter of its time: a quarter's ledger may have a million of them. The functions that act read few
// lines and do without the larger program.
func linesOf(key string, data []byte) ([]ledger.Entry, []*ledger.Damage) {
	return ledger.DecodeBy(key, data, func(line []byte, e *ledger.Entry) error { return readJSON(line, e) })
}

// readJSON reads an entry, or a part of one, as the ledger writes it: names that are not known are an error, durations are nanoseconds.
func readJSON(data []byte, into any) error {
	return json.Unmarshal(data, into, json.RejectUnknownMembers(true), jsonv1.FormatDurationAsNano(true))
}
