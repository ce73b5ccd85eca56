// Package page writes a quarterly report as one HTML file that works from a disk, a mail's attachment or a bucket, without any request.
//
// In go a report and the language to begin with; out comes the file: what is read first, written out in both languages and readable without
// scripts, and beneath it the report's rows as JSON, which the script within sorts, filters, adds up and follows down to the ledger's acts and the
// rows of the bill. Amounts stay decimal strings; the script adds them as integers. Names come out as text wherever they stand. The same report
// gives the same bytes. The package opens no file and asks no clock.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the template, the style and the script
	"encoding/base64"
	"fmt"
	"html/template"

	"offpeak/reports"
	"offpeak/reports/words"
)

var (
	//go:embed page.html
	markup string
	//go:embed first.html
	first string
	//go:embed sections.html
	sections string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// Options are how a page is written.
type Options struct {
	// Language is the one that the page begins with; both are within.
	Language words.Language
	// Annex is the SHA-256 of the machine-readable annex that goes with the page, in hex; empty where there is none.
	Annex string
}

// document is what the template of the page is given.
type document struct {
	Policy  string
	Style   template.CSS
	Script  template.JS
	Sheets  []*sheet // the language to begin with first
	Data    template.JS
	Parcels []parcel
}

// HTML writes the report as one file.
func HTML(r *reports.Report, o Options) ([]byte, error) {
	if r == nil {
		return nil, fmt.Errorf("write the report's page: there is no report")
	}
	d := document{
		Policy: policy(), Style: template.CSS(style), Script: template.JS(script),
	}
	order := []words.Language{o.Language}
	for _, language := range words.Languages() {
		if language != o.Language {
			order = append(order, language)
		}
	}
	for _, language := range order {
		d.Sheets = append(d.Sheets, &sheet{Report: r, Language: language, Annex: o.Annex, Hidden: language != o.Language})
	}
	var err error
	if d.Data, err = head(r, order); err == nil {
		d.Parcels, err = parcels(r)
	}
	if err != nil {
		return nil, fmt.Errorf("write the report's page: %w", err)
	}
	pages, err := template.New("page").Funcs(template.FuncMap{"sheet": render}).Parse(markup)
	if err != nil {
		return nil, fmt.Errorf("write the report's page: %w", err)
	}
	var out bytes.Buffer
	if err := pages.Execute(&out, d); err != nil {
		return nil, fmt.Errorf("write the report's page: %w", err)
	}
	return out.Bytes(), nil
}

// render writes one language's part of the page.
func render(s *sheet) (template.HTML, error) {
	t, err := template.New("first").Funcs(s.functions()).Parse(first)
	if err == nil {
		_, err = t.New("sections").Parse(sections)
	}
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	for _, name := range []string{"first", "sections"} {
		if err := t.ExecuteTemplate(&out, name, s); err != nil {
			return "", err
		}
	}
	return template.HTML(shown(out.String(), '\n')), nil // html/template has written it
}

// policy is the page's own content security policy: this style and this script, pictures within, and nothing from anywhere.
func policy() string {
	return fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'", digest(style), digest(script))
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
