//go:build ignore

package main

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// instance is an EC2 instance. It runs since a time unless it is down since one; stopped is when it was stopped over the weekend:
// empty for not at all, "gone" for a member whose group was closed.
type instance struct {
	name, class, tags, region          string
	since, stopped, down, downAgain    string
	address                            string
	elastic, spot, windows, hibernates bool
	instanceStoreRoot, terminated      bool
	fridayOnly                         bool
}

func (i instance) file() string { return "instances" }
func (i instance) where() string {
	if i.region != "" {
		return i.region
	}
	return seoul
}

func (i instance) record(a account, m moment) any {
	if m.monday && (i.fridayOnly || i.stopped == "gone") {
		return nil
	}
	down := i.down
	if m.monday && i.downAgain != "" {
		down = i.downAgain
	}
	if m.monday && i.stopped != "" {
		down = i.stopped
	}
	return object{
		"ReservationId", id("r-", i.name),
		"OwnerId", a.number,
		"Groups",
		list{},
		"Instances",
		list{i.details(a, down)},
	}
}

func (i instance) details(a account, down string) object {
	region, zone := i.where(), i.where()+at(moment{monday: hash(i.name)%2 == 0}, "a", "c")
	private := fmt.Sprintf("10.20.%d.%d", hash(i.name)%16, 10+hash(i.name+"host")%200)
	dns := "ip-" + strings.ReplaceAll(private, ".", "-") + "." + region + ".compute.internal"
	created := iso(i.created())
	public := i.address != "" && down == ""
	state, code, reason := "running", 16, ""
	switch {
	case i.terminated:
		state, code = "terminated", 48
	case down != "":
		state, code = "stopped", 80
	}
	if down != "" {
		reason = "User initiated (" + kst(down).Format("2006-01-02 15:04:05 GMT") + ")"
	}
	root := "ebs"
	if i.instanceStoreRoot {
		root = "instance-store"
	}
	o := object{
		"Architecture", "x86_64",
		"BlockDeviceMappings", i.disks(created),
		"ClientToken", fmt.Sprintf("%08x-0a41-4d8f-9d0e-3f1c5a2b7e11", hash(i.name)),
		"EbsOptimized", strings.HasPrefix(i.class, "m5"),
		"EnaSupport", true,
		"Hypervisor", "xen",
		"IamInstanceProfile",
		object{"Arn", "arn:aws:iam::" + a.number + ":instance-profile/" + a.name + "-app", "Id", "AIPAEXAMPLE0000000001"},
	}
	if i.spot {
		o = append(o, "InstanceLifecycle", "spot", "SpotInstanceRequestId", "sir-"+id("", i.name)[1:9])
	}
	o = append(o,
		"NetworkInterfaces", i.interfaces(a, private, dns, created, public),
		"RootDeviceName", "/dev/xvda",
		"RootDeviceType", root,
		"SecurityGroups", list{object{"GroupId", id("sg-", a.name), "GroupName", a.name + "-app"}},
		"SourceDestCheck", true,
	)
	if down != "" {
		o = append(o, "StateReason", object{"Code", "Client.UserInitiatedShutdown", "Message", "Client.UserInitiatedShutdown: User initiated shutdown"})
	}
	o = append(o,
		"Tags", append(list{object{"Key", "Name", "Value", i.name}}, tagList(strings.TrimSuffix(i.tags, " | "), "Key", "Value")...),
		"VirtualizationType", "hvm",
		"CpuOptions", object{"CoreCount", 1, "ThreadsPerCore", 2},
		"CapacityReservationSpecification", object{"CapacityReservationPreference", "open"},
		"HibernationOptions", object{"Configured", i.hibernates},
		"MetadataOptions", object{
			"State", "applied", "HttpTokens", "required", "HttpPutResponseHopLimit", 2, "HttpEndpoint", "enabled",
			"HttpProtocolIpv6", "disabled", "InstanceMetadataTags", "disabled",
		},
		"EnclaveOptions", object{"Enabled", false},
	)
	if i.windows {
		o = append(o, "BootMode", "uefi-preferred", "PlatformDetails", "Windows", "UsageOperation", "RunInstances:0002")
	} else {
		o = append(o, "PlatformDetails", "Linux/UNIX", "UsageOperation", "RunInstances")
	}
	o = append(o,
		"UsageOperationUpdateTime", created,
		"PrivateDnsNameOptions", object{"HostnameType", "ip-name", "EnableResourceNameDnsARecord", false, "EnableResourceNameDnsAAAARecord", false},
		"MaintenanceOptions", object{"AutoRecovery", "default", "RebootMigration", "default"},
		"CurrentInstanceBootMode", "legacy-bios",
		"NetworkPerformanceOptions", object{"BandwidthWeighting", "default"},
		"Operator", object{"Managed", false},
		"InstanceId", id("i-", i.name),
		"ImageId", id("ami-", i.class[:2]),
		"State", object{"Code", code, "Name", state},
		"PrivateDnsName", dns,
		"PublicDnsName", "",
		"StateTransitionReason", reason,
		"KeyName", a.name+"-key",
		"AmiLaunchIndex", 0,
		"ProductCodes", list{},
		"InstanceType", i.class,
		"LaunchTime", iso(launch(i.since)),
		"Placement", object{"GroupName", "", "Tenancy", "default", "AvailabilityZone", zone},
	)
	if i.windows {
		o = append(o, "Platform", "windows")
	}
	o = append(o, "Monitoring", object{"State", "disabled"}, "SubnetId", id("subnet-", a.name+zone), "VpcId", id("vpc-", a.name), "PrivateIpAddress", private)
	if public {
		o = append(o, "PublicIpAddress", i.address)
	}
	return o
}

