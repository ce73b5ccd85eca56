package market

import (
	"errors"
	"io"
	"strings"
)

const wantedOfferings = `the JSON of "aws ec2 describe-instance-type-offerings --location-type availability-zone", or CSV with the columns az and type`

// Offering is a type in a place, as DescribeInstanceTypeOfferings lists it.
type Offering struct{ InstanceType, LocationType, Location string }

// Add takes in an offering. One that is not of an Availability Zone by its name is a FieldError.
func (o Offerings) Add(f Offering) error {
	switch {
	case f.InstanceType == "":
		return missing("InstanceType", "a type such as m5.large")
	case f.Location == "":
		return missing("Location", "a zone such as us-east-1a")
	case f.LocationType != "availability-zone":
		return unfit("LocationType", f.LocationType, "availability-zone; list again with --location-type availability-zone")
	}
	if o[f.Location] == nil {
		o[f.Location] = map[string]bool{}
	}
	o[f.Location][f.InstanceType] = true
	return nil
}

// ReadOfferings reads which types can be had in which zones, from a source of this name: what "aws ec2 describe-instance-type-offerings
// --location-type availability-zone" prints, or CSV with the columns az and type.
func ReadOfferings(name string, r io.Reader) (Offerings, error) {
	text, isJSON, err := begin(name, wantedOfferings, r)
	if err != nil {
		return nil, err
	}
	o := Offerings{}
	if isJSON {
		err = records(newListing(name, wantedOfferings, text), "InstanceTypeOfferings", func(f *Offering) error { return o.Add(*f) })
	} else {
		err = readTable(name, text, []string{"az", "type"}, func(l *line) error {
			f := Offering{l.required("type", "a type such as m5.large"), "availability-zone", l.required("az", "a zone such as us-east-1a")}
			if l.err == nil && strings.ContainsAny(f.Location, " \t") {
				return unfit("az", f.Location, "a zone such as us-east-1a")
			}
			if l.err != nil {
				return l.err
			}
			return o.Add(f)
		})
	}
	if err != nil {
		return nil, err
	}
	if len(o) == 0 {
		return nil, errors.New(name + ": holds no offering; " + wantedOfferings + " was expected")
	}
	return o, nil
}
