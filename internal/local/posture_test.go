package local_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
)

// posture reads texts and returns how the resource of an id is set up.
func posture(t *testing.T, id string, texts ...string) *fleet.Posture {
	t.Helper()
	s, err := read(local.Options{Taken: friday, Posture: true}, texts...)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Resources {
		if r.ID == id {
			return r.Posture
		}
	}
	t.Fatalf("%s is not there", id)
	return nil
}

const volumes = `{"Volumes": [{"VolumeId": "vol-08e5381938d0eed25", "VolumeType": "gp2", "Encrypted": false, "Attachments": []}, {"VolumeId": "vol-1", "VolumeType": "gp3", "Encrypted": true}, {"VolumeId": "vol-2"}]}`

// devices are volumes of an instance.
func devices(ids ...string) string {
	for i := range ids {
		ids[i] = `{"DeviceName": "/dev/sd` + string(rune('a'+i)) + `", "Ebs": {"VolumeId": "` + ids[i] + `"}}`
	}
	return `"BlockDeviceMappings": [` + strings.Join(ids, ", ") + `]`
}

func TestHowThingsAreSetUp(t *testing.T) {
	t.Parallel()
	seoul := []string{"ap-northeast-2c"}
	for _, row := range []struct {
		says, list, id, change string
		with                   []string
		want                   fleet.Posture
	}{
		{
			"an instance that requires IMDSv2", "Reservations", "i-048ff0f154b0f10bf",
			`{"ImageId": "ami-1", "PublicIpAddress": null, "NetworkInterfaces": [], "MetadataOptions": {"HttpTokens": "required", "State": "applied"}, ` + devices("vol-1") + `}`,
			nil,
			fleet.Posture{Zones: seoul, Image: "ami-1", IMDSv2: fleet.Yes, Public: fleet.No, Volumes: []fleet.Disk{{ID: "vol-1"}}},
		},
		{
			"an instance that does not, with an elastic address at its second interface", "Reservations", "i-048ff0f154b0f10bf",
			`{"ImageId": "ami-1", "PublicIpAddress": null, "MetadataOptions": {"HttpTokens": "optional"}, ` + devices() + `,
				"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1"}, {"NetworkInterfaceId": "eni-2", "Association": {"PublicIp": "203.0.113.7"}}]}`,
			nil,
			fleet.Posture{Zones: seoul, Image: "ami-1", IMDSv2: fleet.No, Public: fleet.Yes},
		},
		{
			"metadata that an older AWS CLI does not print are not known; of volumes what was listed", "Reservations", "i-048ff0f154b0f10bf",
			`{"ImageId": "ami-1", "PublicIpAddress": "198.51.100.4", "MetadataOptions": null, ` + devices("vol-2", "vol-08e5381938d0eed25", "vol-1", "vol-unlisted") + `}`,
			[]string{volumes},
			fleet.Posture{Zones: seoul, Image: "ami-1", Public: fleet.Yes, Volumes: []fleet.Disk{
				{ID: "vol-08e5381938d0eed25", Type: "gp2", Encrypted: fleet.No}, {ID: "vol-1", Type: "gp3", Encrypted: fleet.Yes}, {ID: "vol-2"}, {ID: "vol-unlisted"},
			}},
		},
		{
			"a group with a mixed policy", "AutoScalingGroups", "dev-shop-web",
			`{"LaunchTemplate": null, "MixedInstancesPolicy": {"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-x", "Version": "1"},
				"Overrides": [{"InstanceType": "m5.large"}, {"InstanceType": "m6i.large"}]}, "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 0}}}`,
			nil,
			fleet.Posture{Zones: []string{"ap-northeast-2a", "ap-northeast-2c"}, Mix: &fleet.Mix{Strategy: "lowest-price", Types: []string{"m5.large", "m6i.large"}}},
		},
		{"a group without one", "AutoScalingGroups", "dev-shop-web", `{}`, nil, fleet.Posture{Zones: []string{"ap-northeast-2a", "ap-northeast-2c"}}},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			texts := append([]string{listed(t, row.list, row.change)}, row.with...)
			if diff := cmp.Diff(&row.want, posture(t, row.id, texts...)); diff != "" {
				t.Error(diff)
			}
			texts[0], texts[len(texts)-1] = texts[len(texts)-1], texts[0] // the order of files does not matter
			if diff := cmp.Diff(&row.want, posture(t, row.id, texts...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHowDatabasesAreSetUp(t *testing.T) {
	t.Parallel()
	const instance = `{"DBInstances": [{"DBInstanceIdentifier": "orders", "DBInstanceArn": "arn:aws:rds:ap-northeast-2:111122223333:db:orders", "DBInstanceStatus": "available",
		"DBInstanceClass": "db.m6g.large", "Engine": "postgres", "TagList": []`
	const cluster = `{"DBClusters": [{"DBClusterIdentifier": "orders", "DBClusterArn": "arn:aws:rds:ap-northeast-2:111122223333:cluster:orders", "Status": "available",
		"Engine": "aurora-postgresql", "TagList": []`
	for _, row := range []struct {
		says, text string
		want       fleet.Posture
	}{
		{
			"a database in one zone", instance + `, "AvailabilityZone": "ap-northeast-2c", "MultiAZ": false, "PubliclyAccessible": false, "StorageEncrypted": true, "StorageType": "gp3", "BackupRetentionPeriod": 0}]}`,
			fleet.Posture{Zones: []string{"ap-northeast-2c"}, Public: fleet.No, Encrypted: fleet.Yes, Storage: "gp3", Backups: fleet.No, MultiZone: fleet.No},
		},
		{
			"a database with a standby", instance + `, "AvailabilityZone": "ap-northeast-2c", "SecondaryAvailabilityZone": "ap-northeast-2a", "MultiAZ": true, "PubliclyAccessible": true, "StorageEncrypted": false, "BackupRetentionPeriod": 7}]}`,
			fleet.Posture{Zones: []string{"ap-northeast-2c", "ap-northeast-2a"}, Public: fleet.Yes, Encrypted: fleet.No, Backups: fleet.Yes, MultiZone: fleet.Yes},
		},
		{"what is left out is not known", instance + `}]}`, fleet.Posture{}},
		{
			"a cluster", cluster + `, "AvailabilityZones": ["ap-northeast-2c", "ap-northeast-2a"], "MultiAZ": true, "StorageEncrypted": true, "StorageType": "aurora", "BackupRetentionPeriod": 1}]}`,
			fleet.Posture{Zones: []string{"ap-northeast-2a", "ap-northeast-2c"}, Encrypted: fleet.Yes, Storage: "aurora", Backups: fleet.Yes, MultiZone: fleet.Yes},
		},
		{"a cluster of which little is told", cluster + `}]}`, fleet.Posture{}},
	} {
		if diff := cmp.Diff(&row.want, posture(t, "orders", row.text)); diff != "" {
			t.Errorf("%s: %s", row.says, diff)
		}
	}
}

func TestPostureIsSavedAndOnlyWhereAskedFor(t *testing.T) {
	t.Parallel()
	texts := []string{listed(t, "Reservations", `{"MetadataOptions": {"HttpTokens": "optional"}}`), volumes}
	s, err := read(local.Options{Taken: friday, Posture: true}, texts...)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := read(local.Options{}, string(text))
	if diff := cmp.Diff(s, again); err != nil || diff != "" || again.Resources[0].Posture.IMDSv2 != fleet.No {
		t.Errorf("what was saved is read otherwise: %v %s", err, diff)
	}
	without, err := read(local.Options{Taken: friday}, texts...)
	if err != nil || without.Resources[0].Posture != nil {
		t.Errorf("nobody asked: %+v, %v", without.Resources[0].Posture, err)
	}
	plain, err := json.Marshal(without)
	if err != nil || strings.Contains(string(plain), "posture") {
		t.Errorf("a snapshot without is written otherwise than before: %v", err)
	}
}

func TestVolumesAreReadWhole(t *testing.T) {
	t.Parallel()
	for _, options := range []local.Options{{Taken: friday}, {Taken: friday, Posture: true}} {
		_, err := read(options, `{"Volumes": [{"VolumeType": "gp2"}]}`)
		if err == nil || !strings.Contains(err.Error(), "$.Volumes[0].VolumeId: missing") {
			t.Errorf("a volume without a name: %v", err)
		}
	}
}
