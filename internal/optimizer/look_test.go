package optimizer_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/scheduler"
)

// tagged is an inventory that lists what is opted in alone, as one of AWS does, and finds the others by name.
type tagged struct {
	at     time.Time
	there  []fleet.Resource
	keys   fleet.TagKeys
	broken error
	asked  [][]fleet.ARN
}

func (i *tagged) Snapshot(context.Context, fleet.Scope) (fleet.Snapshot, error) {
	s := fleet.Snapshot{Taken: i.at}
	for _, r := range i.there {
		if i.keys.OptsIn(r.Tags) {
			s.Resources = append(s.Resources, r)
		}
	}
	return s, nil
}

func (i *tagged) Find(_ context.Context, _ fleet.Scope, arns []fleet.ARN) (found []fleet.Resource, _ error) {
	slices.Sort(arns)
	i.asked = append(i.asked, arns)
	for _, r := range i.there {
		if slices.Contains(arns, r.ARN) {
			found = append(found, r)
		}
	}
	return found, i.broken
}

type nobody struct{}

func (nobody) Act(_ context.Context, actions []plan.Action) []error {
	return make([]error, len(actions))
}

// TestWhatLostItsTagIsReleasedAndWhatIsNotThereIsMissing, though a listing of what is opted in shows neither. It is asked for by name until that is
// known, and not after.
func TestWhatLostItsTagIsReleasedAndWhatIsNotThereIsMissing(t *testing.T) {
	t.Parallel()
	scope := fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	keys := fleet.KeysWithPrefix(fleet.DefaultPrefix)
	machine := func(id string) fleet.Resource {
		return fleet.Resource{
			ID: id, ARN: fleet.ARN("arn:aws:ec2:ap-northeast-2:111122223333:instance/" + id), Kind: fleet.EC2Instance, Scope: scope, State: fleet.Running,
			Tags: fleet.NewTags(fleet.Tag{Key: keys.Schedule[0], Value: "running"}),
		}
	}
	i := &tagged{at: time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC), keys: keys, there: []fleet.Resource{machine("i-1"), machine("i-2"), machine("i-3")}}
	rules := scheduler.Rules{Policy: "test", Zone: time.UTC, Keys: keys, Environments: []fleet.Environment{{Name: "dev", Accounts: []fleet.AccountID{scope.Account}}}}
	store := objects.NewMemory()
	o := &optimizer.Optimizer{
		Inventory: i, Planner: planner{scheduler.New(&rules)}, Actuator: nobody{}, Book: ledger.Book{Store: store}, States: optimizer.States{Store: store},
		Now: func() time.Time { return i.at }, Holder: "test", MaxFailures: 50,
	}
	sweep := func(after time.Duration) {
		t.Helper()
		i.at = i.at.Add(after)
		if _, err := o.Sweep(t.Context(), scope); err != nil {
			t.Fatal(err)
		}
	}
	departures := func() (got [2]fleet.Departure) {
		state, err := o.States.Load(t.Context(), scope)
		if err != nil {
			t.Fatal(err)
		}
		return [2]fleet.Departure{state.Memory.Resources[i.there[0].ARN].Departure, state.Memory.Resources["arn:aws:ec2:ap-northeast-2:111122223333:instance/i-2"].Departure}
	}
	sweep(0)
	if len(i.asked) != 0 {
		t.Errorf("nothing is missed, and it was asked for %v", i.asked)
	}
	i.there[0].Tags = nil
	i.there = slices.Delete(i.there, 1, 2)
	i.broken = errors.New("not now")
	sweep(5 * time.Minute)
	if got := departures(); got != [2]fleet.Departure{} {
		t.Errorf("nothing could be found out, and they left: %v", got)
	}
	i.broken = nil
	sweep(5 * time.Minute)
	if got := departures(); got != [2]fleet.Departure{fleet.Released, ""} {
		t.Errorf("got %v", got)
	}
	sweep(2 * time.Hour)
	if got := departures(); got != [2]fleet.Departure{fleet.Released, fleet.Missing} {
		t.Errorf("got %v", got)
	}
	before := len(i.asked)
	sweep(2 * time.Hour)
	if got := departures(); got != [2]fleet.Departure{fleet.Released, fleet.Missing} || len(i.asked) != before {
		t.Errorf("got %v, asked %v", got, i.asked[before:])
	}
}
