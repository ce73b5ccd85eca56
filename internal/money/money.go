// Package money holds US dollars: amounts and hourly rates, as distinct types on decimals.
//
// Amounts and rates come from strings, go to JSON as strings, are exact, and round only when they are shown. A rate becomes an
// amount by Rate.For and by nothing else, so that dollars per hour are never added to dollars. Binary floating point never
// enters.
package money

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/shopspring/decimal"
)

// USD is an exact amount of US dollars. The zero value is zero dollars.
type USD struct{ amount decimal.Decimal }

// Rate is an exact price in US dollars per hour. The zero value is free of charge, which is not the same as an unknown price.
type Rate struct{ perHour decimal.Decimal }

// plain is a decimal number in plain notation; 20 digits before the point hold every amount, and 60 behind it what products of exact prices, shares and factors
// come to.
var plain = regexp.MustCompile(`^-?[0-9]{1,20}(\.[0-9]{1,60})?$`)

// ErrNegative says that a price was below zero.
var ErrNegative = errors.New("a price cannot be negative")

// ParseUSD reads an amount such as "12.34".
func ParseUSD(text string) (USD, error) {
	amount, err := parse(text)
	return USD{amount}, err
}

// ParseRate reads a price per hour such as "0.0416". Negative prices are refused.
func ParseRate(text string) (Rate, error) {
	perHour, err := parse(text)
	if err == nil && perHour.IsNegative() {
		err = fmt.Errorf("%q: %w", text, ErrNegative)
	}
	if err != nil {
		return Rate{}, err
	}
	return Rate{perHour}, nil
}

func parse(text string) (decimal.Decimal, error) {
	if !plain.MatchString(text) {
		return decimal.Decimal{}, fmt.Errorf("%.40q is not an amount in dollars (write 0.0416)", text)
	}
	return decimal.NewFromString(text)
}

// USDOf returns an amount that arithmetic on bills came to. Amounts that people or files write come by ParseUSD.
func USDOf(amount decimal.Decimal) USD { return USD{amount} }

// RateOf returns a price per hour that was computed; below zero it is refused with ErrNegative.
func RateOf(perHour decimal.Decimal) (Rate, error) {
	if perHour.IsNegative() {
		return Rate{}, fmt.Errorf("%s: %w", perHour, ErrNegative)
	}
	return Rate{perHour}, nil
}

// Decimal returns the exact amount, for arithmetic that this package does not know.
func (u USD) Decimal() decimal.Decimal { return u.amount }

// Decimal returns the exact dollars per hour.
func (r Rate) Decimal() decimal.Decimal { return r.perHour }

// For returns what the rate amounts to over an elapsed time, exact to 16 decimal places.
func (r Rate) For(elapsed time.Duration) USD {
	nanoseconds := decimal.NewFromInt(elapsed.Nanoseconds())
	return USD{r.perHour.Mul(nanoseconds).Div(decimal.NewFromInt(time.Hour.Nanoseconds()))}
}

// Times returns the rate of n such things; n below zero is taken as zero.
func (r Rate) Times(n int) Rate {
	return Rate{r.perHour.Mul(decimal.NewFromInt(int64(max(n, 0))))}
}

// Add returns the sum of two rates.
func (r Rate) Add(other Rate) Rate { return Rate{r.perHour.Add(other.perHour)} }

// Cmp returns -1, 0 or 1 as r is below, equal to or above other.
func (r Rate) Cmp(other Rate) int { return r.perHour.Cmp(other.perHour) }

// IsZero reports whether the rate is nothing.
func (r Rate) IsZero() bool { return r.perHour.IsZero() }

// Equal reports whether two rates are the same price, however they were written.
func (r Rate) Equal(other Rate) bool { return r.perHour.Equal(other.perHour) }

// String returns the exact rate in plain notation, without a unit.
func (r Rate) String() string { return r.perHour.String() }

// Display returns the rate rounded half up to so many places, for people.
func (r Rate) Display(places int32) string { return r.perHour.StringFixed(places) }

// Add returns the sum of two amounts.
func (u USD) Add(other USD) USD { return USD{u.amount.Add(other.amount)} }

// Sub returns the difference of two amounts.
func (u USD) Sub(other USD) USD { return USD{u.amount.Sub(other.amount)} }

// Cmp returns -1, 0 or 1 as u is below, equal to or above other.
func (u USD) Cmp(other USD) int { return u.amount.Cmp(other.amount) }

// IsZero reports whether the amount is nothing.
func (u USD) IsZero() bool { return u.amount.IsZero() }

// Equal reports whether two amounts are the same, however they were written.
func (u USD) Equal(other USD) bool { return u.amount.Equal(other.amount) }

// String returns the exact amount in plain notation, without a unit.
func (u USD) String() string { return u.amount.String() }

// Display returns the amount rounded half up to cents, for people.
func (u USD) Display() string { return u.amount.StringFixed(2) }

// MarshalJSON writes the rate as a string, so that no reader turns it into binary floating point.
func (r Rate) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

// UnmarshalJSON reads a rate from a JSON string; a JSON number is an error.
func (r *Rate) UnmarshalJSON(data []byte) error {
	text, err := quoted(data)
	if err == nil {
		*r, err = ParseRate(text)
	}
	return err
}

// MarshalJSON writes the amount as a string, so that no reader turns it into binary floating point.
func (u USD) MarshalJSON() ([]byte, error) { return json.Marshal(u.String()) }

// UnmarshalJSON reads an amount from a JSON string; a JSON number is an error.
func (u *USD) UnmarshalJSON(data []byte) error {
	text, err := quoted(data)
	if err == nil {
		*u, err = ParseUSD(text)
	}
	return err
}

func quoted(data []byte) (string, error) {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return "", fmt.Errorf("money is written as a string (\"0.0416\"), not %.40s", data)
	}
	return text, nil
}
