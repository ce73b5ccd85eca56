package athena

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
)

const (
	// runs is how often a query is run whose failure may pass by itself.
	runs = 3
	// firstLook and longestPause bound the pauses between looks at a query that runs; each is twice the one before.
	firstLook    = 200 * time.Millisecond
	longestPause = 5 * time.Second
	// stopWithin is how long a query that nobody waits for any more is told to stop.
	stopWithin = 10 * time.Second
)

// ErrScanLimit says that a query would have scanned more than its workgroup allows, and was cancelled by Athena.
var ErrScanLimit = errors.New("the workgroup's limit of what a query may scan was reached")

// run starts a statement and waits for its end, again where a failure may pass by itself. It returns the query's id.
func (e *Engine) run(ctx context.Context, statement string) (id string, err error) {
	pause := time.Second
	for try := 1; ; try++ {
		id, err = e.once(ctx, statement, try)
		if err == nil {
			return id, nil
		}
		if try == runs || !failure.Of(err).Passes() || ctx.Err() != nil {
			return "", e.failed(ctx, statement, err)
		}
		if err := e.options.Sleep(ctx, pause); err != nil {
			return "", e.failed(ctx, statement, err)
		}
		pause *= 4
	}
}

// once runs a statement once.
func (e *Engine) once(ctx context.Context, statement string, try int) (string, error) {
	out, err := e.client.StartQueryExecution(ctx, &athena.StartQueryExecutionInput{
		QueryString:           &statement,
		WorkGroup:             &e.options.Workgroup,
		QueryExecutionContext: &types.QueryExecutionContext{Database: &e.options.Database},
		ClientRequestToken:    aws.String(e.token(statement, try)),
	})
	if err != nil {
		return "", cloud.Classify(err)
	}
	id := aws.ToString(out.QueryExecutionId)
	ended, err := e.wait(ctx, id)
	if err != nil {
		return "", err
	}
	e.count(ended)
	return id, e.outcome(ended)
}

// token is the same for the same statement of the same run, so that a start whose answer was lost is not a second query. A query that has failed is another try.
func (e *Engine) token(statement string, try int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d\x00%s", e.options.Run, e.options.Workgroup, e.options.Database, try, statement))
	return hex.EncodeToString(sum[:])
}

// wait looks until the query has ended. One that nobody waits for any more is told to stop, since what it goes on to scan is charged.
func (e *Engine) wait(ctx context.Context, id string) (*types.QueryExecution, error) {
	pause := firstLook
	for {
		out, err := e.client.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: &id})
		switch {
		case err != nil:
			err = cloud.Classify(err)
		case out.QueryExecution == nil || out.QueryExecution.Status == nil:
			err = fmt.Errorf("query %s: AWS says nothing of it", id)
		case ended(out.QueryExecution.Status.State):
			return out.QueryExecution, nil
		default:
			err = e.options.Sleep(ctx, pause)
			pause = min(2*pause, longestPause)
		}
		if err != nil {
			return nil, errors.Join(err, e.stop(ctx, id))
		}
	}
}

func ended(s types.QueryExecutionState) bool {
	return s != types.QueryExecutionStateQueued && s != types.QueryExecutionStateRunning
}

// stop ends a query, also where the caller's context has ended.
func (e *Engine) stop(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if _, err := e.client.StopQueryExecution(ctx, &athena.StopQueryExecutionInput{QueryExecutionId: &id}); err != nil {
		return fmt.Errorf("stop the query %s, which goes on scanning: %w", id, cloud.Classify(err))
	}
	return nil
}

// scanLimit is what Athena says of a query that reached its workgroup's limit; it has no code of its own.
const scanLimit = "Bytes scanned limit was exceeded"

// The categories of Athena's errors (API reference, AthenaError).
const causedBySystem = 1

// outcome is why a query that has ended did not succeed; nil if it did.
func (e *Engine) outcome(q *types.QueryExecution) error {
	s := q.Status
	if s.State == types.QueryExecutionStateSucceeded {
		return nil
	}
	id, reason := aws.ToString(q.QueryExecutionId), aws.ToString(s.StateChangeReason)
	if said := s.AthenaError; said != nil && reason == "" {
		reason = aws.ToString(said.ErrorMessage)
	}
	if strings.Contains(reason, scanLimit) {
		return &failure.Error{
			Class: failure.Quota, Err: fmt.Errorf("query %s: %w: %s", id, ErrScanLimit, reason),
			Remedy: "ask for fewer months at a time, or raise BytesScannedCutoffPerQuery of the workgroup " + e.options.Workgroup,
		}
	}
	if s.State == types.QueryExecutionStateCancelled {
		return &failure.Error{Class: failure.Other, Err: fmt.Errorf("query %s was cancelled: %s", id, reason)}
	}
	return &failure.Error{Class: classOf(s.AthenaError, reason), Err: fmt.Errorf("query %s failed: %s", id, reason)}
}

// classOf sorts why a query failed. Athena passes on what S3 and Glue answered it as text.
func classOf(said *types.AthenaError, reason string) failure.Class {
	text := strings.ToLower(reason)
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("slowdown", "slow down", "rate exceeded", "throttl", "toomanyrequests", "too many requests"):
		return failure.Throttled
	case has("access denied", "accessdenied", "insufficient permissions", "insufficient lake formation", "not authorized"):
		return failure.Denied
	case said != nil && (said.Retryable || aws.ToInt32(said.ErrorCategory) == causedBySystem), has("internal error", "exhausted resources"):
		return failure.Unreachable
	default:
		return failure.Other
	}
}
