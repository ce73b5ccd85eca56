package pillars

import (
	"offpeak/internal/fleet"
)

// workloads are what opted in, sorted by what can be asked of it.
type workloads struct {
	*Input
	// enrolled are what opted in by itself, by ARN.
	enrolled []*fleet.Resource
	// machines are instances that opted in or belong to a group that did, and groups of which no instance was listed.
	machines []unit
	// servers are the same of databases and their clusters. stores are what holds their data: clusters, and databases that stand alone.
	servers, stores []unit
}

// unit is one thing, with the types that it runs on; none where that is not known.
type unit struct {
	*fleet.Resource
	types []string
}

// part names the group or the cluster that something belongs to.
type part struct {
	scope fleet.Scope
	kind  fleet.Kind
	name  string
}

// whole is what a resource belongs to; false where it stands alone.
func whole(r *fleet.Resource) (part, bool) {
	if t, member := r.Trait(fleet.GroupMember); member {
		return part{r.Scope, fleet.AutoScalingGroup, t.Detail}, true
	}
	if t, member := r.Trait(fleet.ClusterMember); member {
		return part{r.Scope, fleet.RDSCluster, t.Detail}, true
	}
	return part{}, false
}

func newWorkloads(in *Input) *workloads {
	w := &workloads{Input: in}
	keys := in.Keys
	if len(keys.Schedule) == 0 {
		keys.Schedule = fleet.KeysWithPrefix(fleet.DefaultPrefix).Schedule
	}
	all := fleet.Latest(in.Snapshots, in.Accounts)
	opted, listed := map[part]bool{}, map[part]bool{}
	own := map[fleet.ARN]bool{}
	for _, r := range all {
		if keys.OptsIn(r.Tags) || keys.WantsSpot(r.Tags) {
			w.enrolled = append(w.enrolled, r)
			own[r.ARN], opted[part{r.Scope, r.Kind, r.ID}] = true, true
		}
		if of, member := whole(r); member {
			listed[of] = true
		}
	}
	for _, r := range all {
		of, member := whole(r)
		if own[r.ARN] || member && opted[of] {
			w.sort(r, listed[part{r.Scope, r.Kind, r.ID}], member && opted[of])
		}
	}
	return w
}

// sort puts a resource where it belongs. A group or a cluster whose parts were listed is told by them; a part of a cluster that opted in has its data there.
func (w *workloads) sort(r *fleet.Resource, parts, within bool) {
	alone := unit{r, []string{r.Type}}
	if r.Type == "" {
		alone.types = nil
	}
	switch r.Kind {
	case fleet.EC2Instance:
		w.machines = append(w.machines, alone)
	case fleet.AutoScalingGroup:
		if !parts {
			w.machines = append(w.machines, unit{r, typesOf(r)})
		}
	case fleet.RDSInstance:
		w.servers = append(w.servers, alone)
		if !within {
			w.stores = append(w.stores, alone)
		}
	case fleet.RDSCluster:
		w.stores = append(w.stores, alone)
		if types := typesOf(r); !parts && len(types) > 0 {
			w.servers = append(w.servers, unit{r, types})
		} else if !parts {
			w.servers = append(w.servers, alone)
		}
	case fleet.ECSService: // has no machines of its own
	}
}

func typesOf(r *fleet.Resource) (types []string) {
	for _, m := range r.Members {
		types = append(types, m.Type)
	}
	return types
}

// reported is how many resources the report tells of.
func (w *workloads) reported() int {
	if w.Report == nil {
		return 0
	}
	return len(w.Report.Resources)
}
