// Package cloud is the way into AWS: credentials and roles, one client per account, region and service, calls that are paced and counted, and
// errors sorted by what they mean. The packages beneath it do the work: each asks one thing of AWS.
//
// Nothing outside this folder knows the AWS SDK. The package decides nothing about resources; what it returns are clients and errors.
package cloud

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"offpeak/internal/fleet"
	"offpeak/internal/pace"
)

// Role is how an account is entered.
type Role struct {
	ARN        string
	ExternalID string
}

// Options say whose credentials are used, and how other accounts are entered. The zero value is the standard credential chain, and nothing
// beyond its own account.
type Options struct {
	// Profile and Region are those of the AWS CLI's configuration; empty: what the environment says.
	Profile string
	Region  fleet.Region
	// RoleOf returns the role of an account; false where the account is entered with the base credentials, as one's own is. Nil: always so.
	// It is asked whenever credentials run out, so that another policy's roles are taken within the hour.
	RoleOf func(fleet.AccountID) (Role, bool)
	// Session names this program in CloudTrail of the accounts that it enters.
	Session string
	// Now and Sleep are the clock by which calls are paced; nil: the machine's.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	// Adjust, if set, changes the base configuration before anything is made of it, for tests.
	Adjust func(*aws.Config)
}

// Access reaches AWS. It is safe for concurrent use.
type Access struct {
	base    aws.Config
	options Options
	pacer   pace.Pacer
	calls   Calls

	mu       sync.Mutex
	accounts map[fleet.AccountID]aws.CredentialsProvider
}

// Open reads the configuration. It makes no call.
func Open(ctx context.Context, o Options) (*Access, error) {
	var how []func(*config.LoadOptions) error
	how = append(how, config.WithRetryMode(aws.RetryModeAdaptive))
	if o.Profile != "" {
		how = append(how, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Region != "" {
		how = append(how, config.WithRegion(string(o.Region)))
	}
	base, err := config.LoadDefaultConfig(ctx, how...)
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if o.Adjust != nil {
		o.Adjust(&base)
	}
	if o.Session == "" {
		o.Session = "offpeak"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return &Access{base: base, options: o, accounts: map[fleet.AccountID]aws.CredentialsProvider{}}, nil
}

// Region returns the region of the configuration; empty where there is none.
func (a *Access) Region() fleet.Region { return fleet.Region(a.base.Region) }

// Calls returns the counter of the calls made so far.
func (a *Access) Calls() *Calls { return &a.calls }

// Config returns the configuration for clients of a scope. Every call made by them is paced and counted as the scope's. An empty account
// is the base's own: the hub's.
func (a *Access) Config(scope fleet.Scope) aws.Config {
	c := a.base.Copy()
	if scope.Region != "" {
		c.Region = string(scope.Region)
	}
	c.Credentials = a.credentials(scope.Account)
	c.APIOptions = append(c.APIOptions, a.middleware(scope)...)
	return c
}

// credentials returns one provider per account, so that a role is assumed once for all regions and services.
func (a *Access) credentials(account fleet.AccountID) aws.CredentialsProvider {
	if account == "" || a.options.RoleOf == nil {
		return a.base.Credentials
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.accounts[account]
	if p == nil {
		p = aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			return a.enter(ctx, account)
		}))
		a.accounts[account] = p
	}
	return p
}

// enter takes on an account's role, or stays who one is.
func (a *Access) enter(ctx context.Context, account fleet.AccountID) (aws.Credentials, error) {
	role, other := a.options.RoleOf(account)
	if !other {
		return a.base.Credentials.Retrieve(ctx)
	}
	client := sts.NewFromConfig(a.Config(fleet.Scope{}))
	return stscreds.NewAssumeRoleProvider(client, role.ARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = a.options.Session
		if role.ExternalID != "" {
			o.ExternalID = aws.String(role.ExternalID)
		}
	}).Retrieve(ctx)
}

// Self returns the account whose credentials are used, and the ARN of who uses them.
func (a *Access) Self(ctx context.Context) (fleet.AccountID, string, error) {
	who, err := sts.NewFromConfig(a.Config(fleet.Scope{})).GetCallerIdentity(ctx, nil)
	if err != nil {
		return "", "", fmt.Errorf("ask AWS who is calling: %w", Classify(err))
	}
	account, err := fleet.ParseAccountID(aws.ToString(who.Account))
	return account, aws.ToString(who.Arn), err
}

// Clients keeps one client of a service for each scope.
type Clients[T any] struct {
	access *Access
	open   func(aws.Config) T
	mu     sync.Mutex
	kept   map[fleet.Scope]T
}

// NewClients returns an empty set; open makes a client of a configuration.
func NewClients[T any](a *Access, open func(aws.Config) T) *Clients[T] {
	return &Clients[T]{access: a, open: open, kept: map[fleet.Scope]T{}}
}

// In returns the client of a scope, the same each time: the SDK's adaptive retries learn per client.
func (c *Clients[T]) In(scope fleet.Scope) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	client, ok := c.kept[scope]
	if !ok {
		client = c.open(c.access.Config(scope))
		c.kept[scope] = client
	}
	return client
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
