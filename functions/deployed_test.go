package functions_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"offpeak/functions/invoke"
	"offpeak/internal/cloud"
	"offpeak/internal/cloud/bucket"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
)

// home is where the reviewed templates put the hub.
const home = "ap-northeast-2"

// beyond are types that the stand-in's CloudFormation refuses or stumbles over, and that are taken out before it sees a template. It leaves out by
// itself, without a word, policies of buckets and topics, schedules, the settings of asynchronous calls and policies beside roles; it calls the
// functions x86_64. None of that is shown here.
var beyond = []string{"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Events::Rule", "AWS::Lambda::Permission", "AWS::SQS::QueuePolicy"}

// stack is a template, as far as it is read here.
type stack struct {
	Resources map[string]map[string]any
}

func template(t testing.TB, name string) (text string, read stack) {
	t.Helper()
	data, err := os.ReadFile("../testdata/infra/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var whole map[string]any
	if err := json.Unmarshal(data, &whole); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	kept := map[string]any{}
	for id, r := range read.Resources {
		kind, _ := r["Type"].(string)
		if properties, ok := r["Properties"].(map[string]any); ok && (kind == "AWS::KMS::Key" || kind == "AWS::SSM::Parameter") {
			delete(properties, "Tags") // of these the stand-in knows tags in another form than CloudFormation's alone
		}
		if !slices.Contains(beyond, kind) {
			kept[id] = r
		}
	}
	whole["Resources"] = kept
	if parameters, ok := whole["Parameters"].(map[string]any); ok {
		delete(parameters, "BootstrapVersion") // CDK's own look at how an account was bootstrapped
		delete(whole, "Rules")
	}
	data, err = json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return string(data), read
}

// deploy makes a stack of a template and returns what its resources are called.
func deploy(t testing.TB, c *cloudformation.Client, name, text string) map[string]string {
	t.Helper()
	if _, err := c.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: &name, TemplateBody: &text, Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityNamedIam},
	}); err != nil {
		t.Fatal(err)
	}
	made, err := c.DescribeStackResources(t.Context(), &cloudformation.DescribeStackResourcesInput{StackName: &name})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]string{}
	for _, r := range made.StackResources {
		named[aws.ToString(r.LogicalResourceId)] = aws.ToString(r.PhysicalResourceId)
	}
	return named
}

// TestWhatIsDeployedWorks makes the reviewed templates into stacks, gives the built functions the environment that the template gives them, and
// the dispatcher the input that the template's clock sends: an instance in another account is stopped, the ledger tells of it, and so does the
// program at a person's terminal.
func TestWhatIsDeployedWorks(t *testing.T) {
	t.Parallel()
	server := moto.Start(t).Mended(t)
	options := server.Options("210000000091")
	options.Region = home
	access, err := cloud.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	own, _, err := access.Self(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hubConfig := access.Config(fleet.Scope{})
	putAsset(t, s3.NewFromConfig(hubConfig), "cdk-hnb659fds-assets-"+string(own)+"-"+home)
	text, hubTemplate := template(t, "hub-aws-keys.json")
	parts := deploy(t, cloudformation.NewFromConfig(hubConfig), "offpeak-hub", text)

	s := &stage{server: server, access: access, spoke: fleet.Scope{Account: "210000000091", Region: home}, queue: parts["Wakes"]}
	s.store = bucket.Open(access, parts["Store"], "", home)
	s.ec2 = ec2.NewFromConfig(access.Config(s.spoke))
	roles, _ := template(t, "spoke-roles.json")
	deploy(t, cloudformation.NewFromConfig(access.Config(s.spoke)), "offpeak-spoke-roles", roles)
	common := []string{"AWS_REGION=" + home, "AWS_ACCESS_KEY_ID=" + key(t, access), "AWS_SECRET_ACCESS_KEY=test", "AWS_ENDPOINT_URL=" + server.URL}
	s.push(t, "observe: 0s\n")
	id := s.launch(t, "stopped")

	dispatch := start(t, invoke.Build(t, "offpeak/functions/dispatch"),
		slices.Concat(common, environment(t, hubTemplate, "Dispatch", parts))...)
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"),
		slices.Concat(common, environment(t, hubTemplate, "Schedule", parts))...)
	input := hubTemplate.Resources["Tick"]["Properties"].(map[string]any)["Target"].(map[string]any)["Input"].(string)
	input = strings.ReplaceAll(input, "<aws.scheduler.scheduled-time>", time.Now().UTC().Format(time.RFC3339))
	if n := sent(t, dispatch.Call(t, json.RawMessage(input), patience)); n != 1 {
		t.Fatalf("%d wakes were sent\n%s", n, dispatch.Logs())
	}
	wake := s.receive(t)
	for range 3 { // enrols, stops, verifies
		if f := failures(t, schedule.Call(t, wake, patience)); len(f) != 0 {
			t.Fatalf("%v\n%s", f, schedule.Logs())
		}
	}
	if state := s.state(t, id); state != ec2types.InstanceStateNameStopped {
		t.Errorf("the instance is %s\n%s", state, schedule.Logs())
	}
	if got := strings.Join(s.entries(t), ", "); got != "enrolled, intent stop, applied stop, verified" {
		t.Errorf("the ledger says %s", got)
	}
	tell := exec.CommandContext(t.Context(), invoke.Build(t, "offpeak/cmd/offpeak"), "history", id, "--hub", "s3://"+parts["Store"], "--region", home)
	tell.Env = append(slices.Clone(common), "HOME="+t.TempDir())
	if told, err := tell.CombinedOutput(); err != nil || !strings.Contains(string(told), "seen to have worked") {
		t.Errorf("its history: %v\n%s", err, told)
	} else {
		t.Logf("%s", told)
	}
	if n := sent(t, dispatch.Call(t, tick(time.Now().Truncate(time.Hour)), patience)); n != 1 { // the hourly look, which also counts what is asleep
		t.Errorf("%d wakes were sent by the hour", n)
	}
}

// putAsset puts a program where CDK would have put it.
func putAsset(t testing.TB, c *s3.Client, name string) {
	t.Helper()
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: home},
	}); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	if _, err := archive.Create("bootstrap"); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &name, Key: aws.String("(hash).zip"), Body: bytes.NewReader(packed.Bytes())}); err != nil {
		t.Fatal(err)
	}
}

// environment is what the template gives a function, with the names that things have got.
func environment(t testing.TB, read stack, function string, parts map[string]string) (env []string) {
	t.Helper()
	variables := read.Resources[function]["Properties"].(map[string]any)["Environment"].(map[string]any)["Variables"].(map[string]any)
	for name, value := range variables {
		of, _ := value.(map[string]any)["Ref"].(string)
		if parts[of] == "" {
			t.Fatalf("%s of %s is %v, and no such thing was made", name, function, value)
		}
		env = append(env, name+"="+parts[of])
	}
	return env
}

func key(t testing.TB, access *cloud.Access) string {
	t.Helper()
	credentials, err := access.Config(fleet.Scope{}).Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return credentials.AccessKeyID
}
