package infra

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsathena"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/jsii-runtime-go"

	"offpeak/infra/permit"
	"offpeak/internal/billing/landing"
	"offpeak/internal/billing/query"
)

// resultsPrefix is where Athena writes what it answers, in the bucket of published bills.
const resultsPrefix = "results/"

// addCatalogue adds the tables that Athena reads, and the workgroup in which it is asked. No crawler runs and no partition is registered: a query names the
// version and the month that it reads, or it is refused.
func (h *hub) addCatalogue() {
	database := awsglue.NewCfnDatabase(h.stack, jsii.String("Catalogue"), &awsglue.CfnDatabaseProps{
		CatalogId: sub("${AWS::AccountId}"), DatabaseInput: map[string]any{"name": landing.Database, "description": "offpeak: bills as they are published, and the ledger"},
	})
	called(database, "Catalogue")
	for _, payer := range h.config.Report.Payers {
		for table, columns := range map[landing.Table][]query.Column{landing.FOCUS: query.FocusColumns(), landing.CUR: query.CURColumns()} {
			d := query.Declaration{Table: table.Of(payer), Location: table.Location("${"+billID+"}", payer), Columns: columns}
			h.table(database, strings.ToUpper(string(table))+string(payer), billTable(d))
		}
	}
	h.table(database, "LedgerTable", ledgerTable())
	output := map[string]any{"outputLocation": sub("s3://${" + billID + "}/" + resultsPrefix), "expectedBucketOwner": sub("${AWS::AccountId}"), "encryptionConfiguration": map[string]any{"encryptionOption": "SSE_S3"}}
	if h.dataKey != nil {
		output["encryptionConfiguration"] = map[string]any{"encryptionOption": "SSE_KMS", "kmsKey": h.dataKey.KeyArn()}
	}
	const gigabyte = 1_000_000_000
	called(awsathena.NewCfnWorkGroup(h.stack, jsii.String(workgroupID), &awsathena.CfnWorkGroupProps{
		Name: jsii.String(permit.ReportWorkgroup), Description: jsii.String("offpeak: questions to the bill"), State: jsii.String("ENABLED"), RecursiveDeleteOption: jsii.Bool(true),
		WorkGroupConfiguration: map[string]any{
			"bytesScannedCutoffPerQuery": h.config.Report.ScanGB * gigabyte, "enforceWorkGroupConfiguration": true, "publishCloudWatchMetricsEnabled": true,
			"engineVersion": map[string]any{"selectedEngineVersion": "Athena engine version 3"}, "resultConfiguration": output,
		},
	}), workgroupID)
}

// catalogued is a table as Glue describes it.
type catalogued struct {
	name, description, location string
	columns, partitions         []query.Column // with types as Glue calls them
	properties                  map[string]string
}

func (h *hub) table(database awsglue.CfnDatabase, id string, t catalogued) {
	list := func(columns []query.Column) (out []any) {
		for _, c := range columns {
			out = append(out, map[string]any{"name": c.Name, "type": c.Type})
		}
		return out
	}
	parameters := map[string]any{"classification": "parquet"}
	for name, value := range t.properties {
		parameters[name] = value
		if permit.HasReference(value) && strings.HasPrefix(value, "s3://") {
			parameters[name] = *sub(value)
		}
	}
	made := awsglue.NewCfnTable(h.stack, jsii.String(id), &awsglue.CfnTableProps{
		CatalogId: sub("${AWS::AccountId}"), DatabaseName: database.Ref(), TableInput: map[string]any{
			"name": t.name, "description": t.description, "tableType": "EXTERNAL_TABLE", "parameters": parameters, "partitionKeys": list(t.partitions),
			"storageDescriptor": map[string]any{
				"columns": list(t.columns), "location": *sub(t.location), "compressed": true,
				"inputFormat":  "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
				"outputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
				"serdeInfo":    map[string]any{"serializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
			},
		},
	})
	called(made, id)
}

// billTable is a table over the published versions of a payer's bill, as query.Declaration declares it in SQL. In Fn::Sub, ${!v} is a plain ${v}.
func billTable(d query.Declaration) catalogued {
	t := catalogued{
		name: d.Table, description: "offpeak: a payer's bill, each delivery in a partition v; a query reads one version of each month", location: d.Location,
		partitions: []query.Column{{Name: "v", Type: "string"}, {Name: "billing_period", Type: "string"}},
		properties: map[string]string{
			"projection.enabled": "true", "projection.v.type": "injected", "projection.billing_period.type": "injected",
			"storage.location.template": d.Location + query.Folder("${!v}", "${!billing_period}"),
		},
	}
	for _, c := range d.Columns {
		kind := map[string]string{query.Double: "double", query.Moment: "timestamp", query.Map: "map<string,string>", query.Text: "string"}[c.Type]
		t.columns = append(t.columns, query.Column{Name: strings.ToLower(c.Name), Type: kind})
	}
	return t
}

// ledgerTable is the table of the ledger's closed months, which are compacted. Partitions are called otherwise than columns.
func ledgerTable() catalogued {
	location := "s3://${" + storeID + "}/ledger/compacted/"
	t := catalogued{
		name: landing.Ledger, description: "offpeak: what was done, of months that are closed; a query names account and region", location: location,
		partitions: []query.Column{{Name: "month", Type: "string"}, {Name: "of_account", Type: "string"}, {Name: "of_region", Type: "string"}},
		properties: map[string]string{
			"projection.enabled": "true", "projection.month.type": "date", "projection.month.format": "yyyy-MM", "projection.month.range": "2026-01,NOW",
			"projection.month.interval": "1", "projection.month.interval.unit": "MONTHS", "projection.of_account.type": "injected", "projection.of_region.type": "injected",
			"storage.location.template": location + "month=${!month}/account=${!of_account}/region=${!of_region}/",
		},
	}
	for _, of := range []struct{ kind, names string }{
		{"string", "object act state run policy environment account region resource id kind change move image succeeds interrupted cause why rule edge_want error class notes before"},
		{"int", "attempt at_nanos from_min from_max from_desired to_min to_max to_desired"},
		{"bigint", "fence"},
		{"timestamp", "at edge_at"},
	} {
		for name := range strings.FieldsSeq(of.names) {
			t.columns = append(t.columns, query.Column{Name: name, Type: of.kind})
		}
	}
	return t
}
