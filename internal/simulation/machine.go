package simulation

import (
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

// machine is a resource as it really is.
type machine struct {
	spec    Spec
	place   *place
	slot    int  // in what its place shows; negative: it is not shown
	noted   bool // among what has changed in its place
	index   int64
	draws   uint64 // the seed of what people set out to do with it
	physics *rand.Rand

	phase     phase
	life      int   // numbers the transitions
	since     int64 // when the state began: the request to start or to stop, which AWS tells of instances alone
	byAWS     bool
	reason    string // why the state began, in AWS's words
	launched  int64  // when an instance was last started
	restarts  int64  // when AWS will start it again; zero: never
	size      fleet.Size
	deploying bool
	// interrupted says that the Spot market stopped the instance, which AWS alone can start then.
	interrupted bool
	refresh     *refresh
	retries     bool       // the group will look again for Spot capacity
	evening     bool       // the group will look again whether its zones are even
	delays      *rand.Rand // until it does
	bought      *buying    // what a move made it buy; nil: as its spec says
	fortune     *rand.Rand // of what happens to moved machines alone
	kept        *custody   // what of an instance outlives it by a move's doing; nil: as its spec says
	heir        *machine   // the instance that took this one's interface, and with it its people
	tags        fleet.Tags
	labels      []labelled // the tags over time

	units []*unit // that are there, oldest first
	past  []*unit // that are gone, in the order in which they went
	born  int     // units so far
	seen  []sight
	// unseen says that there is one sight more, from an instant on, which alone counts and is made when somebody looks: the present one.
	unseen     bool
	unseenFrom int64

	volumes  []string // ids of an instance's volumes
	network  string   // and of its interface
	attached []string // the volumes in order, and the interface where it has an Elastic IP
	reached  []string // the same while the instance has an automatic public address
}

// sight is what descriptions show from an instant on.
type sight struct {
	from     int64
	resource fleet.Resource
	reason   string     // why an instance changed its state, in AWS's words
	launched int64      // when an instance was last started
	units    []seenUnit // of a group
	buried   bool
}

// seenUnit is a unit in the condition in which it was.
type seenUnit struct {
	*unit
	condition condition
}

func newMachine(w *World, p *place, spec Spec) *machine {
	m := &machine{
		spec: spec, place: p, index: int64(len(w.order)), draws: named(w.seed, string(spec.ARN)), physics: stream(w.seed, string(spec.ARN), 0),
		since: w.now, size: spec.Size, tags: spec.Tags, byAWS: spec.ByAWS, labels: []labelled{{w.now, spec.Tags}},
	}
	if spec.Kind == fleet.EC2Instance {
		m.begin()
	}
	if spec.State == fleet.Running {
		m.phase = on
	} else if m.restartsByItself() {
		m.restarts = w.now + sevenDays
		w.at(m.restarts, m, awsRestart, m.life)
	}
	m.populate(w)
	m.meter(w)
	m.attach(w.seed)
	m.unseen = true
	for _, u := range m.units {
		if u.running {
			m.watch(w, u)
		}
	}
	return m
}

// begin works out what an instance shows of its past.
func (m *machine) begin() {
	s := &m.spec
	if !s.Since.IsZero() {
		m.since = s.Since.Unix()
	}
	m.launched = m.since
	if s.State == fleet.Running {
		return
	}
	m.reason = byUser
	if s.ByAWS {
		m.reason = outOfCapacity
	}
	if !s.Created.IsZero() {
		m.launched = s.Created.Unix()
	}
}

// Why an instance changed its state, as AWS words it in StateTransitionReason.
const (
	byUser = "User initiated"
	// outOfCapacity, badKey and quotaReached end a start that was accepted.
	outOfCapacity = "Server.InsufficientInstanceCapacity"
	badKey        = "Client.InternalError"
	quotaReached  = "Client.VolumeLimitExceeded"
	// spotStopped and spotTerminated are interruptions.
	spotStopped    = "Server.SpotInstanceShutdown"
	spotTerminated = "Server.SpotInstanceTermination"
)

// dead reports whether the machine has been terminated.
func (m *machine) dead() bool { return m.phase == gone || m.phase == buried }

// serving is how many units are in service.
func (m *machine) serving() int {
	n := 0
	for _, u := range m.units {
		if u.condition == serving {
			n++
		}
	}
	return n
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
	before := m.before(w)
	apply()
	m.changed(w, who, before)
}

// before is to be called before a machine is changed. It returns the machine's face where anybody asks for it.
func (m *machine) before(w *World) (face fleet.Resource) {
	if w.now+w.lag() > w.unwatched {
		m.look()
	}
	if w.Watch != nil {
		face = m.face()
	}
	return face
}

// changed takes note of a change of a machine after it was made.
func (m *machine) changed(w *World, who author, before fleet.Resource) {
	m.meter(w)
	m.show(w)
	record(w.history, w.now, m.index, int64(m.phase), int64(m.size.Min), int64(m.size.Max), int64(m.size.Desired), int64(len(m.units)), int64(m.serving()))
	_, _ = w.history.Write([]byte(who.by + By(who.act)))
	if w.Watch != nil {
		w.Watch(Change{At: w.Now(), Resource: m.spec.ARN, By: who.by, Act: who.act, Reason: m.reason, From: before, To: m.face()})
	}
}

// lag is how many seconds descriptions may lag behind.
func (w *World) lag() int64 { return int64(w.faults.Lag / time.Second) }

// show makes what a machine is now visible after the lag of this moment, never before an older sight. Where it is visible before anybody
// looks the sights before it are never seen, and it is itself made only if no other one takes its place.
func (m *machine) show(w *World) {
	from, lag := w.now, w.lag()
	if lag > 0 {
		from += m.physics.Int64N(lag + 1)
	}
	m.note()
	if m.unseen {
		from = max(from, m.unseenFrom)
	} else {
		from = max(from, m.seen[len(m.seen)-1].from)
	}
	if w.now+lag <= w.unwatched && from <= w.unwatched {
		m.seen, m.unseen, m.unseenFrom = m.seen[:0], true, from
		return
	}
	current := 0
	for i, s := range m.seen {
		if s.from <= w.now {
			current = i
		}
	}
	m.seen = append(m.seen[:0], m.seen[current:]...)
	m.seen = append(m.seen, m.sight(from, m.face()))
}

// look makes the present sight, if it was not made yet.
func (m *machine) look() {
	if m.unseen {
		m.seen, m.unseen = append(m.seen[:0], m.sight(m.unseenFrom, m.face())), false
	}
}

func (m *machine) sight(from int64, face fleet.Resource) sight {
	s := sight{from: from, resource: face, reason: m.reason, launched: m.launched, buried: m.phase == buried}
	if m.spec.Kind == fleet.AutoScalingGroup {
		s.units = make([]seenUnit, len(m.units))
		for i, u := range m.units {
			s.units[i] = seenUnit{u, u.condition}
		}
	}
	return s
}

// described is what a description shows now; false where there is nothing to be seen.
func (m *machine) described(now int64) (*sight, bool) {
	m.look()
	for i := len(m.seen) - 1; i >= 0; i-- {
		if s := &m.seen[i]; s.from <= now || i == 0 {
			return s, !s.buried
		}
	}
	return nil, false
}

// happen lets an event happen.
func (m *machine) happen(w *World, e *event) {
	switch e.what {
	case newDay:
		m.beginDay(w)
		return
	case aDeed:
		m.do(w, e.deed)
		return
	case deployed:
		if !m.dead() {
			m.change(w, author{by: ByAWS}, func() { m.deploying = false })
		}
		return
	case reopened:
		m.reopen(w)
		return
	case forgotten:
		m.change(w, author{by: ByAWS}, func() { m.phase = buried })
		return
	default:
	}
	switch {
	case m.dead():
		return
	case e.unit != nil:
		m.unitHappens(w, e)
		return
	case e.life != m.life:
		return // a later transition made it void
	}
	switch e.what {
	case booted:
		m.change(w, author{by: ByAWS}, func() { m.phase = on })
		m.watch(w, m.units[0])
	case bootFailed:
		m.change(w, author{by: ByAWS}, func() {
			m.phase, m.byAWS, m.since, m.reason = isOff, true, w.now, badKey
			if m.physics.IntN(2) == 0 {
				m.reason = quotaReached
			}
		})
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
	case capacityBack:
		m.resume(w)
	default:
		m.looksAgain(w, e.what)
	}
}

// looksAgain lets a group or a service look again at what it waits for.
func (m *machine) looksAgain(w *World, what what) {
	switch what {
	case retried:
		m.retry(w)
	case evened:
		m.evenOut(w)
	case stalled:
		m.checkStall(w)
	case resumed:
		m.goOn(w)
	default:
	}
}

// start begins a start; fails says that it will be accepted and then fail.
func (m *machine) start(w *World, who author, fails bool) {
	m.change(w, who, func() {
		m.life++
		m.phase, m.byAWS, m.interrupted, m.restarts, m.reason = starting, false, false, 0, ""
		m.since, m.launched = w.now, w.now
	})
	next := booted
	if fails {
		next = bootFailed
	}
	w.at(w.now+m.bootTime(), m, next, m.life)
}

// stop begins a stop, for a reason in AWS's words.
func (m *machine) stop(w *World, who author, reason string) {
	m.change(w, who, func() {
		m.life++
		m.phase, m.byAWS, m.since, m.reason = stopping, reason != byUser, w.now, reason
	})
	w.at(w.now+m.stopTime(), m, halted, m.life)
}

// terminate ends a resource; it is described for an hour more.
func (m *machine) terminate(w *World, who author, reason string) {
	m.change(w, who, func() {
		m.life++
		m.phase, m.restarts, m.refresh, m.since, m.reason = gone, 0, nil, w.now, reason
		for len(m.units) > 0 {
			m.retire(w, m.units[0])
		}
	})
	w.at(w.now+3600, m, forgotten, m.life)
}
