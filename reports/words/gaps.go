package words

import (
	"regexp"
	"strings"

	"offpeak/reports"
)

// Gap says what a report lacks and what follows from it. A gap without words, or without the particulars that they need, is said in English as
// it came: better that than nothing.
func (w Words) Gap(g reports.Gap) string {
	args := g.Args
	t, ok := gapTexts[g.Code]
	if len(args) > 0 {
		if own, sentence := gapTexts[g.Code+" "+args[0]]; sentence || !ok {
			t, ok, args = own, sentence, args[1:]
		}
	}
	said := make([]string, len(args))
	for i, a := range args {
		said[i] = w.particular(Plain(a))
	}
	if !ok || len(args) < len(place.FindAllString(t.en, -1)) {
		return Plain(g.Says)
	}
	return w.fill(t, said...)
}

// GapKnown reports whether there are words for a code, for the test of whoever adds one.
func GapKnown(code string) bool {
	if _, ok := gapTexts[code]; ok {
		return true
	}
	for known := range gapTexts {
		if strings.HasPrefix(known, code+" ") {
			return true
		}
	}
	return false
}

var (
	place    = regexp.MustCompile(`\{[1-9]\}`)
	month    = regexp.MustCompile(`^\d{4}-\d{2}$`)
	day      = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	spanning = regexp.MustCompile(`^(\d{4}-\d{2}-)\d{2}\.\.(\d{4}-\d{2}-)?(\d{2})$`)
	whole    = regexp.MustCompile(`^\d{4,18}$`)
	quarter  = regexp.MustCompile(`^\d{4}Q[1-4]$`)
)

// particular writes a particular of a gap as the language writes such a thing: months, days and numbers are told by their form.
func (w Words) particular(a string) string {
	switch {
	case strings.Contains(a, ", "):
		all := strings.Split(a, ", ")
		for i := range all {
			all[i] = w.particular(all[i])
		}
		return strings.Join(all, ", ")
	case month.MatchString(a):
		return w.Month(a)
	case day.MatchString(a):
		return w.Date(a)
	case quarter.MatchString(a):
		return w.Quarter(a)
	case spanning.MatchString(a):
		return w.span(a)
	case whole.MatchString(a) && len(a) < 12: // twelve digits are an account
		return grouped(a)
	default:
		return a
	}
}

// span writes days as the figures' gaps have them: 2026-07-05..07, or 2026-06-28..2026-07-02.
func (w Words) span(a string) string {
	from, to, _ := strings.Cut(a, "..")
	if len(to) == len("02") {
		to = from[:len("2006-01-")] + to
	}
	first, errFirst := parseDay(from)
	last, errLast := parseDay(to)
	if errFirst != nil || errLast != nil {
		return a
	}
	return w.days(first, last)
}

