package outbox

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/reports/delivery"
)

// outcome says what became of a mail that SES did not say it took.
func (o *Outbox) outcome(err error, to string) error {
	api, said := errors.AsType[smithy.APIError](err)
	status := 0
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		status = response.HTTPStatusCode()
	}
	classified := cloud.Classify(err)
	switch {
	case said && (status == 0 || status < http.StatusInternalServerError):
		advice, mark := o.verdict(api.ErrorCode(), api.ErrorMessage(), to)
		if advice == "" {
			advice = failure.Remedy(classified)
		}
		if advice == "" {
			return fmt.Errorf("%w: %w", mark, classified)
		}
		return fmt.Errorf("%w: %w; %s", mark, classified, advice)
	case neverLeft(err):
		return fmt.Errorf("%w, SES was not reached: %w", delivery.ErrNotNow, classified)
	default:
		return fmt.Errorf("it may have gone, as SES did not say what became of it: %w", classified)
	}
}

// neverLeft says that no connection came about over which SES could have taken anything, or that there were no credentials to sign with.
func neverLeft(err error) bool {
	if o, ok := errors.AsType[*net.OpError](err); ok && o.Op == "dial" {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	return strings.Contains(err.Error(), "failed to sign request") || strings.Contains(err.Error(), "get identity")
}

// verdict sorts the answers by which SES takes nothing (SES API v2 reference, SendEmail, errors). What is not known is tried again: each is heard of.
func (o *Outbox) verdict(code, message, to string) (advice string, mark error) {
	text := strings.ToLower(message)
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	switch {
	case code == "MailFromDomainNotVerifiedException": // its text, too, says that something is not verified
		return "its MAIL FROM domain is not verified: set its MX record, or take the MAIL FROM domain away (SES console, Identities)", delivery.ErrNotNow
	case has("not verified", "authority to send"):
		return o.unverified(text, to), delivery.ErrNotNow
	case has("configuration set"):
		return fmt.Sprintf("deploy the hub's stack again, which makes the configuration set %s", o.options.ConfigurationSet), delivery.ErrNotNow
	case has("sending paused", "sending is paused", "sending suspended", "account is paused"):
		return paused, delivery.ErrNotNow
	}
	switch code {
	case "MessageRejected", "BadRequestException", "InvalidParameterValue":
		return "check the address in the policy (tenants, recipients), and that it does not stand on SES's suppression list", delivery.ErrRefused
	case "SendingPausedException", "AccountSuspendedException":
		return paused, delivery.ErrNotNow
	case "LimitExceededException", "TooManyRequestsException", "ThrottlingException":
		return "SES's quota of this account is used up; it is tried again at the next day's look, and a higher one is asked for in Service Quotas", delivery.ErrNotNow
	}
	return "", delivery.ErrNotNow
}

const paused = "SES does not let this account send: see its account dashboard (SES console) for why, and have it resumed"

// unverified says who is not verified. In the sandbox recipients have to be, too.
func (o *Outbox) unverified(text, to string) string {
	region := o.client.Options().Region
	if strings.Contains(text, strings.ToLower(to)) && !strings.EqualFold(to, o.options.From) {
		return fmt.Sprintf("SES is in its sandbox in %s and writes to verified addresses alone: ask for production access (SES console, Account dashboard), or verify %s", region, to)
	}
	return fmt.Sprintf("verify %s or its domain in %s: set the DKIM records that the stack prints, or open the link in SES's mail (SES console, Identities)", o.options.From, region)
}
