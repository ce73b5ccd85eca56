package hub

import "errors"

// ErrNotEntered is the error of who is not let in by the role that acts.
var ErrNotEntered = errors.New("it cannot be entered by the role that acts")

// ReaderRole is the name of the role by which people reach the hub who only look.
const ReaderRole = "offpeak-hub-reader"

// Parts are what a hub is made of beside its functions, as far as AWS tells who asks. An error stands beside each: who may not ask learns nothing.
type Parts struct {
	Bucket   BucketFacts
	Queues   []QueueFacts
	QueueErr error // why the queues could not be listed or read
	Topics   []TopicFacts
	TopicErr error
	Alarms   []AlarmFacts
	AlarmErr error
}

// AlarmFacts are those of a CloudWatch alarm.
type AlarmFacts struct {
	Name    string
	Ringing bool
	Why     string // in CloudWatch's words
}

// BucketFacts are those of the bucket of ledger, memory and policy.
type BucketFacts struct {
	Versioned    bool
	VersionedErr error
	// Closed says that every kind of public access is blocked.
	Closed    bool
	ClosedErr error
}

// QueueFacts are those of a queue of wakes.
type QueueFacts struct {
	Name    string
	Waiting int
	// Dead is the ARN of its dead-letter queue, empty where it has none, and Given how many wakes lie in it, -1 where that is not known.
	Dead  string
	Given int
}

// TopicFacts are those of a topic of alerts.
type TopicFacts struct {
	ARN string
	// Hear is how many subscribe to it, Pending how many have not confirmed yet.
	Hear, Pending int
}
