package avoidance_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// nightly is a group that ran in the baseline as told, and since enrolment by day from 08:00 to 19:00 as so many units, stopped by us otherwise.
func nightly(name string, units int, before ...avoidance.Running) avoidance.Resource {
	g := group(name, before...)
	for d := float64(0); d < 91; d++ {
		g.Ran = append(g.Ran, as(units, after([2]float64{24*d + 8, 24*d + 19})))
		g.Stopped = append(g.Stopped, avoidance.Stop{Span: after([2]float64{24 * d, 24*d + 8}), Cause: plan.BySchedule},
			avoidance.Stop{Span: after([2]float64{24*d + 19, 24*d + 24}), Cause: plan.BySchedule})
	}
	return g
}

var fourWeeks = avoidance.Span{From: monday, To: enrolled}

func TestTheBaselineFollowsTheSize(t *testing.T) {
	t.Parallel()
	half := func(first bool) avoidance.Span {
		if first {
			return avoidance.Span{From: monday, To: monday.AddDate(0, 0, 14)}
		}
		return avoidance.Span{From: monday.AddDate(0, 0, 14), To: enrolled}
	}
	left := nightly("g", 3, as(3, fourWeeks)) // a stop takes two of three
	for d := float64(0); d < 91; d++ {
		left.Ran = append(left.Ran, as(1, after([2]float64{24 * d, 24*d + 8})), as(1, after([2]float64{24*d + 19, 24*d + 24})))
	}
	moment := group("moment", as(2, fourWeeks), as(1000, after([2]float64{0, 12})))
	for _, row := range []struct {
		name             string
		one              avoidance.Resource
		avoided, resized string // of 91 days; 13 hours of each held off; what is forgone is in it
		about            time.Duration
	}{
		{"it stayed: three units for thirteen hours", nightly("g", 3, as(3, fourWeeks)), "3549", "0", 0},
		{"shrunk from four to one: one unit, and no credit for the others", nightly("g", 1, as(4, fourWeeks)), "1183", "-6552", 0},
		{"grown from one to ten: ten units, and none is induced", nightly("g", 10, as(1, fourWeeks)), "11830", "19656", 0},
		{"two units in half of the baseline and four in the other", nightly("g", 3, as(2, half(true)), as(4, half(false))), "3549", "0", 2 * time.Hour},
		{"a stop leaves one of three: that is no size that anyone asked for", left, "2366", "0", 0},
		{"twelve hours are too few to tell a size by", moment, "-7632", "0", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := measure(t, []avoidance.Resource{row.one}, quarter).Claims[0]
			about := avoidance.HoursOf(row.about)
			for name, pair := range map[string][2]avoidance.Hours{
				"avoided": {c.Avoided.Add(c.Forgone), hours(t, row.avoided)}, "resized": {c.Resized, hours(t, row.resized)},
			} {
				if off := pair[0].Sub(pair[1]); off.Cmp(about) > 0 || off.Cmp(avoidance.Hours{}.Sub(about)) < 0 {
					t.Errorf("%s %s, want %s", name, rational(pair[0]), rational(pair[1]))
				}
			}
		})
	}
}

func hours(t *testing.T, text string) (h avoidance.Hours) {
	t.Helper()
	if err := h.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return h
}

// Members that boot and drain one after the other do not make a group smaller.
func TestBootingDisturbsNoSize(t *testing.T) {
	t.Parallel()
	g := group("g", as(5, fourWeeks))
	running := avoidance.Hours{}
	for d := range int64(91) {
		for i := range int64(5) {
			span := avoidance.Span{From: at((28+d)*day + opening + 400*i), To: at((28+d)*day + closing - 500*i)}
			g.Ran = append(g.Ran, as(1, span))
			running = running.Add(avoidance.HoursOf(span.To.Sub(span.From)))
		}
		g.Stopped = append(g.Stopped, avoidance.Stop{Span: avoidance.Span{From: at((28+d)*day + closing), To: at((29+d)*day + opening)}, Cause: plan.BySchedule})
	}
	g.Stopped = append(g.Stopped, avoidance.Stop{Span: after([2]float64{0, 8}), Cause: plan.BySchedule})
	c := measure(t, []avoidance.Resource{g}, quarter).Claims[0]
	if want := avoidance.HoursOf(5 * 91 * 24 * time.Hour).Sub(running); c.Avoided != want || !c.Resized.IsZero() {
		t.Errorf("avoided %s, want %s; resized %s", c.Avoided, want, c.Resized)
	}
}

