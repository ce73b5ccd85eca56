package export

import (
	"path"
	"slices"
	"strings"
	"time"
)

// Listed is a file of a listing: its key, slash separated beneath the folder of exports, and when it was written.
type Listed struct {
	Key     string
	Written time.Time
}

// Choice is what of a listing Open needs.
type Choice struct {
	// Read are the keys of files that Open reads: manifests, and the data of the newest deliveries of each export and month, down to the first
	// of which all files are there.
	Read []string
	// Named are the keys of files of which Open tells by their names alone, such as those that no manifest lists. They may be empty.
	Named []string
}

// Choose tells which files of a listing have to be brought to a folder so that Open finds there what it would find in the whole: of months for which within is
// true. Manifests are read by document; what it fails with ends the choice.
func Choose(listed []Listed, within func(month time.Time) bool, document func(key string) ([]byte, error)) (Choice, error) {
	f := &found{folders: map[period]*folder{}, strays: map[string][]string{}}
	written := map[string]time.Time{}
	for _, l := range listed {
		at, ok := placeOf(l.Key)
		if month, err := time.Parse(monthForm, at.month); ok && (err != nil || !within(month)) {
			continue
		}
		written[l.Key] = l.Written
		f.add(l.Key)
	}
	var c Choice
	for _, g := range f.gaps {
		c.Named = append(c.Named, g.Where)
	}
	for _, keys := range f.strays {
		c.Named = append(c.Named, keys...)
	}
	for _, p := range f.periods() {
		documents := map[string][]byte{}
		for _, key := range f.folders[p].manifests {
			read, err := document(key)
			if err != nil {
				return Choice{}, err
			}
			documents[key] = read
		}
		o := &opening{folder: *f.folders[p], period: p, document: func(key string) ([]byte, time.Time, error) { return documents[key], written[key], nil }}
		o.choose(&c)
	}
	slices.Sort(c.Read)
	c.Read = slices.Compact(c.Read) // deliveries that overwrite each other share names
	slices.Sort(c.Named)
	return c, nil
}

// choose adds what of one export and month is needed.
func (o *opening) choose(c *Choice) {
	c.Read = append(c.Read, o.folder.manifests...)
	candidates := o.candidates()
	listed, whole := map[place]bool{}, false
	for _, one := range candidates {
		done := whole // what is older than a whole delivery is not looked at
		whole = true
		for _, at := range one.files {
			key, there := o.folder.data[at]
			listed[at], whole = true, whole && there && isParquet(key)
			if there && isParquet(key) && !done {
				c.Read = append(c.Read, key)
			}
		}
		whole = whole || done
	}
	for at, key := range o.folder.data {
		if !listed[at] || !isParquet(key) {
			c.Named = append(c.Named, key)
		}
	}
}

func isParquet(key string) bool { return strings.ToLower(path.Ext(key)) == ".parquet" }
