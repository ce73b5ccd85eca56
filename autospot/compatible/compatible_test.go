package compatible_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/autospot/compatible"
	"offpeak/internal/market"
)

// general is a type of which everything is known, with disks, a GPU and an accelerator where that is asked for.
func general(name string) market.Spec {
	return market.Spec{
		Type: name, VCPU: 4, MemoryMiB: 16384, Architectures: []string{"x86_64"}, Manufacturer: "Intel", Hypervisor: "nitro",
		Virtualization: []string{"hvm"}, BootModes: []string{"legacy-bios", "uefi"}, RootDevices: []string{"ebs"}, Spot: true,
		EBS:     market.EBS{Optimized: "default", NVMe: "required", BaselineMbps: 1000, MaxMbps: 4000},
		Network: market.Network{Performance: "Up to 10 Gigabit", BaselineMbps: 1250, ENA: "required", Interfaces: 4},
	}
}

func xen(s market.Spec) market.Spec {
	s.Hypervisor, s.BootModes, s.EBS.NVMe, s.Network.ENA = "xen", []string{"legacy-bios"}, "unsupported", "unsupported"
	return s
}

// change makes a type of another one.
type change func(*market.Spec)

// TestEachRuleAlone: a type that differs from its base in one thing is rejected for that, in these words.
func TestEachRuleAlone(t *testing.T) {
	t.Parallel()
	as := func(s *market.Spec) {}
	xens := func(s *market.Spec) { *s = xen(*s) }
	both := func(a, b change) change { return func(s *market.Spec) { a(s); b(s) } }
	disks := func(s *market.Spec) {
		s.Store = market.Store{TotalGB: 300, Disks: 2, DiskGB: 150, Kind: "ssd", NVMe: "required"}
	}
	gpu := func(s *market.Spec) {
		s.GPUs = []market.GPU{{Manufacturer: "NVIDIA", Name: "L4", Count: 1, MemoryMiB: 22888}}
	}
	neuron := func(s *market.Spec) {
		s.Accelerators = []market.Accelerator{{Kind: "neuron", Manufacturer: "AWS", Name: "Inferentia", Count: 1}}
	}
	zones := compatible.Needs{Zones: []string{"a", "b"}, Offerings: market.Offerings{"a": {"y9.xlarge": true}, "b": {"x1.xlarge": true}}}
	for _, row := range []struct {
		base, candidate change
		needs           compatible.Needs
		want            string // code: sentence; empty: accepted
	}{
		{as, as, compatible.Needs{}, ""},
		{as, func(s *market.Spec) { s.Architectures = []string{"arm64"} }, compatible.Needs{}, "architecture: arm64, x1.xlarge is x86_64"},
		{as, func(s *market.Spec) { s.Architectures = []string{"i386", "x86_64"} }, compatible.Needs{}, ""},
		{as, func(s *market.Spec) { s.Hypervisor = "xen" }, compatible.Needs{}, "hypervisor: runs on xen, x1.xlarge on nitro: the image may lack its drivers"},
		{as, func(s *market.Spec) { s.Hypervisor, s.BareMetal = "", true }, compatible.Needs{}, "bare-metal: bare metal, x1.xlarge is virtual"},
		{func(s *market.Spec) { s.Hypervisor, s.BareMetal = "", true }, as, compatible.Needs{}, "bare-metal: virtual, x1.xlarge is bare metal"},
		{func(s *market.Spec) { s.Virtualization = []string{"hvm", "paravirtual"} }, as, compatible.Needs{}, "virtualization: virtualization hvm, x1.xlarge also has paravirtual, which the image may need"},
		{as, func(s *market.Spec) { s.BootModes = []string{"uefi"} }, compatible.Needs{}, "boot-mode: boots by uefi, x1.xlarge also by legacy-bios, which the image may need"},
		{func(s *market.Spec) { s.RootDevices = []string{"ebs", "instance-store"} }, as, compatible.Needs{}, "root-device: boots from ebs, x1.xlarge also from instance-store, which the image may need"},
		{xens, both(xens, func(s *market.Spec) { s.EBS.NVMe = "required" }), compatible.Needs{}, "nvme: NVMe volumes are required, of x1.xlarge unsupported: the image may lack the driver"},
		{xens, both(xens, func(s *market.Spec) { s.Network.ENA = "supported" }), compatible.Needs{}, "ena: ENA is supported, of x1.xlarge unsupported: the image may lack the driver"},
		{both(xens, func(s *market.Spec) { s.Network.ENA = "supported" }), xens, compatible.Needs{}, ""},
		{func(s *market.Spec) { s.Network.EFA = true }, as, compatible.Needs{}, "efa: no Elastic Fabric Adapter, x1.xlarge has one"},
		{as, func(s *market.Spec) { s.Network.EFA = true }, compatible.Needs{}, ""},
		{as, func(s *market.Spec) { s.Network.Interfaces = 2 }, compatible.Needs{Interfaces: 3}, "interfaces: 2 network interfaces, 3 are in use"},
		{as, func(s *market.Spec) { s.Network.Interfaces = 3 }, compatible.Needs{Interfaces: 3}, ""},
		{as, func(s *market.Spec) { s.Network.Interfaces = 0 }, compatible.Needs{}, ""},
		{as, gpu, compatible.Needs{}, "gpu: 1 GPU NVIDIA L4 of 22.351 GiB, x1.xlarge has no GPU"},
		{as, both(gpu, func(s *market.Spec) { s.GPUs[0].Count, s.GPUs[0].MemoryMiB = 0, 2861 }), compatible.Needs{}, "gpu: a part of a GPU NVIDIA L4 with 2.793 GiB, x1.xlarge has no GPU"},
		{gpu, as, compatible.Needs{}, "gpu: no GPU, x1.xlarge has 1 GPU NVIDIA L4 of 22.351 GiB"},
		{gpu, both(gpu, func(s *market.Spec) { s.GPUs[0].Manufacturer = "AMD" }), compatible.Needs{}, "gpu: 1 GPU AMD L4 of 22.351 GiB, x1.xlarge has 1 GPU NVIDIA L4 of 22.351 GiB"},
		{gpu, both(gpu, func(s *market.Spec) { s.GPUs[0].MemoryMiB *= 2 }), compatible.Needs{}, ""},
		{as, neuron, compatible.Needs{}, "accelerator: 1 neuron accelerator AWS Inferentia, x1.xlarge has no accelerator"},
		{neuron, both(neuron, func(s *market.Spec) { s.Accelerators[0].Count = 4 }), compatible.Needs{}, "accelerator: 4 neuron accelerator AWS Inferentia, x1.xlarge has 1 neuron accelerator AWS Inferentia"},
		{neuron, both(neuron, func(s *market.Spec) { s.Accelerators[0].Kind = "fpga" }), compatible.Needs{}, "accelerator: 1 fpga accelerator AWS Inferentia, x1.xlarge has 1 neuron accelerator AWS Inferentia"},
		{neuron, neuron, compatible.Needs{}, ""},
		{
			func(s *market.Spec) { s.Accelerators = []market.Accelerator{{Kind: "fpga"}} },
			func(s *market.Spec) { s.Accelerators = []market.Accelerator{{Kind: "neuron"}} },
			compatible.Needs{},
			"accelerator: neuron accelerator, x1.xlarge has fpga accelerator",
		},
		{as, func(s *market.Spec) { s.Burstable = true }, compatible.Needs{}, "burstable: burstable, x1.xlarge is not"},
		{func(s *market.Spec) { s.Burstable = true }, as, compatible.Needs{}, "burstable: not burstable, x1.xlarge is: a template with CPU credits does not start it"},
		{as, func(s *market.Spec) { s.Type = "y9-flex.xlarge" }, compatible.Needs{}, "flex: a flex type has its whole CPU only most of the time, x1.xlarge always"},
		{as, func(s *market.Spec) { s.Type = "a1.xlarge" }, compatible.Needs{}, "processor: the first Graviton, which lacks instructions that programs for that of x1.xlarge may use"},
		{as, func(s *market.Spec) { s.VCPU = 3 }, compatible.Needs{}, "vcpus: 3 vCPUs, x1.xlarge has 4"},
		{as, func(s *market.Spec) { s.VCPU = 8 }, compatible.Needs{}, ""},
		{as, func(s *market.Spec) { s.VCPU = 9 }, compatible.Needs{}, "vcpus: 9 vCPUs, more than twice the 4 of x1.xlarge"},
		{as, func(s *market.Spec) { s.MemoryMiB = 8192 }, compatible.Needs{}, "memory: 8 GiB of memory, x1.xlarge has 16"},
		{as, func(s *market.Spec) { s.MemoryMiB = 15616 }, compatible.Needs{}, "memory: 15.25 GiB of memory, x1.xlarge has 16"},
		{as, func(s *market.Spec) { s.MemoryMiB = 16383 }, compatible.Needs{}, "memory: 15.999 GiB of memory, x1.xlarge has 16"},
		{as, func(s *market.Spec) { s.MemoryMiB = 32768 }, compatible.Needs{}, ""},
		{as, func(s *market.Spec) { s.MemoryMiB = 32769 }, compatible.Needs{}, "memory: 32.0 GiB of memory, more than twice the 16 of x1.xlarge"},
		{as, func(s *market.Spec) { s.Network.BaselineMbps = 1000 }, compatible.Needs{}, ""},
		{as, func(s *market.Spec) { s.Network.BaselineMbps = 999 }, compatible.Needs{}, "network: network baseline 0.999 Gbit/s, less than 80 % of the 1.25 of x1.xlarge"},
		{as, func(s *market.Spec) { s.Network.BaselineMbps = 999 }, compatible.Needs{Share: 50}, ""},
		{as, func(s *market.Spec) { s.EBS.BaselineMbps = 800 }, compatible.Needs{}, ""},
		{as, func(s *market.Spec) { s.EBS.BaselineMbps = 799 }, compatible.Needs{}, "ebs: EBS baseline 0.799 Gbit/s, less than 80 % of the 1 of x1.xlarge"},
		{as, func(s *market.Spec) { s.EBS.Optimized = "supported" }, compatible.Needs{}, "ebs: volumes share the network unless it is launched otherwise, of x1.xlarge they have 1 Gbit/s for themselves"},
		{as, func(s *market.Spec) { s.EBS = market.EBS{Optimized: "unsupported", NVMe: "required"} }, compatible.Needs{}, "ebs: volumes share the network, of x1.xlarge they have 1 Gbit/s for themselves"},
		{func(s *market.Spec) { s.EBS.Optimized = "supported" }, as, compatible.Needs{}, ""},
		{func(s *market.Spec) { s.EBS = market.EBS{Optimized: "unsupported", NVMe: "required"} }, as, compatible.Needs{}, ""},
		{
			func(s *market.Spec) { s.EBS = market.EBS{Optimized: "unsupported", NVMe: "required"} },
			func(s *market.Spec) { s.EBS = market.EBS{Optimized: "supported", NVMe: "required"} },
			compatible.Needs{},
			"",
		},
		{func(s *market.Spec) { s.EBS = market.EBS{Optimized: "unsupported", NVMe: "required"} }, func(s *market.Spec) { s.EBS.BaselineMbps = 900 }, compatible.Needs{Share: 100}, "ebs: EBS baseline 0.9 Gbit/s, less than 100 % of the 1.25 that they share with the network of x1.xlarge"},
		{disks, as, compatible.Needs{}, ""},
		{disks, as, compatible.Needs{Store: true}, "instance-store: no disks of its own, x1.xlarge uses 2 x 150 GB NVMe SSD"},
		{disks, both(disks, func(s *market.Spec) { s.Store.Disks, s.Store.DiskGB = 1, 300 }), compatible.Needs{Store: true}, "instance-store: 1 x 300 GB NVMe SSD, x1.xlarge uses 2 x 150 GB NVMe SSD"},
		{disks, both(disks, func(s *market.Spec) { s.Store.Kind = "hdd" }), compatible.Needs{Store: true}, "instance-store: 2 x 150 GB NVMe HDD, x1.xlarge uses 2 x 150 GB NVMe SSD"},
		{both(disks, func(s *market.Spec) { s.Store.NVMe = "unsupported" }), disks, compatible.Needs{Store: true}, "instance-store: 2 x 150 GB NVMe SSD, x1.xlarge uses 2 x 150 GB SSD"},
		{both(disks, func(s *market.Spec) { s.Store.Kind = "hdd" }), disks, compatible.Needs{Store: true}, ""},
		{as, both(disks, func(s *market.Spec) { s.Store.TotalGB = 399 }), compatible.Needs{}, ""},
		{as, func(s *market.Spec) { s.Store = market.Store{TotalGB: 400, Disks: 1, DiskGB: 400, Kind: "ssd"} }, compatible.Needs{}, "storage-heavy: made for storage, with 1 x 400 GB SSD, x1.xlarge is not"},
		{as, func(s *market.Spec) { s.Spot = false }, compatible.Needs{}, "not-on-spot: not sold on Spot"},
		{as, as, zones, "not-offered: not offered in b"},
		{as, as, compatible.Needs{Zones: []string{"c", "b", "a", "d"}, Offerings: zones.Offerings}, "not-offered: not offered in b"},
		{as, as, compatible.Needs{Allow: []string{"x1.*", "*.large"}}, "not-allowed: not allowed by x1.*, *.large"},
		{as, as, compatible.Needs{Allow: []string{"x1.*", "y9.?large"}}, ""},
		{as, as, compatible.Needs{Allow: []string{"y9.*"}, Deny: []string{"m*", "*.xlarge"}}, "denied: denied by *.xlarge"},

		// What is not known is no guess.
		{as, func(s *market.Spec) { s.Architectures = nil }, compatible.Needs{}, "unknown: not known of y9.xlarge: the architectures"},
		{func(s *market.Spec) { s.MemoryMiB = 0 }, as, compatible.Needs{}, "unknown: not known of x1.xlarge: the memory"},
		{func(s *market.Spec) { s.MemoryMiB = 0 }, func(s *market.Spec) { s.MemoryMiB = 0 }, compatible.Needs{}, "unknown: not known of x1.xlarge and of y9.xlarge: the memory"},
		{func(s *market.Spec) { s.EBS.Optimized, s.Network.BaselineMbps = "unsupported", 0 }, func(s *market.Spec) { s.Network.BaselineMbps = 1 }, compatible.Needs{}, "unknown: not known of x1.xlarge: the network's baseline | unknown: not known of x1.xlarge or of y9.xlarge: the baseline of EBS volumes"},
		{as, func(s *market.Spec) { s.Hypervisor = "" }, compatible.Needs{}, "unknown: not known of y9.xlarge: the hypervisor"},
		{as, func(s *market.Spec) { s.BootModes = nil }, compatible.Needs{}, "unknown: not known of y9.xlarge: the boot modes"},
		{as, func(s *market.Spec) { s.Network.ENA = "perhaps" }, compatible.Needs{}, "unknown: not known of y9.xlarge: whether the network needs ENA"},
		{as, func(s *market.Spec) { s.EBS.NVMe = "" }, compatible.Needs{}, "unknown: not known of y9.xlarge: whether volumes need NVMe"},
		{as, func(s *market.Spec) { s.Network.BaselineMbps = 0 }, compatible.Needs{}, "unknown: not known of y9.xlarge: the network's baseline"},
		{as, func(s *market.Spec) { s.EBS.BaselineMbps = 0 }, compatible.Needs{}, "unknown: not known of y9.xlarge: the baseline of EBS volumes"},
		{as, func(s *market.Spec) { s.EBS.Optimized = "" }, compatible.Needs{}, "unknown: not known of y9.xlarge: the baseline of EBS volumes"},
		{as, func(s *market.Spec) { s.Network.Interfaces = 0 }, compatible.Needs{Interfaces: 2}, "unknown: not known of y9.xlarge: how many network interfaces it takes"},
		{gpu, both(gpu, func(s *market.Spec) { s.GPUs[0].Name = "" }), compatible.Needs{}, "unknown: not known of y9.xlarge: the GPUs"},
		{gpu, both(gpu, func(s *market.Spec) { s.GPUs[0].MemoryMiB = 0 }), compatible.Needs{}, "unknown: not known of y9.xlarge: the GPUs"},
		{both(gpu, func(s *market.Spec) { s.GPUs[0].MemoryMiB = 0 }), gpu, compatible.Needs{}, "unknown: not known of x1.xlarge: the GPUs"},
		{neuron, both(neuron, func(s *market.Spec) { s.Accelerators[0].Count = 0 }), compatible.Needs{}, "unknown: not known of y9.xlarge: the accelerators' models and counts"},
		{neuron, both(neuron, func(s *market.Spec) { s.Accelerators[0] = market.Accelerator{Kind: "neuron"} }), compatible.Needs{}, "unknown: not known of y9.xlarge: the accelerators' models and counts"},
		{disks, both(disks, func(s *market.Spec) { s.Store.DiskGB = 0 }), compatible.Needs{Store: true}, "unknown: not known of y9.xlarge: the disks of the instance store"},
		{as, as, compatible.Needs{Zones: []string{"a"}}, "unknown: not known: what is offered in a"},
	} {
		base, candidate := general("x1.xlarge"), general("y9.xlarge")
		row.base(&base)
		row.candidate(&candidate)
		r := compatible.Compatible(&base, market.NewCatalog(candidate), row.needs)
		var got []string
		for _, x := range r.Rejected {
			for _, reason := range x.Reasons() {
				got = append(got, string(reason.Code)+": "+reason.Text)
				if !x.Has(reason.Code) {
					t.Errorf("%v is not known to be among the reasons", reason)
				}
			}
		}
		if text := strings.Join(got, " | "); text != row.want {
			t.Errorf("got  %s\nwant %s", text, row.want)
		}
		if len(r.Accepted)+len(r.Rejected) != 1 {
			t.Errorf("%d accepted, %d rejected of one", len(r.Accepted), len(r.Rejected))
		}
	}
}

