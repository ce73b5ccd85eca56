package board

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"testing"
)

func TestAWiderPictureIsTheSameWithWhiteBesideIt(t *testing.T) {
	t.Parallel()
	blue := color.RGBA{0x00, 0x72, 0xb2, 255}
	for name, picture := range map[string]draw.Image{
		"of a palette": image.NewPaletted(image.Rect(0, 0, 5, 3), color.Palette{blue, color.White, color.Black}), "of any colours": image.NewRGBA(image.Rect(0, 0, 5, 3)),
	} {
		draw.Draw(picture, picture.Bounds(), image.NewUniform(blue), image.Point{}, draw.Src)
		picture.Set(4, 2, color.Black)
		var data bytes.Buffer
		if err := png.Encode(&data, picture); err != nil {
			t.Fatal(err)
		}
		for columns := range 4 {
			wide, err := wider(data.Bytes(), columns)
			if err != nil {
				t.Fatal(err)
			}
			got, err := png.Decode(bytes.NewReader(wide))
			if err != nil || got.Bounds() != image.Rect(0, 0, 5+columns, 3) {
				t.Fatalf("%s, %d columns: %v, %v", name, columns, got.Bounds(), err)
			}
			for y := range 3 {
				for x := range 5 + columns {
					want := color.Color(color.White)
					if x < 5 {
						want = picture.At(x, y)
					}
					if color.RGBAModel.Convert(got.At(x, y)) != color.RGBAModel.Convert(want) {
						t.Errorf("%s, %d columns: %v at %d, %d, want %v", name, columns, got.At(x, y), x, y, want)
					}
				}
			}
		}
	}
}
