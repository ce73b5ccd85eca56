package policy_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/autospot"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/policy"
	"offpeak/scheduler"
	"offpeak/scheduler/custodian"
	"offpeak/scheduler/wall"
)

func load(t *testing.T, name string) *policy.Policy {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(samples, name))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(name, data, beside(samples))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSample(t *testing.T) {
	t.Parallel()
	p := load(t, "offpeak.yaml")
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"schedules", p.Schedules, []string{"seoul-office", "night-batch", "weekend-shift", "stop-only", "office-hours"}},
		{"zone", p.Rules.Zone.String(), "Asia/Seoul"},
		{"prod", p.Rules.Environments[0], fleet.Environment{
			Name: "prod", Accounts: []fleet.AccountID{"333344445555"}, Protected: true,
			Tags: map[string][]string{"Environment": {"prod", "prd", "real", "live", "운영"}},
		}},
		{"stg", p.Rules.Environments[1].Default, "seoul-office"},
		{"dev", p.Rules.Environments[2].Tags["Environment"], []string{"dev", "development", "개발"}},
		{"keys", p.Rules.Keys, fleet.TagKeys{
			Schedule: []string{"offpeak:schedule", "Schedule"}, Custodian: "maid_offhours",
			Override: "offpeak:override", Spot: "offpeak:spot", Group: "offpeak:group", Order: "offpeak:order",
			Snapshot: "offpeak:snapshot",
		}},
		{"custodian", p.Rules.Custodian, custodian.Defaults{Zone: "Asia/Seoul", OffHour: 19, OnHour: 8, Weekends: true}},
		{"holidays of tags", p.Rules.Inline.Closed[0].Name, "kr"},
		{"stale after", p.Rules.StaleAfter, 10 * time.Minute},
		{"max failures", p.Guards, policy.Guards{MaxFailures: 20}},
		{"observe", p.Observe, 7 * 24 * time.Hour},
		{"regions", p.Regions, []fleet.Region{"ap-northeast-2", "us-east-1"}},
		{"description", p.Description("stop-only"), "Whoever needs it starts it"},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	office := p.Rules.Schedules["seoul-office"]
	if office.StopAfter != 3*time.Hour || office.ReadyBy != scheduler.DefaultLead || len(office.Closed) != 1 || office.Enforce {
		t.Errorf("seoul-office: %+v", office.Schedule)
	}
}

func TestSchedulesOfTheSampleOpenWhenTheySay(t *testing.T) {
	t.Parallel()
	p := load(t, "offpeak.yaml")
	for _, tt := range []struct {
		what, schedule, at string
		want               wall.State
	}{
		{"opens on a working day", "seoul-office", "2026-12-30T08:30:00+09:00", wall.Running},
		{"stays down on a public holiday", "seoul-office", "2026-12-25T12:00:00+09:00", wall.Stopped},
		{"stays down on the company's own holiday", "seoul-office", "2026-12-31T12:00:00+09:00", wall.Stopped},
		{"closes", "seoul-office", "2026-12-30T19:30:00+09:00", wall.Stopped},
		{"goes over midnight", "night-batch", "2026-12-30T05:59:00+09:00", wall.Running},
		{"knows the last Friday", "night-batch", "2026-11-27T09:00:00+09:00", wall.Running},
		{"knows a date", "night-batch", "2026-12-24T12:59:00+09:00", wall.Running},
		{"spans the weekend", "weekend-shift", "2026-11-22T03:00:00+09:00", wall.Running},
		{"wants nothing before its stop", "stop-only", "2026-11-22T20:59:00+09:00", wall.Any},
		{"stops", "stop-only", "2026-11-22T21:00:00+09:00", wall.Stopped},
		{"keeps the periods of Instance Scheduler", "office-hours", "2026-11-23T17:59:00+09:00", wall.Running},
	} {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Rules.Schedules[tt.schedule].State(at); got != tt.want {
			t.Errorf("%s %s: at %s got %s, want %s", tt.schedule, tt.what, tt.at, got, tt.want)
		}
	}
}

