package market_test

import (
	"bytes"
	"strings"
	"testing"

	"offpeak/internal/market"
)

// says checks of an error that it names the source and fits into a line.
func says(t *testing.T, err error) {
	t.Helper()
	if err != nil && (!strings.HasPrefix(err.Error(), "f: ") || len(err.Error()) > 2000) {
		t.Errorf("an error that does not help: %.300q", err)
	}
}

func FuzzReadCatalog(f *testing.F) {
	f.Add([]byte(head + m5 + gpu + t1))
	f.Add([]byte(accelerated))
	f.Add([]byte(`{"InstanceTypes":[{}],"NextToken":"x"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := market.ReadCatalog("f", bytes.NewReader(text))
		says(t, err)
		if err != nil {
			return
		}
		for _, s := range c.All() {
			if s.Type == "" || s.VCPU <= 0 || s.MemoryMiB <= 0 || len(s.Architectures) == 0 || s.EBS.BaselineMbps < 0 || s.Network.BaselineMbps < 0 || s.Store.DiskGB < 0 {
				t.Errorf("%+v", s)
			}
		}
	})
}

func FuzzReadOfferings(f *testing.F) {
	f.Add([]byte("region,az,type\nus-east-1,us-east-1a,m5.large\n"))
	f.Add([]byte(`{"InstanceTypeOfferings":[{"InstanceType":"m5.large","LocationType":"availability-zone","Location":"us-east-1a"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := market.ReadOfferings("f", bytes.NewReader(text))
		says(t, err)
		for zone, types := range o {
			if zone == "" || len(types) == 0 {
				t.Errorf("%q: %v", zone, types)
			}
		}
	})
}

func FuzzReadHistory(f *testing.F) {
	f.Add([]byte(`{"SpotPriceHistory":[` + spoken("a", "Linux/UNIX (Amazon VPC)", "0.1", "2026-11-20T10:00:00Z") + "," + spoken("a", "Linux/UNIX", "0.2", "2026-11-20T09:00:00Z") + `]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := market.ReadHistory("f", bytes.NewReader(text))
		says(t, err)
		for pool, points := range h {
			for i := range points {
				if points[i].Price.IsZero() || i > 0 && !points[i-1].At.Before(points[i].At) {
					t.Errorf("%v: %v", pool, points)
				}
			}
		}
	})
}

func FuzzReadAdvised(f *testing.F) {
	f.Add([]byte("{" + bands + `,"spot_advisor":{"us-east-1":{"Linux":{"m5.large":{"s":60,"r":7}}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := market.ReadAdvised("f", bytes.NewReader(text))
		says(t, err)
		for key, odds := range a {
			if odds.Band < 0 || odds.Band > 4 || odds.Savings < 0 || odds.Savings > 100 {
				t.Errorf("%+v: %+v", key, odds)
			}
		}
	})
}
