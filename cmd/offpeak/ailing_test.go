//go:build !demo

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/rogpeppe/go-internal/testscript"

	"offpeak/internal/billing/landing"
	"offpeak/internal/billing/query"
	"offpeak/internal/cloud/moto"
)

// ailments are what AWS says, in its documented form, to who signs with such an access key: the stand-in knows no such trouble. The EC2 ones
// leave all other services alone.
var ailments = map[string]struct{ service, code, message string }{
	"EXPIRED": {"", "ExpiredToken", "The security token included in the request is expired"},
	"INVALID": {"", "InvalidClientTokenId", "The security token included in the request is invalid."},
	"DENIED":  {"ec2", "UnauthorizedOperation", "You are not authorized to perform this operation."},
	"BLOCKED": {"ec2", "Blocked", "Your account is currently blocked. Contact aws-verification@amazon.com if you have questions."},
	"SHUT":    {"s3", "AccessDenied", "Access Denied"},
	"KEYLESS": {"s3", "AccessDenied", "User: arn:aws:iam::123456789012:user/kim is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/1"},
	"OPTIN":   {"ec2", "AuthFailure", "AWS was not able to validate the provided access credentials"},
}

// signedBy reads who signs a call, the region in which the key is ill, and where and what is called.
var signedBy = regexp.MustCompile(`Credential=([A-Z]+)(?:/|IN([a-z0-9-]+)/)\d+/([^/]+)/([^/]+)/aws4_request`)

// ailing stands before the stand-in. The key DENIEDINeu-west-1 is denied in eu-west-1 alone.
func ailing(t *testing.T, behind string) *httptest.Server {
	t.Helper()
	target, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GetTableMetadata") { // which the stand-in lacks
			catalogued(w, r)
			return
		}
		m := signedBy.FindStringSubmatch(r.Header.Get("Authorization"))
		if m == nil {
			proxy.ServeHTTP(w, r)
			return
		}
		ill, known := ailments[m[1]]
		if !known || ill.service != "" && ill.service != m[4] || m[2] != "" && m[2] != m[3] {
			proxy.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusForbidden)
		switch m[4] {
		case "s3":
			_, _ = w.Write([]byte("<Error><Code>" + ill.code + "</Code><Message>" + ill.message + "</Message></Error>"))
			return
		case "ec2":
			_, _ = w.Write([]byte("<Response><Errors><Error><Code>" + ill.code + "</Code><Message>" + ill.message + "</Message></Error></Errors><RequestID>1</RequestID></Response>"))
			return
		}
		_, _ = w.Write([]byte("<ErrorResponse><Error><Type>Sender</Type><Code>" + ill.code + "</Code><Message>" + ill.message + "</Message></Error><RequestId>1</RequestId></ErrorResponse>"))
	}))
	t.Cleanup(front.Close)
	return front
}

// catalogued answers of tables of the database offpeak what a hub's stack declares of them, over the bucket "published"; there is no other database.
func catalogued(w http.ResponseWriter, r *http.Request) {
	var asked struct{ DatabaseName, TableName string }
	_ = json.NewDecoder(r.Body).Decode(&asked)
	table, payer, _ := landing.PayerOf(asked.TableName)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if asked.DatabaseName != landing.Database {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"__type":"MetadataException","Message":"EntityNotFoundException: Entity Not Found: database %s"}`, asked.DatabaseName)
		return
	}
	_, _ = fmt.Fprintf(w, `{"TableMetadata":{"Name":%q,"Parameters":{"storage.location.template":%q}}}`, asked.TableName, table.Location("published", payer)+query.Folder("${v}", "${billing_period}"))
}

// parts makes the parts of a hub as they should be: parts BUCKET. Queue and topic are in the region of the story.
func parts(ts *testscript.TestScript, c aws.Config, args []string) {
	ctx := context.Background()
	home := c.Copy()
	home.Region = string(moto.Region)
	store := s3.NewFromConfig(home)
	yes := aws.Bool(true)
	_, err := store.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &args[0]})
	ts.Check(err)
	_, err = store.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: &args[0], VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	})
	ts.Check(err)
	_, err = store.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: &args[0], PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
		BlockPublicAcls: yes, BlockPublicPolicy: yes, IgnorePublicAcls: yes, RestrictPublicBuckets: yes,
	}})
	ts.Check(err)
	queues := sqs.NewFromConfig(c)
	dead, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("offpeak-wakes-dead")})
	ts.Check(err)
	arn := "arn:aws:sqs:" + c.Region + ":" + string(moto.Home) + ":offpeak-wakes-dead"
	_, err = queues.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: aws.String("offpeak-wakes"), Attributes: map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":"3"}`},
	})
	ts.Check(err)
	topic, err := sns.NewFromConfig(c).CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("offpeak-alerts")})
	ts.Check(err)
	_, err = sns.NewFromConfig(c).Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(arn)})
	ts.Check(err)
	ts.Setenv("DEAD", aws.ToString(dead.QueueUrl))
}
