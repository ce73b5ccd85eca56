package schema_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"offpeak/reports"
	"offpeak/reports/sample"
	"offpeak/reports/schema"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := schema.Schema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(schema.ID, document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schema.ID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func check(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(document)
}

func TestReportsFitTheSchema(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	for name, r := range map[string]*reports.Report{"full": sample.Report(40), "no resource": sample.Report(0), "nothing": {}} {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := check(t, s, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsNoReportDoesNotFit(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	text, err := json.Marshal(sample.Report(5))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ what, old, instead string }{
		{"an amount that is a number", `"billed_usd":"18204.16"`, `"billed_usd":18204.16`},
		{"an amount with an exponent", `"billed_usd":"18204.16"`, `"billed_usd":"1.8e4"`},
		{"a field that is not known", `"quarter":"2026Q3"`, `"quarter":"2026Q3","up_to_usd":"1"`},
		{"a field that is missing", `"quarter":"2026Q3",`, ``},
		{"an instant that is none", `"issued":"`, `"issued":"yesterday `},
	} {
		changed := strings.Replace(string(text), row.old, row.instead, 1)
		if changed == string(text) {
			t.Fatalf("%s: there is no %s", row.what, row.old)
		}
		if err := check(t, s, []byte(changed)); err == nil {
			t.Errorf("%s fits the schema", row.what)
		}
	}
}
