package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/billing/duckdb"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/billing/recount"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger/compact"
	"offpeak/internal/policy"
	"offpeak/internal/reporting"
	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/files"
	"offpeak/reports/mail"
	"offpeak/reports/words"
)

// reportFlags are the flags of report.
type reportFlags struct {
	inputs
	savingsFlags
	out       string
	tenant    string
	languages string
	sender    string
	// policyNamed says that the policy file was named.
	policyNamed bool

	final   bool
	recount bool
	open    bool
	spot    spotFlags // what Spot costs
}

func newReport(c console) *cobra.Command {
	f := &reportFlags{inputs: inputs{console: c}, savingsFlags: savingsFlags{console: c}}
	cmd := &cobra.Command{
		Use:   "report --quarter Q --ledger (DIR|s3://) --bill (DIR|s3://|athena:DB.TABLE) --out DIR",
		Short: "Write the quarterly savings report: mail, page, PDF, workbook and data, in Korean and English",
		Long: `Write the quarterly savings report of each tenant: what was avoided, on the bill, with intervals and evidence down to acts and rows; the bill and why
it changed; waste, harm, what became of last quarter's proposals, and what to do now.

Each report gets a folder of its own in --out, with a manifest of SHA-256 sums. Reports of quarters before that lie there make the trend; the report of
the same quarter that lies there is compared with, and stays. Nothing is sent.

Ledger and bill lie in folders or on AWS. A bill in S3 is brought to this machine, each file once; one in Athena is asked there, in the workgroup that limits
what a query may scan, and what that cost is said in the end.`,
		Example: `  offpeak report --quarter 2026Q3 --ledger bucket --bill exports --out reports
  offpeak report --quarter 2026Q3 --ledger bucket --bill exports --out reports --tenant retail --lang en --open
  offpeak report --quarter 2026Q3 --ledger s3://offpeak-hub-111122223333 --bill athena:offpeak.focus_444455556666 --out reports
  offpeak report verify reports/111122223333-2026Q3-final --ledger bucket --bill exports`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return f.make() },
	}
	f.sources(cmd)
	f.marketFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.quarter, "quarter", "", "the quarter in UTC, as 2026Q3")
	flags.StringVar(&f.out, "out", "", "folder in which reports lie")
	flags.StringVar(&f.tenant, "tenant", "", "only this tenant of the policy, or the payer with this account id")
	flags.StringVar(&f.languages, "lang", "ko,en", "languages of the files, the first one that of the page")
	flags.StringVar(&f.sender, "from", "offpeak@localhost", "sender of the mail's file")
	flags.BoolVar(&f.final, "final", false, "a final report; it is provisional all the same while AWS has not closed the quarter's bill")
	flags.BoolVar(&f.recount, "recount", false, "count the savings by a second engine too, and say whether it agrees")
	flags.BoolVar(&f.freeze, "freeze", false, "keep baselines that are not frozen yet beside the ledger, so that later reports rest on the same ones")
	flags.BoolVar(&f.open, "open", false, "open the page afterwards")
	registerForm(cmd, &f.output)
	cmd.AddCommand(newReportVerify(c), newReportSend(c))
	return cmd
}

// sources adds the flags that say what a report is made of.
func (f *reportFlags) sources(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.policyFile, "policy", defaultPolicy, "policy file (default with a ledger in S3: the hub's policy)")
	f.registerInventory(cmd)
	f.sourceFlags.register(cmd)
	before := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f.policyNamed, f.home = cmd.Flags().Changed("policy"), f.region
		return before(cmd, args)
	}
}

// reportRun is what reports of several tenants have in common.
type reportRun struct {
	*books
	policy    *policy.Policy
	inventory []fleet.Snapshot
	costs     costs // of Spot
}

