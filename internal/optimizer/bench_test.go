package optimizer_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/optimizer"
	"offpeak/internal/simulation"
	"offpeak/scheduler"
	"offpeak/scheduler/hours"
)

// sampleRules are a policy for the simulation's sample organisation.
func sampleRules() *scheduler.Rules {
	zone := at("2026-11-20 12:00").Location()
	compiled := func(name, text string) *scheduler.Compiled {
		h, err := hours.Parse(text)
		if err != nil {
			panic(err)
		}
		return scheduler.Compile(scheduler.Schedule{Name: name, Zone: zone, Pattern: hours.Windows(h.Windows...)})
	}
	return &scheduler.Rules{
		Policy: "test", Zone: zone, Keys: fleet.KeysWithPrefix("offpeak:"),
		Schedules: map[string]*scheduler.Compiled{
			"office": compiled("office", "mon-fri 08:30-19:30"), "weekdays-late": compiled("weekdays-late", "mon-fri 10:00-23:00"),
		},
		Environments: []fleet.Environment{
			{Name: "dev", Accounts: []fleet.AccountID{simulation.SampleDev}},
			{Name: "stg", Accounts: []fleet.AccountID{simulation.SampleStage}},
			{Name: "prod", Accounts: []fleet.AccountID{simulation.SampleProd}, Protected: true},
		},
	}
}

// play lets a sample organisation live for some days under the real optimizer, scheduler and ledger. always makes a new process for each
// sweep, which knows nothing but what is in the store.
func play(t testing.TB, resources, days int, always bool) (*simulation.World, *memoryStore, simulation.Tally) {
	t.Helper()
	from := at("2026-09-01 00:00")
	w := simulation.New(1, from, simulation.Faults{})
	for _, s := range simulation.Sample(resources, 1) {
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	store := newMemoryStore()
	process := func() *optimizer.Optimizer {
		return &optimizer.Optimizer{
			Inventory: w, Planner: planner{scheduler.New(sampleRules())}, Actuator: w, Book: ledger.Book{Store: store},
			States: optimizer.States{Store: store}, Now: w.Now, Holder: "worker", MaxFailures: 50,
		}
	}
	o := process()
	sweep := func(ctx context.Context, scope fleet.Scope) (time.Time, error) {
		if always {
			o = process()
		}
		out, err := o.Sweep(ctx, scope)
		return out.Wake, err
	}
	tally, err := simulation.Drive(t.Context(), w, sweep, from, from.AddDate(0, 0, days), simulation.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return w, store, tally
}

// TestAProcessThatLivesLongDecidesTheSame compares a process that keeps what it has read and decided with processes that keep nothing: they
// write the same objects, byte for byte.
func TestAProcessThatLivesLongDecidesTheSame(t *testing.T) {
	t.Parallel()
	_, long, first := play(t, 160, 5, false)
	_, short, second := play(t, 160, 5, true)
	if first != second {
		t.Errorf("%+v and %+v", first, second)
	}
	for key, want := range short.objects {
		if got := long.objects[key]; string(got.data) != string(want.data) {
			t.Fatalf("%s: got\n%s\nwant\n%s", key, got.data, want.data)
		}
	}
	if len(long.objects) != len(short.objects) || len(long.objects) < 100 {
		t.Errorf("%d objects and %d", len(long.objects), len(short.objects))
	}
}

// TestASweepCostsLittle bounds what a sweep allocates, reads and writes. The bounds are half as much again as it takes today; what exceeds
// them has become a habit of every sweep.
func TestASweepCostsLittle(t *testing.T) {
	const resources, days = 200, 7
	var store *memoryStore
	var tally simulation.Tally
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, store, tally = play(b, resources, days, false)
		}
	})
	visits := int64(tally.Sweeps) * resources / 8 // a sweep looks at one scope of eight
	for _, bound := range []struct {
		what      string
		got, most int64
	}{
		{"bytes allocated for a resource that is looked at", result.AllocedBytesPerOp() / visits, mostBytes},
		{"allocations for a sweep", result.AllocsPerOp() / int64(tally.Sweeps), mostAllocs},
		{"bytes written by a sweep", int64(store.written / tally.Sweeps), mostWritten},
		{"a thousand times the writes of a sweep", int64(1000 * store.writes / tally.Sweeps), mostWrites},
		{"a thousand times the reads of a sweep", int64(1000 * store.reads / tally.Sweeps), mostReads},
	} {
		t.Logf("%s: %d", bound.what, bound.got)
		if bound.got > bound.most {
			t.Errorf("%s: %d, at most %d", bound.what, bound.got, bound.most)
		}
	}
}

const (
	mostBytes   = 2400
	mostAllocs  = 220
	mostWritten = 6500
	mostWrites  = 1700
	mostReads   = 1050
)

func benchmark(b *testing.B, resources, days int) {
	b.ReportAllocs()
	for b.Loop() {
		w, store, tally := play(b, resources, days, false)
		b.ReportMetric(float64(w.Events()), "events")
		b.ReportMetric(float64(tally.Sweeps), "sweeps")
		b.ReportMetric(float64(store.writes), "writes")
		b.ReportMetric(float64(store.written)/1e6, "MB-written")
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		b.ReportMetric(float64(memory.Sys)/1e6, "MB-of-memory")
	}
}

// BenchmarkQuarter1000 is a quarter of an organisation of a thousand resources.
func BenchmarkQuarter1000(b *testing.B) { benchmark(b, 1000, 92) }

// BenchmarkWeek100000 is a week of a very large organisation.
func BenchmarkWeek100000(b *testing.B) { benchmark(b, 100_000, 7) }
