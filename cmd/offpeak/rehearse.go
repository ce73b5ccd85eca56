package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"golang.org/x/term"

	"offpeak/autospot"
	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
	"offpeak/internal/twin"
)

// rehearsal is a simulation that is to be run.
type rehearsal struct {
	specs     []simulation.Spec
	policy    *policy.Policy
	payers    []invoice.Payer
	catalogue *invoice.Catalogue
	period    billing.Period
	history   time.Duration // before the period, for baselines
	settle    time.Duration // before the history, for people's habits
	seed      uint64
	faults    twin.Faults
	// folder is where everything is written; empty for nowhere.
	folder string
	// engine counts the bill; empty for plain Go.
	engine string
	// besides, if set, is done with what was lived and billed before it is cleared away: the store holds ledger and memory, the folder the bill.
	besides func(ctx context.Context, a *twin.Audit, store objects.Store, bill string) error
	// unbilled leaves out the bill, and with it all figures in dollars.
	unbilled bool
}

// The folders beneath a rehearsal's own.
const (
	billFolder      = "bill"
	snapshotsFolder = "snapshots"
)

// enoughMemory is from where on collections are worth their time again, in bytes.
const enoughMemory = 3500 << 20

// run lets the organisation live twice, bills it, and computes the figures from ledger and bill.
func (r *rehearsal) run(ctx context.Context, c console) (*twin.Audit, error) {
	// A simulation makes much that is soon forgotten, on a machine that does nothing else: fewer collections are worth their memory.
	defer debug.SetGCPercent(debug.SetGCPercent(300))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(enoughMemory))
	folder := r.folder
	if folder == "" {
		temporary, err := os.MkdirTemp("", "offpeak-simulation-")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(temporary) }()
		folder = temporary
	}
	progress := newProgress(c)
	defer progress.clear()
	store := local.NewPacked()
	config := twin.Config{
		Specs: r.specs, Rules: &r.policy.Rules, Begin: r.period.From.Add(-r.history), From: r.period.From, To: r.period.To, Settle: r.settle,
		Seed: r.seed, Faults: r.faults, Store: store, MaxFailures: r.policy.Guards.MaxFailures,
		Progress: func(done int) { progress.show("simulating", done) },
	}
	if r.policy.Spot.Mode == autospot.Act {
		config.Spot, config.Market = &r.policy.Spot, invoice.SampleOffers(r.catalogue, config.Begin.AddDate(0, 0, -60))
	}
	lives, err := twin.Live(ctx, config)
	if err != nil {
		return nil, err
	}
	if r.unbilled {
		return &twin.Audit{Lives: lives}, r.keepAll(ctx, lives, store)
	}
	progress.show("billing", 0)
	audit, err := lives.Audit(ctx, twin.Accounts{
		Payers: r.payers, Catalogue: r.catalogue, Folder: filepath.Join(folder, billFolder), Open: openBill(r.engine), Rates: local.ReadPlanRatesFile,
	})
	switch {
	case errors.Is(err, twin.ErrNothingBilled):
		return nil, fmt.Errorf("%w; name prices with --prices, or leave the bill out with --no-bill", err)
	case err != nil:
		return nil, err
	}
	if r.besides != nil {
		progress.show("reporting", 0)
		if err := r.besides(ctx, audit, store, filepath.Join(folder, billFolder)); err != nil {
			return nil, err
		}
	}
	return audit, r.keepAll(ctx, lives, store)
}

// keepAll writes ledger, memory and listings, where there is a folder for them.
func (r *rehearsal) keepAll(ctx context.Context, lives *twin.Lives, store objects.Store) error {
	if r.folder == "" {
		return nil
	}
	return errors.Join(keep(ctx, store, r.folder), dump(ctx, lives, filepath.Join(r.folder, snapshotsFolder)))
}

