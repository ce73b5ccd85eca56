package occasion_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/occasion"
)

const tags = `"tags":{"ses:configuration-set":["offpeak-reports"],"offpeak-payer":["111122223333"],"offpeak-quarter":["2026Q3"],"offpeak-state":["final"]}`

var final = delivery.ID{Payer: "111122223333", Quarter: "2026Q3", State: reports.Final}

func ses(kind, what string) string {
	return `{"version":"0","id":"1","detail-type":"` + kind + `","source":"aws.ses","account":"111122223333","region":"ap-northeast-2","detail":{"eventType":"x","mail":{"messageId":"0100",
		"source":"finops@example.com","destination":["Kim <kim@example.co.kr>"],` + tags + `},` + what + `}}`
}

func TestWhatTheFunctionIsCalledWith(t *testing.T) {
	t.Parallel()
	back := func(says string) occasion.Occasion {
		return occasion.Occasion{Back: []occasion.Back{{Report: final, Address: "kim@example.co.kr", Says: says}}}
	}
	key := "111122223333/offpeak-cur/metadata/BILLING_PERIOD=2026-07/offpeak-cur-Manifest.json"
	manifest := occasion.Occasion{Written: []occasion.Object{{Bucket: "exports", Key: key}}}
	for name, test := range map[string]struct {
		event string
		want  occasion.Occasion
		fault string // "nothing": somebody else's
	}{
		"the clock":                 {`{"tick":"2026-10-03T01:00:00Z"}`, occasion.Occasion{Tick: time.Date(2026, 10, 3, 1, 0, 0, 0, time.UTC)}, ""},
		"the clock, in Seoul":       {`{"tick":"2026-10-03T10:00:00+09:00"}`, occasion.Occasion{Tick: time.Date(2026, 10, 3, 1, 0, 0, 0, time.UTC)}, ""},
		"a clock that tells none":   {`{"tick":"0001-01-01T00:00:00Z"}`, occasion.Occasion{}, "tells no time"},
		"a delivery by EventBridge": {`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"exports"},"object":{"key":"` + key + `","size":1}}}`, manifest, ""},
		"a delivery by S3 itself": {
			`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"exports"},"object":{"key":"` + strings.ReplaceAll(key, "=", "%3D") + `"}}}]}`, manifest, "",
		},
		"a deletion":               {`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"exports"},"object":{"key":"x"}}}]}`, occasion.Occasion{}, "nothing"},
		"a key that is none":       {`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"exports"},"object":{"key":"%zz"}}}]}`, occasion.Occasion{}, "%zz"},
		"another event of S3's":    {`{"source":"aws.s3","detail-type":"Object Deleted","detail":{}}`, occasion.Occasion{}, "nothing"},
		"a delivery without a key": {`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"exports"}}}`, occasion.Occasion{}, "nothing"},
		"a bounce": {
			ses("Email Bounced", `"bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"kim@example.co.kr","diagnosticCode":"smtp; 550-5.1.1\r\n no such user"}]}`),
			back("it came back (Permanent, General): smtp; 550-5.1.1 no such user"), "",
		},
		"a complaint":                  {ses("Email Complaint Received", `"complaint":{"complainedRecipients":[{"emailAddress":"kim@example.co.kr"}],"complaintFeedbackType":"abuse"}`), back("its recipient complained of it (abuse)"), ""},
		"a virus, says SES":            {ses("Email Rejected", `"reject":{"reason":"Bad content"}`), back("SES did not send it on: Bad content"), ""},
		"a template that fails":        {ses("Email Rendering Failed", `"failure":{"errorMessage":"x","templateName":"y"}`), back("SES could not write it: x"), ""},
		"a delivery of a mail":         {ses("Email Delivered", `"delivery":{}`), occasion.Occasion{}, "nothing"},
		"a bounce of another mail":     {strings.Replace(ses("Email Bounced", `"bounce":{"bouncedRecipients":[{"emailAddress":"a@b.c"}]}`), "offpeak-payer", "campaign", 1), occasion.Occasion{}, "nothing"},
		"a bounce of nobody":           {strings.Replace(ses("Email Bounced", `"bounce":{"bouncedRecipients":[]}`), `["Kim <kim@example.co.kr>"]`, `[""]`, 1), occasion.Occasion{}, "nothing"},
		"another service":              {`{"source":"aws.ec2","detail-type":"x","detail":{}}`, occasion.Occasion{}, "nothing"},
		"an empty object":              {`{}`, occasion.Occasion{}, "nothing"},
		"no JSON":                      {`hello`, occasion.Occasion{}, "read the event"},
		"a detail of another kind":     {`{"source":"aws.ses","detail-type":"x","detail":"y"}`, occasion.Occasion{}, "event of SES"},
		"a detail of S3's that is odd": {`{"source":"aws.s3","detail-type":"Object Created","detail":[1]}`, occasion.Occasion{}, "event of S3"},
	} {
		got, err := occasion.Parse([]byte(test.event))
		diff := cmp.Diff(test.want, got)
		switch {
		case diff != "":
			t.Errorf("%s (-want +got):\n%s", name, diff)
		case test.fault == "nothing" && !occasion.NothingOfReports(err), test.fault == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.fault != "" && test.fault != "nothing" && (err == nil || occasion.NothingOfReports(err) || !strings.Contains(err.Error(), test.fault)):
			t.Errorf("%s: %v, want %q", name, err, test.fault)
		}
	}
}

func TestWhatAServerSaysIsKeptShort(t *testing.T) {
	t.Parallel()
	o, err := occasion.Parse([]byte(ses("Email Bounced", `"bounce":{"bounceType":"Transient","bouncedRecipients":[{"emailAddress":"kim@example.co.kr","diagnosticCode":"`+strings.Repeat("가", 5000)+`"}]}`)))
	if err != nil || len([]rune(o.Back[0].Says)) != 501 || !strings.HasPrefix(o.Back[0].Says, "it came back (Transient): 가") {
		t.Errorf("%d runes: %v", len([]rune(o.Back[0].Says)), err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"tick":"2026-10-03T01:00:00Z"}`))
	f.Add([]byte(ses("Email Bounced", `"bounce":{"bouncedRecipients":[{"emailAddress":"<"}]}`)))
	f.Add([]byte(`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"object":{"key":"%41"}}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := occasion.Parse(data)
		kinds := 0
		for _, is := range []bool{!o.Tick.IsZero(), len(o.Written) > 0, len(o.Back) > 0} {
			if is {
				kinds++
			}
		}
		if (err == nil) != (kinds == 1) {
			t.Errorf("%d kinds, %v", kinds, err)
		}
	})
}