// TestEveryReasonIsTold: none stands in for another.
func TestEveryReasonIsTold(t *testing.T) {
	t.Parallel()
	base := general("m5.xlarge")
	far := market.Spec{Type: "zz-flex.tiny", VCPU: 1, MemoryMiB: 1, Architectures: []string{"arm64"}, Hypervisor: "xen", Burstable: true}
	r := compatible.Compatible(&base, market.NewCatalog(far), compatible.Needs{Zones: []string{"a"}, Offerings: market.Offerings{"a": {}}, Allow: []string{"m*"}, Deny: []string{"z*"}})
	var codes []compatible.Code
	for _, reason := range r.Rejected[0].Reasons() {
		codes = append(codes, reason.Code)
	}
	want := []compatible.Code{
		compatible.Architecture, compatible.Hypervisor, compatible.Burstable, compatible.Flex, compatible.VCPUs, compatible.Memory,
		compatible.NotOnSpot, compatible.NotOffered, compatible.NotAllowed, compatible.Denied,
		compatible.Unknown, compatible.Unknown, compatible.Unknown, compatible.Unknown, compatible.Unknown, compatible.Unknown, compatible.Unknown,
	}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Error(diff)
	}
	if r.Needs.Share != compatible.DefaultShare {
		t.Errorf("the share is not reported: %+v", r.Needs)
	}
	if r.Rejected[0].Has(compatible.ENA) || r.Rejected[0].Has("no such code") {
		t.Error("reasons that it has not")
	}
}

