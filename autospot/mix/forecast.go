package mix

import "math"

// Forecast is what is to be expected of a mix in so many hours, to be compared with what is observed.
type Forecast struct {
	// Interruptions are expected; 95 of 100 times they lie between Low and High.
	Interruptions float64
	Low, High     int
	// Losses is how often more than the target allows is lost at once, Chance the probability that it happens at all.
	Losses, Chance float64
}

// Forecast tells what is to be expected of the mix while its Size runs for so many hours; Quarter is a quarter day and night.
//
// The interval knows that the rate of interruptions is not: it takes the types' rates to err together, known by as little as the least known of them. Interruptions
// that come in clusters vary more than that where a group has few zones and many instances.
func (a *Answer) Forecast(hours float64) Forecast {
	if a.model == nil || !(hours > 0) {
		return Forecast{}
	}
	mean := 0.0
	for i := range a.Types {
		mean += a.Types[i].Quote.Risk.PerHour()
	}
	expected := mean / float64(len(a.Types)) * float64(a.Chosen.Spot) * hours
	losses := a.Chosen.Losses * hours / Quarter
	return Forecast{
		Interruptions: expected,
		Low:           counted(a.shape, expected, 0.025),
		High:          counted(a.shape, expected, 0.975),
		Losses:        losses,
		Chance:        -math.Expm1(-losses),
	}
}

func leastShape(types []Type) float64 {
	shape := types[0].Quote.Risk.Shape()
	for i := range types {
		shape = min(shape, types[i].Quote.Risk.Shape())
	}
	return shape
}

// counted is the smallest number that events do not exceed with probability p when their rate is a Gamma distribution of a shape: a negative binomial.
func counted(shape, expected, p float64) int {
	if expected <= 0 {
		return 0
	}
	stay, below := math.Log(expected/(shape+expected)), 0.0
	logarithm := shape * math.Log(shape/(shape+expected))
	limit := 1000 + 100*expected
	for k := 0.0; ; k++ {
		below += math.Exp(logarithm)
		if below >= p || k > limit {
			return int(k)
		}
		logarithm += math.Log((k+shape)/(k+1)) + stay
	}
}
