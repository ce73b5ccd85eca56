package actuator

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// Fallback says as which other types an instance may run while AWS has no capacity for its own.
//
// Nothing is kept about it: the first type of an instance's list is the preferred one, and every start begins with it again. An instance that
// runs as another is stopped by its schedule as ever, and set back before it is next started. One whose type is not in its list is left as
// it is, for somebody has changed it since the list was written. Neither are changed Spot instances, whose type is fixed, nor hibernated ones,
// whose memory fits the type they had.
type Fallback struct {
	// Tag is the key under which owners list types, joined by + or a comma: m5.large+m5a.large. Empty: DefaultTag.
	Tag string
	// Types returns the policy's list for what has no such tag, the preferred type first: the one that it has of right, not just now. Nil, or
	// fewer than two: no fallback.
	Types func(s plan.Subject, tags fleet.Tags, present string) []string
}

// DefaultTag is the key of the tag that lists the types of an instance.
const DefaultTag = fleet.DefaultPrefix + "types"

// typeName is how EC2 names types: m5.large, u-6tb1.112xlarge.
var typeName = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)

// ParseTypes reads a list of types joined by + or commas. A list with something else in it is none: an error.
func ParseTypes(text string) ([]string, error) {
	var models []string
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '+' || r == ',' || r == ' ' }) {
		switch {
		case !typeName.MatchString(part):
			return nil, fmt.Errorf("%.40q is no instance type (say them as in m5.large+m5a.large)", part)
		case slices.Contains(models, part):
			return nil, fmt.Errorf("the type %s stands twice", part)
		}
		models = append(models, part)
	}
	return models, nil
}

// modelsOf returns the types that an instance may run as, and if none why: nothing is said of one that nobody made a list for.
func (f *Fallback) modelsOf(m *machine) (models []string, why string) {
	tags, key := instanceTags(m.instance.Tags), f.Tag
	if key == "" {
		key = DefaultTag
	}
	if text, ok := tags.Get(key); ok {
		var err error
		if models, err = ParseTypes(text); err != nil {
			return nil, fmt.Sprintf("its tag %s: %v", key, err)
		}
	} else if f.Types != nil {
		models = f.Types(m.action.Subject, tags, m.model)
	}
	switch reason := aws.ToString(stateReason(m.instance).Code); {
	case len(models) < 2:
		return nil, ""
	case !slices.Contains(models, m.model):
		return nil, fmt.Sprintf("its type %s is none of those it may run as (%s)", m.model, strings.Join(models, ", "))
	case m.instance.InstanceLifecycle == types.InstanceLifecycleTypeSpot:
		return nil, "the type of a Spot instance cannot be changed"
	case reason == "Client.UserInitiatedHibernate":
		return nil, "the type of a hibernated instance is not changed"
	}
	return models, ""
}

func stateReason(i types.Instance) types.StateReason {
	if i.StateReason == nil {
		return types.StateReason{}
	}
	return *i.StateReason
}

// outOfCapacity is EC2's reason why an instance is stopped whose start it had accepted.
const outOfCapacity = "Server.InsufficientInstanceCapacity"

// choose sets each instance to the type with which to begin: the preferred one; or, where the start before was accepted and then failed for
// capacity, the one after that with which it failed.
func (b *instanceBatch) choose(ctx context.Context, machines []*machine) {
	for _, m := range machines {
		models, _ := b.options.Fallback.modelsOf(m)
		if len(models) == 0 {
			continue
		}
		m.models = models
		failed := aws.ToString(stateReason(m.instance).Code) == outOfCapacity
		if !failed && m.model == models[0] {
			continue
		}
		candidates, because := models[:1], "at this natural stop"
		if failed {
			at := slices.Index(models, m.model)
			candidates = slices.Concat(models[at+1:], models[:at])
			because = "as AWS had no capacity for it after it had accepted the start before"
		}
		b.setFirst(ctx, m, candidates, because)
	}
}

// setFirst gives an instance the first of some types that fits it. If none does it keeps its own: to open late as the wrong type is worse.
func (b *instanceBatch) setFirst(ctx context.Context, m *machine, candidates []string, because string) {
	for _, model := range candidates {
		was := m.model
		err := b.types.fits(ctx, m, model)
		if err == nil {
			err = b.setType(ctx, m, model)
		}
		if err == nil {
			b.note(m.action.ID, "%s set from %s to %s %s", m.id(), was, model, because)
			return
		}
		b.note(m.action.ID, "%s not set from %s to %s: %v", m.id(), was, model, err)
	}
}

// setType changes the type of a stopped instance.
func (b *instanceBatch) setType(ctx context.Context, m *machine, model string) error {
	if err := ended(ctx); err != nil {
		return err
	}
	_, err := b.client.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
		InstanceId: &m.action.Subject.ID, InstanceType: &types.AttributeValue{Value: &model},
	})
	if err == nil {
		m.model = model
	}
	return said(err)
}

