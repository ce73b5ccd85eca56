package simulation_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// stories is where stories are kept.
const stories = "../../testdata/stories"

// TestNoInvariantBreaksInSeededWeeks plays weeks in which everything goes wrong that can. A week that breaks an invariant is made as small as
// it can be and written to testdata/stories.
func TestNoInvariantBreaksInSeededWeeks(t *testing.T) {
	t.Parallel()
	weeks := 200
	if os.Getenv("OFFPEAK_SOAK") == "1" {
		weeks = 10_000
	} else {
		t.Logf("ONLY A SUBSET: %d of 10000 weeks are played; OFFPEAK_SOAK=1 plays all", weeks)
	}
	begin := time.Now()
	happened, acts, sweeps, broken := map[string]int{}, 0, 0, 0
	var one sync.Mutex
	var all sync.WaitGroup
	seeds := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for seed := range seeds {
				end, err := play(week(seed))
				one.Lock()
				switch {
				case err != nil:
					t.Errorf("seed %d: %v", seed, err)
				case len(end.broken) > 0:
					if broken++; broken <= 5 {
						report(t, seed, end.broken[0].text)
					}
					fallthrough
				default:
					acts, sweeps = acts+len(end.effects), sweeps+end.tally.Sweeps
					for what, n := range end.happened {
						happened[what] += n
					}
				}
				one.Unlock()
			}
		})
	}
	for seed := range uint64(weeks) {
		seeds <- seed
	}
	close(seeds)
	all.Wait()
	if broken > 0 {
		t.Errorf("%d of %d weeks broke an invariant", broken, weeks)
	}
	took := time.Since(begin)
	t.Logf("%d weeks, %d sweeps, %d acts, %s on %d processors, %.0f weeks a second", weeks, sweeps, acts, took.Round(time.Second), runtime.GOMAXPROCS(0), float64(weeks)/took.Seconds())
	t.Log(tableOf(happened))
	for _, what := range expected() {
		if happened[what] == 0 {
			t.Errorf("%q never happened", what)
		}
	}
	if acts < 10*weeks {
		t.Errorf("only %d acts in %d weeks prove little", acts, weeks)
	}
}

// report tells how a seed's week went wrong, and keeps the story.
func report(t *testing.T, seed uint64, first string) {
	t.Helper()
	text := keep(t, fmt.Sprint("seed-", seed), shrink(week(seed)))
	t.Errorf("seed %d: %s\nthe smallest story, kept in %s:\n%s", seed, first, stories, text)
}

// keep writes a story that fails, with what it tells.
func keep(t *testing.T, name string, s story) string {
	t.Helper()
	text := fmt.Sprintf("# %s\n%s", strings.ReplaceAll(strings.TrimRight(fails(s).text, "\n "), "\n", "\n# "), s)
	name = strings.NewReplacer("'", "", " ", "-").Replace(name)
	if err := os.WriteFile(filepath.Join(stories, name+".txt"), []byte(text), 0o644); err != nil {
		t.Error(err)
	}
	return text
}

// expected are the faults, and the places at which processes must have died.
func expected() (names []string) {
	for _, k := range everyKind() {
		names = append(names, string(k))
	}
	for _, place := range []string{
		"describe", "act: stop", "act: start", "act: scale", "create state", "replace state", "create memory", "create wake", "delete wake", "delete memory",
		"create ledger enrolled", "create ledger intent", "create ledger outcome", "create ledger verified", "read state", "read memory", "read ledger", "list ledger",
	} {
		names = append(names, "crash: "+place)
	}
	return append(names, "describe is throttled", "tags, within a sweep", "pause, another sweeps meanwhile", "the lease is another's",
		"the state was changed by another", "damage is reported", "denied or protected", "planned again")
}

func tableOf(counts map[string]int) string {
	lines := []string{"| what | how often |"}
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("| %s | %d |", what, counts[what]))
	}
	return strings.Join(lines, "\n")
}

// TestStories plays what is kept: a story that breaks the optimizer is told by the check that it names, and without the breakage, like all
// others, breaks nothing.
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(stories, "*.txt"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d stories in %s, %v", len(files), stories, err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s, err := readStory(string(text))
			if err != nil {
				t.Fatal(err)
			}
			if s.breaks != "" && fails(s).text == "" {
				t.Errorf("an optimizer that %s is not caught", s.breaks)
			}
			s.breaks, s.expect = "", ""
			if c := fails(s); c.text != "" {
				t.Error(c.text)
			}
		})
	}
}
