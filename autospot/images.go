package autospot

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// DefaultKeepImages is for how many days the image of a conversion is kept where the policy does not say.
const DefaultKeepImages = 14

func (r *Rules) keepImages() int {
	if r.KeepImages == 0 {
		return DefaultKeepImages
	}
	return r.KeepImages
}

// images plans the removal of images that conversions have made and that were kept for long enough: one of each resource, the oldest first, and none
// while the resource is moving, back or forth. Only memory is asked, which has them from the ledger: no image is looked for.
func (r *run) images(made *plan.Plan) {
	if !r.options.Do || r.options.Only != nil {
		return // a person who moves one thing asks for that alone
	}
	environments := fleet.NewEnvironments(r.rules.Environments)
	moving := map[fleet.ARN]bool{}
	for _, a := range made.Actions {
		moving[a.Subject.ARN] = true
	}
	there := map[fleet.ARN]*fleet.Resource{}
	for i := range r.snapshot.Resources {
		there[r.snapshot.Resources[i].ARN] = &r.snapshot.Resources[i]
	}
	for _, arn := range slices.Sorted(maps.Keys(r.memory.Spot)) {
		m := r.moved(arn)
		if len(m.Images) == 0 || moving[arn] || r.options.Busy[arn] || r.options.Converting[arn] || m.Stage == fleet.Moving || m.Stage == fleet.Leaving {
			continue
		}
		image := m.Images[0]
		due := image.Since.Add(time.Duration(r.rules.keepImages()) * 24 * time.Hour)
		if r.snapshot.Taken.Before(due) || r.snapshot.Taken.Before(image.RetryAt) {
			continue
		}
		subject, known := subjectOf(arn, there[arn], environments)
		if !known {
			continue
		}
		change := plan.Deregister{Image: image.ID}
		made.Actions = append(made.Actions, plan.Action{
			ID: plan.ActID(subject, change, fleet.Moment{}, ""), Subject: subject, Change: change, Cause: plan.BySpot, Rule: "keep_images", At: r.snapshot.Taken,
			Why: fmt.Sprintf("its conversion made the image on %s, and images are kept for %d days", image.Since.UTC().Format(time.DateOnly), r.rules.keepImages()),
		})
		r.next[arn] = m.ImageTried(image.ID, image.Attempts+1, time.Time{})
	}
}

// subjectOf is who an image was made of: the resource, or what its name tells of one that is gone.
func subjectOf(arn fleet.ARN, res *fleet.Resource, environments *fleet.Environments) (plan.Subject, bool) {
	if res != nil {
		return plan.SubjectOf(res, environments.Of(res).Name()), true
	}
	id, scope, ok := fleet.InstanceOf(arn)
	return plan.Subject{ID: id, ARN: arn, Kind: fleet.EC2Instance, Scope: scope}, ok
}
