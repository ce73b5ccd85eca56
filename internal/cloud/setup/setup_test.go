package setup_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/cloud/setup"
	"offpeak/internal/failure"
	"offpeak/internal/hub"
)

// The stand-in for AWS has no CloudWatch as this SDK speaks to it (Smithy RPC v2 CBOR), so that its answers are written down here.
func TestAlarms(t *testing.T) {
	t.Parallel()
	alarm := func(name, state, why string) cbor.Value {
		return cbor.Map{"AlarmName": cbor.String(name), "StateValue": cbor.String(state), "StateReason": cbor.String(why)}
	}
	pages := map[bool]cbor.Map{
		false: {"MetricAlarms": cbor.List{alarm("offpeak-tick-missed", "OK", ""), alarm("offpeak-dead-wakes", "ALARM", "Threshold Crossed")}, "NextToken": cbor.String("second")},
		true:  {"MetricAlarms": cbor.List{alarm("offpeak-worker-fails", "INSUFFICIENT_DATA", "")}},
	}
	denied := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.HasSuffix(r.URL.Path, "/operation/DescribeAlarms") {
			http.Error(w, "nothing else is there", http.StatusNotFound)
			return
		}
		if !strings.Contains(string(body), "offpeak") {
			t.Errorf("asked for %q", body)
		}
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.Header().Set("Content-Type", "application/cbor")
		if denied {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write(cbor.Encode(cbor.Map{"__type": cbor.String("com.amazonaws.cloudwatch#AccessDenied"), "message": cbor.String("no")}))
			return
		}
		_, _ = w.Write(cbor.Encode(pages[strings.Contains(string(body), "second")]))
	}))
	t.Cleanup(server.Close)
	access, err := cloud.Open(t.Context(), moto.Recorded(server.URL, "ap-northeast-2"))
	if err != nil {
		t.Fatal(err)
	}
	got := setup.Of(t.Context(), access, "hub", "", "")
	want := []hub.AlarmFacts{{Name: "offpeak-tick-missed"}, {Name: "offpeak-dead-wakes", Ringing: true, Why: "Threshold Crossed"}, {Name: "offpeak-worker-fails"}}
	if diff := cmp.Diff(want, got.Alarms); diff != "" || got.AlarmErr != nil {
		t.Errorf("%v\n%s", got.AlarmErr, diff)
	}
	denied = true
	if got := setup.Of(t.Context(), access, "hub", "", ""); failure.Of(got.AlarmErr) != failure.Denied || len(got.Alarms) != 0 {
		t.Errorf("%v, %v", got.Alarms, got.AlarmErr)
	}
}