// random is a type in which any fact may be any, or unknown.
func random(r *rand.Rand, name string) market.Spec {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	list := func(words ...string) []string {
		return slices.DeleteFunc(slices.Clone(words), func(string) bool { return r.IntN(4) == 0 })
	}
	s := general(name)
	s.VCPU, s.MemoryMiB = 2+r.IntN(3), 1024*(2+r.IntN(3))
	if r.IntN(6) == 0 {
		s.Architectures, s.BootModes, s.Virtualization, s.RootDevices = list("i386", "x86_64"), list("legacy-bios", "uefi"), list("hvm", "paravirtual"), list("ebs", "instance-store")
	}
	if r.IntN(3) == 0 {
		s.VCPU, s.MemoryMiB = r.IntN(5), 1024*r.IntN(5)
		s.Hypervisor, s.BareMetal, s.Burstable = pick("nitro", "nitro", "xen", ""), r.IntN(5) == 0, r.IntN(5) == 0
		s.EBS.Optimized, s.EBS.NVMe, s.Network.ENA = pick("default", "supported", "unsupported", ""), pick("required", "supported", "unsupported", ""), pick("required", "supported", "unsupported")
		s.EBS.BaselineMbps = 100 * r.IntN(6)
	}
	s.Network.BaselineMbps = 100 * (4 + r.IntN(3))
	s.Network.Interfaces, s.Network.EFA, s.Spot = r.IntN(4), r.IntN(4) == 0, r.IntN(6) > 0
	if r.IntN(3) == 0 {
		s.Store = market.Store{TotalGB: 100 * r.IntN(5), Disks: 1 + r.IntN(2), DiskGB: 50 * r.IntN(3), Kind: pick("ssd", "hdd", ""), NVMe: pick("required", "unsupported", "")}
	}
	if r.IntN(12) == 0 {
		s.GPUs = []market.GPU{{Manufacturer: pick("NVIDIA", "AMD"), Name: pick("T4", "L4", ""), Count: r.IntN(2), MemoryMiB: 100 * r.IntN(3)}}
	}
	if r.IntN(12) == 0 {
		s.Accelerators = []market.Accelerator{{Kind: pick("neuron", "fpga"), Name: pick("", "Inferentia"), Count: r.IntN(2)}}
	}
	return s
}

