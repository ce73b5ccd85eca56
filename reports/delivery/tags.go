package delivery

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"offpeak/internal/fleet"
	"offpeak/reports"
)

// The tags of a mail, by which it is known of which report it was when it comes back. SES takes letters, digits, - and _ in them.
const (
	payerTag   = "offpeak-payer"
	quarterTag = "offpeak-quarter"
	stateTag   = "offpeak-state"
)

// Tags are those of the mails of a report.
func (id ID) Tags() map[string]string {
	return map[string]string{payerTag: string(id.Payer), quarterTag: id.Quarter, stateTag: id.state()}
}

// state is a report's state as keys and tags have it, with the revision of a restated one.
func (id ID) state() string {
	if id.State == reports.Restated {
		return fmt.Sprintf("%s-%02d", id.State, max(id.Revision, 1))
	}
	return string(id.State)
}

var (
	payerForm   = regexp.MustCompile(`^\d{12}$`)
	quarterForm = regexp.MustCompile(`^\d{4}Q[1-4]$`)
	stateForm   = regexp.MustCompile(`^(provisional|final|restated-(\d\d))$`)
)

// IDOf is the report of a mail with such tags; false where they are not those of a report's mail.
func IDOf(tags map[string]string) (ID, bool) {
	payer, quarter, state := tags[payerTag], tags[quarterTag], stateForm.FindStringSubmatch(tags[stateTag])
	if !payerForm.MatchString(payer) || !quarterForm.MatchString(quarter) || state == nil {
		return ID{}, false
	}
	id := ID{Payer: fleet.AccountID(payer), Quarter: quarter, State: reports.State(state[1])}
	if revision, restated := strings.CutPrefix(state[1], string(reports.Restated)+"-"); restated {
		id.State = reports.Restated
		id.Revision, _ = strconv.Atoi(revision) // two digits
	}
	return id, id.State != reports.Restated || id.Revision > 0
}
