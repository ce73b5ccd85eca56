package font_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"

	"offpeak/reports/font"
)

// needed is what reports are written with beside ASCII and the Korean syllables. It has no euro sign: amounts in euros
// are written EUR.
const needed = "₩£¥–—·…±×→↑↓≥≤□■●▲▼“”‘’ㄱㅎ"

func TestBothWeightsHaveKorean(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{"regular": font.Regular, "bold": font.Bold} {
		f, err := sfnt.Parse(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var buffer sfnt.Buffer
		var missing []rune
		look := func(r rune) {
			if glyph, err := f.GlyphIndex(&buffer, r); err != nil || glyph == 0 {
				missing = append(missing, r)
			}
		}
		for r := ' '; r <= '~'; r++ {
			look(r)
		}
		for r := '가'; r <= '힣'; r++ {
			look(r)
		}
		for _, r := range needed {
			look(r)
		}
		if len(missing) > 0 {
			t.Errorf("%s lacks %d characters: %.60q", name, len(missing), string(missing))
		}
	}
}

// fpdf reads no CFF outlines; a font that it cannot embed would be found by the first reader alone.
func TestAPDFEmbedsIt(t *testing.T) {
	t.Parallel()
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.AddUTF8FontFromBytes(font.Family, "", font.Regular)
	pdf.AddUTF8FontFromBytes(font.Family, "B", font.Bold)
	pdf.AddPage()
	pdf.SetFont(font.Family, "B", 14)
	pdf.Cell(0, 10, "2026년 3분기 절감 보고서 ₩1,234")
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		t.Fatal(err)
	}
	if out.Len() < 2000 {
		t.Errorf("a PDF of %d bytes holds no font", out.Len())
	}
}

func TestTheLicenceGoesWithIt(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"NAVER Corporation", "SIL OPEN FONT LICENSE", "Version 1.1"} {
		if !strings.Contains(font.Licence(), want) {
			t.Errorf("the licence does not say %q", want)
		}
	}
}
