package functions_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"offpeak/infra/evaluate"
	"offpeak/infra/permit"
)

// signedCall is a call to AWS, as it can be read from outside.
type signedCall struct {
	key, region string // with which it is signed, and where
	action      string // as IAM calls it; empty: no permission is asked for
	form        url.Values
	text        map[string]any // of calls in JSON
	path, host  string
	ifNoneMatch string
	ifMatch     string
	source      string // of a copy, bucket/key
}

var signature = regexp.MustCompile(`Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request`)

// prefixes are IAM's names of services that sign by another one.
var prefixes = map[string]string{"tagging": "tag", "monitoring": "cloudwatch"}

// calledElse are calls that IAM names otherwise; empty: it is not asked.
var calledElse = map[string]string{"sqs:SendMessageBatch": "sqs:SendMessage", "sts:GetCallerIdentity": "", "account:POST": "account:ListRegions", "s3:HeadObject": "s3:GetObject", "ses:POST": "ses:SendEmail"}

// parse reads a call.
func parse(in *http.Request, body []byte) signedCall {
	c := signedCall{path: in.URL.Path, host: in.Host, ifNoneMatch: in.Header.Get("If-None-Match"), ifMatch: in.Header.Get("If-Match")}
	c.source, _ = url.PathUnescape(in.Header.Get("X-Amz-Copy-Source"))
	service := ""
	if m := signature.FindStringSubmatch(in.Header.Get("Authorization")); m != nil {
		c.key, c.region, service = m[1], m[2], m[3]
	}
	c.form, _ = url.ParseQuery(string(body))
	if json.Unmarshal(body, &c.text) != nil {
		c.text = map[string]any{}
	}
	operation := in.Method
	switch target := in.Header.Get("X-Amz-Target"); {
	case service == "s3":
		operation = objectCall(in)
	case target != "":
		operation = target[strings.LastIndex(target, ".")+1:]
	case service == "savingsplans", strings.Contains(in.URL.Path, "/operation/"):
		operation = path.Base(in.URL.Path)
	case c.form.Get("Action") != "":
		operation = c.form.Get("Action")
	}
	if prefix := prefixes[service]; prefix != "" {
		service = prefix
	}
	c.action = service + ":" + operation
	if other, ok := calledElse[c.action]; ok {
		c.action = other
	}
	return c
}

func objectCall(in *http.Request) string {
	query := in.URL.Query()
	switch {
	case query.Has("list-type"):
		return "ListBucket"
	case query.Has("versioning"):
		return in.Method[:1] + strings.ToLower(in.Method[1:]) + "BucketVersioning"
	case query.Has("publicAccessBlock"):
		return in.Method[:1] + strings.ToLower(in.Method[1:]) + "BucketPublicAccessBlock"
	}
	return in.Method[:1] + strings.ToLower(in.Method[1:]) + "Object"
}

