package wellarchitected_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/cloud/wellarchitected"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

const (
	id      = "0123456789abcdef0123456789abcdef"
	answers = "/workloads/" + id + "/lensReviews/wellarchitected/answers"
)

var (
	scope = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	shop  = wellarchitected.Workload{
		Name: "Shop DEV", Description: "what sleeps at night", Owner: "finops@example.com", Environment: wellarchitected.Preproduction,
		Accounts: []fleet.AccountID{"111122223333"}, Regions: []fleet.Region{"ap-northeast-2"},
	}
	notes = []wellarchitected.Note{
		{Choice: "sec_protect_data_rest_encrypt", Text: "2026Q3 SEC08-BP02: 3 / 40"},
		{Choice: "sec_protect_compute_hardened_images", Text: "2026Q3 SEC06-BP02: 1 / 9"},
		{Choice: "sec_protect_data_rest_key_mgmt", Text: "2026Q3 SEC08-BP01: 0 / 2"},
		{Choice: "of_another_version", Text: "x"},
	}
)

// call is one call as AWS gets it.
type call struct {
	what string // PATCH /workloads/...
	body map[string]any
}

// tool answers as the AWS Well-Architected Tool was recorded to: all lists in two pages, a question with a choice that a person ticked. It keeps notes,
// and changes what change says beside.
type tool struct {
	there      string // the name of the workload; empty: there is none
	notes      map[string]string
	milestones []string
	ticked     []string
	refuse     map[string]string // by call: AWS's error
	change     func(*tool)       // before an answer to UpdateAnswer
	calls      []call
}

func (m *tool) RoundTrip(q *http.Request) (*http.Response, error) {
	c := call{what: q.Method + " " + q.URL.Path}
	if q.Body != nil {
		data, err := io.ReadAll(q.Body)
		if err != nil {
			return nil, err
		}
		if len(data) > 0 {
			if err := json.Unmarshal(data, &c.body); err != nil {
				return nil, err
			}
		}
	}
	m.calls = append(m.calls, c)
	header, status, body := http.Header{"Content-Type": {"application/json"}}, http.StatusOK, any(nil)
	if code := m.refuse[c.what]; code != "" {
		status, body = http.StatusConflict, map[string]any{"Message": "it is so"}
		if code != "ConflictException" {
			status = http.StatusForbidden
		}
		header.Set("X-Amzn-Errortype", code)
	} else {
		body = m.answer(q, c)
	}
	text, err := json.Marshal(body)
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(string(text))), Request: q}, err
}

func (m *tool) answer(q *http.Request, c call) any {
	second := c.body["NextToken"] == "two" || q.URL.Query().Get("NextToken") == "two"
	switch c.what {
	case "POST /workloadsSummaries":
		if !second {
			return map[string]any{"WorkloadSummaries": []any{
				map[string]any{"WorkloadId": "f", "WorkloadName": "Shop", "Owner": "111122223333"}, map[string]any{"WorkloadId": "f", "WorkloadName": "shop dev", "Owner": "999988887777"},
			}, "NextToken": "two"}
		}
		if m.there == "" {
			return map[string]any{"WorkloadSummaries": []any{}}
		}
		return map[string]any{"WorkloadSummaries": []any{map[string]any{"WorkloadId": id, "WorkloadName": m.there, "Owner": "111122223333"}}}
	case "POST /workloads":
		m.there = c.body["WorkloadName"].(string)
		return map[string]any{"WorkloadId": id, "WorkloadArn": "arn:aws:wellarchitected:ap-northeast-2:111122223333:workload/" + id}
	case "GET " + answers:
		if !second {
			return map[string]any{"AnswerSummaries": []any{summary("protect-compute", "sec_protect_compute_hardened_images")}, "NextToken": "two"}
		}
		return map[string]any{"AnswerSummaries": []any{summary("protect-data-rest", "sec_protect_data_rest_key_mgmt", "sec_protect_data_rest_encrypt")}}
	case "POST /workloads/" + id + "/milestonesSummaries":
		if !second {
			return map[string]any{"MilestoneSummaries": []any{map[string]any{"MilestoneName": "before the launch", "MilestoneNumber": 1}}, "NextToken": "two"}
		}
		var all []any
		for i, name := range m.milestones {
			all = append(all, map[string]any{"MilestoneName": name, "MilestoneNumber": i + 2})
		}
		return map[string]any{"MilestoneSummaries": all}
	case "POST /workloads/" + id + "/milestones":
		m.milestones = append(m.milestones, c.body["MilestoneName"].(string))
		return map[string]any{"WorkloadId": id, "MilestoneNumber": len(m.milestones) + 1}
	}
	question := strings.TrimPrefix(q.URL.Path, answers+"/")
	if q.Method == http.MethodPatch {
		if m.change != nil {
			m.change(m)
		}
		m.notes[question] = c.body["Notes"].(string)
	}
	return map[string]any{"WorkloadId": id, "LensAlias": "wellarchitected", "Answer": map[string]any{
		"QuestionId": question, "IsApplicable": true, "Notes": m.notes[question], "SelectedChoices": m.ticked, "Risk": "MEDIUM",
	}}
}

