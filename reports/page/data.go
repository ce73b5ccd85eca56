package page

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"html/template"
	"strconv"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/words"
)

// parcel is one piece of the page's data, read by the script when it is needed.
type parcel struct {
	ID   string
	JSON template.JS
}

// packed writes a value as JSON that may stand in a script element: <, >, & and the separators U+2028 and U+2029 are escaped by encoding/json.
func packed(value any) (template.JS, error) {
	data, err := json.Marshal(value)
	return template.JS(data), err // json.Marshal escapes for HTML
}

// head is what the script needs at once.
func head(r *reports.Report, order []words.Language) (template.JS, error) {
	said := map[words.Language]map[string]string{}
	dollars := map[words.Language][2]string{}
	for _, language := range order {
		said[language] = wordsOf(r, words.In(language))
		dollars[language] = [2]string{"$", ""}
	}
	return packed(map[string]any{
		"lang": order[0], "langs": words.Languages(), "zone": visible(r.Tenant.Zone), "headline": r.Avoided.Total.Value().String(), "words": said, "usd": dollars,
	})
}

// wordsOf are the words of one language that the script needs: the page's own, the catalogue's, and those of codes.
func wordsOf(r *reports.Report, w words.Words) map[string]string {
	all := map[string]string{"page-title": title(r, w)}
	for _, key := range words.PageKeys() {
		all[key] = say(w, key)
	}
	for key := range labels {
		all[key] = say(w, key)
	}
	add := func(group string, codes []string, word func(string) string) {
		for _, code := range codes {
			all[group+"."+code] = word(code)
		}
	}
	var kinds []string
	for _, kind := range fleet.Kinds() {
		kinds = append(kinds, kind.String())
	}
	add("cause", reports.Causes(), w.Cause)
	add("origin", reports.Origins(), w.Origin)
	add("kind", kinds, w.KindName)
	add("change", reports.Changes(), w.Change)
	add("act-state", reports.ActStates(), w.ActState)
	add("action", reports.ActionCodes(), w.Action)
	add("finding", reports.FindingCodes(), w.Finding)
	add("doer", reports.Doers(), w.Doer)
	add("verdict", reports.VerdictCodes(), w.Verdict)
	add("asset-state", reports.AssetStates(), w.AssetState)
	return all
}

// parcels are the tables, and the evidence of resources.
func parcels(r *reports.Report) (all []parcel, err error) {
	add := func(id string, value any) {
		data, failed := packed(value)
		if failed != nil && err == nil {
			err = fmt.Errorf("%s: %w", id, failed)
		}
		all = append(all, parcel{id, data})
	}
	for _, t := range []struct {
		id   string
		make func(*reports.Report) table
	}{
		{"resources", resources},
		{"verdicts", verdicts},
		{"actions", actions},
		{"outcomes", outcomes},
		{"spot", spot},
		{"late", late},
		{"failed", failed},
		{"standing", standing},
		{"assets", assets},
	} {
		add("table-"+t.id, t.make(r))
	}
	acts := make(map[string]*reports.Act, len(r.Acts))
	for i := range r.Acts {
		acts[r.Acts[i].ID] = &r.Acts[i]
	}
	most := actsEach(r)
	for from := 0; from < len(r.Resources); from += each {
		data, failed := compressed(evidenceOf(r.Resources[from:min(from+each, len(r.Resources))], acts, most))
		if failed != nil {
			return nil, failed
		}
		add("evidence-"+strconv.Itoa(from/each), data)
	}
	return all, err
}

// compressed writes evidence as JSON and compresses it, for most of a report is evidence that nobody asks for; the result goes into JSON in base 64.
func compressed(e *evidence) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if err := json.NewEncoder(w).Encode(e); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// mostActs is how many acts a page holds: some 20 MB before they are compressed. A report with more shows the last ones of each resource, and says so.
const mostActs = 250_000

// actsEach is how many acts of one resource the page holds, so that all together are no more than mostActs.
func actsEach(r *reports.Report) int {
	total, longest := 0, 0
	for i := range r.Resources {
		total, longest = total+len(r.Resources[i].Acts), max(longest, len(r.Resources[i].Acts))
	}
	if total <= mostActs {
		return longest
	}
	low, high := 0, longest
	for low < high {
		middle, sum := (low+high+1)/2, 0
		for i := range r.Resources {
			sum += min(middle, len(r.Resources[i].Acts))
		}
		if sum <= mostActs {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// evidence is what some resources' amounts rest on. Its rows are lists, as the script reads them; texts that repeat are places in Strings.
type evidence struct {
	Strings   []string `json:"strings"`
	Resources [][]any  `json:"resources"`

	places map[string]int
}

func (e *evidence) place(text string) int {
	text = visible(text)
	at, ok := e.places[text]
	if !ok {
		at = len(e.Strings)
		e.places[text], e.Strings = at, append(e.Strings, text)
	}
	return at
}

func evidenceOf(all []reports.Resource, acts map[string]*reports.Act, most int) *evidence {
	e := &evidence{places: map[string]int{}, Strings: []string{}}
	for i := range all {
		x := &all[i]
		theirs, rows := [][]any{}, [][]any{}
		for _, id := range x.Acts[max(0, len(x.Acts)-most):] {
			if a, ok := acts[id]; ok {
				theirs = append(theirs, []any{
					visible(a.ID), e.place(a.Change), e.place(a.Cause), e.place(a.Why), e.place(a.State), seconds(a.Edge), seconds(&a.Asked), seconds(&a.Ended), a.Attempts,
					e.place(a.Error), e.place(a.Run),
				})
			}
		}
		for _, b := range x.Rows {
			rows = append(rows, []any{e.place(b.Resource), e.place(b.SKU), b.Rows, b.Quantity.String(), b.List.String(), b.Contracted.String()})
		}
		e.Resources = append(e.Resources, []any{
			theirs, len(x.Acts), rows, visible(x.Baseline), x.Confirmed.Part, x.Confirmed.Whole, day(x.Enrolled), day(x.Left),
			textOfAmount(x.Spot), x.List.String(), x.Contracted.String(), textOfAmount(x.Adjusted),
		})
	}
	return e
}

// textOfAmount is an exact amount; empty where there is none.
func textOfAmount(a *money.USD) string {
	if a == nil {
		return ""
	}
	return a.String()
}

// seconds since 1970; nil where there is no instant.
func seconds(t *time.Time) any {
	if t == nil || t.IsZero() {
		return nil
	}
	return t.Unix()
}
