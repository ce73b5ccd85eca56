package local_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"offpeak/internal/local"
)

const lists = `expected one of Reservations from "aws ec2 describe-instances", AutoScalingGroups from "aws autoscaling describe-auto-scaling-groups", ` +
	`DBInstances from "aws rds describe-db-instances", DBClusters from "aws rds describe-db-clusters", services from "aws ecs describe-services --include TAGS"`

func TestRefusesWhatIsNoListing(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, text, want string }{
		{"nothing", "", "a.json: is empty; the JSON that the AWS CLI prints was expected"},
		{"nothing but white space", strings.Repeat(" \n", 400), "a.json: is empty; the JSON that the AWS CLI prints was expected"},
		{"nothing but a byte order mark", "\ufeff", "a.json: is empty; the JSON that the AWS CLI prints was expected"},
		{"the answer to --query", `[{"InstanceId": "i-1"}]`, "a.json: is a JSON array, as --query prints it; list again without --query, so that the whole answer is there"},
		{"YAML", "Reservations:\n- Groups: []\n", "a.json: is YAML; list again with --output json"},
		{"YAML stream", "- Reservations:\n", "a.json: is YAML; list again with --output json"},
		{"a table", "-----------------\n|DescribeInstances|\n", "a.json: is a table; list again with --output json"},
		{"text", "RESERVATIONS\t111122223333\n", "a.json: is tab-separated text; list again with --output json"},
		{"HTML", "<!doctype html>", "a.json: is HTML or XML; the JSON that the AWS CLI prints was expected"},
		{"compressed", "\x1f\x8b\x08", "a.json: is compressed; unpack it first, the JSON that the AWS CLI prints was expected"},
		{"UTF-16 with its mark", utf16le("\ufeff{}"), "a.json: is in UTF-16, as Windows PowerShell's > writes it; write UTF-8 (... | Out-File -Encoding utf8 FILE)"},
		{"UTF-16 without", utf16le("{}"), "a.json: is in UTF-16, as Windows PowerShell's > writes it; write UTF-8 (... | Out-File -Encoding utf8 FILE)"},
		{"an error message", "\nUnable to locate credentials", `a.json: begins with "Unable to locate credentials"; a JSON object as the AWS CLI prints it was expected`},
		{"null", "null", `a.json: begins with "null"; a JSON object as the AWS CLI prints it was expected`},
		{"an object without a list", `{}`, "a.json: $: holds no list (" + lists + ")"},
		{"another answer", `{"Snapshots": []}`, "a.json: $.Snapshots: is not known here (" + lists + ")"},
		{"no listing after a listing", `{"Reservations": []} []`, "a.json: document 2, $: is a list (expected an object)"},
		{"a list that is none", `{"Reservations": {}}`, "a.json: $.Reservations: is an object (expected a list)"},
		{"records that are none", `{"Reservations": [[]]}`, "a.json: $.Reservations[0]: is a list (expected an object)"},
		{"a reservation without instances", `{"Reservations": [{"OwnerId": "111122223333"}]}`, "a.json: $.Reservations[0].Instances: missing (expected a list)"},
		{"a listing cut by --max-items", `{"services": [], "NextToken": "abc"}`, "a.json: $.NextToken: the listing was cut here; list again without --max-items and --no-paginate, so that it is whole"},
		{"a page of --no-paginate", `{"DBInstances": [], "Marker": "abc"}`, "a.json: $.Marker: the listing was cut here; list again without --max-items and --no-paginate, so that it is whole"},
		{"cut off", "{\"Reservations\": [\n{\"Instances\": [\n", "a.json: $.Reservations[0].Instances: the text ends here, in line 3, in the middle of things: it was cut off"},
		{"cut off in a word", `{"Reservations": [{"OwnerId": "1111`, "a.json: $.Reservations[0].OwnerId: the text ends here, in line 1, in the middle of things: it was cut off"},
		{"broken", "{\"Reservations\": [\n{\"Instances\": []\n\"OwnerId\": 1}]}", "a.json: $.Reservations[0]: line 3, byte 36: invalid character '\"' after object value (expecting ',' or '}')"},
		{"a comma too many", `{"services": [],}`, "a.json: $: line 1, byte 15: invalid character ',' at start of value"},
		{"a name twice", `{"Reservations": [], "Reservations": []}`, "a.json: $.Reservations: stands twice in one object"},
		{"Korean Windows", "{\"Reservations\":\n[{\"Groups\": \"\xb0\xb3\xb9\xdf\"}]}", "a.json: $.Reservations[0].Groups: line 2 is not in UTF-8; list again with the environment variable PYTHONUTF8=1, which the AWS CLI heeds"},
		{"half a character, escaped", `{"Reservations": [{"Groups": "\ud800"}]}`, "a.json: $.Reservations[0].Groups: line 1, byte 30: invalid surrogate pair `\\ud800\"}]}` in string"},
	} {
		_, err := read(local.Options{Taken: friday}, row.text)
		if err == nil || err.Error() != row.want {
			t.Errorf("%s:\ngot  %v\nwant %s", row.name, err, row.want)
		}
	}
}

