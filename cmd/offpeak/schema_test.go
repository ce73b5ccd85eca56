package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// in runs a command line in this process.
func in(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(args, console{
		in: strings.NewReader(""), out: &stdout, err: &stderr,
		now:    func() time.Time { return time.Date(2026, 11, 20, 10, 35, 0, 0, time.UTC) },
		getenv: func(string) string { return "" },
	})
	return code, stdout.String(), stderr.String()
}

// TestPlansKeepTheirSchema validates plans of the sample fleet against the schema that plan --schema prints.
func TestPlansKeepTheirSchema(t *testing.T) {
	t.Parallel()
	_, text, _ := in(t, "plan", "--schema")
	schema := compile(t, text)
	for _, moment := range []string{"friday", "monday"} {
		files, err := filepath.Glob("../../testdata/fleet/" + moment + "/*.json")
		if err != nil || len(files) == 0 {
			t.Fatalf("no sample fleet: %v", err)
		}
		for _, options := range [][]string{nil, {"--for", "7d"}, {"--prices", "../../testdata/fleet/prices.csv"}, {"--memory", filepath.Join(t.TempDir(), "none.json")}} {
			args := append([]string{"plan", "--policy", "../../testdata/policy/offpeak.yaml", "-o", "json"}, options...)
			code, out, errors := in(t, append(args, files...)...)
			if code != 0 {
				t.Fatalf("%v: exit %d: %s", options, code, errors)
			}
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Errorf("%s %v: %v", moment, options, err)
			}
		}
	}
}

func compile(t *testing.T, text string) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plan.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestTheSchemaListsEveryName compares the schema's lists with those of the code, both ways.
func TestTheSchemaListsEveryName(t *testing.T) {
	t.Parallel()
	var schema struct {
		Defs map[string]struct {
			Properties map[string]struct {
				Enum []string `json:"enum"`
			} `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(planSchema, &schema); err != nil {
		t.Fatal(err)
	}
	codes := map[string][]string{}
	for _, m := range plan.Meanings() {
		codes[m.Used] = append(codes[m.Used], string(m.Code))
	}
	var causes, kinds []string
	for _, c := range plan.Causes() {
		causes = append(causes, string(c))
	}
	for _, k := range fleet.Kinds() {
		kinds = append(kinds, k.String())
	}
	for _, row := range []struct {
		where, property string
		want            []string
	}{
		{"action", "change", plan.Verbs()},
		{"action", "cause", causes},
		{"action", "kind", kinds},
		{"refusal", "code", codes["refusal"]},
		{"idle", "code", codes["idle"]},
		{"finding", "code", codes["finding"]},
	} {
		got := slices.Sorted(slices.Values(schema.Defs[row.where].Properties[row.property].Enum))
		want := slices.Sorted(slices.Values(row.want))
		if !slices.Equal(got, want) {
			t.Errorf("%s.%s: the schema lists %v, the code %v", row.where, row.property, got, want)
		}
	}
}
