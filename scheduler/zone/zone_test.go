package zone_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"offpeak/scheduler/zone"

	"github.com/google/go-cmp/cmp"
)

func TestEveryNameLoads(t *testing.T) {
	t.Parallel()
	names := zone.Names()
	if len(names) < 590 {
		t.Fatalf("only %d names", len(names))
	}
	if !slices.IsSorted(names) {
		t.Error("names are not sorted")
	}
	for _, name := range names {
		location, err := zone.Load(name)
		if err != nil {
			t.Errorf("Load(%q): %v", name, err)
			continue
		}
		if location.String() != name {
			t.Errorf("Load(%q) calls itself %q", name, location)
		}
	}
}

func TestLoadKnowsLinksAndOldNames(t *testing.T) {
	t.Parallel()
	for name, offset := range map[string]int{
		"Asia/Seoul": 9 * 3600, "ROK": 9 * 3600, "UTC": 0, "Etc/GMT+9": -9 * 3600, "US/Eastern": -5 * 3600, "EST5EDT": -5 * 3600,
		"CET": 3600, "Asia/Calcutta": 19800, "Asia/Kathmandu": 20700, "America/Argentina/Buenos_Aires": -3 * 3600,
	} {
		location, err := zone.Load(name)
		if err != nil {
			t.Errorf("Load(%q): %v", name, err)
			continue
		}
		if _, got := time.Date(2026, time.January, 15, 12, 0, 0, 0, location).Zone(); got != offset {
			t.Errorf("%s is %d s east in January, want %d", name, got, offset)
		}
	}
}

func TestLoadAdvises(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ why, name, want string }{
		{"nothing", "", "say an IANA name such as Asia/Seoul"},
		{"blanks", "  ", "say an IANA name such as Asia/Seoul"},
		{"the machine's zone", "Local", "the machine's own zone differs from machine to machine; say an IANA name such as Asia/Seoul"},
		{"the placeholder of the database", "Factory", "say an IANA name such as Asia/Seoul"},
		{"blanks around a name", " Asia/Seoul ", "say Asia/Seoul"},
		{"tree without leap seconds", "posix/Asia/Seoul", "say Asia/Seoul"},
		{"tree with leap seconds", "right/UTC", "say UTC"},
		{"tree and wrong case", "posix/asia/seoul", "say Asia/Seoul"},
		{"abbreviation", "KST", "say Asia/Seoul"},
		{"abbreviation in small letters", "jst", "say Asia/Tokyo"},
		{"abbreviation with two meanings", "IST", "say Asia/Kolkata or Europe/Dublin"},
		{"abbreviation with a season", "PST", "say America/Los_Angeles"},
		{"summer abbreviation", "CEST", "say Europe/Berlin"},
		{"POSIX string", "KST-9", "say Asia/Seoul"},
		{"city alone", "Seoul", "say Asia/Seoul"},
		{"city in small letters", "new york", "say America/New_York"},
		{"city in two lists", "Istanbul", "say Asia/Istanbul or Europe/Istanbul"},
		{"city in Korean", "서울", "say Asia/Seoul"},
		{"city that names no zone", "Frankfurt", "say Europe/Berlin"},
		{"city that names no zone, with its continent", "Asia/Busan", "say Asia/Seoul"},
		{"country", "Korea", "say Asia/Seoul"},
		{"wrong continent", "Korea/Seoul", "say Asia/Seoul"},
		{"offset", "UTC+9", "an offset does not know when clocks change; say a named zone such as Asia/Seoul"},
		{"offset with minutes", "GMT+09:00", "an offset does not know when clocks change; say a named zone such as Asia/Seoul"},
		{"offset alone", "+09:00", "an offset does not know when clocks change; say a named zone such as Asia/Seoul"},
		{"offset as in RFC 822", "-0500", "an offset does not know when clocks change; say a named zone such as America/New_York"},
		{"offset with half an hour", "UTC+5:30", "an offset does not know when clocks change; say a named zone such as Asia/Kolkata"},
		{"offset with a minus sign", "UTC−8", "an offset does not know when clocks change; say a named zone such as America/Los_Angeles"},
		{"offset of nothing", "UTC+00:00", "say UTC"},
		{"offset that no zone has", "+13:37", "an offset does not know when clocks change; say an IANA name such as Asia/Seoul"},
		{"offset out of this world", "+99", "an offset does not know when clocks change; say an IANA name such as Asia/Seoul"},
		{"wrong case", "asia/seoul", "say Asia/Seoul"},
		{"wrong case in one part", "America/new_york", "say America/New_York"},
		{"blank for underscore", "America/New York", "say America/New_York"},
		{"wrong case of a short name", "utc", "say UTC"},
		{"Windows name", "Korea Standard Time", "say Asia/Seoul"},
		{"letter left out", "Asia/Seol", "did you mean Asia/Seoul?"},
		{"letter too many", "Asia/Seooul", "did you mean Asia/Seoul?"},
		{"letters swapped", "Europe/Belrin", "did you mean Europe/Berlin?"},
		{"city with a slip", "Tokio", "did you mean Asia/Tokyo?"},
		{"a slip in offset names is no slip", "Etc/GMT+99", "say an IANA name such as Asia/Seoul"},
		{"nothing like a zone", "quarterly", "say an IANA name such as Asia/Seoul"},
		{"a path", "../../etc/passwd", "say an IANA name such as Asia/Seoul"},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			_, err := zone.Load(row.name)
			if !errors.Is(err, zone.ErrUnknown) {
				t.Fatalf("Load(%q) = %v, want ErrUnknown", row.name, err)
			}
			_, got, _ := strings.Cut(err.Error(), `": `)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("advice for %q (-want +got):\n%s", row.name, diff)
			}
		})
	}
}

