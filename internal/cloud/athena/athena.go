// Package athena answers the questions of package billing by SQL in Amazon Athena, over copies of the bill's exports in S3.
//
// In goes a bucket to which deliveries are published, each version in folders of its own, and a workgroup that bounds what a query may scan; out come rows and
// what asking them cost. Only files that a manifest lists are read, so no query counts a refresh twice or mixes two. Decimals and times are read from
// Athena's text, never through floats. The texts are those of package query. Each query is started under a token, so that one that was started and
// not answered is not started twice; it makes no workgroup, no database and no bucket.
package athena

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// Options say where Athena finds the bill and how it is asked.
type Options struct {
	// Region is where workgroup, database and bucket are; empty is the configuration's.
	Region    fleet.Region
	Workgroup string
	Database  string
	// FOCUS and CUR are the tables of the two exports.
	FOCUS, CUR string
	// Run names one run of a report: the same question of the same run is one query, also where it is started again after the run was killed. One that failed has
	// to be run under another name, or it is told of its failures again. Empty: each Open is a run.
	Run string
	// Unlimited also asks in a workgroup that does not limit what a query may scan.
	Unlimited bool
	// Now and Sleep are the clock by which answers are waited for; nil: the machine's.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

// Engine is a billing.Engine over the published deliveries of one payer. It may be used by several goroutines at a time.
type Engine struct {
	client  *athena.Client
	options Options
	bill    *Bill
	dialect query.Dialect
	version string
	months  billing.Months

	published []Version

	mu      sync.Mutex
	cost    Cost
	counted map[string]bool // ids of queries
}

// names are what Athena calls databases and tables without quotes (Athena user guide, names for tables, databases, and columns).
var names = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,127}$`)

// Open reads which deliveries are published and looks at the workgroup: one without a limit of what a query may scan is refused, unless
// the options say otherwise.
func Open(ctx context.Context, a *cloud.Access, bill *Bill, o Options) (*Engine, error) {
	for _, name := range []string{o.Database, o.FOCUS, o.CUR} {
		if !names.MatchString(name) {
			return nil, fmt.Errorf("open Athena: %q is not the name of a database or table: small letters, digits and underscores", name)
		}
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Run == "" {
		o.Run = o.Now().UTC().Format(time.RFC3339Nano)
	}
	e := &Engine{counted: map[string]bool{}, client: athena.NewFromConfig(a.Config(fleet.Scope{Region: o.Region})), options: o, bill: bill}
	if err := e.look(ctx); err != nil {
		return nil, err
	}
	published, err := bill.Published(ctx)
	if err != nil {
		return nil, err
	}
	e.published = published
	e.use(published)
	return e, nil
}

// look checks the workgroup.
func (e *Engine) look(ctx context.Context) error {
	name := e.options.Workgroup
	out, err := e.client.GetWorkGroup(ctx, &athena.GetWorkGroupInput{WorkGroup: &name})
	if err != nil {
		return fmt.Errorf("look at the workgroup %s: %w", name, cloud.Classify(err))
	}
	if out.WorkGroup == nil || out.WorkGroup.Configuration == nil {
		return fmt.Errorf("look at the workgroup %s: there is none in %s: check its name, and that its stack is deployed", name, e.client.Options().Region)
	}
	settings := out.WorkGroup.Configuration
	switch {
	case out.WorkGroup.State == types.WorkGroupStateDisabled:
		return fmt.Errorf("the workgroup %s is disabled: enable it in Athena, or name another", name)
	case aws.ToInt64(settings.BytesScannedCutoffPerQuery) <= 0 && !e.options.Unlimited:
		return fmt.Errorf("the workgroup %s does not limit what a query may scan: set its BytesScannedCutoffPerQuery, or name another", name)
	case !aws.ToBool(settings.EnforceWorkGroupConfiguration):
		return fmt.Errorf("the workgroup %s leaves where results go to whoever asks: set its EnforceWorkGroupConfiguration and an output location", name)
	}
	e.version = "Athena"
	if v := settings.EngineVersion; v != nil {
		e.version = aws.ToString(v.EffectiveEngineVersion)
	}
	return nil
}

// use readies the dialect over the newest version of each month.
func (e *Engine) use(published []Version) {
	focus := query.Delivered{Table: e.options.Database + "." + e.options.FOCUS, Versions: map[string]string{}}
	cur := query.Delivered{Table: e.options.Database + "." + e.options.CUR, Versions: map[string]string{}}
	for _, v := range published {
		month := v.Month.Format(monthForm)
		switch v.Table {
		case export.FOCUS:
			focus.Versions[month], e.months.FOCUS = v.SHA256, append(e.months.FOCUS, v.Month)
		case export.CUR2:
			cur.Versions[month], e.months.CUR = v.SHA256, append(e.months.CUR, v.Month)
		}
	}
	e.dialect = query.Athena(focus, cur)
}

// Published are the versions that the questions are about.
func (e *Engine) Published() []Version { return slices.Clone(e.published) }

// Name is Athena with the version of its engine, and the workgroup.
func (e *Engine) Name() string { return e.version + ", workgroup " + e.options.Workgroup }

// Months implements billing.Engine.
func (e *Engine) Months() billing.Months {
	return billing.Months{FOCUS: slices.Clone(e.months.FOCUS), CUR: slices.Clone(e.months.CUR)}
}

// Declare makes the tables where they are not there yet. The database must be there.
func (e *Engine) Declare(ctx context.Context) error {
	for _, d := range []query.Declaration{
		{Table: e.options.FOCUS, Location: e.bill.Location(export.FOCUS), Columns: query.FocusColumns()},
		{Table: e.options.CUR, Location: e.bill.Location(export.CUR2), Columns: query.CURColumns()},
	} {
		d.Database = e.options.Database
		if _, err := e.run(ctx, d.SQL()); err != nil {
			return err
		}
	}
	return nil
}

// check refuses what cannot be asked.
func (e *Engine) check(table export.Table, p billing.Period) error {
	if err := query.Check(p); err != nil {
		return err
	}
	if len(e.monthsOf(table)) == 0 {
		return fmt.Errorf("%w: %s; set it up in AWS Data Exports, hourly and with resources, and publish its deliveries to %s", billing.ErrNoExport, table, e.bill)
	}
	return nil
}

// monthsOf are the months of a table that are published.
func (e *Engine) monthsOf(table export.Table) []time.Time {
	if table == export.CUR2 {
		return e.months.CUR
	}
	return e.months.FOCUS
}

// delivered says whether any month that the period touches is published.
func (e *Engine) delivered(table export.Table, p billing.Period) bool {
	return slices.ContainsFunc(query.Months(p), func(m time.Time) bool { return slices.ContainsFunc(e.monthsOf(table), m.Equal) })
}

// titleOf names a question by the first line of its text.
func titleOf(statement string) string {
	title, _, _ := strings.Cut(strings.TrimPrefix(statement, "-- "), "\n")
	return strings.TrimSuffix(title, " (")
}

// failed says which question was not answered. A cancelled context is what the caller asked for and comes first.
func (e *Engine) failed(ctx context.Context, statement string, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if remedy := failure.Remedy(err); errors.Is(err, ErrScanLimit) && remedy != "" {
		return fmt.Errorf("ask Athena (%s): %w; %s", titleOf(statement), err, remedy)
	}
	return fmt.Errorf("ask Athena (%s): %w", titleOf(statement), err)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
