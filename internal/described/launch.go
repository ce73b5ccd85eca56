package described

import (
	"slices"
	"strconv"
	"strings"

	"offpeak/internal/fleet"
)

// How things get their capacity is read apart from what they are: schedules need none of it.

// GroupLaunch is what describe-auto-scaling-groups tells of how a group launches.
type GroupLaunch struct {
	Configuration string                 `json:"LaunchConfigurationName"`
	Template      *TemplateSpecification `json:"LaunchTemplate"`
	Policy        *MixedPolicy           `json:"MixedInstancesPolicy"`
	Rebalance     bool                   `json:"CapacityRebalance"`
	Suspended     []Process              `json:"SuspendedProcesses"`
	Zones         []string               `json:"AvailabilityZones"`
	Targets       []string               `json:"TargetGroupARNs"`
	Classic       []string               `json:"LoadBalancerNames"`
	Maintenance   *MaintenancePolicy     `json:"InstanceMaintenancePolicy"`
}

// Process is a process of a group that is suspended.
type Process struct {
	Name string `json:"ProcessName"`
}

// TemplateSpecification names a launch template and a version of it: a number, $Latest, $Default, or nothing, which is the default one.
type TemplateSpecification struct {
	ID      string `json:"LaunchTemplateId"`
	Name    string `json:"LaunchTemplateName"`
	Version string
}

// MaintenancePolicy are the bounds of a group's health while its instances are replaced.
type MaintenancePolicy struct {
	Min int `json:"MinHealthyPercentage"`
	Max int `json:"MaxHealthyPercentage"`
}

// MixedPolicy is a group's MixedInstancesPolicy.
type MixedPolicy struct {
	Template struct {
		Specification *TemplateSpecification `json:"LaunchTemplateSpecification"`
		Overrides     []Override
	} `json:"LaunchTemplate"`
	Distribution struct {
		Base      *int   `json:"OnDemandBaseCapacity"`
		AboveBase *int   `json:"OnDemandPercentageAboveBaseCapacity"`
		Strategy  string `json:"SpotAllocationStrategy"`
		MaxPrice  string `json:"SpotMaxPrice"`
	} `json:"InstancesDistribution"`
}

// Override is a type of a mixed policy, or requirements of one.
type Override struct {
	Type         string                 `json:"InstanceType"`
	Weight       string                 `json:"WeightedCapacity"`
	Requirements *struct{}              `json:"InstanceRequirements"`
	Template     *TemplateSpecification `json:"LaunchTemplateSpecification"`
}

// Launch returns how the group launches. What its template says is not in the record: Launching adds it.
func (g *Group) Launch() (*fleet.Launch, error) {
	l := &fleet.Launch{Zones: slices.Sorted(slices.Values(g.Zones)), Configuration: g.Configuration, Rebalance: g.Rebalance}
	if g.Maintenance != nil {
		l.MinHealthy, l.MaxHealthy = max(g.Maintenance.Min, 0), max(g.Maintenance.Max, 0) // -1: none is set
	}
	template, field := g.Template, "LaunchTemplate"
	if g.Policy != nil {
		template, field = g.Policy.Template.Specification, "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification"
		if template == nil {
			return nil, Missing(field, "a launch template")
		}
		l.Mix = g.Policy.mix()
	}
	if template != nil {
		if template.ID == "" {
			return nil, Missing(field+".LaunchTemplateId", "an id such as lt-0123456789abcdef0")
		}
		l.Template = &fleet.Template{ID: template.ID, Name: template.Name, Version: template.Version}
	}
	for _, p := range g.Suspended {
		l.Suspended = append(l.Suspended, p.Name)
	}
	slices.Sort(l.Suspended)
	for _, arn := range g.Targets {
		l.Targets = append(l.Targets, fleet.Target{ARN: arn})
	}
	for _, name := range g.Classic {
		l.Targets = append(l.Targets, fleet.Target{ARN: name, Kind: "classic"})
	}
	for _, m := range g.Instances {
		l.Members = append(l.Members, fleet.Member{ID: m.ID, Type: m.Type, Zone: m.Zone, InService: m.LifecycleState == "InService", Leaving: leaving(m.LifecycleState), Protected: m.ProtectedFromScaleIn})
	}
	slices.SortFunc(l.Members, func(a, b fleet.Member) int { return strings.Compare(a.ID, b.ID) })
	return l, nil
}

