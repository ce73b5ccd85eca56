package actuator_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud/actuator"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// market is EC2 with types, of which some are short. Moto has capacity without end.
type market struct {
	*machines
	short map[string]bool   // types without capacity
	types map[string]string // what a type is, where it is not an ordinary one of x86
	away  map[string]bool   // types that the zone does not have
	order []string          // what was set and started: i-1=m5a.large, i-1 started
}

const ordinary = `<processorInfo><supportedArchitectures><item>x86_64</item></supportedArchitectures></processorInfo>
<supportedVirtualizationTypes><item>hvm</item></supportedVirtualizationTypes><hibernationSupported>true</hibernationSupported>
<instanceStorageSupported>false</instanceStorageSupported><networkInfo><enaSupport>required</enaSupport><maximumNetworkInterfaces>3</maximumNetworkInterfaces></networkInfo>`

func newMarket(short ...string) *market {
	k := &market{machines: newMachines("stopped", "i-1", "i-2"), short: map[string]bool{}, types: map[string]string{}, away: map[string]bool{}}
	for _, model := range short {
		k.short[model] = true
	}
	for _, b := range k.boxes {
		b.tags["offpeak:types"] = "m5.large+m5a.large+m6i.large"
	}
	k.refuse = k.capacity
	k.reply = k.trade
	return k
}

func (k *market) capacity(b *box, action string, _ url.Values) answer {
	if action == "StartInstances" && k.short[b.model] {
		return ec2Error(500, "InsufficientInstanceCapacity", "We currently do not have sufficient "+b.model+" capacity in the Availability Zone you requested (ap-northeast-2a).")
	}
	return answer{}
}

func (k *market) trade(action string, form url.Values) answer {
	var listed []string
	for i := 1; form.Has(fmt.Sprintf("Filter.1.Value.%d", i)); i++ {
		listed = append(listed, form.Get(fmt.Sprintf("Filter.1.Value.%d", i)))
	}
	var items strings.Builder
	switch action {
	case "DescribeInstanceTypes":
		for _, model := range listed {
			what, ok := k.types[model]
			if !ok {
				what = ordinary
			}
			if what != "unknown" {
				fmt.Fprintf(&items, "<item><instanceType>%s</instanceType>%s</item>", model, what)
			}
		}
		return answer{200, "<DescribeInstanceTypesResponse><instanceTypeSet>" + items.String() + "</instanceTypeSet></DescribeInstanceTypesResponse>"}
	case "DescribeInstanceTypeOfferings":
		for _, model := range listed {
			if !k.away[model] {
				fmt.Fprintf(&items, "<item><instanceType>%s</instanceType><locationType>availability-zone</locationType><location>ap-northeast-2a</location></item>", model)
			}
		}
		return answer{200, "<DescribeInstanceTypeOfferingsResponse><instanceTypeOfferingSet>" + items.String() + "</instanceTypeOfferingSet></DescribeInstanceTypeOfferingsResponse>"}
	}
	a := k.answerTo(action, form)
	if action == "ModifyInstanceAttribute" {
		k.order = append(k.order, form.Get("InstanceId")+"="+form.Get("InstanceType.Value"))
	}
	if action == "StartInstances" && a.status == 200 {
		for i := 1; form.Has(fmt.Sprintf("InstanceId.%d", i)); i++ {
			k.order = append(k.order, form.Get(fmt.Sprintf("InstanceId.%d", i))+" started")
		}
	}
	return a
}

func falling(t *testing.T, k *market, f actuator.Fallback) *actuator.Actuator {
	t.Helper()
	return actuator.New(open(t, k), actuator.Options{Keys: keys, Fallback: &f})
}

