package hub_test

import (
	"testing"
	"time"

	"offpeak/internal/hub"
	"offpeak/internal/simulation"
)

// quota is what AWS allows an account in a region of one API, per call and per resource: so many at once, then so many a second (EC2 user guide,
// request throttling for the Amazon EC2 API). It is written down here once more, apart from what the worker and the simulation believe.
type quota struct{ calls, callsASecond, resources, resourcesASecond float64 }

var (
	stopQuota  = quota{50, 5, 1000, 20}
	startQuota = quota{5, 2, 1000, 2}
)

// allows is the shortest time in which so many resources can be changed, fifty a call.
func (q quota) allows(resources int) time.Duration {
	calls := float64((resources + 49) / 50)
	seconds := max(0, (calls-q.calls)/q.callsASecond, (float64(resources)-q.resources)/q.resourcesASecond)
	return time.Duration(seconds * float64(time.Second))
}

func TestTheQuotasThemselves(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		of   quota
		n    int
		want time.Duration
	}{
		{"1,000 stops fit the bucket", stopQuota, 1000, 0},
		{"10,000 stops", stopQuota, 10_000, 7*time.Minute + 30*time.Second},
		{"500 starts are ten calls, of which five fit", startQuota, 500, 2500 * time.Millisecond},
		{"10,000 starts", startQuota, 10_000, 75 * time.Minute},
	} {
		if got := row.of.allows(row.n); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}

// TestTenThousandStopsAndStarts lets one account's region close and open: the worker needs the time that AWS's quota allows and at most 5 % more,
// as one process that lives on, and as a new one after each time that it hands over. The one that lives on is never throttled.
func TestTenThousandStopsAndStarts(t *testing.T) {
	t.Parallel()
	const herd = 10_000
	for name, cold := range map[string]bool{"one process": false, "a new process for each wake": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := placed(t, herd, office)
			p.look(t, noon.Add(time.Minute))
			for _, row := range []struct {
				what  string
				at    time.Time
				api   simulation.API
				quota quota
				runs  int
			}{
				{"stops", evening.Add(time.Minute), simulation.StopInstances, stopQuota, 0},
				{"starts", evening.Add(2*24*time.Hour + 13*time.Hour + time.Minute), simulation.StartInstances, startQuota, herd},
			} {
				looks, took := p.throughout(t, row.at, cold)
				calls, allowed := p.world.Calls()[row.api], row.quota.allows(herd)
				t.Logf("%d %s: %s in %d sweeps, the quota allows it in %s (%+.1f %%); %d calls, of which %d were throttled",
					herd, row.what, took, looks, allowed, 100*(took.Seconds()/allowed.Seconds()-1), calls, calls-herd/50)
				if took < allowed || took > allowed*105/100 {
					t.Errorf("%d %s took %s, the quota allows them in %s", herd, row.what, took, allowed)
				}
				if throttled := calls - herd/50; !cold && throttled != 0 || throttled > looks {
					t.Errorf("%d of %d calls were throttled in %d sweeps", throttled, calls, looks)
				}
				if p.world.Advance(p.world.Now().Add(5 * time.Minute)); p.running(t) != row.runs {
					t.Errorf("%d run after %d %s", p.running(t), herd, row.what)
				}
			}
		})
	}
}

// throughout answers a wake and the ones by which it is handed on, and returns how many sweeps that were and how long they took. cold: each
// is answered by a process that knows nothing of the one before.
func (p *place) throughout(t *testing.T, at time.Time, cold bool) (looks int, took time.Duration) {
	t.Helper()
	for looks, p.queue.sent = 0, []hub.Wake{{}}; len(p.queue.sent) > 0 && looks < 100; looks++ {
		if cold {
			p.world.KillAfter(1<<30, false)
			p.world.Revive()
		}
		p.queue.sent = nil
		p.look(t, at) // of which only the first lies ahead
	}
	return looks, p.world.Now().Sub(at)
}
