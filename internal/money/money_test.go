package money_test

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/quick"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/money"
)

func rate(t *testing.T, text string) money.Rate {
	t.Helper()
	r, err := money.ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRateForElapsedTime(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, rate string
		elapsed    time.Duration
		want       string
	}{
		{"a whole hour is the rate itself", "0.0416", time.Hour, "0.0416"},
		{"eleven hours of a night", "0.0416", 11 * time.Hour, "0.4576"},
		{"ninety seconds", "0.0416", 90 * time.Second, "0.00104"},
		{"one nanosecond does not vanish", "3600", time.Nanosecond, "0.000000001"},
		{"free stays free", "0", 744 * time.Hour, "0"},
		{"a third is cut at sixteen places", "1", 20 * time.Minute, "0.3333333333333333"},
	} {
		if got := rate(t, row.rate).For(row.elapsed).String(); got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
}

func TestDecimalsGoInAndComeOutAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0", "0.000000000001", "123456789012345678901234567890.5", "-7.25"} {
		number, err := decimal.NewFromString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := money.USDOf(number); !got.Decimal().Equal(number) || got.String() != text {
			t.Errorf("%s became %s", text, got)
		}
		got, err := money.RateOf(number)
		switch {
		case number.IsNegative() && !errors.Is(err, money.ErrNegative):
			t.Errorf("a rate of %s was accepted: %v", text, err)
		case !number.IsNegative() && (err != nil || !got.Decimal().Equal(number)):
			t.Errorf("a rate of %s became %s, %v", text, got, err)
		}
	}
}

func TestParseRefusesWhatIsNotPlain(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " 1", "1e5", "1,5", "0x1", "NaN", "Inf", "1.", ".5", "--1", "1e1000000000", "₩100", "123456789012345678901"} {
		if got, err := money.ParseUSD(text); err == nil {
			t.Errorf("ParseUSD(%q) = %s, want an error", text, got)
		}
	}
	if _, err := money.ParseRate("-0.1"); err == nil {
		t.Error("a negative price was accepted")
	}
	if got, err := money.ParseUSD("-12.30"); err != nil || got.Display() != "-12.30" {
		t.Errorf("a negative amount: got %s, %v", got.Display(), err)
	}
}

func TestRoundingIsForDisplayOnly(t *testing.T) {
	t.Parallel()
	u, err := money.ParseUSD("0.005")
	if err != nil {
		t.Fatal(err)
	}
	sum := u.Add(u)
	if got, want := sum.String(), "0.01"; got != want {
		t.Errorf("sum: got %s, want %s (rounded before adding?)", got, want)
	}
	if got, want := u.Display(), "0.01"; got != want {
		t.Errorf("display: got %s, want %s", got, want)
	}
	if got, want := rate(t, "0.04160").Display(4), "0.0416"; got != want {
		t.Errorf("rate display: got %s, want %s", got, want)
	}
}

func TestMoneyIsAStringInJSON(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(map[string]any{"rate": rate(t, "0.1"), "sum": rate(t, "0.1").For(3 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(data), `{"rate":"0.1","sum":"0.3"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var r money.Rate
	if err := json.Unmarshal([]byte(`0.1`), &r); err == nil {
		t.Error("a JSON number was accepted as a rate")
	}
	var u money.USD
	if err := json.Unmarshal([]byte(`"7.25"`), &u); err != nil || u.String() != "7.25" {
		t.Errorf("got %s, %v", u, err)
	}
}

func TestAddingIsExact(t *testing.T) {
	t.Parallel()
	property := func(hours uint8) bool {
		a := rate(t, "0.1").Times(int(hours))
		left := a.For(time.Hour).Add(a.For(2 * time.Hour))
		return left.Equal(a.For(3*time.Hour)) && left.Sub(left).IsZero()
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
}