func TestStartsAsAnotherTypeWhenTheirsIsShort(t *testing.T) {
	for _, row := range []struct {
		name  string
		set   func(k *market, b *box)
		order []string
		class failure.Class
		says  []string // of the error
		notes []string
	}{
		{"there is capacity: nothing is changed", func(*market, *box) {}, []string{"i-1 started"}, "", nil, nil},
		{
			"the next type has some", func(k *market, _ *box) { k.short["m5.large"] = true },
			[]string{"i-1=m5a.large", "i-1 started"},
			"", nil,
			[]string{"i-1 started as m5a.large instead of m5.large, for which AWS has no capacity in ap-northeast-2a"},
		},
		{
			"the third has", func(k *market, _ *box) { k.short["m5.large"], k.short["m5a.large"] = true, true },
			[]string{"i-1=m5a.large", "i-1=m6i.large", "i-1 started"},
			"", nil,
			[]string{"i-1 started as m6i.large instead of m5.large, for which AWS has no capacity in ap-northeast-2a"},
		},
		{
			"none has: back to the preferred one", func(k *market, _ *box) {
				k.short = map[string]bool{"m5.large": true, "m5a.large": true, "m6i.large": true}
			},
			[]string{"i-1=m5a.large", "i-1=m6i.large", "i-1=m5.large"},
			failure.Capacity,
			[]string{"start i-1: InsufficientInstanceCapacity: We currently do not have sufficient m5.large", "; m5a.large: InsufficientInstanceCapacity", "; m6i.large: InsufficientInstanceCapacity"},
			nil,
		},
		{
			"back to the preferred type at the next start", func(_ *market, b *box) { b.model = "m6i.large" },
			[]string{"i-1=m5.large", "i-1 started"},
			"", nil,
			[]string{"i-1 set from m6i.large to m5.large at this natural stop"},
		},
		{
			"back, and short once more", func(k *market, b *box) { b.model, k.short["m5.large"] = "m6i.large", true },
			[]string{"i-1=m5.large", "i-1=m5a.large", "i-1 started"},
			"", nil,
			[]string{"i-1 set from m6i.large to m5.large at this natural stop", "i-1 started as m5a.large instead of m5.large, for which AWS has no capacity in ap-northeast-2a"},
		},
		{
			"an accepted start failed for capacity: the next type", func(_ *market, b *box) { b.reason = "Server.InsufficientInstanceCapacity" },
			[]string{"i-1=m5a.large", "i-1 started"},
			"", nil,
			[]string{"i-1 set from m5.large to m5a.large as AWS had no capacity for it after it had accepted the start before"},
		},
		{
			"... and after the last the first", func(_ *market, b *box) { b.model, b.reason = "m6i.large", "Server.InsufficientInstanceCapacity" },
			[]string{"i-1=m5.large", "i-1 started"},
			"", nil,
			[]string{"i-1 set from m6i.large to m5.large as AWS had no capacity for it after it had accepted the start before"},
		},
		{"another architecture", func(k *market, b *box) {
			k.short["m5.large"], b.tags["offpeak:types"] = true, "m5.large,m6g.large"
			k.types["m6g.large"] = strings.ReplaceAll(ordinary, "x86_64", "arm64")
		}, nil, failure.Capacity, []string{"; m6g.large: it does not run x86_64, which the instance is"}, nil},
		{"a type that does not exist", func(k *market, b *box) {
			k.short["m5.large"], b.tags["offpeak:types"] = true, "m5.large,m55.large"
			k.types["m55.large"], k.away["m55.large"] = "unknown", true
		}, nil, failure.Capacity, []string{"; m55.large: it is not offered in ap-northeast-2a"}, nil},
		{
			"a type that the zone does not have", func(k *market, _ *box) { k.short["m5.large"], k.away["m5a.large"] = true, true },
			[]string{"i-1=m6i.large", "i-1 started"},
			"", nil,
			[]string{"i-1 started as m6i.large instead of m5.large, for which AWS has no capacity in ap-northeast-2a"},
		},
		{"local disks", func(k *market, b *box) {
			k.short["m5.large"], b.tags["offpeak:types"] = true, "m5.large,m5d.large"
			k.types["m5d.large"] = strings.ReplaceAll(ordinary, "<instanceStorageSupported>false", "<instanceStorageSupported>true")
		}, nil, failure.Capacity, []string{"; m5d.large: it has local disks"}, nil},
		{"no hibernation", func(k *market, b *box) {
			k.short["m5.large"], b.tags["offpeak:types"], b.xml = true, "m5.large,m5x.large", "<hibernationOptions><configured>true</configured></hibernationOptions>"
			k.types["m5x.large"] = strings.ReplaceAll(ordinary, "<hibernationSupported>true", "<hibernationSupported>false")
		}, nil, failure.Capacity, []string{"; m5x.large: it cannot hibernate"}, nil},
		{"no list", func(k *market, b *box) { k.short["m5.large"] = true; delete(b.tags, "offpeak:types") }, nil, failure.Capacity, nil, nil},
		{"a list of one", func(k *market, b *box) { k.short["m5.large"], b.tags["offpeak:types"] = true, "m5.large" }, nil, failure.Capacity, nil, nil},
		{
			"a list that is none", func(k *market, b *box) { k.short["m5.large"], b.tags["offpeak:types"] = true, "m5.large+anything" }, nil, failure.Capacity,
			[]string{`no other type was tried: its tag offpeak:types: "anything" is no instance type`},
			nil,
		},
		{
			"somebody gave it a type outside the list", func(k *market, b *box) { b.model, k.short["c5.large"] = "c5.large", true }, nil, failure.Capacity,
			[]string{"no other type was tried: its type c5.large is none of those it may run as (m5.large, m5a.large, m6i.large)"},
			nil,
		},
		{"a type outside the list is not set back", func(_ *market, b *box) { b.model = "c5.large" }, []string{"i-1 started"}, "", nil, nil},
		{
			"Spot", func(k *market, b *box) {
				k.short["m5.large"], b.xml = true, "<instanceLifecycle>spot</instanceLifecycle>"
			}, nil, failure.Capacity,
			[]string{"the type of a Spot instance cannot be changed"},
			nil,
		},
		{
			"hibernated", func(k *market, b *box) { k.short["m5.large"], b.reason = true, "Client.UserInitiatedHibernate" }, nil, failure.Capacity,
			[]string{"the type of a hibernated instance is not changed"},
			nil,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			k := newMarket()
			row.set(k, k.boxes["i-1"])
			act := falling(t, k, actuator.Fallback{})
			err := act.Act(t.Context(), actionsOn(ec2Kind, seoul, plan.Start{}, "i-1"))[0]
			if failure.Of(err) != row.class {
				t.Errorf("%v (%s), want %s", err, failure.Of(err), row.class)
			}
			for _, want := range row.says {
				if !strings.Contains(fmt.Sprint(err), want) {
					t.Errorf("%v\nsays nothing of %q", err, want)
				}
			}
			if diff := cmp.Diff(k.order, row.order); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(act.Notes("act-i-1"), row.notes); diff != "" {
				t.Error(diff)
			}
			if again := act.Notes("act-i-1"); again != nil {
				t.Errorf("told twice: %v", again)
			}
		})
	}
}

