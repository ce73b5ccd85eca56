package simulation

import (
	"encoding/json"
	"fmt"
	"time"

	"offpeak/internal/fleet"
)

// object is one JSON object of a listing.
type object map[string]any

// Dump returns a scope as the AWS CLI would list it now, by the name of a file for each command: describe-instances.json, ... Kinds of which
// there is none have none.
func (w *World) Dump(scope fleet.Scope) (map[string][]byte, error) {
	var machines []*machine
	if p := w.scopes[scope]; p != nil {
		machines = p.machines
	}
	lists := map[fleet.Kind][]object{}
	for _, m := range machines {
		r, ok := m.described(w.now)
		if !ok {
			continue
		}
		lists[r.Kind] = append(lists[r.Kind], listing(r))
	}
	files := map[string][]byte{}
	for kind, list := range lists {
		name, answer := answerOf(kind, scope, list)
		data, err := json.MarshalIndent(answer, "", "    ")
		if err != nil {
			return nil, fmt.Errorf("dump %s: %w", name, err)
		}
		files[name] = append(data, '\n')
	}
	return files, nil
}

// answerOf puts a list into the answer of its command.
func answerOf(kind fleet.Kind, scope fleet.Scope, list []object) (file string, answer object) {
	switch kind {
	case fleet.EC2Instance:
		return "describe-instances.json", object{"Reservations": []object{{"OwnerId": scope.Account, "Instances": list}}}
	case fleet.AutoScalingGroup:
		return "describe-auto-scaling-groups.json", object{"AutoScalingGroups": list}
	case fleet.RDSInstance:
		return "describe-db-instances.json", object{"DBInstances": list}
	case fleet.RDSCluster:
		return "describe-db-clusters.json", object{"DBClusters": list}
	default:
		return "describe-services.json", object{"services": list, "failures": []object{}}
	}
}

func listing(r *fleet.Resource) object {
	switch r.Kind {
	case fleet.EC2Instance:
		return instanceListing(r)
	case fleet.AutoScalingGroup:
		return groupListing(r)
	case fleet.RDSInstance:
		o := object{
			"DBInstanceIdentifier": r.ID, "DBInstanceArn": r.ARN, "DBInstanceStatus": r.Status, "DBInstanceClass": r.Type,
			"Engine": r.Product, "MultiAZ": r.MultiAZ, "TagList": tagList(r.Tags, "Key", "Value"),
		}
		return dated(dated(o, "InstanceCreateTime", r.Created), "AutomaticRestartTime", r.RestartsAt)
	case fleet.RDSCluster:
		o := object{
			"DBClusterIdentifier": r.ID, "DBClusterArn": r.ARN, "Status": r.Status, "Engine": r.Product, "EngineMode": "provisioned",
			"MultiAZ": r.MultiAZ, "TagList": tagList(r.Tags, "Key", "Value"),
		}
		return dated(dated(o, "ClusterCreateTime", r.Created), "AutomaticRestartTime", r.RestartsAt)
	default:
		return serviceListing(r)
	}
}

func instanceListing(r *fleet.Resource) object {
	o := object{
		"InstanceId": r.ID, "InstanceType": r.Type, "State": object{"Name": r.Status}, "RootDeviceType": "ebs",
		"Placement": object{"AvailabilityZone": string(r.Scope.Region) + "a"}, "PlatformDetails": r.Product,
		"Tags": tagList(r.Tags, "Key", "Value"),
	}
	launched := r.Since
	if r.State != fleet.Running && r.Status != "pending" {
		reason := "User initiated"
		if r.ByAWS {
			reason = "Server.InternalError"
		}
		o["StateTransitionReason"] = fmt.Sprintf("%s (%s GMT)", reason, r.Since.UTC().Format(time.DateTime))
		launched = r.Created // AWS keeps the launch before; the snapshot has no place for it
	}
	if launched.IsZero() {
		launched = r.Since
	}
	dated(o, "LaunchTime", launched)
	if !r.Created.IsZero() {
		attachment := dated(object{"DeviceIndex": 0}, "AttachTime", r.Created)
		o["NetworkInterfaces"] = []object{{"Attachment": attachment}}
	}
	if _, ok := r.Trait(fleet.HibernationReady); ok {
		o["HibernationOptions"] = object{"Configured": true}
	}
	return o
}

func groupListing(r *fleet.Resource) object {
	var instances []object
	var inService int
	_, _ = fmt.Sscanf(r.Status, "%d of", &inService) // a group that is being deleted has none
	for _, m := range r.Members {
		for range m.Count {
			state := "Pending"
			if r.Size.Desired < m.Count {
				state = "Terminating"
			}
			if len(instances) < inService {
				state = "InService"
			}
			instances = append(instances, object{"InstanceType": m.Type, "LifecycleState": state, "ProtectedFromScaleIn": false})
		}
	}
	o := object{
		"AutoScalingGroupName": r.ID, "AutoScalingGroupARN": r.ARN, "MinSize": r.Size.Min, "MaxSize": r.Size.Max,
		"DesiredCapacity": r.Size.Desired, "Instances": instances, "Tags": tagList(r.Tags, "Key", "Value"),
	}
	if r.State == fleet.Gone {
		o["Status"] = r.Status
	}
	return dated(o, "CreatedTime", r.Created)
}

func serviceListing(r *fleet.Resource) object {
	running := r.Size.Desired
	if r.State == fleet.Changing {
		running = 1 // how many tasks are left is not part of a snapshot
	}
	rollout := "COMPLETED"
	if _, ok := r.Trait(fleet.Deploying); ok {
		rollout = "IN_PROGRESS"
	}
	o := object{
		"serviceName": r.ID, "serviceArn": r.ARN, "status": r.Status, "desiredCount": r.Size.Desired, "runningCount": running,
		"clusterArn":  fmt.Sprintf("arn:%s:ecs:%s:%s:cluster/%s", r.Scope.Region.Partition(), r.Scope.Region, r.Scope.Account, r.Parent),
		"deployments": []object{{"rolloutState": rollout}}, "tags": tagList(r.Tags, "key", "value"),
	}
	if r.Product != "" {
		o["launchType"] = r.Product
	}
	return dated(o, "createdAt", r.Created)
}

// tagList writes tags in the spelling of an API. It is there even when it is empty, as the CLI prints it.
func tagList(tags fleet.Tags, key, value string) []object {
	list := make([]object, len(tags))
	for i, t := range tags {
		list[i] = object{key: t.Key, value: t.Value}
	}
	return list
}

// dated adds an instant, if there is one.
func dated(o object, field string, at time.Time) object {
	if !at.IsZero() {
		o[field] = at.UTC().Format(time.RFC3339)
	}
	return o
}
