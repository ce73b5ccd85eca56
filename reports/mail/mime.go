package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"net/mail"
	"regexp"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"offpeak/reports"
)

// id is the message's id. It follows from whose quarter in which state and edition this is, in which language: a mail that is sent again, for
// instance because nobody knows whether it went out, has the id of the first, and mail programs show one.
func (e *Envelope) id(r *reports.Report) string {
	sum := digest(string(r.Tenant.Payer), r.Tenant.Name, r.Quarter, string(r.State), strconv.Itoa(e.Revision), string(e.Language))
	domain := "offpeak.invalid"
	if from, err := mail.ParseAddress(e.From); err == nil {
		if _, host, ok := strings.Cut(from.Address, "@"); ok {
			domain = host
		}
	}
	return "report." + sum[:32] + "@" + domain
}

// digest is one hash over several texts, none of which can run over into the next.
func digest(texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(h, "%d:%s", len(t), t)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// mime writes the message.
func (m *Mail) mime(r *reports.Report, e *Envelope) ([]byte, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.From(e.From); err != nil {
		return nil, err
	}
	if err := msg.To(e.To...); err != nil {
		return nil, err
	}
	if e.ReplyTo != "" {
		if err := msg.ReplyTo(e.ReplyTo); err != nil {
			return nil, err
		}
	}
	msg.Subject(encoded(m.Subject))
	msg.SetMessageIDWithValue(m.ID)
	msg.SetDateWithValue(r.Issued.UTC())
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader(gomail.HeaderContentLang, string(e.Language))
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	for _, p := range m.Pictures {
		err := msg.EmbedReader(p.Name+".png", bytes.NewReader(p.Data), gomail.WithFileContentID(p.ID), gomail.WithFileContentType("image/png"))
		if err != nil {
			return nil, err
		}
	}
	if !m.LeftOut {
		for _, a := range e.Attachments {
			if err := msg.AttachReader(a.Name, bytes.NewReader(a.Data), gomail.WithFileContentType(gomail.ContentType(a.Type))); err != nil {
				return nil, err
			}
		}
	}
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return nil, err
	}
	return settled(out.Bytes(), m.ID)
}

// encoded writes a subject for its header. The first word stays as it is: a header that begins with an encoded one would not fit its first line, and
// the subject would begin with the space of the next.
func encoded(subject string) string {
	first, rest, _ := strings.Cut(subject, " ")
	return first + " " + mime.BEncoding.Encode("utf-8", rest)
}

// boundaries as Go's mime/multipart makes them up: sixty random hexadecimal digits.
var boundary = regexp.MustCompile(`boundary="?([0-9a-f]{60})`)

// settled replaces the random boundaries between parts by ones that follow from the message's id. The library can be given one boundary alone, for
// all levels of the message at once, which no mail program could read.
func settled(message []byte, id string) ([]byte, error) {
	found := boundary.FindAllSubmatch(message, -1)
	if len(found) == 0 {
		return nil, fmt.Errorf("the message has no boundary to settle")
	}
	for i, b := range found {
		random, own, rest := bytes.Clone(b[1]), digest(id, "boundary", strconv.Itoa(i))[:len(b[1])], message
		for at := bytes.Index(rest, random); at >= 0; at = bytes.Index(rest, random) {
			rest = rest[at+copy(rest[at:], own):]
		}
	}
	return message, nil
}
