package chart

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"slices"
)

// paint is a colour with a pattern of white in it.
type paint struct {
	fill    color.RGBA
	pattern func(x, y int) bool // nil is solid
}

// edge is a darker shade of the colour.
func (p paint) edge() color.RGBA {
	darker := func(v uint8) uint8 { return uint8(int(v) * 3 / 5) }
	return color.RGBA{darker(p.fill.R), darker(p.fill.G), darker(p.fill.B), 255}
}

func rising(x, y int) bool  { return (x+y)%14 < 4 }
func falling(x, y int) bool { return (x-y+1<<20)%14 < 4 }
func dotted(x, y int) bool  { return x%12 < 4 && y%12 < 4 }
func lying(_, y int) bool   { return y%12 < 4 }

// The colours are those of Okabe and Ito, which the colour-blind tell apart. Neighbours in this list differ in lightness, and in pattern too.
var paints = []paint{
	{color.RGBA{0x00, 0x72, 0xb2, 255}, nil},
	{color.RGBA{0xe6, 0x9f, 0x00, 255}, rising},
	{color.RGBA{0x00, 0x9e, 0x73, 255}, dotted},
	{color.RGBA{0xd5, 0x5e, 0x00, 255}, falling},
	{color.RGBA{0x56, 0xb4, 0xe9, 255}, lying},
	{color.RGBA{0x7a, 0x7f, 0x85, 255}, nil},
}

// What the bridge's steps are drawn in.
var (
	level = paint{color.RGBA{0x5b, 0x63, 0x6b, 255}, nil}
	less  = paint{color.RGBA{0x00, 0x72, 0xb2, 255}, nil}
	more  = paint{color.RGBA{0xe6, 0x9f, 0x00, 255}, rising}
)

// shades go from nearly white to dark in nine steps of lightness, all of one hue: ColorBrewer's Blues.
var shades = []color.RGBA{
	{0xf7, 0xfb, 0xff, 255},
	{0xde, 0xeb, 0xf7, 255},
	{0xc6, 0xdb, 0xef, 255},
	{0x9e, 0xca, 0xe1, 255},
	{0x6b, 0xae, 0xd6, 255},
	{0x42, 0x92, 0xc6, 255},
	{0x21, 0x71, 0xb5, 255},
	{0x08, 0x51, 0x9c, 255},
	{0x08, 0x30, 0x6b, 255},
}

// png writes the picture with a palette of its most frequent colours: a quarter of the bytes, and nobody sees the difference at the rims of letters.
func (c *canvas) png() ([]byte, error) {
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.DefaultCompression}
	if err := encoder.Encode(&out, c.indexed()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// colours is how many a picture keeps. More of them cost bytes and show nothing.
const colours = 96

func (c *canvas) indexed() *image.Paletted {
	// Pictures are long runs of one colour: a map is asked once a run, not once a pixel.
	counts, last, run := map[color.RGBA]int{}, color.RGBA{}, 0
	for i := 0; i < len(c.Pix); i += 4 {
		if k := (color.RGBA{c.Pix[i], c.Pix[i+1], c.Pix[i+2], 255}); k != last {
			counts[last] += run
			last, run = k, 0
		}
		run++
	}
	counts[last] += run
	if counts[color.RGBA{}] == 0 {
		delete(counts, color.RGBA{})
	}
	all := make([]color.RGBA, 0, len(counts))
	for k := range counts {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var kept color.Palette
	index := make(map[color.RGBA]uint8, len(all))
	for i, k := range all {
		if i < colours {
			kept = append(kept, k)
			index[k] = uint8(i)
		} else {
			index[k] = uint8(kept.Index(k))
		}
	}
	p := image.NewPaletted(c.Bounds(), kept)
	at := uint8(0)
	for i := range p.Pix {
		k := color.RGBA{c.Pix[4*i], c.Pix[4*i+1], c.Pix[4*i+2], 255}
		if i == 0 || k != last {
			last, at = k, index[k]
		}
		p.Pix[i] = at
	}
	return p
}
