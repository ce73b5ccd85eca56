package migrate

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Limits of a configuration. They are far beyond any real one: a policy has at most 4 MB.
const (
	mostBytes = 8 << 20
	mostNodes = 500_000 // aliases followed
	deepest   = 100
	mostSigns = 700_000 // characters that separate values in YAML, and bound what its parser builds
)

// parse reads the documents of a configuration: JSON (one document or several, as in exports), or YAML.
func parse(data []byte) ([]*node, error) {
	if len(data) > mostBytes {
		return nil, fmt.Errorf("the file has %d bytes; at most %d are read", len(data), mostBytes)
	}
	data, err := decode(data)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("the file is empty")
	}
	if jsonForm.Match(data) {
		return parseJSON(data)
	}
	return parseYAML(data)
}

// jsonForm is how JSON begins; YAML of that form is hardly ever written by hand, and not by tools.
var jsonForm = regexp.MustCompile(`^\s*(?:\[\s*)?\{\s*["}]`)

// decode turns a file into UTF-8 without a mark. Windows PowerShell writes what it redirects as UTF-16.
func decode(data []byte) ([]byte, error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	}
	if order != nil {
		var units []uint16
		for i := 2; i+1 < len(data); i += 2 {
			units = append(units, order.Uint16(data[i:]))
		}
		return []byte(string(utf16.Decode(units))), nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, errors.New("the file is not UTF-8; save it as such")
	}
	return data, nil
}

// builder counts what it builds.
type builder struct{ nodes int }

func (b *builder) step(depth int) error {
	b.nodes++
	switch {
	case depth > deepest:
		return fmt.Errorf("values are nested more than %d levels deep", deepest)
	case b.nodes > mostNodes:
		return fmt.Errorf("the file stands for more than %d values", mostNodes)
	}
	return nil
}

// keep adds a member to a mapping that has none of that key.
func (n *node) keep(seen map[string]bool, m member) error {
	if seen[m.key] {
		return fmt.Errorf("the key %s stands twice in one mapping", quoted(m.key))
	}
	seen[m.key] = true
	n.members = append(n.members, m)
	return nil
}

func parseJSON(data []byte) ([]*node, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var documents []*node
	var b builder
	for {
		document, err := b.json(decoder, 0)
		switch {
		case errors.Is(err, io.EOF):
			return documents, nil
		case err != nil:
			offset := decoder.InputOffset()
			var syntax *json.SyntaxError
			if errors.As(err, &syntax) {
				offset = syntax.Offset
			}
			line := 1 + bytes.Count(data[:min(offset, int64(len(data)))], []byte("\n"))
			return nil, fmt.Errorf("line %d: %s", line, strings.TrimPrefix(err.Error(), "json: "))
		}
		documents = append(documents, document)
	}
}

// json reads the next value; io.EOF where there is none.
func (b *builder) json(decoder *json.Decoder, depth int) (*node, error) {
	if err := b.step(depth); err != nil {
		return nil, err
	}
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case string:
		return &node{kind: textKind, text: token}, nil
	case json.Number:
		return &node{kind: numberKind, text: token.String(), plain: true}, nil
	case bool:
		return &node{kind: booleanKind, text: fmt.Sprint(token), plain: true}, nil
	case json.Delim:
		n := &node{kind: mappingKind}
		if token == '[' {
			n.kind = listKind
		}
		return n, b.jsonContent(decoder, n, depth)
	default:
		return &node{kind: nothingKind}, nil
	}
}

// jsonContent reads what stands between brackets, and the closing one.
func (b *builder) jsonContent(decoder *json.Decoder, n *node, depth int) error {
	seen := map[string]bool{}
	for decoder.More() {
		key := ""
		if n.kind == mappingKind {
			token, err := decoder.Token()
			if err != nil {
				return inside(err)
			}
			key, _ = token.(string)
		}
		value, err := b.json(decoder, depth+1)
		if err != nil {
			return inside(err)
		}
		if n.kind == listKind {
			n.list = append(n.list, value)
			continue
		}
		if err := n.keep(seen, member{key, value}); err != nil {
			return err
		}
	}
	_, err := decoder.Token()
	return inside(err)
}

