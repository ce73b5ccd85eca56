package market

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// What one record may have at most, with the white space before it, in bytes: a file that is no listing at all must not be read to its end to find out.
// AWS's longest instance type has some four KB, and the whole of the advisor's data, which is read at once, five MB.
const (
	recordLimit  = 1 << 20
	advisorLimit = 32 << 20
)

var errTooLong = errors.New("too long")

// window hands out a source's bytes up to a limit that its reader moves along.
type window struct {
	source io.Reader
	bytes  int64 // handed out so far
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
	return n, err
}

// begin returns a source without its byte order mark, and whether it is JSON; what is no text in UTF-8 is an error that says what it is.
func begin(name, wanted string, source io.Reader) (text io.Reader, isJSON bool, err error) {
	buffered := bufio.NewReaderSize(source, 64<<10)
	head, err := buffered.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, fmt.Errorf("%s: read: %w", name, err)
	}
	if rest, found := bytes.CutPrefix(head, []byte("\ufeff")); found {
		head = rest
		if _, err := buffered.Discard(len("\ufeff")); err != nil {
			return nil, false, fmt.Errorf("%s: read: %w", name, err)
		}
	}
	first := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(first) == 0 && errors.Is(err, io.EOF):
		return nil, false, fmt.Errorf("%s: is empty; %s was expected", name, wanted)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, false, fmt.Errorf("%s: is in UTF-16, as Windows PowerShell's > writes it; write UTF-8 (... | Out-File -Encoding utf8 FILE)", name)
	case bytes.HasPrefix(head, []byte("\x1f\x8b")), bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return nil, false, fmt.Errorf("%s: is compressed; unpack it first, %s was expected", name, wanted)
	case len(first) > 0 && first[0] == '[':
		return nil, false, fmt.Errorf("%s: is a JSON array, as --query prints it; list again without --query, so that the whole answer is there", name)
	}
	return buffered, len(first) > 0 && first[0] == '{', nil
}

// FieldError says what is wrong with one field of a record.
type FieldError struct {
	Field string // as it stands in AWS's JSON, VCpuInfo.DefaultVCpus, or a column's name
	Text  string
}

// Error returns the text without the field.
func (e *FieldError) Error() string { return e.Text }

func missing(field, expected string) error {
	return &FieldError{field, "missing (expected " + expected + ")"}
}

func unfit(field, value, expected string) error {
	return &FieldError{field, fmt.Sprintf("is %.60q (expected %s)", value, expected)}
}
