package optimizer

import (
	"context"
	"slices"

	"offpeak/internal/fleet"
)

// look takes a snapshot, and adds what memory knows and the snapshot does not show any more, where the inventory can look for that by name.
// What cannot be looked for now is looked for by the next sweep: until then it is only missed. Who moves things looks for those too that it has moved, as
// their owners may have taken the tag away, and fails where it cannot: it would forget how to take them back.
func (o *Optimizer) look(ctx context.Context, scope fleet.Scope, memory *fleet.Memory) (fleet.Snapshot, error) {
	seen, err := o.Inventory.Snapshot(ctx, scope)
	finder, ok := o.Inventory.(Finder)
	if err != nil || !ok || len(memory.Resources) == 0 && (!o.Beside || len(memory.Spot) == 0) || len(seen.Gaps) > 0 {
		return seen, err
	}
	listed := make(map[fleet.ARN]bool, len(seen.Resources))
	for i := range seen.Resources {
		listed[seen.Resources[i].ARN] = true
	}
	var lost []fleet.ARN
	for arn, m := range memory.Resources {
		if !listed[arn] && !m.Away() {
			lost = append(lost, arn)
		}
	}
	if o.Beside {
		for arn := range memory.Spot {
			if _, scheduled := memory.Resources[arn]; !listed[arn] && !scheduled {
				lost = append(lost, arn)
			}
		}
	}
	if len(lost) == 0 {
		return seen, nil
	}
	slices.Sort(lost)
	found, err := finder.Find(ctx, scope, lost)
	switch {
	case err != nil && o.Beside:
		return seen, err
	case err != nil:
		return seen, ctx.Err()
	}
	seen.Resources = append(seen.Resources, found...)
	seen.Sort()
	return seen, nil
}
