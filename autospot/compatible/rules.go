package compatible

import "offpeak/internal/market"

// Code names a reason. Codes are a contract with programs that read them.
type Code string

// The codes.
const (
	Architecture   Code = "architecture"
	Hypervisor     Code = "hypervisor"
	BareMetal      Code = "bare-metal"
	Virtualization Code = "virtualization"
	BootMode       Code = "boot-mode"
	RootDevice     Code = "root-device"
	NVMe           Code = "nvme"
	ENA            Code = "ena"
	EFA            Code = "efa"
	Interfaces     Code = "interfaces"
	GPU            Code = "gpu"
	Accelerator    Code = "accelerator"
	Burstable      Code = "burstable"
	Flex           Code = "flex"
	Processor      Code = "processor"
	VCPUs          Code = "vcpus"
	Memory         Code = "memory"
	NetworkShare   Code = "network"
	EBSShare       Code = "ebs"
	InstanceStore  Code = "instance-store"
	StorageHeavy   Code = "storage-heavy"
	NotOnSpot      Code = "not-on-spot"
	NotOffered     Code = "not-offered"
	NotAllowed     Code = "not-allowed"
	Denied         Code = "denied"
	Unknown        Code = "unknown"
)

// Codes returns every code, in the order in which a rejection tells them.
func Codes() []Code {
	all := make([]Code, 0, len(rules)+1)
	for i := range rules {
		all = append(all, rules[i].code)
	}
	return append(all, Unknown)
}

// verdict is what a rule says of a type.
type verdict int8

const (
	fits verdict = iota
	differs
	notKnown
)

// ruleSet is a set of rules, by their places in the table.
type ruleSet uint32

// rule is one thing that a type must fulfil.
type rule struct {
	code     Code
	fact     string // what must be known of both
	compares bool   // with the base, which may be what it is
	check    func(j *judge, c *market.Spec) verdict
	say      func(b, c *market.Spec, n *Needs) string
}

// rules are what a type must fulfil, from what the image needs to what the owner wants.
var rules = [...]rule{
	{Architecture, "the architectures", true, sameArchitecture, sayArchitecture},
	{Hypervisor, "the hypervisor", true, sameHypervisor, sayHypervisor},
	{BareMetal, "whether it is bare metal", true, sameMetal, sayMetal},
	{Virtualization, "the kinds of virtualization", true, sameVirtualization, sayVirtualization},
	{BootMode, "the boot modes", true, sameBootModes, sayBootModes},
	{RootDevice, "the root devices", true, sameRootDevices, sayRootDevices},
	{NVMe, "whether volumes need NVMe", true, noMoreNVMe, sayNVMe},
	{ENA, "whether the network needs ENA", true, noMoreENA, sayENA},
	{EFA, "EFA", true, sameEFA, sayEFA},
	{Interfaces, "how many network interfaces it takes", true, enoughInterfaces, sayInterfaces},
	{GPU, "the GPUs", true, sameGPUs, sayGPUs},
	{Accelerator, "the accelerators' models and counts", true, sameAccelerators, sayAccelerators},
	{Burstable, "whether it is burstable", true, sameBurstable, sayBurstable},
	{Flex, "whether it is a flex type", true, noFlex, sayFlex},
	{Processor, "the processor's generation", true, noFirstGraviton, sayGraviton},
	{VCPUs, "the vCPUs", true, vcpusInRange, sayVCPUs},
	{Memory, "the memory", true, memoryInRange, sayMemory},
	{NetworkShare, "the network's baseline", true, networkShare, sayNetwork},
	{EBSShare, "the baseline of EBS volumes", true, ebsShare, sayEBS},
	{InstanceStore, "the disks of the instance store", true, storeEnough, sayStore},
	{StorageHeavy, "the disks of the instance store", true, storeNotHeavy, sayHeavy},
	{NotOnSpot, "", false, onSpot, saySpot},
	{NotOffered, "", false, offered, sayOffered},
	{NotAllowed, "", false, allowed, sayAllowed},
	{Denied, "", false, denied, sayDenied},
}

func onSpot(_ *judge, c *market.Spec) verdict { return when(c.Spot) }

func offered(j *judge, c *market.Spec) verdict {
	worst := fits
	for _, z := range j.zones {
		switch {
		case !z.known:
			worst = max(worst, notKnown)
		case !z.types[c.Type]:
			return differs
		}
	}
	return worst
}

func allowed(j *judge, c *market.Spec) verdict {
	return when(len(j.needs.Allow) == 0 || matched(j.needs.Allow, c.Type) != "")
}

func denied(j *judge, c *market.Spec) verdict { return when(matched(j.needs.Deny, c.Type) == "") }

// when is the verdict of a rule whose facts are known.
func when(ok bool) verdict {
	if ok {
		return fits
	}
	return differs
}
