package cloud

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/aws/smithy-go"

	"offpeak/internal/failure"
)

// Classify gives an error of a call its class, what AWS said without the SDK's words around it, and a remedy where more is known than the class.
// So callers need not know AWS's codes: it is the only place that does. An error that has a class keeps it; nil stays nil.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*failure.Error](err); ok {
		return err
	}
	if lacksCredentials(err) {
		return &failure.Error{Class: failure.Denied, Err: said{"there are no AWS credentials: " + lastWords(err), err}, Remedy: logIn}
	}
	return &failure.Error{Class: classOf(err), Err: inWords(err), Remedy: remedyOf(err)}
}

func classOf(err error) failure.Class {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return classOfTransport(err)
	}
	code, message := api.ErrorCode(), api.ErrorMessage()
	if class, ok := codes[code]; ok {
		return refined(class, message)
	}
	for _, p := range patterns {
		if strings.HasPrefix(code, p.prefix) && strings.HasSuffix(code, p.suffix) {
			return p.class
		}
	}
	if api.ErrorFault() == smithy.FaultServer {
		return failure.Unreachable
	}
	return failure.Other
}

// classOfTransport sorts errors that carry no answer of AWS's.
func classOfTransport(err error) failure.Class {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return failure.Unreachable
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return failure.Unreachable
	}
	return failure.Other
}

// codes are AWS's error codes (API references of EC2, Auto Scaling, RDS, ECS, STS and S3: common errors and each call's own).
var codes = map[string]failure.Class{
	"RequestLimitExceeded": failure.Throttled, "Throttling": failure.Throttled, "ThrottlingException": failure.Throttled,
	"ThrottledException": failure.Throttled, "TooManyRequestsException": failure.Throttled, "RequestThrottled": failure.Throttled,
	"RequestThrottledException": failure.Throttled, "SlowDown": failure.Throttled, "EC2ThrottledException": failure.Throttled,
	"ResourceContention": failure.InTransition, "ResourceContentionFault": failure.InTransition, "PriorRequestNotComplete": failure.Throttled,

	"DBInstanceNotFound": failure.Gone, "DBInstanceNotFoundFault": failure.Gone, "DBClusterNotFoundFault": failure.Gone,
	"ServiceNotFoundException": failure.Gone, "ServiceNotActiveException": failure.Gone, "ClusterNotFoundException": failure.Gone,
	"ObjectNotFoundException": failure.Gone, "NoSuchKey": failure.Gone, "NotFound": failure.Gone, "NoSuchBucket": failure.Gone,
	"ParameterNotFound": failure.Gone, "TargetGroupNotFound": failure.Gone,

	"AccessDenied": failure.Denied, "AccessDeniedException": failure.Denied, "UnauthorizedOperation": failure.Denied, "AuthFailure": failure.Denied,
	"ExpiredToken": failure.Denied, "ExpiredTokenException": failure.Denied, "InvalidClientTokenId": failure.Denied, "UnrecognizedClientException": failure.Denied,
	"OptInRequired": failure.Denied, "PendingVerification": failure.Denied, "Blocked": failure.Denied, "AccountProblem": failure.Denied,
	"SignatureDoesNotMatch": failure.Denied, "InvalidAccessKeyId": failure.Denied, "RegionDisabledException": failure.Denied,

	"OperationNotPermitted": failure.Protected, "ScalingActivityInProgress": failure.InTransition, "ScalingActivityInProgressFault": failure.InTransition,

	"InsufficientInstanceCapacity": failure.Capacity, "InsufficientHostCapacity": failure.Capacity, "InsufficientCapacity": failure.Capacity,
	"InsufficientReservedInstanceCapacity": failure.Capacity, "InsufficientDBInstanceCapacity": failure.Capacity,
	"InsufficientDBInstanceCapacityFault": failure.Capacity, "InsufficientDBClusterCapacityFault": failure.Capacity, "SpotMaxPriceTooLow": failure.Capacity,
	"InsufficientCapacityOnHost": failure.Capacity, "InsufficientAddressCapacity": failure.Capacity, "InsufficientStorageClusterCapacity": failure.Capacity,

	"InstanceLimitExceeded": failure.Quota, "VcpuLimitExceeded": failure.Quota, "MaxSpotInstanceCountExceeded": failure.Quota,
	"MaxConfigLimitExceeded": failure.Quota, // of questions for placement scores
	"LimitExceeded":          failure.Quota, "LimitExceededException": failure.Quota, "InstanceQuotaExceeded": failure.Quota, "InstanceQuotaExceededFault": failure.Quota,
	"ServiceQuotaExceededException": failure.Quota, "StorageQuotaExceeded": failure.Quota, "SnapshotQuotaExceeded": failure.Quota,

	"KMSKeyNotAccessibleFault": failure.Key, "Client.InvalidKMSKey.InvalidState": failure.Key,

	"IncorrectInstanceState": failure.InTransition, "InvalidDBInstanceState": failure.InTransition, "InvalidDBInstanceStateFault": failure.InTransition,
	"InvalidDBClusterStateFault": failure.InTransition, "IncorrectState": failure.InTransition,
	"IncorrectSpotRequestState": failure.InvalidState, "UnsupportedOperation": failure.InvalidState, "UnsupportedHibernationConfiguration": failure.InvalidState,
	"PlatformTaskBlockedException": failure.InvalidState, "UpdateInProgressException": failure.InTransition,

	"RequestExpired": failure.Denied, "TokenRefreshRequired": failure.Denied, "MissingAuthenticationToken": failure.Denied,
	"MissingAuthenticationTokenException": failure.Denied, "UnauthorizedException": failure.Denied, "UnauthorizedClientException": failure.Denied,
	"AllAccessDisabled": failure.Denied, "NotSignedUp": failure.Denied, "AuthorizationError": failure.Denied, "AuthorizationErrorException": failure.Denied,

	"InstanceRefreshInProgress": failure.InTransition, "InstanceRefreshInProgressFault": failure.InTransition,
	"ActiveInstanceRefreshNotFound": failure.InTransition, "ActiveInstanceRefreshNotFoundFault": failure.InTransition, // it has ended meanwhile
	"IrreversibleInstanceRefresh": failure.InvalidState, "IrreversibleInstanceRefreshFault": failure.InvalidState,
	"ResourceInUse": failure.InTransition, "ResourceInUseFault": failure.InTransition, "UnfulfillableCapacity": failure.Capacity,
	"ValidationError": failure.Other, // of Auto Scaling, for all that is wrong with a call

	"QueueDoesNotExist": failure.Gone, "AWS.SimpleQueueService.NonExistentQueue": failure.Gone,

	"InternalError": failure.Unreachable, "InternalFailure": failure.Unreachable, "ServiceUnavailable": failure.Unreachable, "Unavailable": failure.Unreachable,
	"ServerException": failure.Unreachable, "RequestTimeout": failure.Unreachable, "RequestTimeoutException": failure.Unreachable,
}

