package mail

import (
	_ "embed"
	"html/template"
	"strings"
	"sync"
)

//go:embed mail.html
var source string

// layout is the HTML part. Everything that stands in a report goes through html/template's escaping; the Content-IDs of our own pictures alone are
// marked as safe, for cid: is no scheme that it knows.
var layout = sync.OnceValues(func() (*template.Template, error) {
	return template.New("mail").Funcs(template.FuncMap{
		"cid": func(id string) template.URL { return template.URL("cid:" + id) },
	}).Parse(source)
})

func (p *page) html() (string, error) {
	t, err := layout()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return "", err
	}
	return b.String(), nil
}
