// Package offpeak_test reads the module's own source and refuses what the architecture does not allow.
//
// The table below is the architecture: which package may lean on which, and on whose modules. Facts flow one way, from what is to what
// should be, to what was done, to what it avoided; so a package sees only rows above its own. A new arrow or a new module is a change
// to this table, to be reviewed as such. Test files may import what they like.
package offpeak_test

import (
	"os"
	"slices"
	"testing"
)

// pure packages ask nothing of the world: no file, no environment, no network, no clock, no log, no randomness. Worldly ones may.
const (
	pure    = true
	worldly = false
)

// Third-party modules that stand in more than one row, or whose path says little.
const (
	decimal     = "github.com/shopspring/decimal"
	levenshtein = "github.com/agnivade/levenshtein"
	holidays    = "github.com/rickar/cal/v2"
	yaml        = "go.yaml.in/yaml/v3"
	parquet     = "github.com/parquet-go/parquet-go"
	sdk         = "github.com/aws/aws-sdk-go-v2"
	lambda      = "github.com/aws/aws-lambda-go"
	smithy      = "github.com/aws/smithy-go"
	cdk         = "github.com/aws/aws-cdk-go/awscdk/v2"
	constructs  = "github.com/aws/constructs-go/constructs/v10"
	jsii        = "github.com/aws/jsii-runtime-go"
)

// row is what one package may import beside the standard library.
type row struct {
	folder string
	pure   bool
	sees   sees
	uses   uses
}

type (
	sees []string // folders of rows above; "scheduler/..." is all of them beneath scheduler, "..." all of them
	uses []string // third-party modules
)

