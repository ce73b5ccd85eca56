package files_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"path"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/files"
	"offpeak/reports/sample"
)

// attacks are what a name may try to be: markup, a script, a formula of a spreadsheet, a header of a mail, text that turns its surroundings round, letters of four
// bytes, bytes that are no text, and much of it.
func attacks() []string {
	return append([]string{
		`</script><script>window.hit=1</script><img src=x onerror="window.hit=1">`, `=HYPERLINK("http://evil.example","click")`, `+cmd|' /C calc'!A0`, "-2+3+cmd|' /C calc'!A0",
		"@SUM(1+1)*cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", " =1+1", "\u202etxt.exe\u2066", "결제\U0001F680\U00020BB7", "a\x00b\x1b[31mred\x07", "\xff\xfe not UTF-8 \xc3",
		strings.Repeat("긴이름", 100), "x\r\nBcc: everybody@example.com\r\n\r\nbody", `"quoted", with; a|pipe`, "{{.Tenant}} ${x} %s %n", "]]>&amp;&#0;&bogus;", "\u0600\u05d0\u200f", "_x0041_", "",
	}, sample.Hostile...)
}

// fixed are texts of a report that name no thing of anybody's: times, and what says what the report is.
var fixed = map[string]bool{"Quarter": true, "Month": true, "State": true, "Date": true, "Due": true, "Format": true, "Method": true, "Was": true, "Code": true, "Cause": true, "Kind": true}

// spoil puts texts into every field that may hold a name.
func spoil(v reflect.Value, name string, attack func() string) int {
	switch v.Kind() {
	case reflect.String:
		if fixed[name] || !v.CanSet() {
			return 0
		}
		v.SetString(attack())
		return 1
	case reflect.Pointer:
		if !v.IsNil() && v.Type().Elem().PkgPath() != "time" {
			return spoil(v.Elem(), name, attack)
		}
	case reflect.Slice, reflect.Array:
		n := 0
		for i := range v.Len() {
			n += spoil(v.Index(i), name, attack)
		}
		return n
	case reflect.Struct:
		if strings.Contains(v.Type().PkgPath(), "decimal") || strings.HasSuffix(v.Type().PkgPath(), "/money") || v.Type().PkgPath() == "time" {
			return 0
		}
		n := 0
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				n += spoil(v.Field(i), v.Type().Field(i).Name, attack)
			}
		}
		return n
	}
	return 0
}

// TestNoNameIsMoreThanAName writes reports in which every name is an attack, each time another one, and opens every form.
func TestNoNameIsMoreThanAName(t *testing.T) {
	t.Parallel()
	all := attacks()
	for offset := 0; offset < len(all); offset += 6 {
		t.Run(fmt.Sprint(offset), func(t *testing.T) {
			t.Parallel()
			next := offset
			r := sample.Report(7)
			zone, payer := r.Tenant.Zone, r.Tenant.Payer
			n := spoil(reflect.ValueOf(r).Elem(), "", func() string { next++; return all[next%len(all)] })
			if n < 10*len(all) {
				t.Fatalf("%d names: nothing is tested", n)
			}
			r.Tenant.Zone, r.Tenant.Payer = zone, payer // these are checked before a report is made
			written, err := files.Write(t.Context(), r, options())
			if err != nil {
				t.Fatal(err)
			}
			plain, err := json.MarshalIndent(r, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			plain = bytes.ReplaceAll(plain, []byte(`\ufffd`), []byte("\ufffd")) // for bytes that are no text: the same character
			for _, f := range written {
				if f.Name == delivery.ReportFile && !bytes.Equal(f.Data, plain) {
					t.Errorf("%s is not what encoding/json writes:\n%s", f.Name, cmp.Diff(string(plain), string(f.Data)))
				}
				if err := sound(f.Name, f.Data); err != nil {
					t.Errorf("%s: %v", f.Name, err)
				}
			}
		})
	}
}

// sound opens a file as its readers do.
func sound(name string, data []byte) error {
	switch path.Ext(name) {
	case ".csv":
		return soundCSV(data)
	case ".json":
		return soundJSON(name, data)
	case ".parquet":
		file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
		if err == nil && file.NumRows() == 0 && name == "lines.parquet" {
			err = errors.New("it has no rows")
		}
		return err
	case ".xlsx":
		return soundXLSX(data)
	case ".eml":
		return soundMail(data)
	case ".html":
		for _, tag := range []string{"<script>window.hit", "<img src=x", "<script>alert", "\u202e", "\u2066txt", "\x00"} {
			if at := bytes.Index(data, []byte(tag)); at >= 0 {
				return fmt.Errorf("it holds %q: %.200q", tag, data[max(0, at-100):])
			}
		}
	case ".pdf":
		if !bytes.HasPrefix(data, []byte("%PDF-")) || !bytes.Contains(data[len(data)-32:], []byte("%%EOF")) || bytes.Contains(data, []byte("/JavaScript")) {
			return errors.New("it is no plain PDF")
		}
	}
	return nil
}

func soundCSV(data []byte) error {
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
	if err != nil {
		return err
	}
	for _, row := range rows {
		for _, cell := range row {
			number := strings.Trim(cell, "0123456789.") == "-" // amounts may be below zero
			if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(strings.TrimLeft(cell+"x", " ")[0])) && !number {
				return fmt.Errorf("a cell begins a formula: %.40q", cell)
			}
		}
	}
	return nil
}

// soundJSON reads the report and writes it again: every value is as it was.
func soundJSON(name string, data []byte) error {
	if name != "report.json" {
		return nil
	}
	var r reports.Report
	var was, is any
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	again, err := json.Marshal(&r)
	if err := errors.Join(err, json.Unmarshal(data, &was), json.Unmarshal(again, &is)); err != nil {
		return err
	}
	if diff := cmp.Diff(was, is); diff != "" {
		return fmt.Errorf("what was read (+) is not what was written (-):\n%s", diff)
	}
	return nil
}

// soundXLSX reads every part as XML: one letter that XML cannot hold, and Excel calls the workbook damaged. No cell is a formula.
func soundXLSX(data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	for _, part := range z.File {
		in, err := part.Open()
		if err != nil {
			return err
		}
		d := xml.NewDecoder(in)
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return fmt.Errorf("%s: %w", part.Name, err)
			}
			if start, ok := token.(xml.StartElement); ok && strings.Contains(part.Name, "worksheets/") && (start.Name.Local == "f" || start.Name.Local == "hyperlink") {
				return fmt.Errorf("%s has a %s", part.Name, start.Name.Local)
			}
		}
		if err := in.Close(); err != nil {
			return err
		}
	}
	return nil
}

// soundMail reads the message's head: nobody is added to it.
func soundMail(data []byte) error {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return err
	}
	if m.Header.Get("Bcc") != "" || m.Header.Get("To") != "<finance@example.com>" && m.Header.Get("To") != "finance@example.com" {
		return fmt.Errorf("it goes to %q, %q", m.Header.Get("To"), m.Header.Get("Bcc"))
	}
	return nil
}
