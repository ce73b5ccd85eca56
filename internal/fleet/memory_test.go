package fleet_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"offpeak/internal/fleet"
)

// TestMemoryIsWrittenAsReflectionWould compares the spelled-out form of memory with that of its fields' tags, for each field alone and for
// all together.
func TestMemoryIsWrittenAsReflectionWould(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 11, 20, 10, 35, 0, 120_000_000, time.FixedZone("KST", 9*3600))
	full := fleet.Remembered{
		Enrolled: when, Schedule: "abc", Environment: "dev <1> & \"2\"", Done: fleet.Moment{At: when, Want: fleet.Stopped},
		Tried: fleet.Moment{At: when, Want: fleet.Running}, Act: "0a1b\n\u2028", Attempts: -2, Applied: true, RetryAt: when, StoppedByUs: when, RestartsAt: when,
		Original: &fleet.Size{Min: 1, Max: 2, Desired: 2}, Observed: fleet.Changing, ObservedSince: when, Override: "running until 내일",
		OverrideSeen: when, OverrideEnd: when, Forecast: fleet.Moment{At: when}, Missed: when, Left: when, Departure: fleet.Released,
	}
	cases := []fleet.Remembered{{}, full}
	for i := range reflect.TypeFor[fleet.Remembered]().NumField() {
		var one fleet.Remembered
		field := reflect.ValueOf(full).Field(i)
		if field.IsZero() {
			t.Errorf("%s is not tried", reflect.TypeFor[fleet.Remembered]().Field(i).Name)
		}
		reflect.ValueOf(&one).Elem().Field(i).Set(field)
		cases = append(cases, one)
	}
	for _, m := range cases {
		want, err := json.Marshal(map[string]any{"arn:\x00é": m})
		if err != nil {
			t.Fatal(err)
		}
		got, err := fleet.Memory{Resources: map[fleet.ARN]fleet.Remembered{"arn:\x00é": m}}.MarshalJSON()
		if err != nil || !bytes.Contains(got, want) {
			t.Errorf("got %s, %v, want in it %s", got, err, want)
		}
	}
	scopes := map[fleet.Scope]fleet.RememberedScope{
		{Account: "222222222222", Region: "r"}: {}, {Account: "111111111111", Region: "한국"}: {Counts: []fleet.EdgeCount{{Moment: full.Done, Acts: 3}, {Moment: full.Tried}}},
	}
	named := map[string]fleet.RememberedScope{}
	for scope, remembered := range scopes {
		named[scope.String()] = remembered
	}
	want, err := json.Marshal(map[string]any{"format": fleet.MemoryFormat, "resources": struct{}{}, "scopes": named})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := (fleet.Memory{Scopes: scopes}).MarshalJSON(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	spot := map[fleet.ARN]fleet.Moved{"arn:b": {Stage: fleet.OnSpot, Written: &fleet.Purchase{Mix: &fleet.Mix{Base: 2, Types: []string{"m5.large"}}}}, "arn:a": {Act: "1", At: when}}
	want, err = json.Marshal(map[string]any{"format": fleet.MemoryFormat, "resources": struct{}{}, "spot": spot})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := (fleet.Memory{Spot: spot}).MarshalJSON(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if _, err := (fleet.Memory{Resources: map[fleet.ARN]fleet.Remembered{"a": {Enrolled: time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC)}}}).MarshalJSON(); err == nil {
		t.Error("a year that RFC 3339 cannot say was written")
	}
	if empty, err := (fleet.Memory{}).MarshalJSON(); err != nil || string(empty) != `{"format":"offpeak-memory/1","resources":{}}` {
		t.Errorf("empty: %s, %v", empty, err)
	}
}

// TestTheOrderOfAMemoryIsAlwaysItsOwn gives memories orders that are out of date.
func TestTheOrderOfAMemoryIsAlwaysItsOwn(t *testing.T) {
	t.Parallel()
	memory := fleet.Memory{Resources: map[fleet.ARN]fleet.Remembered{"b": {}, "a": {}, "c": {}}}
	want, err := memory.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, before := range [][]fleet.ARN{nil, {"a", "b"}, {"a", "b", "c"}, {"a", "b", "d"}, {"a", "b", "c", "d"}} {
		if got, _, err := memory.Text(before); err != nil || !bytes.Equal(got, want) {
			t.Errorf("after %s: %s, %v, want %s", before, got, err, want)
		}
	}
}
