package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/scheduler"
)

// credentialsDiagnosis says why AWS could not be asked who is calling.
func credentialsDiagnosis(err error) diagnosisJSON {
	remedy := "log in (aws sso login, or aws configure), name a profile with --profile, and see that \"aws sts get-caller-identity\" answers"
	switch failure.Of(err) {
	case failure.Denied:
		remedy = cmp.Or(failure.Remedy(err), remedy)
		if remedy == failure.Denied.Remedy() {
			remedy = "the credentials have run out or are not valid: log in again (aws sso login), or name others with --profile"
		}
	case failure.Unreachable, failure.Throttled:
		remedy = "see that this machine reaches sts.amazonaws.com, then try again; a proxy is named by HTTPS_PROXY"
	default:
	}
	return diagnosisJSON{isError, "credentials", err.Error(), remedy}
}

// storeRemedy is what to do where the hub's store cannot be read.
func storeRemedy(err error) string {
	switch failure.Of(err) {
	case failure.Denied:
		return "allow who asks s3:ListBucket on the hub's bucket and s3:GetObject on its objects, and kms:Decrypt where its key is your own"
	case failure.Gone:
		return "check the bucket's name, and that the hub's stack is deployed"
	case failure.Unreachable, failure.Throttled:
		return "try again; see that this machine reaches S3 in the bucket's region"
	default:
		return "check the name of the bucket or folder in --hub, and its region"
	}
}

// accountDiagnosis is the diagnosis of an account that cannot be looked into.
func accountDiagnosis(f hub.Finding) diagnosisJSON {
	w := isError
	if f.Class.Passes() {
		w = isNote
	}
	return diagnosisJSON{w, "accounts", f.Text, f.Remedy}
}

// lookDiagnoses says whether a scope can be listed, and of which facts its role may not ask.
func lookDiagnoses(scope fleet.Scope, role string, seen fleet.Snapshot, err error) []diagnosisJSON {
	if role != "" {
		role = " by " + role
	}
	if err != nil {
		class := failure.Of(err)
		w := isError
		if class.Passes() {
			w = isNote
		}
		return []diagnosisJSON{{w, "permissions", fmt.Sprintf("%s cannot be listed%s (%s): %v", scope, role, class, err), lookRemedy(err)}}
	}
	all := []diagnosisJSON{{isFine, "permissions", fmt.Sprintf("%s can be entered%s and listed: %s with a schedule tag", scope, role, counted(len(seen.Resources), "resource")), ""}}
	for _, fact := range seen.NotChecked {
		if strings.Contains(fact, "may not call") {
			all = append(all, diagnosisJSON{isNote, "permissions", fmt.Sprintf("%s: not seen: %s", scope, fact), "let the role make this call: deploy its current version"})
		}
	}
	for _, gap := range seen.Gaps {
		all = append(all, diagnosisJSON{isNote, "inventory", gap, "what was left out is never acted on; tell the developers, with the record"})
	}
	return all
}

// lookRemedy is what to do where a scope cannot be listed.
func lookRemedy(err error) string {
	if own := failure.Remedy(err); own != "" && own != failure.Of(err).Remedy() {
		return own
	}
	switch failure.Of(err) {
	case failure.Denied:
		return "deploy offpeak's role in the account in its current version, see that account and region are enabled, or take them out of the policy"
	case failure.Throttled:
		return "others use the account's quota of calls; try again, runs do so by themselves"
	case failure.Unreachable:
		return "try again; see that the region's endpoints can be reached from here"
	default:
		return "correct what AWS says; the runs of the hub meet the same"
	}
}

// coverage counts what runs without a schedule tag, by environment. Protected environments are left out, and so is what is scheduled by way
// of its group or cluster.
func coverage(p *policy.Policy, s *fleet.Snapshot) []diagnosisJSON {
	protected := map[string]bool{}
	for _, e := range p.Rules.Environments {
		protected[e.Name] = e.Protected
	}
	type count struct{ running, without int }
	counts := map[string]*count{}
	environmentOf := p.Rules.EnvironmentOf()
	for i := range s.Resources {
		r := &s.Resources[i]
		environment := environmentOf(r)
		if r.State != fleet.Running || protected[environment] || partOfAnother(r) {
			continue
		}
		c := counts[environment]
		if c == nil {
			c = &count{}
			counts[environment] = c
		}
		c.running++
		if !saysSchedule(p.Rules.Keys, r.Tags) {
			c.without++
		}
	}
	var all []diagnosisJSON
	for _, environment := range slices.Sorted(maps.Keys(counts)) {
		c := counts[environment]
		text := fmt.Sprintf("%s: %d of %d running without a schedule tag", cmp.Or(environment, "no environment"), c.without, c.running)
		switch {
		case c.without == 0:
			all = append(all, diagnosisJSON{isFine, "coverage", text, ""})
		case environment == "":
			all = append(all, diagnosisJSON{isNote, "coverage", text, "nothing there is ever touched; name its accounts or tags in an environment of the policy if it should be"})
		default:
			all = append(all, diagnosisJSON{isNote, "coverage", text, fmt.Sprintf("tag what may sleep with %s; \"offpeak inventory\" counts what is where", p.Rules.Keys.Schedule[0])})
		}
	}
	return all
}

