package words

import (
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/reports"
)

// Cause says why something was done, or what was avoided by it.
func (w Words) Cause(code string) string { return w.named(causeTexts, code) }

var causeTexts = map[string]text{
	"schedule":             {"스케줄에 따른 정지", "Schedules"},
	"override":             {"사용자 예외 지정", "Overrides by people"},
	"stop-after":           {"시작 후 자동 정지", "Stop after a start out of hours"},
	"enforce":              {"스케줄 강제 적용", "Enforced schedules"},
	"tag":                  {"태그로 지정한 상태", "State fixed by a tag"},
	"retry":                {"재시도", "Retries"},
	"aws-restart":          {"AWS가 재시작한 리소스의 정지", "Stopped again after AWS restarted it"},
	"by-hand":              {"담당자 직접 실행", "By hand"},
	"spot":                 {"스팟 전환", "Moves to Spot"},
	"no-spot":              {"스팟 용량 부족으로 온디맨드 복귀", "Back to On-Demand, Spot had no capacity"},
	"spot-again":           {"스팟 재전환", "Moved to Spot again"},
	"churn":                {"교체 한도 도달", "Limit of replacements reached"},
	reports.CauseNone:      {"offpeak의 정지와 무관한 변동", "Not explained by a stop"},
	reports.CauseOverheads: {"스팟 전환 부대 비용", "Overheads of moves to Spot"},
}

// Origin says whose history a baseline is.
func (w Words) Origin(code string) string { return w.named(originTexts, code) }

var originTexts = map[string]text{
	"own":      {"리소스 자체 기준선", "Its own baseline"},
	"cohort":   {"유사 리소스 기준선", "Baseline of its cohort"},
	"unproven": {"입증되지 않음(기준선 없음)", "Unproven (no baseline)"},
	"moved":    {"스팟 전환만 적용(기준선 불필요)", "Moved to Spot alone (needs no baseline)"},
}

// State says how final a report is: 잠정, provisional.
func (w Words) State(s reports.State) string { return w.named(stateTexts, string(s)) }

// StateMeans says what the state means for the reader.
func (w Words) StateMeans(s reports.State) string { return w.named(stateMeanings, string(s)) }

var (
	stateTexts = map[string]text{
		string(reports.Provisional): {"잠정", "provisional"},
		string(reports.Final):       {"확정", "final"},
		string(reports.Restated):    {"정정", "restated"},
	}
	stateMeanings = map[string]text{
		string(reports.Provisional): {
			"잠정 보고서입니다. AWS가 청구를 마감하기 전까지 금액이 바뀔 수 있으며, 마감 후 확정 보고서를 다시 보내 드립니다.",
			"This report is provisional: until AWS has closed the bill its figures may change. The final one follows.",
		},
		string(reports.Final):    {"확정 보고서입니다. AWS가 마감한 청구서를 기준으로 집계했습니다.", "This report is final: its figures rest on the bill as AWS closed it."},
		string(reports.Restated): {"정정 보고서입니다. 확정 이후 AWS 청구 내역이 바뀌어 다시 집계했습니다.", "This report is restated: AWS changed the bill after the final one, and the figures were computed again."},
	}
)

// Check says how a check came out.
func (w Words) Check(s reports.CheckState) string { return w.named(checkTexts, string(s)) }

var checkTexts = map[string]text{
	string(reports.Held):    {"확인됨", "confirmed"},
	string(reports.Failed):  {"문제 있음", "failed"},
	string(reports.NotDone): {"확인 전", "not done yet"},
}

// ChangeWhy says why a report differs from the one before it.
func (w Words) ChangeWhy(code string) string { return w.named(changeTexts, code) }

var changeTexts = map[string]text{
	"bill":        {"AWS 청구 내역 변경·추가", "Rows of AWS's bill changed or were added"},
	"ledger":      {"뒤늦게 기록된 조치", "Acts that were recorded late"},
	"resources":   {"집계 대상 리소스 변경", "Other resources are counted"},
	"prices":      {"단가 변경", "Prices changed"},
	"commitments": {"약정 적용 결과 변경(전체 리소스 공통)", "Commitments apply otherwise, over all resources together"},
	"method":      {"산정 방법 변경", "The method changed"},
}

