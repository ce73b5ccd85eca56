package instancetypes_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/instancetypes"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

var virginia = fleet.Scope{Region: "us-east-1"}

// TestEveryTypeOfTheStandIn reads all types through the SDK and compares them with the catalogue in CSV, which others wrote down: they must be the
// same in every fact, but for accelerators, of which the CSV tells the kind alone.
func TestEveryTypeOfTheStandIn(t *testing.T) {
	t.Parallel()
	access, err := cloud.Open(t.Context(), moto.Start(t).Options(moto.Home))
	if err != nil {
		t.Fatal(err)
	}
	reader := instancetypes.New(access)
	live, err := reader.Catalog(t.Context(), virginia)
	if err != nil {
		t.Fatal(err)
	}
	if m5, ok := live.Of("m5.large"); !ok || m5.VCPU != 2 || m5.Network.BaselineMbps != 750 || !m5.Spot {
		t.Errorf("m5.large is %+v", m5)
	}
	offerings, err := reader.Offerings(t.Context(), virginia)
	if err != nil {
		t.Fatal(err)
	}
	if offered, known := offerings.Offers("us-east-1a", "m5.large"); !offered || !known {
		t.Errorf("m5.large is not offered in us-east-1a: %d zones", len(offerings))
	}
	const file = "../../../../shared/data/ec2/instance_types.csv"
	table, err := os.Open(file)
	if err != nil {
		t.Skip("NOT COMPARED WITH THE CATALOGUE IN CSV: there is no " + file)
	}
	defer table.Close()
	listed, err := market.ReadCatalog(file, table)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, s := range live.All() {
		l, ok := listed.Of(s.Type)
		if !ok {
			continue // the stand-in is newer
		}
		compared++
		for i := range s.Accelerators {
			s.Accelerators[i] = market.Accelerator{Kind: s.Accelerators[i].Kind}
		}
		if diff := cmp.Diff(s, *l); diff != "" {
			t.Errorf("%s is told (-) and listed (+) otherwise: %s", s.Type, diff)
		}
	}
	if compared < 1000 {
		t.Errorf("only %d types were compared", compared)
	}
}

// typeXML is an instance type as EC2's query protocol writes it.
func typeXML(name string) string {
	return `<item><instanceType>` + name + `</instanceType><supportedUsageClasses><item>on-demand</item><item>spot</item></supportedUsageClasses><bareMetal>false</bareMetal>
<hypervisor>nitro</hypervisor><processorInfo><supportedArchitectures><item>x86_64</item></supportedArchitectures><manufacturer>Intel</manufacturer></processorInfo>
<vCpuInfo><defaultVCpus>4</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>8192</sizeInMiB></memoryInfo><networkInfo><enaSupport>required</enaSupport>
<maximumNetworkInterfaces>4</maximumNetworkInterfaces><networkCards><item><networkCardIndex>0</networkCardIndex><baselineBandwidthInGbps>1.25</baselineBandwidthInGbps></item></networkCards></networkInfo>
<neuronInfo><neuronDevices><item><count>1</count><name>Inferentia</name></item></neuronDevices></neuronInfo></item>`
}

func answer(call, list, next string) string {
	return fmt.Sprintf(`<%sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>%s<nextToken>%s</nextToken></%sResponse>`, call, list, next, call)
}

// recorded is a reader of an account that answers as AWS does in pages, which the stand-in does not.
func recorded(t *testing.T, respond func(form func(string) string) (int, string)) *instancetypes.Reader {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		status, body := respond(q.FormValue)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	access, err := cloud.Open(t.Context(), moto.Recorded(server.URL, "us-east-1"))
	if err != nil {
		t.Fatal(err)
	}
	return instancetypes.New(access)
}

