package coverage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
)

// Format marks facts that are kept, and the version of their form.
const Format = "offpeak-committed/1"

// kept is the form of facts.
type kept struct {
	Format  string          `json:"format"`
	Payer   fleet.AccountID `json:"payer"`
	From    time.Time       `json:"from"`
	To      time.Time       `json:"to"`
	Written time.Time       `json:"written"`
	Source  string          `json:"source"`
	Gaps    []string        `json:"gaps,omitempty"`
	Groups  []keptGroup     `json:"groups"`
}

type keptGroup struct {
	ARN     fleet.ARN `json:"arn"`
	Units   int       `json:"units"`
	Covered int       `json:"covered"`
	Hours   int       `json:"hours"`
	Doubt   string    `json:"doubt,omitempty"`
}

// mostUnits is more than any group has.
const mostUnits = 10_000

// MarshalJSON writes facts in the form that Parse reads.
func (f *Facts) MarshalJSON() ([]byte, error) {
	k := kept{Format: Format, Payer: f.Payer, From: f.From.UTC(), To: f.To.UTC(), Written: f.Written.UTC(), Source: f.Source, Gaps: f.Gaps, Groups: []keptGroup{}}
	for _, g := range f.Groups {
		k.Groups = append(k.Groups, keptGroup(g))
	}
	return json.Marshal(k)
}

// Parse reads facts, strictly and whole: an unknown member, a group that stands twice or a number that cannot be is an error.
func Parse(data []byte) (Facts, error) {
	var k kept
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&k); err != nil {
		return Facts{}, fmt.Errorf("read what commitments pay for: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Facts{}, errors.New("read what commitments pay for: text follows the facts")
	}
	if err := k.check(); err != nil {
		return Facts{}, fmt.Errorf("read what commitments pay for: %w; write them anew with \"offpeak spot --live --bill DIR --publish\"", err)
	}
	f := Facts{Payer: k.Payer, From: k.From.UTC(), To: k.To.UTC(), Written: k.Written.UTC(), Source: k.Source, Gaps: k.Gaps}
	for _, g := range k.Groups {
		f.Groups = append(f.Groups, Group(g))
	}
	slices.SortFunc(f.Groups, func(a, b Group) int { return strings.Compare(string(a.ARN), string(b.ARN)) })
	return f, nil
}

// check refuses what Compute never makes.
func (k *kept) check() error {
	if k.Format != Format {
		return fmt.Errorf("the format is %.40q, this offpeak reads %q", k.Format, Format)
	}
	if _, err := fleet.ParseAccountID(string(k.Payer)); err != nil {
		return fmt.Errorf("payer: %w", err)
	}
	if k.From.IsZero() || !k.From.Before(k.To) || k.To.Sub(k.From) > Days*day {
		return fmt.Errorf("from %s to %s is not one to %d days", k.From.Format(time.RFC3339), k.To.Format(time.RFC3339), Days)
	}
	seen := map[fleet.ARN]bool{}
	for _, g := range k.Groups {
		switch {
		case !strings.HasPrefix(string(g.ARN), "arn:"):
			return fmt.Errorf("%.80q is no ARN", g.ARN)
		case seen[g.ARN]:
			return fmt.Errorf("%.120s stands twice", g.ARN)
		case g.Covered < 0 || g.Units < g.Covered || g.Units > mostUnits || g.Hours < 0 || g.Hours > Days*24:
			return fmt.Errorf("%.120s: %d units, %d of them covered, in %d hours cannot be", g.ARN, g.Units, g.Covered, g.Hours)
		}
		seen[g.ARN] = true
	}
	return nil
}