func utf16le(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		b.WriteByte(byte(unit))
		b.WriteByte(byte(unit >> 8))
	}
	return b.String()
}

func TestRefusesBrokenRecords(t *testing.T) {
	t.Parallel()
	const (
		i = "a.json: $.Reservations[0].Instances[0]"
		g = "a.json: $.AutoScalingGroups[0]"
		d = "a.json: $.DBInstances[0]"
		c = "a.json: $.DBClusters[0]"
		s = "a.json: $.services[0]"

		anARN = "(expected an ARN such as arn:aws:rds:ap-northeast-2:111122223333:db:orders)"
	)
	for _, row := range []struct{ list, change, want string }{
		{"Reservations", `{"State": null}`, i + ".State.Name: missing (expected one of pending, running, stopping, stopped, shutting-down, terminated)"},
		{"Reservations", `{"State": {"Name": "asleep"}}`, i + `.State.Name: is "asleep" (expected one of pending, running, stopping, stopped, shutting-down, terminated)`},
		{"Reservations", `{"State": {"Name": 16}}`, i + ".State.Name: is a number (expected text)"},
		{"Reservations", `{"State": "running"}`, i + ".State: is text (expected an object)"},
		{"Reservations", `{"InstanceId": null}`, i + ".InstanceId: missing (expected an id such as i-0123456789abcdef0)"},
		{"Reservations", `{"InstanceType": ""}`, i + ".InstanceType: missing (expected a type such as m5.large)"},
		{"Reservations", `{"LaunchTime": null}`, i + ".LaunchTime: missing (expected an instant such as 2026-11-20T10:35:01+00:00)"},
		{"Reservations", `{"LaunchTime": "yesterday"}`, i + `.LaunchTime: "yesterday" is no instant (expected one such as 2026-11-20T10:35:01+00:00)`},
		{"Reservations", `{"LaunchTime": {}}`, i + ".LaunchTime: {} is no instant (expected one such as 2026-11-20T10:35:01+00:00, or seconds since 1970)"},
		{"Reservations", `{"Placement": {}}`, i + ".Placement.AvailabilityZone: missing (expected a zone such as ap-northeast-2a; the region can also be given with the command)"},
		{"Reservations", `{"Placement": {"AvailabilityZone": "Seoul"}}`, i + `.Placement.AvailabilityZone: is "Seoul" (expected a zone such as ap-northeast-2a)`},
		{"Reservations", `{"Placement": {"AvailabilityZone": "ap-northeast-2"}}`, i + `.Placement.AvailabilityZone: is "ap-northeast-2" (expected a zone such as ap-northeast-2a)`},
		{"Reservations", `{"OwnerId": ""}`, "a.json: $.Reservations[0].OwnerId: missing (expected an account id; it can also be given with the command)"},
		{"Reservations", `{"OwnerId": "self"}`, `a.json: $.Reservations[0].OwnerId: is "self" (expected an account id of twelve digits)`},
		{"Reservations", `{"OwnerId": 111122223333}`, "a.json: $.Reservations[0].OwnerId: is a number (expected text)"},
		{"Reservations", `{"Tags": [{"Value": "x"}]}`, i + ".Tags[0].Key: missing (expected a tag's key)"},
		{"Reservations", `{"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}`, i + ".Tags: holds a key twice"},
		{"Reservations", `{"Tags": {"Name": "x"}}`, i + ".Tags: is an object (expected a list)"},

		{"AutoScalingGroups", `{"AutoScalingGroupName": null}`, g + ".AutoScalingGroupName: missing (expected a name)"},
		{"AutoScalingGroups", `{"AutoScalingGroupARN": null}`, g + ".AutoScalingGroupARN: missing " + anARN},
		{"AutoScalingGroups", `{"AutoScalingGroupARN": "dev-shop-web"}`, g + `.AutoScalingGroupARN: is "dev-shop-web" ` + anARN},
		{"AutoScalingGroups", `{"MinSize": null}`, g + ".MinSize: missing (expected a whole number)"},
		{"AutoScalingGroups", `{"MaxSize": 1.5}`, g + ".MaxSize: is 1.5 (expected a whole number)"},
		{"AutoScalingGroups", `{"MaxSize": 1e30}`, g + ".MaxSize: is 1e+30 (expected a whole number)"},
		{"AutoScalingGroups", `{"DesiredCapacity": -1}`, g + `.DesiredCapacity: is "-1" (expected a whole number, zero or above)`},
		{"AutoScalingGroups", `{"DesiredCapacity": "2"}`, g + ".DesiredCapacity: is text (expected a whole number)"},

		{"DBInstances", `{"DBInstanceArn": "arn:aws:rds:ap-northeast-2:dev:db:x"}`, d + `.DBInstanceArn: is "arn:aws:rds:ap-northeast-2:dev:db:x" ` + anARN},
		{"DBInstances", `{"DBInstanceStatus": null}`, d + ".DBInstanceStatus: missing (expected a status such as available or stopped)"},
		{"DBInstances", `{"DBInstanceIdentifier": null}`, d + ".DBInstanceIdentifier: missing (expected a name)"},
		{"DBInstances", `{"Engine": null}`, d + ".Engine: missing (expected an engine such as postgres)"},
		{"DBInstances", `{"DBInstanceClass": null}`, d + ".DBInstanceClass: missing (expected a class such as db.m6g.large)"},
		{"DBInstances", `{"MultiAZ": "yes"}`, d + ".MultiAZ: is text (expected true or false)"},

		{"DBClusters", `{"DBClusterArn": null}`, c + ".DBClusterArn: missing " + anARN},
		{"DBClusters", `{"Status": null}`, c + ".Status: missing (expected a status such as available or stopped)"},
		{"DBClusters", `{"DBClusterIdentifier": null}`, c + ".DBClusterIdentifier: missing (expected a name)"},
		{"DBClusters", `{"Engine": null}`, c + ".Engine: missing (expected an engine such as aurora-postgresql)"},

		{"services", `{"serviceName": null}`, s + ".serviceName: missing (expected a name)"},
		{"services", `{"serviceArn": null}`, s + ".serviceArn: missing " + anARN},
		{"services", `{"status": null}`, s + ".status: missing (expected one of ACTIVE, DRAINING, INACTIVE)"},
		{"services", `{"status": "active"}`, s + `.status: is "active" (expected one of ACTIVE, DRAINING, INACTIVE)`},
		{"services", `{"desiredCount": null}`, s + ".desiredCount: missing (expected a whole number)"},
		{"services", `{"runningCount": null}`, s + ".runningCount: missing (expected a whole number)"},
		{"services", `{"createdAt": -5}`, s + ".createdAt: -5 is no instant (expected one such as 2026-11-20T10:35:01+00:00, or seconds since 1970)"},
		{
			"services", `{"serviceArn": "arn:aws:ecs:ap-northeast-2:111122223333:service/api", "clusterArn": null}`,
			s + ".clusterArn: missing (expected an ARN such as arn:aws:ecs:ap-northeast-2:111122223333:cluster/shop)",
		},
	} {
		_, err := read(local.Options{Taken: friday}, listed(t, row.list, row.change))
		if err == nil || err.Error() != row.want {
			t.Errorf("%s:\ngot  %v\nwant %s", row.change, err, row.want)
		}
	}
}

