package live

import (
	"context"
	"strconv"

	"offpeak/internal/failure"
)

// The environment variables of the function of reports, beside those of the hub.
const (
	ReportsVariable       = "OFFPEAK_REPORTS_BUCKET"
	BillVariable          = "OFFPEAK_BILL_BUCKET"
	ExportsVariable       = "OFFPEAK_EXPORTS_BUCKET"
	WorkgroupVariable     = "OFFPEAK_WORKGROUP"
	SenderVariable        = "OFFPEAK_REPORT_FROM"
	ConfigurationVariable = "OFFPEAK_CONFIGURATION_SET"
)

// ReportSettings say where reports are made of, where they are kept, and by whom they are sent.
type ReportSettings struct {
	// Reports keeps reports, Bill the published deliveries of bills; to Exports AWS delivers. They are names of buckets in the hub's region.
	Reports, Bill, Exports string
	// Workgroup is Athena's.
	Workgroup string
	// Sender is the address that mails are from, ConfigurationSet SES's set by which what comes back is heard of.
	Sender, ConfigurationSet string
}

// ReportsFromEnvironment reads what only the function of reports is told.
func ReportsFromEnvironment(getenv func(string) string) ReportSettings {
	return ReportSettings{
		Reports: getenv(ReportsVariable), Bill: getenv(BillVariable), Exports: getenv(ExportsVariable), Workgroup: getenv(WorkgroupVariable),
		Sender: getenv(SenderVariable), ConfigurationSet: getenv(ConfigurationVariable),
	}
}

// Missing are the variables that say nothing, in their order here.
func (s ReportSettings) Missing() (names []string) {
	for _, v := range []struct{ name, value string }{
		{ReportsVariable, s.Reports},
		{BillVariable, s.Bill},
		{ExportsVariable, s.Exports},
		{WorkgroupVariable, s.Workgroup},
		{SenderVariable, s.Sender},
		{ConfigurationVariable, s.ConfigurationSet},
	} {
		if v.value == "" {
			names = append(names, v.name)
		}
	}
	return names
}

// MemoryFromEnvironment is how many bytes a function may come to hold before it should rather collect what it needs no more: nine tenths of what Lambda gives it, which ends a
// process that takes more. Zero where that is not said. A quarter's usage by hours is the largest thing that any function holds, and by itself Go would let the same again pile up beside it.
func MemoryFromEnvironment(getenv func(string) string) int64 {
	megabytes, err := strconv.ParseInt(getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 32)
	if err != nil || megabytes <= 0 {
		return 0
	}
	return megabytes << 20 / 10 * 9
}

// Answered notes what the function of reports did, and passes its error on.
func (l Log) Answered(ctx context.Context, done []string, err error) error {
	for _, what := range done {
		l.lines.InfoContext(ctx, "reports", "what", what)
	}
	if err != nil {
		l.lines.ErrorContext(ctx, "reports failed", "class", failure.Of(err), "why", err.Error(), "remedy", failure.Remedy(err))
	}
	return err
}
