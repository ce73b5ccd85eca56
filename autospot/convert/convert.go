// Package convert is the protocol by which a standalone instance is replaced by one of another lifecycle: on demand by persistent Spot, and back.
//
// EC2 cannot change the lifecycle of an instance, and its primary network interface cannot be detached: the instance has to end before another one
// can take interface and volumes over. In goes a record of how far it has come and what is seen now; out come the next call to make, or what to wait
// for, or that it is done. The record is keyed by the network interface, which alone stays. A process may die before or after any call: the next one
// looks, and goes on. Nothing ends before everything that the new instance needs is kept and was seen to be kept.
package convert

import (
	"fmt"
	"slices"
	"time"

	"offpeak/internal/fleet"
)

// Record is what is written down of a conversion before each of its calls.
type Record struct {
	// Interface is the primary network interface, eni-..., by which the conversion is known.
	Interface string `json:"interface"`
	// Name makes names of what the conversion creates: the image and the client token. It is the act's id.
	Name string          `json:"name"`
	To   fleet.Lifecycle `json:"to"`
	// Old is the instance as it was, whole; WasRunning says that its successor is to run.
	Old        Attributes `json:"old"`
	WasRunning bool       `json:"was_running"`
	// Begun is when the first call was made.
	Begun time.Time `json:"begun"`
	// Undo says that it is to go back to the old instance, for Why. It can be until the old instance is ended; after that the successor is on demand.
	Undo bool   `json:"undo,omitempty"`
	Why  string `json:"why,omitempty"`
	// Ended says that the old instance is being asked to end, by Cancel or Terminate; it is written down before.
	Ended bool `json:"ended,omitempty"`
	// NoSpot says that Spot had no capacity, so that the successor is on demand, until a person has it converted again.
	NoSpot bool `json:"no_spot,omitempty"`
}

// Attributes are those of an instance that its successor gets.
type Attributes struct {
	ID      string     `json:"id"`
	Type    string     `json:"type"`
	Zone    string     `json:"zone"`
	Volumes []Volume   `json:"volumes"`
	Tags    fleet.Tags `json:"tags"`
	// KeepsInterface is what DeleteOnTermination of the interface was: false is the usual true.
	KeepsInterface bool `json:"keeps_interface"`
	// Protected is disableApiTermination.
	Protected bool `json:"protected"`
	// Targets are the target groups with which it is registered by its id.
	Targets []string `json:"targets,omitempty"`
	// Rest is everything else that RunInstances takes, as AWS describes it: key, profile, metadata options, monitoring, user data, credits, and so on.
	Rest []byte `json:"rest,omitempty"`
}

// Volume is one that is attached.
type Volume struct {
	ID     string `json:"id"`
	Device string `json:"device"`
	Root   bool   `json:"root"`
	// Kept is what it was: DeleteOnTermination off.
	Kept bool `json:"kept"`
}

// Seen is what AWS tells now. Zero values are what is not there.
type Seen struct {
	Old       Instance
	New       Instance // the instance that has the client token of the conversion
	Image     Image
	Interface Interface
	// Volumes are where each of the old instance's volumes is, by id.
	Volumes map[string]Place
	// Registered are the target groups that the new instance is registered with.
	Registered []string
}

// State is that of an instance, in AWS's words.
type State string

// The states.
const (
	Absent       State = ""
	Pending      State = "pending"
	Running      State = "running"
	Stopping     State = "stopping"
	Stopped      State = "stopped"
	ShuttingDown State = "shutting-down"
	Terminated   State = "terminated"
)

// Instance is one as it is seen.
type Instance struct {
	ID        string
	State     State
	Lifecycle fleet.Lifecycle
	// KeepsInterface, KeptVolumes and Protected are its attributes now.
	KeepsInterface bool
	KeptVolumes    []string
	Protected      bool
	// Requested says that a persistent Spot request for it is open, active or disabled. While it is, the end of the instance makes EC2 launch another one.
	Requested bool
	// Request is the id of that request, where it is known.
	Request string
}

// Image is the image of the root volume. State is AWS's: pending, available, failed; empty: there is none.
type Image struct{ ID, State string }