func randomCatalog(r *rand.Rand) []market.Spec {
	var specs []market.Spec
	for _, family := range []string{"m5", "m7i-flex", "c5", "r5", "a1", "t3", "i3"} {
		for _, size := range []string{"large", "xlarge", "metal"} {
			specs = append(specs, random(r, family+"."+size))
		}
	}
	return specs
}

func randomNeeds(r *rand.Rand, specs []market.Spec) compatible.Needs {
	n := compatible.Needs{Store: r.IntN(2) == 0, Interfaces: r.IntN(4), Share: r.IntN(3) * 60, Offerings: market.Offerings{"a": {}, "b": {}}}
	for i := range specs {
		n.Offerings["a"][specs[i].Type], n.Offerings["b"][specs[i].Type] = r.IntN(8) > 0, r.IntN(8) > 0
	}
	n.Zones = []string{"a", "b", "c"}[:r.IntN(4)]
	if r.IntN(3) == 0 {
		n.Allow = []string{"m*", "?5.*"}
	}
	if r.IntN(3) == 0 {
		n.Deny = []string{"*.metal"}
	}
	return n
}

func names(r compatible.Result) []string {
	list := []string{}
	for _, a := range r.Accepted {
		list = append(list, a.Spec.Type)
	}
	return list
}

// TestProperties hold of whatever is in a catalogue.
func TestProperties(t *testing.T) {
	t.Parallel()
	accepted := 0
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 7))
		specs := randomCatalog(r)
		needs := randomNeeds(r, specs)
		base := specs[r.IntN(len(specs))]
		first := compatible.Compatible(&base, market.NewCatalog(specs...), needs)
		got := names(first)
		accepted += len(got)

		r.Shuffle(len(specs), func(i, j int) { specs[i], specs[j] = specs[j], specs[i] })
		again := compatible.Compatible(&base, market.NewCatalog(specs...), needs)
		if diff := cmp.Diff(got, names(again)); diff != "" {
			t.Fatalf("seed %d: the order of the catalogue matters: %s", seed, diff)
		}
		if len(first.Accepted)+len(first.Rejected) != len(specs) {
			t.Fatalf("seed %d: %d and %d of %d types", seed, len(first.Accepted), len(first.Rejected), len(specs))
		}
		for _, x := range first.Rejected {
			if len(x.Reasons()) == 0 {
				t.Fatalf("seed %d: %s is rejected without a reason", seed, x.Spec.Type)
			}
			wanted := []compatible.Code{compatible.NotOnSpot, compatible.NotOffered, compatible.NotAllowed, compatible.Denied, compatible.Unknown}
			for _, reason := range x.Reasons() {
				if x.Spec.Type == base.Type && !slices.Contains(wanted, reason.Code) {
					t.Fatalf("seed %d: a base is not good enough for itself: %v", seed, reason)
				}
			}
		}
		stricter(t, seed, r, base, specs, needs, got)
	}
	if accepted < 750 {
		t.Errorf("only %d types were accepted in all: the catalogues are too wild", accepted)
	}
}

