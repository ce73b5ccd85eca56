package simulation

import (
	"errors"
	"strings"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/pace"
)

// What AWS answers to a call that fails. Callers ask with errors.Is.
var (
	ErrThrottled = classed(failure.Throttled, "throttled: too many calls")
	ErrDenied    = classed(failure.Denied, "not authorised")
	ErrGone      = classed(failure.Gone, "there is no such resource")
	ErrProtected = classed(failure.Protected, "it is protected against being stopped")
	ErrCapacity  = classed(failure.Capacity, "insufficient capacity")
	ErrQuota     = classed(failure.Quota, "the account's limit of Spot instances is reached")
	ErrState     = classed(failure.InTransition, "it is in a state that does not allow this")
	ErrUnfit     = classed(failure.InvalidState, "it cannot be changed so")
	ErrTaken     = classed(failure.InvalidState, "an image of the name exists")
	ErrKilled    = errors.New("the process was killed")
)

func classed(c failure.Class, text string) error {
	return &failure.Error{Class: c, Err: errors.New(text)}
}

// API is a call to AWS by its name.
type API string

// The calls that are made.
const (
	DescribeInstances API = "ec2:DescribeInstances"
	StartInstances    API = "ec2:StartInstances"
	StopInstances     API = "ec2:StopInstances"
	DescribeGroups    API = "autoscaling:DescribeAutoScalingGroups"
	UpdateGroup       API = "autoscaling:UpdateAutoScalingGroup"
	DescribeDatabases API = "rds:DescribeDBInstances"
	DescribeClusters  API = "rds:DescribeDBClusters"
	StartDatabase     API = "rds:StartDBInstance"
	StopDatabase      API = "rds:StopDBInstance"
	StartCluster      API = "rds:StartDBCluster"
	StopCluster       API = "rds:StopDBCluster"
	DescribeServices  API = "ecs:DescribeServices"
	UpdateService     API = "ecs:UpdateService"

	DescribeTemplates API = "ec2:DescribeLaunchTemplateVersions"
	DescribeRefreshes API = "autoscaling:DescribeInstanceRefreshes"
	StartRefresh      API = "autoscaling:StartInstanceRefresh"
	RollbackRefresh   API = "autoscaling:RollbackInstanceRefresh"

	RunInstances       API = "ec2:RunInstances"
	TerminateInstances API = "ec2:TerminateInstances"
	CreateImage        API = "ec2:CreateImage"
	DescribeImages     API = "ec2:DescribeImages"
	DeregisterImage    API = "ec2:DeregisterImage"
	ModifyInstance     API = "ec2:ModifyInstanceAttribute"
	ModifyInterface    API = "ec2:ModifyNetworkInterfaceAttribute"
	DescribeInterfaces API = "ec2:DescribeNetworkInterfaces"
	DescribeVolumes    API = "ec2:DescribeVolumes"
	AttachVolume       API = "ec2:AttachVolume"
	CancelRequests     API = "ec2:CancelSpotInstanceRequests"
	RegisterTargets    API = "elasticloadbalancing:RegisterTargets"
)

// rate is a token bucket's size and its refill per second.
type rate struct{ size, refill float64 }

// limits are an API's buckets: one token a call, and one a resource where resources is set. Calls of one account share RDS's.
type limits struct {
	name                string
	requests, resources rate
}

// limitsOf are the figures that AWS publishes for EC2 and RDS. It publishes none for Auto Scaling; those and the ones of ECS are assumed. They
// are AWS's side of the matter, and stand apart from internal/pace, which is what callers believe: where the two disagree, calls are throttled.
func limitsOf(api API) limits {
	switch api {
	case DescribeInstances, DescribeTemplates, DescribeImages, DescribeInterfaces, DescribeVolumes:
		return limits{name: string(api), requests: rate{100, 20}}
	case RunInstances:
		return limits{string(api), rate{5, 2}, rate{1000, 2}}
	case TerminateInstances:
		return limits{string(api), rate{100, 5}, rate{1000, 20}}
	case CreateImage, DeregisterImage, ModifyInstance, ModifyInterface, AttachVolume, CancelRequests:
		return limits{name: string(api), requests: rate{50, 5}}
	case StartInstances:
		return limits{string(api), rate{5, 2}, rate{1000, 2}}
	case StopInstances:
		return limits{string(api), rate{50, 5}, rate{1000, 20}}
	case DescribeDatabases, DescribeClusters, StartDatabase, StopDatabase, StartCluster, StopCluster:
		return limits{name: "rds", requests: rate{300, 12}}
	default:
		return limits{name: string(api), requests: rate{100, 10}}
	}
}

type bucketKey struct {
	scope fleet.Scope
	name  string
}

// bucket is what is left of an API's tokens in one account and region.
type bucket struct {
	limits
	calls, things float64
	at            int64
}

// take takes the tokens of one call for so many resources, or none at all.
func (w *World) take(scope fleet.Scope, api API, things int) error {
	w.calls[api]++
	l := limitsOf(api)
	key := bucketKey{scope, l.name}
	b := w.buckets[key]
	if b == nil {
		b = &bucket{l, l.requests.size, l.resources.size, w.now}
		w.buckets[key] = b
	}
	passed := float64(w.now - b.at)
	b.calls = min(b.requests.size, b.calls+passed*b.requests.refill)
	b.things = min(b.resources.size, b.things+passed*b.resources.refill)
	b.at = w.now
	limited := b.resources.size > 0
	if b.calls < 1 || limited && b.things < float64(things) {
		return ErrThrottled
	}
	b.calls--
	if limited {
		b.things -= float64(things)
	}
	return nil
}

// patience is how long a call that is throttled is tried again, first after a second, then after two, four, ...
const patience = time.Minute

// call makes a call, again and again while it is throttled. do is what it does once it is let through. As on AWS, each try waits first until
// the caller's own count of its tokens allows it, so that throttles are for those who do not call alone. The world lives on meanwhile.
func (w *World) call(scope fleet.Scope, api API, things int, do func() error) error {
	waited, pause := time.Duration(0), time.Second
	for {
		late, err := w.spend()
		if err != nil && !late {
			return err
		}
		w.wait(w.pacer.Reserve(scope, api.paced(), things, w.Now()))
		answer := w.take(scope, api, things)
		if answer == nil {
			answer = do()
		}
		throttled := errors.Is(answer, ErrThrottled)
		if throttled {
			w.pacer.Throttled(scope, api.paced(), w.Now())
		}
		switch {
		case err != nil:
			return err // it was done, but nobody is left to hear of it
		case !throttled || waited+pause > patience:
			return answer
		}
		w.wait(pause)
		waited, pause = waited+pause, pause*2
	}
}

// paced is how fast the calling process thinks that it may make a call.
func (a API) paced() pace.Limits {
	service, operation, _ := strings.Cut(string(a), ":")
	return pace.LimitsOf(service, operation)
}

// wait lets the world live for a time, in whole seconds as it lives.
func (w *World) wait(d time.Duration) {
	if d > 0 {
		w.Advance(w.Now().Add(d + time.Second - 1))
	}
}
