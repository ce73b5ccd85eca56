package mail_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/money"
	"offpeak/reports"
	reportmail "offpeak/reports/mail"
	"offpeak/reports/sample"
	"offpeak/reports/words"
)

var (
	update = flag.Bool("update", false, "rewrite the expected files")
	look   = flag.String("look", "", "a folder to which the messages are written, and their HTML with its pictures in it, to be looked at")
)

func usd(text string) money.USD { return money.USDOf(decimal.RequireFromString(text)) }

func envelope(l words.Language) *reportmail.Envelope {
	return &reportmail.Envelope{
		Language: l, From: "offpeak <reports@example.com>", To: []string{"김재무 <cfo@example.com>", "lead@example.com"}, ReplyTo: "finops@example.com", Revision: 1,
		Annex: strings.Repeat("5e", 32), Place: "s3://example-reports/retail/2026Q3/",
		Attachments: []reportmail.Attachment{
			{Name: "retail-2026Q3.pdf", Type: "application/pdf", Data: []byte("%PDF-1.7 board")},
			{Name: "retail-2026Q3.xlsx", Type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Data: []byte("PK lines")},
		},
	}
}

func write(t *testing.T, r *reports.Report, e *reportmail.Envelope) *reportmail.Mail {
	t.Helper()
	m, err := reportmail.Write(r, e)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// quarters are those that a reader may get to see.
func quarters() map[string]*reports.Report {
	loss := sample.Report(24)
	minus := func(f *reports.Figure) { f.Adjusted, f.Interval = new(usd("-1840.25")), nil }
	minus(&loss.Avoided.Total)
	loss.Avoided.Causes[0].Adjusted = new(usd("-1799.05"))
	loss.State, loss.Issued = reports.Restated, loss.Issued.AddDate(0, 1, 2)
	loss.Change = &reports.Change{
		Was: reports.Final, Issued: loss.Issued.AddDate(0, 0, -20), Replaces: strings.Repeat("ab", 32), From: usd("310.11"), To: usd("-1840.25"),
		Lines: []reports.ChangeWhy{{Code: "bill", Amount: usd("-2100"), Detail: "CUR 2.0 2026-09"}, {Code: "ledger", Amount: usd("-50.36")}},
	}
	loss.Bill.Billed, loss.Bill.Credits = usd("-12.40"), usd("-9100")
	empty := sample.Report(0)
	*empty = reports.Report{
		Format: empty.Format, Method: empty.Method, Tenant: empty.Tenant, Quarter: empty.Quarter, Period: empty.Period, Measured: empty.Measured, State: reports.Final, Issued: empty.Issued,
		Checks: reports.Checks{Invoice: reports.Held, Recount: reports.NotDone, Complete: reports.Held},
	}
	return map[string]*reports.Report{"whole": sample.Report(60), "loss": loss, "empty": empty}
}

// sent is one of the quarters in one of the languages, and its mail.
type sent struct {
	name     string
	report   *reports.Report
	language words.Language
	*reportmail.Mail
}

// mails are those of all quarters in all languages, written once for the tests that read them.
var mails = sync.OnceValues(func() (all []sent, err error) {
	for name, r := range quarters() {
		for _, l := range words.Languages() {
			m, wrong := reportmail.Write(r, envelope(l))
			all, err = append(all, sent{name + "-" + string(l), r, l, m}), errors.Join(err, wrong)
		}
	}
	return all, err
})

func allMails(t *testing.T) []sent {
	t.Helper()
	all, err := mails()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWhatPeopleRead(t *testing.T) {
	t.Parallel()
	for _, m := range allMails(t) {
		file := filepath.Join("testdata", m.name)
		golden(t, file+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
		golden(t, file+".html", m.HTML)
		if *look != "" {
			html := m.HTML
			for _, p := range m.Pictures {
				html = strings.ReplaceAll(html, "cid:"+p.ID, "data:image/png;base64,"+base64.StdEncoding.EncodeToString(p.Data))
			}
			for ending, data := range map[string][]byte{".html": []byte(html), ".eml": m.MIME} {
				if err := os.WriteFile(filepath.Join(*look, m.name+ending), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, string(want)); diff != "" {
		t.Errorf("%s (-written +expected; -update rewrites it)\n%s", file, diff)
	}
}

// part is a part of a message, decoded.
type part struct {
	kind, id, disposition string
	data                  []byte
}

// parts reads a message as a mail program does.
func parts(t *testing.T, message []byte) (mail.Header, []part) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	var all []part
	var walk func(kind string, body io.Reader)
	walk = func(kind string, body io.Reader) {
		media, params, err := mime.ParseMediaType(kind)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, part{kind: media})
		for r := multipart.NewReader(body, params["boundary"]); ; {
			p, err := r.NextRawPart()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if inner := p.Header.Get("Content-Type"); strings.HasPrefix(inner, "multipart/") {
				walk(inner, p)
				continue
			}
			media, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
			disposition, _, _ := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
			all = append(all, part{media, strings.Trim(p.Header.Get("Content-ID"), "<>"), disposition, decoded(t, p)})
		}
	}
	walk(m.Header.Get("Content-Type"), m.Body)
	return m.Header, all
}

func decoded(t *testing.T, p *multipart.Part) []byte {
	t.Helper()
	var body io.Reader = p
	switch p.Header.Get("Content-Transfer-Encoding") {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, p)
	case "quoted-printable":
		body = quotedprintable.NewReader(p)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAMailProgramFindsEveryPart(t *testing.T) {
	t.Parallel()
	e := envelope(words.Korean)
	m := write(t, sample.Report(60), e)
	header, all := parts(t, m.MIME)
	var kinds []string
	for _, p := range all {
		kinds = append(kinds, strings.TrimSpace(p.kind+" "+p.disposition))
	}
	want := []string{
		"multipart/mixed", "multipart/related", "multipart/alternative", "text/plain", "text/html", "image/png inline", "image/png inline", "image/png inline", "image/png inline",
		"application/pdf attachment", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet attachment",
	}
	if diff := cmp.Diff(kinds, want); diff != "" {
		t.Fatalf("parts (-got +want)\n%s", diff)
	}
	lines := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	if lines(string(all[3].data)) != m.Text || lines(string(all[4].data)) != m.HTML {
		t.Error("the parts are not what was written")
	}
	for i, p := range m.Pictures {
		if got := all[5+i]; got.id != p.ID || !bytes.Equal(got.data, p.Data) || !strings.Contains(m.HTML, `src="cid:`+p.ID+`"`) || p.Alt == "" {
			t.Errorf("the picture %s, shown as %q, is not found by its id %q", p.Name, p.ID, got.id)
		}
	}
	if !bytes.Equal(all[9].data, e.Attachments[0].Data) {
		t.Error("the PDF is not what was given")
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
	if err != nil || subject != m.Subject || !strings.Contains(subject, "2026년 3분기 절감 보고서(잠정)") {
		t.Errorf("subject %q, %v", subject, err)
	}
	if strings.Contains(string(m.MIME), "Subject:\r\n") {
		t.Error("the subject begins with an empty line")
	}
	to, err := header.AddressList("To")
	if err != nil || len(to) != 2 || to[0].Name != "김재무" || header.Get("Message-Id") != "<"+m.ID+">" || header.Get("Reply-To") != "<finops@example.com>" {
		t.Errorf("to %v, %v, id %s, reply to %s", to, err, header.Get("Message-Id"), header.Get("Reply-To"))
	}
	if date, err := header.Date(); err != nil || !date.Equal(sample.Report(1).Issued) {
		t.Errorf("date %v, %v", date, err)
	}
	for line := range strings.Lines(string(m.MIME)) {
		if len(line) > 998 || strings.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
			t.Fatalf("no line for a mail: %q", line)
		}
	}
}

// undrawn is a report with nothing to draw, where the pictures do not matter: most of a test's time is theirs.
func undrawn() *reports.Report {
	r := sample.Report(2)
	r.Avoided.Months, r.Avoided.Teams, r.Bill.Bridge, r.Usage = nil, nil, nil, reports.Usage{}
	return r
}

func TestTheSameReportIsTheSameMail(t *testing.T) {
	t.Parallel()
	first := allMails(t)[slices.IndexFunc(allMails(t), func(m sent) bool { return m.name == "whole-ko" })]
	if again := write(t, sample.Report(60), envelope(words.Korean)); !bytes.Equal(first.MIME, again.MIME) {
		t.Error("written twice it differs")
	}
	for name, change := range map[string]func(*reports.Report, *reportmail.Envelope){
		"another edition":  func(_ *reports.Report, e *reportmail.Envelope) { e.Revision = 2 },
		"another state":    func(r *reports.Report, _ *reportmail.Envelope) { r.State = reports.Final },
		"another quarter":  func(r *reports.Report, _ *reportmail.Envelope) { r.Quarter = "2026Q4" },
		"another tenant":   func(r *reports.Report, _ *reportmail.Envelope) { r.Tenant.Name = "wholesale" },
		"another language": func(_ *reports.Report, e *reportmail.Envelope) { e.Language = words.English },
	} {
		r, e := undrawn(), envelope(words.Korean)
		change(r, e)
		if m := write(t, r, e); m.ID == first.ID {
			t.Errorf("%s has the id of the first", name)
		}
	}
	if m := write(t, undrawn(), envelope(words.Korean)); m.ID != first.ID {
		t.Error("what was counted decides on the id, so that a mail sent again would be a second one")
	}
}

func TestTooLargeAttachmentsStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	e := envelope(words.English)
	e.Attachments[1].Data = bytes.Repeat([]byte{7}, 6_500_000)
	m := write(t, undrawn(), e)
	_, all := parts(t, m.MIME)
	if !m.LeftOut || len(m.MIME) > reportmail.Largest || all[len(all)-1].kind != "text/html" {
		t.Errorf("left out %t, %d bytes, the last part is %s", m.LeftOut, len(m.MIME), all[len(all)-1].kind)
	}
	for _, said := range []string{m.Text, m.HTML} {
		if !strings.Contains(said, "too large") || !strings.Contains(said, e.Place) || strings.Contains(said, "Attached:") {
			t.Error("it does not say where the attachments are")
		}
	}
	e.Place = ""
	if _, err := reportmail.Write(undrawn(), e); !errors.Is(err, reportmail.ErrPlace) {
		t.Errorf("without a place: %v", err)
	}
}

func TestWrongEnvelopesAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*reportmail.Envelope){
		"another language":        func(e *reportmail.Envelope) { e.Language = "kr" },
		"no sender":               func(e *reportmail.Envelope) { e.From = "" },
		"nobody to send it to":    func(e *reportmail.Envelope) { e.To = nil },
		"a header in an address":  func(e *reportmail.Envelope) { e.To = []string{"a@example.com\r\nBcc: b@example.com"} },
		"an answer to nobody":     func(e *reportmail.Envelope) { e.ReplyTo = "finops" },
		"a presigned link":        func(e *reportmail.Envelope) { e.Place = "https://b.s3.amazonaws.com/r.pdf?X-Amz-Signature=0a1b" },
		"a header in a file name": func(e *reportmail.Envelope) { e.Attachments[0].Name = "a\r\nBcc: b@example.com" },
		"a folder in a file name": func(e *reportmail.Envelope) { e.Attachments[0].Name = "../a.pdf" },
	} {
		e := envelope(words.Korean)
		change(e)
		if _, err := reportmail.Write(undrawn(), e); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

var (
	tag      = regexp.MustCompile(`<([a-zA-Z/!][^\s>]*)`)
	external = regexp.MustCompile(`(?i)(src|href|background|url|action|srcset)\s*[=(]\s*["']?([^"')\s>]*)`)
)

// known are the tags that mail programs show. Neither script nor style, link or form is among them.
const known = "!DOCTYPE html head meta title body table tr td span br img"

// poison puts a text into every string of a value.
func poison(v reflect.Value, with string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem(), with)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			poison(v.Field(i), with)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			poison(v.Index(i), with)
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(with)
		}
	}
}

func TestHTMLLoadsNothingAndRunsNothing(t *testing.T) {
	t.Parallel()
	for i, h := range sample.Hostile {
		r := undrawn()
		if i%5 == 0 {
			r = sample.Report(24)
		}
		r.Change = &reports.Change{Lines: []reports.ChangeWhy{{}}}
		r.Gaps = []reports.Gap{{Args: []string{""}}, {}}
		poison(reflect.ValueOf(r), h)
		r.Gaps[0].Code = "no-price"
		e := envelope(words.Languages()[i%2])
		e.Annex, e.Place = h, h
		m := write(t, r, e)
		for _, found := range tag.FindAllStringSubmatch(m.HTML, -1) {
			if name := strings.TrimPrefix(found[1], "/"); !slices.Contains(strings.Fields(known), name) {
				t.Errorf("%q: the tag %q", h, found[0])
			}
		}
		for _, found := range external.FindAllStringSubmatch(strings.ReplaceAll(m.HTML, "&#34;", ""), -1) {
			if found[1] == "src" && !strings.HasPrefix(found[2], "cid:") {
				t.Errorf("%q: it loads %q", h, found[2])
			}
		}
		for _, said := range []string{m.Subject, m.Text, m.HTML} {
			if strings.ContainsAny(said, "\u202e\u202c\t\x1b") || strings.Contains(said, "ZgotmplZ") {
				t.Errorf("%q came through: %.200q", h, said)
			}
		}
	}
}

// What a report must never say: what has not happened, added to what has.
func TestNothingIsAnnualisedOrPromised(t *testing.T) {
	t.Parallel()
	never := regexp.MustCompile(`(?i)annual|per year|a year|yearly|up to|연간|연 환산|최대 \$|연 \$`)
	for _, m := range allMails(t) {
		if found := never.FindString(m.Subject + m.Text + m.HTML); found != "" {
			t.Errorf("%s says %q", m.name, found)
		}
		potential := money.USD{}
		for _, a := range m.report.Actions {
			if a.Month != nil {
				potential = potential.Add(*a.Month)
			}
		}
		w, a := words.In(m.language), &m.report.Avoided
		total := a.Total.Value()
		for _, sum := range []money.USD{total.Add(potential), total.Add(a.Unproven.Contracted), total.Add(a.Total.Contracted), total.Add(a.Total.List)} {
			if !sum.Equal(total) && strings.Contains(m.Text, w.Estimate(sum)) {
				t.Errorf("%s: %s is a sum of what must not be added", m.name, w.Estimate(sum))
			}
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
		if m := write(t, r, envelope(words.English)); !strings.Contains(m.Text, "== "+w.Say(words.TitleBefore)+" ==\n"+want+"\n") {
			t.Errorf("gaps %v: the outcomes do not say %q", gaps, want)
		}
	}
}

// Each figure of the one part stands in the other.
func TestBothPartsCarryTheSameFigures(t *testing.T) {
	t.Parallel()
	figure := regexp.MustCompile(`-?[$₩]\d[\d,.]*\d|\d+(\.\d+)?%`)
	text := func(html string) string {
		return strings.NewReplacer("&#43;", "+", "&#39;", "'", "&amp;", "&").Replace(regexp.MustCompile(`style="[^"]*"|width="[^"]*"`).ReplaceAllString(html, ""))
	}
	for _, m := range allMails(t) {
		inHTML, inText := figure.FindAllString(text(m.HTML), -1), figure.FindAllString(m.Text, -1)
		slices.Sort(inHTML)
		slices.Sort(inText)
		if diff := cmp.Diff(inHTML, inText); diff != "" {
			t.Errorf("%s (-HTML +plain)\n%s", m.name, diff)
		}
	}
}

// Gmail cuts a mail off at about 102 kB of HTML.
const clipped = 80_000

func TestTheMailOfALargeTenantIsASummaryToo(t *testing.T) {
	t.Parallel()
	r := sample.Report(50_000)
	for range 500 {
		r.Actions, r.Before, r.Standing = append(r.Actions, r.Actions[0]), append(r.Before, r.Before[0]), append(r.Standing, r.Standing[0])
		r.Gaps, r.Waste[0].Count = append(r.Gaps, r.Gaps[0]), r.Waste[0].Count+1
	}
	for _, l := range words.Languages() {
		m := write(t, r, envelope(l))
		t.Logf("%s: HTML %d bytes, text %d bytes, message %d bytes", l, len(m.HTML), len(m.Text), len(m.MIME))
		if len(m.HTML) > clipped {
			t.Errorf("%s: %d bytes of HTML", l, len(m.HTML))
		}
	}
}

func BenchmarkWrite50kResources(b *testing.B) {
	r, e := sample.Report(50_000), envelope(words.Korean)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := reportmail.Write(r, e); err != nil {
			b.Fatal(err)
		}
	}
}
