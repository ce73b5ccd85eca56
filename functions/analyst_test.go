package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/landing"
	"offpeak/internal/billing/query"
	"offpeak/internal/billing/recount"
	"offpeak/internal/fleet"
)

// analyst is an Athena that answers truly: it finds out which question of package query a text asks, of which time and of which published versions, reads those versions from the bucket of
// published bills, and counts them by the engine in plain Go. A text that it does not know word by word it refuses. It stands in, as its texts are answered by Athena's own engine in the
// end-to-end tests.
type analyst struct {
	s3     *s3.Client
	bucket string
	payer  fleet.AccountID
	dir    string // for what it reads

	mu      sync.Mutex
	known   map[string]export.Delivery // deliveries by their manifests' sums, as they lie on this machine
	engines map[string]*recount.Engine // by the versions that they read
	queries map[string]*answeredQuery  // by id, which is the request's token
	asked   []string                   // titles of questions, in the order in which they were asked
	first   bool                       // the first query was looked at: it ran for a moment
}

type answeredQuery struct {
	rows    [][]string
	failed  string
	scanned int64
}

func (a *analyst) answer(w http.ResponseWriter, r *http.Request, body []byte) bool {
	call, isAthena := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonAthena.")
	if !isAthena || call == "GetWorkGroup" {
		return false
	}
	var asked struct {
		QueryString, ClientRequestToken, WorkGroup, QueryExecutionId, NextToken string //nolint:revive // Athena's names
	}
	_ = json.Unmarshal(body, &asked)
	a.mu.Lock()
	defer a.mu.Unlock()
	var said any
	switch q := a.queries[asked.QueryExecutionId]; {
	case call == "StartQueryExecution":
		if a.queries[asked.ClientRequestToken] == nil {
			a.queries[asked.ClientRequestToken] = a.run(r.Context(), asked.QueryString)
		}
		said = map[string]any{"QueryExecutionId": asked.ClientRequestToken}
	case q == nil:
		w.WriteHeader(http.StatusBadRequest)
		said = map[string]any{"__type": "InvalidRequestException", "message": "there is no query " + asked.QueryExecutionId}
	case call == "GetQueryExecution":
		said = map[string]any{"QueryExecution": map[string]any{
			"QueryExecutionId": asked.QueryExecutionId, "Status": map[string]any{"State": a.state(q), "StateChangeReason": q.failed},
			"Statistics": map[string]any{"DataScannedInBytes": q.scanned}, "StatementType": "DML",
		}}
	case call == "GetQueryResults":
		said = q.page(asked.NextToken)
	default:
		said = map[string]any{}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(said)
	return true
}

func (a *analyst) state(q *answeredQuery) string {
	switch {
	case !a.first:
		a.first = true
		return "RUNNING"
	case q.failed != "":
		return "FAILED"
	default:
		return "SUCCEEDED"
	}
}

// perPage is how many rows Athena gives at once; the first is that of the names.
const perPage = 1000

func (q *answeredQuery) page(token string) any {
	from, _ := strconv.Atoi(token)
	var rows, columns []any
	data := func(values []string) any {
		var all []any
		for _, v := range values {
			all = append(all, map[string]string{"VarCharValue": v})
		}
		return map[string]any{"Data": all}
	}
	names := []string{"none"}
	if len(q.rows) > 0 {
		names = make([]string, len(q.rows[0]))
	}
	for i := range names {
		names[i] = "column" + strconv.Itoa(i+1)
		columns = append(columns, map[string]string{"Name": names[i], "Type": "varchar"})
	}
	to := min(from+perPage, len(q.rows)+1)
	for i := from; i < to; i++ {
		if i == 0 {
			rows = append(rows, data(names))
			continue
		}
		rows = append(rows, data(q.rows[i-1]))
	}
	said := map[string]any{"ResultSet": map[string]any{"Rows": rows, "ResultSetMetadata": map[string]any{"ColumnInfo": columns}}}
	if to <= len(q.rows) {
		said["NextToken"] = strconv.Itoa(to)
	}
	return said
}

// run answers a text.
func (a *analyst) run(ctx context.Context, text string) *answeredQuery {
	title, _, _ := strings.Cut(text, "\n")
	a.asked = append(a.asked, strings.TrimPrefix(title, "-- "))
	q, err := a.count(ctx, text)
	if err != nil {
		return &answeredQuery{failed: err.Error()}
	}
	return q
}

var (
	readVersion = regexp.MustCompile(`FROM ([a-z0-9_.]+) WHERE v = '([0-9a-f]{64})' AND billing_period = '(\d{4}-\d{2})'`)
	readMoment  = regexp.MustCompile(`TIMESTAMP '(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})'`)
	readTag     = regexp.MustCompile(`element_at\(Tags, '([^']*)'\)`)
)

// count finds out what a text asks, and counts it.
func (a *analyst) count(ctx context.Context, text string) (*answeredQuery, error) {
	of, reads := landing.FOCUS, query.Delivered{Versions: map[string]string{}}
	for _, m := range readVersion.FindAllStringSubmatch(text, -1) {
		if m[1] == landing.Database+"."+landing.CUR.Of(a.payer) {
			of = landing.CUR
		}
		reads.Versions[m[3]] = m[2]
	}
	reads.Table = landing.Database + "." + of.Of(a.payer)
	dialect := query.Athena(reads, query.Delivered{})
	if of == landing.CUR {
		dialect = query.Athena(query.Delivered{}, reads)
	}
	engine, scanned, err := a.engine(ctx, of, reads.Versions)
	if err != nil {
		return nil, err
	}
	for _, p := range periodsOf(text, reads.Versions) {
		for _, q := range questions(dialect, p, tagsOf(text)) {
			if q.text == text {
				rows, err := q.ask(ctx, engine)
				return &answeredQuery{rows: rows, scanned: scanned}, err
			}
		}
	}
	return nil, errors.New("no question of package query has this text:\n" + text)
}

// engine counts the versions that a text reads, as they lie in the bucket of published bills.
func (a *analyst) engine(ctx context.Context, of landing.Table, versions map[string]string) (*recount.Engine, int64, error) {
	bill, scanned, name := &export.Bill{}, int64(0), ""
	for _, month := range slices.Sorted(maps.Keys(versions)) {
		d, err := a.published(ctx, of, month, versions[month])
		if err != nil {
			return nil, 0, err
		}
		for _, f := range d.Files {
			scanned += f.Bytes
		}
		bill.Deliveries = append(bill.Deliveries, d)
		name += month + versions[month]
	}
	if a.engines[name] == nil {
		a.engines[name] = recount.Open(bill, a.payer, 2)
	}
	return a.engines[name], scanned, nil
}

// published is a delivery with its files as they lie in the bucket: byte by byte those that were delivered.
func (a *analyst) published(ctx context.Context, of landing.Table, month, version string) (export.Delivery, error) {
	d, ok := a.known[version]
	if !ok {
		return d, fmt.Errorf("nobody delivered %s of %s in version %s", of, month, version)
	}
	folder := landing.Published(a.payer) + "/" + string(of) + "/" + query.Folder(version, month)
	listed, err := a.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &a.bucket, Prefix: &folder})
	if err != nil || len(listed.Contents) != len(d.Files) {
		return d, fmt.Errorf("%d files in %s, of %d that were delivered: %w", len(listed.Contents), folder, len(d.Files), err)
	}
	d.Files = slices.Clone(d.Files)
	for i := range d.Files {
		was, err := os.ReadFile(d.Files[i].Path)
		if err != nil {
			return d, err
		}
		got, err := a.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &a.bucket, Key: listed.Contents[i].Key})
		if err != nil {
			return d, err
		}
		data, err := io.ReadAll(got.Body)
		if err = errors.Join(err, got.Body.Close()); err != nil || !bytes.Equal(data, was) {
			return d, fmt.Errorf("%s is not what was delivered: %w", aws.ToString(listed.Contents[i].Key), err)
		}
		d.Files[i].Path = filepath.Join(a.dir, version+"-"+strconv.Itoa(i)+".parquet")
		if err := os.WriteFile(d.Files[i].Path, data, 0o600); err != nil {
			return d, err
		}
	}
	return d, nil
}