// stricter asks for more: nothing may come in by that.
func stricter(t *testing.T, seed uint64, r *rand.Rand, base market.Spec, specs []market.Spec, needs compatible.Needs, before []string) {
	t.Helper()
	more := needs
	switch r.IntN(6) {
	case 0:
		more.Share = max(needs.Share, compatible.DefaultShare) + 1 + r.IntN(40)
		if needs.Share > 0 && needs.Share < compatible.DefaultShare {
			more.Share = needs.Share + 1
		}
	case 1:
		more.Store = true
	case 2:
		more.Interfaces = needs.Interfaces + 1
	case 3:
		more.Zones = append(slices.Clone(needs.Zones), []string{"a", "b", "c"}[r.IntN(3)])
	case 4:
		more.Deny = append(slices.Clone(needs.Deny), []string{"m5.*", "*large", "c?.*"}[r.IntN(3)])
	case 5:
		if len(needs.Allow) == 0 {
			more.Allow = []string{"*.large"}
		}
	}
	if came := came(before, names(compatible.Compatible(&base, market.NewCatalog(specs...), more))); len(came) > 0 {
		t.Fatalf("seed %d: %+v instead of %+v lets in %v", seed, more, needs, came)
	}
	// A type that gets more of what is shared, and has it known, loses nothing.
	for i := range specs {
		if slices.Contains(before, specs[i].Type) {
			better := specs[i]
			better.Network.BaselineMbps, better.Network.Interfaces, better.Network.EFA = better.Network.BaselineMbps+100, better.Network.Interfaces+1, true
			better.EBS.BaselineMbps += 100
			if len(compatible.Compatible(&base, market.NewCatalog(better), needs).Accepted) != 1 {
				t.Fatalf("seed %d: %s is out with more network", seed, better.Type)
			}
		}
	}
}

