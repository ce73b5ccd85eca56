package simulation

import (
	"time"

	"offpeak/internal/fleet"
)

// Market returns the Spot market of the world. Prices, paths and terms are to be set before resources are added.
func (w *World) Market() *Market { return w.market }

// Notice is what AWS tells of a Spot instance or a task before it is interrupted, and of a launch that failed.
type Notice struct {
	At       time.Time
	Resource fleet.ARN
	ID       string // i-...
	// Action is what will happen at End: terminate or stop; rebalance is a recommendation, of which nothing may come. With LaunchFailed nothing is
	// to come: ID is the activity's then, and Text what AWS says of it.
	Action string
	End    time.Time // two minutes later; zero with a recommendation and with a failure
	Text   string
}

// poolOf is where a unit of the machine is bought.
func (m *machine) poolOf(u *unit) Pool {
	if m.spec.Kind == fleet.ECSService {
		return Pool{Zone: u.zone, Type: fargateSpot}
	}
	return Pool{u.zone, u.kind, m.spec.product()}
}

// lookahead is how far the market is searched for what will happen to an instance.
const lookahead = 30 * oneDay

// watch schedules what the market has next for a Spot instance that runs.
func (m *machine) watch(w *World, u *unit) {
	if !u.spot {
		return
	}
	pool := m.poolOf(u)
	from, to := instant(w.now-oneDay), instant(w.now+lookahead)
	for _, s := range w.market.Signals(pool, from, to) {
		soon := s.Rebalance.After(w.Now()) || s.End.After(w.Now())
		if !soon || !w.market.Takes(pool, s, u.id) {
			continue
		}
		u.signal = &s
		if s.Rebalance.After(w.Now()) {
			m.will(w, s.Rebalance.Unix(), recommended, u)
		} else {
			m.will(w, max(w.now, s.Notice.Unix()), warned, u)
		}
		return
	}
	m.will(w, to.Unix(), searched, u)
}

// will schedules an event of a unit, which becomes void when an instance or a database is started or stopped before.
func (m *machine) will(w *World, at int64, what what, u *unit) {
	w.push(event{at: at, machine: m, what: what, unit: u, life: m.life})
}

// marketHappens lets an event of the market happen to a unit that still runs.
func (m *machine) marketHappens(w *World, what what, u *unit) {
	if !u.running || !m.spec.Kind.Sized() && m.phase != on {
		return
	}
	s := u.signal
	switch what {
	case searched:
		m.watch(w, u)
	case recommended:
		if m.spec.Kind != fleet.ECSService { // of tasks AWS tells nothing before the notice
			w.notify(Notice{Resource: m.spec.ARN, ID: u.id, Action: "rebalance"})
		}
		if s.End.IsZero() {
			m.watch(w, u)
		} else {
			m.will(w, s.Notice.Unix(), warned, u)
		}
		if m.rebalances() && u.condition == serving && !u.doomed {
			m.change(w, author{by: ByAWS}, func() {
				u.doomed = true
				m.follow(w)
			})
		}
	case warned:
		w.notify(Notice{Resource: m.spec.ARN, ID: u.id, Action: m.onInterruption(), End: s.End})
		m.will(w, s.End.Unix(), interrupted, u)
	case interrupted:
		m.interrupt(w, u)
	}
}

func (w *World) notify(n Notice) {
	if n.At = w.Now(); w.Warn != nil {
		w.Warn(n)
	}
}

// onInterruption is what becomes of an interrupted instance.
func (m *machine) onInterruption() string {
	if m.persistent() {
		return "stop"
	}
	return "terminate"
}

func (m *machine) persistent() bool {
	return m.spec.Kind == fleet.EC2Instance && m.spec.Lifecycle == fleet.SpotPersistent
}

// interrupt takes a Spot instance away. A persistent request's is stopped until there is capacity again, any other one is lost.
func (m *machine) interrupt(w *World, u *unit) {
	aws := author{by: ByAWS}
	switch {
	case m.spec.Kind.Sized():
		m.change(w, aws, func() {
			m.retire(w, u)
			m.follow(w)
		})
	case m.persistent():
		m.stop(w, aws, spotStopped)
		m.interrupted = true
		w.at(max(w.now+m.stopTime(), u.signal.Until.Unix())+between(m.physics, 30, 600), m, capacityBack, m.life)
	default:
		m.terminate(w, aws, spotTerminated)
	}
}

// resume starts an interrupted instance of a persistent request once its pool has capacity, which EC2 alone can do.
func (m *machine) resume(w *World) {
	if !m.interrupted {
		return
	}
	if until := m.shortUntil(w); !until.IsZero() || m.phase != isOff {
		w.at(max(w.now+600, until.Unix())+between(m.physics, 30, 600), m, capacityBack, m.life)
		return
	}
	m.start(w, author{by: ByAWS}, false)
}

// shortUntil is until when a stopped Spot instance cannot be started; zero where it can.
func (m *machine) shortUntil(w *World) time.Time {
	if m.spec.Lifecycle == fleet.OnDemand || m.spec.Kind != fleet.EC2Instance {
		return time.Time{}
	}
	return w.market.ShortUntil(m.poolOf(m.units[0]), w.Now())
}