func TestRefusesOtherScopes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		list string
		opts local.Options
		want string
	}{
		{"Reservations", local.Options{Account: "222233334444"}, "a.json: $.Reservations[0].OwnerId: is of account 111122223333, but 222233334444 was asked for"},
		{"Reservations", local.Options{Region: "us-east-1"}, "a.json: $.Reservations[0].Instances[0].Placement.AvailabilityZone: is in region ap-northeast-2, but us-east-1 was asked for"},
		{"services", local.Options{Account: "222233334444"}, "a.json: $.services[0].serviceArn: is of account 111122223333, but 222233334444 was asked for"},
		{"DBClusters", local.Options{Region: "us-east-1"}, "a.json: $.DBClusters[0].DBClusterArn: is in region ap-northeast-2, but us-east-1 was asked for"},
	} {
		row.opts.Taken = friday
		_, err := read(row.opts, listed(t, row.list, `{}`))
		if err == nil || err.Error() != row.want {
			t.Errorf("got  %v\nwant %s", err, row.want)
		}
	}
}

func TestTellsOfEveryBrokenFile(t *testing.T) {
	t.Parallel()
	_, err := read(local.Options{Taken: friday}, `[]`, listed(t, "services", `{}`), `{}`)
	if err == nil || !strings.Contains(err.Error(), "a.json: is a JSON array") || !strings.Contains(err.Error(), "\nc.json: $: holds no list") {
		t.Errorf("got %v", err)
	}
	if _, err := local.ReadInventoryFiles([]string{"testdata/absent.json"}, nil, local.Options{Taken: friday}); err == nil || !strings.Contains(err.Error(), "absent.json") {
		t.Errorf("an absent file: got %v", err)
	}
	if _, err := local.ReadInventory(nil, local.Options{Taken: friday}); err == nil {
		t.Error("no source at all was accepted")
	}
}