func TestWithoutFallbackNothingIsChanged(t *testing.T) {
	k := newMarket("m5.large")
	k.boxes["i-2"].model = "m6i.large"
	errs := newActuator(open(t, k)).Act(t.Context(), actionsOn(ec2Kind, seoul, plan.Start{}, "i-1", "i-2"))
	if failure.Of(errs[0]) != failure.Capacity || errs[1] != nil {
		t.Error(errs)
	}
	if diff := cmp.Diff(k.order, []string{"i-2 started"}); diff != "" {
		t.Error(diff)
	}
}

// The policy's list is for what has no tag of its own.
func TestThePolicyNamesTypesToo(t *testing.T) {
	k := newMarket("m5.large")
	delete(k.boxes["i-1"].tags, "offpeak:types")
	act := falling(t, k, actuator.Fallback{Types: func(s plan.Subject, tags fleet.Tags, present string) []string {
		if schedule, _ := tags.Get("offpeak:schedule"); schedule != "office" || s.ID != "i-1" || present != "m5.large" {
			t.Errorf("asked for %s, %v, %s", s.ID, tags, present)
		}
		return []string{"m5.large", "m7i.large"}
	}})
	noErrors(t, act.Act(t.Context(), actionsOn(ec2Kind, seoul, plan.Start{}, "i-1", "i-2")))
	if diff := cmp.Diff(k.order, []string{"i-1=m7i.large", "i-1 started", "i-2=m5a.large", "i-2 started"}); diff != "" {
		t.Error(diff)
	}
}

