package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// metering names the columns that say when usage took place, and the charges that are usage.
type metering struct {
	category, from, to string
	usage              []string
}

func (t Table) metering() metering {
	if t == CUR2 {
		return metering{
			"line_item_line_item_type", "line_item_usage_start_date", "line_item_usage_end_date",
			[]string{"Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"},
		}
	}
	return metering{"ChargeCategory", "ChargePeriodStart", "ChargePeriodEnd", []string{"Usage"}}
}

// granularity says if the export tells usage by the day or the month. In an hourly export some usage, such as storage, may still stand by the day, so that one row of
// an hour or less settles it; it is among the first rows, and the files of coarser exports are small.
func (o *opening) granularity(d Delivery, files []*opened) {
	var shortest time.Duration
	for i, f := range d.Files {
		if !files[i].tells(f.Table.metering()) {
			return
		}
		span, err := f.shortestUsage()
		if err != nil {
			o.gap(FileCorrupt, f.Key, err.Error(), "copy it again; if it stays so, have the export delivered anew")
			return
		}
		if span > 0 && (shortest == 0 || span < shortest) {
			shortest = span
		}
		if shortest > 0 && shortest <= time.Hour {
			return
		}
	}
	if shortest > 0 {
		o.gap(NotHourly, o.period.String(), fmt.Sprintf("no usage in it is told by the hour, the finest by %v: what happens outside of working hours cannot be told apart", shortest),
			"set the export's time granularity to Hourly and have it delivered anew")
	}
}

// tells says whether the file has the columns; the end of a charge period is none that are needed.
func (o *opened) tells(m metering) bool {
	for name, want := range map[string]kind{m.category: text, m.from: moment, m.to: moment} {
		if c, ok := o.columns[strings.ToLower(name)]; !ok || c.problem != "" || c.kind != want {
			return false
		}
	}
	return true
}

// shortestUsage is the shortest time for which a row of usage stands, or the first that is an hour or less. It is zero if there is no usage.
func (f File) shortestUsage() (shortest time.Duration, err error) {
	scan := f.Scan()
	defer func() { err = errors.Join(err, scan.Close()) }()
	m := f.Table.metering()
	category, from, to := scan.Text(m.category), scan.Time(m.from), scan.Time(m.to)
	for scan.Next() {
		usage := make([]bool, len(category.Dict))
		for i, text := range category.Dict {
			usage[i] = slices.Contains(m.usage, text)
		}
		for row, i := range category.Index {
			if i < 0 || !usage[i] || from.Null[row] || to.Null[row] || to.Milli[row] <= from.Milli[row] {
				continue
			}
			span := time.Duration(to.Milli[row]-from.Milli[row]) * time.Millisecond
			if shortest == 0 || span < shortest {
				shortest = span
			}
			if span <= time.Hour {
				return span, nil
			}
		}
	}
	return shortest, scan.Err()
}
