package spend

import (
	"encoding/json"
	"regexp"
	"strings"

	"offpeak/internal/fleet"
)

// tagCommand is the command of the AWS CLI that writes a tag on a thing; empty where none can be given. Tags are JSON in single quotes, so that no name and no
// value means anything to a shell or to the CLI's shorthand.
func tagCommand(t *thing, key, value string) string {
	region := " --region " + quoted(string(t.region))
	plain := document([]map[string]string{{"Key": key, "Value": value}})
	switch t.kind {
	case fleet.EC2Instance:
		return "aws ec2 create-tags" + region + " --resources " + quoted(t.id) + " --tags " + plain
	case fleet.AutoScalingGroup:
		return "aws autoscaling create-or-update-tags" + region + " --tags " + document([]map[string]any{{
			"ResourceId": t.id, "ResourceType": "auto-scaling-group", "Key": key, "Value": value, "PropagateAtLaunch": false,
		}})
	case fleet.RDSInstance, fleet.RDSCluster:
		return "aws rds add-tags-to-resource" + region + " --resource-name " + quoted(string(t.arn)) + " --tags " + plain
	case fleet.ECSService:
		return "aws ecs tag-resource" + region + " --resource-arn " + quoted(string(t.arn)) + " --tags " + document([]map[string]string{{"key": key, "value": value}})
	default:
		return ""
	}
}

// allocation is the id of an Elastic IP address.
var allocation = regexp.MustCompile(`^eipalloc-[0-9a-f]{8,32}$`)

// releaseCommand gives an address back; empty where the bill does not name it by its allocation.
func releaseCommand(id string, region fleet.Region) string {
	if !allocation.MatchString(id) || region == "" {
		return ""
	}
	return "aws ec2 release-address --region " + quoted(string(region)) + " --allocation-id " + id
}

// deleteCommand keeps an image or a snapshot of what is to be deleted: whether it may go is for its owner to say, and what was kept can be made again.
func deleteCommand(r *fleet.Resource) string {
	region := " --region " + quoted(string(r.Scope.Region))
	switch r.Kind {
	case fleet.EC2Instance:
		return "aws ec2 create-image" + region + " --instance-id " + quoted(r.ID) + " --name " + quoted("before-deletion-"+r.ID) +
			" && aws ec2 terminate-instances" + region + " --instance-ids " + quoted(r.ID)
	case fleet.RDSInstance:
		return "aws rds delete-db-instance" + region + " --db-instance-identifier " + quoted(r.ID) + " --final-db-snapshot-identifier " + quoted("before-deletion-"+r.ID)
	default:
		return ""
	}
}

// document is JSON as a word of a shell.
func document(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "''"
	}
	return quoted(string(text))
}

// harmless are words that mean themselves in every shell, and are no options.
var harmless = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=][A-Za-z0-9_./:@%+=-]*$`)

// quoted is a text as one word of a POSIX shell.
func quoted(text string) string {
	if harmless.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