// Change says what an act does.
func (w Words) Change(code string) string { return w.named(actTexts, code) }

// ActState says how an act stands.
func (w Words) ActState(code string) string { return w.named(actStateTexts, code) }

var (
	actTexts = map[string]text{
		"deregister": {"이미지 등록 취소", "remove the image"}, "stop": {"정지", "stop"}, "hibernate": {"최대 절전 모드", "hibernate"}, "start": {"시작", "start"}, "scale": {"용량 조정", "scale"}, "move": {"스팟 전환", "move to Spot"},
	}
	actStateTexts = map[string]text{
		"intent": {"실행 예정", "intended"}, "applied": {"AWS 접수", "accepted by AWS"}, "verified": {"완료 확인", "seen to have worked"}, "failed": {"실패", "failed"},
	}
)

// Waste says what money was wasted on.
func (w Words) Waste(code string) string { return w.named(wasteTexts, code) }

// WasteCount counts what a sort of waste is about.
func (w Words) WasteCount(code string, n int) string {
	if n == 0 {
		return "" // it was not counted
	}
	switch code {
	case "unused-commitment", "wasted-commitment":
		return w.Count(n, Commitments)
	case "idle-address":
		return w.Count(n, Addresses)
	case "unattached-volume":
		return w.Count(n, Volumes)
	default:
		return w.Count(n, Resources)
	}
}

var wasteTexts = map[string]text{
	"unused-commitment": {"사용하지 않은 약정", "Unused commitments"},
	"wasted-commitment": {"스케줄 정지로 사용하지 못한 약정", "Commitments that schedules left unused"},
	"off-hours":         {"스케줄 미적용 리소스의 근무 시간 외 가동", "Running outside working hours, not opted in"},
	"idle-address":      {"사용하지 않는 퍼블릭 IP 주소", "Idle public IP addresses"},
	"unattached-volume": {"연결되지 않은 EBS 볼륨", "Unattached EBS volumes"},
}

// Verdict says what suits a resource.
func (w Words) Verdict(code string) string { return w.named(verdictTexts, code) }

var verdictTexts = map[string]text{
	"schedule":  {"스케줄 적용", "Schedule it"},
	"commit":    {"약정 구매 검토", "Cover it by a commitment"},
	"always-on": {"상시 가동 유지(약정 적용 중)", "Leave it on, it is covered"},
	"delete":    {"삭제 검토(사용 이력 없음)", "Delete it, it is never used"},
}

// Action says what sort of action is proposed.
func (w Words) Action(code string) string { return w.named(actionTexts, code) }

// Finding says what keeps resources from their schedule.
func (w Words) Finding(code string) string { return w.named(findingTexts, code) }

// Proposal says what an action is, with what was found where it is to mend that, and by how much a commitment should change.
func (w Words) Proposal(a *reports.Action) string {
	switch {
	case a.Code == "finding" && a.Detail != "":
		return w.Action(a.Code) + ": " + w.Finding(a.Detail)
	case a.Code == "commitment":
		return w.Action(a.Code) + w.change(a.Detail)
	default:
		return w.Action(a.Code)
	}
}

// change says by how many dollars an hour, such as -3.27.
func (w Words) change(detail string) string {
	by, err := decimal.NewFromString(detail)
	if err != nil || by.IsZero() {
		return ""
	}
	key := "more-an-hour"
	if by.IsNegative() {
		key = "less-an-hour"
	}
	text, _ := w.Page(key)
	return ": " + strings.ReplaceAll(text, "{0}", signed(by.Abs(), "$", 2))
}

// Doer says who did an action.
func (w Words) Doer(code string) string { return w.named(doerTexts, code) }

// ActionName is what an action is about, as people call it: a resource by its name, and a commitment, which has none, by its kind.
func (w Words) ActionName(a *reports.Action) string {
	if _, kind := suggestionTexts[a.Name]; kind && a.ARN == "" {
		return w.Suggestion(a.Name)
	}
	return a.Name
}

// Suggestion says of which kind of commitment a change is suggested.
func (w Words) Suggestion(kind string) string { return w.named(suggestionTexts, kind) }

