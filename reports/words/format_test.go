package words_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/words"
)

func usd(text string) money.USD { return money.USDOf(decimal.RequireFromString(text)) }

// said is one thing in both languages.
type said struct {
	name   string
	say    func(words.Words) string
	ko, en string
}

func check(t *testing.T, rows []said) {
	t.Helper()
	for _, row := range rows {
		if got := row.say(words.In(words.Korean)); got != row.ko {
			t.Errorf("%s, ko: got %q, want %q", row.name, got, row.ko)
		}
		if got := row.say(words.In(words.English)); got != row.en {
			t.Errorf("%s, en: got %q, want %q", row.name, got, row.en)
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	won := &reports.Currency{Code: "KRW", Rate: decimal.RequireFromString("1384.50"), Source: "Seoul Money Brokerage", Date: "2026-09-30"}
	same := func(name, want string, say func(words.Words) string) said { return said{name, say, want, want} }
	check(t, []said{
		same("what was billed, to the cent", "$1,234,567.89", func(w words.Words) string { return w.USD(usd("1234567.885")) }),
		same("below zero", "-$41.20", func(w words.Words) string { return w.USD(usd("-41.2")) }),
		same("nothing has no sign", "$0.00", func(w words.Words) string { return w.USD(usd("-0.004")) }),
		same("an estimate below a thousand", "$999.99", func(w words.Words) string { return w.Estimate(usd("999.99")) }),
		same("one that is a thousand when it is shown", "$1,000", func(w words.Words) string { return w.Estimate(usd("999.996")) }),
		same("an estimate above it has no false cents", "$2,838", func(w words.Words) string { return w.Estimate(usd("2837.50")) }),
		same("a loss above it neither", "-$2,838", func(w words.Words) string { return w.Estimate(usd("-2837.50")) }),
		same("a line beside a large total", "-$41", func(w words.Words) string { return w.Like(usd("2837.50"))(usd("-41.20")) }),
		same("a line beside a small one", "-$41.20", func(w words.Words) string { return w.Like(usd("500"))(usd("-41.20")) }),
		same("millions, on an axis", "-$12.5M", func(w words.Words) string { return w.Millions(usd("-12500000")) }),
		same("won have no decimals", "₩1,386,298", func(w words.Words) string { return w.Currency("KRW", decimal.RequireFromString("1386297.5")) }),
		same("won below zero", "-₩57,041", func(w words.Words) string { return w.Currency("KRW", decimal.RequireFromString("-57041.4")) }),
		same("a currency without a sign here", "EUR 12.50", func(w words.Words) string { return w.Currency("EUR", decimal.RequireFromString("12.5")) }),
		same("a rate of two places", "$0.05", func(w words.Words) string { return w.Rate(rate("0.05")) }),
		same("a rate keeps what it has, to six places", "$0.004162", func(w words.Words) string { return w.Rate(rate("0.00416249")) }),
		same("a rate of whole dollars", "$12.00", func(w words.Words) string { return w.Rate(rate("12")) }),
		same("no reseller", "", func(w words.Words) string { return w.Factor(decimal.NewFromInt(1)) }),
		{"a reseller's prices", func(w words.Words) string { return w.Factor(decimal.RequireFromString("1.05")) }, "모든 금액에 반영된 단가 배율: 1.05", "All amounts have the price factor 1.05 in them."},
		{"a share of a check", func(w words.Words) string {
			return w.EvidenceValue(&reports.Evidence{Value: number("15.09"), Unit: reports.UnitPercent})
		}, "15.09%", "15.09%"},
		{"hours of a check", func(w words.Words) string {
			return w.EvidenceValue(&reports.Evidence{Value: number("1290.4"), Unit: reports.UnitHours})
		}, "1,290시간", "1,290 hours"},
		{"a check of a report that told no unit", func(w words.Words) string { return w.EvidenceValue(&reports.Evidence{Value: number("15.09")}) }, "15.09", "15.09"},
		same("a check without a figure", "", func(w words.Words) string { return w.EvidenceValue(&reports.Evidence{}) }),
		same("no second currency", "", func(w words.Words) string { return w.Second(nil, usd("1")) }),
		{"what stands beside cents is those cents at the rate", func(w words.Words) string { return w.Second(won, usd("1402.98893")) }, "약 ₩1,942,440", "about ₩1,942,440"},
		{"an estimate of whole dollars has no more digits in another currency", func(w words.Words) string { return w.SecondEstimate(won, usd("1227.738")) }, "약 ₩1,700,000", "about ₩1,700,000"},
		{"an estimate with cents has theirs", func(w words.Words) string { return w.SecondEstimate(won, usd("418.63")) }, "약 ₩579,590", "about ₩579,590"},
		{"a small estimate", func(w words.Words) string { return w.SecondEstimate(won, usd("0.05")) }, "약 ₩70", "about ₩70"},
		{"a loss", func(w words.Words) string { return w.SecondEstimate(won, usd("-1840.25")) }, "약 -₩2,547,000", "about -₩2,547,000"},
		{"nothing", func(w words.Words) string { return w.SecondEstimate(won, usd("0")) }, "약 ₩0", "about ₩0"},
		{"an estimate that is rounded up to four digits", func(w words.Words) string { return w.SecondEstimate(won, usd("999.996")) }, "약 ₩1,385,000", "about ₩1,385,000"},
		same("no second currency of an estimate", "", func(w words.Words) string { return w.SecondEstimate(nil, usd("1")) }),
		{"a second currency is about", func(w words.Words) string { return w.Second(won, usd("100")) }, "약 ₩138,450", "about ₩138,450"},
		{
			"its rate, its source and its day", func(w words.Words) string { return w.ExchangeRate(won) },
			"1달러 = KRW 1,384.50 (출처: Seoul Money Brokerage, 기준일: 2026년 9월 30일)", "1 USD = KRW 1,384.50 (Seoul Money Brokerage, 30 September 2026)",
		},
		{
			"an interval", func(w words.Words) string {
				return w.Range(&reports.Range{Low: usd("2820.4"), High: usd("2853")}, w.Whole)
			},
			"$2,820 ~ $2,853", "$2,820 to $2,853",
		},
		same("no interval", "", func(w words.Words) string { return w.Range(nil, w.Whole) }),
	})
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	dec := decimal.RequireFromString
	check(t, []said{
		{"many hours are whole", func(w words.Words) string { return w.Hours(dec("41290.52")) }, "41,291시간", "41,291 hours"},
		{"few have one place", func(w words.Words) string { return w.Hours(dec("31.54")) }, "31.5시간", "31.5 hours"},
		{"one hour", func(w words.Words) string { return w.Hours(dec("1.04")) }, "1시간", "1 hour"},
		{"hours below zero", func(w words.Words) string { return w.Hours(dec("-412")) }, "-412시간", "-412 hours"},
		{"no hours", func(w words.Words) string { return w.Hours(dec("-0.01")) }, "0시간", "0 hours"},
		{"a share", func(w words.Words) string { return w.Share(reports.Share{Part: 30870, Whole: 30960}) }, "99.7%", "99.7%"},
		{"nearly all is not all", func(w words.Words) string { return w.Share(reports.Share{Part: 99999, Whole: 100000}) }, "99.9%", "99.9%"},
		{"all", func(w words.Words) string { return w.Share(reports.Share{Part: 7, Whole: 7}) }, "100%", "100%"},
		{"of nothing", func(w words.Words) string { return w.Share(reports.Share{}) }, "–", "–"},
		{"a small ratio", func(w words.Words) string { return w.Percent(dec("0.0004")) }, "0.04%", "0.04%"},
		{"one of them", func(w words.Words) string { return w.Count(1, words.Resources) }, "리소스 1개", "1 resource"},
		{"many of them", func(w words.Words) string { return w.Count(50000, words.Entries) }, "원장 기록 50,000건", "50,000 ledger entries"},
		{"none of them", func(w words.Words) string { return w.Count(0, words.Openings) }, "업무 시작 0회", "0 openings"},
		{"bytes", func(w words.Words) string { return w.Bytes(1234567) }, "1.2 MB", "1.2 MB"},
		{"a delay", func(w words.Words) string { return w.Delay(412) }, "6분 52초", "6 min 52 s"},
		{"a long delay", func(w words.Words) string { return w.Delay(2*3600 + 61) }, "2시간 1분", "2 h 1 min"},
	})
}

func TestDates(t *testing.T) {
	t.Parallel()
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		instant, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return instant
	}
	period := func(from, to string) func(words.Words) string {
		return func(w words.Words) string { return w.Period(reports.Period{From: at(from), To: at(to)}) }
	}
	check(t, []said{
		{"a quarter", func(w words.Words) string { return w.Quarter("2026Q3") }, "2026년 3분기", "Q3 2026"},
		{"a month", func(w words.Words) string { return w.Month("2026-07") }, "2026년 7월", "July 2026"},
		{"a month on an axis", func(w words.Words) string { return w.ShortMonth("2026-07") }, "7월", "Jul"},
		{"a date", func(w words.Words) string { return w.Date("2026-07-01") }, "2026년 7월 1일", "1 July 2026"},
		{"no date is left as it is", func(w words.Words) string { return w.Date("soon") }, "soon", "soon"},
		{"a period names its last day", period("2026-07-01T00:00:00Z", "2026-10-01T00:00:00Z"), "2026년 7월 1일 ~ 9월 30일", "1 July to 30 September 2026"},
		{"within a month", period("2026-07-01T00:00:00Z", "2026-07-08T00:00:00Z"), "2026년 7월 1일 ~ 7일", "1 to 7 July 2026"},
		{"over the year's end", period("2025-12-01T00:00:00Z", "2026-02-01T00:00:00Z"), "2025년 12월 1일 ~ 2026년 1월 31일", "1 December 2025 to 31 January 2026"},
		{"one day", period("2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z"), "2026년 7월 1일", "1 July 2026"},
		{
			"an instant, in the tenant's zone", func(w words.Words) string { return w.InstantText("2026-07-12T23:30:00Z", seoul) },
			"2026년 7월 13일 08:30 (Asia/Seoul)", "13 July 2026, 08:30 (Asia/Seoul)",
		},
		{"working hours", func(w words.Words) string { return w.WorkingHours("mon-fri 08:30-19:30") }, "월-금 08:30-19:30", "Mon-Fri 08:30-19:30"},
		{"Monday is first", func(w words.Words) string { return w.Weekday(0) + w.Weekday(6) }, "월일", "MonSun"},
	})
}

func rate(text string) money.Rate {
	r, err := money.ParseRate(text)
	if err != nil {
		panic(err)
	}
	return r
}

func number(text string) *decimal.Decimal {
	d := decimal.RequireFromString(text)
	return &d
}
