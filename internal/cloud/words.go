package cloud

import (
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"
)

// said is an error told without the SDK's words around it. The error itself is beneath.
type said struct {
	text string
	err  error
}

func (s said) Error() string { return s.text }
func (s said) Unwrap() error { return s.err }

// inWords is an error as AWS or the network tells it. One that is neither's stays as it is.
func inWords(err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		// What follows is a kilobyte that only a call of STS can read.
		message, _, _ := strings.Cut(api.ErrorMessage(), " Encoded authorization failure message")
		if message = strings.TrimSpace(message); message == "" {
			return said{api.ErrorCode(), err}
		}
		return said{api.ErrorCode() + ": " + message, err}
	}
	asked, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err
	}
	host := asked.URL
	if where, bad := url.Parse(asked.URL); bad == nil {
		host = where.Host
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok && name.IsNotFound {
		return said{"nothing of the name " + host + " is known here", err}
	}
	return said{"no answer from " + host + ": " + asked.Err.Error(), err}
}

// The remedies of errors of which more is known than their class.
const (
	logIn     = "log in (aws sso login, aws configure) or name a profile with --profile, and see that \"aws sts get-caller-identity\" answers"
	expired   = "the credentials have run out: log in again (aws sso login), or renew those of the environment"
	notValid  = "renew the credentials; where others of the account work, the region is not enabled in it: enable it (AWS console, Account, AWS Regions), or take it out of the policy's regions"
	notHere   = "enable the region in the account (AWS console, Account, AWS Regions), or take it out of the policy's regions"
	stsHere   = "activate STS for the region (IAM console, Account settings), or take it out of the policy's regions"
	suspended = "the account is suspended or not yet verified: ask AWS Support; until then take it out of the policy"
	noQueue   = "deploy the hub's stack, which has the queue, or correct OFFPEAK_QUEUE_URL"
	noBucket  = "check the bucket's name, and that the hub's stack is deployed"
	noName    = "see that the region is one of AWS's, that AWS_ENDPOINT_URL is right where it is set, and that this machine has a network (a proxy is named by HTTPS_PROXY)"
	noRegion  = "name a region: --region, AWS_REGION, or region in the profile"
)

// remedies are those of AWS's codes.
var remedies = map[string]string{
	"ExpiredToken": expired, "ExpiredTokenException": expired, "RequestExpired": expired, "TokenRefreshRequired": expired, "UnauthorizedException": expired,
	"InvalidClientTokenId": notValid, "UnrecognizedClientException": notValid, "InvalidAccessKeyId": notValid, "AuthFailure": notValid, "SignatureDoesNotMatch": notValid,
	"MissingAuthenticationToken": logIn, "MissingAuthenticationTokenException": logIn,
	"OptInRequired": notHere, "NotSignedUp": notHere, "RegionDisabledException": stsHere,
	"PendingVerification": suspended, "Blocked": suspended, "AccountProblem": suspended, "AllAccessDisabled": suspended,
	"QueueDoesNotExist": noQueue, "AWS.SimpleQueueService.NonExistentQueue": noQueue, "NoSuchBucket": noBucket,
}

// remedyOf is what to do about an error, where that is known of it alone.
func remedyOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return remedies[api.ErrorCode()]
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok && name.IsNotFound {
		return noName
	}
	if strings.Contains(err.Error(), "Missing Region") {
		return noRegion
	}
	return ""
}

// lacksCredentials reports whether no call was made because the machine has no credentials. The SDK has no type for that. Where AWS refused to
// give any, AWS's answer tells more.
func lacksCredentials(err error) bool {
	if _, answered := errors.AsType[smithy.APIError](err); answered {
		return false
	}
	text := err.Error()
	return strings.Contains(text, "failed to refresh cached credentials") || strings.Contains(text, "get credentials: ") || strings.Contains(text, "static credentials are empty")
}

// lastWords are those of the credential chain, which begins with what it was needed for.
func lastWords(err error) string {
	text := err.Error()
	for _, begins := range []string{"failed to refresh cached credentials, ", "get credentials: "} {
		if _, after, ok := strings.Cut(text, begins); ok {
			text = after
		}
	}
	before, _, _ := strings.Cut(text, ", operation error")
	return before
}
