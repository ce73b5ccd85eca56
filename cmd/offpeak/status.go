package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/ledger"
	"offpeak/internal/ledger/compact"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/scheduler"
)

func newStatus(c console) *cobra.Command {
	in := inputs{console: c}
	var reached reachFlags
	var output string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what is asleep now, why and until when; what is on although its schedule says stopped; what waits",
		Long: `Shows what offpeak holds off now: since when, what it was before, why, until when, and what an hour of it would cost. Then what runs although its
schedule says stopped, and why it is left; what is due, is being tried or fails; accounts that are only watched so far; and the sums.

It looks at AWS as it is now, and at what offpeak remembers at --hub. It changes nothing.`,
		Example: `  offpeak status --hub s3://offpeak-hub-111122223333
  offpeak status -l env=dev,Team=pay
  offpeak status -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := formOf(output); err != nil {
				return err
			}
			selected, err := parseSelector(in.selector)
			if err != nil {
				return err
			}
			ctx, stop := interruptible()
			defer stop()
			s, p, err := reached.ready(ctx, c, cmd, in.policyFile)
			if err != nil {
				return err
			}
			return showStatus(ctx, c, s, p, statusQuery{selected, reached.regions, output})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&in.policyFile, "policy", defaultPolicy, "policy file (default: the hub's policy where --hub is a bucket)")
	flags.StringVarP(&in.selector, "selector", "l", "", "only resources that match, as Team=pay,env=dev (also account, region, kind, id, name, state)")
	registerForm(cmd, &output)
	reached.register(cmd)
	return cmd
}

// statusQuery is what to show, and how.
type statusQuery struct {
	selected selector
	regions  []string
	output   string
}

// showStatus looks and prints. What could not be looked at is said, and is a failure: what is asleep there is told by memory alone.
func showStatus(ctx context.Context, c console, s *site, p *policy.Policy, q statusQuery) error {
	scopes, err := s.scopes(ctx, c, p, q.regions)
	if err != nil {
		return err
	}
	sights := make([]scopeSight, len(scopes))
	var unread []error
	for i, scope := range scopes {
		if sights[i], err = s.sightOf(ctx, c, p, scope); err != nil {
			return err
		}
		if sights[i].unread != nil {
			unread = append(unread, sights[i].unread)
		}
	}
	if len(unread) == len(scopes) && len(unread) > 0 {
		return unread[0]
	}
	doc := statusOf(p, q.selected, sights, c.now())
	doc.Hub, doc.Findings = s.place, append(doc.Findings, s.findings...)
	if q.output == "json" {
		err = writeJSON(c.out, doc)
	} else {
		err = renderStatus(c.out, doc, p.Rules.Zone, newStyle(c))
	}
	if err == nil && len(unread) > 0 {
		return exit(exitFailed)
	}
	return err
}

// scopeSight is everything that is known of a scope now.
type scopeSight struct {
	scope  fleet.Scope
	seen   fleet.Snapshot
	unread error         // why it could not be looked at; nil where it was
	memory *fleet.Memory // nil where nothing is remembered
	// doubt says why memory is not what the last run left: it was made out of the ledger.
	doubt    error
	observed time.Time // until when the account is only watched; zero where it is not
	told     told
	made     plan.Plan     // what the scheduler makes of it
	after    *fleet.Memory // as it would be after this look
}

// told is what the ledger says of acts, by act id: the first intent, and the last failure.
type told struct {
	intents, failures map[string]ledger.Entry
	damages           []string
}

// sightOf looks at a scope, and reads what is remembered and written of it.
func (s *site) sightOf(ctx context.Context, c console, p *policy.Policy, scope fleet.Scope) (scopeSight, error) {
	out := scopeSight{scope: scope}
	out.seen, out.unread = s.look(ctx, c, p, []fleet.Scope{scope}, false)
	if err := ctx.Err(); err != nil {
		return out, err
	}
	var err error
	if out.memory, out.doubt = s.memory(ctx, []fleet.Scope{scope}); out.doubt != nil {
		if out.memory, err = s.rebuilt(ctx, scope, c.now()); err != nil {
			return out, errors.Join(out.doubt, err)
		}
	}
	known := hub.Accounts{Store: s.store}
	met, err := known.Known(ctx, scope.Account)
	if err != nil {
		return out, err
	}
	if met && p.Observe > 0 {
		since, err := known.Since(ctx, scope.Account, c.now())
		if err != nil {
			return out, err
		}
		if until := since.Add(p.Observe); c.now().Before(until) {
			out.observed = until
		}
	}
	if out.told, err = s.tell(ctx, scope, out.memory, c.now()); err != nil {
		return out, err
	}
	out.made, out.after, err = s.plan(ctx, p, &out.seen, out.memory, scheduler.Options{
		Now: out.seen.Taken, Idle: true, Forecast: lookAhead, ObservedUntil: out.observed,
	})
	return out, err
}

// rebuildReach is how far back the ledger is read where memory is lost, as a run would.
const rebuildReach = 92 * 24 * time.Hour

// rebuilt makes memory out of the ledger.
func (s *site) rebuilt(ctx context.Context, scope fleet.Scope, now time.Time) (*fleet.Memory, error) {
	var entries []ledger.Entry
	for e, err := range (compact.Book{Store: s.store}).Read(ctx, now.Add(-rebuildReach), now.Add(time.Hour), scope) {
		if _, damaged := errors.AsType[*ledger.Damage](err); damaged {
			continue
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	memory, _ := optimizer.Rebuild(entries)
	return &memory, nil
}

// mostDays bounds the days of the ledger that are read for the reasons of what is asleep: what was stopped before them is told by its edge alone.
const mostDays = 14

// tell reads the ledger of the days on which what is held off, or is being tried, was acted on.
func (s *site) tell(ctx context.Context, scope fleet.Scope, memory *fleet.Memory, now time.Time) (told, error) {
	out := told{intents: map[string]ledger.Entry{}, failures: map[string]ledger.Entry{}}
	days := daysOfActs(memory, now)
	for _, day := range days[max(len(days)-mostDays, 0):] {
		for e, err := range (compact.Book{Store: s.store}).Read(ctx, day, day.AddDate(0, 0, 1), scope) {
			if damage, ok := errors.AsType[*ledger.Damage](err); ok {
				out.damages = append(out.damages, damage.Error())
				continue
			}
			if err != nil {
				return out, err
			}
			out.note(e)
		}
	}
	return out, nil
}

func (t *told) note(e ledger.Entry) {
	switch e.State {
	case ledger.Intent:
		if _, first := t.intents[e.Act]; !first {
			t.intents[e.Act] = e
		}
	case ledger.Failed:
		t.failures[e.Act] = e
	case ledger.Applied, ledger.Verified, ledger.Enrolled, ledger.Gone, ledger.Released, ledger.Returned, ledger.Succeeded, ledger.Interrupted:
	}
}

// daysOfActs lists the UTC days on which the last acts on what is held off, or is being tried, were made, in order.
func daysOfActs(memory *fleet.Memory, now time.Time) []time.Time {
	days := map[time.Time]bool{}
	if memory == nil {
		return nil
	}
	for _, m := range memory.Resources {
		if m.Act == "" || !holdsOff(m) && m.Attempts == 0 {
			continue
		}
		of := []time.Time{m.Tried.At, m.StoppedByUs}
		if m.Attempts > 0 {
			of = append(of, now)
		}
		for _, at := range of {
			if !at.IsZero() {
				days[at.UTC().Truncate(24*time.Hour)] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(days), time.Time.Compare)
}
