package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/local"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
)

// pushFlags are the flags of policy push.
type pushFlags struct {
	inputs
	reachFlags
	yes       bool
	noPreview bool
	output    string
}

// pushJSON is a policy that was put in force, and what changes by it.
type pushJSON struct {
	Policy    string        `json:"policy"`
	InsteadOf string        `json:"instead_of,omitempty"`
	Hub       string        `json:"hub"`
	Pushed    bool          `json:"pushed"` // false: it was in force already
	AtLarge   []string      `json:"at_large"`
	Changes   []changeJSON  `json:"changes"`
	Same      int           `json:"as_before"`
	Previewed bool          `json:"previewed"`
	NotSeen   []string      `json:"not_seen"`
	Warnings  []problemJSON `json:"warnings"`
}

type changeJSON struct {
	subjectJSON
	What   turn   `json:"what"`
	Effect string `json:"effect"`
	Why    string `json:"why"`
}

func newPolicyPush(c console) *cobra.Command {
	f := pushFlags{inputs: inputs{console: c}}
	cmd := &cobra.Command{
		Use:   "push --hub s3://BUCKET[/PREFIX]",
		Short: "Put a policy in force at a hub, after showing which resources change and when",
		Long: `Puts a policy and the calendar files that it names in force at a hub.

First the accounts are looked at under the policy that is in force and under the new one, and what differs is shown: which resources change, how, and
when that is felt. A policy takes effect at each resource's next edge, never at once. With --inventory files are looked at instead of the accounts;
--no-preview looks at nothing.`,
		Example: `  offpeak policy push --hub s3://offpeak-123456789012
  offpeak policy push --hub s3://offpeak-123456789012 --inventory fleet.json --yes
  offpeak policy push --hub s3://offpeak-123456789012 --no-preview --yes`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			ctx, stop := interruptible()
			defer stop()
			return f.run(ctx)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.policyFile, "policy", defaultPolicy, "policy file")
	f.registerInventory(cmd)
	f.reachFlags.register(cmd)
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	registerForm(cmd, &f.output)
	flags.BoolVar(&f.noPreview, "no-preview", false, "do not show which resources change")
	return cmd
}

func (f *pushFlags) run(ctx context.Context) error {
	if _, err := formOf(f.output); err != nil {
		return err
	}
	if _, err := f.where(f.inputs.console); err != nil {
		return err
	}
	if f.noPreview && len(f.inventory) > 0 {
		return usagef("--no-preview looks at nothing: it goes without --inventory")
	}
	if f.hub == "" && f.getenv(hubVariable) == "" {
		return usagef("name the hub: --hub s3://BUCKET, or $%s", hubVariable)
	}
	if f.inputs.region != "" && len(f.inventory) == 0 {
		f.regions = []string{f.inputs.region}
	}
	if _, err := loadPolicy(f.policyFile); err != nil {
		return err // with the whole path of the file, which is not pushed
	}
	text, err := os.ReadFile(f.policyFile)
	if err != nil {
		return usagef("read policy: %w", err)
	}
	bundle, next, err := hub.NewBundle(filepath.Base(f.policyFile), text, besidePolicy(f.policyFile), f.now())
	if err != nil {
		return err
	}
	for _, warning := range next.Warnings {
		_, _ = fmt.Fprintf(f.err, "warning: %s\n", warning.Error())
	}
	s, err := f.place(ctx)
	if err != nil {
		return err
	}
	return f.push(ctx, s, bundle, next)
}

// place reaches the hub. Where nothing is asked of AWS, AWS is not reached.
func (f *pushFlags) place(ctx context.Context) (*site, error) {
	name := f.hub
	if name == "" {
		name = f.getenv(hubVariable)
	}
	if strings.HasPrefix(name, "s3://") || !f.noPreview && len(f.inventory) == 0 {
		return f.open(ctx, f.console)
	}
	store, err := local.NewFolder(name)
	return &site{store: store, place: name, local: true}, err
}

// push compares with the policy in force, asks, and pushes.
func (f *pushFlags) push(ctx context.Context, s *site, bundle hub.Bundle, next *policy.Policy) error {
	policies := &hub.Policies{Store: s.store}
	held, current, err := f.inForce(ctx, policies)
	if err != nil {
		return err
	}
	tells := f.apart(form(f.output))
	w := &lines{w: tells.out, style: newStyle(tells)}
	doc := pushJSON{
		Policy: next.Rules.Policy, Hub: s.place, AtLarge: []string{}, Changes: []changeJSON{}, NotSeen: []string{}, Warnings: problemsJSON(next.Warnings),
		Previewed: !f.noPreview,
	}
	if current != nil && current.Text == bundle.Text && maps.Equal(current.Files, bundle.Files) {
		w.say("%s is already in force in %s; nothing was written.", next.Rules.Policy, s.place)
		doc.Previewed = false
		return f.document(w, doc)
	}
	so := ""
	if held != nil {
		so, doc.InsteadOf = " instead of "+held.Rules.Policy, held.Rules.Policy
	}
	w.say("%s", w.style.paint(bold, fmt.Sprintf("%s%s", next.Rules.Policy, so)))
	for _, line := range atLarge(held, next) {
		w.say("  %s", line)
		doc.AtLarge = append(doc.AtLarge, line)
	}
	if !f.noPreview {
		if err := f.preview(ctx, s, held, next, w, &doc); err != nil {
			return err
		}
	}
	if err := errors.Join(w.err, tells.confirm(f.yes, "Put it in force?")); err != nil {
		return err
	}
	before, err := policies.Push(ctx, bundle)
	if err != nil {
		return err
	}
	w.say("Pushed %s to %s. It takes effect at each resource's next edge.", next.Rules.Policy, s.place)
	if before != nil && (current == nil || before.Text != current.Text || !maps.Equal(before.Files, current.Files)) {
		w.say("Meanwhile somebody else had pushed %s (%s): yours stands instead of theirs.", before.Name, before.Pushed.Format(clockFull))
	}
	doc.Pushed = true
	return f.document(w, doc)
}

