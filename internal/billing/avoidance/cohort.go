package avoidance

import (
	"math"

	"offpeak/internal/fleet"
)

// peer is a resource with a baseline of its own.
type peer struct {
	*Resource
	baseline Baseline
}

// cohortKey tells cohorts apart. Only who was enrolled by the end of the resource's day is in, so that the baseline is known then.
type cohortKey struct {
	account     fleet.AccountID
	environment string
	kind        fleet.Kind
	day         int64
}

// cohortOf finds the narrowest cohort that is large enough; found remembers those that were looked for.
func cohortOf(r *Resource, peers []peer, found map[cohortKey]Peers) (Peers, bool) {
	day := r.Enrolled.Unix() / (24 * 3600)
	for _, account := range []fleet.AccountID{r.Account, ""} {
		key := cohortKey{account, r.Environment, r.Kind, day}
		c, known := found[key]
		if !known {
			c = gather(key, peers)
			found[key] = c
		}
		if len(c.Members) >= minPeers {
			return c, true
		}
	}
	return Peers{}, false
}

// gather makes a cohort; peers come in the order of their ARNs.
func gather(key cohortKey, peers []peer) Peers {
	c := Peers{Account: key.account, Environment: key.environment, Kind: key.kind}
	var members []*Baseline
	for i := range peers {
		p := &peers[i]
		if key.account != "" && p.Account != key.account || p.Environment != key.environment || p.Kind != key.kind ||
			p.Enrolled.Unix()/(24*3600) > key.day {
			continue
		}
		c.Members = append(c.Members, p.ARN)
		members = append(members, &p.baseline)
		for i, s := range p.baseline.Share {
			c.share[i] += s
		}
		c.longestOff = max(c.longestOff, p.baseline.LongestOff)
		_, hours := p.baseline.varying(nil)
		_, variance := moments(hours[:])
		c.Within += variance
	}
	n := int64(len(members))
	if n < minPeers {
		return c
	}
	for i := range c.share { // half up to 1/14,400 of an hour
		c.share[i] = (2*c.share[i] + n) / (2 * n)
	}
	c.Within /= float64(n)
	c.compare(members)
	c.Hash = c.sum()
	return c
}

// compare finds the peers' mean size in each hour of the week, and how far peers lie from one another at the same size.
func (c *Peers) compare(members []*Baseline) {
	n := float64(len(members))
	sizes, mean, known := make([]float64, len(members)), 0.0, 0.0
	for i, b := range members {
		if size, ok := b.size(); ok {
			sizes[i], mean, known = size, mean+size, known+1
		}
	}
	if known == 0 {
		return
	}
	mean /= known
	on, squares := [slots]int64{}, 0.0
	for i, size := range sizes {
		if size == 0 { // never on: nothing tells its size
			sizes[i] = mean
		}
		squares += sizes[i] * sizes[i]
	}
	for slot, share := range c.share {
		sum := 0.0
		for i, b := range members {
			if seconds := b.on(slot); seconds > 0 {
				sum += float64(b.Share[slot]) / float64(seconds)
			} else {
				sum += sizes[i]
			}
		}
		on[slot] = min(int64(math.Round(float64(share)/(sum/n))), whole)
	}
	if on != c.share {
		c.on = &on
	}
	if spread := squares / n / (mean * mean); spread > 1 {
		c.Spread = spread
	}
	total, residuals := 0.0, make([]float64, len(members))
	for i, b := range members {
		hours := b.hours()
		residuals[i], _ = moments(hours[:])
		total += residuals[i]
	}
	for i := range residuals {
		if c.Spread > 0 {
			residuals[i] -= total / n / mean * sizes[i]
		}
	}
	_, between := moments(residuals)
	c.Between = max(between-c.Within/weeks, 0)
}

// hours are the unit-hours run in each of the four weeks.
func (b *Baseline) hours() (hours [weeks]float64) {
	for k, seconds := range b.Weeks {
		hours[k] = float64(seconds) / 3600
	}
	return hours
}

// moments returns the mean and the sample variance of two values or more.
func moments(values []float64) (mean, variance float64) {
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	for _, v := range values {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(len(values)-1)
}
