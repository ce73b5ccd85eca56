// Package config reads what a deployment is to be: the object "offpeak" of the CDK context, in cdk.json or by -c on the command line.
//
// In goes the context as JSON gave it; out comes a Config in which every value is valid, or an error that tells every mistake at once, each with
// its place and what to write instead. Reading is strict: a key that is not known is an error, so that a typing error cannot leave a protection
// out. The package opens nothing and asks nobody.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"offpeak/internal/fleet"
)

// Key is that of the object in the context.
const Key = "offpeak"

// CostTag is the key of the cost allocation tag that everything of offpeak's carries, with the value CostTagValue: by it the bill says what offpeak itself costs.
const (
	CostTag      = "Application"
	CostTagValue = "offpeak"
)

// Config is a deployment.
type Config struct {
	// Hub is the account of the hub; empty: that of the credentials with which is deployed. Region is the hub's.
	Hub    fleet.AccountID
	Region fleet.Region
	// Regions are those in which accounts are looked after; spokes pass on events from them.
	Regions []fleet.Region
	// Organization is the id of the organization whose accounts are looked after; empty: none.
	Organization string
	// Accounts are accounts outside of it.
	Accounts []fleet.AccountID
	// ExternalID is what the roles in accounts ask for; empty: each deployment of them is asked for it.
	ExternalID string
	// OwnAccount says that the hub's account is looked after too.
	OwnAccount bool
	// Operators and Readers are the ARNs of roles of the hub's account by which people come who act by hand, and who only look. Those of IAM
	// Identity Center hold a * for what AWS makes up.
	Operators, Readers []string
	// ScheduleTags are the keys by which owners opt in, CustodianTag one with Cloud Custodian's values; empty: none.
	// OverrideTag is the key by which they make exceptions: a change of it wakes as one of the others does.
	ScheduleTags              []string
	CustodianTag, OverrideTag string
	// AutoSpot deploys what moves workloads to Spot too; SpotTag is the key by which owners ask for that.
	AutoSpot bool
	SpotTag  string
	// Report says how quarterly reports are made and mailed; nil: none are.
	Report *Report
	// Protected are tags whose resources nothing may touch, by key in order.
	Protected []ProtectedTag
	// VolumeKeys are the customer keys of volumes that are started.
	VolumeKeys []string
	// Mail are the addresses that get alarms and alerts.
	Mail []string
	// Zone is that in which people here think; the dashboard names it.
	Zone *time.Location
	// Encryption says whose key encrypts what the hub keeps.
	Encryption Encryption
	// LockDays is for how long a copy of each ledger entry cannot be changed by anybody; 0: there is no such copy.
	LockDays int
	// LogDays is for how long logs are kept.
	LogDays int
	// MaxConcurrency is how many accounts and regions are swept at once, ReservedConcurrency what is set aside for it; 0: nothing.
	MaxConcurrency, ReservedConcurrency int
	// AccountConcurrency is the quota of Lambda in the hub's account and region, as its owner knows it; 0: nobody said.
	AccountConcurrency int
	// Paused deploys everything and lets the clock stand still.
	Paused bool
	// Spread says which accounts of the organization get roles and rules by StackSets; nil: none.
	Spread *Spread
	// Pipeline says how the hub is deployed from a repository; nil: by hand.
	Pipeline *Pipeline
	// Tags are put on everything that can have them.
	Tags map[string]string
}

// ProtectedTag is a tag and those of its values that protect.
type ProtectedTag struct {
	Key    string
	Values []string
}

// Encryption says whose key encrypts what the hub keeps.
type Encryption string

// The choices: a customer key, which can be taken away, or AWS's own. The topic is under a customer key either way.
const (
	CustomerKey Encryption = "customer"
	AWSKey      Encryption = "aws"
)

// Spread is where StackSets go.
type Spread struct {
	// Units are organizational units or roots whose accounts are looked after, ReadOnly those that are only looked at.
	Units, ReadOnly []string
	// Delegated says that the hub's account is a delegated administrator, and not the management account.
	Delegated bool
}

// Pipeline is how the hub is deployed from a repository.
type Pipeline struct {
	// Connection is the ARN of the CodeConnections connection, Repository owner/name, Branch the one that is deployed.
	Connection, Repository, Branch string
	// Staging is the account of the hub that is deployed first; empty: there is none.
	Staging fleet.AccountID
}

