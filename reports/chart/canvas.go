// Package chart draws the report's pictures as PNG: what was avoided by month and cause, the bridge between two quarters' costs, the week before
// and after, and the teams.
//
// In go a report and its words, out come the bytes of a picture 1200 pixels wide, for a mail of 600 at twice the resolution; nil where there is
// nothing to draw. The same report gives the same bytes. Nothing is told by colour alone: areas differ in lightness and in pattern, so that they can
// be read in grey and by the colour-blind, and figures stand beside them. The package computes nothing that the report does not hold.
package chart

import (
	"image"
	"image/color"
	"image/draw"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	carried "offpeak/reports/font"
)

// Width is how many pixels wide a picture is; a mail shows it half as wide.
const Width = 1200

// Sizes of text, in pixels, and the space around a picture.
const (
	titleSize = 34
	textSize  = 28
	smallSize = 25
	margin    = 28
)

// The colours of what carries no value.
var (
	white = color.RGBA{255, 255, 255, 255}
	ink   = color.RGBA{0x1f, 0x23, 0x28, 255}
	muted = color.RGBA{0x59, 0x5f, 0x66, 255}
	grid  = color.RGBA{0xd8, 0xdc, 0xe0, 255}
)

// align says where a text stands of its point.
type align int

const (
	left align = iota
	centre
	right
)

// canvas is a picture that is being drawn.
type canvas struct {
	*image.RGBA
	faces map[style]font.Face
}

type style struct {
	size int
	bold bool
}

func newCanvas(height int) *canvas {
	c := &canvas{image.NewRGBA(image.Rect(0, 0, Width, height)), map[style]font.Face{}}
	draw.Draw(c.RGBA, c.Bounds(), image.NewUniform(white), image.Point{}, draw.Src)
	return c
}

// typeface is one weight of the font, parsed.
type typeface struct {
	*sfnt.Font
	err error
}

var weights = sync.OnceValue(func() map[bool]typeface {
	read := func(data []byte) typeface {
		f, err := opentype.Parse(data)
		return typeface{f, err}
	}
	return map[bool]typeface{false: read(carried.Regular), true: read(carried.Bold)}
})

// face returns the font at a size. The fonts are carried with the program and their test reads them, so an error is one of the program.
func (c *canvas) face(s style) font.Face {
	if f, ok := c.faces[s]; ok {
		return f
	}
	weight := weights()[s.bold]
	if weight.err != nil {
		panic(weight.err)
	}
	f, err := opentype.NewFace(weight.Font, &opentype.FaceOptions{Size: float64(s.size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(err)
	}
	c.faces[s] = f
	return f
}

// text writes a line; y is its baseline.
func (c *canvas) text(x, y int, s string, st style, fill color.Color, a align) {
	s = drawable(s)
	switch a {
	case centre:
		x -= c.width(s, st) / 2
	case right:
		x -= c.width(s, st)
	}
	d := font.Drawer{Dst: c.RGBA, Src: image.NewUniform(fill), Face: c.face(st), Dot: fixed.P(x, y)}
	d.DrawString(s)
}

// label is text in the middle of a point, on white, so that no line runs through it.
func (c *canvas) label(x, y int, s string, st style) {
	half := c.width(s, st)/2 + 4
	c.box(image.Rect(x-half, y-st.size+2, x+half, y+6), white)
	c.text(x, y, s, st, ink, centre)
}

func (c *canvas) width(s string, st style) int {
	return font.MeasureString(c.face(st), drawable(s)).Ceil()
}

// fit cuts a text off where it would be wider than so many pixels.
func (c *canvas) fit(s string, st style, pixels int) string {
	if c.width(s, st) <= pixels {
		return s
	}
	all := []rune(s)
	for len(all) > 0 && c.width(string(all)+"…", st) > pixels {
		all = all[:len(all)-1]
	}
	return strings.TrimSpace(string(all)) + "…"
}

// drawable puts a box where the font has no character.
func drawable(s string) string {
	var buffer sfnt.Buffer
	f := weights()[false].Font
	return strings.Map(func(r rune) rune {
		if glyph, err := f.GlyphIndex(&buffer, r); err != nil || glyph == 0 {
			return '□'
		}
		return r
	}, s)
}

// box fills an area.
func (c *canvas) box(r image.Rectangle, fill color.Color) {
	draw.Draw(c.RGBA, r.Canon(), image.NewUniform(fill), image.Point{}, draw.Src)
}

// frame draws the edge of an area, within it.
func (c *canvas) frame(r image.Rectangle, edge color.Color) {
	r = r.Canon()
	c.box(image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+2), edge)
	c.box(image.Rect(r.Min.X, r.Max.Y-2, r.Max.X, r.Max.Y), edge)
	c.box(image.Rect(r.Min.X, r.Min.Y, r.Min.X+2, r.Max.Y), edge)
	c.box(image.Rect(r.Max.X-2, r.Min.Y, r.Max.X, r.Max.Y), edge)
}

// area fills an area with a colour and its pattern, framed so that neighbours stay apart.
func (c *canvas) area(r image.Rectangle, p paint) {
	r = r.Canon().Intersect(c.Bounds())
	c.box(r, p.fill)
	if p.pattern != nil {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if p.pattern(x, y) {
					c.SetRGBA(x, y, white)
				}
			}
		}
	}
	c.frame(r, p.edge())
}
