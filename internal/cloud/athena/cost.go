package athena

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/shopspring/decimal"

	"offpeak/internal/money"
)

// What Athena charges for SQL, by aws.amazon.com/athena/pricing: 5 USD a terabyte scanned in most regions, by begun megabytes and at least ten of them
// a query; nothing for declarations and for queries that failed; for those that were cancelled what they had scanned. Whether a terabyte is 10^12 bytes or 2^40
// is not said there: the smaller is taken, which can only overstate.
const (
	usdPerTerabyte = 5
	megabyte       = 1_000_000
	terabyte       = 1_000_000_000_000
	leastBilled    = 10 * megabyte
)

// Cost is what was asked of Athena so far.
type Cost struct {
	Queries int   // that ended, declarations and failed ones included
	Scanned int64 // bytes, as Athena says
	Billed  int64 // bytes, as Athena rounds
	// USD is Billed at the list price, results in S3 and requests to it not counted.
	USD money.USD
}

// String is the cost in a sentence.
func (c Cost) String() string {
	return fmt.Sprintf("%d queries scanned %d MB, %d MB as Athena counts them: %s USD at its list price", c.Queries, c.Scanned/megabyte, c.Billed/megabyte,
		c.USD.Decimal().StringFixed(6))
}

// Cost is what this engine has asked so far.
func (e *Engine) Cost() Cost {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cost
}

// count adds a query that has ended, once: the same question of a run is one query.
func (e *Engine) count(q *types.QueryExecution) {
	var scanned int64
	if q.Statistics != nil {
		scanned = aws.ToInt64(q.Statistics.DataScannedInBytes)
	}
	billed := billedOf(q, scanned)
	e.mu.Lock()
	defer e.mu.Unlock()
	id := aws.ToString(q.QueryExecutionId)
	if e.counted[id] {
		return
	}
	e.counted[id] = true
	e.cost.Queries++
	e.cost.Scanned += scanned
	e.cost.Billed += billed
	e.cost.USD = money.USDOf(decimal.NewFromInt(e.cost.Billed).Mul(decimal.NewFromInt(usdPerTerabyte)).Div(decimal.NewFromInt(terabyte)))
}

// billedOf is how many bytes a query is charged for.
func billedOf(q *types.QueryExecution, scanned int64) int64 {
	failed := q.Status != nil && q.Status.State == types.QueryExecutionStateFailed
	if failed || q.StatementType == types.StatementTypeDdl {
		return 0
	}
	begun := (scanned + megabyte - 1) / megabyte * megabyte
	return max(begun, leastBilled)
}
