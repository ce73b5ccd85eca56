package autospot

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Remedies that begin with aws can be pasted into a shell as they are; what people have to know beside stands in a comment of the shell's. They need
// the AWS CLI, and jq where a document is changed on its way.

// quote makes a shell take a text as it stands.
func quote(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@,+") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func (l *look) command(service, verb string) string {
	return "aws " + service + " " + verb + " --region " + quote(string(l.Resource.Scope.Region))
}

func (l *look) autoscaling(verb string) string {
	return l.command("autoscaling", verb) + " --auto-scaling-group-name " + quote(l.Resource.ID)
}

func (l *look) ec2(verb string) string {
	return l.command("ec2", verb) + " --instance-id " + quote(l.Resource.ID)
}

func (l *look) ecs(verb string) string { return l.command("ecs", verb) }

func (l *look) serviceQuotas(verb, code string) string {
	return l.command("service-quotas", verb) + " --service-code ec2 --quota-code " + code
}

func (l *look) readCatalog() string {
	return l.command("ec2", "describe-instance-types") + " > types.json # give it as the catalogue"
}

func (l *look) listTemplate() string {
	return l.command("ec2", "describe-launch-template-versions") + " --launch-template-id " + quote(l.launch.Template.ID)
}

func (l *look) resume(processes []string) string {
	return l.autoscaling("resume-processes") + " --scaling-processes " + strings.Join(processes, " ")
}

// inStack says what to write where CloudFormation made the group, which would otherwise take back what a command changed.
func (l *look) inStack(what string) (string, bool) {
	name, made := l.Resource.Tags.Get(stackTag)
	return "in the stack " + name + ": " + what, made
}

// toTemplate makes a launch template of a launch configuration. The fields that both have are copied; what is empty is left out, since a template
// takes no empty fields.
func (l *look) toTemplate() string {
	if text, made := l.inStack("set @aws-cdk/aws-autoscaling:generateLaunchTemplateInsteadOfLaunchConfig in cdk.json (CDK), or replace LaunchConfigurationName by LaunchTemplate (CloudFormation)"); made {
		return text
	}
	name := quote(templateName(l.launch.Configuration))
	return l.command("autoscaling", "describe-launch-configurations") + " --launch-configuration-names " + quote(l.launch.Configuration) +
		" --query 'LaunchConfigurations[0].{ImageId: ImageId, InstanceType: InstanceType, KeyName: KeyName, SecurityGroupIds: SecurityGroups, UserData: UserData," +
		" IamInstanceProfile: IamInstanceProfile && {Name: IamInstanceProfile}, BlockDeviceMappings: BlockDeviceMappings, EbsOptimized: EbsOptimized," +
		" Monitoring: InstanceMonitoring, MetadataOptions: MetadataOptions}' | jq 'del(..|select(. == null or . == \"\" or . == [])) | del(.BlockDeviceMappings[]?.NoDevice)' > template.json && " +
		l.command("ec2", "create-launch-template") + " --launch-template-name " + name + " --launch-template-data file://template.json && " +
		l.autoscaling("update-auto-scaling-group") + " --launch-template LaunchTemplateName=" + name + ",Version=1" +
		" # an instance profile that is given by its ARN, and AssociatePublicIpAddress, go into template.json by hand"
}

// templateName makes a name that launch templates can have of one that launch configurations can.
func templateName(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("().-/_", r)) {
			return r
		}
		return '-'
	}, text)
}

// pin sets the number that the version stands for now.
func (l *look) pin() string {
	if text, made := l.inStack("name the version's number, such as latestVersionNumber of the template (CDK) or !GetAtt Template.LatestVersionNumber (CloudFormation)"); made {
		return text
	}
	t := l.launch.Template
	if t.Number == 0 {
		return l.listTemplate() + " --versions " + quote(orDefault(t.Version)) + " # then name that number in the group"
	}
	if l.launch.Mix == nil {
		return l.autoscaling("update-auto-scaling-group") + " --launch-template " + quote(fmt.Sprintf("LaunchTemplateId=%s,Version=%d", t.ID, t.Number))
	}
	return l.pinMixed()
}

