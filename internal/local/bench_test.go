package local_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"

	"offpeak/internal/local"
)

// BenchmarkReadInstances100k reads what describe-instances prints for 100,000 instances, in the indentation of the AWS CLI and without
// any. The text is made while it is read, so that only what the reader keeps is in memory.
func BenchmarkReadInstances100k(b *testing.B) {
	const instances = 100_000
	for _, form := range []struct{ name, indent string }{{"indented", "    "}, {"compact", ""}} {
		b.Run(form.name, func(b *testing.B) {
			reservation := sampleReservation(b, form.indent)
			b.SetBytes(newListing(reservation, instances).size())
			b.ReportAllocs()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for b.Loop() {
				listing := newListing(reservation, instances)
				snapshot, err := local.ReadInventory([]local.Source{{Name: "fleet.json", Reader: listing}}, local.Options{Taken: friday})
				if err != nil || len(snapshot.Resources) != instances {
					b.Fatal(len(snapshot.Resources), err)
				}
				b.StopTimer()
				runtime.GC()
				runtime.ReadMemStats(&after)
				runtime.KeepAlive(snapshot)
				b.StartTimer()
			}
			b.ReportMetric(float64(len(reservation)), "B/record")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/instances, "B-kept/record")
		})
	}
}

// listing is the answer of describe-instances with one reservation so many times, whose instances differ in their id.
type listing struct {
	reservation []byte
	ids         []int // where the number stands in the reservation
	left        int
	rest        []byte
}

const serial = "00000000ffffffff" // stands in the sample for the number of an instance

func newListing(reservation []byte, n int) *listing {
	l := &listing{reservation: bytes.Clone(reservation), left: n, rest: []byte(`{"Reservations": [`)}
	for at := 0; ; {
		next := bytes.Index(l.reservation[at:], []byte(serial))
		if next < 0 {
			return l
		}
		l.ids = append(l.ids, at+next)
		at += next + len(serial)
	}
}

func (l *listing) size() int64 { return int64(l.left) * int64(len(l.reservation)+1) }

// Read implements io.Reader.
func (l *listing) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		if l.left < 0 {
			return 0, io.EOF
		}
		l.left--
		if l.left < 0 {
			l.rest = []byte("]}\n")
		} else {
			for _, at := range l.ids {
				copy(l.reservation[at:], fmt.Sprintf("%016x", l.left))
			}
			l.rest = l.reservation
			if l.left == 0 {
				l.rest = bytes.TrimSuffix(l.reservation, []byte(","))
			}
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// sampleReservation is the sample fleet's first reservation, followed by a comma.
func sampleReservation(tb testing.TB, indent string) []byte {
	tb.Helper()
	text, err := os.ReadFile(sampleFleet + "/friday/dev-instances.json")
	if err != nil {
		tb.Fatal(err)
	}
	var answer struct{ Reservations []json.RawMessage }
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&answer); err != nil {
		tb.Fatal(err)
	}
	var id struct {
		Instances []struct {
			ID string `json:"InstanceId"`
		}
	}
	if err := json.Unmarshal(answer.Reservations[0], &id); err != nil {
		tb.Fatal(err)
	}
	text = bytes.ReplaceAll(answer.Reservations[0], []byte(id.Instances[0].ID), []byte("i-"+serial))
	var formatted bytes.Buffer
	if indent == "" {
		err = json.Compact(&formatted, text)
	} else {
		err = json.Indent(&formatted, text, indent+indent, indent)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return append(formatted.Bytes(), ',')
}
