package export

import (
	"hash/crc32"

	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// press is what a worker encodes and compresses pages with.
type press struct {
	codec           *zstd.Codec
	reps, defs, raw []byte
	packed          []byte
}

// smallPage is up to which length compression costs more than it saves.
const smallPage = 64

// chunk is the pages of a column in a row group, as they will lie in the file: the dictionary, then the data.
type chunk struct {
	words, pages    []byte
	raw             int64 // what all pages have without compression
	values, nulls   int64
	indexed, plain  int32 // pages
	least, greatest []byte
}

func (c *chunk) reset() { *c = chunk{words: c.words[:0], pages: c.pages[:0]} }

// data appends a page of values, whose levels the press has.
func (c *chunk) data(p *press, h format.DataPageHeaderV2, values []byte) error {
	h.RepetitionLevelsByteLength, h.DefinitionLevelsByteLength = int32(len(p.reps)), int32(len(p.defs))
	levels := len(p.reps) + len(p.defs)
	raw := levels + len(values)
	h.IsCompressed = thrift.New(false)
	if len(values) > smallPage {
		packed, err := p.codec.Encode(p.packed, values)
		if err != nil {
			return err
		}
		if p.packed = packed; len(packed) < len(values) {
			values, h.IsCompressed = packed, thrift.New(true)
		}
	}
	c.values += int64(h.NumValues)
	c.nulls += int64(h.NumNulls)
	if h.Encoding == format.Plain {
		c.plain++
	} else {
		c.indexed++
	}
	header := format.PageHeader{Type: format.DataPageV2, UncompressedPageSize: int32(raw), CompressedPageSize: int32(levels + len(values)), DataPageHeaderV2: thrift.New(h)}
	var err error
	c.pages, err = c.append(c.pages, &header, p.reps, p.defs, values)
	return err
}

// dictionary sets the page that the indexes point into.
func (c *chunk) dictionary(p *press, values int, raw []byte) (err error) {
	if p.packed, err = p.codec.Encode(p.packed, raw); err != nil {
		return err
	}
	header := format.PageHeader{
		Type: format.DictionaryPage, UncompressedPageSize: int32(len(raw)), CompressedPageSize: int32(len(p.packed)),
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: int32(values), Encoding: format.Plain}),
	}
	c.words, err = c.append(c.words[:0], &header, p.packed)
	return err
}

func (c *chunk) append(into []byte, header *format.PageHeader, parts ...[]byte) ([]byte, error) {
	var sum uint32
	for _, part := range parts {
		sum = crc32.Update(sum, crc32.IEEETable, part)
	}
	header.CRC = int32(sum)
	document, err := thrift.Marshal(new(thrift.CompactProtocol), header)
	if err != nil {
		return into, err
	}
	into = append(into, document...)
	for _, part := range parts {
		into = append(into, part...)
	}
	c.raw += int64(len(document)) + int64(header.UncompressedPageSize)
	return into, nil
}

// describe is what the footer says of the column in a row group that is written at an offset.
func (c *chunk) describe(l *leaf, offset int64) format.ColumnChunk {
	m := format.ColumnMetaData{
		Type: l.form, PathInSchema: l.path, Codec: format.Zstd, Encoding: thrift.Slice[format.Encoding]{format.Plain, format.RLE},
		NumValues: c.values, TotalUncompressedSize: c.raw, TotalCompressedSize: int64(len(c.words) + len(c.pages)),
		DataPageOffset: offset + int64(len(c.words)),
		Statistics:     format.Statistics{NullCount: c.nulls, MinValue: c.least, MaxValue: c.greatest},
	}
	if len(c.words) > 0 {
		m.DictionaryPageOffset = offset
		m.Encoding = append(m.Encoding, format.RLEDictionary)
		m.EncodingStats = append(m.EncodingStats, format.PageEncodingStats{PageType: format.DictionaryPage, Encoding: format.Plain, Count: 1})
	}
	for _, pages := range []format.PageEncodingStats{{Encoding: format.Plain, Count: c.plain}, {Encoding: format.RLEDictionary, Count: c.indexed}} {
		if pages.Count > 0 {
			pages.PageType = format.DataPageV2
			m.EncodingStats = append(m.EncodingStats, pages)
		}
	}
	return format.ColumnChunk{MetaData: m}
}
