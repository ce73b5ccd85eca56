// Package bucket keeps objects in an S3 bucket, as objects.Store asks for it.
//
// In goes a bucket's name and region, and a prefix under which everything lies; out come objects that are created once and replaced only by who has
// read them, by S3's conditional writes. It needs s3:PutObject, s3:GetObject and s3:DeleteObject on the objects and s3:ListBucket on the
// bucket: without the latter S3 denies what it otherwise says is not there. It makes no bucket, and never writes without a condition.
//
// A Version is S3's ETag. It names content, not a write: an object that was changed and changed back has its old version again, and S3 has no
// condition that could tell (version ids cannot be one). Every object for which that would matter has content that never recurs: heads of state carry a
// fencing number, intents and outcomes the id of their act. What is left is harmless: wake marks are empty, a policy that is back is that policy.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// Store is an objects.Store in S3. It is safe for concurrent use, by several processes too.
type Store struct {
	client *s3.Client
	bucket string
	prefix string // empty, or ends in a slash
	pause  func(ctx context.Context, d time.Duration) error
}

// Open returns the store of a bucket with what lies under the prefix; an empty one is the whole bucket. It makes no call: that there is no
// such bucket, or none in the region, is said by the first that is made. The base credentials are used, so the hub's.
func Open(a *cloud.Access, name, prefix string, region fleet.Region) *Store {
	client := s3.NewFromConfig(a.Config(fleet.Scope{Region: region}), func(o *s3.Options) {
		o.DisableLogOutputChecksumValidationSkipped = true // objects from elsewhere have none: nothing to tell anybody about
	})
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return &Store{client, name, prefix, pause}
}

// Read implements objects.Store.
func (s *Store) Read(ctx context.Context, key string) ([]byte, objects.Version, error) {
	data, version, _, err := s.read(ctx, key)
	return data, version, err
}

// read also returns the name of the write that made the object.
func (s *Store) read(ctx context.Context, key string) ([]byte, objects.Version, string, error) {
	if err := s.check(ctx, key); err != nil {
		return nil, "", "", err
	}
	got, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: aws.String(s.prefix + key)})
	if _, missing := errors.AsType[*types.NoSuchKey](err); missing {
		return nil, "", "", fmt.Errorf("read %s: %w", s.place(key), objects.ErrNotFound)
	}
	if err != nil {
		return nil, "", "", s.explain("read", key, err)
	}
	data, err := io.ReadAll(got.Body)
	if err := errors.Join(err, got.Body.Close()); err != nil {
		return nil, "", "", s.explain("read", key, err)
	}
	return data, objects.Version(aws.ToString(got.ETag)), got.Metadata[writeName], nil
}

// List implements objects.Store. It asks for a page of a thousand keys when it is come to; S3 lists in the order of bytes. What a person
// put into the bucket under a key that no store keeps, such as a folder made in the console, is left out.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{
			Bucket: &s.bucket, Prefix: aws.String(s.prefix + prefix), EncodingType: types.EncodingTypeUrl, // XML cannot hold every key
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield("", s.explain("list", prefix, err))
				return
			}
			for _, object := range page.Contents {
				key, err := url.QueryUnescape(aws.ToString(object.Key))
				if err != nil {
					yield("", s.explain("list", prefix, err))
					return
				}
				key = strings.TrimPrefix(key, s.prefix)
				if objects.CheckKey(key) == nil && !yield(key, nil) {
					return
				}
			}
		}
	}
}

// Delete implements objects.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.check(ctx, key); err != nil {
		return err
	}
	if _, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: aws.String(s.prefix + key)}); err != nil {
		return s.explain("delete", key, err)
	}
	return nil
}

func (s *Store) check(ctx context.Context, key string) error {
	if err := objects.CheckKey(key); err != nil {
		return err
	}
	if err := objects.CheckKey(s.prefix + key); err != nil {
		return err
	}
	return ctx.Err()
}

// place is what an object is called in errors, as the AWS CLI would call it.
func (s *Store) place(key string) string { return "s3://" + s.bucket + "/" + s.prefix + key }

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
