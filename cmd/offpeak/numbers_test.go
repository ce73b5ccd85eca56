package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
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
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/shopspring/decimal"
)

// mailText writes the plain part of a mail: mailtext MAIL TEXT.
func mailText(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mailtext MAIL TEXT")
	}
	parts, err := partsOf(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(parts["subject"]+"\n\n"+strings.ReplaceAll(parts["text/plain"], "\r\n", "\n")), 0o600))
}

// partsOf are the texts of a mail by their types.
func partsOf(r io.Reader) (map[string]string, error) {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return nil, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return nil, err
	}
	parts := map[string]string{"subject": subject}
	return parts, partsWithin(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body, parts)
}

func partsWithin(contentType, encoding string, body io.Reader, into map[string]string) error {
	kind, args, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		for r := multipart.NewReader(body, args["boundary"]); ; {
			p, err := r.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := partsWithin(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, into); err != nil {
				return err
			}
		}
	}
	if kind != "text/plain" && kind != "text/html" {
		return nil
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	into[kind] = string(text)
	return err
}

// numbers recomputes every number that a reader of a report's page, mails or PDF sees from the report's JSON: numbers FOLDER.
//
// It knows neither the report's model nor the catalogue of words: it takes the JSON for what it is, and a number for right if it is a value of the JSON, a sum of a list
// in it, or one of the few figures that below are made of such, written with as many places as are shown.
func numbers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: numbers FOLDER")
	}
	var report any
	data := []byte(ts.ReadFile(filepath.Join(args[0], "report.json")))
	ts.Check(json.Unmarshal(data, &report))
	known := recomputed(report)
	for _, d := range digits.FindAllString(fmt.Sprintf("%x", sha256.Sum256(data)), -1) {
		known[d] = true // the annex's hash
	}
	known["1000"] = true // from which on an estimate is told in whole dollars
	texts := map[string]string{"page": plainText(ts.ReadFile(filepath.Join(args[0], "report.html")))}
	for _, language := range []string{"ko", "en"} {
		parts, err := partsOf(strings.NewReader(ts.ReadFile(filepath.Join(args[0], "report."+language+".eml"))))
		ts.Check(err)
		texts["mail "+language], texts["mail "+language+" html"] = parts["text/plain"], plainText(parts["text/html"])
		if program, err := exec.LookPath("pdftotext"); err != nil {
			ts.Logf("NOT LOOKED AT: report.%s.pdf, as there is no pdftotext here", language)
		} else {
			text, err := exec.Command(program, "-layout", ts.MkAbs(filepath.Join(args[0], "report."+language+".pdf")), "-").Output()
			ts.Check(err)
			texts["PDF "+language] = string(text)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		found, strange, caught, large := 0, []string{}, 0, 0
		for _, at := range numeral.FindAllStringIndex(texts[name], -1) {
			number := texts[name][at[0]:at[1]]
			found++
			if !known[plainNumber(number)] {
				strange = append(strange, strings.Join(strings.Fields(texts[name][max(0, at[0]-60):min(len(texts[name]), at[1]+40)]), " "))
			}
			// A number that is off by one in its last place must not be taken for right, or this check would say nothing.
			if wrong := offByOne(plainNumber(number)); len(wrong) > 5 {
				large++
				if !known[wrong] {
					caught++
				}
			}
		}
		ts.Logf("%s: %d numbers, of %d large ones %d would be caught off by one", name, found, large, caught)
		if len(strange) > 0 {
			ts.Fatalf("%s: %d of %d numbers are not recomputed from the JSON, such as in:\n  %s", name, len(strange), found, strings.Join(strange[:min(len(strange), 20)], "\n  "))
		}
		if found < 60 || caught*5 < large*4 {
			ts.Fatalf("%s: %d numbers were looked at; of %d large ones only %d would be caught if they were off by one", name, found, large, caught)
		}
	}
}

var (
	numeral = regexp.MustCompile(`[0-9][0-9,]*(\.[0-9]+)?`)
	// What is no text of a page: code, styles, data, pictures.
	noText = regexp.MustCompile(`(?s)<(script|style|svg|template|title)\b.*?</(script|style|svg|template|title)>|<!--.*?-->|data:[^"')]*`)
	tag    = regexp.MustCompile(`(?s)<[^>]*>`)
)

func plainText(page string) string {
	return html.UnescapeString(tag.ReplaceAllString(noText.ReplaceAllString(page, " "), " "))
}

func plainNumber(text string) string {
	return strings.TrimSuffix(strings.ReplaceAll(text, ",", ""), ".")
}

func offByOne(number string) string {
	last := number[len(number)-1]
	return number[:len(number)-1] + string('0'+(last-'0'+1)%10)
}

