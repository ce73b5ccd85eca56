package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// fieldError says what is wrong with one field of a record.
type fieldError struct{ field, text string }

func (e *fieldError) Error() string { return e.text }

// missing says that a field is not there, or empty.
func missing(field, expected string) error {
	return &fieldError{field, "missing (expected " + expected + ")"}
}

// unfit says that a field's value is none that may stand there.
func unfit(field, value, expected string) error {
	return &fieldError{field, fmt.Sprintf("is %.60q (expected %s)", value, expected)}
}

// fail says what is wrong at a place of the document.
func (r *reading) fail(path, format string, args ...any) error {
	if r.document > 1 {
		path = fmt.Sprintf("document %d, %s", r.document, path)
	}
	return fmt.Errorf("%s: %s: %w", r.name, path, fmt.Errorf(format, args...))
}

// failIn says what is wrong with a record, and in which field where the error knows it.
func (r *reading) failIn(path string, err error) error {
	if f, ok := errors.AsType[*fieldError](err); ok {
		path += "." + f.field
	}
	return r.fail(path, "%w", err)
}

// explain says why what stands at a place could not be read.
func (r *reading) explain(path string, err error) error {
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		return r.misfit(e)
	}
	syntactic, ok := errors.AsType[*jsontext.SyntacticError](err)
	if ok && syntactic.JSONPointer != "" {
		path = pathOf(syntactic.JSONPointer)
	}
	switch {
	case errors.Is(err, errTooLong):
		return r.fail(path, "a record ends within %d MB, and this one does not: no listing of the AWS CLI looks like this", RecordLimit>>20)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return r.fail(path, "the text ends here, in line %d, in the middle of things: it was cut off", r.window.lines+1)
	case errors.Is(err, jsontext.ErrDuplicateName):
		return r.fail(path, "stands twice in one object")
	case !ok:
		return r.fail(path, "%w", err)
	}
	line, text := r.line(syntactic.ByteOffset)
	if first, size := utf8.DecodeRune(text); first == utf8.RuneError && size == 1 {
		return r.fail(path, "line %d is not in UTF-8; list again with the environment variable PYTHONUTF8=1, which the AWS CLI heeds", line)
	}
	return r.fail(path, "line %d, byte %d: %w", line, syntactic.ByteOffset, syntactic.Err)
}

// line returns the number of the line in which an offset lies that was not read past yet, and the text from there on.
func (r *reading) line(offset int64) (int64, []byte) {
	unread := r.tokens.UnreadBuffer()
	ahead := min(max(offset-r.tokens.InputOffset(), 0), int64(len(unread)))
	text := unread[ahead:]
	return r.window.lines - int64(bytes.Count(text, []byte{'\n'})) + 1, text
}

// misfit says that a value is not of the type that stands there in AWS's answers.
func (r *reading) misfit(e *json.SemanticError) error {
	path := pathOf(e.JSONPointer)
	if e.GoType == reflect.TypeFor[instant]() && e.Err != nil {
		return r.fail(path, "%w", e.Err)
	}
	if errors.Is(e.Err, json.ErrUnknownName) {
		return r.fail(path, "is not known here")
	}
	value := kindWords(e.JSONKind)
	if len(e.JSONValue) > 0 {
		value = string(cut(e.JSONValue, 40))
	}
	return r.fail(path, "is %s (expected %s)", value, typeWords(e.GoType))
}

func kindWords(k jsontext.Kind) string {
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

func typeWords(t reflect.Type) string {
	if t == nil {
		return "something else"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeWords(t.Elem())
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}

// pathOf writes a JSON pointer the way people know it from jq and JSONPath: $.Reservations[3].Instances[0].State.Name.
func pathOf(p jsontext.Pointer) string {
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
