package local

import (
	"fmt"
	"strings"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

func (r *reading) group(g *described.Group) (fleet.Resource, error) {
	resource, err := g.Resource()
	if err == nil && r.into.opts.Launch {
		resource.Launch, err = g.Launch()
	}
	if r.into.opts.Posture {
		resource.Posture = g.Posture()
	}
	return r.placed("AutoScalingGroupARN", resource, err)
}

func (r *reading) database(d *described.Database) (fleet.Resource, error) {
	r.countTags(fleet.RDSInstance, d.Tags != nil)
	resource, err := d.Resource()
	if r.into.opts.Posture {
		resource.Posture = d.Posture()
	}
	return r.placed("DBInstanceArn", resource, err)
}

func (r *reading) cluster(c *described.Cluster) (fleet.Resource, error) {
	r.countTags(fleet.RDSCluster, c.Tags != nil)
	resource, err := c.Resource()
	if r.into.opts.Posture {
		resource.Posture = c.Posture()
	}
	return r.placed("DBClusterArn", resource, err)
}

func (r *reading) service(s *described.Service) (fleet.Resource, error) {
	r.countTags(fleet.ECSService, s.Tags != nil)
	resource, err := s.Resource()
	if r.into.opts.Launch {
		resource.Launch = s.Launch()
	}
	return r.placed("serviceArn", resource, err)
}

// placed passes a resource on if it lies where it was asked for.
func (r *reading) placed(field string, resource fleet.Resource, err error) (fleet.Resource, error) {
	if err == nil {
		err = r.place(field, &resource)
	}
	return resource, err
}

// failures notes what describe-services was asked for and did not find.
func (r *reading) failures() error {
	var failed []struct {
		ARN    string `json:"arn"`
		Reason string `json:"reason"`
	}
	if err := r.decode(&failed); err != nil || len(failed) == 0 {
		return err
	}
	var words []string
	for _, f := range failed {
		words = append(words, strings.TrimSpace(fmt.Sprintf("%s %s", f.ARN, f.Reason)))
	}
	r.into.gaps = append(r.into.gaps, fmt.Sprintf("%s: ECS did not describe %s", r.name, strings.Join(words, ", ")))
	return nil
}
