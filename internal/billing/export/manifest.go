package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"
)

// Manifest is what Data Exports write last, after the data of one export and one billing period: the files that make up the delivery.
//
// AWS documents what a manifest says (every column, the files with their paths, the time covered: dataexports-export-delivery.html) and not its JSON. Its keys
// here — executionId, billingPeriod, columns, and dataFiles with addresses s3://bucket/key — are those on which public readers of CUR 2.0 agree. Since the form is
// not published it is read liberally: a file may be an address, a key, or an object that holds one; x_files is our own addition and may be absent.
type Manifest struct {
	ExportName    string           `json:"exportName,omitempty"`
	ExecutionID   string           `json:"executionId,omitempty"`
	BillingPeriod Span             `json:"billingPeriod"`
	ContentType   string           `json:"contentType,omitempty"`
	Compression   string           `json:"compression,omitempty"`
	Columns       []ManifestColumn `json:"columns,omitempty"`
	DataFiles     []Address        `json:"dataFiles"`
	// Sizes are what this package's writer says of each file, in the order of DataFiles. AWS writes none.
	Sizes []Size `json:"x_files,omitempty"`
}

// Span is the time that a manifest covers, as its text says it. Which month a delivery is of is read from its folder.
type Span struct {
	Start string `json:"start,omitempty"`
	End   string `json:"end,omitempty"`
}

// ManifestColumn is a column of the export's query.
type ManifestColumn struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"`
}

// Size is what a data file is known by.
type Size struct {
	Key    string `json:"key"`
	Bytes  int64  `json:"size"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// Address is where a manifest says a data file lies: s3://bucket/key, or the key alone.
type Address string

// Key is the address without scheme and bucket.
func (a Address) Key() string {
	if rest, ok := strings.CutPrefix(string(a), "s3://"); ok {
		_, key, _ := strings.Cut(rest, "/")
		return key
	}
	return strings.TrimPrefix(string(a), "/")
}

// errNoManifest says that a JSON document is no manifest of Data Exports.
var errNoManifest = errors.New("is not a manifest of AWS Data Exports")

// UnmarshalJSON reads a period as an object with start and end, or as the text of a month.
func (s *Span) UnmarshalJSON(document []byte) error {
	var month string
	if json.Unmarshal(document, &month) == nil {
		*s = Span{Start: month}
		return nil
	}
	type plain Span // without this method
	return json.Unmarshal(document, (*plain)(s))
}

// UnmarshalJSON reads a file as a text, or as an object that has its address under one of the names in use.
func (a *Address) UnmarshalJSON(document []byte) error {
	var text string
	if json.Unmarshal(document, &text) != nil {
		var object struct{ S3Uri, URI, Key, Path string }
		if err := json.Unmarshal(document, &object); err != nil {
			return fmt.Errorf("a data file is neither a text nor an object: %w", err)
		}
		text = firstText(object.S3Uri, object.URI, object.Key, object.Path)
	}
	if text == "" {
		return errors.New("a data file has no address")
	}
	*a = Address(text)
	return nil
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// ParseManifest reads a manifest. Whether its files lie within the export is for Open to see.
func ParseManifest(document []byte) (*Manifest, error) {
	var keys struct {
		DataFiles  *json.RawMessage `json:"dataFiles"`
		ReportKeys *json.RawMessage `json:"reportKeys"`
	}
	if err := json.Unmarshal(document, &keys); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoManifest, err)
	}
	switch {
	case keys.DataFiles == nil && keys.ReportKeys != nil:
		return nil, fmt.Errorf("%w: it has reportKeys, as the older Cost and Usage Report has; create an export of CUR 2.0 (table %s) in Data Exports", errNoManifest, CUR2)
	case keys.DataFiles == nil:
		return nil, fmt.Errorf("%w: it has no dataFiles", errNoManifest)
	}
	var m Manifest
	if err := json.Unmarshal(document, &m); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoManifest, err)
	}
	if len(m.DataFiles) == 0 {
		return nil, fmt.Errorf("%w: it lists no data file", errNoManifest)
	}
	seen := map[string]bool{}
	for _, a := range m.DataFiles {
		if seen[a.Key()] {
			return nil, fmt.Errorf("the manifest lists %q twice: rows would count twice", a.Key())
		}
		seen[a.Key()] = true
	}
	return &m, nil
}

// encode is the manifest's JSON, the same bytes for the same content.
func (m *Manifest) encode() ([]byte, error) {
	document, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(document, '\n'), nil
}

// sizeOf is what the manifest says of a file beside its address.
func (m *Manifest) sizeOf(key string) (Size, bool) {
	for _, s := range m.Sizes {
		if s.Key == key {
			return s, true
		}
	}
	return Size{}, false
}

const (
	dataFolder     = "data"
	metadataFolder = "metadata"
	partition      = "BILLING_PERIOD="
	monthForm      = "2006-01"
	manifestSuffix = "-Manifest.json"
)

// place is where a file stands in the layout of Data Exports: <root>/data|metadata/BILLING_PERIOD=2026-07[/<execution>]/<name>.
type place struct {
	root      string // the export's folder, slash separated
	part      string // data or metadata
	month     string // 2026-07
	execution string // the folder of one delivery where each has its own; empty where they overwrite each other
	name      string
}

// placeOf says where a slash-separated path stands, or false if it is none of an export's.
func placeOf(file string) (place, bool) {
	folders := strings.Split(path.Dir(file), "/")
	for i := len(folders) - 1; i > 0; i-- {
		month, ok := monthOf(folders[i])
		part := folders[i-1]
		if !ok || part != dataFolder && part != metadataFolder {
			continue
		}
		return place{
			root: strings.Join(folders[:i-1], "/"), part: part, month: month,
			execution: strings.Join(folders[i+1:], "/"), name: path.Base(file),
		}, true
	}
	return place{}, false
}

// monthOf reads a partition's folder. Copies are found with the name in small letters too.
func monthOf(folder string) (string, bool) {
	if len(folder) < len(partition) || !strings.EqualFold(folder[:len(partition)], partition) {
		return "", false
	}
	month := folder[len(partition):]
	_, err := time.Parse(monthForm, month)
	return month, err == nil
}
