package market_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/market"
)

const shared = "../../../shared/data/"

// data opens a file of facts that others wrote.
func data(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(shared + name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("NOT TESTED ON AWS'S OWN DATA: there is no " + shared + name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestBothCatalogsAgree reads each type of AWS's sample in both forms and compares every field. None of the 105 differs in any: what the CSV has wrong, its
// current_gen, is not read.
func TestBothCatalogsAgree(t *testing.T) {
	t.Parallel()
	const sample, table = "ec2/describe_instance_types_raw_sample.json", "ec2/instance_types.csv"
	described, err := market.ReadCatalog(sample, bytes.NewReader(data(t, sample)))
	if err != nil {
		t.Fatal(err)
	}
	listed, err := market.ReadCatalog(table, bytes.NewReader(data(t, table)))
	if err != nil {
		t.Fatal(err)
	}
	if len(described.All()) != 105 || len(listed.All()) != 1263 {
		t.Errorf("%d described and %d listed, want 105 and 1263", len(described.All()), len(listed.All()))
	}
	for i := range described.All() {
		d := &described.All()[i]
		l, ok := listed.Of(d.Type)
		if !ok {
			t.Errorf("%s is not listed", d.Type)
			continue
		}
		if diff := cmp.Diff(d, l); diff != "" {
			t.Errorf("%s is described (-) and listed (+) otherwise: %s", d.Type, diff)
		}
	}
}

const head = "type,vcpu,memory_mib,arch,cpu_manufacturer,hypervisor,virt,current_gen,bare_metal,burstable,usage_classes,hibernation,root,boot_modes," +
	"ebs_optimized,ebs_base_mbps,ebs_max_mbps,ebs_nvme,store_total_gb,store_disks,store_disk_gb,store_type,store_nvme,gpu_count,gpu_name,gpu_mem_mib,accel,network,net_base_gbps,max_eni,ena,efa\n"

const (
	m5  = "m5.large,2,8192,x86_64,Intel,nitro,hvm,False,False,False,on-demand|spot,True,ebs,uefi|legacy-bios,default,650,4750,required,0,0,0,,,0,,0,,Up to 10 Gigabit,0.75,3,required,False\n"
	gpu = "p9.large,2,8192,x86_64,Intel,nitro,hvm,True,false,false,on-demand,True,ebs,uefi,default,650,4750,required,600,2,300,ssd,required,8,NVIDIA RTX PRO,8192,NeuronInfo|InferenceAcceleratorInfo,4x 100 Gigabit,0.9371,3,required,True\n"
	t1  = "t1.micro,1,627,i386|x86_64,,xen,hvm|paravirtual,False,False,True,on-demand|spot,False,ebs,legacy-bios,unsupported,,,unsupported,0,0,0,,,0,,0,,Very Low,,2,unsupported,False\n"
)

func TestReadCatalogInCSV(t *testing.T) {
	t.Parallel()
	c, err := market.ReadCatalog("types.csv", strings.NewReader("\ufeff"+head+m5+gpu+t1+m5))
	if err != nil {
		t.Fatal(err)
	}
	want := []market.Spec{
		{
			Type: "m5.large", VCPU: 2, MemoryMiB: 8192, Architectures: []string{"x86_64"}, Manufacturer: "Intel", Hypervisor: "nitro", Virtualization: []string{"hvm"},
			BootModes: []string{"legacy-bios", "uefi"}, RootDevices: []string{"ebs"}, Hibernates: true, Spot: true,
			EBS:     market.EBS{Optimized: "default", NVMe: "required", BaselineMbps: 650, MaxMbps: 4750},
			Network: market.Network{Performance: "Up to 10 Gigabit", BaselineMbps: 750, ENA: "required", Interfaces: 3},
		},
		{
			Type: "p9.large", VCPU: 2, MemoryMiB: 8192, Architectures: []string{"x86_64"}, Manufacturer: "Intel", Hypervisor: "nitro", Virtualization: []string{"hvm"},
			BootModes: []string{"uefi"}, RootDevices: []string{"ebs"}, Hibernates: true,
			EBS:          market.EBS{Optimized: "default", NVMe: "required", BaselineMbps: 650, MaxMbps: 4750},
			Store:        market.Store{TotalGB: 600, Disks: 2, DiskGB: 300, Kind: "ssd", NVMe: "required"},
			GPUs:         []market.GPU{{Manufacturer: "NVIDIA", Name: "RTX PRO", Count: 8, MemoryMiB: 1024}},
			Accelerators: []market.Accelerator{{Kind: "inference"}, {Kind: "neuron"}},
			Network:      market.Network{Performance: "4x 100 Gigabit", BaselineMbps: 937, ENA: "required", EFA: true, Interfaces: 3},
		},
		{
			Type: "t1.micro", VCPU: 1, MemoryMiB: 627, Architectures: []string{"i386", "x86_64"}, Hypervisor: "xen", Virtualization: []string{"hvm", "paravirtual"},
			BootModes: []string{"legacy-bios"}, RootDevices: []string{"ebs"}, Burstable: true, Spot: true, EBS: market.EBS{Optimized: "unsupported", NVMe: "unsupported"},
			Network: market.Network{Performance: "Very Low", ENA: "unsupported", Interfaces: 2},
		},
	}
	if diff := cmp.Diff(want, c.All()); diff != "" {
		t.Error(diff)
	}
}

// TestColumnsInAnyOrder turns a table around.
func TestColumnsInAnyOrder(t *testing.T) {
	t.Parallel()
	turned := ""
	for _, line := range strings.Split(strings.TrimSpace(head+m5), "\n") {
		cells := strings.Split(line, ",")
		slices.Reverse(cells)
		turned += strings.Join(cells, ",") + "\n"
	}
	straight, err := market.ReadCatalog("a", strings.NewReader(head+m5))
	if err != nil {
		t.Fatal(err)
	}
	got, err := market.ReadCatalog("b", strings.NewReader(turned))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(straight.All(), got.All()); diff != "" {
		t.Error(diff)
	}
}

// accelerated is a type with everything that a type may have, as AWS describes it.
const accelerated = `{"InstanceTypes":[{"InstanceType":"z1.large","CurrentGeneration":true,"SupportedUsageClasses":["on-demand","spot"],"SupportedRootDeviceTypes":["instance-store","ebs"],
"SupportedVirtualizationTypes":["hvm"],"BareMetal":false,"Hypervisor":"nitro","ProcessorInfo":{"SupportedArchitectures":["x86_64"],"SustainedClockSpeedInGhz":2.5},
"VCpuInfo":{"DefaultVCpus":8},"MemoryInfo":{"SizeInMiB":1024},"InstanceStorageInfo":{"TotalSizeInGB":700,"Disks":[{"SizeInGB":300,"Count":2,"Type":"ssd"},{"SizeInGB":100,"Count":1,"Type":"hdd"}],"NvmeSupport":"required"},
"EbsInfo":{"EbsOptimizedSupport":"default","EbsOptimizedInfo":{"BaselineBandwidthInMbps":10,"MaximumBandwidthInMbps":20},"NvmeSupport":"required"},
"GpuInfo":{"Gpus":[{"Name":"L4","Manufacturer":"NVIDIA","Count":0,"MemoryInfo":{"SizeInMiB":22888},"GpuPartitionSize":0.125}],"TotalGpuMemoryInMiB":2861},
"FpgaInfo":{"Fpgas":[{"Name":"Virtex","Manufacturer":"Xilinx","Count":1}]},"MediaAcceleratorInfo":{"Accelerators":[{"Name":"U30","Manufacturer":"Xilinx","Count":2}]},
"InferenceAcceleratorInfo":{"Accelerators":[{"Name":"Inferentia","Manufacturer":"AWS","Count":1}]},"NeuronInfo":{"NeuronDevices":[{"Name":"Inferentia","Count":4,"CoreInfo":{"Count":4}}]},
"NetworkInfo":{"NetworkPerformance":"2x 100 Gigabit","MaximumNetworkInterfaces":4,"DefaultNetworkCardIndex":1,"NetworkCards":[{"NetworkCardIndex":0,"BaselineBandwidthInGbps":50.0},{"NetworkCardIndex":1,"BaselineBandwidthInGbps":0.781}],
"EnaSupport":"required","EfaSupported":true},"SupportedBootModes":["uefi"],"BurstablePerformanceSupported":true,"HibernationSupported":true}],"NextToken":null}`

func TestReadCatalogInJSON(t *testing.T) {
	t.Parallel()
	c, err := market.ReadCatalog("types.json", strings.NewReader(accelerated+"\n"+strings.ReplaceAll(accelerated, "z1.large", "z2.large")))
	if err != nil {
		t.Fatal(err)
	}
	got, ok := c.Of("z1.large")
	if _, second := c.Of("z2.large"); !ok || !second {
		t.Fatal("it is not there")
	}
	want := &market.Spec{
		Type: "z1.large", VCPU: 8, MemoryMiB: 1024, Architectures: []string{"x86_64"}, Hypervisor: "nitro", Virtualization: []string{"hvm"}, BootModes: []string{"uefi"},
		RootDevices: []string{"ebs", "instance-store"}, Burstable: true, Hibernates: true, Spot: true,
		EBS:   market.EBS{Optimized: "default", NVMe: "required", BaselineMbps: 10, MaxMbps: 20},
		Store: market.Store{TotalGB: 700, Disks: 3, DiskGB: 100, Kind: "hdd", NVMe: "required"},
		GPUs:  []market.GPU{{Manufacturer: "NVIDIA", Name: "L4", MemoryMiB: 2861}},
		Accelerators: []market.Accelerator{
			{Kind: "fpga", Manufacturer: "Xilinx", Name: "Virtex", Count: 1},
			{Kind: "inference", Manufacturer: "AWS", Name: "Inferentia", Count: 1},
			{Kind: "media", Manufacturer: "Xilinx", Name: "U30", Count: 2},
			{Kind: "neuron", Name: "Inferentia", Count: 4},
		},
		Network: market.Network{Performance: "2x 100 Gigabit", BaselineMbps: 781, ENA: "required", EFA: true, Interfaces: 4},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// described is one type, with something changed.
func described(old, with string) string { return strings.Replace(accelerated, old, with, 1) }

func TestCatalogsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, want string }{
		{"", "f: is empty; the JSON of \"aws ec2 describe-instance-types\", or a catalogue in CSV was expected"},
		{" \n", "f: is empty"},
		{"\xff\xfe{\x00", "f: is in UTF-16"},
		{"\x1f\x8b\x08", "f: is compressed; unpack it first"},
		{"[]", "f: is a JSON array, as --query prints it"},
		{"{}", "f: $: holds no InstanceTypes; the JSON of"},
		{`{"InstanceTypes":[]}`, "f: holds no instance type"},
		{`{"InstanceTypes":{}}`, "f: $.InstanceTypes: is no list"},
		{`{"InstanceTypes":[1]}`, "f: $.InstanceTypes[0]: is a number (expected an object)"},
		{`{"InstanceTypes":[{}]}`, "f: $.InstanceTypes[0].InstanceType: missing (expected a type such as m5.large)"},
		{`{"InstanceTypes":[`, "f: $.InstanceTypes: the text ends here"},
		{`{"InstanceTypes":[{"InstanceType":"a","InstanceType":"b"}]}`, "f: $.InstanceTypes[0].InstanceType: stands twice in one object"},
		{`{"InstanceTypes":[],"NextToken":"x"}`, "f: $.NextToken: the listing was cut here; list again"},
		{`{"InstanceTypes":[}`, "f: $.InstanceTypes[0]: byte 18: "},
		{described(`"DefaultVCpus":8`, `"DefaultVCpus":"8"`), "f: $.InstanceTypes[0].VCpuInfo.DefaultVCpus: is text (expected a whole number)"},
		{described(`"DefaultVCpus":8`, `"DefaultVCpus":0`), "f: $.InstanceTypes[0].VCpuInfo.DefaultVCpus: missing"},
		{described(`"DefaultVCpus":8`, `"DefaultVCpus":9999999999999999999`), "f: $.InstanceTypes[0].VCpuInfo.DefaultVCpus: is a number (expected a whole number)"},
		{described(`"SizeInMiB":1024`, `"SizeInMiB":9999999999999999`), "MemoryInfo.SizeInMiB: is \"9999999999999999\" (expected a count that can be)"},
		{described(`"Count":2,"Type":"ssd"`, `"Count":-2,"Type":"ssd"`), "f: $.InstanceTypes[0].InstanceStorageInfo.Disks[0].Count: is \"-2\""},
		{described(`"BaselineBandwidthInGbps":0.781`, `"BaselineBandwidthInGbps":-1`), "NetworkInfo.NetworkCards[1].BaselineBandwidthInGbps: is \"-1\""},
		{described(`"SupportedArchitectures":["x86_64"]`, `"SupportedArchitectures":[]`), "ProcessorInfo.SupportedArchitectures: missing"},
		{described(`"SupportedUsageClasses":["on-demand","spot"],`, ``), "SupportedUsageClasses: missing"},
		{described(`"SizeInMiB":1024`, `"SizeInMiB":0`), "MemoryInfo.SizeInMiB: missing"},
		{accelerated + described(`"DefaultVCpus":8`, `"DefaultVCpus":9`), "z1.large stands twice, and not with the same facts"},
		{strings.Replace(head, "ena,", "", 1), `f: line 1: the column "ena" is missing (columns that are needed: type, vcpu,`},
		{strings.Replace(head, "ena,", "vcpu,", 1), `f: line 1: the column "vcpu" stands twice`},
		{head, "f: holds no instance type"},
		{head + "m5.large\n", "f: record on line 2: wrong number of fields"},
		{head + "\"m5", "f: "},
		{head + strings.Replace(m5, "m5.large", "", 1), "f: line 2, type: missing (expected a type such as m5.large)"},
		{head + strings.Replace(m5, ",2,8192", ",two,8192", 1), `f: line 2, vcpu: is "two" (expected a whole number such as 8192)`},
		{head + strings.Replace(m5, ",2,8192", ",2,-8192", 1), `f: line 2, memory_mib: is "-8192"`},
		{head + strings.Replace(m5, ",2,8192", ",,8192", 1), "f: line 2, vcpu: missing (expected how many vCPUs it has)"},
		{head + strings.Replace(m5, ",2,8192", ",2,", 1), "f: line 2, memory_mib: missing"},
		{head + m5 + strings.Replace(m5, "x86_64", "", 1), "f: line 3, arch: missing"},
		{head + strings.Replace(m5, "on-demand|spot", "", 1), "f: line 2, usage_classes: missing"},
		{head + strings.Replace(m5, "hvm,False,False", "hvm,False,perhaps", 1), `f: line 2, bare_metal: is "perhaps" (expected true or false)`},
		{head + strings.Replace(m5, "0.75", "NaN", 1), `f: line 2, net_base_gbps: is "NaN" (expected gigabits per second such as 0.75)`},
		{head + strings.Replace(m5, ",0,,0,,Up", ",1,,0,,Up", 1), "f: line 2, gpu_name: missing"},
		{head + strings.Replace(m5, ",0,,0,,Up", ",0,,0,Quantum,Up", 1), `f: line 2, accel: is "Quantum"`},
		{head + m5 + strings.Replace(m5, ",2,8192", ",4,8192", 1), "f: line 3, type: m5.large stands twice, and not with the same facts"},
		{"<html>", "f: line 1: the column \"type\" is missing"},
	} {
		_, err := market.ReadCatalog("f", strings.NewReader(row.text))
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%.60q: got %v, want %s", row.text, err, row.want)
		}
	}
}

// TestWhatHasNoEnd is not read to it.
func TestWhatHasNoEnd(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ begin, again, want string }{
		{`{"InstanceTypes":[{"InstanceType":"`, "a", "a record ends within 1 MB, and this one does not"},
		{`{"InstanceTypes":[`, " ", "a record ends within 1 MB"},
		{`{"x":"`, "a", "a record ends within 1 MB"},
		{head, m5, "is longer than 16 MB"},
	} {
		_, err := market.ReadCatalog("f", &endless{begin: row.begin, again: row.again})
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%.20q: %v", row.begin, err)
		}
	}
}

// endless begins, and then says the same again and again.
type endless struct{ begin, again string }

func (e *endless) Read(p []byte) (int, error) {
	if e.begin == "" {
		e.begin = strings.Repeat(e.again, 1+4096/len(e.again))
	}
	n := copy(p, e.begin)
	e.begin = e.begin[n:]
	return n, nil
}
