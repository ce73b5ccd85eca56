// Package experience counts how often an organization's own Spot instances are interrupted, and in how many instance-hours.
//
// In go what each look sees of the groups that AutoSpot has moved, and the interruptions that AWS told of them; out comes a record by week and pool, which is
// kept between looks for thirteen weeks, and from it what package pricing corrects the Spot advisor's bands by. Hours are those between looks, of what was seen at the
// earlier one. Only moved groups count, for of others no interruption is told. It reads no clock and keeps nothing itself.
package experience

import (
	"maps"
	"slices"
	"strings"
	"time"

	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

// Count is what was seen of one pool.
type Count struct {
	Interruptions int
	Minutes       int64 // of instances on Spot
	// Crowd is the sum, over those minutes, of how many instances of the account ran in the pool: those that run together are lost together.
	Crowd int64
}

// Record is what is kept of one account in one region. The zero value is of a scope that was never looked at.
type Record struct {
	Scope fleet.Scope
	// Looked is when hours were counted last.
	Looked time.Time
	// Weeks are counts by the Monday (UTC) that a week begins on.
	Weeks map[time.Time]map[market.Pool]Count
	// Unplaced are interruptions of instances that no look has seen, by week: of which type they were is not known.
	Unplaced map[time.Time]int
	// Running are the Spot instances of groups at the last look that saw them run.
	Running map[fleet.ARN]map[string]market.Pool
	// Counted are the interruptions of the last days, by instance, so that each counts once.
	Counted map[string]time.Time
}

// Sight is what a look sees of a moved group: its Spot instances, or that it is at zero.
type Sight struct {
	Asleep    bool
	Instances map[string]market.Pool
}

// Interruption is one that AWS told of.
type Interruption struct {
	Instance string
	At       time.Time
}

// Look is what a record is to be told.
type Look struct {
	At          time.Time
	Sights      map[fleet.ARN]Sight
	Interrupted []Interruption
	// Open is for how long of a time a group ran: all of it, if its schedule says nothing else. asleep says that it is at zero at the end.
	Open func(group fleet.ARN, asleep bool, from, to time.Time) time.Duration
}

// What is kept, and for how long.
const (
	weeks     = 13
	week      = 7 * 24 * time.Hour
	often     = 20 * time.Hour // between two counts of hours that nothing calls for
	most      = 72 * time.Hour // what is counted between two looks
	counted   = 72 * time.Hour // an interruption is told for two days
	mostPools = 2_000          // of a week
	mostSeen  = 5_000          // instances, and interruptions
)

// monday is when an instant's week begins.
func monday(at time.Time) time.Time {
	day := at.UTC().Truncate(24 * time.Hour)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

// Add returns the record with a look added to it. changed is false where there is nothing to keep that is not known: hours are counted once a day, with each
// interruption, and when a group is first seen running. The record itself is not changed.
func (r *Record) Add(l Look) (next Record, changed bool) {
	next = r.clone()
	fresh := next.interruptions(l)
	unseen, kept := false, 0
	for _, running := range r.Running {
		kept += len(running)
	}
	for arn, s := range l.Sights {
		unseen = unseen || len(s.Instances) > 0 && len(r.Running[arn]) == 0 && kept+len(s.Instances) <= mostSeen
	}
	idle := len(r.Running) == 0 && len(l.Sights) == 0
	if !fresh && !unseen && (idle || l.At.Sub(r.Looked) < often) {
		return *r, false
	}
	next.hours(l)
	next.Looked = l.At.UTC()
	next.see(l)
	next.forget(l.At)
	return next, true
}

// interruptions counts those that were not counted before.
func (r *Record) interruptions(l Look) (fresh bool) {
	places := map[string]market.Pool{}
	for _, running := range r.Running {
		maps.Copy(places, running)
	}
	for _, s := range l.Sights {
		maps.Copy(places, s.Instances)
	}
	for _, i := range l.Interrupted {
		if _, known := r.Counted[i.Instance]; known || l.At.Sub(i.At) > counted || len(r.Counted) >= mostSeen {
			continue
		}
		r.Counted[i.Instance], fresh = i.At.UTC(), true
		at := monday(i.At)
		pool, placed := places[i.Instance]
		if !placed {
			r.Unplaced[at]++
			continue
		}
		r.count(at, pool, Count{Interruptions: 1})
	}
	return fresh
}

// hours counts the time since the last look, of what ran then.
func (r *Record) hours(l Look) {
	if r.Looked.IsZero() || !r.Looked.Before(l.At) {
		return
	}
	from := r.Looked
	if earliest := l.At.Add(-most); from.Before(earliest) {
		from = earliest
	}
	together := map[market.Pool]int64{}
	for _, running := range r.Running {
		for _, pool := range running {
			together[pool]++
		}
	}
	for arn, running := range r.Running {
		s, there := l.Sights[arn]
		if !there {
			continue // gone, or taken back: until when it ran is not known
		}
		minutes := int64(l.Open(arn, s.Asleep, from, l.At) / time.Minute)
		for _, pool := range running {
			r.count(monday(from), pool, Count{Minutes: minutes, Crowd: minutes * together[pool]})
		}
	}
}

func (r *Record) count(at time.Time, pool market.Pool, more Count) {
	pools := r.Weeks[at]
	if pools == nil {
		pools = map[market.Pool]Count{}
		r.Weeks[at] = pools
	}
	is, there := pools[pool]
	if !there && len(pools) >= mostPools {
		return
	}
	pools[pool] = Count{is.Interruptions + more.Interruptions, is.Minutes + more.Minutes, is.Crowd + more.Crowd}
}

// see keeps what runs now. A group that sleeps opens again with what it had.
func (r *Record) see(l Look) {
	before, room := r.Running, mostSeen
	r.Running = map[fleet.ARN]map[string]market.Pool{}
	for _, arn := range slices.Sorted(maps.Keys(l.Sights)) {
		running := l.Sights[arn].Instances
		if l.Sights[arn].Asleep {
			running = before[arn]
		}
		if room -= len(running); len(running) > 0 && room >= 0 {
			r.Running[arn] = maps.Clone(running)
		}
	}
}

// forget lets go of what is too old.
func (r *Record) forget(now time.Time) {
	oldest := monday(now).Add(-(weeks - 1) * week)
	maps.DeleteFunc(r.Weeks, func(at time.Time, _ map[market.Pool]Count) bool { return at.Before(oldest) })
	maps.DeleteFunc(r.Unplaced, func(at time.Time, _ int) bool { return at.Before(oldest) })
	maps.DeleteFunc(r.Counted, func(_ string, at time.Time) bool { return now.Sub(at) > counted })
}

func (r *Record) clone() Record {
	next := Record{
		Scope: r.Scope, Looked: r.Looked, Weeks: map[time.Time]map[market.Pool]Count{}, Unplaced: map[time.Time]int{},
		Running: map[fleet.ARN]map[string]market.Pool{}, Counted: map[string]time.Time{},
	}
	for at, pools := range r.Weeks {
		next.Weeks[at] = maps.Clone(pools)
	}
	maps.Copy(next.Unplaced, r.Unplaced)
	maps.Copy(next.Running, r.Running)
	maps.Copy(next.Counted, r.Counted)
	return next
}

// Types adds records up by region and type, as the planner takes them. What lies more than thirteen weeks back does not count.
func Types(records []Record, now time.Time) map[fleet.Region]map[string]pricing.Experience {
	oldest := monday(now).Add(-(weeks - 1) * week)
	all := map[fleet.Region]map[string]pricing.Experience{}
	for i := range records {
		of := all[records[i].Scope.Region]
		if of == nil {
			of = map[string]pricing.Experience{}
			all[records[i].Scope.Region] = of
		}
		for at, pools := range records[i].Weeks {
			for pool, c := range pools {
				if !at.Before(oldest) {
					of[pool.Type] = added(of[pool.Type], c)
				}
			}
		}
	}
	return all
}

// added adds a count to what is known of a type. Together is a mean over instance-hours. Records of before Crowd was kept count each instance alone.
func added(e pricing.Experience, c Count) pricing.Experience {
	hours, crowd := float64(c.Minutes)/60, float64(max(c.Crowd, c.Minutes))/60
	sum := pricing.Experience{Interruptions: e.Interruptions + c.Interruptions, Hours: e.Hours + hours}
	if sum.Hours > 0 {
		sum.Together = (e.Together*e.Hours + crowd) / sum.Hours
	}
	return sum
}

// Prefix is where the records of a region are kept in a hub's store, one for each account, and Key that of one scope.
func Prefix(region fleet.Region) string { return "experience/" + string(region) + "/" }

// Key is where the record of a scope is kept.
func Key(s fleet.Scope) string { return Prefix(s.Region) + string(s.Account) + ".json" }

// comparePools orders pools by type, zone and product.
func comparePools(a, b market.Pool) int {
	return strings.Compare(a.Type+"|"+a.Zone+"|"+a.Product, b.Type+"|"+b.Zone+"|"+b.Product)
}
