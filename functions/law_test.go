package functions_test

import (
	"context"
	"path"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"offpeak/infra/evaluate"
	"offpeak/infra/permit"
	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
)

// organization and externalID are those of the reviewed templates; the tests' policies say the same external id.
const (
	organization = "o-ab12cd34ef"
	externalID   = "kr-7f3a91"
)

// elsewhere is the account outside of the organization that the reviewed templates name.
const elsewhere = "888899990000"

func organizationOf(account string) string {
	if account == elsewhere {
		return "o-0000000000"
	}
	return organization
}

// law is what the roles of the reviewed templates may do with the things of one test's hub, and how the resources are tagged that calls are about.
type law struct {
	access  *cloud.Access
	values  map[string]any
	roles   map[string]reviewed
	beneath *regexp.Regexp // what a test puts before the keys of a hub's objects; nil: nothing

	mu   sync.Mutex
	read map[caller][]map[string]any
}

// reviewed is a role of a template, with the policies that stand beside it.
type reviewed struct {
	trust    any
	policies []any
}

// lawOf reads the templates for a hub whose things an environment names.
func lawOf(t testing.TB, env []string) *law {
	t.Helper()
	options := moto.Start(t).Options()
	options.Sleep = func(context.Context, time.Duration) error { return nil }
	access, err := cloud.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	region := variable(env, "AWS_REGION")
	queue := func(name string) string { return "arn:aws:sqs:" + region + ":" + string(moto.Home) + ":" + name }
	l := &law{access: access, roles: map[string]reviewed{}, read: map[caller][]map[string]any{}, values: map[string]any{
		"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com", "AWS::Region": region, "HubAccount": string(moto.Home), "ExternalId": externalID,
		"VolumeKeyArns": []any{"arn:aws:kms:ap-northeast-2:210000000001:key/1"}, "Store.Arn": "arn:aws:s3:::" + variable(env, "OFFPEAK_BUCKET"),
		"Wakes.Arn": queue(path.Base(variable(env, "OFFPEAK_QUEUE_URL"))), "DeadWakes.Arn": queue(path.Base(variable(env, "OFFPEAK_QUEUE_URL")) + "-dead"),
		"Failures.Arn": queue("failures-of-offpeak"), "Alerts": variable(env, "OFFPEAK_TOPIC_ARN"), "Key.Arn": "arn:aws:kms:ap-northeast-2:111122223333:key/1",
		"DispatchLog.Arn": "log", "ScheduleLog.Arn": "log", "Dispatch.Arn": "dispatch", "AutospotLog.Arn": "log", "InterruptionLog.Arn": "log",
		"Reports.Arn": "arn:aws:s3:::" + variable(env, "OFFPEAK_REPORTS_BUCKET"), "Bill.Arn": "arn:aws:s3:::" + variable(env, "OFFPEAK_BILL_BUCKET"),
		"Exports.Arn": "arn:aws:s3:::" + variable(env, "OFFPEAK_EXPORTS_BUCKET"), "ReportLog.Arn": "log", "SurveyLog.Arn": "log",
		"SpotWakes.Arn": queue(path.Base(variable(env, "OFFPEAK_SPOT_QUEUE_URL"))),
	}}
	for _, r := range []struct{ file, id, name string }{
		{"hub-full.json", "DispatchRole", permit.DispatchRole},
		{"hub-full.json", "ScheduleRole", permit.ScheduleRole},
		{"hub-full.json", "OperatorRole", permit.OperatorRole},
		{"hub-full.json", "ReaderRole", permit.ReaderRole},
		{"hub-full.json", "AutospotRole", permit.AutoSpotRole},
		{"hub-full.json", "InterruptionRole", permit.InterruptionRole},
		{"hub-full.json", "ReportRole", permit.ReportRole},
		{"hub-full.json", "SurveyRole", permit.SurveyRole},
		{"spoke-roles.json", "Schedule", permit.SpokeRole},
		{"spoke-roles.json", "Spot", permit.SpotRole},
		{"spoke-roles.json", "Read", permit.ReadRole},
	} {
		_, read := template(t, r.file)
		role, _ := read.Resources[r.id]["Properties"].(map[string]any)
		if role == nil {
			t.Fatalf("%s has no %s", r.file, r.id)
		}
		one := reviewed{trust: role["AssumeRolePolicyDocument"], policies: []any{role["Policies"].([]any)[0].(map[string]any)["PolicyDocument"]}}
		for _, beside := range read.Resources {
			p, _ := beside["Properties"].(map[string]any)
			var of any
			switch beside["Type"] {
			case "AWS::IAM::RolePolicy":
				of = p["RoleName"]
			case "AWS::IAM::ManagedPolicy":
				of = p["Roles"].([]any)[0]
			}
			if of, ok := of.(map[string]any); ok && of["Ref"] == r.id {
				one.policies = append(one.policies, p["PolicyDocument"])
			}
		}
		l.roles[r.name] = one
	}
	return l
}

