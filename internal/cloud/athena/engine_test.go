package athena_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/cloud/athena"
	"offpeak/internal/failure"
)

var _ billing.Engine = (*athena.Engine)(nil)

var (
	july = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	p    = billing.Period{From: july, To: july.AddDate(0, 1, 0)}
)

// ended is a query that ended so, in Athena's answer to GetQueryExecution.
func ended(state string, scanned int64, more string) said {
	return ok(fmt.Sprintf(`{"QueryExecution":{"QueryExecutionId":"q1","StatementType":"DML","Statistics":{"DataScannedInBytes":%d},"Status":{"State":%q%s}}}`, scanned, state, more))
}

// page is an answer to GetQueryResults.
func page(next string, rows ...string) said {
	var list []string
	for _, row := range rows {
		var data []string
		for _, v := range strings.Split(row, "|") {
			if v == "NULL" {
				data = append(data, `{}`)
			} else {
				data = append(data, fmt.Sprintf(`{"VarCharValue":%q}`, v))
			}
		}
		list = append(list, `{"Data":[`+strings.Join(data, ",")+`]}`)
	}
	token := ""
	if next != "" {
		token = fmt.Sprintf(`,"NextToken":%q`, next)
	}
	return ok(`{"ResultSet":{"Rows":[` + strings.Join(list, ",") + `],"ResultSetMetadata":{"ColumnInfo":[{"Name":"plan","Type":"varchar"},{"Name":"sku","Type":"varchar"},
		{"Name":"rate","Type":"decimal"}]}}` + token + `}`)
}

const header = "plan|sku|rate"

// answering is a stand-in with both exports of July, whose queries end as given.
func answering(executions []said, pages ...said) *standIn {
	s := newStandIn()
	s.publish("FOCUS_1_2_AWS", "2026-07", "20260801T060000Z", "aaaa")
	s.publish("COST_AND_USAGE_REPORT", "2026-07", "20260801T060000Z", "bbbb")
	s.answers["StartQueryExecution"] = []said{ok(`{"QueryExecutionId":"q1"}`)}
	s.answers["StopQueryExecution"] = []said{ok(`{}`)}
	s.answers["GetQueryExecution"], s.answers["GetQueryResults"] = executions, pages
	return s
}

func TestRowsComeByPagesAndExactly(t *testing.T) {
	t.Parallel()
	s := answering([]said{ended("QUEUED", 0, ""), ended("RUNNING", 0, ""), ended("SUCCEEDED", 25_000_001, "")},
		page("2", header, "arn:sp/1|SKU1|0.041600000000", "||-12345678901234567890.000000000001"), page("", header, "결제|o'brien, \"x\"|0"))
	var waited pauses
	e := s.engine(t, &waited)
	got, err := e.PlanRates(t.Context(), p)
	want := []billing.PlanRate{
		{Plan: "arn:sp/1", SKU: "SKU1", Rate: decimal.RequireFromString("0.0416")},
		{Rate: decimal.RequireFromString("-12345678901234567890.000000000001")},
	}
	// The row that repeats the names is the first of all, no other: the third one is a value that cannot be read.
	if err == nil || !strings.Contains(err.Error(), `column rate: "rate"`) {
		t.Errorf("got %v, %v", got, err)
	}
	s.answers["GetQueryResults"] = []said{page("2", header, "arn:sp/1|SKU1|0.041600000000", "||-12345678901234567890.000000000001"), page("", "결제|o'brien, \"x\"|0")}
	got, err = e.PlanRates(t.Context(), p)
	want = append(want, billing.PlanRate{Plan: "결제", SKU: `o'brien, "x"`})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff([]time.Duration{200 * time.Millisecond, 400 * time.Millisecond}, waited.all); diff != "" {
		t.Errorf("the pauses between looks (-want +got):\n%s", diff)
	}
	if next := s.asked["GetQueryResults"][3]["NextToken"]; next != "2" {
		t.Errorf("the second page was asked by the token %v", next)
	}
	if e.Name() != "Athena engine version 3, workgroup reports" {
		t.Errorf("it calls itself %s", e.Name())
	}
}

