package functions_test

import (
	"net/http"
	"net/url"
	"sync"
)

// newsdesk keeps what people were told, and has the stand-in send it on.
type newsdesk struct {
	mu   sync.Mutex
	said []string
}

func (n *newsdesk) answer(_ http.ResponseWriter, _ *http.Request, body []byte) bool {
	form, err := url.ParseQuery(string(body))
	if err == nil && form.Get("Action") == "Publish" {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.said = append(n.said, form.Get("Subject")+"\n"+form.Get("Message"))
	}
	return false
}

// since is what people were told since the last time.
func (n *newsdesk) since() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	said := n.said
	n.said = nil
	return said
}
