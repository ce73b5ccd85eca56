//go:build ignore

package main

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
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

// group is an Auto Scaling group; one that closes is at zero on Monday.
type group struct {
	name, class, tags      string
	members                []string
	least, most, protected int
	warm, closes           bool
}

func (g group) file() string  { return "groups" }
func (g group) where() string { return seoul }

func (g group) record(a account, m moment) any {
	least, most, members := g.least, g.most, g.members
	if m.monday && g.closes {
		least, most, members = 0, 0, nil
	}
	instances := list{}
	for n, name := range members {
		instances = append(instances, object{
			"InstanceId", id("i-", name), "InstanceType", g.class, "AvailabilityZone", seoul + "a", "LifecycleState", "InService", "HealthStatus", "Healthy",
			"LaunchTemplate",
			object{"LaunchTemplateId", id("lt-", g.name), "LaunchTemplateName", g.name, "Version", "7"},
			"ProtectedFromScaleIn", n < g.protected,
		})
	}
	o := object{
		"AutoScalingGroupName", g.name,
		"AutoScalingGroupARN", arn("autoscaling", a, seoul, fmt.Sprintf("autoScalingGroup:%s-1b2c-4d5e-8f90-1234567890ab:autoScalingGroupName/%s", id("", g.name)[1:9], g.name)),
		"LaunchTemplate",
		object{"LaunchTemplateId", id("lt-", g.name), "LaunchTemplateName", g.name, "Version", "$Latest"},
		"MinSize", least, "MaxSize", most, "DesiredCapacity", max(len(members), least), "DefaultCooldown", 300,
		"AvailabilityZones",
		list{seoul + "a", seoul + "c"},
		"LoadBalancerNames",
		list{},
		"TargetGroupARNs",
		list{},
		"HealthCheckType", "EC2", "HealthCheckGracePeriod", 300,
		"Instances", instances,
		"CreatedTime", iso("2026-02-11 13:04:55"),
		"SuspendedProcesses",
		list{},
		"VPCZoneIdentifier", id("subnet-", a.name+seoul+"a") + "," + id("subnet-", a.name+seoul+"c"),
		"EnabledMetrics",
		list{},
		"Tags", tagList(strings.TrimSuffix(g.tags, " | "), "Key", "Value", "ResourceId", g.name, "ResourceType", "auto-scaling-group", "PropagateAtLaunch", true),
		"TerminationPolicies",
		list{"Default"},
		"NewInstancesProtectedFromScaleIn", false,
		"ServiceLinkedRoleARN", "arn:aws:iam::" + a.number + ":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
	}
	if g.warm {
		o = append(o, "WarmPoolConfiguration", object{"MinSize", 1, "PoolState", "Stopped"}, "WarmPoolSize", 1)
	}
	return append(o, "TrafficSources", list{}, "CapacityReservationSpecification", object{"CapacityReservationPreference", "default"})
}

// database is an RDS instance; one that closes is stopped on Monday, until AWS starts it after seven days.
type database struct {
	name, engine, class, tags, cluster, source string
	replicas                                   []string
	several, closes                            bool
}

func (d database) file() string  { return "databases" }
func (d database) where() string { return seoul }

