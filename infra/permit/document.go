package permit

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
)

// Document is a policy document as a template holds it. Text with ${...} becomes CloudFormation's Fn::Sub.
func Document(statements []Statement) map[string]any {
	rendered := make([]any, len(statements))
	for i, s := range statements {
		rendered[i] = s.JSON()
	}
	return map[string]any{"Version": Version, "Statement": rendered}
}

// Size is how many characters IAM counts of the document, with names filled in as long as they get.
func Size(statements []Statement) int {
	text, err := json.Marshal(Document(statements))
	if err != nil {
		return 0 // strings and maps of strings have a JSON
	}
	plain := substitution.ReplaceAllString(string(text), "$1")
	plain = reference.ReplaceAllStringFunc(plain, func(name string) string {
		switch name {
		case "${AWS::Partition}":
			return "aws-us-gov"
		case "${AWS::AccountId}", "${" + HubAccountParameter + "}":
			return "111122223333"
		}
		return strings.Repeat("x", longestName)
	})
	return len(strings.Join(strings.FieldsFunc(plain, unicode.IsSpace), ""))
}

// longestName is about what CloudFormation's names of buckets, queues and keys come to as ARNs.
const longestName = 75

var (
	substitution = regexp.MustCompile(`\{"Fn::Sub":("[^"]*")\}`)
	reference    = regexp.MustCompile(`\$\{[^}]+\}`)
)

// JSON is the statement as a document holds it.
func (s Statement) JSON() map[string]any {
	out := map[string]any{"Effect": string(s.Effect), "Action": list(s.Actions)}
	if s.Sid != "" {
		out["Sid"] = s.Sid
	}
	if len(s.Principals) > 0 {
		principals := map[string]any{}
		for kind, who := range s.Principals {
			principals[kind] = list(who)
		}
		out["Principal"] = principals
		if who := s.Principals["*"]; who != nil {
			out["Principal"] = "*"
		}
	}
	if len(s.Resources) > 0 {
		out["Resource"] = list(s.Resources)
	}
	if len(s.Conditions) > 0 {
		block := map[string]any{}
		for _, c := range s.Conditions {
			lines, ok := block[c.Operator].(map[string]any)
			if !ok {
				lines = map[string]any{}
				block[c.Operator] = lines
			}
			lines[c.Key] = list(c.Values)
		}
		out["Condition"] = block
	}
	return out
}

// list is one value, or several.
func list(values []string) any {
	if len(values) == 1 {
		return substituted(values[0])
	}
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = substituted(v)
	}
	return all
}

// each marks a parameter that is a list: it stands for all its values.
const each = "${each:"

func substituted(text string) any {
	if name, ok := strings.CutPrefix(text, each); ok {
		return map[string]any{"Ref": strings.TrimSuffix(name, "}")}
	}
	if strings.Contains(text, "${") {
		return map[string]any{"Fn::Sub": text}
	}
	return text
}

// HasReference reports whether a text names a parameter.
func HasReference(text string) bool { return strings.Contains(text, "${") }
