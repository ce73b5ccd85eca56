package market

import (
	"errors"
	"io"
	"reflect"
	"strings"
)

const wantedCatalog = `the JSON of "aws ec2 describe-instance-types", or a catalogue in CSV`

// catalogColumns are what a catalogue in CSV must have: a column that is missing would be a fact that is not known of any type.
func catalogColumns() []string {
	return []string{
		"type", "vcpu", "memory_mib", "arch", "cpu_manufacturer", "hypervisor", "virt", "bare_metal", "burstable", "usage_classes", "hibernation", "root", "boot_modes",
		"ebs_optimized", "ebs_base_mbps", "ebs_max_mbps", "ebs_nvme", "store_total_gb", "store_disks", "store_disk_gb", "store_type", "store_nvme",
		"gpu_count", "gpu_name", "gpu_mem_mib", "accel", "network", "net_base_gbps", "max_eni", "ena", "efa",
	}
}

// ReadCatalog reads what instance types are, from a source of this name: what "aws ec2 describe-instance-types" prints, or CSV whose first line
// names the columns. Lists in a cell have | between their words, an empty cell is a fact that is not told, and columns that are not needed are
// passed over. A type that stands twice must be the same both times.
func ReadCatalog(name string, r io.Reader) (*Catalog, error) {
	text, isJSON, err := begin(name, wantedCatalog, r)
	if err != nil {
		return nil, err
	}
	c := cataloguing{at: map[string]int{}}
	if isJSON {
		err = records(newListing(name, wantedCatalog, text), "InstanceTypes", func(r *Record) error {
			s, err := r.Spec()
			if err != nil {
				return err
			}
			return c.add(&s, "InstanceType")
		})
	} else {
		err = readTable(name, text, catalogColumns(), func(l *line) error {
			s := l.spec()
			if l.err != nil {
				return l.err
			}
			return c.add(&s, "type")
		})
	}
	if err != nil {
		return nil, err
	}
	if len(c.specs) == 0 {
		return nil, errors.New(name + ": holds no instance type; " + wantedCatalog + " was expected")
	}
	return NewCatalog(c.specs...), nil
}

// cataloguing is a catalogue in the making.
type cataloguing struct {
	specs []Spec
	at    map[string]int
}

func (c *cataloguing) add(s *Spec, field string) error {
	if i, twice := c.at[s.Type]; twice {
		if !reflect.DeepEqual(c.specs[i], *s) {
			return &FieldError{field, s.Type + " stands twice, and not with the same facts; keep one of them"}
		}
		return nil
	}
	c.at[s.Type] = len(c.specs)
	c.specs = append(c.specs, *s)
	return nil
}

// spec reads one line of a catalogue.
func (l *line) spec() Spec {
	s := Spec{
		Type: l.required("type", "a type such as m5.large"), VCPU: l.number("vcpu"), MemoryMiB: l.number("memory_mib"),
		Architectures: l.list("arch"), Manufacturer: l.text("cpu_manufacturer"), Hypervisor: l.text("hypervisor"),
		Virtualization: l.list("virt"), BootModes: l.list("boot_modes"), RootDevices: l.list("root"),
		BareMetal: l.flag("bare_metal"), Burstable: l.flag("burstable"), Hibernates: l.flag("hibernation"),
		EBS:   EBS{Optimized: l.text("ebs_optimized"), NVMe: l.text("ebs_nvme"), BaselineMbps: l.number("ebs_base_mbps"), MaxMbps: l.number("ebs_max_mbps")},
		Store: Store{TotalGB: l.number("store_total_gb"), Disks: l.number("store_disks"), DiskGB: l.number("store_disk_gb"), Kind: l.text("store_type"), NVMe: l.text("store_nvme")},
		Network: Network{
			Performance: l.text("network"), BaselineMbps: l.gigabits("net_base_gbps"), ENA: l.text("ena"), EFA: l.flag("efa"), Interfaces: l.number("max_eni"),
		},
	}
	for _, class := range l.list("usage_classes") {
		s.Spot = s.Spot || class == "spot"
	}
	l.required("usage_classes", "on-demand|spot")
	switch {
	case s.VCPU == 0:
		l.fail(missing("vcpu", "how many vCPUs it has"))
	case s.MemoryMiB == 0:
		l.fail(missing("memory_mib", "how much memory it has"))
	case len(s.Architectures) == 0:
		l.fail(missing("arch", "architectures such as x86_64"))
	}
	s.GPUs, s.Accelerators = l.gpus(), l.accelerators()
	return s
}

// gpus reads the columns of the GPUs: the maker is the name's first word, and the memory is that of all of them together.
func (l *line) gpus() []GPU {
	maker, name, _ := strings.Cut(l.text("gpu_name"), " ")
	count, memory := l.number("gpu_count"), l.number("gpu_mem_mib")
	switch {
	case maker == "" && count == 0 && memory == 0:
		return nil
	case maker == "":
		l.fail(missing("gpu_name", "the GPU's maker and model, such as NVIDIA T4"))
	case count > 0:
		memory /= count
	}
	return []GPU{{Manufacturer: maker, Name: name, Count: count, MemoryMiB: memory}}
}

// accelerators reads the kinds of the accelerators, in AWS's words: the file tells no more of them.
func (l *line) accelerators() []Accelerator {
	var all []Accelerator
	for _, word := range l.list("accel") {
		kind := ""
		switch word {
		case "FpgaInfo":
			kind = "fpga"
		case "InferenceAcceleratorInfo":
			kind = "inference"
		case "MediaAcceleratorInfo":
			kind = "media"
		case "NeuronInfo":
			kind = "neuron"
		default:
			l.fail(unfit("accel", word, "FpgaInfo, InferenceAcceleratorInfo, MediaAcceleratorInfo or NeuronInfo, with | between them"))
		}
		all = append(all, Accelerator{Kind: kind})
	}
	return all
}
