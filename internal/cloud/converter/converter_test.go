package converter_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/converter"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// TestAnInstanceIsReplaced makes every call of a conversion against the stand-in, in the order of the protocol, and looks what there is after each.
func TestAnInstanceIsReplaced(t *testing.T) {
	t.Parallel()
	server := moto.Start(t).Tokens(t)
	access, err := cloud.Open(t.Context(), server.Options())
	if err != nil {
		t.Fatal(err)
	}
	scope := fleet.Scope{Account: "900000000801", Region: "ap-northeast-2"}
	account := server.Account(t, scope)
	tags := fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}, fleet.Tag{Key: "Name", Value: "build"})
	id := account.Launch(1, tags, func(in *ec2.RunInstancesInput) { in.UserData = aws.String("IyEvYmluL3NoCg==") })[0]
	client := ec2.NewFromConfig(account.Config)
	c := converter.New(access)
	before, err := c.Describe(t.Context(), scope, id)
	if err != nil {
		t.Fatal(err)
	}
	volume, err := client.CreateVolume(t.Context(), &ec2.CreateVolumeInput{AvailabilityZone: &before.Zone, Size: aws.Int32(8)})
	if err != nil {
		t.Fatal(err)
	}
	data := converter.Volume{ID: aws.ToString(volume.VolumeId), Device: "/dev/sdf"}
	if err := c.Attach(t.Context(), scope, data, id); err != nil {
		t.Fatal(err)
	}
	old, err := c.Describe(t.Context(), scope, id)
	if err != nil || len(old.Volumes) != 2 || !old.Running || old.Interface == "" || len(old.Tags) != 2 || !strings.Contains(string(old.Rest), "IyEvYmluL3NoCg==") {
		t.Fatalf("%+v, %s, %v", old, old.Rest, err)
	}
	const name = "act-1"
	look := func() converter.Seen {
		t.Helper()
		s, err := c.Look(t.Context(), scope, &old, name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := look(); s.Old.State != "running" || s.New.ID != "" || s.Attached != id || s.InterfaceGone || s.Places[data.ID].Attached != id || s.Image != "" {
		t.Fatalf("at first %+v", s)
	}
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	must("protect", c.Protect(t.Context(), scope, id, true))
	if s := look(); !s.Old.Protected {
		t.Errorf("not protected: %+v", s.Old)
	}
	must("unprotect", c.Protect(t.Context(), scope, id, false))
	kept := slices.Clone(old.Volumes)
	for i := range kept {
		kept[i].Kept = true
	}
	must("keep volumes", c.Keep(t.Context(), scope, id, kept))
	must("keep the interface", c.KeepInterface(t.Context(), scope, old.Interface, true))
	if s := look(); !s.Old.KeepsInterface || len(s.Old.KeptVolumes) != 2 {
		t.Errorf("not all is kept: %+v", s.Old)
	}
	must("rehearse", c.Rehearse(t.Context(), scope, &old, "", fleet.SpotPersistent))
	must("stop", c.Stop(t.Context(), scope, id))
	must("image", c.CreateImage(t.Context(), scope, &old, name))
	s := look()
	if s.Old.State != "stopped" || s.Image == "" || s.ImageState != "available" {
		t.Fatalf("stopped, with an image: %+v", s)
	}
	must("end", c.Terminate(t.Context(), scope, id))
	must("run", c.Run(t.Context(), scope, &old, name, s.Image, fleet.SpotPersistent))
	if s = look(); s.New.State != "running" || s.New.Lifecycle == fleet.OnDemand || s.Attached != s.New.ID || s.Places[data.ID].Attached != "" || s.Places[data.ID].Missing {
		t.Fatalf("run: %+v", s)
	}
	must("attach", c.Attach(t.Context(), scope, data, s.New.ID))
	if at := look().Places[data.ID]; at.Attached != s.New.ID || at.Device != "/dev/sdf" {
		t.Errorf("attached: %+v", at)
	}
	successor, err := c.Describe(t.Context(), scope, s.New.ID)
	if err != nil || successor.Interface != old.Interface || !slices.Equal(successor.Tags, old.Tags) || successor.Type != old.Type || !strings.Contains(string(successor.Rest), "IyEvYmluL3NoCg==") {
		t.Errorf("the successor is %+v, %s (%v)", successor, successor.Rest, err)
	}
	theirs, err := client.CreateImage(t.Context(), &ec2.CreateImageInput{InstanceId: &s.New.ID, Name: aws.String("golden")})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.RemoveImage(t.Context(), scope, aws.ToString(theirs.ImageId)); failure.Of(err) != failure.InvalidState || !strings.Contains(err.Error(), "golden") {
		t.Errorf("an image of somebody else's: %v", err)
	}
	must("remove the image", c.RemoveImage(t.Context(), scope, s.Image))
	must("remove it again", c.RemoveImage(t.Context(), scope, s.Image))
	if s := look(); s.Old.State != "terminated" || s.Image != "" {
		t.Errorf("ended: %+v", s)
	}
	if _, err := c.Describe(t.Context(), scope, id); failure.Of(err) != failure.Gone {
		t.Errorf("it is gone: %v", err)
	}
	if _, err := c.Describe(t.Context(), scope, "i-0123456789abcdef0"); failure.Of(err) != failure.Gone {
		t.Errorf("it never was: %v", err)
	}
}

// TestARequestThatLaunchesAnewIsCancelled: the end of an instance of a persistent request makes EC2 launch another one while the request is there.
func TestARequestThatLaunchesAnewIsCancelled(t *testing.T) {
	t.Parallel()
	state := "disabled"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		answer := map[string]string{
			"DescribeInstances": `<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceState><name>stopped</name></instanceState>` +
				`<instanceLifecycle>spot</instanceLifecycle><spotInstanceRequestId>sir-1</spotInstanceRequestId></item></instancesSet></item></reservationSet>`,
			"DescribeSpotInstanceRequests": `<spotInstanceRequestSet><item><spotInstanceRequestId>sir-1</spotInstanceRequestId><type>persistent</type><state>` + state + `</state></item></spotInstanceRequestSet>`,
			"DescribeInstanceAttribute":    `<disableApiTermination><value>false</value></disableApiTermination>`,
		}[r.Form.Get("Action")]
		if r.Form.Get("Action") == "CancelSpotInstanceRequests" {
			if r.Form.Get("DryRun") == "true" || r.Form.Get("SpotInstanceRequestId.1") != "sir-1" {
				w.WriteHeader(http.StatusForbidden)
				_, _ = io.WriteString(w, `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>`)
				return
			}
			state = "cancelled"
		}
		_, _ = io.WriteString(w, "<"+r.Form.Get("Action")+"Response>"+answer+"</"+r.Form.Get("Action")+"Response>")
	}))
	t.Cleanup(server.Close)
	access, err := cloud.Open(t.Context(), moto.Recorded(server.URL, "ap-northeast-2"))
	if err != nil {
		t.Fatal(err)
	}
	c, scope := converter.New(access), fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	look := func() converter.Instance {
		t.Helper()
		s, err := c.Look(t.Context(), scope, &converter.Attributes{ID: "i-1", Interface: "eni-1"}, "act-1")
		if err != nil {
			t.Fatal(err)
		}
		return s.Old
	}
	for _, launches := range []string{"open", "active", "disabled"} {
		if state = launches; look().Request != "sir-1" || look().Lifecycle != fleet.SpotPersistent {
			t.Errorf("a request that is %s: %+v", launches, look())
		}
	}
	if err := c.RehearseCancel(t.Context(), scope, "sir-1"); failure.Of(err) != failure.Denied {
		t.Errorf("rehearsed by who may not: %v", err)
	}
	if err := c.Cancel(t.Context(), scope, "sir-1"); err != nil || look().Request != "" || look().Lifecycle != fleet.SpotPersistent {
		t.Errorf("cancelled: %v, %+v", err, look())
	}
}
