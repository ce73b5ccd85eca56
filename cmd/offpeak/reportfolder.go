package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"offpeak/internal/fleet"
	"offpeak/reports"
	"offpeak/reports/delivery"
)

// reportFolder is a folder in which reports lie, each in one of its own. What lies there is never changed.
type reportFolder string

// manifestName is the file that is written last: a folder without it holds no report.
const manifestName = "manifest.json"

// filedReport is a report that lies in a folder.
type filedReport struct {
	folder   string
	files    string // where the files lie: the folder itself, or on a hub's shelf one of their own beside the manifest
	manifest delivery.Manifest
	report   *reports.Report
	hash     string // of its JSON
	faults   []fault
}

// of reads a payer's reports, those of a copy of a hub's shelf too. Folders without a manifest are none.
func (f reportFolder) of(payer fleet.AccountID) (all []filedReport, err error) {
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read reports: %w", err)
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), string(payer)+"-") {
			folders = append(folders, filepath.Join(string(f), e.Name()))
		}
	}
	shelved, err := filepath.Glob(filepath.Join(string(f), "payer="+string(payer), "quarter=*", "state=*"))
	if err != nil {
		return nil, fmt.Errorf("read reports: %w", err)
	}
	for _, folder := range append(folders, shelved...) {
		k, err := readReport(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, nil
}

// fault is what is wrong with a file of a report.
type fault struct{ name, kind, says string }

// The kinds of faults.
const (
	faultMissing = "missing"
	faultChanged = "changed"
	faultExtra   = "extra"
)

// readReport reads a report with its manifest, and believes it only where every file is as the manifest says.
func readReport(folder string) (filedReport, error) {
	k, err := lookAtReport(folder)
	for _, f := range k.faults {
		err = errors.Join(err, errors.New(f.says)) // no ErrNotExist: a folder with a manifest is never written to
	}
	return k, err
}

// lookAtReport reads a report, and notes what is wrong with its files.
func lookAtReport(folder string) (k filedReport, err error) {
	k.folder = folder
	data, err := os.ReadFile(filepath.Join(folder, manifestName))
	if err != nil {
		return k, err
	}
	if err := json.Unmarshal(data, &k.manifest); err != nil {
		return k, fmt.Errorf("%s: %w", filepath.Join(folder, manifestName), err)
	}
	if k.manifest.Format != delivery.ManifestFormat {
		return k, fmt.Errorf("%s: its format is %.40q, this offpeak reads %q", filepath.Join(folder, manifestName), k.manifest.Format, delivery.ManifestFormat)
	}
	k.files = folder
	if own := path.Base(k.manifest.Folder); strings.HasPrefix(own, "v=") { // of a hub's shelf: as it lies there, or its files copied beside their manifest
		own = filepath.Join(folder, own)
		if info, err := os.Stat(own); err == nil && info.IsDir() {
			k.files = own
		}
	}
	for _, named := range k.manifest.Files {
		if err := k.take(named); err != nil {
			return k, err
		}
	}
	if k.report == nil && len(k.faults) == 0 {
		return k, fmt.Errorf("%s lists no %s", filepath.Join(folder, manifestName), delivery.ReportFile)
	}
	return k, nil
}

// take reads a file that the manifest names, and notes what is wrong with it.
func (k *filedReport) take(named delivery.Named) error {
	file := filepath.Join(k.files, filepath.Base(named.Name))
	data, err := os.ReadFile(file)
	if err != nil {
		k.faults = append(k.faults, fault{named.Name, faultMissing, fmt.Sprintf("%s is listed in %s and cannot be read: %s", file, manifestName, err.Error())})
		return nil
	}
	if delivery.HashOf(data) != named.SHA256 {
		k.faults = append(k.faults, fault{named.Name, faultChanged, fmt.Sprintf("%s was changed: its SHA-256 is not the one in %s", file, manifestName)})
		return nil
	}
	if named.Name == delivery.ReportFile {
		k.report, k.hash = &reports.Report{}, named.SHA256
		if err := json.Unmarshal(data, k.report); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// extra notes files that the manifest does not name. Names that begin with a point are the system's own.
func (k *filedReport) extra() error {
	entries, err := os.ReadDir(k.files)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); name != manifestName && !strings.HasPrefix(name, ".") && k.manifest.SHA256(name) == "" {
			k.faults = append(k.faults, fault{name, faultExtra, fmt.Sprintf("%s is not listed in %s", filepath.Join(k.files, name), manifestName)})
		}
	}
	return nil
}

// mostOfOne is how many reports of one payer, quarter and state a folder takes.
const mostOfOne = 99

// put writes a report into a folder of its own. Where the last one of its payer, quarter and state says the same, that stays, with false.
func (f reportFolder) put(r *reports.Report, m *delivery.Manifest, all []delivery.File) (folder string, fresh bool, err error) {
	name := fmt.Sprintf("%s-%s-%s", r.Tenant.Payer, r.Quarter, r.State)
	for n := 1; n <= mostOfOne; n++ {
		folder = filepath.Join(string(f), name)
		if n > 1 {
			folder += fmt.Sprintf("-%d", n)
		}
		k, err := readReport(folder)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return folder, true, write(folder, m, all)
		case err != nil:
			return folder, false, err
		case sayTheSame(k.report, r):
			return folder, false, nil
		}
	}
	return "", false, fmt.Errorf("%s holds %d reports of %s already", f, mostOfOne, name)
}

// sayTheSame reports whether two reports differ in nothing but when they were made.
func sayTheSame(a, b *reports.Report) bool {
	plain := func(r reports.Report) string {
		r.Issued, r.Change = b.Issued, nil
		r.Actions = append([]reports.Action(nil), r.Actions...)
		for i := range r.Actions {
			r.Actions[i].Due = ""
		}
		data, err := json.Marshal(r)
		if err != nil {
			return err.Error()
		}
		return string(data)
	}
	return plain(*a) == plain(*b)
}

// write writes the files, and the manifest last.
func write(folder string, m *delivery.Manifest, all []delivery.File) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("keep the report: %w", err)
	}
	keep := func(name string, data []byte) error {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			return fmt.Errorf("keep the report: %w", err)
		}
		return nil
	}
	errs := make([]error, len(all))
	var work sync.WaitGroup
	for i, file := range all {
		work.Go(func() { errs[i] = keep(file.Name, file.Data) })
	}
	work.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	manifest, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return keep(manifestName, manifest)
}