// patterns are families of codes.
var patterns = []struct {
	prefix, suffix string
	class          failure.Class
}{
	{"InvalidInstanceID", "", failure.Gone}, // .NotFound, and .Malformed for one that cannot exist
	{"", ".NotFound", failure.Gone},
	{"", ".VersionNotFound", failure.Gone}, // of a launch template
	{"", "NotFoundException", failure.Gone},
	{"", "NotFoundFault", failure.Gone},
	{"InvalidKMSKey", "", failure.Key},
	{"KMS", "", failure.Key},
	{"Client.KMS", "", failure.Key},
	{"Throttl", "", failure.Throttled},
	{"", "LimitExceeded", failure.Quota},
	{"", "QuotaExceeded", failure.Quota},
	{"", "QuotaExceededFault", failure.Quota},
}

// refined looks into the message where AWS uses one code for several things.
func refined(class failure.Class, message string) failure.Class {
	text := strings.ToLower(message)
	switch {
	case class == failure.Protected && !strings.Contains(text, "disableapistop") && !strings.Contains(text, "protect"):
		return failure.Denied // OperationNotPermitted is also said of instances that an operator manages, and of accounts
	case class == failure.Other && strings.Contains(text, "group name not found"):
		return failure.Gone
	case class == failure.Denied && strings.Contains(text, "kms:"):
		return failure.Key
	case class == failure.InvalidState && strings.Contains(text, "not ready to hibernate"):
		return failure.InTransition // the same again in a few minutes, AWS says
	}
	return class
}

// OfOne reports whether a call for several resources may have failed because of one of them alone, so that it is worth repeating for the others.
// Credentials that have run out, throttles, and calls that were not answered concern all of them.
func OfOne(err error) bool {
	switch failure.Of(Classify(err)) {
	case failure.Gone, failure.Protected, failure.Capacity, failure.Quota, failure.Key, failure.InvalidState, failure.InTransition:
		return true
	case failure.Denied, failure.Other:
		api, ok := errors.AsType[smithy.APIError](err)
		return ok && (failure.Of(Classify(err)) == failure.Other || ofOneDenied[api.ErrorCode()])
	}
	return false
}

// ofOneDenied are the codes by which EC2, which authorises a call as a whole, denies it because of one instance.
var ofOneDenied = map[string]bool{"UnauthorizedOperation": true, "OperationNotPermitted": true}
