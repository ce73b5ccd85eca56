// Package costs computes what offpeak itself costs a month, from counts that were measured and prices that AWS publishes.
//
// In go a fleet's size, what one tick and one sweep were measured to do, and a table of unit prices; out come lines of a bill. Free tiers are left
// out, so that the figure holds for an account that has used them up. The package asks nobody: prices and measurements are data, each with its source.
package costs

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// Fleet is how much is looked after.
type Fleet struct {
	Accounts, Regions int
	// EdgesADay and DaysAMonth are how often a scope opens or closes: an opening and a closing on working days.
	EdgesADay, DaysAMonth int
}

// Office is a fleet that opens and closes once on each of 22 working days, all of it.
func Office(accounts, regions int) Fleet { return Fleet{accounts, regions, 2, 22} }

// Measured is what one run of each kind does.
type Measured struct {
	// Milliseconds of a sweep, of what each further region of an account adds that is looked at in the same go, of a tick, and of what a tick of the
	// full hour adds for each account that it enters.
	Sweep, Beside, Tick, Account int
	// SweepsOfAnEdge are those that one opening or closing makes: one acts, others verify.
	SweepsOfAnEdge int
	// Requests to S3 of a quiet sweep, and of those of one edge together. Deletions, of which an edge has four, are free.
	QuietReads, EdgeReads, EdgeWrites int
	// TickReads and TickLists are those of a tick.
	TickReads, TickLists int
	// LinesOfAnEdge are the bytes of log of an edge's sweeps, LinesOfARun what Lambda itself writes about each run.
	LinesOfAnEdge, LinesOfARun int
}

// Local are the figures of the built functions against a stand-in for AWS on the same machine: the work, without the way to AWS and back.
func Local() Measured {
	return Measured{
		Sweep: 70, Beside: 70, Tick: 40, Account: 100, SweepsOfAnEdge: 2, QuietReads: 3, EdgeReads: 8, EdgeWrites: 11, TickReads: 2, TickLists: 1,
		LinesOfAnEdge: 1500, LinesOfARun: 400,
	}
}

// OverTheWire is Local with half a second for a sweep: nine calls of AWS, in three rounds, at what they usually take. Nobody has measured it. What a
// further region adds was measured with a stand-in that keeps each answer back: four took up to 1.8 times as long as one (TestRegionsInOneGo).
func OverTheWire() Measured {
	m := Local()
	m.Sweep, m.Beside = 500, 140
	return m
}

// Memory of the functions in MB, and what the clock and Lambda do by themselves in a month of 730 hours.
const (
	hours          = 730
	ticks          = hours * 12
	scheduleMemory = 512
	dispatchMemory = 256
	// idlePolls: five pollers of Lambda, three long polls a minute each, whether there is a message or not.
	idlePolls  = 5 * 3 * 60 * hours
	messages   = 10 // of one call that sends
	together   = 4  // regions of an account that one wake of the hourly look names
	atOnce     = 8  // accounts that a tick enters side by side
	metricsDay = 3  // Stops, Starts and HoursAvoided, in the hours of edges
)

// Line is one line of the bill.
type Line struct {
	What  string
	Count decimal.Decimal
	Unit  string
	Price decimal.Decimal // of one
	// Source is where AWS publishes the price.
	Source string
	// Apart says that it is a choice, or is free for the first few of an account: key, dashboard, alarms.
	Apart bool
}

// Cost is the line's amount in USD.
func (l Line) Cost() decimal.Decimal { return l.Count.Mul(l.Price) }

// Total adds up lines: those that are apart, or the others.
func Total(lines []Line, apart bool) decimal.Decimal {
	sum := decimal.Zero
	for _, l := range lines {
		if l.Apart == apart {
			sum = sum.Add(l.Cost())
		}
	}
	return sum
}

// Month is the bill of a month.
func Month(f Fleet, m Measured, alarms int) []Line {
	scopes := f.Accounts * f.Regions
	edges := scopes * f.EdgesADay * f.DaysAMonth
	quiet := scopes * hours
	wakes := f.Accounts * ((f.Regions + together - 1) / together) // of the hourly look
	goes := wakes*hours + edges*m.SweepsOfAnEdge
	milliseconds := wakes*hours*m.Sweep + (quiet-wakes*hours)*m.Beside + edges*m.SweepsOfAnEdge*m.Sweep
	sends := hours*((wakes+messages-1)/messages) + edges*m.SweepsOfAnEdge/messages
	entered := hours * ((f.Accounts + atOnce - 1) / atOnce)
	return []Line{
		line("Lambda, duration of sweeps", gigabyteSeconds(milliseconds, scheduleMemory), LambdaDuration),
		line("Lambda, duration of ticks", gigabyteSeconds(ticks*m.Tick+entered*m.Account, dispatchMemory), LambdaDuration),
		line("Lambda, invocations", whole(goes+ticks), LambdaInvocation),
		line("EventBridge Scheduler", whole(ticks), SchedulerInvocation),
		line("SQS, wakes", whole(sends+2*goes), SQSRequest),
		line("SQS, Lambda's polling of an empty queue", whole(idlePolls), SQSRequest),
		line("S3, reads", whole(quiet*m.QuietReads+edges*m.EdgeReads+ticks*m.TickReads+hours*scopes), S3Read),
		line("S3, writes and listings", whole(edges*m.EdgeWrites+ticks*m.TickLists), S3Write),
		line("CloudWatch, logs", gigabytes(edges*m.LinesOfAnEdge+(goes+ticks)*m.LinesOfARun), LogGigabyte),
		// A metric is paid for the hours in which it is written.
		line("CloudWatch, metrics", whole(hours+metricsDay*f.EdgesADay*f.DaysAMonth).Div(whole(hours)), Metric),
		apart(line("KMS, customer key", whole(1), Key)),
		apart(line("CloudWatch, dashboard", whole(1), Dashboard)),
		apart(line("CloudWatch, alarms", whole(alarms), Alarm)),
	}
}

