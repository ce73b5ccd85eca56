package policy

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"
)

// member is one key of a mapping and its value.
type member struct {
	value
	key  string
	name value // the key's own place
}

// members returns the keys and values of a mapping in the order of the file; what is wrong with it as a mapping is reported.
func (v value) members() []member {
	if v.empty() {
		return nil
	}
	if v.node.Kind != yaml.MappingNode {
		v.wrong("expected keys with values, found "+v.kind(), "write key: value")
		return nil
	}
	seen := map[string]int{}
	var list []member
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key, node := v.node.Content[i], v.node.Content[i+1]
		name := value{v.reader, key, v.path}
		if key.Kind != yaml.ScalarNode {
			name.wrong("a key is "+name.kind(), "a key is a text")
			continue
		}
		name.path = join(v.path, key.Value)
		if line, twice := seen[key.Value]; twice {
			name.wrong(fmt.Sprintf("stands twice, first on line %d", line), "")
			continue
		}
		seen[key.Value] = key.Line
		list = append(list, member{value{v.reader, node, name.path}, key.Value, name})
	}
	return list
}

// join appends a key to a path. Keys that would read as something else are quoted.
func join(path, key string) string {
	if key == "" || strings.ContainsAny(key, ".[]\"\\: \n\t") {
		key = fmt.Sprintf("%q", clip(key))
	}
	if path == "" {
		return clip(key)
	}
	return path + "." + clip(key)
}

// field is a key that a mapping may have, and how its value is read into a T.
type field[T any] struct {
	key  string
	read func(*T, value)
}

// fields are all keys of a mapping, in the order in which they are to be read, whatever the order of the file.
type fields[T any] []field[T]

func (fs fields[T]) keys() []string {
	keys := make([]string, len(fs))
	for i, f := range fs {
		keys[i] = f.key
	}
	return keys
}

// read reads a mapping into a T, and returns the place of every known key that it holds.
func (fs fields[T]) read(into *T, v value) map[string]value {
	found := map[string]value{}
	for _, m := range v.members() {
		found[m.key] = m.value
		if !fs.know(m.key) {
			m.name.unknown("unknown key", m.key, fs.keys())
			delete(found, m.key)
		}
	}
	for _, f := range fs {
		if v, ok := found[f.key]; ok {
			f.read(into, v)
		}
	}
	return found
}

func (fs fields[T]) know(key string) bool {
	for _, f := range fs {
		if f.key == key {
			return true
		}
	}
	return false
}

// unknown reports a text that is none of the known ones, with the nearest of them, or all if they are few.
func (v value) unknown(what, text string, known []string) {
	if v.problems.full() {
		v.wrong(what, "")
		return
	}
	switch near := v.nearest(text, known); {
	case near != "":
		v.wrong(what, "did you mean "+near+"?")
	case len(known) > 0 && len(known) <= fewNames:
		v.wrong(what, "known: "+strings.Join(known, ", "))
	default:
		v.wrong(what, "")
	}
}

// Up to how many names an error lists, and up to how many are searched for the nearest.
const (
	fewNames  = 20
	manyNames = 2000
)

// nearest returns the name that a text was probably meant to be, empty where none is like it.
func (*reader) nearest(text string, names []string) string {
	text = fold(clip(text))
	best, distance := "", max(1, len(text)/3)+1
	if len(text) < 3 {
		distance = 1 // of two letters, one is too much to guess
	}
	for i, name := range names {
		if i == manyNames {
			break
		}
		folded := fold(name)
		if gap := len(folded) - len(text); gap >= distance || -gap >= distance {
			continue
		}
		if d := levenshtein.ComputeDistance(text, folded); d < distance {
			best, distance = name, d
		}
	}
	return best
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "", ".", "")

// fold makes spellings comparable that differ in case and in how words are joined: stopAfter, stop-after, stop_after.
func fold(name string) string { return separators.Replace(strings.ToLower(name)) }
