package spot

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"offpeak/autospot/convert"
	"offpeak/internal/cloud"
	"offpeak/internal/cloud/converter"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
	"offpeak/internal/plan"
)

// TestAConversionOnAWS converts an instance that runs and one that is stopped over the stand-in, to Spot and back, and a process that knows nothing of
// it goes on each time: interface, volumes, tags and state are those of the old one.
func TestAConversionOnAWS(t *testing.T) {
	t.Parallel()
	server := moto.Start(t).Tokens(t)
	access, err := cloud.Open(t.Context(), server.Options())
	if err != nil {
		t.Fatal(err)
	}
	scope := fleet.Scope{Account: "900000000811", Region: "ap-northeast-2"}
	account := server.Account(t, scope)
	client, calls := ec2.NewFromConfig(account.Config), converter.New(access)
	for _, runs := range []bool{true, false} {
		id := account.Launch(1, fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}))[0]
		old, err := calls.Describe(t.Context(), scope, id)
		if err != nil {
			t.Fatal(err)
		}
		volume, err := client.CreateVolume(t.Context(), &ec2.CreateVolumeInput{AvailabilityZone: &old.Zone, Size: aws.Int32(8)})
		if err != nil {
			t.Fatal(err)
		}
		data := converter.Volume{ID: aws.ToString(volume.VolumeId), Device: "/dev/sdf"}
		if err := calls.Attach(t.Context(), scope, data, id); err != nil {
			t.Fatal(err)
		}
		if old, err = calls.Describe(t.Context(), scope, id); err != nil {
			t.Fatal(err)
		}
		if !runs {
			if err := calls.Stop(t.Context(), scope, id); err != nil {
				t.Fatal(err)
			}
		}
		arn := fleet.ARN("arn:aws:ec2:ap-northeast-2:900000000811:instance/" + id)
		move := plan.Move{To: fleet.Purchase{Lifecycle: fleet.SpotPersistent}, Way: plan.ByConverting}
		memory := (*fleet.Memory)(nil).Clone()
		memory.Spot[arn] = fleet.Moved{Act: "act-1", Stage: fleet.Moving, Applied: true, Before: &move.From, Written: &move.To}
		store := objects.NewMemory()
		process := func() *hub.Conversions {
			return &hub.Conversions{Store: store, Calls: freed{conversions{calls}}, Now: time.Now}
		}
		if err := process().Begin(t.Context(), &plan.Action{ID: "act-" + id, Subject: plan.Subject{ID: id, ARN: arn, Kind: fleet.EC2Instance, Scope: scope}, Change: move}); err != nil {
			t.Fatal(err)
		}
		successor := arn
		for range 5 {
			s := &fleet.Snapshot{}
			if seen, err := calls.Look(t.Context(), scope, &old, "act-"+id); err != nil {
				t.Fatal(err)
			} else if seen.New.ID != "" {
				successor = fleet.ARN("arn:aws:ec2:ap-northeast-2:900000000811:instance/" + seen.New.ID)
				s.Resources = append(s.Resources, fleet.Resource{ARN: successor, State: fleet.Running})
			}
			next, u, err := process().GoOn(t.Context(), scope, s, &memory)
			if err != nil || len(u.Alerts) != 0 {
				t.Fatalf("%+v, %v", u, err)
			}
			memory = *next
		}
		seen, err := calls.Look(t.Context(), scope, &old, "act-"+id)
		want := map[bool]string{true: "running", false: "stopped"}[runs]
		if err != nil || seen.Old.State != "terminated" || seen.New.State != want || seen.New.Lifecycle == fleet.OnDemand || seen.Attached != seen.New.ID || seen.Places[data.ID].Attached != seen.New.ID || seen.New.KeepsInterface != old.KeepsInterface {
			t.Errorf("runs %t: %+v, %v", runs, seen, err)
		}
		if m, ok := memory.Spot[successor]; !ok || m.Act != "act-1" || len(memory.Spot) != 1 {
			t.Errorf("runs %t: memory %+v", runs, memory.Spot)
		}
		for key := range store.List(t.Context(), "conversions/") {
			t.Errorf("runs %t: %s is open still", runs, key)
		}
	}
}

// freed are conversions where an instance that has ended gives its interface up: the stand-in leaves it attached, and runs another with it all the same.
type freed struct{ conversions }

func (f freed) Look(ctx context.Context, scope fleet.Scope, r *convert.Record) (convert.Seen, error) {
	seen, err := f.conversions.Look(ctx, scope, r)
	if seen.Old.State == convert.Terminated && seen.Interface.Attached == r.Old.ID {
		seen.Interface.Attached = ""
	}
	return seen, err
}

// TestEveryStepHasACall: one that has none is an error, and there is none of the protocol's.
func TestEveryStepHasACall(t *testing.T) {
	t.Parallel()
	err := conversions{}.Do(t.Context(), fleet.Scope{}, &convert.Record{}, &convert.Seen{}, convert.Step{Do: "Dance"})
	if _, ok := errors.AsType[errNoStep](err); !ok || failure.Of(err) != failure.Other {
		t.Error(err)
	}
}
