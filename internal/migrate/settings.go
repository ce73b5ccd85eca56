package migrate

import (
	"offpeak/scheduler/zone"
)

// settings are what the item of type config says; newer versions keep most of it in the stack's parameters.
type settings struct {
	*item
	timezone string
	tagKey   string
}

// configFields are all fields of the config item beside type and name, those of versions before 3 included.
var configFields = []field[*settings]{
	{"default_timezone", "", (*settings).readTimezone},
	{"tagname", "", func(s *settings) { s.tagKey = s.text() }},
	{"regions", "", func(s *settings) {
		s.listed("regions", "Instance Scheduler looks into these regions only: %s; offpeak into every region that an account has enabled. "+
			"Say regions in the policy to keep it to them")
	}},
	{"remote_account_ids", "", func(s *settings) {
		s.listed("accounts", "Instance Scheduler schedules these accounts: %s; offpeak those that an environment lists")
	}},
	{"cross_account_roles", "", func(s *settings) {
		s.listed("accounts", "Instance Scheduler schedules the accounts of these roles: %s; offpeak those that an environment lists")
	}},
	{"organization_id", "", func(s *settings) {
		if id := s.text(); id != "" {
			s.note("organization", "Instance Scheduler registers the accounts of the organization %s by themselves; "+
				"offpeak schedules the accounts that an environment lists", quoted(id))
		}
	}},
	{"schedule_lambda_account", "", func(s *settings) {
		s.note("hub-account", "schedule_lambda_account is %s; the account in which offpeak runs is scheduled like any other, if an environment lists it", s.at.node.echo())
	}},
	{"scheduled_services", "", func(s *settings) {
		s.listed("services", "Instance Scheduler schedules these services: %s; offpeak every kind that it knows and that carries the tag: "+
			"EC2, Auto Scaling groups, RDS, clusters, ECS services")
	}},
	{"schedule_clusters", "", func(s *settings) {
		s.note("services", "schedule_clusters is %s; offpeak schedules Aurora clusters that carry the tag", s.at.node.echo())
	}},
	{"create_rds_snapshot", "", (*settings).readSnapshot},
	{"started_tags", "", (*settings).readTags},
	{"stopped_tags", "", (*settings).readTags},
	{"enable_ssm_maintenance_windows", "", func(s *settings) {
		s.note("ssm-maintenance-window", "enable_ssm_maintenance_windows is %s; offpeak starts nothing for maintenance windows", s.at.node.echo())
	}},
	{"use_metrics", "", (*settings).readIdle},
	{"trace", "", (*settings).readIdle},
	{"namespace", "", (*settings).readIdle},
	{"aws_partition", "", (*settings).readIdle},
	{"scheduler_role_name", "", (*settings).readIdle},
	{"use_aws_organizations", "", (*settings).readIdle},
}

func (s *settings) readTimezone() {
	s.timezone = s.text()
	if s.timezone == "" {
		return
	}
	if _, err := zone.Load(s.timezone); err != nil {
		s.wrong("timezone", "%s: %s; import with a time zone to use another", s.at.said, err)
		s.timezone = ""
	}
}

// listed notes a set.
func (s *settings) listed(code, format string) {
	if members := s.days(); len(members) > 0 {
		s.note(code, format, several(members))
	}
}

func (s *settings) readSnapshot() {
	if on, _ := s.flag(); on {
		s.warn("snapshot", "Instance Scheduler makes a snapshot of a database before it stops it; offpeak does not. Automated backups go on in days on which it runs")
	}
}

func (s *settings) readTags() {
	if s.text() != "" {
		s.note("tags-written", "%s is set, with which Instance Scheduler tags what it starts and stops; offpeak never writes a tag", s.at.said)
	}
}

func (s *settings) readIdle() {
	s.note("setting", "%s = %s is about Instance Scheduler itself, and left out", s.at.said, s.at.node.echo())
}
