package described

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
)

// Instance is what is needed of an EC2 instance in describe-instances.
type Instance struct {
	ID         string  `json:"InstanceId"`
	Type       string  `json:"InstanceType"`
	LaunchTime Instant // of the last start
	State      struct{ Name string }
	// Reason is free text that may hold the time of a stop: "User initiated (2026-11-20 10:35:01 GMT)".
	Reason string `json:"StateTransitionReason"`
	// StateReason tells the same as a code. It can be there where the text is empty.
	StateReason struct{ Code string }
	Placement   struct {
		Zone    string `json:"AvailabilityZone"`
		Tenancy string
	}
	Platform        string
	PlatformDetails string
	Lifecycle       string `json:"InstanceLifecycle"`
	SpotRequest     string `json:"SpotInstanceRequestId"`
	RootDeviceType  string
	PublicIP        string `json:"PublicIpAddress"`
	Operator        struct {
		Managed   bool
		Principal string
	}
	Hibernation struct{ Configured bool } `json:"HibernationOptions"`
	Interfaces  []Interface               `json:"NetworkInterfaces"`
	Devices     []Device                  `json:"BlockDeviceMappings"`
	Tags        []Tag
}

// Device is one volume of an instance.
type Device struct {
	Name string `json:"DeviceName"`
	Ebs  struct {
		VolumeID            string `json:"VolumeId"`
		DeleteOnTermination bool
	}
}

// Interface is one network interface of an instance.
type Interface struct {
	ID          string `json:"NetworkInterfaceId"`
	Association struct {
		Owner    string `json:"IpOwnerId"`
		PublicIP string `json:"PublicIp"`
	}
	Attachment struct {
		AttachTime          Instant
		DeviceIndex         *int
		DeleteOnTermination bool
	}
}

const instanceStates = "one of pending, running, stopping, stopped, shutting-down, terminated"

// Resource makes a resource of an instance. It has no account yet, and therefore no ARN: those stand with its reservation (Own).
func (i *Instance) Resource() (fleet.Resource, error) {
	state, err := i.state()
	if err != nil {
		return fleet.Resource{}, err
	}
	switch {
	case i.ID == "":
		return fleet.Resource{}, Missing("InstanceId", "an id such as i-0123456789abcdef0")
	case i.Type == "":
		return fleet.Resource{}, Missing("InstanceType", "a type such as m5.large")
	case i.LaunchTime.IsZero():
		return fleet.Resource{}, Missing("LaunchTime", "an instant such as 2026-11-20T10:35:01+00:00")
	}
	region, ok := RegionOf(i.Placement.Zone)
	if !ok && i.Placement.Zone != "" {
		return fleet.Resource{}, Unfit(ZoneField, i.Placement.Zone, "a zone such as ap-northeast-2a")
	}
	tags, err := tagsOf("Tags", i.Tags)
	if err != nil {
		return fleet.Resource{}, err
	}
	return fleet.Resource{
		ID:        i.ID,
		Kind:      fleet.EC2Instance,
		Scope:     fleet.Scope{Region: region},
		State:     state,
		Status:    i.State.Name,
		Since:     i.since(),
		ByAWS:     i.stoppedByAWS(),
		Created:   i.created(),
		Type:      i.Type,
		Product:   i.Product(),
		Lifecycle: i.lifecycle(),
		Tags:      tags,
		Traits:    i.traits(tags),
		Attached:  i.attached(),
	}, nil
}

