// Package functions_test runs the programs of the Lambda functions as they are deployed, by the Lambda runtime API, against an AWS stand-in.
package functions_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"offpeak/functions/invoke"
	"offpeak/internal/cloud"
	"offpeak/internal/cloud/bucket"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/ledger"
)

const patience = 60 * time.Second

// stage is a hub and a spoke account in the stand-in.
type stage struct {
	server *moto.Server
	access *cloud.Access
	store  *bucket.Store
	env    []string
	queue  string
	spoke  fleet.Scope
	ec2    *ec2.Client
}

// set builds a stage of its own in accounts and names that no other test uses.
func set(t testing.TB, spoke fleet.AccountID) *stage {
	t.Helper()
	server := moto.Start(t).Mended(t)
	options := server.Options()
	options.Sleep = func(context.Context, time.Duration) error { return nil } // a stand-in knows no quotas
	access, err := cloud.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{server: server, access: access, spoke: fleet.Scope{Account: spoke, Region: "ap-northeast-2"}}
	hubConfig := access.Config(fleet.Scope{})
	name := "offpeak-" + string(spoke)
	if _, err := s3.NewFromConfig(hubConfig).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	queue, err := sqs.NewFromConfig(hubConfig).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	topic, err := sns.NewFromConfig(hubConfig).CreateTopic(t.Context(), &sns.CreateTopicInput{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	s.queue = aws.ToString(queue.QueueUrl)
	s.store = bucket.Open(access, name, "", moto.Region)
	s.ec2 = ec2.NewFromConfig(access.Config(s.spoke))
	s.env = []string{
		"OFFPEAK_BUCKET=" + name, "OFFPEAK_QUEUE_URL=" + s.queue, "OFFPEAK_TOPIC_ARN=" + aws.ToString(topic.TopicArn),
		"AWS_REGION=" + string(moto.Region), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_ENDPOINT_URL=" + server.URL,
	}
	return s
}

// push makes a policy the current one.
func (s *stage) push(t testing.TB, more string) {
	t.Helper()
	text := fmt.Sprintf("timezone: Asia/Seoul\nenvironments: {dev: {accounts: [%q]}}\naccounts: {list: [%q], external_id: %s}\nregions: [ap-northeast-2]\n%s", s.spoke.Account, s.spoke.Account, externalID, more)
	b, _, err := hub.NewBundle("offpeak.yaml", []byte(text), func(string) ([]byte, error) { return nil, os.ErrNotExist }, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&hub.Policies{Store: s.store}).Push(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// launch runs an instance with a schedule tag, and returns its id.
func (s *stage) launch(t testing.TB, schedule string) string {
	t.Helper()
	out, err := s.ec2.RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-12c6146b"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceType: ec2types.InstanceTypeM5Large,
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeInstance, Tags: []ec2types.Tag{
			{Key: aws.String("offpeak:schedule"), Value: aws.String(schedule)},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.Instances[0].InstanceId)
}

func (s *stage) state(t testing.TB, id string) ec2types.InstanceStateName {
	t.Helper()
	out, err := s.ec2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Reservations[0].Instances[0].State.Name
}

// receive takes what is in the queue, as the event that SQS hands to a function.
func (s *stage) receive(t testing.TB) events.SQSEvent {
	t.Helper()
	client := sqs.NewFromConfig(s.access.Config(fleet.Scope{}))
	var event events.SQSEvent
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &s.queue, MaxNumberOfMessages: 10, MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range out.Messages {
		event.Records = append(event.Records, events.SQSMessage{
			MessageId: aws.ToString(m.MessageId), Body: aws.ToString(m.Body), EventSource: "aws:sqs", AWSRegion: string(moto.Region),
		})
		if _, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &s.queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
	}
	return event
}

// entries are the ledger's, as "state verb", a sweep after the other.
func (s *stage) entries(t testing.TB) (words []string) {
	t.Helper()
	var all []ledger.Entry
	for e, err := range (ledger.Book{Store: s.store}).Read(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), s.spoke) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b ledger.Entry) int { return cmp.Compare(a.Fence, b.Fence) })
	for _, e := range all {
		words = append(words, strings.TrimSpace(string(e.State)+" "+e.Change))
	}
	return words
}

func tick(at time.Time) map[string]string {
	return map[string]string{"tick": at.UTC().Format(time.RFC3339)}
}

func sent(t testing.TB, a invoke.Answer) int {
	t.Helper()
	var tally hub.Tally
	if err := json.Unmarshal(a.Body, &tally); err != nil || a.Failed != "" {
		t.Fatalf("%s %s: %v", a.Failed, a.Body, err)
	}
	return tally.Sent
}

func failures(t testing.TB, a invoke.Answer) []events.SQSBatchItemFailure {
	t.Helper()
	var answer events.SQSEventResponse
	if err := json.Unmarshal(a.Body, &answer); err != nil || a.Failed != "" {
		t.Fatalf("%s %s: %v", a.Failed, a.Body, err)
	}
	return answer.BatchItemFailures
}

// TestOneTickStopsAnInstanceInAnotherAccount is the whole way: the clock's tick, the wake, the sweep, the ledger.
func TestOneTickStopsAnInstanceInAnotherAccount(t *testing.T) {
	t.Parallel()
	s := set(t, "210000000001")
	s.push(t, "observe: 0s\n")
	id := s.launch(t, "stopped")
	left := s.launch(t, "ignore")
	dispatch := start(t, invoke.Build(t, "offpeak/functions/dispatch"), s.env...)
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
	if n := sent(t, dispatch.Call(t, tick(time.Now()), patience)); n != 1 {
		t.Fatalf("a new policy wakes every scope: %d sent\n%s", n, dispatch.Logs())
	}
	wake := s.receive(t)
	first := schedule.Call(t, wake, patience)
	if f := failures(t, first); len(f) != 0 || s.state(t, id) != ec2types.InstanceStateNameRunning {
		t.Fatalf("the first sweep enrols: %v, %s\n%s", f, s.state(t, id), schedule.Logs())
	}
	second := schedule.Call(t, wake, patience) // a duplicate is another look
	if f := failures(t, second); len(f) != 0 || s.state(t, id) != ec2types.InstanceStateNameStopped {
		t.Fatalf("the second sweep stops: %v, %s\n%s", f, s.state(t, id), schedule.Logs())
	}
	third := schedule.Call(t, wake, patience)
	if got := strings.Join(s.entries(t), ", "); got != "enrolled, intent stop, applied stop, verified" {
		t.Errorf("the ledger says %s\n%s", got, schedule.Logs())
	}
	if state := s.state(t, left); state != ec2types.InstanceStateNameRunning {
		t.Errorf("what its owner wants to be ignored is %s", state)
	}
	if n := sent(t, dispatch.Call(t, tick(time.Now().Truncate(time.Hour).Add(20*time.Minute)), patience)); n > 1 {
		t.Errorf("%d wakes where at most one scope is due", n)
	}
	t.Logf("dispatch ready after %s, schedule after %s; sweeps took %s, %s, %s", dispatch.Ready, schedule.Ready, first.Took, second.Took, third.Took)
}

// TestPoisonedMessagesAreDropped: what says nothing of offpeak's is not delivered again, and the others of its batch are answered.
func TestPoisonedMessagesAreDropped(t *testing.T) {
	t.Parallel()
	s := set(t, "210000000002")
	s.push(t, "observe: 0s\n")
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
	event := events.SQSEvent{}
	for i, body := range []string{"", "hello", `{"scope":{"account":"1","region":"x"}}`, `{"scope":{"account":"210000000002","region":"ap-northeast-2"},"sent":"2020-01-01T00:00:00Z"}`} {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: body})
	}
	if f := failures(t, schedule.Call(t, event, patience)); len(f) != 0 {
		t.Errorf("delivered again: %v\n%s", f, schedule.Logs())
	}
	if !schedule.Logged("input dropped", 3) {
		t.Errorf("not three were dropped\n%s", schedule.Logs())
	}
	dispatch := start(t, invoke.Build(t, "offpeak/functions/dispatch"), s.env...)
	if n := sent(t, dispatch.Call(t, []byte(`{"hello":"world"}`), patience)); n != 0 {
		t.Errorf("an input that is none sent %d wakes", n)
	}
	stranger := events.CloudWatchEvent{Source: "aws.tag", DetailType: "Tag Change on Resource", AccountID: "999999999999", Region: "us-east-1"}
	if n := sent(t, dispatch.Call(t, stranger, patience)); n != 0 || !dispatch.Logged("event ignored", 1) {
		t.Errorf("a stranger's event sent %d wakes\n%s", n, dispatch.Logs())
	}
}

// TestAHubWithoutAPolicy says what to do, and a message is delivered again until there is one.
func TestAHubWithoutAPolicy(t *testing.T) {
	t.Parallel()
	s := set(t, "210000000003")
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
	event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: `{"scope":{"account":"210000000003","region":"ap-northeast-2"}}`}}}
	if f := failures(t, schedule.Call(t, event, patience)); len(f) != 1 || !schedule.Logged("offpeak policy push", 1) {
		t.Errorf("%v\n%s", f, schedule.Logs())
	}
	var missing []string
	for _, v := range s.env {
		if !strings.HasPrefix(v, "OFFPEAK_BUCKET=") {
			missing = append(missing, v)
		}
	}
	broken := start(t, invoke.Build(t, "offpeak/functions/dispatch"), missing...)
	if a := broken.Call(t, tick(time.Now()), patience); !strings.Contains(a.Failed, "OFFPEAK_BUCKET") {
		t.Errorf("%+v", a)
	}
}
