package page_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/page"
	"offpeak/reports/sample"
	"offpeak/reports/words"
)

var update = flag.Bool("update", false, "rewrite the expected files")

func write(t *testing.T, r *reports.Report, l words.Language) string {
	t.Helper()
	data, err := page.HTML(r, page.Options{Language: l, Annex: strings.Repeat("5d", 32)})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheSameReportGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	if first, again := write(t, sample.Report(60), words.Korean), write(t, sample.Report(60), words.Korean); first != again {
		t.Error("the same report gave two pages")
	}
}

var (
	tag   = regexp.MustCompile(`(?s)<[^>]*>`)
	block = regexp.MustCompile(`</?(section|p|h1|h2|h3|tr|li|dl|div|table|caption|figure|header)\b[^>]*>`)
	chart = regexp.MustCompile(`(?s)<svg.*?</svg>`)
)

// firstScreen is what a reader without scripts reads first, a line a block.
func firstScreen(t *testing.T, written string, l words.Language) string {
	t.Helper()
	_, rest, ok := strings.Cut(written, `<div class="doc" id="doc-`+string(l)+`" lang="`+string(l)+`">`)
	if !ok {
		t.Fatalf("the page has no part in %s that is shown", l)
	}
	text, _, ok := strings.Cut(rest, `<nav class="contents"`)
	if !ok {
		t.Fatal("the first screen has no end")
	}
	text = chart.ReplaceAllString(text, "")
	text = regexp.MustCompile(`</(dt|th|td)>`).ReplaceAllString(text, " | ")
	text = tag.ReplaceAllString(block.ReplaceAllString(text, "\n"), "")
	var lines []string
	for line := range strings.Lines(html.UnescapeString(text)) {
		if line = strings.Trim(strings.Join(strings.Fields(line), " "), " |"); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestTheFirstScreenReadsWithoutScripts(t *testing.T) {
	t.Parallel()
	for _, l := range words.Languages() {
		got := firstScreen(t, write(t, sample.Report(60), l), l)
		path := filepath.Join("testdata", "first."+string(l)+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, string(want)); diff != "" {
			t.Errorf("%s (-got +want)\n%s", l, diff)
		}
	}
}

// hostile is a report in which every text that comes from outside tries to be more than text.
func hostile(attack string) *reports.Report {
	r := sample.Report(12)
	r.Tenant.Name, r.Tenant.Zone = attack, attack
	for i := range r.Resources {
		x := &r.Resources[i]
		x.Name, x.Team, x.Environment, x.Baseline = attack, attack, attack, attack
		x.ARN, x.ID, x.Region, x.Account = fleet.ARN(attack), attack, fleet.Region(attack), fleet.AccountID(attack)
		x.Causes = []reports.Amount{{Name: attack, Amount: x.Value()}}
		x.Rows[0].Resource, x.Rows[0].SKU = attack, attack
	}
	for i := range r.Acts {
		a := &r.Acts[i]
		a.Why, a.Error, a.Run, a.Cause = attack, attack, attack, attack
	}
	for i := range r.Avoided.Teams {
		r.Avoided.Teams[i].Name = attack
	}
	r.Avoided.Causes[0].Name, r.Avoided.Environments[0].Name, r.Avoided.Services[0].Name, r.Avoided.Months[0].Cause = attack, attack, attack, attack
	for i := range r.Actions {
		a := &r.Actions[i]
		a.ID, a.Name, a.Owner, a.Command, a.Tag, a.Detail, a.Schedule, a.Due, a.Code = attack, attack, attack, attack, attack, attack, attack, attack, attack
	}
	r.Before[0].Name, r.Before[0].Owner, r.Before[0].Code = attack, attack, attack
	r.Standing[0].Resource, r.Standing[0].Meter = attack, attack
	r.Bill.Services[0].Name, r.Bill.Months[0].Invoices = attack, []string{attack}
	r.Gaps = []reports.Gap{{Code: attack, Says: attack, Args: []string{attack}}}
	r.Sources.Engine, r.Sources.Policy, r.Sources.Ledger, r.Sources.Manifests[0].Export = attack, attack, attack, attack
	r.Pillars[0].Reference, r.Pillars[0].Code, r.Pillars[0].Resources = attack, attack, []fleet.ARN{fleet.ARN(attack)}
	r.Harm.Failed[0].Error, r.Harm.Late[0].Due, r.Commitments.Why = attack, attack, attack
	r.Commitments.Known, r.Second.Source = false, attack
	r.Change = &reports.Change{Was: reports.Provisional, Lines: []reports.ChangeWhy{{Code: attack, Detail: attack}}, Replaces: attack}
	for i := range r.Assets.Items {
		a := &r.Assets.Items[i]
		a.Name, a.Owner, a.Type, a.Schedule, a.State = attack, attack, attack, attack, attack
	}
	r.Assets.Came, r.Assets.Went = []string{attack}, []string{attack}
	return r
}

func TestNamesComeOutAsText(t *testing.T) {
	t.Parallel()
	elements := strings.Count(write(t, sample.Report(12), words.English), "<script")
	for _, attack := range []string{
		`</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `<!--<script>`, `]]><svg onload=alert(1)>`, `javascript:alert(1)`,
		"\u202e\u2066gnp.exe\u2069\u202c", "a\u2028b\u2029c", "\x00\x1b[31m\r\nx", "{{.Report}}", "${alert(1)}", "\xff\xfe",
	} {
		got := write(t, hostile(attack), words.English)
		if n := strings.Count(strings.ToLower(got), "<script"); n != elements {
			t.Errorf("%q: %d script elements, want %d", attack, n, elements)
		}
		for _, bad := range []string{"<img", "<svg onload", "' onmouseover='", `href="javascript`, "<!--"} {
			if strings.Contains(head(got), bad) {
				t.Errorf("%q: the page has %q", attack, bad)
			}
		}
		for _, bad := range []string{"\u202e", "\u2066", "\u2028", "\u2029", "\x00", "\x1b", "\xff"} {
			if strings.Contains(got, bad) {
				t.Errorf("%q: the page has %q", attack, bad)
			}
		}
	}
}