// A member of a cohort counts at its own size: its peers tell how often it would have been on, larger ones more.
func TestACohortIsScaledToTheSize(t *testing.T) {
	t.Parallel()
	list := []avoidance.Resource{
		nightly("a", 1, as(1, fourWeeks)), nightly("b", 2, as(2, fourWeeks)), nightly("c", 6, as(6, fourWeeks)), nightly("new", 5),
	}
	list[3].Observed.From = enrolled
	c := measure(t, list, quarter).Claims[3]
	if c.Origin != avoidance.Cohort || rational(c.Avoided) != "5915" || rational(c.Resized) != "4368" {
		t.Errorf("%s: avoided %s, want 5 x 13 x 91 = 5915; resized %s, want 2 x 24 x 91 = 4368", c.Origin, rational(c.Avoided), rational(c.Resized))
	}
}

func TestResizedGroupsAddUp(t *testing.T) {
	t.Parallel()
	resources, _ := makeFleetOf(source(5, 1), 60, anyResizing)
	resources[7].Observed.From = enrolled.AddDate(0, 0, -3)
	book, err := avoidance.Freeze(avoidance.Book{}, resources)
	if err != nil {
		t.Fatal(err)
	}
	m := measure(t, resources, quarter)
	resized := avoidance.Hours{}
	for i := range m.Claims {
		c := &m.Claims[i]
		var frozen int64
		for _, share := range book.Baselines[c.ARN].Share {
			frozen += share
		}
		want := big.NewRat(frozen*13, 4*3600)
		if got := c.Baseline.Sub(c.Resized).Rat(); got.Cmp(want) != 0 {
			t.Errorf("%s: baseline less resized is %s, frozen is %s", c.ARN, got, want)
		}
		var hourly, causes avoidance.Hours
		for _, h := range m.Hourly(c) {
			hourly = hourly.Add(h)
		}
		for _, share := range c.Causes {
			causes = causes.Add(share.Avoided)
		}
		if c.Avoided.Add(c.Actual).Add(c.Forgone) != c.Baseline || hourly != c.Avoided || causes != c.Avoided || c.Credit.Add(c.Induced) != c.Avoided {
			t.Errorf("%s: %s avoided + %s ran + %s forgone, baseline %s; hourly %s; by cause %s",
				c.ARN, c.Avoided, c.Actual, c.Forgone, c.Baseline, hourly, causes)
		}
		resized = resized.Add(c.Resized)
	}
	if total := m.Headline(); total.Resized != resized || resized.IsZero() {
		t.Errorf("resized %s in total, %s in sum", total.Resized, resized)
	}
	for _, cut := range []time.Duration{time.Hour, 30*24*time.Hour + 17*time.Minute + 3*time.Second, 60 * 24 * time.Hour} {
		middle := quarter.From.Add(cut)
		first := measure(t, resources, avoidance.Span{From: quarter.From, To: middle}).Headline()
		second := measure(t, resources, avoidance.Span{From: middle, To: quarter.To}).Headline()
		if first.Avoided.Add(second.Avoided) != m.Headline().Avoided || first.Resized.Add(second.Resized) != resized ||
			first.Forgone.Add(second.Forgone) != m.Headline().Forgone {
			t.Errorf("cut after %s: %s + %s, want %s", cut, first.Avoided, second.Avoided, m.Headline().Avoided)
		}
	}
}