// saysSchedule reports whether an owner has said anything about a schedule, ignore included.
func saysSchedule(keys fleet.TagKeys, tags fleet.Tags) bool {
	for _, key := range keys.Schedule {
		if _, ok := tags.Get(key); ok {
			return true
		}
	}
	if keys.Custodian == "" {
		return false
	}
	_, _, ok := tags.GetFold(keys.Custodian)
	return ok
}

// partOfAnother reports whether a resource is scheduled by way of another, or run by something else.
func partOfAnother(r *fleet.Resource) bool {
	for _, kind := range []fleet.TraitKind{fleet.GroupMember, fleet.ClusterMember, fleet.Managed} {
		if _, ok := r.Trait(kind); ok {
			return true
		}
	}
	return false
}

// tagDiagnoses finds tags that mean nothing, or not what their owner meant: keys in another case, schedules that the policy does not have,
// texts that cannot be read, resources of no environment. One cause is told once, with those that it concerns.
func tagDiagnoses(p *policy.Policy, s *fleet.Snapshot) []diagnosisJSON {
	var causes []string
	concerned := map[string][]string{}
	note := func(cause, who string) {
		if _, known := concerned[cause]; !known {
			causes = append(causes, cause)
		}
		concerned[cause] = append(concerned[cause], who)
	}
	for i := range s.Resources {
		r := &s.Resources[i]
		for _, key := range keysOf(p.Rules.Keys) {
			if _, exact := r.Tags.Get(key); exact {
				continue
			}
			if _, written, ok := r.Tags.GetFold(key); ok && r.State != fleet.Gone {
				note(fmt.Sprintf("the tag key %s is not %s: upper and lower case count", written, key), label(plan.SubjectOf(r, "")))
			}
		}
	}
	made, _ := scheduler.New(&p.Rules).Plan(s, nil, scheduler.Options{Now: s.Taken})
	for _, x := range made.Refusals {
		switch x.Code {
		case plan.UnknownSchedule, plan.InvalidTag, plan.ConflictingTags, plan.NoSchedule, plan.EnvironmentUnknown, plan.EnvironmentAmbiguous:
			note(fmt.Sprintf("%s: %s", x.Code, x.Why), label(x.Subject))
		default:
		}
	}
	all := make([]diagnosisJSON, 0, len(causes))
	for _, cause := range causes {
		all = append(all, diagnosisJSON{isNote, "tags", fmt.Sprintf("%s (%s)", cause, some(concerned[cause])), tagRemedy(cause)})
	}
	if len(all) == 0 {
		all = append(all, diagnosisJSON{isFine, "tags", "every tag can be read", ""})
	}
	return all
}