var (
	actionTexts = map[string]text{
		"idle-delete":       {"사용하지 않는 리소스 삭제", "Delete what is never used"},
		"idle-schedule":     {"상시 가동 리소스에 스케줄 적용", "Give it a schedule"},
		"tighter-schedule":  {"스케줄 단축", "Tighten its schedule"},
		"spot":              {"스팟 전환", "Move it to Spot"},
		"commitment":        {"약정 조정", "Change the commitment"},
		"untagged":          {"담당 태그 지정", "Tag what has no owner"},
		"still-billed":      {"정지 중에도 청구되는 항목 정리", "Clear what is billed while stopped"},
		"finding":           {"스케줄 적용을 막는 문제 해결", "Resolve what keeps the schedule from working"},
		"exception-expires": {"만료되는 예외 검토", "Review an exception that ends"},
	}
	findingTexts = map[string]text{
		"unknown-schedule":      {"정책에 없는 스케줄 이름", "the policy has no such schedule"},
		"no-schedule":           {"스케줄이 지정되지 않음", "no schedule is named"},
		"invalid-tag":           {"해석할 수 없는 태그 값", "a tag cannot be read"},
		"conflicting-tags":      {"서로 다른 스케줄을 가리키는 태그", "two schedule tags disagree"},
		"tag-key-case":          {"대소문자가 다른 태그 키", "the tag key is in another case"},
		"environment-unknown":   {"환경을 알 수 없음", "it belongs to no environment"},
		"environment-ambiguous": {"두 환경에 속함", "it belongs to two environments"},
		"group-member":          {"Auto Scaling 그룹 대신 인스턴스에 붙은 태그", "an instance is tagged in the place of its group"},
		"cluster-member":        {"클러스터 대신 데이터베이스에 붙은 태그", "a database is tagged in the place of its cluster"},
		"managed":               {"다른 서비스가 관리하는 리소스", "something else runs it"},
		"own-scheduled-actions": {"그룹에 자체 예약 작업이 있음", "the group has scheduled actions of its own"},
		"warm-pool":             {"그룹에 웜 풀이 있음", "the group has a warm pool"},
		"instance-store":        {"정지하면 지워지는 인스턴스 스토어 디스크", "a stop would wipe its local disks"},
		"address-to-keep":       {"정지하면 바뀌는 퍼블릭 IP 주소", "a stop would change its public address"},
		"spot-one-time":         {"정지할 수 없는 일회성 스팟 인스턴스", "a one-time Spot instance cannot be stopped"},
		"cannot-stop":           {"AWS가 정지를 지원하지 않음", "AWS cannot stop it"},
		"read-replica":          {"정지할 수 없는 읽기 전용 복제본", "AWS does not stop read replicas"},
		"replica-source":        {"읽기 전용 복제본이 있어 정지할 수 없음", "AWS does not stop what has read replicas"},
		"daemon-service":        {"크기가 없는 데몬 서비스", "a daemon service has no size"},
		"external-deployment":   {"ECS 외부에서 배포하는 서비스", "it is deployed from outside ECS"},
		"retry-later":           {"AWS가 거듭 거부한 조치", "AWS refused an act again and again"},
	}
	doerTexts       = map[string]text{"offpeak": {"offpeak", "offpeak"}, "person": {"담당자", "a person"}, "nobody": {"없음", "nobody"}}
	suggestionTexts = map[string]text{"savings-plan": {"Savings Plans", "Savings Plans"}, "reserved-instances": {"예약 인스턴스", "Reserved Instances"}}
)

// AssetState says what a resource does.
func (w Words) AssetState(code string) string { return w.named(assetTexts, code) }

var assetTexts = map[string]text{
	"unknown": {"알 수 없음", "unknown"}, "running": {"실행 중", "running"}, "stopped": {"정지됨", "stopped"}, "changing": {"상태 변경 중", "changing"}, "gone": {"삭제됨", "gone"},
}

// AssetChange says what a resource did since the inventory of the last quarter.
func (w Words) AssetChange(code string) string { return w.named(assetChangeTexts, code) }

var assetChangeTexts = map[string]text{reports.AssetCame: {"신규", "new"}, reports.AssetWent: {"사라짐", "gone"}}