func TestPages(t *testing.T) {
	t.Parallel()
	reader := recorded(t, func(form func(string) string) (int, string) {
		second := form("NextToken") == "2"
		switch form("Action") {
		case "DescribeInstanceTypes":
			if form("MaxResults") != "100" {
				t.Errorf("asked for pages of %q", form("MaxResults"))
			}
			if second {
				return http.StatusOK, answer("DescribeInstanceTypes", "<instanceTypeSet>"+typeXML("z2.large")+"</instanceTypeSet>", "")
			}
			return http.StatusOK, answer("DescribeInstanceTypes", "<instanceTypeSet>"+typeXML("z1.large")+"</instanceTypeSet>", "2")
		default:
			if form("MaxResults") != "1000" || form("LocationType") != "availability-zone" {
				t.Errorf("asked for pages of %q of %q", form("MaxResults"), form("LocationType"))
			}
			zone, next := "us-east-1a", "2"
			if second {
				zone, next = "us-east-1b", ""
			}
			return http.StatusOK, answer("DescribeInstanceTypeOfferings", "<instanceTypeOfferingSet><item><instanceType>z1.large</instanceType>"+
				"<locationType>availability-zone</locationType><location>"+zone+"</location></item></instanceTypeOfferingSet>", next)
		}
	})
	c, err := reader.Catalog(t.Context(), virginia)
	if err != nil {
		t.Fatal(err)
	}
	want := []market.Spec{}
	for _, name := range []string{"z1.large", "z2.large"} {
		want = append(want, market.Spec{
			Type: name, VCPU: 4, MemoryMiB: 8192, Architectures: []string{"x86_64"}, Manufacturer: "Intel", Hypervisor: "nitro", Spot: true,
			Accelerators: []market.Accelerator{{Kind: "neuron", Name: "Inferentia", Count: 1}},
			Network:      market.Network{BaselineMbps: 1250, ENA: "required", Interfaces: 4},
		})
	}
	if diff := cmp.Diff(want, c.All()); diff != "" {
		t.Error(diff)
	}
	o, err := reader.Offerings(t.Context(), virginia)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(market.Offerings{"us-east-1a": {"z1.large": true}, "us-east-1b": {"z1.large": true}}, o); diff != "" {
		t.Error(diff)
	}
}

// TestWhatAWSDoesNotTell is an error that says which call, and of which type.
func TestWhatAWSDoesNotTell(t *testing.T) {
	t.Parallel()
	denied := `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized</Message></Error></Errors><RequestID>r</RequestID></Response>`
	for _, row := range []struct {
		status int
		types  string
		places string
		want   [2]string
		class  failure.Class
	}{
		{http.StatusForbidden, denied, denied, [2]string{"ec2:DescribeInstanceTypes in us-east-1: ", "ec2:DescribeInstanceTypeOfferings in us-east-1: "}, failure.Denied},
		{
			http.StatusOK, answer("DescribeInstanceTypes", "<instanceTypeSet>"+strings.Replace(typeXML("z1.large"), "4</defaultVCpus>", "0</defaultVCpus>", 1)+"</instanceTypeSet>", ""),
			answer("DescribeInstanceTypeOfferings", "<instanceTypeOfferingSet><item><instanceType>z1.large</instanceType><locationType>region</locationType><location>x</location></item></instanceTypeOfferingSet>", ""),
			[2]string{"z1.large: missing (expected how many vCPUs it has)", `is "region" (expected availability-zone`},
			"",
		},
		{
			http.StatusOK, answer("DescribeInstanceTypes", "", ""), answer("DescribeInstanceTypeOfferings", "", ""),
			[2]string{"there are no instance types", ""},
			"",
		},
	} {
		reader := recorded(t, func(form func(string) string) (int, string) {
			if form("Action") == "DescribeInstanceTypes" {
				return row.status, row.types
			}
			return row.status, row.places
		})
		_, err := reader.Catalog(t.Context(), virginia)
		if err == nil || !strings.Contains(err.Error(), row.want[0]) || row.class != "" && failure.Of(err) != row.class {
			t.Errorf("got %v, want %s", err, row.want[0])
		}
		_, err = reader.Offerings(t.Context(), virginia)
		if (err == nil) != (row.want[1] == "") || err != nil && !strings.Contains(err.Error(), row.want[1]) {
			t.Errorf("got %v, want %s", err, row.want[1])
		}
	}
}