func TestNothingIsAskedOfTheNetwork(t *testing.T) {
	t.Parallel()
	got := write(t, sample.Report(30), words.Korean)
	for _, m := range regexp.MustCompile(`(?i)\b(src|href|action|srcset|poster|data|background)=["']?([^"'\s>]*)`).FindAllStringSubmatch(head(got), -1) {
		if !strings.HasPrefix(m[2], "#") && m[2] != "data:," {
			t.Errorf("the page leads out: %s", m[0])
		}
	}
	for _, bad := range []string{"@import", "url(", "fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "EventSource", "import(", "localStorage", "document.cookie", "<iframe", "<form", "<link rel=\"stylesheet"} {
		if strings.Contains(head(got), bad) {
			t.Errorf("the page has %s", bad)
		}
	}
}

// head is the page without its data, in which names may say anything.
func head(written string) string {
	return regexp.MustCompile(`(?s)<script type="application/json".*?</script>`).ReplaceAllString(written, "")
}

func TestThePolicyAllowsThisStyleAndThisScriptAlone(t *testing.T) {
	t.Parallel()
	got := write(t, sample.Report(1), words.Korean)
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(got)
	if policy == nil || !strings.Contains(policy[1], "default-src &#39;none&#39;") {
		t.Fatalf("no policy that forbids everything: %v", policy)
	}
	for _, pattern := range []string{`(?s)<style>(.*?)</style>`, `(?s)<script>(.*?)</script>`} {
		sum := sha256.Sum256([]byte(regexp.MustCompile(pattern).FindStringSubmatch(got)[1]))
		if want := "sha256-" + base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(html.UnescapeString(policy[1]), want) {
			t.Errorf("the policy does not allow what %s finds", pattern)
		}
	}
	if regexp.MustCompile(`\s(style|on[a-z]+)="`).MatchString(head(got)) {
		t.Error("the page has a style or a handler in an attribute, which its policy forbids")
	}
}

// packed is a table as the script reads it.
type packed struct {
	Rows    int
	Columns []packedColumn
	Causes  []packedColumn
}

type packedColumn struct {
	Key      string  `json:"k"`
	Decimals *string `json:"n"`
}

func parcelOf(t *testing.T, written, id string, into any) {
	t.Helper()
	m := regexp.MustCompile(`(?s)<script type="application/json" id="` + id + `">(.*?)</script>`).FindStringSubmatch(written)
	if m == nil {
		t.Fatalf("no %s in the page", id)
	}
	if err := json.Unmarshal([]byte(m[1]), into); err != nil {
		t.Fatalf("%s: %v", id, err)
	}
}

func sum(t *testing.T, c packedColumn) (total decimal.Decimal) {
	t.Helper()
	for text := range strings.SplitSeq(*c.Decimals, " ") {
		if text != "" {
			total = total.Add(decimal.RequireFromString(text))
		}
	}
	return total
}

func TestTheRowsAddUpToTheHeadlineAndToEachCause(t *testing.T) {
	t.Parallel()
	r := sample.Report(700)
	r.Resources[3].Spot = new(money.USD) // a move that brought nothing is none the less told
	var got packed
	parcelOf(t, write(t, r, words.English), "table-resources", &got)
	for _, c := range got.Columns {
		if want := r.Avoided.Total.Value().Decimal(); c.Key == "amount" && !sum(t, c).Equal(want) {
			t.Errorf("the rows add up to %s, the headline is %s", sum(t, c), want)
		}
	}
	if len(got.Causes) != len(r.Avoided.Causes) || got.Rows != 700 {
		t.Fatalf("%d rows and %d causes, want 700 and %d", got.Rows, len(got.Causes), len(r.Avoided.Causes))
	}
	for i, c := range got.Causes {
		if want := r.Avoided.Causes[i].Value().Decimal(); !sum(t, c).Equal(want) {
			t.Errorf("%s: the rows add up to %s, the line says %s", c.Key, sum(t, c), want)
		}
	}
}

// What came is told by ARN, also where an ID is not all of it; the lists are short, however much came and went.
func TestWhatCameAndWentIsListed(t *testing.T) {
	t.Parallel()
	r := sample.Report(700)
	r.Assets.Came, r.Assets.Went = []string{}, []string{}
	for i := range r.Assets.Items {
		if i%2 == 0 {
			r.Assets.Came = append(r.Assets.Came, string(r.Assets.Items[i].ARN))
		}
		r.Assets.Went = append(r.Assets.Went, fmt.Sprintf("arn:aws:rds:ap-northeast-2:111122223333:db:old-%d", i))
	}
	written := write(t, r, words.English)
	var got struct {
		Columns []struct {
			Key  string   `json:"k"`
			Dict []string `json:"d"`
			At   []int    `json:"i"`
		}
	}
	parcelOf(t, written, "table-assets", &got)
	isNew := got.Columns[len(got.Columns)-1]
	for i, at := range isNew.At {
		if said := isNew.Key == "is-new" && isNew.Dict[at] == "yes"; said != (i%2 == 0) {
			t.Fatalf("%s: row %d is new: %v", isNew.Key, i, said)
		}
	}
	for _, row := range []struct{ summary, begins, more string }{
		{"New: 350", "<li><bdi>arn:aws:ec2:ap-northeast-2:222233334444:instance/", "150"},
		{"Gone: 700", "<li><bdi>arn:aws:rds:ap-northeast-2:111122223333:db:old-", "500"},
	} {
		_, list, found := strings.Cut(written, "<summary>"+row.summary+"</summary>")
		list, _, _ = strings.Cut(list, "</details>")
		if n := strings.Count(list, row.begins); !found || n != 200 || !strings.Contains(list, row.more) {
			t.Errorf("%s: %d are listed, want 200 and to be told of %s more", row.summary, n, row.more)
		}
	}
}

func TestEvidenceIsWithinForEachResource(t *testing.T) {
	t.Parallel()
	r := sample.Report(501)
	var packed []byte
	parcelOf(t, write(t, r, words.English), "evidence-1", &packed)
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Strings   []string
		Resources [][]any
	}
	if err := json.NewDecoder(reader).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if len(got.Resources) != 1 {
		t.Fatalf("%d resources in the second parcel, want the last one alone", len(got.Resources))
	}
	acts, rows := got.Resources[0][0].([]any), got.Resources[0][2].([]any)
	if len(acts) != len(r.Resources[500].Acts) || acts[0].([]any)[0] != r.Resources[500].Acts[0] || len(rows) != 1 {
		t.Errorf("acts %v, rows %v", acts, rows)
	}
}

