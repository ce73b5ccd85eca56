package infra

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

// addStore adds the bucket of policy, ledger, state and wakes, the one for the record of who read it, and where it is asked for a copy of the
// ledger that nobody can change.
//
// The store is versioned for the sake of the policy and against deletion: no role of offpeak may remove a version. What changes with every
// sweep would leave a trail of old versions, so these go after days; listing wakes would otherwise wade through the markers of past ones.
func (h *hub) addStore() {
	access := h.bucket("AccessLogs", &awss3.BucketProps{
		Encryption: awss3.BucketEncryption_S3_MANAGED, // the service that delivers these logs can use no customer key with default rights
		LifecycleRules: &[]*awss3.LifecycleRule{
			{Id: jsii.String("Old"), Expiration: awscdk.Duration_Days(jsii.Number(float64(h.config.LogDays)))},
		},
	})
	props := &awss3.BucketProps{
		Versioned: jsii.Bool(true), ServerAccessLogsBucket: access, ServerAccessLogsPrefix: jsii.String("store/"),
		LifecycleRules: lifecycle(),
	}
	h.encrypt(props)
	if h.config.LockDays > 0 {
		archive := h.archive(access)
		props.ReplicationRules = &[]*awss3.ReplicationRule{{
			Id: jsii.String("Ledger"), Destination: archive, KmsKey: h.dataKey, SseKmsEncryptedObjects: h.sseKMS(),
			Filter: &awss3.Filter{Prefix: jsii.String("ledger/")}, Priority: jsii.Number(1),
		}}
	}
	h.store = h.bucket(storeID, props)
	if h.config.Report != nil {
		h.addReportBuckets(access)
	}
}

// archive is a bucket whose objects nobody can change or remove before their time, the account's own root user included.
func (h *hub) archive(access awss3.IBucket) awss3.Bucket {
	props := &awss3.BucketProps{
		Versioned: jsii.Bool(true), ObjectLockEnabled: jsii.Bool(true),
		ObjectLockDefaultRetention: awss3.ObjectLockRetention_Compliance(awscdk.Duration_Days(jsii.Number(float64(h.config.LockDays)))),
		ServerAccessLogsBucket:     access, ServerAccessLogsPrefix: jsii.String("archive/"),
	}
	h.encrypt(props)
	return h.bucket("LedgerArchive", props)
}

func (h *hub) bucket(id string, props *awss3.BucketProps) awss3.Bucket {
	props.BlockPublicAccess = awss3.BlockPublicAccess_BLOCK_ALL()
	props.EnforceSSL, props.MinimumTLSVersion = jsii.Bool(true), jsii.Number(1.2)
	props.ObjectOwnership = awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED
	props.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	b := awss3.NewBucket(h.stack, jsii.String(id), props)
	called(b, id)
	return b
}

func (h *hub) encrypt(props *awss3.BucketProps) {
	props.Encryption = awss3.BucketEncryption_S3_MANAGED
	if h.dataKey != nil {
		props.Encryption, props.EncryptionKey, props.BucketKeyEnabled = awss3.BucketEncryption_KMS, h.dataKey, jsii.Bool(true)
	}
}

func (h *hub) sseKMS() *bool {
	if h.dataKey == nil {
		return nil
	}
	return jsii.Bool(true)
}

// lifecycle is for how long old versions stay.
func lifecycle() *[]*awss3.LifecycleRule {
	rules := []*awss3.LifecycleRule{{Id: jsii.String("Uploads"), AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1))}}
	for _, row := range []struct {
		id, prefix string
		days       float64
	}{
		{"Wakes", "wake/", 1}, {"States", "state/", 7}, {"Memory", "memory/", 7}, {"Accounts", "accounts/", 30}, {"Policies", "policy/", 3653},
	} {
		rules = append(rules, &awss3.LifecycleRule{
			Id: jsii.String(row.id), Prefix: jsii.String(row.prefix), ExpiredObjectDeleteMarker: jsii.Bool(true),
			NoncurrentVersionExpiration: awscdk.Duration_Days(jsii.Number(row.days)),
		})
	}
	rules = append(rules, &awss3.LifecycleRule{ // an alert is forgotten when it can no longer be repeated
		Id: jsii.String("Said"), Prefix: jsii.String("said/"), Expiration: awscdk.Duration_Days(jsii.Number(90)),
		NoncurrentVersionExpiration: awscdk.Duration_Days(jsii.Number(1)),
	})
	rules = append(rules, &awss3.LifecycleRule{ // two days of notices count
		Id: jsii.String("Notices"), Prefix: jsii.String("notices/"), Expiration: awscdk.Duration_Days(jsii.Number(7)),
		NoncurrentVersionExpiration: awscdk.Duration_Days(jsii.Number(1)),
	})
	return &rules
}
