package avoidance_test

import (
	"fmt"
	"testing"
	"time"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// hourlyFleet is a thousand resources with 28 days of baseline and 92 of measurement, whose running is known hour by hour, each time for
// some of the hour so that no two entries join; every second one has several units. They are stopped by night.
func hourlyFleet() (list []avoidance.Resource, period avoidance.Span) {
	period = avoidance.Span{From: enrolled, To: enrolled.AddDate(0, 0, 92)}
	r := source(1, 30)
	for i := range 1000 {
		one := avoidance.Resource{
			ARN: fleet.ARN(fmt.Sprintf("arn:aws:ec2:eu-west-1:111122223333:instance/i-%06d", i)), Account: "111122223333", Environment: "dev",
			Kind: fleet.EC2Instance, Enrolled: enrolled, Observed: avoidance.Span{From: monday, To: period.To},
		}
		for hour := monday; hour.Before(period.To); hour = hour.Add(time.Hour) {
			if night := hour.Hour() < 8 || hour.Hour() >= 19; night && !hour.Before(enrolled) {
				continue
			}
			span := avoidance.Span{From: hour, To: hour.Add(time.Duration(1800+r.Int64N(1700)) * time.Second)}
			one.Ran = append(one.Ran, as(1+i%2*r.IntN(20), span))
		}
		for night := enrolled.Add(19 * time.Hour); night.Before(period.To); night = night.AddDate(0, 0, 1) {
			one.Stopped = append(one.Stopped, avoidance.Stop{Span: avoidance.Span{From: night, To: night.Add(13 * time.Hour)}, Cause: plan.BySchedule})
		}
		list = append(list, one)
	}
	return list, period
}

func BenchmarkFreeze1000Resources(b *testing.B) {
	list, _ := hourlyFleet()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := avoidance.Freeze(avoidance.Book{}, list); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMeasure1000Resources92Days(b *testing.B) {
	list, period := hourlyFleet()
	book, err := avoidance.Freeze(avoidance.Book{}, list)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		m, err := avoidance.Measure(book, list, period)
		if err != nil {
			b.Fatal(err)
		}
		if m.Headline().Held.IsZero() || len(m.ByResource()) != 1000 {
			b.Fatal("nothing was measured")
		}
	}
}
