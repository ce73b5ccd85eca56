package pillars

import (
	"fmt"
	"strings"

	"offpeak/reports"
)

// Note is evidence in words, for one best practice of the AWS Well-Architected Tool.
type Note struct {
	Choice string // the practice's id in the Tool, such as sec_protect_data_rest_encrypt
	Text   string
}

// signs are the units in a form that is of no language.
var signs = map[string]string{reports.UnitPercent: "%", reports.UnitHours: " h"}

// Notes puts evidence into words, a line each, in its order. say is what a check looked for, in a language. A check that looked at nothing has none.
func Notes(quarter string, evidence []reports.Evidence, say func(code string) string) (notes []Note) {
	for i := range evidence {
		e := &evidence[i]
		if e.Looked == 0 && e.Value == nil {
			continue
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s %s %s: %d / %d", quarter, e.Question, say(e.Code), e.Found, e.Looked)
		if e.Unknown > 0 {
			fmt.Fprintf(&b, " (? %d)", e.Unknown)
		}
		if e.Value != nil {
			fmt.Fprintf(&b, "; %s%s", e.Value.Round(2), signs[e.Unit])
		}
		notes = append(notes, Note{Choice(e), b.String()})
	}
	return notes
}
