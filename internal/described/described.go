// Package described is what AWS answers when it is asked to describe resources, and how that is understood.
//
// In go the records of EC2, Auto Scaling, RDS and ECS, reduced to the fields that bear on a plan, by whatever way they came: printed by the AWS
// CLI and read from a file, or from the SDK. Out come fleet.Resource values, so that a file and a live account mean the same by
// construction. A record that lacks what it must have, or says what AWS does not say, is an error that names the field. The package asks nobody
// for anything; facts that need calls of their own (stop protection, scheduled actions) are added by who made those calls.
package described

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"offpeak/internal/fleet"
)

// FieldError says what is wrong with one field of a record.
type FieldError struct {
	Field string // as it stands in AWS's JSON: Placement.AvailabilityZone, Tags[3].Key
	Text  string
}

// Error returns the text without the field.
func (e *FieldError) Error() string { return e.Text }

// Missing says that a field is not there, or empty.
func Missing(field, expected string) error {
	return &FieldError{field, "missing (expected " + expected + ")"}
}

// Unfit says that a field's value is none that may stand there.
func Unfit(field, value, expected string) error {
	return &FieldError{field, fmt.Sprintf("is %.60q (expected %s)", value, expected)}
}

// ARN is an Amazon Resource Name in its parts.
type ARN struct {
	Region   fleet.Region
	Account  fleet.AccountID
	Resource string // what follows the account: db:orders, service/shop/web
}

// ParseARN reads the name of a resource that lies in an account and a region.
func ParseARN(text string) (ARN, bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[3] == "" || parts[5] == "" {
		return ARN{}, false
	}
	account, err := fleet.ParseAccountID(parts[4])
	return ARN{fleet.Region(parts[3]), account, parts[5]}, err == nil
}

// identity takes a resource's scope from its ARN, and returns what the ARN says after it.
func identity(field, text string) (scope fleet.Scope, resource string, err error) {
	const expected = "an ARN such as arn:aws:rds:ap-northeast-2:111122223333:db:orders"
	if text == "" {
		return scope, "", Missing(field, expected)
	}
	a, ok := ParseARN(text)
	if !ok {
		return scope, "", Unfit(field, text, expected)
	}
	return fleet.Scope{Account: a.Account, Region: a.Region}, a.Resource, nil
}

// RegionOf returns the region of a zone: of an availability zone (ap-northeast-2a), of a local zone (us-east-1-bos-1a) or of a
// Wavelength zone (us-east-1-wl1-bos-wlz-1). A region's name ends with its first number.
func RegionOf(zone string) (fleet.Region, bool) {
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

// Tag is one tag, in the spelling of EC2, Auto Scaling and RDS.
type Tag struct {
	Key   string
	Value string
}

// tagsOf makes tags of what a record lists.
func tagsOf(field string, listed []Tag) (fleet.Tags, error) {
	if len(listed) == 0 {
		return nil, nil
	}
	tags := make([]fleet.Tag, len(listed))
	for i, t := range listed {
		if t.Key == "" {
			return nil, Missing(fmt.Sprintf("%s[%d].Key", field, i), "a tag's key")
		}
		tags[i] = fleet.Tag{Key: t.Key, Value: t.Value}
	}
	unique := fleet.NewTags(tags...)
	if len(unique) < len(tags) {
		return nil, &FieldError{field, "holds a key twice"}
	}
	return unique, nil
}

// optionalTags is tagsOf for records that can come without any list.
func optionalTags(field string, listed *[]Tag) (fleet.Tags, error) {
	if listed == nil {
		return nil, nil
	}
	return tagsOf(field, *listed)
}

// Instant is a time as the AWS CLI prints it: RFC 3339, or seconds since 1970 where --cli-timestamp-format is wire or by version 1
// for ECS.
type Instant struct{ time.Time }

// UnmarshalJSON reads an instant; null is none.
func (t *Instant) UnmarshalJSON(data []byte) error {
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