func TestReadingErrorsAreTold(t *testing.T) {
	t.Parallel()
	lost := errors.New("the disk is gone")
	for _, text := range []string{"", `{"Reservations": [`, strings.Repeat(" ", 5000)} {
		source := local.Source{Name: "-", Reader: io.MultiReader(strings.NewReader(text), broken{lost})}
		_, err := local.ReadInventory([]local.Source{source}, local.Options{Taken: friday})
		if !errors.Is(err, lost) || !strings.HasPrefix(err.Error(), "standard input: ") {
			t.Errorf("after %.20q: got %v", text, err)
		}
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// What never ends must not be read to its end: each of these texts goes on for ever.
func TestEndlessTextsFailFast(t *testing.T) {
	const most = 3 * local.RecordLimit
	for _, row := range []struct{ name, head, forever, want string }{
		{"garbage", "", "\x07garbage", "begins with"},
		{"white space", "", " \n", "a record ends within 16 MB"},
		{"white space in a list", `{"Reservations": [`, " ", "a record ends within 16 MB"},
		{"one text", `{"Reservations": [{"Groups": "`, "a", "a record ends within 16 MB"},
		{"one record", `{"DBInstances": [{"Engine": "x"`, `, "Engine": 1`, "stands twice"},
		{"one list in a record", `{"DBInstances": [{"VpcSecurityGroups": [{}`, `, {}`, "a record ends within 16 MB"},
		{"nesting", `{"DBInstances": [{"a": `, `[`, "depth"},
		{"a number", `{"DBInstances": [{"a": `, `1`, "a record ends within 16 MB"},
		{"a snapshot's resource", `{"format": "offpeak-snapshot/1", "resources": [{"id": "`, `1`, "a record ends within 16 MB"},
		{"a price list", `[{"region": "`, `1`, "a record ends within 16 MB"},
		{"a price list in CSV", `region,type,usd_per_hour,"`, "1", "longer than 16 MB"},
	} {
		t.Run(row.name, func(t *testing.T) {
			source := &endless{head: []byte(row.head), forever: bytes.Repeat([]byte(row.forever), 1000)}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var err error
			if strings.HasPrefix(row.name, "a price list") {
				_, err = local.ReadPrices("a", source)
			} else {
				_, err = local.ReadInventory([]local.Source{{Name: "a", Reader: source}}, local.Options{Taken: friday})
			}
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %.200v, want ... %s ...", err, row.want)
			}
			if source.given > most {
				t.Errorf("%d bytes were read, want at most %d", source.given, most)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 20*local.RecordLimit {
				t.Errorf("took %d MB of memory over time", took>>20)
			}
		})
	}
}

// endless is a text that never ends.
type endless struct {
	head, forever []byte
	given         int
}

func (e *endless) Read(p []byte) (given int, err error) {
	for given < len(p) {
		if len(e.head) == 0 {
			e.head = e.forever
		}
		n := copy(p[given:], e.head)
		e.head = e.head[n:]
		given += n
	}
	e.given += given
	return given, nil
}