// periodsOf are the times that a text may be about: between two of its instants, or where it has none, all of the months that it reads.
func periodsOf(text string, versions map[string]string) (all []billing.Period) {
	var ends []time.Time
	for _, m := range readMoment.FindAllStringSubmatch(text, -1) {
		if at, err := time.Parse(time.DateTime, m[1]); err == nil && !slices.Contains(ends, at) {
			ends = append(ends, at)
		}
	}
	for month := range versions {
		if at, err := time.Parse("2006-01", month); err == nil && len(ends) == 0 {
			all = append(all, billing.Period{From: at, To: at.AddDate(0, len(versions), 0)})
		}
	}
	for _, from := range ends {
		for _, to := range ends {
			if from.Before(to) {
				all = append(all, billing.Period{From: from, To: to})
			}
		}
	}
	return all
}

// tagsOf are the tags that a text asks for, with their alternatives.
func tagsOf(text string) (tags [][]string) {
	parts := strings.Split(text, ") AS tag")
	for _, part := range parts[:len(parts)-1] {
		var keys []string
		found := readTag.FindAllStringSubmatch(part[strings.LastIndex(part, "COALESCE("):], -1)
		for i := 0; i < len(found); i += len(billing.TagSpellings(found[i][1])) {
			keys = append(keys, found[i][1])
		}
		tags = append(tags, keys)
	}
	return tags
}
