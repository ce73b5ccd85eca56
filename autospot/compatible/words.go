package compatible

import (
	"fmt"
	"strconv"
	"strings"

	"offpeak/internal/market"
)

func words(list []string) string { return strings.Join(list, ", ") }

func sayArchitecture(b, c *market.Spec, _ *Needs) string {
	return fmt.Sprintf("%s, %s is %s", words(c.Architectures), b.Type, words(b.Architectures))
}

func sayHypervisor(b, c *market.Spec, _ *Needs) string {
	return fmt.Sprintf("runs on %s, %s on %s: the image may lack its drivers", c.Hypervisor, b.Type, b.Hypervisor)
}

func sayMetal(b, c *market.Spec, _ *Needs) string {
	if c.BareMetal {
		return fmt.Sprintf("bare metal, %s is virtual", b.Type)
	}
	return fmt.Sprintf("virtual, %s is bare metal", b.Type)
}

func sayVirtualization(b, c *market.Spec, _ *Needs) string {
	return fmt.Sprintf("virtualization %s, %s also has %s, which the image may need", words(c.Virtualization), b.Type, words(without(b.Virtualization, c.Virtualization)))
}

func sayBootModes(b, c *market.Spec, _ *Needs) string {
	return fmt.Sprintf("boots by %s, %s also by %s, which the image may need", words(c.BootModes), b.Type, words(without(b.BootModes, c.BootModes)))
}

func sayRootDevices(b, c *market.Spec, _ *Needs) string {
	return fmt.Sprintf("boots from %s, %s also from %s, which the image may need", words(c.RootDevices), b.Type, words(without(b.RootDevices, c.RootDevices)))
}

// without are the words of a list that are not in another.
func without(list, other []string) []string {
	var left []string
	for _, word := range list {
		if hasAll([]string{word}, other) != fits {
			left = append(left, word)
		}
	}
	return left
}

func sayNVMe(b, c *market.Spec, _ *Needs) string {
	return fmt.Sprintf("NVMe volumes are %s, of %s %s: the image may lack the driver", c.EBS.NVMe, b.Type, b.EBS.NVMe)
}

func sayENA(b, c *market.Spec, _ *Needs) string {
	return fmt.Sprintf("ENA is %s, of %s %s: the image may lack the driver", c.Network.ENA, b.Type, b.Network.ENA)
}

func sayEFA(b, _ *market.Spec, _ *Needs) string {
	return fmt.Sprintf("no Elastic Fabric Adapter, %s has one", b.Type)
}

func sayInterfaces(_, c *market.Spec, n *Needs) string {
	return fmt.Sprintf("%d network interfaces, %d are in use", c.Network.Interfaces, n.Interfaces)
}

func sayGPUs(b, c *market.Spec, _ *Needs) string {
	return fmt.Sprintf("%s, %s has %s", gpus(c.GPUs), b.Type, gpus(b.GPUs))
}

func gpus(list []market.GPU) string {
	if len(list) == 0 {
		return "no GPU"
	}
	texts := make([]string, len(list))
	for i, g := range list {
		model := strings.TrimSpace(g.Manufacturer + " " + g.Name)
		if g.Count == 0 {
			texts[i] = fmt.Sprintf("a part of a GPU %s with %s GiB", model, gib(g.MemoryMiB))
			continue
		}
		texts[i] = fmt.Sprintf("%d GPU %s of %s GiB", g.Count, model, gib(g.MemoryMiB))
	}
	return strings.Join(texts, " and ")
}

func sayAccelerators(b, c *market.Spec, _ *Needs) string {
	return fmt.Sprintf("%s, %s has %s", accelerators(c.Accelerators), b.Type, accelerators(b.Accelerators))
}

func accelerators(list []market.Accelerator) string {
	if len(list) == 0 {
		return "no accelerator"
	}
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = strings.Join(strings.Fields(fmt.Sprintf("%s accelerator %s %s", a.Kind, a.Manufacturer, a.Name)), " ")
		if a.Count > 0 {
			texts[i] = strconv.Itoa(a.Count) + " " + texts[i]
		}
	}
	return strings.Join(texts, " and ")
}

func sayBurstable(b, c *market.Spec, _ *Needs) string {
	if c.Burstable {
		return fmt.Sprintf("burstable, %s is not", b.Type)
	}
	return fmt.Sprintf("not burstable, %s is: a template with CPU credits does not start it", b.Type)
}

func sayFlex(b, _ *market.Spec, _ *Needs) string {
	return fmt.Sprintf("a flex type has its whole CPU only most of the time, %s always", b.Type)
}

