package functions_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"offpeak/functions/invoke"
)

// letter is a mail that SES took, as it was handed over.
type letter struct {
	from, to, set string
	mime          []byte
	tags          map[string]string
	id            string
}

// refused is what SES says instead of taking a mail (SES API v2 reference, SendEmail, errors); a status of zero takes it.
type refused struct {
	status     int
	code, says string
}

// postman is SES before the stand-in's: it keeps what that took, byte by byte, and refuses what a test has it refuse.
type postman struct {
	*front
	mu      sync.Mutex
	letters []letter
	calls   int
	says    func(to string) refused
	victim  *invoke.Function // dies at the next mail
	late    bool             // it dies when SES has taken that
}

const sesPath = "/v2/email/outbound-emails"

func (p *postman) answer(w http.ResponseWriter, r *http.Request, body []byte) bool {
	if r.URL.Path != sesPath {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	var asked struct {
		FromEmailAddress, ConfigurationSetName string
		Destination                            struct{ ToAddresses []string }
		Content                                struct{ Raw struct{ Data []byte } }
		EmailTags                              []struct{ Name, Value string }
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return true
	}
	to := strings.Join(asked.Destination.ToAddresses, ", ")
	victim := p.victim
	p.victim = nil
	if victim != nil && !p.late {
		victim.Kill()
		return true
	}
	if p.says != nil {
		if no := p.says(to); no.status != 0 {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Amzn-Errortype", no.code)
			w.WriteHeader(no.status)
			_ = json.NewEncoder(w).Encode(map[string]string{"message": no.says})
			return true
		}
	}
	answer := p.pass(r, body)
	var taken struct{ MessageId string } //nolint:revive // SES's name
	if answer.Code == http.StatusOK && json.Unmarshal(answer.Body.Bytes(), &taken) == nil {
		l := letter{asked.FromEmailAddress, to, asked.ConfigurationSetName, asked.Content.Raw.Data, map[string]string{}, taken.MessageId}
		for _, tag := range asked.EmailTags {
			l.tags[tag.Name] = tag.Value
		}
		p.letters = append(p.letters, l)
	}
	if victim != nil {
		victim.Kill()
		return true
	}
	give(w, answer)
	return true
}

// took are the mails that SES has taken since the last time.
func (p *postman) took() (all []letter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all, p.letters = p.letters, nil
	return all
}

// addressed are the recipients of mails.
func addressed(letters []letter) string {
	var to []string
	for _, l := range letters {
		to = append(to, l.to)
	}
	return strings.Join(to, ", ")
}

// refuses has SES refuse mails from now on; nil: none.
func (p *postman) refuses(says func(to string) refused) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.says = says
}

// kills has a function die at its next mail, before SES has taken it or when it has.
func (p *postman) kills(f *invoke.Function, late bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.victim, p.late = f, late
}