// document ends the command: in JSON with what was done.
func (f *pushFlags) document(w *lines, doc pushJSON) error {
	if w.err != nil || form(f.output) != asJSON {
		return w.err
	}
	return writeJSON(f.out, doc)
}

// inForce returns the policy that holds, nil where there is none, and the bundle that was pushed last, nil where it cannot be read.
func (f *pushFlags) inForce(ctx context.Context, policies *hub.Policies) (*policy.Policy, *hub.Bundle, error) {
	current, err := policies.Current(ctx)
	if err == nil {
		if held, bad := current.Policy(); bad == nil {
			return held, &current, nil
		}
	}
	held, _, doubt, err := policies.InForce(ctx)
	if err == nil {
		if doubt != nil {
			_, _ = fmt.Fprintf(f.err, "note: the policy that was pushed last is not in force: %v\n", doubt)
		}
		return held, nil, nil
	}
	switch _, _, unread := policies.Store.Read(ctx, hub.CurrentPolicy); {
	case errors.Is(unread, objects.ErrNotFound):
		return nil, nil, nil
	case unread != nil:
		return nil, nil, unread
	}
	_, _ = fmt.Fprintf(f.err, "note: no policy is in force: %v\n", err)
	return nil, nil, nil
}

// preview shows which resources change.
func (f *pushFlags) preview(ctx context.Context, s *site, held, next *policy.Policy, w *lines, doc *pushJSON) error {
	before, after, seen, err := f.see(ctx, s, held, next)
	if err != nil {
		return fmt.Errorf("%w (--no-preview pushes without a look)", err)
	}
	scopes := scopesOf(&seen)
	memory, err := s.memory(ctx, scopes)
	if err != nil {
		return err
	}
	after.watched = map[fleet.AccountID]time.Time{}
	for _, scope := range scopes {
		if after.watched[scope.Account], err = observedUntil(ctx, s, next, scope.Account, f.now()); err != nil {
			return err
		}
	}
	found, same := differences(before, after, &seen, memory)
	doc.Same, doc.NotSeen = same, append(doc.NotSeen, seen.Gaps...)
	for _, d := range found {
		doc.Changes = append(doc.Changes, changeJSON{subjectOf(d.subject), d.what, d.effect, d.why})
	}
	if len(found) == 0 {
		w.say("  No resource changes: %d as before.", same)
		return w.err
	}
	rows := make([]row, 0, len(found))
	for _, d := range found {
		rows = append(rows, row{
			cells:   []string{string(d.what), label(d.subject), short(d.subject.Kind), d.subject.Environment, d.effect, d.why},
			colours: []string{turnColours[d.what], bold},
		})
	}
	if w.err == nil {
		w.err = w.style.writeRows(w.w, 2, rows)
	}
	w.say("%s", w.style.paint(bold, countTurns(found, same)))
	for _, gap := range seen.Gaps {
		w.say("  Not seen: %s.", gap)
	}
	return w.err
}

var turnColours = map[turn]string{turnNew: green, turnHours: yellow, turnRefused: red, turnLeft: red}

// see looks at what two policies look after: at the accounts under both, or at files. held may be nil.
func (f *pushFlags) see(ctx context.Context, s *site, held, next *policy.Policy) (before, after policyView, seen fleet.Snapshot, err error) {
	before, after = policyView{policy: held}, policyView{policy: next}
	if len(f.inventory) > 0 {
		seen, err = f.snapshot(nil, next.Prices)
		return before, after, seen, err
	}
	scopes, err := s.scopes(ctx, f.console, next, f.regions)
	if err != nil {
		return before, after, seen, err
	}
	if seen, err = s.look(ctx, f.console, next, scopes, false); err != nil || held == nil {
		after.covers = oneOf(scopes)
		return before, after, seen, err
	}
	once, err := s.scopes(ctx, f.console, held, f.regions)
	if err != nil {
		return before, after, seen, err
	}
	before.covers, after.covers = oneOf(once), oneOf(scopes)
	var more []fleet.Scope // where only the policy before looks, or looks for other tags
	for _, scope := range once {
		if !after.covers(scope) || !sameOptIn(held.Rules.Keys, next.Rules.Keys) {
			more = append(more, scope)
		}
	}
	if len(more) == 0 {
		return before, after, seen, nil
	}
	also, err := s.look(ctx, f.console, held, more, false)
	return before, after, merged(seen, also), err
}

func oneOf(scopes []fleet.Scope) func(fleet.Scope) bool {
	return func(s fleet.Scope) bool { return slices.Contains(scopes, s) }
}

func sameOptIn(a, b fleet.TagKeys) bool {
	return slices.Equal(a.Schedule, b.Schedule) && a.Custodian == b.Custodian
}

// merged joins two looks at the same time; what both show stands there once.
func merged(a, b fleet.Snapshot) fleet.Snapshot {
	listed := map[fleet.ARN]bool{}
	for i := range a.Resources {
		listed[a.Resources[i].ARN] = true
	}
	for _, r := range b.Resources {
		if !listed[r.ARN] {
			a.Resources = append(a.Resources, r)
		}
	}
	a.Gaps, a.NotChecked = union(a.Gaps, b.Gaps), union(a.NotChecked, b.NotChecked)
	a.Sort()
	return a
}

func scopesOf(s *fleet.Snapshot) []fleet.Scope {
	var scopes []fleet.Scope
	for i := range s.Resources {
		if scope := s.Resources[i].Scope; !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}
