package setup

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	sestypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"offpeak/internal/billing/landing"
	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
)

// What the hub's template calls its stack, its outputs and its workgroup.
const (
	stackName     = "offpeak-hub"
	bucketOutput  = "Bucket"
	exportsOutput = "ExportsBucket"
	senderOutput  = "ReportSender"
	workgroup     = "offpeak-reports"
)

// Reports asks about the parts of a hub with which it makes reports of payers and mails them to addresses. The hub's stack tells what they are called.
func Reports(ctx context.Context, a *cloud.Access, bucket string, payers []fleet.AccountID, addresses []string) (p hub.ReportParts) {
	config := a.Config(fleet.Scope{})
	outputs, err := outputsOf(ctx, cloudformation.NewFromConfig(config))
	if err != nil {
		p.StackErr = err
		return p
	}
	if outputs[bucketOutput] != bucket || outputs[exportsOutput] == "" {
		return p // it is another hub's, or has no reports
	}
	p.There, p.Sender, p.Workgroup = true, outputs[senderOutput], workgroup
	mail := sesv2.NewFromConfig(config)
	p.Identity, p.Verified, p.IdentityErr = identityOf(ctx, mail, p.Sender)
	if account, err := mail.GetAccount(ctx, &sesv2.GetAccountInput{}); err != nil {
		p.AccountErr = failed("ses:GetAccount", err)
	} else {
		p.Production, p.Sending = account.ProductionAccessEnabled, account.SendingEnabled
	}
	p.ScanLimit, p.WorkgroupErr = limitOf(ctx, athena.NewFromConfig(config))
	p.Deliveries, p.DeliveryErr = deliveriesOf(ctx, s3.NewFromConfig(config), outputs[exportsOutput], payers)
	p.Suppressed, p.SuppressErr = suppressed(ctx, mail, addresses)
	return p
}

// outputsOf are those of the hub's stack; none where there is no such stack.
func outputsOf(ctx context.Context, c *cloudformation.Client) (map[string]string, error) {
	out, err := c.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(stackName)})
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "ValidationError" {
		return nil, nil // the stack does not exist
	}
	if err != nil {
		return nil, failed("cloudformation:DescribeStacks", err)
	}
	outputs := map[string]string{}
	for _, s := range out.Stacks {
		for _, o := range s.Outputs {
			outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
	}
	return outputs, nil
}

// identityOf is what SES knows of a sender: the address, else its domain.
func identityOf(ctx context.Context, c *sesv2.Client, sender string) (name string, verified bool, err error) {
	_, domain, _ := strings.Cut(sender, "@")
	for _, name := range []string{sender, domain} {
		out, err := c.GetEmailIdentity(ctx, &sesv2.GetEmailIdentityInput{EmailIdentity: aws.String(name)})
		if _, none := errors.AsType[*sestypes.NotFoundException](err); none {
			continue
		}
		if err != nil {
			return name, false, failed("ses:GetEmailIdentity", err)
		}
		if out.VerifiedForSendingStatus || name == domain {
			return name, out.VerifiedForSendingStatus, nil
		}
	}
	return "", false, nil
}

// limitOf is how much a query of the workgroup may scan.
func limitOf(ctx context.Context, c *athena.Client) (int64, error) {
	out, err := c.GetWorkGroup(ctx, &athena.GetWorkGroupInput{WorkGroup: aws.String(workgroup)})
	if err != nil {
		return 0, failed("athena:GetWorkGroup", err)
	}
	if out.WorkGroup == nil || out.WorkGroup.Configuration == nil || !aws.ToBool(out.WorkGroup.Configuration.EnforceWorkGroupConfiguration) {
		return 0, nil
	}
	return aws.ToInt64(out.WorkGroup.Configuration.BytesScannedCutoffPerQuery), nil
}

// deliveriesOf are the newest manifests of each payer's exports.
func deliveriesOf(ctx context.Context, c *s3.Client, bucket string, payers []fleet.AccountID) (all []hub.Delivery, err error) {
	for _, payer := range payers {
		for _, table := range landing.Tables() {
			d := hub.Delivery{Payer: payer, Export: table.Export()}
			pages := s3.NewListObjectsV2Paginator(c, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String(landing.Delivered(payer) + "/" + table.Export() + "/metadata/")})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return nil, failed("s3:ListBucket", err)
				}
				for _, o := range page.Contents {
					if _, is := landing.ManifestOf(aws.ToString(o.Key)); is && o.LastModified != nil && o.LastModified.After(d.Last) {
						d.Last = o.LastModified.UTC()
					}
				}
			}
			all = append(all, d)
		}
	}
	return all, nil
}

// suppressed are those of the addresses to which SES sends no more.
func suppressed(ctx context.Context, c *sesv2.Client, addresses []string) (all []hub.Suppressed, err error) {
	for _, address := range addresses {
		out, err := c.GetSuppressedDestination(ctx, &sesv2.GetSuppressedDestinationInput{EmailAddress: aws.String(address)})
		if _, none := errors.AsType[*sestypes.NotFoundException](err); none {
			continue
		}
		if err != nil {
			return all, failed("ses:GetSuppressedDestination", err)
		}
		if s := out.SuppressedDestination; s != nil {
			all = append(all, hub.Suppressed{Address: address, Reason: strings.ToLower(string(s.Reason)), Since: aws.ToTime(s.LastUpdateTime).UTC()})
		}
	}
	return all, nil
}
