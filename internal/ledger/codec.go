package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"offpeak/internal/fleet"
)

// root stands before the keys of all ledger objects.
const root = "ledger/"

// part orders the objects of one run: what was written later sorts later.
var parts = map[State]string{Intent: "1-intent", Applied: "2-outcome", Failed: "2-outcome", Verified: "3-verified", Enrolled: "0-enrolled"}

// Key returns the key of the object that holds a run's entries of a state:
// ledger/date=2026-11-20/account=111122223333/region=ap-northeast-2/103500Z-<run>-1-intent.jsonl. The date is UTC's.
func Key(run Run, state State) string {
	at := run.At.UTC()
	return fmt.Sprintf("%sdate=%s/account=%s/region=%s/%s-%s-%s.jsonl", root, at.Format(time.DateOnly), run.Scope.Account, run.Scope.Region,
		at.Format("150405Z"), run.ID, parts[state])
}

// dayPrefix is the prefix of a UTC day's objects.
func dayPrefix(day time.Time) string { return root + "date=" + day.UTC().Format(time.DateOnly) + "/" }

// ofScope reports whether a key belongs to a scope.
func ofScope(key string, scope fleet.Scope) bool {
	return strings.Contains(key, fmt.Sprintf("/account=%s/region=%s/", scope.Account, scope.Region))
}

// Encode writes entries as lines of JSON.
func Encode(entries []Entry) ([]byte, error) {
	var b bytes.Buffer
	for _, e := range entries {
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("ledger entry of %s: %w", e.Resource, err)
		}
		line, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("ledger entry of %s: %w", e.Resource, err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// Damage is a place of the ledger that cannot be read.
type Damage struct {
	Key    string
	Offset int // bytes from the object's begin
	What   string
}

// Error names object and offset.
func (d *Damage) Error() string { return fmt.Sprintf("%s: at byte %d: %s", d.Key, d.Offset, d.What) }

// Decode reads the entries of an object. Lines that cannot be read, a last one without its end among them, are reported as *Damage and the
// others are read.
func Decode(key string, data []byte) ([]Entry, []*Damage) {
	var entries []Entry
	var damages []*Damage
	for offset := 0; offset < len(data); {
		line, rest, ended := bytes.Cut(data[offset:], []byte{'\n'})
		var e Entry
		switch err := decodeLine(line, &e); {
		case !ended:
			damages = append(damages, &Damage{key, offset, "the last line is cut off"})
		case err != nil:
			damages = append(damages, &Damage{key, offset, err.Error()})
		default:
			entries = append(entries, e)
		}
		offset = len(data) - len(rest)
		if !ended {
			break
		}
	}
	return entries, damages
}

func decodeLine(line []byte, e *Entry) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(e); err != nil {
		return fmt.Errorf("no ledger entry: %w", err)
	}
	return e.check()
}
