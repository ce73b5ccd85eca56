package failure_test

import (
	"errors"
	"fmt"
	"testing"

	"offpeak/internal/failure"
)

func TestOf(t *testing.T) {
	t.Parallel()
	said := errors.New("no capacity")
	short := &failure.Error{Class: failure.Capacity, Err: said}
	for _, row := range []struct {
		err  error
		want failure.Class
	}{
		{nil, ""},
		{said, failure.Other},
		{short, failure.Capacity},
		{fmt.Errorf("start i-1: %w", short), failure.Capacity},
		{errors.Join(said, short), failure.Capacity},
	} {
		if got := failure.Of(row.err); got != row.want {
			t.Errorf("%v: %q, want %q", row.err, got, row.want)
		}
	}
	if !errors.Is(short, said) || short.Error() != "no capacity" {
		t.Errorf("%v", short)
	}
}

// TestWhatPasses: whoever adds a class decides whether waiting helps.
func TestWhatPasses(t *testing.T) {
	t.Parallel()
	passes := map[failure.Class]bool{
		failure.Throttled: true, failure.InTransition: true, failure.Unreachable: true, failure.Capacity: true, failure.Gone: false, failure.Denied: false,
		failure.Protected: false, failure.Quota: false, failure.Key: false, failure.InvalidState: false, failure.Unreadable: false, failure.Other: false,
	}
	if len(passes) != len(failure.Classes()) {
		t.Errorf("%d classes, %d rows", len(failure.Classes()), len(passes))
	}
	for _, c := range failure.Classes() {
		if want, ok := passes[c]; !ok || c.Passes() != want {
			t.Errorf("%s passes: %t", c, c.Passes())
		}
	}
}

// TestRemedies: an error's own remedy goes before that of its class, and every class that a person can do something about has one.
func TestRemedies(t *testing.T) {
	t.Parallel()
	own := &failure.Error{Class: failure.Denied, Err: errors.New("expired"), Remedy: "log in again"}
	for _, row := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{errors.New("something"), ""},
		{fmt.Errorf("ask: %w", own), "log in again"},
		{&failure.Error{Class: failure.Denied, Err: errors.New("no")}, failure.Denied.Remedy()},
	} {
		if got := failure.Remedy(row.err); got != row.want {
			t.Errorf("%v: %q, want %q", row.err, got, row.want)
		}
	}
	for _, c := range failure.Classes() {
		if (c.Remedy() == "") != (c == failure.Other) {
			t.Errorf("%s: %q", c, c.Remedy())
		}
	}
}
