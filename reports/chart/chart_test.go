package chart_test

import (
	"bytes"
	"flag"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
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

// painted counts the pixels of a part of a picture that are neither white nor grey: those of bars.
func painted(t *testing.T, data []byte, from, to int) (n int) {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for y := range picture.Bounds().Dy() {
		for x := from; x < to; x++ {
			if r, g, b, _ := picture.At(x, y).RGBA(); max(r, g, b)-min(r, g, b) > 0x4000 {
				n++
			}
		}
	}
	return n
}

// TestAMonthThatIsNotMeasuredIsNoZero: it has its place among the months and no bar, and is drawn otherwise than a month in which nothing was avoided.
func TestAMonthThatIsNotMeasuredIsNoZero(t *testing.T) {
	t.Parallel()
	for _, l := range words.Languages() {
		r := sample.Report(60)
		first := r.Avoided.Months[0].Month
		r.Avoided.Months = slices.DeleteFunc(r.Avoided.Months, func(m reports.MonthLine) bool { return m.Month != first })
		zero, err := chart.Months(r, words.In(l))
		if err != nil {
			t.Fatal(err)
		}
		r.Measured.To = r.Period.From.AddDate(0, 1, 0)
		lacks, err := chart.Months(r, words.In(l))
		if err != nil {
			t.Fatal(err)
		}
		keep(t, "months-lacking-"+string(l), lacks)
		keep(t, "months-zero-"+string(l), zero)
		const second = 150 + (chart.Width-150-28)/3
		if painted(t, lacks, 150, second) == 0 || bytes.Equal(zero, lacks) {
			t.Errorf("%s: the month that is measured has no bar, or those that are not look like none avoided", l)
		}
		picture, err := png.Decode(bytes.NewReader(lacks))
		if err != nil {
			t.Fatal(err)
		}
		if n := painted(t, cut(t, picture, 500), second, chart.Width); n > 0 {
			t.Errorf("%s: %d pixels of bars where nothing is measured", l, n)
		}
	}
}

// cut is the top of a picture.
func cut(t *testing.T, picture image.Image, high int) []byte {
	t.Helper()
	top := image.NewRGBA(image.Rect(0, 0, picture.Bounds().Dx(), high))
	draw.Draw(top, top.Bounds(), picture, image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, top); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
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
