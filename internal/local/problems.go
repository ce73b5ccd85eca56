package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"offpeak/internal/described"
	"offpeak/internal/jsonwords"
)

// fail says what is wrong with what was read last, or with something below it.
func (c *cursor) fail(below, format string, args ...any) error {
	return c.failAt(jsonwords.Path(c.tokens.StackPointer())+below, format, args...)
}

// failIn says what is wrong with the record that was read last, and in which field where the error knows it.
func (c *cursor) failIn(err error) error {
	if f, ok := errors.AsType[*described.FieldError](err); ok {
		return c.fail("."+f.Field, "%w", err)
	}
	return c.fail("", "%w", err)
}

func (c *cursor) failAt(path, format string, args ...any) error {
	if c.document > 1 {
		path = fmt.Sprintf("document %d, %s", c.document, path)
	}
	return fmt.Errorf("%s: %s: %w", c.name, path, fmt.Errorf(format, args...))
}

// explain says why something could not be read.
func (c *cursor) explain(err error) error {
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		return c.misfit(e)
	}
	place := c.tokens.StackPointer()
	syntactic, ok := errors.AsType[*jsontext.SyntacticError](err)
	if ok {
		place = syntactic.JSONPointer
	}
	path := jsonwords.Path(place)
	switch {
	case errors.Is(err, errTooLong):
		return c.failAt(path, "a record ends within %d MB, and this one does not; %s was expected", RecordLimit>>20, c.wanted)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return c.failAt(path, "the text ends here, in line %d, in the middle of things: it was cut off", c.window.lines+1)
	case errors.Is(err, jsontext.ErrDuplicateName):
		return c.failAt(path, "stands twice in one object")
	case !ok:
		return c.failAt(path, "%w", err)
	}
	line, text := c.line(syntactic.ByteOffset)
	if first, size := utf8.DecodeRune(text); first == utf8.RuneError && size == 1 {
		return c.failAt(path, "line %d is not in UTF-8; list again with the environment variable PYTHONUTF8=1, which the AWS CLI heeds", line)
	}
	return c.failAt(path, "line %d, byte %d: %w", line, syntactic.ByteOffset, syntactic.Err)
}

// line returns the number of the line in which an offset lies that was not read past yet, and the text from there on.
func (c *cursor) line(offset int64) (int64, []byte) {
	unread := c.tokens.UnreadBuffer()
	ahead := min(max(offset-c.tokens.InputOffset(), 0), int64(len(unread)))
	text := unread[ahead:]
	return c.window.lines - int64(bytes.Count(text, []byte{'\n'})) + 1, text
}

// misfit says that a value is not of the type that should stand there.
func (c *cursor) misfit(e *json.SemanticError) error {
	path := jsonwords.Path(e.JSONPointer)
	switch {
	case e.GoType == reflect.TypeFor[described.Instant]() && e.Err != nil:
		return c.failAt(path, "%w", e.Err)
	case errors.Is(e.Err, json.ErrUnknownName):
		return c.failAt(path, "is not known here")
	}
	value := jsonwords.Kind(e.JSONKind)
	if len(e.JSONValue) > 0 {
		value = string(cut(e.JSONValue, 40))
	}
	return c.failAt(path, "is %s (expected %s)", value, typeWords(e.GoType))
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
