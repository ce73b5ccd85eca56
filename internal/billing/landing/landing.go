// Package landing says where the bills of payers lie and what they are called: as AWS delivers them, as they are published for queries, and in the
// catalogue that Athena reads.
//
// In goes a payer and one of its two exports; out come names, prefixes and keys. Whoever deploys and whoever reads take them from here, so that they agree.
// The package reads nothing.
package landing

import (
	"regexp"
	"time"

	"offpeak/internal/fleet"
)

// Table is one of the exports that a report is made of.
type Table string

// The exports: FOCUS 1.2 for figures that are shown, CUR 2.0 for what commitments covered.
const (
	FOCUS Table = "focus"
	CUR   Table = "cur"
)

// Database is that of the catalogue in which all tables stand.
const Database = "offpeak"

// Workgroup is the one of Athena in which the hub asks; it limits what a query may scan.
const Workgroup = "offpeak-reports"

// Ledger is the table of the ledger's closed months.
const Ledger = "ledger"

// Tables are both exports.
func Tables() []Table { return []Table{FOCUS, CUR} }

// Export is what the export is called at its payer.
func (t Table) Export() string { return "offpeak-" + string(t) }

// Of is what the catalogue calls the table of a payer.
func (t Table) Of(payer fleet.AccountID) string { return string(t) + "_" + string(payer) }

// tableName is what Of makes.
var tableName = regexp.MustCompile(`^(focus|cur)_(\d{12})$`)

// PayerOf tells whose table the catalogue calls so, and which of the two; false where it is neither.
func PayerOf(name string) (Table, fleet.AccountID, bool) {
	found := tableName.FindStringSubmatch(name)
	if found == nil {
		return "", "", false
	}
	return Table(found[1]), fleet.AccountID(found[2]), true
}

// Delivered is the prefix beneath which AWS delivers a payer's exports.
func Delivered(payer fleet.AccountID) string { return string(payer) }

// Published is the prefix beneath which a payer's deliveries are published.
func Published(payer fleet.AccountID) string { return "bill/" + string(payer) }

// Location is where the published versions of a payer's table lie, s3://bucket/prefix/.
func (t Table) Location(bucket string, payer fleet.AccountID) string {
	return "s3://" + bucket + "/" + Published(payer) + "/" + string(t) + "/"
}

// Manifest is what the key of a delivery's manifest tells.
type Manifest struct {
	Payer fleet.AccountID
	Table Table
	Month time.Time // the first instant of the billing period, UTC
}

// manifestKey is where a manifest lies (Data Exports user guide, export delivery). Deliveries that do not overwrite each other have a folder each.
var manifestKey = regexp.MustCompile(`^(\d{12})/offpeak-(focus|cur)/metadata/BILLING_PERIOD=(\d{4}-\d{2})/(?:[^/]+/)?[^/]+-Manifest\.json$`)

// ManifestOf reads the key of a manifest; false where it is none of a delivery's.
func ManifestOf(key string) (Manifest, bool) {
	found := manifestKey.FindStringSubmatch(key)
	if found == nil {
		return Manifest{}, false
	}
	month, err := time.Parse("2006-01", found[3])
	return Manifest{fleet.AccountID(found[1]), Table(found[2]), month}, err == nil
}
