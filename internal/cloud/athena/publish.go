package athena

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"offpeak/internal/billing/export"
	"offpeak/internal/failure"
)

// ErrDeliveredAnew says that AWS was writing the next delivery over the one that was being published. Publish again when its manifest is there.
var ErrDeliveredAnew = errors.New("the next delivery is being written over this one: publish again when its manifest is there")

const (
	// copies are how many files are copied at a time.
	copies = 4
	// largestCopy is what S3 copies in one call (Amazon S3 user guide, copying objects).
	largestCopy = 5 << 30
)

// Publish copies the files that a manifest lists, s3://bucket/key, into folders of their own, and notes the version when all of them are there. A version that
// is published already is left alone. Of an export whose deliveries overwrite each other nothing is published that is not as the manifest found it.
func (b *Bill) Publish(ctx context.Context, table export.Table, manifest string) (Version, error) {
	v, err := b.publish(ctx, table, manifest)
	if err != nil {
		return Version{}, fmt.Errorf("publish %s to %s: %w", manifest, b, err)
	}
	return v, nil
}

func (b *Bill) publish(ctx context.Context, table export.Table, manifest string) (Version, error) {
	bucket, key, err := split(manifest)
	if err != nil {
		return Version{}, err
	}
	document, written, err := read(ctx, b.exports, bucket, key)
	if err != nil {
		return Version{}, err
	}
	m, err := export.ParseManifest(document)
	if err != nil {
		return Version{}, err
	}
	month, keys, err := m.Listed(table, key)
	if err != nil {
		return Version{}, err
	}
	sum := sha256.Sum256(document)
	v := Version{Table: table, Month: month, SHA256: hex.EncodeToString(sum[:]), Manifest: manifest, Delivered: written.written.UTC().Truncate(time.Second)}
	if note, _, err := read(ctx, b.client, b.bucket, v.key(b)); err == nil {
		return v, json.Unmarshal(note, &v)
	} else if failure.Of(err) != failure.Gone {
		return Version{}, err
	}
	if v.Files, err = b.copyAll(ctx, bucket, keys, &v); err != nil {
		return Version{}, err
	}
	if _, now, err := read(ctx, b.exports, bucket, key); err != nil || now != written {
		return Version{}, errors.Join(err, ErrDeliveredAnew)
	}
	return v, b.note(ctx, &v)
}

// copyAll copies files, several at a time, and returns the copies in the files' order. The first error ends it.
func (b *Bill) copyAll(ctx context.Context, bucket string, keys []string, v *Version) ([]Copy, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	made := make([]Copy, len(keys))
	turns := make(chan struct{}, copies)
	var group sync.WaitGroup
	for i, key := range keys {
		turns <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() {
			defer func() { <-turns }()
			var err error
			to := fmt.Sprintf("%s%s/v=%s/BILLING_PERIOD=%s/%05d.parquet", b.prefix, folderOf(v.Table), v.SHA256, v.Month.Format(monthForm), i+1)
			if made[i], err = b.copy(ctx, bucket, key, to, v.Delivered); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return made, nil
}

// copy copies one file, if it was written before the manifest and stays as it is. Its name is a number: Athena passes over names that begin with an
// underscore or a point.
func (b *Bill) copy(ctx context.Context, bucket, key, to string, delivered time.Time) (Copy, error) {
	from := "s3://" + bucket + "/" + key
	head, err := b.exports.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return Copy{}, fmt.Errorf("look at %s, which the manifest lists: %w", from, explained(err))
	}
	size := aws.ToInt64(head.ContentLength)
	switch {
	case aws.ToTime(head.LastModified).Truncate(time.Second).After(delivered):
		return Copy{}, fmt.Errorf("%s was written after the manifest: %w", from, ErrDeliveredAnew)
	case size > largestCopy:
		return Copy{}, fmt.Errorf("%s has %d bytes, and S3 copies no more than %d at once: have the export split by AWS, or copied by the AWS CLI", from, size, int64(largestCopy))
	}
	parts := strings.Split(bucket+"/"+key, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	_, err = b.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: &b.bucket, Key: &to, CopySource: aws.String(strings.Join(parts, "/")), CopySourceIfMatch: head.ETag,
	})
	if isChanged(err) {
		return Copy{}, fmt.Errorf("%s changed while it was copied: %w", from, ErrDeliveredAnew)
	}
	if err != nil {
		return Copy{}, fmt.Errorf("copy %s to s3://%s/%s: %w", from, b.bucket, to, explained(err))
	}
	return Copy{From: from, Key: to, ETag: strings.Trim(aws.ToString(head.ETag), `"`), Bytes: size}, nil
}

// isChanged says that S3 refused since a condition did not hold.
func isChanged(err error) bool {
	api, ok := errors.AsType[interface {
		error
		ErrorCode() string
	}](err)
	return ok && (api.ErrorCode() == "PreconditionFailed" || api.ErrorCode() == "ConditionalRequestConflict")
}

// note writes that a version is there whole. Two that publish it at once write the same.
func (b *Bill) note(ctx context.Context, v *Version) error {
	document, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.bucket, Key: aws.String(v.key(b)), Body: bytes.NewReader(append(document, '\n')), ContentType: aws.String("application/json"), IfNoneMatch: aws.String("*"),
	})
	if err != nil && !isChanged(err) {
		return fmt.Errorf("note the version %s: %w", v.SHA256, explained(err))
	}
	return nil
}

// split parts the address of an object.
func split(address string) (bucket, key string, err error) {
	rest, ok := strings.CutPrefix(address, "s3://")
	bucket, key, found := strings.Cut(rest, "/")
	if !ok || !found || bucket == "" || key == "" || path.Clean("/"+key) != "/"+key {
		return "", "", fmt.Errorf("%q is not the address of an object such as s3://exports/focus/metadata/BILLING_PERIOD=2026-07/focus-Manifest.json", address)
	}
	return bucket, key, nil
}
