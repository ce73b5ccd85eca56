package infra

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"offpeak/infra/config"
	"offpeak/infra/permit"
)

// Function is a Lambda function of the hub: a folder of functions, and its program in build.
type Function struct {
	// Name is that of its folder. The function is called offpeak-<name>.
	Name string
	// ID is what the template calls it.
	ID string
	// Memory is in MB. The programs wait for AWS more than they compute; what they hold is what decides.
	Memory  int
	Timeout time.Duration
	// Purpose is for people who find it in the console.
	Purpose string
	// Role says what it may do.
	Role func(permit.Hub) permit.Role
	// Variables are its environment.
	Variables []Variable
}

// Variable is an environment variable of a function, and the thing of the hub that it names.
type Variable struct{ Name, Of string }

// What variables name: logical ids of the hub's template.
const (
	storeID      = "Store"
	wakesID      = "Wakes"
	alertsID     = "Alerts"
	killSwitchID = "KillSwitch"
	spotWakesID  = "SpotWakes"

	reportsID   = "Reports"
	billID      = "Bill"
	exportsID   = "Exports"
	workgroupID = "Workgroup"
	mailsID     = "ReportMails"
	senderID    = "Sender" // of variables: the address itself
)

// Functions are those of the scheduler, which every hub has.
func Functions() []Function {
	variables := []Variable{{"OFFPEAK_BUCKET", storeID}, {"OFFPEAK_QUEUE_URL", wakesID}, {"OFFPEAK_TOPIC_ARN", alertsID}}
	return []Function{
		{
			Name: "dispatch", ID: "Dispatch", Memory: 256, Timeout: 5 * time.Minute, Role: permit.Hub.Dispatch, Variables: variables,
			Purpose: "Every five minutes, and at events: finds out which accounts and regions are due, and sends a wake for each",
		},
		{
			// The longest that Lambda gives. A sweep gives its lease back in time, and goes on in another invocation.
			Name: "schedule", ID: "Schedule", Memory: 512, Timeout: 15 * time.Minute, Role: permit.Hub.Worker, Variables: append(slices.Clone(variables), Variable{"OFFPEAK_KILL_SWITCH", killSwitchID}),
			Purpose: "Answers a wake: looks at one account in one region, plans, writes down what it will do, does it, and writes down what came of it",
		},
	}
}

// SpotFunctions are those of AutoSpot, which a hub has that is asked for it.
func SpotFunctions() []Function {
	return []Function{
		{
			// It holds a region's types and weeks of Spot prices: with a thousand groups some 450 MB in all (BenchmarkPlan of autospot).
			Name: "autospot", ID: "Autospot", Memory: 1024, Timeout: 15 * time.Minute, Role: permit.Hub.AutoSpot,
			Variables: []Variable{{"OFFPEAK_BUCKET", storeID}, {"OFFPEAK_SPOT_QUEUE_URL", spotWakesID}, {"OFFPEAK_TOPIC_ARN", alertsID}, {"OFFPEAK_KILL_SWITCH", killSwitchID}},
			Purpose:   "Once a day, and when woken: looks at what could run on Spot in one account and region, or does, plans, writes down and moves",
		},
		{
			Name: "interruption", ID: "Interruption", Memory: 128, Timeout: time.Minute, Role: permit.Hub.Interruption,
			Variables: []Variable{{"OFFPEAK_BUCKET", storeID}, {"OFFPEAK_SPOT_QUEUE_URL", spotWakesID}},
			Purpose:   "At events: hears that Spot instances are taken and that launches fail, and wakes AutoSpot for what it has moved",
		},
	}
}

// ReportFunctions are those of quarterly reports, which a hub has that is asked for them.
func ReportFunctions() []Function {
	return []Function{{
		Name: "survey", ID: "Survey", Memory: 512, Timeout: 15 * time.Minute, Role: permit.Hub.Survey,
		Variables: []Variable{{"OFFPEAK_BUCKET", storeID}, {"OFFPEAK_REPORTS_BUCKET", reportsID}},
		Purpose:   "Once a day: looks, once for each quarter that has ended, at what there is in every account and region, for its report",
	}, {
		// It draws pictures and writes sheets and pages of a quarter, all of it in memory.
		Name: "report", ID: "Report", Memory: 2048, Timeout: 15 * time.Minute, Role: permit.Hub.Report,
		Variables: []Variable{
			{"OFFPEAK_BUCKET", storeID},
			{"OFFPEAK_TOPIC_ARN", alertsID},
			{"OFFPEAK_REPORTS_BUCKET", reportsID},
			{"OFFPEAK_BILL_BUCKET", billID},
			{"OFFPEAK_EXPORTS_BUCKET", exportsID},
			{"OFFPEAK_WORKGROUP", workgroupID},
			{"OFFPEAK_REPORT_FROM", senderID},
			{"OFFPEAK_CONFIGURATION_SET", mailsID},
		},
		Purpose: "Once a day, and when a delivery of the bill is complete or a mail comes back: publishes bills, makes quarterly reports and mails each once",
	}}
}

// AllFunctions are those that a hub has that is asked for everything.
func AllFunctions() []Function {
	return slices.Concat(Functions(), SpotFunctions(), ReportFunctions())
}

// functionsOf are those of a deployment.
func functionsOf(c config.Config) []Function {
	functions := Functions()
	if c.AutoSpot {
		for i := range functions {
			if functions[i].Name == "dispatch" { // it wakes AutoSpot for a new policy
				functions[i].Variables = append(slices.Clone(functions[i].Variables), Variable{"OFFPEAK_SPOT_QUEUE_URL", spotWakesID})
			}
		}
		functions = append(functions, SpotFunctions()...)
	}
	if c.Report == nil {
		return functions
	}
	for _, f := range ReportFunctions() {
		if c.AutoSpot { // by which they know that what Spot costs is kept; they send nothing to it
			f.Variables = append(f.Variables, Variable{"OFFPEAK_SPOT_QUEUE_URL", spotWakesID})
		}
		functions = append(functions, f)
	}
	return functions
}

// program is the name that Lambda's provided runtimes start.
const program = "bootstrap"

// Asset returns the folder of a function's program, which "make build" makes. What is not there, or would not run on Lambda, is an error.
func (f Function) Asset(build string) (string, error) {
	folder := filepath.Join(build, f.Name)
	path := filepath.Join(folder, program)
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("the program of the function %s is not there (%s): run \"make build\" first", f.Name, path)
	}
	defer file.Close() //nolint:errcheck // it was only read
	var head [20]byte
	if _, err := file.Read(head[:]); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	const arm64 = 183 // EM_AARCH64 of the ELF header
	if !bytes.HasPrefix(head[:], []byte("\x7fELF")) || binary.LittleEndian.Uint16(head[18:]) != arm64 {
		return "", fmt.Errorf("%s is no program for Linux on arm64, which the functions run on: run \"make build\" again", path)
	}
	return folder, nil
}