// launch is when the instance started last; what is down was last started on the day before the week.
func launch(since string) string {
	if since == "" {
		return "2026-10-06 09:01:12"
	}
	return since
}

// created is when the instance was made: before its last start, unless it cannot be stopped.
func (i instance) created() string {
	if strings.Contains(i.tags, groupTag[3:]) || i.instanceStoreRoot || i.spot && i.down == "" {
		return i.since
	}
	return "2026-03-02 10:12:44"
}

func (i instance) disks(created string) list {
	if i.instanceStoreRoot || i.terminated {
		return list{}
	}
	disk := func(device string, kept bool) object {
		return object{"DeviceName", device, "Ebs", object{"AttachTime", created, "DeleteOnTermination", !kept, "Status", "attached", "VolumeId", id("vol-", i.name+device)}}
	}
	return list{disk("/dev/xvda", false), disk("/dev/xvdf", true)}
}

func (i instance) interfaces(a account, private, dns, created string, public bool) list {
	if i.terminated {
		return list{}
	}
	address := object{"Primary", true, "PrivateDnsName", dns, "PrivateIpAddress", private}
	var association object
	if public {
		owner := "amazon"
		if i.elastic {
			owner = a.number
		}
		association = object{"IpOwnerId", owner, "PublicDnsName", "", "PublicIp", i.address}
		address = append(object{"Association", association}, address...)
	}
	o := object{}
	if public {
		o = append(o, "Association", association)
	}
	return list{append(o,
		"Attachment", object{"AttachTime", created, "AttachmentId", id("eni-attach-", i.name), "DeleteOnTermination", true, "DeviceIndex", 0, "Status", "attached", "NetworkCardIndex", 0},
		"Description", "",
		"Groups", list{object{"GroupId", id("sg-", a.name), "GroupName", a.name + "-app"}},
		"Ipv6Addresses", list{},
		"MacAddress", "02:ab:cd:ef:01:23",
		"NetworkInterfaceId", id("eni-", i.name),
		"OwnerId", a.number,
		"PrivateDnsName", dns,
		"PrivateIpAddress", private,
		"PrivateIpAddresses", list{address},
		"SourceDestCheck", true,
		"Status", "in-use",
		"SubnetId", id("subnet-", a.name),
		"VpcId", id("vpc-", a.name),
		"InterfaceType", "interface",
		"Operator", object{"Managed", false},
	)}
}

func hash(text string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(text))
	return h.Sum32()
}
