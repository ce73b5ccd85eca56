package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"offpeak/autospot"
	"offpeak/internal/billing/coverage"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// Commitments keeps what bills told of Reserved Instances and Savings Plans, an object for each payer: who reads a bill publishes it, and AutoSpot, which reads
// none, knows it.
type Commitments struct{ Store objects.Store }

// Publish keeps the facts of a payer in place of those before.
func (c Commitments) Publish(ctx context.Context, f *coverage.Facts) error {
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("publish commitments of %s: %w", f.Payer, err)
	}
	key := coverage.Key(f.Payer)
	before, version, err := c.Store.Read(ctx, key)
	switch {
	case errors.Is(err, objects.ErrNotFound):
		_, err = c.Store.Create(ctx, key, data)
	case err == nil && bytes.Equal(before, data):
	case err == nil:
		_, err = c.Store.Replace(ctx, key, data, version)
	}
	if errors.Is(err, objects.ErrExists) || errors.Is(err, objects.ErrChanged) {
		err = errors.New("somebody else publishes them at the same time; look, and publish again")
	}
	if err != nil {
		return fmt.Errorf("publish commitments of %s: %w", f.Payer, err)
	}
	return nil
}

// Published are the facts of all payers. What cannot be read is said in unread: it is not as if there were none.
func (c Commitments) Published(ctx context.Context) (facts []coverage.Facts, unread []string, _ error) {
	for key, err := range c.Store.List(ctx, coverage.Prefix) {
		if err != nil {
			return nil, nil, fmt.Errorf("commitments: %w", err)
		}
		data, _, err := c.Store.Read(ctx, key)
		if err != nil {
			return nil, nil, fmt.Errorf("commitments: %s: %w", key, err)
		}
		f, err := coverage.Parse(data)
		if err != nil {
			unread = append(unread, fmt.Sprintf("%s: %v", key, err))
			continue
		}
		facts = append(facts, f)
	}
	return facts, unread, nil
}

// CommittedBy says what commitments pay for of the resources of a snapshot, by the facts of some payers, and in sources where that is from. Whoever is not in
// them, or only in facts that are too old, is in doubt: those commitments may have been bought since.
func CommittedBy(seen *fleet.Snapshot, facts []coverage.Facts, unread []string, now time.Time) (committed map[fleet.ARN]autospot.Committed, sources []string) {
	committed = map[fleet.ARN]autospot.Committed{}
	for i := range seen.Resources {
		if _, asked := coverage.SubjectOf(&seen.Resources[i]); asked {
			committed[seen.Resources[i].ARN] = committedOf(seen.Resources[i].ARN, facts, unread, now)
		}
	}
	for i := range facts {
		sources = append(sources, "commitments: "+sourceOf(&facts[i]))
	}
	for _, text := range unread {
		sources = append(sources, "commitments: not known: "+text)
	}
	if len(sources) == 0 {
		sources = []string{"commitments: not known, no bill was told"}
	}
	return committed, sources
}

func sourceOf(f *coverage.Facts) string {
	return fmt.Sprintf("the bill of %s, %s to %s, by %s, read on %s", f.Payer, f.From.Format(time.DateOnly), f.To.Format(time.DateOnly), f.Source, f.Written.Format(time.DateOnly))
}

// committedOf is what facts say of one resource. Of several payers' bills the one in which it ran longest counts.
func committedOf(arn fleet.ARN, facts []coverage.Facts, unread []string, now time.Time) autospot.Committed {
	var of *coverage.Facts
	var known coverage.Group
	for i := range facts {
		if g, ok := facts[i].Of(arn); ok && (of == nil || g.Hours > known.Hours) {
			of, known = &facts[i], g
		}
	}
	switch {
	case of == nil && len(unread) > 0:
		return autospot.Committed{Doubt: unread[0]}
	case of == nil && len(facts) == 0:
		return autospot.Committed{Doubt: "no bill was told"}
	case of == nil:
		return autospot.Committed{Doubt: "no bill that was told was asked about it"}
	}
	c := autospot.Committed{Units: known.Units, Doubt: known.Doubt}
	switch {
	case c.Doubt != "":
	case of.Stale(now):
		c.Doubt = fmt.Sprintf("the bill that tells of it ends on %s, more than %d days ago", of.To.Format(time.DateOnly), int(coverage.StaleAfter.Hours())/24)
	case len(of.Gaps) > 0:
		c.Doubt = "parts of the bill could not be used: " + strings.Join(of.Gaps, "; ")
	}
	return c
}

// committed says what commitments pay for in a scope. Where nothing asks for Spot, and where none are to count, nobody is asked.
func (p *spotPlanner) committed(ctx context.Context, s *fleet.Snapshot, now time.Time) (map[fleet.ARN]autospot.Committed, []string, error) {
	if p.policy.Spot.Uncommitted || !asksForSpot(s, p.policy.Spot.Keys) {
		return nil, nil, nil
	}
	facts, unread, err := p.worker.Facts, []string(nil), error(nil)
	if facts == nil {
		facts, unread, err = (Commitments{p.worker.Store}).Published(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	committed, sources := CommittedBy(s, facts, unread, now)
	return committed, sources, nil
}

func asksForSpot(s *fleet.Snapshot, keys fleet.TagKeys) bool {
	for i := range s.Resources {
		if keys.WantsSpot(s.Resources[i].Tags) {
			return true
		}
	}
	return false
}
