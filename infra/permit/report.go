package permit

import "slices"

// ReportRole is the role of the function that makes and mails quarterly reports.
const ReportRole = "offpeak-hub-report"

// What the statements call the things of reports: logical ids of the hub's template.
const (
	shelf   = "${Reports.Arn}"
	bill    = "${Bill.Arn}"
	exports = "${Exports.Arn}"
	hubOwn  = "${AWS::Region}:${AWS::AccountId}:"
	// ReportWorkgroup and ReportMails are the names of the workgroup of Athena and of SES's configuration set.
	ReportWorkgroup = "offpeak-reports"
	ReportMails     = "offpeak-reports"
	// Catalogue is the database of the Glue catalogue.
	Catalogue = "offpeak"
)

// Report is the role of the function of reports. It enters no account: what it tells stands in the ledger, on the bill, and in what the survey has kept.
func (h Hub) Report() Role {
	put := func(sid string, condition string, why string, resources ...string) Statement {
		return Statement{Sid: sid, Effect: Allow, Actions: []string{"s3:PutObject"}, Resources: resources, Conditions: []Condition{has(condition)}, Why: why}
	}
	read := Statement{
		Sid: "Read", Effect: Allow, Actions: []string{"s3:GetObject"},
		Resources: []string{store + "/policy/*", store + "/ledger/*", store + "/baselines/*", store + "/survey/*", store + "/said/*", shelf + "/*", bill + "/*", exports + "/*"},
		Why:       "the policy, the ledger, frozen baselines, what the survey saw and what was said; reports and receipts of mails; published bills and what Athena answers; what AWS delivers",
	}
	if h.Spot {
		read.Resources, read.Why = append(read.Resources, store+"/market/*", store+"/prices/*"), read.Why+"; what AutoSpot has asked about Spot and its prices"
	}
	statements := slices.Concat(logs("Report"), []Statement{
		read,
		{
			Sid: "List", Effect: Allow, Actions: []string{"s3:ListBucket"}, Resources: []string{store, shelf, bill, exports},
			Why: "which reports and versions of the bill there are; and S3 says of an object that it is not there only to who may list",
		},
		{
			Sid: "Note", Effect: Allow, Actions: []string{"s3:PutObject"}, Resources: []string{store + "/policy/in-force.json", store + "/said/*", store + "/baselines/*"},
			Why: "the policy in force, what was said to people, and the baselines that a final report rests on; never the policy itself, nor the ledger",
		},
		{Sid: "Forget", Effect: Allow, Actions: []string{"s3:DeleteObject"}, Resources: []string{store + "/said/*"}, Why: "takes back that something was said where telling it failed"},
		put("Keep", "s3:if-none-match", "reports, of which none is ever replaced: S3 takes only what was not there", shelf+"/reports/*"),
		put("Mark", "s3:if-match", "what became of a mail, where nobody else has marked it meanwhile", shelf+"/reports/*/sent/*"),
		{
			Sid: "Publish", Effect: Allow, Actions: []string{"s3:PutObject"}, Resources: []string{bill + "/bill/*", bill + "/results/*"},
			Why: "copies of deliveries, each version by itself, and what Athena answers, which it writes in the caller's name",
		},
	}, asking(), []Statement{
		{
			Sid: "Mail", Effect: Allow, Actions: []string{"ses:SendEmail", "ses:SendRawEmail"}, Conditions: []Condition{is("ses:FromAddress", h.Sender)},
			Resources: []string{"arn:${AWS::Partition}:ses:" + hubOwn + "identity/*", "arn:${AWS::Partition}:ses:" + hubOwn + "configuration-set/" + ReportMails},
			Why:       "mails from this address alone; SES asks about the identity of the sender, and in its sandbox about those of recipients",
		},
		failed(),
		{Sid: "Tell", Effect: Allow, Actions: []string{"sns:Publish"}, Resources: []string{topic}, Why: "a mail that came back"},
	}, h.encrypted("s3", "sns"))
	return Role{
		Name: ReportRole, Where: "the hub, where reports are deployed", For: "publishes bills, makes the quarterly reports, and mails each once", Trust: lambda(), Statements: statements,
	}
}

