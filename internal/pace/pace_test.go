package pace_test

import (
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/pace"
)

var (
	scope = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	start = time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC)
)

// took makes calls one after the other, each as soon as it may be made, and returns when the last one was made.
func took(service, operation string, calls, each int) time.Duration {
	var p pace.Pacer
	now := start
	for range calls {
		now = now.Add(p.Reserve(scope, pace.LimitsOf(service, operation), each, now))
	}
	return now.Sub(start)
}

// TestTheTimeThatQuotasAllow holds the pace against what the published figures allow: a full bucket at once, then its refill.
func TestTheTimeThatQuotasAllow(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		service, operation string
		calls, each        int
		want               time.Duration
	}{
		{"ec2", "StartInstances", 5, 50, 0},
		{"ec2", "StartInstances", 20, 50, 7500 * time.Millisecond},                 // 1,000 fit the bucket; 20 calls are 5, then 2 a second
		{"ec2", "StartInstances", 200, 50, 4500 * time.Second},                     // 10,000: 9,000 at 2 a second
		{"ec2", "StopInstances", 200, 50, 450 * time.Second},                       // 10,000: 9,000 at 20 a second
		{"ec2", "DescribeInstances", 101, 0, 50 * time.Millisecond},                // 20 a second beyond 100
		{"rds", "StopDBInstance", 300, 0, 0},                                       // the burst
		{"rds", "StartDBCluster", 1500, 0, 100 * time.Second},                      // 1,200 at 12 a second
		{"autoscaling", "UpdateAutoScalingGroup", 200, 0, 10 * time.Second},        // assumed: 100 at 10 a second
		{"ec2", "CreateImage", 51, 0, 200 * time.Millisecond},                      // the default of calls that change something
		{"ec2", "DescribeInstanceAttribute", 120, 0, time.Second},                  // and of those that only look
		{"application-autoscaling", "RegisterScalableTarget", 110, 0, time.Second}, // assumed too
	} {
		got := took(row.service, row.operation, row.calls, row.each)
		if apart := got - row.want; apart < -time.Millisecond || apart > time.Millisecond {
			t.Errorf("%d x %s:%s for %d: %s, want %s", row.calls, row.service, row.operation, row.each, got, row.want)
		}
	}
}

// TestBucketsAreApart: another account, region or API waits for nobody; the calls of RDS wait for each other.
func TestBucketsAreApart(t *testing.T) {
	t.Parallel()
	var p pace.Pacer
	limits := pace.LimitsOf("ec2", "StartInstances")
	for range 100 {
		p.Reserve(scope, limits, 50, start)
	}
	if wait := p.Reserve(fleet.Scope{Account: "444455556666", Region: scope.Region}, limits, 50, start); wait != 0 {
		t.Errorf("another account waits %s", wait)
	}
	if wait := p.Reserve(scope, pace.LimitsOf("ec2", "StopInstances"), 50, start); wait != 0 {
		t.Errorf("another API waits %s", wait)
	}
	for range 300 {
		p.Reserve(scope, pace.LimitsOf("rds", "StopDBInstance"), 0, start)
	}
	if wait := p.Reserve(scope, pace.LimitsOf("rds", "DescribeDBClusters"), 0, start); wait == 0 {
		t.Error("RDS has one bucket for all its calls")
	}
}

func TestAThrottleEmptiesTheBucket(t *testing.T) {
	t.Parallel()
	var p pace.Pacer
	limits := pace.LimitsOf("ec2", "StartInstances")
	p.Throttled(scope, limits, start)
	if wait := p.Reserve(scope, limits, 10, start); wait != 5*time.Second { // 10 resources at 2 a second
		t.Errorf("waits %s", wait)
	}
	later := start.Add(time.Hour)
	if wait := p.Reserve(scope, limits, 50, later); wait != 0 {
		t.Errorf("waits %s an hour later", wait)
	}
	if wait := p.Reserve(scope, limits, 50, start); wait < 0 { // a clock that goes back
		t.Errorf("waits %s", wait)
	}
}
