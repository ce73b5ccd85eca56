package mail

import (
	"strings"
)

// text is the plain part: the same lines in the same order, pictures by what they show.
func (p *page) text() string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.TrimRight(strings.Join(parts, ""), " ") + "\n") }
	heading := func(title string) {
		line()
		line("== ", title, " ==")
	}
	line(p.Title, " (", p.State, ")")
	line(p.Tenant)
	for _, f := range p.Facts {
		line(f)
	}
	heading(p.Headline.Name)
	line(joined(" ", p.Headline.Value, bracketed(p.Headline.Second)))
	for _, l := range p.Headline.Lines {
		line(l)
	}
	for _, s := range p.Sections {
		heading(s.Title)
		if s.Lead != "" {
			line(s.Lead)
		}
		for _, r := range s.Rows {
			line("- ", joined(" ", joined(": ", r.Name, r.Value), bracketed(r.Beside)))
		}
		for _, n := range s.Notes {
			line(n)
		}
	}
	if len(p.Pictures) > 0 {
		heading(p.Charts)
	}
	for _, picture := range p.Pictures {
		line("- ", picture.Alt)
	}
	line()
	line("--")
	for _, f := range p.Footer {
		line(f)
	}
	return b.String()
}

// joined leaves out what is empty.
func joined(by string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, by)
}

func bracketed(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}
