package avoidance

import (
	"math"
)

// weighted is a claim of which only a share counts.
type weighted struct {
	*Claim
	weight float64
}

// owner is who moves by himself: resources of one Unit and one enrolment, whose baseline weeks are the same weeks.
type owner struct {
	name     string
	enrolled int64
}

func ownerOf(r *Resource) owner {
	if r.Unit == "" {
		return owner{"\x00" + string(r.ARN), r.Enrolled.Unix()}
	}
	return owner{r.Unit, r.Enrolled.Unix()}
}

// interval returns the 95 % interval of a sum of claims.
//
// The error of a claim over L weeks is L times that of a baseline mean of four weeks, less what the L weeks themselves deviate by from
// people's mean: with a variance of s2 between an owner's weeks, L*L*s2/4 + L*s2. It is a prediction: leaving out the second part, as a
// bootstrap of the baseline does, covers too little. s2 comes from the owner's four baseline weeks, in unit-hours with as much of the changes
// of size taken out as the open hours tell (see varying), summed over owners; L and its square count each week at its scale. See
// spread.total for what weeks hand on to one another. A claim from a cohort adds how far one resource lies from the cohort's mean and how far
// that mean lies from the truth, both at its size, and its peers' weeks count once more; the control group adds its own error, scaled.
// Student's t has the degrees of freedom by Welch and Satterthwaite, three for one owner.
//
// Weeks in which somebody forgot a machine are few and long. A baseline that saw none of them is too low, and its weeks vary too little: the
// claim is too low and its interval too narrow, both at once. See spread.lean for what is done about it.
//
// What befell all owners at once (a holiday in the baseline, a crunch after it) is not in it: only a control group tells.
func (m *Measurement) interval(center Hours, parts []weighted) Interval {
	s := spread{seen: map[owner]int{}}
	users := map[string]*borrowed{}
	var order []string
	known, drift := false, map[string]float64{}
	for _, p := range parts {
		if p.Origin == Unproven {
			continue
		}
		known = true
		if p.Origin == Own {
			mean, period := p.history.varying()
			s.add(m.owners[p.ARN], mean, period, p.weight*p.lasting, p.weight*math.Sqrt(p.squared))
		} else {
			hash := p.history.baseline.Cohort
			if users[hash] == nil {
				users[hash] = &borrowed{}
				order = append(order, hash)
			}
			users[hash].add(p.weight, p.lasting, p.squared)
		}
		if group := m.control[p.Environment]; group != nil {
			drift[p.Environment] += p.weight * float64(p.base) / float64(group.baseline)
		}
	}
	for _, hash := range order {
		m.borrow(&s, m.book.Cohorts[hash], users[hash])
	}
	for i := range m.Controls {
		c := &m.Controls[i]
		if weight := -drift[c.Environment]; weight != 0 && c.Origin == Own {
			mean, period := c.history.varying()
			s.add(m.owners[c.ARN], mean, period, weight*c.lasting, weight*math.Sqrt(c.squared))
		}
	}
	if !known {
		return Interval{}
	}
	variance, freedom := s.total()
	half, lean := 0.0, 0.0
	if variance > 0 {
		half = student(freedom) * math.Sqrt(variance)
		lean = min(max(s.lean()/variance, -half/2), half/2)
	}
	return Interval{Low: center.Float() - half + lean, High: center.Float() + half + lean, Freedom: freedom, Known: true}
}

// borrowed sums up the claims that use one cohort's baseline.
type borrowed struct {
	weeks   float64 // of all of them, weighted
	squares float64 // of each one's weighted weeks
	singles float64 // weights squared times weeks
}

func (b *borrowed) add(weight, lasting, squared float64) {
	b.weeks += weight * lasting
	b.squares += weight * weight * lasting * lasting
	b.singles += weight * weight * squared
}

func (m *Measurement) borrow(s *spread, c Peers, b *borrowed) {
	n := float64(len(c.Members))
	for _, arn := range c.Members {
		o, present := m.owners[arn]
		if !present {
			o = owner{name: "\x00" + string(arn)}
		}
		peer := m.book.Baselines[arn]
		_, hours := peer.varying(nil)
		s.add(o, hours, hours, b.weeks/n, 0)
	}
	one := max(c.Spread, 1) // peers vary with their sizes, a resource with its own alone
	s.component((b.weeks*b.weeks/n+b.squares/one)*c.Between, n-1)
	s.component(b.singles/one*c.Within, (weeks-1)*n)
}

// spread gathers the variance of a sum.
type spread struct {
	seen   map[owner]int
	owners []habits
	// variance is the sum of the components that are no owner's, and doubt that of their squares over their degrees of freedom.
	variance, doubt float64
}

