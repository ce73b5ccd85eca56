package simulation

import (
	"fmt"
	"math/rand/v2"
	"time"

	"offpeak/internal/fleet"
)

// phase is where a machine is between off and on. Groups and services are only on, off or gone: their size tells the rest.
type phase uint8

const (
	isOff phase = iota
	starting
	on
	stopping
	gone
	buried // no longer described
)

// span is a time in unix seconds in which so many units ran.
type span struct {
	from, to int64
	units    int
}

// machine is a resource as it really is.
type machine struct {
	spec    Spec
	index   int64
	physics *rand.Rand

	phase     phase
	life      int   // numbers the transitions
	since     int64 // when AWS says the state began: the request to start or to stop; zero where it does not tell
	byAWS     bool
	restarts  int64 // when AWS will start it again; zero: never
	size      fleet.Size
	members   int // units that are there, whatever is wanted
	deploying bool
	tags      fleet.Tags

	units        int // that run and are charged
	runningSince int64
	ran          []span
	seen         []sight
}

// sight is what descriptions show from an instant on.
type sight struct {
	from     int64
	resource fleet.Resource
	buried   bool
}

func newMachine(w *World, spec Spec) *machine {
	m := &machine{
		spec: spec, index: int64(len(w.order)), physics: stream(w.seed, string(spec.ARN), 0),
		size: spec.Size, members: spec.Size.Desired, tags: spec.Tags, runningSince: w.now, byAWS: spec.ByAWS,
	}
	if spec.Kind == fleet.EC2Instance {
		m.since = w.now
		if !spec.Since.IsZero() {
			m.since = spec.Since.Unix()
		}
	}
	if spec.State == fleet.Running {
		m.phase = on
	} else if m.restartsByItself() {
		m.restarts = w.now + sevenDays
		w.at(m.restarts, m, awsRestart, m.life)
	}
	m.units = m.charged()
	m.seen = []sight{{resource: m.face()}}
	return m
}

// charged is how many units are paid for.
func (m *machine) charged() int {
	switch {
	case m.phase == gone || m.phase == buried:
		return 0
	case m.spec.Kind.Sized():
		return m.members
	case m.phase == on:
		return 1
	default:
		return 0
	}
}

// AWS starts a stopped database after seven days (RDS and Aurora user guides).
const sevenDays = 7 * 24 * 3600

func (m *machine) restartsByItself() bool {
	return m.spec.Kind == fleet.RDSInstance || m.spec.Kind == fleet.RDSCluster
}

// bootTimes are the least and most seconds from the request to running or in service; stopTimes the same of stopping.
var (
	bootTimes = map[fleet.Kind][2]int64{
		fleet.EC2Instance: {15, 90}, fleet.AutoScalingGroup: {60, 240}, fleet.RDSInstance: {180, 600},
		fleet.RDSCluster: {240, 900}, fleet.ECSService: {20, 120},
	}
	stopTimes = map[fleet.Kind][2]int64{
		fleet.EC2Instance: {10, 120}, fleet.AutoScalingGroup: {30, 180}, fleet.RDSInstance: {120, 480},
		fleet.RDSCluster: {180, 600}, fleet.ECSService: {20, 90},
	}
)

func (m *machine) bootTime() int64 {
	t := bootTimes[m.spec.Kind]
	return between(m.physics, t[0], t[1])
}

func (m *machine) stopTime() int64 {
	t := stopTimes[m.spec.Kind]
	return between(m.physics, t[0], t[1])
}

// author is who changes a machine: a person, AWS, or an act of offpeak.
type author struct {
	by  By
	act string
}

// change runs a change of a machine, and takes note of it if it was one.
func (m *machine) change(w *World, who author, apply func()) {
	before := m.face()
	apply()
	if units := m.charged(); units != m.units {
		m.ran = append(m.ran, span{m.runningSince, w.now, m.units})
		m.runningSince, m.units = w.now, units
	}
	after := m.face()
	m.show(w, after)
	record(w.history, w.now, m.index, int64(m.phase), int64(m.size.Min), int64(m.size.Max), int64(m.size.Desired), int64(m.members))
	_, _ = w.history.Write([]byte(who.by + By(who.act)))
	if w.Watch != nil {
		w.Watch(Change{At: w.Now(), Resource: m.spec.ARN, By: who.by, Act: who.act, From: before, To: after})
	}
}

