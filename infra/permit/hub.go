package permit

import "slices"

// Hub is what must be known to say what the hub's functions may do.
type Hub struct {
	// Organization is the id of the organization whose accounts are entered; empty: none.
	Organization string
	// Accounts are accounts outside of it that are entered.
	Accounts []string
	// Own is set where the hub's own account is looked after too, with the functions' own roles.
	Own *Spoke
	// Key says that a customer key encrypts what the hub keeps.
	Key bool
	// Spot says that AutoSpot's functions are deployed too, and Reports that of quarterly reports.
	Spot, Reports bool
	// WellArchitected says that evidence of reports is noted in the AWS Well-Architected Tool.
	WellArchitected bool
	// Payers are the accounts whose bills AWS delivers, and Sender is the address that reports are mailed from.
	Payers []string
	Sender string
	// Operators and Readers are the roles of people in the hub's account, by path and name, with * where a name is not known before: who acts by
	// hand, and who only looks.
	Operators, Readers []string
}

// What the statements call the hub's things: logical ids of its template.
const (
	store    = "${Store.Arn}"
	queue    = "${Wakes.Arn}"
	topic    = "${Alerts}"
	failures = "${Failures.Arn}"
	key      = "${Key.Arn}"
	// A parameter has no ARN among its attributes.
	killSwitch = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter" + KillSwitch
)

// KillSwitch is the name of the parameter that holds everything.
const KillSwitch = "/offpeak/kill-switch"

// Roles are those of the hub, in the order in which facts flow, and then those of people.
func (h Hub) Roles() []Role {
	roles := []Role{h.Tick(), h.Dispatch(), h.Worker()}
	if h.Spot {
		roles = append(roles, h.AutoSpot(), h.Interruption())
	}
	if h.Reports {
		roles = append(roles, h.Survey(), h.Report())
	}
	return append(roles, h.People()...)
}

// Tick is the role of the clock.
func (h Hub) Tick() Role {
	wakes, why := []string{"${Dispatch.Arn}"}, "calls the dispatcher"
	if h.Spot {
		wakes, why = append(wakes, "${Autospot.Arn}"), "calls the dispatcher, and AutoSpot once a day"
	}
	if h.Reports {
		wakes, why = append(wakes, "${Survey.Arn}", "${Report.Arn}"), why+", and the functions of reports once a day"
	}
	return Role{
		Name: TickRole, Where: "the hub", For: "the clock, which wakes the dispatcher every five minutes",
		Trust: []Statement{{
			Effect: Allow, Principals: map[string][]string{"Service": {"scheduler.amazonaws.com"}}, Actions: []string{"sts:AssumeRole"},
			Conditions: []Condition{is("aws:SourceAccount", "${AWS::AccountId}")}, Why: "EventBridge Scheduler, for schedules of this account",
		}},
		Statements: []Statement{
			{Sid: "Wake", Effect: Allow, Actions: []string{"lambda:InvokeFunction"}, Resources: wakes, Why: why},
			{Sid: "Failed", Effect: Allow, Actions: []string{"sqs:SendMessage"}, Resources: []string{failures}, Why: "keeps ticks that could not be delivered"},
		},
	}
}

// Dispatch is the role of the function that finds out who is due.
func (h Hub) Dispatch() Role {
	statements := slices.Concat(logs("Dispatch"), []Statement{
		{
			Sid: "Read", Effect: Allow, Actions: []string{"s3:GetObject"}, Why: "the policy, known accounts, what was said to people, and once an hour how much is asleep",
			Resources: []string{store + "/policy/*", store + "/accounts/*", store + "/said/*", store + "/state/*"},
		},
		keys(),
		{
			Sid: "Note", Effect: Allow, Actions: []string{"s3:PutObject"}, Why: "the policy in force, for which one everybody was woken, known accounts, what was said; never the policy itself",
			Resources: []string{store + "/policy/in-force.json", store + "/policy/dispatched.json", store + "/accounts/*", store + "/said/*"},
		},
		{Sid: "Forget", Effect: Allow, Actions: []string{"s3:DeleteObject"}, Resources: []string{store + "/said/*"}, Why: "takes back that something was said where telling it failed"},
		{Sid: "Wake", Effect: Allow, Actions: []string{"sqs:SendMessage"}, Resources: []string{queue, failures}, Why: "wakes for the worker; inputs that failed"},
		{Sid: "Tell", Effect: Allow, Actions: []string{"sns:Publish"}, Resources: []string{topic}, Why: "alerts"},
	}, h.entering(ReadRole), h.organization(), h.encrypted("s3", "sns"))
	if h.Spot {
		statements = append(statements, Statement{Sid: "WakeSpot", Effect: Allow, Actions: []string{"sqs:SendMessage"}, Resources: []string{spotQueue}, Why: "wakes for AutoSpot under a new policy"})
	}
	if h.Own != nil {
		statements = append(statements, Regions())
	}
	return Role{Name: DispatchRole, Where: "the hub", For: "finds out who is due, and asks accounts for their regions", Trust: lambda(), Statements: statements}
}

