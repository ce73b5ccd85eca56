package export

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
)

// OpenCSV opens one file of FOCUS as comma-separated values, of any version, as consoles and public samples give it. It is turned into exports beneath scratch,
// which the bill reads and the caller removes. Rows of other providers than AWS are left out and counted. There is no manifest: that the file is whole is the word
// of who names it.
func OpenCSV(file, scratch string) (*Bill, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open the bill: %w", err)
	}
	defer func() { _ = in.Close() }()
	t := &turning{dir: scratch, name: filepath.Base(file), parts: map[place]*part{}, others: map[string]int64{}}
	if err := errors.Join(t.turn(in), t.close()); err != nil {
		return nil, fmt.Errorf("read %s as FOCUS: %w", file, err)
	}
	b, err := Open(scratch)
	if err != nil {
		return nil, err
	}
	b.Gaps = append(b.Gaps, Gap{
		Code: CSVFile, Where: t.name, What: "a CSV file that was named by hand: no manifest says whether it is whole", Do: "have the export delivered as Parquet and copy its folder, data and metadata",
	})
	for _, name := range slices.Sorted(maps.Keys(t.others)) {
		b.Gaps = append(b.Gaps, Gap{
			Code: OtherProvider, Where: t.name, What: fmt.Sprintf("%d rows are %.60q's; they are not counted", t.others[name], name), Do: "nothing: only AWS's bill is read",
			Args: []string{strconv.FormatInt(t.others[name], 10), fmt.Sprintf("%.60s", name)},
		})
	}
	return b, nil
}

// mostParts is of how many payers and months together a file may be.
const mostParts = 400

// turning is a file on its way.
type turning struct {
	dir, name string
	columns   []column // by place in the file; without a name where it is not read
	schema    *parquet.Schema
	leaves    [][]string
	at        map[string]int // of a column in the file
	parts     map[place]*part
	others    map[string]int64
	sum       string
}

// part is one payer's month.
type part struct {
	file   *os.File
	writer *parquet.GenericWriter[any]
}

