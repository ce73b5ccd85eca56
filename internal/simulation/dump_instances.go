package simulation

import (
	"fmt"
	"time"

	"offpeak/internal/fleet"
)

// instanceListing is an instance as describe-instances prints it.
func (m *machine) instanceListing(seen *sight) object {
	r := &seen.resource
	o := object{
		"InstanceId": r.ID, "InstanceType": r.Type, "State": object{"Name": r.Status}, "RootDeviceType": "ebs",
		"Placement": object{"AvailabilityZone": m.spec.AvailabilityZones[0]}, "PlatformDetails": r.Product,
		"Tags": tagList(r.Tags, "Key", "Value"),
	}
	if seen.reason != "" {
		o["StateTransitionReason"] = fmt.Sprintf("%s (%s GMT)", seen.reason, r.Since.UTC().Format(time.DateTime))
	}
	dated(o, "LaunchTime", instant(seen.launched))
	if r.Lifecycle != fleet.OnDemand {
		o["InstanceLifecycle"] = "spot"
	}
	if r.State == fleet.Gone {
		return o // its interface and its volumes are no longer attached
	}
	m.listDevices(o, seen)
	if r.Launch != nil {
		listInstanceLaunch(o, r.Launch)
	}
	if _, ok := r.Trait(fleet.HibernationReady); ok {
		o["HibernationOptions"] = object{"Configured": true}
	}
	return o
}

// listDevices adds volumes, the interface and public addresses.
func (m *machine) listDevices(o object, seen *sight) {
	r := &seen.resource
	devices := []object{}
	for i := range m.spec.Volumes {
		if !m.attachedNow(i) {
			continue
		}
		ebs := object{"VolumeId": m.volumes[i], "DeleteOnTermination": !m.stays(i), "Status": "attached"}
		devices = append(devices, object{"DeviceName": deviceOf(i), "Ebs": dated(ebs, "AttachTime", r.Created)})
	}
	o["BlockDeviceMappings"] = devices
	device := object{"NetworkInterfaceId": m.network, "Attachment": dated(object{"DeviceIndex": 0}, "AttachTime", r.Created)}
	automatic, has := r.Trait(fleet.PublicAddress)
	switch {
	case len(m.spec.Addresses) > 0:
		ip := m.spec.Addresses[0].IP
		o["PublicIpAddress"] = ip
		device["Association"] = object{"IpOwnerId": r.Scope.Account, "PublicIp": ip}
	case has:
		o["PublicIpAddress"] = automatic.Detail
		device["Association"] = object{"IpOwnerId": "amazon", "PublicIp": automatic.Detail}
	}
	o["NetworkInterfaces"] = []object{device}
}

// memberListings are the instances of a group as describe-instances prints them, those of its warm pool among them.
func (m *machine) memberListings(seed uint64, seen *sight) []object {
	var list []object
	for i := range seen.units {
		u := &seen.units[i]
		state := "running"
		switch u.condition {
		case pending, warming:
			state = "pending"
		case parked:
			state = "stopped"
		default:
		}
		devices := []object{}
		for v := range m.spec.Volumes {
			devices = append(devices, object{"DeviceName": "/dev/xvda", "Ebs": object{"VolumeId": m.volumeID(seed, u.unit, v), "DeleteOnTermination": true}})
		}
		o := object{
			"InstanceId": u.id, "InstanceType": u.kind, "State": object{"Name": state}, "RootDeviceType": "ebs",
			"Placement": object{"AvailabilityZone": u.zone}, "PlatformDetails": m.spec.product(), "BlockDeviceMappings": devices,
			"Tags": []object{{"Key": "aws:autoscaling:groupName", "Value": m.spec.ID}},
		}
		if u.spot {
			o["InstanceLifecycle"] = "spot"
		}
		list = append(list, dated(o, "LaunchTime", instant(u.launched)))
	}
	return list
}

// clusterInstances are the instances of a database cluster as describe-db-instances prints them, where alone their classes stand.
func (m *machine) clusterInstances(seen *sight) []object {
	var list []object
	for u := range m.everyUnit {
		list = append(list, object{
			"DBInstanceIdentifier": nameIn(u.id), "DBInstanceArn": u.id, "DBInstanceStatus": seen.resource.Status, "DBInstanceClass": u.kind,
			"Engine": seen.resource.Product, "MultiAZ": false, "AvailabilityZone": u.zone, "DBClusterIdentifier": seen.resource.ID,
			"TagList": []object{},
		})
	}
	return list
}
