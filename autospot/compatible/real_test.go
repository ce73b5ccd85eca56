package compatible_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"testing"

	"offpeak/autospot/compatible"
	"offpeak/internal/market"
)

// realCatalog is the specifications of 1,263 types.
func realCatalog(t testing.TB) *market.Catalog {
	t.Helper()
	const file = "../../../shared/data/ec2/instance_types.csv"
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("NOT TESTED ON EVERY TYPE: there is no " + file)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := market.ReadCatalog(file, f)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.All()); n < 1200 {
		t.Fatalf("%s holds only %d types", file, n)
	}
	return c
}

// older are types that have left the catalogue, as AWS describes them.
func older() []market.Spec {
	xen := market.Spec{
		Architectures: []string{"x86_64"}, Manufacturer: "Intel", Hypervisor: "xen", Virtualization: []string{"hvm"}, BootModes: []string{"legacy-bios"},
		RootDevices: []string{"ebs"}, Spot: true, EBS: market.EBS{Optimized: "default", NVMe: "unsupported", BaselineMbps: 1750, MaxMbps: 1750},
		Network: market.Network{Performance: "Up to 10 Gigabit", BaselineMbps: 2500, ENA: "supported", Interfaces: 4},
	}
	p3, g3 := xen, xen
	p3.Type, p3.VCPU, p3.MemoryMiB, p3.GPUs = "p3.2xlarge", 8, 62464, []market.GPU{{Manufacturer: "NVIDIA", Name: "V100", Count: 1, MemoryMiB: 16384}}
	g3.Type, g3.VCPU, g3.MemoryMiB, g3.GPUs = "g3s.xlarge", 4, 31232, []market.GPU{{Manufacturer: "NVIDIA", Name: "M60", Count: 1, MemoryMiB: 8192}}
	return []market.Spec{p3, g3}
}