func (d database) record(a account, m moment) any {
	o := object{
		"DBInstanceIdentifier", d.name, "DBInstanceClass", d.class, "Engine", d.engine,
		"DBInstanceStatus", at(m, "available", stoppedIf(d.closes)),
	}
	if m.monday && d.closes {
		o = append(o, "AutomaticRestartTime", iso("2026-11-27 19:36:30"))
	}
	replicas := list{}
	for _, r := range d.replicas {
		replicas = append(replicas, r)
	}
	o = append(o,
		"MasterUsername", "admin",
		"Endpoint", object{"Address", d.name + ".cabcdefghijk." + seoul + ".rds.amazonaws.com", "Port", 5432, "HostedZoneId", "ZEXAMPLE000000"},
		"AllocatedStorage", 100,
		"InstanceCreateTime", iso("2026-01-20 11:30:05"),
		"PreferredBackupWindow", "17:00-17:30", "BackupRetentionPeriod", 7,
		"DBSecurityGroups", list{},
		"VpcSecurityGroups", list{object{"VpcSecurityGroupId", id("sg-", a.name+"db"), "Status", "active"}},
		"DBParameterGroups", list{object{"DBParameterGroupName", "default." + d.engine, "ParameterApplyStatus", "in-sync"}},
		"AvailabilityZone", seoul+"a",
		"PreferredMaintenanceWindow", "sun:18:00-sun:18:30",
		"PendingModifiedValues", object{},
		"MultiAZ", d.several,
	)
	if d.several {
		o = append(o, "SecondaryAvailabilityZone", seoul+"c")
	}
	o = append(o, "EngineVersion", "1.0", "AutoMinorVersionUpgrade", true)
	if d.source != "" {
		o = append(o, "ReadReplicaSourceDBInstanceIdentifier", d.source)
	}
	o = append(o, "ReadReplicaDBInstanceIdentifiers", replicas, "LicenseModel", "general-public-license",
		"PubliclyAccessible", false, "StorageType", "gp3", "DbInstancePort", 0)
	if d.cluster != "" {
		o = append(o, "DBClusterIdentifier", d.cluster)
	}
	return append(o,
		"StorageEncrypted", true, "KmsKeyId", arn("kms", a, seoul, "key/0f0e0d0c-1111-2222-3333-444455556666"),
		"DbiResourceId", "db-"+strings.ToUpper(id("", d.name)),
		"CACertificateIdentifier", "rds-ca-rsa2048-g1",
		"DomainMemberships", list{}, "CopyTagsToSnapshot", true, "MonitoringInterval", 60,
		"DBInstanceArn", arn("rds", a, seoul, "db:"+d.name),
		"IAMDatabaseAuthenticationEnabled", false, "PerformanceInsightsEnabled", false, "DeletionProtection", false, "AssociatedRoles", list{},
		"TagList", tagList(strings.TrimSuffix(d.tags, " | "), "Key", "Value"),
		"CustomerOwnedIpEnabled", false, "BackupTarget", "region", "NetworkType", "IPV4", "StorageThroughput", 125, "DedicatedLogVolume", false,
		"EngineLifecycleSupport", "open-source-rds-extended-support-disabled",
	)
}

func stoppedIf(closes bool) string {
	if closes {
		return "stopped"
	}
	return "available"
}

// cluster is a database cluster, and closes as databases do.
type cluster struct {
	name, engine, mode, class, tags, global string
	members                                 []string
	closes                                  bool
}

func (c cluster) file() string  { return "clusters" }
func (c cluster) where() string { return seoul }

func (c cluster) record(a account, m moment) any {
	members := list{}
	for n, name := range c.members {
		members = append(members, object{"DBInstanceIdentifier", name, "IsClusterWriter", n == 0, "DBClusterParameterGroupStatus", "in-sync", "PromotionTier", 1})
	}
	o := object{
		"AllocatedStorage", 1,
		"AvailabilityZones",
		list{seoul + "a", seoul + "b", seoul + "c"},
		"BackupRetentionPeriod", 7,
		"DBClusterIdentifier", c.name,
		"DBClusterParameterGroup", "default." + c.engine,
		"DBSubnetGroup", a.name + "-db",
		"Status", at(m, "available", stoppedIf(c.closes)),
	}
	if m.monday && c.closes {
		o = append(o, "AutomaticRestartTime", iso("2026-11-27 19:36:30"))
	}
	o = append(o,
		"EarliestRestorableTime", iso("2026-11-13 17:10:00"),
		"Endpoint", c.name+".cluster-cabcdefghijk."+seoul+".rds.amazonaws.com",
		"MultiAZ", c.class != "",
		"Engine", c.engine, "EngineVersion", "1.0",
		"LatestRestorableTime", iso("2026-11-20 19:30:00"),
		"Port", 5432, "MasterUsername", "admin",
		"PreferredBackupWindow", "17:00-17:30", "PreferredMaintenanceWindow", "sun:18:00-sun:18:30",
		"ReadReplicaIdentifiers", list{},
		"DBClusterMembers", members,
		"VpcSecurityGroups", list{object{"VpcSecurityGroupId", id("sg-", a.name+"db"), "Status", "active"}},
		"HostedZoneId", "ZEXAMPLE000000", "StorageEncrypted", true, "KmsKeyId", arn("kms", a, seoul, "key/0f0e0d0c-1111-2222-3333-444455556666"),
		"DbClusterResourceId", "cluster-"+strings.ToUpper(id("", c.name)),
		"DBClusterArn", arn("rds", a, seoul, "cluster:"+c.name),
		"AssociatedRoles", list{}, "IAMDatabaseAuthenticationEnabled", false,
		"ClusterCreateTime", iso("2026-01-20 11:20:41"),
		"EngineMode", c.mode,
		"DeletionProtection", false, "HttpEndpointEnabled", false, "CopyTagsToSnapshot", true, "CrossAccountClone", false, "DomainMemberships", list{},
		"TagList", tagList(strings.TrimSuffix(c.tags, " | "), "Key", "Value"),
	)
	if c.class != "" {
		o = append(o, "DBClusterInstanceClass", c.class, "StorageType", "io1", "Iops", 3000)
	}
	if c.global != "" {
		o = append(o, "GlobalClusterIdentifier", c.global)
	}
	return append(o, "AutoMinorVersionUpgrade", true, "NetworkType", "IPV4", "LocalWriteForwardingStatus", "disabled", "EngineLifecycleSupport", "open-source-rds-extended-support-disabled")
}

