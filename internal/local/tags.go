package local

import (
	"fmt"

	"offpeak/internal/fleet"
)

// tag is one tag, in the spelling of EC2, Auto Scaling and RDS.
type tag struct {
	Key   string
	Value string
}

// tagsOf makes tags of what a record lists.
func tagsOf(field string, listed []tag) (fleet.Tags, error) {
	if len(listed) == 0 {
		return nil, nil
	}
	tags := make([]fleet.Tag, len(listed))
	for i, t := range listed {
		if t.Key == "" {
			return nil, missing(fmt.Sprintf("%s[%d].Key", field, i), "a tag's key")
		}
		tags[i] = fleet.Tag{Key: t.Key, Value: t.Value}
	}
	unique := fleet.NewTags(tags...)
	if len(unique) < len(tags) {
		return nil, &fieldError{field, "holds a key twice"}
	}
	return unique, nil
}

// tagCount counts resources with and without a list of tags, be it empty.
type tagCount struct{ with, without int }

// optionalTags reads tags that a listing may be without, and counts the resources of which it does not tell any.
func (r *reading) optionalTags(kind fleet.Kind, field string, listed *[]tag) (fleet.Tags, error) {
	count := r.tagged[kind]
	if listed == nil {
		count.without++
		r.tagged[kind] = count
		return nil, nil
	}
	count.with++
	r.tagged[kind] = count
	return tagsOf(field, *listed)
}

// countTagless counts a document's resources of which none has a list of tags: the command was not asked for tags. Where one has,
// the others are simply untagged.
func (r *reading) countTagless() {
	for kind, count := range r.tagged {
		if count.with == 0 {
			r.tagless[kind] += count.without
		}
	}
	clear(r.tagged)
}

// tagCommands are the commands that list tags, for kinds whose tags a listing can be without.
var tagCommands = []struct {
	kind    fleet.Kind
	words   string
	command string
}{
	{fleet.RDSInstance, "databases", "aws rds describe-db-instances"},
	{fleet.RDSCluster, "database clusters", "aws rds describe-db-clusters"},
	{fleet.ECSService, "services", "aws ecs describe-services --include TAGS"},
}

// reportTagless notes resources that were listed without their tags. They look as if nobody had opted them in.
func (r *reading) reportTagless() {
	for _, row := range tagCommands {
		if n := r.tagless[row.kind]; n > 0 {
			r.into.gaps = append(r.into.gaps, fmt.Sprintf("%s: its %s were listed without tags (%d); list with %q", r.name, row.words, n, row.command))
		}
	}
}
