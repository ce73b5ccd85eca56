package convert_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"offpeak/autospot/convert"
	"offpeak/internal/fleet"
)

// world is an account with one instance, as far as the protocol meets it. Calls take effect at once; what takes time in AWS goes one state further at
// each look.
type world struct {
	old, new   convert.Instance
	image      convert.Image
	attached   string // of the interface
	volumes    map[string]convert.Place
	registered []string
	dry        bool // Spot has no capacity
	calls      []string
	ended      []string
}

var errNoCapacity = errors.New("InsufficientInstanceCapacity")

func newWorld(running bool) (*world, *convert.Record) {
	w := &world{
		old: convert.Instance{ID: "i-old", State: convert.Stopped, Protected: true}, attached: "i-old",
		volumes: map[string]convert.Place{"vol-root": {Attached: "i-old", Device: "/dev/xvda"}, "vol-data": {Attached: "i-old", Device: "/dev/sdf"}},
	}
	if running {
		w.old.State = convert.Running
	}
	return w, &convert.Record{
		Interface: "eni-1", Name: "act1", To: fleet.SpotPersistent, WasRunning: running,
		Old: convert.Attributes{
			ID: "i-old", Type: "m5.large", Zone: "ap-northeast-2a", Protected: true, Targets: []string{"tg-1"},
			Volumes: []convert.Volume{{ID: "vol-root", Device: "/dev/xvda", Root: true}, {ID: "vol-data", Device: "/dev/sdf", Kept: false}},
		},
	}
}

func (w *world) look() *convert.Seen {
	step := func(i *convert.Instance) {
		switch i.State {
		case convert.Stopping:
			i.State = convert.Stopped
		case convert.Pending:
			i.State = convert.Running
		case convert.ShuttingDown:
			i.State = convert.Terminated
			w.attached = ""
			for id, p := range w.volumes {
				if p.Attached == i.ID {
					w.volumes[id] = convert.Place{Missing: !slices.Contains(i.KeptVolumes, id)}
				}
			}
			if !i.KeepsInterface {
				w.attached = "gone"
			}
		default:
		}
	}
	step(&w.old)
	step(&w.new)
	if w.image.State == "pending" {
		w.image.State = "available"
	}
	seen := &convert.Seen{Old: w.old, New: w.new, Image: w.image, Volumes: maps.Clone(w.volumes), Registered: slices.Clone(w.registered)}
	seen.Interface = convert.Interface{Attached: w.attached, Missing: w.attached == "gone"}
	seen.Old.KeptVolumes, seen.New.KeptVolumes = slices.Clone(w.old.KeptVolumes), slices.Clone(w.new.KeptVolumes)
	return seen
}

func (w *world) do(s convert.Step) error {
	w.calls = append(w.calls, string(s.Do))
	switch s.Do {
	case convert.KeepVolumes:
		w.old.KeptVolumes = []string{"vol-root", "vol-data"}
	case convert.KeepInterface:
		w.old.KeepsInterface = true
	case convert.Unprotect:
		w.old.Protected = false
	case convert.Stop:
		w.old.State = convert.Stopping
	case convert.CreateImage:
		w.image = convert.Image{ID: "ami-1", State: "pending"}
	case convert.Cancel:
		w.old.Requested = false
		if w.old.State == convert.Stopped {
			w.old.State = convert.ShuttingDown
			w.ended = append(w.ended, w.old.ID)
		}
	case convert.Terminate:
		if w.old.Requested {
			return errors.New("EC2 would launch another one for the request")
		}
		if w.old.Protected {
			return errors.New("OperationNotPermitted")
		}
		w.old.State = convert.ShuttingDown
		w.ended = append(w.ended, w.old.ID)
	case convert.Run:
		if s.Lifecycle != fleet.OnDemand && w.dry {
			return errNoCapacity
		}
		if w.attached != "" {
			return fmt.Errorf("InvalidNetworkInterface.InUse: %s", w.attached)
		}
		if w.new.ID != "" {
			return nil // the same client token
		}
		w.new = convert.Instance{ID: "i-new", State: convert.Pending, Lifecycle: s.Lifecycle, KeepsInterface: true}
		w.attached = "i-new"
	case convert.Attach:
		w.volumes[s.Volume.ID] = convert.Place{Attached: "i-new", Device: s.Volume.Device}
		w.new.KeptVolumes = append(w.new.KeptVolumes, s.Volume.ID) // attached later, it outlives by default
	case convert.Restore:
		w.new.KeepsInterface, w.new.Protected, w.new.KeptVolumes = false, true, nil
	case convert.Register:
		w.registered = append(w.registered, s.Target)
	case convert.StopAgain:
		w.new.State = convert.Stopping
	case convert.Start:
		w.old.State = convert.Pending
	case convert.RestoreOld:
		w.old.KeepsInterface, w.old.Protected, w.old.KeptVolumes = false, true, nil
	case convert.RemoveImage:
		w.image = convert.Image{}
	}
	return nil
}

