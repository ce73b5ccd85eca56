package invoice_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
)

const (
	account fleet.AccountID = "111111111111"
	other   fleet.AccountID = "222222222222"
	payerID fleet.AccountID = "999999999999"
	seoul   fleet.Region    = "ap-northeast-2"
)

// world is one in which everything is written down.
type world struct {
	specs    []simulation.Spec
	runs     map[fleet.ARN][]simulation.Run
	holdings map[fleet.ARN][]simulation.Holding
	tags     map[fleet.ARN]func(time.Time) fleet.Tags
}

func newWorld() *world {
	return &world{
		runs: map[fleet.ARN][]simulation.Run{}, holdings: map[fleet.ARN][]simulation.Holding{}, tags: map[fleet.ARN]func(time.Time) fleet.Tags{},
	}
}

func (w *world) Resources() (arns []fleet.ARN) {
	for _, s := range w.specs {
		arns = append(arns, s.ARN)
	}
	return arns
}

func (w *world) Spec(arn fleet.ARN) (simulation.Spec, bool) {
	for _, s := range w.specs {
		if s.ARN == arn {
			return s, true
		}
	}
	return simulation.Spec{}, false
}

func (w *world) Runs(arn fleet.ARN) []simulation.Run         { return w.runs[arn] }
func (w *world) Holdings(arn fleet.ARN) []simulation.Holding { return w.holdings[arn] }

func (w *world) TagsAt(arn fleet.ARN, at time.Time) fleet.Tags {
	if tags := w.tags[arn]; tags != nil {
		return tags(at)
	}
	s, _ := w.Spec(arn)
	return s.Tags
}

// add puts a resource into the world, and the times in which it ran.
func (w *world) add(s simulation.Spec, runs ...simulation.Run) fleet.ARN {
	if s.Scope.Account == "" {
		s.Scope.Account = account
	}
	s.Scope.Region = seoul
	if s.ARN == "" {
		s.ARN = fleet.ARN("arn:test:" + s.ID)
	}
	w.specs = append(w.specs, s)
	for _, r := range runs {
		r.Resource = s.ARN
		if r.ID == "" {
			r.ID = s.ID
		}
		if r.Type == "" && s.Kind != fleet.ECSService {
			r.Type = s.Type
		}
		r.Product, r.MultiAZ = s.Product, s.MultiAZ
		if r.Zone == "" {
			r.Zone = string(seoul) + "a"
		}
		w.runs[s.ARN] = append(w.runs[s.ARN], r)
	}
	return s.ARN
}

func instance(id, kind, product string) simulation.Spec {
	return simulation.Spec{Resource: fleet.Resource{ID: id, Kind: fleet.EC2Instance, Type: kind, Product: product}}
}

// midnight begins the period of most tests.
var midnight = time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC)

// ran is a run from one time of the first day to another: "10:00:00-10:30:05".
func ran(text string) simulation.Run {
	from, to, _ := strings.Cut(text, "-")
	return simulation.Run{From: clock(from), To: clock(to)}
}

func clock(text string) time.Time {
	var h, m, s int
	if _, err := fmt.Sscanf(text, "%d:%d:%d", &h, &m, &s); err != nil {
		panic(err)
	}
	return midnight.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second)
}

func days(n int) billing.Period { return billing.Period{From: midnight, To: midnight.AddDate(0, 0, n)} }

func number(text string) decimal.Decimal { return decimal.RequireFromString(text) }
func usd(text string) money.USD          { return money.USDOf(number(text)) }

// plain is a payer without any agreement.
func plain() invoice.Payer {
	return invoice.Payer{ID: payerID, Name: "Test", Accounts: []fleet.AccountID{account, other}}
}

// bill is what was written for one payer.
type bill struct {
	focus   []export.Focus
	cur     []export.CUR
	summary invoice.PayerSummary
}

// written writes the bills of payers and reads the rows of each.
func written(tb testing.TB, w invoice.World, payers []invoice.Payer, c *invoice.Catalogue, p billing.Period) []bill {
	tb.Helper()
	dir := tb.TempDir()
	summary, err := invoice.Write(tb.Context(), w, payers, c, p, dir)
	if err != nil {
		tb.Fatal(err)
	}
	var bills []bill
	for _, s := range summary.Payers {
		b := bill{summary: s}
		b.focus = rowsOf[export.Focus](tb, filepath.Join(s.Dir, invoice.FocusName))
		b.cur = rowsOf[export.CUR](tb, filepath.Join(s.Dir, invoice.CURName))
		if int64(len(b.focus)) != s.FocusRows || int64(len(b.cur)) != s.CURRows {
			tb.Errorf("the summary has %d and %d rows, the files %d and %d", s.FocusRows, s.CURRows, len(b.focus), len(b.cur))
		}
		bills = append(bills, b)
	}
	return bills
}

func rowsOf[R export.Row](tb testing.TB, dir string) (rows []R) {
	tb.Helper()
	for _, name := range filesIn(tb, dir, ".parquet") {
		more, err := parquet.ReadFile[R](name)
		if err != nil {
			tb.Fatal(err)
		}
		rows = append(rows, more...)
	}
	return rows
}

// filesIn are the files beneath a folder with an ending, in order.
func filesIn(tb testing.TB, dir, ending string) (names []string) {
	tb.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, ending) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	slices.Sort(names)
	return names
}

// exact is a double of an export as money has it.
func exact(tb testing.TB, double float64) decimal.Decimal {
	tb.Helper()
	d, err := billing.FromDouble(double)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// near fails where two amounts are further apart than a billionth of a dollar.
func near(tb testing.TB, what string, got, want decimal.Decimal) {
	tb.Helper()
	if apart := got.Sub(want).Abs(); apart.Cmp(decimal.New(1, -9)) > 0 {
		tb.Errorf("%s: got %s, want %s: %s apart", what, got, want, apart)
	}
}