func summary(question string, choices ...string) any {
	var list []any
	for _, c := range choices {
		list = append(list, map[string]any{"ChoiceId": c, "Title": c})
	}
	return map[string]any{"QuestionId": question, "PillarId": "security", "Choices": list, "SelectedChoices": []any{}, "IsApplicable": true}
}

// sync reaches the tool.
func (m *tool) sync(t *testing.T, quarter string) (wellarchitected.Result, error) {
	t.Helper()
	if m.notes == nil {
		m.notes = map[string]string{}
	}
	options := moto.Recorded("http://wellarchitected.invalid", scope.Region)
	adjust := options.Adjust
	options.Adjust = func(c *aws.Config) {
		adjust(c)
		c.HTTPClient = &http.Client{Transport: m}
	}
	access, err := cloud.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return wellarchitected.New(access, scope).Sync(t.Context(), shop, notes, quarter)
}

func (m *tool) made(prefix string) (calls []call) {
	for _, c := range m.calls {
		if strings.HasPrefix(c.what, prefix) {
			calls = append(calls, c)
		}
	}
	return calls
}

// nothingTicked refuses every call that says more of an answer than its notes.
func (m *tool) nothingTicked(t *testing.T) {
	t.Helper()
	for _, c := range m.calls {
		for field := range c.body {
			if strings.Contains(field, "Choice") || field == "IsApplicable" || field == "Reason" {
				t.Errorf("%s says %s", c.what, field)
			}
		}
		if c.what[:5] == "PATCH" && len(c.body) != 1 {
			t.Errorf("%s says more than notes: %v", c.what, c.body)
		}
		if strings.HasPrefix(c.what, "DELETE") || strings.HasPrefix(c.what, "PUT") {
			t.Errorf("%s was called", c.what)
		}
	}
}

func TestAWorkloadIsMadeAndNoted(t *testing.T) {
	t.Parallel()
	m := &tool{notes: map[string]string{"protect-data-rest": "KMS everywhere, says Kim"}, ticked: []string{"sec_protect_data_rest_key_mgmt"}}
	got, err := m.sync(t, "2026Q3")
	if err != nil {
		t.Fatal(err)
	}
	want := wellarchitected.Result{Workload: id, Created: true, Noted: []string{"protect-compute", "protect-data-rest"}, Unplaced: []string{"of_another_version"}, Milestone: true}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
	if text := m.notes["protect-data-rest"]; text != "KMS everywhere, says Kim\n[offpeak: evidence, no answer]\n2026Q3 SEC08-BP02: 3 / 40\n2026Q3 SEC08-BP01: 0 / 2\n[/offpeak]" {
		t.Errorf("got %q", text)
	}
	made := m.made("POST /workloads")[2] // two pages of the list before it
	token, _ := made.body["ClientRequestToken"].(string)
	delete(made.body, "ClientRequestToken")
	asked := map[string]any{
		"WorkloadName": "Shop DEV", "Description": "what sleeps at night", "Environment": "PREPRODUCTION", "ReviewOwner": "finops@example.com", "Lenses": []any{"wellarchitected"},
		"AccountIds": []any{"111122223333"}, "AwsRegions": []any{"ap-northeast-2"},
	}
	if diff := cmp.Diff(made.body, asked); diff != "" || !strings.HasPrefix(token, "offpeak-") {
		t.Errorf("token %q, %s", token, diff)
	}
	if !slices.Equal(m.milestones, []string{"offpeak 2026Q3"}) {
		t.Errorf("milestones: %v", m.milestones)
	}
	m.nothingTicked(t)
}

