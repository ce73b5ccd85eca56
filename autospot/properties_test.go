package autospot_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/autospot"
	"offpeak/internal/fleet"
)

// kinds are sound cases of each kind, with the rows that can be made of them.
var kinds = []struct {
	sound func() autospot.Case
	rows  []row
}{{group, groups}, {instance, instances}, {service, services}}

// random returns a case to which some of the rows were applied, in any order.
func random(r *rand.Rand) autospot.Case {
	kind := kinds[r.IntN(len(kinds))]
	rows := slices.DeleteFunc(append(slices.Clone(everywhere), kind.rows...), func(row row) bool { return row.change == nil })
	c := kind.sound()
	for range r.IntN(4) {
		apply(&c, rows[r.IntN(len(rows))])
	}
	return c
}

// apply changes a case by a row, unless an earlier one took away what the row changes.
func apply(c *autospot.Case, row row) {
	if c.Resource.Launch == nil || c.Market != nil && (c.Market.Catalog == nil || len(c.Market.Quotas) == 0) {
		return
	}
	l := c.Resource.Launch
	if c.Resource.Kind == fleet.AutoScalingGroup && (l.Template == nil || len(l.Targets) == 0 || len(l.Volumes) < 2 || len(l.Members) == 0) {
		return
	}
	row.change(c)
}

// TestARefusalNeverTurnsIntoAPass whatever else is wrong besides: a fact that is refused by itself is refused among any others that leave its gate.
func TestARefusalNeverTurnsIntoAPass(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 1))
	judge := autospot.NewJudge(rules())
	tried := 0
	for range 3_000 {
		c := random(r)
		before := judge.Judge(c)
		if before.Verdict() != autospot.Refuse {
			continue
		}
		for _, add := range refusing(c.Resource) {
			more := copyOf(c)
			add.change(&more)
			after := judge.Judge(more)
			if after.Verdict() != autospot.Refuse {
				t.Fatalf("%s turned %+v into %+v", add.says, before.Gates, after.Gates)
			}
			if g, _ := after.Gate(add.gate); g.Verdict != autospot.Refuse {
				t.Fatalf("%s was not refused: %+v", add.says, g)
			}
			for _, g := range before.Gates {
				if now, _ := after.Gate(g.Code); g.Verdict == autospot.Refuse && now.Verdict != autospot.Refuse {
					t.Fatalf("%s turned gate %s from %q into %s: %q", add.says, g.Code, g.Why, now.Verdict, now.Why)
				}
			}
			tried++
		}
	}
	if tried < 5_000 {
		t.Errorf("only %d were tried", tried)
	}
}

// refusing are facts that are only ever added, as AWS adds them.
func refusing(r *fleet.Resource) (rows []row) {
	traits := map[fleet.Kind][]row{
		fleet.AutoScalingGroup: {
			{says: "a process that is suspended", change: withLaunch(func(l *fleet.Launch) { l.Suspended = append(l.Suspended, "Terminate") }), gate: autospot.GateSuspended},
			{says: "a launch configuration", change: withLaunch(func(l *fleet.Launch) { l.Configuration = "x" }), gate: autospot.GateConfiguration},
			{says: "an interface", change: withLaunch(func(l *fleet.Launch) { l.Interfaces = append(l.Interfaces, fleet.Interface{ID: "eni-9"}) }), gate: autospot.GateAddresses},
		},
		fleet.EC2Instance: {
			{says: "a group", change: trait(fleet.GroupMember, "x"), gate: autospot.GateGroupMember},
			{says: "hibernation", change: trait(fleet.HibernationReady, ""), gate: autospot.GateHibernation},
			{says: "a lock", change: trait(fleet.TerminationLock, ""), gate: autospot.GateProtection},
			{says: "local disks", change: trait(fleet.InstanceStoreData, "m5d.large"), gate: autospot.GateInstanceStore},
			{says: "an instance-store root", change: trait(fleet.InstanceStoreRoot, ""), gate: autospot.GateInstanceStore},
		},
		fleet.ECSService: {
			{says: "a daemon", change: trait(fleet.DaemonService, ""), gate: autospot.GateDaemon},
			{says: "a deployment", change: trait(fleet.Deploying, ""), gate: autospot.GateDeploying},
			{says: "CodeDeploy", change: trait(fleet.ExternalDeploy, "CodeDeploy"), gate: autospot.GateDeployments},
		},
	}
	rows = []row{
		{says: "an owner", change: trait(fleet.Managed, "EKS"), gate: autospot.GateOwner},
		{says: "a deletion", change: trait(fleet.BeingDeleted, ""), gate: autospot.GateDeletion},
		{says: "a stack", change: trait(fleet.StackUpdating, "x"), gate: autospot.GateStack},
	}
	if l := r.Launch; r.Kind == fleet.AutoScalingGroup && (l == nil || l.Template == nil || l.Template.Number == 0) {
		return rows // what it says of launching is not read, so that nothing of it is refused
	}
	return append(rows, traits[r.Kind]...)
}

// withLaunch changes how a group launches, leaving alone what other cases share.
func withLaunch(change func(*fleet.Launch)) func(*autospot.Case) {
	return func(c *autospot.Case) {
		l := *c.Resource.Launch
		change(&l)
		c.Resource.Launch = &l
	}
}

func copyOf(c autospot.Case) autospot.Case {
	r := *c.Resource
	r.Traits = slices.Clone(r.Traits)
	c.Resource = &r
	return c
}

// TestNothingPassesWithATagThatCannotBeRead whatever it says and whatever else is right.
func TestNothingPassesWithATagThatCannotBeRead(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 2))
	judge := autospot.NewJudge(rules())
	alphabet := []rune("yesnoYES NO-batchdefault_1=.,ÿ한\x00")
	for range 3_000 {
		text := make([]rune, r.IntN(9))
		for i := range text {
			text[i] = alphabet[r.IntN(len(alphabet))]
		}
		c := random(r)
		tagged("offpeak:spot", string(text))(&c)
		j := judge.Judge(c)
		g, _ := j.Gate(autospot.GateOptIn)
		if meant := readable(string(text)); (j.Wish.Answer == autospot.Yes) && !meant || g.Verdict == autospot.Pass && !meant {
			t.Fatalf("%q: %+v, %+v", string(text), j.Wish, g)
		} else if !meant && j.Verdict() != autospot.Refuse {
			t.Fatalf("%q: %s", string(text), j.Verdict())
		}
	}
}

// readable says independently which texts are a yes.
func readable(text string) bool {
	for len(text) > 0 && text[0] == ' ' {
		text = text[1:]
	}
	for len(text) > 0 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	switch text {
	case "yes", "Yes", "YES", "yES", "yeS", "YeS", "YEs", "yEs", "default", "batch":
		return true
	}
	return false
}

// TestJudgingAgainSaysTheSame and changes nothing that it was given.
func TestJudgingAgainSaysTheSame(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 3))
	judge := autospot.NewJudge(rules())
	for range 500 {
		c := random(r)
		launch := fleet.Launch{}
		if c.Resource.Launch != nil {
			launch = *c.Resource.Launch
		}
		first := judge.Judge(c)
		if diff := cmp.Diff(first, autospot.NewJudge(rules()).Judge(c)); diff != "" {
			t.Fatal(diff)
		}
		if c.Resource.Launch != nil {
			if diff := cmp.Diff(launch, *c.Resource.Launch); diff != "" {
				t.Fatal(diff)
			}
		}
	}
}
