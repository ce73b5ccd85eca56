package trino

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"offpeak/internal/cloud/moto"
)

// page is how many rows Athena gives at a time.
const page = 1000

// front answers the calls of Athena's that run queries, and passes all else on to moto.
type front struct {
	server *Server
	moto   http.Handler

	mu      sync.Mutex
	queries map[string]*execution
	tokens  map[string]string
}

// execution is a query that was started.
type execution struct {
	statement string
	done      bool
	err       error
	result    result
}

// before returns the server that stands before moto and Trino.
func (s *Server) before(t testing.TB) *moto.Server {
	t.Helper()
	target, err := url.Parse(s.aws.URL)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{server: s, queries: map[string]*execution{}, tokens: map[string]string{}, moto: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // signatures name it
	}}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return &moto.Server{URL: server.URL}
}

// question is what the answered calls ask.
type question struct {
	QueryString, ClientRequestToken, QueryExecutionID, NextToken string
	QueryExecutionContext                                        struct{ Database string }
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonAthena.")
	answers := map[string]func(question) any{
		"StartQueryExecution": f.start, "GetQueryExecution": f.look, "GetQueryResults": f.rows, "StopQueryExecution": func(question) any { return struct{}{} },
	}
	answer := answers[call]
	if !ok || answer == nil {
		f.moto.ServeHTTP(w, r)
		return
	}
	var q question
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(answer(q))
}

// start runs a query beside the answer. One with a token that was there is the query that it was for.
func (f *front) start(q question) any {
	f.mu.Lock()
	defer f.mu.Unlock()
	id, again := f.tokens[q.ClientRequestToken]
	if !again {
		id = "query-" + strconv.Itoa(len(f.queries)+1)
		x := &execution{statement: q.QueryString}
		f.tokens[q.ClientRequestToken], f.queries[id] = id, x
		go func() {
			var result result
			var err error
			if strings.HasPrefix(q.QueryString, "CREATE EXTERNAL TABLE") {
				err = f.server.declare(q.QueryString)
			} else {
				result, err = f.server.query(context.Background(), q.QueryExecutionContext.Database, q.QueryString)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			x.done, x.err, x.result = true, err, result
		}()
	}
	return map[string]any{"QueryExecutionId": id}
}

// look says how far a query is.
func (f *front) look(q question) any {
	f.mu.Lock()
	defer f.mu.Unlock()
	x := f.queries[q.QueryExecutionID]
	status := map[string]any{"State": "RUNNING"}
	kind := "DML"
	switch {
	case x == nil:
		status = map[string]any{"State": "FAILED", "StateChangeReason": "there is no such query"}
	case x.err != nil:
		status = map[string]any{"State": "FAILED", "StateChangeReason": x.err.Error()}
	case x.done:
		status["State"] = "SUCCEEDED"
	}
	execution := map[string]any{"QueryExecutionId": q.QueryExecutionID, "Status": status}
	if x != nil {
		if strings.HasPrefix(x.statement, "CREATE") {
			kind = "DDL"
		}
		execution["Statistics"] = map[string]any{"DataScannedInBytes": x.result.scanned}
	}
	execution["StatementType"] = kind
	return map[string]any{"QueryExecution": execution}
}

// rows are a page of the answer, in Athena's form: all values are text, and the first row repeats the names.
func (f *front) rows(q question) any {
	f.mu.Lock()
	defer f.mu.Unlock()
	var result result
	if x := f.queries[q.QueryExecutionID]; x != nil {
		result = x.result
	}
	at, _ := strconv.Atoi(q.NextToken)
	var rows, columns []any
	if at == 0 {
		rows = append(rows, row(texts(result.names)))
	}
	to := min(len(result.rows), at+page-len(rows))
	for _, r := range result.rows[at:to] {
		rows = append(rows, row(r))
	}
	for _, name := range result.names {
		columns = append(columns, map[string]any{"Name": name, "Type": "varchar"})
	}
	answer := map[string]any{"ResultSet": map[string]any{"Rows": rows, "ResultSetMetadata": map[string]any{"ColumnInfo": columns}}}
	if to < len(result.rows) {
		answer["NextToken"] = strconv.Itoa(to)
	}
	return answer
}

func texts(names []string) (values []any) {
	for _, n := range names {
		values = append(values, n)
	}
	return values
}

func row(values []any) any {
	data := make([]any, len(values))
	for i, v := range values {
		data[i] = map[string]any{"VarCharValue": fmt.Sprint(v)}
		if v == nil {
			data[i] = struct{}{}
		}
	}
	return map[string]any{"Data": data}
}

// ask makes a call of Glue's to moto.
func (s *Server) ask(call string, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.aws.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSGlue."+call)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260701/"+string(moto.Region)+"/glue/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	said, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("glue:%s: %s: %s (%w)", call, response.Status, said, err)
	}
	return nil
}