// prepare opens what reports of a quarter are made of.
func (f *reportFlags) prepare(ctx context.Context, quarter string) (_ *reportRun, err error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.recount && f.inAthena() {
		return nil, usagef("--recount counts files once more: bring the bill from the bucket of exports instead, --bill s3://BUCKET/PREFIX")
	}
	period, err := reporting.PeriodOf(quarter)
	if err != nil {
		return nil, usagef("--quarter: %w", err)
	}
	r := &reportRun{}
	if r.policy, err = f.policyOf(ctx); err != nil {
		return nil, err
	}
	if r.books, err = f.savingsFlags.open(ctx, period); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			r.done()
		}
	}()
	if payer := payerOf(r.policy, f.tenant); payer != "" {
		if !slices.Contains(r.payers, payer) {
			return nil, unknownTenant(r.policy, f.tenant, f.bill, r.payers)
		}
		r.payers = []fleet.AccountID{payer}
	}
	if r.costs, err = f.costs(r.policy, r.store); err != nil {
		return nil, err
	}
	if f.launch = r.costs.told(); len(f.inventory) > 0 {
		seen, err := f.snapshot(nil, fleet.Prices{})
		if err != nil {
			return nil, err
		}
		r.inventory = []fleet.Snapshot{seen}
		if r.costs.market != nil {
			r.costs.market.Taken = seen.Taken
		}
	}
	return r, nil
}

// parseLanguages reads ko,en.
func parseLanguages(text string) (all []words.Language, err error) {
	for _, name := range strings.Split(text, ",") {
		l, err := words.ParseLanguage(strings.TrimSpace(name))
		if err != nil {
			return nil, usagef("--lang: %w", err)
		}
		if !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	return all, nil
}

func (f *reportFlags) make() error {
	if f.out == "" {
		return usagef("--out is needed: the folder in which reports lie")
	}
	if _, err := quarter(f.quarter); err != nil {
		return err
	}
	as, err := formOf(f.output)
	if err != nil {
		return err
	}
	languages, err := parseLanguages(f.languages)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run, err := f.prepare(ctx, strings.Replace(f.quarter, "-", "", 1))
	if err != nil {
		return err
	}
	defer run.done()
	documents := []reportDocument{}
	for _, payer := range run.payers {
		doc, err := f.ofPayer(ctx, run, payer, languages, as)
		if err != nil {
			return err
		}
		documents = append(documents, doc)
		if f.open {
			if err := openInBrowser(ctx, filepath.Join(doc.Folder, files.PageFile)); err != nil {
				return err
			}
		}
	}
	if as == asJSON {
		return writeJSON(f.savingsFlags.out, documents)
	}
	return nil
}

// reportDocument is the JSON form of what report wrote for one payer; the report's own is in its folder.
type reportDocument struct {
	Folder string `json:"folder"`
	// New is false where a report that says the same lay there already.
	New      bool              `json:"new"`
	Manifest delivery.Manifest `json:"manifest"`
}

// ofPayer writes the report of one payer and says what it says.
func (f *reportFlags) ofPayer(ctx context.Context, run *reportRun, payer fleet.AccountID, languages []words.Language, as form) (doc reportDocument, err error) {
	shelf := reportFolder(f.out)
	earlier, err := shelf.of(payer)
	if err != nil {
		return doc, err
	}
	progress := newProgress(f.savingsFlags.console)
	defer func() {
		progress.clear()
		run.tell()
	}()
	in := &reporting.Input{
		Policy: run.policy, Quarter: strings.Replace(f.quarter, "-", "", 1), Issued: f.savingsFlags.now().UTC().Truncate(time.Second), Final: f.final,
		Snapshots: run.inventory, Progress: func(s reporting.Step) { progress.show(string(s), stepsDone[s]) },
	}
	run.costs.give(in)
	for _, e := range earlier {
		in.Earlier = append(in.Earlier, e.report)
		if e.report.Quarter == in.Quarter && (in.Replaces == nil || in.Replaces.Issued.Before(e.report.Issued)) {
			in.Replaces, in.ReplacesSHA256 = e.report, e.hash
		}
	}
	made, err := run.report(ctx, payer, in, f.recount)
	if err != nil {
		return doc, err
	}
	if f.freeze {
		if err := errors.Join(run.whole(payer), run.baselines().Keep(ctx, payer, made.Book)); err != nil {
			return doc, err
		}
	}
	progress.show("files", 900)
	all, err := filesOf(ctx, made, &files.Options{Languages: languages, Envelope: &mail.Envelope{From: f.sender, To: recipientsOf(run.policy, payer), Place: f.out}})
	if err != nil {
		return doc, err
	}
	manifest := delivery.ManifestOf(made.Report, all)
	folder, fresh, err := shelf.put(made.Report, &manifest, all)
	if err != nil {
		return doc, err
	}
	progress.clear()
	doc = reportDocument{folder, fresh, manifest}
	if as == asJSON {
		return doc, nil
	}
	return doc, renderReport(f.savingsFlags.out, made.Report, folder, fresh, all, newStyle(f.savingsFlags.console))
}

// filesOf writes all files of a report, those by which it can be made again among them.
func filesOf(ctx context.Context, made *reporting.Made, o *files.Options) ([]delivery.File, error) {
	all, err := files.Write(ctx, made.Report, o)
	if err != nil {
		return nil, err
	}
	beside, err := made.Files()
	return append(all, beside...), err
}

// stepsDone is how far a report is when a step begins, in thousandths.
var stepsDone = map[reporting.Step]int{reporting.CountSavings: 50, reporting.CountAgain: 400, reporting.ReadBill: 600, reporting.PutTogether: 850}

// recipientsOf are the addresses of a tenant's recipients; nobody's where it has none, for a file.
func recipientsOf(p *policy.Policy, payer fleet.AccountID) (all []string) {
	for _, t := range p.Tenants {
		if t.Payer == payer {
			for _, r := range t.Recipients {
				all = append(all, r.Address)
			}
		}
	}
	if len(all) == 0 {
		return []string{"nobody@localhost"}
	}
	return all
}

// report makes the report of one payer.
func (r *reportRun) report(ctx context.Context, payer fleet.AccountID, in *reporting.Input, again bool) (_ *reporting.Made, err error) {
	engine, err := r.engine(ctx, payer)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.leave(engine)) }()
	period, err := reporting.PeriodOf(in.Quarter)
	if err != nil {
		return nil, err
	}
	bill := &reporting.Bill{Payer: payer, Engine: engine, Rates: r.rates, Manifests: manifestsIn(r.bill, payer), Gaps: gapsIn(r.bill, payer)}
	if engine.Name() != recount.Name { // which asks by no text
		bill.Questions = hashOf(query.DuckDB().Texts(period))
	}
	if c, ok := engine.(*charged); ok { // which is asked about what was delivered, and whose reports name that of their quarter
		bill.Questions, bill.Scanned = hashOf(c.texts(period)), c.cost
		bill.Manifests = slices.DeleteFunc(bill.Manifests, func(m reports.Manifest) bool {
			return m.Month < period.From.Format("2006-01") || m.Month >= period.To.Format("2006-01")
		})
	}
	if again {
		second, another := otherEngine(engine.Name(), duckdb.BuiltIn)
		if !another {
			return nil, usagef("--recount: %w", duckdb.ErrNotBuilt)
		}
		if bill.Recount, err = openBill(second)(r.bill, payer); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, r.leave(bill.Recount)) }()
	}
	in.Bill, in.Entries = bill, compact.Book{Store: r.store}.Until(ctx, period.To)
	if in.Book, err = r.baselines().Read(ctx, payer); err != nil {
		return nil, err
	}
	made, err := reporting.Make(ctx, in)
	if err != nil {
		return nil, r.explained(err, payer)
	}
	return made, nil
}

