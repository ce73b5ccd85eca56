package main

import (
	"fmt"
	"strings"

	"offpeak/internal/failure"
	"offpeak/internal/hub"
)

// partDiagnoses says what is wrong with a hub's bucket, queue, topic and alarms.
func partDiagnoses(bucket string, p hub.Parts) []diagnosisJSON {
	all := bucketDiagnoses(bucket, p.Bucket)
	all = append(all, queueDiagnoses(p)...)
	all = append(all, topicDiagnoses(p)...)
	return append(all, alarmDiagnoses(p)...)
}

// unknown says that something could not be asked, and how to ask it by hand.
func unknown(check, what string, err error, by string) diagnosisJSON {
	w := notChecked
	if c := failure.Of(err); c == failure.Gone {
		w = isError
		by = failure.Remedy(err)
	}
	return diagnosisJSON{w, check, fmt.Sprintf("%s (%s): %v", what, failure.Of(err), err), by}
}

func bucketDiagnoses(name string, f hub.BucketFacts) []diagnosisJSON {
	var all []diagnosisJSON
	switch {
	case f.VersionedErr != nil:
		all = append(all, unknown("bucket", "whether it keeps versions", f.VersionedErr, "aws s3api get-bucket-versioning --bucket "+name))
	case f.Versioned:
		all = append(all, diagnosisJSON{isFine, "bucket", name + " keeps versions", ""})
	default:
		all = append(all, diagnosisJSON{
			isNote, "bucket", name + " keeps no versions: a policy or a part of the ledger that is overwritten or deleted by mistake is lost",
			"aws s3api put-bucket-versioning --bucket " + name + " --versioning-configuration Status=Enabled, or deploy the hub's current stack",
		})
	}
	switch {
	case f.ClosedErr != nil:
		return append(all, unknown("bucket", "whether it can be made public", f.ClosedErr, "aws s3api get-public-access-block --bucket "+name))
	case f.Closed:
		return append(all, diagnosisJSON{isFine, "bucket", name + " blocks all public access", ""})
	}
	return append(all, diagnosisJSON{
		isError, "bucket", name + " does not block public access: it says what runs where, and who may write it decides what is stopped",
		"aws s3api put-public-access-block --bucket " + name +
			" --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
	})
}

func queueDiagnoses(p hub.Parts) []diagnosisJSON {
	if p.QueueErr != nil {
		return []diagnosisJSON{unknown("queue", "queue and dead-letter queue", p.QueueErr, "aws sqs get-queue-attributes --queue-url URL --attribute-names All")}
	}
	if len(p.Queues) == 0 {
		return []diagnosisJSON{{
			isError, "queue", "there is no queue whose name begins with offpeak in the account and region that were asked: nobody is woken",
			"deploy the hub's stack; where its queue has another name, set " + queueVariable + "; where it is in another region, name that with --region",
		}}
	}
	var all []diagnosisJSON
	for _, q := range p.Queues {
		switch {
		case q.Dead == "":
			all = append(all, diagnosisJSON{isNote, "queue", fmt.Sprintf("%s has no dead-letter queue: a wake that fails again and again is lost unseen", q.Name), "deploy the hub's current stack, or give it a redrive policy"})
		case q.Given > 0:
			all = append(all, diagnosisJSON{
				isError, "queue", fmt.Sprintf("%s given up, in %s", counted(q.Given, "wake"), q.Dead[strings.LastIndex(q.Dead, ":")+1:]),
				"see the worker's log group for why; then aws sqs start-message-move-task --source-arn " + q.Dead + ", or purge it: whoever is due is woken again within the hour",
			})
		default:
			all = append(all, diagnosisJSON{isFine, "queue", fmt.Sprintf("%s: %s waiting, none given up", q.Name, counted(q.Waiting, "wake")), ""})
		}
	}
	return all
}

func topicDiagnoses(p hub.Parts) []diagnosisJSON {
	if p.TopicErr != nil {
		return []diagnosisJSON{unknown("alerts", "who hears of alerts", p.TopicErr, "aws sns list-subscriptions-by-topic --topic-arn ARN")}
	}
	if len(p.Topics) == 0 {
		return []diagnosisJSON{{
			isNote, "alerts", "there is no topic whose name begins with offpeak: nobody hears of what goes wrong",
			"deploy the hub's stack; where its topic has another name, set " + topicVariable,
		}}
	}
	var all []diagnosisJSON
	for _, t := range p.Topics {
		if t.Hear > 0 {
			all = append(all, diagnosisJSON{isFine, "alerts", fmt.Sprintf("%d subscribed to %s", t.Hear, t.ARN[strings.LastIndex(t.ARN, ":")+1:]), ""})
			continue
		}
		text := "nobody is subscribed to " + t.ARN
		if t.Pending > 0 {
			text += fmt.Sprintf("; %d have not confirmed", t.Pending)
		}
		all = append(all, diagnosisJSON{isNote, "alerts", text, "aws sns subscribe --topic-arn " + t.ARN + " --protocol email --notification-endpoint ADDRESS, and confirm what arrives"})
	}
	return all
}

func alarmDiagnoses(p hub.Parts) []diagnosisJSON {
	if p.AlarmErr != nil {
		return []diagnosisJSON{unknown("alarms", "alarms of the hub", p.AlarmErr, "aws cloudwatch describe-alarms --alarm-name-prefix offpeak --state-value ALARM")}
	}
	if len(p.Alarms) == 0 {
		return []diagnosisJSON{{
			isNote, "alarms", "there is no alarm whose name begins with offpeak: nobody is told when the hub stands still", "deploy the hub's stack, whose runbook tells what each alarm means",
		}}
	}
	var all []diagnosisJSON
	for _, a := range p.Alarms {
		if a.Ringing {
			all = append(all, diagnosisJSON{isError, "alarms", fmt.Sprintf("%s rings: %s", a.Name, a.Why), "docs/runbook.md tells what it means and what to do"})
		}
	}
	if len(all) == 0 {
		all = append(all, diagnosisJSON{isFine, "alarms", counted(len(p.Alarms), "alarm") + ", none rings", ""})
	}
	return all
}
