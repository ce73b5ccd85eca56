package export

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"offpeak/internal/fleet"
)

// Bill is what a folder holds of billing exports.
type Bill struct {
	Deliveries []Delivery // by payer, month, table and export
	Gaps       []Gap      // by place and code
}

// Delivery is one export's data of one billing period: what its newest complete manifest lists.
type Delivery struct {
	Table     Table
	Old       bool            // FOCUS 1.0
	Payer     fleet.AccountID // empty if there are no rows
	Month     time.Time       // the first instant of the billing period, UTC
	Name      string          // of the export
	Folder    string          // of the export, slash separated, beneath the folder that was opened
	Execution string          // what the manifest calls the delivery
	Manifest  string          // slash separated, beneath the folder that was opened
	SHA256    string          // of the manifest, in hexadecimal
	Rows      int64
	Files     []File // in the manifest's order
}

// Open finds every export beneath a folder by its manifests: FOCUS 1.2 or 1.0 and CUR 2.0 of any number of payers and periods, whether deliveries overwrite each other or stand
// side by side. Of each file only the footer is read, and of each delivery the first rows that tell how fine it is. What cannot be used is left out, and what should be known is said, in Bill.Gaps; an error means that
// the folder itself cannot be read.
func Open(dir string) (*Bill, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("open the bill: %w", err)
	}
	found, err := look(dir)
	if err != nil {
		return nil, fmt.Errorf("open the bill in %s: %w", dir, err)
	}
	b := &Bill{Gaps: found.gaps}
	for _, p := range found.periods() {
		o := &opening{dir: dir, folder: *found.folders[p], period: p, document: documentIn(dir)}
		if d, ok := o.newest(); ok {
			b.Deliveries = append(b.Deliveries, d)
		}
		b.Gaps = append(b.Gaps, o.gaps...)
	}
	b.compare()
	slices.SortStableFunc(b.Gaps, func(a, c Gap) int {
		return cmp.Or(cmp.Compare(a.Where, c.Where), cmp.Compare(a.Code, c.Code), cmp.Compare(a.What, c.What))
	})
	return b, nil
}

// period is one export and month, as folders say it.
type period struct{ root, month string }

func (p period) String() string { return path.Join(p.root, partition+p.month) }

// found is what lies beneath a folder.
type found struct {
	folders map[period]*folder
	strays  map[string][]string // keys of data files outside of exports, by their folder
	gaps    []Gap
}

// folder is what lies in the folders of one export and month.
type folder struct {
	manifests []string         // keys
	data      map[place]string // keys by place
}

func (f *found) periods() []period {
	var periods []period
	for p := range f.folders {
		periods = append(periods, p)
	}
	slices.SortFunc(periods, func(a, b period) int { return cmp.Or(cmp.Compare(a.root, b.root), cmp.Compare(a.month, b.month)) })
	return periods
}

func (f *found) of(p place) *folder {
	at := period{p.root, p.month}
	if f.folders[at] == nil {
		f.folders[at] = &folder{data: map[place]string{}}
	}
	return f.folders[at]
}

// look walks the folder and sorts what it finds.
func look(dir string) (*found, error) {
	f := &found{folders: map[period]*folder{}, strays: map[string][]string{}}
	err := fs.WalkDir(os.DirFS(dir), ".", func(key string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			f.add(key)
		}
		return err
	})
	for folder, keys := range f.strays {
		f.gaps = append(f.gaps, Gap{
			Code: NoManifest, Where: folder, What: fmt.Sprintf("%d data files outside of an export's folders", len(keys)),
			Do: "copy the export's folder whole, data and metadata, under its own name", Args: []string{strconv.Itoa(len(keys))},
		})
	}
	return f, err
}

// add sorts in one file by its name.
func (f *found) add(key string) {
	at, ok := placeOf(key)
	switch {
	case ok && at.part == dataFolder:
		f.of(at).data[at] = key
	case ok && isManifest(at.name):
		f.of(at).manifests = append(f.of(at).manifests, key)
	case ok:
	case isManifest(path.Base(key)):
		f.gaps = append(f.gaps, Gap{
			Code: BadManifest, Where: key, What: "a manifest that stands outside of metadata/" + partition + "…, as those of the older Cost and Usage Report do",
			Do: "create the exports in Data Exports and copy their folders whole, data and metadata",
		})
	case isData(key):
		f.strays[path.Dir(key)] = append(f.strays[path.Dir(key)], key)
	}
}

func isManifest(name string) bool { return strings.HasSuffix(strings.ToLower(name), "manifest.json") }

func isData(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".parquet") || strings.HasSuffix(name, ".csv") || strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".zip")
}

// candidate is a manifest of the export and month, and the places of the files that it lists.
type candidate struct {
	key, sum string
	manifest *Manifest
	stamp    string // the folder of its delivery, empty where deliveries overwrite each other
	written  time.Time
	files    []place
}

// opening is the work on one export and month.
type opening struct {
	dir    string
	folder folder
	period period
	gaps   []Gap
	// document reads a manifest, and tells when it was written.
	document func(key string) ([]byte, time.Time, error)
}

// documentIn reads manifests from a folder.
func documentIn(dir string) func(key string) ([]byte, time.Time, error) {
	return func(key string) ([]byte, time.Time, error) {
		file := filepath.Join(dir, filepath.FromSlash(key))
		document, err := os.ReadFile(file)
		if err != nil {
			return nil, time.Time{}, err
		}
		info, err := os.Stat(file)
		if err != nil {
			return nil, time.Time{}, err
		}
		return document, info.ModTime(), nil
	}
}