func orDefault(version string) string {
	if version == "" {
		return "$Default"
	}
	return version
}

// mixedPolicy is the part of a MixedInstancesPolicy that pins its template. The overrides are told again, since a list that is sent replaces the one there is.
type mixedPolicy struct {
	LaunchTemplate struct {
		Specification struct {
			ID      string `json:"LaunchTemplateId"`
			Version string
		} `json:"LaunchTemplateSpecification"`
		Overrides []typeOverride `json:",omitempty"`
	}
}

type typeOverride struct{ InstanceType string }

func (l *look) pinMixed() string {
	m, t := l.launch.Mix, l.launch.Template
	if m.Weighted || m.ByRequired {
		return fmt.Sprintf("name version %d of template %s in its mixed policy", t.Number, t.ID)
	}
	var policy mixedPolicy
	policy.LaunchTemplate.Specification.ID, policy.LaunchTemplate.Specification.Version = t.ID, strconv.Itoa(t.Number)
	for _, name := range m.Types {
		policy.LaunchTemplate.Overrides = append(policy.LaunchTemplate.Overrides, typeOverride{name})
	}
	text, err := json.Marshal(policy)
	if err != nil {
		return fmt.Sprintf("name version %d of template %s in its mixed policy", t.Number, t.ID)
	}
	return l.autoscaling("update-auto-scaling-group") + " --mixed-instances-policy " + quote(string(text))
}

// fixImage makes a version of the template with the image that the parameter names now.
func (l *look) fixImage() string {
	if text, made := l.inStack("name the image's id, such as by a context lookup (CDK: MachineImage.lookup, or fromSsmParameter with cachedInContext)"); made {
		return text
	}
	t := l.launch.Template
	parameter := strings.TrimPrefix(t.Image, ssmImage)
	return fmt.Sprintf(`%s --launch-template-id %s --source-version %d --launch-template-data "{\"ImageId\":\"$(%s --name %s --query Parameter.Value --output text)\"}" # then name that version in the group`,
		l.command("ec2", "create-launch-template-version"), quote(t.ID), t.Number, l.command("ssm", "get-parameter"), quote(parameter))
}

// dropMarket makes a version of the template without its market options. They cannot be overridden by none, so the version is not made from the other.
func (l *look) dropMarket() string {
	if text, made := l.inStack("remove spotOptions (CDK) or InstanceMarketOptions (CloudFormation) from the launch template"); made {
		return text
	}
	t := l.launch.Template
	return fmt.Sprintf("%s --versions %d --query 'LaunchTemplateVersions[0].LaunchTemplateData' | jq 'del(.InstanceMarketOptions)' > template.json && %s --launch-template-id %s --launch-template-data file://template.json # then name that version in the group",
		l.listTemplate(), t.Number, l.command("ec2", "create-launch-template-version"), quote(t.ID))
}

// offerFargateSpot gives the cluster Fargate's providers beside those that it has: the call replaces the list.
func (l *look) offerFargateSpot() string {
	if text, made := l.inStack("enableFargateCapacityProviders of the cluster (CDK), or FARGATE_SPOT in CapacityProviders (CloudFormation)"); made {
		return text
	}
	names := make([]string, 0, len(l.launch.Offered)+2)
	hasFargate := false
	for _, p := range l.launch.Offered {
		names = append(names, quote(p.Name))
		hasFargate = hasFargate || p.Name == fargate
	}
	if !hasFargate {
		names = append(names, fargate)
	}
	names = append(names, fargateSpot)
	return l.ecs("put-cluster-capacity-providers") + " --cluster " + quote(l.Resource.Parent) + " --capacity-providers " + strings.Join(names, " ") +
		" --default-capacity-provider-strategy '[]' # give the cluster's own strategy instead of [] where it has one"
}
