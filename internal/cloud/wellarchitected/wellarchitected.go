// Package wellarchitected puts a quarter's evidence beside the questions of the AWS Well-Architected Tool.
//
// In go a workload, notes by best practice, and the quarter's name; what becomes of them is a text of offpeak's own in the notes of each question, between
// two marks, and one milestone a quarter. People answer: no choice is ever ticked or taken back, no question marked, and what people wrote in the notes is
// kept. A workload that is not there is made; none is removed.
package wellarchitected

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	wat "github.com/aws/aws-sdk-go-v2/service/wellarchitected"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected/types"

	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
)

const (
	lens        = "wellarchitected" // the framework's own
	mostAnswers = 50                // of a page of each of the lists
	// Bounds of what a workload names (CreateWorkload).
	mostAccounts, mostRegions = 100, 50
)

// Environment is what a workload is for, in AWS's words.
type Environment = types.WorkloadEnvironment

// The environments.
const (
	Production    = types.WorkloadEnvironmentProduction
	Preproduction = types.WorkloadEnvironmentPreproduction
)

// Workload is what is reviewed. It is found by its name, of which AWS ignores spaces and capitals; the rest is for one that is to be made, and changes none
// that is there.
type Workload struct {
	Name, Description string
	Owner             string // of the review, a name or a mail address
	Environment       Environment
	Accounts          []fleet.AccountID
	Regions           []fleet.Region
}

// Note is a line for a best practice, by its id in the Tool, such as sec_protect_data_rest_encrypt.
type Note struct{ Choice, Text string }

// Result is what was done.
type Result struct {
	Workload string // its id
	Created  bool
	// Noted are questions whose notes were changed; those that said it already are not among them. Short are questions with room for a part of the lines,
	// or for none, beside what people wrote.
	Noted, Short []string
	// Unplaced are practices that no question of the workload has: the Tool has another version of the framework.
	Unplaced []string
	// Milestone says that the quarter's milestone was made now, and not earlier.
	Milestone bool
}

// ErrAnswered says that an answer is not as it was before its notes were written.
var ErrAnswered = errors.New("the answer's choices are not as they were")

// Tool reaches the AWS Well-Architected Tool of one account and region. It is safe for concurrent use, but for one workload at a time.
type Tool struct {
	client *wat.Client
	scope  fleet.Scope
}

// New returns the tool of a scope. It makes no call.
func New(a *cloud.Access, scope fleet.Scope) *Tool {
	return &Tool{wat.NewFromConfig(a.Config(scope)), scope}
}

// Sync finds or makes the workload, writes the notes and makes the quarter's milestone, in this order. Done again it changes nothing. It stops at the first
// error, with what was done until then; the milestone is made only when all is written.
func (t *Tool) Sync(ctx context.Context, w Workload, notes []Note, quarter string) (Result, error) {
	var r Result
	var err error
	if r.Workload, r.Created, err = t.workload(ctx, &w, quarter); err != nil {
		return r, err
	}
	questions, err := t.questions(ctx, r.Workload)
	if err != nil {
		return r, err
	}
	lines := map[string][]string{}
	for _, n := range notes {
		if q, ok := questions[n.Choice]; ok {
			lines[q] = append(lines[q], n.Text)
		} else if !slices.Contains(r.Unplaced, n.Choice) {
			r.Unplaced = append(r.Unplaced, n.Choice)
		}
	}
	for _, q := range slices.Sorted(maps.Keys(lines)) {
		changed, whole, err := t.note(ctx, r.Workload, q, lines[q])
		if err != nil {
			return r, err
		}
		if changed {
			r.Noted = append(r.Noted, q)
		}
		if !whole {
			r.Short = append(r.Short, q)
		}
	}
	r.Milestone, err = t.milestone(ctx, r.Workload, "offpeak "+quarter)
	return r, err
}

// workload finds the workload by its name, and makes it where there is none.
func (t *Tool) workload(ctx context.Context, w *Workload, quarter string) (id string, created bool, err error) {
	if id, err = t.find(ctx, w.Name); id != "" || err != nil {
		return id, false, err
	}
	in := &wat.CreateWorkloadInput{
		WorkloadName: aws.String(w.Name), Description: aws.String(w.Description), Environment: w.Environment, Lenses: []string{lens},
	}
	if w.Owner != "" {
		in.ReviewOwner = aws.String(w.Owner)
	}
	for _, a := range w.Accounts[:min(len(w.Accounts), mostAccounts)] {
		in.AccountIds = append(in.AccountIds, string(a))
	}
	for _, region := range w.Regions[:min(len(w.Regions), mostRegions)] {
		in.AwsRegions = append(in.AwsRegions, string(region))
	}
	// AWS answers the same token as it did the first time, also when a person has removed the workload: another quarter asks anew.
	in.ClientRequestToken = token(quarter, w.Name, w.Description, w.Owner, string(w.Environment), strings.Join(in.AccountIds, " "), strings.Join(in.AwsRegions, " "))
	out, err := t.client.CreateWorkload(ctx, in)
	if err == nil {
		return aws.ToString(out.WorkloadId), true, nil
	}
	if isConflict(err) { // somebody was faster
		if id, again := t.find(ctx, w.Name); again == nil && id != "" {
			return id, false, nil
		}
	}
	return "", false, t.failed("CreateWorkload", w.Name, err)
}

