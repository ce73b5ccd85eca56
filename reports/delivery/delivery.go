// Package delivery keeps reports where they cannot change any more, and mails each to its recipients once.
//
// Keys are reports/payer=P/quarter=2026Q3/state=S/...: the files of a report lie beneath v= and the beginning of the hash of its JSON, and manifest.json beside
// them is created last and once. So of two runs one report counts, and a run that died leaves nothing that does. What becomes of each mail is kept beside
// it: a mail of which it is not known whether it went is not sent again, and that is said. The package does no I/O of its own: it writes to an objects.Store
// and sends by a Mailer.
package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/reports"
)

// File is one file of a report.
type File struct {
	Name string
	Data []byte
}

// Names of files by which a report is found again.
const (
	ReportFile   = "report.json"
	manifestFile = "manifest.json"
	root         = "reports/"
)

// Manifest lists the files of a report with their hashes.
type Manifest struct {
	Format  string          `json:"format"`
	Payer   fleet.AccountID `json:"payer"`
	Quarter string          `json:"quarter"`
	State   reports.State   `json:"state"`
	Issued  time.Time       `json:"issued"`
	Method  string          `json:"method"`
	// Inputs are the deliveries of the bill, Ledger and Baselines the hashes of the others.
	Inputs    []reports.Manifest `json:"inputs"`
	Ledger    string             `json:"ledger_sha256"`
	Baselines string             `json:"baselines_sha256"`
	// Folder is where the files lie, Files are in order of their names.
	Folder string  `json:"folder,omitempty"`
	Files  []Named `json:"files"`
}

// Named is one file of a manifest.
type Named struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// ManifestFormat marks the JSON of a manifest, and its version.
const ManifestFormat = "offpeak-report-manifest/1"

// ManifestOf makes the manifest of a report's files.
func ManifestOf(r *reports.Report, files []File) Manifest {
	m := Manifest{
		Format: ManifestFormat, Payer: r.Tenant.Payer, Quarter: r.Quarter, State: r.State, Issued: r.Issued, Method: r.Method,
		Inputs: r.Sources.Manifests, Ledger: r.Sources.Ledger, Baselines: r.Sources.Baselines,
	}
	m.Files = make([]Named, len(files))
	var work sync.WaitGroup
	for i, f := range files {
		work.Go(func() { m.Files[i] = Named{f.Name, len(f.Data), HashOf(f.Data)} })
	}
	work.Wait()
	slices.SortFunc(m.Files, func(a, b Named) int { return strings.Compare(a.Name, b.Name) })
	return m
}

// SHA256 is the hash of a file, empty where it is not listed.
func (m *Manifest) SHA256(name string) string {
	for _, f := range m.Files {
		if f.Name == name {
			return f.SHA256
		}
	}
	return ""
}

// HashOf is the SHA-256 of a file in hexadecimal.
func HashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// ID names a report: the same tenant, quarter and state are the same report. Of restated ones Revision counts, from 1.
type ID struct {
	Payer    fleet.AccountID
	Quarter  string
	State    reports.State
	Revision int
}

// folder is where all of a report lies.
func (id ID) folder() string {
	state := string(id.State)
	if id.State == reports.Restated {
		state = fmt.Sprintf("%s-%02d", state, max(id.Revision, 1))
	}
	return quarterFolder(id.Payer, id.Quarter) + "state=" + state + "/"
}

func quarterFolder(payer fleet.AccountID, quarter string) string {
	return root + "payer=" + string(payer) + "/quarter=" + quarter + "/"
}

// Errors of reports that are not kept or cannot be read.
var (
	ErrNoReport = errors.New("there is no such report")
	ErrBroken   = errors.New("a report that was kept is not what its manifest says")
)

// Shelf is where reports are kept.
type Shelf struct{ Store objects.Store }

