package migrate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// resolver works out the intrinsic functions of a template, as far as the template itself says enough.
type resolver struct {
	defaults map[string]*node // of the parameters, and the stack's name where it is known
	used     *[]string        // parameters whose default was taken since taken was last asked
}

// longestResolved bounds what substitution can make of a few short texts.
const longestResolved = 64 << 10

// stackName is what CloudFormation calls the stack's own name.
const stackName = "AWS::StackName"

func newResolver(parameters *node, stack string) resolver {
	r := resolver{defaults: map[string]*node{}, used: new([]string)}
	if stack != "" {
		r.defaults[stackName] = &node{kind: textKind, text: stack}
	}
	if parameters == nil {
		return r
	}
	for _, p := range parameters.members {
		value := p.value.get("Default")
		if value == nil || !value.scalar() {
			continue
		}
		if kind := p.value.get("Type"); kind != nil && (kind.text == "CommaDelimitedList" || strings.HasPrefix(kind.text, "List<")) {
			parts := &node{kind: listKind}
			for part := range strings.SplitSeq(value.text, ",") {
				parts.list = append(parts.list, &node{kind: textKind, text: strings.TrimSpace(part)})
			}
			value = parts
		}
		r.defaults[p.key] = value
	}
	return r
}

// taken returns the parameters whose default was taken since the last call.
func (r resolver) taken() []string {
	used := *r.used
	*r.used = nil
	return used
}

// value returns what a place of the template comes to; why says what stands in the way.
func (r resolver) value(n *node) (resolved *node, why string) {
	if m, ok := n.only(); ok {
		switch {
		case m.key == "Ref":
			return r.ref(m.value)
		case m.key == "Fn::Sub":
			return r.sub(m.value)
		case m.key == "Fn::Join":
			return r.join(m.value)
		case strings.HasPrefix(m.key, "Fn::"), m.key == "Condition":
			return nil, fmt.Sprintf("depends on %s, which is known only where the stack is deployed", named(m.key))
		}
	}
	switch n.kind {
	case listKind:
		copied := &node{kind: listKind}
		for _, element := range n.list {
			resolved, why := r.value(element)
			if why != "" {
				return nil, why
			}
			if resolved.kind != nothingKind {
				copied.list = append(copied.list, resolved)
			}
		}
		return copied, ""
	case mappingKind:
		// The members are resolved one by one where they are read, so that each is reported at its place.
		return n, ""
	default:
		return n, ""
	}
}

func (r resolver) ref(n *node) (*node, string) {
	if n.kind == textKind && n.text == "AWS::NoValue" {
		return &node{kind: nothingKind}, ""
	}
	if value, ok := r.defaults[n.text]; ok && n.kind == textKind {
		if n.text != stackName && !slices.Contains(*r.used, n.text) {
			*r.used = append(*r.used, n.text)
		}
		return value, ""
	}
	return nil, fmt.Sprintf("refers to %s, which the template does not say", n.echo())
}

var substitution = regexp.MustCompile(`\$\{([^}]*)\}`)

// sub reads a text with ${Name} in it, or a list of such a text and what its names stand for.
func (r resolver) sub(n *node) (*node, string) {
	var given *node
	if n.kind == listKind && len(n.list) == 2 {
		n, given = n.list[0], n.list[1]
	}
	if !n.scalar() {
		return nil, "holds a Fn::Sub that is no text"
	}
	var b strings.Builder
	rest := n.text
	for at := substitution.FindStringSubmatchIndex(rest); at != nil; at = substitution.FindStringSubmatchIndex(rest) {
		name := rest[at[2]:at[3]]
		b.WriteString(rest[:at[0]])
		rest = rest[at[1]:]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			b.WriteString("${" + literal + "}")
			continue
		}
		value, why := given.get(name), ""
		if value != nil {
			value, why = r.value(value)
		} else {
			value, why = r.ref(&node{kind: textKind, text: strings.TrimSpace(name)})
		}
		switch {
		case why != "":
			return nil, why
		case !value.scalar():
			return nil, fmt.Sprintf("puts %s, which is %s, into a text", quoted(name), value.kind.describe())
		case b.Len()+len(value.text) > longestResolved:
			return nil, "is longer than is read"
		}
		b.WriteString(value.text)
	}
	return &node{kind: textKind, text: b.String() + rest}, ""
}

// join reads a list of a separator and the texts that it joins.
func (r resolver) join(n *node) (*node, string) {
	if n.kind != listKind || len(n.list) != 2 || !n.list[0].scalar() {
		return nil, "holds a Fn::Join that is not [separator, [texts]]"
	}
	parts, why := r.value(n.list[1])
	if why != "" {
		return nil, why
	}
	var b strings.Builder
	for i, part := range parts.list {
		if !part.scalar() {
			return nil, "joins what is no text"
		}
		if i > 0 {
			b.WriteString(n.list[0].text)
		}
		b.WriteString(part.text)
		if b.Len() > longestResolved {
			return nil, "is longer than is read"
		}
	}
	return &node{kind: textKind, text: b.String()}, ""
}
