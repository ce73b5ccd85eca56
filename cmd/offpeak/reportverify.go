package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"offpeak/internal/billing"
	"offpeak/internal/billing/duckdb"
	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/internal/reporting"
	"offpeak/reports"
)

// newReportVerify makes the command that recounts a report.
func newReportVerify(c console) *cobra.Command {
	f := &reportFlags{inputs: inputs{console: c}, savingsFlags: savingsFlags{console: c}}
	cmd := &cobra.Command{
		Use:   "verify FOLDER --ledger (DIR|s3://) --bill (DIR|s3://|athena:DB.TABLE)",
		Short: "Recount a report from ledger and bill, and compare every figure",
		Long: `Recount a report: first every file must be as its manifest says, and every delivery of the bill the one that the report names; then the whole report is
made again from ledger and bill by another engine than the one that counted first, plain Go or DuckDB, which share nothing but the files, and every figure is compared. What
differs is listed. It ends with 1 where anything differs.`,
		Example: "  offpeak report verify reports/111122223333-2026Q3-final --ledger bucket --bill exports",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return f.verify(args[0]) },
	}
	f.sources(cmd)
	registerForm(cmd, &f.output)
	cmd.Flags().StringVar(&f.out, "earlier", "", "folder with the reports of quarters before (default: the one in which the report lies)")
	return cmd
}

// errDiffers ends verify where a figure differs.
var errDiffers = fmt.Errorf("the report is not what ledger and bill say now")

// verifyDocument is the JSON form of what verify found.
type verifyDocument struct {
	Folder   string   `json:"folder"`
	Same     bool     `json:"same"`
	Compared int      `json:"compared"`
	Differs  []string `json:"differs"`
	Engine   string   `json:"engine"`
	// First is the engine that the report was made by.
	First string `json:"first_engine"`
	// Anew are the deliveries of the bill that are others than the report was made of.
	Anew string `json:"delivered_anew,omitempty"`
	// Changed, Missing and Extra are files that are not as the manifest says; where there are any, nothing is counted.
	Changed []string `json:"changed,omitempty"`
	Missing []string `json:"missing,omitempty"`
	Extra   []string `json:"extra,omitempty"`
}

