package functions_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/functions/invoke"
	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/files"
	"offpeak/reports/words"
)

// Most that a report of a small organisation may take: in memory, and in time on a machine that others use too.
const (
	mostReportMemory = 512 << 20
	longestReport    = time.Minute
)

// TestAQuarterIsReported goes through a quarter's reports as they are made on AWS, by the built function alone: the bill is delivered, the third day comes and the sixteenth, and AWS
// delivers a month again. Athena's answers are true ones, of the files that the function has published.
func TestAQuarterIsReported(t *testing.T) {
	t.Parallel()
	b := openBureau(t, "210000000311", "Finance@example.com, {address: platform@example.com, language: en}, finance@EXAMPLE.com")
	f := b.function(t)
	b.tells(t, f, b.delivers(t, b.books.bill, "2026-07", "2026-08"))
	b.delivers(t, b.books.bill, "2026-06", "2026-09") // nobody tells of these: the third day finds them
	if a := b.day(t, f, "2026-10-02"); a.Failed != "" || len(b.kept(t)) > 0 || len(b.analyst.asked) > 0 {
		t.Fatalf("the second day: %s, %d files", a.Failed, len(b.kept(t)))
	}
	b.issued(t, f, "2026-10-03", "provisional", "Finance@example.com, platform@example.com")
	b.asFromFiles(t, "provisional")
	b.nothing(t, f, "2026-10-03", "2026-10-04", "2026-10-15")
	final := b.issued(t, f, "2026-10-16", "final", "Finance@example.com, platform@example.com")
	if final.Change != nil && len(final.Change.Lines) > 0 {
		t.Errorf("the same bill is another report: %+v", final.Change)
	}
	b.nothing(t, f, "2026-10-16", "2026-10-17")

	b.tells(t, f, b.delivers(t, b.books.later, "2026-09"))
	restated := b.issued(t, f, "2026-11-05", "restated-01", "Finance@example.com, platform@example.com")
	explains(t, final, restated)
	b.nothing(t, f, "2026-11-05", "2026-12-31")
}

// issued is a day on which a report is due: it is made, kept whole, and mailed once to each, in their language.
func (b *bureau) issued(t *testing.T, f *invoke.Function, date, state, to string) *reports.Report {
	t.Helper()
	begun, busy := len(b.analyst.asked), f.Busy(t)
	a := b.day(t, f, date)
	if a.Failed != "" {
		t.Fatalf("%s: %s\n%s", date, a.Failed, f.Logs())
	}
	m, r := b.checkKept(t, state)
	if r.State != reports.State(strings.TrimSuffix(state, "-01")) || !r.Avoided.Total.Value().Decimal().IsPositive() || len(r.Resources) < 4 {
		t.Errorf("%s: %s, %s avoided by %d resources", date, r.State, r.Avoided.Total.Value(), len(r.Resources))
	}
	letters := b.postman.took()
	if addressed(letters) != to {
		t.Fatalf("%s: mailed to %q, want %q\n%s", date, addressed(letters), to, f.Logs())
	}
	for i, language := range []words.Language{words.Korean, words.English} {
		b.checkMail(t, letters[i], language, r, m)
		checkWorkbook(t, b.object(t, m.Folder+files.Workbook(language), nil), r)
		checkBoard(t, b.object(t, m.Folder+files.Board(language), nil), language, r)
	}
	t.Logf("%s: the %s report of %d resources and %d acts after %s, %s of a processor, %d questions to Athena; %d MB by then",
		date, state, len(r.Resources), len(r.Acts), a.Took.Round(10*time.Millisecond), (f.Busy(t) - busy).Round(10*time.Millisecond), len(b.analyst.asked)-begun, f.Memory(t)>>20)
	if f.Memory(t) > mostReportMemory || a.Took > longestReport && os.Getenv("OFFPEAK_REPORT_OF") == "" {
		t.Errorf("%s took %s and %d MB", date, a.Took, f.Memory(t)>>20)
	}
	return r
}