// Partition is the AWS partition of the deployment.
func (c Config) Partition() string { return c.Region.Partition() }

// Parse reads the context's value: an object, or the text of one as -c gives it.
func Parse(context any) (Config, error) {
	if text, ok := context.(string); ok {
		var object any
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			return Config{}, fmt.Errorf("the context %s is no JSON object: %w", Key, err)
		}
		context = object
	}
	values, ok := context.(map[string]any)
	if context == nil {
		values, ok = map[string]any{}, true
	}
	if !ok {
		return Config{}, fmt.Errorf("the context %s is %s: it is an object, as in cdk.json", Key, kind(context))
	}
	problems := &problems{}
	s := &section{path: Key, values: values, seen: map[string]bool{}, problems: problems}
	c := s.config()
	if tag, said := s.take("spot_tag"); said && tag != "" && !c.AutoSpot && !s.bad["autospot"] && !s.bad["spot_tag"] {
		s.complain("spot_tag", fmt.Sprintf("%v has no effect without autospot: say autospot: true, or take it out", tag))
	}
	s.done()
	c.check(problems)
	if len(problems.errs) > 0 {
		return Config{}, errors.Join(problems.errs...)
	}
	return c, nil
}

func (s *section) config() Config {
	c := Config{
		Hub:                 fleet.AccountID(s.text("hub_account", "", account)),
		Region:              fleet.Region(s.text("hub_region", "ap-northeast-2", region)),
		Organization:        s.text("organization", "", organization),
		ExternalID:          s.text("external_id", "", externalID),
		OwnAccount:          s.boolean("own_account"),
		Operators:           s.list("operators", nil, person),
		Readers:             s.list("readers", nil, person),
		ScheduleTags:        s.list("schedule_tags", []string{fleet.DefaultPrefix + "schedule"}, tagKey),
		CustodianTag:        s.text("custodian_tag", "", tagKey),
		OverrideTag:         s.text("override_tag", fleet.DefaultPrefix+"override", tagKey),
		AutoSpot:            s.boolean("autospot"),
		SpotTag:             s.text("spot_tag", fleet.DefaultPrefix+"spot", tagKey),
		VolumeKeys:          s.list("volume_keys", nil, kmsKey),
		Mail:                s.list("mail", nil, mail),
		Encryption:          Encryption(s.text("encryption", string(CustomerKey), oneOf(string(CustomerKey), string(AWSKey)))),
		LockDays:            s.number("ledger_lock_days", 0, 0, 36_500),
		LogDays:             s.number("log_days", 90, 1, 3653),
		MaxConcurrency:      s.number("max_concurrency", 5, 2, 1000),
		ReservedConcurrency: s.number("reserved_concurrency", 0, 0, 1000),
		AccountConcurrency:  s.number("account_concurrency", 0, 0, 1_000_000),
		Paused:              s.boolean("paused"),
		Tags:                s.texts("tags"),
	}
	for _, id := range s.list("accounts", nil, account) {
		c.Accounts = append(c.Accounts, fleet.AccountID(id))
	}
	for _, name := range s.list("regions", []string{string(c.Region)}, region) {
		c.Regions = append(c.Regions, fleet.Region(name))
	}
	c.Zone = s.zone("timezone")
	c.Protected = s.protected("protected_tags")
	c.Report = s.report()
	c.Spread = s.spread("stack_sets")
	c.Pipeline = s.pipeline("pipeline")
	return c
}

func (s *section) spread(key string) *Spread {
	in := s.section(key)
	if in == nil {
		return nil
	}
	out := &Spread{Units: in.list("units", nil, unit), ReadOnly: in.list("read_only_units", nil, unit), Delegated: in.boolean("delegated")}
	in.done()
	return out
}

func (s *section) pipeline(key string) *Pipeline {
	in := s.section(key)
	if in == nil {
		return nil
	}
	out := &Pipeline{
		Connection: in.text("connection", "", connection), Repository: in.text("repository", "", repository), Branch: in.text("branch", "main", branch),
		Staging: fleet.AccountID(in.text("staging_account", "", account)),
	}
	for name, value := range map[string]string{"connection": out.Connection, "repository": out.Repository} {
		if value == "" && !in.bad[name] {
			in.complain(name, "is missing: a pipeline needs connection and repository")
		}
	}
	in.done()
	return out
}
