package export

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Listed are the billing month that a manifest is of, by the folder in which it lies, and the keys of the files that it lists, in its order. It refuses files of
// another month or from outside of an export's data, other forms than Parquet, and a manifest whose columns are another table's. Files lie beside the manifest,
// wherever the export was copied to, as Open has it.
func (m *Manifest) Listed(table Table, manifest string) (month time.Time, keys []string, err error) {
	at, ok := placeOf(manifest)
	if !ok || at.part != metadataFolder {
		return month, nil, fmt.Errorf("%s does not lie in an export's metadata/%s…: copy exports whole, under their own names", manifest, partition)
	}
	if month, err = time.Parse(monthForm, at.month); err != nil {
		return month, nil, err
	}
	if err := m.isOf(table); err != nil {
		return month, nil, err
	}
	for _, a := range m.DataFiles {
		file, ok := placeOf(a.Key())
		switch {
		case path.Clean(a.Key()) != a.Key() || !ok || file.part != dataFolder || file.month != at.month:
			return month, nil, fmt.Errorf("the manifest lists %q, which is no data file of %s", a, at.month)
		case !strings.HasSuffix(strings.ToLower(file.name), ".parquet"):
			return month, nil, fmt.Errorf("the manifest lists %q: set the export's file format to Parquet", a)
		}
		keys = append(keys, strings.TrimPrefix(path.Join(at.root, strings.TrimPrefix(a.Key(), file.root)), "/"))
	}
	return month, keys, nil
}

// isOf refuses a manifest whose columns are another table's. One that names no columns is believed.
func (m *Manifest) isOf(table Table) error {
	if len(m.Columns) == 0 {
		return nil
	}
	var missing []string
	for _, name := range table.needed() {
		if !slices.ContainsFunc(m.Columns, func(c ManifestColumn) bool { return strings.EqualFold(c.Name, name) }) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the manifest's export has no %s, and is not %s: add the columns to its query, or name the other export", strings.Join(missing, ", "), table)
	}
	return nil
}