// allowed are the policies of a role; none of one that no template has, as nothing is then allowed.
func (l *law) allowed(who caller) []map[string]any {
	l.mu.Lock()
	defer l.mu.Unlock()
	if documents, ok := l.read[who]; ok {
		return documents
	}
	var documents []map[string]any
	for _, p := range l.roles[who.role].policies {
		if resolved, err := l.resolved(p, who.account); err == nil {
			documents = append(documents, resolved)
		}
	}
	l.read[who] = documents
	return documents
}

// trust is who is let in by a role.
func (l *law) trust(who caller) ([]map[string]any, error) {
	document, err := l.resolved(l.roles[who.role].trust, who.account)
	return []map[string]any{document}, err
}

func (l *law) resolved(document any, account string) (map[string]any, error) {
	values := map[string]any{"AWS::AccountId": account}
	for name, value := range l.values {
		values[name] = value
	}
	resolved, err := evaluate.Resolve(document, values)
	out, _ := resolved.(map[string]any)
	return out, err
}

// What follows are the resources that a change is about, with their tags as they are now.

func (l *law) in(c signedCall, account string) aws.Config {
	scope := fleet.Scope{Account: fleet.AccountID(account), Region: fleet.Region(c.region)}
	if scope.Account == moto.Home {
		scope.Account = ""
	}
	return l.access.Config(scope)
}

func tagged(r *evaluate.Resource, key, value *string) {
	r.Context["aws:ResourceTag/"+aws.ToString(key)] = aws.ToString(value)
}

func (l *law) ofInstances(c signedCall, account string) []evaluate.Request {
	request := evaluate.Request{Action: c.action, Context: map[string]string{}}
	var ids []string
	for name, values := range c.form {
		if strings.HasPrefix(name, "InstanceId") {
			ids = append(ids, values[0])
		}
		if name == "InstanceType.Value" {
			request.Context["ec2:Attribute/InstanceType"] = values[0]
		}
	}
	found, _ := ec2.NewFromConfig(l.in(c, account)).DescribeInstances(context.Background(), &ec2.DescribeInstancesInput{InstanceIds: ids})
	tags := map[string]evaluate.Resource{}
	if found != nil {
		for _, r := range found.Reservations {
			for _, i := range r.Instances {
				one := evaluate.Resource{Context: map[string]string{}}
				for _, tag := range i.Tags {
					tagged(&one, tag.Key, tag.Value)
				}
				tags[aws.ToString(i.InstanceId)] = one
			}
		}
	}
	for _, id := range ids {
		one := tags[id]
		one.ARN = "arn:aws:ec2:" + c.region + ":" + account + ":instance/" + id
		request.Resources = append(request.Resources, one)
	}
	return []evaluate.Request{request}
}

func (l *law) group(c signedCall, account string) evaluate.Resource {
	name := c.form.Get("AutoScalingGroupName")
	one := evaluate.Resource{ARN: "arn:aws:autoscaling:" + c.region + ":" + account + ":autoScalingGroup:u:autoScalingGroupName/" + name, Context: map[string]string{}}
	found, err := autoscaling.NewFromConfig(l.in(c, account)).DescribeAutoScalingGroups(context.Background(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err == nil && len(found.AutoScalingGroups) == 1 {
		for _, tag := range found.AutoScalingGroups[0].Tags {
			tagged(&one, tag.Key, tag.Value)
		}
	}
	return one
}

func (l *law) database(c signedCall, account, id string) evaluate.Resource {
	one := evaluate.Resource{ARN: "arn:aws:rds:" + c.region + ":" + account + ":db:" + id, Context: map[string]string{}}
	found, err := rds.NewFromConfig(l.in(c, account)).DescribeDBInstances(context.Background(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &id})
	if err == nil && len(found.DBInstances) == 1 {
		for _, tag := range found.DBInstances[0].TagList {
			tagged(&one, tag.Key, tag.Value)
		}
	}
	return one
}

func (l *law) cluster(c signedCall, account, id string) evaluate.Resource {
	one := evaluate.Resource{ARN: "arn:aws:rds:" + c.region + ":" + account + ":cluster:" + id, Context: map[string]string{}}
	found, err := rds.NewFromConfig(l.in(c, account)).DescribeDBClusters(context.Background(), &rds.DescribeDBClustersInput{DBClusterIdentifier: &id})
	if err == nil && len(found.DBClusters) == 1 {
		for _, tag := range found.DBClusters[0].TagList {
			tagged(&one, tag.Key, tag.Value)
		}
	}
	return one
}

func (l *law) service(c signedCall, account string) evaluate.Resource {
	cluster, name := path.Base(c.said("cluster")), path.Base(c.said("service"))
	one := evaluate.Resource{ARN: "arn:aws:ecs:" + c.region + ":" + account + ":service/" + cluster + "/" + name, Context: map[string]string{}}
	found, err := ecs.NewFromConfig(l.in(c, account)).DescribeServices(context.Background(), &ecs.DescribeServicesInput{
		Cluster: &cluster, Services: []string{name}, Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags},
	})
	if err == nil && len(found.Services) == 1 {
		for _, tag := range found.Services[0].Tags {
			tagged(&one, tag.Key, tag.Value)
		}
	}
	return one
}
