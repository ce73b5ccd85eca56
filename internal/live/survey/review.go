package survey

import (
	"context"
	"errors"
	"fmt"

	"offpeak/internal/cloud/wellarchitected"
	"offpeak/internal/fleet"
	"offpeak/internal/live"
	"offpeak/internal/reporting/survey"
)

// review notes evidence in the AWS Well-Architected Tool of the hub's own account and region.
func review(h *live.Hub) func(context.Context, *survey.Review) (survey.Reviewed, error) {
	scope := fleet.Scope{Account: h.Own(), Region: h.Settings().Region}
	tool := wellarchitected.New(h.Access, scope)
	return func(ctx context.Context, r *survey.Review) (survey.Reviewed, error) {
		w := wellarchitected.Workload{
			Name: r.Workload, Description: r.Description, Owner: r.Owner, Environment: wellarchitected.Preproduction, Accounts: r.Accounts, Regions: r.Regions,
		}
		if len(w.Regions) == 0 {
			w.Regions = []fleet.Region{scope.Region} // AWS asks for one
		}
		notes := make([]wellarchitected.Note, len(r.Notes))
		for i, n := range r.Notes {
			notes[i] = wellarchitected.Note(n)
		}
		got, err := tool.Sync(ctx, w, notes, r.Quarter)
		if errors.Is(err, wellarchitected.ErrAnswered) {
			err = fmt.Errorf("%w: %w", survey.ErrAnswered, err)
		}
		return survey.Reviewed{Workload: got.Workload, Created: got.Created, Milestone: got.Milestone, Noted: got.Noted, Short: got.Short, Unplaced: got.Unplaced}, err
	}
}
