package costs

import "github.com/shopspring/decimal"

// SpotFleet is how much AutoSpot looks after: in each account and region so many groups that ask for Spot, of so many instances each.
type SpotFleet struct {
	Fleet
	Groups, Instances int
}

// SpotMeasured is what one run of each kind does in AutoSpot's functions.
type SpotMeasured struct {
	// Milliseconds of a look, of what each group adds to it, of what asking for the market adds once a day, of a tick and of an event.
	Look, Group, Market, Tick, Event int
	// Requests to S3 of a day's first look, of another, and of an event.
	DayReads, DayWrites, LookReads, LookWrites, EventReads, EventWrites int
	// LinesOfALook are the bytes of log of a look.
	LinesOfALook int
	// EventsOfOne and LooksAfterOne are how many events AWS sends of an interruption, and how many looks follow it.
	EventsOfOne, LooksAfterOne int
}

// SpotLocal are the figures of the built functions against a stand-in for AWS on the same machine (TestAutoSpotOfHundredsOfGroups), whose calls are paced
// as on AWS: two hundred groups took 17 seconds, and the catalogue and a month of prices of three hundred types 25 more. An event reads notices and
// memory, and notes what is of a moved group.
func SpotLocal() SpotMeasured {
	return SpotMeasured{
		Look: 100, Group: 85, Market: 25_000, Tick: 20, Event: 20, DayReads: 15, DayWrites: 10, LookReads: 5, LookWrites: 6, EventReads: 3, EventWrites: 1,
		LinesOfALook: 250, EventsOfOne: 2, LooksAfterOne: 3,
	}
}

// Memory of AutoSpot's functions in MB, days of a month, and how many of a thousand Spot instances are interrupted in a month by what a plan of the guide
// forecasts: 2.3 of nine in a quarter.
const (
	autospotMemory     = 1024
	interruptionMemory = 128
	days               = 30
	interrupted        = 85
)

// SpotMonth is what AutoSpot adds to the bill of a month.
func SpotMonth(f SpotFleet, m SpotMeasured, alarms int) []Line {
	scopes := f.Accounts * f.Regions
	daily := scopes * days
	interruptions := scopes * f.Groups * f.Instances * interrupted / 1000
	events, after := interruptions*m.EventsOfOne, interruptions*m.LooksAfterOne
	looks := daily + after
	milliseconds := looks*(m.Look+f.Groups*m.Group) + daily*m.Market + days*m.Tick
	return []Line{
		line("Lambda, duration of looks", gigabyteSeconds(milliseconds, autospotMemory), LambdaDuration),
		line("Lambda, duration of events", gigabyteSeconds(events*m.Event, interruptionMemory), LambdaDuration),
		line("Lambda, invocations", whole(looks+events+days), LambdaInvocation),
		line("EventBridge Scheduler", whole(days), SchedulerInvocation),
		line("SQS, wakes", whole(days*((scopes+messages-1)/messages)+after+2*looks), SQSRequest),
		line("SQS, Lambda's polling of an empty queue", whole(idlePolls), SQSRequest),
		line("S3, reads", whole(daily*m.DayReads+after*m.LookReads+events*m.EventReads), S3Read),
		line("S3, writes and listings", whole(daily*m.DayWrites+after*m.LookWrites+events*m.EventWrites), S3Write),
		line("CloudWatch, logs", gigabytes(looks*m.LinesOfALook+(looks+events+days)*Local().LinesOfARun), LogGigabyte),
		apart(line("CloudWatch, alarms", whole(alarms), Alarm)),
	}
}

// SpotTable is the page's table of what AutoSpot adds to fleets of several sizes.
func SpotTable(fleets []SpotFleet, m SpotMeasured, alarms int) string {
	sizes, bills := make([]Fleet, len(fleets)), make([][]Line, len(fleets))
	for i, f := range fleets {
		sizes[i], bills[i] = f.Fleet, SpotMonth(f, m, alarms)
	}
	return table(sizes, bills)
}

// SpotTotal is what AutoSpot adds to a month, alarms apart.
func SpotTotal(f SpotFleet, m SpotMeasured) decimal.Decimal { return Total(SpotMonth(f, m, 0), false) }
