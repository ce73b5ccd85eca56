package fleet

import "strings"

// KindOf reads of which kind a resource is, and where, from its ARN alone. What an ARN does not tell is zero: all of what is no ARN, and the kind of what
// offpeak does not schedule.
func KindOf(arn ARN) (Kind, Scope) {
	parts := strings.SplitN(string(arn), ":", 6) // arn:aws:rds:ap-northeast-2:111122223333:cluster:orders
	if len(parts) < 6 || parts[0] != "arn" {
		return 0, Scope{}
	}
	at := Scope{AccountID(parts[4]), Region(parts[3])}
	for _, named := range []struct {
		service, begins string
		kind            Kind
	}{
		{"ec2", "instance/", EC2Instance},
		{"autoscaling", "autoScalingGroup:", AutoScalingGroup},
		{"rds", "db:", RDSInstance},
		{"rds", "cluster:", RDSCluster},
		{"ecs", "service/", ECSService},
	} {
		if parts[2] == named.service && strings.HasPrefix(parts[5], named.begins) {
			return named.kind, at
		}
	}
	return 0, at
}
