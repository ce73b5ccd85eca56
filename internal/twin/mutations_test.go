package twin_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/recount"
	"offpeak/internal/billing/savings"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/local"
	"offpeak/internal/money"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
	"offpeak/internal/twin"
	"offpeak/scheduler"
	"offpeak/scheduler/hours"
)

// reading is a way to compute figures from a ledger and a bill. The zero value is the right one; each field that is set spoils it.
type reading struct {
	entries func([]ledger.Entry) []ledger.Entry
	engine  func(billing.Engine) billing.Engine
	// frozen changes the baselines; later is how much later than the enrolment they are taken.
	frozen  func(*avoidance.Baseline)
	later   time.Duration
	dollars func(*savings.Savings) money.USD
	hours   func(*savings.Savings) avoidance.Hours
}

// billed is an audited fleet whose bill can be read again.
type billed struct {
	*twin.Audit
	payers []invoice.Payer
}

// read computes the figures of all payers.
func (b *billed) read(t *testing.T, r reading) (claims []*savings.Savings) {
	t.Helper()
	for i := range b.payers {
		entries := b.Entries
		if r.entries != nil {
			entries = r.entries(slices.Clone(entries))
		}
		book := avoidance.Book{}
		if r.frozen != nil || r.later > 0 {
			right := b.compute(t, i, r, entries, book).Book
			book = b.compute(t, i, r, enrolledLater(entries, r.later), book).Book
			for arn, baseline := range book.Baselines {
				baseline.Enrolled = right.Baselines[arn].Enrolled
				if r.frozen != nil {
					r.frozen(&baseline)
				}
				book.Baselines[arn] = sealed(t, baseline)
			}
		}
		claims = append(claims, b.compute(t, i, r, entries, book))
	}
	return claims
}