// asking is what it takes to ask Athena, beside reading the bill and writing what Athena answers.
func asking() []Statement {
	return []Statement{
		{
			Sid: "Results", Effect: Allow, Actions: []string{"s3:GetBucketLocation", "s3:ListBucketMultipartUploads"}, Resources: []string{bill, store},
			Why: "Athena looks in the caller's name at where it reads and writes",
		},
		{
			Sid: "Parts", Effect: Allow, Actions: []string{"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}, Resources: []string{bill + "/results/*"},
			Why: "Athena writes long answers in parts",
		},
		{
			Sid: "Query", Effect: Allow, Resources: []string{"arn:${AWS::Partition}:athena:" + hubOwn + "workgroup/" + ReportWorkgroup},
			Actions: []string{"athena:GetWorkGroup", "athena:StartQueryExecution", "athena:StopQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults"},
			Why:     "questions to the bill, in the workgroup that limits what each may scan",
		},
		{
			Sid: "Catalogue", Effect: Allow, Actions: []string{"glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"},
			Resources: []string{
				"arn:${AWS::Partition}:glue:" + hubOwn + "catalog", "arn:${AWS::Partition}:glue:" + hubOwn + "database/" + Catalogue,
				"arn:${AWS::Partition}:glue:" + hubOwn + "table/" + Catalogue + "/*",
			},
			Why: "Athena asks in the caller's name which columns a table has, and where it lies",
		},
	}
}

// SurveyRole is the role of the function that looks at accounts for reports.
const SurveyRole = "offpeak-hub-survey"

// Survey is the role of the function that looks, once for each quarter, at what there is in accounts. It writes what it saw, and nothing else.
func (h Hub) Survey() Role {
	statements := slices.Concat(logs("Survey"), []Statement{
		{
			Sid: "Read", Effect: Allow, Actions: []string{"s3:GetObject"}, Resources: []string{store + "/policy/*", store + "/survey/*", shelf + "/reports/*/manifest.json"},
			Why: "the policy, what it has seen already, and of which quarters the reports are final",
		},
		{
			Sid: "List", Effect: Allow, Actions: []string{"s3:ListBucket"}, Resources: []string{store, shelf},
			Why: "which accounts and regions it has looked at, and which reports there are; and S3 says of an object that it is not there only to who may list",
		},
		{
			Sid: "Note", Effect: Allow, Actions: []string{"s3:PutObject"}, Resources: []string{store + "/policy/in-force.json", store + "/survey/*"},
			Why: "the policy in force, and what was seen of a quarter; never the policy itself",
		},
		failed(),
	}, h.entering(ReadRole), h.organization(), h.encrypted("s3"))
	if h.WellArchitected {
		statements = append(statements, reviewing()...)
	}
	if h.Own != nil {
		statements = slices.Concat(statements, Looking(), []Statement{Regions(), Volumes()}, listing(true), planRates(true))
		if h.Spot {
			statements = append(append(statements, launched()...), refreshes())
		}
	}
	return Role{
		Name: SurveyRole, Where: "the hub, where reports are deployed", For: "looks at what there is in accounts, once for each quarter, and keeps it for its report", Trust: lambda(), Statements: statements,
	}
}

// reviewing is what it takes to note evidence beside questions of the AWS Well-Architected Tool. The permission to write notes is the one to tick choices: AWS has no other.
func reviewing() []Statement {
	const workload = "arn:${AWS::Partition}:wellarchitected:" + hubOwn + "workload/*"
	return []Statement{
		{Sid: "Evidence", Effect: Allow, Actions: []string{"s3:GetObject"}, Resources: []string{shelf + "/reports/*/report.json"}, Why: "the evidence of final reports"},
		{
			Sid: "Workloads", Effect: Allow, Actions: []string{"wellarchitected:ListWorkloads", "wellarchitected:CreateWorkload"}, Resources: []string{"*"},
			Why:      "finds the workload that the policy names for a tenant, in the hub's own account, and makes it where there is none",
			Anywhere: "AWS knows no resource for these actions (Service Authorization Reference): a workload has no ARN before it is there",
		},
		{
			Sid: "Notes", Effect: Allow, Resources: []string{workload},
			Actions: []string{"wellarchitected:ListAnswers", "wellarchitected:GetAnswer", "wellarchitected:UpdateAnswer", "wellarchitected:ListMilestones", "wellarchitected:CreateMilestone"},
			Why:     "writes evidence into the notes of questions, and one milestone a quarter; it ticks nothing, and looks whether the choices are as they were",
		},
	}
}

