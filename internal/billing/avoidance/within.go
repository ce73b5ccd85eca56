package avoidance

// Within returns half the width of the 95 % interval of a weighted sum of claims, such as their dollars: weight is what an hour of a claim
// is worth, zero for claims that are not in the sum. It is false where no claim with a baseline is.
func (m *Measurement) Within(weight func(*Claim) float64) (half float64, known bool) {
	var parts []weighted
	for i := range m.Claims {
		if w := weight(&m.Claims[i]); w != 0 {
			parts = append(parts, weighted{&m.Claims[i], w})
		}
	}
	i := m.interval(Hours{}, parts)
	return i.High, i.Known
}
