package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
)

// Move changes how a group, an instance or a service buys its capacity: to Spot, back, or how much of it. From is complete: it is what a rollback
// gives back.
type Move struct {
	From fleet.Purchase `json:"from"`
	To   fleet.Purchase `json:"to"`
	Way  Way            `json:"way"`
	// Refresh is how members are replaced; nil for the other ways.
	Refresh *Refresh `json:"refresh,omitempty"`
	// Interruptions are how many were forecast, when the move was decided, of one Spot instance in a billion hours; zero: nobody forecast any, as of tasks.
	Interruptions int64 `json:"interruptions_per_billion_hours,omitempty"`
	// Heard says of an instance that stands alone that the ledger keeps the interruptions that come, as it does of groups; before offpeak heard of them, nobody did.
	Heard bool `json:"interruptions_heard,omitempty"`
}

// Way is how a move is made.
type Way string

// The ways.
const (
	ByRefresh    Way = "refresh"    // an instance refresh replaces the members of a group, and gives up where they are not healthy
	ByRollback   Way = "rollback"   // the refresh under way is rolled back
	ByWriting    Way = "write"      // the group is told, and follows as members come and go
	ByConverting Way = "convert"    // the instance is replaced by one that keeps its interface and volumes
	ByDeploying  Way = "deployment" // a new deployment of the service, under its own bounds
)

// Ways lists every way.
func Ways() []Way { return []Way{ByRefresh, ByRollback, ByWriting, ByConverting, ByDeploying} }

// Refresh is how an instance refresh goes (Amazon EC2 Auto Scaling API, RefreshPreferences).
type Refresh struct {
	// MinHealthy and MaxHealthy are percentages of the group's size, at most 100 apart; above 100 a replacement serves before its predecessor goes.
	MinHealthy int `json:"min_healthy"`
	MaxHealthy int `json:"max_healthy"`
	// Checkpoints are the percentages at which the refresh waits for Pause.
	Checkpoints []int         `json:"checkpoints,omitempty"`
	Pause       time.Duration `json:"pause_ns,omitempty"`
	// Bake is how long it watches after the last replacement before it is done.
	Bake time.Duration `json:"bake_ns,omitempty"`
	// Alarms are the CloudWatch alarms of the group whose ringing rolls it back.
	Alarms []string `json:"alarms,omitempty"`
}

func (Move) change() {}

// Verb returns move.
func (Move) Verb() string { return "move" }

// String says what is bought before and after, and how it gets there. Moves that differ read differently.
func (m Move) String() string {
	text := fmt.Sprintf("move from %s to %s by %s", Buys(m.From), Buys(m.To), m.Way)
	if r := m.Refresh; r != nil {
		text += fmt.Sprintf(" (%d to %d %% healthy, checkpoints %v every %s, bake %s, alarms %v)", r.MinHealthy, r.MaxHealthy, r.Checkpoints, r.Pause, r.Bake, r.Alarms)
	}
	return text
}

// Buys says for people what a purchase is.
func Buys(p fleet.Purchase) string {
	var parts []string
	if p.Lifecycle != fleet.OnDemand {
		parts = append(parts, p.Lifecycle.String())
	}
	if m := p.Mix; m != nil {
		parts = append(parts, fmt.Sprintf("%d on demand and %d %% above that, else Spot of %s, %s", m.Base, m.AboveBase, strings.Join(m.Types, " "), m.Strategy))
	}
	for _, provider := range p.Providers {
		parts = append(parts, fmt.Sprintf("%s base %d weight %d", provider.Name, provider.Base, provider.Weight))
	}
	if len(parts) == 0 {
		parts = append(parts, "on demand")
	}
	if p.Template != nil {
		parts = append(parts, "template "+p.Template.ID+" version "+p.Template.Version)
	}
	if p.Rebalance {
		parts = append(parts, "rebalancing")
	}
	return strings.Join(parts, ", ")
}

// Check refuses a move that cannot be one. It is for those that were read.
func (m *Move) Check() error {
	switch {
	case m == nil:
		return errors.New("a move needs move: from, to and way")
	case !slices.Contains(Ways(), m.Way):
		return fmt.Errorf("%.40q is no way of a move (refresh, rollback, write, convert, deployment)", m.Way)
	case m.Interruptions < 0:
		return fmt.Errorf("%d interruptions are forecast, which is below zero", m.Interruptions)
	case (m.Way == ByRefresh) != (m.Refresh != nil):
		return fmt.Errorf("refresh goes with way refresh, and with no other; the way is %s", m.Way)
	}
	return nil
}
