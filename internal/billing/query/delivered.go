package query

import (
	"fmt"
	"strings"

	"offpeak/internal/billing"
)

// Delivered is a table of Athena's and what of it is read.
type Delivered struct {
	Table string // database.table
	// Versions are the values of the partition v by billing month (2026-07): one delivery each. A month that is not here has no rows.
	Versions map[string]string
}

// relation is what a text reads: a view that holds one delivery of each month, or a table that holds several.
type relation struct {
	name      string
	versioned bool
	versions  map[string]string
}

// over is the relation as it stands behind FROM. Each month is read from one version by conditions of equality, without which Athena refuses a partition
// that it cannot list; nothing tells Trino which version goes with which month but a term for each. Lines after the first begin with the indent.
func (r relation) over(p billing.Period, indent string) string {
	if !r.versioned {
		return r.name
	}
	const read = "SELECT * FROM %s WHERE v = '%s' AND billing_period = '%s'"
	var parts []string
	for _, month := range Months(p) {
		if v := r.versions[month.Format(monthForm)]; v != "" {
			parts = append(parts, fmt.Sprintf(read, r.name, v, month.Format(monthForm)))
		}
	}
	if len(parts) == 0 { // no version is named so: no rows
		parts = []string{fmt.Sprintf(read, r.name, "none", p.From.UTC().Format(monthForm))}
	}
	return "(\n" + indent + "  " + strings.Join(parts, "\n"+indent+"  UNION ALL\n"+indent+"  ") + "\n" + indent + ") AS delivered"
}

// Declaration is a table of Athena's over copies of deliveries, one folder for each version and month.
type Declaration struct {
	Database, Table string
	Location        string // s3://bucket/prefix/, beneath which the folders are that Folder names
	Columns         []Column
}

// Folder is where the files of one version and month lie beneath a table's location.
func Folder(version, month string) string { return "v=" + version + "/BILLING_PERIOD=" + month + "/" }

// SQL is the declaration in Athena's language. Partitions are projected: nothing is registered, no crawler runs, and a query that names no version or
// no month is refused. Months are named by the query and not counted out: Trino knows no projection by months. Columns are found by name in the files; one that an export lacks is null.
func (d Declaration) SQL() string {
	var columns []string
	for _, c := range d.Columns {
		columns = append(columns, "  `"+strings.ToLower(c.Name)+"` "+hiveType(c.Type))
	}
	location := strings.TrimSuffix(d.Location, "/") + "/"
	properties := [][2]string{
		{"projection.enabled", "true"},
		{"projection.v.type", "injected"},
		{"projection.billing_period.type", "injected"},
		{"storage.location.template", location + Folder("${v}", "${billing_period}")},
	}
	var listed []string
	for _, p := range properties {
		listed = append(listed, "  '"+p[0]+"' = '"+p[1]+"'")
	}
	return "CREATE EXTERNAL TABLE IF NOT EXISTS `" + d.Database + "`.`" + d.Table + "` (\n" + strings.Join(columns, ",\n") +
		"\n)\nPARTITIONED BY (`v` string, `billing_period` string)\nSTORED AS PARQUET\nLOCATION '" + location + "'\nTBLPROPERTIES (\n" +
		strings.Join(listed, ",\n") + "\n)"
}

// hiveType is what the language of Athena's declarations calls a type.
func hiveType(kind string) string {
	switch kind {
	case Double:
		return "double"
	case Moment:
		return "timestamp"
	case Map:
		return "map<string,string>"
	default:
		return "string"
	}
}
