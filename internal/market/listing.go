package market

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"offpeak/internal/jsonwords"
)

// listing walks through the JSON documents of one source and knows where it is.
type listing struct {
	name, wanted string
	window       *window
	tokens       *jsontext.Decoder
	limit        int64 // of a record
}

func newListing(name, wanted string, text io.Reader) *listing {
	w := &window{source: text}
	return &listing{name: name, wanted: wanted, window: w, tokens: jsontext.NewDecoder(w), limit: recordLimit}
}

// records takes every element of the list of this name, in each document of a source. A listing that was cut is an error.
func records[T any](l *listing, list string, take func(*T) error) error {
	for n := 0; ; n++ {
		l.allow()
		if l.tokens.PeekKind() == jsontext.KindInvalid {
			_, err := l.tokens.ReadToken() // PeekKind keeps its error for this call
			if errors.Is(err, io.EOF) && n > 0 {
				return nil
			}
			return l.explain(err)
		}
		if err := answer(l, list, take); err != nil {
			return err
		}
	}
}

// answer reads one document.
func answer[T any](l *listing, list string, take func(*T) error) error {
	found := false
	err := l.inside(jsontext.KindBeginObject, jsontext.KindEndObject, "an object", func() error {
		name, err := l.tokens.ReadToken()
		if err != nil {
			return l.explain(err)
		}
		switch name.String() {
		case list:
			found = true
			return elements(l, take)
		case "NextToken":
			var token string
			if err := l.decode(&token); err != nil || token == "" {
				return err
			}
			return l.fail("", errors.New("the listing was cut here; list again without --max-items and --no-paginate, so that it is whole"))
		default:
			l.allow()
			return l.explain(l.tokens.SkipValue())
		}
	})
	if err == nil && !found {
		err = l.fail("", fmt.Errorf("holds no %s; %s was expected", list, l.wanted))
	}
	return err
}

func elements[T any](l *listing, take func(*T) error) error {
	record := new(T)
	return l.inside(jsontext.KindBeginArray, jsontext.KindEndArray, "a list", func() error {
		*record = *new(T)
		if err := l.decode(record); err != nil {
			return err
		}
		err := take(record)
		if f, ok := errors.AsType[*FieldError](err); ok {
			return l.fail("."+f.Field, err)
		}
		if err != nil {
			return l.fail("", err)
		}
		return nil
	})
}

// inside reads an opening brace or bracket, calls a function for everything up to the closing one, and reads that.
func (l *listing) inside(open, end jsontext.Kind, expected string, each func() error) error {
	l.allow()
	if kind := l.tokens.PeekKind(); kind != open && kind != jsontext.KindInvalid {
		if err := l.tokens.SkipValue(); err != nil { // so that the place is that of the value
			return l.explain(err)
		}
		return l.fail("", fmt.Errorf("is no %s", strings.TrimPrefix(strings.TrimPrefix(expected, "an "), "a ")))
	}
	if _, err := l.tokens.ReadToken(); err != nil {
		return l.explain(err)
	}
	for {
		l.allow()
		if l.tokens.PeekKind() == end {
			_, err := l.tokens.ReadToken()
			return l.explain(err)
		}
		if err := each(); err != nil {
			return err
		}
	}
}

func (l *listing) decode(into any) error {
	l.allow()
	return l.explain(json.UnmarshalDecode(l.tokens, into))
}

// allow lets the decoder read as much as one record may have.
func (l *listing) allow() { l.window.limit = l.tokens.InputOffset() + l.limit }

// fail says what is wrong with what was read last, or with something below it.
func (l *listing) fail(below string, err error) error {
	return fmt.Errorf("%s: %s%s: %w", l.name, jsonwords.Path(l.tokens.StackPointer()), below, err)
}

// explain says why something could not be read; nil stays nil.
func (l *listing) explain(err error) error {
	if err == nil {
		return nil
	}
	place := l.tokens.StackPointer()
	switch {
	case errors.Is(err, errTooLong):
		return l.fail("", fmt.Errorf("a record ends within %d MB, and this one does not; %s was expected", l.limit>>20, l.wanted))
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return l.fail("", errors.New("the text ends here, in the middle of things: it was cut off"))
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		text := "is not what should stand here"
		if e.GoType != nil {
			text = fmt.Sprintf("is %s (expected %s)", jsonwords.Kind(e.JSONKind), typeWords(e.GoType.Kind().String()))
		}
		return fmt.Errorf("%s: %s: %s", l.name, jsonwords.Path(e.JSONPointer), text)
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return fmt.Errorf("%s: %s: stands twice in one object", l.name, jsonwords.Path(e.JSONPointer))
		}
		return fmt.Errorf("%s: %s: byte %d: %w", l.name, jsonwords.Path(e.JSONPointer), e.ByteOffset, e.Err)
	}
	return fmt.Errorf("%s: %s: %w", l.name, jsonwords.Path(place), err)
}

func typeWords(kind string) string {
	switch kind {
	case "string":
		return "text"
	case "bool":
		return "true or false"
	case "int":
		return "a whole number"
	case "float64":
		return "a number"
	case "slice":
		return "a list"
	default:
		return "an object"
	}
}