// Interface is the interface as it is seen. Attached is the instance that has it; Missing says that it is gone, which ends all hope.
type Interface struct {
	Attached string
	Missing  bool
}

// Place is where a volume is.
type Place struct {
	Attached string // the instance, or empty
	Device   string
	Missing  bool
}

// Do is a call to AWS, by the name of its action.
type Do string

// The calls.
const (
	KeepVolumes   Do = "ModifyInstanceAttribute/volumes"              // DeleteOnTermination off for all volumes
	KeepInterface Do = "ModifyNetworkInterfaceAttribute"              // and for the interface
	Unprotect     Do = "ModifyInstanceAttribute/unprotect"            // disableApiTermination off
	Stop          Do = "StopInstances"                                //
	CreateImage   Do = "CreateImage"                                  // of the root volume alone
	Cancel        Do = "CancelSpotInstanceRequests"                   // which ends the stopped instance
	Terminate     Do = "TerminateInstances"                           //
	Run           Do = "RunInstances"                                 // with the interface as device 0
	Attach        Do = "AttachVolume"                                 //
	Restore       Do = "ModifyInstanceAttribute/restore"              // DeleteOnTermination and protection as they were
	Register      Do = "RegisterTargets"                              //
	StopAgain     Do = "StopInstances/again"                          // the successor of one that was stopped
	Start         Do = "StartInstances"                               // the old one, when it goes back
	RestoreOld    Do = "ModifyInstanceAttribute/restore-old-instance" // what was changed on it
	RemoveImage   Do = "DeregisterImage"                              // of a conversion that went back
)

// Step is what to do next.
type Step struct {
	// Do is the call to make; empty: wait, or done.
	Do Do
	// Lifecycle is what Run asks for; Volume what Attach attaches; Target what Register registers with.
	Lifecycle fleet.Lifecycle
	Volume    Volume
	Target    string
	// Wait says what is waited for; Done that there is nothing left; Lost that a person is needed, and why.
	Wait string
	Done bool
	Lost string
}

// Next says what to do next.
func Next(r *Record, s *Seen) Step {
	switch {
	case s.Interface.Missing:
		return lost("the network interface %s is gone, and with it the address: make an instance of image %s by hand", r.Interface, s.Image.ID)
	case s.New.State == Terminated || s.New.State == ShuttingDown:
		return lost("the new instance %s has ended: image %s has its root volume", s.New.ID, s.Image.ID)
	case s.New.State != Absent:
		return r.finish(s)
	case s.Old.State == Absent && !r.Ended:
		return lost("%s is not there, and nobody here has ended it", r.Old.ID)
	case s.Old.State == ShuttingDown || s.Old.State == Terminated || s.Old.State == Absent:
		return r.replace(s)
	case r.Undo:
		return r.undo(s)
	default:
		return r.prepare(s)
	}
}

func lost(format string, values ...any) Step { return Step{Lost: fmt.Sprintf(format, values...)} }

// prepare keeps everything, then stops, images and ends the old instance. That everything is kept is seen, not believed, right before it ends.
func (r *Record) prepare(s *Seen) Step {
	for _, v := range r.Old.Volumes {
		if place, known := s.Volumes[v.ID]; known && (place.Missing || place.Attached != s.Old.ID) {
			return lost("volume %s is not attached to %s any more: somebody else is at work; nothing was ended", v.ID, s.Old.ID)
		}
	}
	switch {
	case !r.keepsVolumes(s):
		return Step{Do: KeepVolumes}
	case !s.Old.KeepsInterface:
		return Step{Do: KeepInterface}
	case s.Old.State == Pending || s.Old.State == Stopping:
		return Step{Wait: "the old instance is " + string(s.Old.State)}
	case s.Old.State == Running && s.Image.State != "":
		return lost("somebody has started %s during the conversion; nothing was ended", s.Old.ID)
	case s.Old.State == Running:
		return Step{Do: Stop}
	case s.Image.State == "":
		return Step{Do: CreateImage}
	case s.Image.State == "pending":
		return Step{Wait: "image " + s.Image.ID + " is being made"}
	case s.Image.State != "available":
		return lost("image %s is %s; nothing was ended", s.Image.ID, s.Image.State)
	case s.Old.Protected:
		return Step{Do: Unprotect}
	case s.Old.Requested:
		return Step{Do: Cancel} // it ends the stopped instance too (Amazon EC2 user guide, Cancel a Spot Instance request)
	default:
		return Step{Do: Terminate}
	}
}