// Put keeps a report's files. It returns the manifest that counts: the one that was there already where another run was first, with false.
func (s Shelf) Put(ctx context.Context, id ID, r *reports.Report, files []File) (Manifest, bool, error) {
	if known, err := s.Manifest(ctx, id); !errors.Is(err, ErrNoReport) {
		return known, false, err
	}
	m := ManifestOf(r, files)
	m.Folder = id.folder() + "v=" + m.SHA256(ReportFile)[:12] + "/"
	for _, f := range files {
		if _, err := s.Store.Create(ctx, m.Folder+f.Name, f.Data); err != nil && !errors.Is(err, objects.ErrExists) {
			return Manifest{}, false, fmt.Errorf("keep %s: %w", m.Folder+f.Name, err)
		}
	}
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return Manifest{}, false, err
	}
	switch _, err = s.Store.Create(ctx, id.folder()+manifestFile, data); {
	case errors.Is(err, objects.ErrExists):
		known, err := s.Manifest(ctx, id)
		return known, false, err
	case err != nil:
		return Manifest{}, false, fmt.Errorf("keep %s: %w", id.folder()+manifestFile, err)
	default:
		return m, true, nil
	}
}

// Manifest returns that of a report, or ErrNoReport.
func (s Shelf) Manifest(ctx context.Context, id ID) (m Manifest, err error) {
	data, _, err := s.Store.Read(ctx, id.folder()+manifestFile)
	if errors.Is(err, objects.ErrNotFound) {
		return m, ErrNoReport
	}
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return m, fmt.Errorf("read %s: %w", id.folder()+manifestFile, err)
	}
	return m, nil
}

// File returns one file of a report, as its manifest says it is.
func (s Shelf) File(ctx context.Context, m *Manifest, name string) ([]byte, error) {
	data, _, err := s.Store.Read(ctx, m.Folder+name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", m.Folder+name, err)
	}
	if HashOf(data) != m.SHA256(name) {
		return nil, fmt.Errorf("%w: %s", ErrBroken, m.Folder+name)
	}
	return data, nil
}

// Report returns the report itself, and the hash of its JSON.
func (s Shelf) Report(ctx context.Context, m *Manifest) (*reports.Report, string, error) {
	data, err := s.File(ctx, m, ReportFile)
	if err != nil {
		return nil, "", err
	}
	r := &reports.Report{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, "", fmt.Errorf("read %s%s: %w", m.Folder, ReportFile, err)
	}
	return r, m.SHA256(ReportFile), nil
}

var manifestKey = regexp.MustCompile(`^reports/payer=(\d{12})/quarter=(\d{4}Q[1-4])/state=(provisional|final|restated)(?:-(\d\d))?/manifest\.json$`)

// Of lists the reports of a tenant, by quarter and state.
func (s Shelf) Of(ctx context.Context, payer fleet.AccountID) (ids []ID, err error) {
	for key, err := range s.Store.List(ctx, root+"payer="+string(payer)+"/") {
		if err != nil {
			return nil, err
		}
		found := manifestKey.FindStringSubmatch(key)
		if found == nil {
			continue
		}
		revision := 0
		for _, digit := range found[4] {
			revision = revision*10 + int(digit-'0')
		}
		ids = append(ids, ID{fleet.AccountID(found[1]), found[2], reports.State(found[3]), revision})
	}
	return ids, nil
}

// Last is the last report of a quarter: restated ones follow the final one, which follows the provisional. ErrNoReport where there is none.
func (s Shelf) Last(ctx context.Context, payer fleet.AccountID, quarter string) (ID, error) {
	ids, err := s.Of(ctx, payer)
	if err != nil {
		return ID{}, err
	}
	var last ID
	for _, id := range ids {
		if id.Quarter == quarter && (last.Quarter == "" || rank(id) > rank(last)) {
			last = id
		}
	}
	if last.Quarter == "" {
		return ID{}, fmt.Errorf("%w: %s of payer %s", ErrNoReport, quarter, payer)
	}
	return last, nil
}

func rank(id ID) int {
	return slices.Index([]reports.State{reports.Provisional, reports.Final, reports.Restated}, id.State)*100 + id.Revision
}

// Next is the id of a report that is to follow: of restated ones the next revision.
func Next(last ID, state reports.State) ID {
	next := ID{Payer: last.Payer, Quarter: last.Quarter, State: state}
	if state == reports.Restated {
		next.Revision = 1
		if last.State == reports.Restated {
			next.Revision = last.Revision + 1
		}
	}
	return next
}

// Where is the folder of a report's files, for people who look for them.
func (m *Manifest) Where() string { return path.Clean(m.Folder) }
