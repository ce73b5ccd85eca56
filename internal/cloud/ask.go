package cloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"

	"offpeak/internal/fleet"
)

// longestAnswer is far more than any answer has that is asked for here.
const longestAnswer = 1 << 20

// asks is how often a call is tried.
const asks = 3

// Ask makes one call of the hub's own account and region, to a service of AWS's JSON protocol of which the program needs nothing else: the SDK's
// client of a service is a megabyte in each function, and longer to start. target is the name of the call as the protocol has it, such as
// AmazonSSM.GetParameter. Signature, tries and errors are those of the SDK; the call is counted, and not paced.
func (a *Access) Ask(ctx context.Context, service, target string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	retryer := retry.NewStandard()
	c := a.Config(fleet.Scope{})
	if c.Retryer != nil {
		if r, ok := c.Retryer().(*retry.Standard); ok {
			retryer = r
		}
	}
	for try := 1; ; try++ {
		data, err := a.post(ctx, c, service, target, body)
		if err == nil {
			return json.Unmarshal(data, answer)
		}
		if try == asks || !retryer.IsErrorRetryable(err) && !isFault(err) || ctx.Err() != nil {
			return Classify(err)
		}
		delay, err := retryer.RetryDelay(try, err)
		if err == nil {
			err = a.options.Sleep(ctx, delay)
		}
		if err != nil {
			return Classify(err)
		}
	}
}

// isFault reports whether AWS says that it is its own fault.
func isFault(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorFault() == smithy.FaultServer
}

// post makes one try.
func (a *Access) post(ctx context.Context, c aws.Config, service, target string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint(c, service), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", target)
	credentials, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	if err := signer.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), service, c.Region, a.options.Now().UTC()); err != nil {
		return nil, err
	}
	var client aws.HTTPClient = http.DefaultClient
	if c.HTTPClient != nil {
		client = c.HTTPClient
	}
	response, err := client.Do(request)
	a.calls.count(service+":"+target[strings.LastIndex(target, ".")+1:], response != nil && response.StatusCode == http.StatusTooManyRequests)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	data, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, refusal(response.StatusCode, data)
	}
	return data, nil
}

// endpoint is where a service answers: the one that is configured, else that of the region's partition.
func endpoint(c aws.Config, service string) string {
	if c.BaseEndpoint != nil {
		return *c.BaseEndpoint
	}
	suffix := "amazonaws.com"
	if strings.HasPrefix(c.Region, "cn-") {
		suffix += ".cn"
	}
	return fmt.Sprintf("https://%s.%s.%s/", service, c.Region, suffix)
}

// refusal is an error as AWS's JSON protocol writes it: a type, perhaps with a name space before it, and a message.
func refusal(status int, data []byte) error {
	var said struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Capital string `json:"Message"` // of some services
	}
	fault := smithy.FaultClient
	if status >= http.StatusInternalServerError {
		fault = smithy.FaultServer
	}
	if err := json.Unmarshal(data, &said); err != nil || said.Type == "" {
		return &smithy.GenericAPIError{Code: http.StatusText(status), Message: fmt.Sprintf("%.200s", data), Fault: fault}
	}
	if said.Message == "" {
		said.Message = said.Capital
	}
	return &smithy.GenericAPIError{Code: said.Type[strings.LastIndex(said.Type, "#")+1:], Message: said.Message, Fault: fault}
}