// attached are the volumes, and the interfaces with a public address: bills name an address in use by its interface.
func (i *Instance) attached() (ids []string) {
	for _, d := range i.Devices {
		if d.Ebs.VolumeID != "" {
			ids = append(ids, d.Ebs.VolumeID)
		}
	}
	for _, n := range i.Interfaces {
		if n.ID != "" && n.Association.PublicIP != "" {
			ids = append(ids, n.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// state counts an instance that shuts down as gone: nothing brings it back.
func (i *Instance) state() (fleet.State, error) {
	switch i.State.Name {
	case "running":
		return fleet.Running, nil
	case "stopped":
		return fleet.Stopped, nil
	case "pending", "stopping":
		return fleet.Changing, nil
	case "shutting-down", "terminated":
		return fleet.Gone, nil
	case "":
		return fleet.StateUnknown, Missing("State.Name", instanceStates)
	}
	return fleet.StateUnknown, Unfit("State.Name", i.State.Name, instanceStates)
}

var reasonTime = regexp.MustCompile(`\(([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}) (GMT|UTC)\)`)

// since is when the state began: the launch of what runs; of the rest the time in the reason, which AWS may leave out.
func (i *Instance) since() time.Time {
	if i.State.Name == "running" || i.State.Name == "pending" {
		return i.LaunchTime.Time
	}
	if match := reasonTime.FindStringSubmatch(i.Reason); match != nil {
		if t, err := time.Parse(time.DateTime, match[1]); err == nil {
			return t
		}
	}
	return time.Time{}
}

// stoppedByAWS tells a stop by AWS, or a start that failed after it was accepted, from a stop that a person asked for at AWS or inside the
// instance (Amazon EC2 user guide, reasons for instance state changes; EC2 API reference, StateReason).
func (i *Instance) stoppedByAWS() bool {
	if i.State.Name != "stopped" && i.State.Name != "stopping" {
		return false
	}
	code := i.StateReason.Code
	if code == "" {
		code, _, _ = strings.Cut(i.Reason, ":")
	}
	switch strings.TrimSpace(code) {
	case "Client.InstanceInitiatedShutdown", "Client.UserInitiatedShutdown", "Client.UserInitiatedHibernate":
		return false
	default:
		return strings.HasPrefix(code, "Server.") || strings.HasPrefix(code, "Client.")
	}
}

// created is when the primary network interface was attached, which happens once: it cannot be detached.
func (i *Instance) created() time.Time {
	for _, n := range i.Interfaces {
		if n.Attachment.DeviceIndex != nil && *n.Attachment.DeviceIndex == 0 {
			return n.Attachment.AttachTime.Time
		}
	}
	return time.Time{}
}

// Product is what the instance is billed as: Linux/UNIX, Windows, ...
func (i *Instance) Product() string {
	switch {
	case i.PlatformDetails != "":
		return i.PlatformDetails
	case strings.EqualFold(i.Platform, "windows"):
		return "Windows"
	}
	return "Linux/UNIX"
}

// lifecycle takes a Spot instance for a one-time request's, which cannot be stopped, unless a person has stopped it: EC2 lets people
// stop only instances of persistent requests.
func (i *Instance) lifecycle() fleet.Lifecycle {
	stopping := i.State.Name == "stopping" || i.State.Name == "stopped"
	switch {
	case i.Lifecycle != "spot":
		return fleet.OnDemand
	case stopping && strings.HasPrefix(i.Reason, "User initiated"):
		return fleet.SpotPersistent
	}
	return fleet.SpotOneTime
}

func (i *Instance) traits(tags fleet.Tags) []fleet.Trait {
	var t traits
	group, _ := tags.Get("aws:autoscaling:groupName")
	t.of(fleet.GroupMember, group)
	if i.Operator.Managed {
		t.when(true, fleet.Managed, strings.TrimSpace("the operator "+i.Operator.Principal))
	} else {
		t.of(fleet.Managed, managedBy(tags))
	}
	t.when(i.RootDeviceType == "instance-store", fleet.InstanceStoreRoot, "")
	t.when(hasLocalDisks(i.Type), fleet.InstanceStoreData, i.Type)
	t.of(fleet.PublicAddress, i.automaticAddress())
	t.when(i.Hibernation.Configured, fleet.HibernationReady, "")
	return t
}

// automaticAddress is the public address that a stop gives back. An Elastic IP belongs to an account, not to amazon, and stays.
func (i *Instance) automaticAddress() string {
	for _, n := range i.Interfaces {
		if a := n.Association; a.PublicIP == i.PublicIP && a.Owner != "" && a.Owner != "amazon" {
			return ""
		}
	}
	return i.PublicIP
}

// ZoneField is where an instance tells its zone, and so its region.
const ZoneField = "Placement.AvailabilityZone"

// Own gives an instance the account that owns its reservation, and with it its ARN. Its region must be known.
func Own(r *fleet.Resource, account fleet.AccountID) {
	region := string(r.Scope.Region)
	r.Scope.Account = account
	r.ARN = fleet.ARN("arn:" + r.Scope.Region.Partition() + ":ec2:" + region + ":" + string(account) + ":instance/" + r.ID)
}
