package described

import (
	"regexp"
	"strconv"
	"strings"

	"offpeak/internal/fleet"
)

// managers are the tags by which the software that runs an instance or a group for somebody marks it, the most telling first.
var managers = []struct {
	key   string // ending in / or : a prefix
	words string
	name  func(key, value string) string
}{
	{"eks:nodegroup-name", "EKS node group", byValue},
	{"karpenter.sh/nodepool", "Karpenter node pool", byValue},
	{"karpenter.sh/provisioner-name", "Karpenter provisioner", byValue},
	{"karpenter.sh/", "Karpenter", nameless},
	{"eks:cluster-name", "EKS cluster", byValue},
	{"aws:eks:cluster-name", "EKS cluster", byValue},
	{"kubernetes.io/cluster/", "Kubernetes cluster", byKey},
	{"k8s.io/cluster-autoscaler/", "the Kubernetes Cluster Autoscaler", nameless},
	{"elasticbeanstalk:environment-name", "Elastic Beanstalk environment", byValue},
	{"aws:elasticmapreduce:job-flow-id", "EMR cluster", byValue},
	{"AWSBatchServiceTag", "AWS Batch", nameless},
	{"aws:batch:", "AWS Batch", nameless},
	{"AmazonECSManaged", "an ECS capacity provider", nameless},
}

func byValue(_, value string) string { return value }
func byKey(key, _ string) string     { return key[strings.LastIndexByte(key, '/')+1:] }
func nameless(_, _ string) string    { return "" }

// managedBy says in words which software runs the resource with these tags: "EKS node group ng-1"; empty where none does.
func managedBy(tags fleet.Tags) string {
	for _, m := range managers {
		prefix := strings.HasSuffix(m.key, "/") || strings.HasSuffix(m.key, ":")
		for _, t := range tags {
			if t.Key == m.key || prefix && strings.HasPrefix(t.Key, m.key) {
				return strings.TrimSpace(m.words + " " + m.name(t.Key, t.Value))
			}
		}
	}
	return ""
}

// traits collects a resource's traits, in the order in which they are asked for.
type traits []fleet.Trait

// when adds a trait if it holds.
func (t *traits) when(holds bool, kind fleet.TraitKind, detail string) {
	if holds {
		*t = append(*t, fleet.Trait{Kind: kind, Detail: detail})
	}
}

// of adds a trait if there is something to say of it.
func (t *traits) of(kind fleet.TraitKind, detail string) { t.when(detail != "", kind, detail) }

// family splits a family such as m6idn or gr6 into series, generation and attributes. Families written otherwise (u-6tb1, mac-m4) do
// not match.
var family = regexp.MustCompile(`^([a-z]+)([0-9]+)([a-z]*)(-|$)`)

// hasLocalDisks reports whether instances of a type come with instance-store disks, whose content a stop wipes. Listings do not tell,
// so it goes by the name: the attribute d (m5d, c6gd, x2idn), the storage and FPGA series, accelerated types from g5 and p5 on, and
// the generations before there was EBS-only hardware. Where AWS may go on with a series, such as p7, disks are assumed: a plan then
// refuses the stop instead of wiping them.
func hasLocalDisks(instanceType string) bool {
	name, _, _ := strings.Cut(instanceType, ".")
	parts := family.FindStringSubmatch(name)
	if parts == nil {
		return name == "mac-m4" || name == "mac-m4pro"
	}
	series, attributes := parts[1], parts[3]
	generation, err := strconv.Atoi(parts[2])
	if err != nil {
		return true // a number without end
	}
	switch series {
	case "i", "im", "is", "d", "h", "f", "trn", "gr", "cc", "cg", "cr", "hi", "hs":
		return true
	case "c", "m", "r":
		return generation < 4 || strings.Contains(attributes, "d")
	case "g":
		return generation == 2 || generation >= 5 && !strings.Contains(attributes, "g") || strings.Contains(attributes, "d") // g5g has none
	case "p":
		return generation >= 5 || strings.Contains(attributes, "d")
	case "dl", "x":
		return generation == 1 || strings.Contains(attributes, "d")
	}
	return strings.Contains(attributes, "d")
}
