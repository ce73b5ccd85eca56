package pillars

import (
	"slices"
	"strings"

	"offpeak/internal/fleet"
)

func owner(w *workloads, t *tally)   { w.tagged(t, w.OwnerTags, slices.ContainsFunc) }
func runbook(w *workloads, t *tally) { w.tagged(t, w.RunbookTags, slices.ContainsFunc) }

func costTags(w *workloads, t *tally) {
	w.tagged(t, w.CostTags, func(keys []string, has func(string) bool) bool {
		return !slices.ContainsFunc(keys, func(key string) bool { return !has(key) })
	})
	if known := t.looked - t.unknown; known > 0 {
		t.shareOf(known-len(t.found), known)
	}
}

// tagged finds what lacks tags, by enough of its keys.
func (w *workloads) tagged(t *tally, keys []string, enough func([]string, func(string) bool) bool) {
	for _, r := range w.enrolled {
		if len(keys) == 0 {
			t.count(r.ARN, fleet.Unknown)
			continue
		}
		t.count(r.ARN, known(!enough(keys, func(key string) bool {
			value, _, ok := r.Tags.GetFold(key)
			return ok && strings.TrimSpace(value) != ""
		})))
	}
}

func imdsv2(w *workloads, t *tally) {
	for _, m := range w.machines {
		t.count(m.ARN, not(m.fact(func(p *fleet.Posture) fleet.Known { return p.IMDSv2 })))
	}
}

func publicAddress(w *workloads, t *tally) {
	for _, u := range slices.Concat(w.machines, w.servers) {
		t.count(u.ARN, u.fact(func(p *fleet.Posture) fleet.Known { return p.Public }))
	}
}

// fact asks how a thing is set up; that is not known where nobody looked.
func (u unit) fact(of func(*fleet.Posture) fleet.Known) fleet.Known {
	if u.Posture == nil {
		return fleet.Unknown
	}
	return of(u.Posture)
}

func unencrypted(w *workloads, t *tally) {
	w.eachDisk(t, func(d fleet.Disk) fleet.Known { return not(d.Encrypted) })
	for _, s := range w.stores {
		t.count(s.ARN, not(s.fact(func(p *fleet.Posture) fleet.Known { return p.Encrypted })))
	}
}

func gp2(w *workloads, t *tally) {
	is := func(kind string) fleet.Known {
		if kind == "" {
			return fleet.Unknown
		}
		return known(kind == "gp2")
	}
	w.eachDisk(t, func(d fleet.Disk) fleet.Known { return is(d.Type) })
	for _, s := range w.stores {
		t.count(s.ARN, s.fact(func(p *fleet.Posture) fleet.Known { return is(p.Storage) }))
	}
}

// eachDisk counts the volumes of machines, each once. What volumes a machine has is one thing that is not known where nobody looked.
func (w *workloads) eachDisk(t *tally, is func(fleet.Disk) fleet.Known) {
	counted := map[fleet.ARN]bool{}
	for _, m := range w.machines {
		if m.Posture == nil || m.Kind == fleet.AutoScalingGroup {
			t.count(m.ARN, fleet.Unknown)
			continue
		}
		for _, d := range m.Posture.Volumes {
			arn := fleet.VolumeARN(m.Scope, d.ID)
			if !counted[arn] { // io2 can be attached to several
				t.count(arn, is(d))
			}
			counted[arn] = true
		}
	}
}

func backups(w *workloads, t *tally) {
	for _, s := range w.stores {
		if _, replica := s.Trait(fleet.ReadReplica); replica {
			continue // what it holds is backed up at its source
		}
		t.count(s.ARN, not(s.fact(func(p *fleet.Posture) fleet.Known { return p.Backups })))
	}
}

func singleZone(w *workloads, t *tally) {
	for _, s := range w.stores {
		several := s.fact(func(p *fleet.Posture) fleet.Known { return p.MultiZone })
		if s.MultiAZ {
			several = fleet.Yes
		}
		t.count(s.ARN, not(several))
	}
}

// enough is how many types and how many zones a group on Spot is to have at least.
const enough = 3

func spotDiversity(w *workloads, t *tally) {
	spot := map[part]bool{} // groups that run Spot, by their members
	for _, m := range w.machines {
		if of, member := whole(m.Resource); member && m.Lifecycle != fleet.OnDemand {
			spot[of] = true
		}
	}
	for _, g := range w.enrolled {
		if g.Kind != fleet.AutoScalingGroup {
			continue
		}
		mix, zones := mixOf(g)
		if g.Posture == nil && g.Launch == nil {
			t.count(g.ARN, fleet.Unknown)
		} else if mix != nil && mix.AboveBase < 100 || spot[part{g.Scope, g.Kind, g.ID}] {
			t.count(g.ARN, narrow(mix, len(zones)))
		}
	}
}

func mixOf(g *fleet.Resource) (*fleet.Mix, []string) {
	if g.Posture != nil {
		return g.Posture.Mix, g.Posture.Zones
	}
	if g.Launch != nil {
		return g.Launch.Mix, g.Launch.Zones
	}
	return nil, nil
}

// narrow reports whether a group has fewer types or zones than are enough. Without types in its mix it has the one of its template.
func narrow(mix *fleet.Mix, zones int) fleet.Known {
	types := 1
	if mix != nil {
		types = max(types, len(slices.Compact(slices.Sorted(slices.Values(mix.Types)))))
	}
	byAWS := mix != nil && mix.ByRequired
	switch {
	case zones > 0 && zones < enough, !byAWS && types < enough:
		return fleet.Yes
	case byAWS || zones == 0:
		return fleet.Unknown
	default:
		return fleet.No
	}
}

func previousGeneration(w *workloads, t *tally) {
	for _, u := range slices.Concat(w.machines, w.servers) {
		t.count(u.ARN, u.any(previous))
	}
}

func graviton(w *workloads, t *tally) {
	for _, u := range slices.Concat(w.machines, w.servers) {
		t.count(u.ARN, not(u.any(func(name string) fleet.Known { return not(isGraviton(name)) })))
	}
	t.shareOf(len(t.found), t.looked-t.unknown)
}

// any reports whether one of the types is so; it is not known where none is, and of one that is not known.
func (u unit) any(is func(string) fleet.Known) fleet.Known {
	found := fleet.No
	for _, name := range u.types {
		switch is(name) {
		case fleet.Yes:
			return fleet.Yes
		case fleet.Unknown:
			found = fleet.Unknown
		}
	}
	if len(u.types) == 0 {
		return fleet.Unknown
	}
	return found
}