func sayGraviton(b, _ *market.Spec, _ *Needs) string {
	return "the first Graviton, which lacks instructions that programs for that of " + b.Type + " may use"
}

func sayVCPUs(b, c *market.Spec, _ *Needs) string {
	if c.VCPU < b.VCPU {
		return fmt.Sprintf("%d vCPUs, %s has %d", c.VCPU, b.Type, b.VCPU)
	}
	return fmt.Sprintf("%d vCPUs, more than twice the %d of %s", c.VCPU, b.VCPU, b.Type)
}

func sayMemory(b, c *market.Spec, _ *Needs) string {
	if c.MemoryMiB < b.MemoryMiB {
		return fmt.Sprintf("%s GiB of memory, %s has %s", gib(c.MemoryMiB), b.Type, gib(b.MemoryMiB))
	}
	return fmt.Sprintf("%s GiB of memory, more than twice the %s of %s", gib(c.MemoryMiB), gib(b.MemoryMiB), b.Type)
}

// gib writes MiB as GiB, exactly enough to tell sizes apart.
func gib(mib int) string { return thousandths(mib*1000/1024, mib*1000%1024 == 0) }

// gbps writes megabits as gigabits.
func gbps(mbps int) string { return thousandths(mbps, true) }

// thousandths writes a number of thousandths with as many places as it takes.
func thousandths(n int, exact bool) string {
	text := strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%03d", n/1000, n%1000), "0"), ".")
	if !exact && !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

func sayNetwork(b, c *market.Spec, n *Needs) string {
	return fmt.Sprintf("network baseline %s Gbit/s, less than %d %% of the %s of %s", gbps(c.Network.BaselineMbps), n.Share, gbps(b.Network.BaselineMbps), b.Type)
}

func sayEBS(b, c *market.Spec, n *Needs) string {
	own, theirs := dedication(b.EBS.Optimized), dedication(c.EBS.Optimized)
	switch {
	case own == 0:
		return fmt.Sprintf("EBS baseline %s Gbit/s, less than %d %% of the %s that they share with the network of %s", gbps(c.EBS.BaselineMbps), n.Share, gbps(b.Network.BaselineMbps), b.Type)
	case theirs == 0:
		return fmt.Sprintf("volumes share the network, of %s they have %s Gbit/s for themselves", b.Type, gbps(b.EBS.BaselineMbps))
	case theirs < own:
		return fmt.Sprintf("volumes share the network unless it is launched otherwise, of %s they have %s Gbit/s for themselves", b.Type, gbps(b.EBS.BaselineMbps))
	}
	return fmt.Sprintf("EBS baseline %s Gbit/s, less than %d %% of the %s of %s", gbps(c.EBS.BaselineMbps), n.Share, gbps(b.EBS.BaselineMbps), b.Type)
}

func sayStore(b, c *market.Spec, _ *Needs) string {
	return fmt.Sprintf("%s, %s uses %s", disks(&c.Store), b.Type, disks(&b.Store))
}

func disks(s *market.Store) string {
	if s.Disks == 0 {
		return "no disks of its own"
	}
	kind := strings.ToUpper(s.Kind)
	if s.NVMe == "required" {
		kind = "NVMe " + kind
	}
	return strings.Join(strings.Fields(fmt.Sprintf("%d x %d GB %s", s.Disks, s.DiskGB, kind)), " ")
}

func sayHeavy(b, c *market.Spec, _ *Needs) string {
	return fmt.Sprintf("made for storage, with %s, %s is not", disks(&c.Store), b.Type)
}

func saySpot(_, _ *market.Spec, _ *Needs) string { return "not sold on Spot" }

func sayOffered(_, c *market.Spec, n *Needs) string {
	var lacking []string
	for _, z := range n.Zones {
		if is, known := n.Offerings.Offers(z, c.Type); known && !is {
			lacking = append(lacking, z)
		}
	}
	return "not offered in " + words(lacking)
}

func sayUnknownZones(n *Needs) string {
	var unknown []string
	for _, z := range n.Zones {
		if _, known := n.Offerings[z]; !known {
			unknown = append(unknown, z)
		}
	}
	return "not known: what is offered in " + words(unknown)
}

func sayAllowed(_, _ *market.Spec, n *Needs) string {
	return "not allowed by " + words(n.Allow)
}

func sayDenied(_, c *market.Spec, n *Needs) string {
	return "denied by " + matched(n.Deny, c.Type)
}
