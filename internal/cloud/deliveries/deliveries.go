// Package deliveries brings bills that AWS Data Exports have delivered to S3 into a folder of this machine, where they are counted as any other folder of
// exports.
//
// In goes a bucket with a prefix and a range of months; out comes a folder laid out as the bucket is, with the manifests and what they list. What was brought
// once is not brought again as long as S3 says that it is the same, and what was cut short goes on where it ended. The package reads the bucket and nothing
// else of AWS; it needs s3:ListBucket on the bucket and s3:GetObject on the objects. What the rows say is not its matter.
package deliveries

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"offpeak/internal/billing/export"
	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// Place is where AWS delivers.
type Place struct {
	Bucket string
	Prefix string       // may be empty; what lies beneath it is taken as the folder of exports
	Region fleet.Region // of the bucket; empty is the configuration's, and where S3 says otherwise, what it says
}

// String is the place as the AWS CLI calls it.
func (p Place) String() string { return "s3://" + p.Bucket + "/" + p.prefix() }

func (p Place) prefix() string {
	if trimmed := strings.Trim(p.Prefix, "/"); trimmed != "" {
		return trimmed + "/"
	}
	return ""
}

// Options say what is brought, and where it is kept.
type Options struct {
	// Cache is the folder in which bills are kept, for this user alone. It may be deleted whenever nobody reads it.
	Cache string
	// Months beginning before From or not before To are left where they are.
	From, To time.Time
	// Progress, if set, is told how many of the bytes that have to be brought are here. It is called by one goroutine at a time.
	Progress func(done, of int64)
	// Now and Sleep are the clock; nil: the machine's.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

// Copy is what was brought.
type Copy struct {
	// Dir is laid out as the bucket beneath the prefix. It is never changed; the same deliveries have the same one.
	Dir string
	// Fetched was brought now, of it Resumed had come by an earlier run that was cut short; Kept was here already.
	Fetched, Kept Amount
	Resumed       int64 // bytes
}

// Amount is of files.
type Amount struct {
	Files int
	Bytes int64
}

// ErrDeliveredAnew says that AWS was writing the next delivery over the one that was being brought.
var ErrDeliveredAnew = errors.New("AWS is writing the next delivery over this one: try again in an hour")

// Fetch brings the deliveries of a place.
func Fetch(ctx context.Context, a *cloud.Access, p Place, o Options) (Copy, error) {
	f := &fetch{access: a, place: p, options: o}
	if f.options.Sleep == nil {
		f.options.Sleep = sleep
	}
	if f.options.Now == nil {
		f.options.Now = time.Now
	}
	f.open(p.Region)
	made, err := f.run(ctx)
	if err != nil {
		return Copy{}, fmt.Errorf("bring the bill from %s: %w", p, err)
	}
	return made, nil
}

// fetch is one run.
type fetch struct {
	access  *cloud.Access
	place   Place
	options Options
	client  *s3.Client
	tally   tally
	silent  bool // manifests are brought, of which nobody need be told
}

func (f *fetch) open(region fleet.Region) {
	f.client = s3.NewFromConfig(f.access.Config(fleet.Scope{Region: region}), func(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true })
}

func (f *fetch) run(ctx context.Context) (Copy, error) {
	all, err := f.list(ctx)
	if region := otherRegion(err, f.client.Options().Region); region != "" && f.place.Region == "" {
		f.open(region)
		all, err = f.list(ctx)
	}
	if err != nil {
		return Copy{}, err
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return Copy{}, err
	}
	defer unlock()
	choice, err := f.choose(ctx, all)
	if err != nil {
		return Copy{}, err
	}
	wanted := make([]object, len(choice.Read))
	for i, key := range choice.Read {
		wanted[i] = all[key]
	}
	if err := f.settled(wanted); err != nil {
		return Copy{}, err
	}
	if err := f.fetchAll(ctx, wanted); err != nil {
		return Copy{}, err
	}
	now, err := f.list(ctx)
	if err != nil {
		return Copy{}, err
	}
	for _, w := range wanted {
		if now[w.key] != w {
			return Copy{}, fmt.Errorf("%s: %w", w.key, ErrDeliveredAnew)
		}
	}
	made := f.tally.copy()
	made.Dir, err = f.view(wanted, choice.Named)
	return made, err
}

// object is what S3 lists of one.
type object struct {
	key     string // beneath the prefix
	etag    string
	bytes   int64
	written time.Time
}

// list is what lies beneath the prefix, by key. What could not be a file of a folder is passed over.
func (f *fetch) list(ctx context.Context) (map[string]object, error) {
	prefix := f.place.prefix()
	all := map[string]object{}
	pages := s3.NewListObjectsV2Paginator(f.client, &s3.ListObjectsV2Input{Bucket: &f.place.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, f.explained("list it", err)
		}
		for _, o := range page.Contents {
			key := strings.TrimPrefix(aws.ToString(o.Key), prefix)
			if filepath.IsLocal(filepath.FromSlash(key)) && !strings.ContainsAny(key, "\\\x00") && filepath.ToSlash(filepath.Clean(filepath.FromSlash(key))) == key {
				all[key] = object{key, strings.Trim(aws.ToString(o.ETag), `"`), aws.ToInt64(o.Size), aws.ToTime(o.LastModified).UTC()}
			}
		}
	}
	return all, nil
}

// choose reads the manifests and tells which files are needed.
func (f *fetch) choose(ctx context.Context, all map[string]object) (export.Choice, error) {
	var listed []export.Listed
	for key, o := range all {
		listed = append(listed, export.Listed{Key: key, Written: o.written})
	}
	f.silent = true
	defer func() { f.silent = false }()
	within := func(month time.Time) bool { return !month.Before(f.options.From) && month.Before(f.options.To) }
	return export.Choose(listed, within, func(key string) ([]byte, error) {
		if err := f.fetchAll(ctx, []object{all[key]}); err != nil {
			return nil, err
		}
		return os.ReadFile(f.file(all[key]))
	})
}

// refreshing is how long a delivery may take from its first file to its manifest. What was written after the manifest and longer ago is of an export that somebody
// has copied, in whatever order.
const refreshing = 6 * time.Hour

// settled refuses a delivery of which files were written after its manifest: AWS writes the manifest last, so that the next one is on its way.
func (f *fetch) settled(wanted []object) error {
	manifests := map[string]time.Time{} // of each export and month the newest
	of := func(key string) (at string, isData bool) {
		if at, ok := cutLast(key, "metadata/BILLING_PERIOD="); ok {
			return at, false
		}
		return cutLast(key, "data/BILLING_PERIOD=")
	}
	for _, w := range wanted {
		if at, isData := of(w.key); !isData && manifests[at].Before(w.written) {
			manifests[at] = w.written
		}
	}
	for _, w := range wanted {
		at, isData := of(w.key)
		manifest, there := manifests[at]
		if isData && there && w.written.After(manifest) && f.options.Now().Sub(w.written) < refreshing {
			return fmt.Errorf("%s was written after the manifest: %w", w.key, ErrDeliveredAnew)
		}
	}
	return nil
}

// cutLast is what stands before the last folder of a partition, with the month.
func cutLast(key, folder string) (string, bool) {
	i := strings.LastIndex(key, folder)
	if i < 0 {
		return "", false
	}
	month, _, _ := strings.Cut(key[i+len(folder):], "/")
	return key[:i] + month, true
}

// explained says what was asked, and where a setting is wrong, which.
func (f *fetch) explained(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	classified := cloud.Classify(err)
	if region := otherRegion(err, f.client.Options().Region); region != "" {
		return fmt.Errorf("%s: the bucket is in %s: %w", what, region, classified)
	}
	switch failure.Of(classified) {
	case failure.Gone:
		return fmt.Errorf("%s: there is no such bucket or object: check the name: %w", what, classified)
	case failure.Denied:
		return fmt.Errorf("%s: it takes s3:ListBucket on the bucket and s3:GetObject on the objects, of the bucket's own policy too where it is another account's: %w", what, classified)
	case failure.Key:
		return fmt.Errorf("%s: it takes kms:Decrypt with the key that encrypts the bucket: %w", what, classified)
	}
	if archived, ok := errors.AsType[*types.InvalidObjectState](err); ok {
		return fmt.Errorf("%s: it is archived (%s): restore it in S3 first: %w", what, archived.StorageClass, classified)
	}
	return fmt.Errorf("%s: %w", what, classified)
}

// otherRegion is the region in which S3 says that the bucket is, if it is not the one that was asked.
func otherRegion(err error, asked string) fleet.Region {
	answer, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok || answer.Response == nil {
		return ""
	}
	if region := answer.Response.Header.Get("X-Amz-Bucket-Region"); region != asked {
		return fleet.Region(region)
	}
	return ""
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// unique drops what is listed twice.
func unique(all []object) []object {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b object) int { return strings.Compare(a.key, b.key) })
	return slices.Compact(all)
}
