package autospot

import (
	"slices"
	"strings"

	"offpeak/internal/fleet"
)

// size asks for more than one: of one instance an interruption takes all there is. What is at zero for now is judged by the size that it returns to.
func (l *look) size() answer {
	size, what := l.Resource.Size, "instance"
	if l.Resource.Kind == fleet.ECSService {
		what = "task"
		size.Max = max(size.Max, size.Desired) // services have no bounds of their own
	}
	if size.Desired == 0 && l.Original != nil {
		size = *l.Original
		size.Max = max(size.Max, size.Desired)
	}
	switch {
	case size.Max == 1:
		return refuse("allow it two, or convert a single instance that may be stopped", "it may have one %s at most, and an interruption takes all there is", what)
	case size.Desired == 0:
		return warn("", "it is at zero; it moves at its next opening")
	default:
		return pass("it may have %d", size.Max)
	}
}

// Processes of a group without which its members cannot be replaced, and those without which its balance over the zones is left to chance
// (Amazon EC2 Auto Scaling user guide, Suspend and resume processes).
var (
	neededProcesses = []string{"Launch", "Terminate", "AddToLoadBalancer"}
	wantedProcesses = []string{"AZRebalance", "HealthCheck", "ReplaceUnhealthy"}
)

func (l *look) suspended() answer {
	if !l.asked {
		return l.notRead()
	}
	among := func(processes []string) []string {
		return slices.DeleteFunc(slices.Clone(processes), func(p string) bool { return !slices.Contains(l.launch.Suspended, p) })
	}
	if stopped := among(neededProcesses); len(stopped) > 0 {
		return refuse(l.resume(stopped), "its processes %s are suspended, without which its members cannot be replaced", strings.Join(stopped, ", "))
	}
	switch stopped := among(wantedProcesses); {
	case slices.Contains(stopped, "AZRebalance"):
		return warn(l.resume(stopped), "its processes %s are suspended: what one zone cannot launch stays in the others, and the odds of losses count with zones that are even", strings.Join(stopped, ", "))
	case len(stopped) > 0:
		return warn(l.resume(stopped), "its processes %s are suspended: lost members are replaced late", strings.Join(stopped, ", "))
	}
	return pass("it launches and ends instances by itself")
}

func (l *look) refresh() answer {
	_, under := l.Resource.Trait(fleet.RefreshInProgress)
	switch {
	case under && l.Moved != nil && (l.Moved.Stage == fleet.Moving || l.Moved.Stage == fleet.Leaving):
		return pass("the instance refresh under way is AutoSpot's own")
	case under:
		return refuse(lookAgain, "an instance refresh of it is under way")
	case !l.launch.Saw(fleet.Refreshes):
		return unknown(l.autoscaling("describe-instance-refreshes")+" --max-records 1", "whether an instance refresh is under way was not looked at")
	default:
		return pass("no instance refresh is under way")
	}
}

// warmPool is allowed beside a mixed policy by the present API, and was not in older ones.
func (l *look) warmPool() answer {
	if _, ok := l.Resource.Trait(fleet.WarmPool); ok {
		return warn("make the pool anew after the move, or delete it", "it has a warm pool, whose instances stay as they were launched until they are used")
	}
	return pass("it has no warm pool")
}

func (l *look) members() answer {
	var parts []string
	if t, ok := l.Resource.Trait(fleet.ProtectedMembers); ok {
		parts = append(parts, t.Detail+" protected from scale-in")
	}
	if t, ok := l.Resource.Trait(fleet.StandbyMembers); ok {
		parts = append(parts, t.Detail+" on standby")
	}
	if len(parts) > 0 {
		return warn("take the protection off, or bring them back from standby", "it has members that are not replaced and stay as they are: %s", strings.Join(parts, ", "))
	}
	return pass("all its members may be replaced")
}

func (l *look) groupVolumes() answer {
	if _, read := l.template(); !read {
		return l.notRead()
	}
	for _, v := range l.launch.Volumes {
		if v.Kept && !v.Root {
			return refuse("keep the data elsewhere (EFS, S3, a database), and let the template delete the volume with its instance",
				"its template keeps the data volume %s when an instance ends: something on it is meant to last, and a replacement begins with an empty one", v.Device)
		}
	}
	for _, v := range l.launch.Volumes {
		if v.Kept {
			return warn("let the template delete the root volume with its instance", "its template keeps the root volume %s when an instance ends; each replacement leaves one behind", v.Device)
		}
	}
	return pass("no volume outlives its instance")
}

func (l *look) groupAddresses() answer {
	if _, read := l.template(); !read {
		return l.notRead()
	}
	for _, i := range l.launch.Interfaces {
		if i.ID != "" {
			return refuse("let the template make interfaces instead of naming one", "its template names the network interface %s, which one instance alone can have", i.ID)
		}
	}
	for _, m := range l.launch.Members {
		if m.Address != "" {
			return refuse("put a load balancer or a NAT gateway in front of it", "its member %s has the Elastic IP %s, which a replacement does not take over", m.ID, m.Address)
		}
	}
	return pass("its members have no addresses of their own")
}

// groupStore warns only: members of a group come and go, so what stands on their local disks is no one's last copy.
func (l *look) groupStore() answer {
	for _, v := range l.launch.Volumes {
		if v.Ephemeral {
			return warn("see that nothing on local disks is the last copy", "its template uses instance-store disks; their data is lost at each interruption, as at any replacement")
		}
	}
	switch {
	case l.spec != nil && l.spec.Store.Disks > 0:
		return warn("see that nothing on local disks is the last copy", "its type %s has instance-store disks; their data is lost at each interruption, as at any replacement", l.base)
	case l.spec == nil:
		return warn(l.readCatalog(), "whether its type has instance-store disks is not known")
	default:
		return pass("it has no local disks")
	}
}

// stickiness warns at most, also of what was not looked at: sessions end with any instance that is replaced.
func (l *look) stickiness() answer {
	if !l.asked {
		return l.notRead()
	}
	const remedy = "keep sessions in a store beside the members, and turn stickiness off"
	unread := ""
	for _, t := range l.launch.Targets {
		switch {
		case t.Sticky:
			return warn(remedy, "sessions stay with a member by the stickiness of %s, and end with it", nameOf(t.ARN))
		case t.Kind == "classic":
			return warn(remedy, "whether sessions stay with a member is not read of the classic load balancer %s", t.ARN)
		case t.Kind == "" && unread == "":
			unread = t.ARN
		}
	}
	if unread != "" {
		return warn(l.command("elbv2", "describe-target-group-attributes")+" --target-group-arn "+quote(unread), "whether sessions stay with a member of %s was not looked at", nameOf(unread))
	}
	return pass("no session stays with one member")
}

// nameOf is the name in the ARN of a target group: .../targetgroup/web/0a1b.
func nameOf(arn string) string {
	if _, name, ok := strings.Cut(arn, ":targetgroup/"); ok {
		return "target group " + strings.SplitN(name, "/", 2)[0]
	}
	return arn
}
