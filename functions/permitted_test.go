package functions_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"offpeak/infra/permit"
)

// beside are actions that a role has and no program of offpeak's calls, and who does.
var beside = map[string]string{
	"kms:Decrypt":            "asked for by S3 and SNS in the caller's name",
	"kms:GenerateDataKey":    "the same",
	"kms:CreateGrant":        "asked for by EC2, in the caller's name, when an instance starts whose volumes a customer key encrypts",
	"logs:CreateLogStream":   "called by Lambda, in the function's name",
	"logs:PutLogEvents":      "the same",
	"sqs:ReceiveMessage":     "the same",
	"sqs:DeleteMessage":      "the same",
	"sqs:GetQueueAttributes": "the same, of the worker; people's doctor calls it itself",

	"s3:GetBucketLocation":          "called by Athena, in the caller's name",
	"s3:ListBucketMultipartUploads": "the same",
	"s3:AbortMultipartUpload":       "the same",
	"s3:ListMultipartUploadParts":   "the same",
	"glue:GetDatabase":              "the same",
	"glue:GetTable":                 "the same",
	"glue:GetPartitions":            "the same",
}

// unseen are actions that a program calls where no test of this package can wait for it.
var unseen = map[string]string{
	permit.OperatorRole + " Answers":                                                     "written by Athena, in the caller's name",
	permit.ReaderRole + " Answers":                                                       "the same",
	permit.OperatorRole + " Query athena:StopQueryExecution":                             "called where a command is interrupted: internal/cloud/athena",
	permit.ReaderRole + " Query athena:StopQueryExecution":                               "the same",
	permit.OperatorRole + " Hold ssm:GetParameter":                                       "people look at the kill switch by the AWS CLI",
	permit.OperatorRole + " Hold ssm:PutParameter":                                       "and set it",
	permit.OperatorRole + " Sender":                                                      "asked where the hub's stack, which the stand-in does not have, has reports: internal/cloud/setup",
	permit.OperatorRole + " Mails":                                                       "the same",
	permit.ReaderRole + " Sender":                                                        "the same",
	permit.ReaderRole + " Mails":                                                         "the same",
	permit.OperatorRole + " Types":                                                       "the hub of these tests looks after its own account too, whose rows say the same",
	permit.ReaderRole + " Types":                                                         "the same",
	permit.ReadRole + " Protection":                                                      "asked of instances that stand alone: internal/cloud/inventory",
	permit.ReadRole + " CapacityProviders":                                               "asked of services: internal/cloud/inventory",
	permit.ReadRole + " HowGroupsAre elasticloadbalancing:DescribeTargetGroupAttributes": "asked of groups behind a load balancer: internal/cloud/targetgroups",
	permit.ReadRole + " PlanRates savingsplans:DescribeSavingsPlanRates":                 "asked of Savings Plans, which the stand-in does not have: internal/cloud/planrates",
	permit.ReadRole + " Membership":                                                      "asked where an instance is interrupted in an account in which AutoSpot has moved a group: internal/cloud/membership",
	permit.SurveyRole + " Failed":                                                        "called by Lambda, in the function's name, where an input failed",
	permit.SurveyRole + " Organization":                                                  "asked as by the dispatcher, whose tests here have an organization",
	permit.SurveyRole + " Evidence":                                                      "read where a tenant names a workload: internal/live/survey",
	permit.SurveyRole + " Workloads":                                                     "asked of the AWS Well-Architected Tool, which the stand-in does not have: internal/cloud/wellarchitected, internal/live/survey",
	permit.SurveyRole + " Notes":                                                         "the same",
	permit.SurveyRole + " EnterOutside":                                                  "the same",
	permit.ScheduleRole + " Wakes sqs:SendMessage":                                       "the worker wakes itself when the acts of a sweep take more than ten minutes; internal/hub's tests have a clock of their own for that",
}

// oneWay are roles of which what was called must be allowed, and what is allowed need not have been called here: what AutoSpot asks of services, target
// groups and single instances, and what it does to them, is shown against the stand-in in internal/cloud; so are Athena, Glue and SES of reports.
var oneWay = []string{permit.ReportRole, permit.AutoSpotRole, permit.InterruptionRole, permit.SpotRole}

// TestMain compares, after all tests have run, what each role was seen to call with what it may: what nothing called is one permission too many.
// What was called and is not allowed has failed a test by then. Where only some tests run nothing is compared.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	forget()
	some := flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.skip").Value.String() != "" || flag.Lookup("test.list").Value.String() != ""
	if !some && len(book.called) > 0 {
		code = max(code, book.compare(os.Stderr.WriteString))
	}
	os.Exit(code)
}

// compare tells of each role what it may do and did not. The rows that own_account adds to the hub's roles are those of the account's role, which was
// asked about them: here they are only known.
func (b *logbook) compare(tell func(string) (int, error)) (code int) {
	hub := permit.Hub{Organization: organization, Accounts: []string{elsewhere}, Key: true, Spot: true, Reports: true, WellArchitected: true, Payers: []string{"111122223333", "444455556666"}, Sender: "finops@example.com", Operators: []string{"ops"}, Readers: []string{"finance"}}
	spoke := permit.Spoke{Tags: []string{"offpeak:schedule"}, Organization: organization, Operators: true, Readers: true, AutoSpot: true, Reports: true}
	may, known := append(hub.Roles(), spoke.Schedule(), spoke.Read(), spoke.Spot()), map[string]bool{}
	hub.Own = &spoke
	for _, r := range append(hub.Roles(), spoke.Schedule(), spoke.Read(), spoke.Spot()) {
		for _, s := range r.Statements {
			for _, action := range s.Actions {
				known[r.Name+" "+s.Sid+" "+action] = true
			}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range may {
		if r.Name == permit.TickRole {
			continue // the clock's, which is no program
		}
		for _, s := range r.Statements {
			for _, action := range s.Actions {
				if slices.Contains(oneWay, r.Name) {
					continue
				}
				if s.Effect == permit.Allow && beside[action] == "" && unseen[r.Name+" "+s.Sid+" "+action]+unseen[r.Name+" "+s.Sid] == "" && !b.called[r.Name][s.Sid+" "+action] {
					_, _ = tell(fmt.Sprintf("--- FAIL: %s may call %s (%s), and in no test of this package did\n", r.Name, action, s.Sid))
					code = 1
				}
			}
		}
		for _, row := range slices.Sorted(maps.Keys(b.called[r.Name])) {
			if !known[r.Name+" "+row] {
				_, _ = tell(fmt.Sprintf("--- FAIL: %s called (%s), which is in no row of it: are the templates in testdata/infra those of the code?\n", r.Name, row))
				code = 1
			}
		}
	}
	return code
}
