package actuator_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// service makes an opted-in service of three tasks, with a scalable target of 2 to 6 or without one.
func (s *stand) service(name string, scaled bool) {
	size := fleet.Size{Desired: 3}
	if scaled {
		size = fleet.Size{Min: 2, Max: 6, Desired: 3}
	}
	s.made.Service("shop", name, size, schedule("office"))
}

// standing is what is to be seen of a service: its size, and how much of its scaling is suspended.
func (s *stand) standing(t *testing.T, name string) string {
	t.Helper()
	out, err := ecs.NewFromConfig(s.seed).DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: aws.String("shop"), Services: []string{name}})
	if err != nil {
		t.Fatal(err)
	}
	targets, err := scaling.NewFromConfig(s.seed).DescribeScalableTargets(t.Context(), &scaling.DescribeScalableTargetsInput{
		ServiceNamespace: "ecs",
		ResourceIds:      []string{"service/shop/" + name},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(targets.ScalableTargets) == 0 {
		return fmt.Sprint(out.Services[0].DesiredCount)
	}
	target := targets.ScalableTargets[0]
	suspended := target.SuspendedState
	if suspended == nil {
		suspended = &scalingtypes.SuspendedState{}
	}
	size := fleet.Size{Min: int(*target.MinCapacity), Max: int(*target.MaxCapacity), Desired: int(out.Services[0].DesiredCount)}
	return fmt.Sprintf("%s suspended %t %t %t", size, aws.ToBool(suspended.DynamicScalingInSuspended),
		aws.ToBool(suspended.DynamicScalingOutSuspended), aws.ToBool(suspended.ScheduledScalingSuspended))
}

func scaleService(s *stand, from, to fleet.Size, names ...string) []plan.Action {
	actions := actionsOn(fleet.ECSService, s.scope, plan.Scale{From: from, To: to}, names...)
	for i := range actions {
		actions[i].Subject.Parent = "shop"
	}
	return actions
}

func TestServicesGoToZeroAndBackInOrder(t *testing.T) {
	s := stands(t, "100000000006")
	s.service("api", true)
	s.service("job", false)
	var order []string
	s.wire.after = func(action string) {
		if !strings.HasPrefix(action, "Describe") && action != "AssumeRole" {
			order = append(order, action)
		}
	}
	act := newActuator(s.access)
	open, closed := fleet.Size{Min: 2, Max: 6, Desired: 3}, fleet.Size{Max: 6}
	looks := map[string]int{"ecs:DescribeServices": 1, "application-autoscaling:DescribeScalableTargets": 1}
	with := func(calls map[string]int) map[string]int { maps.Copy(calls, looks); return calls }

	s.expect(t, "down", act.Act(t.Context(), scaleService(s, open, fleet.Size{}, "api")), nil,
		with(map[string]int{"application-autoscaling:RegisterScalableTarget": 2, "ecs:UpdateService": 1}))
	if got, want := s.standing(t, "api"), "0/6/0 suspended true true true"; got != want {
		t.Errorf("closed: %s, want %s", got, want)
	}
	before := s.access.Calls().Attempts()
	s.expect(t, "down again", act.Act(t.Context(), scaleService(s, open, fleet.Size{}, "api")), before, looks)
	before = s.access.Calls().Attempts()
	s.expect(t, "up", act.Act(t.Context(), scaleService(s, closed, open, "api")), before,
		with(map[string]int{"application-autoscaling:RegisterScalableTarget": 1, "ecs:UpdateService": 1}))
	if got, want := s.standing(t, "api"), "2/6/3 suspended false false false"; got != want {
		t.Errorf("opened: %s, want %s", got, want)
	}
	want := []string{"RegisterScalableTarget", "UpdateService", "RegisterScalableTarget", "UpdateService", "RegisterScalableTarget"}
	if diff := cmp.Diff(order, want); diff != "" {
		t.Error(diff)
	}

	// Without a scalable target none is made.
	before = s.access.Calls().Attempts()
	s.expect(t, "down without", act.Act(t.Context(), scaleService(s, fleet.Size{Desired: 3}, fleet.Size{}, "job")), before, with(map[string]int{"ecs:UpdateService": 1}))
	before = s.access.Calls().Attempts()
	s.expect(t, "up without", act.Act(t.Context(), scaleService(s, fleet.Size{}, open, "job")), before, with(map[string]int{"ecs:UpdateService": 1}))
	if got, want := s.standing(t, "job"), "3"; got != want {
		t.Errorf("opened: %s, want %s", got, want)
	}
}

// An act that is cut off after any of its calls is completed by doing the same again, and by what a plan makes of the size that it finds then.
func TestServicesAreCompletedAfterACut(t *testing.T) {
	s := stands(t, "100000000007")
	open, closed := fleet.Size{Min: 2, Max: 6, Desired: 3}, fleet.Size{Max: 6}
	for _, row := range []struct {
		name     string
		from, to fleet.Size
		cuts     []string // what stands after the n-th call
		end      string
	}{
		{"down", open, fleet.Size{}, []string{"2/6/3 suspended true true true", "2/6/0 suspended true true true", "0/6/0 suspended true true true"}, "0/6/0 suspended true true true"},
		{"up", closed, open, []string{"0/6/3 suspended true true true", "2/6/3 suspended false false false"}, "2/6/3 suspended false false false"},
	} {
		for n, stood := range row.cuts {
			for _, again := range []string{"the same", "a plan of what is found"} {
				name := fmt.Sprintf("%s-%d-%d", row.name, n, len(again))
				s.service(name, true)
				act := newActuator(s.access)
				if row.name == "up" {
					noErrors(t, act.Act(t.Context(), scaleService(s, open, fleet.Size{}, name)))
				}
				ctx, cancel := context.WithCancel(t.Context())
				made := 0
				s.wire.after = func(action string) {
					if !strings.HasPrefix(action, "Describe") && action != "AssumeRole" {
						if made++; made == n+1 {
							cancel()
						}
					}
				}
				act.Act(ctx, scaleService(s, row.from, row.to, name))
				s.wire.after = nil
				if got := s.standing(t, name); got != stood {
					t.Errorf("%s cut after call %d: %s, want %s", row.name, n+1, got, stood)
				}
				from := row.from
				if len(again) > 8 {
					if _, err := fmt.Sscanf(stood, "%d/%d/%d", &from.Min, &from.Max, &from.Desired); err != nil {
						t.Fatal(err)
					}
				}
				noErrors(t, act.Act(t.Context(), scaleService(s, from, row.to, name)))
				if got := s.standing(t, name); got != row.end {
					t.Errorf("%s cut after call %d and done again by %s: %s, want %s", row.name, n+1, again, got, row.end)
				}
			}
		}
	}
}
