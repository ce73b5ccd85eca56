package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/ledger"
	"offpeak/internal/ledger/compact"
	"offpeak/internal/optimizer"
	"offpeak/internal/policy"
)

// weight is how much a diagnosis matters.
type weight string

// The weights. An error is what keeps offpeak from doing its work; a note is worth knowing.
const (
	isFine     weight = "ok"
	isNote     weight = "note"
	isError    weight = "error"
	notChecked weight = "not checked"
)

// diagnosisJSON is one thing that was looked at, and what is to be done about it.
type diagnosisJSON struct {
	Weight weight `json:"weight"`
	Check  string `json:"check"` // what was looked at: credentials, hub, policy, account, ...
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
}

func newDoctor(c console) *cobra.Command {
	var reached reachFlags
	var policyFile, since, output string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the set-up: credentials, hub, policy, roles, permissions, tags, runs; each finding with its remedy",
		Long: `Checks what offpeak needs, and tells for each finding what to do: credentials; the hub's store and policy; whether each account can be entered and
listed; runs that are overdue or were cut short; damage in the ledger; running resources without a schedule tag; tags that mean nothing.

It reads, and changes nothing. It exits with 1 when a finding is an error, and with 0 when there are only notes. What it cannot check it names.`,
		Example: `  offpeak doctor --hub s3://offpeak-hub-111122223333
  offpeak doctor --profile dev --region ap-northeast-2 -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := formOf(output); err != nil {
				return err
			}
			span, err := parseSpan(since)
			if err != nil {
				return usagef("--since: %w", err)
			}
			ctx, stop := interruptible()
			defer stop()
			x := &examination{console: c, since: span, regions: reached.regions}
			if err := x.begin(ctx, &reached, cmd, policyFile); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			return x.report(output)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&policyFile, "policy", defaultPolicy, "policy file (default: the hub's policy where --hub is a bucket)")
	flags.StringVar(&since, "since", "14d", "how far back the ledger is read for damage, as 92d, 36h; 0h: not at all")
	registerForm(cmd, &output)
	reached.register(cmd)
	return cmd
}

// examination looks at one thing after the other and keeps what it finds.
type examination struct {
	console
	since   time.Duration
	regions []string
	found   []diagnosisJSON
}

func (x *examination) find(w weight, check, text, remedy string) {
	x.found = append(x.found, diagnosisJSON{w, check, text, remedy})
}

// begin opens AWS and examines everything. An error is a mistake on the command line; what is wrong with the set-up is found.
func (x *examination) begin(ctx context.Context, reached *reachFlags, cmd *cobra.Command, policyFile string) error {
	s, err := reached.open(ctx, x.console)
	if _, usage := errors.AsType[usageError](err); usage {
		return err
	}
	if err != nil {
		x.found = append(x.found, credentialsDiagnosis(err))
		return nil
	}
	text := s.Who() + ", account " + string(s.Own())
	if s.Region() != "" {
		text += ", region " + string(s.Region())
	}
	x.find(isFine, "credentials", text, "")
	p, err := x.policy(ctx, s, cmd.Flags().Changed("policy"), policyFile)
	if err != nil || p == nil {
		return err
	}
	return x.everything(ctx, s, p)
}

// everything examines what needs a policy.
func (x *examination) everything(ctx context.Context, s *site, p *policy.Policy) error {
	scopes := x.scopes(ctx, s, p)
	var all, whole fleet.Snapshot // of the scopes that could be listed at all, and of those where everything could be
	progress := newProgress(x.console)
	for i, scope := range scopes {
		progress.show("looking at "+scope.String(), 1000*i/len(scopes))
		seen, everything := x.look(ctx, s, p, scope)
		all.Resources, all.Taken = append(all.Resources, seen.Resources...), seen.Taken
		if everything {
			whole.Resources = append(whole.Resources, seen.Resources...)
		}
		if err := ctx.Err(); err != nil {
			progress.clear()
			return err
		}
	}
	progress.clear()
	all.Sort()
	x.found = append(x.found, coverage(p, &whole)...)
	x.found = append(x.found, tagDiagnoses(p, &all)...)
	x.runs(ctx, s, scopes)
	x.ledger(ctx, s)
	if !s.local {
		parts := s.Parts(ctx, s.bucket, x.getenv(queueVariable), x.getenv(topicVariable))
		x.found = append(x.found, partDiagnoses(s.bucket, parts)...)
		x.reports(ctx, s, p)
	}
	x.found = append(x.found, unasked(s.local)...)
	return ctx.Err()
}

// The variables of the functions, by which their queue and topic can be named here too.
const (
	queueVariable = "OFFPEAK_QUEUE_URL"
	topicVariable = "OFFPEAK_TOPIC_ARN"
)

// policy examines the place of ledger and memory, and reads the policy that holds.
func (x *examination) policy(ctx context.Context, s *site, named bool, file string) (*policy.Policy, error) {
	for _, err := range s.store.List(ctx, "policy/") {
		if err != nil {
			x.find(isError, "hub", fmt.Sprintf("%s cannot be listed: %v", s.place, err), storeRemedy(err))
			return nil, nil
		}
		break
	}
	if s.local {
		x.find(isNote, "hub", fmt.Sprintf("ledger and memory are in the folder %s, for commands run by hand; no Lambda looks after anything", s.place),
			"name the hub where there is one: --hub s3://BUCKET")
	} else {
		x.find(isFine, "hub", s.place+" can be read and listed", "")
	}
	if s.local || named {
		p, err := loadPolicy(file)
		if err == nil {
			x.find(isFine, "policy", p.Rules.Policy+" is valid", "")
		}
		return p, err
	}
	held, doubt, err := readPolicy(ctx, s)
	switch {
	case err != nil:
		x.find(isError, "policy", err.Error(), "check yours with \"offpeak policy check\", then push it with \"offpeak policy push\"")
	case doubt != nil:
		x.find(isError, "policy", fmt.Sprintf("%s is in force, the one before the last: %v", held.Rules.Policy, doubt),
			"mend the policy, check it with \"offpeak policy check\", and push it again")
	default:
		x.find(isFine, "policy", held.Rules.Policy+" is in force", "")
	}
	return held, nil
}

// scopes lists what is to be looked at, and finds what cannot be.
func (x *examination) scopes(ctx context.Context, s *site, p *policy.Policy) []fleet.Scope {
	if s.local {
		scopes, err := s.ownScopes(ctx, x.apart(asJSON), p, x.regions)
		if err != nil {
			x.find(isError, "accounts", err.Error(), "name a region with --region")
		}
		return scopes
	}
	scopes, findings, err := s.Scopes(ctx, p)
	if err != nil {
		x.find(isError, "accounts", err.Error(), "correct the section accounts of the policy, or the role of who asks")
		return nil
	}
	for _, f := range findings {
		x.found = append(x.found, accountDiagnosis(f))
	}
	if len(x.regions) > 0 {
		scopes = slices.DeleteFunc(scopes, func(s fleet.Scope) bool { return !slices.Contains(x.regions, string(s.Region)) })
	}
	if len(scopes) == 0 {
		x.find(isError, "accounts", "the policy names no account and region that can be looked at", "name accounts in the policy's section accounts, or in its environments")
	}
	return scopes
}

// look enters a scope by the role that reads, then as a run would by the one that acts, and lists everything in it; everything is false where only what is opted in could be listed, or nothing.
func (x *examination) look(ctx context.Context, s *site, p *policy.Policy, scope fleet.Scope) (seen fleet.Snapshot, everything bool) {
	seen, err := s.Look(ctx, p, scope, false)
	x.found = append(x.found, lookDiagnoses(scope, s.Role(p, scope.Account), seen, err)...)
	if err == nil {
		x.mayAct(ctx, s, p, scope, &seen)
	}
	if err != nil {
		return fleet.Snapshot{Taken: x.now()}, false
	}
	all, err := s.Look(ctx, p, scope, true)
	if err != nil {
		x.find(isNote, "tags", fmt.Sprintf("%s: what is not opted in could not be listed: %v", scope, err), lookRemedy(err))
		return seen, false
	}
	return all, true
}

// mayAct enters by the role that acts, and tries as a dry run whether what is opted in could be stopped and started. EC2 alone offers that.
func (x *examination) mayAct(ctx context.Context, s *site, p *policy.Policy, scope fleet.Scope, seen *fleet.Snapshot) {
	id := ""
	if i := slices.IndexFunc(seen.Resources, func(r fleet.Resource) bool { return r.Kind == fleet.EC2Instance && r.State != fleet.Gone }); i >= 0 {
		id = seen.Resources[i].ID
	}
	err := s.MayAct(ctx, p, scope, id)
	said := ""
	if err != nil {
		said = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	switch {
	case err != nil && strings.Contains(s.Who(), ":assumed-role/"+hub.ReaderRole+"/"):
		x.find(notChecked, "permissions", fmt.Sprintf("%s: whether it may be acted on: who only reads may not", scope), "let an operator of the hub run this")
	case errors.Is(err, hub.ErrNotEntered):
		x.find(isError, "permissions", fmt.Sprintf("%s: %s", scope, said), "deploy the account's role in its current version, with you among the operators; the worker's log tells whether the hub itself is let in")
	case err != nil:
		x.find(isError, "permissions", fmt.Sprintf("%s: EC2 instances may not be stopped and started (a dry run with %s): %s", scope, id, said),
			"let the role make these calls: deploy its current version; an organisation's policy may forbid them too")
	case id != "":
		x.find(isFine, "permissions", fmt.Sprintf("%s: EC2 instances may be stopped and started (a dry run with %s)", scope, id), "")
	}
}

// overdueAfter is how late a wake may be: the dispatcher comes every few minutes.
const overdueAfter = 15 * time.Minute

// runs examines the wake index, and what runs have left.
func (x *examination) runs(ctx context.Context, s *site, scopes []fleet.Scope) {
	states := optimizer.States{Store: s.store}
	now := x.now()
	overdue, err := states.Due(ctx, now.Add(-overdueAfter))
	if err != nil {
		x.find(isError, "runs", err.Error(), "remove what does not belong into the hub's wake/; a run of every account makes the index anew within the hour")
	}
	for _, scope := range overdue {
		x.found = append(x.found, overdueDiagnosis(scope, s.local))
	}
	for _, scope := range scopes {
		state, err := states.Load(ctx, scope)
		if d, ok := stateDiagnosis(state, err, now, s.local); ok {
			x.found = append(x.found, d)
		}
	}
	if err == nil && len(overdue) == 0 && !s.local {
		x.find(isFine, "runs", fmt.Sprintf("no scope is overdue by more than %d minutes", int(overdueAfter.Minutes())), "")
	}
	x.accounts(ctx, s, scopes)
}

// accounts tells which accounts the dispatcher has not met.
func (x *examination) accounts(ctx context.Context, s *site, scopes []fleet.Scope) {
	if s.local {
		return
	}
	known := hub.Accounts{Store: s.store}
	asked := map[fleet.AccountID]bool{}
	for _, scope := range scopes {
		if asked[scope.Account] {
			continue
		}
		asked[scope.Account] = true
		met, err := known.Known(ctx, scope.Account)
		switch {
		case err != nil:
			x.find(isError, "accounts", err.Error(), "remove the object: accounts are then met, and observed, anew")
			return
		case !met:
			x.find(isNote, "accounts", fmt.Sprintf("the dispatcher has not met account %s yet; it meets everybody once an hour", scope.Account),
				"if it is an hour since the policy was pushed, see whether the dispatcher runs: its log group in CloudWatch")
		}
	}
}

// ledger reads the ledger for damage.
func (x *examination) ledger(ctx context.Context, s *site) {
	if x.since == 0 {
		x.find(notChecked, "ledger", "damage, for --since is 0", "")
		return
	}
	now := x.now()
	entries, damages := 0, []*ledger.Damage{}
	for _, err := range (compact.Book{Store: s.store}).Read(ctx, now.Add(-x.since), now.Add(time.Minute), fleet.Scope{}) {
		damage, damaged := errors.AsType[*ledger.Damage](err)
		switch {
		case damaged:
			damages = append(damages, damage)
		case err != nil:
			x.find(isError, "ledger", err.Error(), storeRemedy(err))
			return
		default:
			entries++
		}
	}
	x.found = append(x.found, ledgerDiagnosis(entries, damages))
}

// report prints what was found. Errors make the exit code.
func (x *examination) report(output string) error {
	var err error
	if output == "json" {
		err = writeJSON(x.out, x.found)
	} else {
		err = renderDiagnoses(x.out, x.found, newStyle(x.console))
	}
	if err == nil && slices.ContainsFunc(x.found, func(d diagnosisJSON) bool { return d.Weight == isError }) {
		return exit(exitFailed)
	}
	return err
}
