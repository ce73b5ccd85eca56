package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/optimizer"
	"offpeak/internal/simulation"
)

// story is a time of a small organisation with what goes wrong in it. The same story always ends the same way. As text it is one thing a line,
// a word and what it says; lines that begin with # are for people.
type story struct {
	seed   uint64
	zone   string
	from   string // on the clock of the zone
	hours  int
	ids    []string // of the resources of the seed's fleet; none: all of them
	faults []kind
	// breaks is the name of a mutation that it shows, empty for a story that a mistake once told; expect is a part of the complaint then.
	breaks, expect string
}

const storyTime = "2006-01-02 15:04"

// String writes a story.
func (s story) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d\nzone %s\nfrom %s\nhours %d\n", s.seed, s.zone, s.from, s.hours)
	for _, id := range s.ids {
		fmt.Fprintf(&b, "resource %s\n", id)
	}
	for _, k := range s.faults {
		fmt.Fprintf(&b, "fault %s\n", k)
	}
	if s.breaks != "" {
		fmt.Fprintf(&b, "breaks %s\nexpect %s\n", s.breaks, s.expect)
	}
	return b.String()
}

// readStory reads what String wrote.
func readStory(text string) (s story, err error) {
	for number, line := range strings.Split(strings.TrimSpace(text), "\n") {
		word, says, _ := strings.Cut(line, " ")
		var wrong error
		switch word {
		case "seed":
			s.seed, wrong = strconv.ParseUint(says, 10, 64)
		case "zone":
			s.zone = says
			_, wrong = time.LoadLocation(says)
		case "from":
			s.from = says
			_, wrong = time.Parse(storyTime, says)
		case "hours":
			s.hours, wrong = strconv.Atoi(says)
		case "resource":
			s.ids = append(s.ids, says)
		case "fault":
			s.faults = append(s.faults, kind(says))
			if !slices.Contains(everyKind(), kind(says)) {
				wrong = errors.New("there is no such fault")
			}
		case "breaks":
			s.breaks = says
			if _, known := mutationOf(says); !known {
				wrong = errors.New("there is no such mutation")
			}
		case "expect":
			s.expect = says
		default:
			if !strings.HasPrefix(word, "#") && word != "" {
				wrong = errors.New("a story has seed, zone, from, hours, resource, fault, breaks and expect")
			}
		}
		if wrong != nil {
			return s, fmt.Errorf("line %d: %q: %w", number+1, line, wrong)
		}
	}
	if s.zone == "" || s.from == "" || s.hours <= 0 {
		return s, errors.New("a story needs zone, from and hours")
	}
	return s, nil
}

// week is the story of a seed: half of them around a change of clocks, a few without faults.
func week(seed uint64) story {
	r := rand.New(rand.NewPCG(seed, 0x57))
	when := [...]struct{ zone, from string }{
		{"Asia/Seoul", "2026-11-18 12:00"},
		{"Asia/Seoul", "2026-12-30 08:25"},
		{"Europe/Berlin", "2026-03-26 10:00"},
		{"Europe/Berlin", "2026-10-22 19:00"},
		{"America/New_York", "2026-03-05 18:00"},
		{"America/New_York", "2026-10-29 09:05"},
		{"Europe/Berlin", "2026-07-06 07:00"},
	}[r.IntN(7)]
	s := story{seed: seed, zone: when.zone, from: when.from, hours: 168}
	for _, k := range everyKind() {
		if r.IntN(3) > 0 && seed%20 != 0 {
			s.faults = append(s.faults, k)
		}
	}
	return s
}

// people are the resources of a story, before those that it leaves out are taken away: development as a sample has it, something untagged,
// and a tagged machine in production.
func (s story) people(zone *time.Location) []simulation.Spec {
	retags := simulation.Retagger{Days: 150, Key: "offpeak:schedule", Values: []string{"office", "weekdays-late", "office", "", "ignore", "없음"}}
	r := rand.New(rand.NewPCG(s.seed, 0x58))
	var specs []simulation.Spec
	for _, spec := range simulation.Sample(48, s.seed) {
		if spec.Scope.Region != scope.Region || len(specs) == 9 {
			continue
		}
		production := spec.Scope.Account == simulation.SampleProd
		if !production && (spec.Scope.Account != simulation.SampleDev || len(specs) == 8) {
			continue
		}
		spec.Zone = zone
		retagged, untagged, resized := r.IntN(3) == 0, r.IntN(12) == 0, r.IntN(2) == 0
		protected, denied := r.IntN(120) == 0, r.IntN(120) == 0
		switch {
		case production:
			spec.Tags = fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"})
		case untagged:
			spec.Tags = nil
		case retagged && slices.Contains(s.faults, tags):
			spec.Habits = append(slices.Clip(spec.Habits), retags)
		}
		if spec.Kind.Sized() && resized && !production {
			sizes := []fleet.Size{{Min: 1, Max: 4, Desired: 2}}
			spec.Habits = append(slices.Clip(spec.Habits), simulation.NightDeployer{Nights: 150}, simulation.Resizer{Days: 150, Sizes: sizes})
		}
		spec.Protected, spec.Denied = protected, denied
		specs = append(specs, spec)
	}
	return specs
}

