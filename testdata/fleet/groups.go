//go:build ignore

package main

import (
	"fmt"
	"strings"
	"time"
)

// group is an Auto Scaling group; one that closes is at zero on Monday.
type group struct {
	name, class, tags      string
	members                []string
	least, most, protected int
	warm, closes           bool
}

func (g group) file() string  { return "groups" }
func (g group) where() string { return seoul }

func (g group) record(a account, m moment) any {
	least, most, members := g.least, g.most, g.members
	if m.monday && g.closes {
		least, most, members = 0, 0, nil
	}
	instances := list{}
	for n, name := range members {
		instances = append(instances, object{
			"InstanceId", id("i-", name), "InstanceType", g.class, "AvailabilityZone", seoul + "a", "LifecycleState", "InService", "HealthStatus", "Healthy",
			"LaunchTemplate",
			object{"LaunchTemplateId", id("lt-", g.name), "LaunchTemplateName", g.name, "Version", "7"},
			"ProtectedFromScaleIn", n < g.protected,
		})
	}
	o := object{
		"AutoScalingGroupName", g.name,
		"AutoScalingGroupARN", arn("autoscaling", a, seoul, fmt.Sprintf("autoScalingGroup:%s-1b2c-4d5e-8f90-1234567890ab:autoScalingGroupName/%s", id("", g.name)[1:9], g.name)),
		"LaunchTemplate",
		object{"LaunchTemplateId", id("lt-", g.name), "LaunchTemplateName", g.name, "Version", "$Latest"},
		"MinSize", least, "MaxSize", most, "DesiredCapacity", max(len(members), least), "DefaultCooldown", 300,
		"AvailabilityZones",
		list{seoul + "a", seoul + "c"},
		"LoadBalancerNames",
		list{},
		"TargetGroupARNs",
		list{},
		"HealthCheckType", "EC2", "HealthCheckGracePeriod", 300,
		"Instances", instances,
		"CreatedTime", iso("2026-02-11 13:04:55"),
		"SuspendedProcesses",
		list{},
		"VPCZoneIdentifier", id("subnet-", a.name+seoul+"a") + "," + id("subnet-", a.name+seoul+"c"),
		"EnabledMetrics",
		list{},
		"Tags", tagList(strings.TrimSuffix(g.tags, " | "), "Key", "Value", "ResourceId", g.name, "ResourceType", "auto-scaling-group", "PropagateAtLaunch", true),
		"TerminationPolicies",
		list{"Default"},
		"NewInstancesProtectedFromScaleIn", false,
		"ServiceLinkedRoleARN", "arn:aws:iam::" + a.number + ":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
	}
	if g.warm {
		o = append(o, "WarmPoolConfiguration", object{"MinSize", 1, "PoolState", "Stopped"}, "WarmPoolSize", 1)
	}
	return append(o, "TrafficSources", list{}, "CapacityReservationSpecification", object{"CapacityReservationPreference", "default"})
}

// service is an ECS service; one that closes is at zero on Monday, where nothing is rolled out any more.
type service struct {
	name, in, tags, controller, closesAt string
	count                                int
	daemon, rolling, closes              bool
}

func (s service) file() string  { return "services" }
func (s service) where() string { return seoul }

func (s service) record(a account, m moment) any {
	count := s.count
	if m.monday && s.closes {
		count = 0
	}
	deployment := func(name, status, rollout string, desired, running int) object {
		return object{
			"id", "ecs-svc/" + fmt.Sprint(hash(s.name+name)), "status", status,
			"taskDefinition", arn("ecs", a, seoul, "task-definition/"+s.name+":42"),
			"desiredCount", desired, "pendingCount", 0, "runningCount", running, "failedTasks", 0,
			"createdAt", fromUTC(iso("2026-11-18 15:20:11")), "updatedAt", fromUTC(iso("2026-11-18 15:24:40")),
			"launchType", "FARGATE", "platformVersion", "1.4.0", "platformFamily", "Linux",
			"rolloutState", rollout, "rolloutStateReason", "ECS deployment " + strings.ToLower(rollout) + ".",
		}
	}
	deployments := list{deployment("new", "PRIMARY", "COMPLETED", count, count)}
	if s.rolling && !m.monday {
		deployments = list{deployment("new", "PRIMARY", "IN_PROGRESS", count, count-1), deployment("old", "ACTIVE", "COMPLETED", count, count)}
	}
	controller := "ECS"
	if s.controller != "" {
		controller, deployments = s.controller, list{}
	}
	scheduling := "REPLICA"
	if s.daemon {
		scheduling = "DAEMON"
	}
	return object{
		"serviceArn", arn("ecs", a, seoul, "service/"+s.in+"/"+s.name),
		"serviceName", s.name,
		"clusterArn", arn("ecs", a, seoul, "cluster/"+s.in),
		"loadBalancers",
		list{},
		"serviceRegistries",
		list{},
		"status", "ACTIVE",
		"desiredCount", count, "runningCount", count, "pendingCount", 0,
		"launchType", "FARGATE", "platformVersion", "LATEST", "platformFamily", "Linux",
		"taskDefinition", arn("ecs", a, seoul, "task-definition/"+s.name+":42"),
		"deploymentConfiguration",
		object{"deploymentCircuitBreaker", object{"enable", true, "rollback", true}, "maximumPercent", 200, "minimumHealthyPercent", 100},
		"deployments", deployments,
		"roleArn", "arn:aws:iam::" + a.number + ":role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
		"events",
		list{object{
			"id", "7e0e7f7a-2b1c-4b7e-9d43-6f4c61a0c8aa", "createdAt", fromUTC(iso(at(m, "2026-11-20 13:24:40", closing(s.closesAt)))),
			"message", "(service " + s.name + ") has reached a steady state.",
		}},
		"createdAt", fromUTC(iso("2026-04-07 16:45:30")),
		"placementConstraints",
		list{},
		"placementStrategy",
		list{},
		"networkConfiguration",
		object{"awsvpcConfiguration", object{"subnets", list{id("subnet-", a.name+seoul+"a")}, "securityGroups", list{id("sg-", a.name)}, "assignPublicIp", "DISABLED"}},
		"healthCheckGracePeriodSeconds", 60,
		"schedulingStrategy", scheduling,
		"deploymentController",
		object{"type", controller},
		"tags", tagList(strings.TrimSuffix(s.tags, " | "), "key", "value"),
		"createdBy", "arn:aws:iam::" + a.number + ":role/deploy",
		"enableECSManagedTags", true, "propagateTags", "SERVICE", "enableExecuteCommand", false, "availabilityZoneRebalancing", "ENABLED",
	}
}

func closing(at string) string {
	if at == "" {
		return fridayEvening
	}
	return at
}

// fromUTC writes an instant with the offset of the workstation, as the AWS CLI does for ECS.
func fromUTC(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t.In(time.FixedZone("", 9*60*60)).Format("2006-01-02T15:04:05.000000-07:00")
}
