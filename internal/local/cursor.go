package local

import (
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"offpeak/internal/jsonwords"
)

// cursor walks through the JSON documents of one source and knows where it is. The decoder is the one that became encoding/json/v2 in
// Go 1.27: it streams, tells the place of an error, and reads listings several times faster than encoding/json. It is stricter in two
// points, which suit facts that are acted on: a name that stands twice in one object is an error, and so is text that is not UTF-8.
type cursor struct {
	name     string // of the source
	wanted   string // what it should hold, in words
	window   *window
	tokens   *jsontext.Decoder
	document int // number of the JSON document in the source, from 1
}

func newCursor(name, wanted string, text io.Reader) *cursor {
	w := &window{source: text}
	return &cursor{name: name, wanted: wanted, window: w, tokens: jsontext.NewDecoder(w)}
}

// another moves on to the next document, and reports whether there is one.
func (c *cursor) another() (bool, error) {
	c.allow()
	c.document++
	if c.tokens.PeekKind() != jsontext.KindInvalid {
		return true, nil
	}
	_, err := c.tokens.ReadToken() // PeekKind keeps its error for this call
	switch {
	case !errors.Is(err, io.EOF):
		return false, c.explain(err)
	case c.document == 1:
		return false, fmt.Errorf("%s: is empty; %s was expected", c.name, c.wanted)
	}
	return false, nil
}

// members calls a function for every member of an object; the function reads the value.
func (c *cursor) members(read func(name string) error) error {
	if err := c.enter(jsontext.KindBeginObject, "an object"); err != nil {
		return err
	}
	for c.more(jsontext.KindEndObject) {
		token, err := c.tokens.ReadToken()
		if err != nil {
			return c.explain(err)
		}
		if err := read(token.String()); err != nil {
			return err
		}
	}
	return c.next()
}

// each calls a function for every element of a list; the function reads the element.
func (c *cursor) each(read func() error) error {
	if err := c.enter(jsontext.KindBeginArray, "a list"); err != nil {
		return err
	}
	for c.more(jsontext.KindEndArray) {
		if err := read(); err != nil {
			return err
		}
	}
	return c.next()
}

// enter reads the opening brace or bracket of what stands next, and refuses anything else.
func (c *cursor) enter(want jsontext.Kind, expected string) error {
	c.allow()
	kind := c.tokens.PeekKind()
	if kind == want || kind == jsontext.KindInvalid {
		return c.next()
	}
	if err := c.skip(); err != nil { // so that the place is that of the value
		return err
	}
	return c.fail("", "is %s (expected %s)", jsonwords.Kind(kind), expected)
}

// more reports whether something stands before the closing brace or bracket; what cannot be read counts, and fails when it is read.
func (c *cursor) more(end jsontext.Kind) bool {
	c.allow()
	return c.tokens.PeekKind() != end
}

// next reads one token.
func (c *cursor) next() error {
	if _, err := c.tokens.ReadToken(); err != nil {
		return c.explain(err)
	}
	return nil
}

// decode reads the next value whole. It may be as long as RecordLimit.
func (c *cursor) decode(into any, opts ...json.Options) error {
	c.allow()
	if err := json.UnmarshalDecode(c.tokens, into, opts...); err != nil {
		return c.explain(err)
	}
	return nil
}

// skip passes over a value that is not needed; it is checked for being JSON all the same.
func (c *cursor) skip() error {
	c.allow()
	if err := c.tokens.SkipValue(); err != nil {
		return c.explain(err)
	}
	return nil
}

// allow lets the decoder read as much as one record may have.
func (c *cursor) allow() { c.window.limit = c.tokens.InputOffset() + RecordLimit }
