package fleet

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Tag is one tag of a resource.
type Tag struct{ Key, Value string }

// Tags are a resource's tags, sorted by key. In JSON they are an object. They are the owner's: offpeak reads them and writes none.
type Tags []Tag

// NewTags sorts tags by key; of a key that stands twice the last is kept.
func NewTags(tags ...Tag) Tags {
	sorted := slices.Clone(tags)
	slices.SortStableFunc(sorted, func(a, b Tag) int { return cmp.Compare(a.Key, b.Key) })
	unique := sorted[:0]
	for _, t := range sorted {
		if n := len(unique); n > 0 && unique[n-1].Key == t.Key {
			unique[n-1] = t
			continue
		}
		unique = append(unique, t)
	}
	return Tags(unique)
}

// Get returns the value of a key, compared exactly as EC2's filters do.
func (t Tags) Get(key string) (string, bool) {
	for i := range t {
		if t[i].Key == key {
			return t[i].Value, true
		}
	}
	return "", false
}

// GetFold returns the value of the first key that is equal when case is ignored, and that key.
func (t Tags) GetFold(key string) (value, asWritten string, ok bool) {
	for i := range t {
		if len(t[i].Key) == len(key) && strings.EqualFold(t[i].Key, key) {
			return t[i].Value, t[i].Key, true
		}
	}
	return "", "", false
}

// MarshalJSON writes the tags as an object, sorted by key.
func (t Tags) MarshalJSON() ([]byte, error) {
	object := make(map[string]string, len(t))
	for _, tag := range t {
		object[tag.Key] = tag.Value
	}
	return json.Marshal(object)
}

// UnmarshalJSON reads an object of strings.
func (t *Tags) UnmarshalJSON(data []byte) error {
	var object map[string]string
	if err := json.Unmarshal(data, &object); err != nil {
		return fmt.Errorf("tags are an object of strings: %w", err)
	}
	if bytes.Equal(data, []byte("null")) {
		*t = nil
		return nil
	}
	tags := make([]Tag, 0, len(object))
	for key, value := range object {
		tags = append(tags, Tag{key, value})
	}
	*t = NewTags(tags...)
	return nil
}

// TagKeys are the keys under which owners write their wishes.
type TagKeys struct {
	Schedule  []string // in the order in which they are named; two that disagree mean no action
	Custodian string   // key whose values are Cloud Custodian off-hours texts, compared without case; empty: none
	Override  string
	Spot      string
	Group     string
	Order     string
	Snapshot  string
}

// DefaultPrefix stands before the keys of offpeak's own tags.
const DefaultPrefix = "offpeak:"

// KeysWithPrefix returns the standard keys under a prefix such as "offpeak:".
func KeysWithPrefix(prefix string) TagKeys {
	return TagKeys{
		Schedule: []string{prefix + "schedule"},
		Override: prefix + "override",
		Spot:     prefix + "spot",
		Group:    prefix + "group",
		Order:    prefix + "order",
		Snapshot: prefix + "snapshot",
	}
}

// OptsIn reports whether tags carry a schedule that is not ignore.
func (k TagKeys) OptsIn(tags Tags) bool {
	for _, key := range k.Schedule {
		if text, ok := tags.Get(key); ok && !strings.EqualFold(strings.TrimSpace(text), TextIgnore) {
			return true
		}
	}
	if k.Custodian == "" {
		return false
	}
	text, _, ok := tags.GetFold(k.Custodian)
	return ok && !strings.EqualFold(strings.Trim(text, "\"' "), "off")
}

// WantsSpot reports whether tags ask for Spot: they carry its key with anything but no and ignore.
func (k TagKeys) WantsSpot(tags Tags) bool {
	text, ok := tags.Get(k.Spot)
	text = strings.TrimSpace(text)
	return ok && k.Spot != "" && text != "" && !strings.EqualFold(text, "no") && !strings.EqualFold(text, TextIgnore)
}
