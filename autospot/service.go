package autospot

import (
	"strings"

	"offpeak/internal/fleet"
)

// Providers of Fargate capacity, which every account has.
const (
	fargate     = "FARGATE"
	fargateSpot = "FARGATE_SPOT"
)

func (l *look) daemon() answer {
	if _, ok := l.Resource.Trait(fleet.DaemonService); ok {
		return refuse("move the instances that it runs on", "a daemon service runs one task on every instance, and takes no capacity providers")
	}
	return pass("it has a count of tasks")
}

func (l *look) deployments() answer {
	if t, ok := l.Resource.Trait(fleet.ExternalDeploy); ok {
		return refuse("set the strategy in "+t.Detail, "its deployments are made by %s, and a change of capacity is a deployment", t.Detail)
	}
	return pass("ECS deploys it")
}

func (l *look) deploying() answer {
	if _, ok := l.Resource.Trait(fleet.Deploying); ok {
		return refuse(lookAgain, "a deployment of it is under way")
	}
	return pass("no deployment is under way")
}

func (l *look) launchType() answer {
	switch t := l.launch.LaunchType; {
	case !l.asked:
		return l.notRead()
	case t == "EXTERNAL":
		return refuse("", "it runs outside AWS (launch type EXTERNAL)")
	case t == "EC2":
		return refuse("make a capacity provider of the group that its instances belong to, or move that group to Spot", "it has the launch type EC2, and so no capacity provider to choose Spot by")
	case t == "" && len(l.launch.Providers) == 0:
		return unknown("", "neither a launch type nor capacity providers are known of it")
	default:
		return pass("it runs by %s", l.runsBy())
	}
}

func (l *look) runsBy() string {
	if len(l.launch.Providers) == 0 {
		return "launch type " + l.launch.LaunchType
	}
	names := make([]string, len(l.launch.Providers))
	for i, p := range l.launch.Providers {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

// onFargate reports whether any of its tasks run on Fargate.
func (l *look) onFargate() bool {
	if l.launch.LaunchType == fargate {
		return true
	}
	for _, p := range l.launch.Providers {
		if strings.HasPrefix(p.Name, fargate) {
			return true
		}
	}
	return false
}

func (l *look) platform() answer {
	system, _, _ := strings.Cut(strings.ToUpper(l.launch.Platform), "/")
	switch {
	case !l.asked:
		return l.notRead()
	case strings.HasPrefix(system, "WINDOWS") && l.onFargate():
		return refuse("", "it runs Windows on Fargate, of which there is no Spot")
	case l.onFargate() && system == "":
		return unknown("list it again: aws ecs describe-services tells its platformFamily", "its platform on Fargate is not known")
	default:
		return pass("its platform runs on Spot")
	}
}

// providers asks for Spot capacity that the cluster has: FARGATE_SPOT for a service on Fargate, else a provider of a group on Spot.
func (l *look) providers() answer {
	switch {
	case !l.asked:
		return l.notRead()
	case !l.launch.Saw(fleet.Clusters):
		return unknown(l.ecs("describe-clusters")+" --clusters "+quote(l.Resource.Parent)+" --query 'clusters[0].capacityProviders'", "which capacity providers its cluster %s has was not looked at", l.Resource.Parent)
	}
	on := l.onFargate()
	for _, p := range l.launch.Offered {
		if p.Spot && on == (p.Name == fargateSpot) {
			return pass("its cluster %s has %s", l.Resource.Parent, p.Name)
		}
	}
	if on {
		return refuse(l.offerFargateSpot(), "its cluster %s has no capacity provider %s", l.Resource.Parent, fargateSpot)
	}
	return refuse("move a group of one of the cluster's providers to Spot, or make a provider of one", "no capacity provider of its cluster %s is known to launch Spot", l.Resource.Parent)
}
