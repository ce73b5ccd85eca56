package avoidance

// Within returns how far the 95 % interval of a weighted sum of claims, such as their dollars, lies below the sum and above it: weight is what
// an hour of a claim is worth, zero for claims that are not in the sum. It is false where no claim with a baseline is.
func (m *Measurement) Within(weight func(*Claim) float64) (below, above float64, known bool) {
	var parts []weighted
	for i := range m.Claims {
		if w := weight(&m.Claims[i]); w != 0 {
			parts = append(parts, weighted{&m.Claims[i], w})
		}
	}
	i := m.interval(Hours{}, parts)
	return -i.Low, i.High, i.Known
}
