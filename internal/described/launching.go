package described

import (
	"slices"
	"strconv"
	"strings"

	"offpeak/internal/fleet"
)

// fargateSpot is Fargate's capacity provider of Spot.
const fargateSpot = "FARGATE_SPOT"

// Launching is what else AWS tells of how things are launched, in answers of their own. The zero value knows nothing.
type Launching struct {
	// Templates are the versions of launch templates, by the template's id.
	Templates map[string][]TemplateVersion
	// Targets are the attributes of target groups by ARN, such as stickiness.enabled.
	Targets map[string]map[string]string
	// Clusters are the capacity providers of ECS clusters, by the cluster's ARN.
	Clusters map[string][]string
	// Providers are the Auto Scaling groups of capacity providers, by the ARN of the provider.
	Providers map[string]string
	// Scheduled are the sizes that scheduled actions of groups set, in any order.
	Scheduled map[ScheduledGroup][]int
}

// ScheduledGroup names the group that a scheduled action is of: its record does not tell the group's ARN.
type ScheduledGroup struct {
	Scope fleet.Scope
	Name  string
}

// Join completes how resources are launched, where that is in them, by what was told elsewhere: a group by its template, its target groups and what
// its members are, a service by its cluster.
func (l *Launching) Join(resources []fleet.Resource) {
	instances, groups := map[fleet.Scope]map[string]*fleet.Resource{}, map[fleet.ARN]*fleet.Resource{}
	for i := range resources {
		r := &resources[i]
		switch r.Kind {
		case fleet.EC2Instance:
			if instances[r.Scope] == nil {
				instances[r.Scope] = map[string]*fleet.Resource{}
			}
			instances[r.Scope][r.ID] = r
		case fleet.AutoScalingGroup:
			groups[r.ARN] = r
		default: // neither has members nor is one
		}
	}
	for i := range resources {
		r := &resources[i]
		if r.Launch == nil {
			continue
		}
		for t := range r.Launch.Targets {
			l.target(&r.Launch.Targets[t])
		}
		if r.Kind == fleet.AutoScalingGroup {
			if v := l.version(r.Launch.Template); v != nil {
				v.fill(r.Launch)
			}
			joinMembers(r.Launch, instances[r.Scope])
			if sizes := l.Scheduled[ScheduledGroup{r.Scope, r.ID}]; len(sizes) > 0 {
				slices.Sort(sizes)
				r.Launch.Scheduled = slices.Compact(sizes)
			}
		}
	}
	for i := range resources {
		if r := &resources[i]; r.Kind == fleet.ECSService && r.Launch != nil {
			l.cluster(r, groups)
		}
	}
}

// version finds the version that a template's name for it stands for; nil where it was not listed. The latest is the highest that was listed.
func (l *Launching) version(t *fleet.Template) *TemplateVersion {
	if t == nil {
		return nil
	}
	var found *TemplateVersion
	versions := l.Templates[t.ID]
	for i := range versions {
		v := &versions[i]
		switch t.Version {
		case "$Latest":
			if found == nil || v.Number > found.Number {
				found = v
			}
		case "", "$Default":
			if v.Default {
				found = v
			}
		default:
			if strconv.Itoa(v.Number) == t.Version {
				found = v
			}
		}
	}
	return found
}

// target says of a target group what it is and whether sessions stay with a member. Which kind of balancer it belongs to is told by the kinds of
// stickiness that it can have (Elastic Load Balancing API, TargetGroupAttribute).
func (l *Launching) target(t *fleet.Target) {
	attributes, ok := l.Targets[t.ARN]
	if !ok || t.Kind != "" {
		return
	}
	switch kind := attributes["stickiness.type"]; {
	case kind == "source_ip":
		t.Kind = "network"
	case strings.HasPrefix(kind, "source_ip_dest_ip"):
		t.Kind = "gateway"
	default:
		t.Kind = "application"
	}
	t.Sticky = attributes["stickiness.enabled"] == "true"
}

func joinMembers(l *fleet.Launch, instances map[string]*fleet.Resource) {
	for i := range l.Members {
		m := &l.Members[i]
		r, ok := instances[m.ID]
		if !ok {
			continue
		}
		m.Lifecycle = r.Lifecycle
		if r.Launch == nil {
			continue
		}
		for _, n := range r.Launch.Interfaces {
			if m.Address == "" {
				m.Address = n.Public
			}
		}
	}
}

// cluster tells a service which capacity providers its cluster has. One of a group is of Spot where the group buys nothing else.
func (l *Launching) cluster(r *fleet.Resource, groups map[fleet.ARN]*fleet.Resource) {
	at := "arn:" + r.Scope.Region.Partition() + ":ecs:" + string(r.Scope.Region) + ":" + string(r.Scope.Account) + ":"
	names, listed := l.Clusters[at+"cluster/"+r.Parent]
	if !listed {
		return
	}
	spot := func(name string) bool {
		g := groups[fleet.ARN(l.Providers[at+"capacity-provider/"+name])]
		return name == fargateSpot || g != nil && buysSpotAlone(g.Launch)
	}
	for _, name := range names {
		r.Launch.Offered = append(r.Launch.Offered, fleet.Provider{Name: name, Spot: spot(name)})
	}
	for i := range r.Launch.Providers {
		p := &r.Launch.Providers[i]
		p.Spot = spot(p.Name)
	}
	r.Launch.Seen = append(r.Launch.Seen, fleet.Clusters)
}

func buysSpotAlone(l *fleet.Launch) bool {
	switch {
	case l == nil:
		return false
	case l.Mix != nil:
		return l.Mix.Base == 0 && l.Mix.AboveBase == 0
	default:
		return l.Template != nil && l.Template.Market == "spot"
	}
}
