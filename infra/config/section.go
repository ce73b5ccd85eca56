package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"offpeak/internal/spelling"
	"offpeak/scheduler/zone"
)

// problems are everything that is wrong.
type problems struct{ errs []error }

func (p *problems) add(key, text string) {
	p.errs = append(p.errs, fmt.Errorf("cdk.json, %s.%s: %s", Key, key, text))
}

// section is an object of the context that is being read.
type section struct {
	path     string
	values   map[string]any
	seen     map[string]bool // keys that there are, whether they stand in it or not
	bad      map[string]bool // keys of which something was wrong
	problems *problems
}

func (s *section) complain(key, text string) {
	if s.bad == nil {
		s.bad = map[string]bool{}
	}
	s.bad[key] = true
	s.problems.errs = append(s.problems.errs, fmt.Errorf("cdk.json, %s.%s: %s", s.path, key, text))
}

// take returns the value of a key; false where there is none. Null is none.
func (s *section) take(key string) (any, bool) {
	s.seen[key] = true
	v, ok := s.values[key]
	return v, ok && v != nil
}

// done complains about keys that there are not.
func (s *section) done() {
	known := slices.Collect(maps.Keys(s.seen))
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		if s.seen[key] {
			continue
		}
		say := "take it out"
		if near := spelling.Nearest(key, known); near != "" {
			say = "did you mean " + near + "?"
		}
		s.complain(key, "there is no such key: "+say)
	}
}

func (s *section) text(key, otherwise string, f form) string {
	v, ok := s.take(key)
	if !ok {
		return otherwise
	}
	text, ok := v.(string)
	if !ok {
		s.complain(key, fmt.Sprintf("is %s: say it between quotes", kind(v)))
		return otherwise
	}
	if text == "" {
		return otherwise
	}
	if wrong := f(text); wrong != "" {
		s.complain(key, fmt.Sprintf("%q: %s", text, wrong))
		return otherwise
	}
	return text
}

func (s *section) list(key string, otherwise []string, f form) []string {
	v, ok := s.take(key)
	if !ok {
		return otherwise
	}
	values, ok := v.([]any)
	if !ok {
		s.complain(key, fmt.Sprintf(`is %s: say a list, such as ["…"]`, kind(v)))
		return otherwise
	}
	list := []string{}
	for _, v := range values {
		text, ok := v.(string)
		switch {
		case !ok:
			s.complain(key, fmt.Sprintf("holds %s: say it between quotes", kind(v)))
		case slices.Contains(list, text):
			s.complain(key, fmt.Sprintf("%q stands there twice", text))
		case text == "" || f(text) != "":
			s.complain(key, fmt.Sprintf("%q: %s", text, f(text)))
		default:
			list = append(list, text)
		}
	}
	return list
}

// boolean is false where nothing is said.
func (s *section) boolean(key string) bool {
	v, ok := s.take(key)
	if !ok {
		return false
	}
	b, ok := v.(bool)
	if !ok {
		s.complain(key, fmt.Sprintf("is %s: say true or false, without quotes", kind(v)))
	}
	return b
}

func (s *section) number(key string, otherwise, least, most int) int {
	v, ok := s.take(key)
	if !ok {
		return otherwise
	}
	n, ok := v.(float64)
	if i, isInt := v.(json.Number); isInt {
		f, err := i.Float64()
		n, ok = f, err == nil
	}
	if !ok || n != math.Trunc(n) || n < float64(least) || n > float64(most) {
		s.complain(key, fmt.Sprintf("is %s: say a whole number from %d to %d, without quotes", kind(v), least, most))
		return otherwise
	}
	return int(n)
}

// texts reads an object of texts.
func (s *section) texts(key string) map[string]string {
	out := map[string]string{}
	in := s.section(key)
	if in == nil {
		return out
	}
	for _, name := range slices.Sorted(maps.Keys(in.values)) {
		if wrong := tagKey(name); wrong != "" {
			in.complain(name, wrong)
			in.seen[name] = true
			continue
		}
		out[name] = in.text(name, "", tagValue)
	}
	in.done()
	return out
}

func (s *section) section(key string) *section {
	v, ok := s.take(key)
	if !ok {
		return nil
	}
	values, ok := v.(map[string]any)
	if !ok {
		s.complain(key, fmt.Sprintf("is %s: say an object", kind(v)))
		return nil
	}
	return &section{path: s.path + "." + key, values: values, seen: map[string]bool{}, problems: s.problems}
}

func (s *section) zone(key string) *time.Location {
	name := s.text(key, "UTC", func(text string) string {
		if _, err := zone.Load(text); err != nil {
			return err.Error()
		}
		return ""
	})
	location, err := zone.Load(name)
	if err != nil {
		return time.UTC // it was complained about
	}
	return location
}

// protected reads tags and their values, in the order of the keys.
func (s *section) protected(key string) []ProtectedTag {
	in := s.section(key)
	if in == nil {
		return nil
	}
	var out []ProtectedTag
	for _, name := range slices.Sorted(maps.Keys(in.values)) {
		if wrong := tagKey(name); wrong != "" {
			in.seen[name] = true
			in.complain(name, wrong)
			continue
		}
		values := in.list(name, nil, tagValue)
		if len(values) == 0 && !in.bad[name] {
			in.complain(name, `lists no value: say ["prod", "prd"]`)
		}
		out = append(out, ProtectedTag{name, values})
	}
	in.done()
	return out
}

// kind says what a value of JSON is.
func kind(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("the text %.60q", v)
	case float64:
		return fmt.Sprintf("the number %v", v)
	case bool:
		return fmt.Sprintf("the word %v", v)
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("%v", v)
}