// nothing are days on which nothing is due: nothing is asked of Athena, written or mailed.
func (b *bureau) nothing(t *testing.T, f *invoke.Function, dates ...string) {
	t.Helper()
	for _, date := range dates {
		b.clerk.since()
		asked := len(b.analyst.asked)
		a := b.day(t, f, date)
		calls := b.clerk.since()
		if a.Failed != "" || calls["s3:PUT"]+calls["s3:DELETE"]+calls["ses:POST"]+calls["sns:Publish"] > 0 || len(b.analyst.asked) > asked {
			t.Errorf("%s: %s, %v\n%s", date, a.Failed, calls, f.Logs())
		}
	}
}

// asFromFiles holds a report against what "offpeak report" makes of copies of ledger and bill, and has "offpeak report verify" count it again.
func (b *bureau) asFromFiles(t *testing.T, state string) {
	t.Helper()
	b.asTyped(t, state, "--ledger", "bucket")
	copied := b.copied(t, state)
	// The ledger as it was before July and August were compacted, which is read in another order.
	said, err := b.books.types(invoke.Build(t, "offpeak/cmd/offpeak"), "report", "verify", copied, "--policy", b.policyFile(t), "--ledger", "lived", "--bill", "exports")
	if err != nil || !strings.HasPrefix(said, "The same") {
		t.Errorf("counted again: %v\n%s", err, said)
	}
}

// asTyped holds a report against what "offpeak report" makes with these flags.
func (b *bureau) asTyped(t *testing.T, state string, flags ...string) {
	t.Helper()
	out := t.TempDir()
	words := append([]string{"report", "--quarter", quarterName, "--out", out, "--policy", b.policyFile(t), "--bill", "exports"}, flags...)
	if said, err := b.books.types(invoke.Build(t, "offpeak/cmd/offpeak"), words...); err != nil {
		t.Fatal(said, err)
	}
	m, _ := b.checkKept(t, state)
	name := string(quarterPayer) + "-" + quarterName + "-" + state
	ofFiles, err := os.ReadFile(filepath.Join(out, name, delivery.ReportFile))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(figuresOf(t, ofFiles), figuresOf(t, b.object(t, m.Folder+delivery.ReportFile, nil))); diff != "" {
		t.Errorf("%v: of files (-) and by the function (+):\n%s", flags, diff)
	}
}

// copied copies a report from the shelf to a folder.
func (b *bureau) copied(t *testing.T, state string) string {
	t.Helper()
	m, _ := b.checkKept(t, state)
	copied := filepath.Join(t.TempDir(), string(quarterPayer)+"-"+quarterName+"-"+state)
	for _, key := range append([]string{path.Dir(path.Clean(m.Folder)) + "/manifest.json"}, b.kept(t)...) {
		if data := b.object(t, key, nil); !strings.Contains(key, "/sent/") {
			if err := os.MkdirAll(copied, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(copied, path.Base(key)), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return copied
}

// policyFile is the pushed policy as a file of the same name.
func (b *bureau) policyFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "offpeak.yaml")
	if err := os.WriteFile(file, []byte(b.policy), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// figuresOf is a report without what tells when and by which engine it was made, and what that read.
func figuresOf(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var r map[string]any
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	delete(r, "issued")
	sources := r["sources"].(map[string]any)
	for _, name := range []string{"engine", "questions_sha256", "query_usd", "scanned_bytes"} {
		delete(sources, name)
	}
	for _, m := range sources["manifests"].([]any) {
		delete(m.(map[string]any), "rows") // the function reads no file
	}
	slices.SortFunc(sources["manifests"].([]any), func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	for _, a := range r["actions"].([]any) {
		delete(a.(map[string]any), "due") // counted from the day on which it was made
	}
	return r
}

// explains: a restated report says what it replaces, and its lines add up to the difference.
func explains(t *testing.T, was, now *reports.Report) {
	t.Helper()
	c := now.Change
	if c == nil || c.Was != reports.Final || c.From.Cmp(was.Avoided.Total.Value()) != 0 || c.To.Cmp(now.Avoided.Total.Value()) != 0 || len(c.Lines) == 0 {
		t.Fatalf("%+v", c)
	}
	left := c.To.Sub(c.From)
	for _, line := range c.Lines {
		left = left.Sub(line.Amount)
	}
	if !left.IsZero() || c.From.Cmp(c.To) == 0 {
		t.Errorf("%+v leaves %s of %s to %s", c.Lines, left, c.From, c.To)
	}
}
