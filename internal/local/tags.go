package local

import (
	"fmt"

	"offpeak/internal/fleet"
)

// tagCount counts resources with and without a list of tags, be it empty.
type tagCount struct{ with, without int }

// countTags counts a resource by whether its record holds a list of tags, be it empty.
func (r *reading) countTags(kind fleet.Kind, listed bool) {
	count := r.tagged[kind]
	if listed {
		count.with++
	} else {
		count.without++
	}
	r.tagged[kind] = count
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
