package billing_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"offpeak/internal/billing"
)

func TestDoublesBecomeDecimalsByOneRule(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		double float64
		want   string
	}{
		{0, "0"},
		{1, "1"},
		{-2.5, "-2.5"},
		{0.1, "0.1"},
		{0.0416, "0.0416"},
		{1e-12, "0.000000000001"},
		{4e-13, "0"},
		{1.0 / 2048 / 2048 / 2048, "0.000000000116"}, // exactly 1.16415321826934814453125e-10
		{0.5e-12, "0"}, // the nearest double lies below the half
		{1.5 / (1 << 13) / 1e8, "0.000000000002"}, // 1.8310546875e-12
		{-0.6e-12, "-0.000000000001"},
		{123456789.123456789, "123456789.123456791043"}, // its exact binary value, not the text
		{1e15 + 0.125, "1000000000000000.125"},
	} {
		if got, err := billing.FromDouble(row.double); err != nil || got.String() != row.want {
			t.Errorf("%g: got %s, %v, want %s", row.double, got, err, row.want)
		}
	}
	for _, double := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got, err := billing.FromDouble(double); !errors.Is(err, billing.ErrNumber) {
			t.Errorf("%g: got %s, %v", double, got, err)
		}
	}
}

func TestWeeksBeginOnMonday(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"2026-07-01T00:00:00Z": "2026-06-29", "2026-06-29T00:00:00Z": "2026-06-29", "2026-06-28T23:59:59Z": "2026-06-22", "2026-07-05T12:00:00+09:00": "2026-06-29",
		"2026-07-06T08:59:59+09:00": "2026-06-29", "2026-07-06T09:00:00+09:00": "2026-07-06",
	} {
		t1, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := billing.WeekOf(t1).Format(time.DateOnly); got != want {
			t.Errorf("%s: got %s, want %s", at, got, want)
		}
	}
}
