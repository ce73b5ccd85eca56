package local

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"offpeak/internal/fleet"
)

// arn is an Amazon Resource Name in its parts.
type arn struct {
	region   fleet.Region
	account  fleet.AccountID
	resource string
}

func parseARN(text string) (arn, bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[3] == "" || parts[5] == "" {
		return arn{}, false
	}
	account, err := fleet.ParseAccountID(parts[4])
	return arn{fleet.Region(parts[3]), account, parts[5]}, err == nil
}

// identity takes a resource's scope from its ARN, and returns what the ARN says after it.
func (r *reading) identity(field, text string) (scope fleet.Scope, resource string, err error) {
	const expected = "an ARN such as arn:aws:rds:ap-northeast-2:111122223333:db:orders"
	if text == "" {
		return scope, "", missing(field, expected)
	}
	a, ok := parseARN(text)
	if !ok {
		return scope, "", unfit(field, text, expected)
	}
	if scope.Account, err = r.account(field, a.account); err != nil {
		return scope, "", err
	}
	scope.Region, err = r.region(field, a.region)
	return scope, a.resource, err
}

// account holds the account that a record tells, if it does, against the one that was asked for, if one was.
func (r *reading) account(field string, told fleet.AccountID) (fleet.AccountID, error) {
	asked := r.into.opts.Account
	switch {
	case told == "" && asked == "":
		return "", missing(field, "an account id; it can also be given with the command")
	case told != "" && asked != "" && told != asked:
		return "", &fieldError{field, fmt.Sprintf("is of account %s, but %s was asked for", told, asked)}
	}
	return cmp.Or(told, asked), nil
}

// region does the same for a region.
func (r *reading) region(field string, told fleet.Region) (fleet.Region, error) {
	asked := r.into.opts.Region
	switch {
	case told == "" && asked == "":
		return "", missing(field, "a zone such as ap-northeast-2a; the region can also be given with the command")
	case told != "" && asked != "" && told != asked:
		return "", &fieldError{field, fmt.Sprintf("is in region %s, but %s was asked for", told, asked)}
	}
	return cmp.Or(told, asked), nil
}

// regionOf returns the region of a zone: of an availability zone (ap-northeast-2a), of a local zone (us-east-1-bos-1a) or of a
// Wavelength zone (us-east-1-wl1-bos-wlz-1). A region's name ends with its first number.
func regionOf(zone string) (fleet.Region, bool) {
	digit := strings.IndexAny(zone, "0123456789")
	if digit < 4 || zone[digit-1] != '-' {
		return "", false
	}
	end := digit
	for end < len(zone) && '0' <= zone[end] && zone[end] <= '9' {
		end++
	}
	return fleet.Region(zone[:end]), end < len(zone) && strings.Count(zone[:digit], "-") >= 2
}

// instant is a time as the AWS CLI prints it: RFC 3339, or seconds since 1970 where --cli-timestamp-format is wire or by version 1
// for ECS.
type instant struct{ time.Time }

// UnmarshalJSON reads an instant; null is none.
func (t *instant) UnmarshalJSON(data []byte) error {
	text := string(data)
	if text == "null" {
		return nil
	}
	if text[0] == '"' {
		unquoted, err := jsontext.AppendUnquote(nil, data)
		parsed, parseErr := time.Parse(time.RFC3339, string(unquoted))
		if err != nil || parseErr != nil {
			return fmt.Errorf("%.60s is no instant (expected one such as 2026-11-20T10:35:01+00:00)", text)
		}
		t.Time = parsed.UTC()
		return nil
	}
	whole, fraction, _ := strings.Cut(text, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	nanoseconds, fractionErr := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	if err != nil || fractionErr != nil || seconds < 0 || seconds > latest {
		return fmt.Errorf("%.60s is no instant (expected one such as 2026-11-20T10:35:01+00:00, or seconds since 1970)", text)
	}
	t.Time = time.Unix(seconds, nanoseconds).UTC()
	return nil
}

const latest = 253402300799 // 9999-12-31T23:59:59Z, beyond which RFC 3339 cannot go
