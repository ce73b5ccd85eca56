package board

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
)

// wider adds so many white columns to a picture. The library writes pictures by their width, and those of one width in the order of a map: the same report
// would not be the same file.
func wider(data []byte, columns int) ([]byte, error) {
	if columns == 0 {
		return data, nil
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	size := picture.Bounds()
	size.Max.X += columns
	var out bytes.Buffer
	if p, ok := picture.(*image.Paletted); ok { // as charts are
		canvas := image.NewPaletted(size, p.Palette)
		white := []byte{uint8(p.Palette.Index(color.White))}
		for y := range size.Dy() {
			row := canvas.Pix[y*canvas.Stride:][:canvas.Stride]
			copy(row[copy(row, p.Pix[y*p.Stride:][:p.Stride]):], bytes.Repeat(white, columns))
		}
		err = png.Encode(&out, canvas)
		return out.Bytes(), err
	}
	canvas := image.NewRGBA(size)
	draw.Draw(canvas, size, image.White, image.Point{}, draw.Src)
	draw.Draw(canvas, picture.Bounds(), picture, picture.Bounds().Min, draw.Over)
	err = png.Encode(&out, canvas)
	return out.Bytes(), err
}