// Worker is the role of the function that looks and acts.
func (h Hub) Worker() Role {
	statements := slices.Concat(logs("Schedule"), []Statement{
		{
			Sid: "Read", Effect: Allow, Actions: []string{"s3:GetObject"}, Resources: []string{store + "/*"},
			Why: "the policy, the scope's state, memory and ledger",
		},
		keys(),
		{
			Sid: "Note", Effect: Allow, Actions: []string{"s3:PutObject"}, Why: "state, memory, when to look again, what was said, prices; never the policy itself",
			Resources: []string{store + "/policy/in-force.json", store + "/state/*", store + "/memory/*", store + "/wake/*", store + "/said/*", store + "/prices/*"},
		},
		{
			Sid: "Append", Effect: Allow, Actions: []string{"s3:PutObject"}, Resources: []string{store + "/ledger/*"}, Conditions: []Condition{has("s3:if-none-match")},
			Why: "the ledger, of which no entry is ever replaced or removed: S3 takes only what was not there",
		},
		{
			Sid: "Forget", Effect: Allow, Actions: []string{"s3:DeleteObject"}, Resources: []string{store + "/memory/*", store + "/wake/*", store + "/said/*"},
			Why: "memory that a newer one has replaced, wakes that are past",
		},
		{
			Sid: "Wakes", Effect: Allow, Actions: []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage"}, Resources: []string{queue},
			Why: "Lambda fetches wakes in the function's name; the worker sends itself one when it runs out of time",
		},
		{Sid: "Tell", Effect: Allow, Actions: []string{"sns:Publish"}, Resources: []string{topic}, Why: "alerts"},
		{
			Sid: "Hold", Effect: Allow, Actions: []string{"ssm:GetParameter"}, Resources: []string{killSwitch},
			Why: "the hub's kill switch, asked before anything is done; it cannot set it",
		},
		prices(),
	}, h.entering(SpokeRole, ReadRole), h.encrypted("s3", "sns"))
	if h.Own != nil {
		statements = slices.Concat(statements, Looking(), h.Own.Acting())
	}
	return Role{Name: ScheduleRole, Where: "the hub", For: "looks at an account in a region, plans, writes down and acts", Trust: lambda(), Statements: statements}
}

func prices() Statement {
	return Statement{
		Sid: "Prices", Effect: Allow, Actions: []string{"pricing:GetProducts"}, Resources: []string{"*"}, Why: "AWS's public price list, asked once a week",
		Anywhere: "AWS knows no resource for it; what it reads is public",
	}
}

func lambda() []Statement {
	return []Statement{{
		Effect: Allow, Principals: map[string][]string{"Service": {"lambda.amazonaws.com"}}, Actions: []string{"sts:AssumeRole"}, Why: "Lambda runs the function",
	}}
}

func logs(function string) []Statement {
	return []Statement{{
		Sid: "Log", Effect: Allow, Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resources: []string{"${" + function + "Log.Arn}"},
		Why: "its own log",
	}}
}

func keys() Statement {
	return Statement{
		Sid: "List", Effect: Allow, Actions: []string{"s3:ListBucket"}, Resources: []string{store},
		Why: "who is due; and S3 says of an object that it is not there only to who may list",
	}
}

// entering are the roles of other accounts that may be assumed. Without an organization only those of accounts that are named.
func (h Hub) entering(roles ...string) []Statement {
	in := func(account string) (arns []string) {
		for _, role := range roles {
			arns = append(arns, "arn:${AWS::Partition}:iam::"+account+":role/"+role)
		}
		return arns
	}
	names := "the role of this name"
	if len(roles) > 1 {
		names = "the roles of these names"
	}
	var out []Statement
	if h.Organization != "" {
		out = append(out, Statement{
			Sid: "Enter", Effect: Allow, Actions: []string{"sts:AssumeRole"}, Conditions: []Condition{is("aws:ResourceOrgID", h.Organization)},
			Resources: in("*"), Why: names + " in accounts of the organization, which the policy file lists",
		})
	}
	if len(h.Accounts) > 0 {
		s := Statement{Sid: "EnterOutside", Effect: Allow, Actions: []string{"sts:AssumeRole"}, Why: names + " in accounts outside of the organization"}
		for _, id := range h.Accounts {
			s.Resources = append(s.Resources, in(id)...)
		}
		out = append(out, s)
	}
	return out
}

func (h Hub) organization() []Statement {
	if h.Organization == "" {
		return nil
	}
	return []Statement{{
		Sid: "Organization", Effect: Allow, Resources: []string{"*"}, Why: "accounts beneath the units that the policy names",
		Actions:  []string{"organizations:ListRoots", "organizations:DescribeOrganizationalUnit", "organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"},
		Anywhere: "units and roots are resources of the management account, whose id is not the hub's to know; ListRoots has none at all",
	}}
}

// encrypted is the use of the hub's key by way of services.
func (h Hub) encrypted(services ...string) []Statement {
	if !h.Key {
		return nil
	}
	through := Condition{"StringLike", "kms:ViaService", nil}
	for _, s := range services {
		through.Values = append(through.Values, s+".*.${AWS::URLSuffix}")
	}
	return []Statement{{
		Sid: "Encrypt", Effect: Allow, Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []string{key},
		Conditions: []Condition{through}, Why: "what the hub keeps and says, by way of these services only",
	}}
}
