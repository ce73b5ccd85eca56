// Package policy reads the policy file, offpeak.yaml, and turns it into the rules that planners follow.
//
// In goes the text of the file, and a function that gives the calendar files it names; out comes a Policy, or every problem of the
// file at once, each with line, column and what to write instead. Reading is strict: an unknown key, a key that stands twice, a value
// of the wrong kind, an unquoted account id are errors, because a policy that is half understood stops the wrong things. Schema
// describes the same form to editors, Template is a policy to begin with, and AddDay adds a holiday to the text without touching
// the rest of it. The package opens no file and decides nothing.
package policy

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"path"
	"time"

	"offpeak/autospot"
	"offpeak/internal/fleet"
	"offpeak/scheduler"
	"offpeak/scheduler/hours"
)

// Policy is a policy file understood.
type Policy struct {
	// Rules are what the scheduler follows, Spot what AutoSpot does. Rules.Policy is the file's name and the first digits of its Hash.
	Rules scheduler.Rules
	Spot  autospot.Rules
	// Schedules are the names of the schedules, in the order of the file.
	Schedules []string
	// Calendars are in the order of the file.
	Calendars []scheduler.NamedCalendar
	// Accounts are the accounts to look after.
	Accounts Accounts
	// Regions are the regions to look into; none: every region that an account has enabled.
	Regions []fleet.Region
	// Observe is how long a new account is watched and announced before anything in it is acted on; zero: not at all.
	Observe time.Duration
	Guards  Guards
	// Tenants are in the order of the file.
	Tenants []Tenant
	Report  Report
	// Prices are what the policy gives itself; they go before those found elsewhere.
	Prices fleet.Prices

	// Hash is the SHA-256 of the file's bytes in hexadecimal. It names the version of the policy.
	Hash string
	// Files are the calendar files that the policy names, in the order in which they were read. They belong to it wherever it goes.
	Files []File
	// Warnings are what is valid and yet deserves a second look, sorted by position.
	Warnings Problems

	descriptions map[string]string
	opening      map[string][]hours.Window
}

// Guards end a run that goes wrong. (How old a snapshot may be stands in the rules.)
type Guards struct {
	// MaxFailures is the percentage of failed acts, from 1 to 100, at which a run stops.
	MaxFailures int
}

// File is a file that a policy names.
type File struct {
	Path string // as written, relative to the policy's folder
	Hash string // SHA-256 in hexadecimal
}

// FileReader gives the content of a file by its path relative to the policy's folder.
type FileReader func(path string) ([]byte, error)

// What holds where a policy says nothing.
const (
	defaultStaleAfter  = 10 * time.Minute
	defaultMaxFailures = 20
	defaultObserve     = 7 * day
)

// Description returns what the policy says a schedule is for, empty where it says nothing.
func (p *Policy) Description(schedule string) string { return p.descriptions[schedule] }

// Opening returns the windows that a schedule is open in, without calendars and without a zone; false where it says its hours in another way.
func (p *Policy) Opening(schedule string) (hours.Hours, bool) {
	windows := p.opening[schedule]
	return hours.Hours{Windows: windows}, len(windows) > 0
}

// Load reads a policy. name is the file's name for messages; files is asked for the calendar files and may be nil where there are none.
// The error is of type Problems and holds everything that is wrong.
func Load(name string, data []byte, files FileReader) (*Policy, error) {
	root, problems := parse(data)
	if len(problems) > 0 {
		for i := range problems {
			problems[i].File = name
		}
		return nil, problems
	}
	sum := sha256.Sum256(data)
	d := newDraft(files)
	d.Hash = hex.EncodeToString(sum[:])
	d.Rules.Policy = path.Base(name) + "@" + d.Hash[:12]
	r := &reader{file: name}
	d.read(value{r, root, ""})
	if len(r.problems.list) > 0 {
		return nil, r.problems.sorted(name)
	}
	d.Warnings = r.warnings.sorted(name)
	return d.Policy, nil
}

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of the policy file, for editors. It sees the form, not what only Load can check, such
// as hours and names. The caller owns the bytes.
func Schema() []byte { return append([]byte(nil), schema...) }

//go:embed template.yaml
var template []byte

// Template returns a commented policy to begin with. It is valid. The caller owns the bytes.
func Template() []byte { return append([]byte(nil), template...) }
