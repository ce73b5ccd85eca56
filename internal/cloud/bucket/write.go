package bucket

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"offpeak/internal/failure"
	"offpeak/internal/objects"
)

// writeName is the metadata under which each object carries the random name of the write that made it. A write whose answer was lost is repeated by
// the SDK, and then finds its condition broken by itself; only the name tells that from another writer's object, which may well have the same
// content: two workers that record the same act.
const writeName = "offpeak-write"

// pauses are those between tries of a write that S3 could not decide, because another to the same key was under way.
var pauses = [...]time.Duration{50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond}

// Create implements objects.Store. After an error that is not ErrExists the object may or may not have been written.
func (s *Store) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	return s.write(ctx, key, data, write{
		verb: "create", refusal: objects.ErrExists,
		condition: func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") },
		broken:    func(_ objects.Version, there bool) bool { return there },
	})
}

// Replace implements objects.Store. After an error that is not ErrChanged the object may or may not have been written.
func (s *Store) Replace(ctx context.Context, key string, data []byte, version objects.Version) (objects.Version, error) {
	if version == "" { // S3 would take an empty condition for none
		if err := s.check(ctx, key); err != nil {
			return "", err
		}
		return "", fmt.Errorf("replace %s, which was not there when it was read: %w", s.place(key), objects.ErrChanged)
	}
	return s.write(ctx, key, data, write{
		verb: "replace", refusal: objects.ErrChanged,
		condition: func(in *s3.PutObjectInput) { in.IfMatch = aws.String(string(version)) },
		broken:    func(present objects.Version, there bool) bool { return !there || present != version },
	})
}

// write is a conditional write: what it is called, what its refusal means, and whether an object as it was found breaks its condition.
type write struct {
	verb      string
	refusal   error
	condition func(*s3.PutObjectInput)
	broken    func(present objects.Version, there bool) bool
}

// verdict is what S3's answer to a conditional write means.
type verdict int

const (
	failed    verdict = iota // it says nothing of the condition
	refused                  // the condition does not hold
	undecided                // another write or a delete of the same key was under way
)

func (s *Store) write(ctx context.Context, key string, data []byte, w write) (objects.Version, error) {
	if err := s.check(ctx, key); err != nil {
		return "", err
	}
	name := rand.Text()
	for try := 0; ; try++ {
		in := &s3.PutObjectInput{
			Bucket: &s.bucket, Key: aws.String(s.prefix + key), Body: bytes.NewReader(data), ContentLength: aws.Int64(int64(len(data))),
			Metadata: map[string]string{writeName: name},
		}
		w.condition(in)
		put, err := s.client.PutObject(ctx, in)
		if err == nil {
			return objects.Version(aws.ToString(put.ETag)), nil
		}
		switch judged(err) {
		case failed:
			return "", s.explain(w.verb, key, err)
		case undecided:
			if try < len(pauses) {
				if err := s.pause(ctx, pauses[try]); err != nil {
					return "", s.explain(w.verb, key, err)
				}
				continue
			}
		}
		return s.settle(ctx, key, name, w, err)
	}
}

// judged sorts the answers to a conditional write (S3 user guide, conditional writes): 412 when the condition does not hold, 404 when there is
// nothing that If-Match could match, 409 when it lost against a concurrent write or delete that S3 has not ordered before it.
func judged(err error) verdict {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return failed
	}
	switch api.ErrorCode() {
	case "PreconditionFailed", "NoSuchKey":
		return refused
	case "ConditionalRequestConflict", "OperationAborted":
		return undecided
	}
	return failed
}

// settle finds out by reading what became of a write that S3 refused, or could not decide: it may have been done after all, by a try whose
// answer was lost. When a later writer has replaced it since, it counts as refused: the object is another's now, which is what is asked.
func (s *Store) settle(ctx context.Context, key, name string, w write, said error) (objects.Version, error) {
	_, version, by, err := s.read(ctx, key)
	there := err == nil
	switch {
	case !there && !errors.Is(err, objects.ErrNotFound):
		return "", fmt.Errorf("%s %s: S3 refused it (%w), and what is there cannot be read: %w", w.verb, s.place(key), said, err)
	case there && by == name:
		return version, nil
	case w.broken(version, there), judged(said) == refused: // S3 has decided; what it saw may be gone again
		return "", fmt.Errorf("%s %s: %w", w.verb, s.place(key), w.refusal)
	default:
		return "", &failure.Error{Class: failure.InTransition, Err: fmt.Errorf(
			"%s %s: others write to it so often that S3 did not decide in %d tries; the same again, later: %w", w.verb, s.place(key), len(pauses)+1, said)}
	}
}