// TestEveryTypeAgainstAFew is the specification on AWS's own catalogue: base, candidate, and the reasons among those that are told; none: it is accepted.
func TestEveryTypeAgainstAFew(t *testing.T) {
	t.Parallel()
	const uses = "with its disks in use"
	catalog := market.NewCatalog(append(realCatalog(t).All(), older()...)...)
	for _, row := range []struct {
		why, base, candidate string
		want                 []compatible.Code
	}{
		// What others accept, or put first.
		{"another maker's GPU (AutoSpotting)", "p3.2xlarge", "g4ad.2xlarge", []compatible.Code{compatible.GPU, compatible.Hypervisor}},
		{"another maker's GPU, larger", "p3.2xlarge", "g4ad.4xlarge", []compatible.Code{compatible.GPU}},
		{"Inferentia for general purpose (AutoSpotting)", "c5.xlarge", "inf1.xlarge", []compatible.Code{compatible.Accelerator}},
		{"bare metal put first (AutoSpotting)", "m5.24xlarge", "r5n.metal", []compatible.Code{compatible.BareMetal}},
		{"its own bare metal", "m5.24xlarge", "m5.metal", []compatible.Code{compatible.BareMetal}},
		{"Nitro for a Xen image (AutoSpotting)", "c4.xlarge", "c6i.xlarge", []compatible.Code{compatible.Hypervisor, compatible.NVMe, compatible.ENA}},
		{"Nitro for a Xen image, in the size that fits", "c4.2xlarge", "c5.2xlarge", []compatible.Code{compatible.Hypervisor, compatible.NVMe, compatible.ENA}},
		{"a fraction of a GPU, which counts zero (instance-selector)", "m5.large", "g6f.large", []compatible.Code{compatible.GPU}},
		{"the i-series (instance-selector), Nitro", "m5.large", "i4i.large", []compatible.Code{compatible.StorageHeavy}},
		{"the i-series, 1,250 GB", "m5.large", "i3en.large", []compatible.Code{compatible.StorageHeavy}},
		{"the i-series, Xen", "m5.large", "i3.large", []compatible.Code{compatible.StorageHeavy, compatible.Hypervisor}},
		{"dense storage", "m5.xlarge", "d3.xlarge", []compatible.Code{compatible.StorageHeavy}},
		{"a generation that no number tells (AutoSpotting does not parse it)", "m5.large", "m7i-flex.large", []compatible.Code{compatible.Flex, compatible.NetworkShare, compatible.EBSShare}},
		{"u-6tb1 (AutoSpotting does not parse it)", "m5.24xlarge", "u-6tb1.56xlarge", []compatible.Code{compatible.NotOnSpot, compatible.Memory}},

		// The same size elsewhere.
		{"itself", "m5.large", "m5.large", nil},
		{"AMD for Intel", "m5.large", "m5a.large", nil},
		{"AMD for Intel, two generations on", "m6i.large", "m7a.large", nil},
		{"Intel for AMD", "m6a.large", "m6i.large", nil},
		{"the newest generation", "m5.large", "m8i.large", nil},
		{"disks beside, which nobody uses", "m5.large", "m5d.large", nil},
		{"more memory, twice", "m5.large", "r5.large", nil},
		{"more vCPUs, twice, with as much memory", "m5.large", "c5.xlarge", nil},
		{"the next size", "m5.large", "m5.xlarge", nil},
		{"Graviton for Graviton", "m6g.large", "m7g.large", nil},
		{"an older Graviton with as much network", "r8g.large", "r7g.large", nil},
		{"the first Graviton for a later one", "m6g.large", "a1.xlarge", []compatible.Code{compatible.Processor}},
		{"later Gravitons for the first", "a1.large", "c6g.large", nil},
		{"the first for itself, larger", "a1.large", "a1.xlarge", nil},

		// Another processor.
		{"Graviton for Intel", "m5.large", "m6g.large", []compatible.Code{compatible.Architecture}},
		{"Intel for Graviton", "t4g.small", "t3.small", []compatible.Code{compatible.Architecture}},
		{"a Mac for a PC", "m5.metal", "mac1.metal", []compatible.Code{compatible.Architecture, compatible.NotOnSpot}},
		{"an image for i386 may be there", "t2.medium", "t2.large", []compatible.Code{compatible.Architecture}},
		{"i386 in both, and four times the memory", "t2.micro", "t2.medium", []compatible.Code{compatible.Memory}},
		{"i386 in both, and the size fits", "t2.micro", "t2.small", nil},

		// Size.
		{"memory a little short", "m4.xlarge", "r4.large", []compatible.Code{compatible.VCPUs, compatible.Memory}},
		{"half the memory", "m5.xlarge", "c5.xlarge", []compatible.Code{compatible.Memory}},
		{"four times the memory", "c5.large", "r5.large", []compatible.Code{compatible.Memory}},
		{"four times the vCPUs", "m5.large", "m5.2xlarge", []compatible.Code{compatible.VCPUs, compatible.Memory}},

		// Burstable.
		{"burstable for steady work", "m5.large", "t3.large", []compatible.Code{compatible.Burstable, compatible.NetworkShare}},
		{"steady for burstable", "t3.large", "m5.large", []compatible.Code{compatible.Burstable}},
		{"AMD's burstable for Intel's", "t3.medium", "t3a.medium", nil},
		{"Xen's burstable for Nitro's", "t3.medium", "t2.medium", []compatible.Code{compatible.Hypervisor, compatible.BootMode}},
		{"steady for flex", "m7i-flex.large", "m7i.large", nil},
		{"flex for flex", "m7i-flex.large", "m8i-flex.large", nil},

		// Network and volumes.
		{"less than four fifths of the network", "m5n.large", "m5.large", []compatible.Code{compatible.NetworkShare}},
		{"less than four fifths of the volumes' path", "m5.large", "c5a.xlarge", []compatible.Code{compatible.EBSShare}},
		{"a fabric adapter may be in use", "c5n.18xlarge", "c6i.24xlarge", []compatible.Code{compatible.EFA}},
		{"volumes that share the network unless asked otherwise", "m4.xlarge", "m3.2xlarge", []compatible.Code{compatible.EBSShare}},

		// Xen among itself.
		{"ENA, of which an image for m4 may know nothing", "m4.xlarge", "r4.xlarge", []compatible.Code{compatible.ENA}},
		{"a paravirtual image may be there", "c3.large", "c4.large", []compatible.Code{compatible.Virtualization, compatible.RootDevice}},
		{"the next size on Xen", "c4.xlarge", "c4.2xlarge", nil},
		{"Xen for Nitro", "m5.large", "m4.xlarge", []compatible.Code{compatible.Hypervisor}},

		// GPUs and accelerators.
		{"the same GPU, the next size", "g4dn.xlarge", "g4dn.2xlarge", nil},
		{"a newer GPU", "g4dn.xlarge", "g5.xlarge", []compatible.Code{compatible.GPU}},
		{"the same GPU of Graviton's", "g4dn.xlarge", "g5g.2xlarge", []compatible.Code{compatible.Architecture, compatible.GPU}},
		{"four GPUs for one", "g5.8xlarge", "g5.12xlarge", []compatible.Code{compatible.GPU}},
		{"the same GPU with more memory beside it", "g6.4xlarge", "gr6.4xlarge", nil},
		{"a fraction for a whole", "g6.xlarge", "g6f.xlarge", []compatible.Code{compatible.GPU}},
		{"a whole for a fraction", "g6f.xlarge", "g6.xlarge", []compatible.Code{compatible.GPU}},
		{"a fraction of the same size", "g6f.large", "g6f.xlarge", nil},
		{"half the GPUs' memory, by one name", "p4de.24xlarge", "p4d.24xlarge", []compatible.Code{compatible.GPU}},
		{"twice the GPUs' memory, by one name", "p4d.24xlarge", "p4de.24xlarge", nil},
		{"Gaudi for A100", "p4d.24xlarge", "dl1.24xlarge", []compatible.Code{compatible.GPU}},
		{"no GPU at all", "g4dn.xlarge", "m5.xlarge", []compatible.Code{compatible.GPU}},
		{"FPGAs", "m5.8xlarge", "f2.6xlarge", []compatible.Code{compatible.Accelerator}},
		{"transcoders", "c5.4xlarge", "vt1.3xlarge", []compatible.Code{compatible.Accelerator}},
		{"a file that tells the accelerators' kind alone", "inf1.xlarge", "inf1.2xlarge", []compatible.Code{compatible.Unknown}},
		{"itself, of which that is not known", "inf1.xlarge", "inf1.xlarge", nil},

		// Bare metal.
		{"bare metal for bare metal", "m5.metal", "m6i.metal", nil},
		{"virtual for bare metal", "m5.metal", "m5.24xlarge", []compatible.Code{compatible.BareMetal}},

		// What cannot be had.
		{"not on Spot", "m6a.48xlarge", "hpc6a.48xlarge", []compatible.Code{compatible.NotOnSpot, compatible.EBSShare}},
		{"itself, which is not on Spot", "t2.nano", "t2.nano", []compatible.Code{compatible.NotOnSpot}},

		// Disks.
		{"no disks", "m5d.large", "m5.large " + uses, []compatible.Code{compatible.InstanceStore}},
		{"disks as large", "m5d.large", "r5d.large " + uses, nil},
		{"disks half as large", "m6id.large", "m5d.large " + uses, []compatible.Code{compatible.InstanceStore}},
		{"one disk as large as two together", "m5d.4xlarge", "m5d.2xlarge " + uses, []compatible.Code{compatible.InstanceStore, compatible.VCPUs}},
		{"spinning disks for fast ones", "i3.2xlarge", "d2.2xlarge " + uses, []compatible.Code{compatible.InstanceStore}},
		{"NVMe disks for an image that may not know them", "d2.xlarge", "i3.xlarge " + uses, []compatible.Code{compatible.InstanceStore, compatible.NVMe}},
		{"the i-series for the i-series", "i4i.large", "i7i.large " + uses, nil},
		{"disks that nobody uses need not be there", "m5d.large", "m5.large", nil},
	} {
		name, inUse := row.candidate, false
		if short := len(name) - len(uses) - 1; short > 0 && name[short+1:] == uses {
			name, inUse = name[:short], true
		}
		base, known := catalog.Of(row.base)
		if _, there := catalog.Of(name); !known || !there {
			t.Errorf("%s: %s or %s is not in the catalogue", row.why, row.base, name)
			continue
		}
		r := compatible.Compatible(base, catalog, compatible.Needs{Store: inUse})
		reasons, accepted := judged(r, name)
		if accepted != (row.want == nil) {
			t.Errorf("%s: %s for %s: accepted %t, %v", row.why, row.candidate, row.base, accepted, reasons)
			continue
		}
		for _, code := range row.want {
			if !slices.ContainsFunc(reasons, func(x compatible.Reason) bool { return x.Code == code }) {
				t.Errorf("%s: %s for %s lacks %s: %v", row.why, row.candidate, row.base, code, reasons)
			}
		}
	}
}

