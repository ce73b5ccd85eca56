package actuator

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
)

// refused is an error of offpeak's own: AWS was not asked.
func refused(class failure.Class, format string, args ...any) error {
	return &failure.Error{Class: class, Err: fmt.Errorf(format, args...)}
}

// said gives an error of a call its class, and AWS's own words without what the SDK puts around them.
func said(err error) error {
	if err == nil {
		return nil
	}
	class := failure.Of(cloud.Classify(err))
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return &failure.Error{Class: class, Err: err}
	}
	// What follows is a kilobyte that only a call of STS can read; the error itself still holds it.
	message, _, _ := strings.Cut(api.ErrorMessage(), " Encoded authorization failure message")
	return &failure.Error{Class: class, Err: words{api.ErrorCode() + ": " + strings.TrimSpace(message), err}}
}

// words is an error told in other words.
type words struct {
	text string
	err  error
}

func (w words) Error() string { return w.text }
func (w words) Unwrap() error { return w.err }
