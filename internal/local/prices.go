package local

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
	"offpeak/internal/jsonwords"
	"offpeak/internal/money"
)

// PriceListLimit is the most bytes that a price list in CSV may have; the on-demand prices of all instance types in all regions fit.
const PriceListLimit = 16 << 20

const priceList = "a price list in CSV (region,type,product,multi_az,usd_per_hour) or JSON"

// ReadPrices reads a price list: CSV whose first line names the columns region, type, product, multi_az and usd_per_hour in any order,
// of which product and multi_az may be left out; or a JSON list of objects with these names, usd_per_hour as text. An empty product
// means whatever the product. A price that stands twice must be the same both times.
func ReadPrices(name string, r io.Reader) (fleet.Prices, error) {
	if name == "-" {
		name = "standard input"
	}
	text, head, err := open(r, priceList)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p := pricing{prices: fleet.Prices{}, places: map[fleet.PriceKey]string{}}
	if len(head) > 0 && (head[0] == '[' || head[0] == '{') {
		err = p.readJSON(name, text)
	} else {
		err = p.readCSV(name, text)
	}
	if err != nil {
		return nil, err
	}
	return p.prices, nil
}

// pricing is a price list in the making.
type pricing struct {
	prices fleet.Prices
	places map[fleet.PriceKey]string
}

// price is one line of a price list, as text.
type price struct {
	Region     string `json:"region"`
	Type       string `json:"type"`
	Product    string `json:"product"`
	MultiAZ    bool   `json:"multi_az"`
	USDPerHour string `json:"usd_per_hour"`
}

var regionName = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+)+-[0-9]+$`)

// add takes in one price. The place says where it stands, for whoever contradicts it.
func (p *pricing) add(row price, place string) error {
	switch {
	case row.Region == "":
		return described.Missing("region", "a region such as ap-northeast-2")
	case !regionName.MatchString(row.Region):
		return described.Unfit("region", row.Region, "a region such as ap-northeast-2")
	case row.Type == "":
		return described.Missing("type", "a type such as m5.large or db.r6g.large")
	case row.USDPerHour == "":
		return described.Missing("usd_per_hour", "a price such as 0.118")
	}
	rate, err := money.ParseRate(row.USDPerHour)
	if err != nil {
		return &described.FieldError{Field: "usd_per_hour", Text: err.Error()}
	}
	key := fleet.PriceKey{Region: fleet.Region(row.Region), Type: row.Type, Product: row.Product, MultiAZ: row.MultiAZ}
	if before, ok := p.prices[key]; ok && !before.Equal(rate) {
		return &described.FieldError{Field: "usd_per_hour", Text: fmt.Sprintf("is %s, but %s says %s for the same", rate, p.places[key], before)}
	}
	p.prices[key], p.places[key] = rate, place
	return nil
}

func (p *pricing) readJSON(name string, text io.Reader) error {
	c := newCursor(name, priceList, text)
	if more, err := c.another(); err != nil || !more {
		return err
	}
	err := c.each(func() error {
		var row price
		if err := c.decode(&row, json.RejectUnknownMembers(true)); err != nil {
			return err
		}
		if err := p.add(row, jsonwords.Path(c.tokens.StackPointer())); err != nil {
			return c.failIn(err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	more, err := c.another()
	if more {
		return c.fail("", "a price list is one JSON document, and another follows")
	}
	return err
}

var priceColumns = []string{"region", "type", "product", "multi_az", "usd_per_hour"}

func (p *pricing) readCSV(name string, text io.Reader) error {
	lines := csv.NewReader(&window{source: text, limit: PriceListLimit})
	lines.ReuseRecord = true
	columns, err := readHeader(lines)
	for err == nil {
		err = p.readLine(lines, columns)
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.Is(err, errTooLong):
		return fmt.Errorf("%s: is longer than %d MB, which no price list is", name, PriceListLimit>>20)
	}
	return fmt.Errorf("%s: %w", name, err)
}

func (p *pricing) readLine(lines *csv.Reader, columns columnPlaces) error {
	record, err := lines.Read()
	if err != nil {
		return err
	}
	line, _ := lines.FieldPos(0)
	row, err := columns.row(record)
	if err == nil {
		err = p.add(row, fmt.Sprintf("line %d", line))
	}
	if f, ok := errors.AsType[*described.FieldError](err); ok {
		return fmt.Errorf("line %d, %s: %w", line, f.Field, err)
	}
	return err
}

// columnPlaces are the places of columns by name.
type columnPlaces map[string]int

func readHeader(lines *csv.Reader) (columnPlaces, error) {
	header, err := lines.Read()
	if err != nil {
		return nil, err
	}
	line, _ := lines.FieldPos(0)
	columns := columnPlaces{}
	for i, column := range header {
		column = strings.TrimSpace(column)
		if !slices.Contains(priceColumns, column) {
			return nil, fmt.Errorf("line %d: the column %.60q is not known (columns are %s, separated by commas)", line, column, strings.Join(priceColumns, ", "))
		}
		if _, twice := columns[column]; twice {
			return nil, fmt.Errorf("line %d: the column %q stands twice", line, column)
		}
		columns[column] = i
	}
	for _, needed := range []string{"region", "type", "usd_per_hour"} {
		if _, ok := columns[needed]; !ok {
			return nil, fmt.Errorf("line %d: the column %q is missing", line, needed)
		}
	}
	return columns, nil
}

// row reads one record. Its strings do not share the record's memory.
func (c columnPlaces) row(record []string) (price, error) {
	cell := func(column string) string {
		if i, ok := c[column]; ok {
			return strings.Clone(strings.TrimSpace(record[i]))
		}
		return ""
	}
	row := price{Region: cell("region"), Type: cell("type"), Product: cell("product"), USDPerHour: cell("usd_per_hour")}
	switch text := strings.ToLower(cell("multi_az")); text {
	case "true", "yes":
		row.MultiAZ = true
	case "", "false", "no":
	default:
		return row, described.Unfit("multi_az", text, "true, false or nothing")
	}
	return row, nil
}
