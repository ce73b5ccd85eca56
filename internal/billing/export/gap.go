package export

import (
	"fmt"
	"iter"
	"path"

	"offpeak/internal/fleet"
)

// Code is what is wrong with a bill, for programs; Gap says it to people.
type Code string

// The codes. A delivery that a withheld gap is about is not among Bill.Deliveries; the others are remarks on deliveries that are.
const (
	// Withheld.
	BadManifest       Code = "manifest-unreadable" // a manifest is no manifest of Data Exports
	NoManifest        Code = "manifest-missing"    // data of a period without any manifest
	FileMissing       Code = "file-missing"        // a manifest lists a file that is not there
	FileCorrupt       Code = "file-corrupt"        // a file is cut off or no Parquet
	FormatUnsupported Code = "format-unsupported"  // CSV, gzip or another form than Parquet
	TableUnknown      Code = "table-unknown"       // a Parquet file of neither table
	ColumnNeeded      Code = "column-needed"       // columns without which the bill cannot be read
	ColumnType        Code = "column-type"         // needed columns of another type
	PayersMixed       Code = "payers-mixed"        // one export bills more than one payer
	PayerOdd          Code = "payer-odd"           // who pays is no account of AWS
	PeriodTwice       Code = "period-twice"        // two exports deliver the same table, payer and period
	PeriodWrong       Code = "period-wrong"        // the rows are of another month than the folder says
	OldFOCUS          Code = "focus-1.0"           // remark: FOCUS 1.0, which has no invoice ids
	MeterMissing      Code = "meter-missing"       // remark: FOCUS 1.0 without a column that says what was used
	ColumnMissing     Code = "column-missing"      // remark: columns that the bill can be read without
	FileUnlisted      Code = "file-unlisted"       // remark: a file that no manifest lists; not read
	Superseded        Code = "delivery-superseded" // remark: an older delivery of the same export and period; not read
	CSVFile           Code = "csv-file"            // remark: a CSV file that was named by hand, without a manifest
	OtherProvider     Code = "other-provider"      // remark: rows of another provider than AWS, which are not counted
	NoRows            Code = "no-rows"             // remark: a delivery that is whole and empty
	CUR2Missing       Code = "cur-2.0-missing"     // remark: a payer's period has FOCUS and no CUR 2.0
	NotHourly         Code = "not-hourly"          // remark: usage by the day or the month, where hours are needed to tell what was avoided
	FOCUSMissing      Code = "focus-missing"       // remark: a payer's period has CUR 2.0 and no FOCUS
)

// Codes lists every code.
func Codes() []Code {
	return []Code{
		BadManifest, NoManifest, FileMissing, FileCorrupt, FormatUnsupported, TableUnknown, ColumnNeeded, ColumnType, PayersMixed, PayerOdd, PeriodTwice, PeriodWrong,
		OldFOCUS, MeterMissing, ColumnMissing, FileUnlisted, Superseded, CSVFile, OtherProvider, NoRows, CUR2Missing, NotHourly, FOCUSMissing,
	}
}

// Withholds says whether a delivery with such a gap is kept from readers.
func (c Code) Withholds() bool {
	switch c {
	case OldFOCUS, MeterMissing, ColumnMissing, FileUnlisted, Superseded, CSVFile, OtherProvider, NoRows, CUR2Missing, FOCUSMissing, NotHourly:
		return false
	default:
		return true
	}
}

// Gap is something about a bill that its reader has to know: what is wrong, where, and what to do.
type Gap struct {
	Code  Code
	Where string // a file, or the export's folder and the period; slash separated, beneath the folder that was opened
	What  string
	Do    string
	// Args are the particulars of What, such as the names of columns, for the words of other languages.
	Args []string
}

// Particulars are Where and Args: what another language's sentence is made of.
func (g Gap) Particulars() []string { return append([]string{g.Where}, g.Args...) }

// String is the gap in a sentence.
func (g Gap) String() string { return fmt.Sprintf("%s: %s; %s", g.Where, g.What, g.Do) }

// Error is String: a gap can be returned as an error by a caller for whom it is one.
func (g Gap) Error() string { return g.String() }

// GapsOf are the gaps that concern a payer: those in folders of its exports, and those in folders that tell of nobody or of several whose they are. So what is said of
// one payer's bill names no file of another's.
func (b *Bill) GapsOf(payer fleet.AccountID) (gaps []Gap) {
	whose := map[string]map[fleet.AccountID]bool{}
	for _, d := range b.Deliveries {
		if d.Payer == "" {
			continue // it has no row that would tell
		}
		for folder := range upwards(d.Folder) {
			if whose[folder] == nil {
				whose[folder] = map[fleet.AccountID]bool{}
			}
			whose[folder][d.Payer] = true
		}
	}
	for _, g := range b.Gaps {
		concerns := true
		for folder := range upwards(g.Where) {
			if of := whose[folder]; of != nil {
				concerns = of[payer]
				break
			}
		}
		if concerns {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

// upwards yields a place and the folders that it is in, the nearest first.
func upwards(place string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for place = path.Clean(place); yield(place) && place != path.Dir(place); {
			place = path.Dir(place)
		}
	}
}