func (r *Record) keepsVolumes(s *Seen) bool {
	for _, v := range r.Old.Volumes {
		if !slices.Contains(s.Old.KeptVolumes, v.ID) {
			return false
		}
	}
	return true
}

// replace runs the successor, once the interface is free.
func (r *Record) replace(s *Seen) Step {
	switch {
	case s.Old.Requested:
		return Step{Do: Cancel}
	case s.Image.State != "available":
		return lost("%s has ended and there is no image of it (%s); its root volume %s is kept", r.Old.ID, s.Image.State, r.root())
	case s.Interface.Attached != "" && s.Interface.Attached != r.Old.ID:
		return lost("the interface %s is attached to %s, which nobody here made", r.Interface, s.Interface.Attached)
	case s.Interface.Attached != "" || s.Old.State == ShuttingDown:
		return Step{Wait: "the old instance ends, and gives its interface up"}
	}
	to := r.To
	if r.NoSpot || r.Undo {
		to = fleet.OnDemand
	}
	return Step{Do: Run, Lifecycle: to}
}

func (r *Record) root() string {
	for _, v := range r.Old.Volumes {
		if v.Root {
			return v.ID
		}
	}
	return "none"
}

// finish gives the successor what the old instance had.
func (r *Record) finish(s *Seen) Step {
	if s.New.State == Pending || s.New.State == Stopping {
		return Step{Wait: "the new instance is " + string(s.New.State)}
	}
	for _, v := range r.Old.Volumes {
		if v.Root {
			continue // it has one of its own, made of the image
		}
		switch place := s.Volumes[v.ID]; {
		case place.Missing:
			return lost("volume %s is gone", v.ID)
		case place.Attached == "":
			return Step{Do: Attach, Volume: v}
		case place.Attached == s.New.ID:
		case place.Attached == r.Old.ID:
			return Step{Wait: "volume " + v.ID + " is still leaving the old instance"}
		default:
			return lost("volume %s is attached to %s, which nobody here made", v.ID, place.Attached)
		}
	}
	if !r.restored(s) {
		return Step{Do: Restore}
	}
	for _, target := range r.Old.Targets {
		if r.WasRunning && !slices.Contains(s.Registered, target) {
			return Step{Do: Register, Target: target}
		}
	}
	if !r.WasRunning && s.New.State == Running {
		return Step{Do: StopAgain}
	}
	return Step{Done: true}
}

// restored reports whether the successor's attributes are what the old instance's were. Its root volume goes with it, as the image's does by default,
// where the old one's did.
func (r *Record) restored(s *Seen) bool {
	if s.New.KeepsInterface != r.Old.KeepsInterface || s.New.Protected != r.Old.Protected {
		return false
	}
	for _, v := range r.Old.Volumes {
		if !v.Root && slices.Contains(s.New.KeptVolumes, v.ID) != v.Kept {
			return false
		}
	}
	return true
}

// undo gives the old instance back what was changed on it.
func (r *Record) undo(s *Seen) Step {
	switch {
	case s.Old.State == Pending || s.Old.State == Stopping:
		return Step{Wait: "the old instance is " + string(s.Old.State)}
	case !r.oldRestored(s):
		return Step{Do: RestoreOld}
	case r.WasRunning && s.Old.State == Stopped:
		return Step{Do: Start}
	case s.Image.State == "available" || s.Image.State == "failed":
		return Step{Do: RemoveImage}
	case s.Image.State == "pending":
		return Step{Wait: "image " + s.Image.ID + " is being made, and is removed then"}
	default:
		return Step{Done: true}
	}
}

func (r *Record) oldRestored(s *Seen) bool {
	if s.Old.KeepsInterface != r.Old.KeepsInterface || s.Old.Protected != r.Old.Protected {
		return false
	}
	for _, v := range r.Old.Volumes {
		if slices.Contains(s.Old.KeptVolumes, v.ID) != v.Kept {
			return false
		}
	}
	return true
}