func TestValuesOfEachKind(t *testing.T) {
	t.Parallel()
	days := func(row string) said {
		answer := page("", row)
		answer.body = strings.Replace(answer.body, `{"Name":"plan","Type":"varchar"}`, `{"Name":"day","Type":"timestamp"}`, 1)
		return answer
	}
	for row, want := range map[string]string{
		"2026-07-01 00:00:00.000|111111111111|USD|6|4|1|1|3.5": "",
		"2026-07-01|111111111111|USD|6|4|1|1|3.5":              "column day",
		"2026-07-01 00:00:00.000|1|USD|6.0|4|1|1|3.5":          `"6.0"`,
		"2026-07-01 00:00:00.000|1|USD|6|4|1|1|Infinity":       `"Infinity"`,
		"NULL|1|USD|6|4|1|1|3.5":                               "column day is null",
		"2026-07-01 00:00:00.000|1|USD|6|4|1|1":                "7 values, and the question 8",
	} {
		s := answering([]said{ended("SUCCEEDED", 1, "")}, days(row))
		got, err := s.engine(t, &pauses{}).Days(t.Context(), p)
		switch {
		case want == "":
			day := []billing.Day{{Day: july, Payer: "111111111111", Currency: "USD", Rows: 6, Hours: 4, Negative: 1, Zero: 1, Billed: decimal.RequireFromString("3.5")}}
			if diff := cmp.Diff(day, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		case err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "What FOCUS bills of each UTC day"):
			t.Errorf("%s: got %v, want %s", row, err, want)
		}
	}
}

func TestHowQueriesFail(t *testing.T) {
	t.Parallel()
	const reason = `,"StateChangeReason":`
	for _, row := range []struct {
		name    string
		state   said
		class   failure.Class
		says    string
		started int // how often
	}{
		{
			"more than may be scanned", ended("CANCELLED", 2_000_000_000, reason+`"Query cancelled! : Bytes scanned limit was exceeded"`), failure.Quota,
			"raise BytesScannedCutoffPerQuery of the workgroup reports", 1,
		},
		{"stopped by somebody", ended("CANCELLED", 0, reason+`"stopped by user"`), failure.Other, "query q1 was cancelled: stopped by user", 1},
		{"a text that Athena refuses", ended("FAILED", 0, reason+`"SYNTAX_ERROR: line 3:7: Column 'x' cannot be resolved"`), failure.Other, "Column 'x' cannot be resolved", 1},
		{"a file that may not be read", ended("FAILED", 0, reason+`"Access Denied (Service: Amazon S3; Status Code: 403)"`), failure.Denied, "Access Denied", 1},
		{"S3 asked too often", ended("FAILED", 0, reason+`"HIVE_CURSOR_ERROR: Please reduce your request rate. (SlowDown)"`), failure.Throttled, "SlowDown", 3},
		{
			"a fault of Athena's", ended("FAILED", 0, `,"AthenaError":{"ErrorCategory":1,"ErrorType":1,"Retryable":false,"ErrorMessage":"internal"}`), failure.Unreachable,
			"query q1 failed: internal", 3,
		},
		{"what Athena says may pass", ended("FAILED", 0, `,"AthenaError":{"ErrorCategory":2,"Retryable":true,"ErrorMessage":"busy"}`), failure.Unreachable, "busy", 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := answering([]said{row.state})
			_, err := s.engine(t, &pauses{}).PlanRates(t.Context(), p)
			if failure.Of(err) != row.class || !strings.Contains(fmt.Sprint(err), row.says) || !strings.Contains(fmt.Sprint(err), "(Each Savings Plan's price") {
				t.Errorf("got %v of class %s, want %s: %s", err, failure.Of(err), row.class, row.says)
			}
			if errors.Is(err, athena.ErrScanLimit) != (row.class == failure.Quota) {
				t.Errorf("%v: is it the limit?", err)
			}
			tokens := map[any]bool{}
			for _, start := range s.asked["StartQueryExecution"] {
				tokens[start["ClientRequestToken"]] = true
			}
			if len(tokens) != row.started || len(s.asked["StartQueryExecution"]) != row.started {
				t.Errorf("started %d times under %d tokens, want %d: a query that failed is another one", len(s.asked["StartQueryExecution"]), len(tokens), row.started)
			}
		})
	}
}

