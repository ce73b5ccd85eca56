// Package schema describes the JSON of a report as JSON Schema, draft 2020-12.
//
// It is made from the types of package reports, so it cannot say otherwise than they are written: amounts and decimals are strings, instants RFC 3339, and an
// object has no field that is not listed. The package reads no file.
package schema

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/money"
	"offpeak/reports"
)

// ID names the schema.
const ID = "urn:offpeak:report:1"

// Schema returns the schema, indented.
func Schema() ([]byte, error) {
	d := definitions{}
	root := d.of(reflect.TypeFor[reports.Report]())
	root = map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": ID, "title": "offpeak quarterly savings report", "$ref": root["$ref"], "$defs": d}
	return json.MarshalIndent(root, "", " ")
}

// definitions are the objects by the names of their types.
type definitions map[string]any

// number is how decimals are written.
const number = `^-?\d+(\.\d+)?$`

// of describes a type; objects are described once and referred to.
func (d definitions) of(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[money.USD](), reflect.TypeFor[money.Rate](), reflect.TypeFor[decimal.Decimal]():
		return map[string]any{"type": "string", "pattern": number}
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	}
	if t.Kind() != reflect.Pointer && t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Struct:
		if _, known := d[t.Name()]; !known {
			d[t.Name()] = nil // it may hold itself
			d[t.Name()] = d.object(t)
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	case reflect.Slice: // an empty one may be null
		return map[string]any{"type": []string{"array", "null"}, "items": d.of(t.Elem())}
	case reflect.Array:
		return map[string]any{"type": "array", "items": d.of(t.Elem()), "minItems": t.Len(), "maxItems": t.Len()}
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{d.of(t.Elem()), map[string]any{"type": "null"}}}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	default:
		return map[string]any{"type": "integer"}
	}
}

// object describes a struct, with the fields of those that it embeds.
func (d definitions) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	var add func(reflect.Type)
	add = func(t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous && name == "" {
				add(f.Type)
				continue
			}
			properties[name] = d.of(f.Type)
			if !strings.Contains(options, "omit") {
				required = append(required, name)
			}
		}
	}
	add(t)
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}