func (t *turning) turn(in io.Reader) error {
	sum := sha256.New()
	r := csv.NewReader(io.TeeReader(in, sum))
	r.ReuseRecord = true
	head, err := r.Read()
	if err == nil {
		err = t.begin(head)
	}
	for err == nil {
		var row []string
		if row, err = r.Read(); err == nil {
			if err = t.row(row); err != nil {
				line, _ := r.FieldPos(0)
				err = fmt.Errorf("line %d: %w", line, err)
			}
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	if t.schema == nil {
		return errors.New("it is empty")
	}
	t.sum = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// begin reads the header: the columns that FOCUS knows, by name.
func (t *turning) begin(head []string) error {
	known := append(FOCUS.columns(), column{name: UsageType})
	group := parquet.Group{}
	t.at, t.columns = map[string]int{}, make([]column, len(head))
	for i, name := range head {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		k := slices.IndexFunc(known, func(c column) bool { return strings.EqualFold(c.name, name) })
		if k < 0 {
			continue
		}
		c := known[k]
		if _, twice := t.at[c.name]; twice {
			return fmt.Errorf("it has the column %s twice", c.name)
		}
		t.at[c.name], t.columns[i], group[c.name] = i, c, c.kind.node()
	}
	for _, name := range []string{"BillingAccountId", "BillingPeriodStart", "ChargeCategory", "BilledCost"} {
		if _, ok := t.at[name]; !ok {
			return fmt.Errorf("its header has no %s, which FOCUS has", name)
		}
	}
	t.schema = parquet.NewSchema("focus", group)
	t.leaves = t.schema.Columns()
	return nil
}

// node is how a kind is stored.
func (k kind) node() parquet.Node {
	return parquet.Optional([...]parquet.Node{
		parquet.String(), parquet.Leaf(parquet.DoubleType), parquet.Timestamp(parquet.Millisecond), parquet.Map(parquet.String(), parquet.String()),
		parquet.Map(parquet.String(), parquet.Leaf(parquet.DoubleType)),
	}[k])
}

// row takes one line over.
func (t *turning) row(cells []string) error {
	if i, ok := t.at["ProviderName"]; ok && !ofAWS(cells[i]) {
		t.others[cells[i]]++
		return nil
	}
	var row parquet.Row
	for leaf, path := range t.leaves {
		i := t.at[path[0]]
		values, err := t.columns[i].values(cells[i], path, leaf)
		if err != nil {
			return fmt.Errorf("%s: %w", path[0], err)
		}
		row = append(row, values...)
	}
	p, err := t.part(cells[t.at["BillingAccountId"]], cells[t.at["BillingPeriodStart"]])
	if err == nil {
		_, err = p.writer.WriteRows([]parquet.Row{row})
	}
	return err
}

// ofAWS reports whether a provider is AWS, however it is written.
func ofAWS(provider string) bool {
	return provider == "AWS" || strings.HasPrefix(provider, "Amazon") || null(provider)
}

func null(cell string) bool { return cell == "" || strings.EqualFold(cell, "null") }

// values are those of one leaf of a cell.
func (c column) values(cell string, path []string, leaf int) ([]parquet.Value, error) {
	if null(cell) {
		return []parquet.Value{parquet.ValueOf(nil).Level(0, 0, leaf)}, nil
	}
	switch c.kind {
	case double:
		x, err := strconv.ParseFloat(cell, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("%.40q is no number", cell)
		}
		return []parquet.Value{parquet.ValueOf(x).Level(0, 1, leaf)}, nil
	case moment:
		at, err := parseMoment(cell)
		return []parquet.Value{parquet.ValueOf(at.UnixMilli()).Level(0, 1, leaf)}, err
	case texts, amounts:
		return c.entries(cell, path[len(path)-1] == "key", leaf)
	default:
		return []parquet.Value{parquet.ValueOf(strings.ToValidUTF8(cell, "\ufffd")).Level(0, 1, leaf)}, nil
	}
}

// entries are the keys or the values of a cell that holds an object of JSON.
func (c column) entries(cell string, keys bool, leaf int) (values []parquet.Value, err error) {
	var object map[string]any
	if err := json.Unmarshal([]byte(cell), &object); err != nil {
		return nil, fmt.Errorf("%.40q is no object of JSON", cell)
	}
	for n, key := range slices.Sorted(maps.Keys(object)) {
		v := parquet.ValueOf(key)
		if !keys {
			number, isNumber := object[key].(float64)
			switch {
			case c.kind == amounts && isNumber:
				v = parquet.ValueOf(number)
			case c.kind == texts:
				text, isText := object[key].(string)
				if !isText && object[key] != nil {
					text = fmt.Sprint(object[key])
				}
				v = parquet.ValueOf(text)
			default:
				return nil, fmt.Errorf("%.40q is no number", fmt.Sprint(object[key]))
			}
		}
		values = append(values, v.Level(min(n, 1), 2, leaf))
	}
	if len(values) == 0 {
		values = []parquet.Value{parquet.ValueOf(nil).Level(0, 1, leaf)}
	}
	return values, nil
}

func parseMoment(cell string) (at time.Time, err error) {
	for _, form := range []string{time.DateTime, time.RFC3339Nano, "2006-01-02T15:04:05", time.DateOnly, "2006-01-02 15:04:05Z07:00"} {
		if at, err = time.Parse(form, cell); err == nil {
			return at, nil
		}
	}
	return at, fmt.Errorf("%.40q is no time (as 2026-07-01 00:00:00)", cell)
}

// part is the file of a payer's month.
func (t *turning) part(payer, period string) (*part, error) {
	if null(payer) || !isAccount(payer) {
		return nil, fmt.Errorf("BillingAccountId: %.60q is no account of AWS", payer)
	}
	month, err := parseMoment(period)
	if err != nil {
		return nil, fmt.Errorf("BillingPeriodStart: %w", err)
	}
	at := place{root: payer, month: month.UTC().Format(monthForm), part: dataFolder, name: "csv.parquet"}
	if p := t.parts[at]; p != nil {
		return p, nil
	}
	if len(t.parts) == mostParts {
		return nil, fmt.Errorf("more than %d payers and months", mostParts)
	}
	name := filepath.Join(t.dir, payer, dataFolder, partition+at.month, at.name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	t.parts[at] = &part{file, parquet.NewGenericWriter[any](file, t.schema, parquet.CreatedBy("offpeak", "1", "csv"))}
	return t.parts[at], nil
}

// close ends the files and writes their manifests, which name the file that they were made of.
func (t *turning) close() (err error) {
	for at, p := range t.parts {
		err = errors.Join(err, p.writer.Close(), p.file.Close())
		folder := filepath.Join(t.dir, at.root, metadataFolder, partition+at.month)
		m := Manifest{ExportName: t.name, ExecutionID: t.sum, DataFiles: []Address{Address(at.root + "/" + dataFolder + "/" + partition + at.month + "/" + at.name)}}
		document, wrong := m.encode()
		err = errors.Join(err, wrong, os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, "csv-Manifest.json"), document, 0o600))
	}
	return err
}
