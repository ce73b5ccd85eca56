package words

import (
	"github.com/shopspring/decimal"

	"offpeak/internal/money"
	"offpeak/reports"
)

// Signed writes a change by a way to write amounts, with a plus before what is above zero: +$703, -$61.
func (w Words) Signed(a money.USD, write func(money.USD) string) string {
	if a.Decimal().IsPositive() {
		return "+" + write(a)
	}
	return write(a)
}

// Subject is the subject of the report's mail. The headline stands in it, so that an inbox shows it.
func (w Words) Subject(r *reports.Report) string {
	return w.fill(text{"[offpeak] {1} {2} 절감 보고서({3}): 회피 비용 {4}", "[offpeak] {1}, {2} savings report ({3}): avoided cost {4}"},
		Shortened(Plain(r.Tenant.Name), 60), w.Quarter(r.Quarter), w.State(r.State), w.Avoided(&r.Avoided))
}

// Avoided writes what was avoided, or that it is not known.
func (w Words) Avoided(a *reports.Avoided) string {
	if a.Unknown {
		return w.Say(NotKnown)
	}
	return w.Estimate(a.Total.Value())
}

// Headline says what the headline's figure is: adjusted for commitments, or where that cannot be computed at contracted prices.
func (w Words) Headline(f *reports.Figure) string {
	switch {
	case f.Resources == 0:
		return w.pick(text{"이번 분기에는 집계할 리소스가 없습니다.", "No resource was counted in this quarter."})
	case f.Value().Decimal().IsNegative():
		return w.pick(text{
			"offpeak를 사용하지 않았을 때보다 비용이 이만큼 더 들었습니다. 원인은 아래에 있습니다.",
			"Below zero: more was spent than without offpeak. The causes stand below.",
		})
	case f.Adjusted == nil:
		return w.pick(text{
			"계약 단가 기준이며 약정은 반영하지 못했습니다. 약정이 이미 부담한 사용량이 있으면 실제 회피 비용은 더 적을 수 있습니다.",
			"At contracted prices and not adjusted for commitments: where a commitment paid for the hours anyway, less was avoided.",
		})
	default:
		return w.pick(text{
			"offpeak를 사용하지 않았다면 이만큼 더 청구되었을 금액입니다. 예약 인스턴스와 Savings Plans의 영향을 반영했습니다.",
			"The bill would have been this much higher without offpeak, with Reserved Instances and Savings Plans taken into account.",
		})
	}
}

// Basis says over what a figure is: resources and resource-hours.
func (w Words) Basis(f *reports.Figure) string {
	return w.Count(f.Resources, Resources) + ", " + w.HoursLess(f.Hours)
}

// HoursLess says how many resource-hours fewer were used, or more where that is below zero.
func (w Words) HoursLess(hours decimal.Decimal) string {
	if hours.IsZero() {
		return ""
	}
	if hours.IsNegative() {
		return w.fill(text{"가동 {1} 증가", "{1} more"}, w.Hours(hours.Abs()))
	}
	return w.fill(text{"가동 {1} 감소", "{1} less"}, w.Hours(hours))
}

// IntervalOf says the interval of a figure, or that none can be given.
func (w Words) IntervalOf(f *reports.Figure, write func(money.USD) string) string {
	if f.Interval == nil {
		return w.pick(text{"95% 신뢰구간: 제시할 수 없음", "95% interval: none can be given"})
	}
	return w.Say(Interval) + ": " + w.Range(f.Interval, write)
}

// Unproven says what is not counted, and why.
func (w Words) Unproven(f *reports.Figure) string {
	if f.Resources == 0 {
		return w.pick(text{"기준선이 없어 제외한 리소스가 없습니다.", "No resource was left out for want of a baseline."})
	}
	return w.fill(text{
		"비교할 기준선이 없어 위 금액에 포함하지 않았습니다({1}, {2}).",
		"{1}, {2}: without a baseline to compare with they are in no amount above.",
	}, w.Count(f.Resources, Resources), w.Hours(f.Hours))
}