// ended is how a story came out.
type ended struct {
	*chaos
	tally simulation.Tally
	ids   []string
}

// play plays a story with an optimizer that is broken as it says, or with the sound one.
func play(s story) (*ended, error) {
	zone, err := time.LoadLocation(s.zone)
	if err != nil {
		return nil, err
	}
	from, err := time.ParseInLocation(storyTime, s.from, zone)
	if err != nil {
		return nil, err
	}
	faults, end := map[kind]bool{}, &ended{}
	for _, k := range s.faults {
		faults[k] = true
	}
	chance := func(k kind, thousandths simulation.Chance) simulation.Chance {
		if faults[k] {
			return thousandths
		}
		return 0
	}
	physics := simulation.Faults{Capacity: chance(capacity, 40), FailsLater: chance(failsLater, 30)}
	if faults[lag] {
		physics.Lag = 8 * time.Second
	}
	w := simulation.New(s.seed, from, physics)
	for _, spec := range s.people(zone) {
		if len(s.ids) > 0 && !slices.Contains(s.ids, spec.ID) {
			continue
		}
		end.ids = append(end.ids, spec.ID)
		if err := w.Add(spec); err != nil {
			return nil, err
		}
	}
	end.chaos = &chaos{
		watcher: watch(w, newMemoryStore(), officeIn(zone)), faults: faults, random: rand.New(rand.NewPCG(s.seed, 0x59)), happened: map[string]int{},
		plans: map[edition][2]optimizer.Planner{},
	}
	end.calm = len(s.faults) == 0
	end.mutation, _ = mutationOf(s.breaks)
	end.warm = []*worker{end.start(), end.start()}
	saw := witnessed(w)
	w.Watch = func(c simulation.Change) {
		end.changed(c)
		saw.changed(c)
		end.countChange(&c)
	}
	end.tally, err = simulation.Drive(context.Background(), w, end.sweep, from, from.Add(time.Duration(s.hours)*time.Hour), simulation.Options{
		Drop: chance(lost, 60), Duplicate: chance(duplicate, 60), Delay: chance(delayed, 30), Seed: s.seed, After: end.after,
	})
	if err != nil {
		return nil, err
	}
	for _, text := range saw.complaints() {
		end.broken = append(end.broken, complaintOf{w.Now(), text})
	}
	end.happened[string(lost)], end.happened[string(duplicate)], end.happened[string(delayed)] = end.tally.Dropped, end.tally.Duplicated, end.tally.Delayed
	end.happened[string(crash)] = end.tally.Crashed
	return end, nil
}

// countChange counts what the world and its people do to a sweep.
func (c *chaos) countChange(change *simulation.Change) {
	switch {
	case change.By == simulation.ByPerson && schedule(&change.From) != schedule(&change.To):
		c.happened[string(tags)]++
		if c.sweeping > 0 {
			c.happened["tags, within a sweep"]++
		}
	case change.By == simulation.ByAWS && change.Reason != "" && change.From.Status == "pending" && change.To.Status == "stopped":
		c.happened[string(failsLater)]++
	}
}

// fails plays a story and returns the first complaint; empty when there is none. Of a mutation only the complaint that it expects counts.
func fails(s story) complaintOf {
	end, err := play(s)
	if err != nil {
		return complaintOf{text: err.Error()}
	}
	for _, c := range end.broken {
		if strings.Contains(c.text, s.expect) {
			return c
		}
	}
	return complaintOf{}
}

// shrink returns a smaller story that fails as well: fewer faults, fewer resources, a shorter time.
func shrink(s story) story {
	try := func(smaller story) bool {
		if fails(smaller).text == "" {
			return false
		}
		s = smaller
		return true
	}
	cut := func() {
		if end, err := play(s); err == nil && len(end.broken) > 0 {
			from, _ := time.ParseInLocation(storyTime, s.from, end.office.zone)
			smaller := s
			if smaller.hours = int(fails(s).at.Sub(from)/time.Hour) + 1; smaller.hours < s.hours {
				try(smaller)
			}
		}
	}
	cut()
	if end, err := play(s); err == nil {
		s.ids = end.ids
	}
	for again := true; again; {
		again = false
		for i := len(s.ids) - 1; i >= 0 && len(s.ids) > 1; i-- {
			smaller := s
			smaller.ids = slices.Delete(slices.Clone(s.ids), i, i+1)
			again = try(smaller) || again
		}
		for i := len(s.faults) - 1; i >= 0; i-- {
			smaller := s
			smaller.faults = slices.Delete(slices.Clone(s.faults), i, i+1)
			again = try(smaller) || again
		}
		cut()
	}
	return s
}
