package hub_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/policy"
)

// meeting is an inventory that lets nobody go before all that are expected have come, and fails in some regions.
type meeting struct {
	all  sync.WaitGroup
	fail fleet.Region
}

func (m *meeting) Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	m.all.Done()
	came := make(chan struct{})
	go func() { m.all.Wait(); close(came) }()
	select {
	case <-came:
	case <-ctx.Done():
		return fleet.Snapshot{}, ctx.Err()
	}
	if scope.Region == m.fail {
		return fleet.Snapshot{}, errors.New("no answer")
	}
	return fleet.Snapshot{Taken: noon}, nil
}

// TestRegionsOfAnAccountSideBySide: none waits for another, each is told of in its order, and one that fails has the wake delivered again without
// keeping the others from being looked after.
func TestRegionsOfAnAccountSideBySide(t *testing.T) {
	t.Parallel()
	regions := []fleet.Region{"ap-northeast-2", "ap-northeast-1", "eu-west-1", "us-east-1"}
	for _, fail := range []fleet.Region{"", "eu-west-1"} {
		p, m := placed(t, 0, office), &meeting{fail: fail}
		m.all.Add(len(regions))
		p.worker.Under = func(*policy.Policy) (hub.Hands, error) { return hub.Hands{Inventory: m, Actuator: p.world}, nil }
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var told []fleet.Region
		failed := 0
		err := p.worker.Answer(ctx, hub.Wake{Scope: dev, Beside: regions[1:], Reason: hub.Reconcile}, func(w hub.Wake, r hub.Report, err error) {
			told = append(told, w.Scope.Region)
			if err != nil {
				failed++
			}
			if err == nil && r.Scope != w.Scope {
				t.Errorf("%s was told as %s", r.Scope, w.Scope)
			}
		})
		if (err != nil) != (fail != "") || failed != map[bool]int{true: 1}[fail != ""] || !slices.Equal(told, regions) {
			t.Errorf("%q fails: %v; %d failed, told of %v", fail, err, failed, told)
		}
		for _, region := range regions {
			_, _, err := p.store.Read(t.Context(), "state/111122223333/"+string(region)+".json")
			if (err == nil) == (region == fail) {
				t.Errorf("%q fails: the state of %s: %v", fail, region, err)
			}
		}
	}
}