func TestErrorNamesWhatWasWritten(t *testing.T) {
	t.Parallel()
	_, err := zone.Load("KST")
	if got, want := err.Error(), `unknown time zone "KST": say Asia/Seoul`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_, err = zone.Load(strings.Repeat("Asia/", 100))
	if want := "..." + `": say an IANA name such as Asia/Seoul`; len(err.Error()) > 200 || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %q, want it short, ending in %q", err, want)
	}
}

func TestAdviceLeadsToNames(t *testing.T) {
	t.Parallel()
	for _, wrong := range zone.Advised() {
		_, err := zone.Load(wrong)
		_, advice, found := strings.Cut(err.Error(), `": `)
		if !found {
			t.Errorf("%q: no advice in %q", wrong, err)
			continue
		}
		advice = advice[strings.Index(advice, "say ")+len("say "):]
		for name := range strings.SplitSeq(strings.TrimPrefix(advice, "a named zone such as "), " or ") {
			if _, err := zone.Load(name); err != nil {
				t.Errorf("%q is sent to %q: %v", wrong, name, err)
			}
		}
	}
}

func TestFromWindows(t *testing.T) {
	t.Parallel()
	if got, ok := zone.FromWindows("Korea Standard Time"); got != "Asia/Seoul" || !ok {
		t.Errorf("got %q, %t", got, ok)
	}
	if got, ok := zone.FromWindows("Asia/Seoul"); ok {
		t.Errorf("an IANA name became %q", got)
	}
	for name, iana := range zone.Windows() {
		if _, err := zone.Load(iana); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLoadTogether(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, name := range []string{"Asia/Seoul", "Europe/Rome", "KST", "America/New_York"} {
				_, _ = zone.Load(name)
			}
		})
	}
	group.Wait()
	a, _ := zone.Load("Asia/Seoul")
	b, _ := zone.Load("Asia/Seoul")
	if a != b {
		t.Error("two loads of one name give two zones")
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{
		"Asia/Seoul", "KST", "UTC+9", "+09:00", "", "Local", "posix/UTC", "right/", "asia/seoul", "Asia/Seol", "서울", "\xff\xfe", "/", "Etc/GMT+9",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		location, err := zone.Load(name)
		if err == nil {
			if location.String() != name {
				t.Errorf("Load(%q) calls itself %q", name, location)
			}
			return
		}
		if !errors.Is(err, zone.ErrUnknown) || len(err.Error()) > 600 {
			t.Errorf("Load(%q) = %v", name, err)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = zone.Load("Asia/Seoul")
	}
}

func BenchmarkLoadUnknown(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = zone.Load("Asia/Seooul")
	}
}