func TestFull(t *testing.T) {
	t.Parallel()
	p := load(t, "full.yaml")
	office, lab, retired := p.Rules.Schedules["seoul-office"], p.Rules.Schedules["lab"], p.Rules.Schedules["retired"]
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"a single value is a list of one", p.Rules.Environments[2].Tags["Team"], []string{"verification"}},
		{"zeros at the front of an account stay", p.Rules.Environments[3].Accounts, []fleet.AccountID{"011122223333"}},
		{"a long description keeps its lines", p.Description("seoul-office"), "Office hours in Seoul.\nAsk the platform team for others."},
		{"ready by a time", office.ReadyBy, 15 * time.Minute},
		{"start only what offpeak stopped", office.OnlyStoppedByUs, true},
		{"hibernate", office.Hibernate, true},
		{"snapshots of databases", office.SnapshotDays, 7},
		{"hold", office.Hold[0].Name, "freeze"},
		{"a zone of its own", p.Rules.Schedules["rome"].Zone.String(), "Europe/Rome"},
		{"ready by the default", p.Rules.Schedules["rome"].ReadyBy, scheduler.DefaultLead},
		{"not ready by anything", p.Rules.Schedules["start-and-stop"].ReadyBy, time.Duration(0)},
		{"always running", lab.Constantly() && lab.Constant == wall.Running && lab.Enforce, true},
		{"always stopped", retired.Constantly() && retired.Constant == wall.Stopped, true},
		{"a period without a name", p.Rules.Schedules["office-hours"].Pattern.String() != "", true},
		{"a day removed", closedOn(t, office, "2026-07-17"), false},
		{"a day added", closedOn(t, office, "2026-12-31"), true},
		{"days added", closedOn(t, office, "2026-08-07"), true},
		{"days of a CSV file", closedOn(t, p.Rules.Schedules["night-batch"], "2026-12-30"), true},
		{"keep address", p.Rules.KeepAddress, true},
		{"instance store", p.Rules.AllowInstanceStore, true},
		{"kill switch", p.Rules.KillSwitch, scheduler.KillStops},
		{"stale after", p.Rules.StaleAfter, 15 * time.Minute},
		{"max failures", p.Guards.MaxFailures, 10},
		{"how far AutoSpot goes", p.Spot.Mode, autospot.Ask},
		{"commitments do not count", p.Spot.Uncommitted, true},
		{"how long images of conversions are kept", p.Spot.KeepImages, 30},
		{"what the tag's yes means", p.Spot.Profiles["default"], autospot.Profile{Name: "default", Loss: 20, Odds: 0.1, MinimumSaving: 25, Deny: []string{"t3.*"}, Churn: 10}},
		{"a Spot profile", p.Spot.Profiles["batch"], autospot.Profile{
			Name: "batch", Loss: 50, Odds: 0.25, MinimumSaving: 30, OnDemand: 1, Allow: []string{"m5.*", "m6i.*", "c5.2xlarge"}, Deny: []string{"*.metal", "t3.*"},
			Interruption: money.USDOf(decimal.RequireFromString("0.50")), Churn: 40,
		}},
		{"AutoSpot's environments", p.Spot.Environments, p.Rules.Environments},
		{"AutoSpot's key", p.Spot.Keys.Spot, "offpeak:spot"},
		{"observe", p.Observe, 14 * 24 * time.Hour},
		{"tenants", p.Tenants, []policy.Tenant{
			{
				Name: "retail", Payer: "555566667777", Accounts: []fleet.AccountID{"011122223333", "333344445555"}, Bill: "s3://retail-bill/exports",
				Recipients: []policy.Recipient{{Address: "finance@example.com", Language: "ko"}, {Address: "cfo@example.com", Language: "en"}}, Languages: []string{"ko", "en"}, PriceFactor: "1.05", WellArchitected: "Retail DEV and STG",
			},
			{Name: "logistics", Payer: "666677778888", Languages: []string{"ko"}, PriceFactor: "1"},
		}},
		{"report", p.Report, policy.Report{
			TeamTag: "Team", OwnerTags: []string{"Owner", "Team"}, CostTag: "offpeak:app", WorkingHours: "seoul-office",
			Currency: &policy.Currency{Code: "KRW", PerUSD: "1384.50", Source: "Seoul Money Brokerage", Date: "2026-09-30"},
		}},
		{"price", p.Prices[fleet.PriceKey{Region: "ap-northeast-2", Type: "db.r6g.large", Product: "postgres", MultiAZ: true}].String(), "0.596"},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestTheWindowsOfASchedule(t *testing.T) {
	t.Parallel()
	p := load(t, "full.yaml")
	if h, ok := p.Opening("seoul-office"); !ok || h.String() != "mon-fri 08:30-19:30" {
		t.Errorf("seoul-office is open %q (%v)", h, ok)
	}
	for _, name := range []string{"lab", "stop-only", "nobody's"} {
		if h, ok := p.Opening(name); ok {
			t.Errorf("%s is open %q", name, h)
		}
	}
}

