package files_test

import (
	"bytes"
	"encoding/json"
	"testing"

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