// Kind says what kind of resource something is.
func (w Words) Kind(k fleet.Kind) string { return w.named(kindTexts, k.String()) }

// KindName is Kind for a kind by its name, as counts have it; services of Avoided are named so too.
func (w Words) KindName(name string) string { return w.named(kindTexts, name) }

var kindTexts = map[string]text{
	"ec2-instance":       {"EC2 인스턴스", "EC2 instance"},
	"auto-scaling-group": {"Auto Scaling 그룹", "Auto Scaling group"},
	"rds-instance":       {"RDS 인스턴스", "RDS instance"},
	"rds-cluster":        {"RDS 클러스터", "Database cluster"},
	"ecs-service":        {"ECS 서비스", "ECS service"},
}

// Pillar names a pillar of the AWS Well-Architected Framework, as AWS's own documents name it in the language.
func (w Words) Pillar(code string) string { return w.named(pillarTexts, code) }

// Evidence says what a check of the inventory looked for.
func (w Words) Evidence(code string) string { return w.named(evidenceTexts, code) }

// Unit names what a figure of a check counts.
func (w Words) Unit(code string) string { return w.named(unitTexts, code) }

// EvidenceValue writes a check's figure with its unit; it is empty where the check has none.
func (w Words) EvidenceValue(e *reports.Evidence) string {
	switch {
	case e.Value == nil:
		return ""
	case e.Unit == reports.UnitPercent:
		return w.Number(*e.Value, 2) + "%"
	case e.Unit == reports.UnitHours:
		return w.Hours(*e.Value)
	default:
		return w.Number(*e.Value, 2)
	}
}

var (
	unitTexts   = map[string]text{reports.UnitPercent: {"%", "%"}, reports.UnitHours: {"가동 시간", "resource-hours"}}
	pillarTexts = map[string]text{
		"operational-excellence": {"운영 우수성", "Operational excellence"},
		"security":               {"보안", "Security"},
		"reliability":            {"안정성", "Reliability"},
		"performance":            {"성능 효율성", "Performance efficiency"},
		"cost-optimization":      {"비용 최적화", "Cost optimization"},
		"sustainability":         {"지속 가능성", "Sustainability"},
	}
	evidenceTexts = map[string]text{
		"ops-owner":                {"담당 태그가 없는 리소스", "Resources without an owner tag"},
		"ops-failed-acts":          {"실패한 조치", "Acts that failed"},
		"ops-runbook":              {"운영 절차서 링크가 없는 리소스", "Resources without a link to a runbook"},
		"sec-imdsv2":               {"IMDSv2를 필수로 설정하지 않은 인스턴스", "Instances that do not require IMDSv2"},
		"sec-public-address":       {"퍼블릭 주소가 있는 인스턴스와 데이터베이스", "Instances and databases with a public address"},
		"sec-unencrypted-volume":   {"암호화되지 않은 EBS 볼륨과 데이터베이스", "EBS volumes and databases without encryption"},
		"rel-spot-diversity":       {"인스턴스 유형이나 가용 영역이 3개 미만인 스팟 그룹", "Spot groups with fewer than three types or zones"},
		"rel-backups":              {"자동 백업이 꺼진 데이터베이스", "Databases without automated backups"},
		"rel-single-zone":          {"단일 가용 영역에 있는 데이터베이스", "Databases in a single zone"},
		"perf-previous-generation": {"이전 세대 인스턴스 유형", "Instance types of a previous generation"},
		"perf-gp2":                 {"gp2 유형의 EBS 볼륨과 데이터베이스 스토리지", "EBS volumes and database storage of type gp2"},
		"cost-tags":                {"비용 할당 태그가 없는 리소스", "Resources without cost allocation tags"},
		"cost-off-hours":           {"근무 시간 외에 컴퓨팅 비용이 발생한 계정", "Accounts whose compute cost something outside working hours"},
		"cost-idle":                {"사용하지 않는 IP 주소와 볼륨", "Idle addresses and unattached volumes"},
		"cost-commitments":         {"약정 사용률", "Use of commitments"},
		"sus-idle-hours":           {"줄인 유휴 가동 시간", "Idle hours that were avoided"},
		"sus-graviton":             {"Graviton 인스턴스 비율", "Share of Graviton instances"},
	}
)
