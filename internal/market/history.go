package market

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"offpeak/internal/money"
)

const wantedHistory = `the JSON of "aws ec2 describe-spot-price-history"`

// SpotPrice is a change of a Spot price, as DescribeSpotPriceHistory lists it.
type SpotPrice struct{ AvailabilityZone, InstanceType, ProductDescription, SpotPrice, Timestamp string }

// Point understands a change of price. The products of AWS's two networks, of which EC2-Classic is no more, are one. An error is a FieldError.
func (s *SpotPrice) Point() (Pool, Point, error) {
	pool := Pool{Zone: s.AvailabilityZone, Type: s.InstanceType, Product: strings.TrimSuffix(s.ProductDescription, " (Amazon VPC)")}
	switch {
	case pool.Zone == "":
		return pool, Point{}, missing("AvailabilityZone", "a zone such as us-east-1a")
	case pool.Type == "":
		return pool, Point{}, missing("InstanceType", "a type such as m5.large")
	case pool.Product == "":
		return pool, Point{}, missing("ProductDescription", "a product such as Linux/UNIX")
	}
	at, err := time.Parse(time.RFC3339, s.Timestamp)
	if err != nil {
		return pool, Point{}, unfit("Timestamp", s.Timestamp, "an instant such as 2026-11-20T10:35:01+00:00")
	}
	price, err := money.ParseRate(s.SpotPrice)
	if err != nil {
		return pool, Point{}, &FieldError{"SpotPrice", err.Error()}
	}
	if price.IsZero() {
		return pool, Point{}, unfit("SpotPrice", s.SpotPrice, "a price such as 0.0347: nothing is given away")
	}
	return pool, Point{At: at.UTC(), Price: price}, nil
}

// ReadHistory reads Spot prices from a source of this name: what "aws ec2 describe-spot-price-history" prints, in one document or several. What stands
// twice counts once. Of two prices of one pool at one instant the dearer counts: which of them came later is not told.
func ReadHistory(name string, r io.Reader) (History, error) {
	text, isJSON, err := begin(name, wantedHistory, r)
	if err != nil {
		return nil, err
	}
	if !isJSON {
		return nil, fmt.Errorf("%s: is no JSON object; %s was expected", name, wantedHistory)
	}
	h := History{}
	names := map[string]string{} // of zones, types and products, each once: a listing repeats them a million times
	err = records(newListing(name, wantedHistory, text), "SpotPriceHistory", func(s *SpotPrice) error {
		pool, point, err := s.Point()
		if err != nil {
			return err
		}
		pool = Pool{shared(names, pool.Zone), shared(names, pool.Type), shared(names, pool.Product)}
		h[pool] = append(h[pool], point)
		return nil
	})
	if err != nil {
		return nil, err
	}
	h.Sort()
	return h, nil
}

// shared returns one copy of each text.
func shared(known map[string]string, text string) string {
	if one, ok := known[text]; ok {
		return one
	}
	known[text] = text
	return text
}

// Sort puts the points of each pool in order of time, and leaves one of each instant, the dearest.
func (h History) Sort() {
	for pool, points := range h {
		slices.SortFunc(points, func(a, b Point) int {
			if c := a.At.Compare(b.At); c != 0 {
				return c
			}
			return b.Price.Cmp(a.Price)
		})
		h[pool] = slices.CompactFunc(points, func(a, b Point) bool { return a.At.Equal(b.At) })
	}
}
