package permit

import "slices"

// deadWakes is what the statements call the queue of wakes that were given up.
const deadWakes = "${DeadWakes.Arn}"

// People are the roles by which people reach the hub and the accounts. One is there where it is said who may take it: of people it is known by
// which roles they come, and accounts trust these two, so that nothing has to be deployed in them when somebody joins or leaves.
func (h Hub) People() []Role {
	var out []Role
	if len(h.Operators) > 0 {
		out = append(out, h.Operator())
	}
	if len(h.Readers) > 0 {
		out = append(out, h.Reader())
	}
	return out
}

// Operator is the role of people who act by hand: apply, restore, policy push.
func (h Hub) Operator() Role {
	note := Statement{
		Sid: "Note", Effect: Allow, Actions: []string{"s3:PutObject"},
		Resources: []string{store + "/policy/current.json", store + "/state/*", store + "/memory/*", store + "/wake/*", store + "/prices/*", store + "/facts/*", store + "/baselines/*"},
		Why:       "the policy, of which every version is kept; the lease of a scope that is acted on, what is remembered of it, when the worker is to look again, prices, what a bill told of commitments, and baselines that figures rest on",
	}
	forget := Statement{
		Sid: "Forget", Effect: Allow, Actions: []string{"s3:DeleteObject"}, Resources: []string{store + "/memory/*", store + "/wake/*"},
		Why: "memory that a newer one has replaced, wakes that are past",
	}
	enters := []string{SpokeRole, ReadRole}
	if h.Spot {
		note.Resources, note.Why = append(note.Resources, store+"/market/*", store+"/conversions/*", store+"/converted/*"), note.Why+"; what the market is like, how far conversions have come"
		forget.Resources, forget.Why = append(forget.Resources, store+"/conversions/*"), forget.Why+", conversions that are done and stand among those that were"
		enters = append(enters, SpotRole)
	}
	statements := slices.Concat(h.seeing(), h.examiningReports(), []Statement{
		note,
		{
			Sid: "Append", Effect: Allow, Actions: []string{"s3:PutObject"}, Resources: []string{store + "/ledger/*"}, Conditions: []Condition{has("s3:if-none-match")},
			Why: "the ledger, of which no entry is ever replaced or removed, by people neither",
		},
		forget,
		{
			Sid: "Hold", Effect: Allow, Actions: []string{"ssm:GetParameter", "ssm:PutParameter"}, Resources: []string{killSwitch},
			Why: "the hub's kill switch, which people set by the AWS CLI or in the console",
		},
	}, h.entering(enters...), h.organization(), h.encrypted("s3"), h.reading(), h.spotByHand())
	if h.Own != nil {
		statements = slices.Concat(statements, Looking(), []Statement{Regions()}, listing(true), h.Own.Acting())
		if h.Spot {
			statements = slices.Concat(statements, h.Own.Moving(), h.Own.Converting())
		}
	}
	return Role{
		Name: OperatorRole, Where: "the hub, where operators are named", For: "people who carry out plans, put back what is asleep, move things to Spot, and push the policy",
		Trust: people(h.Operators), Statements: statements,
	}
}

// Reader is the role of people who look: status, plan, history, doctor, reports. It writes nothing but what Athena answers, not even prices that it has asked for.
func (h Hub) Reader() Role {
	statements := slices.Concat(h.seeing(), h.examiningReports(), h.entering(ReadRole), h.organization(), h.reading(), h.answered(), h.spotByHand())
	if h.Key {
		decrypt := h.encrypted("s3")[0]
		decrypt.Sid, decrypt.Actions, decrypt.Why = "Decrypt", []string{"kms:Decrypt"}, "what the hub keeps, by way of this service only"
		statements = append(statements, decrypt)
	}
	if h.Own != nil {
		statements = slices.Concat(statements, Looking(), []Statement{Regions()}, listing(true))
	}
	return Role{
		Name: ReaderRole, Where: "the hub, where readers are named", For: "people who look at what is asleep, planned and done",
		Trust: people(h.Readers), Statements: statements,
	}
}

// spotByHand is what it takes to look, in the hub's own account, at what could be Spot: all of it where that account is looked after too, and else which
// types there are, which is asked of no account in particular.
func (h Hub) spotByHand() []Statement {
	switch {
	case !h.Spot:
		return nil
	case h.Own != nil:
		return LookingAtSpot()
	}
	return []Statement{{
		Sid: "Types", Effect: Allow, Actions: []string{"ec2:DescribeInstanceTypes", "ec2:DescribeInstanceTypeOfferings"}, Resources: []string{"*"}, Anywhere: lists,
		Why: "which types there are, and where: the same in every account",
	}}
}

// people lets roles of the hub's own account in.
func people(roles []string) []Statement {
	who := Condition{"ArnLike", "aws:PrincipalArn", nil}
	for _, role := range roles {
		who.Values = append(who.Values, "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/"+role)
	}
	return []Statement{{
		Effect: Allow, Principals: map[string][]string{"AWS": {"arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}, Actions: []string{"sts:AssumeRole"},
		Conditions: []Condition{who}, Why: "people by these roles of the hub's account, and nobody else of it",
	}}
}

// seeing is what it takes to read what the hub keeps, and to examine it.
func (h Hub) seeing() []Statement {
	return []Statement{
		{Sid: "Read", Effect: Allow, Actions: []string{"s3:GetObject"}, Resources: []string{store + "/*"}, Why: "the policy, state, memory and ledger"},
		keys(),
		{
			Sid: "Bucket", Effect: Allow, Actions: []string{"s3:GetBucketVersioning", "s3:GetBucketPublicAccessBlock"}, Resources: []string{store},
			Why: "whether it keeps versions, and is closed to the public",
		},
		{
			Sid: "Queues", Effect: Allow, Actions: []string{"sqs:GetQueueAttributes", "sqs:GetQueueUrl"}, Resources: []string{queue, deadWakes},
			Why: "how many wakes wait, and how many were given up; none can be read",
		},
		{
			Sid: "Subscribers", Effect: Allow, Actions: []string{"sns:ListSubscriptionsByTopic"}, Resources: []string{topic}, Why: "whether anybody hears of alerts",
		},
		{
			Sid: "Alarms", Effect: Allow, Actions: []string{"cloudwatch:DescribeAlarms"}, Resources: []string{"arn:${AWS::Partition}:cloudwatch:*:${AWS::AccountId}:alarm:*"},
			Why: "which of the hub's alarms are there, and which ring; AWS is asked for those whose names begin with offpeak, and looks at the permission for all",
		},
		{
			Sid: "Names", Effect: Allow, Actions: []string{"sqs:ListQueues", "sns:ListTopics"}, Resources: []string{"*"}, Why: "which queue and topic are the hub's",
			Anywhere: "AWS knows no resource for these actions (Service Authorization Reference); they tell names",
		},
		prices(),
	}
}
