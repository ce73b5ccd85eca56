package local

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"offpeak/internal/fleet"
)

// savedMembers are the members of a saved snapshot. One of them at the beginning tells it from a listing.
var savedMembers = []string{"format", "taken", "not_checked", "gaps", "resources"}

func isSaved(name string) bool { return slices.Contains(savedMembers, name) }

// savedSnapshot is a saved snapshot being read. What it means is for fleet.ReadSnapshot to say, which is given one resource at a time
// and at the end the rest, so that a snapshot too is held to RecordLimit, and its errors tell their place.
type savedSnapshot struct {
	rest map[string]jsontext.Value
}

func newSavedSnapshot() *savedSnapshot {
	return &savedSnapshot{map[string]jsontext.Value{"resources": jsontext.Value("[]")}}
}

// member reads one member: the resources one by one, anything else to be read at the end.
func (s *savedSnapshot) member(r *reading, name string) error {
	if !isSaved(name) { // encoding/json would take Resources for resources
		return r.fail("", "is not known here (expected one of %s)", strings.Join(savedMembers, ", "))
	}
	if name == "resources" && r.tokens.PeekKind() == jsontext.KindNull {
		return r.skip() // how encoding/json writes no resources at all
	}
	if name == "resources" {
		return r.each(func() error {
			var text jsontext.Value
			if err := r.decode(&text); err != nil {
				return err
			}
			return r.savedResource(text)
		})
	}
	var value jsontext.Value
	if err := r.decode(&value); err != nil {
		return err
	}
	s.rest[name] = value
	if name == "format" && string(value) != fmt.Sprintf("%q", fleet.SnapshotFormat) {
		return r.fail("", "is %s, which is not a snapshot that this offpeak reads (%q)", cut(value, 40), fleet.SnapshotFormat)
	}
	return nil
}

// finish reads the snapshot without its resources, and notes it.
func (s *savedSnapshot) finish(r *reading) error {
	text, err := json.Marshal(s.rest)
	if err != nil {
		return r.fail("", "%w", err)
	}
	snapshot, err := fleet.ReadSnapshot(bytes.NewReader(text))
	if err != nil {
		return r.fail("", "%w", err)
	}
	r.into.saved = append(r.into.saved, savedHeader{r.name, snapshot})
	return nil
}

// savedResource takes in one resource of a saved snapshot.
func (r *reading) savedResource(text jsontext.Value) error {
	alone := fmt.Appendf(nil, `{"format":%q,"taken":"2000-01-01T00:00:00Z","resources":[%s]}`, fleet.SnapshotFormat, text)
	snapshot, err := fleet.ReadSnapshot(bytes.NewReader(alone))
	if err != nil {
		return r.fail("", "read alone: %w", err)
	}
	resource := &snapshot.Resources[0]
	if _, err := r.account("scope.account", resource.Scope.Account); err != nil {
		return r.failIn(err)
	}
	if _, err := r.region("scope.region", resource.Scope.Region); err != nil {
		return r.failIn(err)
	}
	return r.take(resource)
}
