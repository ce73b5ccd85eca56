// Package pace keeps calls within what AWS allows an account in a region: token buckets with the published figures.
//
// In goes who calls what for how many resources, and when; out comes how long to wait. It waits for nobody and reads no clock, so that calls to
// AWS and calls in the simulation are paced by the same arithmetic. The figures are those of the EC2 user guide (request throttling for the
// Amazon EC2 API) and of the RDS user guide; Auto Scaling and ECS publish none, and are assumed.
package pace

import (
	"sync"
	"time"

	"offpeak/internal/fleet"
)

// Rate is a token bucket's size and its refill per second.
type Rate struct{ Size, Refill float64 }

// Limits are an API's buckets: one token a call, and one a resource where Resources is set. APIs with the same Name share theirs.
type Limits struct {
	Name                string
	Requests, Resources Rate
}

// EC2 calls that change something have buckets of their own; these are the ones that offpeak makes. Those of Athena's are by account (Athena user guide, service
// quotas, API calls).
var published = map[string]Limits{
	"ec2:DescribeInstances":  {Requests: Rate{100, 20}},
	"ec2:StartInstances":     {Requests: Rate{5, 2}, Resources: Rate{1000, 2}},
	"ec2:StopInstances":      {Requests: Rate{50, 5}, Resources: Rate{1000, 20}},
	"ec2:RunInstances":       {Requests: Rate{5, 2}, Resources: Rate{1000, 2}},
	"ec2:TerminateInstances": {Requests: Rate{100, 5}, Resources: Rate{1000, 20}},

	"ses:SendEmail": {Requests: Rate{1, 1}}, // what an account in the sandbox may

	"athena:StartQueryExecution": {Requests: Rate{80, 20}},
	"athena:StopQueryExecution":  {Requests: Rate{80, 20}},
	"athena:GetQueryExecution":   {Requests: Rate{200, 100}},
	"athena:GetQueryResults":     {Requests: Rate{200, 100}},
}

// LimitsOf returns the limits of an API, named as in IAM: ec2:StartInstances. The whole API of RDS shares one bucket.
func LimitsOf(service, operation string) Limits {
	name := service + ":" + operation
	if l, ok := published[name]; ok {
		l.Name = name
		return l
	}
	switch {
	case service == "rds":
		return Limits{Name: service, Requests: Rate{300, 12}}
	case service == "s3": // at least so many writes a second for each prefix (S3 user guide, performance)
		return Limits{Name: name, Requests: Rate{3500, 3500}}
	case service == "ec2" && len(operation) > 8 && operation[:8] == "Describe":
		return Limits{Name: name, Requests: Rate{100, 20}}
	case service == "ec2":
		return Limits{Name: name, Requests: Rate{50, 5}}
	default:
		return Limits{Name: name, Requests: Rate{100, 10}}
	}
}

// Pacer holds the buckets of accounts and regions. The zero value is ready, with full buckets. It is safe for concurrent use.
type Pacer struct {
	mu      sync.Mutex
	buckets map[key]*bucket
}

type key struct {
	scope fleet.Scope
	name  string
}

// bucket is what is left of an API's tokens. Below zero it is promised to calls that wait.
type bucket struct {
	calls, things float64
	at            time.Time
}

// Reserve takes the tokens of one call for so many resources and returns how long to wait before it is made. A call whose resources exceed
// the bucket altogether waits until the bucket would be so full.
func (p *Pacer) Reserve(scope fleet.Scope, l Limits, resources int, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.of(key{scope, l.Name}, l, now)
	wait := spend(&b.calls, l.Requests, 1)
	if l.Resources.Size > 0 {
		wait = max(wait, spend(&b.things, l.Resources, float64(resources)))
	}
	return wait
}

// Throttled empties an API's buckets: AWS has said that there is less left than was thought, for example because others call too.
func (p *Pacer) Throttled(scope fleet.Scope, l Limits, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.of(key{scope, l.Name}, l, now)
	b.calls, b.things = min(b.calls, 0), min(b.things, 0)
}

// of returns a bucket as it is filled by now.
func (p *Pacer) of(k key, l Limits, now time.Time) *bucket {
	if p.buckets == nil {
		p.buckets = map[key]*bucket{}
	}
	b := p.buckets[k]
	if b == nil {
		b = &bucket{l.Requests.Size, l.Resources.Size, now}
		p.buckets[k] = b
	}
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.calls = min(l.Requests.Size, b.calls+passed*l.Requests.Refill)
		b.things = min(l.Resources.Size, b.things+passed*l.Resources.Refill)
		b.at = now
	}
	return b
}

// spend takes tokens, those to come included, and returns how long those take to come.
func spend(left *float64, r Rate, tokens float64) time.Duration {
	*left -= tokens
	if *left >= 0 || r.Refill <= 0 {
		return 0
	}
	return time.Duration(-*left / r.Refill * float64(time.Second))
}
