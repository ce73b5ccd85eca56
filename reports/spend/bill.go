package spend

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
)

// readBill reads what was billed, by month and service, and whether it is all there.
func (m *maker) readBill(ctx context.Context) (err error) {
	if m.days, err = m.in.Engine.Days(ctx, m.in.Period); err != nil {
		return err
	}
	if m.charges, err = m.in.Engine.Charges(ctx, m.in.Period); err != nil {
		return err
	}
	for _, d := range m.days {
		if d.Currency != "USD" {
			return fmt.Errorf("%w: %s has %q; amounts of several currencies are never added up", ErrCurrency, d.Day.Format(time.DateOnly), d.Currency)
		}
	}
	months := map[time.Time]*month{}
	var services sum[string]
	for i := range m.charges {
		c := &m.charges[i]
		if months[c.Month.UTC()] == nil {
			months[c.Month.UTC()] = &month{}
		}
		months[c.Month.UTC()].add(c)
		m.charge(c)
		if amortised(c) {
			services.add(c.Service, c.Effective)
		}
		if c.Account != "" && !slices.Contains(m.Accounts, c.Account) {
			m.Accounts = append(m.Accounts, c.Account)
		}
	}
	slices.Sort(m.Accounts)
	for _, name := range services.largest(strings.Compare) {
		if amount := services.of[name]; !amount.IsZero() {
			m.Bill.Services = append(m.Bill.Services, reports.Amount{Name: name, Amount: m.usd(amount)})
		}
	}
	m.months(months)
	m.complete()
	return nil
}

// amortised says whether a charge is a part of the amortised cost: tax, credits and refunds stand apart.
func amortised(c *billing.Charge) bool {
	return c.Category != "Tax" && c.Category != "Credit" && c.Category != "Adjustment"
}

// charge adds a charge to the quarter.
func (m *maker) charge(c *billing.Charge) {
	b := &m.Bill
	b.Billed = b.Billed.Add(m.usd(c.Billed))
	switch {
	case amortised(c):
		b.Effective = b.Effective.Add(m.usd(c.Effective))
	case c.Category == "Tax":
		b.Tax = b.Tax.Add(m.usd(c.Billed))
	default:
		b.Credits = b.Credits.Add(m.usd(c.Billed))
	}
}

// month is what one billing month's charges come to.
type month struct {
	billed, effective, none decimal.Decimal
	invoices                []string
	closed                  bool // usage bears an invoice
	without                 bool // some amount bears none
}

func (m *month) add(c *billing.Charge) {
	m.billed = m.billed.Add(c.Billed)
	if amortised(c) {
		m.effective = m.effective.Add(c.Effective)
	}
	if c.Invoice == "" {
		m.none, m.without = m.none.Add(c.Billed), m.without || !c.Billed.IsZero()
		return
	}
	m.closed = m.closed || c.Category == "Usage"
	if !slices.Contains(m.invoices, c.Invoice) {
		m.invoices = append(m.invoices, c.Invoice)
	}
}

// months lists the billing months. The rows of a closed month must all bear an invoice; usage bears one once AWS has closed the month, purchases may before.
func (m *maker) months(all map[time.Time]*month) {
	m.Invoice = reports.Held
	for at := monthOf(m.in.Period.From); at.Before(m.in.Period.To); at = at.AddDate(0, 1, 0) {
		one := all[at]
		if one == nil {
			m.Invoice = worse(m.Invoice, reports.NotDone)
			continue
		}
		slices.Sort(one.invoices)
		m.Bill.Months = append(m.Bill.Months, reports.BillMonth{
			Month: at.Format("2006-01"), Billed: m.usd(one.billed), Effective: m.usd(one.effective), Invoices: one.invoices, NoInvoice: m.usd(one.none),
		})
		switch {
		case !one.closed:
			m.Invoice = worse(m.Invoice, reports.NotDone)
		case one.without:
			m.Invoice = worse(m.Invoice, reports.Failed)
		}
	}
}