// mix reads a policy. What it leaves out has AWS's defaults: no base, all on demand above it, the lowest price.
func (p *MixedPolicy) mix() *fleet.Mix {
	m := &fleet.Mix{AboveBase: 100, Strategy: p.Distribution.Strategy, MaxPrice: p.Distribution.MaxPrice}
	if p.Distribution.Base != nil {
		m.Base = *p.Distribution.Base
	}
	if p.Distribution.AboveBase != nil {
		m.AboveBase = *p.Distribution.AboveBase
	}
	if m.Strategy == "" {
		m.Strategy = "lowest-price"
	}
	for _, o := range p.Template.Overrides {
		if o.Type != "" {
			m.Types = append(m.Types, o.Type)
		}
		m.Weighted = m.Weighted || o.Weight != "" && o.Weight != "1"
		m.ByRequired = m.ByRequired || o.Requirements != nil
		m.ManyTemplates = m.ManyTemplates || o.Template != nil
	}
	return m
}

// LaunchedInstance is an instance with what it was launched with, which takes more to read.
type LaunchedInstance struct {
	Instance
	Image      string               `json:"ImageId"`
	RootDevice string               `json:"RootDeviceName"`
	Profile    struct{ Arn string } `json:"IamInstanceProfile"`
	Metadata   MetadataOptions      `json:"MetadataOptions"`
}

// MetadataOptions are how an instance's metadata are told: to who has a token alone, or to everybody in it.
type MetadataOptions struct {
	Tokens string `json:"HttpTokens"` // required or optional
}

// Launch returns what the instance was launched with.
func (i *LaunchedInstance) Launch() *fleet.Launch {
	l := &fleet.Launch{Image: i.Image, Tenancy: i.Placement.Tenancy, Profile: i.Profile.Arn, Request: i.SpotRequest}
	if i.Placement.Zone != "" {
		l.Zones = []string{i.Placement.Zone}
	}
	for _, d := range i.Devices {
		l.Volumes = append(l.Volumes, fleet.Volume{ID: d.Ebs.VolumeID, Device: d.Name, Root: d.Name != "" && d.Name == i.RootDevice, Kept: !d.Ebs.DeleteOnTermination})
	}
	slices.SortFunc(l.Volumes, func(a, b fleet.Volume) int { return strings.Compare(a.Device, b.Device) })
	for _, n := range i.Interfaces {
		at := fleet.Interface{ID: n.ID, Kept: !n.Attachment.DeleteOnTermination}
		if n.Attachment.DeviceIndex != nil {
			at.Index = *n.Attachment.DeviceIndex
		}
		if a := n.Association; a.Owner != "" && a.Owner != "amazon" {
			at.Public = a.PublicIP // an Elastic IP; an automatic one is amazon's
		}
		l.Interfaces = append(l.Interfaces, at)
	}
	slices.SortFunc(l.Interfaces, func(a, b fleet.Interface) int { return a.Index - b.Index })
	return l
}

// Launch returns how the service's tasks get their capacity. What its cluster offers is not in the record: Launching adds it.
func (s *Service) Launch() *fleet.Launch {
	l := &fleet.Launch{LaunchType: s.LaunchType, Platform: platform(s.Platform)}
	for _, p := range s.Providers {
		l.Providers = append(l.Providers, fleet.Provider{Name: p.Name, Base: p.Base, Weight: p.Weight, Spot: p.Name == fargateSpot})
	}
	if s.Bounds.Min != nil {
		l.MinHealthy = *s.Bounds.Min
	}
	if s.Bounds.Max != nil {
		l.MaxHealthy = *s.Bounds.Max
	}
	for _, b := range s.Balancers {
		if b.TargetGroup != "" {
			l.Targets = append(l.Targets, fleet.Target{ARN: b.TargetGroup})
		}
		if b.Classic != "" {
			l.Targets = append(l.Targets, fleet.Target{ARN: b.Classic, Kind: "classic"})
		}
	}
	return l
}

