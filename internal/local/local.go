// Package local gives planners the same facts from files that they otherwise get from AWS: what the AWS CLI prints, snapshots and
// memory that offpeak saved, and price lists.
//
// In go readers with names for the error messages; out come a fleet.Snapshot, a fleet.Memory and fleet.Prices. Reading is all or
// nothing: a record that cannot be understood is an error that names the file and the place in it, and nothing is skipped silently;
// what a listing left out stands in the snapshot's Gaps, what files cannot show in its NotChecked. Inventories are streamed: a file
// may be larger than memory, one record may not be larger than RecordLimit. The package asks no clock and calls nobody.
package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

// Source is one inventory to read, under the name that errors call it by. The name "-" stands for standard input.
type Source struct {
	Name   string
	Reader io.Reader
}

// Options say what files may not. The zero value asks for nothing in particular.
type Options struct {
	// Account and Region are used where a record does not tell its own. A record that tells another one is an error.
	Account fleet.AccountID
	Region  fleet.Region
	// Taken is the instant of listings, which carry none; it must be set when there are any. Saved snapshots keep their own.
	Taken time.Time
	// Launch asks for how things are launched too (fleet.Launch), of which schedules need nothing.
	Launch bool
	// Posture asks for how things are set up otherwise (fleet.Posture), which no plan needs.
	Posture bool
}

// ReadInventory reads listings printed by the AWS CLI (describe-instances, describe-auto-scaling-groups, describe-db-instances,
// describe-db-clusters, describe-services) or snapshots that offpeak saved, and makes one snapshot of them. Listings that tell more of how
// things are launched (describe-launch-template-versions, describe-target-group-attributes, describe-clusters, describe-capacity-providers)
// may stand among them, and volumes (describe-volumes); they count where that was asked for. A source may hold several JSON documents in a row. A resource that stands in two sources counts once when they agree, and is an error when they do not.
func ReadInventory(sources []Source, opts Options) (fleet.Snapshot, error) {
	c := newCollection(opts)
	for _, s := range sources {
		c.read(s)
	}
	return c.snapshot()
}

// ReadInventoryFiles reads the files of these names as ReadInventory does, one after the other; "-" is stdin.
func ReadInventoryFiles(names []string, stdin io.Reader, opts Options) (fleet.Snapshot, error) {
	c := newCollection(opts)
	for _, name := range names {
		if name == "-" {
			c.read(Source{name, stdin})
		} else {
			c.readFile(name)
		}
	}
	return c.snapshot()
}

// collection is a snapshot in the making.
type collection struct {
	opts      Options
	resources []fleet.Resource
	launching described.Launching
	volumes   map[string]fleet.Disk // by id, where asked for
	places    map[fleet.ARN]place
	gaps      []string
	saved     []savedHeader // of the saved snapshots among the sources
	listed    string        // a source that is a listing, if any
	sources   int
	broken    []error
}

// place is where a resource was found.
type place struct {
	index  int // in resources
	source string
}

// savedHeader is a saved snapshot without its resources.
type savedHeader struct {
	source string
	fleet.Snapshot
}

func newCollection(opts Options) *collection {
	return &collection{opts: opts, places: map[fleet.ARN]place{}, volumes: map[string]fleet.Disk{}, launching: described.Launching{
		Templates: map[string][]described.TemplateVersion{}, Targets: map[string]map[string]string{},
		Clusters: map[string][]string{}, Providers: map[string]string{}, Scheduled: map[described.ScheduledGroup][]int{},
	}}
}

// read takes in one source, or notes why it cannot, so that one call tells of every broken file.
func (c *collection) read(s Source) {
	c.sources++
	if s.Name == "-" {
		s.Name = "standard input"
	}
	if err := readInventory(s, c); err != nil {
		c.broken = append(c.broken, err)
	}
}

func (c *collection) readFile(name string) {
	file, err := os.Open(name)
	if err != nil {
		c.broken = append(c.broken, err) // it names the file
		return
	}
	defer file.Close() //nolint:errcheck // nothing is lost by closing a file that was only read
	c.read(Source{name, file})
}

// add takes in one resource. One that is there already must be the same in every respect.
func (c *collection) add(r *fleet.Resource, source string) error {
	if before, ok := c.places[r.ARN]; ok {
		same, err := equal(&c.resources[before.index], r)
		if err != nil || same {
			return err
		}
		if before.source == source {
			return fmt.Errorf("%s stands in this file twice, and not alike: list it again", r.ARN)
		}
		return fmt.Errorf("%s stands in %s too, and not alike: list both at one time, or leave one out", r.ARN, before.source)
	}
	c.places[r.ARN] = place{len(c.resources), source}
	c.resources = append(c.resources, *r)
	return nil
}

// equal compares by the saved form, in which equal instants and equal prices are written alike.
func equal(a, b *fleet.Resource) (bool, error) {
	left, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	right, err := json.Marshal(b)
	return bytes.Equal(left, right), err
}

// snapshot puts everything together once all sources are read.
func (c *collection) snapshot() (fleet.Snapshot, error) {
	switch {
	case len(c.broken) > 0:
		return fleet.Snapshot{}, errors.Join(c.broken...)
	case c.sources == 0:
		return fleet.Snapshot{}, errors.New("there is no inventory to read")
	}
	s := fleet.Snapshot{Taken: c.opts.Taken.UTC(), Resources: c.resources, Gaps: c.gaps}
	if len(c.saved) > 0 {
		if err := c.oneInstant(); err != nil {
			return fleet.Snapshot{}, err
		}
		s.Taken = c.saved[0].Taken
		for _, saved := range c.saved {
			s.NotChecked = union(s.NotChecked, saved.NotChecked)
			s.Gaps = union(s.Gaps, saved.Gaps)
		}
	} else {
		if s.Taken.IsZero() {
			return fleet.Snapshot{}, fmt.Errorf("%s is a listing and does not tell when it was made: give its instant", c.listed)
		}
		described.Join(s.Resources)
		c.launching.Join(s.Resources)
		described.JoinVolumes(s.Resources, c.volumes)
		s.NotChecked = notChecked(s.Resources)
	}
	s.Sort()
	slices.Sort(s.Gaps)
	return s, nil
}

// oneInstant refuses to mix what was seen at different times: a plan is made for one instant.
func (c *collection) oneInstant() error {
	first := c.saved[0]
	if c.listed != "" {
		return fmt.Errorf("%s is a saved snapshot of %s and %s a listing: a plan is made for one instant, so read one or the other",
			first.source, first.Taken.Format(time.RFC3339), c.listed)
	}
	for _, other := range c.saved[1:] {
		if !other.Taken.Equal(first.Taken) {
			return fmt.Errorf("%s was taken at %s and %s at %s: a plan is made for one instant, so read one or the other",
				first.source, first.Taken.Format(time.RFC3339Nano), other.source, other.Taken.Format(time.RFC3339Nano))
		}
	}
	return nil
}

func union(a, b []string) []string {
	for _, text := range b {
		if !slices.Contains(a, text) {
			a = append(a, text)
		}
	}
	return a
}
