package autospot

import (
	"strings"

	"offpeak/internal/fleet"
)

func (l *look) groupMember() answer {
	if t, ok := l.Resource.Trait(fleet.GroupMember); ok {
		return refuse("tag the group instead", "it belongs to the Auto Scaling group %s, which is judged itself", t.Detail)
	}
	return pass("it belongs to no group")
}

func (l *look) transition() answer {
	switch r := l.Resource; r.State {
	case fleet.Running, fleet.Stopped:
		return pass("it is %s", r.State)
	case fleet.Changing:
		return refuse(lookAgain, "it is between states (%s)", r.Status)
	case fleet.Gone:
		return refuse("", "it is gone")
	default:
		return unknown(lookAgain, "its state is not known")
	}
}

// hibernation is refused: the instance ends in a conversion, and with it what is in memory. A Spot instance hibernates for AWS alone.
func (l *look) hibernation() answer {
	if _, ok := l.Resource.Trait(fleet.HibernationReady); ok {
		return refuse("launch it without hibernation", "it was launched with hibernation configured, and a Spot instance cannot be hibernated by its owner")
	}
	return pass("it was launched without hibernation")
}

func (l *look) protection() answer {
	if _, ok := l.Resource.Trait(fleet.TerminationLock); ok {
		return refuse(l.ec2("modify-instance-attribute")+" --no-disable-api-termination", "it is protected from termination, and a conversion ends it")
	}
	if _, ok := l.Resource.Trait(fleet.StopProtection); ok {
		return refuse(l.ec2("modify-instance-attribute")+" --no-disable-api-stop", "it is protected from being stopped, and a conversion stops it")
	}
	if !l.launch.Saw(fleet.Protection) {
		return unknown(l.ec2("describe-instance-attribute")+" --attribute disableApiTermination # and the same with disableApiStop", "whether it is protected from being terminated or stopped was not looked at")
	}
	return pass("it is protected neither from termination nor from stops")
}

// instanceVolumes bars nothing by itself: a conversion keeps every volume. It tells what the new instance has to be able to open.
func (l *look) instanceVolumes() answer {
	if !l.asked {
		return l.notRead()
	}
	data := 0
	for _, v := range l.launch.Volumes {
		if v.Key != "" {
			return warn("let the key's policy grant the use of it to the role that converts (kms:CreateGrant)", "its volume %s is encrypted with the customer key %s", v.ID, v.Key)
		}
		if !v.Root && !v.Ephemeral {
			data++
		}
	}
	return pass("a conversion keeps its volumes; %d of them hold data beside the root", data)
}

func (l *look) instanceAddresses() answer {
	if more := l.secondInterfaces(); len(more) > 0 {
		return refuse(l.detach(more), "it has %d network interfaces, and a conversion takes over the first alone", len(l.launch.Interfaces))
	}
	if t, ok := l.Resource.Trait(fleet.PublicAddress); ok {
		if l.rules.KeepAddress {
			return refuse("give it an Elastic IP", "its automatic public address %s would change, and the policy says keep_address", t.Detail)
		}
		return warn("give it an Elastic IP", "its automatic public address %s changes, as at any stop", t.Detail)
	}
	if !l.asked {
		return l.notRead()
	}
	var kept []string
	for _, i := range l.launch.Interfaces {
		text := i.ID
		if i.Public != "" {
			text += " with " + i.Public
		}
		kept = append(kept, text)
	}
	if len(kept) == 0 {
		return unknown("take an inventory that lists its network interfaces", "it has no network interface that is known, and a conversion takes that over")
	}
	return pass("it keeps its addresses by its interfaces: %s", strings.Join(kept, ", "))
}

func (l *look) instanceStore() answer {
	if _, ok := l.Resource.Trait(fleet.InstanceStoreRoot); ok {
		return refuse("launch it from an image on EBS", "its root volume is an instance store, which cannot be stopped, only terminated")
	}
	t, disks := l.Resource.Trait(fleet.InstanceStoreData)
	switch {
	case disks && l.rules.AllowInstanceStore:
		return warn("", "%s has local disks, whose data a conversion and each stop wipe, which the policy allows", t.Detail)
	case disks:
		return refuse("keep nothing there, and let the policy say instance_store: allow", "%s has local disks, whose data a conversion and each stop wipe", t.Detail)
	default:
		return pass("it has no local disks")
	}
}

// secondInterfaces are those beside the primary one, which alone cannot be detached.
func (l *look) secondInterfaces() (more []fleet.Interface) {
	if !l.asked {
		return nil
	}
	for _, i := range l.launch.Interfaces {
		if i.Index != 0 {
			more = append(more, i)
		}
	}
	if n := len(l.launch.Interfaces); n > 1 && len(more) == 0 { // their places are not known
		return l.launch.Interfaces[1:]
	}
	return more
}

// detach takes the other interfaces off, by the names of their attachments, which are asked for.
func (l *look) detach(more []fleet.Interface) string {
	var commands []string
	for _, i := range more {
		id := i.ID
		if id == "" {
			return "move what its other interfaces do to its first one, and detach them"
		}
		commands = append(commands, l.command("ec2", "detach-network-interface")+` --attachment-id "$(`+l.command("ec2", "describe-network-interfaces")+" --network-interface-ids "+quote(id)+
			` --query 'NetworkInterfaces[0].Attachment.AttachmentId' --output text)"`)
	}
	return strings.Join(commands, " && ") + " # first move what they do to its first interface; attach them again by hand after the conversion, or leave it on demand by the tag " + l.rules.Keys.Spot + " = no"
}
