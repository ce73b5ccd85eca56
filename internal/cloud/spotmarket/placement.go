package spotmarket

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/market/kept"
)

// mostQuestions is how many new questions for placement scores are asked of an account and region a day. AWS takes new ones only up to a number that it does
// not tell; ten were reported (aws-samples/ec2-spot-placement-score-tracker). One that was asked may be asked again.
const mostQuestions = 10

// scored is what is kept of placement scores.
type scored struct {
	Answers map[string]answered `json:"answers"`
	// Spent is when AWS has said that no new question is taken before a day has passed; zero: it has not.
	Spent time.Time `json:"spent"`
}

// answered is an answer as it is kept: scores by the ids of zones, which is how AWS tells them.
type answered struct {
	Zones map[string]int `json:"zones,omitempty"`
	Why   string         `json:"why,omitempty"`
	Asked time.Time      `json:"asked"`
}

// fresh reports whether a question need not be asked again: for a day, and for an hour where AWS gave no answer.
func (a answered) fresh(now time.Time) bool {
	if a.Why != "" {
		return now.Sub(a.Asked) < silentAfter
	}
	return !a.Asked.IsZero() && now.Sub(a.Asked) < aDay
}

// Scores implements hub.Placement. Each question is asked once a day; what AWS refuses, or takes no more of, is an answer that says so. The error is that
// of a context that has ended.
func (r *Reader) Scores(ctx context.Context, scope fleet.Scope, asks []market.ScoreAsk) ([]market.Score, error) {
	now, a := r.options.Now().UTC(), &asking{Reader: r, ctx: ctx, scope: scope}
	q := question[scored]{key: kept.OwnKey(scope, kept.Scores), fresh: aDay}
	old := remembered(ctx, r, now, q)
	next := scored{Answers: map[string]answered{}, Spent: old.Value.Spent}
	for key, one := range old.Value.Answers { // those of other days go
		if now.Sub(one.Asked) < aDay {
			next.Answers[key] = one
		}
	}
	zones := remembered(ctx, r, now, question[kept.Prices]{key: kept.OwnKey(scope, kept.Spot), fresh: aDay}).Value.Zones
	var found []market.Score
	changed := false
	for _, ask := range asks {
		one, known := next.Answers[ask.Key()]
		switch {
		case known && one.fresh(now):
		case !known && now.Sub(next.Spent) < aDay:
			one = answered{Why: "AWS takes no new questions before " + next.Spent.Add(24*time.Hour).Format("2006-01-02 15:04 UTC")}
		case !known && len(next.Answers) >= mostQuestions:
			one = answered{Why: fmt.Sprintf("no more than %d new questions a day are asked", mostQuestions)}
		default:
			one, changed = a.placement(ask, now, &next), true
		}
		found = append(found, told(ask, one, zones))
	}
	if changed && ctx.Err() == nil {
		fresh := memory[scored]{record[scored]{Format: kept.Format, Asked: now, Value: next}, old.version}
		if version, err := keep(ctx, r.options.Store, q.key, old.version, fresh.record); err == nil {
			fresh.version = version
		}
		r.memorize(q.key, fresh)
	}
	return found, ctx.Err()
}

// placement asks AWS, and notes the answer.
func (a *asking) placement(ask market.ScoreAsk, now time.Time, next *scored) answered {
	one := answered{Asked: now, Zones: map[string]int{}}
	out, err := a.machines.In(a.scope).GetSpotPlacementScores(a.ctx, &ec2.GetSpotPlacementScoresInput{
		TargetCapacity: aws.Int32(int32(ask.Capacity)), InstanceTypes: ask.Types, //nolint:gosec // sizes of groups
		RegionNames: []string{string(a.scope.Region)}, SingleAvailabilityZone: aws.Bool(true),
	})
	if err != nil {
		err = cloud.Classify(err)
		one.Why = fmt.Sprintf("ec2:GetSpotPlacementScores in %s: %v", a.scope, err)
		if failure.Of(err) == failure.Quota {
			next.Spent = now
			return one // and it is none that AWS has taken
		}
	} else {
		for _, z := range out.SpotPlacementScores {
			one.Zones[aws.ToString(z.AvailabilityZoneId)] = int(aws.ToInt32(z.Score))
		}
		if len(one.Zones) == 0 {
			one.Why = "AWS tells none"
		}
	}
	next.Answers[ask.Key()] = one
	return one
}

// told gives an answer the names that the account has for its zones.
func told(ask market.ScoreAsk, one answered, names map[string]string) market.Score {
	s := market.Score{ScoreAsk: ask, Why: one.Why, Asked: one.Asked}
	for id, score := range one.Zones {
		if name := names[id]; name != "" {
			if s.Zones == nil {
				s.Zones = map[string]int{}
			}
			s.Zones[name] = score
		}
	}
	if len(s.Zones) == 0 && s.Why == "" {
		s.Why = fmt.Sprintf("AWS tells %d by the ids of zones, and not which zones of the account these are", len(one.Zones))
	}
	return s
}
