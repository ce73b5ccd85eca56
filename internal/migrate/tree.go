package migrate

import (
	"fmt"
	"slices"
	"strings"
)

// kind is what stands at a place of a configuration.
type kind uint8

const (
	nothingKind kind = iota
	textKind
	numberKind
	booleanKind
	listKind
	mappingKind
)

// describe says in words what stands there.
func (k kind) describe() string {
	return [...]string{"nothing", "a text", "a number", "true or false", "a list", "a mapping"}[k]
}

// node is a place of a configuration, whether it was written in JSON or in YAML. Scalars keep the text that was written.
type node struct {
	kind    kind
	text    string
	plain   bool // written without quotes
	members []member
	list    []*node
}

// member is a key of a mapping and its value.
type member struct {
	key   string
	value *node
}

// get returns the value of a key, nil where there is none.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, m := range n.members {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// scalar reports whether the node is a single text, number, true or false.
func (n *node) scalar() bool {
	return n.kind == textKind || n.kind == numberKind || n.kind == booleanKind
}

// only returns the one member of a mapping that has just one.
func (n *node) only() (member, bool) {
	if n.kind != mappingKind || len(n.members) != 1 {
		return member{}, false
	}
	return n.members[0], true
}

// flag reads true and false.
func (n *node) flag() (value, ok bool) {
	if n.kind != textKind && n.kind != booleanKind {
		return false, false
	}
	switch strings.ToLower(n.text) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// texts reads a list of texts, or the one text that stands for a list joined by commas.
func (n *node) texts() ([]string, error) {
	switch {
	case n.kind == textKind && n.text == "":
		return []string{}, nil
	case n.scalar():
		return strings.Split(n.text, ","), nil
	case n.kind != listKind:
		return nil, fmt.Errorf("expected a list of texts, found %s", n.kind.describe())
	}
	texts := make([]string, len(n.list))
	for i, element := range n.list {
		if !element.scalar() {
			return nil, fmt.Errorf("expected a list of texts, found %s in it", element.kind.describe())
		}
		texts[i] = element.text
	}
	return texts, nil
}

// keys returns the keys of a mapping.
func (n *node) keys() []string {
	keys := make([]string, len(n.members))
	for i, m := range n.members {
		keys[i] = m.key
	}
	return keys
}

// has reports whether a mapping has one of some keys.
func (n *node) has(keys ...string) bool {
	return n.kind == mappingKind && slices.ContainsFunc(keys, func(key string) bool { return n.get(key) != nil })
}
