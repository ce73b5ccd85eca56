package avoidance

// Sum sums the claims at some places of Claims, as Total does.
func (m *Measurement) Sum(places []int) Total {
	claims := make([]*Claim, len(places))
	for i, place := range places {
		claims[i] = &m.Claims[place]
	}
	return m.sum(claims)
}

// Within returns how far the 95 % interval of a weighted sum of the claims at some places of Claims, such as their dollars, lies below the sum and above it: weight is what
// an hour of a claim is worth, zero for claims that are not in the sum. It is false where no claim with a baseline is.
func (m *Measurement) Within(places []int, weight func(place int) float64) (below, above float64, known bool) {
	var parts []weighted
	for _, place := range places {
		if w := weight(place); w != 0 {
			parts = append(parts, weighted{&m.Claims[place], w})
		}
	}
	i := m.interval(Hours{}, parts)
	return -i.Low, i.High, i.Known
}
