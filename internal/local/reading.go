package local

import (
	"fmt"
	"strings"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

// reading is one inventory being read.
type reading struct {
	*cursor
	into    *collection
	tagged  map[fleet.Kind]tagCount    // of this document
	tagless map[fleet.Kind]int         // resources of documents that hold no tags at all
	scratch described.LaunchedInstance // what the instance being read is decoded into
	target  targetGroup                // of this document, if it is that
}

// list is an answer that is understood: the name of the list in it, and the command that prints it.
type list struct {
	name, command string
	read          func(*reading) error
}

func lists() []list {
	return []list{
		{"Reservations", "aws ec2 describe-instances", (*reading).reservations},
		{"AutoScalingGroups", "aws autoscaling describe-auto-scaling-groups", listOf((*reading).group)},
		{"DBInstances", "aws rds describe-db-instances", listOf((*reading).database)},
		{"DBClusters", "aws rds describe-db-clusters", listOf((*reading).cluster)},
		{"services", "aws ecs describe-services --include TAGS", listOf((*reading).service)},
	}
}

// inventory is what a source is expected to hold, in words.
const inventory = "the JSON that the AWS CLI prints"

// readInventory reads every document of a source into a collection.
func readInventory(s Source, into *collection) error {
	text, head, err := open(s.Reader, inventory)
	if err == nil {
		err = foreign(head)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	r := &reading{
		cursor:  newCursor(s.Name, inventory, text),
		into:    into,
		tagged:  map[fleet.Kind]tagCount{},
		tagless: map[fleet.Kind]int{},
	}
	for {
		more, err := r.another()
		if err != nil {
			return err
		}
		if !more {
			r.reportTagless()
			return nil
		}
		if err := r.answer(); err != nil {
			return err
		}
	}
}

// answer reads one document: the answer of one command, or a saved snapshot.
func (r *reading) answer() error {
	var saved *savedSnapshot
	first, listed := true, false
	r.target = targetGroup{}
	err := r.members(func(name string) error {
		if first && isSaved(name) {
			saved = newSavedSnapshot()
		}
		first = false
		if saved != nil {
			return saved.member(r, name)
		}
		found, err := r.member(name)
		listed = listed || found
		return err
	})
	switch {
	case err != nil:
		return err
	case saved != nil:
		return saved.finish(r)
	case !listed:
		return r.fail("", "holds no list (expected one of %s)", expectedLists())
	}
	if err := r.keepTargetGroup(); err != nil {
		return err
	}
	r.into.listed = r.name
	r.countTagless()
	return nil
}

// member reads one member of an answer, and reports whether it was a list of resources.
func (r *reading) member(name string) (listed bool, err error) {
	for _, list := range lists() {
		if list.name == name {
			return true, list.read(r)
		}
	}
	for _, list := range launchLists() {
		if list.name == name {
			return true, list.read(r)
		}
	}
	switch name {
	case "TargetGroupArn", "Attributes":
		return true, r.targetGroupMember(name)
	case "NextToken", "nextToken", "Marker":
		var token string
		if err := r.decode(&token); err != nil || token == "" {
			return false, err
		}
		return false, r.fail("", "the listing was cut here; list again without --max-items and --no-paginate, so that it is whole")
	case "failures":
		return false, r.failures()
	}
	return false, r.fail("", "is not known here (expected one of %s)", expectedLists())
}

func expectedLists() string {
	var words []string
	for _, list := range lists() {
		words = append(words, fmt.Sprintf("%s from %q", list.name, list.command))
	}
	return strings.Join(words, ", ")
}

// listOf reads a list of records one by one, and takes in the resource that each becomes.
func listOf[T any](become func(*reading, *T) (fleet.Resource, error)) func(*reading) error {
	return func(r *reading) error {
		record := new(T)
		return r.each(func() error {
			*record = *new(T)
			if err := r.decode(record); err != nil {
				return err
			}
			resource, err := become(r, record)
			if err != nil {
				return r.failIn(err)
			}
			return r.take(&resource)
		})
	}
}

// take adds the resource that was read last to the collection.
func (r *reading) take(resource *fleet.Resource) error {
	if err := r.into.add(resource, r.name); err != nil {
		return r.fail("", "%w", err)
	}
	return nil
}
