//go:build !demo

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	athenatypes "github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/rogpeppe/go-internal/testscript"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
)

// TestLive plays the stories of testdata/live through the binary, against an AWS stand-in. Each story has a region of its own.
func TestLive(t *testing.T) {
	t.Parallel()
	server := moto.Start(t).Mended(t)
	access, err := cloud.Open(t.Context(), server.Options(moto.Home))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../testdata/live/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no stories: %v", err)
	}
	regions := []string{"ap-northeast-2", "ap-northeast-1", "eu-west-1", "eu-central-1", "us-west-2", "ap-southeast-1", "ca-central-1", "eu-west-2", "us-east-2", "eu-north-1", "ap-south-1", "sa-east-1", "eu-west-3"}
	front := ailing(t, server.URL)
	hand := func(ts *testscript.TestScript) aws.Config {
		return access.Config(fleet.Scope{Region: fleet.Region(ts.Getenv("AWS_REGION"))})
	}
	if len(files) > len(regions) {
		t.Fatalf("%d stories need a region each, and there are %d: a story without one would wait for ever", len(files), len(regions))
	}
	next := make(chan string, len(regions))
	for _, r := range regions {
		next <- r
	}
	testscript.Run(t, testscript.Params{
		Files: files, UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("AWS_REGION", <-next)
			env.Setenv("AWS_ENDPOINT_URL", front.URL)
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			env.Setenv("AWS_ACCESS_KEY_ID", "test")
			env.Setenv("AWS_SECRET_ACCESS_KEY", "test")
			env.Setenv("ACCOUNT", string(moto.Home))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exits,
			"launch": func(ts *testscript.TestScript, _ bool, args []string) { launch(ts, ec2.NewFromConfig(hand(ts)), args) },
			"group":  func(ts *testscript.TestScript, _ bool, args []string) { group(ts, hand(ts), args) },
			"database": func(ts *testscript.TestScript, _ bool, args []string) {
				database(ts, rds.NewFromConfig(hand(ts)), args)
			},
			"bucket": func(ts *testscript.TestScript, _ bool, args []string) { makeBucket(ts, hand(ts), args) },
			"terminate": func(ts *testscript.TestScript, _ bool, args []string) {
				_, err := ec2.NewFromConfig(hand(ts)).TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: args})
				ts.Check(err)
			},
			"untag": func(ts *testscript.TestScript, _ bool, args []string) {
				_, err := ec2.NewFromConfig(hand(ts)).DeleteTags(t.Context(), &ec2.DeleteTagsInput{
					Resources: args[:1], Tags: []ec2types.Tag{{Key: aws.String(args[1])}},
				})
				ts.Check(err)
			},
			"parts": func(ts *testscript.TestScript, _ bool, args []string) { parts(ts, hand(ts), args) },
			"region": func(ts *testscript.TestScript, _ bool, args []string) { // writes the story's region into files
				for _, file := range args {
					text := strings.ReplaceAll(ts.ReadFile(file), "REGION", ts.Getenv("AWS_REGION"))
					ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o600))
				}
			},
			"object": func(ts *testscript.TestScript, _ bool, args []string) {
				c := hand(ts)
				c.Region = string(moto.Region)
				_, err := s3.NewFromConfig(c).PutObject(context.Background(), &s3.PutObjectInput{Bucket: &args[0], Key: &args[1], Body: strings.NewReader(ts.ReadFile(args[2]))})
				ts.Check(err)
			},
			"upload": func(ts *testscript.TestScript, _ bool, args []string) { upload(ts, hand(ts), args) },
			"kept":   func(ts *testscript.TestScript, neg bool, args []string) { inBucket(ts, hand(ts), neg, args) },
			"answers": func(ts *testscript.TestScript, _ bool, args []string) { // queues what Athena answers to the next queries
				sent, err := http.Post(server.URL+"/moto-api/static/athena/query-results", "application/json", strings.NewReader(ts.ReadFile(args[0]))) //nolint:noctx // a test's
				ts.Check(err)
				ts.Check(sent.Body.Close())
				if sent.StatusCode != http.StatusCreated {
					ts.Fatalf("the stand-in takes no answers: %s", sent.Status)
				}
			},
			"workgroup": func(ts *testscript.TestScript, _ bool, args []string) { workgroup(ts, hand(ts), args) },
			"verified": func(ts *testscript.TestScript, _ bool, args []string) { // lets SES send from an address
				_, err := sesv2.NewFromConfig(hand(ts)).CreateEmailIdentity(context.Background(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &args[0]})
				ts.Check(err)
			},
			"json": func(ts *testscript.TestScript, _ bool, _ []string) {
				if text := ts.ReadFile("stdout"); !json.Valid([]byte(text)) {
					ts.Fatalf("this is no JSON: %s", text)
				}
			},
			"is": func(ts *testscript.TestScript, _ bool, args []string) { is(ts, hand(ts), args) },
		},
	})
}

// launch runs an instance: launch VARIABLE KEY=VALUE... sets the variable to its id.
func launch(ts *testscript.TestScript, c *ec2.Client, args []string) {
	var tags []ec2types.Tag
	for _, pair := range args[1:] {
		key, value, _ := strings.Cut(pair, "=")
		tags = append(tags, ec2types.Tag{Key: &key, Value: &value})
	}
	out, err := c.RunInstances(context.Background(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-12c6146b"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceType: ec2types.InstanceTypeM5Large,
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeInstance, Tags: tags}},
	})
	ts.Check(err)
	ts.Setenv(args[0], aws.ToString(out.Instances[0].InstanceId))
}