func (b *billed) compute(t *testing.T, payer int, r reading, entries []ledger.Entry, book avoidance.Book) *savings.Savings {
	t.Helper()
	p := &b.payers[payer]
	var rates []billing.PublishedRate
	for i := range p.Plans {
		more, err := local.ReadPlanRatesFile(filepath.Join(b.Written.Payers[payer].Dir, invoice.RatesFile(p.Plans[i].ID)))
		if err != nil {
			t.Fatal(err)
		}
		rates = append(rates, more...)
	}
	var engine billing.Engine = recount.Open(b.Bill, p.ID, 1)
	if r.engine != nil {
		engine = r.engine(engine)
	}
	s, err := savings.Compute(t.Context(), savings.Input{
		Engine: engine, Period: billing.Period{From: b.Lives.From, To: b.Lives.To}, Accounts: p.Accounts, Rates: rates, Book: book,
		Entries: func(yield func(ledger.Entry, error) bool) {
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// enrolledLater moves the enrolments.
func enrolledLater(entries []ledger.Entry, by time.Duration) []ledger.Entry {
	entries = slices.Clone(entries)
	for i := range entries {
		if entries[i].State == ledger.Enrolled {
			entries[i].At = entries[i].At.Add(by)
		}
	}
	return entries
}

// sealed gives a baseline the hash of what it says now.
func sealed(t *testing.T, b avoidance.Baseline) avoidance.Baseline {
	t.Helper()
	b.Hash = ""
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	b.Hash = hex.EncodeToString(sum[:])
	return b
}

// dollarsOff is how far the dollars claimed are from the truth, as a share of it.
func (b *billed) dollarsOff(t *testing.T, r reading) float64 {
	t.Helper()
	claimed := money.USD{}
	for _, s := range b.read(t, r) {
		if r.dollars != nil {
			claimed = claimed.Add(r.dollars(s))
		} else {
			claimed = claimed.Add(s.Headline.Adjusted)
		}
	}
	truth := b.Without.Compute().Sub(b.With.Compute())
	return math.Abs(double(claimed.Sub(truth)) / double(truth))
}

// hoursOff is how far the hours claimed are from the truth, as a share of those that ran without offpeak.
func (b *billed) hoursOff(t *testing.T, r reading) float64 {
	t.Helper()
	var claimed, truth avoidance.Hours
	for _, s := range b.read(t, r) {
		if r.hours != nil {
			claimed = claimed.Add(r.hours(s))
		} else {
			claimed = claimed.Add(s.Headline.Hours.Avoided)
		}
	}
	for _, arn := range b.Lives.Managed {
		truth = truth.Add(b.Lives.Avoided(arn, b.Lives.From, b.Lives.To))
	}
	ran := twin.Hours(b.Lives.Without, b.Lives.Managed, b.Lives.From, b.Lives.To)
	return math.Abs(claimed.Float()-truth.Float()) / ran.Float()
}

// billOf lives and bills a fleet.
func billOf(t *testing.T, c twin.Config, payers []invoice.Payer) *billed {
	t.Helper()
	a, err := audited(t, c, payers, filepath.Join(t.TempDir(), "bill"))
	if err != nil {
		t.Fatal(err)
	}
	return &billed{a, payers}
}

// people is a week from a Monday of a dozen Linux machines in development under one schedule, each with a person.
func people(t *testing.T, schedule scheduler.Schedule, habit func(i int) simulation.Habit, days int) *billed {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	schedule.Name, schedule.Zone = "office", zone
	r := rules(t)
	r.Schedules["office"] = scheduler.Compile(schedule)
	random := rand.New(rand.NewPCG(1, 2))
	specs := []simulation.Spec{machine(random, 0, fleet.EC2Instance, simulation.SampleProd)}
	for i := 1; i <= 12; i++ {
		s := machine(random, i, fleet.EC2Instance, simulation.SampleDev)
		s.Product, s.Zone, s.Habits = "Linux/UNIX", zone, []simulation.Habit{habit(i)}
		s.Tags = fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"})
		specs = append(specs, s)
	}
	from := day("2026-07-06")
	c := twin.Config{Specs: specs, Rules: r, Begin: from.AddDate(0, 0, -29), From: from, To: from.AddDate(0, 0, days), Seed: 3, Faults: twin.NoFaults}
	return billOf(t, c, []invoice.Payer{{ID: invoice.SamplePayer, Accounts: []fleet.AccountID{simulation.SampleDev, simulation.SampleProd}}})
}

func windows(t *testing.T, text string) scheduler.Schedule {
	t.Helper()
	h, err := hours.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return scheduler.Schedule{Pattern: hours.Windows(h.Windows...)}
}

// hiding is an engine that hides a part of the bill.
type hiding struct {
	billing.Engine
	reservations, plans bool
}

func (h hiding) Reservations(ctx context.Context, p billing.Period) ([]billing.Reservation, error) {
	if h.reservations {
		return nil, nil
	}
	return h.Engine.Reservations(ctx, p)
}

func (h hiding) PlanHours(ctx context.Context, p billing.Period) ([]billing.PlanHour, error) {
	if h.plans {
		return nil, nil
	}
	return h.Engine.PlanHours(ctx, p)
}

// mistake is a way to be wrong about money.
type mistake struct {
	name string
	reading
}

// caught plays a right reading, which must be within a limit of the truth, and wrong ones, each of which must be off by so much at the least.
func caught(t *testing.T, off func(reading) float64, limit, least float64, mistakes []mistake) (rows []string) {
	t.Helper()
	right := off(reading{})
	if right > limit {
		t.Errorf("the right reading is %.7f off the truth", right)
	}
	for _, m := range mistakes {
		wrong := off(m.reading)
		if wrong < least {
			t.Errorf("%s: only %.4f off the truth, the check sees %.4f", m.name, wrong, least)
		}
		rows = append(rows, fmt.Sprintf("| %s | %.2g %% | %.1f %% |", m.name, 100*right, 100*wrong))
	}
	return rows
}

// TestMistakesAboutMoneyAreCaught computes claims wrongly and asserts that a comparison with the twin worlds tells.
func TestMistakesAboutMoneyAreCaught(t *testing.T) {
	t.Parallel()
	var table [4][]string
	t.Run("fleets", func(t *testing.T) {
		for i, one := range []func(*testing.T) []string{mistakenPrices, mistakenStops, mistakenStarts, mistakenClocks} {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				table[i] = one(t)
			})
		}
	})
	t.Logf("| mistake | right reading is off | mistaken one is off |\n%s", strings.Join(slices.Concat(table[:]...), "\n"))
}

// mistakenPrices are mistakes that a fleet shows that always runs, but for one machine that is terminated on the second day or so.
func mistakenPrices(t *testing.T) []string {
	c, random := weekOf(t, 11)
	b := billOf(t, c, twoPayers(random, c.Specs))
	rows := caught(t, func(r reading) float64 { return b.dollarsOff(t, r) }, 1e-9, 0.005, []mistake{
		{"list price is called adjusted", reading{dollars: func(s *savings.Savings) money.USD { return s.Headline.List }}},
		{"contracted price is called adjusted", reading{dollars: func(s *savings.Savings) money.USD { return s.Headline.Contract }}},
		{"a resource is counted twice", reading{dollars: func(s *savings.Savings) money.USD { return s.Headline.Adjusted.Add(mostOf(s)) }}},
		{"storage that goes on is called avoided", reading{dollars: func(s *savings.Savings) money.USD {
			sum := s.Headline.Adjusted
			for _, standing := range s.Standing {
				sum = sum.Add(standing.Cost)
			}
			return sum
		}}},
		{"commitments that schedules wasted are called avoided", reading{dollars: func(s *savings.Savings) money.USD {
			return s.Headline.Adjusted.Add(s.Commitments.Wasted)
		}}},
		{"the replay knows no Reserved Instances", reading{engine: func(e billing.Engine) billing.Engine { return hiding{e, true, false} }}},
		{"the replay knows no Savings Plans", reading{engine: func(e billing.Engine) billing.Engine { return hiding{e, false, true} }}},
		{"the baseline is frozen three days after the enrolment", reading{later: 72 * time.Hour}},
	})
	leaving := people(t, windows(t, "mon-fri 11:00-13:00"), func(int) simulation.Habit { return simulation.Terminator{Days: 35} }, 14)
	return append(rows, caught(t, func(r reading) float64 { return leaving.hoursOff(t, r) }, 0.01, 0.05, []mistake{
		{"what left is claimed on", reading{entries: func(entries []ledger.Entry) []ledger.Entry {
			return slices.DeleteFunc(entries, func(e ledger.Entry) bool { return e.State == ledger.Gone })
		}}},
	})...)
}

// mostOf is what the resource avoided that avoided most.
func mostOf(s *savings.Savings) (most money.USD) {
	for i := range s.Resources {
		if adjusted := s.Resources[i].Adjusted; adjusted.Cmp(most) > 0 {
			most = adjusted
		}
	}
	return most
}

// mistakenStops: people who give a machine up, which the schedule leaves off as it starts only what it stopped.
func mistakenStops(t *testing.T) []string {
	schedule := windows(t, "mon-fri 08:30-19:30")
	schedule.OnlyStoppedByUs = true
	b := people(t, schedule, func(int) simulation.Habit { return simulation.DayStopper{Days: 30} }, 28)
	return caught(t, func(r reading) float64 { return b.hoursOff(t, r) }, 0.05, 0.15, []mistake{
		{"long stops by people are claimed", reading{frozen: func(b *avoidance.Baseline) { b.LongestOff = 1 << 40 }}},
	})
}

// mistakenStarts: people who work on weekdays, and a schedule that opens every day.
func mistakenStarts(t *testing.T) []string {
	b := people(t, windows(t, "daily 07:15-22:40"), func(int) simulation.Habit {
		return simulation.OfficeUser{Arrives: 9 * time.Hour, Leaves: 19 * time.Hour}
	}, 14)
	return caught(t, func(r reading) float64 { return b.hoursOff(t, r) }, 0.04, 0.12, []mistake{
		{"induced hours are dropped", reading{hours: func(s *savings.Savings) avoidance.Hours { return s.Headline.Hours.Credit }}},
	})
}

// mistakenClocks: people who work by day, from a Monday until a Thursday noon.
func mistakenClocks(t *testing.T) []string {
	b := people(t, windows(t, "mon-fri 11:00-15:00"), func(int) simulation.Habit {
		return simulation.OfficeUser{Arrives: 9 * time.Hour, Leaves: 19 * time.Hour}
	}, 4)
	b.Lives.To = b.Lives.To.Add(-12 * time.Hour)
	return caught(t, func(r reading) float64 { return b.hoursOff(t, r) }, 0.04, 0.12, []mistake{
		{"the hour of the week is that of another zone", reading{frozen: func(b *avoidance.Baseline) {
			share := b.Share
			for i := range share {
				b.Share[(i+9)%len(share)] = share[i]
			}
		}}},
	})
}
