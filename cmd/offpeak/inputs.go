package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/internal/policy"
)

// inputs are the flags by which a command is given a policy and a fleet.
type inputs struct {
	console
	policyFile string
	inventory  []string
	memoryFile string
	pricesFile string
	account    string
	region     string
	at         string
	selector   string
	launch     bool // how things are launched is wanted, too
	posture    bool // how they are set up otherwise, too
}

// register adds the flags to a command.
func (in *inputs) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&in.policyFile, "policy", defaultPolicy, "policy file")
	in.registerInventory(cmd)
	f.StringVar(&in.memoryFile, "memory", "", "memory of earlier plans; a file that does not exist means that every resource is newly seen")
	f.StringVar(&in.pricesFile, "prices", "", "prices per hour, CSV or JSON, beside those of the policy")
	f.StringVar(&in.at, "at", "", "plan for this instant instead of now, as 2026-11-20T19:35:00+09:00")
	f.StringVarP(&in.selector, "selector", "l", "", "only resources that match, as Team=pay,env=dev (also account, region, kind, id, name, state)")
}

func (in *inputs) registerInventory(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&in.inventory, "inventory", nil, "what the AWS CLI printed, or a saved snapshot; - is standard input (repeatable)")
	f.StringVar(&in.account, "account", "", "account of files that do not tell theirs")
	f.StringVar(&in.region, "region", "", "region of files that do not tell theirs, or to look into")
}

// instant returns the instant to plan for: --at, else now.
func (in *inputs) instant() (time.Time, error) {
	if in.at == "" {
		return in.now().Truncate(time.Second), nil
	}
	t, err := parseInstant(in.at, nil)
	if err != nil {
		return time.Time{}, usagef("--at: %w", err)
	}
	return t, nil
}

// loadPolicy reads the policy file, with its calendars beside it.
func loadPolicy(file string) (*policy.Policy, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) && file == defaultPolicy {
		return nil, usagef("there is no %s here; write one with \"offpeak init\", or name yours with --policy", file)
	}
	if err != nil {
		return nil, usagef("read policy: %w", err)
	}
	return policy.Load(file, data, besidePolicy(file))
}

// besidePolicy reads the files that a policy names, from the policy's own folder.
func besidePolicy(file string) policy.FileReader {
	folder := filepath.Dir(file)
	return func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(folder, name)
		}
		return os.ReadFile(name)
	}
}

// snapshot reads the inventory named by flags and arguments, and sets prices.
func (in *inputs) snapshot(args []string, prices fleet.Prices) (fleet.Snapshot, error) {
	files := append(append([]string{}, in.inventory...), args...)
	if len(files) == 0 {
		return fleet.Snapshot{}, usagef("no inventory: name files that the AWS CLI printed with --inventory, for example\n" +
			"  aws ec2 describe-instances > instances.json\n  offpeak plan --inventory instances.json")
	}
	taken, err := in.instant()
	if err != nil {
		return fleet.Snapshot{}, err
	}
	if in.account != "" {
		if _, err := fleet.ParseAccountID(in.account); err != nil {
			return fleet.Snapshot{}, usagef("--account: %w", err)
		}
	}
	options := local.Options{Account: fleet.AccountID(in.account), Region: fleet.Region(in.region), Taken: taken, Launch: in.launch, Posture: in.posture}
	snapshot, err := local.ReadInventoryFiles(files, in.in, options)
	if err != nil {
		return fleet.Snapshot{}, err
	}
	prices.Apply(&snapshot)
	return snapshot, nil
}

// prices joins the prices of the policy and of --prices; the latter win.
func (in *inputs) prices(p *policy.Policy) (fleet.Prices, error) {
	prices := fleet.Prices{}
	if p != nil {
		maps.Copy(prices, p.Prices)
	}
	if in.pricesFile == "" {
		return prices, nil
	}
	more, err := local.ReadPricesFile(in.pricesFile)
	if err != nil {
		return nil, err
	}
	maps.Copy(prices, more)
	return prices, nil
}

// memory reads the memory file; nil when none is named.
func (in *inputs) memory() (*fleet.Memory, error) {
	if in.memoryFile == "" {
		return nil, nil
	}
	return local.ReadMemoryFile(in.memoryFile)
}

// parseInstant reads an RFC 3339 instant, or with a zone also "2026-11-20 19:35" and "2026-11-20" on that zone's clock.
func parseInstant(text string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if zone != nil {
		for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
			if t, err := time.ParseInLocation(layout, text, zone); err == nil {
				return t, nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("%.60q is no instant (write 2026-11-20T19:35:00+09:00)", text)
}

// parseSpan reads a duration in which d stands for days: 7d, 36h, 90m.
func parseSpan(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	var total time.Duration
	if found {
		var n int
		if _, err := fmt.Sscanf(days, "%d", &n); err != nil || fmt.Sprint(n) != days || n < 0 || n > 3660 {
			return 0, fmt.Errorf("%.40q is no span of time (write 7d, 36h or 90m)", text)
		}
		total = time.Duration(n) * 24 * time.Hour
	} else {
		rest = text
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil || d < 0 {
			return 0, fmt.Errorf("%.40q is no span of time (write 7d, 36h or 90m)", text)
		}
		total += d
	}
	return total, nil
}