// worse is the check that says more against: failed, then not done.
func worse(a, b reports.CheckState) reports.CheckState {
	rank := func(c reports.CheckState) int {
		return slices.Index([]reports.CheckState{reports.Held, reports.NotDone, reports.Failed}, c)
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// complete says whether each day is billed whole: a day within what is billed that lacks hours is a failure, what comes after it is not billed yet. A month that
// AWS has closed is whole, also where nothing was used on some day.
func (m *maker) complete() {
	m.Complete = reports.Held
	hours := map[time.Time]int64{}
	last := m.in.Period.From
	for _, d := range m.days {
		hours[d.Day.UTC()] = max(hours[d.Day.UTC()], d.Hours)
		if d.Hours > 0 && d.Day.After(last) {
			last = d.Day
		}
	}
	delivered := m.in.Engine.Months().FOCUS
	var missing []string
	for at := monthOf(m.in.Period.From); at.Before(m.in.Period.To); at = at.AddDate(0, 1, 0) {
		if slices.ContainsFunc(delivered, at.Equal) {
			continue
		}
		missing = append(missing, at.Format("2006-01"))
		if at.Before(last) {
			m.Complete = reports.Failed
		} else {
			m.Complete = worse(m.Complete, reports.NotDone)
		}
	}
	if len(missing) > 0 {
		m.gap(reports.GapMonth, "no FOCUS export of "+strings.Join(missing, ", ")+" was delivered", strings.Join(missing, ", "))
	}
	closed := m.closed()
	for day := m.in.Period.From.UTC().Truncate(24 * time.Hour); day.Before(m.in.Period.To); day = day.AddDate(0, 0, 1) {
		switch {
		case hours[day] >= 24 || closed[monthOf(day)]:
		case day.Before(last):
			m.Complete = reports.Failed
		default:
			m.Complete = worse(m.Complete, reports.NotDone)
		}
	}
}

// closed are the months whose usage bears an invoice.
func (m *maker) closed() map[time.Time]bool {
	closed := map[time.Time]bool{}
	for i := range m.charges {
		if c := &m.charges[i]; c.Category == "Usage" && c.Invoice != "" {
			closed[c.Month.UTC()] = true
		}
	}
	return closed
}

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// readTags reads what offpeak itself cost, and what has no owner.
func (m *maker) readTags(ctx context.Context) error {
	var tool []string
	if m.in.Tags.Tool != "" {
		tool = []string{m.in.Tags.Tool}
		m.Tool.Tag = m.in.Tags.Tool + "=" + m.in.Tags.ToolValue
	}
	rows, err := m.in.Engine.Tagged(ctx, m.in.Measured, m.in.Tags.Owner, tool)
	if err != nil {
		return err
	}
	var untagged sum[fleet.AccountID]
	owned, own, ours := false, decimal.Zero, false
	for _, r := range rows {
		if r.Values[0] == "" {
			untagged.add(r.Account, r.Effective)
		} else {
			owned = true
		}
		if tool != nil && r.Values[1] == m.in.Tags.ToolValue && m.in.Tags.ToolValue != "" {
			own, ours = own.Add(r.Effective), true
		}
	}
	switch {
	case ours:
		amount := m.usd(own)
		m.Tool.Amount = &amount
	case tool == nil:
		m.gap(reports.GapToolCost, "no tag of offpeak's own stacks is named: what they cost is not known")
	default:
		m.gap(reports.GapToolCost, "nothing on the bill carries the tag "+m.Tool.Tag+": activate it as a cost allocation tag in the payer account", m.Tool.Tag)
	}
	switch owner := strings.Join(m.in.Tags.Owner, ", "); {
	case len(m.in.Tags.Owner) == 0:
	case !owned && len(rows) > 0:
		m.gap(reports.GapOwnerTag, "nothing on the bill carries the tag "+owner+": activate it as a cost allocation tag in the payer account, or tag resources", owner)
	default:
		for _, account := range untagged.largest(cmp.Compare[fleet.AccountID]) {
			m.untagged(account, untagged.of[account])
		}
	}
	return nil
}

// untagged proposes to name the owners of what has none in an account. It brings no money by itself; Detail is what it costs in the quarter.
func (m *maker) untagged(account fleet.AccountID, cost decimal.Decimal) {
	if amount := m.usd(cost); amount.Decimal().GreaterThanOrEqual(smallest()) {
		n := 0
		for _, t := range m.things {
			if t.account == account && t.owner == "" {
				n++
			}
		}
		m.Actions = append(m.Actions, m.action("untagged", string(account), reports.Action{Name: m.in.Tags.Owner[0], Account: account, Resources: n, Detail: amount.Display()}))
	}
}

// smallest is below what an amount a month is not worth a line.
func smallest() decimal.Decimal { return decimal.NewFromInt(1) }

// dollars is an amount that is worth a line.
func dollars(amount money.USD) bool { return amount.Decimal().GreaterThanOrEqual(smallest()) }
