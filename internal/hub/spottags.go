package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// TagsChanged is what is told of a change of the tag by which owners ask for Spot. It is of a scope: what has changed is seen by looking.
const TagsChanged What = "tags-changed"

// gather is for how long changes of tags are gathered before AutoSpot looks: who tags a team's things does so one by one, or all at once.
const gather = 5 * time.Minute

// tagChange is an event of EventBridge about tags (AWS Resource Groups and Tagging user guide, tag change events).
type tagChange struct {
	Source  string `json:"source"`
	Type    string `json:"detail-type"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Detail  struct {
		Tags map[string]string `json:"tags"`
	} `json:"detail"`
}

// groupTag is on the members of an Auto Scaling group, which launches them with the tags of the group: that nobody asked for anything is known of them.
const groupTag = "aws:autoscaling:groupName"

// ParseSpotTags reads where a tag of Spot was changed, out of an event that the rules let through; false for every other event, and for members of groups.
func ParseSpotTags(payload []byte) (fleet.Scope, bool) {
	var e tagChange
	if err := json.Unmarshal(payload, &e); err != nil || e.Source != "aws.tag" || e.Type != "Tag Change on Resource" {
		return fleet.Scope{}, false
	}
	account, err := fleet.ParseAccountID(e.Account)
	if _, member := e.Detail.Tags[groupTag]; err != nil || member || !plainID(e.Region) {
		return fleet.Scope{}, false
	}
	return fleet.Scope{Account: account, Region: fleet.Region(e.Region)}, true
}

// Retagged wakes AutoSpot for a scope in which a tag of Spot was changed: once for all changes of some minutes, when they are over. A note stands for that,
// which is written after the wake is sent: rather two wakes than none.
func (l *Listener) Retagged(ctx context.Context, scope fleet.Scope) (Reaction, error) {
	now := l.Now().UTC()
	r := Reaction{Notice: Notice{Scope: scope, What: TagsChanged, At: now}}
	known, err := l.Accounts.Known(ctx, scope.Account)
	if err != nil {
		return r, err
	}
	if !known {
		r.Ignored = "nobody named its account"
		return r, nil
	}
	from := now.Truncate(gather)
	key := fmt.Sprintf("notices/tags/%s/%s/%s", scope.Account, scope.Region, from.Format("20060102T1504Z"))
	switch _, _, err := l.Store.Read(ctx, key); {
	case err == nil:
		r.Ignored = "AutoSpot looks there in some minutes for an earlier change"
		return r, nil
	case !errors.Is(err, objects.ErrNotFound):
		return r, err
	}
	r.Asked = true
	if err := l.Queue.Send(ctx, []Wake{{Scope: scope, Reason: Event, Sent: now, Delay: from.Add(gather).Sub(now)}}); err != nil {
		return r, err
	}
	if _, err := l.Store.Create(ctx, key, nil); err != nil && !errors.Is(err, objects.ErrExists) {
		return r, err
	}
	return r, nil
}

// wakeAutoSpot lets AutoSpot look everywhere under a new policy, which may say otherwise who may move, and how.
func (d *Dispatcher) wakeAutoSpot(ctx context.Context, scopes []fleet.Scope) error {
	if d.Spot == nil || len(scopes) == 0 {
		return nil
	}
	wakes := make([]Wake, len(scopes))
	for i, scope := range slices.SortedFunc(slices.Values(scopes), fleet.Scope.Compare) {
		wakes[i] = Wake{Scope: scope, Reason: NewPolicy, Sent: d.Now().UTC()}
	}
	return d.Spot.Send(ctx, together(wakes))
}
