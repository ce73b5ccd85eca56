package local

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"offpeak/internal/fleet"
)

// reading is one source being read. The decoder is the one that became encoding/json/v2 in Go 1.27: it streams, tells the place of an
// error, and reads listings several times faster than encoding/json. It is stricter in two points, which suit facts that are acted
// on: a name that stands twice in one object is an error, and so is text that is not UTF-8.
type reading struct {
	name     string
	into     *collection
	window   *window
	tokens   *jsontext.Decoder
	source   Source
	document int                     // number of the JSON document in the source, from 1
	tagged   map[fleet.Kind]tagCount // of this document
	tagless  map[fleet.Kind]int      // resources of documents that hold no tags at all
}

// wanted is what a source is expected to hold, in words.
const wanted = "the JSON that the AWS CLI prints"

func newReading(s Source, into *collection) *reading {
	return &reading{name: s.Name, into: into, source: s, tagged: map[fleet.Kind]tagCount{}, tagless: map[fleet.Kind]int{}}
}

// list is an answer that is understood: the name of the list in it, and the command that prints it.
type list struct {
	name, command string
	read          func(*reading, string) error
}

func lists() []list {
	return []list{
		{"Reservations", "aws ec2 describe-instances", (*reading).reservations},
		{"AutoScalingGroups", "aws autoscaling describe-auto-scaling-groups", listOf((*reading).group)},
		{"DBInstances", "aws rds describe-db-instances", listOf((*reading).database)},
		{"DBClusters", "aws rds describe-db-clusters", listOf((*reading).cluster)},
		{"services", "aws ecs describe-services --include TAGS", listOf((*reading).service)},
	}
}

// run reads every document of the source.
func (r *reading) run() error {
	buffered, head, err := open(r.source.Reader, wanted)
	if err == nil {
		err = foreign(head)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	r.window = &window{source: buffered}
	r.tokens = jsontext.NewDecoder(r.window)
	for {
		more, err := r.another()
		if err != nil || !more {
			r.reportTagless()
			return err
		}
		r.document++
		if err := r.answer(); err != nil {
			return err
		}
	}
}

// another reports whether one more document follows.
func (r *reading) another() (bool, error) {
	r.allow()
	if r.tokens.PeekKind() != jsontext.KindInvalid {
		return true, nil
	}
	_, err := r.tokens.ReadToken() // PeekKind keeps its error for this call
	switch {
	case !errors.Is(err, io.EOF):
		return false, r.explain("$", err)
	case r.document == 0:
		return false, fmt.Errorf("%s: is empty; %s was expected", r.name, wanted)
	}
	return false, nil
}

// answer reads one document: the answer of one command, or a saved snapshot.
func (r *reading) answer() error {
	if err := r.enter(jsontext.KindBeginObject, "$", "an object"); err != nil {
		return err
	}
	known := false
	for first := true; r.more(jsontext.KindEndObject); first = false {
		name, err := r.memberName("$")
		if err != nil {
			return err
		}
		if first && isSaved(name) {
			return r.savedSnapshot(name)
		}
		listed, err := r.member(name)
		if err != nil {
			return err
		}
		known = known || listed
	}
	if err := r.leave("$"); err != nil {
		return err
	}
	if !known {
		return r.fail("$", "holds no list (expected one of %s)", expectedLists())
	}
	r.into.listed = r.name
	r.countTagless()
	return nil
}

// member reads one member of an answer, and reports whether it was a list of resources.
func (r *reading) member(name string) (listed bool, err error) {
	path := "$" + step(name)
	for _, list := range lists() {
		if list.name == name {
			return true, list.read(r, path)
		}
	}
	switch name {
	case "NextToken", "nextToken", "Marker":
		var token string
		if err := r.decode(path, &token); err != nil || token == "" {
			return false, err
		}
		return false, r.fail(path, "the listing was cut here; list again without --max-items and --no-paginate, so that it is whole")
	case "failures":
		return false, r.failures(path)
	}
	return false, r.fail(path, "is not known here (expected one of %s)", expectedLists())
}

func expectedLists() string {
	var words []string
	for _, list := range lists() {
		words = append(words, fmt.Sprintf("%s from %q", list.name, list.command))
	}
	return strings.Join(words, ", ")
}

// listOf reads a list of records one by one, and takes in the resource that each becomes.
func listOf[T any](become func(*reading, *T) (fleet.Resource, error)) func(*reading, string) error {
	return func(r *reading, path string) error {
		return r.each(path, func(at string) error {
			record := new(T)
			if err := r.decode(at, record); err != nil {
				return err
			}
			resource, err := become(r, record)
			if err != nil {
				return r.failIn(at, err)
			}
			return r.take(at, &resource)
		})
	}
}

// take adds a resource to the collection.
func (r *reading) take(at string, resource *fleet.Resource) error {
	if err := r.into.add(resource, r.name); err != nil {
		return r.fail(at, "%w", err)
	}
	return nil
}

// each calls a function for every element of a list; the function reads the element.
func (r *reading) each(path string, read func(at string) error) error {
	if err := r.enter(jsontext.KindBeginArray, path, "a list"); err != nil {
		return err
	}
	for i := 0; r.more(jsontext.KindEndArray); i++ {
		if err := read(fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return r.leave(path)
}

// decode reads the next value whole. It may be as long as RecordLimit.
func (r *reading) decode(path string, into any) error {
	r.allow()
	if err := json.UnmarshalDecode(r.tokens, into); err != nil {
		return r.explain(path, err)
	}
	return nil
}

// allow lets the decoder read as much as one record may have.
func (r *reading) allow() { r.window.limit = r.tokens.InputOffset() + RecordLimit }

// enter reads the opening brace or bracket of what stands next, and refuses anything else.
func (r *reading) enter(want jsontext.Kind, path, expected string) error {
	r.allow()
	if kind := r.tokens.PeekKind(); kind != want && kind != jsontext.KindInvalid {
		return r.fail(path, "is %s (expected %s)", kindWords(kind), expected)
	}
	return r.leave(path)
}

// leave reads one token, the closing brace or bracket.
func (r *reading) leave(path string) error {
	if _, err := r.tokens.ReadToken(); err != nil {
		return r.explain(path, err)
	}
	return nil
}

// more reports whether something stands before the closing brace or bracket; what cannot be read counts, and fails when it is read.
func (r *reading) more(end jsontext.Kind) bool {
	r.allow()
	return r.tokens.PeekKind() != end
}

func (r *reading) memberName(path string) (string, error) {
	token, err := r.tokens.ReadToken()
	if err != nil {
		return "", r.explain(path, err)
	}
	return token.String(), nil
}

// skip passes over a value that is not needed; it is checked for being JSON all the same.
func (r *reading) skip(path string) error {
	r.allow()
	if err := r.tokens.SkipValue(); err != nil {
		return r.explain(path, err)
	}
	return nil
}

// decodeStrictly reads the next value whole, and refuses members that are not known.
func (r *reading) decodeStrictly(path string, into any) error {
	r.allow()
	if err := json.UnmarshalDecode(r.tokens, into, json.RejectUnknownMembers(true)); err != nil {
		return r.explain(path, err)
	}
	return nil
}
