package invoice

import (
	"slices"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
)

// builder makes the rows of one payer, hour by hour.
type builder struct {
	*biller
	world    World
	products map[*sku]map[string]string
	zero     *float64
	focus    hourOf[export.Focus]
	cur      hourOf[export.CUR]
	numbered uint32            // the last number that rows are alike by
	unused   map[int]*leftover // of reservations, in the open month
	ended    int               // how many of the months that are over have their rows
}

// templates are what the rows of a meter have in common.
type templates struct {
	focus export.Focus
	cur   export.CUR
	// lines are the ids of line items that a commitment covers, by its ARN.
	lines map[string]string
	// alike numbers rows with the same texts, by the commitment that covers them; they are the same at the same prices and with the same tags.
	alike          map[int]uint32
	tagged, priced uint32 // the changes of tags and prices before these rows
}

// hourOf is rows in the making, and what is known of them.
type hourOf[R export.Row] struct {
	rows  []R
	alike []export.Alike
}

// add appends a row, to be completed in its place.
func (h *hourOf[R]) add(row *R, alike export.Alike) *R {
	h.rows, h.alike = append(h.rows, *row), append(h.alike, alike)
	return &h.rows[len(h.rows)-1]
}

// coveredBy is the line item's id of usage that a commitment covers.
func (t *templates) coveredBy(arn string) string {
	line, known := t.lines[arn]
	if !known {
		if t.lines == nil {
			t.lines = map[string]string{}
		}
		line = identity(t.cur.IdentityLineItemID, arn)
		t.lines[arn] = line
	}
	return line
}

func newBuilder(b *biller, w World) *builder {
	b.rows = true
	return &builder{biller: b, world: w, products: map[*sku]map[string]string{}, zero: zero(), unused: map[int]*leftover{}}
}

// same reports whether the rows of the hour that was just billed are those of the hour before, at another time. Tags are looked up either way.
func (b *builder) same(at time.Time, before *applied) bool {
	tags := b.retag(at)
	return !tags && !b.clock.changed && before == b.applied
}

// retag takes the tags of the hour for everything that is at work, and reports whether any changed.
func (b *builder) retag(at time.Time) bool {
	changed := false
	for _, m := range b.clock.active {
		o := m.owner
		if o.looked == b.clock.hour {
			continue
		}
		o.looked = b.clock.hour
		tags := b.world.TagsAt(o.arn, at)
		if o.machines.focus != nil && slices.Equal(tags, o.seen) {
			continue
		}
		o.seen, changed = tags, true
		o.tagged++
		o.beside = mapsOf(tags, nil)
		o.machines = o.beside
		if len(o.aws) > 0 {
			o.machines = mapsOf(tags, o.aws)
		}
	}
	return changed
}

// mapsOf spells tags as the two exports do.
func mapsOf(tags, more fleet.Tags) tagMaps {
	m := tagMaps{focus: make(map[string]string, len(tags)+len(more)), cur: make(map[string]string, len(tags)+len(more))}
	for _, list := range []fleet.Tags{tags, more} {
		for _, t := range list {
			m.focus[t.Key], m.cur[billing.TagKey(t.Key)] = t.Value, t.Value
		}
	}
	return m
}

// hourRows makes the rows of the hour that was just billed.
func (b *builder) hourRows() {
	for i, k := range b.clock.classes {
		if k.sum > 0 {
			b.classRows(k, b.applied.covered[i])
		}
	}
	for i := range b.applied.states {
		b.commitmentRows(&b.applied.states[i])
	}
}

// classRows shares what commitments cover of a class out to its machines, one after the other, and makes a row of each part.
func (b *builder) classRows(k *class, covered []covering) {
	part, left := 0, amount(0)
	if len(covered) > 0 {
		left = covered[0].used
	}
	for _, m := range k.meters {
		for rest := m.used; rest > 0; {
			for left == 0 && part+1 < len(covered) {
				part++
				left = covered[part].used
			}
			if left == 0 {
				b.usageRow(m, k, figureKey{rest, -1})
				break
			}
			used := min(rest, left)
			b.usageRow(m, k, figureKey{used, covered[part].by})
			rest, left = rest-used, left-used
		}
		if m.next == len(m.spans) {
			m.rows = nil // it will not run again
		}
	}
	for i := range covered {
		if b.all[covered[i].by].plan != nil {
			b.negationRow(k, &covered[i])
		}
	}
}

