// Package jsonwords says in words what stands in a JSON document, and where: for messages to people who have written or listed it.
//
// In go the kinds and pointers of package jsontext; out come texts. It reads nothing.
package jsonwords

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Kind is what a value is.
func Kind(k jsontext.Kind) string {
	switch k {
	case jsontext.KindNull:
		return "null"
	case jsontext.KindFalse, jsontext.KindTrue:
		return "true or false"
	case jsontext.KindString:
		return "text"
	case jsontext.KindNumber:
		return "a number"
	case jsontext.KindBeginObject:
		return "an object"
	case jsontext.KindBeginArray:
		return "a list"
	default:
		return "something else"
	}
}

// Path writes a JSON pointer the way people know it from jq and JSONPath: $.Reservations[3].Instances[0].State.Name.
func Path(p jsontext.Pointer) string {
	path := strings.Builder{}
	path.WriteByte('$')
	for token := range p.Tokens() {
		if _, err := strconv.ParseUint(token, 10, 32); err == nil {
			path.WriteString("[" + token + "]")
			continue
		}
		path.WriteString(step(token))
	}
	return path.String()
}

// step writes one member's name as it continues a path.
func step(name string) string {
	plain := name != "" && len(name) <= 60 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
	if plain {
		return "." + name
	}
	return fmt.Sprintf("[%.60q]", name)
}