// Two instances of the same types are looked up once.
func TestTypesAreLookedUpOnce(t *testing.T) {
	k := newMarket("m5.large")
	noErrors(t, falling(t, k, actuator.Fallback{}).Act(t.Context(), actionsOn(ec2Kind, seoul, plan.Start{}, "i-1", "i-2")))
	want := map[string]int{"DescribeInstances": 1, "DescribeInstanceTypes": 1, "DescribeInstanceTypeOfferings": 1, "StartInstances": 5, "ModifyInstanceAttribute": 2}
	if diff := cmp.Diff(tally(k.calls), want); diff != "" {
		t.Error(diff)
	}
}

// Wherever a fallback is cut off, and whatever is short then, the next start that finds the preferred type free runs as it again.
func TestFallbackKeepsNoState(t *testing.T) {
	models := []string{"m5.large", "m5a.large", "m6i.large"}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 12))
		k := newMarket()
		act := falling(t, k, actuator.Fallback{})
		start := actionsOn(ec2Kind, seoul, plan.Start{}, "i-1")
		for range 1 + random.IntN(4) {
			k.short = map[string]bool{}
			for _, model := range models {
				k.short[model] = random.IntN(2) == 0
			}
			left := random.IntN(9)
			k.reply = func(action string, form url.Values) answer {
				if left--; left < 0 {
					return ec2Error(503, "Unavailable", "the connection was cut")
				}
				return k.trade(action, form)
			}
			act.Act(t.Context(), start)
			if b := k.boxes["i-1"]; b.state == "pending" && k.short[b.model] {
				t.Errorf("seed %d: started as %s, which is short", seed, b.model)
			}
			k.boxes["i-1"].state = "stopped"
		}
		k.short, k.reply = nil, k.trade
		noErrors(t, act.Act(t.Context(), start))
		if b := k.boxes["i-1"]; b.model != models[0] || b.state != "pending" {
			t.Errorf("seed %d: %s as %s at the end", seed, b.state, b.model)
		}
	}
}

func TestParseTypes(t *testing.T) {
	for _, row := range []struct {
		text string
		want []string
		says string
	}{
		{"m5.large+m5a.large", []string{"m5.large", "m5a.large"}, ""},
		{" m5.large, u-6tb1.112xlarge ", []string{"m5.large", "u-6tb1.112xlarge"}, ""},
		{"", nil, ""},
		{"m5", nil, `"m5" is no instance type`},
		{"M5.large", nil, `"M5.large" is no instance type`},
		{"m5.large+m5.large", nil, "the type m5.large stands twice"},
	} {
		got, err := actuator.ParseTypes(row.text)
		if !slices.Equal(got, row.want) || (err != nil) != (row.says != "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%q: %v, %v", row.text, got, err)
		}
	}
}

// What is read is a list of distinct types that reads the same when it is written again.
func FuzzParseTypes(f *testing.F) {
	f.Add("m5.large+m5a.large")
	f.Add("m5.large, m5a.large,")
	f.Fuzz(func(t *testing.T, text string) {
		models, err := actuator.ParseTypes(text)
		if err != nil {
			return
		}
		again, err := actuator.ParseTypes(strings.Join(models, "+"))
		if err != nil || !slices.Equal(models, again) {
			t.Errorf("%q: %v, then %v, %v", text, models, again, err)
		}
	})
}
