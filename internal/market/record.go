package market

import (
	"fmt"
	"math"
	"slices"
)

// Record is an instance type as DescribeInstanceTypes describes it, reduced to what a Spec holds and in AWS's own names, by whatever way it came:
// printed by the AWS CLI, or from the SDK. So that a file and a live account mean the same, Spec alone understands it.
type Record struct {
	InstanceType                  string
	SupportedUsageClasses         []string
	BareMetal                     bool
	BurstablePerformanceSupported bool
	HibernationSupported          bool
	Hypervisor                    string
	ProcessorInfo                 struct {
		SupportedArchitectures []string
		Manufacturer           string
	}
	VCpuInfo                     struct{ DefaultVCpus int }
	MemoryInfo                   struct{ SizeInMiB int }
	SupportedVirtualizationTypes []string
	SupportedBootModes           []string
	SupportedRootDeviceTypes     []string
	EbsInfo                      struct {
		EbsOptimizedSupport string
		EbsOptimizedInfo    struct{ BaselineBandwidthInMbps, MaximumBandwidthInMbps int }
		NvmeSupport         string
	}
	InstanceStorageInfo struct {
		TotalSizeInGB int
		Disks         []RecordDisk
		NvmeSupport   string
	}
	GpuInfo struct {
		Gpus                []RecordDevice
		TotalGpuMemoryInMiB int
	}
	InferenceAcceleratorInfo struct{ Accelerators []RecordDevice }
	NeuronInfo               struct{ NeuronDevices []RecordDevice }
	FpgaInfo                 struct{ Fpgas []RecordDevice }
	MediaAcceleratorInfo     struct{ Accelerators []RecordDevice }
	NetworkInfo              struct {
		NetworkPerformance       string
		EnaSupport               string
		EfaSupported             bool
		MaximumNetworkInterfaces int
		DefaultNetworkCardIndex  int
		NetworkCards             []RecordCard
	}
}

// RecordDisk is so many disks of the instance store.
type RecordDisk struct {
	SizeInGB int
	Count    int
	Type     string
}

// RecordDevice is so many GPUs or accelerators.
type RecordDevice struct {
	Manufacturer string
	Name         string
	Count        int
	MemoryInfo   struct{ SizeInMiB int }
}

// RecordCard is a network card.
type RecordCard struct {
	NetworkCardIndex        int
	BaselineBandwidthInGbps float64
}

// Spec understands the record. An error is a FieldError.
func (r *Record) Spec() (Spec, error) {
	if err := r.check(); err != nil {
		return Spec{}, err
	}
	s := Spec{
		Type: r.InstanceType, VCPU: r.VCpuInfo.DefaultVCpus, MemoryMiB: r.MemoryInfo.SizeInMiB,
		Architectures: ordered(r.ProcessorInfo.SupportedArchitectures), Manufacturer: r.ProcessorInfo.Manufacturer,
		Hypervisor: r.Hypervisor, Virtualization: ordered(r.SupportedVirtualizationTypes), BootModes: ordered(r.SupportedBootModes),
		RootDevices: ordered(r.SupportedRootDeviceTypes), BareMetal: r.BareMetal, Burstable: r.BurstablePerformanceSupported,
		Hibernates: r.HibernationSupported, Spot: slices.Contains(r.SupportedUsageClasses, "spot"),
		EBS: EBS{
			Optimized: r.EbsInfo.EbsOptimizedSupport, NVMe: r.EbsInfo.NvmeSupport,
			BaselineMbps: r.EbsInfo.EbsOptimizedInfo.BaselineBandwidthInMbps, MaxMbps: r.EbsInfo.EbsOptimizedInfo.MaximumBandwidthInMbps,
		},
		Network: Network{
			Performance: r.NetworkInfo.NetworkPerformance, ENA: r.NetworkInfo.EnaSupport, EFA: r.NetworkInfo.EfaSupported,
			Interfaces: r.NetworkInfo.MaximumNetworkInterfaces,
		},
	}
	s.Store = r.store()
	for _, g := range r.GpuInfo.Gpus {
		memory := g.MemoryInfo.SizeInMiB
		if g.Count == 0 {
			memory = r.GpuInfo.TotalGpuMemoryInMiB
		}
		s.GPUs = append(s.GPUs, GPU{Manufacturer: g.Manufacturer, Name: g.Name, Count: g.Count, MemoryMiB: memory})
	}
	s.Accelerators = r.accelerators()
	for i, card := range r.NetworkInfo.NetworkCards {
		mbps, ok := megabits(card.BaselineBandwidthInGbps)
		if !ok {
			return Spec{}, unfit(fmt.Sprintf("NetworkInfo.NetworkCards[%d].BaselineBandwidthInGbps", i), fmt.Sprint(card.BaselineBandwidthInGbps), "gigabits per second such as 0.75")
		}
		if card.NetworkCardIndex == r.NetworkInfo.DefaultNetworkCardIndex {
			s.Network.BaselineMbps = mbps
		}
	}
	return s, nil
}

