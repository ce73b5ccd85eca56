package local

import (
	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

// launchLists are the answers that tell how things are launched, and what their volumes are. Where that was not asked for they are read all the same, so that what is wrong
// with them is said, and nothing of them is kept.
func launchLists() []list {
	return []list{
		{"LaunchTemplateVersions", "aws ec2 describe-launch-template-versions", recordsOf((*reading).templateVersion)},
		{"ScheduledUpdateGroupActions", "aws autoscaling describe-scheduled-actions", recordsOf((*reading).scheduledAction)},
		{"clusters", "aws ecs describe-clusters", recordsOf((*reading).ecsCluster)},
		{"Volumes", "aws ec2 describe-volumes", recordsOf((*reading).volume)},
		{"capacityProviders", "aws ecs describe-capacity-providers", recordsOf((*reading).capacityProvider)},
	}
}

// recordsOf reads a list of records one by one that are no resources.
func recordsOf[T any](keep func(*reading, *T) error) func(*reading) error {
	return func(r *reading) error {
		return r.each(func() error {
			record := new(T)
			if err := r.decode(record); err != nil {
				return err
			}
			if err := keep(r, record); err != nil {
				return r.failIn(err)
			}
			return nil
		})
	}
}

func (r *reading) templateVersion(v *described.TemplateVersion) error {
	if err := v.Check(); err != nil {
		return err
	}
	if r.into.opts.Launch {
		templates := r.into.launching.Templates
		templates[v.ID] = append(templates[v.ID], *v)
	}
	return nil
}

func (r *reading) volume(v *described.Volume) error {
	disk, err := v.Disk()
	if err == nil && r.into.opts.Posture {
		r.into.volumes[disk.ID] = disk
	}
	return err
}

// scheduledAction is what is needed of a group's scheduled action.
type scheduledAction struct {
	ARN     string `json:"ScheduledActionARN"`
	Group   string `json:"AutoScalingGroupName"`
	Desired *int   `json:"DesiredCapacity"`
	Min     *int   `json:"MinSize"`
}

func (r *reading) scheduledAction(a *scheduledAction) error {
	arn, ok := described.ParseARN(a.ARN)
	switch {
	case !ok:
		return described.Unfit("ScheduledActionARN", a.ARN, "an ARN such as arn:aws:autoscaling:ap-northeast-2:111122223333:scheduledUpdateGroupAction:…")
	case a.Group == "":
		return described.Missing("AutoScalingGroupName", "the name of a group")
	}
	of, size := described.ScheduledGroup{Scope: fleet.Scope{Account: arn.Account, Region: arn.Region}, Name: a.Group}, a.Desired
	if size == nil {
		size = a.Min
	}
	if r.into.opts.Launch && size != nil {
		r.into.launching.Scheduled[of] = append(r.into.launching.Scheduled[of], *size)
	}
	return nil
}

// ecsCluster is what is needed of a cluster in describe-clusters.
type ecsCluster struct {
	ARN       string   `json:"clusterArn"`
	Providers []string `json:"capacityProviders"`
}

func (r *reading) ecsCluster(c *ecsCluster) error {
	if _, ok := described.ParseARN(c.ARN); !ok {
		return described.Unfit("clusterArn", c.ARN, "an ARN such as arn:aws:ecs:ap-northeast-2:111122223333:cluster/shop")
	}
	if r.into.opts.Launch {
		r.into.launching.Clusters[c.ARN] = c.Providers
	}
	return nil
}

// capacityProvider is what is needed of a provider in describe-capacity-providers. Those of Fargate have no group.
type capacityProvider struct {
	ARN   string `json:"capacityProviderArn"`
	Group struct {
		ARN string `json:"autoScalingGroupArn"`
	} `json:"autoScalingGroupProvider"`
}

func (r *reading) capacityProvider(p *capacityProvider) error {
	if _, ok := described.ParseARN(p.ARN); !ok {
		return described.Unfit("capacityProviderArn", p.ARN, "an ARN such as arn:aws:ecs:ap-northeast-2:111122223333:capacity-provider/web")
	}
	if r.into.opts.Launch && p.Group.ARN != "" {
		r.into.launching.Providers[p.ARN] = p.Group.ARN
	}
	return nil
}

// targetGroup is a document that holds one target group's attributes. The answer of describe-target-group-attributes does not tell whose they are,
// so the ARN is put beside them by --query.
type targetGroup struct {
	arn        string
	attributes map[string]string
}

func (r *reading) targetGroupMember(name string) error {
	if name == "TargetGroupArn" {
		return r.decode(&r.target.arn)
	}
	r.target.attributes = map[string]string{}
	return r.each(func() error {
		var a described.Tag
		if err := r.decode(&a); err != nil {
			return err
		}
		r.target.attributes[a.Key] = a.Value
		return nil
	})
}

// keepTargetGroup keeps the target group that the document held, if it held one.
func (r *reading) keepTargetGroup() error {
	t := r.target
	switch {
	case t.arn == "" && t.attributes == nil:
		return nil
	case t.arn == "":
		return r.fail(".TargetGroupArn", `missing; list with --query "{TargetGroupArn: 'ARN', Attributes: Attributes}", so that it is known whose attributes these are`)
	case t.attributes == nil:
		return r.fail(".Attributes", "missing (expected a list)")
	case r.into.opts.Launch:
		r.into.launching.Targets[t.arn] = t.attributes
	}
	return nil
}
