package functions_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image/png"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/files"
	"offpeak/reports/words"
)

// opened is a mail as a mail program opens it.
type opened struct {
	header      mail.Header
	text, html  string
	pictures    map[string][]byte // by Content-ID
	attachments map[string][]byte // by the kind of their content
}

// open reads a mail by the standard library, which has not written it.
func open(t *testing.T, l letter) *opened {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(l.mime))
	if err != nil {
		t.Fatal(err)
	}
	o := &opened{header: m.Header, pictures: map[string][]byte{}, attachments: map[string][]byte{}}
	if err := o.part(m.Header.Get, m.Body); err != nil {
		t.Fatalf("the mail to %s: %v", l.to, err)
	}
	return o
}

func (o *opened) part(header func(string) string, body io.Reader) error {
	kind, parameters, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		for parts := multipart.NewReader(body, parameters["boundary"]); ; {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = o.part(p.Header.Get, p)
			}
			if err != nil {
				return err
			}
		}
	}
	switch header("Content-Transfer-Encoding") {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	data, err := io.ReadAll(body)
	disposition, _, _ := strings.Cut(header("Content-Disposition"), ";")
	switch {
	case disposition == "attachment":
		o.attachments[kind] = data
	case header("Content-Id") != "":
		o.pictures[strings.Trim(header("Content-Id"), "<>")] = data
	case kind == "text/html":
		o.html = string(data)
	case kind == "text/plain":
		o.text = string(data)
	}
	return err
}

const (
	pdfKind  = "application/pdf"
	xlsxKind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

var shownPicture = regexp.MustCompile(`src="cid:([^"]+)"`)

// checkMail holds a mail to a recipient against the report that it is of, and against the files that are kept of that.
func (b *bureau) checkMail(t *testing.T, l letter, language words.Language, r *reports.Report, m *delivery.Manifest) {
	t.Helper()
	o, w := open(t, l), words.In(language)
	subject, err := new(mime.WordDecoder).DecodeHeader(o.header.Get("Subject"))
	if err != nil || subject != w.Subject(r) || o.header.Get("From") != "<finops@example.com>" || o.header.Get("To") != "<"+l.to+">" || o.header.Get("Content-Language") != string(language) {
		t.Errorf("%s: %q, %v; want %q", l.to, o.header, err, w.Subject(r))
	}
	if l.from != "finops@example.com" || l.set != "offpeak-reports" || l.tags["offpeak-payer"] != string(quarterPayer) || l.tags["offpeak-quarter"] != quarterName {
		t.Errorf("%s is sent by %s, set %s, tags %v", l.to, l.from, l.set, l.tags)
	}
	for _, figure := range []string{w.Estimate(r.Avoided.Total.Value()), w.USD(r.Bill.Billed), m.SHA256(delivery.ReportFile)} {
		if !strings.Contains(o.text, figure) || !strings.Contains(o.html, figure) {
			t.Errorf("%s: %s is not in both, the text and the HTML", l.to, figure)
		}
	}
	if r.State == reports.Restated {
		for _, line := range r.Change.Lines {
			if why := w.ChangeWhy(line.Code); !strings.Contains(o.text, why) || !strings.Contains(o.html, why) {
				t.Errorf("%s: it does not tell of the change by %s", l.to, line.Code)
			}
		}
	}
	shown := map[string]bool{}
	for _, found := range shownPicture.FindAllStringSubmatch(o.html, -1) {
		shown[found[1]] = true
		if _, err := png.Decode(bytes.NewReader(o.pictures[found[1]])); err != nil {
			t.Errorf("%s: the picture %s: %v", l.to, found[1], err)
		}
	}
	if len(shown) != len(o.pictures) || len(shown) < 3 {
		t.Errorf("%s: %d pictures, %d of them shown", l.to, len(o.pictures), len(shown))
	}
	if regexp.MustCompile(`(?i)(src|background)="?https?:|url\(|<script|<link`).MatchString(o.html) {
		t.Errorf("%s: it loads something from outside", l.to)
	}
	for kind, name := range map[string]string{pdfKind: files.Board(language), xlsxKind: files.Workbook(language)} {
		if kept := b.object(t, m.Folder+name, nil); !bytes.Equal(o.attachments[kind], kept) || len(kept) == 0 {
			t.Errorf("%s: %s is attached with %d bytes, kept with %d", l.to, name, len(o.attachments[kind]), len(kept))
		}
	}
}

// opensWorkbook has a program that nobody here wrote open a workbook, and tell what is in it.
const opensWorkbook = `
import json, sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
print(json.dumps({
    "sheets": [[s.title, s.max_row - 1, [str(c.value) for c in s[1]][:3]] for s in book],
    "exact": [row[5] for row in book.worksheets[0].iter_rows(values_only=True) if row[5]][1],
    "formulas": sum(c.data_type == "f" for s in book for row in s.iter_rows() for c in row),
    "errors": sum(c.data_type == "e" for s in book for row in s.iter_rows() for c in row),
}))`

func checkWorkbook(t *testing.T, data []byte, r *reports.Report) {
	t.Helper()
	python, err := filepath.Abs("../.venv/bin/python")
	if _, missing := os.Stat(python); err != nil || missing != nil {
		python = "python3"
	}
	file := filepath.Join(t.TempDir(), "report.xlsx")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, "-c", opensWorkbook, file).CombinedOutput()
	if err != nil && bytes.Contains(out, []byte("No module named 'openpyxl'")) && os.Getenv("OFFPEAK_MUST_MOTO") == "" {
		t.Log("NOT OPENED BY A SECOND PROGRAM: the workbook; openpyxl is not installed: run `make test` once, or `pip install -r requirements-test.txt`")
		return
	}
	var told struct {
		Sheets           [][]any
		Exact            string
		Formulas, Errors int
	}
	if err != nil || json.Unmarshal(out, &told) != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	total := r.Avoided.Total.Value()
	if len(told.Sheets) != 10 || told.Exact != total.Decimal().String() || told.Formulas+told.Errors != 0 {
		t.Errorf("%+v, want the total %s", told, total)
	}
	for at, want := range map[int]int{1: len(r.Resources), 2: len(r.Actions), 8: len(r.Acts)} {
		if at < len(told.Sheets) && told.Sheets[at][1] != float64(want) {
			t.Errorf("the sheet %v has other than %d rows", told.Sheets[at], want)
		}
	}
}

