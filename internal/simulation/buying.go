package simulation

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"offpeak/internal/fleet"
)

// buying is how a machine gets its capacity once a move has changed it; until then its spec tells.
type buying struct {
	mix *Mix // nil: on demand
	// written is the policy as it was written, which descriptions repeat; nil where there is none.
	written   *fleet.Mix
	rebalance bool
	template  *fleet.Template
	providers []fleet.Provider
}

// purchase is what a plan knows it by.
func (b *buying) purchase() fleet.Purchase {
	return fleet.Purchase{Template: b.template, Mix: b.written, Rebalance: b.rebalance, Providers: b.providers}
}

// buyingOf is what a group or a service buys when it is told to. What a world has no model of is refused.
func (m *machine) buyingOf(p fleet.Purchase) (*buying, error) {
	b := &buying{written: p.Mix, rebalance: p.Rebalance, template: p.Template, providers: p.Providers}
	if own := m.template(); p.Template != nil && own != nil && own.ID == p.Template.ID && own.Version == p.Template.Version {
		b.template = own // what it is made of is known better here
	}
	if p.Mix == nil {
		return b, nil
	}
	switch x := p.Mix; {
	case x.Weighted, x.ByRequired, x.MaxPrice != "":
		return nil, fmt.Errorf("%w: a world knows neither weights nor required attributes nor a price limit in a mixed instances policy", ErrUnfit)
	case x.Base < 0 || x.AboveBase < 0 || x.AboveBase > 100 || len(x.Types) > 40:
		return nil, fmt.Errorf("%w: base %d, %d %% above it and %d types are no mixed instances policy", ErrUnfit, x.Base, x.AboveBase, len(x.Types))
	case p.Template == nil:
		return nil, fmt.Errorf("%w: a mixed instances policy needs a launch template", ErrUnfit)
	}
	b.mix = &Mix{Base: p.Mix.Base, SpotPercent: 100 - p.Mix.AboveBase, Types: p.Mix.Types}
	if len(b.mix.Types) == 0 {
		b.mix.Types = []string{m.plainType(b.template)}
	}
	return b, nil
}

// wanted is what new launches buy where a move has told it: under a refresh the configuration that it goes to, until it is rolled back; nil where
// it is as in the spec.
func (m *machine) wanted() *buying {
	if r := m.refresh; r != nil && r.desired != nil && !r.back {
		return r.desired
	}
	return m.bought
}

// mix is the mixed instances policy by which the group launches; nil where it has none.
func (m *machine) mix() *Mix {
	if b := m.wanted(); b != nil {
		return b.mix
	}
	return m.spec.Scaling.Mix
}

// rebalances is the group's CapacityRebalance, which no refresh brings along.
func (m *machine) rebalances() bool {
	if m.bought != nil {
		return m.bought.rebalance
	}
	return m.spec.Scaling.Rebalance
}

// providers are the capacity providers of a service; none: it has a launch type.
func (m *machine) providers() []fleet.Provider {
	switch {
	case m.bought != nil:
		return m.bought.providers
	case m.spec.Launch != nil:
		return m.spec.Launch.Providers
	default:
		return nil
	}
}

// launchType is the type of an on-demand member that the group launches.
func (m *machine) launchType() string {
	b := m.wanted()
	switch {
	case b == nil:
		return m.spec.launchType()
	case b.mix != nil:
		return b.mix.Types[0]
	default:
		return m.plainType(b.template)
	}
}

// plainType is the type that a template names; where it names none, the one of the group without its policy.
func (m *machine) plainType(t *fleet.Template) string {
	if t != nil && t.Type != "" {
		return t.Type
	}
	plain := m.spec
	plain.Scaling.Mix = nil
	return plain.launchType()
}

// template is the group's own launch template; nil where it has a launch configuration.
func (m *machine) template() *fleet.Template {
	s := &m.spec
	switch {
	case m.bought != nil:
		return m.bought.template
	case s.Launch != nil && (s.Launch.Template != nil || s.Launch.Configuration != ""):
		return s.Launch.Template
	case s.Kind != fleet.AutoScalingGroup:
		return nil
	default:
		return &fleet.Template{
			ID: fmt.Sprintf("lt-0%016x", number(0, string(s.ARN), "template", 0)), Name: s.ID, Version: "1", Number: 1,
			Type: m.plainType(nil), Image: fmt.Sprintf("ami-0%016x", number(0, string(s.ARN), "image", 0)),
		}
	}
}