// requests are what IAM is signedCall about a call: about one action, or about more where AWS asks for others in the caller's name.
func (l *law) requests(c signedCall, account string) []evaluate.Request {
	service, operation, _ := strings.Cut(c.action, ":")
	arn := func(rest string) string { return "arn:aws:" + service + ":" + c.region + ":" + account + ":" + rest }
	on := func(resources ...evaluate.Resource) []evaluate.Request {
		return []evaluate.Request{{Action: c.action, Resources: resources}}
	}
	plain := func(arn string) []evaluate.Request { return on(evaluate.Resource{ARN: arn}) }
	switch {
	case c.action == "":
		return nil
	case service == "s3":
		return l.ofObject(c)
	case service == "sts":
		return []evaluate.Request{{Action: c.action, Resources: []evaluate.Resource{{ARN: c.form.Get("RoleArn")}}, Context: map[string]string{"aws:ResourceOrgID": organizationOf(roleOf(c.form.Get("RoleArn")).account)}}}
	case service == "sns" && c.form.Get("TopicArn") != "":
		return plain(c.form.Get("TopicArn"))
	case service == "sqs" && c.said("QueueUrl")+c.said("QueueName") != "":
		return plain(arn(path.Base(c.said("QueueUrl") + c.said("QueueName"))))
	case service == "ssm":
		return plain(arn("parameter" + c.said("Name")))
	case c.action == "athena:GetTableMetadata":
		return plain(arn("datacatalog/" + c.said("CatalogName")))
	case c.action == "ses:SendEmail":
		return l.ofMail(c, arn)
	case c.action == "athena:StartQueryExecution":
		return append(plain(arn("workgroup/"+c.said("WorkGroup"))), l.ofQuery(c, account)...)
	case service == "athena":
		return plain(arn("workgroup/" + cmp.Or(c.said("WorkGroup"), permit.ReportWorkgroup))) // a query is of the workgroup that it was started in
	case service == "cloudformation" && operation == "DescribeStacks":
		return plain(arn("stack/" + cmp.Or(c.said("StackName"), "*") + "/0123"))
	case service == "cloudwatch":
		return plain(arn("alarm:*"))
	case service == "savingsplans":
		return plain("arn:aws:savingsplans::" + account + ":savingsplan/" + cmp.Or(c.said("savingsPlanId"), "*"))
	case service == "ec2" && slices.Contains([]string{"StartInstances", "StopInstances", "ModifyInstanceAttribute", "DescribeInstanceAttribute"}, operation):
		return l.ofInstances(c, account)
	case service == "autoscaling" && slices.Contains([]string{"UpdateAutoScalingGroup", "StartInstanceRefresh", "RollbackInstanceRefresh"}, operation):
		return append(on(l.group(c, account)), launching(c, account)...)
	case c.action == "ecs:DescribeClusters":
		return plain(arn("cluster/name"))
	case c.action == "ecs:DescribeCapacityProviders":
		return plain(arn("capacity-provider/name"))
	case service == "rds" && operation != "DescribeEvents":
		return l.ofDatabase(c, account, arn)
	case c.action == "ecs:DescribeServices":
		return plain(arn("service/cluster/name"))
	case c.action == "ecs:UpdateService":
		return on(l.service(c, account))
	case c.action == "application-autoscaling:RegisterScalableTarget":
		r := evaluate.Request{Action: c.action, Resources: []evaluate.Resource{{ARN: arn("scalable-target/0ec5e1")}}, Context: map[string]string{}}
		r.Context["application-autoscaling:service-namespace"] = c.said("ServiceNamespace")
		r.Context["application-autoscaling:scalable-dimension"] = c.said("ScalableDimension")
		return []evaluate.Request{r}
	}
	return on()
}

// ofMail is what SES asks of a mail that is written already: about its sender and its configuration set (service authorization reference of SES v2).
func (l *law) ofMail(c signedCall, arn func(string) string) (all []evaluate.Request) {
	from := c.said("FromEmailAddress")
	for _, action := range []string{"ses:SendEmail", "ses:SendRawEmail"} {
		all = append(all, evaluate.Request{
			Action: action, Context: map[string]string{"ses:FromAddress": from},
			Resources: []evaluate.Resource{{ARN: arn("identity/" + from)}, {ARN: arn("configuration-set/" + c.said("ConfigurationSetName"))}},
		})
	}
	return all
}

// ofQuery is what Athena asks of Glue and S3 in the name of who asks it: which columns there are, the files, and to write down what it answers.
func (l *law) ofQuery(c signedCall, account string) (all []evaluate.Request) {
	in := func(action string, arns ...string) {
		request := evaluate.Request{Action: action}
		for _, arn := range arns {
			request.Resources = append(request.Resources, evaluate.Resource{ARN: arn})
		}
		all = append(all, request)
	}
	glue, bill := "arn:aws:glue:"+c.region+":"+account+":", l.values["Bill.Arn"].(string)
	in("glue:GetDatabase", glue+"catalog", glue+"database/offpeak")
	in("glue:GetTable", glue+"catalog", glue+"database/offpeak", glue+"table/offpeak/focus_900000000001")
	in("s3:ListBucket", bill)
	in("s3:GetBucketLocation", bill)
	in("s3:GetObject", bill+"/bill/900000000001/focus/v=0/BILLING_PERIOD=2026-07/00001.parquet")
	in("s3:PutObject", bill+"/results/0.csv")
	return all
}

