package policy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"offpeak/internal/policy"
)

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(policy.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("offpeak.schema.json", document); err != nil {
		t.Fatal(err)
	}
	return compiler.MustCompile("offpeak.schema.json")
}

// asEditorsSee turns YAML into what an editor checks against a schema: the core schema of YAML 1.2.
func asEditorsSee(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return asEditorsSee(n.Content[0])
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			object[n.Content[i].Value] = asEditorsSee(n.Content[i+1])
		}
		return object
	case yaml.SequenceNode:
		list := []any{}
		for _, child := range n.Content {
			list = append(list, asEditorsSee(child))
		}
		return list
	}
	switch {
	case n.Style != 0:
		return n.Value
	case coreNull.MatchString(n.Value):
		return nil
	case coreTrue.MatchString(n.Value):
		return true
	case coreFalse.MatchString(n.Value):
		return false
	case coreInt.MatchString(n.Value):
		digits := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(n.Value, "+"), "-"), "0")
		if digits == "" {
			digits = "0"
		}
		return json.Number(digits)
	case coreFloat.MatchString(n.Value):
		return json.Number("0.5")
	}
	return n.Value
}

var (
	coreNull  = regexp.MustCompile(`^(|~|null|Null|NULL)$`)
	coreTrue  = regexp.MustCompile(`^(true|True|TRUE)$`)
	coreFalse = regexp.MustCompile(`^(false|False|FALSE)$`)
	coreInt   = regexp.MustCompile(`^[-+]?[0-9]+$|^0o[0-7]+$|^0x[0-9a-fA-F]+$`)
	coreFloat = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$`)
)

func validate(t testing.TB, schema *jsonschema.Schema, data []byte) error {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		return err
	}
	return schema.Validate(asEditorsSee(&n))
}

func TestSchemaAcceptsWhatLoadAccepts(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t)
	policies := map[string][]byte{"template": policy.Template()}
	for _, name := range []string{"offpeak.yaml", "full.yaml"} {
		data, err := os.ReadFile(filepath.Join(samples, name))
		if err != nil {
			t.Fatal(err)
		}
		policies[name] = data
	}
	for name, data := range small(t, "warnings") {
		policies[name] = data
	}
	for name, data := range policies {
		if err := validate(t, schema, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSchemaRefuses what it can see of the form. What is left to Load is listed, so that a schema that became blind is noticed.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t)
	leftToLoad := map[string]bool{
		// YAML itself
		"duplicate-keys": true, "two-documents": true, "document-end": true, "yaml-tags": true,
		// Names, hours, and how things fit together
		"account-twice": true, "tag-twice": true, "default-schedule": true, "default-schedule-broken": true, "files": true,
		"zones": true, "policy-zone": true, "policy-zone-slip": true, "description": true,
	}
	for _, archive := range []string{"form", "environments", "calendars", "schedules", "tags", "money", "spot"} {
		for name, data := range small(t, archive) {
			err := validate(t, schema, data)
			var invalid *jsonschema.ValidationError
			if err != nil && !errors.As(err, &invalid) {
				continue // no YAML at all
			}
			if sees := err != nil; sees == leftToLoad[name] {
				t.Errorf("%s/%s: schema says %v, listed as left to Load: %t", archive, name, err, leftToLoad[name])
			}
		}
	}
}

// small returns the policies of an archive by name.
func small(t *testing.T, archive string) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(samples, "broken", archive+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	policies := map[string][]byte{}
	for _, part := range strings.Split(string(text), "\n-- ")[1:] {
		file, data, _ := strings.Cut(part, " --\n")
		if name, ok := strings.CutSuffix(file, ".yaml"); ok {
			policies[name] = []byte(data + "\n")
		}
	}
	return policies
}

// TestSchemaAndReaderKnowTheSameKeys in both directions, and every key says what it means.
func TestSchemaAndReaderKnowTheSameKeys(t *testing.T) {
	t.Parallel()
	type object struct {
		Properties map[string]struct {
			Description string `json:"description"`
			Ref         string `json:"$ref"`
		} `json:"properties"`
	}
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(policy.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{"": slices.Sorted(maps.Keys(schema.Properties))}
	for name, def := range schema.Defs {
		if len(def.Properties) > 0 {
			got[name] = slices.Sorted(maps.Keys(def.Properties))
		}
		for key, property := range def.Properties {
			if property.Description == "" && property.Ref == "" {
				t.Errorf("%s.%s has no description", name, key)
			}
		}
	}
	want := policy.Keys()
	for _, keys := range want {
		slices.Sort(keys)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schema, compared with the reader: %s", diff)
	}
}

// TestFullUsesEveryKey keeps full.yaml an example of everything.
func TestFullUsesEveryKey(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(samples, "full.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 {
				used[child.Value] = true
			}
			walk(child)
		}
	}
	walk(&n)
	for where, keys := range policy.Keys() {
		for _, key := range keys {
			if !used[key] {
				t.Errorf("%s %s is not used", where, key)
			}
		}
	}
}

func TestTheirBytesBelongToTheCaller(t *testing.T) {
	t.Parallel()
	policy.Schema()[0], policy.Template()[0] = 'x', 'x'
	if policy.Schema()[0] == 'x' || policy.Template()[0] == 'x' {
		t.Error("a caller can change the schema or the template for all others")
	}
}