// judged tells what became of a type.
func judged(r compatible.Result, name string) (reasons []compatible.Reason, accepted bool) {
	for _, a := range r.Accepted {
		if a.Spec.Type == name {
			return nil, true
		}
	}
	for _, x := range r.Rejected {
		if x.Spec.Type == name {
			return x.Reasons(), false
		}
	}
	return nil, false
}

// TestTheCommonBasesHaveEnough: what most groups run on finds fifteen types of three families and more, which is what Spot needs.
func TestTheCommonBasesHaveEnough(t *testing.T) {
	t.Parallel()
	catalog := realCatalog(t)
	for _, name := range []string{"m5.large", "m5.xlarge", "m6i.2xlarge", "c5.xlarge", "r5.4xlarge", "m5.24xlarge", "m7i.large", "r6g.large", "m8g.xlarge", "m6a.large", "c6g.large"} {
		base, _ := catalog.Of(name)
		families := map[string]bool{}
		r := compatible.Compatible(base, catalog, compatible.Needs{})
		for _, a := range r.Accepted {
			families[a.Spec.Type[:2]] = true
		}
		if len(r.Accepted) < 15 || len(families) < 3 {
			t.Errorf("%s: %d types of the families %v", name, len(r.Accepted), families)
		}
	}
}

// BenchmarkThousandGroups judges every type for a thousand groups in three zones.
func BenchmarkThousandGroups(b *testing.B) {
	catalog := realCatalog(b)
	all := catalog.All()
	zones := []string{"ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c"}
	offerings := market.Offerings{}
	for _, z := range zones {
		offerings[z] = map[string]bool{}
		for i := range all {
			offerings[z][all[i].Type] = true
		}
	}
	needs := compatible.Needs{Zones: zones, Offerings: offerings, Deny: []string{"*.metal*"}}
	b.ReportAllocs()
	for b.Loop() {
		accepted := 0
		for g := range 1000 {
			accepted += len(compatible.Compatible(&all[g*7%len(all)], catalog, needs).Accepted)
		}
		if accepted == 0 {
			b.Fatal("nothing was accepted")
		}
	}
}