// A start that is throttled, or whose answer is lost, is repeated as the same query; and the same question of another run is another one.
func TestAStartIsOneQuery(t *testing.T) {
	t.Parallel()
	s := answering([]said{ended("SUCCEEDED", 0, "")}, page("", header))
	s.answers["StartQueryExecution"] = []said{refused("TooManyRequestsException"), {500, `{"__type":"InternalServerException"}`}, ok(`{"QueryExecutionId":"q1"}`)}
	if _, err := s.engine(t, &pauses{}).PlanRates(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if _, err := s.engine(t, &pauses{}).PlanRates(t.Context(), p); err != nil { // the run was killed and begins again
		t.Fatal(err)
	}
	var tokens []any
	for _, start := range s.asked["StartQueryExecution"] {
		tokens = append(tokens, start["ClientRequestToken"])
	}
	if len(tokens) != 4 || tokens[0] != tokens[1] || tokens[1] != tokens[2] || tokens[2] != tokens[3] || len(fmt.Sprint(tokens[0])) != 64 {
		t.Errorf("the tokens are %v, want the same four times", tokens)
	}
	access := s.access(t)
	other, err := athena.Open(t.Context(), access, athena.OpenBill(access, athena.Place{Bucket: "bill", Prefix: "payer"}), athena.Options{
		Workgroup: "reports", Database: "offpeak", FOCUS: "focus", CUR: "cur", Run: "another", Sleep: (&pauses{}).sleep,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.PlanRates(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if last := s.asked["StartQueryExecution"][4]; last["ClientRequestToken"] == tokens[0] {
		t.Error("another run asks under the same token, and would get what the first one got")
	} else if last["WorkGroup"] != "reports" || last["QueryExecutionContext"].(map[string]any)["Database"] != "offpeak" {
		t.Errorf("it asks %v", last)
	}
}

func TestAQueryThatNobodyWaitsForIsStopped(t *testing.T) {
	t.Parallel()
	s := answering([]said{ended("RUNNING", 0, "")})
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the report was called off")
	_, err := s.engine(t, &pauses{then: func() { cancel(gone) }}).PlanRates(ctx, p)
	if !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
	if stopped := s.asked["StopQueryExecution"]; len(stopped) != 1 || stopped[0]["QueryExecutionId"] != "q1" {
		t.Errorf("stopped %v", stopped)
	}
}

func TestWhatQueriesCost(t *testing.T) {
	t.Parallel()
	s := answering([]said{
		ended("SUCCEEDED", 1, ""), ended("SUCCEEDED", 25_000_001, ""), ended("FAILED", 999, `,"StateChangeReason":"SYNTAX_ERROR"`),
		ended("CANCELLED", 500_000_000_000, `,"StateChangeReason":"stopped"`),
	}, page("", header))
	s.answers["StartQueryExecution"] = nil
	for i := range s.answers["GetQueryExecution"] {
		id := fmt.Sprintf("q%d", i+1)
		s.answers["StartQueryExecution"] = append(s.answers["StartQueryExecution"], ok(fmt.Sprintf(`{"QueryExecutionId":%q}`, id)))
		s.answers["GetQueryExecution"][i].body = strings.Replace(s.answers["GetQueryExecution"][i].body, "q1", id, 1)
	}
	e := s.engine(t, &pauses{})
	for range 5 { // the fifth time it is the query of the fourth
		_, _ = e.PlanRates(t.Context(), p)
	}
	cost := e.Cost()
	if cost.Queries != 4 || cost.Scanned != 500_025_001_001 || cost.Billed != 10_000_000+26_000_000+0+500_000_000_000 {
		t.Errorf("got %+v", cost)
	}
	if got := cost.USD.String(); got != "2.50018" {
		t.Errorf("got %s USD: half a terabyte costs 2.50, and 36 MB 0.00018", got)
	}
	if got, want := cost.String(), "4 queries scanned 500025 MB, 500036 MB as Athena counts them: 2.500180 USD at its list price"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDeclarations(t *testing.T) {
	t.Parallel()
	declared := func(id string) said {
		return ok(`{"QueryExecution":{"QueryExecutionId":"` + id + `","StatementType":"DDL","Status":{"State":"SUCCEEDED"}}}`)
	}
	s := answering([]said{declared("q1"), declared("q2")})
	e := s.engine(t, &pauses{})
	if err := e.Declare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"s3://bill/payer/focus/v=${v}/BILLING_PERIOD=${billing_period}/", "s3://bill/payer/cur/v=${v}/BILLING_PERIOD=${billing_period}/"} {
		if text := fmt.Sprint(s.asked["StartQueryExecution"][i]["QueryString"]); !strings.Contains(text, "'storage.location.template' = '"+want+"'") {
			t.Errorf("table %d is declared by\n%s", i, text)
		}
	}
	if cost := e.Cost(); cost.Billed != 0 || cost.Queries != 2 {
		t.Errorf("declarations cost nothing, and not %+v", cost)
	}
}

func TestWhatIsReadIsWhatIsPublishedLast(t *testing.T) {
	t.Parallel()
	s := newStandIn()
	s.publish("COST_AND_USAGE_REPORT", "2026-07", "20260801T060000Z", "ffff")
	s.publish("COST_AND_USAGE_REPORT", "2026-07", "20260803T060000Z", "1111")
	s.publish("COST_AND_USAGE_REPORT", "2026-08", "20260802T060000Z", "2222")
	s.answers["StartQueryExecution"] = []said{ok(`{"QueryExecutionId":"q1"}`)}
	s.answers["GetQueryExecution"], s.answers["GetQueryResults"] = []said{ended("SUCCEEDED", 0, "")}, []said{page("", header)}
	e := s.engine(t, &pauses{})
	if diff := cmp.Diff(billing.Months{CUR: []time.Time{july, july.AddDate(0, 1, 0)}}, e.Months()); diff != "" {
		t.Errorf("months (-want +got):\n%s", diff)
	}
	if _, err := e.PlanRates(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(s.asked["StartQueryExecution"][0]["QueryString"])
	if !strings.Contains(text, "WHERE v = '1111' AND billing_period = '2026-07'") || strings.Contains(text, "ffff") || strings.Contains(text, "2222") {
		t.Errorf("it asks\n%s", text)
	}
	if _, err := e.Days(t.Context(), p); !errors.Is(err, billing.ErrNoExport) {
		t.Errorf("of FOCUS, which is not published: %v", err)
	}
	if rates, err := e.PlanRates(t.Context(), billing.Period{From: july.AddDate(1, 0, 0), To: july.AddDate(1, 1, 0)}); len(rates) > 0 || err != nil || len(s.asked["StartQueryExecution"]) != 1 {
		t.Errorf("of a month that is not published: %v, %v, asked %d times", rates, err, len(s.asked["StartQueryExecution"]))
	}
	if _, err := e.PlanRates(t.Context(), billing.Period{From: july, To: july}); err == nil {
		t.Error("a period without hours was asked for")
	}
}

func TestWhatIsNotOpened(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, workgroup, table, says string
	}{
		{"a workgroup without a limit", strings.Replace(workgroup, `"BytesScannedCutoffPerQuery":1000000000,`, "", 1), "focus", "BytesScannedCutoffPerQuery"},
		{"a workgroup that leaves settings to its callers", strings.Replace(workgroup, `"EnforceWorkGroupConfiguration":true`, `"EnforceWorkGroupConfiguration":false`, 1), "focus", "EnforceWorkGroupConfiguration"},
		{"a workgroup that is disabled", strings.Replace(workgroup, "ENABLED", "DISABLED", 1), "focus", "is disabled"},
		{"no workgroup", `{}`, "focus", "there is none"},
		{"a table whose name would be part of a text", workgroup, "focus; DROP TABLE x", "small letters"},
	} {
		s := newStandIn()
		s.answers["GetWorkGroup"] = []said{ok(row.workgroup)}
		access := s.access(t)
		_, err := athena.Open(t.Context(), access, athena.OpenBill(access, athena.Place{Bucket: "bill"}), athena.Options{Workgroup: "reports", Database: "offpeak", FOCUS: row.table, CUR: "cur"})
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: got %v, want %s", row.name, err, row.says)
		}
	}
	s := newStandIn()
	s.answers["GetWorkGroup"] = []said{ok(strings.Replace(workgroup, `"BytesScannedCutoffPerQuery":1000000000,`, "", 1))}
	s.publish("FOCUS_1_2_AWS", "2026-07", "20260801T060000Z", "aaaa")
	unlimited := s.access(t)
	told := athena.Options{Workgroup: "reports", Database: "offpeak", FOCUS: "focus", CUR: "cur", Unlimited: true}
	e, err := athena.Open(t.Context(), unlimited, athena.OpenBill(unlimited, athena.Place{Bucket: "bill", Prefix: "payer"}), told)
	if err != nil || len(e.Published()) != 1 || e.Published()[0].SHA256 != "aaaa" {
		t.Errorf("a workgroup without a limit, where that was said: %v", err)
	}
	s = newStandIn()
	s.objects["bill/published/focus/2026-07/20260801T060000Z-aaaa.json"] = stored{`{"table":"FOCUS_1_2_AWS"}`, day(1)}
	access := s.access(t)
	_, err = athena.Open(t.Context(), access, athena.OpenBill(access, athena.Place{Bucket: "bill"}), athena.Options{Workgroup: "reports", Database: "offpeak", FOCUS: "focus", CUR: "cur"})
	if err == nil || !strings.Contains(err.Error(), "does not describe") {
		t.Errorf("a note of another version: %v", err)
	}
}
