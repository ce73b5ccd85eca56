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
	canvas := image.NewRGBA(image.Rect(0, 0, size.Dx()+columns, size.Dy()))
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(canvas, size.Sub(size.Min), picture, size.Min, draw.Over)
	var out bytes.Buffer
	if err := png.Encode(&out, canvas); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
