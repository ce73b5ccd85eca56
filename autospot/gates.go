package autospot

import (
	"fmt"
	"slices"

	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/plan"
)

// Verdict is how a gate came out.
type Verdict uint8

// The verdicts, from the best to the worst. Nothing moves that has a gate at Unknown or Refuse.
const (
	Pass Verdict = iota
	Warn
	Unknown
	Refuse
)

// String returns pass, warn, unknown or refuse.
func (v Verdict) String() string {
	return [...]string{"pass", "warn", "unknown", "refuse"}[min(int(v), int(Refuse))]
}

// MarshalText writes the verdict's word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Gate is one question that was asked before a move, and its answer.
type Gate struct {
	Code    Code    `json:"code"`
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why"`
	// Remedy is what the owner can do about it; empty where there is nothing to do.
	Remedy string `json:"remedy,omitempty"`
}

// Case is a resource that may move, and what is known about it.
type Case struct {
	Resource *fleet.Resource
	// Market is what EC2 offers to its scope; nil where that was not asked.
	Market *market.Market
	// Moved is what is remembered of moving it; nil where that is nothing.
	Moved *fleet.Moved
	// Original is the size that it returns to at its next opening, where it was switched off by its size.
	Original *fleet.Size
}

// Judgment is what was found of a case.
type Judgment struct {
	// Environment is empty where there is none, or more than one.
	Environment string
	Wish        Wish
	// Gates are all that were asked, in the order of Meanings: what they found does not end the asking.
	Gates []Gate
}

// Verdict is the worst of the gates.
func (j Judgment) Verdict() Verdict {
	worst := Pass
	for _, g := range j.Gates {
		worst = max(worst, g.Verdict)
	}
	return worst
}

// Gate returns the gate of a code; false where it was not asked.
func (j Judgment) Gate(code Code) (Gate, bool) {
	for _, g := range j.Gates {
		if g.Code == code {
			return g, true
		}
	}
	return Gate{}, false
}

// Judge asks the gates under the rules of a policy. It remembers what tags mean, and is not for use by several goroutines at once.
type Judge struct {
	rules        *Rules
	environments *fleet.Environments
}

// NewJudge returns a judge for the rules of a policy.
func NewJudge(rules *Rules) *Judge {
	return &Judge{rules, fleet.NewEnvironments(rules.Environments)}
}

// Judge asks every gate that there is for the kind of the resource.
func (j *Judge) Judge(c Case) Judgment {
	belonging, wish := j.environments.Of(c.Resource), j.rules.Wish(c.Resource.Tags)
	l := &look{Case: c, rules: j.rules, wish: wish, belonging: belonging, launch: c.Resource.Launch, asked: c.Resource.Launch != nil}
	if !l.asked {
		l.launch = &fleet.Launch{}
	}
	l.resolve()
	gates := gatesOf(c.Resource.Kind)
	judgment := Judgment{Environment: belonging.Name(), Wish: wish, Gates: make([]Gate, len(gates))}
	for i, g := range gates {
		a := g.ask(l)
		judgment.Gates[i] = Gate{g.code, a.verdict, a.why, a.remedy}
	}
	return judgment
}

// look is a case being judged.
type look struct {
	Case
	rules     *Rules
	wish      Wish
	belonging fleet.Belonging
	launch    *fleet.Launch // never nil
	asked     bool          // launch is of the snapshot
	base      string        // the instance type that it has now; empty where that is not known
	spec      *market.Spec  // of base; nil where the catalogue does not have it
}

// resolve finds the type that another one is to take the place of: the template's, else the first that a mixed policy names, else that of most members.
func (l *look) resolve() {
	if l.Resource.Kind == fleet.ECSService {
		return
	}
	l.base = l.Resource.Type
	if t := l.launch.Template; l.base == "" && t != nil {
		l.base = t.Type
	}
	if m := l.launch.Mix; l.base == "" && m != nil && len(m.Types) > 0 {
		l.base = m.Types[0]
	}
	if l.base == "" {
		most := 0
		for _, m := range l.Resource.Members {
			if m.Count > most {
				l.base, most = m.Type, m.Count
			}
		}
	}
	if l.Market != nil && l.Market.Catalog != nil {
		l.spec, _ = l.Market.Catalog.Of(l.base)
	}
}

// catalogued reports whether specifications of types are known at all.
func (l *look) catalogued() bool { return l.Market != nil && l.Market.Catalog != nil }

// answer is what a gate found.
type answer struct {
	verdict     Verdict
	why, remedy string
}

func pass(format string, args ...any) answer { return answer{Pass, fmt.Sprintf(format, args...), ""} }

func warn(remedy, format string, args ...any) answer {
	return answer{Warn, fmt.Sprintf(format, args...), remedy}
}

func unknown(remedy, format string, args ...any) answer {
	return answer{Unknown, fmt.Sprintf(format, args...), remedy}
}

func refuse(remedy, format string, args ...any) answer {
	return answer{Refuse, fmt.Sprintf(format, args...), remedy}
}

