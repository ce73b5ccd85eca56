package mix

// Stand is what the target's odds are with a group's Spot instances as they stand in its zones, instead of even.
type Stand struct {
	// Most is how many Spot instances the zone with the most holds, of Spot in all, and Share how many of so many the odds of a mix count with.
	Most, Spot, Share int
	// Losses is how often a quarter more than the target allows is lost at once, and Meets whether that is within it.
	Losses float64
	Meets  bool
}

// Crowded reports whether the odds are missed because a zone holds more than its share.
func (s Stand) Crowded() bool { return !s.Meets && s.Most > s.Share }

// Standing tells what becomes of the odds where so many Spot instances stand in each zone, of a group of a size; false where there is no mix. Zones are
// lost as elsewhere in this package: each as often as one instance is, and sometimes all of them.
func (a *Answer) Standing(size int, spot []int) (Stand, bool) {
	if a.model == nil || size <= 0 {
		return Stand{}, false
	}
	m, s := a.model, Stand{}
	for _, n := range spot {
		s.Most, s.Spot = max(s.Most, n), s.Spot+n
	}
	s.Share, _ = m.together(size, max(0, size-s.Spot))
	if m.tooMany(size, s.Spot) {
		shock, own, down := m.odds()
		s.Losses = m.rate * shock
		for i, n := range spot {
			if n > 0 {
				s.Losses += own * m.beyond(size, n, without(spot, i), down)
			}
		}
		s.Losses *= Quarter
	}
	s.Meets = s.Losses <= m.question.Target.Odds
	return s, true
}

func without(spot []int, i int) []int {
	others := append([]int{}, spot[:i]...)
	return append(others, spot[i+1:]...)
}

// beyond is the probability that a zone of so many Spot instances and those of the others that are down are too many, where each is down with a
// probability.
func (m *model) beyond(size, lost int, others []int, down float64) (p float64) {
	chance := []float64{1} // of so many lost in the others
	for _, n := range others {
		next := make([]float64, len(chance)+n)
		for k, c := range chance {
			next[k] += c * (1 - down)
			next[k+n] += c * down
		}
		chance = next
	}
	for k, c := range chance {
		if m.tooMany(size, lost+k) {
			p += c
		}
	}
	return p
}
