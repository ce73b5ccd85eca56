package chart_test

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/chart"
	"offpeak/reports/sample"
	"offpeak/reports/words"
)

// look keeps the pictures in a folder, to be looked at: go test ./reports/chart -look DIR.
var look = flag.String("look", "", "a folder to which the pictures are written")

var charts = map[string]func(*reports.Report, words.Words) ([]byte, error){
	"months": chart.Months, "bridge": chart.Bridge, "week": chart.Week, "teams": chart.Teams,
}

func keep(t *testing.T, name string, data []byte) {
	t.Helper()
	if *look == "" {
		return
	}
	t.Logf("%s: %d bytes", name, len(data))
	if err := os.WriteFile(filepath.Join(*look, name+".png"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// heaviest is what a picture may weigh: four of them stay far below what a mail may.
const heaviest = 40_000

func TestPicturesAreLightAndTheSameEachTime(t *testing.T) {
	t.Parallel()
	for _, l := range words.Languages() {
		for name, draw := range charts {
			data, err := draw(sample.Report(60), words.In(l))
			if err != nil {
				t.Fatal(err)
			}
			picture, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if picture.Bounds().Dx() != chart.Width || len(data) > heaviest {
				t.Errorf("%s, %s: %d pixels wide, %d bytes", name, l, picture.Bounds().Dx(), len(data))
			}
			if again, _ := draw(sample.Report(60), words.In(l)); !bytes.Equal(data, again) {
				t.Errorf("%s, %s: drawn twice it differs", name, l)
			}
			keep(t, name+"-"+string(l), data)
		}
	}
}

func usd(text string) money.USD { return money.USDOf(decimal.RequireFromString(text)) }

// What is odd in a quarter must not keep its report from being sent.
func TestOddQuartersAreDrawn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*reports.Report){
		"all is below zero": func(r *reports.Report) {
			for i := range r.Avoided.Months {
				r.Avoided.Months[i].Amount = usd("-7.5")
			}
			for i := range r.Avoided.Teams {
				r.Avoided.Teams[i].Adjusted = nil
				r.Avoided.Teams[i].Contracted = usd("-3000")
			}
		},
		"amounts below a cent": func(r *reports.Report) {
			for i := range r.Avoided.Months {
				r.Avoided.Months[i].Amount = usd("0.000000001")
			}
			r.Bill.Bridge = &reports.Bridge{To: usd("0.000000001"), Unexplained: usd("0.000000001")}
		},
		"amounts of billions": func(r *reports.Report) {
			r.Bill.Bridge = &reports.Bridge{From: usd("98000000000"), Growth: usd("1"), To: usd("98000000001")}
			r.Avoided.Teams[0].Adjusted = new(usd("98000000000"))
		},
		"a bridge from nothing to nothing": func(r *reports.Report) { r.Bill.Bridge = &reports.Bridge{} },
		"credits make the bill negative": func(r *reports.Report) {
			r.Bill.Bridge = &reports.Bridge{From: usd("10"), Growth: usd("-40"), To: usd("-30")}
		},
		"every cause at once": func(r *reports.Report) {
			r.Avoided.Months = nil
			for i, cause := range reports.Causes() {
				r.Avoided.Months = append(r.Avoided.Months, reports.MonthLine{Month: "2026-08", Cause: cause, Amount: usd(strconv.Itoa(100 - 20*i))})
			}
		},
		"thirty teams with hostile names": func(r *reports.Report) {
			for i := range 30 {
				line := r.Avoided.Teams[0]
				line.Name = sample.Hostile[i%len(sample.Hostile)] + strings.Repeat("길", 40)
				r.Avoided.Teams = append(r.Avoided.Teams, line)
			}
		},
		"one hour of one day was used": func(r *reports.Report) {
			r.Usage = reports.Usage{}
			r.Usage.After[6][23] = decimal.RequireFromString("0.0001")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sample.Report(12)
			change(r)
			for chart, draw := range charts {
				data, err := draw(r, words.In(words.English)) // the longer words
				if err != nil || len(data) == 0 || len(data) > heaviest {
					t.Errorf("%s: %d bytes, %v", chart, len(data), err)
				}
				keep(t, strings.ReplaceAll(name, " ", "-")+"-"+chart, data)
			}
		})
	}
}

func TestNothingToDrawIsNoPicture(t *testing.T) {
	t.Parallel()
	for name, draw := range charts {
		if data, err := draw(new(reports.Report), words.In(words.Korean)); data != nil || err != nil {
			t.Errorf("%s of an empty report: %d bytes, %v", name, len(data), err)
		}
	}
}

func BenchmarkAll(b *testing.B) {
	r, w := sample.Report(60), words.In(words.Korean)
	b.ReportAllocs()
	for b.Loop() {
		for _, draw := range charts {
			if _, err := draw(r, w); err != nil {
				b.Fatal(err)
			}
		}
	}
}