// HubStack is the name of the hub's stack.
const HubStack = "offpeak-hub"

// examiningReports is what it takes people to examine what reports are made and mailed with. It shows when bills were delivered, and not what they say.
func (h Hub) examiningReports() []Statement {
	if !h.Reports {
		return nil
	}
	return []Statement{
		{
			Sid: "Stack", Effect: Allow, Actions: []string{"cloudformation:DescribeStacks"}, Resources: []string{"arn:${AWS::Partition}:cloudformation:" + hubOwn + "stack/" + HubStack + "/*"},
			Why: "what the hub's bucket of exports and the sender of reports are called",
		},
		{
			Sid: "Sender", Effect: Allow, Actions: []string{"ses:GetEmailIdentity"}, Resources: []string{"arn:${AWS::Partition}:ses:" + hubOwn + "identity/*"},
			Why: "whether SES has verified the sender or its domain",
		},
		{
			Sid: "Mails", Effect: Allow, Actions: []string{"ses:GetAccount", "ses:GetSuppressedDestination"}, Resources: []string{"*"},
			Why:      "whether SES is out of its sandbox, and whether mails to recipients came back",
			Anywhere: "AWS knows no resource for these actions (Service Authorization Reference): they are about the account",
		},
	}
}

// ExportsPolicy lets AWS deliver the bills of these payers, each beneath its own prefix.
func (h Hub) ExportsPolicy() (out []Statement) {
	for _, payer := range h.Payers {
		out = append(out, Statement{
			Sid: "Payer" + payer, Effect: Allow, Principals: map[string][]string{"Service": {"bcm-data-exports.amazonaws.com", "billingreports.amazonaws.com"}},
			Actions: []string{"s3:PutObject", "s3:GetBucketPolicy"}, Resources: []string{exports, exports + "/" + payer + "/*"},
			Conditions: []Condition{
				is("aws:SourceAccount", payer),
				{"ArnLike", "aws:SourceArn", []string{"arn:${AWS::Partition}:bcm-data-exports:us-east-1:" + payer + ":export/*", "arn:${AWS::Partition}:cur:us-east-1:" + payer + ":definition/*"}},
			},
			Why: "AWS Data Exports delivers this payer's bill (Data Exports user guide, bucket policy)",
		})
	}
	return out
}

// ShelfPolicy keeps everybody, administrators too, from taking a report away or writing over one, as long as the policy itself stands.
func ShelfPolicy() []Statement {
	lacks := func(key string) Condition { return Condition{"Null", key, []string{"true"}} }
	deny := func(sid, why string, actions, resources []string, conditions ...Condition) Statement {
		return Statement{Sid: sid, Effect: Deny, Principals: map[string][]string{"*": {"*"}}, Actions: actions, Resources: resources, Conditions: conditions, Why: why}
	}
	return []Statement{
		deny("ReportsStay", "no report is deleted, nor a version of one", []string{"s3:DeleteObject", "s3:DeleteObjectVersion"}, []string{shelf + "/reports/*"}),
		deny("ReportsCountOnce", "files and manifests of reports are written where nothing was, and never over one", []string{"s3:PutObject"},
			[]string{shelf + "/reports/*/v=*", shelf + "/reports/*/manifest.json"}, lacks("s3:if-none-match")),
		deny("ReceiptsFollow", "receipts of mails are written by who has read the last one", []string{"s3:PutObject"}, []string{shelf + "/reports/*"},
			lacks("s3:if-none-match"), lacks("s3:if-match")),
	}
}
