package autospot

import (
	"fmt"
	"strings"

	"offpeak/internal/fleet"
)

// stackTag is the tag by which CloudFormation marks what it makes.
const stackTag = "aws:cloudformation:stack-name"

// owners are those that run resources for somebody, as fleet.Managed names them, and how Spot is asked of them.
var owners = []struct{ begins, remedy string }{
	{"EKS node group", "make a node group of Spot beside it (aws eks create-nodegroup --capacity-type SPOT) and drain this one"},
	{"Karpenter", `let its NodePool take Spot: karpenter.sh/capacity-type In ["spot","on-demand"]`},
	{"Elastic Beanstalk", "ask the environment for Spot: aws elasticbeanstalk update-environment --option-settings Namespace=aws:ec2:instances,OptionName=EnableSpot,Value=true"},
	{"AWS Batch", "let the job queue use a compute environment of type SPOT"},
	{"EMR", "make the cluster's task nodes an instance fleet with a Spot target"},
	{"an ECS capacity provider", "move the services to a second provider, of a group that is made for Spot"},
}

// owner asks who runs it. A move would be undone, or would surprise who thinks to be in charge: it is only recommended there.
func (l *look) owner() answer {
	t, managed := l.Resource.Trait(fleet.Managed)
	if !managed {
		return pass("nothing else is known to run it")
	}
	remedy := "ask for Spot there"
	for _, o := range owners {
		if strings.HasPrefix(t.Detail, o.begins) {
			remedy = o.remedy
			break
		}
	}
	return refuse(remedy, "it is run by %s, which would undo the change", t.Detail)
}

func (l *look) stack() answer {
	name, made := l.Resource.Tags.Get(stackTag)
	if t, ok := l.Resource.Trait(fleet.StackUpdating); ok {
		return refuse(lookAgain, "its CloudFormation stack %s is being changed", t.Detail)
	}
	switch {
	case !made:
		return pass("no CloudFormation stack made it")
	case !l.launch.Saw(fleet.Stacks):
		return unknown("aws cloudformation describe-stacks --region "+string(l.Resource.Scope.Region)+" --stack-name "+quote(name)+" --query 'Stacks[0].StackStatus'",
			"whether its CloudFormation stack %s is being changed was not looked at", name)
	default:
		return warn("write the move into the stack too, as the plan prints it for CDK and CloudFormation", "the next deployment of its CloudFormation stack %s that changes it takes a move back", name)
	}
}

func (l *look) deletion() answer {
	_, going := l.Resource.Trait(fleet.BeingDeleted)
	if going || l.Resource.State == fleet.Gone {
		return refuse("", "it is being deleted")
	}
	return pass("it is there to stay")
}

// drift compares with what is remembered of a move; false where nothing is.
func (l *look) drift() (answer, bool) {
	m := l.Moved
	if m == nil || m.Written == nil {
		return answer{}, false
	}
	now := l.Resource.Purchase()
	const remedy = "write what is wanted into the code that made it; offpeak goes on when it is as it was written, or when the tag was taken away and given again"
	switch {
	case m.Stage == fleet.Disowned:
		return refuse(remedy, "somebody changed how it buys after AutoSpot had moved it"), true
	case m.Stage == fleet.GivenUp:
		return refuse("find out why its instances did not come up healthy on Spot, then apply the move by hand", "its last move was rolled back"), true
	case now.Equal(*m.Written):
		return pass("it buys as AutoSpot wrote it"), true
	case (m.Stage == fleet.Moving || m.Stage == fleet.Leaving) && m.Before != nil && now.Equal(*m.Before):
		return pass("a move of it is under way"), true
	default:
		return refuse(remedy, "it does not buy as AutoSpot wrote it, so that somebody else changed it: theirs is left"), true
	}
}

func (l *look) groupPurchase() answer {
	if !l.asked {
		return l.notRead()
	}
	if a, remembered := l.drift(); remembered {
		return a
	}
	m := l.launch.Mix
	switch {
	case m == nil:
		return pass("it buys one type on demand")
	case m.AboveBase >= 100:
		return pass("it has a mixed policy that buys on demand alone")
	}
	limit := ""
	if m.MaxPrice != "" {
		limit = fmt.Sprintf(", for at most %s USD", m.MaxPrice)
	}
	return warn("remove the tag if that policy is to stay", "it buys Spot already, by a policy that AutoSpot did not write (base %d, %d %% on demand above it%s); a move replaces it, and a rollback gives it back",
		m.Base, m.AboveBase, limit)
}

func (l *look) instancePurchase() answer {
	if a, remembered := l.drift(); remembered {
		return a
	}
	switch l.Resource.Lifecycle {
	case fleet.SpotOneTime:
		return refuse("", "it is a Spot instance already, of a one-time request: it can be terminated only")
	case fleet.SpotPersistent:
		return refuse("", "it is a Spot instance already, of a persistent request that AutoSpot did not make")
	default:
		return pass("it is on demand")
	}
}

func (l *look) servicePurchase() answer {
	if !l.asked {
		return l.notRead()
	}
	if a, remembered := l.drift(); remembered {
		return a
	}
	for _, p := range l.launch.Providers {
		if p.Spot && p.Weight > 0 {
			return warn("remove the tag if that strategy is to stay", "it runs on %s already (weight %d), by a strategy that AutoSpot did not write; a move replaces it, and a rollback gives it back", p.Name, p.Weight)
		}
	}
	return pass("it runs on demand")
}
