package autospot

import (
	"slices"

	"offpeak/internal/fleet"
)

// Occasion is when a group has a size.
type Occasion string

// The occasions, in the order in which they are told.
const (
	AtPresent   Occasion = "now"
	AtOpening   Occasion = "opening"   // what it returns to, where it is held off or was
	ByItsAction Occasion = "scheduled" // a scheduled action of its own sets it
	AtLeast     Occasion = "min"
	AtMost      Occasion = "max"
)

// Occasioned is a size with the occasions on which a group has it.
type Occasioned struct {
	Size int
	On   []Occasion
}

// occasions are the sizes that a group is known to have, each once, in the order of their first occasion. Size zero, at which nothing runs, is none of them.
func occasions(c *Case) (sizes []Occasioned) {
	add := func(size int, on Occasion) {
		if size <= 0 {
			return
		}
		i := slices.IndexFunc(sizes, func(o Occasioned) bool { return o.Size == size })
		if i < 0 {
			sizes, i = append(sizes, Occasioned{Size: size}), len(sizes)
		}
		if !slices.Contains(sizes[i].On, on) {
			sizes[i].On = append(sizes[i].On, on)
		}
	}
	size := c.Resource.Size
	add(size.Desired, AtPresent)
	if c.Original != nil {
		add(c.Original.Desired, AtOpening)
	}
	if l := c.Resource.Launch; l != nil {
		for _, n := range l.Scheduled {
			add(n, ByItsAction)
		}
	}
	add(leastOf(c), AtLeast)
	add(max(size.Max, originalMax(c)), AtMost)
	return sizes
}

// others are the sizes beside the one that a mix is made for. Bounds are none of them: a mix keeps to them anyway.
func others(sizes []Occasioned, size int) (list []int) {
	for _, o := range sizes {
		if o.Size != size && o.On[0] != AtLeast && o.On[0] != AtMost {
			list = append(list, o.Size)
		}
	}
	return list
}

// spotOf counts the Spot instances of a group by type.
func spotOf(res *fleet.Resource) map[string]int {
	if res.Launch == nil {
		return nil
	}
	running := map[string]int{}
	for _, m := range res.Launch.Members {
		if m.Lifecycle != fleet.OnDemand && !m.Leaving {
			running[m.Type]++
		}
	}
	return running
}