func TestDoneAgainNothingChanges(t *testing.T) {
	t.Parallel()
	m := &tool{}
	if _, err := m.sync(t, "2026Q3"); err != nil {
		t.Fatal(err)
	}
	first := m.made("POST /workloads/" + id + "/milestones")[2].body["ClientRequestToken"]
	m.calls = nil
	got, err := m.sync(t, "2026Q3")
	if diff := cmp.Diff(got, wellarchitected.Result{Workload: id, Unplaced: []string{"of_another_version"}}); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	for _, c := range m.calls {
		if !strings.HasPrefix(c.what, "GET") && !strings.HasSuffix(c.what, "Summaries") {
			t.Errorf("%s was called again", c.what)
		}
	}
	got, err = m.sync(t, "2026Q4")
	if err != nil || !got.Milestone || !slices.Equal(m.milestones, []string{"offpeak 2026Q3", "offpeak 2026Q4"}) || first == m.made("POST /workloads/" + id + "/milestones")[4].body["ClientRequestToken"] {
		t.Errorf("the next quarter: %+v, %v, %v", got, m.milestones, err)
	}
	m.nothingTicked(t)
}

func TestAWorkloadIsFoundByItsName(t *testing.T) {
	t.Parallel()
	for name, made := range map[string]bool{"shopdev": false, "SHOP  DEV": false, "Shop DEV 2": true} {
		m := &tool{there: name}
		if got, err := m.sync(t, "2026Q3"); err != nil || got.Created != made {
			t.Errorf("%q is there: made %t, %v", name, got.Created, err)
		}
	}
}

func TestSomebodyWasFaster(t *testing.T) {
	t.Parallel()
	m := &tool{refuse: map[string]string{"POST /workloads": "ConflictException"}}
	m.there = "" // until the list is asked for again
	if _, err := m.sync(t, "2026Q3"); err == nil || !strings.Contains(err.Error(), "wellarchitected:CreateWorkload of Shop DEV in 111122223333") {
		t.Errorf("a conflict without a workload: %v", err)
	}
	m = &tool{there: "shop dev", milestones: []string{"OFFPEAK 2026Q3"}}
	if got, err := m.sync(t, "2026Q3"); err != nil || got.Milestone || len(m.milestones) != 1 {
		t.Errorf("a milestone that is there: %+v, %v", got, err)
	}
	m = &tool{there: "shop dev", refuse: map[string]string{"POST /workloads/" + id + "/milestones": "ConflictException"}}
	if _, err := m.sync(t, "2026Q3"); err == nil || !strings.Contains(err.Error(), "CreateMilestone of offpeak 2026Q3") {
		t.Errorf("a conflict without a milestone: %v", err)
	}
}

func TestAnAnswerThatChangedIsTold(t *testing.T) {
	t.Parallel()
	m := &tool{there: "shop dev", ticked: []string{"a", "b"}, change: func(m *tool) { m.ticked = nil }}
	got, err := m.sync(t, "2026Q3")
	if !errors.Is(err, wellarchitected.ErrAnswered) || !strings.Contains(err.Error(), "protect-compute") || len(m.made("PATCH")) != 1 || got.Milestone {
		t.Errorf("it went on: %+v, %v", got, err)
	}
	m = &tool{there: "shop dev", ticked: []string{"a", "b"}, change: func(m *tool) { m.ticked = []string{"b", "a"} }}
	if _, err := m.sync(t, "2026Q3"); err != nil {
		t.Errorf("another order is no change: %v", err)
	}
}

func TestRefusalsAreClassified(t *testing.T) {
	t.Parallel()
	for _, refused := range []string{
		"POST /workloadsSummaries", "POST /workloads", "GET " + answers, "GET " + answers + "/protect-compute", "PATCH " + answers + "/protect-data-rest",
		"POST /workloads/" + id + "/milestonesSummaries", "POST /workloads/" + id + "/milestones",
	} {
		m := &tool{refuse: map[string]string{refused: "AccessDeniedException"}}
		got, err := m.sync(t, "2026Q3")
		if failure.Of(err) != failure.Denied || !strings.Contains(fmt.Sprint(err), "wellarchitected:") || len(m.milestones) > 0 || got.Milestone {
			t.Errorf("%s: %v, milestones %v", refused, err, m.milestones)
		}
	}
}

func TestNotesWithoutRoomAreTold(t *testing.T) {
	t.Parallel()
	own := strings.Repeat("x", 2080)
	m := &tool{there: "shop dev", notes: map[string]string{"protect-compute": own}}
	got, err := m.sync(t, "2026Q3")
	if err != nil || !slices.Equal(got.Short, []string{"protect-compute"}) || !slices.Equal(got.Noted, []string{"protect-data-rest"}) || m.notes["protect-compute"] != own {
		t.Errorf("%+v, %v", got, err)
	}
}