var table = []row{
	// What is, and what should be.
	{"internal/money", pure, sees{}, uses{decimal}},
	{"internal/fleet", pure, sees{"internal/money"}, uses{}},
	{"internal/plan", pure, sees{"internal/fleet", "internal/money"}, uses{}},

	{"internal/failure", pure, sees{}, uses{}},
	{"internal/pace", pure, sees{"internal/fleet"}, uses{}},

	// What was done: the record of it, and where it is kept.
	{"internal/objects", pure, sees{}, uses{}},
	{"internal/ledger", pure, sees{"internal/failure", "internal/fleet", "internal/money", "internal/plan", "internal/objects"}, uses{}},
	{"internal/billing", pure, sees{"internal/fleet", "internal/money"}, uses{decimal}},
	{"internal/billing/avoidance", pure, sees{"internal/fleet", "internal/money", "internal/plan"}, uses{}},
	{"internal/billing/commitments", pure, sees{"internal/fleet", "internal/money", "internal/billing"}, uses{decimal}},
	{"internal/billing/coverage", pure, sees{"internal/fleet", "internal/billing", "internal/billing/commitments"}, uses{decimal}},
	{"internal/billing/savings", pure, sees{"internal/fleet", "internal/money", "internal/plan", "internal/objects", "internal/ledger", "internal/billing", "internal/billing/avoidance", "internal/billing/commitments"}, uses{decimal}},
	{"internal/optimizer", pure, sees{"internal/failure", "internal/fleet", "internal/money", "internal/plan", "internal/ledger", "internal/objects"}, uses{}},
	{"internal/optimizer/contract", worldly, sees{"internal/failure", "internal/fleet", "internal/plan", "internal/objects", "internal/optimizer"}, uses{}},

	// The bill as files, and what counts it.
	{"internal/billing/export", worldly, sees{"internal/fleet"}, uses{parquet}},
	{"internal/billing/export/focusrules", worldly, sees{"internal/billing/export"}, uses{}},
	{"internal/billing/query", pure, sees{"internal/billing", "internal/fleet", "internal/money"}, uses{decimal}},
	{"internal/billing/landing", pure, sees{"internal/fleet"}, uses{}},
	{"internal/billing/duckdb", worldly, sees{"internal/billing", "internal/billing/export", "internal/billing/query", "internal/fleet"}, uses{"github.com/duckdb/duckdb-go/v2", decimal}},
	{"internal/billing/recount", worldly, sees{"internal/billing", "internal/billing/export", "internal/billing/query", "internal/fleet"}, uses{decimal}},
	{"internal/ledger/compact", pure, sees{"internal/failure", "internal/fleet", "internal/plan", "internal/objects", "internal/ledger"}, uses{"github.com/go-json-experiment/json", parquet}},

	// The quarterly report: the value, and what writes it.
	{"reports", pure, sees{"internal/fleet", "internal/money"}, uses{decimal}},
	{"reports/figures", pure, sees{"internal/fleet", "internal/money", "internal/plan", "internal/ledger", "internal/billing", "internal/billing/avoidance", "internal/billing/savings", "reports"}, uses{decimal}},
	{"reports/words", pure, sees{"internal/fleet", "internal/money", "reports"}, uses{decimal}},
	{"reports/font", pure, sees{}, uses{}},
	{"reports/tables", pure, sees{"internal/fleet", "internal/money", "reports", "reports/sample"}, uses{parquet, decimal}},
	{"reports/chart", pure, sees{"internal/money", "reports", "reports/font", "reports/words"}, uses{decimal, "golang.org/x/image"}},
	{"reports/workbook", pure, sees{"internal/fleet", "internal/money", "reports", "reports/sample", "reports/tables", "reports/words"}, uses{decimal, "github.com/klauspost/compress", "github.com/xuri/excelize/v2"}},
	{"reports/board", pure, sees{"internal/money", "reports", "reports/font", "reports/sample", "reports/words"}, uses{"github.com/go-pdf/fpdf", "golang.org/x/image"}},
	{"reports/schema", pure, sees{"internal/money", "reports", "reports/sample"}, uses{decimal}},
	{"reports/assets", pure, sees{"internal/fleet", "reports"}, uses{}},
	{"reports/pillars", pure, sees{"internal/fleet", "internal/money", "reports", "reports/words"}, uses{decimal}},
	{"reports/delivery", pure, sees{"internal/fleet", "internal/objects", "reports", "reports/sample"}, uses{}},
	{"reports/occasion", pure, sees{"reports", "reports/delivery"}, uses{}},
	{"reports/mail", pure, sees{"internal/money", "reports", "reports/chart", "reports/words"}, uses{decimal, "github.com/wneessen/go-mail"}},
	{"reports/sample", pure, sees{"internal/fleet", "internal/money", "reports"}, uses{decimal}},
	{"reports/page", pure, sees{"internal/fleet", "internal/money", "reports", "reports/words"}, uses{decimal}},
	{"reports/files", pure, sees{"reports", "reports/..."}, uses{"github.com/go-json-experiment/json", "golang.org/x/sync"}},
	{"reports/page/browser", worldly, sees{}, uses{}},

	{"internal/spelling", pure, sees{}, uses{levenshtein}},
	{"internal/jsonwords", pure, sees{}, uses{"github.com/go-json-experiment/json"}},

	// Schedules: the wall clock, the vocabularies drawn on it, and the planner.
	{"scheduler/wall", pure, sees{}, uses{}},
	{"scheduler/zone", pure, sees{}, uses{levenshtein}},
	{"scheduler/hours", pure, sees{"scheduler/wall", "scheduler/zone"}, uses{}},
	{"scheduler/calendar/recur", pure, sees{"scheduler/wall"}, uses{}},
	{"scheduler/calendar/holiday", pure, sees{"scheduler/wall"}, uses{holidays}},
	{"scheduler/calendar", pure, sees{"scheduler/wall", "scheduler/zone", "scheduler/calendar/..."}, uses{}},
	{"scheduler/periods", pure, sees{"scheduler/wall", "scheduler/zone"}, uses{}},
	{"scheduler/custodian", pure, sees{"scheduler/wall", "scheduler/zone"}, uses{}},
	{"scheduler", pure, sees{"internal/fleet", "internal/money", "internal/plan", "internal/spelling", "scheduler/..."}, uses{}},

	// What the bill says beside the savings.
	{"reports/spend", pure, sees{"internal/fleet", "internal/money", "internal/billing", "reports", "scheduler/wall", "scheduler/hours"}, uses{decimal}},

	// What EC2 offers, and AutoSpot's planner.
	{"internal/market", pure, sees{"internal/fleet", "internal/jsonwords", "internal/money"}, uses{"github.com/go-json-experiment/json", decimal}},
	{"internal/market/kept", pure, sees{"internal/fleet", "internal/market", "internal/money", "internal/objects"}, uses{}},
	{"autospot/compatible", pure, sees{"internal/market"}, uses{}},
	{"autospot/pricing", pure, sees{"internal/fleet", "internal/money", "internal/market"}, uses{decimal}},
	{"autospot/mix", pure, sees{"internal/money", "autospot/pricing"}, uses{decimal}},
	{"autospot/balance", pure, sees{"internal/fleet"}, uses{}},
	{"autospot/convert", pure, sees{"internal/fleet"}, uses{}},
	{"autospot/experience", pure, sees{"internal/fleet", "internal/market", "autospot/pricing"}, uses{}},
	{"autospot/patch", pure, sees{"internal/fleet"}, uses{}},
	{"autospot", pure, sees{"internal/fleet", "internal/money", "internal/plan", "internal/market", "internal/spelling", "autospot/..."}, uses{decimal}},

	// The policy file and what becomes one.
	{"internal/policy", pure, sees{"internal/fleet", "internal/money", "internal/plan", "autospot", "scheduler", "scheduler/..."}, uses{yaml, levenshtein}},
	{"internal/migrate", worldly, sees{"internal/policy", "scheduler/..."}, uses{yaml}},
	{"internal/reporting", pure, sees{"internal/fleet", "internal/money", "internal/plan", "internal/objects", "internal/ledger", "internal/billing", "internal/billing/avoidance", "internal/billing/commitments", "internal/billing/savings", "internal/policy", "scheduler", "reports", "reports/assets", "reports/figures", "reports/pillars", "reports/spend", "internal/failure", "internal/market", "internal/market/kept", "internal/spelling", "autospot", "scheduler/hours", "scheduler/wall", "internal/billing/coverage", "reports/delivery"}, uses{decimal}},

	// Adapters: they speak the nouns, and know neither planners nor each other.
	{"internal/described", pure, sees{"internal/fleet"}, uses{"github.com/go-json-experiment/json"}},
	{"internal/local", worldly, sees{"internal/described", "internal/fleet", "internal/jsonwords", "internal/money", "internal/plan", "internal/objects", "internal/billing"}, uses{"github.com/go-json-experiment/json", "github.com/klauspost/compress", "github.com/rogpeppe/go-internal"}},

	// What runs in the hub's account: who is looked at, under which policy.
	{"internal/hub", pure, sees{"internal/failure", "internal/fleet", "internal/money", "internal/plan", "internal/ledger", "internal/objects", "internal/optimizer", "internal/policy", "internal/market", "internal/billing/coverage", "autospot", "autospot/balance", "autospot/convert", "autospot/experience", "autospot/pricing", "scheduler", "scheduler/wall"}, uses{}},
	{"internal/reporting/survey", pure, sees{"internal/billing", "internal/failure", "internal/fleet", "internal/hub", "internal/money", "internal/objects", "internal/policy", "reports", "reports/delivery", "reports/pillars", "reports/sample", "reports/words"}, uses{}},
	{"internal/reporting/issue", pure, sees{"internal/billing", "internal/reporting/survey", "internal/fleet", "internal/hub", "internal/money", "internal/objects", "internal/policy", "internal/ledger", "internal/ledger/compact", "internal/billing/avoidance", "internal/reporting", "reports", "reports/delivery", "reports/files", "reports/mail", "reports/sample", "reports/words"}, uses{}},

	// AWS, live: the way in, and beneath it one package for each thing that is asked of it.
	{"internal/cloud", worldly, sees{"internal/failure", "internal/fleet", "internal/pace"}, uses{sdk, smithy}},
	{"internal/cloud/messages", worldly, sees{"internal/cloud", "internal/fleet", "internal/hub"}, uses{sdk, smithy}},
	{"internal/cloud/setup", worldly, sees{"internal/billing/landing", "internal/cloud", "internal/failure", "internal/fleet", "internal/hub"}, uses{sdk, smithy}},
	{"internal/cloud/killswitch", worldly, sees{"internal/cloud"}, uses{}},
	{"internal/cloud/moto", worldly, sees{"internal/cloud", "internal/fleet"}, uses{sdk, smithy}},
	{"internal/cloud/owner", worldly, sees{"internal/cloud", "internal/fleet"}, uses{sdk, smithy}},
	{"internal/cloud/bucket", worldly, sees{"internal/cloud", "internal/failure", "internal/fleet", "internal/objects"}, uses{sdk, smithy}},
	{"internal/cloud/inventory", worldly, sees{"internal/cloud", "internal/described", "internal/failure", "internal/fleet"}, uses{sdk, smithy}},
	{"internal/cloud/actuator", worldly, sees{"internal/cloud", "internal/failure", "internal/fleet", "internal/plan"}, uses{sdk, smithy}},
	{"internal/cloud/accounts", worldly, sees{"internal/cloud", "internal/failure", "internal/fleet", "internal/spelling"}, uses{sdk, smithy}},
	{"internal/cloud/instancetypes", worldly, sees{"internal/cloud", "internal/fleet", "internal/market"}, uses{sdk}},
	{"internal/cloud/wellarchitected", worldly, sees{"internal/cloud", "internal/fleet"}, uses{sdk}},
	{"internal/cloud/membership", worldly, sees{"internal/cloud", "internal/fleet"}, uses{sdk}},
	{"internal/cloud/targetgroups", worldly, sees{"internal/cloud", "internal/described", "internal/failure", "internal/fleet"}, uses{sdk}},
	{"internal/cloud/mover", worldly, sees{"internal/cloud", "internal/failure", "internal/fleet", "internal/plan"}, uses{sdk}},
	{"internal/cloud/converter", worldly, sees{"internal/cloud", "internal/failure", "internal/fleet"}, uses{sdk, smithy}},
	{"internal/cloud/pricelist", worldly, sees{"internal/cloud", "internal/failure", "internal/fleet", "internal/market/kept", "internal/money", "internal/objects"}, uses{sdk, smithy}},

	{"internal/cloud/planrates", worldly, sees{"internal/billing", "internal/cloud", "internal/failure", "internal/fleet", "internal/money"}, uses{sdk}},
	{"internal/cloud/outbox", worldly, sees{"internal/cloud", "internal/failure", "internal/fleet", "reports", "reports/delivery"}, uses{sdk, smithy}},
	{"internal/cloud/athena", worldly, sees{"internal/billing", "internal/billing/export", "internal/billing/query", "internal/cloud", "internal/failure", "internal/fleet", "internal/money"}, uses{sdk, decimal}},
	{"internal/cloud/deliveries", worldly, sees{"internal/billing/export", "internal/cloud", "internal/failure", "internal/fleet"}, uses{sdk, smithy, "github.com/rogpeppe/go-internal"}},
	{"internal/cloud/athena/trino", worldly, sees{"internal/cloud", "internal/cloud/moto"}, uses{}},

	{"internal/cloud/spotmarket", worldly, sees{"internal/cloud", "internal/cloud/instancetypes", "internal/cloud/pricelist", "internal/failure", "internal/fleet", "internal/market", "internal/market/kept", "internal/money", "internal/objects"}, uses{sdk}},

	{"internal/simulation", worldly, sees{"internal/failure", "internal/fleet", "internal/pace", "internal/money", "internal/plan", "internal/objects"}, uses{}},
	{"internal/simulation/invoice", worldly, sees{"internal/fleet", "internal/money", "internal/billing", "internal/billing/commitments", "internal/billing/export", "internal/market", "internal/simulation"}, uses{decimal}},

	// The same organisation with offpeak and without: the optimizer, the planner and the simulation brought together.
	{"internal/twin", worldly, sees{"internal/fleet", "internal/money", "internal/plan", "internal/objects", "internal/ledger", "internal/optimizer", "internal/billing", "internal/billing/...", "internal/simulation", "internal/simulation/invoice", "internal/market", "autospot", "autospot/balance", "scheduler"}, uses{}},

	// The sample organisation that the demo plays.
	{".", pure, sees{}, uses{}},

	// offpeak on AWS, put together, and the Lambda functions.
	{"internal/live", worldly, sees{"..."}, uses{}},
	{"internal/live/spot", worldly, sees{"..."}, uses{}},
	{"internal/live/report", worldly, sees{"..."}, uses{}},
	{"internal/live/survey", worldly, sees{"..."}, uses{}},
	{"functions/invoke", worldly, sees{}, uses{}},
	{"functions/dispatch", worldly, sees{"internal/hub", "internal/live"}, uses{lambda}},
	{"functions/schedule", worldly, sees{"internal/hub", "internal/live"}, uses{lambda}},
	{"functions/autospot", worldly, sees{"internal/hub", "internal/live", "internal/live/spot"}, uses{lambda}},
	{"functions/report", worldly, sees{"internal/live", "internal/live/report", "reports/occasion"}, uses{lambda}},
	{"functions/survey", worldly, sees{"internal/live", "internal/live/survey", "reports/occasion"}, uses{lambda}},
	{"functions/interruption", worldly, sees{"internal/hub", "internal/live", "internal/live/spot"}, uses{lambda}},

	// What is deployed, and what it may do there.
	{"infra/permit", pure, sees{}, uses{}},
	{"infra/evaluate", pure, sees{}, uses{}},
	{"infra/costs", pure, sees{}, uses{decimal}},
	{"infra/config", pure, sees{"internal/fleet", "internal/spelling", "scheduler/zone"}, uses{}},
	{"infra", worldly, sees{"infra/permit", "infra/config", "internal/billing/export", "internal/billing/landing", "internal/billing/query"}, uses{cdk, constructs, jsii}},
	{"infra/app", worldly, sees{"infra", "infra/config"}, uses{cdk, jsii}},

	// Programs wire it all.
	{"cmd/offpeak", worldly, sees{"..."}, uses{"github.com/spf13/cobra", "github.com/mattn/go-runewidth", "golang.org/x/term", yaml}},
}

