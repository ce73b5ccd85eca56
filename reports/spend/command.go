package spend

import (
	"encoding/json"
	"regexp"
	"strings"

	"offpeak/internal/fleet"
)

// target is what a command is about.
type target struct {
	kind   fleet.Kind
	id     string
	arn    fleet.ARN
	region fleet.Region
}

func (t *thing) target() target { return target{t.kind, t.id, t.arn, t.region} }

// tagCommand is the command of the AWS CLI that writes a tag on a thing; empty where none can be given.
func tagCommand(t *thing, key, value string) string {
	return tagsCommand([]target{t.target()}, []fleet.Tag{{Key: key, Value: value}})
}

// tagsCommand writes tags on targets of one kind and region; empty where no such command can be given. Tags are JSON in single quotes, so that no name and no value
// means anything to a shell or to the CLI's shorthand.
func tagsCommand(of []target, tags []fleet.Tag) string {
	pair := func(key, value string) (all []map[string]string) {
		for _, tag := range tags {
			all = append(all, map[string]string{key: tag.Key, value: tag.Value})
		}
		return all
	}
	region := " --region " + quoted(string(of[0].region))
	switch of[0].kind {
	case fleet.EC2Instance:
		return "aws ec2 create-tags" + region + " --resources " + ids(of) + " --tags " + document(pair("Key", "Value"))
	case fleet.AutoScalingGroup:
		return "aws autoscaling create-or-update-tags" + region + " --tags " + document(groupTags(of, tags, true))
	case fleet.RDSInstance, fleet.RDSCluster:
		return forEach(of, func(arn string) string {
			return "aws rds add-tags-to-resource" + region + " --resource-name " + arn + " --tags " + document(pair("Key", "Value"))
		})
	case fleet.ECSService:
		return forEach(of, func(arn string) string {
			return "aws ecs tag-resource" + region + " --resource-arn " + arn + " --tags " + document(pair("key", "value"))
		})
	default:
		return ""
	}
}

// untagCommand takes tags away from targets of one kind and region, whatever their values.
func untagCommand(of []target, keys []string) string {
	var tags []fleet.Tag
	var named []map[string]string
	for _, key := range keys {
		tags, named = append(tags, fleet.Tag{Key: key}), append(named, map[string]string{"Key": key})
	}
	region := " --region " + quoted(string(of[0].region))
	switch of[0].kind {
	case fleet.EC2Instance:
		return "aws ec2 delete-tags" + region + " --resources " + ids(of) + " --tags " + document(named)
	case fleet.AutoScalingGroup:
		return "aws autoscaling delete-tags" + region + " --tags " + document(groupTags(of, tags, false))
	case fleet.RDSInstance, fleet.RDSCluster:
		return forEach(of, func(arn string) string {
			return "aws rds remove-tags-from-resource" + region + " --resource-name " + arn + " --tag-keys " + document(keys)
		})
	case fleet.ECSService:
		return forEach(of, func(arn string) string {
			return "aws ecs untag-resource" + region + " --resource-arn " + arn + " --tag-keys " + document(keys)
		})
	default:
		return ""
	}
}

// groupTags are tags of Auto Scaling groups, which name their group each. Those to write have a value, and are not for the instances.
func groupTags(of []target, tags []fleet.Tag, write bool) (all []map[string]any) {
	for _, t := range of {
		for _, tag := range tags {
			one := map[string]any{"ResourceId": t.id, "ResourceType": "auto-scaling-group", "Key": tag.Key}
			if write {
				one["Value"], one["PropagateAtLaunch"] = tag.Value, false
			}
			all = append(all, one)
		}
	}
	return all
}

// ids are the ids of targets, each a word.
func ids(of []target) string {
	words := make([]string, len(of))
	for i := range of {
		words[i] = quoted(of[i].id)
	}
	return strings.Join(words, " ")
}

// forEach makes one command after the other, where AWS takes one resource at a time.
func forEach(of []target, command func(arn string) string) string {
	commands := make([]string, len(of))
	for i := range of {
		commands[i] = command(quoted(string(of[i].arn)))
	}
	return strings.Join(commands, " && ")
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
