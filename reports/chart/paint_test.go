package chart

import (
	"image/color"
	"testing"
)

// lightness is CIE's, from 0 to 100: what is left of a colour in grey.
func lightness(c color.RGBA) float64 {
	return 0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B)
}

func TestShadesDarkenStepByStep(t *testing.T) {
	t.Parallel()
	for i := 1; i < len(shades); i++ {
		if lightness(shades[i-1])-lightness(shades[i]) < 8 {
			t.Errorf("in grey, step %d cannot be told from the one before", i)
		}
	}
}

// In grey, two areas are told apart by lightness or by pattern.
func TestAreasAreToldApartInGrey(t *testing.T) {
	t.Parallel()
	same := func(a, b paint) bool {
		for y := range 84 {
			for x := range 84 {
				if (a.pattern != nil && a.pattern(x, y)) != (b.pattern != nil && b.pattern(x, y)) {
					return false
				}
			}
		}
		return true
	}
	for i := range paints {
		for k := range i {
			difference := lightness(paints[i].fill) - lightness(paints[k].fill)
			if same(paints[i], paints[k]) && max(difference, -difference) < 15 {
				t.Errorf("in grey, areas %d and %d look the same", k, i)
			}
		}
	}
}
