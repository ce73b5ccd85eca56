package migrate

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"offpeak/internal/policy"
)

// section is a key of the policy, with what is to be read above it.
type section struct {
	comment string
	key     string
	value   *yaml.Node
}

// environmentsComment and environments are what every import begins with, since no peer knows environments.
const environmentsComment = `FILL IN: which accounts and tags make up your environments. A resource that belongs to none is never touched, nor is one in a
protected environment. Account ids stand in quotes: accounts: ["111122223333"].`

func environments() section {
	return section{environmentsComment, "environments", fields(
		"prod", flow(fields("tags", flow(fields("Environment", words("prod", "production"))), "protected", plain("true"))),
		"dev", flow(fields("tags", flow(fields("Environment", words("dev", "development"))))),
	)}
}

// noteEnvironments says what the import cannot know.
func (r *report) noteEnvironments(peer string) {
	r.add(Warning, wholeConfiguration, "environments", "%s knows no environments, and offpeak acts only in those that its policy names: "+
		"the ones written are an example; put in your accounts and tags before anything is scheduled", peer)
}

// render writes the policy. Sections without a value are left out.
func render(first string, sections ...section) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(commented(first))
	for _, s := range sections {
		if s.value == nil {
			continue
		}
		b.WriteString("\n" + commented(s.comment))
		encoder := yaml.NewEncoder(&b)
		encoder.SetIndent(2)
		if err := encoder.Encode(fields(s.key, s.value)); err != nil {
			return nil, fmt.Errorf("write %s: %w", s.key, err)
		}
		if err := encoder.Close(); err != nil {
			return nil, fmt.Errorf("write %s: %w", s.key, err)
		}
	}
	return b.Bytes(), nil
}

// deliver writes the policy, unless something is invalid and not to be skipped, or is invalid and all there was. What is written loads.
func (r *report) deliver(first string, sections []section, empty bool, o Options) ([]byte, []Finding, error) {
	if len(r.errors) > 0 && !o.SkipInvalid {
		findings, err := r.finish(false)
		return nil, findings, err
	}
	if len(r.errors) > 0 && empty {
		r.add(Error, wholeConfiguration, "nothing-left", "nothing valid is left to import")
		findings, err := r.finish(false)
		return nil, findings, err
	}
	written, err := render(first, sections...)
	if err != nil {
		return nil, nil, err
	}
	p, problems := check(written)
	if len(problems) > 0 {
		r.refuse(wholeConfiguration, problems)
		findings, err := r.finish(false)
		return nil, findings, err
	}
	r.remember(p.Warnings)
	for i := range r.errors {
		r.errors[i].What = "left out: " + r.errors[i].What
	}
	findings, err := r.finish(o.SkipInvalid)
	return written, findings, err
}

// commented makes comment lines of a text.
func commented(text string) string {
	if text == "" {
		return ""
	}
	return "# " + strings.ReplaceAll(text, "\n", "\n# ") + "\n"
}

// header is the policy's first comment.
func header(peer, command, file string) string {
	return fmt.Sprintf("Imported from %s (%s) by offpeak import %s.\n"+
		"Read what the import said, fill in the environments, and look at what would happen: offpeak policy check, offpeak plan.", peer, fileName(file), command)
}

// fileName is a file's name as a comment may hold it.
func fileName(file string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return '?'
		}
		return r
	}, cut(path.Base(strings.ReplaceAll(file, `\`, "/"))))
}

// fields makes a mapping of keys and values; nil values are left out.
func fields(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(pairs); i += 2 {
		if value, ok := pairs[i+1].(*yaml.Node); ok && value != nil {
			n.Content = append(n.Content, prose(pairs[i].(string)), value)
		}
	}
	return n
}

// flow writes a mapping or a list on one line.
func flow(n *yaml.Node) *yaml.Node {
	n.Style = yaml.FlowStyle
	return n
}

// plain is a number or true or false.
func plain(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

// prose is a text, quoted where it could be read as something else.
func prose(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if strings.ContainsFunc(text, unicode.IsControl) || strings.Contains(text, ":") || text == "<<" {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// inQuotes is a text that is quoted for its reader's sake; nil where there is none.
func inQuotes(text string) *yaml.Node {
	if text == "" {
		return nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: yaml.DoubleQuotedStyle}
}

// optional is a text; nil where there is none.
func optional(text string) *yaml.Node {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return prose(text)
}

// yes is true; nil where it is not.
func yes(on bool) *yaml.Node {
	if !on {
		return nil
	}
	return plain("true")
}

// words is a list on one line; nil where there is none.
func words(texts ...string) *yaml.Node {
	if texts == nil {
		return nil
	}
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, text := range texts {
		n.Content = append(n.Content, prose(text))
	}
	return n
}

// check loads a policy that was written, and returns what package policy says against it.
func check(data []byte) (*policy.Policy, policy.Problems) {
	p, err := policy.Load("offpeak.yaml", data, nil)
	var problems policy.Problems
	if err != nil && !errors.As(err, &problems) {
		problems = policy.Problems{{What: err.Error()}}
	}
	return p, problems
}

// try loads a policy with some sections alone, and returns what package policy says against them.
func try(sections ...section) policy.Problems {
	written, err := render("", append([]section{{"", "timezone", prose("UTC")}, environments()}, sections...)...)
	if err != nil {
		return policy.Problems{{What: err.Error()}}
	}
	_, problems := check(written)
	return problems
}

// refuse reports what package policy says.
func (r *report) refuse(where string, problems policy.Problems) {
	for _, p := range problems {
		what := p.What
		if p.Say != "" {
			what += "; " + p.Say
		}
		r.add(Error, where, "policy", "%s", what)
	}
}

// remember passes on what package policy finds worth a second look, unless it has been said.
func (r *report) remember(warnings policy.Problems) {
	said := map[string]bool{}
	for _, f := range r.findings {
		said[f.What] = true
	}
	for _, p := range warnings {
		if said[p.What] {
			continue
		}
		what := p.What
		if p.Say != "" {
			what += "; " + p.Say
		}
		r.add(Warning, "the policy, "+p.Path, "policy", "%s", what)
	}
}