// policy is the group's own mixed instances policy as descriptions show it.
func (m *machine) policy() *fleet.Mix {
	switch own := m.spec.Scaling.Mix; {
	case m.bought != nil:
		return m.bought.written
	case own == nil:
		return nil
	default:
		return &fleet.Mix{Base: own.Base, AboveBase: 100 - own.SpotPercent, Strategy: defaultStrategy, Types: own.Types}
	}
}

// defaultStrategy is how every group of a world chooses Spot pools.
const defaultStrategy = "price-capacity-optimized"

// purchase is how the machine buys its capacity now, as a plan that looks knows it.
func (m *machine) purchase() fleet.Purchase {
	switch m.spec.Kind {
	case fleet.EC2Instance:
		return fleet.Purchase{Lifecycle: m.spec.Lifecycle}
	case fleet.AutoScalingGroup:
		return fleet.Purchase{Template: m.template(), Mix: m.policy(), Rebalance: m.rebalances()}
	default:
		return fleet.Purchase{Providers: m.providers()}
	}
}

// buy makes what a move asked for the machine's own.
func (m *machine) buy(b *buying) {
	own := *b
	m.bought = &own
}

// revert writes back what the machine bought when it began. While a refresh or a deployment is under way AWS refuses that.
func (m *machine) revert(w *World, who author) {
	switch {
	case m.bought == nil || m.refresh != nil || m.deploying:
	case m.spec.Kind == fleet.ECSService:
		b := &buying{}
		if m.spec.Launch != nil {
			b.providers = m.spec.Launch.Providers
		}
		m.beginDeployment(w, who, b)
	default:
		m.change(w, who, func() {
			m.bought = nil
			m.follow(w)
		})
	}
}

// setRebalance switches CapacityRebalance alone.
func (m *machine) setRebalance(on bool) {
	b := &buying{mix: m.spec.Scaling.Mix, written: m.policy(), template: m.template(), providers: m.providers()}
	if m.bought != nil {
		*b = *m.bought
	}
	b.rebalance = on
	m.bought = b
}

// luck are the draws of what happens to moved machines alone: they shift nothing that happens to others.
func (m *machine) luck(w *World) *rand.Rand {
	if m.fortune == nil {
		m.fortune = stream(w.seed, string(m.spec.ARN), 1)
	}
	return m.fortune
}

// onDemandOf is how many of n members a policy makes on demand. Of a share that is no whole number on-demand gets the rest.
func onDemandOf(mix *Mix, n int) int {
	if mix == nil {
		return n
	}
	return min(mix.Base, n) + (max(0, n-mix.Base)*(100-mix.SpotPercent)+99)/100
}

// adjust brings a moved group nearer to the shares that its policy asks for. AWS replaces one after the other, and launches before it terminates
// (InstancesDistribution, Amazon EC2 Auto Scaling API); where Spot has no place for the replacement, the old one stays.
func (m *machine) adjust(w *World) {
	if m.bought == nil || m.bought.mix == nil || m.refresh != nil || m.dead() {
		return
	}
	count, onDemand := 0, 0
	for _, u := range m.units {
		switch {
		case u.condition == pending || u.condition == leaving || u.doomed:
			return // one at a time
		case u.condition == serving:
			count++
			if !u.spot {
				onDemand++
			}
		}
	}
	want := onDemandOf(m.mix(), m.size.Desired)
	if count != m.size.Desired || onDemand == want {
		return
	}
	spot := onDemand < want
	replaced := func(u *unit) bool { return u.condition == serving && u.spot == spot }
	if !slices.ContainsFunc(m.units, replaced) {
		return
	}
	if instead := m.launch(w); instead != nil {
		m.will(w, w.now+m.bootTime(), served, instead)
		m.fullest(slices.All(m.units), replaced).doomed = true // by the zones as they will be
	}
}
