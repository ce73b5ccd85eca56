package accounts_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"offpeak/internal/fleet"
)

// The stand-in knows no regions of an account and no empty pages, and denies nothing. This answers as the API references of AWS Organizations,
// Account Management, STS and EC2 have it.

// organization is what AWS Organizations answers, by call and unit. A second page has the token in its key.
var organization = map[string]string{
	"ListRoots": `{"Roots": [{"Id": "r-ab12", "Arn": "arn:aws:organizations::100000000000:root/o-exampleorgid/r-ab12", "Name": "Root", "PolicyTypes": []}]}`,
	"DescribeOrganizationalUnit ou-ab12-work": unit("ou-ab12-work", "Workloads"),
	"DescribeOrganizationalUnit ou-ab12-deve": unit("ou-ab12-deve", "Dev"),
	"DescribeOrganizationalUnit ou-ab12-prod": unit("ou-ab12-prod", "Prod"),

	"ListAccountsForParent r-ab12":                        `{"Accounts": [{"Id": "100000000000", "Name": "management", "Email": "m@example.com", "State": "ACTIVE", "JoinedMethod": "INVITED"}]}`,
	"ListOrganizationalUnitsForParent r-ab12":             `{"OrganizationalUnits": [{"Id": "ou-ab12-work", "Name": "Workloads"}]}`,
	"ListAccountsForParent ou-ab12-work":                  `{"Accounts": []}`,
	"ListOrganizationalUnitsForParent ou-ab12-work":       `{"OrganizationalUnits": [], "NextToken": "units"}`,
	"ListOrganizationalUnitsForParent ou-ab12-work units": `{"OrganizationalUnits": [{"Id": "ou-ab12-prod", "Name": "Prod"}, {"Id": "ou-ab12-deve", "Name": "Dev"}]}`,
	"ListAccountsForParent ou-ab12-deve": `{"NextToken": "more", "Accounts": [{"Id": "111122223333", "Name": "pay-dev", "State": "ACTIVE"},
		{"Id": "444455556666", "Name": "old-dev", "State": "SUSPENDED", "Status": "SUSPENDED"}]}`,
	"ListAccountsForParent ou-ab12-deve more": `{"NextToken": "most", "Accounts": []}`,
	"ListAccountsForParent ou-ab12-deve most": `{"Accounts": [{"Id": "222233334444", "Name": "pay-stg", "Status": "ACTIVE"}, {"Id": "555566667777", "Name": "older", "Status": "PENDING_CLOSURE"},
		{"Id": "666677778888", "Name": "oldest", "State": "CLOSED", "Status": "SUSPENDED"}]}`,
	"ListOrganizationalUnitsForParent ou-ab12-deve": `{"OrganizationalUnits": []}`,
	"ListAccountsForParent ou-ab12-prod":            `{"Accounts": [{"Id": "333344445555", "Name": "pay-prod", "State": "ACTIVE"}]}`,
	"ListOrganizationalUnitsForParent ou-ab12-prod": `{"OrganizationalUnits": []}`,
}

func unit(id, name string) string {
	return fmt.Sprintf(`{"OrganizationalUnit": {"Id": %q, "Arn": "arn:aws:organizations::100000000000:ou/o-exampleorgid/%s", "Name": %q}}`, id, id, name)
}

type fakeAWS struct {
	organization map[string]string
	fails        map[string]string          // code of a call's error
	noRole       map[fleet.AccountID]string // code of AssumeRole's error

	mu       sync.Mutex
	external map[fleet.AccountID]string
}

func (f *fakeAWS) serve(t *testing.T) string {
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return server.URL
}

// externals returns the external ids with which accounts were entered.
func (f *fakeAWS) externals() map[fleet.AccountID]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.external
}

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/listRegions" {
		f.regions(w, string(body))
		return
	}
	if _, call, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "AWSOrganizationsV20161128."); ok {
		f.organizations(w, call, body)
		return
	}
	form := string(body)
	switch {
	case strings.Contains(form, "Action=AssumeRole"):
		f.assumeRole(w, form)
	case strings.Contains(form, "Action=DescribeRegions"):
		f.describeRegions(w, form)
	default:
		http.Error(w, "not expected: "+form, http.StatusTeapot)
	}
}

