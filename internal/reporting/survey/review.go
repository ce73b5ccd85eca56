package survey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/pillars"
	"offpeak/reports/words"
)

// Review is a tenant's evidence for its workload in the AWS Well-Architected Tool.
type Review struct {
	// Workload is its name. Description, Owner, Accounts and Regions are for one that is to be made.
	Workload, Description, Owner string
	Accounts                     []fleet.AccountID
	Regions                      []fleet.Region
	// Quarter names the milestone, Notes stand beside the questions.
	Quarter string
	Notes   []pillars.Note
}

// Reviewed is what was done of it.
type Reviewed struct {
	Workload  string `json:"workload"` // its id
	Created   bool   `json:"created,omitempty"`
	Milestone bool   `json:"milestone,omitempty"`
	// Noted are questions whose notes were changed; Short lack room for all of it, and Unplaced are practices that no question of the workload has.
	Noted    []string `json:"noted,omitempty"`
	Short    []string `json:"short,omitempty"`
	Unplaced []string `json:"unplaced,omitempty"`
}

// ErrAnswered says that an answer of people's was not as it had been when notes were written beside it.
var ErrAnswered = errors.New("an answer is not as it was before notes were written beside it")

// review is what is kept of a tenant's: of which report the notes are, so that each is written once, or why no more are written for the quarter.
type review struct {
	Format string   `json:"format"`
	Report string   `json:"report_sha256"`
	Done   Reviewed `json:"done"`
	// Stopped is set where people have to look first.
	Stopped string `json:"stopped,omitempty"`
}

const reviewFormat = "offpeak-review/1"

func reviewKey(quarter string, payer fleet.AccountID) string {
	return folder(quarter) + "review/payer=" + string(payer) + ".json"
}

// reviews puts the evidence of final and restated reports beside the questions of the workloads that the policy names. One tenant's failure keeps no other from
// theirs, and no report waits for it.
func (s *Surveyor) reviews(ctx context.Context, p *policy.Policy, quarter string) (done []string, err error) {
	var errs []error
	for _, t := range p.Tenants {
		if t.Payer == "" || t.WellArchitected == "" {
			continue
		}
		said, err := s.review(ctx, t, quarter)
		if err != nil {
			errs = append(errs, fmt.Errorf("evidence of %s for %s in the AWS Well-Architected Tool: %w", quarter, t.Name, err))
		}
		if said != "" {
			done = append(done, said)
		}
	}
	return done, errors.Join(errs...)
}

// review does it for one tenant, where its last report of the quarter is final and was not put there yet.
func (s *Surveyor) review(ctx context.Context, t policy.Tenant, quarter string) (said string, err error) {
	last, err := s.Shelf.Last(ctx, t.Payer, quarter)
	if errors.Is(err, delivery.ErrNoReport) || err == nil && last.State == reports.Provisional {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	m, err := s.Shelf.Manifest(ctx, last)
	if err != nil {
		return "", err
	}
	kept, version, err := s.kept(ctx, quarter, t.Payer)
	if err != nil || kept.Stopped != "" || kept.Report == m.SHA256(delivery.ReportFile) {
		return "", err
	}
	r, hash, err := s.Shelf.Report(ctx, &m)
	if err != nil {
		return "", err
	}
	asked, err := reviewOf(t, r)
	if err != nil {
		return "", err
	}
	got, err := s.Review(ctx, asked)
	switch {
	case errors.Is(err, ErrAnswered):
		// What comes next might be changed as well: a person looks first.
		return "", errors.Join(err, s.keep(ctx, quarter, t.Payer, version, &review{reviewFormat, hash, got, err.Error()}))
	case failure.Of(err) == failure.Denied:
		return "", &failure.Error{Class: failure.Denied, Err: err, Remedy: `deploy the hub with "well_architected": true, which lets the survey into the Tool of the hub's account`}
	case err != nil:
		return "", err
	}
	said = fmt.Sprintf("evidence of %s for %s stands in the workload %s: %d questions noted, %d short of room, %d practices without a question, milestone made: %t",
		quarter, t.Name, t.WellArchitected, len(got.Noted), len(got.Short), len(got.Unplaced), got.Milestone)
	return said, s.keep(ctx, quarter, t.Payer, version, &review{reviewFormat, hash, got, ""})
}

// reviewOf is a report's evidence, in the tenant's first language.
func reviewOf(t policy.Tenant, r *reports.Report) (*Review, error) {
	language, err := words.ParseLanguage(t.Languages[0])
	if err != nil {
		return nil, err
	}
	out := &Review{
		Workload: t.WellArchitected, Quarter: r.Quarter, Owner: t.Name, Accounts: r.Tenant.Accounts,
		Description: "The workloads of " + t.Name + " that offpeak looks after. It writes evidence into the notes of questions; people answer.",
		Notes:       pillars.Notes(r.Quarter, r.Pillars, words.In(language).Evidence),
	}
	if len(t.Recipients) > 0 {
		out.Owner = t.Recipients[0].Address
	}
	for i := range r.Assets.Items {
		if region := r.Assets.Items[i].Region; !slices.Contains(out.Regions, region) {
			out.Regions = append(out.Regions, region)
		}
	}
	slices.Sort(out.Regions)
	return out, nil
}

// kept is what was kept of a tenant's review; the zero value where nothing was, or what was cannot be read: then all is looked at again, which changes nothing.
func (s *Surveyor) kept(ctx context.Context, quarter string, payer fleet.AccountID) (kept review, version objects.Version, err error) {
	data, version, err := s.Book.Store.Read(ctx, reviewKey(quarter, payer))
	if errors.Is(err, objects.ErrNotFound) {
		return kept, "", nil
	}
	if err != nil {
		return kept, "", fmt.Errorf("what was noted of %s: %w", quarter, err)
	}
	if err := json.Unmarshal(data, &kept); err != nil || kept.Format != reviewFormat {
		return review{}, version, nil
	}
	return kept, version, nil
}

func (s *Surveyor) keep(ctx context.Context, quarter string, payer fleet.AccountID, version objects.Version, r *review) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if version == "" {
		_, err = s.Book.Store.Create(ctx, reviewKey(quarter, payer), data)
	} else {
		_, err = s.Book.Store.Replace(ctx, reviewKey(quarter, payer), data, version)
	}
	if err != nil && !errors.Is(err, objects.ErrExists) && !errors.Is(err, objects.ErrChanged) {
		return fmt.Errorf("keep what was noted of %s: %w", quarter, err)
	}
	return nil
}
