package athena

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"offpeak/internal/billing/export"
	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// Bill is where the deliveries of one payer are published for Athena: beneath a prefix of a bucket, for each table
//
//	focus/v=<SHA-256 of the manifest>/BILLING_PERIOD=2026-07/00001.parquet   the files that the manifest lists, copied
//	published/focus/2026-07/20260801T060000Z-<SHA-256>.json                  a Version: written last, when all of them are there
//
// Nothing is written over and nothing is deleted: a report names the versions that it read. A lifecycle rule may expire old ones.
type Bill struct {
	client  *s3.Client
	exports *s3.Client // in the region of the exports' bucket
	bucket  string
	prefix  string // empty, or ends in a slash
}

// Place says where a bill is published.
type Place struct {
	Bucket string
	Prefix string       // may be empty; each payer has one of its own
	Region fleet.Region // of the bucket; empty is the configuration's
	// Exports is the region of the bucket to which AWS delivers; empty is Region. Files are copied from one region to another where they differ.
	Exports fleet.Region
}

// Version is one delivery as it was published.
type Version struct {
	Table     export.Table `json:"table"`
	Month     time.Time    `json:"month"`     // the first instant of the billing period, UTC
	SHA256    string       `json:"sha256"`    // of the manifest, in hexadecimal: the partition v
	Manifest  string       `json:"manifest"`  // s3://bucket/key
	Delivered time.Time    `json:"delivered"` // when the manifest was written
	Files     []Copy       `json:"files"`     // in the manifest's order
}

// Copy is one file of a version.
type Copy struct {
	From  string `json:"from"` // s3://bucket/key
	Key   string `json:"key"`
	ETag  string `json:"etag"` // of what was copied
	Bytes int64  `json:"bytes"`
}

const (
	monthForm = "2006-01"
	stampForm = "20060102T150405Z"
	index     = "published/"
)

// longestManifest is far more than any manifest has.
const longestManifest = 16 << 20

// OpenBill returns the place of a bill. It makes no call. The base credentials are used, so the hub's.
func OpenBill(a *cloud.Access, p Place) *Bill {
	in := func(region fleet.Region) *s3.Client {
		return s3.NewFromConfig(a.Config(fleet.Scope{Region: region}), func(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true })
	}
	b := &Bill{client: in(p.Region), bucket: p.Bucket, prefix: strings.Trim(p.Prefix, "/")}
	b.exports = b.client
	if p.Exports != "" && p.Exports != p.Region {
		b.exports = in(p.Exports)
	}
	if b.prefix != "" {
		b.prefix += "/"
	}
	return b
}

// String is the place as the AWS CLI calls it.
func (b *Bill) String() string { return "s3://" + b.bucket + "/" + b.prefix }

// Location is where the versions of a table lie: what the table is declared over.
func (b *Bill) Location(table export.Table) string { return b.String() + folderOf(table) + "/" }

// folderOf is the folder of a table.
func folderOf(table export.Table) string {
	if table == export.CUR2 {
		return "cur"
	}
	return "focus"
}

// Published are the newest versions of each table and month, by table and month: those whose manifests were delivered last.
func (b *Bill) Published(ctx context.Context) ([]Version, error) {
	newest := map[string]string{} // keys by the folder of table and month
	pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.bucket, Prefix: aws.String(b.prefix + index)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list what is published in %s: %w", b, cloud.Classify(err))
		}
		for _, object := range page.Contents {
			if key := aws.ToString(object.Key); strings.HasSuffix(key, ".json") {
				newest[path.Dir(key)] = max(newest[path.Dir(key)], key)
			}
		}
	}
	var versions []Version
	for _, key := range newest {
		document, _, err := read(ctx, b.client, b.bucket, key)
		if err != nil {
			return nil, err
		}
		var v Version
		err = json.Unmarshal(document, &v)
		if err == nil && v.key(b) != key {
			err = errors.New("it is one of " + v.key(b))
		}
		if err != nil {
			return nil, fmt.Errorf("s3://%s/%s does not describe the version that it is named for: %w; delete it and publish the delivery again", b.bucket, key, err)
		}
		versions = append(versions, v)
	}
	slices.SortFunc(versions, func(a, b Version) int { return cmp.Or(cmp.Compare(a.Table, b.Table), a.Month.Compare(b.Month)) })
	return versions, nil
}

// key is where a version is noted. The time of delivery stands first, so that the last key is the newest.
func (v *Version) key(b *Bill) string {
	return b.prefix + index + folderOf(v.Table) + "/" + v.Month.UTC().Format(monthForm) + "/" + v.Delivered.UTC().Format(stampForm) + "-" + v.SHA256 + ".json"
}

// object is what is known of an object beside its content.
type object struct {
	etag    string
	written time.Time
}

// read returns a small object.
func read(ctx context.Context, client *s3.Client, bucket, key string) ([]byte, object, error) {
	fault := func(err error) ([]byte, object, error) {
		return nil, object{}, fmt.Errorf("read s3://%s/%s: %w", bucket, key, err)
	}
	got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return fault(explained(err))
	}
	document, err := io.ReadAll(io.LimitReader(got.Body, longestManifest+1))
	if err := errors.Join(err, got.Body.Close()); err != nil {
		return fault(explained(err))
	}
	if len(document) > longestManifest {
		return fault(fmt.Errorf("it has more than %d bytes and is no manifest", longestManifest))
	}
	return document, object{aws.ToString(got.ETag), aws.ToTime(got.LastModified)}, nil
}

// explained says what is needed where S3 denies something.
func explained(err error) error {
	err = cloud.Classify(err)
	if failure.Of(err) == failure.Denied {
		return fmt.Errorf("the role needs s3:GetObject on the export, and s3:GetObject, s3:PutObject and s3:ListBucket on the bill: %w", err)
	}
	return err
}
