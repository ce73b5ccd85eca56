package export

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go/format"

	"offpeak/internal/fleet"
)

// has says whether the file has a column, in whatever case.
func (o *opened) has(name string) bool {
	_, ok := o.columns[strings.ToLower(name)]
	return ok
}

// table recognises the table of a file by its columns, or says what is there instead.
func (o *opened) table() (Table, *Gap) {
	switch {
	case o.has("line_item_line_item_type"):
		return CUR2, nil
	case !o.has("ChargeCategory") || !o.has("BilledCost"):
		return "", &Gap{TableUnknown, o.key, "its columns are neither those of FOCUS nor those of CUR 2.0", fmt.Sprintf("export the tables %s and %s", FOCUS, CUR2), nil}
	default:
		return FOCUS, nil
	}
}

// open checks a delivery's files against its table.
func (o *opening) open(c candidate, files []*opened) (Delivery, bool) {
	month, _ := time.Parse(monthForm, o.period.month)
	d := Delivery{
		Month: month, Name: strings.TrimSuffix(placeName(c.key), manifestSuffix), Folder: o.period.root,
		Execution: cmp.Or(c.manifest.ExecutionID, c.stamp), Manifest: c.key, SHA256: c.sum,
	}
	before := len(o.gaps)
	for _, f := range files {
		table, gap := f.table()
		switch {
		case gap != nil:
			o.gaps = append(o.gaps, *gap)
			continue
		case d.Table != "" && table != d.Table:
			o.gap(TableUnknown, f.key, fmt.Sprintf("it is of the table %s and other files of the delivery of %s", table, d.Table), "have the export delivered anew")
			continue
		}
		d.Table, d.Old = table, d.Old || f.old()
		d.Rows += f.parquet.NumRows()
		d.Files = append(d.Files, File{Path: f.name, Key: f.key, Bytes: f.parquet.Size(), Rows: f.parquet.NumRows(), Table: table})
		o.month(f, table, month)
	}
	if d.Table != "" {
		o.columns(d, files)
	}
	if o.sound(before) {
		o.payer(&d, files)
	}
	if o.sound(before) {
		o.granularity(d, files)
	}
	return d, o.sound(before)
}

// sound says whether nothing that withholds a delivery was found since.
func (o *opening) sound(since int) bool {
	return !slices.ContainsFunc(o.gaps[since:], func(g Gap) bool { return g.Code.Withholds() })
}

func placeName(key string) string {
	at, _ := placeOf(key)
	return at.name
}

// columns compares the files' columns with the table's.
func (o *opening) columns(d Delivery, files []*opened) {
	lacking := map[Code][]column{}
	var odd []string
	for _, c := range d.Table.columns() {
		if d.Old && slices.Contains(since12(), c.name) {
			continue
		}
		code := ColumnMissing
		if slices.Contains(d.Table.needed(), c.name) {
			code = ColumnNeeded
		}
		switch text, absent := stateOf(c, files); {
		case absent:
			lacking[code] = append(lacking[code], c)
		case text != "" && code == ColumnNeeded:
			odd = append(odd, text)
		case text != "":
			lacking[code] = append(lacking[code], c)
		}
	}
	where := o.period.String()
	if d.Old {
		o.old(where, files)
	}
	if c := lacking[ColumnNeeded]; len(c) > 0 {
		o.gap(ColumnNeeded, where, "columns are missing without which the bill cannot be read: "+names(c), remedy(c), names(c))
	}
	if c := lacking[ColumnMissing]; len(c) > 0 {
		o.gap(ColumnMissing, where, "columns are missing or of another type, and the bill is read without them: "+names(c), remedy(c), names(c))
	}
	if len(odd) > 0 {
		o.gap(ColumnType, where, "columns are of another type: "+strings.Join(odd, ", "), "read the files as Data Exports deliver them, without conversion", strings.Join(odd, ", "))
	}
}

// stateOf says whether a column is absent from a file, or how else it differs.
func stateOf(c column, files []*opened) (text string, absent bool) {
	for _, f := range files {
		s, ok := f.columns[strings.ToLower(c.name)]
		switch {
		case !ok:
			return "", true
		case s.problem != "":
			text = fmt.Sprintf("%s is %s and not a %s", c.name, s.problem, c.kind)
		case s.kind != c.kind:
			text = fmt.Sprintf("%s is a %s and not a %s", c.name, s.kind, c.kind)
		}
	}
	return text, false
}