func (f *reportFlags) verify(folder string) error {
	as, err := formOf(f.output)
	if err != nil {
		return err
	}
	progress := newProgress(f.savingsFlags.console)
	progress.show("checking files", 0)
	k, err := lookAtReport(folder)
	if err == nil {
		err = k.extra()
	}
	progress.clear()
	if err != nil {
		return err
	}
	if len(k.faults) > 0 {
		return f.notAsFiled(&k, as)
	}
	if f.engine == "" && !f.inAthena() {
		f.engine, _ = otherEngine(k.report.Sources.Engine, duckdb.BuiltIn)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run, err := f.prepare(ctx, k.report.Quarter)
	if err != nil {
		return err
	}
	defer func() {
		run.done()
		run.tell()
	}()
	if payer := k.report.Tenant.Payer; !slices.Contains(run.payers, payer) {
		return usagef("--bill: the report is of payer %s, and the bill in %s has the payers %s", payer, f.bill, joined(run.payers))
	}
	doc, err := f.countedAgain(ctx, run, &k, progress)
	if err != nil {
		return err
	}
	if as == asJSON {
		err = writeJSON(f.savingsFlags.out, doc)
	} else {
		err = f.renderVerified(&doc, len(k.manifest.Files))
	}
	if err == nil && !doc.Same {
		err = fmt.Errorf("%w: %d of %d figures and names differ", errDiffers, len(doc.Differs), doc.Compared)
	}
	return err
}

// countedAgain makes a report again and compares the two.
func (f *reportFlags) countedAgain(ctx context.Context, run *reportRun, k *filedReport, progress *progress) (doc verifyDocument, err error) {
	defer progress.clear()
	payer := k.report.Tenant.Payer
	doc = verifyDocument{Folder: k.folder, First: k.report.Sources.Engine, Differs: []string{}, Anew: otherDeliveries(k.report.Sources.Manifests, manifestsIn(run.bill, payer))}
	in, err := f.againFrom(run, k)
	if err == nil {
		err = f.besides(in, k, k.folder)
	}
	if err != nil {
		return doc, err
	}
	in.Progress = func(s reporting.Step) { progress.show(string(s), stepsDone[s]) }
	made, err := run.report(ctx, payer, in, false)
	if err != nil {
		return doc, err
	}
	progress.show("comparing", 950)
	differs, compared, err := compareReports(k.report, made.Report)
	doc.Same, doc.Compared, doc.Engine = len(differs) == 0, compared, made.Report.Sources.Engine
	doc.Differs = append(doc.Differs, differs...)
	return doc, err
}

// notAsFiled lists what is wrong with the files of a report, of which nothing is counted then.
func (f *reportFlags) notAsFiled(k *filedReport, as form) error {
	doc := verifyDocument{Folder: k.folder, Differs: []string{}}
	for _, one := range k.faults {
		switch one.kind {
		case faultMissing:
			doc.Missing = append(doc.Missing, one.name)
		case faultChanged:
			doc.Changed = append(doc.Changed, one.name)
		case faultExtra:
			doc.Extra = append(doc.Extra, one.name)
		}
		if as != asJSON {
			_, _ = fmt.Fprintf(f.savingsFlags.out, "  %s\n", one.says)
		}
	}
	if as == asJSON {
		if err := writeJSON(f.savingsFlags.out, doc); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s is not as its %s says: %d changed, %d missing, %d extra; nothing was counted", k.folder, manifestName, len(doc.Changed), len(doc.Missing), len(doc.Extra))
}

// againFrom is what a report is made again from beside ledger and bill: what lies beside it, where no flag names something else.
func (f *reportFlags) againFrom(run *reportRun, k *filedReport) (in *reporting.Input, err error) {
	if len(run.inventory) == 0 {
		if run.inventory, err = inventoryOf(k); err != nil {
			return nil, err
		}
	}
	if len(f.rates) == 0 {
		if run.rates, err = ratesOf(k); err != nil {
			return nil, err
		}
	}
	in = &reporting.Input{Policy: run.policy, Quarter: k.report.Quarter, Issued: k.report.Issued, Final: k.report.State != reports.Provisional, Snapshots: run.inventory}
	if run.costs.give(in); !run.costs.told() {
		in.Offers, err = offersOf(k)
	}
	return in, err
}

// renderVerified says what verify found.
func (f *reportFlags) renderVerified(doc *verifyDocument, files int) error {
	out, s := f.savingsFlags.out, newStyle(f.savingsFlags.console)
	if doc.Anew != "" {
		_, _ = fmt.Fprintf(out, "The bill was delivered anew since: %s\n", doc.Anew)
	}
	if doc.Same {
		_, err := fmt.Fprintf(out, "%s\n", s.paint(green, fmt.Sprintf("The same: %d figures and names, counted again by %s; %d files are as the manifest says.", doc.Compared, doc.Engine, files)))
		if doc.Engine == doc.First {
			_, err = fmt.Fprintln(out, "That engine counted them first, too: nothing was changed since. Whether it counted right another one says (--engine).")
		}
		return err
	}
	for i, d := range doc.Differs {
		if i == differencesShown {
			_, _ = fmt.Fprintf(out, "  and %d more\n", len(doc.Differs)-i)
			break
		}
		_, _ = fmt.Fprintf(out, "  %s\n", d)
	}
	return nil
}

// ratesOf are the rates of Savings Plans that lie beside a report; none where it was made without.
func ratesOf(k *filedReport) (all []billing.PublishedRate, err error) {
	for _, named := range k.manifest.Files {
		if !reporting.RatesFile(named.Name) {
			continue
		}
		rates, err := local.ReadPlanRatesFile(filepath.Join(k.files, filepath.Base(named.Name)))
		if err != nil {
			return nil, err
		}
		all = append(all, rates...)
	}
	return all, nil
}

// inventoryOf is the inventory that lies beside a report; none where it was made without.
func inventoryOf(k *filedReport) ([]fleet.Snapshot, error) {
	if k.manifest.SHA256(reporting.InventoryFile) == "" {
		return nil, nil
	}
	file, err := os.Open(filepath.Join(k.files, reporting.InventoryFile))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	seen, err := fleet.ReadSnapshot(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name(), err)
	}
	return []fleet.Snapshot{seen}, nil
}

// differencesShown is how many differences are listed.
const differencesShown = 20

// besides finds the reports that the one to verify was made beside.
func (f *reportFlags) besides(in *reporting.Input, k *filedReport, folder string) error {
	if f.out == "" {
		f.out = filepath.Dir(filepath.Clean(folder))
		if k.manifest.Folder != "" { // payer=.../quarter=.../state=...
			f.out = filepath.Dir(filepath.Dir(f.out))
		}
	}
	earlier, err := reportFolder(f.out).of(k.report.Tenant.Payer)
	if err != nil {
		return err
	}
	for _, e := range earlier {
		switch {
		case e.report.Quarter < k.report.Quarter && !e.report.Issued.After(k.report.Issued):
			in.Earlier = append(in.Earlier, e.report)
		case k.report.Change != nil && e.hash == k.report.Change.Replaces:
			in.Replaces, in.ReplacesSHA256 = e.report, e.hash
		}
	}
	return nil
}

// otherDeliveries names the months whose delivery is not the one that the report was made of.
func otherDeliveries(was, is []reports.Manifest) string {
	var months []string
	for _, w := range was {
		same := slices.ContainsFunc(is, func(i reports.Manifest) bool {
			return i.Export == w.Export && i.Month == w.Month && i.SHA256 == w.SHA256
		})
		if !same {
			months = append(months, w.Export+" of "+w.Month)
		}
	}
	return strings.Join(months, ", ")
}

// delivered are, of the deliveries that are there now, those of the months that a report names, in its order. Who publishes a delivery does not count its rows.
func delivered(was, is []reports.Manifest) (all []reports.Manifest) {
	for _, w := range was {
		i := slices.IndexFunc(is, func(i reports.Manifest) bool { return i.Export == w.Export && i.Month == w.Month })
		if i < 0 {
			all = append(all, reports.Manifest{Export: w.Export, Month: w.Month, Payer: w.Payer})
			continue
		}
		now := is[i]
		if now.SHA256 == w.SHA256 && (w.Rows == 0 || now.Rows == 0) {
			now = w
		}
		all = append(all, now)
	}
	return all
}

// compareReports compares two reports value by value, but for what names the engine and the checks that one engine alone makes.
func compareReports(was, is *reports.Report) (differs []string, compared int, err error) {
	a, b := *was, *is
	b.Sources.Engine, b.Sources.Questions, b.Sources.Bytes, b.Sources.Query = a.Sources.Engine, a.Sources.Questions, a.Sources.Bytes, a.Sources.Query
	b.Sources.Manifests = delivered(a.Sources.Manifests, b.Sources.Manifests)
	b.Checks.Recount = a.Checks.Recount
	without := func(g []reports.Gap) []reports.Gap {
		return slices.DeleteFunc(slices.Clone(g), func(g reports.Gap) bool { return g.Code == reports.GapRecount })
	}
	a.Gaps, b.Gaps = without(a.Gaps), without(b.Gaps)
	left, err := plainly(&a)
	if err != nil {
		return nil, 0, err
	}
	right, err := plainly(&b)
	if err != nil {
		return nil, 0, err
	}
	walk("", left, right, func(path string, x, y any) {
		compared++
		if !reflect.DeepEqual(x, y) {
			differs = append(differs, fmt.Sprintf("%s is %s, counted again %s", path, shortly(x), shortly(y)))
		}
	})
	return differs, compared, nil
}

// plainly is a report as its JSON's maps, lists and texts.
func plainly(r *reports.Report) (value any, err error) {
	data, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(data, &value)
	}
	return value, err
}

func shortly(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	if len(data) > 80 {
		return string(data[:77]) + "..."
	}
	return string(data)
}

// walk visits the leaves of two values side by side.
func walk(path string, a, b any, leaf func(path string, a, b any)) {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			leaf(path, a, b)
			return
		}
		keys := map[string]bool{}
		for k := range x {
			keys[k] = true
		}
		for k := range y {
			keys[k] = true
		}
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			walk(path+"."+k, x[k], y[k], leaf)
		}
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			leaf(path, a, b)
			return
		}
		for i := range x {
			walk(fmt.Sprintf("%s[%d]", path, i), x[i], y[i], leaf)
		}
	default:
		leaf(path, a, b)
	}
}