// checkBoard reads the text of a PDF by a program that nobody here wrote.
func checkBoard(t *testing.T, data []byte, language words.Language, r *reports.Report) {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Log("NOT READ BY A SECOND PROGRAM: the PDF; there is no pdftotext (poppler-utils)")
		return
	}
	command := exec.CommandContext(t.Context(), program, "-layout", "-", "-")
	command.Stdin = bytes.NewReader(data)
	out, err := command.Output()
	w := words.In(language)
	for _, part := range []string{w.Say(words.Title), w.Estimate(r.Avoided.Total.Value()), w.USD(r.Bill.Billed)} {
		if err != nil || !strings.Contains(string(out), part) {
			t.Errorf("the PDF in %s lacks %q: %v\n%.2000s", language, part, err, out)
		}
	}
}

// checkKept holds what is kept of a report against its manifest: each file is there, as it says, and nothing beside.
func (b *bureau) checkKept(t *testing.T, state string) (*delivery.Manifest, *reports.Report) {
	t.Helper()
	folder := "reports/payer=" + string(quarterPayer) + "/quarter=" + quarterName + "/state=" + state + "/"
	m, r := &delivery.Manifest{}, &reports.Report{}
	b.object(t, folder+"manifest.json", m)
	var want []string
	for _, f := range m.Files {
		want = append(want, m.Folder+f.Name)
		if data := b.object(t, m.Folder+f.Name, nil); delivery.HashOf(data) != f.SHA256 || len(data) != f.Bytes {
			t.Errorf("%s is not what its manifest says", m.Folder+f.Name)
		}
	}
	kept := slices.DeleteFunc(b.kept(t), func(key string) bool { return !strings.HasPrefix(key, folder+"v=") })
	if !slices.Equal(kept, want) || len(want) < 20 || !strings.HasPrefix(m.Folder, folder+"v="+m.SHA256(delivery.ReportFile)[:12]) {
		t.Errorf("kept are %q, listed %q", kept, want)
	}
	b.object(t, m.Folder+delivery.ReportFile, r)
	return m, r
}
