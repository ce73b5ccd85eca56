package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"offpeak/autospot"
	"offpeak/autospot/experience"
	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/market"
	"offpeak/internal/plan"
)

// spotFlags are the flags of spot.
type spotFlags struct {
	inputs
	reachFlags
	live                                    bool
	catalog, offerings, spotPrices, advisor string // files
	bill                                    string // folder of exports
	publish                                 bool
	experience                              []string // files
	all, verbose                            bool
	output                                  string
}

func newSpot(c console) *cobra.Command {
	flags := spotFlags{inputs: inputs{console: c, launch: true}}
	cmd := &cobra.Command{
		Use:   "spot [FILE...]",
		Short: "Show what could run on Spot, how much of it, and what that would save; changes nothing",
		Long: `Shows for every group, instance and service that asks for Spot (tag offpeak:spot) whether it can move, how many of it stay on demand, which instance
types the rest may be, what that costs, and how often more than its owner accepts would be lost at once. What speaks against a move is said with what its
owner can do about it.

The inventory is what the AWS CLI prints, as for "offpeak plan"; aws ec2 describe-launch-template-versions, aws ecs describe-clusters and aws ecs
describe-capacity-providers belong to it. The market is told by --catalog, --offerings, --spot-prices and --advisor. What is not told is not guessed: it
is a reason against a move.`,
		Example: `  offpeak spot --inventory groups.json templates.json --catalog types.json --offerings offerings.json --spot-prices spot.json --prices ondemand.csv
  offpeak spot --inventory groups.json ... -v
  offpeak spot types m5.xlarge --zone ap-northeast-2a`,
		RunE: flags.run,
	}
	flags.inputs.register(cmd)
	flags.reachFlags.register(cmd)
	f := cmd.Flags()
	f.BoolVar(&flags.live, "live", false, "ask AWS what there is and what the market offers, instead of reading files; nothing is changed")
	f.StringVar(&flags.catalog, "catalog", "", "what \"aws ec2 describe-instance-types\" printed, or a catalogue in CSV")
	f.StringVar(&flags.offerings, "offerings", "", "what \"aws ec2 describe-instance-type-offerings --location-type availability-zone\" printed, or CSV (az,type)")
	f.StringVar(&flags.spotPrices, "spot-prices", "", "what \"aws ec2 describe-spot-price-history\" printed, of 30 days or more")
	f.StringVar(&flags.advisor, "advisor", "", "the Spot advisor's spot-advisor-data.json; without it every type counts as interrupted most often")
	f.StringVar(&flags.bill, "bill", "", "folder with the exports of the bill, as for \"offpeak savings\": what Reserved Instances and Savings Plans pay for anyway stays on demand")
	f.BoolVar(&flags.publish, "publish", false, "with --live and --bill: let the hub know what commitments pay for, of everything that the policy names")
	f.StringArrayVar(&flags.experience, "experience", nil, "how often your own Spot instances were interrupted, as a hub keeps it in experience/REGION/ACCOUNT.json (repeatable)")
	f.BoolVar(&flags.all, "all", false, "also what does not ask for Spot, as what it could be")
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "every gate, every type with the reasons of those left out, every number of on-demand instances, the assumptions, and the patch for its code")
	registerForm(cmd, &flags.output)
	cmd.AddCommand(newSpotApply(c), newSpotRollback(c), newSpotTypes(c, typesOnAWS))
	return cmd
}

// askLive stands for files where AWS is to be asked: --inventory live is --live.
const askLive = "live"

// liveByName takes the word live in the place of files. Prices alone are not asked for: AWS tells them of what it lists.
func (f *spotFlags) liveByName() error {
	all := slices.Equal(f.inventory, []string{askLive})
	switch {
	case all && (f.pricesFile == "" || f.pricesFile == askLive):
		f.live, f.inventory, f.pricesFile = true, nil, ""
	case f.pricesFile == askLive && !f.live:
		return usagef("--prices live goes with --inventory live (or --live): prices are asked for of what AWS lists")
	case f.pricesFile == askLive:
		f.pricesFile = ""
	}
	return nil
}

func (f *spotFlags) run(cmd *cobra.Command, args []string) error {
	as, err := formOf(f.output)
	if err != nil {
		return err
	}
	if err := f.liveByName(); err != nil {
		return err
	}
	if f.publish && (!f.live || f.bill == "" || f.region != "" || f.selector != "") {
		return usagef("--publish goes with --live and --bill, and is of everything that the policy names: not with --region or --selector")
	}
	if f.live {
		return f.runLive(cmd, args, as)
	}
	seen, err := f.see(args)
	if err != nil {
		return err
	}
	offered, err := f.market(seen)
	if err != nil {
		return err
	}
	options := autospot.Options{All: f.all}
	if options.Committed, err = f.committed(&seen, offered); err != nil {
		return err
	}
	if options.Experience, err = f.own(&seen, offered); err != nil {
		return err
	}
	_, advices, _ := autospot.New(&seen.policy.Spot).Plan(&seen.snapshot, offered, seen.memory, options)
	return f.show(spotDocument(seen.snapshot.Taken, seen.policy, offered.Sources, advices), as)
}

