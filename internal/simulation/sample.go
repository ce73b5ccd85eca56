package simulation

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"offpeak/internal/fleet"
)

// The accounts of a sample organisation.
const (
	SampleDev    fleet.AccountID = "111111111111"
	SampleStage  fleet.AccountID = "222222222222"
	SampleProd   fleet.AccountID = "333333333333"
	SampleShared fleet.AccountID = "444444444444"
	// SampleSister is the account of an affiliate, which has a payer of its own.
	SampleSister fleet.AccountID = "555555555555"
)

// part is how much of a sample one environment is.
type part struct {
	account fleet.AccountID
	name    string
	percent int
	// opted is how many of its resources carry a schedule tag. Production's do by mistake, which a policy must withstand.
	opted Chance
}

var parts = []part{
	{SampleDev, "dev", 45, 850}, {SampleStage, "stg", 30, 800}, {SampleProd, "prod", 15, 100}, {SampleShared, "shared", 10, 300},
}

// accountHolds is how many resources of a sample an account has at most: who has more of them has more accounts, and AWS's quotas are by account.
const accountHolds = 2500

// accountOf returns the account of a part's resource by its number within the part: the part's own, and when that is full the ones after it.
func (p part) accountOf(number int) fleet.AccountID {
	first, err := strconv.Atoi(string(p.account))
	if err != nil {
		return p.account
	}
	return fleet.AccountID(fmt.Sprintf("%012d", first+number/accountHolds))
}

// sampleStart is when everything in a sample organisation was made.
var sampleStart = time.Date(2026, time.January, 5, 1, 0, 0, 0, time.UTC)

// sampleTags are what owners wrote.
var (
	sampleTeams     = []string{"주문", "결제", "배송", "회원", "검색", "data", "platform", "mobile"}
	sampleRoles     = []string{"api", "웹서버", "배치", "worker", "관리자", "db", "cache-proxy", "테스트"}
	sampleSchedules = []string{"office", "office", "office", "office", "mon-fri 09:00-20:00", "weekdays-late"}
)

// Sample makes an organisation of n resources in development, staging, production and shared accounts in two regions, with people's habits
// and tags in English and Korean. Beyond a few thousand resources an environment has several accounts, which the tag env tells apart. The same seed gives the same one. Schedule tags stand under offpeak:schedule and name office,
// weekdays-late, or hours of their own.
func Sample(n int, seed uint64) []Spec {
	specs := make([]Spec, 0, n)
	zone, r := seoul(), stream(seed, "sample", 0)
	made := 0
	for i, p := range parts {
		count := n * p.percent / 100
		if i == len(parts)-1 {
			count = n - made
		}
		own := p
		for number := range count {
			own.account = p.accountOf(number)
			specs = append(specs, sampleOne(r, own, made, seed, zone))
			made++
		}
	}
	return specs
}

// Sister makes n resources of an affiliate's development in an account of its own. They are numbered behind those of a Sample of so many, of which none has
// their names.
func Sister(n, behind int, seed uint64) []Spec {
	zone, r := seoul(), stream(seed, "sister", 0)
	specs := make([]Spec, 0, n)
	for i := range n {
		specs = append(specs, sampleOne(r, part{account: SampleSister, name: "dev", opted: parts[0].opted}, behind+i, seed, zone))
	}
	return specs
}

// sampleOne draws one resource with its fittings.
func sampleOne(r *rand.Rand, p part, number int, seed uint64, zone *time.Location) Spec {
	spec := sampleSpec(r, p, number)
	spec.Zone = zone
	fit(stream(seed, "sample fittings", uint64(number)), &spec, p.name, number)
	askForSpot(stream(seed, "sample spot", uint64(number)), &spec, p.name, number)
	return spec
}

// seoul is where the sample's people are.
func seoul() *time.Location {
	zone, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		return time.FixedZone("Asia/Seoul", 9*3600) // where no zone data is embedded; Seoul has one offset
	}
	return zone
}

// sampleSpec draws one resource.
func sampleSpec(r *rand.Rand, p part, number int) Spec {
	region := fleet.Region("ap-northeast-2")
	if r.IntN(5) == 0 {
		region = "us-east-1"
	}
	team, role := sampleTeams[r.IntN(len(sampleTeams))], sampleRoles[r.IntN(len(sampleRoles))]
	tags := []fleet.Tag{{Key: "Name", Value: fmt.Sprintf("%s-%s-%s-%d", p.name, team, role, number)}, {Key: "팀", Value: team}, {Key: "env", Value: p.name}}
	schedule := sampleSchedules[r.IntN(len(sampleSchedules))]
	if p.opted.falls(r) {
		tags = append(tags, fleet.Tag{Key: "offpeak:schedule", Value: schedule})
	}
	spec := Spec{Resource: fleet.Resource{
		Scope: fleet.Scope{Account: p.account, Region: region}, State: fleet.Running, Tags: fleet.NewTags(tags...), Created: sampleStart,
	}}
	shape(r, &spec, p.name, number)
	spec.Habits = sampleHabits(r, &spec, p.name)
	return spec
}

