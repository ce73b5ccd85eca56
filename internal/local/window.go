package local

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// RecordLimit is the most bytes that one record of a listing may have, with the white space before it. It bounds memory: a file that
// is no listing at all must not be read to its end to find out. AWS's largest records, groups of some thousand instances, have a few MB.
const RecordLimit = 16 << 20

var errTooLong = errors.New("too long")

// window hands out a source's bytes up to a limit that its reader moves along, and counts lines.
type window struct {
	source io.Reader
	bytes  int64 // handed out so far
	lines  int64 // line ends among them
	limit  int64 // no byte at or after it is handed out
}

// Read fails with errTooLong at the limit.
func (w *window) Read(p []byte) (int, error) {
	room := w.limit - w.bytes
	if room <= 0 {
		return 0, errTooLong
	}
	n, err := w.source.Read(p[:min(int64(len(p)), room)])
	w.bytes += int64(n)
	w.lines += int64(bytes.Count(p[:n], []byte{'\n'}))
	return n, err
}

// open looks at how a source begins and returns it without its byte order mark, or says what it is when it is not the text asked for.
func open(source io.Reader, wanted string) (*bufio.Reader, []byte, error) {
	buffered := bufio.NewReaderSize(source, 64<<10)
	head, err := buffered.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("read: %w", err)
	}
	if rest, found := bytes.CutPrefix(head, []byte("\ufeff")); found {
		head = rest
		if _, err := buffered.Discard(len("\ufeff")); err != nil {
			return nil, nil, fmt.Errorf("read: %w", err)
		}
	}
	if err := binary(head, wanted); err != nil {
		return nil, nil, err
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	if len(head) == 0 && errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("is empty; %s was expected", wanted)
	}
	return buffered, head, nil
}

// binary says why a text that begins like this is not in UTF-8.
func binary(head []byte, wanted string) error {
	begins := func(prefix string) bool { return bytes.HasPrefix(head, []byte(prefix)) }
	switch {
	case begins("\xff\xfe"), begins("\xfe\xff"), len(head) > 1 && (head[0] == 0) != (head[1] == 0):
		return errors.New("is in UTF-16, as Windows PowerShell's > writes it; write UTF-8 (... | Out-File -Encoding utf8 FILE)")
	case begins("\x1f\x8b"), begins("PK\x03\x04"), begins("BZh"), begins("\x28\xb5\x2f\xfd"):
		return fmt.Errorf("is compressed; unpack it first, %s was expected", wanted)
	}
	return nil
}

// foreign says what a text is that begins like this, when it is not the JSON object that the AWS CLI prints.
func foreign(head []byte) error {
	first, _ := utf8.DecodeRune(head)
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	switch {
	case len(head) == 0 || first == '{':
		return nil // white space without end is left to the limit
	case first == '[':
		return errors.New("is a JSON array, as --query prints it; list again without --query, so that the whole answer is there")
	case first == '<':
		return errors.New("is HTML or XML; the JSON that the AWS CLI prints was expected")
	case first == '|' || bytes.HasPrefix(head, []byte("--------")) || first == '+':
		return errors.New("is a table; list again with --output json")
	case bytes.HasPrefix(head, []byte("---")) || bytes.HasPrefix(head, []byte("- ")) || bytes.HasSuffix(bytes.TrimSpace(line), []byte{':'}):
		return errors.New("is YAML; list again with --output json")
	case bytes.ContainsRune(line, '\t'):
		return errors.New("is tab-separated text; list again with --output json")
	}
	return fmt.Errorf("begins with %q; a JSON object as the AWS CLI prints it was expected", cut(line, 40))
}

// cut shortens a text for a message, between characters.
func cut(text []byte, most int) []byte {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
