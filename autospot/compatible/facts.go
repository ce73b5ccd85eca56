package compatible

import (
	"slices"
	"strings"

	"offpeak/internal/market"
)

// Of lists, the base's must all be there: which of them an image, or its owner, depends on is not told. A t2.micro may run an i386 image, an m3.large
// a paravirtual one.

func sameArchitecture(j *judge, c *market.Spec) verdict {
	return hasAll(j.base.Architectures, c.Architectures)
}

func sameVirtualization(j *judge, c *market.Spec) verdict {
	return hasAll(j.base.Virtualization, c.Virtualization)
}

func sameBootModes(j *judge, c *market.Spec) verdict { return hasAll(j.base.BootModes, c.BootModes) }

func sameRootDevices(j *judge, c *market.Spec) verdict {
	return hasAll(j.base.RootDevices, c.RootDevices)
}

func hasAll(needed, had []string) verdict {
	if len(needed) == 0 || len(had) == 0 {
		return notKnown
	}
	for _, word := range needed {
		if !slices.Contains(had, word) {
			return differs
		}
	}
	return fits
}

// sameHypervisor compares Xen and Nitro: an image for the one may lack the drivers of the other. Bare metal has none, which is for sameMetal to say.
func sameHypervisor(j *judge, c *market.Spec) verdict {
	b := j.base
	switch {
	case b.BareMetal || c.BareMetal:
		return fits
	case b.Hypervisor == "" || c.Hypervisor == "":
		return notKnown
	}
	return when(b.Hypervisor == c.Hypervisor)
}

// sameMetal keeps bare metal out, and virtual machines out of what runs on bare metal: who pays for a whole machine needs it.
func sameMetal(j *judge, c *market.Spec) verdict { return when(j.base.BareMetal == c.BareMetal) }

func noMoreNVMe(j *judge, c *market.Spec) verdict { return noMore(j.base.EBS.NVMe, c.EBS.NVMe) }

func noMoreENA(j *judge, c *market.Spec) verdict { return noMore(j.base.Network.ENA, c.Network.ENA) }

// noMore says whether a type asks for no more of the image than the base does: drivers that the base can do without may not be in the image.
func noMore(base, candidate string) verdict {
	b, c := demand(base), demand(candidate)
	if b < 0 || c < 0 {
		return notKnown
	}
	return when(c <= b)
}

func demand(word string) int {
	return slices.Index([]string{"unsupported", "supported", "required"}, word)
}

// sameEFA: whether a group's template asks for an Elastic Fabric Adapter is not told, and a type without would not start.
func sameEFA(j *judge, c *market.Spec) verdict { return when(!j.base.Network.EFA || c.Network.EFA) }

func enoughInterfaces(j *judge, c *market.Spec) verdict {
	switch {
	case j.needs.Interfaces <= 1:
		return fits
	case c.Network.Interfaces == 0:
		return notKnown
	}
	return when(c.Network.Interfaces >= j.needs.Interfaces)
}

// sameGPUs wants as many GPUs of the same models, none with less memory. A fraction of one, which counts as zero, is a GPU too.
func sameGPUs(j *judge, c *market.Spec) verdict {
	b := j.base.GPUs
	if len(b) == 0 && len(c.GPUs) == 0 {
		return fits
	}
	if len(b) != len(c.GPUs) {
		return differs
	}
	worst := fits
	for i := range b {
		x, y := &b[i], &c.GPUs[i]
		switch {
		case x.Name == "" || y.Name == "" || x.MemoryMiB == 0 || y.MemoryMiB == 0:
			worst = notKnown
		case x.Manufacturer != y.Manufacturer || x.Name != y.Name || x.Count != y.Count || y.MemoryMiB < x.MemoryMiB:
			return differs
		}
	}
	return worst
}

// sameAccelerators wants the same devices, and none where the base has none.
func sameAccelerators(j *judge, c *market.Spec) verdict {
	b := j.base.Accelerators
	if len(b) == 0 && len(c.Accelerators) == 0 {
		return fits
	}
	if len(b) != len(c.Accelerators) {
		return differs
	}
	worst := fits
	for i := range b {
		x, y := &b[i], &c.Accelerators[i]
		switch {
		case x.Kind != y.Kind:
			return differs
		case x.Name == "" || y.Name == "" || x.Count == 0 || y.Count == 0:
			worst = notKnown
		case *x != *y:
			return differs
		}
	}
	return worst
}