// Negative says how many resources cost more with offpeak than without; it is empty where there are none.
func (w Words) Negative(n int) string {
	if n == 0 {
		return ""
	}
	return w.fill(text{
		"{1}는 비용이 오히려 늘었습니다. 이 금액은 합계에 이미 차감되어 있습니다.",
		"{1} cost more than without offpeak. The total has them deducted.",
	}, w.Count(n, Resources))
}

// ConfirmedHours says of how many hours the bill confirms that nothing ran.
func (w Words) ConfirmedHours(s reports.Share) string {
	if s.Whole == 0 {
		return w.pick(text{"정지한 시간이 없습니다.", "Nothing was held off."})
	}
	return w.fill(text{"정지한 {2}시간 중 {1}시간", "{1} of {2} stopped hours"}, w.Int(s.Part), w.Int(s.Whole))
}

// NotInvoiced says how much of the bill has no invoice yet; it is empty where all has one.
func (w Words) NotInvoiced(a money.USD) string {
	if a.IsZero() {
		return ""
	}
	return w.fill(text{"아직 청구서가 발행되지 않은 금액: {1}", "without an invoice yet: {1}"}, w.USD(a))
}

// LateBy says how long the longest delay was.
func (w Words) LateBy(seconds int64) string {
	return w.fill(text{"가장 긴 지연 {1}", "the longest by {1}"}, w.Delay(seconds))
}

// AMonth writes an amount of each month; nothing is said to be nothing, and what is not known to be that.
func (w Words) AMonth(a *money.USD) string {
	switch {
	case a == nil:
		return w.pick(text{"금액 산정 불가", "amount not known"})
	case a.IsZero():
		return w.pick(text{"직접 절감 없음", "no saving by itself"})
	default:
		return w.fill(text{"월 {1}", "{1} a month"}, w.Estimate(*a))
	}
}

// OwnerDue says who is to do an action and by when.
func (w Words) OwnerDue(owner, due string) string {
	if owner == "" {
		return w.fill(text{"{1} · 기한: {2}", "{1} · by {2}"}, w.Say(NoOwner), w.Date(due))
	}
	return w.fill(text{"담당: {1} · 기한: {2}", "owner {1} · by {2}"}, owner, w.Date(due))
}

// Proposed says what an action of the last quarter was to bring.
func (w Words) Proposed(a *money.USD) string {
	return w.fill(text{"제안 당시 예상: {1}", "proposed: {1}"}, w.AMonth(a))
}

// DoneOf says how many of the proposed actions were done.
func (w Words) DoneOf(done, all int) string {
	return w.fill(text{"제안 {2}건 중 {1}건을 이행했습니다.", "{1} of {2} proposed actions were done."}, w.Int(int64(done)), w.Int(int64(all)))
}

// More says that more of something stands elsewhere; it is empty for none.
func (w Words) More(n int) string {
	if n <= 0 {
		return ""
	}
	return w.fill(text{"외 {1}건은 첨부 파일에 있습니다.", "{1} more in the attachments."}, w.Int(int64(n)))
}

// Restated says what was reported before and what is now.
func (w Words) Restated(c *reports.Change) string {
	write := w.Like(c.To)
	return w.fill(text{
		"{1}에 보낸 {2} 보고서와 회피 비용이 다릅니다: {3} → {4}",
		"The {2} report of {1} said {3}; now it is {4}.",
	}, w.Day(c.Issued.UTC()), w.State(c.Was), write(c.From), write(c.To))
}

// TenantQuarter heads the report: whose it is and of which quarter.
func (w Words) TenantQuarter(tenant, quarter string) string {
	return w.fill(text{"{1} · {2}", "{1}, {2}"}, tenant, w.Quarter(quarter))
}

// Running says how many resources ran on average before and after.
func (w Words) Running(before, after string) string {
	return w.fill(text{"평균 가동 리소스 수: 적용 전 {1}, 적용 후 {2}", "resources running on average: {1} before, {2} after"}, before, after)
}

// Factor says by which factor the prices of a reseller differ from AWS's, which all amounts have in them; it is empty where they do not.
func (w Words) Factor(factor decimal.Decimal) string {
	if factor.IsZero() || factor.Equal(decimal.NewFromInt(1)) {
		return ""
	}
	return w.fill(text{"모든 금액에 반영된 단가 배율: {1}", "All amounts have the price factor {1} in them."}, factor.String())
}
