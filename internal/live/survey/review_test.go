package survey_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud/moto"
	"offpeak/internal/failure"
	"offpeak/internal/live"
	"offpeak/internal/live/survey"
	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/sample"

	"offpeak/internal/objects"
	"offpeak/internal/policy"
	surveys "offpeak/internal/reporting/survey"
)

const workload = "0123456789abcdef0123456789abcdef"

// tool speaks the JSON of the AWS Well-Architected Tool (API reference): a workload that is not there at first, two questions, one of which a person has answered.
type tool struct {
	*httptest.Server
	mu         sync.Mutex
	there      bool
	notes      map[string]string
	milestones []string
	wrote      []string
	denies     bool
	unticks    bool
}

func newTool(t *testing.T) *tool {
	m := &tool{notes: map[string]string{"protect-data-rest": "KMS, says Kim"}}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

func (m *tool) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if strings.Contains(q.Header.Get("Authorization"), "/sts/") {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:sts::111122223333:assumed-role/x/y</Arn><UserId>x</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		return
	}
	if m.denies {
		w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"Message": "no"}`)
		return
	}
	body := map[string]any{}
	_ = json.NewDecoder(q.Body).Decode(&body)
	answer, err := m.answer(q.Method+" "+q.URL.Path, body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (m *tool) answer(call string, body map[string]any) (any, error) {
	const answers = "/workloads/" + workload + "/lensReviews/wellarchitected/answers"
	question := map[string][]string{"protect-data-rest": {"sec_protect_data_rest_encrypt"}, "protect-compute": {"sec_protect_compute_hardened_images"}}
	method, path, _ := strings.Cut(call, " ")
	switch {
	case call == "POST /workloadsSummaries":
		list := []any{}
		if m.there {
			list = append(list, map[string]any{"WorkloadId": workload, "WorkloadName": "shop  dev", "Owner": "111122223333"})
		}
		return map[string]any{"WorkloadSummaries": list}, nil
	case call == "POST /workloads":
		m.there = true
		m.wrote = append(m.wrote, fmt.Sprintf("workload %v of %v in %v", body["WorkloadName"], body["ReviewOwner"], body["AwsRegions"]))
		return map[string]any{"WorkloadId": workload}, nil
	case call == "GET "+answers:
		list := []any{}
		for _, name := range []string{"protect-compute", "protect-data-rest"} {
			list = append(list, map[string]any{"QuestionId": name, "Choices": []any{map[string]any{"ChoiceId": question[name][0]}}})
		}
		return map[string]any{"AnswerSummaries": list}, nil
	case strings.HasSuffix(path, "/milestonesSummaries"):
		list := []any{}
		for i, name := range m.milestones {
			list = append(list, map[string]any{"MilestoneName": name, "MilestoneNumber": i + 1})
		}
		return map[string]any{"MilestoneSummaries": list}, nil
	case strings.HasSuffix(path, "/milestones"):
		m.milestones = append(m.milestones, body["MilestoneName"].(string))
		return map[string]any{"WorkloadId": workload}, nil
	case strings.HasPrefix(path, answers+"/"):
		name := strings.TrimPrefix(path, answers+"/")
		ticked := question[name]
		if method == http.MethodPatch {
			if len(body) != 1 {
				return nil, fmt.Errorf("more than notes: %v", body)
			}
			m.notes[name] = body["Notes"].(string)
			m.wrote = append(m.wrote, "notes of "+name)
			if m.unticks {
				ticked = nil
			}
		}
		return map[string]any{"Answer": map[string]any{"QuestionId": name, "Notes": m.notes[name], "SelectedChoices": ticked, "IsApplicable": true}}, nil
	}
	return nil, fmt.Errorf("nobody answers %s", call)
}

// surveyor is one as it is deployed, but for what it reads and keeps, which is in memory, and for accounts, of which there are none.
func (m *tool) surveyor(t *testing.T) *surveys.Surveyor {
	t.Helper()
	options := moto.Recorded(m.URL, moto.Region)
	h, err := live.Open(t.Context(), live.Settings{Bucket: "hub", Region: moto.Region, Cloud: options}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := survey.Open(h, live.ReportSettings{Reports: "reports"})
	if err != nil {
		t.Fatal(err)
	}
	s.Policy = func(context.Context) (*policy.Policy, error) {
		return &policy.Policy{Tenants: []policy.Tenant{{Name: "shop", Payer: "444455556666", Languages: []string{"en"}, WellArchitected: "Shop DEV"}}}, nil
	}
	s.Book.Store, s.Shelf.Store = objects.NewMemory(), objects.NewMemory()
	r := sample.Report(3)
	r.Quarter = "2026Q3"
	data, err := json.Marshal(r)
	if err == nil {
		_, _, err = s.Shelf.Put(t.Context(), delivery.ID{Payer: "444455556666", Quarter: "2026Q3", State: reports.Final}, r, []delivery.File{{Name: delivery.ReportFile, Data: data}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var day = time.Date(2026, 10, 17, 0, 20, 0, 0, time.UTC)

// TestEvidenceReachesTheTool: over HTTP, from a final report on the shelf to the notes of a workload that is made, with one milestone; and nothing the second time, also
// where nobody remembers the first.
func TestEvidenceReachesTheTool(t *testing.T) {
	t.Parallel()
	m := newTool(t)
	s := m.surveyor(t)
	for _, forgotten := range []bool{false, false, true} {
		if forgotten {
			s.Book.Store = objects.NewMemory()
		}
		if _, err := s.Do(t.Context(), day); err != nil {
			t.Fatal(err)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Equal(m.milestones, []string{"offpeak 2026Q3"}) {
		t.Errorf("milestones %q", m.milestones)
	}
	if len(m.wrote) < 2 || !strings.HasPrefix(m.wrote[0], "workload Shop DEV of shop in [") {
		t.Errorf("wrote %q", m.wrote)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(m.wrote)), slices.Compact(slices.Sorted(slices.Values(m.wrote)))); diff != "" {
		t.Errorf("something was written twice: %s", diff)
	}
	if text := m.notes["protect-data-rest"]; text != "KMS, says Kim" && !strings.HasPrefix(text, "KMS, says Kim\n[offpeak: evidence, no answer]\n2026Q3 ") {
		t.Errorf("%q", text)
	}
}

// TestTheToolRefuses: what IAM denies says how to let the survey in; a choice that is not as it was stops it until a person has looked.
func TestTheToolRefuses(t *testing.T) {
	t.Parallel()
	m := newTool(t)
	s := m.surveyor(t)
	m.denies = true
	if _, err := s.Do(t.Context(), day); failure.Of(err) != failure.Denied || !strings.Contains(failure.Remedy(err), `"well_architected": true`) {
		t.Errorf("%v, %s", err, failure.Remedy(err))
	}
	m.denies, m.unticks = false, true
	if _, err := s.Do(t.Context(), day); err == nil || !strings.Contains(err.Error(), surveys.ErrAnswered.Error()) {
		t.Error(err)
	}
	wrote := len(m.wrote)
	if _, err := s.Do(t.Context(), day); err != nil || len(m.wrote) != wrote || len(m.milestones) > 0 {
		t.Errorf("%v, it went on: %q", err, m.wrote)
	}
}
