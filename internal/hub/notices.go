package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// Notice is what AWS tells of Spot instances and of the groups that launch them.
type Notice struct {
	Scope fleet.Scope `json:"scope"`
	What  What        `json:"what"`
	At    time.Time   `json:"at"`
	// Instance is the id of what is taken; of a failed launch, the id of the scaling activity.
	Instance string `json:"instance"`
	// Group is the Auto Scaling group by its name, where it is known.
	Group string `json:"group,omitempty"`
	// Message is why a launch failed, in AWS's words, and Class what that comes to.
	Message string        `json:"message,omitempty"`
	Class   failure.Class `json:"class,omitempty"`
}

// What is it that a notice tells.
type What string

// The notices. Their names are those of package autospot/balance.
const (
	Interrupted  What = "interrupted"
	Recommended  What = "recommended"
	LaunchFailed What = "launch-failed"
)

// notice is an event as EventBridge delivers it (Amazon EC2 and Auto Scaling user guides, EventBridge events). The ARNs of its resources are not
// read: in those of interruptions an Availability Zone stands where the region belongs, and no account.
type notice struct {
	Source  string    `json:"source"`
	Type    string    `json:"detail-type"`
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Time    time.Time `json:"time"`
	Detail  struct {
		Instance string `json:"instance-id"`
		Group    string `json:"AutoScalingGroupName"`
		Activity string `json:"ActivityId"`
		Message  string `json:"StatusMessage"`
	} `json:"detail"`
}

// errNoNotice says that an event is well formed and tells nothing of Spot.
var errNoNotice = errors.New("it tells nothing of Spot")

// NothingOfSpot reports whether an event was left aside because it tells nothing of Spot.
func NothingOfSpot(err error) bool { return errors.Is(err, errNoNotice) }

// ParseNotice reads an event. Events of another kind are errors of which NothingOfSpot is true.
func ParseNotice(payload []byte) (Notice, error) {
	var e notice
	if err := json.Unmarshal(payload, &e); err != nil {
		return Notice{}, fmt.Errorf("the event %.120q cannot be read: %w", payload, err)
	}
	n := Notice{At: e.Time.UTC(), Instance: e.Detail.Instance, Group: e.Detail.Group, Message: e.Detail.Message}
	switch {
	case e.Source == "aws.ec2" && e.Type == "EC2 Spot Instance Interruption Warning":
		n.What = Interrupted
	case e.Source == "aws.ec2" && e.Type == "EC2 Instance Rebalance Recommendation":
		n.What = Recommended
	case e.Source == "aws.autoscaling" && e.Type == "EC2 Instance Launch Unsuccessful":
		n.What, n.Instance = LaunchFailed, e.Detail.Activity
	default:
		return Notice{}, fmt.Errorf("an event %.80q of %.40q: %w", e.Type, e.Source, errNoNotice)
	}
	account, err := fleet.ParseAccountID(e.Account)
	switch {
	case err != nil:
		return Notice{}, fmt.Errorf("an event %q of account %.40q: %w", e.Type, e.Account, err)
	case e.Region == "" || strings.ContainsAny(e.Region, "/ "):
		return Notice{}, fmt.Errorf("an event %q names the region %.40q", e.Type, e.Region)
	case n.At.IsZero():
		return Notice{}, fmt.Errorf("an event %q has no time", e.Type)
	case !plainID(n.Instance) || n.What == LaunchFailed && n.Group == "":
		return Notice{}, fmt.Errorf("an event %q does not say of what it tells (instance-id; AutoScalingGroupName and ActivityId)", e.Type)
	}
	n.Scope = fleet.Scope{Account: account, Region: fleet.Region(e.Region)}
	return n, nil
}

// plainID reports whether an id is one that AWS gives: it becomes part of a key.
func plainID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// Notices keeps what AWS told, each notice once: events are delivered more than once, late and in any order.
type Notices struct{ Store objects.Store }

// keptFor is how long notices matter to balance.
const keptFor = 48 * time.Hour

func noticesOf(scope fleet.Scope, day time.Time) string {
	return fmt.Sprintf("notices/%s/%s/%s/", scope.Account, scope.Region, day.UTC().Format(time.DateOnly))
}

// Keep notes a notice. first is false where it was noted before.
func (n Notices) Keep(ctx context.Context, notice Notice) (first bool, err error) {
	text, err := json.Marshal(notice)
	if err != nil {
		return false, err
	}
	_, err = n.Store.Create(ctx, noticesOf(notice.Scope, notice.At)+string(notice.What)+"."+notice.Instance+".json", text)
	if errors.Is(err, objects.ErrExists) {
		return false, nil
	}
	return err == nil, err
}

// Recent returns the notices of the last two days of a scope, in the order of time, but for those that were counted already.
func (n Notices) Recent(ctx context.Context, scope fleet.Scope, now time.Time, counted func(What, string) bool) (notices []Notice, _ error) {
	for day := now.Add(-keptFor); !day.After(now.Add(24 * time.Hour)); day = day.AddDate(0, 0, 1) {
		for key, err := range n.Store.List(ctx, noticesOf(scope, day)) {
			if err != nil {
				return nil, fmt.Errorf("notices of %s: %w", scope, err)
			}
			what, id, _ := strings.Cut(strings.TrimSuffix(key[strings.LastIndexByte(key, '/')+1:], ".json"), ".")
			if counted(What(what), id) {
				continue
			}
			data, _, err := n.Store.Read(ctx, key)
			if err != nil {
				return nil, fmt.Errorf("notice %s: %w", key, err)
			}
			var notice Notice
			if err := json.Unmarshal(data, &notice); err != nil {
				continue // nobody but Keep writes here; what is broken tells nothing
			}
			if now.Sub(notice.At) <= keptFor {
				notices = append(notices, notice)
			}
		}
	}
	slices.SortStableFunc(notices, func(a, b Notice) int { return a.At.Compare(b.At) })
	return notices, nil
}