// platform is a platform family in the words of task definitions: LINUX, WINDOWS_SERVER_2022_CORE.
func platform(family string) string { return strings.ToUpper(strings.ReplaceAll(family, " ", "_")) }

// TemplateVersion is what is needed of a version in describe-launch-template-versions.
type TemplateVersion struct {
	ID      string       `json:"LaunchTemplateId"`
	Number  int          `json:"VersionNumber"`
	Default bool         `json:"DefaultVersion"`
	Data    TemplateData `json:"LaunchTemplateData"`
}

// TemplateData is what a version says of what it launches.
type TemplateData struct {
	Image      string `json:"ImageId"`
	Type       string `json:"InstanceType"`
	Placement  struct{ Tenancy string }
	Profile    struct{ Arn, Name string } `json:"IamInstanceProfile"`
	Market     *TemplateMarket            `json:"InstanceMarketOptions"`
	Devices    []TemplateDevice           `json:"BlockDeviceMappings"`
	Interfaces []TemplateInterface        `json:"NetworkInterfaces"`
}

// TemplateDevice is a volume that a template makes, or a disk of the instance store that it uses.
type TemplateDevice struct {
	Name    string `json:"DeviceName"`
	Virtual string `json:"VirtualName"`
	Ebs     *TemplateVolume
}

// TemplateMarket is the purchase option that a template asks for.
type TemplateMarket struct {
	Type string `json:"MarketType"`
}

// TemplateVolume is what is needed of a volume that a template makes.
type TemplateVolume struct {
	DeleteOnTermination *bool
	Key                 string `json:"KmsKeyId"`
}

// TemplateInterface is a network interface that a template makes, or names.
type TemplateInterface struct {
	ID                  string `json:"NetworkInterfaceId"`
	Index               int    `json:"DeviceIndex"`
	DeleteOnTermination *bool
}

// Check refuses a version that does not tell which one it is.
func (v *TemplateVersion) Check() error {
	switch {
	case v.ID == "":
		return Missing("LaunchTemplateId", "an id such as lt-0123456789abcdef0")
	case v.Number < 1:
		return Unfit("VersionNumber", strconv.Itoa(v.Number), "a number from 1 on")
	default:
		return nil
	}
}

// fill completes a launch by what its template says. Volumes that it makes are deleted with their instance where it does not say otherwise, as
// with everything that the API launches (Amazon EC2 user guide, Preserve data when an instance is terminated).
func (v *TemplateVersion) fill(l *fleet.Launch) {
	t := *l.Template // whoever else has it keeps it
	d := &v.Data
	t.Number, t.Type, t.Image, t.Tenancy, t.Profile = v.Number, d.Type, d.Image, d.Placement.Tenancy, d.Profile.Arn
	if t.Profile == "" {
		t.Profile = d.Profile.Name
	}
	if d.Market != nil {
		if t.Market = d.Market.Type; t.Market == "" {
			t.Market = "spot" // market options without a type are those of Spot
		}
	}
	l.Template, l.Volumes, l.Interfaces = &t, nil, nil
	for _, device := range d.Devices {
		volume := fleet.Volume{Device: device.Name, Root: device.Name == "/dev/xvda" || device.Name == "/dev/sda1", Ephemeral: strings.HasPrefix(device.Virtual, "ephemeral")}
		if e := device.Ebs; e != nil {
			volume.Kept, volume.Key = e.DeleteOnTermination != nil && !*e.DeleteOnTermination, e.Key
		}
		l.Volumes = append(l.Volumes, volume)
	}
	for _, n := range d.Interfaces {
		l.Interfaces = append(l.Interfaces, fleet.Interface{ID: n.ID, Index: n.Index, Kept: n.DeleteOnTermination != nil && !*n.DeleteOnTermination})
	}
}

// leaving reports whether a member is on its way out of its group (Amazon EC2 Auto Scaling user guide, lifecycle states).
func leaving(state string) bool {
	return strings.HasPrefix(state, "Terminat") || strings.HasPrefix(state, "Detach")
}
