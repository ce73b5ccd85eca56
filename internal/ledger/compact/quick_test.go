package compact

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/money"
)

var exactly = cmp.Comparer(func(a, b money.Rate) bool { return a.Equal(b) })

// every has an entry of each state that holds all that such an entry can hold, however deep, so that no type of a field is forgotten.
func every(t testing.TB) (entries []ledger.Entry) {
	t.Helper()
	for _, state := range ledger.States() {
		var e ledger.Entry
		fill(t, reflect.ValueOf(&e).Elem())
		e.State, e.Succeeds.Old = state, "y"
		if state != ledger.Succeeded {
			e.Succeeds = nil
		}
		if state != ledger.Interrupted {
			e.Interrupted = nil
		}
		entries = append(entries, e)
	}
	return entries
}

// fill sets every field to something other than its zero.
func fill(t testing.TB, v reflect.Value) {
	t.Helper()
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = time.Date(2026, time.November, 20, 10, 35, 0, 0, time.UTC)
		return
	case *money.Rate:
		*at, _ = money.RateOf(decimal.New(1664, -4))
		return
	case *fleet.Tags:
		*at = fleet.NewTags(fleet.Tag{Key: "팀", Value: "결제"})
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint(1)
	default:
		t.Fatalf("%s is filled with nothing yet", v.Type())
	}
}

// TestEveryFieldReadsBack reads all that entries can hold in each way in which they are read.
func TestEveryFieldReadsBack(t *testing.T) {
	t.Parallel()
	want := every(t)
	data, err := ledger.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func(string, []byte) ([]ledger.Entry, []*ledger.Damage){"encoding/json": ledger.Decode, "quick": linesOf} {
		got, damages := read("k", data)
		if diff := cmp.Diff(want, got, exactly); diff != "" || len(damages) != 0 {
			t.Errorf("%s: %v\n%s", name, damages, diff)
		}
	}
	if data, err = encode([]object{{"k", want}}); err != nil {
		t.Fatal(err)
	}
	back, err := decode("k", data)
	if err != nil || len(back) != 1 {
		t.Fatal(len(back), err)
	}
	if diff := cmp.Diff(want, back[0].entries, exactly); diff != "" {
		t.Errorf("columns:\n%s", diff)
	}
}

// FuzzLines holds that what the quick reader reads is what encoding/json reads.
func FuzzLines(f *testing.F) {
	data, err := ledger.Encode(every(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"act":"a","Act":"b","state":"applied","at":"2026-11-20T10:35:00+09:00","run":null,"tags":{}}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, damages := linesOf("k", data)
		if len(damages) > 0 {
			return // it is the stricter one
		}
		want, damages := ledger.Decode("k", data)
		if diff := cmp.Diff(want, got, exactly); diff != "" || len(damages) != 0 {
			t.Errorf("%v\n%s", damages, diff)
		}
	})
}