// launching is what Auto Scaling asks of who writes a launch template into a group, or into the configuration of a refresh: whether they could launch by it.
func launching(c signedCall, account string) []evaluate.Request {
	for name := range c.form {
		if !strings.HasSuffix(name, "LaunchTemplateId") {
			continue
		}
		return []evaluate.Request{{
			Action: "ec2:RunInstances", Context: map[string]string{"ec2:IsLaunchTemplateResource": "true"},
			Resources: []evaluate.Resource{{ARN: "arn:aws:ec2:" + c.region + ":" + account + ":instance/*"}, {ARN: "arn:aws:ec2:" + c.region + "::image/ami-1"}},
		}}
	}
	return nil
}

// said is a text of a call in JSON or a form.
func (c signedCall) said(name string) string {
	if text, ok := c.text[name].(string); ok {
		return text
	}
	return c.form.Get(name)
}

// ofObject is about a bucket, or an object in it.
func (l *law) ofObject(c signedCall) []evaluate.Request {
	name, key, _ := strings.Cut(strings.TrimPrefix(c.path, "/"), "/")
	if host, _, virtual := strings.Cut(c.host, ".127.0.0.1"); virtual || strings.Contains(c.host, ".localhost") { // the bucket stands in the host
		name, key = host, strings.TrimPrefix(c.path, "/")
	}
	if l.beneath != nil {
		key = l.beneath.ReplaceAllString(key, "")
	}
	request := evaluate.Request{Action: c.action, Resources: []evaluate.Resource{{ARN: "arn:aws:s3:::" + name}}, Context: map[string]string{}}
	if strings.HasSuffix(c.action, "Object") {
		request.Resources[0].ARN += "/" + key
	}
	if c.ifNoneMatch != "" {
		request.Context["s3:if-none-match"] = c.ifNoneMatch
	}
	if c.ifMatch != "" {
		request.Context["s3:if-match"] = c.ifMatch
	}
	if c.source != "" { // a copy reads what it copies
		return []evaluate.Request{request, {Action: "s3:GetObject", Resources: []evaluate.Resource{{ARN: "arn:aws:s3:::" + c.source}}}}
	}
	return []evaluate.Request{request}
}

// ofDatabase is about a database or a cluster with its tags, and about a snapshot, or several, by name.
func (l *law) ofDatabase(c signedCall, account string, arn func(string) string) []evaluate.Request {
	one := func(action string, resources ...evaluate.Resource) evaluate.Request {
		return evaluate.Request{Action: action, Resources: resources}
	}
	named := func(kind, parameter string) evaluate.Resource {
		name := c.form.Get(parameter)
		if name == "" {
			name = "*"
		}
		return evaluate.Resource{ARN: arn(kind + ":" + name)}
	}
	instance, cluster := c.form.Get("DBInstanceIdentifier"), c.form.Get("DBClusterIdentifier")
	switch {
	case strings.HasPrefix(c.action, "rds:Describe") && strings.HasSuffix(c.action, "Snapshots"):
		return []evaluate.Request{one(c.action, evaluate.Resource{ARN: arn("snapshot:*")})}
	case c.action == "rds:DescribeDBInstances":
		return []evaluate.Request{one(c.action, named("db", "DBInstanceIdentifier"))}
	case c.action == "rds:DescribeDBClusters":
		return []evaluate.Request{one(c.action, named("cluster", "DBClusterIdentifier"))}
	case c.action == "rds:CreateDBClusterSnapshot":
		return []evaluate.Request{one(c.action, l.cluster(c, account, cluster), named("cluster-snapshot", "DBClusterSnapshotIdentifier"))}
	case c.action == "rds:DeleteDBSnapshot":
		return []evaluate.Request{one(c.action, named("snapshot", "DBSnapshotIdentifier"))}
	case c.action == "rds:DeleteDBClusterSnapshot":
		return []evaluate.Request{one(c.action, named("cluster-snapshot", "DBClusterSnapshotIdentifier"))}
	case cluster != "":
		return []evaluate.Request{one(c.action, l.cluster(c, account, cluster))}
	}
	database := l.database(c, account, instance)
	out := []evaluate.Request{one(c.action, database)}
	if c.form.Get("DBSnapshotIdentifier") != "" { // RDS asks for it in the caller's name
		out = append(out, one("rds:CreateDBSnapshot", database, named("snapshot", "DBSnapshotIdentifier")))
	}
	return out
}