// habits are an owner's baseline weeks, weighted as they enter by the baseline's mean, and by the period's own weeks.
type habits struct{ mean, period [weeks]float64 }

func (s *spread) add(o owner, mean, period [weeks]float64, byMean, byPeriod float64) {
	at, known := s.seen[o]
	if !known {
		at = len(s.owners)
		s.seen[o] = at
		s.owners = append(s.owners, habits{})
	}
	for k := range mean {
		s.owners[at].mean[k] += byMean * mean[k]
		s.owners[at].period[k] += byPeriod * period[k]
	}
}

func (s *spread) component(variance, freedom float64) {
	s.variance += variance
	s.doubt += variance * variance / freedom
}

// total returns the variance and its degrees of freedom. What spills over from one week into the next (left on over the weekend, until
// Monday) makes sums vary more than single weeks tell; that part is summed over all owners, and counted where it is above zero.
func (s *spread) total() (variance, freedom float64) {
	spill := 0.0
	for i := range s.owners {
		byMean, lagMean := neighbours(s.owners[i].mean)
		byPeriod, lagPeriod := neighbours(s.owners[i].period)
		s.component(byMean/weeks+byPeriod, weeks-1)
		spill += lagMean/2 + lagPeriod*5/2
	}
	if s.doubt == 0 {
		return s.variance, math.Inf(1)
	}
	return s.variance + max(spill, 0), s.variance * s.variance / s.doubt
}

// lean is how far the interval is moved up, or down where it is below zero, times the variance: the first terms of the Cornish-Fisher expansion
// of (claim - truth) / the root of its estimated variance; for a mean they are those of Johnson, "Modified t tests and confidence intervals for
// asymmetrical populations", 1978. With the third cumulant K of the error, its covariance A with its variance, and the normal quantile z it is
//
//	A/2 + (3A - K) (z*z - 1)/6
//
// A and K are sums over owners of third cumulants of their four baseline weeks. Without it, nearly all fleets of the simulation whose truth lay
// outside had a claim too low; with Student's quantile for z it corrects too much.
func (s *spread) lean() float64 {
	const z2 = 1.959963984540054 * 1.959963984540054
	skew, together := 0.0, 0.0
	for i := range s.owners {
		h := &s.owners[i]
		ofMean, ofBoth := third(h.mean, h.mean), third(h.mean, h.period)
		together += (ofMean/weeks + ofBoth) / weeks
		skew += ofMean / (weeks * weeks)
		if ofMean != 0 { // L weeks have L times the cumulant k of one: of the means L*L*L*k and L*L*k are known
			ofPeriod := min(ofBoth*ofBoth/math.Abs(ofMean), math.Abs(ofBoth))
			skew -= math.Copysign(ofPeriod, ofBoth)
		}
	}
	return together/2 + (3*together-skew)*(z2-1)/6
}

// third is the unbiased third cumulant of four weeks, of one factor by a and two by b.
func third(a, b [weeks]float64) (k float64) {
	meanA, _ := moments(a[:])
	meanB, _ := moments(b[:])
	for i := range a {
		k += (a[i] - meanA) * (b[i] - meanB) * (b[i] - meanB)
	}
	return k * weeks / ((weeks - 1) * (weeks - 2))
}

// neighbours returns the sample variance v of four weeks, and the covariance g of weeks that follow one another, both freed of the bias that
// comes with a mean from the same four: E(s0) = 3v - 1.5g and E(s1) = -0.75v + 1.625g for s0, s1 the sums of squares and of products of
// neighbours. So the variance of a mean of four is s0/12 + g/2, and that of a long sum s0/3 + 5g/2 for each week.
func neighbours(of [weeks]float64) (variance, covariance float64) {
	mean, variance := moments(of[:])
	products := 0.0
	for k := 1; k < weeks; k++ {
		products += (of[k-1] - mean) * (of[k] - mean)
	}
	return variance, 0.8*products + 0.2*(weeks-1)*variance
}

// student is the quantile of Student's t that leaves 2.5 % above: the expansion of Abramowitz and Stegun 26.7.5, within 0.2 % from three
// degrees of freedom on and within 1 % at two. Below two it is taken at two.
func student(freedom float64) float64 {
	const x = 1.959963984540054
	const x2 = x * x
	n := 1 / max(freedom, 2)
	g1 := x * (x2 + 1) / 4
	g2 := x * ((5*x2+16)*x2 + 3) / 96
	g3 := x * (((3*x2+19)*x2+17)*x2 - 15) / 384
	g4 := x * ((((79*x2+776)*x2+1482)*x2-1920)*x2 - 945) / 92160
	return x + n*(g1+n*(g2+n*(g3+n*g4)))
}