// sameBurstable keeps burstable types to themselves: the others never throttle, and a template with credits starts no others.
func sameBurstable(j *judge, c *market.Spec) verdict { return when(j.base.Burstable == c.Burstable) }

// noFlex keeps types out that give their whole CPU only most of the time, unless the base is one. AWS tells it by the name alone (m7i-flex.large).
func noFlex(j *judge, c *market.Spec) verdict { return when(!isFlex(c) || isFlex(j.base)) }

func isFlex(s *market.Spec) bool { return strings.Contains(s.Type, "-flex.") }

// noFirstGraviton keeps a1 out, unless the base is one: its processor lacks instructions (ARMv8.1 atomics, and on) that code for every later Graviton is
// mostly compiled with, and which no specification tells.
func noFirstGraviton(j *judge, c *market.Spec) verdict {
	return when(!isFirstGraviton(c) || isFirstGraviton(j.base))
}

func isFirstGraviton(s *market.Spec) bool { return strings.HasPrefix(s.Type, "a1.") }

func vcpusInRange(j *judge, c *market.Spec) verdict { return inRange(j.base.VCPU, c.VCPU) }

func memoryInRange(j *judge, c *market.Spec) verdict { return inRange(j.base.MemoryMiB, c.MemoryMiB) }

// inRange wants once to twice as much: less does not hold the work, and more is paid for nothing.
func inRange(b, c int) verdict {
	if b <= 0 || c <= 0 {
		return notKnown
	}
	return when(c >= b && c <= 2*b)
}

func networkShare(j *judge, c *market.Spec) verdict {
	return j.share(j.base.Network.BaselineMbps, c.Network.BaselineMbps)
}

// share wants enough of what the base always has.
func (j *judge) share(b, c int) verdict {
	if b <= 0 || c <= 0 {
		return notKnown
	}
	return when(c*100 >= b*j.needs.Share)
}

// ebsShare compares what volumes always get. Where the base has a path of its own to its volumes without being asked, a type must have one too; where
// having it is a matter of the launch, the same launch asks for it. A base that has none shares its network with its volumes, which is then
// the most that they can have had.
func ebsShare(j *judge, c *market.Spec) verdict {
	b := j.base
	own, theirs := dedication(b.EBS.Optimized), dedication(c.EBS.Optimized)
	switch {
	case own < 0 || theirs < 0:
		return notKnown
	case own == 0 && theirs < 2:
		return fits // they share the network, which networkShare compares
	case own == 0:
		return j.share(b.Network.BaselineMbps, c.EBS.BaselineMbps)
	case theirs < own:
		return differs
	}
	return j.share(b.EBS.BaselineMbps, c.EBS.BaselineMbps)
}

func dedication(word string) int {
	return slices.Index([]string{"unsupported", "supported", "default"}, word)
}

// storeEnough wants as many disks as the base has, each as large and as fast, where they are in use.
func storeEnough(j *judge, c *market.Spec) verdict {
	b, s := &j.base.Store, &c.Store
	switch {
	case !j.needs.Store || b.Disks == 0:
		return fits
	case s.Disks < b.Disks:
		return differs
	case b.DiskGB == 0 || s.DiskGB == 0 || b.Kind == "" || s.Kind == "" || demand(b.NVMe) < 0 || demand(s.NVMe) < 0:
		return notKnown
	}
	return when(s.DiskGB >= b.DiskGB && (s.Kind == b.Kind || b.Kind == "hdd" && s.Kind == "ssd") && demand(s.NVMe) <= demand(b.NVMe))
}

// heavy is the GB of disks per vCPU from which on a type is one for storage (i, d, h): those that merely have disks beside (m6id, g5) have up to 80, and
// the smallest for storage of those now sold (i4i, i7i, i8g) 234.
const heavy = 100

// storeNotHeavy keeps types for storage out, unless the base is one: their disks are what is paid for.
func storeNotHeavy(j *judge, c *market.Spec) verdict { return when(!isHeavy(c) || isHeavy(j.base)) }

func isHeavy(s *market.Spec) bool { return s.VCPU > 0 && s.Store.TotalGB >= heavy*s.VCPU }