// check refuses a record that lacks what every instance type has, or counts what cannot be counted.
func (r *Record) check() error {
	switch {
	case r.InstanceType == "":
		return missing("InstanceType", "a type such as m5.large")
	case r.VCpuInfo.DefaultVCpus <= 0:
		return missing("VCpuInfo.DefaultVCpus", "how many vCPUs it has")
	case r.MemoryInfo.SizeInMiB <= 0:
		return missing("MemoryInfo.SizeInMiB", "how much memory it has")
	case len(r.ProcessorInfo.SupportedArchitectures) == 0:
		return missing("ProcessorInfo.SupportedArchitectures", "architectures such as x86_64")
	case r.SupportedUsageClasses == nil:
		return missing("SupportedUsageClasses", "on-demand, spot")
	}
	counts := map[string]int{
		"VCpuInfo.DefaultVCpus": r.VCpuInfo.DefaultVCpus, "MemoryInfo.SizeInMiB": r.MemoryInfo.SizeInMiB,
		"EbsInfo.EbsOptimizedInfo.BaselineBandwidthInMbps": r.EbsInfo.EbsOptimizedInfo.BaselineBandwidthInMbps,
		"EbsInfo.EbsOptimizedInfo.MaximumBandwidthInMbps":  r.EbsInfo.EbsOptimizedInfo.MaximumBandwidthInMbps,
		"InstanceStorageInfo.TotalSizeInGB":                r.InstanceStorageInfo.TotalSizeInGB,
		"GpuInfo.TotalGpuMemoryInMiB":                      r.GpuInfo.TotalGpuMemoryInMiB,
		"NetworkInfo.MaximumNetworkInterfaces":             r.NetworkInfo.MaximumNetworkInterfaces,
	}
	for i, d := range r.InstanceStorageInfo.Disks {
		counts[fmt.Sprintf("InstanceStorageInfo.Disks[%d].Count", i)], counts[fmt.Sprintf("InstanceStorageInfo.Disks[%d].SizeInGB", i)] = d.Count, d.SizeInGB
	}
	for i, g := range r.GpuInfo.Gpus {
		counts[fmt.Sprintf("GpuInfo.Gpus[%d].Count", i)], counts[fmt.Sprintf("GpuInfo.Gpus[%d].MemoryInfo.SizeInMiB", i)] = g.Count, g.MemoryInfo.SizeInMiB
	}
	worst := ""
	for field, n := range counts {
		if (n < 0 || n > mostOfAnything) && (worst == "" || field < worst) {
			worst = field
		}
	}
	if worst != "" {
		return unfit(worst, fmt.Sprint(counts[worst]), "a count that can be")
	}
	return nil
}

func (r *Record) store() Store {
	s := Store{TotalGB: r.InstanceStorageInfo.TotalSizeInGB, NVMe: r.InstanceStorageInfo.NvmeSupport}
	for i, d := range r.InstanceStorageInfo.Disks {
		s.Disks += d.Count
		if i == 0 || d.SizeInGB < s.DiskGB {
			s.DiskGB = d.SizeInGB
		}
		if s.Kind == "" || d.Type == "hdd" { // what every disk is at least
			s.Kind = d.Type
		}
	}
	return s
}

// accelerators are the devices of all kinds, in the order of the kinds.
func (r *Record) accelerators() []Accelerator {
	var all []Accelerator
	for _, k := range []struct {
		kind    string
		devices []RecordDevice
	}{
		{"fpga", r.FpgaInfo.Fpgas},
		{"inference", r.InferenceAcceleratorInfo.Accelerators},
		{"media", r.MediaAcceleratorInfo.Accelerators},
		{"neuron", r.NeuronInfo.NeuronDevices},
	} {
		for _, d := range k.devices {
			all = append(all, Accelerator{Kind: k.kind, Manufacturer: d.Manufacturer, Name: d.Name, Count: d.Count})
		}
	}
	return all
}

// ordered returns words in order, each once.
func ordered(words []string) []string {
	if len(words) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(words)))
}

// megabits makes megabits per second of gigabits; false where they are none.
func megabits(gigabits float64) (int, bool) {
	if math.IsNaN(gigabits) || gigabits < 0 || gigabits > 1e9 {
		return 0, false
	}
	return int(math.Round(gigabits * 1000)), true
}
