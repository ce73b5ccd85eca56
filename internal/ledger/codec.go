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
var parts = map[State]string{
	Enrolled: "0-enrolled", Gone: "0-gone", Released: "0-released", Returned: "0-returned", Succeeded: "0-succeeded", Interrupted: "0-interrupted",
	Intent: "1-intent", Applied: "2-outcome", Failed: "2-outcome", Verified: "3-verified",
}

// Key returns the key of the object that holds a run's entries of a state:
// ledger/date=2026-11-20/account=111122223333/region=ap-northeast-2/103500Z-<run>-1-intent.jsonl. The date is UTC's.
func Key(run Run, state State) string {
	at := run.At.UTC()
	return fmt.Sprintf("%sdate=%s/account=%s/region=%s/%s-%s-%s.jsonl", root, at.Format(time.DateOnly), run.Scope.Account, run.Scope.Region,
		at.Format("150405Z"), run.ID, parts[state])
}

// ParseKey reads from a key when the run began and of which scope it was; false where it is no key of the ledger.
func ParseKey(key string) (time.Time, fleet.Scope, bool) {
	parts := strings.Split(strings.TrimPrefix(key, root), "/")
	if len(parts) != 4 || !strings.HasPrefix(key, root) {
		return time.Time{}, fleet.Scope{}, false
	}
	date, dated := strings.CutPrefix(parts[0], "date=")
	account, owned := strings.CutPrefix(parts[1], "account=")
	region, placed := strings.CutPrefix(parts[2], "region=")
	clock, _, named := strings.Cut(parts[3], "-")
	at, err := time.Parse(time.DateOnly+"150405Z", date+clock)
	return at, fleet.Scope{Account: fleet.AccountID(account), Region: fleet.Region(region)}, err == nil && dated && owned && placed && named
}

// dayPrefix is the prefix of a UTC day's objects.
func dayPrefix(day time.Time) string { return root + "date=" + day.UTC().Format(time.DateOnly) + "/" }

// scopePrefix is the prefix of a scope's objects of a UTC day; of all scopes' for the zero scope.
func scopePrefix(day time.Time, scope fleet.Scope) string {
	if scope == (fleet.Scope{}) {
		return dayPrefix(day)
	}
	return fmt.Sprintf("%saccount=%s/region=%s/", dayPrefix(day), scope.Account, scope.Region)
}

// Encode writes entries as lines of JSON.
func Encode(entries []Entry) ([]byte, error) {
	const roughly = 1024 // bytes of an entry
	b := bytes.NewBuffer(make([]byte, 0, len(entries)*roughly))
	lines := json.NewEncoder(b) // one for all of them
	for i := range entries {
		if err := entries[i].check(); err != nil {
			return nil, fmt.Errorf("ledger entry of %s: %w", entries[i].Resource, err)
		}
		if err := lines.Encode(&entries[i]); err != nil {
			return nil, fmt.Errorf("ledger entry of %s: %w", entries[i].Resource, err)
		}
	}
	if data := b.Bytes(); cap(data)-len(data) > len(data)/8 {
		return bytes.Clone(data), nil // it may be kept
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
func Decode(key string, data []byte) ([]Entry, []*Damage) { return DecodeBy(key, data, readEntry) }

// DecodeBy is Decode by another reader of JSON, for who reads a million lines. It refuses names that an Entry does not have, as Decode does.
func DecodeBy(key string, data []byte, read func(line []byte, e *Entry) error) ([]Entry, []*Damage) {
	var entries []Entry
	var damages []*Damage
	for offset := 0; offset < len(data); {
		line, rest, ended := bytes.Cut(data[offset:], []byte{'\n'})
		var e Entry
		switch err := decodeLine(line, &e, read); {
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

func decodeLine(line []byte, e *Entry, read func([]byte, *Entry) error) error {
	if err := read(line, e); err != nil {
		return fmt.Errorf("no ledger entry: %w", err)
	}
	return e.check()
}

func readEntry(line []byte, e *Entry) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	return decoder.Decode(e)
}
