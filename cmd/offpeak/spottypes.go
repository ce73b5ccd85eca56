package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"offpeak/autospot/compatible"
	"offpeak/internal/described"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

// typesFrom asks a region for its instance types, and where they can be had if that is wanted.
type typesFrom func(ctx context.Context, profile string, region fleet.Region, offerings bool) (*market.Catalog, market.Offerings, fleet.Region, error)

// typesQuery is what "offpeak spot types" is asked.
type typesQuery struct {
	name               string
	catalog, offerings string // files
	profile, region    string
	needs              compatible.Needs
	verbose            bool
}

func newSpotTypes(c console, live typesFrom) *cobra.Command {
	var q typesQuery
	var output string
	cmd := &cobra.Command{
		Use:   "types TYPE",
		Short: "List the instance types that can stand in for another on Spot, and why the others cannot",
		Long: `Lists the instance types that can run on Spot what TYPE runs, and the others with every reason that keeps them out.

Types are judged by what AWS tells of them: architecture, hypervisor and drivers, GPUs and accelerators, once to twice the vCPUs and memory, four fifths of
the baselines of network and volumes. With --zone a type must be offered in every zone named. What is not known keeps a type out.

Without --catalog, AWS is asked: DescribeInstanceTypes, and with --zone DescribeInstanceTypeOfferings.`,
		Example: `  offpeak spot types m5.xlarge --zone ap-northeast-2a --zone ap-northeast-2c
  aws ec2 describe-instance-types > types.json
  offpeak spot types m5.xlarge --catalog types.json --deny '*.metal*' -o json`,
		Args: need(1, 1, "name an instance type, such as m5.xlarge"),
		RunE: func(_ *cobra.Command, args []string) error {
			as, err := formOf(output)
			if err != nil {
				return err
			}
			q.name = args[0]
			ctx, stop := interruptible()
			defer stop()
			doc, err := q.ask(ctx, c, live)
			if err != nil {
				return err
			}
			if as == asJSON {
				return writeJSON(c.out, doc)
			}
			return renderTypes(c.out, doc, q.verbose, newStyle(c))
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&q.needs.Zones, "zone", nil, "Availability Zone in use, in which a type must be offered (repeatable)")
	f.StringVar(&q.catalog, "catalog", "", "what \"aws ec2 describe-instance-types\" printed, or a catalogue in CSV (default: AWS is asked)")
	f.StringVar(&q.offerings, "offerings", "", "what \"aws ec2 describe-instance-type-offerings --location-type availability-zone\" printed, or CSV (az,type)")
	f.BoolVar(&q.needs.Store, "uses-instance-store", false, "the disks of the instance are in use: a type must have as many, as large, as fast")
	f.StringArrayVar(&q.needs.Allow, "allow", nil, "only types that match, as m5.* (repeatable)")
	f.StringArrayVar(&q.needs.Deny, "deny", nil, "no types that match, as *.metal* (repeatable)")
	f.BoolVarP(&q.verbose, "verbose", "v", false, "every rejected type with every reason")
	f.StringVar(&q.profile, "profile", "", "profile of the AWS configuration (default: the standard credential chain)")
	f.StringVar(&q.region, "region", "", "region to ask (default: that of the zones, else the configuration's)")
	registerForm(cmd, &output)
	return cmd
}

// ask judges the types.
func (q *typesQuery) ask(ctx context.Context, c console, live typesFrom) (typesJSON, error) {
	for _, glob := range slices.Concat(q.needs.Allow, q.needs.Deny) {
		if err := compatible.CheckGlob(glob); err != nil {
			return typesJSON{}, usagef("--allow, --deny: %w", err)
		}
	}
	slices.Sort(q.needs.Zones)
	q.needs.Zones = slices.Compact(q.needs.Zones)
	catalog, source, err := q.read(ctx, c, live)
	if err != nil {
		return typesJSON{}, err
	}
	base, ok := catalog.Of(q.name)
	if !ok {
		names := map[string]bool{}
		for i := range catalog.All() {
			names[catalog.All()[i].Type] = true
		}
		text := fmt.Sprintf("%s knows no type %.60q", source, q.name)
		if near := nearest(q.name, names, 3); len(near) > 0 {
			text += " (did you mean " + strings.Join(near, ", ") + "?)"
		}
		return typesJSON{}, usagef("%s", text)
	}
	for _, zone := range q.needs.Zones {
		if len(q.needs.Offerings[zone]) == 0 {
			return typesJSON{}, usagef("--zone %.60q: nothing is known of it; zones that are known: %s", zone, strings.Join(slices.Sorted(maps.Keys(q.needs.Offerings)), ", "))
		}
	}
	return typesDocument(compatible.Compatible(base, catalog, q.needs), source), nil
}

// read gets the catalogue, and where zones are named what is offered in them, from files or from AWS. source says where the catalogue is from.
func (q *typesQuery) read(ctx context.Context, c console, live typesFrom) (catalog *market.Catalog, source string, err error) {
	if q.catalog != "" && q.offerings == "" && len(q.needs.Zones) > 0 {
		return nil, "", usagef("--zone: what the zone offers is told by --offerings FILE, which is what\n" +
			"  aws ec2 describe-instance-type-offerings --location-type availability-zone\nprints (--offerings is needed where --catalog is a file)")
	}
	if q.offerings != "" {
		if q.needs.Offerings, err = readMarket(c, q.offerings, market.ReadOfferings); err != nil {
			return nil, "", err
		}
	}
	if q.catalog != "" {
		catalog, err = readMarket(c, q.catalog, market.ReadCatalog)
		return catalog, q.catalog, err
	}
	if q.region == "" && len(q.needs.Zones) > 0 {
		region, ok := described.RegionOf(q.needs.Zones[0])
		if !ok {
			return nil, "", usagef("--zone: %.60q is no Availability Zone (write ap-northeast-2a)", q.needs.Zones[0])
		}
		q.region = string(region)
	}
	asked := q.offerings == "" && len(q.needs.Zones) > 0
	catalog, offerings, region, err := live(ctx, q.profile, fleet.Region(q.region), asked)
	if asked {
		q.needs.Offerings = offerings
	}
	return catalog, "EC2 in " + string(region), err
}

// readMarket reads a file, or standard input by the name -.
func readMarket[T any](c console, name string, read func(string, io.Reader) (T, error)) (T, error) {
	if name == "-" {
		return read("standard input", c.in)
	}
	file, err := os.Open(name)
	if err != nil {
		var none T
		return none, err
	}
	defer file.Close() //nolint:errcheck // nothing is lost by closing a file that was only read
	return read(name, file)
}

// bySize orders types by vCPUs and memory, as people look for them.
func bySize(a, b typeJSON) int {
	return cmp.Or(cmp.Compare(a.VCPUs, b.VCPUs), cmp.Compare(a.MemoryMiB, b.MemoryMiB), cmp.Compare(a.Type, b.Type))
}