// show makes a face visible after the lag of this moment, never before an older one.
func (m *machine) show(w *World, face fleet.Resource) {
	from := w.now
	if lag := int64(w.faults.Lag / time.Second); lag > 0 {
		from += m.physics.Int64N(lag + 1)
	}
	current := 0
	for i, s := range m.seen {
		if s.from <= w.now {
			current = i
		}
	}
	m.seen = append(m.seen[:0], m.seen[current:]...)
	from = max(from, m.seen[len(m.seen)-1].from)
	m.seen = append(m.seen, sight{from, face, m.phase == buried})
}

// described is what a description shows now; false where there is nothing to be seen.
func (m *machine) described(now int64) (*fleet.Resource, bool) {
	for i := len(m.seen) - 1; i >= 0; i-- {
		if s := &m.seen[i]; s.from <= now || i == 0 {
			return &s.resource, !s.buried
		}
	}
	return nil, false
}

// happen lets an event happen.
func (m *machine) happen(w *World, e event) {
	switch e.what {
	case newDay:
		m.beginDay(w)
		return
	case aDeed:
		m.do(w, e.deed)
		return
	case deployed:
		if m.phase != gone && m.phase != buried {
			m.change(w, author{by: ByAWS}, func() { m.deploying = false })
		}
		return
	case forgotten:
		m.change(w, author{by: ByAWS}, func() { m.phase = buried })
		return
	default:
	}
	if e.life != m.life || m.phase == gone || m.phase == buried {
		return // a later transition made it void
	}
	switch e.what {
	case booted:
		m.change(w, author{by: ByAWS}, func() { m.phase = on })
	case bootFailed:
		m.change(w, author{by: ByAWS}, func() { m.phase, m.byAWS, m.since = isOff, true, w.now })
	case halted:
		m.change(w, author{by: ByAWS}, func() {
			m.phase = isOff
			if m.restartsByItself() {
				m.restarts = w.now + sevenDays
				w.at(m.restarts, m, awsRestart, m.life)
			}
		})
	case awsRestart:
		m.start(w, author{by: ByAWS}, false)
	case converged:
		m.change(w, author{by: ByAWS}, func() { m.members = m.size.Desired })
	default:
		panic(fmt.Sprintf("simulation: unknown event %d", e.what))
	}
}

// start begins a start; fails says that it will be accepted and then fail.
func (m *machine) start(w *World, who author, fails bool) {
	m.change(w, who, func() {
		m.life++
		m.phase, m.byAWS, m.restarts = starting, false, 0
		if m.spec.Kind == fleet.EC2Instance {
			m.since = w.now
		}
	})
	next := booted
	if fails {
		next = bootFailed
	}
	w.at(w.now+m.bootTime(), m, next, m.life)
}

// stop begins a stop.
func (m *machine) stop(w *World, who author) {
	m.change(w, who, func() {
		m.life++
		m.phase, m.byAWS = stopping, false
		if m.spec.Kind == fleet.EC2Instance {
			m.since = w.now
		}
	})
	w.at(w.now+m.stopTime(), m, halted, m.life)
}

// scale sets a size; instances or tasks follow it after a while.
func (m *machine) scale(w *World, who author, size fleet.Size) {
	m.change(w, who, func() {
		m.life++
		m.size, m.phase = size, on
		if size.Desired == 0 {
			m.phase = isOff
		}
	})
	if m.members == size.Desired {
		return
	}
	delay := m.bootTime
	if size.Desired < m.members {
		delay = m.stopTime
	}
	w.at(w.now+delay(), m, converged, m.life)
}

// terminate ends a resource; it is described for an hour more.
func (m *machine) terminate(w *World, who author) {
	m.change(w, who, func() {
		m.life++
		m.phase, m.restarts = gone, 0
		if m.spec.Kind == fleet.EC2Instance {
			m.since = w.now
		}
	})
	w.at(w.now+3600, m, forgotten, m.life)
}
