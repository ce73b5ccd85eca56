package trino

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// Database makes a database in the catalogue.
func (s *Server) Database(t testing.TB, name string) {
	t.Helper()
	if err := s.ask("CreateDatabase", map[string]any{"DatabaseInput": map[string]any{"Name": name}}); err != nil {
		t.Fatal(err)
	}
}

// declaration takes a declaration of a table apart, as far as Athena's language for them is used.
var declaration = regexp.MustCompile("(?s)^CREATE EXTERNAL TABLE IF NOT EXISTS `([^`]+)`\\.`([^`]+)` \\(\n(.*?)\n\\)\n" +
	"PARTITIONED BY \\((.*?)\\)\nSTORED AS PARQUET\nLOCATION '([^']*)'\nTBLPROPERTIES \\(\n(.*)\n\\)$")

var (
	column   = regexp.MustCompile("`([^`]+)` ([a-z]+(?:<[a-z,]+>)?)")
	property = regexp.MustCompile(`'([^']+)' = '([^']*)'`)
)

// declare enters a table into the catalogue as Athena does for its declaration: types, partitions and properties as they stand there.
func (s *Server) declare(statement string) error {
	parts := declaration.FindStringSubmatch(statement)
	if parts == nil {
		return fmt.Errorf("line 1:1: mismatched input: %.60q", statement)
	}
	parameters := map[string]any{"EXTERNAL": "TRUE"}
	for _, p := range property.FindAllStringSubmatch(parts[6], -1) {
		parameters[p[1]] = p[2]
	}
	err := s.ask("CreateTable", map[string]any{
		"DatabaseName": parts[1],
		"TableInput": map[string]any{
			"Name": parts[2], "TableType": "EXTERNAL_TABLE", "Parameters": parameters, "PartitionKeys": columnsOf(parts[4]),
			"StorageDescriptor": map[string]any{
				"Columns": columnsOf(parts[3]), "Location": parts[5], "NumberOfBuckets": -1, "Compressed": false, "StoredAsSubDirectories": false,
				"InputFormat":  "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
				"OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
				"SerdeInfo":    map[string]any{"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", "Parameters": map[string]any{}},
			},
		},
	})
	if err != nil && strings.Contains(err.Error(), "AlreadyExists") {
		return nil
	}
	return err
}

func columnsOf(text string) (columns []any) {
	for _, c := range column.FindAllStringSubmatch(text, -1) {
		columns = append(columns, map[string]any{"Name": c[1], "Type": c[2]})
	}
	return columns
}
