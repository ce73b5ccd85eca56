//go:build ignore

package main

import "strings"

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
