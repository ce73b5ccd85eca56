package permit

import (
	"fmt"
	"strings"
)

// Table is what roles may do, as people read it: one table for each role.
func Table(roles []Role) string {
	var b strings.Builder
	for _, r := range roles {
		fmt.Fprintf(&b, "### `%s`\n\n%s; %s.\n\n", plain(r.Name), capital(r.For), "in "+r.Where)
		for _, s := range r.Trust {
			fmt.Fprintf(&b, "Who may take it: %s (%s).%s\n\n", s.who(), s.Why, s.when())
		}
		b.WriteString("| action | resource | condition | why |\n|---|---|---|---|\n")
		for _, s := range r.Statements {
			effect := ""
			if s.Effect == Deny {
				effect = "**denied:** "
			}
			why := s.Why
			if s.Anywhere != "" {
				why += ". `*`: " + s.Anywhere
			}
			fmt.Fprintf(&b, "| %s%s | %s | %s | %s |\n", effect, codes(s.Actions), codes(s.Resources), conditions(s.Conditions), why)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// PolicyTable is who else may use the hub's things.
func PolicyTable(policies []Policy) string {
	var b strings.Builder
	b.WriteString("| of | who | action | condition | why |\n|---|---|---|---|---|\n")
	for _, p := range policies {
		for _, s := range p.Statements {
			why := s.Why
			if s.Everything != "" {
				why += ". `*`: " + s.Everything
			}
			effect := ""
			if s.Effect == Deny {
				effect = "**denied:** "
			}
			fmt.Fprintf(&b, "| %s | %s | %s%s | %s | %s |\n", p.Name, s.who(), effect, codes(s.Actions), conditions(s.Conditions), why)
		}
	}
	return b.String()
}

func (s Statement) who() string {
	var out []string
	if s.Principals["*"] != nil && s.Effect == Deny {
		return "everybody"
	}
	if s.Principals["*"] != nil {
		return "everybody, on the condition"
	}
	for _, kind := range []string{"AWS", "Service"} {
		for _, name := range s.Principals[kind] {
			out = append(out, "`"+plain(name)+"`")
		}
	}
	return strings.Join(out, ", ")
}

func (s Statement) when() string {
	if len(s.Conditions) == 0 {
		return ""
	}
	return " Condition: " + conditions(s.Conditions) + "."
}

func codes(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = "`" + plain(v) + "`"
	}
	return strings.Join(out, ", ")
}

func conditions(all []Condition) string {
	var out []string
	for _, c := range all {
		switch {
		case c.Operator == "Null" && c.Values[0] == "true":
			out = append(out, "`"+c.Key+"` is not there")
		case c.Operator == "Null":
			out = append(out, "`"+c.Key+"` is there")
		case strings.HasPrefix(c.Operator, "ForAllValues:"):
			out = append(out, "all of `"+c.Key+"` are among "+codes(c.Values))
		case len(c.Values) == 1:
			out = append(out, fmt.Sprintf("`%s` is `%s`", c.Key, plain(c.Values[0])))
		default:
			out = append(out, fmt.Sprintf("`%s` is one of %s", c.Key, codes(c.Values)))
		}
	}
	return strings.Join(out, "; ")
}

// plain writes parameters as people do.
func plain(text string) string {
	return strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::AccountId}", "ACCOUNT", "${AWS::Region}", "REGION", "${AWS::URLSuffix}", "amazonaws.com",
		"${each:"+VolumeKeysParameter+"}", "(parameter "+VolumeKeysParameter+")", "${", "", "}", "").Replace(text)
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