// keysOf lists the keys that are compared exactly.
func keysOf(k fleet.TagKeys) []string {
	var keys []string
	for _, key := range append(slices.Clone(k.Schedule), k.Override, k.Spot, k.Group, k.Order, k.Snapshot) {
		if key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

func tagRemedy(cause string) string {
	code, _, _ := strings.Cut(cause, ":")
	switch plan.Code(code) {
	case plan.EnvironmentUnknown, plan.EnvironmentAmbiguous:
		return "name its account or its tags in one environment of the policy"
	case plan.NoSchedule:
		return "write a schedule's name into the tag, or give the environment a default schedule"
	default:
		return "correct the tag, or ask its owner to; until then it is not acted on"
	}
}

// some lists the first few names, and how many more there are.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// overdueDiagnosis is the diagnosis of a scope that should have been looked at by now.
func overdueDiagnosis(scope fleet.Scope, local bool) diagnosisJSON {
	if local {
		return diagnosisJSON{
			isNote, "runs", fmt.Sprintf("%s is due: there was something to do more than %d minutes ago", scope, int(overdueAfter.Minutes())),
			"run \"offpeak plan\" and \"offpeak apply\"; nothing runs by itself from a folder",
		}
	}
	return diagnosisJSON{
		isError, "runs", fmt.Sprintf("%s is overdue by more than %d minutes: the dispatcher does not run, or the worker fails", scope, int(overdueAfter.Minutes())),
		"see the log groups of both functions in CloudWatch, that the schedule of the dispatcher is enabled, and what is in the dead-letter queue",
	}
}

// longestLease is longer than any run takes a scope for.
const longestLease = 20 * time.Minute

// never is later than any lease ends.
const never = 200 * 365 * 24 * time.Hour

// stateDiagnosis says what is wrong with what a scope's last run left; false where nothing is.
func stateDiagnosis(state optimizer.State, err error, now time.Time, local bool) (diagnosisJSON, bool) {
	switch {
	case errors.Is(err, objects.ErrNotFound) && local:
		return diagnosisJSON{}, false
	case errors.Is(err, objects.ErrNotFound):
		return diagnosisJSON{
			isNote, "runs", fmt.Sprintf("no run has looked after %s yet", state.Scope),
			"it is looked at within an hour after the policy was pushed; if it is not, see the log group of the worker in CloudWatch",
		}, true
	case state.CutShort(now.Add(-time.Hour)):
		return diagnosisJSON{
			isError, "runs", fmt.Sprintf("%s: a run took the scope more than an hour ago and never gave it back; none has come since", state.Scope),
			"see the log groups of dispatcher and worker in CloudWatch; the next run goes on where it was cut short",
		}, true
	case state.CutShort(now):
		return diagnosisJSON{isNote, "runs", fmt.Sprintf("%s: the last run was cut short", state.Scope), "nothing: the next run reads the ledger and goes on"}, true
	case state.CutShort(now.Add(never)) && !state.CutShort(now.Add(longestLease)):
		return diagnosisJSON{
			isError, "runs", fmt.Sprintf("%s: its lease lasts longer than any run does", state.Scope),
			"a clock is wrong, that of this machine or of who wrote it; if it is not this one, delete the scope's object beneath state/: memory is made out of the ledger",
		}, true
	case err != nil:
		return diagnosisJSON{
			isError, "runs", fmt.Sprintf("what is remembered of %s cannot be read: %v", state.Scope, err),
			"lost memory is made out of the ledger by the next run; a newer form needs the version of offpeak that wrote it",
		}, true
	default:
		return diagnosisJSON{}, false
	}
}

// ledgerDiagnosis says whether the ledger can be read, and where its damage begins.
func ledgerDiagnosis(entries int, damages []*ledger.Damage) diagnosisJSON {
	if len(damages) == 0 {
		return diagnosisJSON{isFine, "ledger", fmt.Sprintf("every one of its %d lines can be read", entries), ""}
	}
	first := slices.MinFunc(damages, func(a, b *ledger.Damage) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Offset, b.Offset))
	})
	text := fmt.Sprintf("%s cannot be read, the first in %v; %d lines can", counted(len(damages), "place"), first, entries)
	return diagnosisJSON{isError, "ledger", text, "put the object's version before back where the bucket keeps versions; leave it as it is otherwise: what can be read around it is"}
}

// unasked names what this command has no way to check, and how to.
func unasked(local bool) []diagnosisJSON {
	all := []diagnosisJSON{
		{notChecked, "permissions", "whether databases, groups and services may be changed: that is seen when they are; what AWS refuses stands in \"offpeak status\" and \"offpeak history\"", ""},
		{
			isNote, "cost", "AWS Config: no run writes a tag, so that none is recorded; where it is on, it records each stop and start, as it does a person's",
			"where that is too dear, record instances, groups and databases once a day instead of continuously; \"aws configservice describe-configuration-recorders\" tells what is recorded",
		},
	}
	if local {
		return all
	}
	return append(all, []diagnosisJSON{
		{notChecked, "functions", "the functions and the dispatcher's schedule, but for what is overdue above", "aws logs tail LOG-GROUP --since 1h"},
	}...)
}

// renderDiagnoses writes what was found, each remedy below its finding, and the sum.
func renderDiagnoses(w io.Writer, found []diagnosisJSON, s style) error {
	colours := map[weight]string{isFine: green, isNote: yellow, isError: red, notChecked: dim}
	var rows []row
	counts := map[weight]int{}
	for _, d := range found {
		counts[d.Weight]++
		rows = append(rows, row{cells: []string{string(d.Weight), d.Check, d.Text}, colours: []string{colours[d.Weight], bold}})
		if d.Remedy != "" {
			rows = append(rows, row{cells: []string{"", "", "-> " + d.Remedy}, colours: []string{"", "", dim}})
		}
	}
	if err := s.writeRows(w, 0, rows); err != nil {
		return err
	}
	text := fmt.Sprintf("%s, %s, %d fine, %d not checked.", counted(counts[isError], "error"), counted(counts[isNote], "note"), counts[isFine], counts[notChecked])
	_, err := fmt.Fprintf(w, "\n%s\n", s.paint(bold, text))
	return err
}
