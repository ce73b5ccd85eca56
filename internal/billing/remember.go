package billing

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Remember gives an engine that answers Days, Charges, Standing, Prices and PlanHours from memory where it was asked them before of a time that holds the one that is
// asked of: what computes savings asks them of a longer time than what tells of the quarter. All other questions go on to the engine. It may be used by several
// goroutines at a time.
func Remember(e Engine) Engine { return &memory{Engine: e} }

type memory struct {
	Engine
	mu       sync.Mutex
	days     []answer[Day]
	charges  []answer[Charge]
	standing []answer[Standing]
	prices   []answer[Price]
	plans    []answer[PlanHour]
}

// answer is what was asked of a period.
type answer[Row any] struct {
	Period
	rows []Row
}

// Days implements Engine.
func (m *memory) Days(ctx context.Context, p Period) ([]Day, error) {
	return recall(&m.mu, &m.days, p, ofDays(p), func(d Day) bool { return inside(d.Day, p) }, func() ([]Day, error) { return m.Engine.Days(ctx, p) })
}

// Charges is of whole billing months.
func (m *memory) Charges(ctx context.Context, p Period) ([]Charge, error) {
	whole := m.delivered(Period{month(p.From), month(p.To.Add(-time.Nanosecond)).AddDate(0, 1, 0)})
	return recall(&m.mu, &m.charges, whole, true, func(c Charge) bool { return inside(c.Month, whole) }, func() ([]Charge, error) { return m.Engine.Charges(ctx, p) })
}

// delivered is the part of some months that lies within those that were delivered, of which alone there are rows; all of them where that is none.
func (m *memory) delivered(p Period) Period {
	months := m.Months().FOCUS
	if len(months) == 0 {
		return p
	}
	part := Period{slices.MinFunc(months, time.Time.Compare), slices.MaxFunc(months, time.Time.Compare).AddDate(0, 1, 0)}
	if part.From.Before(p.From) {
		part.From = p.From
	}
	if part.To.After(p.To) {
		part.To = p.To
	}
	if !part.From.Before(part.To) {
		return p
	}
	return part
}

// Standing implements Engine.
func (m *memory) Standing(ctx context.Context, p Period) ([]Standing, error) {
	return recall(&m.mu, &m.standing, p, ofDays(p), func(s Standing) bool { return inside(s.Day, p) }, func() ([]Standing, error) { return m.Engine.Standing(ctx, p) })
}

// Prices are by the last row of a month: of whole months alone those of a longer time are the same.
func (m *memory) Prices(ctx context.Context, p Period) ([]Price, error) {
	whole := month(p.From).Equal(p.From) && month(p.To).Equal(p.To)
	return recall(&m.mu, &m.prices, p, whole, func(r Price) bool { return inside(r.Month, p) }, func() ([]Price, error) { return m.Engine.Prices(ctx, p) })
}

// PlanHours implements Engine.
func (m *memory) PlanHours(ctx context.Context, p Period) ([]PlanHour, error) {
	return recall(&m.mu, &m.plans, p, true, func(h PlanHour) bool { return inside(h.Hour, p) }, func() ([]PlanHour, error) { return m.Engine.PlanHours(ctx, p) })
}

// ofDays says that a period is of whole days of UTC: then the rows of its days are those of any longer one.
func ofDays(p Period) bool {
	const day = 24 * time.Hour
	return p.From.Truncate(day).Equal(p.From) && p.To.Truncate(day).Equal(p.To)
}

func inside(t time.Time, p Period) bool { return !t.Before(p.From) && t.Before(p.To) }

func month(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// recall gives the rows of a period out of those of a longer one, or asks and keeps what it was told. The caller owns what it gets.
func recall[Row any](mu *sync.Mutex, kept *[]answer[Row], p Period, part bool, belongs func(Row) bool, ask func() ([]Row, error)) ([]Row, error) {
	mu.Lock()
	defer mu.Unlock()
	for _, a := range *kept {
		same := a.From.Equal(p.From) && a.To.Equal(p.To)
		if same || part && !p.From.Before(a.From) && !p.To.After(a.To) && p.From.Before(p.To) {
			return slices.DeleteFunc(slices.Clone(a.rows), func(r Row) bool { return !same && !belongs(r) }), nil
		}
	}
	rows, err := ask()
	if err != nil {
		return nil, err
	}
	*kept = append(*kept, answer[Row]{p, rows})
	return slices.Clone(rows), nil
}
