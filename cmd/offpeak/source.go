package main

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"offpeak/internal/billing/landing"
	"offpeak/internal/fleet"
)

// sourceFlags say where ledger and bill are, and what counts the bill.
type sourceFlags struct {
	ledger, bill string
	rates        []string
	engine       string
	profile      string
	home         string // the region of buckets and Athena
	workgroup    string
	unlimited    bool
	cache        string
}

// register adds the flags to a command, which may have a --region of its own already.
func (f *sourceFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.ledger, "ledger", "", "folder with the ledger, or s3://BUCKET[/PREFIX] of a hub")
	flags.StringVar(&f.bill, "bill", "", "folder with the exports of the bill, or a CSV file of FOCUS; s3://BUCKET/PREFIX to which AWS delivers them, or athena:DATABASE.TABLE of a hub")
	flags.StringArrayVar(&f.rates, "plan-rates", nil, "what `aws savingsplans describe-savings-plan-rates` printed (repeatable; * stands for any name)")
	flags.StringVar(&f.engine, "engine", "", "what counts a bill of files: go, or duckdb (default go)")
	flags.StringVar(&f.profile, "profile", "", "profile of the AWS configuration (default: the standard credential chain)")
	if flags.Lookup("region") == nil {
		flags.StringVar(&f.home, "region", "", "region of the buckets and of Athena (default: the configuration's)")
	}
	flags.StringVar(&f.workgroup, "workgroup", "", "workgroup of Athena (default: $"+workgroupVariable+", else "+landing.Workgroup+")")
	flags.BoolVar(&f.unlimited, "unlimited-scan", false, "ask Athena also in a workgroup that does not limit what a query may scan")
	flags.StringVar(&f.cache, "cache", "", "folder for bills that are brought from S3 (default: offpeak/bills in the user's own cache)")
}

// workgroupVariable names the workgroup, as it does for the function of reports.
const workgroupVariable = "OFFPEAK_WORKGROUP"

// check says what of the flags does not go together.
func (f *sourceFlags) check() error {
	switch {
	case f.ledger == "" || f.bill == "":
		return usagef("--ledger and --bill are needed: offpeak's ledger, a folder or s3://BUCKET; and the payer's billing exports, a folder, s3://BUCKET/PREFIX or athena:DATABASE.TABLE")
	case !slices.Contains([]string{"", engineDuckDB, engineGo}, f.engine):
		return usagef("--engine is %s or %s, not %.20q", engineGo, engineDuckDB, f.engine)
	case f.engine != "" && f.inAthena():
		return usagef("--engine is for bills of files: what %s holds is counted by Athena", f.bill)
	}
	return nil
}

func (f *sourceFlags) inAthena() bool { return strings.HasPrefix(f.bill, "athena:") }

// entry is how AWS is reached.
func (f *sourceFlags) entry() entry { return entry{profile: f.profile, region: fleet.Region(f.home)} }

// s3Place is an address in S3.
type s3Place struct {
	bucket string
	prefix string // empty, or ends in a slash
}

var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$`)

// placeInS3 reads s3://BUCKET[/PREFIX]; false where a text is no such address.
func placeInS3(flag, text string) (p s3Place, is bool, err error) {
	rest, is := strings.CutPrefix(text, "s3://")
	if !is {
		return p, false, nil
	}
	p.bucket, p.prefix, _ = strings.Cut(strings.TrimRight(rest, "/"), "/")
	if !bucketName.MatchString(p.bucket) {
		return p, true, usagef("%s %s names no bucket (write s3://BUCKET or s3://BUCKET/PREFIX)", flag, text)
	}
	if p.prefix != "" {
		p.prefix += "/"
	}
	return p, true, nil
}

// athenaPlace is a bill in Athena, and how it is asked.
type athenaPlace struct {
	database  string
	payer     fleet.AccountID
	workgroup string
	unlimited bool
}

// placeInAthena reads athena:DATABASE.TABLE, of which the table is that of FOCUS 1.2 as a hub's stack calls it.
func (f *sourceFlags) placeInAthena(c console) (p athenaPlace, err error) {
	database, table, dotted := strings.Cut(strings.TrimPrefix(f.bill, "athena:"), ".")
	kind, payer, known := landing.PayerOf(table)
	if !dotted || database == "" || !known || kind != landing.FOCUS {
		return p, usagef("--bill %.80s: write athena:DATABASE.TABLE with a hub's table of FOCUS 1.2, as athena:%s.%s; that of CUR 2.0 is found beside it", f.bill, landing.Database, landing.FOCUS.Of("111122223333"))
	}
	return athenaPlace{database, payer, cmp.Or(f.workgroup, c.getenv(workgroupVariable), landing.Workgroup), f.unlimited}, nil
}