// service is an ECS service; one that closes is at zero on Monday, where nothing is rolled out any more.
type service struct {
	name, in, tags, controller, closesAt string
	count                                int
	daemon, rolling, closes              bool
}

func (s service) file() string  { return "services" }
func (s service) where() string { return seoul }

func (s service) record(a account, m moment) any {
	count := s.count
	if m.monday && s.closes {
		count = 0
	}
	deployment := func(name, status, rollout string, desired, running int) object {
		return object{
			"id", "ecs-svc/" + fmt.Sprint(hash(s.name+name)), "status", status,
			"taskDefinition", arn("ecs", a, seoul, "task-definition/"+s.name+":42"),
			"desiredCount", desired, "pendingCount", 0, "runningCount", running, "failedTasks", 0,
			"createdAt", fromUTC(iso("2026-11-18 15:20:11")), "updatedAt", fromUTC(iso("2026-11-18 15:24:40")),
			"launchType", "FARGATE", "platformVersion", "1.4.0", "platformFamily", "Linux",
			"rolloutState", rollout, "rolloutStateReason", "ECS deployment " + strings.ToLower(rollout) + ".",
		}
	}
	deployments := list{deployment("new", "PRIMARY", "COMPLETED", count, count)}
	if s.rolling && !m.monday {
		deployments = list{deployment("new", "PRIMARY", "IN_PROGRESS", count, count-1), deployment("old", "ACTIVE", "COMPLETED", count, count)}
	}
	controller := "ECS"
	if s.controller != "" {
		controller, deployments = s.controller, list{}
	}
	scheduling := "REPLICA"
	if s.daemon {
		scheduling = "DAEMON"
	}
	return object{
		"serviceArn", arn("ecs", a, seoul, "service/"+s.in+"/"+s.name),
		"serviceName", s.name,
		"clusterArn", arn("ecs", a, seoul, "cluster/"+s.in),
		"loadBalancers",
		list{},
		"serviceRegistries",
		list{},
		"status", "ACTIVE",
		"desiredCount", count, "runningCount", count, "pendingCount", 0,
		"launchType", "FARGATE", "platformVersion", "LATEST", "platformFamily", "Linux",
		"taskDefinition", arn("ecs", a, seoul, "task-definition/"+s.name+":42"),
		"deploymentConfiguration",
		object{"deploymentCircuitBreaker", object{"enable", true, "rollback", true}, "maximumPercent", 200, "minimumHealthyPercent", 100},
		"deployments", deployments,
		"roleArn", "arn:aws:iam::" + a.number + ":role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
		"events",
		list{object{
			"id", "7e0e7f7a-2b1c-4b7e-9d43-6f4c61a0c8aa", "createdAt", fromUTC(iso(at(m, "2026-11-20 13:24:40", closing(s.closesAt)))),
			"message", "(service " + s.name + ") has reached a steady state.",
		}},
		"createdAt", fromUTC(iso("2026-04-07 16:45:30")),
		"placementConstraints",
		list{},
		"placementStrategy",
		list{},
		"networkConfiguration",
		object{"awsvpcConfiguration", object{"subnets", list{id("subnet-", a.name+seoul+"a")}, "securityGroups", list{id("sg-", a.name)}, "assignPublicIp", "DISABLED"}},
		"healthCheckGracePeriodSeconds", 60,
		"schedulingStrategy", scheduling,
		"deploymentController",
		object{"type", controller},
		"tags", tagList(strings.TrimSuffix(s.tags, " | "), "key", "value"),
		"createdBy", "arn:aws:iam::" + a.number + ":role/deploy",
		"enableECSManagedTags", true, "propagateTags", "SERVICE", "enableExecuteCommand", false, "availabilityZoneRebalancing", "ENABLED",
	}
}

func closing(at string) string {
	if at == "" {
		return fridayEvening
	}
	return at
}

// fromUTC writes an instant with the offset of the workstation, as the AWS CLI does for ECS.
func fromUTC(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t.In(time.FixedZone("", 9*60*60)).Format("2006-01-02T15:04:05.000000-07:00")
}

func hash(text string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(text))
	return h.Sum32()
}
