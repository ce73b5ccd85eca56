package functions_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"offpeak/functions/invoke"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/landing"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger/compact"
	"offpeak/internal/objects"
)

// books are what a quarter of a small organisation leaves behind, as "offpeak simulate" writes it: the ledger, and the bill as AWS delivers it to a hub.
type books struct {
	policy string // its text
	folder string // with offpeak.yaml and bucket/, in which the ledger lies
	bill   string // the folder of the exports
	later  string // September as AWS delivers it again: everything at a lower price
	ledger map[string][]byte
}

const (
	quarterPayer = fleet.AccountID("900000000001")
	quarterName  = "2026Q3"
)

// quarterOf is the organisation's quarter, lived once for each test binary. OFFPEAK_REPORT_OF has more resources live it, for who measures.
func quarterOf(t *testing.T) *books {
	t.Helper()
	program := invoke.Build(t, "offpeak/cmd/offpeak")
	life.Do(func() { lived, lifeErr = liveThrough(program) })
	if lifeErr != nil {
		t.Fatal(lifeErr)
	}
	return lived
}

var (
	life    sync.Once
	lived   *books
	lifeErr error
)

func liveThrough(program string) (*books, error) {
	folder, err := os.MkdirTemp("", "offpeak-quarter-")
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile("../testdata/policy/organisation.yaml")
	text = regexp.MustCompile(`(?m)^  affiliate: .*\n`).ReplaceAll(text, nil) // which is billed nothing here
	b := &books{folder: folder, policy: string(text), bill: filepath.Join(folder, "exports"), later: filepath.Join(folder, "later"), ledger: map[string][]byte{}}
	err = errors.Join(err, os.WriteFile(filepath.Join(folder, "offpeak.yaml"), text, 0o600))
	if err == nil {
		_, err = b.types(program, "simulate", "--sample", cmp.Or(os.Getenv("OFFPEAK_REPORT_OF"), "8"), "--quarter", quarterName, "--out", "lived")
	}
	if err == nil {
		err = asDelivered(filepath.Join(folder, "lived", "bill"), b.bill)
	}
	if err == nil {
		err = errors.Join(cheaper[export.Focus](b, landing.FOCUS), cheaper[export.CUR](b, landing.CUR))
	}
	if err != nil {
		return nil, err
	}
	return b, b.read(filepath.Join(folder, "lived"))
}

// forget removes what was written for the books.
func forget() {
	if lived != nil {
		_ = os.RemoveAll(lived.folder)
	}
}

// types runs the program in the folder.
func (b *books) types(program string, words ...string) (string, error) {
	command := exec.Command(program, words...)
	command.Dir, command.Env = b.folder, []string{"HOME=" + b.folder, "PATH=" + os.Getenv("PATH")}
	out, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("offpeak %s: %w\n%s", strings.Join(words, " "), err, out)
	}
	return string(out), err
}

// asDelivered copies a simulated bill to where AWS delivers it for a hub: exports are called as the stack calls them.
func asDelivered(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, from)
		for was, is := range map[string]string{"/focus/": "/" + landing.FOCUS.Export() + "/", "/cur2/": "/" + landing.CUR.Export() + "/"} {
			name = strings.ReplaceAll(name, was, is)
			if strings.HasSuffix(path, ".json") {
				data = bytes.ReplaceAll(data, []byte(string(quarterPayer)+was), []byte(string(quarterPayer)+is))
			}
		}
		return errors.Join(os.MkdirAll(filepath.Dir(to+name), 0o755), os.WriteFile(to+name, data, 0o600))
	})
}

// cheaper writes September's delivery of a table anew, with all that is money at 95 of 100.
func cheaper[R export.Row](b *books, table landing.Table) (err error) {
	files, err := filepath.Glob(filepath.Join(b.bill, landing.Delivered(quarterPayer), table.Export(), "data", "BILLING_PERIOD=2026-09", "*.parquet"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("%d files of September: %w", len(files), err)
	}
	rows, err := parquet.ReadFile[R](files[0])
	if err != nil {
		return err
	}
	for i := range rows {
		row := reflect.ValueOf(&rows[i]).Elem()
		for at := range row.NumField() {
			name, field := row.Type().Field(at).Name, reflect.Indirect(row.Field(at))
			counts := strings.Contains(name, "Quantity") || strings.Contains(name, "UsageAmount") || strings.Contains(name, "Factor")
			if field.IsValid() && field.Kind() == reflect.Float64 && !counts {
				field.SetFloat(field.Float() * 0.95)
			}
		}
	}
	w, err := export.Create[R](b.later, export.Export{Bucket: "exports", Prefix: landing.Delivered(quarterPayer), Name: table.Export()})
	if err != nil {
		return err
	}
	return errors.Join(w.Write(rows), w.Close())
}

// read reads the ledger. July and August are compacted, as a hub's old months are; September lies as it was written.
func (b *books) read(from string) error {
	ctx, store := context.Background(), objects.NewMemory()
	err := filepath.WalkDir(filepath.Join(from, "ledger"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			_, err = store.Create(ctx, filepath.ToSlash(strings.TrimPrefix(path, from+string(filepath.Separator))), data)
		}
		return err
	})
	for month := range 2 {
		_, closeErr := (compact.Book{Store: store}).Month(ctx, time.Date(2026, 7+time.Month(month), 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC))
		err = errors.Join(err, closeErr)
	}
	for key, listErr := range store.List(ctx, "") {
		data, _, readErr := store.Read(ctx, key)
		path := filepath.Join(b.folder, "bucket", filepath.FromSlash(key))
		b.ledger[key], err = data, errors.Join(err, listErr, readErr, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o600))
	}
	return err
}

// deliveries are those of a folder, by their manifests' sums.
func deliveries(t *testing.T, folders ...string) map[string]export.Delivery {
	t.Helper()
	all := map[string]export.Delivery{}
	for _, folder := range folders {
		bill, err := export.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range bill.Deliveries {
			all[d.SHA256] = d
		}
	}
	return all
}