func (o *opening) gap(code Code, where, what, do string, args ...string) {
	o.gaps = append(o.gaps, Gap{code, where, what, do, args})
}

// newest opens the newest complete delivery.
func (o *opening) newest() (d Delivery, ok bool) {
	if len(o.folder.manifests) == 0 {
		o.gap(NoManifest, o.period.String(), fmt.Sprintf("%d data files and no manifest, so nobody knows whether they are all", len(o.folder.data)),
			"wait until AWS has delivered the manifest, which comes last, and copy the folder metadata too", strconv.Itoa(len(o.folder.data)))
		return d, false
	}
	candidates := o.candidates()
	o.unlisted(candidates)
	for i, c := range candidates {
		files, complete := o.complete(c)
		if !complete {
			continue
		}
		for _, old := range candidates[i+1:] {
			o.gap(Superseded, old.key, "an older delivery of the same export and period than "+c.key+"; it is not read", "nothing, or delete old deliveries")
		}
		return o.open(c, files)
	}
	return d, false
}

// candidates are the manifests that can be read, the newest first.
func (o *opening) candidates() []candidate {
	var candidates []candidate
	stamped := true
	for _, key := range o.folder.manifests {
		c, err := o.candidate(key)
		if err != nil {
			o.gap(BadManifest, key, err.Error(), "copy it again, or have the export delivered anew; AWS writes the manifest after all data")
			continue
		}
		stamped = stamped && c.stamp != ""
		candidates = append(candidates, c)
	}
	// The folder of a delivery begins with its time. Where some have none the export's setting was changed, and only the time of writing tells.
	slices.SortStableFunc(candidates, func(a, b candidate) int {
		newer := cmp.Compare(b.stamp, a.stamp)
		if !stamped {
			newer = b.written.Compare(a.written)
		}
		return cmp.Or(newer, cmp.Compare(strings.Count(a.key, "/"), strings.Count(b.key, "/")), cmp.Compare(a.key, b.key))
	})
	// A delivery that has a folder of its own has its manifest twice: there, and beside the folders.
	var distinct []candidate
	for _, c := range candidates {
		if !slices.ContainsFunc(distinct, func(d candidate) bool { return slices.Equal(d.files, c.files) }) {
			distinct = append(distinct, c)
		}
	}
	return distinct
}

func (o *opening) candidate(key string) (candidate, error) {
	document, written, err := o.document(key)
	if err != nil {
		return candidate{}, err
	}
	m, err := ParseManifest(document)
	if err != nil {
		return candidate{}, err
	}
	sum := sha256.Sum256(document)
	at, _ := placeOf(key)
	c := candidate{key: key, sum: hex.EncodeToString(sum[:]), manifest: m, stamp: at.execution, written: written}
	for _, a := range m.DataFiles {
		// The bucket and the folders above the export are those of S3; the files lie beside the manifest, wherever that was copied to.
		at, ok := placeOf(path.Clean(a.Key()))
		if !ok || at.part != dataFolder || at.month != o.period.month {
			return candidate{}, fmt.Errorf("it lists %q, which is no data file of %s", a, o.period.month)
		}
		at.root = o.period.root
		c.files = append(c.files, at)
		c.stamp = cmp.Or(c.stamp, at.execution)
	}
	return c, nil
}

// unlisted names the files that no manifest speaks of.
func (o *opening) unlisted(candidates []candidate) {
	listed := map[place]bool{}
	for _, c := range candidates {
		for _, f := range c.files {
			listed[f] = true
		}
	}
	for at, key := range o.folder.data {
		if !listed[at] && len(candidates) > 0 {
			o.gap(FileUnlisted, key, "no manifest lists it; it is not read", "nothing: AWS leaves files of earlier deliveries behind; delete it if it is yours")
		}
	}
}

// complete says whether all files of a delivery are there and whole, and names those that are not.
func (o *opening) complete(c candidate) (files []*opened, complete bool) {
	complete = true
	for i, at := range c.files {
		key, there := o.folder.data[at]
		if !there {
			lost := path.Join(o.period.root, dataFolder, partition+at.month, at.execution, at.name)
			o.gap(FileMissing, lost, "the manifest "+c.key+" lists it and it is not there", "copy the data files again, then the manifest")
			complete = false
			continue
		}
		if form := strings.ToLower(path.Ext(key)); form != ".parquet" {
			o.gap(FormatUnsupported, key, "a data file of the form "+form+", where Parquet is read",
				`set the export's delivery to Format PARQUET and Compression PARQUET ("Parquet - Parquet" in the console) and have it delivered anew`)
			complete = false
			continue
		}
		file, err := o.file(key, c.manifest, c.manifest.DataFiles[i])
		if err != nil {
			o.gap(FileCorrupt, key, err.Error(), "copy it again; if it stays so, have the export delivered anew")
			complete = false
			continue
		}
		files = append(files, file)
	}
	return files, complete
}

// file reads a file's footer and closes it again: a bill may have more files than a process may hold open.
func (o *opening) file(key string, m *Manifest, a Address) (*opened, error) {
	name := filepath.Join(o.dir, filepath.FromSlash(key))
	file, err := openFile(name)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	file.key, file.name = key, name
	if size, ok := m.sizeOf(a.Key()); ok && (size.Bytes != file.parquet.Size() || size.Rows != file.parquet.NumRows()) {
		return nil, fmt.Errorf("it has %d bytes and %d rows; its manifest says %d and %d", file.parquet.Size(), file.parquet.NumRows(), size.Bytes, size.Rows)
	}
	return file, nil
}
