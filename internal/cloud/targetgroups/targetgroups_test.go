package targetgroups_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/cloud/targetgroups"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

var seoul = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}

// serve answers by the target group's ARN, and counts.
func serve(t *testing.T, calls map[string]int) *targetgroups.Reader {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		arn := q.FormValue("TargetGroupArn")
		calls[arn]++
		code := map[string]string{"gone": "TargetGroupNotFound", "denied": "AccessDenied", "busy": "Throttling"}[arn]
		if q.FormValue("Action") != "DescribeTargetGroupAttributes" {
			code = "InvalidAction"
		}
		if code != "" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>`, code)
			return
		}
		kind, on, _ := strings.Cut(arn, "/")
		_, _ = io.WriteString(w, `<DescribeTargetGroupAttributesResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetGroupAttributesResult><Attributes>
<member><Key>stickiness.type</Key><Value>`+kind+`</Value></member><member><Key>stickiness.enabled</Key><Value>`+on+`</Value></member></Attributes></DescribeTargetGroupAttributesResult></DescribeTargetGroupAttributesResponse>`)
	}))
	t.Cleanup(server.Close)
	access, err := cloud.Open(t.Context(), moto.Recorded(server.URL, seoul.Region))
	if err != nil {
		t.Fatal(err)
	}
	return targetgroups.New(access, fleet.KeysWithPrefix(fleet.DefaultPrefix))
}

func group(wish string, targets ...string) fleet.Resource {
	r := fleet.Resource{Kind: fleet.AutoScalingGroup, Scope: seoul, Launch: &fleet.Launch{}, Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: wish})}
	for _, arn := range targets {
		r.Launch.Targets = append(r.Launch.Targets, fleet.Target{ARN: arn})
	}
	return r
}

func TestWhatKeepsSessions(t *testing.T) {
	t.Parallel()
	calls := map[string]int{}
	s := &fleet.Snapshot{Resources: []fleet.Resource{
		group("yes", "lb_cookie/true", "lb_cookie/false"), group("yes", "lb_cookie/true", "source_ip/true"), group("no", "source_ip/false"), group("yes", "gone"),
	}}
	s.Resources[3].Launch.Targets = append(s.Resources[3].Launch.Targets, fleet.Target{ARN: "old", Kind: "classic"})
	if err := serve(t, calls).Complete(t.Context(), seoul, s); err != nil {
		t.Fatal(err)
	}
	var got [][]fleet.Target
	for i := range s.Resources {
		got = append(got, s.Resources[i].Launch.Targets)
	}
	want := [][]fleet.Target{
		{{ARN: "lb_cookie/true", Kind: "application", Sticky: true}, {ARN: "lb_cookie/false", Kind: "application"}},
		{{ARN: "lb_cookie/true", Kind: "application", Sticky: true}, {ARN: "source_ip/true", Kind: "network", Sticky: true}},
		{{ARN: "source_ip/false"}},
		{{ARN: "gone"}, {ARN: "old", Kind: "classic"}},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	if diff := cmp.Diff(calls, map[string]int{"lb_cookie/true": 1, "lb_cookie/false": 1, "source_ip/true": 1, "gone": 1}); diff != "" {
		t.Errorf("calls (-got +want)\n%s", diff)
	}
}

func TestWhatMayNotBeAskedStaysUnknown(t *testing.T) {
	t.Parallel()
	s := &fleet.Snapshot{Resources: []fleet.Resource{group("yes", "denied")}}
	if err := serve(t, map[string]int{}).Complete(t.Context(), seoul, s); err != nil || s.Resources[0].Launch.Targets[0].Kind != "" || len(s.NotChecked) != 1 || !strings.Contains(s.NotChecked[0], "DescribeTargetGroupAttributes") {
		t.Errorf("%v, %q", err, s.NotChecked)
	}
	busy := &fleet.Snapshot{Resources: []fleet.Resource{group("yes", "busy")}}
	if err := serve(t, map[string]int{}).Complete(t.Context(), seoul, busy); failure.Of(err) != failure.Throttled {
		t.Errorf("%v (%s)", err, failure.Of(err))
	}
}