// run goes on until it is done, and dies before or after the given call.
func run(t *testing.T, w *world, r *convert.Record, dies int, after bool) {
	t.Helper()
	calls := 0
	for range 60 {
		step := convert.Next(r, w.look())
		switch {
		case step.Lost != "":
			t.Fatalf("lost after %s: %s", w.calls, step.Lost)
		case step.Done:
			return
		case step.Do == "":
			continue
		}
		calls++
		if calls == dies && !after {
			continue // it died, and another process looks
		}
		r.Ended = r.Ended || step.Do == convert.Terminate || step.Do == convert.Cancel
		err := w.do(step)
		if calls == dies && after {
			continue
		}
		if errors.Is(err, errNoCapacity) {
			r.NoSpot = true
		} else if err != nil {
			t.Fatalf("%s: %v", step.Do, err)
		}
	}
	t.Fatalf("it never ends: %s", w.calls)
}

// TestItIsResumedAtEveryCall lets the process die before and after each call, for running and stopped instances, with and without Spot capacity.
func TestItIsResumedAtEveryCall(t *testing.T) {
	t.Parallel()
	for _, running := range []bool{true, false} {
		for _, dry := range []bool{true, false} {
			for trial := range 28 {
				for _, after := range []bool{true, false} {
					w, r := newWorld(running)
					back, dies := trial >= 14, trial%14 // from Spot to on demand
					w.dry, w.old.Requested = dry, back
					if back {
						r.To = fleet.OnDemand
					}
					run(t, w, r, dies, after)
					name := fmt.Sprintf("running %t, dry %t, dies at %d, after it %t", running, dry, dies, after)
					want := convert.Stopped
					if running {
						want = convert.Running
					}
					lifecycle := fleet.SpotPersistent
					if dry || back {
						lifecycle = fleet.OnDemand
					}
					if w.new.State != want || w.new.Lifecycle != lifecycle || w.attached != "i-new" || w.volumes["vol-data"].Attached != "i-new" {
						t.Errorf("%s: %+v, interface at %s, volumes %+v", name, w.new, w.attached, w.volumes)
					}
					if w.new.Protected != true || w.new.KeepsInterface || len(w.new.KeptVolumes) != 0 || running != (len(w.registered) == 1) {
						t.Errorf("%s: attributes %+v, registered %v", name, w.new, w.registered)
					}
					if len(w.ended) != 1 || w.volumes["vol-root"].Missing {
						t.Errorf("%s: ended %v, root volume %+v", name, w.ended, w.volumes["vol-root"])
					}
				}
			}
		}
	}
}