// recomputed are the numbers that follow from a report's JSON, as they may be written.
func recomputed(report any) map[string]bool {
	r := &recomputing{known: map[string]bool{}}
	r.value(report, "")
	return r.known
}

type recomputing struct{ known map[string]bool }

// decimals writes a number with up to six places, rounded half away from zero and half to even, without a sign.
func (r *recomputing) decimals(d decimal.Decimal) {
	for places := range int32(7) {
		r.known[d.Abs().StringFixed(places)] = true
		r.known[d.Abs().StringFixedBank(places)] = true
	}
	r.known[d.Abs().String()] = true
}

func (r *recomputing) value(v any, path string) {
	switch x := v.(type) {
	case float64:
		r.decimals(decimal.NewFromFloat(x))
	case string:
		r.text(x)
	case []any:
		r.decimals(decimal.NewFromInt(int64(len(x))))
		for _, e := range x {
			r.value(e, path)
		}
		for _, sum := range sums(x) {
			r.decimals(sum)
		}
		if hours, mean := weekMean(x); hours {
			r.decimals(mean)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(x)) {
			r.value(x[key], path+"."+key)
		}
		r.shares(x)
	}
}

var digits = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

// text takes a decimal, an instant in UTC, or the digits of a name.
func (r *recomputing) text(text string) {
	if d, err := decimal.NewFromString(text); err == nil {
		r.decimals(d)
		return
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly, "2006-01"} {
		if at, err := time.Parse(layout, text); err == nil {
			// A period ends on the day before the instant at which it is over.
			for _, shown := range []time.Time{at, at.Add(-time.Second)} {
				for _, layout := range []string{"2006", "1", "2", "01", "02", "15", "04", "05"} {
					r.known[shown.Format(layout)] = true
				}
			}
			return
		}
	}
	for _, d := range digits.FindAllString(text, -1) {
		r.known[d] = true
	}
}

// weekMean is the mean over the hours of a week.
func weekMean(days []any) (bool, decimal.Decimal) {
	sum, hours := decimal.Zero, 0
	for _, day := range days {
		list, _ := day.([]any)
		for _, hour := range list {
			sum, hours = sum.Add(number(hour)), hours+1
		}
	}
	return hours == 7*24, sum.DivRound(decimal.NewFromInt(7*24), 12)
}

// sums are those of the numbers of a list, or of each field of its objects: of all, of those with the same month or code, and of what is left after the first few.
func sums(list []any) (all []decimal.Decimal) {
	by := map[string][]decimal.Decimal{}
	for _, e := range list {
		switch x := e.(type) {
		case string:
			by[""] = append(by[""], number(x))
		case map[string]any:
			for key, v := range x {
				by[key] = append(by[key], number(v))
				for _, group := range []string{"month", "code"} {
					if name, ok := x[group].(string); ok {
						by[key+" of "+name] = append(by[key+" of "+name], number(v))
					}
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(by)) {
		for skipped := range min(len(by[key]), 12) {
			sum := decimal.Zero
			for _, d := range by[key][skipped:] {
				sum = sum.Add(d)
			}
			all = append(all, sum)
		}
	}
	return all
}

// number is a JSON value as a number, zero for what is none.
func number(v any) decimal.Decimal {
	switch x := v.(type) {
	case float64:
		return decimal.NewFromFloat(x)
	case string:
		d, err := decimal.NewFromString(x)
		if err == nil {
			return d
		}
	case []any:
		return decimal.NewFromInt(int64(len(x)))
	}
	return decimal.Zero
}

// shares are percentages of a part of a whole.
func (r *recomputing) shares(x map[string]any) {
	part, whole := number(x["part"]), number(x["whole"])
	if x["part"] != nil && whole.IsPositive() {
		r.decimals(part.Mul(decimal.NewFromInt(100)).DivRound(whole, 12))
	}
}

// apart fails where a folder's files name what belongs to somebody else: apart FOLDER TEXT...
func apart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: apart FOLDER TEXT...")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(ts.MkAbs(args[0]), e.Name()))
		ts.Check(err)
		// A name, and not a part of a number such as 0.444444444444.
		for _, at := range regexp.MustCompile(`[0-9.]+`).FindAllIndex(data, -1) {
			if text := string(data[at[0]:at[1]]); slices.Contains(args[1:], text) {
				ts.Fatalf("%s names %s, which is another tenant's: %q", e.Name(), text, data[max(0, at[0]-100):min(len(data), at[1]+100)])
			}
		}
	}
	if len(entries) == 0 {
		ts.Fatalf("%s is empty", args[0])
	}
}