// TestAMonthThatLacksIsSaid where its amounts would stand: among the months of the chart and of its table, on the bill, and in the trend.
func TestAMonthThatLacksIsSaid(t *testing.T) {
	t.Parallel()
	for _, l := range words.Languages() {
		r, w := sample.Report(20), words.In(l)
		whole := write(t, r, l)
		august := "2026-08"
		r.Avoided.Months = slices.DeleteFunc(r.Avoided.Months, func(m reports.MonthLine) bool { return m.Month >= august })
		r.Bill.Months = slices.DeleteFunc(r.Bill.Months, func(m reports.BillMonth) bool { return m.Month == august })
		r.Measured.To = r.Period.From.AddDate(0, 1, 0)
		r.Trend[len(r.Trend)-1].Part, r.Bill.Bridge = true, nil
		part := reports.Gap{Code: reports.GapPart, Args: []string{"lacking"}}
		r.Gaps = append(r.Gaps, part)
		got := write(t, r, l)
		for _, want := range []string{
			`<tr><th scope="row">` + w.Month(august) + `</th><td colspan="2">` + w.Say(words.NotCounted) + `</td></tr>`,
			`<tr><th scope="row">` + w.Month(august) + `</th><td colspan="4">` + w.Say(words.NoBill) + `</td></tr>`,
			`<div><dt>` + w.Month(august) + `</dt><dd>` + w.Say(words.NoBill) + `</dd></div>`,
			w.State(r.Trend[len(r.Trend)-1].State) + ` <span class="note">` + w.Say(words.PartOfQuarter) + `</span>`,
			`>` + w.Say(words.NotCounted) + `</text>`,
			`<p class="note">` + w.Gap(part) + `</p>`, // and not that there is no last quarter
		} {
			if !strings.Contains(got, want) || strings.Contains(whole, want) {
				t.Errorf("%s: %s: on the page %t, on that of a whole quarter %t", l, want, strings.Contains(got, want), strings.Contains(whole, want))
			}
		}
	}
}

