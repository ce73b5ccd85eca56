package words

import (
	"maps"
	"slices"
)

// Page returns what only the page in HTML says: its controls, its columns and its notes. Values go into the places {0}, {1}, ..., by the page's
// script too. An unknown key is false.
func (w Words) Page(key string) (string, bool) {
	t, ok := pageTexts[key]
	return w.pick(t), ok
}

// PageKeys lists the keys of Page in order.
func PageKeys() []string { return slices.Sorted(maps.Keys(pageTexts)) }

var pageTexts = map[string]text{
	// The frame and its controls.
	"own-name":     {"한국어", "English"},
	"language":     {"언어", "Language"},
	"theme":        {"화면 밝기", "Colours"},
	"theme-auto":   {"자동", "Auto"},
	"theme-light":  {"밝게", "Light"},
	"theme-dark":   {"어둡게", "Dark"},
	"skip":         {"본문으로 건너뛰기", "Skip to the report"},
	"close":        {"닫기", "Close"},
	"copy":         {"복사", "Copy"},
	"copied":       {"복사했습니다.", "Copied."},
	"act.command":  {"명령", "command"},
	"act.tag":      {"태그", "tag"},
	"needs-script": {"이 표는 스크립트가 켜져 있어야 보입니다. 같은 내용이 부록 파일에 있습니다.", "This table needs scripts. The annex files hold the same rows."},

	// Notes of the first screen.
	"currency":       {"통화", "Currency"},
	"change-from-to": {"{2} 보고서의 {0}에서 {1}로 바뀌었습니다.", "{0} in the {2} report, {1} in this one."},
	"no-interval":    {"신뢰구간을 계산할 수 없습니다.", "No interval can be given."},
	"not-adjusted":   {"약정 반영 금액을 계산할 수 없어 계약 단가 기준으로 표시합니다.", "Commitments could not be replayed: the amount is at contracted prices."},
	"unproven-note":  {"기준선이 없어 입증할 수 없으므로 어떤 합계에도 포함하지 않았습니다.", "Without a baseline nothing is proven: this is in no total."},
	"no-bridge":      {"전 분기 청구서가 없어 증감을 설명할 수 없습니다.", "The bill of the last quarter is not there, so there is nothing to compare with."},
	"of":             {"{1}시간 중 {0}시간", "{0} of {1} hours"},
	"of-count":       {"{1}개 중 {0}개", "{0} of {1}"},
	"waste-note":     {"회피 비용과 별개이며 서로 더하지 않습니다.", "Apart from the avoided cost, and not added to it."},
	"longest":        {"최장 {0}", "longest {0}"},
	"done-of":        {"{1}건 중 {0}건 이행", "{0} of {1} done"},
	"gaps-of":        {"확인하지 못한 사항 {0}건", "What this report lacks: {0}"},
	"bridge-short-0": {"전 분기", "before"}, "bridge-short-1": {"사용량", "use"}, "bridge-short-2": {"단가", "prices"},
	"bridge-short-3": {"회피", "avoided"}, "bridge-short-4": {"미설명", "rest"}, "bridge-short-5": {"이번 분기", "now"},

	// Sections.
	"split":          {"회피 비용의 구성", "Where the avoided cost comes from"},
	"split-note":     {"아래 표는 모두 같은 회피 비용을 다른 기준으로 나눈 것이므로 서로 더하지 않습니다. 이름을 누르면 해당 리소스만 볼 수 있습니다.", "Each table splits the same amount another way, so they are not added to each other. A name leads to its resources."},
	"resources-note": {"이름을 누르면 금액의 근거인 조치 이력과 청구서 행을 볼 수 있습니다. 금액은 센트까지 표시하며, 합계는 반올림하지 않은 값을 더한 것입니다.", "A name leads to what its amount rests on: acts and rows of the bill. Amounts are shown to the cent so that they can be traced; sums are of the exact values."},
	"usage-note":     {"{0} 시간대 기준 요일·시간별 평균 가동 리소스 수입니다. 색이 진할수록 많습니다.", "Mean resources running in each hour of the week, in {0}. More is darker, in dark colours lighter."},
	"heat-before":    {"적용 전(기준선) 평균 가동 리소스 수", "Before (baseline): mean resources running"},
	"heat-after":     {"이번 분기 평균 가동 리소스 수", "This quarter: mean resources running"},
	"heat-cost":      {"요일·시간별 컴퓨팅 비용 합계(USD, 전체 리소스)", "Compute cost by hour of the week, over the quarter (USD, all compute)"},
	"hour":           {"시", "Hour"},
	"in-thousands":   {"(천 단위)", "(thousands)"},
	"billing":        {"청구서와 약정", "Bill and commitments"},
	"months":         {"월별 청구 금액", "By billing month"},
	"services":       {"서비스별 비용", "By service"},
	"not-compared":   {"산정 방법이 달라 비교하지 않습니다.", "another method, not compared"},
	"origin-note":    {"스팟 전환 금액({0})은 기준선이 아니라 청구서를 근거로 하므로 이 표에 포함하지 않습니다.", "Moves to Spot, {0}, rest on the bill and on no baseline: they are not in this table."},
	"less-an-hour":   {"시간당 {0} 축소", "{0} an hour less"},
	"more-an-hour":   {"시간당 {0} 확대", "{0} an hour more"},
	"felt":           {"영향과 잔여 청구 상세", "What people felt, and what went on being charged"},
	"no-inventory":   {"자산 목록이 제공되지 않았습니다.", "No inventory was given."},
	"others":         {"외 {0}개", "{0} more"},
	"check":          {"점검 항목", "Check"},
	"and-more":       {"외 {0}개는 부록 파일에 있습니다.", "{0} more stand in the annex files."},
	"views":          {"세 가지 기준의 금액", "The three views of the amount"},
	"files":          {"파일", "Files"},
	"rows":           {"행", "Rows"},
	"accounts":       {"청구 대상 계정", "Accounts on the bill"},

	// The method.
	"method-avoided":  {"회피 비용은 기준선(등록 시점에 고정한 과거 사용 시간)과 이번 분기 실제 사용 시간의 차이에 단가를 곱한 값입니다.", "Avoided cost is the difference between the hours of the baseline, frozen at enrolment, and the hours used this quarter, at their prices."},
	"method-interval": {"95% 신뢰구간은 실제 금액이 100번 중 95번 이 범위에 든다는 뜻입니다.", "The 95% interval covers the true amount 95 times in 100."},
	"method-adjusted": {"금액은 약정 반영 기준입니다. 줄어든 사용량만큼 남게 된 예약 인스턴스와 Savings Plans는 회피 비용에서 제외합니다.", "Amounts are commitment-adjusted: what Reserved Instances and Savings Plans would have covered anyway is not counted as avoided."},
	"method-unproven": {"기준선이 없는 리소스는 집계하지 않고 따로 표시합니다.", "Resources without a baseline are shown apart and not counted."},
	"method-rounding": {"계산은 십진수로 정확하게 하며, 표시할 때만 반올림합니다. 추정 금액은 1,000달러부터 달러 단위로 표시합니다.", "All arithmetic is exact decimal; amounts are rounded only where they are shown, estimates to the dollar from $1,000 on."},
	"method-utc":      {"비용은 UTC 기준으로, 사용 시간대는 고객의 시간대 기준으로 집계합니다.", "Money is counted in UTC, as AWS bills it; hours of the week on the clocks of the tenant."},

	// Tables.
	"search":                {"검색", "Search"},
	"all":                   {"전체", "All"},
	"sign":                  {"금액 범위", "Amounts"},
	"below-zero":            {"0보다 작은 금액", "Below zero"},
	"reset":                 {"초기화", "Reset"},
	"pages":                 {"쪽 이동", "Pages"},
	"first-page":            {"처음", "First"},
	"previous":              {"이전", "Previous"},
	"next":                  {"다음", "Next"},
	"last-page":             {"끝", "Last"},
	"page-of":               {"{2}건 중 {0}–{1}", "{0}–{1} of {2}"},
	"row-count":             {"{0}건", "{0} rows"},
	"row-count-one":         {"1건", "1 row"},
	"by-this-cause":         {"금액은 선택한 원인에 해당하는 부분", "amounts are the part by this cause"},
	"sum":                   {"회피 비용 합계 {0}", "avoided {0}"},
	"sum-of":                {"합계 {0}", "total {0}"},
	"sum-row":               {"합계(전체 쪽)", "Total of all pages"},
	"beside-unproven":       {"집계 제외(입증되지 않음) {0}", "not counted (unproven) {0}"},
	"equals-headline":       {"첫 화면의 회피 비용과 일치", "equals the headline"},
	"differs-from-headline": {"리소스별로 나눌 수 없는 금액 {0}", "{0} of the headline belongs to no single resource"},
	"nothing-found":         {"조건에 맞는 항목이 없습니다.", "Nothing matches."},
	"caption.resources":     {"리소스별 회피 비용", "Avoided cost by resource"},
	"caption.assets":        {"자산 목록", "Inventory"},
	"caption.actions":       {"제안 사항", "Proposed actions"},
	"caption.outcomes":      {"지난 분기 제안의 결과", "Last quarter's actions"},
	"caption.verdicts":      {"리소스별 권장 운영 방식", "What suits each resource"},
	"caption.spot":          {"스팟 전환 결과", "Moves to Spot"},
	"caption.standing":      {"정지 중에도 청구된 비용", "Still billed while stopped"},
	"caption.late":          {"제때 준비되지 않은 리소스", "Late openings"},
	"caption.failed":        {"시작에 실패한 리소스", "Failed starts"},
	"column.delay":          {"지연(분)", "Delay (min)"},
	"column.count":          {"리소스 수", "Resources"},
	"column.is-new":         {"이번 분기 신규", "New this quarter"},
	"column.suggested":      {"제안 스케줄", "Suggested schedule"},
	"column.command":        {"명령·태그", "Command or tag"},
	"column.spot-net":       {"순효과", "Net"},

	// One resource.
	"no-such-resource": {"이 보고서에 없는 리소스입니다.", "This report has no such resource."},
	"from-to":          {"{0} ~ {1}", "{0} to {1}"},
	"spot-beside":      {"그중 스팟 전환 효과", "Of it, by the move to Spot"},
	"of-hours":         {"{1}시간 중 {0}시간에서 청구서에 사용 기록 없음", "{0} of {1} stopped hours without usage on the bill"},
	"bill-resource":    {"청구서의 리소스", "On the bill as"},
	"acts-cut":         {"최근 조치 {0}건을 표시합니다. 전체 {1}건은 부록 파일에 있습니다.", "The last {0} of {1} acts; the annex files hold all."},
	"in-zone":          {"시각은 {0} 시간대 기준입니다.", "Times are on the clocks of {0}."},
	"annex-views":      {"참고 금액(부록)", "Other views (annex)"},
	"annex-views-note": {"같은 시간을 다른 단가로 본 금액이며 서로 더하지 않습니다.", "The same hours at other prices; they are not added."},
}