func (t *Tool) find(ctx context.Context, name string) (id string, err error) {
	pages := wat.NewListWorkloadsPaginator(t.client, &wat.ListWorkloadsInput{MaxResults: aws.Int32(mostAnswers)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", t.failed("ListWorkloads", name, err)
		}
		for _, s := range page.WorkloadSummaries {
			shared := t.scope.Account != "" && aws.ToString(s.Owner) != string(t.scope.Account) // by another account, which has one of this name itself
			if plain(aws.ToString(s.WorkloadName)) == plain(name) && !shared {
				return aws.ToString(s.WorkloadId), nil
			}
		}
	}
	return "", nil
}

// plain is a name as AWS compares names.
func plain(name string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return -1
		}
		return unicode.ToLower(c)
	}, name)
}

// questions are the ids of questions by the practices that they can be answered with.
func (t *Tool) questions(ctx context.Context, workload string) (map[string]string, error) {
	of := map[string]string{}
	pages := wat.NewListAnswersPaginator(t.client, &wat.ListAnswersInput{WorkloadId: aws.String(workload), LensAlias: aws.String(lens), MaxResults: aws.Int32(mostAnswers)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, t.failed("ListAnswers", workload, err)
		}
		for _, s := range page.AnswerSummaries {
			for _, c := range s.Choices {
				of[aws.ToString(c.ChoiceId)] = aws.ToString(s.QuestionId)
			}
		}
	}
	return of, nil
}

// note writes lines into the notes of a question, beside what people wrote there, and nothing else of the answer. AWS replaces the choices that a call
// names, so the call names none; that they stayed is looked at all the same.
func (t *Tool) note(ctx context.Context, workload, question string, lines []string) (changed, whole bool, err error) {
	before, err := t.client.GetAnswer(ctx, &wat.GetAnswerInput{WorkloadId: aws.String(workload), LensAlias: aws.String(lens), QuestionId: aws.String(question)})
	if err != nil {
		return false, false, t.failed("GetAnswer", question, err)
	}
	if before.Answer == nil {
		return false, false, fmt.Errorf("wellarchitected:GetAnswer of %s in %s: there is no answer in AWS's answer", question, t.scope)
	}
	had := aws.ToString(before.Answer.Notes)
	text, whole := merge(had, lines)
	if text == had {
		return false, whole, nil
	}
	out, err := t.client.UpdateAnswer(ctx, &wat.UpdateAnswerInput{
		WorkloadId: aws.String(workload), LensAlias: aws.String(lens), QuestionId: aws.String(question), Notes: aws.String(text),
	})
	if err != nil {
		return false, whole, t.failed("UpdateAnswer", question, err)
	}
	if after := out.Answer; after != nil && (!sameSet(before.Answer.SelectedChoices, after.SelectedChoices) || aws.ToBool(before.Answer.IsApplicable) != aws.ToBool(after.IsApplicable)) {
		return true, whole, fmt.Errorf("notes of %s in workload %s: they were %v before, and are %v; look at the question in the AWS Well-Architected Tool, and answer it again: %w",
			question, workload, before.Answer.SelectedChoices, after.SelectedChoices, ErrAnswered)
	}
	return true, whole, nil
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// milestone makes a milestone unless there is one of this name.
func (t *Tool) milestone(ctx context.Context, workload, name string) (made bool, err error) {
	if there, err := t.hasMilestone(ctx, workload, name); there || err != nil {
		return false, err
	}
	_, err = t.client.CreateMilestone(ctx, &wat.CreateMilestoneInput{WorkloadId: aws.String(workload), MilestoneName: aws.String(name), ClientRequestToken: token(workload, name)})
	if isConflict(err) {
		if there, again := t.hasMilestone(ctx, workload, name); again == nil && there {
			return false, nil
		}
	}
	if err != nil {
		return false, t.failed("CreateMilestone", name, err)
	}
	return true, nil
}

func (t *Tool) hasMilestone(ctx context.Context, workload, name string) (bool, error) {
	pages := wat.NewListMilestonesPaginator(t.client, &wat.ListMilestonesInput{WorkloadId: aws.String(workload), MaxResults: aws.Int32(mostAnswers)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, t.failed("ListMilestones", workload, err)
		}
		for _, m := range page.MilestoneSummaries {
			if plain(aws.ToString(m.MilestoneName)) == plain(name) {
				return true, nil
			}
		}
	}
	return false, nil
}

func isConflict(err error) bool {
	_, is := errors.AsType[*types.ConflictException](err)
	return is
}

// token is the same for the same words, so that a call that is made twice is carried out once.
func token(words ...string) *string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return aws.String("offpeak-" + hex.EncodeToString(sum[:16]))
}

func (t *Tool) failed(call, of string, err error) error {
	return fmt.Errorf("wellarchitected:%s of %s in %s: %w", call, of, t.scope, cloud.Classify(err))
}