// gapTexts are by code, or by code and the first of the particulars where a code has several sentences. The first group is that of the figures,
// the second that of the bill's files, whose {1} is the file or the export and month, the third that of reports.
var gapTexts = map[string]text{
	"not-billed-yet before":       {"{1}: 청구서가 그 이후부터 시작하므로 이 기간의 회피 비용은 집계하지 않았습니다.", "{1}: the bill begins later, so nothing is counted for it."},
	"not-billed-yet after":        {"{1}: AWS가 아직 청구하지 않은 기간입니다. 회피 비용을 집계하지 않았으며, 이 보고서는 잠정입니다.", "{1}: not billed yet. Nothing is counted for it, and the report is provisional."},
	"not-billed-yet cur":          {"CUR 2.0 데이터가 FOCUS보다 이른 {1}(UTC)에 끝납니다. 그 이후의 회피 비용은 집계하지 않았습니다.", "CUR 2.0 ends at {1} UTC, before FOCUS does. Nothing is counted after it."},
	"no-usage-data baseline":      {"{1}: 가동 내역을 알려 주는 CUR 2.0이 없어 기준선을 그다음 달부터 계산했습니다.", "{1} has no CUR 2.0, which tells what ran, so baselines begin after it."},
	"no-usage-data bill-baseline": {"{1}: 청구 데이터를 받지 못해 기준선을 그다음 달부터 계산했습니다.", "{1}: no bill was delivered, so baselines begin after it."},
	"no-usage-data bill-claim":    {"{1}: 청구 데이터를 받지 못해 그때부터 회피 비용을 집계하지 않았습니다.", "{1}: no bill was delivered, so nothing is counted from then on."},
	"no-usage-data first":         {"{1}: 가동 내역을 알려 주는 CUR 2.0이 없어 이 달의 회피 비용은 집계하지 않았고, 새 기준선은 그다음 달부터 계산했습니다. 앞서 확정한 기준선이 있는 리소스만 그다음 달부터 집계했습니다.", "{1} has no CUR 2.0, which tells what ran, so nothing is counted for it and new baselines begin after it. What has a baseline from before is counted from the next month on."},
	"no-usage-data bill-first":    {"{1}: 청구 데이터를 받지 못해 이 달의 회피 비용은 집계하지 않았고, 새 기준선은 그다음 달부터 계산했습니다. 앞서 확정한 기준선이 있는 리소스만 그다음 달부터 집계했습니다.", "{1}: no bill was delivered, so nothing is counted for it and new baselines begin after it. What has a baseline from before is counted from the next month on."},
	"no-usage-data all":           {"청구서에 무엇이 가동되었는지 나타나지 않아 회피 비용을 알 수 없습니다. CUR 2.0을 내보내거나 FOCUS에 사용 유형 열을 포함하십시오.", "The bill does not tell what ran, so what was avoided is not known. Export CUR 2.0, or FOCUS with the column of the usage type."},
	"no-usage-data claim":         {"{1}: 가동 내역을 알려 주는 CUR 2.0이 없어 그때부터 회피 비용을 집계하지 않았습니다.", "{1} has no CUR 2.0, which tells what ran, so nothing is counted from then on."},
	"open-month":                  {"{1}: AWS가 청구를 아직 마감하지 않아 금액이 바뀔 수 있습니다.", "{1}: AWS has not closed the bill yet, so its figures may change."},
	"no-charges":                  {"{1}: 청구 내역이 전혀 없습니다. 가동한 리소스가 없었던 날로 처리했습니다.", "{1}: the bill has no charge at all. It is taken as days on which nothing ran."},
	"negative-usage":              {"사용량이 음수인 정정 내역이 {1}행 있습니다. 해당 시간과 비용에서 차감했습니다.", "{1} rows of the bill are corrections with a usage below zero. They are taken off the hours and costs that they correct."},
	"ledger-damage":               {"조치 원장의 일부를 읽을 수 없습니다({1}). 그 안에 있던 조치는 집계하지 않았습니다.", "A part of the ledger cannot be read ({1}). Acts that stood there are not counted."},
	"ledger-overlap":              {"조치 원장에 중복 기록이 {1}건 있어 한 번씩만 집계했습니다.", "{1} ledger entries stand twice. Each is counted once."},
	"no-enrolment":                {"{1}: 스케줄 적용 시작 기록이 원장에 없습니다. {2}(UTC) 이전의 청구 내역은 기준선으로 쓰지 않았습니다.", "{1}: the ledger does not say when it was enrolled. What the bill shows before {2} UTC is not taken as its baseline."},
	"not-on-bill silent":          {"리소스 {2}개 중 {1}개는 이 청구서에 가동 내역이 없어 회피 비용을 집계하지 않았습니다.", "{1} of {2} resources never ran on this bill. Nothing is counted for them."},
	"not-on-bill enrolment":       {"{1}: 스팟 전환 기록은 있으나 적용 시작 기록이 없어 전환 효과를 집계하지 않았습니다.", "{1}: it was moved to Spot and its enrolment is not known. Nothing is counted for the move."},
	"not-on-bill original":        {"{1}: 스팟으로 전환했으나 전환 전 유형이 청구서에 없어 전환 효과를 집계하지 않았습니다.", "{1}: it was moved to Spot, and the bill never shows what it ran on before. Nothing is counted for the move."},
	"no-price":                    {"{1}: 청구서에 단가가 없어 시간만 집계하고 금액은 집계하지 않았습니다.", "{1}: the bill shows no price. What was avoided of it is counted in hours and not in dollars."},
	"no-commitments no-cur":       {"청구서에 CUR 2.0이 없어 예약 인스턴스와 Savings Plans의 적용 내역을 알 수 없습니다. 약정 반영 금액은 계산하지 않았습니다.", "The bill has no CUR 2.0, so what Reserved Instances and Savings Plans covered is not known. The commitment-adjusted figure is not computable."},
	"no-commitments replay":       {"예약 인스턴스와 Savings Plans를 재현한 결과가 청구서와 맞지 않아 약정 반영 금액을 계산하지 않았습니다.", "A replay of Reserved Instances and Savings Plans does not come to what was billed. The commitment-adjusted figure is not computable."},
	"no-plan-rate":                {"{1}: Savings Plans 요율을 알 수 없어 약정 반영 금액을 계산하지 않았습니다.", "{1}: no Savings Plans rate is known. The commitment-adjusted figure is not computable."},

	"manifest-unreadable": {"{1}: 청구 데이터의 매니페스트를 읽을 수 없어 집계에서 제외했습니다.", "{1}: this manifest of the bill cannot be read. Its data is not counted."},
	"manifest-missing":    {"{1}: 데이터 파일 {2}개의 매니페스트가 없습니다. 모두 도착했는지 알 수 없어 집계에서 제외했습니다.", "{1}: {2} data files have no manifest, so nobody knows whether they are all. They are not counted."},
	"file-missing":        {"{1}: 매니페스트에 있는 파일이 없어 해당 월을 집계에서 제외했습니다.", "{1}: the manifest lists this file and it is not there. Its month is not counted."},
	"file-corrupt":        {"{1}: 파일이 손상되어 해당 월을 집계에서 제외했습니다.", "{1}: the file is damaged. Its month is not counted."},
	"format-unsupported":  {"{1}: Parquet이 아닌 형식이어서 집계에서 제외했습니다.", "{1}: the file is no Parquet. Its month is not counted."},
	"table-unknown":       {"{1}: FOCUS도 CUR 2.0도 아닌 표이므로 집계에서 제외했습니다.", "{1}: the table is neither FOCUS nor CUR 2.0. It is not counted."},
	"focus-1.0":           {"{1}: FOCUS 1.0이어서 청구서 번호가 없습니다. 청구서와 대조할 수 없고 마감 여부도 알 수 없어 이 보고서는 잠정입니다.", "{1}: FOCUS 1.0 has no invoice ids. It is counted and ties to no invoice, and whether AWS has closed it is not known: the report stays provisional."},
	"meter-missing":       {"{1}: 무엇을 사용했는지 알려 주는 열(SkuMeter 또는 x_UsageType)이 없어 FOCUS만으로는 가동 시간과 중지 중 비용을 알 수 없습니다.", "{1}: no column says what was used (SkuMeter, or x_UsageType), so what ran by FOCUS alone and what is billed while stopped are not known."},
	"column-needed":       {"{1}: 꼭 필요한 열이 없어 집계에서 제외했습니다({2}).", "{1}: columns are missing without which the bill cannot be read ({2}). It is not counted."},
	"column-type":         {"{1}: 열의 형식이 달라 집계에서 제외했습니다({2}).", "{1}: columns are of another type ({2}). It is not counted."},
	"payers-mixed":        {"{1}: 한 내보내기에 여러 지급인 계정({2})이 섞여 있어 집계에서 제외했습니다.", "{1}: one export bills several payers ({2}). It is not counted."},
	"payer-odd":           {"{1}: 지급인 계정({2})이 AWS 계정 번호가 아니어서 집계에서 제외했습니다.", "{1}: the payer ({2}) is no AWS account. It is not counted."},
	"csv-file":            {"{1}: 직접 지정한 CSV 파일이며 매니페스트가 없어 내역이 모두 들어 있는지 알 수 없습니다.", "{1}: a CSV file that was named by hand. No manifest says whether it is whole."},
	"other-provider":      {"{1}: AWS가 아닌 {3}의 내역 {2}행은 집계하지 않았습니다.", "{1}: {2} rows are {3}'s and are not counted."},
	"no-rows":             {"{1}: 전달분에 청구 내역이 한 행도 없습니다.", "{1}: the delivery has no row at all."},
	"period-twice":        {"{1}: 지급인 계정 {2}의 같은 달을 여러 내보내기({3})가 전달하므로 중복을 피하려고 모두 제외했습니다.", "{1}: several exports ({3}) deliver the same month of payer {2}. None is counted, since both would count."},
	"period-wrong":        {"{1}: 폴더와 다른 달({2})의 내역이 들어 있어 집계에서 제외했습니다.", "{1}: it has rows of another month ({2}) than its folder says. It is not counted."},
	"column-missing":      {"{1}: 일부 열이 없지만 그 열 없이 집계했습니다({2}).", "{1}: columns are missing, and the bill was read without them ({2})."},
	"file-unlisted":       {"{1}: 매니페스트에 없는 파일이므로 읽지 않았습니다.", "{1}: no manifest lists this file. It was not read."},
	"delivery-superseded": {"{1}: 같은 달의 이전 전달분 또는 이전 버전이므로 읽지 않았습니다.", "{1}: an older delivery or version of the same month. It was not read."},
	"cur-2.0-missing":     {"{1}: 지급인 계정 {2}의 CUR 2.0이 없습니다. 약정을 반영하려면 CUR 2.0도 내보내야 합니다.", "{1}: payer {2} has no CUR 2.0 of this month, which is needed to adjust for commitments."},
	"not-hourly":          {"{1}: 시간 단위 내역이 아니어서 근무 시간 외 사용을 구분할 수 없습니다.", "{1}: nothing in it is told by the hour, so use outside working hours cannot be told apart."},
	"focus-missing":       {"{1}: 지급인 계정 {2}의 FOCUS가 없습니다. 청구서와 대조하려면 FOCUS도 내보내야 합니다.", "{1}: payer {2} has no FOCUS of this month, which is needed to agree with the invoice."},

	reports.GapLastBill:        {"{1} 청구 데이터가 없어 전 분기와의 증감을 계산하지 않았습니다.", "The bill of {1} is not there, so there is no bridge from it to this quarter."},
	reports.GapPart:            {"{1}까지만 청구되었으므로 한 분기 전체인 지난 분기와 비교하지 않았습니다.", "The quarter is billed until {1} alone, so it is not compared with the whole quarter before."},
	"part-of-quarter lacking":  {"이 분기의 청구 데이터 일부를 받지 못해 한 분기 전체인 지난 분기와 비교하지 않았습니다.", "A part of the quarter was not delivered, so what is left is not compared with the whole quarter before."},
	reports.GapLedgerEmpty:     {"이 분기 말까지 조치 원장에 기록이 없습니다. offpeak가 조치한 것이 없어 회피 비용도 없습니다.", "The ledger has no entry until the end of this quarter: offpeak acted on nothing, so nothing was avoided."},
	reports.GapLastAvoided:     {"두 분기의 회피 비용을 모두 알 수 없어 전 분기 대비 증감을 설명하지 않았습니다.", "What was avoided in the two quarters is not known, so the change since the last one is not explained."},
	reports.GapMonth:           {"{1}의 청구 데이터(FOCUS)를 받지 못했습니다.", "No FOCUS export of {1} was delivered."},
	reports.GapOwnerTag:        {"청구서에 담당 태그({1})가 없습니다. 지급 계정에서 비용 할당 태그로 활성화하거나 리소스에 태그를 지정하십시오.", "Nothing on the bill carries the owner tag {1}. Activate it as a cost allocation tag in the payer account, or tag resources."},
	reports.GapLastReport:      {"{1} 보고서가 없어 지난 제안의 결과와 추이를 표시하지 않았습니다.", "There is no report of {1}, so what became of its actions is not known."},
	reports.GapInventory:       {"자산 목록이 없어 자산 현황, 태그 문제, 만료되는 예외, Well-Architected 점검 근거를 표시하지 않았습니다.", "No inventory was given, so there are no assets, no findings, no exceptions and no evidence for the Well-Architected Framework."},
	reports.GapInventoryDay:    {"자산 목록을 분기 말이 아니라 {1}에 조회했습니다. 그 사이에 생기거나 사라진 리소스는 구분할 수 없습니다.", "The inventory was taken on {1}, not at the quarter's end. What came or went between is not told apart."},
	reports.GapPartOfInventory: {"{1}: 조회하지 못한 자산이 있어 자산 현황과 제안에 빠진 항목이 있을 수 있습니다.", "{1}: not all of it could be looked at, so assets and proposals may lack some."},
	reports.GapLastInventory:   {"전 분기 자산 목록이 없어 새로 생기거나 사라진 리소스를 알 수 없습니다.", "There is no inventory of the quarter before, so what came and went is not known."},
	reports.GapToolCost:        {"청구서에 {1} 태그가 붙은 항목이 없어 offpeak 운영 비용을 알 수 없습니다.", "Nothing on the bill carries the tag {1}, so what offpeak itself cost is not known."},
	reports.GapRecount:         {"다른 엔진으로 재계산하지 않았습니다.", "No second engine has recounted the figures."},
	reports.GapMethod:          {"{1} 보고서는 산정 방법(버전 {2})이 달라 금액을 비교하지 않았습니다.", "The report of {1} is of method {2}. Its figures are shown and not compared."},
	reports.GapForecast:        {"스팟 전환 {1}건은 중단 예측이 남아 있지 않아 비교하지 않았습니다.", "No forecast of interruptions was kept of {1} of the moves to Spot."},
	reports.GapZone:            {"고객의 시간대가 지정되지 않아 요일·시간대를 UTC로 표시했습니다.", "The tenant's time zone is not given, so hours of the week are told in UTC."},
	reports.GapRate:            {"정책에 적힌 {1} 환율이 {2} 기준으로, 분기 말에서 31일 넘게 떨어져 있어 미국 달러로만 표시했습니다.", "The policy's rate of {1} is of {2}, more than 31 days from the quarter's end, so amounts are in US dollars alone."},
	reports.GapHours:           {"청구서에 시간별 비용이 없어 요일·시간대별 비용을 표시하지 않았습니다.", "The bill has no hourly cost, so the map of the week is empty."},
	reports.GapWorking:         {"근무 시간을 정한 스케줄이 없어 근무 시간 외 비용을 계산하지 않았습니다.", "No schedule says which hours are working hours, so cost outside them is not known."},
	reports.GapSpotPrices:      {"스팟 가격이 주어지지 않아 스팟 전환 후보를 제시하지 않았습니다.", "No Spot prices were given, so what could move to Spot is not said."},
	reports.GapUnpriced:        {"{1}: AutoSpot가 최근 7일 안에 조회한 스팟 가격이 없어 스팟 전환 후보를 제시하지 않았습니다. 괄호는 마지막으로 조회한 날짜입니다.", "{1}: AutoSpot has asked for no Spot prices there in the last seven days, so what could move to Spot is not said. A date in brackets is that of the last ones."},
	reports.GapOwners:          {"리소스 {2}개 중 {1}개는 담당 태그가 없어 담당을 표시하지 않았습니다.", "{1} of {2} resources have no owner tag."},
}