func names(columns []column) string {
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

// remedy names the settings of an export that bring columns: docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html.
func remedy(columns []column) string {
	var settings []string
	for _, c := range columns {
		setting := "name them in the export's query (select all columns in the console)"
		switch c.name {
		case "line_item_resource_id":
			setting = "set INCLUDE_RESOURCES to TRUE for line_item_resource_id"
		case "discount", "discount_total_discount":
			setting = "set INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY to FALSE for discount and discount_total_discount"
		}
		if !slices.Contains(settings, setting) {
			settings = append(settings, setting)
		}
	}
	return strings.Join(settings, "; ")
}

// statistics are those of a column's row groups.
func (o *opened) statistics(name string) (stored, []format.Statistics) {
	c, ok := o.columns[strings.ToLower(name)]
	if !ok || c.leaf == nil {
		return c, nil
	}
	var all []format.Statistics
	groups := o.parquet.Metadata().RowGroups
	for i := range groups {
		all = append(all, groups[i].Columns[c.leaf.Index()].MetaData.Statistics)
	}
	return c, all
}

// month checks that the rows are of the month that their folder says, where the file has statistics to tell.
func (o *opening) month(f *opened, t Table, month time.Time) {
	name := "BillingPeriodStart"
	if t == CUR2 {
		name = "bill_billing_period_start_date"
	}
	c, all := f.statistics(name)
	for _, s := range all {
		for _, bound := range [][]byte{s.MinValue, s.MaxValue} {
			if len(bound) != 8 || c.perMs == 0 {
				continue
			}
			at := time.UnixMilli(floor(int64(binary.LittleEndian.Uint64(bound)), c.perMs)).UTC()
			if !at.Equal(month) {
				o.gap(PeriodWrong, f.key, fmt.Sprintf("it has rows of the billing period that begins at %s", at.Format(time.RFC3339)),
					"put it into its own period's folder, or have the export delivered anew", at.Format("2006-01"))
				return
			}
		}
	}
}

// payer finds out whose bill it is.
func (o *opening) payer(d *Delivery, files []*opened) {
	payers := map[string]bool{}
	for i, f := range files {
		_, all := f.statistics(d.Table.payerColumn())
		told := true
		for _, s := range all {
			same := len(s.MinValue) > 0 && string(s.MinValue) == string(s.MaxValue)
			told = told && same
			if same {
				payers[string(s.MinValue)] = true
			}
		}
		if told {
			continue
		}
		if err := scanPayers(d.Files[i], payers); err != nil {
			o.gap(FileCorrupt, f.key, err.Error(), "copy it again; if it stays so, have the export delivered anew")
			return
		}
	}
	if len(payers) > 1 {
		var all []string
		for p := range payers {
			all = append(all, p)
		}
		slices.Sort(all)
		o.gap(PayersMixed, o.period.String(), "it bills several payers: "+strings.Join(all, ", "), "export each payer's bill by itself", strings.Join(all, ", "))
	}
	for p := range payers {
		d.Payer = fleet.AccountID(p)
		if !isAccount(p) {
			// It names folders and keys further on.
			o.gap(PayerOdd, o.period.String(), fmt.Sprintf("who pays is %.60q, which is no account of AWS", p), "read what AWS delivered, without change", fmt.Sprintf("%.60q", p))
		}
	}
}

// isAccount reports whether a text can be an account of AWS: digits, as twelve of them are today.
func isAccount(text string) bool {
	return len(text) <= 20 && !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}

func scanPayers(f File, payers map[string]bool) (err error) {
	scan := f.Scan()
	payer := scan.Text(f.Table.payerColumn())
	for scan.Next() {
		for row := range scan.Rows() {
			if p, ok := payer.At(row); ok {
				payers[p] = true
			}
		}
	}
	if err := scan.Err(); err != nil {
		_ = scan.Close() // what went wrong is said already
		return err
	}
	return scan.Close()
}

// compare looks at the deliveries side by side: what is there twice, and what lacks its other half.
func (b *Bill) compare() {
	type key struct {
		payer fleet.AccountID
		month time.Time
		table Table
	}
	of := func(d Delivery, t Table) key { return key{d.Payer, d.Month, t} }
	b.preferNew()
	slices.SortFunc(b.Deliveries, func(a, c Delivery) int {
		return cmp.Or(cmp.Compare(a.Payer, c.Payer), a.Month.Compare(c.Month), cmp.Compare(a.Table, c.Table), cmp.Compare(a.Folder, c.Folder))
	})
	exports := map[key][]string{}
	for _, d := range b.Deliveries {
		exports[of(d, d.Table)] = append(exports[of(d, d.Table)], d.Folder)
	}
	for _, d := range b.Deliveries {
		where := period{d.Folder, d.Month.Format(monthForm)}.String()
		if d.Rows == 0 {
			b.Gaps = append(b.Gaps, Gap{NoRows, where, "the delivery of " + d.Named() + " has no row", "nothing, if nothing was used in that month; else have it delivered anew", nil})
			continue
		}
		if twice := exports[of(d, d.Table)]; len(twice) > 1 {
			b.Gaps = append(b.Gaps, Gap{
				Code: PeriodTwice, Where: where, What: fmt.Sprintf("%s of payer %s is delivered by several exports: %s; none is read, since both would count", d.Table, d.Payer, strings.Join(twice, ", ")),
				Do: "keep one of them beneath the folder", Args: []string{string(d.Payer), strings.Join(twice, ", ")},
			})
		}
		if d.Table == FOCUS && len(exports[of(d, CUR2)]) == 0 {
			b.Gaps = append(b.Gaps, Gap{CUR2Missing, where, "payer " + string(d.Payer) + " has FOCUS and no CUR 2.0 of this period", "export the table " + string(CUR2) + ", hourly and with resources, too", []string{string(d.Payer)}})
		}
		if d.Table == CUR2 && len(exports[of(d, FOCUS)]) == 0 {
			b.Gaps = append(b.Gaps, Gap{FOCUSMissing, where, "payer " + string(d.Payer) + " has CUR 2.0 and no FOCUS of this period", "export the table " + string(FOCUS) + ", hourly, too", []string{string(d.Payer)}})
		}
	}
	b.Deliveries = slices.DeleteFunc(b.Deliveries, func(d Delivery) bool { return len(exports[of(d, d.Table)]) > 1 })
}
