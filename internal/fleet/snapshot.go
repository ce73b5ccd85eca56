package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Snapshot is everything that was seen at one instant. Plans are made for that instant and for no other.
type Snapshot struct {
	Taken     time.Time
	Resources []Resource
	// NotChecked are facts that the source of this snapshot cannot show, such as stop protection in files.
	NotChecked []string
	// Gaps are what the source left out, in sentences for people.
	Gaps []string
}

// SnapshotFormat marks a saved snapshot, and the version of its form.
const SnapshotFormat = "offpeak-snapshot/1"

// savedSnapshot is the JSON form of a snapshot.
type savedSnapshot struct {
	Format     string     `json:"format"`
	Taken      time.Time  `json:"taken"`
	NotChecked []string   `json:"not_checked,omitempty"`
	Gaps       []string   `json:"gaps,omitempty"`
	Resources  []Resource `json:"resources"`
}

// Sort puts the resources into the order of Resource.Compare.
func (s *Snapshot) Sort() {
	slices.SortFunc(s.Resources, func(a, b Resource) int { return a.Compare(&b) })
}

// MarshalJSON writes the snapshot with its format and version; it reads back to an equal value.
func (s Snapshot) MarshalJSON() ([]byte, error) {
	resources := s.Resources
	if resources == nil {
		resources = []Resource{}
	}
	return json.Marshal(savedSnapshot{SnapshotFormat, s.Taken.UTC(), s.NotChecked, s.Gaps, resources})
}

// ReadSnapshot reads a snapshot written by MarshalJSON, and refuses other formats, unknown fields and trailing text.
func ReadSnapshot(r io.Reader) (Snapshot, error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	var saved savedSnapshot
	if err := decoder.Decode(&saved); err != nil {
		return Snapshot{}, fmt.Errorf("read snapshot: %w", err)
	}
	if saved.Format != SnapshotFormat {
		return Snapshot{}, fmt.Errorf("read snapshot: its format is %.40q, this offpeak reads %q", saved.Format, SnapshotFormat)
	}
	if saved.Taken.IsZero() {
		return Snapshot{}, errors.New("read snapshot: $.taken is missing (an RFC 3339 instant)")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Snapshot{}, errors.New("read snapshot: text follows the snapshot")
	}
	for i := range saved.Resources {
		r := &saved.Resources[i]
		if r.ID == "" || r.ARN == "" || r.Kind == 0 {
			return Snapshot{}, fmt.Errorf("read snapshot: $.resources[%d] lacks id, arn or kind", i)
		}
		if _, err := ParseAccountID(string(r.Scope.Account)); err != nil {
			return Snapshot{}, fmt.Errorf("read snapshot: $.resources[%d].scope.account: %w", i, err)
		}
	}
	return Snapshot{saved.Taken, saved.Resources, saved.NotChecked, saved.Gaps}, nil
}