// came are the names that are in the second list alone.
func came(before, after []string) []string {
	return slices.DeleteFunc(slices.Clone(after), func(n string) bool { return slices.Contains(before, n) })
}

func TestGlobs(t *testing.T) {
	t.Parallel()
	spec := general("m7i-flex.2xlarge")
	for glob, want := range map[string]bool{
		"m7i-flex.2xlarge": true, "*": true, "m*": true, "*.2xlarge": true, "m7?-flex.*": true, "*flex*": true, "**x*e": true, "m*-*.*large": true,
		"m7i-flex.2xlarge*": true, "m7i-flex.2xlarge**": true, "*2x*rge": true,
		"m7i": false, "?": false, "m7i-flex.2xlarge?": false, "*.xlarge": false, "m7i.*": false, "M*": false, "": false,
	} {
		r := compatible.Compatible(&spec, market.NewCatalog(spec), compatible.Needs{Deny: []string{glob}})
		if got := len(r.Accepted) == 0; got != want {
			t.Errorf("%q: %t", glob, got)
		}
	}
	spec.Type = "x1.xxxlarge"
	if r := compatible.Compatible(&spec, market.NewCatalog(spec), compatible.Needs{Allow: []string{"*xxlarge"}}); len(r.Accepted) != 1 {
		t.Error("what was begun too early is not taken back")
	}
	for glob, want := range map[string]bool{"m5.*": true, "*.metal*": true, "?5.large": true, "": false, "m[56].*": false, "M5.*": false, "m5 .large": false} {
		if err := compatible.CheckGlob(glob); (err == nil) != want {
			t.Errorf("%q: %v", glob, err)
		}
	}
}

// TestCodes are a contract: each stands once, and each has its words in the guide.
func TestCodes(t *testing.T) {
	t.Parallel()
	codes := compatible.Codes()
	if sorted := slices.Compact(slices.Sorted(slices.Values(codes))); len(sorted) != len(codes) || len(codes) < 20 {
		t.Errorf("%v", codes)
	}
}
