package simulation

import (
	"strconv"

	"offpeak/internal/fleet"
)

// What the CLI prints of how things are launched stands in a dump only where snapshots tell it too.

// templateOf names a launch template as groups do.
func templateOf(t *fleet.Template) object {
	return object{"LaunchTemplateId": t.ID, "LaunchTemplateName": t.Name, "Version": t.Version}
}

// listGroupLaunch adds what a group launches with.
func listGroupLaunch(o object, l *fleet.Launch) {
	delete(o, "MixedInstancesPolicy")
	switch {
	case l.Configuration != "":
		o["LaunchConfigurationName"] = l.Configuration
	case l.Mix != nil:
		o["MixedInstancesPolicy"] = policyListing(l.Mix, l.Template)
	default:
		o["LaunchTemplate"] = templateOf(l.Template)
	}
	o["CapacityRebalance"] = l.Rebalance
	targets, classic, suspended := []string{}, []string{}, []object{}
	for _, t := range l.Targets {
		if t.Kind == "classic" {
			classic = append(classic, t.ARN)
		} else {
			targets = append(targets, t.ARN)
		}
	}
	for _, p := range l.Suspended {
		suspended = append(suspended, object{"ProcessName": p, "SuspensionReason": "User suspended"})
	}
	o["TargetGroupARNs"], o["LoadBalancerNames"], o["SuspendedProcesses"] = targets, classic, suspended
	if l.MaxHealthy > 0 {
		o["InstanceMaintenancePolicy"] = object{"MinHealthyPercentage": l.MinHealthy, "MaxHealthyPercentage": l.MaxHealthy}
	}
}

// templateVersion is a template at the version that a group launches, as describe-launch-template-versions prints it.
func templateVersion(l *fleet.Launch) object {
	t := l.Template
	number := t.Number
	if n, err := strconv.Atoi(t.Version); err == nil {
		number = n
	}
	data := object{"ImageId": t.Image}
	if t.Type != "" {
		data["InstanceType"] = t.Type
	}
	if t.Tenancy != "" {
		data["Placement"] = object{"Tenancy": t.Tenancy}
	}
	if t.Profile != "" {
		data["IamInstanceProfile"] = object{"Arn": t.Profile}
	}
	if t.Market != "" {
		data["InstanceMarketOptions"] = object{"MarketType": t.Market}
	}
	if len(l.Volumes) > 0 {
		devices := []object{}
		for _, v := range l.Volumes {
			devices = append(devices, object{"DeviceName": v.Device, "Ebs": object{"DeleteOnTermination": !v.Kept}})
		}
		data["BlockDeviceMappings"] = devices
	}
	return object{"LaunchTemplateId": t.ID, "LaunchTemplateName": t.Name, "VersionNumber": number, "DefaultVersion": true, "LaunchTemplateData": data}
}

// listInstanceLaunch adds what an instance was launched with.
func listInstanceLaunch(o object, l *fleet.Launch) {
	o["ImageId"], o["RootDeviceName"] = l.Image, deviceOf(0)
	if l.Request != "" {
		o["SpotInstanceRequestId"] = l.Request
	}
	if l.Tenancy != "" {
		o["Placement"].(object)["Tenancy"] = l.Tenancy
	}
	if l.Profile != "" {
		o["IamInstanceProfile"] = object{"Arn": l.Profile}
	}
	if devices, ok := o["NetworkInterfaces"].([]object); ok && len(l.Interfaces) > 0 {
		devices[0]["Attachment"].(object)["DeleteOnTermination"] = !l.Interfaces[0].Kept
	}
}

// listServiceLaunch adds where a service's tasks get their capacity.
func listServiceLaunch(o object, l *fleet.Launch) {
	o["deploymentConfiguration"] = object{"minimumHealthyPercent": l.MinHealthy, "maximumPercent": l.MaxHealthy}
	if len(l.Providers) == 0 {
		delete(o, "capacityProviderStrategy")
		o["launchType"] = l.LaunchType
	} else {
		delete(o, "launchType")
		o["capacityProviderStrategy"] = strategyListing(l.Providers)
	}
	if l.Platform != "" {
		o["platformFamily"] = "Linux"
	}
}

// strategyListing are capacity providers as the CLI prints them.
func strategyListing(providers []fleet.Provider) []object {
	strategy := []object{}
	for _, p := range providers {
		strategy = append(strategy, object{"capacityProvider": p.Name, "base": p.Base, "weight": p.Weight})
	}
	return strategy
}

// policyListing is a mixed instances policy as the CLI prints it.
func policyListing(mix *fleet.Mix, t *fleet.Template) object {
	overrides := []object{}
	for _, kind := range mix.Types {
		overrides = append(overrides, object{"InstanceType": kind})
	}
	return object{
		"LaunchTemplate": object{"LaunchTemplateSpecification": templateOf(t), "Overrides": overrides},
		"InstancesDistribution": object{
			"OnDemandAllocationStrategy": "prioritized", "OnDemandBaseCapacity": mix.Base, "OnDemandPercentageAboveBaseCapacity": mix.AboveBase,
			"SpotAllocationStrategy": mix.Strategy,
		},
	}
}
