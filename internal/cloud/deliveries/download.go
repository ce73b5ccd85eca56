package deliveries

import (
	"context"
	"crypto/md5" //nolint:gosec // S3's ETag, against accidents
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
)

const (
	// atOnce is how many files are brought at a time, tries how often one is begun or gone on with.
	atOnce = 4
	tries  = 4
)

// tally counts what is brought. Manifests are brought first, and counted once.
type tally struct {
	mu      sync.Mutex
	made    Copy
	counted map[string]bool
	done    int64
	of      int64
}

func (t *tally) copy() Copy {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.made
}

// count counts a file once.
func (t *tally) count(o object, to *Amount) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counted == nil {
		t.counted = map[string]bool{}
	}
	if !t.counted[o.key] {
		t.counted[o.key] = true
		to.Files++
		to.Bytes += o.bytes
	}
}

// fetchAll brings what is not here yet, several at a time. The first error ends it; what has come stays.
func (f *fetch) fetchAll(ctx context.Context, all []object) error {
	var missing []object
	var bytes int64
	for _, o := range unique(all) {
		if f.here(o) {
			f.tally.count(o, &f.tally.made.Kept)
			continue
		}
		missing = append(missing, o)
		bytes += o.bytes
	}
	f.tally.done, f.tally.of = 0, bytes
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	turns := make(chan struct{}, atOnce)
	var group sync.WaitGroup
	for _, o := range missing {
		turns <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() {
			defer func() { <-turns }()
			if err := f.object(ctx, o); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// object brings one, going on with what an earlier try has left.
func (f *fetch) object(ctx context.Context, o object) error {
	pause := time.Second
	for try := 1; ; try++ {
		err := f.once(ctx, o)
		if err == nil {
			f.tally.count(o, &f.tally.made.Fetched)
			return nil
		}
		if !errors.Is(err, errCutShort) || try == tries || ctx.Err() != nil {
			return fmt.Errorf("%s: %w", o.key, err)
		}
		if err := f.options.Sleep(ctx, pause); err != nil {
			return err
		}
		pause *= 2
	}
}

// errCutShort says that an object did not come whole, and may the next time.
var errCutShort = errors.New("it did not come whole")

// once asks for what is missing of an object, and takes it in where it is what S3 said.
func (f *fetch) once(ctx context.Context, o object) error {
	part := f.file(o) + ".part"
	file, err := os.OpenFile(part, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return f.noRoom(err)
	}
	defer func() { _ = file.Close() }()
	have, err := file.Seek(0, io.SeekEnd)
	if err == nil && have >= o.bytes { // its end was not examined
		have, err = 0, file.Truncate(0)
	}
	if err == nil {
		_, err = file.Seek(have, io.SeekStart)
	}
	if err != nil {
		return f.noRoom(err)
	}
	in := &s3.GetObjectInput{Bucket: &f.place.Bucket, Key: aws.String(f.place.prefix() + o.key), IfMatch: aws.String(`"` + o.etag + `"`)}
	if have > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", have))
	}
	got, err := f.client.GetObject(ctx, in)
	if err != nil {
		return f.refused(err)
	}
	defer func() { _ = got.Body.Close() }()
	to := &sink{file: file, fetch: f}
	to.count(have)
	f.tally.resumed(have)
	if _, err := io.Copy(to, got.Body); err != nil {
		switch {
		case to.failed != nil:
			return f.noRoom(to.failed)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		to.take()
		return fmt.Errorf("%w: %w", errCutShort, cloud.Classify(err))
	}
	if err := file.Close(); err != nil {
		return f.noRoom(err)
	}
	if err := examine(part, o, got.ServerSideEncryption); err != nil {
		to.take()
		return errors.Join(err, os.Remove(part))
	}
	if err := errors.Join(os.Chtimes(part, time.Time{}, o.written), os.Rename(part, f.file(o))); err != nil {
		return f.noRoom(err)
	}
	return nil
}

// refused tells why S3 gave nothing. What is another object than the one that was listed is of the next delivery.
func (f *fetch) refused(err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if ok && (api.ErrorCode() == "PreconditionFailed" || api.ErrorCode() == "NoSuchKey") {
		return ErrDeliveredAnew
	}
	if classified := cloud.Classify(err); failure.Of(classified) == failure.Unreachable {
		return fmt.Errorf("%w: %w", errCutShort, classified)
	}
	return f.explained("read it", err)
}

// examine compares what came with what S3 said. An ETag is the MD5 of an object that was written in one part and that no key of KMS encrypts (S3 API reference,
// Object); of others the size alone is known here, beside what the SDK examines on the way.
func examine(name string, o object, encrypted types.ServerSideEncryption) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	sum := md5.New() //nolint:gosec // as above
	n, err := io.Copy(sum, file)
	if err != nil {
		return err
	}
	switch {
	case n != o.bytes:
		return fmt.Errorf("%w: %d bytes came, S3 listed %d", errCutShort, n, o.bytes)
	case encrypted == types.ServerSideEncryptionAwsKms || encrypted == types.ServerSideEncryptionAwsKmsDsse || strings.Contains(o.etag, "-"):
		return nil
	case hex.EncodeToString(sum.Sum(nil)) != o.etag:
		return fmt.Errorf("%w: its MD5 is not the ETag %s", errCutShort, o.etag)
	}
	return nil
}

func (t *tally) resumed(bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made.Resumed += bytes
}

// sink writes what comes, counts it, and keeps apart what the machine could not write from what did not come.
type sink struct {
	file   *os.File
	fetch  *fetch
	came   int64
	failed error
}

// Write implements io.Writer.
func (s *sink) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	s.failed = err
	s.count(int64(n))
	return n, err
}

// count tells of bytes that are here, and take that those of this try are asked for again.
func (s *sink) count(n int64) {
	s.came += n
	t := &s.fetch.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done += n
	if s.fetch.options.Progress != nil && !s.fetch.silent {
		s.fetch.options.Progress(t.done, t.of)
	}
}

func (s *sink) take() { s.count(-s.came) }
