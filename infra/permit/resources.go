package permit

// Policies are those of the hub's things, by what they are called; rules are the ARNs of the rules that wake the dispatcher.
func (h Hub) Policies(region string, rules ...string) []Policy {
	all := []Policy{{"the topic", []Statement{AlarmsPublish()}}, {"the queue of failures", []Statement{RulesKeep(rules...)}}}
	if bus := h.BusPolicy(); len(bus) > 0 {
		all = append(all, Policy{"the bus", bus})
	}
	if h.Reports {
		all = append(all, Policy{"the bucket of exports", h.ExportsPolicy()}, Policy{"the bucket of reports", ShelfPolicy()})
	}
	if h.Key {
		all = append(all, Policy{"the key", KeyPolicy(region)})
	}
	return all
}

// KeyPolicy is the policy of the hub's customer key.
func KeyPolicy(region string) []Statement {
	return []Statement{
		{
			Sid: "Account", Effect: Allow, Principals: map[string][]string{"AWS": {"arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
			Actions: []string{"kms:*"}, Resources: []string{"*"}, Anywhere: "in the policy of a key, * is this key",
			Everything: "AWS's default, without which nobody could ever change or delete the key (KMS developer guide, key policies)",
			Why:        "the account's administrators, and whom the account's own policies let use it",
		},
		{
			Sid: "Alarms", Effect: Allow, Principals: map[string][]string{"Service": {"cloudwatch.amazonaws.com"}},
			Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []string{"*"}, Anywhere: "in the policy of a key, * is this key",
			Conditions: []Condition{is("aws:SourceAccount", "${AWS::AccountId}")}, Why: "alarms of this account write to the topic, which the key encrypts",
		},
		{
			Sid: "Logs", Effect: Allow, Principals: map[string][]string{"Service": {"logs." + region + ".${AWS::URLSuffix}"}},
			Actions:   []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"},
			Resources: []string{"*"}, Anywhere: "in the policy of a key, * is this key",
			Conditions: []Condition{{"ArnLike", "kms:EncryptionContext:aws:logs:arn", []string{"arn:${AWS::Partition}:logs:" + region + ":${AWS::AccountId}:log-group:/aws/lambda/offpeak-*"}}},
			Why:        "the functions' logs",
		},
	}
}

// AlarmsPublish is the statement of the topic's policy by which alarms of the account get into it.
func AlarmsPublish() Statement {
	return Statement{
		Sid: "Alarms", Effect: Allow, Principals: map[string][]string{"Service": {"cloudwatch.amazonaws.com"}}, Actions: []string{"sns:Publish"},
		Resources: []string{topic}, Conditions: []Condition{is("aws:SourceAccount", "${AWS::AccountId}")}, Why: "alarms of this account",
	}
}

// RulesKeep is the statement by which rules keep events that they could not deliver.
func RulesKeep(rules ...string) Statement {
	return Statement{
		Sid: "Rules", Effect: Allow, Principals: map[string][]string{"Service": {"events.amazonaws.com"}}, Actions: []string{"sqs:SendMessage"},
		Resources: []string{failures}, Conditions: []Condition{{"ArnEquals", "aws:SourceArn", rules}}, Why: "events that could not be delivered",
	}
}

// BusPolicy says who may put events on the hub's bus.
func (h Hub) BusPolicy() []Statement {
	bus := []string{"${Bus.Arn}"}
	var out []Statement
	if h.Organization != "" {
		out = append(out, Statement{
			Sid: "Organization", Effect: Allow, Principals: map[string][]string{"*": {"*"}}, Actions: []string{"events:PutEvents"}, Resources: bus,
			Conditions: []Condition{is("aws:PrincipalOrgID", h.Organization)}, Why: "accounts of the organization hand in their events",
		})
	}
	if len(h.Accounts) > 0 {
		s := Statement{
			Sid: "Accounts", Effect: Allow, Principals: map[string][]string{}, Actions: []string{"events:PutEvents"}, Resources: bus,
			Why: "accounts outside of the organization hand in their events",
		}
		for _, id := range h.Accounts {
			s.Principals["AWS"] = append(s.Principals["AWS"], "arn:${AWS::Partition}:iam::"+id+":root")
		}
		out = append(out, s)
	}
	return out
}