// usageRow makes the two rows of one part of one meter's hour.
func (b *builder) usageRow(m *meter, k *class, key figureKey) {
	if m.rows == nil {
		m.rows = &templates{focus: b.focusTemplate(m), cur: b.curTemplate(m)}
	}
	f := b.figures(k, key)
	alike := export.Alike{Texts: b.texts(m, k, key.by), Amounts: f.number}
	focus, cur := b.focus.add(&m.rows.focus, alike), b.cur.add(&m.rows.cur, alike)
	b.focusUsage(focus, f, key.by)
	b.curUsage(cur, f, key.by)
	if key.by >= 0 {
		cur.IdentityLineItemID = m.rows.coveredBy(b.all[key.by].arn)
	}
	focus.Tags, cur.ResourceTags = m.owner.beside.focus, m.owner.beside.cur
	if m.machine {
		focus.Tags, cur.ResourceTags = m.owner.machines.focus, m.owner.machines.cur
	}
}

// texts numbers rows of a meter by all that their texts depend on.
func (b *builder) texts(m *meter, k *class, by int) uint32 {
	t := m.rows
	if t.alike == nil || t.tagged != m.owner.tagged || t.priced != k.priced {
		t.alike, t.tagged, t.priced = map[int]uint32{}, m.owner.tagged, k.priced
	}
	number := t.alike[by]
	if number == 0 {
		number = b.number()
		t.alike[by] = number
	}
	return number
}

// number is a new number that rows are alike by.
func (b *builder) number() uint32 {
	b.numbered++
	return b.numbered
}

// commitmentRows makes the rows of a commitment's hour: its fee, and what of it was lost.
func (b *builder) commitmentRows(s *state) {
	c := b.all[s.by]
	if c.plan != nil {
		hour := b.curPlanHour(c, s)
		b.cur.add(&hour, export.Alike{})
		if fee := double(c.hourly.Sub(c.payment.upfront(c.hourly))); fee != 0 {
			r := b.focusPurchase(c, "Recurring", 1, fee, double(c.hourly), "Hours")
			r.ListCost, r.ContractedCost, r.BilledCost = fee, fee, fee
			b.focus.add(&r, export.Alike{})
		}
	}
	if s.left.IsPositive() {
		r := b.focusUnused(c, s)
		b.focus.add(&r, export.Alike{})
	}
}

// stamp sets when the rows of an hour were used, and the month that bills them.
type stamp struct {
	from, to, month, monthEnd time.Time
	invoice                   string
	interval, suffix          string
}

func (b *builder) stamp(at time.Time) stamp {
	at = at.UTC()
	s := stamp{from: at, to: at.Add(time.Hour), month: monthOf(at), monthEnd: monthAfter(at), suffix: at.Format("2006010215")}
	s.interval = s.from.Format(time.RFC3339) + "/" + s.to.Format(time.RFC3339)
	s.invoice = b.invoice(s.month)
	return s
}

// invoice is the number of a month's invoice; empty for a month that is not over when the exports are written.
func (b *builder) invoice(month time.Time) string {
	if b.period.To.Before(monthAfter(month)) {
		return ""
	}
	return "EUINKR26-" + identity(string(b.payer.ID), month.Format("2006-01"))[:8]
}

func (s *stamp) focus(rows []export.Focus) {
	for i := range rows {
		r := &rows[i]
		r.ChargePeriodStart, r.ChargePeriodEnd, r.BillingPeriodStart, r.BillingPeriodEnd = s.from, s.to, s.month, s.monthEnd
		r.InvoiceID = s.invoice
	}
}

func (s *stamp) cur(rows []export.CUR) {
	for i := range rows {
		r := &rows[i]
		r.LineItemUsageStartDate, r.LineItemUsageEndDate, r.BillBillingPeriodStartDate, r.BillBillingPeriodEndDate = s.from, s.to, s.month, s.monthEnd
		r.BillInvoiceID, r.IdentityTimeInterval = s.invoice, s.interval
		r.IdentityLineItemID = r.IdentityLineItemID[:identityLength] + s.suffix
	}
}