func line(what string, count decimal.Decimal, p Price) Line {
	return Line{What: what, Count: count, Unit: p.Unit, Price: p.USD(), Source: p.Source}
}

func apart(l Line) Line {
	l.Apart = true
	return l
}

func whole(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }

// gigabyteSeconds of milliseconds at so many MB.
func gigabyteSeconds(milliseconds, memory int) decimal.Decimal {
	return whole(milliseconds).Mul(whole(memory)).Div(whole(1024 * 1000))
}

func gigabytes(bytes int) decimal.Decimal { return whole(bytes).Div(whole(1 << 30)) }

// Price is a unit price of AWS in us-east-1.
type Price struct{ Unit, Text, Source string }

// USD is the price. A text that is none is zero, which a test refuses.
func (p Price) USD() decimal.Decimal {
	d, err := decimal.NewFromString(p.Text)
	if err != nil {
		return decimal.Zero
	}
	return d
}

// Prices are the unit prices, as AWS's public pages had them in November 2026 for us-east-1. Other regions differ: Seoul by up to a fifth, for logs by
// half.
var (
	LambdaDuration      = Price{"GB-second (arm64)", "0.0000133334", "aws.amazon.com/lambda/pricing"}
	LambdaInvocation    = Price{"request", "0.0000002", "aws.amazon.com/lambda/pricing"}
	SchedulerInvocation = Price{"invocation", "0.000001", "aws.amazon.com/eventbridge/pricing"}
	SQSRequest          = Price{"request", "0.0000004", "aws.amazon.com/sqs/pricing"}
	S3Read              = Price{"GET", "0.0000004", "aws.amazon.com/s3/pricing"}
	S3Write             = Price{"PUT or LIST", "0.000005", "aws.amazon.com/s3/pricing"}
	LogGigabyte         = Price{"GB", "0.50", "aws.amazon.com/cloudwatch/pricing"}
	Metric              = Price{"metric-month", "0.30", "aws.amazon.com/cloudwatch/pricing"}
	Alarm               = Price{"alarm", "0.10", "aws.amazon.com/cloudwatch/pricing"}
	Dashboard           = Price{"dashboard", "3.00", "aws.amazon.com/cloudwatch/pricing"}
	Key                 = Price{"key", "1.00", "aws.amazon.com/kms/pricing"}
)

// Counts is the page's table of what a month of a fleet counts, and of the unit prices that it is multiplied by.
func Counts(f Fleet, m Measured, alarms int) string {
	out := fmt.Sprintf("| | count, %d × %d | of | USD each | source |\n|---|--:|---|--:|---|\n", f.Accounts, f.Regions)
	for _, l := range Month(f, m, alarms) {
		out += fmt.Sprintf("| %s | %s | %s | %s | [%s](https://%s/) |\n", l.What, l.Count.Round(2), l.Unit, l.Price, l.Source, l.Source)
	}
	return out
}

// Table is the page's table of a month for fleets of several sizes.
func Table(fleets []Fleet, m Measured, alarms int) string {
	bills := make([][]Line, len(fleets))
	for i, f := range fleets {
		bills[i] = Month(f, m, alarms)
	}
	return table(fleets, bills)
}

// table writes bills side by side.
func table(fleets []Fleet, bills [][]Line) string {
	heads := make([]string, len(fleets))
	for i, f := range fleets {
		heads[i] = fmt.Sprintf("%d × %d", f.Accounts, f.Regions)
	}
	return sideBySide(heads, bills)
}

// sideBySide writes bills beneath what is said of each.
func sideBySide(heads []string, bills [][]Line) string {
	out, rule := "| |", "|---|"
	for _, head := range heads {
		out += " " + head + " |"
		rule += "--:|"
	}
	out += "\n" + rule + "\n"
	row := func(what string, of func([]Line) decimal.Decimal, places int32) {
		out += "| " + what + " |"
		for _, bill := range bills {
			out += " " + of(bill).StringFixed(places) + " |"
		}
		out += "\n"
	}
	for i, l := range bills[0] {
		if i > 0 && l.Apart && !bills[0][i-1].Apart {
			row("**together**", func(b []Line) decimal.Decimal { return Total(b, false) }, 2)
		}
		row(l.What, func(b []Line) decimal.Decimal { return b[i].Cost() }, 3)
	}
	row("**apart, together**", func(b []Line) decimal.Decimal { return Total(b, true) }, 2)
	return out
}
