package functions_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"offpeak/functions/invoke"
	"offpeak/infra/permit"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
)

// person is somebody at a terminal who has taken one of the hub's roles for people. What IAM refuses them by the reviewed templates, AWS refuses.
type person struct {
	*recorder
	env    []string
	folder string
}

func (s *stage) person(t *testing.T, role string) *person {
	t.Helper()
	out, err := sts.NewFromConfig(s.access.Config(fleet.Scope{})).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::" + string(moto.Home) + ":role/" + role), RoleSessionName: aws.String("kim"),
	})
	if err != nil {
		t.Fatal(err)
	}
	given := out.Credentials
	book.enters(aws.ToString(given.AccessKeyId), caller{role, string(moto.Home)})
	p := &person{recorder: newRecorder(t, s.env), folder: t.TempDir()}
	p.enforces = true
	p.env = slices.Concat(s.env, []string{
		"AWS_ENDPOINT_URL=" + p.URL, "AWS_ACCESS_KEY_ID=" + aws.ToString(given.AccessKeyId), "AWS_SECRET_ACCESS_KEY=" + aws.ToString(given.SecretAccessKey),
		"AWS_SESSION_TOKEN=" + aws.ToString(given.SessionToken), "HOME=" + p.folder, "OFFPEAK_HUB=s3://offpeak-" + string(s.spoke.Account),
		"OFFPEAK_QUEUE_URL=", "OFFPEAK_TOPIC_ARN=",
	})
	return p
}

// types runs the program, and returns what it printed and how it ended.
func (p *person) types(t *testing.T, words ...string) (string, int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), invoke.Build(t, "offpeak/cmd/offpeak"), words...)
	command.Env, command.Dir = p.env, p.folder
	out, err := command.CombinedOutput()
	if exited := new(exec.ExitError); err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	return string(out), command.ProcessState.ExitCode()
}

// alone gives the stage a queue with a dead-letter queue and a topic in a region in which there are no others, as "offpeak doctor" looks for those
// whose names begin with offpeak. The stand-in has no alarms.
func (s *stage) alone(t *testing.T) {
	t.Helper()
	const region = "eu-north-1"
	config := s.access.Config(fleet.Scope{Region: region})
	queues := sqs.NewFromConfig(config)
	name := "offpeak-" + string(s.spoke.Account)
	arn := "arn:aws:sqs:" + region + ":" + string(moto.Home) + ":" + name + "-dead"
	_, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name + "-dead")})
	queue, queueErr := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: &name, Attributes: map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":3}`},
	})
	topic, topicErr := sns.NewFromConfig(config).CreateTopic(t.Context(), &sns.CreateTopicInput{Name: &name})
	if err := errors.Join(err, queueErr, topicErr); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "AWS_REGION="+region, "OFFPEAK_QUEUE_URL="+aws.ToString(queue.QueueUrl), "OFFPEAK_TOPIC_ARN="+aws.ToString(topic.TopicArn))
}

// TestPeopleByTheirRoles: who reads looks at everything in every account and changes nothing; who operates carries a plan out in an account that is
// not theirs, puts it back, and pushes a policy.
func TestPeopleByTheirRoles(t *testing.T) {
	t.Parallel()
	s := set(t, elsewhere)
	front, _ := s.server.Priced(t, "0.1180000000")
	s.env = append(s.env, "AWS_ENDPOINT_URL="+retold(t, front.URL))
	s.alone(t)
	units := s.organized(t)
	policy := s.policyOf(units, elsewhere, "2000-01-01")
	pushText(t, s, policy)
	a := s.zoo(t, "stopped")

	reader := s.person(t, permit.ReaderRole)
	if err := os.WriteFile(filepath.Join(reader.folder, "the-policy.yaml"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		words []string
		code  int
		says  string
	}{
		{[]string{"status"}, 0, "6 opted-in resources, 0 asleep"},
		{[]string{"plan", "--live"}, 0, "stop"},
		{[]string{"inventory", "--live", "--policy", "the-policy.yaml"}, 0, "ec2-instance"},
		{[]string{"explain", "--live", a.machine}, 0, "stopped"},
		{[]string{"doctor", "-o", "json"}, 1, "who only reads may not"},
		{[]string{"restore", "--all", "--dry-run"}, 1, "neither memory nor ledger"},
	} {
		if said, code := reader.types(t, row.words...); code != row.code || !strings.Contains(said, row.says) {
			t.Errorf("a reader types %v: %d\n%s", row.words, code, said)
		}
	}
	for _, text := range reader.denied() {
		if !strings.Contains(text, "s3:PutObject of {ARN:arn:aws:s3:::offpeak-"+elsewhere+"/prices/") && !strings.Contains(text, ":role/"+permit.SpokeRole) {
			t.Errorf("a reader is refused %s", text)
		}
	}

	operator := s.person(t, permit.OperatorRole)
	for _, row := range []struct {
		words []string
		code  int
		says  string
	}{
		{[]string{"plan", "--live", "-o", "json", "--out", "plan.json"}, 0, ""},
		{[]string{"apply", "plan.json", "--yes"}, 1, "4 of 5 done, 1 failed, 0 left"}, // the cluster waits for its snapshot
		{[]string{"status"}, 0, "asleep"},
		{[]string{"restore", "--all", "--dry-run"}, 0, "start " + a.machine},
		{[]string{"restore", "--all", "--yes"}, 0, " 0 failed, 0 left"},
		{[]string{"doctor", "-o", "json"}, 1, "may be stopped and started"},
		{[]string{"policy", "push", "--policy", "next.yaml", "--yes"}, 0, "Pushed"},
		{[]string{"history", a.machine}, 0, "stopped"},
	} {
		if err := os.WriteFile(filepath.Join(operator.folder, "next.yaml"), []byte(s.policyOf(units, elsewhere, "2000-01-02")), 0o600); err != nil {
			t.Fatal(err)
		}
		if said, code := operator.types(t, row.words...); code != row.code || !strings.Contains(said, row.says) {
			t.Errorf("an operator types %v: %d\n%s", row.words, code, said)
		}
	}
	if denied := operator.denied(); len(denied) > 0 {
		t.Errorf("an operator is refused:\n%s", strings.Join(denied, "\n"))
	}
	if state := s.state(t, a.machine); state != ec2types.InstanceStateNameRunning {
		t.Errorf("%s is %s", a.machine, state)
	}
}
