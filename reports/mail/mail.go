// Package mail writes the quarter's mail: one screen for whoever answers for the bill, and the PDF and the workbook for who wants to know more.
//
// In go a report, a language, addresses and attachments; out comes a MIME message with an HTML part, a plain one that carries the same figures,
// and charts that are shown by Content-ID. The same input gives the same bytes, the message's id included, so that a mail which is sent twice is one
// to whoever receives it. It loads nothing from outside and tracks nobody: no script, no style sheet, no link that has to be followed. Names are
// written as text, whatever stands in them. It sends nothing.
package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"

	"offpeak/reports"
	"offpeak/reports/chart"
	"offpeak/reports/words"
)

// Largest is how many bytes a message may have as it is sent. What goes beyond is sent without its attachments.
const Largest = 8_000_000

// Envelope is what a report does not say itself about its mail.
type Envelope struct {
	Language words.Language
	// From, To and ReplyTo are addresses as RFC 5322 has them, with or without a name. ReplyTo may be empty.
	From    string
	To      []string
	ReplyTo string
	// Revision numbers the editions of one quarter in one state, from 1. Another one is another mail; the same is the same mail, sent again.
	Revision int
	// Annex is the SHA-256 of the report's JSON, by which the figures can be checked.
	Annex string
	// Attachments are the report's other forms. Where they are too large, Place says in their stead where they are kept: an address behind sign-in.
	Attachments []Attachment
	Place       string
	// Charts are the report's pictures in the envelope's language; nil: they are drawn.
	Charts *chart.Pictures
}

// Attachment is a file that goes with the mail.
type Attachment struct {
	Name string // in ASCII, for the sake of old mail programs
	Type string // such as application/pdf
	Data []byte
}

// Mail is a message that is ready to be sent.
type Mail struct {
	Subject string
	// ID is the message's id, without angle brackets.
	ID string
	// HTML and Text are its two parts, Pictures what HTML shows.
	HTML, Text string
	Pictures   []Picture
	// LeftOut says that the attachments would have been too large.
	LeftOut bool
	// MIME is the whole message.
	MIME []byte
}

// Errors of an envelope.
var (
	ErrPresigned = errors.New("a presigned link lets in everybody who has it, for a few hours; name a place behind sign-in")
	ErrPlace     = errors.New("the attachments are too large for a mail, and no place is named where they are kept")
	ErrName      = errors.New("names of attachments are plain ASCII, without slashes and quotes")
)

// Write writes the mail of a report.
func Write(r *reports.Report, e *Envelope) (*Mail, error) {
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("mail of %s: %w", r.Quarter, err)
	}
	w := words.In(e.Language)
	m := &Mail{Subject: w.Subject(r), ID: e.id(r)}
	var err error
	if m.Pictures, err = pictures(r, w, e.Charts, m.ID); err != nil {
		return nil, fmt.Errorf("mail of %s: %w", r.Quarter, err)
	}
	if err = m.compose(r, e, w); err != nil {
		return nil, fmt.Errorf("mail of %s: %w", r.Quarter, err)
	}
	return m, nil
}

// compose writes the message with its attachments, and without them where that is too large.
func (m *Mail) compose(r *reports.Report, e *Envelope, w words.Words) error {
	for {
		p := pageOf(r, e, w, m.LeftOut)
		p.Pictures = m.Pictures
		m.Text = p.text()
		var err error
		if m.HTML, err = p.html(); err != nil {
			return err
		}
		if m.MIME, err = m.mime(r, e); err != nil {
			return err
		}
		switch {
		case len(m.MIME) <= Largest:
			return nil
		case m.LeftOut:
			return fmt.Errorf("%d bytes without attachments, more than %d", len(m.MIME), Largest)
		case e.Place == "":
			return ErrPlace
		}
		m.LeftOut = true
	}
}

func (e *Envelope) check() error {
	if _, err := words.ParseLanguage(string(e.Language)); err != nil {
		return err
	}
	for _, address := range append([]string{e.From}, e.To...) {
		if _, err := mail.ParseAddress(address); err != nil {
			return fmt.Errorf("the address %q: %w", address, err)
		}
	}
	if len(e.To) == 0 {
		return errors.New("nobody to send it to")
	}
	if e.ReplyTo != "" {
		if _, err := mail.ParseAddress(e.ReplyTo); err != nil {
			return fmt.Errorf("the address %q: %w", e.ReplyTo, err)
		}
	}
	for _, a := range e.Attachments {
		if a.Name == "" || strings.ContainsFunc(a.Name, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"/\:;<>?|`, r) }) {
			return fmt.Errorf("%q: %w", a.Name, ErrName)
		}
	}
	if place := strings.ToLower(e.Place); strings.Contains(place, "x-amz-") || strings.Contains(place, "signature=") {
		return ErrPresigned
	}
	return nil
}