func closedOn(t *testing.T, s *scheduler.Compiled, date string) bool {
	t.Helper()
	d, err := wall.ParseDate(date)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Closed {
		if _, closed := c.Closed(d.At(9*60), s.Zone); closed {
			return true
		}
	}
	return false
}

func TestVersion(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(samples, "full.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load("some/folder/full.yaml", data, beside(samples))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if want := hex.EncodeToString(sum[:]); p.Hash != want || p.Rules.Policy != "full.yaml@"+want[:12] {
		t.Errorf("got %s and %s, want %s", p.Hash, p.Rules.Policy, want)
	}
	var paths []string
	for _, f := range p.Files {
		paths = append(paths, f.Path)
	}
	if diff := cmp.Diff([]string{"calendars/release-freeze.ics", "calendars/plant.csv"}, paths); diff != "" {
		t.Error(diff)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	p, err := policy.Load("offpeak.yaml", []byte(minimal), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fleet.KeysWithPrefix(fleet.DefaultPrefix), p.Rules.Keys); diff != "" {
		t.Error(diff)
	}
	if p.Rules.StaleAfter != 10*time.Minute || p.Guards.MaxFailures != 20 || p.Observe != 7*24*time.Hour || p.Rules.KillSwitch != scheduler.KillNothing {
		t.Errorf("got %+v", p)
	}
	// A tag of Cloud Custodian under offpeak's own key means the policy's zone, as hours in a tag do.
	if want := (custodian.Defaults{Zone: "Asia/Seoul", OffHour: 19, OnHour: 7, Weekends: true}); cmp.Diff(want, p.Rules.Custodian) != "" {
		t.Errorf("got %+v, want %+v", p.Rules.Custodian, want)
	}
	other, err := policy.Load("offpeak.yaml", []byte(minimal+"tags: {prefix: 'acme/', group: Stack}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := fleet.TagKeys{Schedule: []string{"acme/schedule"}, Override: "acme/override", Spot: "acme/spot", Group: "Stack", Order: "acme/order", Snapshot: "acme/snapshot"}
	if diff := cmp.Diff(want, other.Rules.Keys); diff != "" {
		t.Error(diff)
	}
}

// Who stands in the list twice, be it in other letters, is mailed once, in the language of the first; the file is told of.
func TestARecipientIsNamedOnce(t *testing.T) {
	t.Parallel()
	p, err := policy.Load("offpeak.yaml", []byte(minimal+`tenants: {retail: {payer: "111122223333", languages: [ko, en], recipients: [{address: Kim@example.com, language: en}, kim@EXAMPLE.com, lee@example.com, lee@example.com]}}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []policy.Recipient{{Address: "Kim@example.com", Language: "en"}, {Address: "lee@example.com", Language: "ko"}}
	if diff := cmp.Diff(want, p.Tenants[0].Recipients); diff != "" || len(p.Warnings) != 2 {
		t.Errorf("(-want +got):\n%s%v", diff, p.Warnings)
	}
}
