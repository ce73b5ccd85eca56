package occasion

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"offpeak/reports/delivery"
)

// sesEvent is what SES publishes of a mail (Amazon SES developer guide, contents of event data).
type sesEvent struct {
	Mail struct {
		Destination []string            `json:"destination"`
		Tags        map[string][]string `json:"tags"`
	} `json:"mail"`
	Bounce *struct {
		Type       string      `json:"bounceType"`
		SubType    string      `json:"bounceSubType"`
		Recipients []recipient `json:"bouncedRecipients"`
	} `json:"bounce"`
	Complaint *struct {
		Feedback   string      `json:"complaintFeedbackType"`
		Recipients []recipient `json:"complainedRecipients"`
	} `json:"complaint"`
	Reject *struct {
		Reason string `json:"reason"`
	} `json:"reject"`
	Failure *struct {
		Message string `json:"errorMessage"`
	} `json:"failure"`
}

type recipient struct {
	Address    string `json:"emailAddress"`
	Diagnostic string `json:"diagnosticCode"`
}

// longestSaid is how much of what a stranger's server says is kept.
const longestSaid = 500

// back reads what SES tells of a mail that carries the tags of a report.
func back(detail json.RawMessage) (o Occasion, err error) {
	var e sesEvent
	if err := json.Unmarshal(detail, &e); err != nil {
		return o, fmt.Errorf("read the event of SES: %w", err)
	}
	tags := map[string]string{}
	for name, values := range e.Mail.Tags {
		if len(values) == 1 {
			tags[name] = values[0]
		}
	}
	id, ours := delivery.IDOf(tags)
	if !ours {
		return o, errNothing
	}
	all, say := e.what()
	if say == "" {
		return o, errNothing
	}
	if len(all) == 0 { // a mail that SES itself did not send on names nobody beside whom it was for
		for _, address := range e.Mail.Destination {
			all = append(all, recipient{Address: address})
		}
	}
	for _, r := range all {
		if r.Address == "" {
			continue
		}
		says := say
		if r.Diagnostic != "" {
			says += ": " + r.Diagnostic
		}
		o.Back = append(o.Back, Back{Report: id, Address: bare(r.Address), Says: clip(says)})
	}
	if len(o.Back) == 0 {
		return o, errNothing
	}
	return o, nil
}

// what became of the mail, and of whom it is known; empty where it is nothing that anybody has to hear of.
func (e *sesEvent) what() (all []recipient, say string) {
	switch {
	case e.Bounce != nil:
		return e.Bounce.Recipients, "it came back (" + strings.Trim(e.Bounce.Type+", "+e.Bounce.SubType, ", ") + ")"
	case e.Complaint != nil:
		return e.Complaint.Recipients, "its recipient complained of it (" + cmp.Or(e.Complaint.Feedback, "no reason given") + ")"
	case e.Reject != nil:
		return nil, "SES did not send it on: " + e.Reject.Reason
	case e.Failure != nil:
		return nil, "SES could not write it: " + e.Failure.Message
	}
	return nil, ""
}

// bare is an address without the name before it.
func bare(address string) string {
	if _, rest, named := strings.Cut(address, "<"); named {
		address, _, _ = strings.Cut(rest, ">")
	}
	return strings.TrimSpace(address)
}

// clip keeps a text short and on one line: part of it comes from a stranger's server.
func clip(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > longestSaid {
		runes = append(runes[:longestSaid], '…')
	}
	return string(runes)
}
