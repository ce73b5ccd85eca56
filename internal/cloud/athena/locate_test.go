package athena_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/query"
	"offpeak/internal/cloud/athena"
)

// TestWhereABillIsPublished: the catalogue tells it, by what the hub's stack and query.Declaration say of a table.
func TestWhereABillIsPublished(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		answer said
		want   athena.Place
		says   string
	}{
		{"a table of the hub's", metadata("s3://bills/bill/111122223333/focus/" + query.Folder("${v}", "${billing_period}")), athena.Place{Bucket: "bills", Prefix: "bill/111122223333"}, ""},
		{"its table of CUR 2.0", metadata("s3://bills/bill/111122223333/cur/" + query.Folder("${v}", "${billing_period}")), athena.Place{}, "is none over published versions of FOCUS 1.2"},
		{"somebody else's", metadata(""), athena.Place{}, "name focus_ and the payer's account"},
		{"none", said{http.StatusBadRequest, `{"__type":"MetadataException","Message":"EntityNotFoundException: Table not found"}`}, athena.Place{}, "check its name and the region"},
		{"one that may not be seen", refused("AccessDeniedException"), athena.Place{}, "it takes athena:GetTableMetadata and glue:GetTable"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newStandIn()
			s.answers["GetTableMetadata"] = []said{row.answer}
			got, err := athena.Locate(t.Context(), s.access(t), "", "offpeak", "focus_111122223333")
			if diff := cmp.Diff(row.want, got); diff != "" || (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v, want %s (-want +got):\n%s", err, row.says, diff)
			}
			want := map[string]any{"CatalogName": "AwsDataCatalog", "DatabaseName": "offpeak", "TableName": "focus_111122223333"}
			if diff := cmp.Diff(want, s.asked["GetTableMetadata"][0]); diff != "" {
				t.Errorf("Athena was asked (-want +got):\n%s", diff)
			}
		})
	}
}

// metadata is Athena's answer of a table with a template of locations.
func metadata(template string) said {
	return ok(fmt.Sprintf(`{"TableMetadata":{"Name":"focus_111122223333","TableType":"EXTERNAL_TABLE","Parameters":{"EXTERNAL":"TRUE","storage.location.template":%q}}}`, template))
}
