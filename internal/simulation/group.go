package simulation

import (
	"slices"

	"offpeak/internal/fleet"
)

// scale sets a size; members or tasks follow it one by one.
func (m *machine) scale(w *World, who author, size fleet.Size) {
	m.change(w, who, func() {
		m.size, m.phase = size, on
		if size.Desired == 0 {
			m.phase = isOff
		}
		m.follow(w)
	})
}

// follow brings the units nearer to what is wanted of the group. It is called whenever either has changed.
func (m *machine) follow(w *World) {
	m.renew(w)
	m.shrink(w)
	m.grow(w)
	m.relieve(w)
	m.adjust(w)
	m.refill(w)
	m.mindZones(w)
}

// counted is how many units there are of those that a size asks for, and how many of them are in service.
func (m *machine) counted() (count, inService int) {
	for _, u := range m.units {
		if u.counts() {
			count++
			if u.condition == serving {
				inService++
			}
		}
	}
	return count, inService
}

// shrink ends what is too much: in the zone with the most members, the newest first.
func (m *machine) shrink(w *World) {
	count, _ := m.counted()
	if m.bought != nil && m.mix() != nil {
		count -= m.shrinkByShares(w, count-m.size.Desired)
	}
	for ; count > m.size.Desired; count-- {
		m.dismiss(w, m.fullest(slices.Backward(m.units), (*unit).counts))
	}
}

// shrinkByShares ends so many on-demand members of a moved group as are more than its policy asks for: a scale-in looks at the purchase options
// before anything else, and then at the zones. It returns how many it ended, of surplus at the most.
func (m *machine) shrinkByShares(w *World, surplus int) (ended int) {
	over := -onDemandOf(m.mix(), m.size.Desired)
	for _, u := range m.units {
		if u.counts() && !u.spot {
			over++
		}
	}
	for ; ended < surplus; ended++ {
		spot := ended >= over
		u := m.fullest(slices.Backward(m.units), func(u *unit) bool { return u.counts() && u.spot == spot })
		if u == nil {
			break
		}
		m.dismiss(w, u)
	}
	return ended
}

// grow launches what is missing, each with a boot time of its own: out of the warm pool first.
func (m *machine) grow(w *World) {
	for count, _ := m.counted(); count < m.size.Desired; count++ {
		if u := m.fromWarmPool(); u != nil {
			u.condition = pending
			m.will(w, w.now+between(m.physics, 15, 60), served, u)
			continue
		}
		u := m.launch(w)
		if u == nil {
			return
		}
		m.will(w, w.now+m.bootTime(), served, u)
	}
}

// relieve ends the units that are to be replaced, the oldest first, as far as others serve in their place.
func (m *machine) relieve(w *World) {
	_, standing := m.counted()
	for i := 0; i < len(m.units); i++ {
		if u := m.units[i]; u.doomed && u.condition == serving {
			standing++
		}
	}
	for i := 0; i < len(m.units) && standing > m.size.Desired; i++ {
		if u := m.units[i]; u.doomed && u.condition == serving {
			m.dismiss(w, u)
			standing--
		}
	}
}

// dismiss ends a unit: at once if it is not in service yet, else when its connections are drained.
func (m *machine) dismiss(w *World, u *unit) {
	if u.condition != serving {
		m.retire(w, u)
		return
	}
	u.condition = leaving
	m.will(w, w.now+m.stopTime(), ended, u)
}

// unitHappens lets an event of a unit happen, unless the unit has gone on since.
func (m *machine) unitHappens(w *World, e *event) {
	u, aws := e.unit, author{by: ByAWS}
	switch {
	case u.ended != 0 || !m.spec.Kind.Sized() && e.life != m.life:
	case e.what == served && u.condition == pending:
		m.change(w, aws, func() {
			u.condition = serving
			m.follow(w)
		})
		m.watch(w, u)
	case e.what == served && u.condition == warming:
		m.change(w, aws, func() { u.condition = warmed })
		m.will(w, w.now+m.stopTime(), ended, u)
	case e.what == ended && u.condition == warmed:
		m.change(w, aws, func() { u.condition = parked })
	case e.what == ended && u.condition == leaving:
		m.change(w, aws, func() {
			m.retire(w, u)
			m.follow(w)
		})
	case e.what != served && e.what != ended:
		m.marketHappens(w, e.what, u)
	}
}

// fromWarmPool is a stopped unit that can be started; nil where there is none.
func (m *machine) fromWarmPool() *unit {
	for _, u := range m.units {
		if u.condition == parked {
			return u
		}
	}
	return nil
}

// refill launches what the warm pool lacks. Its instances run once, to be set up, and are stopped then.
func (m *machine) refill(w *World) {
	missing := m.spec.Scaling.Warm
	for _, u := range m.units {
		if u.condition >= warming {
			missing--
		}
	}
	for ; missing > 0; missing-- {
		u := m.create(w, m.launchType())
		u.condition = warming
		m.will(w, w.now+m.bootTime(), served, u)
	}
}