// inside makes an end of the file one that was not expected.
func inside(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func parseYAML(data []byte) ([]*node, error) {
	signs := 0
	for _, c := range data {
		if strings.IndexByte("\n,:-[{?", c) >= 0 {
			signs++
		}
	}
	if signs > mostSigns {
		return nil, errors.New("the file holds more values than are read")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var documents []*node
	var b builder
	for {
		var document yaml.Node
		switch err := decoder.Decode(&document); {
		case errors.Is(err, io.EOF) && len(documents) == 0:
			return nil, errors.New("the file holds comments only")
		case errors.Is(err, io.EOF):
			return documents, nil
		case err != nil:
			return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
		}
		root, err := b.yaml(document.Content[0], 0)
		if err != nil {
			return nil, err
		}
		documents = append(documents, root)
	}
}

// yaml copies a YAML node. Aliases are followed and merge keys resolved, so that what the file stands for is counted.
func (b *builder) yaml(from *yaml.Node, depth int) (*node, error) {
	if err := b.step(depth); err != nil {
		return nil, fmt.Errorf("line %d: %w", from.Line, err)
	}
	if from.Kind == yaml.AliasNode {
		return b.yaml(from.Alias, depth+1)
	}
	n, err := b.yamlContent(from, depth)
	if err != nil {
		return nil, err
	}
	return intrinsic(from, n), nil
}

func (b *builder) yamlContent(from *yaml.Node, depth int) (*node, error) {
	switch from.Kind {
	case yaml.MappingNode:
		n := &node{kind: mappingKind}
		return n, b.yamlMembers(from, n, depth)
	case yaml.SequenceNode:
		n := &node{kind: listKind}
		for _, child := range from.Content {
			element, err := b.yaml(child, depth+1)
			if err != nil {
				return nil, err
			}
			n.list = append(n.list, element)
		}
		return n, nil
	}
	n := &node{kind: textKind, text: from.Value}
	n.plain = from.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	if n.plain {
		switch from.ShortTag() {
		case "!!null":
			n.kind = nothingKind
		case "!!bool":
			n.kind = booleanKind
		case "!!int", "!!float":
			n.kind = numberKind
		}
	}
	return n, nil
}

// yamlMembers reads the members of a mapping; those that << merges in come last and only where they are not given.
func (b *builder) yamlMembers(from *yaml.Node, n *node, depth int) error {
	seen := map[string]bool{}
	var merged []*node
	for i := 0; i+1 < len(from.Content); i += 2 {
		key := from.Content[i]
		value, err := b.yaml(from.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		if key.ShortTag() == "!!merge" {
			merged = append(merged, append([]*node{value}, value.list...)...)
			continue
		}
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: a key is not a text", key.Line)
		}
		if err := n.keep(seen, member{key.Value, value}); err != nil {
			return fmt.Errorf("line %d: %w", key.Line, err)
		}
	}
	for _, from := range merged {
		for _, m := range from.members {
			if !seen[m.key] {
				seen[m.key] = true
				n.members = append(n.members, m)
			}
		}
	}
	return nil
}

// intrinsic gives CloudFormation's short forms their long one: !Ref Zone is {Ref: Zone}, !Sub is {Fn::Sub: ...}.
func intrinsic(from *yaml.Node, n *node) *node {
	tag := from.Tag
	if from.Style&yaml.TaggedStyle == 0 || !strings.HasPrefix(tag, "!") || strings.HasPrefix(tag, "!!") || tag == "!" {
		return n
	}
	key := "Fn::" + tag[1:]
	if tag == "!Ref" || tag == "!Condition" {
		key = tag[1:]
	}
	return &node{kind: mappingKind, members: []member{{key, n}}}
}
