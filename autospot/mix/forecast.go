package mix

import (
	"fmt"
	"math"
)

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
	mean, _ := a.interrupted()
	expected := mean * float64(a.Chosen.Spot) * hours
	losses := a.Chosen.Losses * hours / Quarter
	return Forecast{
		Interruptions: expected,
		Low:           counted(a.shape, expected, 0.025),
		High:          counted(a.shape, expected, 0.975),
		Losses:        losses,
		Chance:        -math.Expm1(-losses),
	}
}

// PerBillionHours is what Forecast expects of one Spot instance in a billion hours; zero where there is no mix.
func (a *Answer) PerBillionHours() int64 {
	if a.model == nil {
		return 0
	}
	perHour, _ := a.interrupted()
	return int64(math.Round(perHour * 1e9))
}

// interrupted is how often an instance is interrupted in an hour, in the mean over what is bought: the types of the Spot instances that run now, and where none
// of them is among the chosen types, all of these alike. AWS tells nobody how deep a pool is, and so not which pools it will take.
func (a *Answer) interrupted() (perHour float64, running int) {
	all, of := 0.0, 0.0
	for i := range a.Types {
		rate, n := a.Types[i].Quote.Risk.PerHour(), max(a.model.question.Running[a.Types[i].Quote.Type], 0)
		all, of, running = all+rate, of+rate*float64(n), running+n
	}
	if running > 0 {
		return of / float64(running), running
	}
	return all / float64(len(a.Types)), 0
}

// ForecastSays tells in a sentence what Forecast takes AWS to use of the chosen types; empty where there is no mix.
func (a *Answer) ForecastSays() string {
	if a.model == nil {
		return ""
	}
	if _, running := a.interrupted(); running > 0 {
		return fmt.Sprintf("interruptions are forecast for the types of the %s that run now, in their proportion", instances(running))
	}
	return "interruptions are forecast as if all chosen types were used alike: none of them runs yet, and AWS does not tell which it will take"
}

func instances(n int) string {
	if n == 1 {
		return "1 Spot instance"
	}
	return fmt.Sprintf("%d Spot instances", n)
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
