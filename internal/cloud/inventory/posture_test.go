package inventory_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/inventory"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
	"offpeak/internal/local"
)

// telling is a reader that asks how things are set up.
func telling(a *cloud.Access) *inventory.Reader {
	return inventory.New(a, inventory.Options{Keys: []string{key, "Schedule"}, Posture: inventory.Postures, Now: func() time.Time { return now }})
}

// TestPostureAgreesWithFiles holds what is read live against what the readers of files make of the same answers, over moto.
func TestPostureAgreesWithFiles(t *testing.T) {
	t.Parallel()
	access := must[*cloud.Access](t)(cloud.Open(t.Context(), moto.Start(t).Options()))
	w := &world{t, access, inventory.New(access, inventory.Options{Keys: []string{key, "Schedule"}, Now: func() time.Time { return now }})}
	scope := fleet.Scope{Account: "900000000602", Region: "ap-northeast-2"}
	w.fill(scope)
	listed := must[*ec2.DescribeVolumesOutput](t)(ec2.NewFromConfig(w.access.Config(scope)).DescribeVolumes(t.Context(), nil))
	files := must[fleet.Snapshot](t)(local.ReadInventory(append(w.listings(scope), printed(t, "Volumes", listed.Volumes, false)), local.Options{Taken: now, Posture: true}))
	for name, read := range map[string]func() (fleet.Snapshot, error){
		"opted in":   func() (fleet.Snapshot, error) { return telling(access).Snapshot(t.Context(), scope) },
		"everything": func() (fleet.Snapshot, error) { return telling(access).Everything(t.Context(), scope) },
	} {
		compared, disks := 0, 0
		for _, r := range must[fleet.Snapshot](t)(read()).Resources {
			at := slices.IndexFunc(files.Resources, func(f fleet.Resource) bool { return f.ARN == r.ARN })
			if at < 0 {
				continue
			}
			if diff := cmp.Diff(files.Resources[at].Posture, r.Posture); diff != "" {
				t.Errorf("%s: %s %s, files and live: %s", name, r.Kind, r.ID, diff)
			}
			if r.Posture != nil {
				compared++
				for _, d := range r.Posture.Volumes {
					if d.Type != "" && d.Encrypted != fleet.Unknown {
						disks++
					}
				}
			}
		}
		if compared < 10 || disks < 3 {
			t.Errorf("%s: only %d were compared, with %d volumes", name, compared, disks)
		}
	}
}

// withVolume is an instance with volumes.
func withVolume(id string, volumes ...string) string {
	var mapped strings.Builder
	for _, v := range volumes {
		mapped.WriteString("<item><deviceName>/dev/xvda</deviceName><ebs><volumeId>" + v + "</volumeId></ebs></item>")
	}
	return instance(id, running+"<metadataOptions><httpTokens>optional</httpTokens></metadataOptions><blockDeviceMapping>"+mapped.String()+"</blockDeviceMapping>")
}

// volumePage is an answer of DescribeVolumes.
func volumePage(next string, list ...string) string {
	return "<DescribeVolumesResponse><volumeSet>" + strings.Join(list, "") + "</volumeSet>" + when("nextToken", next) + "</DescribeVolumesResponse>"
}

func volume(id, kind string, encrypted bool) string {
	return fmt.Sprintf("<item><volumeId>%s</volumeId><volumeType>%s</volumeType><encrypted>%t</encrypted></item>", id, kind, encrypted)
}

func TestVolumesAreAskedForInPages(t *testing.T) {
	t.Parallel()
	_, access, account := reader(t, map[string]answer{
		"DescribeInstances": always(instances("", withVolume("i-1", "vol-1", "vol-3"), withVolume("i-2", "vol-2"))),
		"DescribeVolumes":   inTurn(volumePage("more", volume("vol-1", "gp2", false), "<item/>"), volumePage("", volume("vol-2", "gp3", true), volume("vol-9", "io2", true))),
	})
	s := must[fleet.Snapshot](t)(telling(access).Snapshot(t.Context(), seoul))
	want := &fleet.Posture{
		Zones: []string{"ap-northeast-2a"}, IMDSv2: fleet.No, Public: fleet.No, Volumes: []fleet.Disk{{ID: "vol-1", Type: "gp2", Encrypted: fleet.No}, {ID: "vol-3"}},
	}
	if diff := cmp.Diff(want, find(t, s, "i-1").Posture); diff != "" {
		t.Error(diff)
	}
	if got := find(t, s, "i-2").Posture.Volumes; !cmp.Equal(got, []fleet.Disk{{ID: "vol-2", Type: "gp3", Encrypted: fleet.Yes}}) {
		t.Errorf("got %+v", got)
	}
	calls := account.made("DescribeVolumes")
	if len(calls) != 2 || calls[1].form.Get("NextToken") != "more" || calls[0].form.Get("Filter.1.Name") != "attachment.instance-id" || calls[0].form.Get("Filter.1.Value.2") != "i-2" {
		t.Errorf("calls: %v", calls)
	}
}

func TestVolumesThatMayNotBeListedAreNotKnown(t *testing.T) {
	t.Parallel()
	_, access, _ := reader(t, map[string]answer{
		"DescribeInstances": always(instances("", withVolume("i-1", "vol-1"))),
		"DescribeVolumes": func(asked) (int, string) {
			return http.StatusForbidden, "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>you may not</Message></Error></Errors><RequestID>1</RequestID></Response>"
		},
	})
	s := must[fleet.Snapshot](t)(telling(access).Everything(t.Context(), seoul))
	if got := find(t, s, "i-1").Posture; got.IMDSv2 != fleet.No || !cmp.Equal(got.Volumes, []fleet.Disk{{ID: "vol-1"}}) {
		t.Errorf("got %+v", got)
	}
	if !slices.Contains(s.NotChecked, "types and encryption of volumes (the role may not call ec2:DescribeVolumes)") {
		t.Errorf("it is not said that volumes were not looked at: %q", s.NotChecked)
	}
}

// A sweep asks for what opts in, and not how it is set up: no call more, and no fact in its snapshot.
func TestSweepsDoNotAskForVolumes(t *testing.T) {
	t.Parallel()
	answers := map[string]answer{"DescribeInstances": always(instances("", withVolume("i-1", "vol-1")))}
	s, account := snapshot(t, answers)
	if calls := account.made("DescribeVolumes"); len(calls) > 0 || find(t, s, "i-1").Posture != nil {
		t.Errorf("%d calls, %+v", len(calls), find(t, s, "i-1").Posture)
	}
	r, _, everything := reader(t, answers)
	must[fleet.Snapshot](t)(r.Everything(t.Context(), seoul))
	if calls := everything.made("DescribeVolumes"); len(calls) > 0 {
		t.Errorf("%d calls for everything, by who did not ask", len(calls))
	}
}