// shape draws kind, type and size, and names the resource.
func shape(r *rand.Rand, s *Spec, environment string, number int) {
	name := fmt.Sprintf("%s-%04d", environment, number)
	scope := s.Scope
	arn := func(service, resource string) fleet.ARN {
		return fleet.ARN(fmt.Sprintf("arn:%s:%s:%s:%s:%s", scope.Region.Partition(), service, scope.Region, scope.Account, resource))
	}
	size := 1 + r.IntN(4)
	pick := r.IntN(100)
	which := r.IntN(4)
	switch {
	case pick < 60:
		s.Kind, s.ID = fleet.EC2Instance, fmt.Sprintf("i-%017x", 0xa0000000+number)
		s.Type = [...]string{"m5.large", "t3.medium", "c6i.xlarge", "r6i.large"}[which]
		s.Product = [...]string{"Linux/UNIX", "Linux/UNIX", "Linux/UNIX", "Windows"}[r.IntN(4)]
		s.ARN = arn("ec2", "instance/"+s.ID)
	case pick < 75:
		s.Kind, s.ID, s.Size = fleet.AutoScalingGroup, name, fleet.Size{Min: size, Max: size * 3, Desired: size + r.IntN(size+1)}
		s.Members = []fleet.Members{{Type: [...]string{"m5.large", "c6i.large", "t3.large", "m6i.xlarge"}[which], Count: s.Size.Desired}}
		s.ARN = arn("autoscaling", fmt.Sprintf("autoScalingGroup:%08x-0000-4000-8000-000000000000:autoScalingGroupName/%s", number, name))
	case pick < 85:
		s.Kind, s.ID, s.Type = fleet.RDSInstance, name, [...]string{"db.t4g.medium", "db.m6g.large", "db.r6g.large", "db.m5.xlarge"}[which]
		s.Product, s.MultiAZ = [...]string{"postgres", "mysql", "mariadb", "postgres"}[which], environment == "prod"
		s.ARN = arn("rds", "db:"+name)
	case pick < 90:
		s.Kind, s.ID, s.Product = fleet.RDSCluster, name, [...]string{"aurora-postgresql", "aurora-mysql", "docdb", "neptune"}[which]
		s.ARN = arn("rds", "cluster:"+name)
	default:
		s.Kind, s.ID, s.Parent, s.Product, s.Size = fleet.ECSService, name, environment, "FARGATE", fleet.Size{Desired: size}
		s.ARN = arn("ecs", "service/"+environment+"/"+name)
	}
}

// sampleHabits draws who uses the resource. In production and shared accounts nobody switches anything off.
func sampleHabits(r *rand.Rand, s *Spec, environment string) []Habit {
	pick := r.IntN(100)
	if environment == "prod" || environment == "shared" {
		if s.Kind == fleet.AutoScalingGroup {
			return []Habit{Tracker{}}
		}
		return []Habit{LeavesOn{}}
	}
	switch {
	case pick < 50:
		return []Habit{LeavesOn{}}
	case pick < 65:
		return []Habit{OfficeUser{Arrives: 9 * time.Hour, Leaves: 19 * time.Hour, Forgets: 400}}
	case pick < 75:
		// By day others use it, who notice in the evening that it is on.
		return []Habit{NightOwl{Nights: 80, Forgets: 300, Hours: 3}, OfficeUser{Arrives: 9 * time.Hour, Leaves: 19 * time.Hour, Forgets: 200}}
	case pick < 80:
		return []Habit{DayStopper{Days: 50}, OfficeUser{Arrives: 9 * time.Hour, Leaves: 19 * time.Hour, Forgets: 1000}} // on again the next morning
	case pick < 90 && s.Kind.Sized():
		return []Habit{Tracker{}, NightDeployer{Nights: 60}}
	case pick < 95 && s.Kind.Sized():
		return []Habit{Resizer{Days: 30, Sizes: []fleet.Size{{Min: 1, Max: 4, Desired: 2}, {Min: 0, Max: 8, Desired: 5}}}}
	case pick >= 98:
		return []Habit{Terminator{Days: 5}}
	default:
		return []Habit{Retagger{Days: 10, Key: "비고", Values: []string{"월말까지", "확인 필요", ""}}}
	}
}
