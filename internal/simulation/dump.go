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
		seen, ok := m.described(w.now)
		if !ok {
			continue
		}
		kind := m.spec.Kind
		lists[kind] = append(lists[kind], m.listing(seen))
		switch kind {
		case fleet.RDSCluster:
			lists[fleet.RDSInstance] = append(lists[fleet.RDSInstance], m.clusterInstances(seen)...)
		case fleet.AutoScalingGroup:
			lists[fleet.EC2Instance] = append(lists[fleet.EC2Instance], m.memberListings(w.seed, seen)...)
		default:
		}
	}
	answers := map[string]object{}
	for kind, list := range lists {
		name, answer := answerOf(kind, scope, list)
		answers[name] = answer
	}
	if w.Launches {
		w.launchAnswers(machines, answers)
	}
	files := map[string][]byte{}
	for name, answer := range answers {
		data, err := json.MarshalIndent(answer, "", "    ")
		if err != nil {
			return nil, fmt.Errorf("dump %s: %w", name, err)
		}
		files[name] = append(data, '\n')
	}
	return files, nil
}

// launchAnswers adds the answer that tells what groups launch. What else takes calls of its own, such as refreshes, no reader asks for.
func (w *World) launchAnswers(machines []*machine, answers map[string]object) {
	var versions []object
	for _, m := range machines {
		seen, there := m.described(w.now)
		if !there || m.spec.Kind != fleet.AutoScalingGroup {
			continue
		}
		if l := seen.resource.Launch; l != nil && l.Template != nil {
			versions = append(versions, templateVersion(l))
		}
	}
	if len(versions) > 0 {
		answers["describe-launch-template-versions.json"] = object{"LaunchTemplateVersions": versions}
	}
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

func (m *machine) listing(seen *sight) object {
	r := &seen.resource
	switch r.Kind {
	case fleet.EC2Instance:
		return m.instanceListing(seen)
	case fleet.AutoScalingGroup:
		return m.groupListing(seen)
	case fleet.RDSInstance:
		o := object{
			"DBInstanceIdentifier": r.ID, "DBInstanceArn": r.ARN, "DBInstanceStatus": r.Status, "DBInstanceClass": r.Type,
			"Engine": r.Product, "MultiAZ": r.MultiAZ, "AvailabilityZone": m.units[0].zone, "TagList": tagList(r.Tags, "Key", "Value"),
		}
		if len(m.spec.Volumes) > 0 {
			o["AllocatedStorage"], o["StorageType"] = m.spec.Volumes[0].GB, m.spec.Volumes[0].Type
		}
		return dated(dated(o, "InstanceCreateTime", r.Created), "AutomaticRestartTime", r.RestartsAt)
	case fleet.RDSCluster:
		o := object{
			"DBClusterIdentifier": r.ID, "DBClusterArn": r.ARN, "Status": r.Status, "Engine": r.Product, "EngineMode": "provisioned",
			"MultiAZ": r.MultiAZ, "TagList": tagList(r.Tags, "Key", "Value"),
		}
		return dated(dated(o, "ClusterCreateTime", r.Created), "AutomaticRestartTime", r.RestartsAt)
	default:
		o := serviceListing(r)
		if providers := m.providers(); len(providers) > 0 {
			delete(o, "launchType")
			o["capacityProviderStrategy"] = strategyListing(providers)
		}
		return o
	}
}

// groupListing lists the members outside the warm pool, which AWS lists elsewhere.
func (m *machine) groupListing(seen *sight) object {
	r := &seen.resource
	instances := []object{}
	for _, u := range seen.units {
		state := map[condition]string{serving: "InService", pending: "Pending", leaving: "Terminating"}[u.condition]
		if state == "" {
			continue
		}
		instances = append(instances, object{
			"InstanceId": u.id, "InstanceType": u.kind, "AvailabilityZone": u.zone, "LifecycleState": state, "HealthStatus": "Healthy",
			"ProtectedFromScaleIn": false,
		})
	}
	o := object{
		"AutoScalingGroupName": r.ID, "AutoScalingGroupARN": r.ARN, "MinSize": r.Size.Min, "MaxSize": r.Size.Max,
		"DesiredCapacity": r.Size.Desired, "AvailabilityZones": m.spec.AvailabilityZones, "Instances": instances,
		"Tags": tagList(r.Tags, "Key", "Value"),
	}
	m.listScaling(o)
	if r.Launch != nil {
		listGroupLaunch(o, r.Launch)
	}
	if r.State == fleet.Gone {
		o["Status"] = r.Status
	}
	return dated(o, "CreatedTime", r.Created)
}

// listScaling adds how the group launches and replaces its members.
func (m *machine) listScaling(o object) {
	s := &m.spec.Scaling
	if s.Warm > 0 {
		o["WarmPoolConfiguration"], o["WarmPoolSize"] = object{"MinSize": s.Warm, "PoolState": "Stopped"}, s.Warm
	}
	if m.rebalances() {
		o["CapacityRebalance"] = true
	}
	if mix := m.policy(); mix != nil {
		types := []object{}
		for _, t := range mix.Types {
			types = append(types, object{"InstanceType": t})
		}
		o["MixedInstancesPolicy"] = object{
			"LaunchTemplate": object{"Overrides": types},
			"InstancesDistribution": object{
				"OnDemandBaseCapacity": mix.Base, "OnDemandPercentageAboveBaseCapacity": mix.AboveBase,
				"SpotAllocationStrategy": mix.Strategy,
			},
		}
	}
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
	if r.Launch != nil {
		listServiceLaunch(o, r.Launch)
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
