package fleet

import "fmt"

// Kind is a kind of resource that offpeak schedules.
type Kind uint8

// The kinds. A cluster's product (Aurora, DocumentDB, Neptune, Multi-AZ RDS) stands in Resource.Product.
const (
	EC2Instance Kind = iota + 1
	AutoScalingGroup
	RDSInstance
	RDSCluster
	ECSService
)

var kindNames = map[Kind]string{
	EC2Instance:      "ec2-instance",
	AutoScalingGroup: "auto-scaling-group",
	RDSInstance:      "rds-instance",
	RDSCluster:       "rds-cluster",
	ECSService:       "ecs-service",
}

// Kinds lists every kind, in the order in which they are shown.
func Kinds() []Kind {
	return []Kind{EC2Instance, AutoScalingGroup, RDSInstance, RDSCluster, ECSService}
}

// String returns the kind's name as it stands in JSON: ec2-instance, auto-scaling-group, ...
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Noun returns the kind in words for sentences: "Auto Scaling group".
func (k Kind) Noun() string {
	switch k {
	case EC2Instance:
		return "EC2 instance"
	case AutoScalingGroup:
		return "Auto Scaling group"
	case RDSInstance:
		return "RDS instance"
	case RDSCluster:
		return "database cluster"
	case ECSService:
		return "ECS service"
	default:
		return k.String()
	}
}

// Sized reports whether the kind is switched off by its size going to zero instead of by being stopped.
func (k Kind) Sized() bool { return k == AutoScalingGroup || k == ECSService }

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) {
	if _, ok := kindNames[k]; !ok {
		return nil, fmt.Errorf("%s is no kind of resource", k)
	}
	return []byte(k.String()), nil
}

// UnmarshalText reads a kind's name.
func (k *Kind) UnmarshalText(text []byte) error {
	for kind, name := range kindNames {
		if name == string(text) {
			*k = kind
			return nil
		}
	}
	return fmt.Errorf("%.40q is no kind of resource (known: ec2-instance, auto-scaling-group, rds-instance, rds-cluster, ecs-service)", text)
}

// State is what a resource does, as far as a schedule is concerned.
type State uint8

// The states. Changing covers all transitions (pending, stopping, modifying, ...); Gone what is terminated or being deleted.
const (
	StateUnknown State = iota
	Running
	Stopped
	Changing
	Gone
)

var stateNames = [...]string{"unknown", "running", "stopped", "changing", "gone"}

// String returns unknown, running, stopped, changing or gone.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// MarshalText writes the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's name.
func (s *State) UnmarshalText(text []byte) error {
	for i, name := range stateNames {
		if name == string(text) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("%.40q is no state (unknown, running, stopped, changing, gone)", text)
}

// Lifecycle is how a resource's capacity is bought.
type Lifecycle uint8

// The lifecycles. A one-time Spot instance cannot be stopped, a persistent one can.
const (
	OnDemand Lifecycle = iota
	SpotOneTime
	SpotPersistent
)

var lifecycleNames = [...]string{"on-demand", "spot-one-time", "spot-persistent"}

// String returns on-demand, spot-one-time or spot-persistent.
func (l Lifecycle) String() string { return lifecycleNames[min(int(l), len(lifecycleNames)-1)] }

// MarshalText writes the lifecycle's name.
func (l Lifecycle) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads a lifecycle's name.
func (l *Lifecycle) UnmarshalText(text []byte) error {
	for i, name := range lifecycleNames {
		if name == string(text) {
			*l = Lifecycle(i)
			return nil
		}
	}
	return fmt.Errorf("%.40q is no lifecycle (on-demand, spot-one-time, spot-persistent)", text)
}
