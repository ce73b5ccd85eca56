package migrate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"offpeak/scheduler/periods"
	"offpeak/scheduler/zone"
)

// peerTagKey is what Instance Scheduler reads unless told otherwise.
const peerTagKey = "Schedule"

// wholeConfiguration is where findings belong that are about no single schedule.
const wholeConfiguration = "the configuration"

// InstanceScheduler makes a policy of a configuration of Instance Scheduler on AWS. data is a scan of its configuration table as
// aws dynamodb scan writes it, an export of that table, or a CloudFormation template with schedules in it; which one it is, is seen. name is
// the file's name for the policy's first line.
//
// The error is of type Invalid where definitions are invalid; then there is no policy, and the findings are those that are no errors.
func InstanceScheduler(name string, data []byte, o Options) (policyYAML []byte, findings []Finding, err error) {
	t, err := readTable(name, data, o)
	if err != nil {
		return nil, nil, err
	}
	t.settle()
	return t.finish(name, o)
}

// table is the configuration of Instance Scheduler.
type table struct {
	*report
	timezone  string
	tagKey    string
	periods   map[string]*period
	names     []string // of the periods, sorted
	schedules []*schedule
}

// readTable reads all records. Its error is that of a file that is no configuration at all.
func readTable(name string, data []byte, o Options) (*table, error) {
	if o.Timezone != "" {
		if _, err := zone.Load(o.Timezone); err != nil {
			return nil, fmt.Errorf("timezone: %w", err)
		}
	}
	documents, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	r := &report{}
	records, err := readRecords(r, documents, o)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	t := &table{report: r, periods: map[string]*period{}}
	t.take(records, o)
	return t, nil
}

// readRecords sees what each document is, and reads it.
func readRecords(r *report, documents []*node, o Options) ([]*record, error) {
	items := scan{report: r}
	stack := template{report: r, stack: o.Stack}
	for _, d := range documents {
		switch {
		case d.has("Items", "Item"), isItem(d), d.kind == listKind:
			items.document(d)
		case d.has("Resources"):
			stack.document(d)
		case d.has("policies"):
			return nil, errors.New("this is a policy of Cloud Custodian: import it as such")
		default:
			return nil, errors.New("this is neither a scan of the configuration table (aws dynamodb scan --table-name <stack>-ConfigTable... --output json) " +
				"nor a CloudFormation template")
		}
	}
	if stack.others > 0 {
		r.add(Note, "the template", "other-resources", "resources that are not of type %s are left out: %d", resourceType, stack.others)
	}
	records := slices.Concat(items.records, stack.records)
	if !slices.ContainsFunc(records, func(r *record) bool { return r.kind == kindSchedule }) && len(r.errors) == 0 {
		return nil, errors.New("there is no schedule in it")
	}
	slices.SortStableFunc(records, func(a, b *record) int {
		return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.name, b.name))
	})
	return records, nil
}

// take understands the records, which are sorted by kind and name: config, periods, schedules.
func (t *table) take(records []*record, o Options) {
	t.timezone, t.tagKey = o.Timezone, o.TagKey
	for i, rec := range records {
		if i > 0 && records[i-1].kind == rec.kind && records[i-1].name == rec.name {
			t.add(Error, rec.where, "twice", "it is there twice; keep one")
			continue
		}
		switch rec.kind {
		case kindConfig:
			s := &settings{item: &item{record: rec, report: t.report}}
			readFields(s.item, s, configFields)
			t.timezone, t.tagKey = cmp.Or(t.timezone, s.timezone), cmp.Or(t.tagKey, s.tagKey)
		case kindPeriod:
			t.names = append(t.names, rec.name)
			t.periods[rec.name] = readPeriod(t.report, rec)
		case kindSchedule:
			t.schedules = append(t.schedules, readSchedule(t.report, rec))
		}
	}
	if t.tagKey == "" {
		t.tagKey = peerTagKey
		t.add(Note, wholeConfiguration, "tag-key", "which tag key Instance Scheduler reads is a parameter of its stack; its standard one, %s, is taken. "+
			"Change tags.schedule in the policy if yours is another", peerTagKey)
	}
	if t.timezone == "" {
		t.timezone = "UTC"
		if without := t.namesWhere(func(s *schedule) bool { return s.timezone == "" && s.override == "" }); len(without) > 0 {
			t.add(Warning, wholeConfiguration, "timezone", "which time zone Instance Scheduler takes for schedules that name none is a parameter of its stack; "+
				"UTC is taken for %s. Import with a time zone if yours is another", several(without))
		}
	}
}

// namesWhere returns the names of the schedules of which something holds.
func (t *table) namesWhere(holds func(*schedule) bool) []string {
	var names []string
	for _, s := range t.schedules {
		if holds(s) {
			names = append(names, s.name)
		}
	}
	return names
}

// settle gives every schedule its periods, and says what only shows when they are together.
func (t *table) settle() {
	for _, s := range t.schedules {
		t.settlePeriods(s)
		if !s.bad && !s.builtIn() {
			t.settleSchedule(s)
		}
	}
	for _, name := range t.names {
		if p := t.periods[name]; !p.used && !p.bad {
			p.note("unused-period", "no schedule uses it, so it is left out")
		}
	}
	if names := t.namesWhere(func(s *schedule) bool { return s.freshStop && !s.bad }); len(names) > 0 {
		t.add(Note, wholeConfiguration, "stop-new-instances", "stop_new_instances: Instance Scheduler stops an instance that it sees for the first time outside of its periods at once (%s); "+
			"offpeak enrols it, and acts on it from the next edge on", several(names))
	}
	if names := t.namesWhere(func(s *schedule) bool { return s.windowStart && !s.bad }); len(names) > 0 {
		t.add(Note, wholeConfiguration, "use-maintenance-window", "use_maintenance_window: Instance Scheduler starts a database for its preferred maintenance window (%s); "+
			"offpeak starts nothing for maintenance windows. Move them into opening hours", several(names))
	}
}

// settlePeriods finds the periods of a schedule. A schedule that needs an invalid one is invalid.
func (t *table) settlePeriods(s *schedule) {
	var types []string
	for _, u := range s.uses {
		p, ok := t.periods[u.period]
		if !ok {
			s.wrong("no-period", "its period %s does not exist", named(u.period))
			continue
		}
		p.used = true
		if p.bad {
			s.wrong("needs-invalid", "it needs the period %s, which is invalid", named(u.period))
		}
		if u.instanceType != "" {
			types = append(types, u.period+"@"+u.instanceType)
		}
	}
	if len(types) > 0 {
		s.warn("instance-type", "Instance Scheduler changes the instance type with the period (%s); offpeak never does: instances keep the type that they have", several(types))
	}
}

func (t *table) settleSchedule(s *schedule) {
	switch {
	case s.override != "":
		if len(s.uses) > 0 {
			s.note("periods-unused", "override_status is %s, which beats its periods: always: %s is written, and the periods are left out. "+
				"When it is lifted, write them under periods instead", s.override, s.override)
		}
		return
	case len(s.uses) == 0:
		s.warn("ssm-maintenance-window", "it has maintenance windows and no periods, between which Instance Scheduler wants stopped: always: stopped is written")
		return
	}
	var parsed []periods.Period
	for _, u := range s.uses {
		if p := t.periods[u.period].parsed; !slices.ContainsFunc(parsed, func(q periods.Period) bool { return q.Name() == p.Name() }) {
			parsed = append(parsed, p)
		}
	}
	for _, lint := range periods.Lints(parsed) {
		t.add(Warning, s.where+", period "+named(lint.Period), string(lint.Code), "%s", lint.Text)
	}
}
