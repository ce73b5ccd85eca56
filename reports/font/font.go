// Package font carries the font of the report's charts and PDF: NanumSquare, regular and bold, which has Latin and all of Korean.
//
// Both files are TrueType with outlines that golang.org/x/image/font/opentype and fpdf's UTF-8 fonts read. They are NAVER's, under the SIL Open
// Font License 1.1, whose text Licence returns and OFL.txt holds; what is drawn or printed with them is free of it. The package holds bytes and
// draws nothing.
package font

import _ "embed"

// Regular is NanumSquare Regular. It belongs to the package: do not change it.
//
//go:embed NanumSquareR.ttf
var Regular []byte

// Bold is NanumSquare Bold. It belongs to the package: do not change it.
//
//go:embed NanumSquareB.ttf
var Bold []byte

//go:embed OFL.txt
var licence string

// Family is the name under which a document lists the font.
const Family = "NanumSquare"

// Licence is the text that has to go wherever the font files themselves go.
func Licence() string { return licence }
