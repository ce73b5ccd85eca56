package costs

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// Bills is how much reports are made of: so many payers, each with so many gigabytes of both exports a month, and with so many recipients.
type Bills struct{ Payers, Gigabytes, Recipients int }

// ReportMeasured is what the function of reports does. None of it was measured on AWS.
type ReportMeasured struct {
	// Report is how many milliseconds a report takes, Gigabyte what copying one takes, and Tick a day's look at which nothing is due.
	Report, Gigabyte, Tick int
	// Refreshes are how often a day's delivery of a closed month is copied until it is final.
	Refreshes int
	// Reads is how often the questions of a report read all of a quarter's deliveries, were no column left out.
	Reads int
	// Kept and Warm are for how many days copies stay, and stay in S3's standard class.
	Kept, Warm int
}

// ReportAssumed are figures on the careful side: a report of five minutes, copies at 50 MB a second, a delivery on each of sixteen days, and ten readings of
// a quarter. A payer's two reports of a quarter, the provisional and the final one, are counted; restated ones are not.
func ReportAssumed() ReportMeasured {
	return ReportMeasured{Report: 300_000, Gigabyte: 20_000, Tick: 500, Refreshes: 16, Reads: 10, Kept: 400, Warm: 45}
}

const reportMemory = 2048

// ReportMonth is what quarterly reports add to the bill of a month, a third of a quarter.
func ReportMonth(b Bills, m ReportMeasured, alarms int) []Line {
	third := func(n int) decimal.Decimal { return whole(n).Div(whole(3)) }
	const reports = 2 // of a quarter
	copied := b.Payers * m.Refreshes * b.Gigabytes
	kept := func(n int) decimal.Decimal { return whole(copied * n).Div(whole(days)) }
	milliseconds := whole(copied*m.Gigabyte + days*m.Tick).Add(third(b.Payers * reports * m.Report))
	return []Line{
		line("Lambda, duration", milliseconds.Mul(whole(reportMemory)).Div(whole(1024*1000)), LambdaDuration),
		line("Athena, scanned", third(b.Payers*reports*m.Reads*3*b.Gigabytes).Div(whole(1000)), AthenaTerabyte),
		line("S3, copies of the last weeks", kept(m.Warm), S3Standard),
		line("S3, older copies", kept(m.Kept-m.Warm), S3Instant),
		line("S3, writes and listings", whole(copied*10+b.Payers*m.Refreshes*4), S3Write),
		line("SES, mails", third(b.Payers*reports*b.Recipients), SESMail),
		apart(line("CloudWatch, alarms", whole(alarms), Alarm)),
	}
}

// What only reports are charged for, as Prices are.
var (
	AthenaTerabyte = Price{"TB scanned", "5", "aws.amazon.com/athena/pricing"}
	S3Standard     = Price{"GB-month", "0.023", "aws.amazon.com/s3/pricing"}
	S3Instant      = Price{"GB-month, Glacier Instant Retrieval", "0.004", "aws.amazon.com/s3/pricing"}
	SESMail        = Price{"mail", "0.0001", "aws.amazon.com/ses/pricing"}
)

// ReportTable is the page's table of what reports add, for bills of several sizes.
func ReportTable(all []Bills, m ReportMeasured, alarms int) string {
	bills := make([][]Line, len(all))
	heads := make([]string, len(all))
	for i, b := range all {
		heads[i], bills[i] = fmt.Sprintf("%d × %d GB", b.Payers, b.Gigabytes), ReportMonth(b, m, alarms)
	}
	return sideBySide(heads, bills)
}