// TestItGoesBackAtEveryCall undoes it after each number of calls: until the old instance ends it is as it was, later its successor is on demand.
func TestItGoesBackAtEveryCall(t *testing.T) {
	t.Parallel()
	for stopAt := range 9 {
		w, r := newWorld(true)
		done := 0
		for range 30 {
			if done == stopAt {
				break
			}
			if step := convert.Next(r, w.look()); step.Do != "" {
				if err := w.do(step); err != nil {
					t.Fatal(err)
				}
				done++
			}
		}
		r.Undo = true
		run(t, w, r, 0, false)
		if len(w.ended) == 0 {
			if w.old.State != convert.Running || w.old.KeepsInterface || !w.old.Protected || len(w.old.KeptVolumes) != 0 || w.image.ID != "" {
				t.Errorf("after %d calls: %+v, image %+v", stopAt, w.old, w.image)
			}
			continue
		}
		if w.new.State != convert.Running || w.new.Lifecycle != fleet.OnDemand && !slices.Contains(w.calls[:stopAt], string(convert.Run)) {
			t.Errorf("after %d calls: %+v", stopAt, w.new)
		}
	}
}

// TestNothingEndsUnlessAllIsKept checks by brute force that Terminate is asked for in no situation in which something would be lost.
func TestNothingEndsUnlessAllIsKept(t *testing.T) {
	t.Parallel()
	for _, state := range []convert.State{convert.Pending, convert.Running, convert.Stopping, convert.Stopped} {
		for _, image := range []string{"", "pending", "available", "failed"} {
			for bits := range 16 {
				w, r := newWorld(true)
				s := w.look()
				s.Old.State, s.Image = state, convert.Image{ID: "ami-1", State: image}
				s.Old.KeepsInterface, s.Old.Protected = bits&1 != 0, bits&8 != 0
				s.Old.KeptVolumes = nil
				if bits&2 != 0 {
					s.Old.KeptVolumes = append(s.Old.KeptVolumes, "vol-root")
				}
				if bits&4 != 0 {
					s.Old.KeptVolumes = append(s.Old.KeptVolumes, "vol-data")
				}
				safe := state == convert.Stopped && image == "available" && bits == 7
				if got := convert.Next(r, s).Do == convert.Terminate; got != safe {
					t.Errorf("%s, image %s, %04b: terminate %t", state, image, bits, got)
				}
			}
		}
	}
}

func TestWhenAPersonIsNeeded(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		change func(*convert.Seen)
		says   string
	}{
		{"it is not there, although nobody ended it", func(s *convert.Seen) { s.Old = convert.Instance{} }, "nobody here has ended it"},
		{"the interface is gone", func(s *convert.Seen) { s.Interface.Missing = true }, "address"},
		{"a volume was detached by somebody", func(s *convert.Seen) { s.Volumes["vol-data"] = convert.Place{} }, "somebody else"},
		{"the image failed", func(s *convert.Seen) {
			s.Old.State, s.Old.KeepsInterface, s.Old.KeptVolumes = convert.Stopped, true, []string{"vol-root", "vol-data"}
			s.Image = convert.Image{ID: "ami-1", State: "failed"}
		}, "nothing was ended"},
		{"somebody started it again", func(s *convert.Seen) {
			s.Old.State, s.Old.KeepsInterface, s.Old.KeptVolumes = convert.Running, true, []string{"vol-root", "vol-data"}
			s.Image = convert.Image{ID: "ami-1", State: "available"}
		}, "nothing was ended"},
		{"it ended without an image", func(s *convert.Seen) { s.Old.State = convert.Terminated }, "vol-root"},
		{"somebody else has the interface", func(s *convert.Seen) {
			s.Old.State, s.Image, s.Interface.Attached = convert.Terminated, convert.Image{ID: "ami-1", State: "available"}, "i-other"
		}, "i-other"},
		{"the successor has ended", func(s *convert.Seen) { s.New = convert.Instance{ID: "i-new", State: convert.Terminated} }, "ami"},
		{"a volume went elsewhere", func(s *convert.Seen) {
			s.New = convert.Instance{ID: "i-new", State: convert.Running}
			s.Volumes["vol-data"] = convert.Place{Attached: "i-other"}
		}, "i-other"},
	} {
		w, r := newWorld(true)
		s := w.look()
		s.Image.ID = "ami-1"
		row.change(s)
		if step := convert.Next(r, s); step.Do != "" || !strings.Contains(step.Lost, row.says) {
			t.Errorf("%s: %+v", row.name, step)
		}
	}
}
