package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/ledger"
	"offpeak/internal/ledger/compact"
	"offpeak/internal/local"
	"offpeak/internal/policy"
	"offpeak/internal/spelling"
)

// historyQuery is whose story to tell, and how.
type historyQuery struct {
	name     string
	regions  []string
	from, to time.Time
	zone     *time.Location
	output   string
}

func newHistory(c console) *cobra.Command {
	var reached reachFlags
	var policyFile, since, zone, output string
	cmd := &cobra.Command{
		Use:   "history RESOURCE",
		Short: "Tell one resource's story from the ledger: what was done to it, why, and what came of it",
		Long: `Tells one resource's story from the ledger at --hub: when it was enrolled, each act with its reason, what AWS said to it, when it was seen to have
worked, and under which version of the policy. RESOURCE is an id, a name or an ARN.

The ledger alone is read. Where --hub is a folder, AWS is not asked and no credentials are needed.`,
		Example: `  offpeak history i-0a1b2c3d4e5f60718 --hub s3://offpeak-hub-111122223333
  offpeak history dev-order-api-1 --since 7d --zone Asia/Seoul -o json`,
		Args: need(1, 1, "name a resource by its id, its name or its ARN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			q := historyQuery{name: args[0], regions: reached.regions, to: c.now().Add(time.Minute), output: output}
			if _, err := formOf(output); err != nil {
				return err
			}
			span, err := parseSpan(since)
			if err != nil || span == 0 {
				return usagef("--since: %.40q is no span of time (write 7d, 36h or 90m)", since)
			}
			q.from = c.now().Add(-span)
			ctx, stop := interruptible()
			defer stop()
			s, err := reached.openStore(ctx, c)
			if err != nil {
				return err
			}
			if q.zone, err = s.zoneFor(ctx, cmd, zone, policyFile); err != nil {
				return err
			}
			return showHistory(ctx, c, s, q)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&since, "since", "30d", "how far back to read, as 90d, 36h")
	flags.StringVar(&zone, "zone", "", "IANA zone to tell the times in (default: the policy's)")
	flags.StringVar(&policyFile, "policy", defaultPolicy, "policy file whose zone the times are told in (default: the hub's policy where --hub is a bucket)")
	registerForm(cmd, &output)
	reached.register(cmd)
	return cmd
}

// openStore reaches the place of ledger and memory to read it, and AWS only where the place is there.
func (f *reachFlags) openStore(ctx context.Context, c console) (*site, error) {
	place := cmp.Or(f.hub, c.getenv(hubVariable), defaultHub)
	if strings.HasPrefix(place, "s3://") {
		return f.open(ctx, c)
	}
	if info, err := os.Stat(place); err != nil || !info.IsDir() {
		return nil, usagef("there is no ledger in %s: name the place of yours with --hub (s3://BUCKET[/PREFIX], or a folder)", place)
	}
	store, err := local.NewFolder(place)
	return &site{store: store, place: place, local: true}, err
}

// readPolicy reads the hub's policy. doubt says why it is not the one that was pushed last.
func readPolicy(ctx context.Context, s *site) (held *policy.Policy, doubt, err error) {
	policies := &hub.Policies{Store: s.store}
	if bundle, err := policies.Current(ctx); err == nil {
		if held, err := bundle.Policy(); err == nil {
			return held, nil, nil
		}
	}
	held, _, doubt, err = policies.InForce(ctx) // which keeps nothing where the current one cannot be read
	return held, doubt, err
}

// zoneFor is the zone that was named, else the policy's, else UTC.
func (s *site) zoneFor(ctx context.Context, cmd *cobra.Command, name, policyFile string) (*time.Location, error) {
	if name != "" {
		zone, err := time.LoadLocation(name)
		if err != nil || name == "Local" {
			return nil, usagef("--zone: %.60q is no IANA zone (write Asia/Seoul)", name)
		}
		return zone, nil
	}
	if _, err := os.Stat(policyFile); s.local && errors.Is(err, os.ErrNotExist) && !cmd.Flags().Changed("policy") {
		return time.UTC, nil
	}
	p, err := s.policyFor(ctx, cmd, policyFile)
	if err != nil {
		return nil, fmt.Errorf("%w (--zone UTC tells the story without a policy)", err)
	}
	return p.Rules.Zone, nil
}

func showHistory(ctx context.Context, c console, s *site, q historyQuery) error {
	found, err := readStory(ctx, s, q)
	if err != nil {
		return err
	}
	for _, damage := range found.damages {
		_, _ = fmt.Fprintf(c.err, "note: the ledger is damaged: %s\n", damage)
	}
	doc, err := found.story(q, s.place)
	if err != nil {
		return err
	}
	if q.output == "json" {
		return writeJSON(c.out, doc)
	}
	return renderStory(c.out, doc, q.zone, newStyle(c))
}

// readStory reads the ledger for a name. One that took another's place has the other's story too, for which the ledger is read once more: entries of
// who does not go by the name were not kept.
func readStory(ctx context.Context, s *site, q historyQuery) (*namesakes, error) {
	also := map[fleet.ARN]bool{}
	for {
		found, err := readNames(ctx, s, q, also)
		if err != nil || !found.more(also) {
			return found, err
		}
	}
}

func readNames(ctx context.Context, s *site, q historyQuery, also map[fleet.ARN]bool) (*namesakes, error) {
	found := &namesakes{name: q.name, also: also, of: map[fleet.ARN]*candidateStory{}, names: map[string]bool{}, places: map[fleet.ARN]fleet.ARN{}}
	for e, err := range (compact.Book{Store: s.store}).Read(ctx, q.from, q.to, scopeOfARN(q.name)) {
		if damage, ok := errors.AsType[*ledger.Damage](err); ok {
			found.damages = append(found.damages, damage.Error())
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(q.regions) == 0 || slices.Contains(q.regions, string(e.Scope.Region)) {
			found.add(e)
		}
	}
	return found, nil
}

// scopeOfARN is where a resource is by its ARN; zero, which is everywhere, for what is no ARN of a resource in an account and region.
func scopeOfARN(name string) fleet.Scope {
	parts := strings.SplitN(name, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[3] == "" {
		return fleet.Scope{}
	}
	account, err := fleet.ParseAccountID(parts[4])
	if err != nil {
		return fleet.Scope{}
	}
	return fleet.Scope{Account: account, Region: fleet.Region(parts[3])}
}

// namesakes are the resources that go by a name, out of entries that come one by one in the order of each resource's life.
type namesakes struct {
	name  string
	of    map[fleet.ARN]*candidateStory
	names map[string]bool // everybody's, to propose one
	// also are those whose place it took, or that took its place; places are who took whose: the new by the old.
	also    map[fleet.ARN]bool
	places  map[fleet.ARN]fleet.ARN
	entries int
	damages []string
}

// candidateStory is a resource that goes by the name, or may: entries before the first that tells its name are kept until that comes.
type candidateStory struct {
	entries []ledger.Entry
	known   bool // whether it goes by the name is decided
	meant   bool
}

func (n *namesakes) add(e ledger.Entry) {
	n.entries++
	if e.State == ledger.Succeeded {
		n.places[e.Succeeds.Old] = e.Resource
	}
	c := n.of[e.Resource]
	if c == nil {
		c = &candidateStory{known: string(e.Resource) == n.name || e.ID == n.name || n.also[e.Resource]}
		c.meant = c.known
		n.of[e.Resource] = c
		n.names[e.ID] = true
	}
	if e.Before != nil && !c.meant {
		name := e.Before.Name()
		n.names[name] = true
		c.meant = name == n.name || e.Before.Parent != "" && e.Before.Parent+"/"+e.Before.ID == n.name
		if c.known = true; !c.meant {
			c.entries = nil
		}
	}
	if c.meant || !c.known {
		c.entries = append(c.entries, e)
	}
}

// more notes whose entries belong to the story and were not kept; false where there are none.
func (n *namesakes) more(also map[fleet.ARN]bool) (again bool) {
	meant := func(arn fleet.ARN) bool { return n.of[arn] != nil && n.of[arn].meant }
	for old, heir := range n.places {
		for _, arn := range []fleet.ARN{old, heir} {
			if meant(old) != meant(heir) && n.of[arn] != nil && !meant(arn) {
				also[arn], again = true, true
			}
		}
	}
	return again
}

// last is who has the place of a resource now.
func (n *namesakes) last(arn fleet.ARN) fleet.ARN {
	for range len(n.places) {
		next, replaced := n.places[arn]
		if !replaced {
			break
		}
		arn = next
	}
	return arn
}

// story tells of the one resource that goes by the name. None, and several, are errors that help on.
func (n *namesakes) story(q historyQuery, place string) (storyJSON, error) {
	stories := map[fleet.ARN][]ledger.Entry{}
	for arn, c := range n.of {
		if c.meant {
			stories[n.last(arn)] = append(stories[n.last(arn)], c.entries...)
		}
	}
	arns := slices.Sorted(maps.Keys(stories))
	switch {
	case len(arns) == 1:
		doc := storyOf(stories[arns[0]])
		doc.Hub, doc.From, doc.To, doc.Zone, doc.Damages = place, q.from.UTC(), q.to.UTC(), q.zone.String(), append(doc.Damages, n.damages...)
		return doc, nil
	case len(arns) > 1:
		text := fmt.Sprintf("%q is the name of %d resources; give the ARN of one:", n.name, len(arns))
		for _, arn := range arns {
			text += "\n  " + string(arn)
		}
		return storyJSON{}, usagef("%s", text)
	case n.entries == 0:
		return storyJSON{}, usagef("the ledger in %s has no entry since %s that could be of %q; name another place with --hub, or look further back with --since 90d",
			place, q.from.In(q.zone).Format(clockFull), n.name)
	default:
		text := fmt.Sprintf("the ledger in %s tells nothing of %q since %s, of %d other resources it does", place, n.name, q.from.In(q.zone).Format(clockFull), len(n.of))
		if near := nearest(n.name, n.names, 3); len(near) > 0 {
			text += fmt.Sprintf(" (did you mean %s?)", strings.Join(near, ", "))
		}
		return storyJSON{}, usagef("%s; --since 90d looks further back", text)
	}
}

// nearest proposes up to so many names, the most alike first.
func nearest(name string, names map[string]bool, most int) []string {
	left := slices.Collect(maps.Keys(names))
	var near []string
	for len(near) < most {
		best := spelling.Nearest(name, left)
		if best == "" {
			break
		}
		near = append(near, best)
		left = slices.DeleteFunc(left, func(n string) bool { return n == best })
	}
	return near
}