// group makes an Auto Scaling group: group NAME MIN MAX DESIRED KEY=VALUE...
func group(ts *testscript.TestScript, c aws.Config, args []string) {
	size := make([]int32, 3)
	for i, text := range args[1:4] {
		n, err := strconv.Atoi(text)
		ts.Check(err)
		size[i] = int32(n)
	}
	launches := ec2.NewFromConfig(c)
	template, err := launches.CreateLaunchTemplate(context.Background(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: &args[0], LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String("ami-12c6146b"), InstanceType: ec2types.InstanceTypeM5Large},
	})
	ts.Check(err)
	var tags []astypes.Tag
	for _, pair := range args[4:] {
		key, value, _ := strings.Cut(pair, "=")
		tags = append(tags, astypes.Tag{ResourceId: &args[0], ResourceType: aws.String("auto-scaling-group"), Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(false)})
	}
	_, err = autoscaling.NewFromConfig(c).CreateAutoScalingGroup(context.Background(), &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &args[0], MinSize: &size[0], MaxSize: &size[1], DesiredCapacity: &size[2], Tags: tags,
		AvailabilityZones: []string{c.Region + "a"},
		LaunchTemplate:    &astypes.LaunchTemplateSpecification{LaunchTemplateId: template.LaunchTemplate.LaunchTemplateId},
	})
	ts.Check(err)
}

// database makes an RDS instance: database NAME KEY=VALUE...
func database(ts *testscript.TestScript, c *rds.Client, args []string) {
	in := &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: &args[0], Engine: aws.String("postgres"), DBInstanceClass: aws.String("db.m6g.large"), AllocatedStorage: aws.Int32(20),
		MasterUsername: aws.String("master"), MasterUserPassword: aws.String("long-enough"),
	}
	for _, pair := range args[1:] {
		key, value, _ := strings.Cut(pair, "=")
		in.Tags = append(in.Tags, rdstypes.Tag{Key: &key, Value: &value})
	}
	_, err := c.CreateDBInstance(context.Background(), in)
	ts.Check(err)
}

func makeBucket(ts *testscript.TestScript, c aws.Config, args []string) {
	c.Region = string(moto.Region)
	_, err := s3.NewFromConfig(c).CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: &args[0]})
	ts.Check(err)
}

// upload puts a folder into a bucket: upload BUCKET PREFIX FOLDER.
func upload(ts *testscript.TestScript, c aws.Config, args []string) {
	c.Region = string(moto.Region)
	client, dir := s3.NewFromConfig(c), ts.MkAbs(args[2])
	ts.Check(filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(file)
		if err == nil {
			_, err = client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: &args[0], Key: aws.String(args[1] + filepath.ToSlash(name)), Body: bytes.NewReader(data)})
		}
		return err
	}))
}

// inBucket sees whether an object is there: kept BUCKET KEY.
func inBucket(ts *testscript.TestScript, c aws.Config, neg bool, args []string) {
	c.Region = string(moto.Region)
	_, err := s3.NewFromConfig(c).HeadObject(context.Background(), &s3.HeadObjectInput{Bucket: &args[0], Key: &args[1]})
	if (err == nil) == neg {
		ts.Fatalf("s3://%s/%s: %v", args[0], args[1], err)
	}
}

// workgroup makes a workgroup of Athena: workgroup NAME [LIMIT].
func workgroup(ts *testscript.TestScript, c aws.Config, args []string) {
	settings := &athenatypes.WorkGroupConfiguration{
		EnforceWorkGroupConfiguration: aws.Bool(true), ResultConfiguration: &athenatypes.ResultConfiguration{OutputLocation: aws.String("s3://published/results/")},
	}
	if len(args) > 1 {
		limit, err := strconv.ParseInt(args[1], 10, 64)
		ts.Check(err)
		settings.BytesScannedCutoffPerQuery = &limit
	}
	_, err := athena.NewFromConfig(c).CreateWorkGroup(context.Background(), &athena.CreateWorkGroupInput{Name: &args[0], Configuration: settings})
	ts.Check(err)
}

// is waits for a state: is ID running, is GROUP 2/4/3, is DATABASE available.
func is(ts *testscript.TestScript, c aws.Config, args []string) {
	got := ""
	for range 20 {
		switch {
		case strings.HasPrefix(args[0], "i-"):
			out, err := ec2.NewFromConfig(c).DescribeInstances(context.Background(), &ec2.DescribeInstancesInput{InstanceIds: args[:1]})
			ts.Check(err)
			got = string(out.Reservations[0].Instances[0].State.Name)
		case strings.Contains(args[1], "/"):
			out, err := autoscaling.NewFromConfig(c).DescribeAutoScalingGroups(context.Background(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: args[:1]})
			ts.Check(err)
			g := out.AutoScalingGroups[0]
			got = fleet.Size{Min: int(*g.MinSize), Max: int(*g.MaxSize), Desired: int(*g.DesiredCapacity)}.String()
		default:
			out, err := rds.NewFromConfig(c).DescribeDBInstances(context.Background(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &args[0]})
			ts.Check(err)
			got = aws.ToString(out.DBInstances[0].DBInstanceStatus)
		}
		if got == args[1] {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%s is %s, want %s", args[0], got, args[1])
}