func TestBooksTellSizesOnlyWhereThereAreAny(t *testing.T) {
	t.Parallel()
	list := []avoidance.Resource{
		machine("single", nil, nil), group("constant", as(3, fourWeeks)),
		group("resized", as(3, avoidance.Span{From: monday, To: monday.AddDate(0, 0, 9)}), as(5, avoidance.Span{From: monday.AddDate(0, 0, 9), To: enrolled})),
	}
	book, err := avoidance.Freeze(avoidance.Book{}, list)
	if err != nil {
		t.Fatal(err)
	}
	for arn, want := range map[fleet.ARN]string{"single": "", "constant": "on", "resized": "on shape weekly"} {
		text, err := json.Marshal(book.Baselines[arn])
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, key := range []string{"on", "shape", "weekly"} {
			if strings.Contains(string(text), `"`+key+`":`) {
				keys = append(keys, key)
			}
		}
		if got := strings.Join(keys, " "); got != want {
			t.Errorf("%s has %q, want %q", arn, got, want)
		}
	}
	text, err := json.Marshal(book)
	var read avoidance.Book
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil || read.Verify() != nil {
		t.Fatalf("%v, %v", err, read.Verify())
	}
	for name, spoil := range map[string]func(*avoidance.Baseline){
		"on": func(b *avoidance.Baseline) { b.On[5]++ }, "shape": func(b *avoidance.Baseline) { b.Shape[5]++ },
		"weekly": func(b *avoidance.Baseline) { b.Weekly[1].Ran[7]++ },
	} {
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		b := read.Baselines["resized"]
		spoil(&b)
		if !errors.Is(read.Verify(), avoidance.ErrInput) {
			t.Errorf("another %s is taken", name)
		}
	}
}

// What a group would be by night is not seen where a schedule closes the nights: where its size changes from one to another, a claim is not certain.
func TestSizesByNightAreNotSeen(t *testing.T) {
	t.Parallel()
	var ran []avoidance.Running
	for d := range int64(28) {
		dusk, dawn := at(d*day+closing), at((d+1)*day+opening)
		ran = append(ran, as(4, avoidance.Span{From: at(d*day + opening), To: dusk}), as(2+int(d*d%5), avoidance.Span{From: dusk, To: dawn}))
	}
	ran[len(ran)-1].To = enrolled
	ran = append(ran, as(2, avoidance.Span{From: monday, To: at(opening)}))
	half := func(nights bool) float64 {
		g := group("g", ran...)
		for d := range int64(91) {
			from, dusk, dawn := at((28+d)*day), at((28+d)*day+closing), at((28+d)*day+opening)
			g.Ran = append(g.Ran, as(4, avoidance.Span{From: dawn, To: dusk}))
			if nights {
				g.Stopped = append(g.Stopped, avoidance.Stop{Span: avoidance.Span{From: from, To: dawn}, Cause: plan.BySchedule},
					avoidance.Stop{Span: avoidance.Span{From: dusk, To: from.AddDate(0, 0, 1)}, Cause: plan.BySchedule})
			} else {
				g.Ran = append(g.Ran, as(4, avoidance.Span{From: from, To: dawn}), as(4, avoidance.Span{From: dusk, To: from.AddDate(0, 0, 1)}))
			}
		}
		i := measure(t, []avoidance.Resource{g}, quarter).Headline().Interval
		return (i.High - i.Low) / 2
	}
	if open, closed := half(false), half(true); open > 1e-9 || closed < 500 {
		t.Errorf("half widths: %.0f h where its size is always seen, %.0f h where it is not by night; want 0 and more than 500", open, closed)
	}
}

// A book that was frozen before sizes were in it does not tell them: the baseline stays as it is.
func TestBooksWithoutSizesFollowNone(t *testing.T) {
	t.Parallel()
	one := nightly("g", 1, as(4, fourWeeks))
	book, err := avoidance.Freeze(avoidance.Book{}, []avoidance.Resource{one})
	if err != nil {
		t.Fatal(err)
	}
	b := book.Baselines["g"]
	b.On, b.Hash = nil, ""
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	b.Hash = hex.EncodeToString(sum[:])
	book.Baselines["g"] = b
	m, err := avoidance.Measure(book, []avoidance.Resource{one}, quarter)
	if err != nil {
		t.Fatal(err)
	}
	if c := m.Claims[0]; !c.Resized.IsZero() || rational(c.Avoided) != "7735" {
		t.Errorf("avoided %s, resized %s; want 91 x (4 x 24 - 11) = 7735 and 0", rational(c.Avoided), rational(c.Resized))
	}
}
