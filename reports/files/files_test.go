package files_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/files"
	"offpeak/reports/mail"
	"offpeak/reports/sample"
	"offpeak/reports/words"
)

func options() *files.Options {
	return &files.Options{Languages: words.Languages(), Envelope: &mail.Envelope{From: "savings@example.com", To: []string{"finance@example.com"}, Place: "https://console.example.com/bucket"}}
}

func TestTheSameReportIsTheSameFiles(t *testing.T) {
	t.Parallel()
	write := func() map[string][]byte {
		all, err := files.Write(t.Context(), sample.Report(30), options())
		if err != nil {
			t.Fatal(err)
		}
		byName := map[string][]byte{}
		for _, f := range all {
			if byName[f.Name] != nil || len(f.Data) == 0 {
				t.Errorf("%s is there twice, or empty", f.Name)
			}
			byName[f.Name] = f.Data
		}
		return byName
	}
	first, second := write(), write()
	for name, data := range first {
		if !bytes.Equal(data, second[name]) {
			t.Errorf("%s is another file the second time", name)
		}
	}
	for _, name := range []string{
		"report.json", "report.schema.json", "report.html", "report.ko.pdf", "report.en.pdf", "report.ko.xlsx", "report.en.xlsx", "report.ko.eml", "report.en.eml", "lines.csv", "lines.parquet",
		"assets.csv", "assets.parquet", "acts.csv",
	} {
		if first[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	var r reports.Report
	if err := json.Unmarshal(first[delivery.ReportFile], &r); err != nil || len(r.Resources) != 30 {
		t.Errorf("%d resources in the JSON (%v)", len(r.Resources), err)
	}
}

func TestEmptyReportsHaveAllFiles(t *testing.T) {
	t.Parallel()
	all, err := files.Write(t.Context(), sample.Report(0), options())
	if err != nil || len(all) < 20 {
		t.Errorf("%d files, %v", len(all), err)
	}
}

func TestNoLanguageIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := files.Write(t.Context(), sample.Report(1), &files.Options{}); err == nil {
		t.Error("no error")
	}
}

func TestAFormThatFailsEndsAll(t *testing.T) {
	t.Parallel()
	o := options()
	o.Envelope.From = "nobody"
	if _, err := files.Write(t.Context(), sample.Report(5), o); err == nil {
		t.Error("a sender that is no address was taken")
	}
}

func BenchmarkAllForms(b *testing.B) {
	r := sample.Report(300)
	for b.Loop() {
		if _, err := files.Write(b.Context(), r, options()); err != nil {
			b.Fatal(err)
		}
	}
}

// large is a report as one of 640 resources comes to: 40,000 acts, 27,000 lines of the bill, 26 MB of JSON.
func large() *reports.Report {
	r := sample.Report(640)
	acts := r.Acts
	r.Acts = nil
	for i := range r.Resources {
		x := &r.Resources[i]
		act, row, ids := acts[4*i], x.Rows[0], []string(nil)
		for k := range 63 {
			act.ID, act.Run = delivery.HashOf(fmt.Append(nil, i, k))[:24], delivery.HashOf(fmt.Append(nil, k))[:16]
			at := act.Asked.Add(time.Duration(k)*12*time.Hour + time.Duration(i)*time.Second)
			act.Edge, act.Asked, act.Ended, act.Change = &at, at, at.Add(time.Duration(i%90)*time.Second), []string{"stop", "start"}[k%2]
			r.Acts, ids = append(r.Acts, act), append(ids, act.ID)
		}
		for k := range 42 {
			row.Resource, row.SKU, row.Quantity = "vol-"+act.ID[:17], act.ID[7:23], row.Quantity.Add(decimal.New(int64(i*k+1), -6))
			x.Rows = append(x.Rows, row)
		}
		x.Acts = ids
	}
	return r
}

// BenchmarkLargeReport is all of writing a large report: from the value to the files with their hashes.
func BenchmarkLargeReport(b *testing.B) {
	r := large()
	b.ReportAllocs()
	bytes := 0
	for b.Loop() {
		all, err := files.Write(b.Context(), r, options())
		if err != nil {
			b.Fatal(err)
		}
		bytes = 0
		for _, f := range delivery.ManifestOf(r, all).Files {
			bytes += f.Bytes
		}
	}
	b.SetBytes(int64(bytes))
}