func (f *fakeAWS) organizations(w http.ResponseWriter, call string, body []byte) {
	var in struct{ ParentId, OrganizationalUnitId, NextToken string } //nolint:revive // as AWS names them
	if err := json.Unmarshal(body, &in); err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if code := f.fails[call]; code != "" {
		failJSON(w, code)
		return
	}
	key := strings.Join(strings.Fields(call+" "+in.ParentId+in.OrganizationalUnitId+" "+in.NextToken), " ")
	if answer, ok := f.organization[key]; ok {
		io.WriteString(w, answer)
		return
	}
	failJSON(w, "OrganizationalUnitNotFoundException")
}

func failJSON(w http.ResponseWriter, code string) {
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"__type": %q, "Message": "said by a test."}`, code)
}

func (f *fakeAWS) regions(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case f.fails["ListRegions"] != "":
		failJSON(w, f.fails["ListRegions"])
	case !strings.Contains(body, "page2"):
		io.WriteString(w, `{"NextToken": "page2", "Regions": [{"RegionName": "us-east-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
			{"RegionName": "ap-east-1", "RegionOptStatus": "DISABLED"}, {"RegionName": "me-south-1", "RegionOptStatus": "ENABLING"}]}`)
	default:
		io.WriteString(w, `{"Regions": [{"RegionName": "ca-west-1", "RegionOptStatus": "ENABLED"}, {"RegionName": "ap-northeast-2", "RegionOptStatus": "ENABLED_BY_DEFAULT"}]}`)
	}
}

func (f *fakeAWS) describeRegions(w http.ResponseWriter, form string) {
	w.Header().Set("Content-Type", "text/xml")
	if code := f.fails["DescribeRegions"]; code != "" {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `<Response><Errors><Error><Code>%s</Code><Message>said by a test</Message></Error></Errors><RequestID>R1</RequestID></Response>`, code)
		return
	}
	if !strings.Contains(form, "AllRegions=true") {
		http.Error(w, "AllRegions is not set: disabled ones would look unknown", http.StatusTeapot)
		return
	}
	io.WriteString(w, `<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>R2</requestId><regionInfo>
		<item><regionName>us-east-1</regionName><regionEndpoint>ec2.us-east-1.amazonaws.com</regionEndpoint><optInStatus>opt-in-not-required</optInStatus></item>
		<item><regionName>ap-northeast-2</regionName><regionEndpoint>ec2.ap-northeast-2.amazonaws.com</regionEndpoint><optInStatus>opt-in-not-required</optInStatus></item>
		<item><regionName>ca-west-1</regionName><regionEndpoint>ec2.ca-west-1.amazonaws.com</regionEndpoint><optInStatus>opted-in</optInStatus></item>
		<item><regionName>ap-east-1</regionName><regionEndpoint>ec2.ap-east-1.amazonaws.com</regionEndpoint><optInStatus>not-opted-in</optInStatus></item>
		</regionInfo></DescribeRegionsResponse>`)
}

var (
	roleForm     = regexp.MustCompile(`RoleArn=arn%3Aaws%3Aiam%3A%3A(\d{12})%3Arole`)
	externalForm = regexp.MustCompile(`ExternalId=([^&]+)`)
)

func (f *fakeAWS) assumeRole(w http.ResponseWriter, form string) {
	w.Header().Set("Content-Type", "text/xml")
	account := fleet.AccountID(roleForm.FindStringSubmatch(form)[1])
	if code := f.noRole[account]; code != "" {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>said by a test</Message></Error><RequestId>R3</RequestId></ErrorResponse>`, code)
		return
	}
	if external := externalForm.FindStringSubmatch(form); external != nil {
		f.mu.Lock()
		if f.external == nil {
			f.external = map[fleet.AccountID]string{}
		}
		f.external[account] = external[1]
		f.mu.Unlock()
	}
	fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
		<AssumedRoleUser><AssumedRoleId>AROA123EXAMPLE123:offpeak</AssumedRoleId><Arn>arn:aws:sts::%[1]s:assumed-role/offpeak/offpeak</Arn></AssumedRoleUser>
		<Credentials><AccessKeyId>ASIA%[1]s</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-11-09T13:34:41Z</Expiration></Credentials>
		</AssumeRoleResult><ResponseMetadata><RequestId>R4</RequestId></ResponseMetadata></AssumeRoleResponse>`, account)
}