// The table by baseline lacks what rests on none, and says so where there is any.
func TestWhatRestsOnNoBaselineIsSaid(t *testing.T) {
	t.Parallel()
	for _, l := range words.Languages() {
		r, w := sample.Report(12), words.In(l)
		text, _ := w.Page("origin-note")
		begin, _, _ := strings.Cut(text, "{0}")
		r.Avoided.Origins = []reports.Line{{Name: "own", Figure: r.Avoided.Total}}
		if strings.Contains(write(t, r, l), begin+"$") {
			t.Errorf("%s: said where all of it rests on baselines", l)
		}
		r.Avoided.Origins[0].Adjusted = new(r.Avoided.Total.Value().Sub(money.USDOf(decimal.NewFromInt(1008))))
		if !strings.Contains(write(t, r, l), begin+"$1,008") {
			t.Errorf("%s: not said of $1,008", l)
		}
	}
}

// Without the last report what became of its actions is not known, which is not the same as that there were none.
func TestOutcomesAreNotKnownWithoutTheLastReport(t *testing.T) {
	t.Parallel()
	for _, gaps := range [][]reports.Gap{nil, {{Code: reports.GapLastReport, Args: []string{"2026Q2"}}}} {
		r := sample.Report(12)
		r.Before, r.Gaps = nil, gaps
		w := words.In(words.English)
		want := w.Say(words.NothingHere)
		if gaps != nil {
			want = w.Say(words.NotKnown)
		}
		if got := firstScreen(t, write(t, r, words.English), words.English); !strings.Contains(got, w.Say(words.TitleBefore)+"\n"+want+"\n") {
			t.Errorf("gaps %v: the outcomes do not say %q", gaps, want)
		}
	}
}

func TestAReportThatLacksMostIsWritten(t *testing.T) {
	t.Parallel()
	bare := sample.Report(3)
	bare.Second, bare.Bill.Bridge, bare.Checks.Residual, bare.Cost.Amount, bare.Avoided.Total.Adjusted, bare.Avoided.Total.Interval = nil, nil, nil, nil, nil, nil
	bare.Assets, bare.Trend, bare.Actions, bare.Before, bare.Waste, bare.Standing = reports.Assets{}, nil, nil, nil, nil, nil
	for i := range bare.Resources {
		bare.Resources[i].Adjusted, bare.Resources[i].Interval = nil, nil
	}
	for name, r := range map[string]*reports.Report{"empty": {}, "bare": bare} {
		for _, l := range words.Languages() {
			if got := write(t, r, l); strings.Contains(got, "ZgotmplZ") || strings.Contains(got, "%!") || strings.Contains(got, "<nil>") {
				t.Errorf("%s, %s: something came out as no text", name, l)
			}
		}
	}
	if _, err := page.HTML(nil, page.Options{}); err == nil {
		t.Error("no report was written")
	}
}

func TestTheScriptParses(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no Node here to read the script with")
	}
	if out, err := exec.Command(node, "--check", "page.js").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