func (f *spotFlags) show(doc spotJSON, as form) error {
	if as == asJSON {
		return writeJSON(f.out, doc)
	}
	return renderSpot(f.out, doc, f.verbose, newStyle(f.console))
}

// committed says what commitments pay for by the bill that was named, and where that is from.
func (f *spotFlags) committed(seen *sight, offered *market.Market) (map[fleet.ARN]autospot.Committed, error) {
	if seen.policy.Spot.Uncommitted {
		offered.Sources = append(offered.Sources, "commitments: none are to count, by the policy")
		return nil, nil
	}
	if f.bill == "" {
		committed, _ := hub.CommittedBy(&seen.snapshot, nil, nil, seen.now)
		offered.Sources = append(offered.Sources, "commitments: not told (--bill)")
		return committed, nil
	}
	ctx, stop := interruptible()
	defer stop()
	facts, err := f.facts(ctx, &seen.snapshot)
	if err != nil {
		return nil, err
	}
	committed, sources := hub.CommittedBy(&seen.snapshot, facts, nil, seen.now)
	offered.Sources = append(offered.Sources, sources...)
	return committed, nil
}

// own reads how often the organization's own Spot instances were interrupted, and says where that is from.
func (f *spotFlags) own(seen *sight, offered *market.Market) (map[fleet.Region]map[string]pricing.Experience, error) {
	var records []experience.Record
	accounts, scopes := map[fleet.Region]int{}, map[fleet.Scope]string{}
	for _, file := range f.experience {
		r, err := readMarket(f.console, file, parseExperience)
		if err != nil {
			return nil, err
		}
		if before, twice := scopes[r.Scope]; twice {
			return nil, usagef("--experience: %s and %s are both of %s", before, file, r.Scope)
		}
		scopes[r.Scope] = file
		records, accounts[r.Scope.Region] = append(records, r), accounts[r.Scope.Region]+1
	}
	types := experience.Types(records, seen.now)
	for _, region := range slices.Sorted(maps.Keys(accounts)) {
		offered.Sources = append(offered.Sources, hub.OwnSource(types[region], accounts[region], region))
	}
	return types, nil
}

func parseExperience(name string, r io.Reader) (record experience.Record, err error) {
	data, err := io.ReadAll(r)
	if err == nil {
		record, err = experience.Parse(data)
	}
	if err != nil {
		return record, fmt.Errorf("%s: %w", name, err)
	}
	return record, nil
}

// market reads what the files tell of the market, and says where each part is from.
func (f *spotFlags) market(seen sight) (*market.Market, error) {
	prices, err := f.prices(seen.policy)
	if err != nil {
		return nil, err
	}
	m := &market.Market{Taken: seen.snapshot.Taken, OnDemand: prices, Fargate: market.FargateOf(prices)}
	if f.catalog != "" {
		if m.Catalog, err = readMarket(f.console, f.catalog, market.ReadCatalog); err != nil {
			return nil, err
		}
	}
	if f.offerings != "" {
		if m.Offerings, err = readMarket(f.console, f.offerings, market.ReadOfferings); err != nil {
			return nil, err
		}
	}
	if f.spotPrices != "" {
		if m.Spot, err = readMarket(f.console, f.spotPrices, market.ReadHistory); err != nil {
			return nil, err
		}
	}
	if f.advisor != "" {
		if m.Advised, err = readMarket(f.console, f.advisor, market.ReadAdvised); err != nil {
			return nil, err
		}
	}
	for _, part := range []struct{ what, flag, file string }{
		{"instance types", "--catalog", f.catalog},
		{"offerings", "--offerings", f.offerings},
		{"Spot prices", "--spot-prices", f.spotPrices},
		{"interruptions", "--advisor", f.advisor},
	} {
		m.Sources = append(m.Sources, part.what+": "+cmp.Or(part.file, "not told ("+part.flag+")"))
	}
	return m, nil
}

// verdictOf says in one word what becomes of a resource.
func verdictOf(a *autospot.Advice) string {
	switch {
	case a.Move != nil && a.Cause == plan.BySpot:
		return "move"
	case a.Move != nil:
		return "change"
	case a.Stage == fleet.OnSpot:
		return "on spot"
	case a.Stage == fleet.Moving || a.Stage == fleet.Leaving:
		return "moving"
	case a.Eligible():
		return "wait"
	default:
		return "no"
	}
}

// counts adds up verdicts in the order in which they are told.
func verdictCounts(advices []spotAdviceJSON) string {
	counts := map[string]int{}
	for i := range advices {
		counts[advices[i].Verdict]++
	}
	return countsText(counts)
}

func countsText(counts map[string]int) string {
	var parts []string
	for _, v := range []string{"move", "change", "moving", "on spot", "wait", "no"} {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d", v, counts[v]))
		}
	}
	return strings.Join(parts, ", ")
}