// keep writes the objects of ledger and memory into a folder.
func keep(ctx context.Context, store objects.Store, folder string) error {
	files, err := local.NewFolder(folder)
	if err != nil {
		return err
	}
	for key, err := range store.List(ctx, "") {
		if err != nil {
			return err
		}
		data, _, err := store.Read(ctx, key)
		if err == nil {
			_, err = files.Create(ctx, key, data)
		}
		if err != nil {
			return fmt.Errorf("keep %s: %w", key, err)
		}
	}
	return nil
}

// dump writes the world at its end as the AWS CLI would list it, a folder for each account and region.
func dump(ctx context.Context, lives *twin.Lives, folder string) error {
	for _, scope := range lives.With.Scopes() {
		if err := ctx.Err(); err != nil {
			return err
		}
		files, err := lives.With.Dump(scope)
		if err != nil {
			return err
		}
		place := filepath.Join(folder, string(scope.Account), string(scope.Region))
		if err := os.MkdirAll(place, 0o750); err != nil {
			return err
		}
		for name, data := range files {
			if err := writeFile(filepath.Join(place, name), func(w io.Writer) error {
				_, err := w.Write(data)
				return err
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// specsOf makes simulated resources of a snapshot as if they had been there when the simulation begins: always on as long as nobody stops
// them. What belongs to a group or a cluster is left out, for these bring their parts with them; what cannot be simulated is counted: what goes away,
// and groups whose instances' type the listing does not tell.
func specsOf(s *fleet.Snapshot, begin time.Time, zone *time.Location) (specs []simulation.Spec, left int) {
	for i := range s.Resources {
		r := s.Resources[i]
		_, member := r.Trait(fleet.GroupMember)
		_, part := r.Trait(fleet.ClusterMember)
		if member || part {
			continue
		}
		switch {
		case r.State == fleet.Gone || r.State == fleet.StateUnknown, r.Kind == fleet.AutoScalingGroup && len(r.Members) == 0:
			left++
			continue
		case r.Kind.Sized():
			r.State = fleet.Stopped
			if r.Size.Desired > 0 {
				r.State = fleet.Running
			}
		case r.State == fleet.Changing:
			r.State = fleet.Running
		}
		r.Since, r.Created = notAfter(r.Since, begin), notAfter(r.Created, begin)
		specs = append(specs, simulation.Spec{Resource: r, Zone: zone, Habits: []simulation.Habit{simulation.LeavesOn{}}})
	}
	return specs, left
}

// settled is how long the people of a sample organisation have lived before its history begins.
const settled = 150 * 24 * time.Hour

// settledUnbilled is the same where no figure is compared with a baseline: enough for what is left on, and for most of what is forgotten.
const settledUnbilled = 28 * 24 * time.Hour

// since lets all resources have been there when the simulation begins.
func since(specs []simulation.Spec, begin time.Time) []simulation.Spec {
	for i := range specs {
		specs[i].Created = notAfter(specs[i].Created, begin)
	}
	return specs
}

func notAfter(t, latest time.Time) time.Time {
	if t.After(latest) {
		return latest
	}
	return t
}

// progress shows on a terminal how far something has come; elsewhere it is silent.
type progress struct {
	w     io.Writer
	on    bool
	shown string
}

func newProgress(c console) *progress {
	file, ok := c.err.(*os.File)
	return &progress{w: c.err, on: ok && term.IsTerminal(int(file.Fd())) && c.getenv("TERM") != "dumb"}
}

// show shows a share in thousandths.
func (p *progress) show(what string, done int) { p.say(fmt.Sprintf("%s %d %%", what, done/10)) }

// say shows what is being done where nobody knows how long it takes.
func (p *progress) say(text string) {
	if p.on && text != p.shown {
		p.shown = text
		_, _ = fmt.Fprintf(p.w, "\r\x1b[K%s", text)
	}
}

func (p *progress) clear() {
	if p.on && p.shown != "" {
		_, _ = fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = ""
	}
}
