package reporting_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/internal/reporting"
)

// enrolled is when the resources of these tests were.
var enrolled = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// frozen is a book in which resources that ran for so many hours of each week are frozen, beside those of a book before. One that nobody has seen for long is
// unproven.
func frozen(t *testing.T, before avoidance.Book, hours int, arns ...fleet.ARN) avoidance.Book {
	t.Helper()
	var resources []avoidance.Resource
	for i, arn := range arns {
		r := avoidance.Resource{ARN: arn, Account: "111111111111", Environment: string(arn), Kind: fleet.EC2Instance, Enrolled: enrolled}
		r.Observed = avoidance.Span{From: enrolled, To: enrolled.AddDate(0, 1, 0)}
		if hours > 0 {
			r.Observed.From = enrolled.AddDate(0, -2, -i)
			r.Ran = avoidance.Singly(avoidance.Span{From: enrolled.AddDate(0, 0, -7), To: enrolled.AddDate(0, 0, -7).Add(time.Duration(hours) * time.Hour)})
		}
		resources = append(resources, r)
	}
	book, err := avoidance.Freeze(before, resources)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// TestBaselinesStay: what is frozen is never written over, nor by a run that did not know of it; who has no baseline may get one later.
func TestBaselinesStay(t *testing.T) {
	t.Parallel()
	const payer = fleet.AccountID("900000000001")
	store := objects.NewMemory()
	kept := reporting.Baselines{Store: store}
	names := func() (all []string) {
		book, err := kept.Read(t.Context(), payer)
		if err != nil {
			t.Fatal(err)
		}
		for _, arn := range slices.Sorted(maps.Keys(book.Baselines)) {
			all = append(all, string(arn))
		}
		return all
	}
	if got := names(); len(got) != 0 {
		t.Errorf("before anything was frozen: %q", got)
	}
	empty := avoidance.Book{}
	first := frozen(t, frozen(t, empty, 40, "a"), 0, "b")
	if err := kept.Keep(t.Context(), payer, first); err != nil || !slices.Equal(names(), []string{"a"}) {
		t.Fatalf("one that is unproven is not frozen: %q, %v", names(), err)
	}
	before, err := kept.Read(t.Context(), payer)
	if err != nil {
		t.Fatal(err)
	}
	if err := kept.Keep(t.Context(), payer, frozen(t, before, 60, "b")); err != nil || !slices.Equal(names(), []string{"a", "b"}) {
		t.Errorf("it gets one from a longer bill: %q, %v", names(), err)
	}
	after, err := kept.Read(t.Context(), payer)
	if diff := cmp.Diff(before.Baselines["a"], after.Baselines["a"]); diff != "" || err != nil {
		t.Errorf("%v (-before +after):\n%s", err, diff)
	}
	if err := kept.Keep(t.Context(), payer, after); err != nil {
		t.Errorf("the same again: %v", err)
	}
	for name, late := range map[string]avoidance.Book{
		"a run that began before anything was frozen": frozen(t, empty, 100, "a", "b"),
		"a run that knows of one alone":               frozen(t, before, 60, "c"),
	} {
		err := kept.Keep(t.Context(), payer, late)
		if !errors.Is(err, objects.ErrChanged) || !strings.Contains(err.Error(), "was frozen meanwhile by another run") || !slices.Equal(names(), []string{"a", "b"}) {
			t.Errorf("%s: %v, and then %q are frozen", name, err, names())
		}
	}
}

// TestBaselinesThatWereChanged are not believed, and not written over.
func TestBaselinesThatWereChanged(t *testing.T) {
	t.Parallel()
	const payer = fleet.AccountID("900000000001")
	for name, text := range map[string]string{"torn": `{"baselines`, "another": `{"baselines": {"a": {"ARN": "a"}}}`} {
		store := objects.NewMemory()
		if _, err := store.Create(t.Context(), "baselines/900000000001.json", []byte(text)); err != nil {
			t.Fatal(err)
		}
		kept := reporting.Baselines{Store: store}
		_, err := kept.Read(t.Context(), payer)
		if err == nil || !strings.Contains(err.Error(), "frozen baselines of 900000000001") {
			t.Errorf("%s: %v", name, err)
		}
		if err := kept.Keep(t.Context(), payer, frozen(t, avoidance.Book{}, 40, "a")); err == nil {
			t.Errorf("%s: it was written over", name)
		}
	}
}