const lookAgain = "wait; the next run looks again"

// notRead is the answer of a gate whose facts are not in the snapshot.
func (l *look) notRead() answer {
	switch t := l.launch.Template; {
	case !l.asked:
		return unknown("take an inventory that tells how things are launched", "how it is launched was not read")
	case t != nil:
		return unknown(l.listTemplate(), "version %s of template %s was not read", t.Version, t.ID)
	case l.launch.Configuration != "":
		return unknown("give it a launch template", "what its launch configuration says was not read")
	default:
		return unknown("give it a launch template", "it has no launch template")
	}
}

// gate is one question.
type gate struct {
	code Code
	ask  func(*look) answer
}

// gatesOf are the questions for a kind, in the order of Meanings. The tables are made when a program is compiled, and left out of programs that judge
// nothing: tables made at its start would keep every gate in the scheduler's.
func gatesOf(kind fleet.Kind) []gate {
	switch kind {
	case fleet.AutoScalingGroup:
		return slices.Concat(everyGates, groupGates)
	case fleet.EC2Instance:
		return slices.Concat(everyGates, instanceGates)
	case fleet.ECSService:
		return slices.Concat(everyGates, serviceGates)
	default:
		return otherGates
	}
}

var groupGates = []gate{
	{GateConfiguration, (*look).configuration},
	{GateVersion, (*look).version},
	{GateImage, (*look).image},
	{GateMarket, (*look).marketOptions},
	{GateRequirements, (*look).requirements},
	{GateWeights, (*look).weights},
	{GatePurchase, (*look).groupPurchase},
	{GateTenancy, (*look).groupTenancy},
	{GateType, (*look).instanceType},
	{GateProduct, (*look).product},
	{GateSize, (*look).size},
	{GateSuspended, (*look).suspended},
	{GateRefresh, (*look).refresh},
	{GateWarmPool, (*look).warmPool},
	{GateMembers, (*look).members},
	{GateVolumes, (*look).groupVolumes},
	{GateAddresses, (*look).groupAddresses},
	{GateInstanceStore, (*look).groupStore},
	{GateStickiness, (*look).stickiness},
	{GateQuota, (*look).quota},
}

var instanceGates = []gate{
	{GatePurchase, (*look).instancePurchase},
	{GateGroupMember, (*look).groupMember},
	{GateTransition, (*look).transition},
	{GateTenancy, (*look).instanceTenancy},
	{GateType, (*look).instanceType},
	{GateProduct, (*look).product},
	{GateHibernation, (*look).hibernation},
	{GateProtection, (*look).protection},
	{GateVolumes, (*look).instanceVolumes},
	{GateAddresses, (*look).instanceAddresses},
	{GateInstanceStore, (*look).instanceStore},
	{GateQuota, (*look).quota},
}

var serviceGates = []gate{
	{GatePurchase, (*look).servicePurchase},
	{GateSize, (*look).size},
	{GateStickiness, (*look).stickiness},
	{GateDaemon, (*look).daemon},
	{GateDeployments, (*look).deployments},
	{GateDeploying, (*look).deploying},
	{GateLaunchType, (*look).launchType},
	{GatePlatform, (*look).platform},
	{GateProviders, (*look).providers},
}

// everyGates are asked of all three kinds.
var everyGates = []gate{
	{GateEnvironment, (*look).environment},
	{GateOptIn, (*look).optIn},
	{GateOwner, (*look).owner},
	{GateStack, (*look).stack},
	{GateDeletion, (*look).deletion},
}

var otherGates = []gate{
	{GateEnvironment, (*look).environment},
	{GateOptIn, (*look).optIn},
	{GateKind, func(l *look) answer {
		return refuse("remove the tag", "AWS sells no Spot capacity for a %s", l.Resource.Kind.Noun())
	}},
}

// environment asks as the scheduler does.
func (l *look) environment() answer {
	code, why, refused := plan.Misplaced(l.Resource, l.belonging)
	if !refused {
		return pass("it belongs to environment %s", l.belonging.In.Name)
	}
	switch code {
	case plan.EnvironmentUnknown:
		return refuse("list the account "+string(l.Resource.Scope.Account)+" or a tag of it under environments in the policy", "%s", why)
	case plan.Protected:
		return refuse("", "%s", why)
	default:
		return refuse("take it out of one of them", "%s", why)
	}
}

func (l *look) optIn() answer {
	switch w := l.wish; w.Answer {
	case Yes:
		return pass("its owner asks for Spot, profile %s", w.Profile.Name)
	case No:
		return refuse("", "its owner says no")
	case Unclear:
		return refuse(w.Remedy, "%s", w.Problem)
	default:
		if w.Problem != "" {
			return refuse(w.Remedy, "%s", w.Problem)
		}
		return refuse("tag it "+l.rules.Keys.Spot+"=yes", "it has no tag %s, so that it is not opted in", l.rules.Keys.Spot)
	}
}