// fallBack starts an instance for whose type there is no capacity as the next of its types, and so on. What stood against each is told with the
// error if none can be had; the instance is then left with its preferred type again.
func (b *instanceBatch) fallBack(ctx context.Context, m *machine) {
	first := b.errs[m.place]
	if len(m.models) == 0 {
		if _, why := b.options.Fallback.modelsOf(m); why != "" {
			b.errs[m.place] = fmt.Errorf("%w; no other type was tried: %s", first, why)
		}
		return
	}
	short := m.model
	var tried []string
	for _, model := range m.models {
		if model == short {
			continue
		}
		err := b.startAs(ctx, m, model)
		if err == nil {
			b.errs[m.place] = nil
			b.note(m.action.ID, "%s started as %s instead of %s, for which AWS has no capacity in %s", m.id(), model, short, m.zone())
			return
		}
		if !cloud.OfOne(err) {
			b.fail(m.job, fmt.Errorf("as %s: %w", model, err))
			return
		}
		tried = append(tried, fmt.Sprintf("%s: %v", model, err))
	}
	if m.model != m.models[0] {
		if err := b.setType(ctx, m, m.models[0]); err != nil {
			tried = append(tried, fmt.Sprintf("and it is left as %s: %v", m.model, err))
		}
	}
	b.errs[m.place] = fmt.Errorf("%w; %s", first, strings.Join(tried, "; "))
}

func (b *instanceBatch) startAs(ctx context.Context, m *machine, model string) error {
	if err := b.types.fits(ctx, m, model); err != nil {
		return err
	}
	if err := b.setType(ctx, m, model); err != nil {
		return err
	}
	if err := ended(ctx); err != nil {
		return err
	}
	return b.call(ctx, []*machine{m})
}

// catalog is what EC2 says of types in a scope, read when it is first needed.
type catalog struct {
	client  *ec2.Client
	known   map[string]*types.InstanceTypeInfo // nil for those that the region does not have
	offered map[offer]bool
}

type offer struct{ model, zone string }

// fits says what speaks against a type for an instance (EC2 user guide, compatibility for changing the instance type). Whatever is not known
// speaks against it.
func (c *catalog) fits(ctx context.Context, m *machine, model string) error {
	if err := c.learn(ctx, m, model); err != nil {
		return err
	}
	info, i := c.known[model], &m.instance
	if info == nil || !c.offered[offer{model, m.zone()}] {
		return refused(failure.InvalidState, "it is not offered in %s", m.zone())
	}
	processor, network := info.ProcessorInfo, info.NetworkInfo
	switch {
	case processor == nil || !slices.Contains(processor.SupportedArchitectures, types.ArchitectureType(i.Architecture)):
		return refused(failure.InvalidState, "it does not run %s, which the instance is", i.Architecture)
	case !slices.Contains(info.SupportedVirtualizationTypes, i.VirtualizationType):
		return refused(failure.InvalidState, "it has no %s virtualization, which the instance uses", i.VirtualizationType)
	case aws.ToBool(info.InstanceStorageSupported):
		return refused(failure.InvalidState, "it has local disks, which every stop would wipe")
	case network == nil || network.EnaSupport == types.EnaSupportRequired && !aws.ToBool(i.EnaSupport):
		return refused(failure.InvalidState, "it needs ENA networking, for which the instance is not prepared")
	case int(aws.ToInt32(network.MaximumNetworkInterfaces)) < len(i.NetworkInterfaces):
		return refused(failure.InvalidState, "it has too few network interfaces for the %d of the instance", len(i.NetworkInterfaces))
	case i.HibernationOptions != nil && aws.ToBool(i.HibernationOptions.Configured) && !aws.ToBool(info.HibernationSupported):
		return refused(failure.InvalidState, "it cannot hibernate, for which the instance was launched")
	case i.CurrentInstanceBootMode != "" && len(info.SupportedBootModes) > 0 &&
		!slices.Contains(info.SupportedBootModes, types.BootModeType(i.CurrentInstanceBootMode)):
		return refused(failure.InvalidState, "it cannot boot by %s, as the instance does", i.CurrentInstanceBootMode)
	}
	return nil
}

// learn reads about all types that an instance may run as, in two calls. It asks by filter, for which a type that does not exist is no error.
func (c *catalog) learn(ctx context.Context, m *machine, model string) error {
	if c.known == nil {
		c.known, c.offered = map[string]*types.InstanceTypeInfo{}, map[offer]bool{}
	}
	if _, ok := c.offered[offer{model, m.zone()}]; ok {
		return nil
	}
	if err := ended(ctx); err != nil {
		return err
	}
	described, err := c.client.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{
		Filters: []types.Filter{{Name: aws.String("instance-type"), Values: m.models}},
	})
	if err != nil {
		return fmt.Errorf("ask EC2 about the type: %w", said(err))
	}
	offerings, err := c.client.DescribeInstanceTypeOfferings(ctx, &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: types.LocationTypeAvailabilityZone,
		Filters: []types.Filter{
			{Name: aws.String("instance-type"), Values: m.models},
			{Name: aws.String("location"), Values: []string{m.zone()}},
		},
	})
	if err != nil {
		return fmt.Errorf("ask EC2 where the type is offered: %w", said(err))
	}
	for _, model := range m.models {
		c.offered[offer{model, m.zone()}] = false
	}
	for i := range described.InstanceTypes {
		c.known[string(described.InstanceTypes[i].InstanceType)] = &described.InstanceTypes[i]
	}
	for _, o := range offerings.InstanceTypeOfferings {
		c.offered[offer{string(o.InstanceType), m.zone()}] = true
	}
	return nil
}
