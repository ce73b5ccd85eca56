package local

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"offpeak/internal/fleet"
)

// savedMembers are the members of a saved snapshot. One of them at the beginning tells it from a listing.
var savedMembers = []string{"format", "taken", "not_checked", "gaps", "resources"}

func isSaved(name string) bool { return slices.Contains(savedMembers, name) }

// savedSnapshot reads the rest of a saved snapshot whose first member's name was read. What it means is for fleet.ReadSnapshot to say,
// which is given one resource at a time, so that a snapshot is held to RecordLimit as listings are.
func (r *reading) savedSnapshot(first string) error {
	header := map[string]jsontext.Value{"resources": jsontext.Value("[]")}
	for name := first; ; {
		if err := r.savedMember(name, header); err != nil {
			return err
		}
		if !r.more(jsontext.KindEndObject) {
			break
		}
		var err error
		if name, err = r.memberName("$"); err != nil {
			return err
		}
	}
	if err := r.leave("$"); err != nil {
		return err
	}
	text, err := json.Marshal(header)
	if err != nil {
		return r.fail("$", "%w", err)
	}
	snapshot, err := fleet.ReadSnapshot(bytes.NewReader(text))
	if err != nil {
		return r.fail("$", "%w", err)
	}
	r.into.saved = append(r.into.saved, savedHeader{r.name, snapshot})
	return nil
}

// savedMember reads one member: the resources one by one, anything else into the header.
func (r *reading) savedMember(name string, header map[string]jsontext.Value) error {
	path := "$" + step(name)
	if name == "resources" {
		return r.each(path, func(at string) error {
			var text jsontext.Value
			if err := r.decode(at, &text); err != nil {
				return err
			}
			return r.savedResource(at, text)
		})
	}
	var value jsontext.Value
	if err := r.decode(path, &value); err != nil {
		return err
	}
	header[name] = value
	if name == "format" && string(value) != fmt.Sprintf("%q", fleet.SnapshotFormat) {
		return r.fail(path, "is %s, and not a snapshot that this offpeak reads (%q)", cut(value, 40), fleet.SnapshotFormat)
	}
	return nil
}

// savedResource takes in one resource of a saved snapshot.
func (r *reading) savedResource(at string, text jsontext.Value) error {
	alone := fmt.Appendf(nil, `{"format":%q,"taken":"2000-01-01T00:00:00Z","resources":[%s]}`, fleet.SnapshotFormat, text)
	snapshot, err := fleet.ReadSnapshot(bytes.NewReader(alone))
	if err != nil {
		return r.fail(at, "read alone: %w", err)
	}
	resource := &snapshot.Resources[0]
	if _, err := r.account("scope.account", resource.Scope.Account); err != nil {
		return r.failIn(at, err)
	}
	if _, err := r.region("scope.region", resource.Scope.Region); err != nil {
		return r.failIn(at, err)
	}
	return r.take(at, resource)
}