// edges are the modules that reach out of the program. Each has one home; no row of the table can give it another.
var edges = []struct{ module, home string }{
	{"github.com/aws/aws-sdk-go-v2", "internal/cloud"},
	{"github.com/aws/smithy-go", "internal/cloud"},
	{"github.com/aws/aws-lambda-go", "functions"},
	{"github.com/aws/aws-cdk-go", "infra"},
	{"github.com/aws/constructs-go", "infra"},
	{"github.com/aws/jsii-runtime-go", "infra"},
	{"github.com/duckdb/duckdb-go", "internal/billing/duckdb"},
}

// Adapters are given to planners, never the other way round. No row of the table can change that either.
var (
	adapters = []string{"internal/cloud", "internal/local", "internal/simulation"}
	planners = []string{"scheduler", "autospot"}
)

// Lines of a file, tests and generated files aside.
const (
	longFile    = 400 // said in the log: look whether there are two ideas in it
	tooLongFile = 500 // refused
)

func TestArchitecture(t *testing.T) {
	t.Parallel()
	folders := readModule(t, os.DirFS("."))
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			for _, f := range folders {
				for _, complaint := range rule.check(f) {
					t.Error(complaint)
				}
			}
		})
	}
	for _, f := range folders {
		for _, s := range f.files {
			if s.lines > longFile && !s.generated() {
				t.Logf("%s has %d lines: is there a second idea in it that wants a file of its own?", s.path, s.lines)
			}
		}
	}
}

func TestTheDemoIsBuiltWithoutAWS(t *testing.T) {
	t.Parallel()
	const program = "cmd/offpeak"
	var folders []folder
	for _, f := range readModule(t, os.DirFS(".")) {
		files := slices.DeleteFunc(slices.Clone(f.files), func(s source) bool { return !s.builtFor("demo") })
		if len(files) > 0 {
			folders = append(folders, folder{f.path, files})
		}
	}
	linked := closure(folders, program)
	if len(linked) == 0 {
		t.Fatalf("%s is not there; where is the program now?", program)
	}
	for _, f := range linked {
		if within(f.path, "internal/cloud") {
			t.Errorf("%s links %s: the demo is for people without an AWS account and must build in a minute", program, f.path)
		}
		for _, a := range f.arrows() {
			if within(a.to, "github.com/aws/aws-sdk-go-v2") {
				t.Errorf("%s links the AWS SDK: %s imports %s", program, a.at, a.to)
			}
		}
	}
}