// hashOf is the hash over SQL texts.
func hashOf(texts []query.Named) string {
	var all strings.Builder
	for _, t := range texts {
		all.WriteString(t.SQL + "\x00")
	}
	return delivery.HashOf([]byte(all.String()))
}

// manifestsIn are the deliveries of a payer's bill.
func manifestsIn(bill *export.Bill, payer fleet.AccountID) (all []reports.Manifest) {
	for _, d := range deliveriesOf(bill, payer) {
		all = append(all, reports.Manifest{Export: d.Named(), Month: d.Month.UTC().Format("2006-01"), Payer: payer, SHA256: d.SHA256, Files: len(d.Files), Rows: d.Rows})
	}
	return all
}

// gapsIn are the gaps that concern a payer, and none of another tenant.
func gapsIn(bill *export.Bill, payer fleet.AccountID) (all []reports.Gap) {
	for _, g := range bill.GapsOf(payer) {
		all = append(all, reports.Gap{Code: string(g.Code), Says: g.String(), Args: g.Particulars()})
	}
	return all
}

// openInBrowser opens a file with what the system opens pages with.
func openInBrowser(ctx context.Context, file string) error {
	opener := "xdg-open"
	if runtime.GOOS == "darwin" {
		opener = "open"
	}
	if err := exec.CommandContext(ctx, opener, file).Start(); err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	return nil
}
