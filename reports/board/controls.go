package board

import (
	"encoding/binary"
	"slices"
)

// withoutControls returns a copy of a TrueType font in whose character map control characters have no glyph. The font maps all of them to that of the
// blank, and the library then takes the one or the other for it by the order of a map: the same report would not be the same file. A font that is not
// understood is returned as it is. Formats: OpenType, tables "cmap", subtables of format 4.
func withoutControls(ttf []byte) []byte {
	out := slices.Clone(ttf)
	f := reader{out}
	for i := range int(f.at16(4)) {
		if entry := 12 + 16*i; string(f.bytes(entry, 4)) == "cmap" {
			cmap := f.at32(entry + 8)
			for n := range int(f.at16(cmap + 2)) {
				f.clear(cmap + f.at32(cmap+4+8*n+4))
			}
		}
	}
	return out
}

// reader reads big-endian numbers; outside the font all are zero.
type reader struct{ data []byte }

func (f reader) bytes(at, n int) []byte {
	if at < 0 || at+n > len(f.data) {
		return make([]byte, n)
	}
	return f.data[at : at+n]
}

func (f reader) at16(at int) uint16 { return binary.BigEndian.Uint16(f.bytes(at, 2)) }

func (f reader) at32(at int) int { return int(binary.BigEndian.Uint32(f.bytes(at, 4))) }

// clear takes the control characters' glyphs out of a subtable of format 4 that lists glyphs.
func (f reader) clear(subtable int) {
	if f.at16(subtable) != 4 {
		return
	}
	twice := int(f.at16(subtable + 6)) // segments, two bytes each
	ends := subtable + 14
	starts := ends + twice + 2
	offsets := starts + 2*twice
	for segment := 0; segment < twice; segment += 2 {
		first, last, offset := int(f.at16(starts+segment)), int(f.at16(ends+segment)), int(f.at16(offsets+segment))
		for c := first; c <= last && c < ' ' && offset != 0; c++ {
			binary.BigEndian.PutUint16(f.bytes(offsets+segment+offset+2*(c-first), 2), 0)
		}
	}
}
